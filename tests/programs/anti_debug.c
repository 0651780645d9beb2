/* Looks for a debugger in five ways, and does nothing else, whatever it finds. */
#include "simulated.h"

#include <stdio.h>

static BOOL peb_says_so(void)
{
	unsigned char *peb;
	__asm__("movl %%fs:0x30, %0" : "=r"(peb));
	unsigned global_flag = *(unsigned *)(void *)(peb + 0x68);
	return peb[2] != 0 || (global_flag & 0x70) != 0;
}

static BOOL time_says_so(void)
{
	unsigned before_low, before_high, after_low, after_high;
	__asm__ volatile("rdtsc" : "=a"(before_low), "=d"(before_high));
	DWORD before = GetTickCount();
	DWORD after = GetTickCount();
	__asm__ volatile("rdtsc" : "=a"(after_low), "=d"(after_high));
	return after - before > 500 || after_high != before_high ||
	       after_low - before_low > 0x10000000;
}

int main(void)
{
	BOOL remote = FALSE;
	unsigned found = 0;
	leave_unless_simulated();
	found += IsDebuggerPresent() != 0;
	found += CheckRemoteDebuggerPresent(GetCurrentProcess(), &remote) && remote;
	found += peb_says_so();
	found += time_says_so();
	found += FindWindowA("OLLYDBG", NULL) != NULL;
	HANDLE driver = CreateFileA("\\\\.\\SICE", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
	found += driver != INVALID_HANDLE_VALUE;
	printf("%u\n", found);
	return 0;
}
