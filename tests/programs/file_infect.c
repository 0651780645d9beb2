/* Opens other people's programs for writing, as a file virus does; appends a line of text, no code.
 */
#include "simulated.h"

#include <stdio.h>
#include <string.h>

static void touch(const char *path)
{
	static const char mark[] = "kenbi test mark, no code";
	DWORD written;
	HANDLE file =
		CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return;
	SetFilePointer(file, 0, NULL, FILE_END);
	WriteFile(file, mark, sizeof mark, &written, NULL);
	CloseHandle(file);
}

int main(void)
{
	char folder[MAX_PATH], path[2 * MAX_PATH];
	WIN32_FIND_DATAA found;
	leave_unless_simulated();
	GetWindowsDirectoryA(folder, sizeof folder);
	sprintf(path, "%s\\*.exe", folder);
	HANDLE search = FindFirstFileA(path, &found);
	if (search == INVALID_HANDLE_VALUE)
		return 1;
	do {
		sprintf(path, "%s\\%s", folder, found.cFileName);
		touch(path);
	} while (FindNextFileA(search, &found));
	FindClose(search);
	return 0;
}
