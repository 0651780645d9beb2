/* Scans from four threads, each with a generator of its own (the linear congruential one of
 * Slammer's age). */
#include "scan.h"
#include "simulated.h"

static DWORD WINAPI worker(void *argument)
{
	DWORD state = GetTickCount() + (DWORD)(ULONG_PTR)argument;
	for (unsigned i = 0; i < 256; i++) {
		state = state * 214013u + 2531011u;
		unsigned long target = (state >> 16 & 0xff) | (state & 0xff00) |
				       (unsigned long)(state * 69069u & 0xffff0000u);
		unsigned first = target & 0xff;
		if (first == 0 || first == 10 || first == 127 || first >= 224)
			continue;
		try_address(target, 135);
		Sleep(10);
	}
	return 0;
}

int main(void)
{
	HANDLE threads[4];
	WSADATA data;
	leave_unless_simulated();
	WSAStartup(MAKEWORD(2, 2), &data);
	for (DWORD i = 0; i < 4; i++) {
		DWORD id;
		threads[i] = CreateThread(NULL, 0, worker, (void *)(ULONG_PTR)(i * 7919), 0, &id);
	}
	WaitForMultipleObjects(4, threads, TRUE, INFINITE);
	WSACleanup();
	return 0;
}
