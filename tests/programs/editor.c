/* Benign: reads a document of the user, changes it and writes it back, and remembers it in its own
 * key. */
#include "simulated.h"

#include <stdlib.h>

int main(void)
{
	char path[MAX_PATH], content[1024];
	DWORD length = 0;
	HKEY key;
	leave_unless_simulated();
	const char *home = getenv("USERPROFILE");
	if (home == NULL || lstrlenA(home) > 200)
		return 1;
	lstrcpyA(path, home);
	lstrcatA(path, "\\My Documents\\notes.txt");
	HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_ALWAYS,
				  FILE_ATTRIBUTE_NORMAL, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return 1;
	ReadFile(file, content, sizeof content, &length, NULL);
	SetFilePointer(file, 0, NULL, FILE_END);
	WriteFile(file, "One more line.\r\n", 16, &length, NULL);
	CloseHandle(file);
	if (RegCreateKeyA(HKEY_CURRENT_USER, "Software\\Kenbi Editor", &key) == ERROR_SUCCESS) {
		RegSetValueExA(key, "LastFile", 0, REG_SZ, (const BYTE *)path,
			       (DWORD)lstrlenA(path) + 1);
		RegCloseKey(key);
	}
	return 0;
}
