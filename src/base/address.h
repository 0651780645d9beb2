/* IPv4 and IPv6 addresses as one value type. */
#ifndef KENBI_BASE_ADDRESS_H
#define KENBI_BASE_ADDRESS_H

#include "base/bytes.h"
#include "base/error.h"

#define ADDRESS_TEXT_SIZE 46 /* INET6_ADDRSTRLEN */

struct address {
	uint8_t family;	   /* 4 or 6; 0: none */
	uint8_t bytes[16]; /* network order; an IPv4 address uses the first four, the rest are 0 */
};

struct address address_v4(uint32_t host_order);
/* The IPv4 address in host order; 0 for anything else. */
uint32_t address_to_v4(const struct address *address);
MUST_CHECK int address_parse(const char *text, struct address *address);
/* Writes at most ADDRESS_TEXT_SIZE characters ("" for none) and returns text. */
char *address_text(const struct address *address, char *text);
bool address_equal(const struct address *a, const struct address *b);
/* Total order by family, then bytes: <0, 0, >0. */
int address_compare(const struct address *a, const struct address *b);
/* Loopback, private (RFC 1918, RFC 4193), link-local, multicast, unspecified: not on the Internet.
 */
bool address_is_special(const struct address *address);

#endif
