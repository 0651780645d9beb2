/* Listens on a port and gives whoever connects a command interpreter. */
#include <winsock2.h>

#include "simulated.h"

int main(void)
{
	WSADATA data;
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(31337) };
	leave_unless_simulated();
	WSAStartup(MAKEWORD(2, 2), &data);
	SOCKET listener = WSASocketA(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, 0);
	if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 1) != 0)
		return 1;
	SOCKET caller = accept(listener, NULL, NULL);
	if (caller == INVALID_SOCKET)
		return 1;
	STARTUPINFOA start = { .cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES };
	PROCESS_INFORMATION process;
	char command[] = "cmd.exe";
	start.hStdInput = start.hStdOutput = start.hStdError = (HANDLE)caller;
	if (CreateProcessA(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process))
		WaitForSingleObject(process.hProcess, INFINITE);
	closesocket(caller);
	WSACleanup();
	return 0;
}
