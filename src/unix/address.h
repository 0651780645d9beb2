/* Socket addresses as the programs of each system write them. */
#ifndef KENBI_UNIX_ADDRESS_H
#define KENBI_UNIX_ADDRESS_H

#include "unix/unix.h"

struct unix_address {
	struct address address; /* family 0: a local socket */
	uint16_t port;
	char path[108]; /* of a local socket */
};

/* Reads a sockaddr of `length` bytes at `address`. The family may be written as one byte behind a
 * length (BSD) or as a little-endian word; both are tried, since programs leave BSD's length byte
 * as it comes. */
bool unix_address_read(const struct x86 *machine, uint64_t address, uint64_t length,
		       struct unix_address *result);

/* Writes a sockaddr_in and its length where accept, getpeername or getsockname want them; 0
 * pointers are left alone. */
void unix_address_write(struct x86 *machine, uint64_t address, uint64_t length_at,
			const struct address *from, uint16_t port);

#endif
