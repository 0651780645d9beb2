/* The table. Libraries of Windows XP are loaded at their preferred base, so that a build has a
 * function always at the same address; translations differ where their texts do. Addresses as
 * published by people who looked them up on these systems (export tables, debuggers' symbols,
 * arwin). Limits: what is not in the table is still seen as a call into a library, without its name
 * (see api.h). */
#include "shellcode/fixed.h"

/* clang-format off */
#define FIXED_FUNCTIONS(FUNCTION) \
	/* Service Pack 3 */ \
	FUNCTION(0x7c801ad4, "kernel32.dll", VirtualProtect) \
	FUNCTION(0x7c801d7b, "kernel32.dll", LoadLibraryA) \
	FUNCTION(0x7c80236b, "kernel32.dll", CreateProcessA) \
	FUNCTION(0x7c802446, "kernel32.dll", Sleep) \
	FUNCTION(0x7c802530, "kernel32.dll", WaitForSingleObject) \
	FUNCTION(0x7c809af1, "kernel32.dll", VirtualAlloc) \
	FUNCTION(0x7c809bd7, "kernel32.dll", CloseHandle) \
	FUNCTION(0x7c80ac61, "kernel32.dll", GetProcessHeap) \
	FUNCTION(0x7c80ac9f, "kernel32.dll", SetErrorMode) \
	FUNCTION(0x7c80ae30, "kernel32.dll", GetProcAddress) \
	FUNCTION(0x7c80ae40, "kernel32.dll", GetProcAddress) \
	FUNCTION(0x7c80b56f, "kernel32.dll", GetModuleFileNameA) \
	FUNCTION(0x7c80b741, "kernel32.dll", GetModuleHandleA) \
	FUNCTION(0x7c8106d7, "kernel32.dll", CreateThread) \
	FUNCTION(0x7c813123, "kernel32.dll", IsDebuggerPresent) \
	FUNCTION(0x7c81cafa, "kernel32.dll", ExitProcess) \
	FUNCTION(0x7c81d363, "kernel32.dll", SetStdHandle) \
	FUNCTION(0x7c837aa7, "kernel32.dll", Beep) \
	FUNCTION(0x7c8449fd, "kernel32.dll", SetUnhandledExceptionFilter) \
	FUNCTION(0x7c8623ad, "kernel32.dll", WinExec) \
	FUNCTION(0x71ab3cce, "ws2_32.dll", WSAGetLastError) \
	FUNCTION(0x71ab3e2b, "ws2_32.dll", closesocket) \
	FUNCTION(0x71ab4480, "ws2_32.dll", bind) \
	FUNCTION(0x71ab4a07, "ws2_32.dll", connect) \
	FUNCTION(0x71ab6a55, "ws2_32.dll", WSAStartup) \
	FUNCTION(0x71ab8b6a, "ws2_32.dll", WSASocketA) \
	FUNCTION(0x71ab8cd3, "ws2_32.dll", listen) \
	FUNCTION(0x71ac1040, "ws2_32.dll", accept) \
	FUNCTION(0x77bf93c7, "msvcrt.dll", system) \
	FUNCTION(0x77c293c7, "msvcrt.dll", system) \
	FUNCTION(0x77d507ea, "user32.dll", MessageBoxA) \
	FUNCTION(0x7e431211, "user32.dll", SetWindowsHookExA) \
	FUNCTION(0x7e4507ea, "user32.dll", MessageBoxA) \
	/* Service Pack 2 */ \
	FUNCTION(0x7c801d4f, "kernel32.dll", LoadLibraryExA) \
	FUNCTION(0x7c801d77, "kernel32.dll", LoadLibraryA) \
	FUNCTION(0x7c80180e, "kernel32.dll", ReadFile) \
	FUNCTION(0x7c80ac28, "kernel32.dll", GetProcAddress) \
	FUNCTION(0x7c80ada0, "kernel32.dll", GetProcAddress) \
	FUNCTION(0x7c810d87, "kernel32.dll", WriteFile) \
	FUNCTION(0x7c81caa2, "kernel32.dll", ExitProcess) \
	FUNCTION(0x7c837a8f, "kernel32.dll", Beep) \
	FUNCTION(0x7c860cf8, "kernel32.dll", FatalAppExitA) \
	FUNCTION(0x7c86114d, "kernel32.dll", WinExec) \
	FUNCTION(0x7c86136d, "kernel32.dll", WinExec) \
	FUNCTION(0x77d5050b, "user32.dll", MessageBoxA) \
	FUNCTION(0x77d8050b, "user32.dll", MessageBoxA)
/* clang-format on */

#define ROW(address, library, function) { address, library, #function },
static const struct fixed_function functions[] = { FIXED_FUNCTIONS(ROW) };

const struct fixed_function *fixed_function_at(uint64_t address)
{
	for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
		if (functions[i].address == address)
			return &functions[i];
	return NULL;
}
