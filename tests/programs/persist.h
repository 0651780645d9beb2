/* Two habits that many of the programs share: lying in the system folder, and starting with
 * Windows. */
#ifndef KENBI_TESTS_PROGRAMS_PERSIST_H
#define KENBI_TESTS_PROGRAMS_PERSIST_H

#include <windows.h>

#define PERSIST_KEY "Software\\Microsoft\\Windows\\CurrentVersion\\Run"

/* Copies the running program to the system folder as `name`; `path` (MAX_PATH) receives where. */
static inline BOOL copy_self(const char *name, char *path)
{
	char self[MAX_PATH];
	if (GetModuleFileNameA(NULL, self, sizeof self) == 0)
		return FALSE;
	UINT length = GetSystemDirectoryA(path, MAX_PATH);
	if (length == 0 || length + 1 + (UINT)lstrlenA(name) >= MAX_PATH)
		return FALSE;
	lstrcatA(path, "\\");
	lstrcatA(path, name);
	return CopyFileA(self, path, FALSE);
}

/* Makes `path` start at every logon. */
static inline BOOL start_with_windows(const char *value, const char *path)
{
	HKEY key;
	if (RegCreateKeyExA(HKEY_LOCAL_MACHINE, PERSIST_KEY, 0, NULL, 0, KEY_SET_VALUE, NULL, &key,
			    NULL) != ERROR_SUCCESS)
		return FALSE;
	LONG status = RegSetValueExA(key, value, 0, REG_SZ, (const BYTE *)path,
				     (DWORD)lstrlenA(path) + 1);
	RegCloseKey(key);
	return status == ERROR_SUCCESS;
}

#endif
