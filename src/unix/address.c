#include "unix/address.h"

#include <string.h>

enum { FAMILY_LOCAL = 1, FAMILY_INET = 2 };

static bool is_inet6(unsigned family)
{
	return family == 10 || family == 24 || family == 26 || family == 28; /* Linux, NetBSD,
										Solaris, FreeBSD */
}

/* The family, or 0. A word below 256 is Linux' and Solaris' form; a second byte after any length is
 * BSD's. */
static unsigned family_of(const uint8_t *bytes)
{
	if (bytes[1] == 0)
		return bytes[0];
	return bytes[0] <= 28 || bytes[1] == FAMILY_INET ? bytes[1] : 0;
}

bool unix_address_read(const struct x86 *machine, uint64_t address, uint64_t length,
		       struct unix_address *result)
{
	uint8_t bytes[28] = { 0 };
	unsigned family;

	memset(result, 0, sizeof *result);
	if (length < 8 || length > 128 || x86_read(machine, address, bytes, 8) < 0)
		return false;
	family = family_of(bytes);
	result->port = (uint16_t)(bytes[2] << 8 | bytes[3]);
	if (family == FAMILY_INET) {
		result->address.family = 4;
		memcpy(result->address.bytes, bytes + 4, 4);
		return true;
	}
	if (is_inet6(family) && length >= 24 && x86_read(machine, address, bytes, 24) == 0) {
		result->address.family = 6;
		memcpy(result->address.bytes, bytes + 8, 16);
		return true;
	}
	return family == FAMILY_LOCAL &&
	       x86_read_text(machine, address + 2, result->path, sizeof result->path) > 0;
}

void unix_address_write(struct x86 *machine, uint64_t address, uint64_t length_at,
			const struct address *from, uint16_t port)
{
	uint8_t bytes[16] = { FAMILY_INET, 0, (uint8_t)(port >> 8), (uint8_t)port };
	static const uint8_t length[4] = { sizeof bytes };

	memcpy(bytes + 4, from->bytes, 4);
	if (address && x86_write(machine, address, bytes, sizeof bytes) < 0)
		return;
	if (length_at && x86_write(machine, length_at, length, sizeof length) < 0)
		return;
}
