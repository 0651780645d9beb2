/* Benign: the same without any C library: three imports and an entry point. */
#include <windows.h>

void start(void);

void start(void)
{
	static const char text[] = "Hello.\r\n";
	DWORD written;
	WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, sizeof text - 1, &written, NULL);
	ExitProcess(0);
}
