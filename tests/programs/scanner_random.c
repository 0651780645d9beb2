/* Scans as Blaster's and Sasser's relatives do: uniform targets from rand(), seeded by
 * GetTickCount(). */
#include "scan.h"
#include "simulated.h"

#include <stdlib.h>

static unsigned long random_target(void)
{
	for (;;) {
		unsigned a = (unsigned)rand() % 256, b = (unsigned)rand() % 256;
		unsigned c = (unsigned)rand() % 256, d = (unsigned)rand() % 256;
		if (a == 0 || a == 10 || a == 127 || a >= 224 || (a == 192 && b == 168))
			continue;
		return a | b << 8 | c << 16 | (unsigned long)d << 24;
	}
}

int main(void)
{
	WSADATA data;
	leave_unless_simulated();
	WSAStartup(MAKEWORD(2, 2), &data);
	srand(GetTickCount());
	for (unsigned i = 0; i < 1024; i++) {
		try_address(random_target(), 445);
		Sleep(20);
	}
	WSACleanup();
	return 0;
}
