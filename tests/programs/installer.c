/* Benign: what a set-up program does: a folder, files and an Uninstall key of its own. */
#include "simulated.h"

#define FOLDER	  "C:\\Program Files\\Kenbi Abacus"
#define UNINSTALL "Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\Kenbi Abacus"

static BOOL write_text(const char *path, const char *text)
{
	HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
				  FILE_ATTRIBUTE_NORMAL, NULL);
	DWORD written;
	if (file == INVALID_HANDLE_VALUE)
		return FALSE;
	BOOL done = WriteFile(file, text, (DWORD)lstrlenA(text), &written, NULL);
	CloseHandle(file);
	return done;
}

static void register_uninstall(void)
{
	static const char name[] = "Kenbi Abacus 1.0";
	static const char command[] = "\"" FOLDER "\\uninstall.exe\"";
	HKEY key;
	if (RegCreateKeyExA(HKEY_LOCAL_MACHINE, UNINSTALL, 0, NULL, 0, KEY_SET_VALUE, NULL, &key,
			    NULL) != ERROR_SUCCESS)
		return;
	RegSetValueExA(key, "DisplayName", 0, REG_SZ, (const BYTE *)name, sizeof name);
	RegSetValueExA(key, "UninstallString", 0, REG_SZ, (const BYTE *)command, sizeof command);
	RegCloseKey(key);
}

int main(void)
{
	leave_unless_simulated();
	CreateDirectoryA(FOLDER, NULL);
	if (!write_text(FOLDER "\\readme.txt", "An abacus.\r\n") ||
	    !write_text(FOLDER "\\abacus.ini", "[view]\r\nbeads=5\r\n"))
		return 1;
	register_uninstall();
	return 0;
}
