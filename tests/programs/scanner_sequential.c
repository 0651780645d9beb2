/* Scans upwards, address by address, from one starting point. */
#include "scan.h"
#include "simulated.h"

int main(void)
{
	WSADATA data;
	leave_unless_simulated();
	WSAStartup(MAKEWORD(2, 2), &data);
	unsigned long next = ntohl(inet_addr("198.51.100.0"));
	for (unsigned i = 0; i < 1024; i++) {
		try_address(htonl(next++), 139);
		Sleep(20);
	}
	WSACleanup();
	return 0;
}
