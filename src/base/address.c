#include "base/base.h"

#include <arpa/inet.h>
#include <string.h>

struct address address_v4(uint32_t host_order)
{
	struct address address = { .family = 4 };
	for (int i = 0; i < 4; i++)
		address.bytes[i] = (uint8_t)(host_order >> (24 - 8 * i));
	return address;
}

uint32_t address_to_v4(const struct address *address)
{
	if (address->family != 4)
		return 0;
	const uint8_t *b = address->bytes;
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

int address_parse(const char *text, struct address *address)
{
	*address = (struct address){ 0 };
	if (inet_pton(AF_INET, text, address->bytes) == 1)
		address->family = 4;
	else if (inet_pton(AF_INET6, text, address->bytes) == 1)
		address->family = 6;
	else
		return ERROR_INPUT;
	return 0;
}

char *address_text(const struct address *address, char *text)
{
	text[0] = 0;
	if (address->family)
		inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->bytes, text,
			  ADDRESS_TEXT_SIZE);
	return text;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return address_compare(a, b) == 0;
}

int address_compare(const struct address *a, const struct address *b)
{
	if (a->family != b->family)
		return a->family - b->family;
	return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

bool address_is_special(const struct address *address)
{
	const uint8_t *b = address->bytes;

	if (address->family == 4)
		return b[0] == 0 || b[0] == 10 || b[0] == 127 || b[0] >= 224 ||
		       (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
		       (b[0] == 169 && b[1] == 254);
	static const uint8_t zeros[15];
	return address->family != 6 || (memcmp(b, zeros, 15) == 0 && b[15] <= 1) || b[0] == 0xff ||
	       (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
}
