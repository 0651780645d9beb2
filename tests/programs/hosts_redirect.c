/* Redirects update servers in the hosts file to a documentation address. */
#include "simulated.h"

#include <string.h>

int main(void)
{
	static const char lines[] = "203.0.113.66 windowsupdate.antivirus.example\r\n"
				    "203.0.113.66 www.antivirus.example\r\n";
	char path[MAX_PATH];
	DWORD written;
	leave_unless_simulated();
	GetSystemDirectoryA(path, sizeof path - 24);
	strcat(path, "\\drivers\\etc\\hosts");
	HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, 0, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return 1;
	SetFilePointer(file, 0, NULL, FILE_END);
	WriteFile(file, lines, sizeof lines - 1, &written, NULL);
	CloseHandle(file);
	return 0;
}
