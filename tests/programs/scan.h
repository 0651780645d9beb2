/* What the scanners share: one connection attempt that sends nothing, at most half a second long.
 */
#ifndef KENBI_TESTS_PROGRAMS_SCAN_H
#define KENBI_TESTS_PROGRAMS_SCAN_H

#include <winsock2.h>

/* `address` in network order. TRUE when somebody answered. */
static inline BOOL try_address(unsigned long address, unsigned short port)
{
	struct sockaddr_in target = { .sin_family = AF_INET, .sin_port = htons(port) };
	u_long nonblocking = 1;
	struct timeval patience = { .tv_usec = 500000 };
	fd_set writable;
	SOCKET connection = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (connection == INVALID_SOCKET)
		return FALSE;
	target.sin_addr.s_addr = address;
	ioctlsocket(connection, FIONBIO, &nonblocking);
	connect(connection, (struct sockaddr *)&target, sizeof target);
	FD_ZERO(&writable);
	FD_SET(connection, &writable);
	BOOL open = select(0, NULL, &writable, NULL, &patience) == 1;
	closesocket(connection);
	return open;
}

#endif
