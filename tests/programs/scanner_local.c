/* Scans near itself: four of five targets lie in its own /16, the fifth anywhere, as Code Red II
 * preferred. */
#include "scan.h"
#include "simulated.h"

#include <stdlib.h>
#include <string.h>

static unsigned long own_address(void)
{
	char name[256];
	unsigned long address = inet_addr("192.0.2.20");
	if (gethostname(name, sizeof name) != 0)
		return address;
	struct hostent *host = gethostbyname(name);
	if (host != NULL && host->h_length == 4)
		memcpy(&address, host->h_addr_list[0], 4);
	return address;
}

int main(void)
{
	WSADATA data;
	leave_unless_simulated();
	WSAStartup(MAKEWORD(2, 2), &data);
	unsigned long own = own_address();
	srand(GetTickCount());
	for (unsigned i = 0; i < 1024; i++) {
		unsigned long target =
			(unsigned long)(rand() % 256) << 16 | (unsigned long)(rand() % 256) << 24;
		if (rand() % 5 != 0)
			target |= own & 0xffff;
		else
			target |= (unsigned long)(1 + rand() % 223) | (unsigned long)(rand() % 256)
									      << 8;
		try_address(target, 445);
		Sleep(200);
	}
	WSACleanup();
	return 0;
}
