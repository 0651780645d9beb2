/* Starts a thread in another process, with code that it writes there: "xor eax, eax; ret 4". */
#include "simulated.h"

#include <string.h>
#include <tlhelp32.h>

static DWORD find_process(const char *name)
{
	PROCESSENTRY32 entry = { .dwSize = sizeof entry };
	DWORD id = 0;
	HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
	if (snapshot == INVALID_HANDLE_VALUE)
		return 0;
	for (BOOL more = Process32First(snapshot, &entry); more && id == 0;
	     more = Process32Next(snapshot, &entry)) {
		if (_stricmp(entry.szExeFile, name) == 0)
			id = entry.th32ProcessID;
	}
	CloseHandle(snapshot);
	return id;
}

int main(void)
{
	static const unsigned char code[] = { 0x31, 0xc0, 0xc2, 0x04, 0x00 };
	DWORD thread;
	SIZE_T written;
	leave_unless_simulated();
	DWORD id = find_process("explorer.exe");
	HANDLE process = OpenProcess(
		PROCESS_CREATE_THREAD | PROCESS_VM_OPERATION | PROCESS_VM_WRITE, FALSE, id);
	if (process == NULL)
		return 1;
	void *place =
		VirtualAllocEx(process, NULL, sizeof code, MEM_COMMIT, PAGE_EXECUTE_READWRITE);
	if (place != NULL && WriteProcessMemory(process, place, code, sizeof code, &written)) {
		HANDLE handle = CreateRemoteThread(process, NULL, 0, (LPTHREAD_START_ROUTINE)place,
						   NULL, 0, &thread);
		if (handle != NULL)
			CloseHandle(handle);
	}
	CloseHandle(process);
	return 0;
}
