/* Jumps to an address that holds no code, with a handler ready: a trick that loses debuggers. */
#include "simulated.h"

#include <stdint.h>

static LONG WINAPI on_fault(EXCEPTION_POINTERS *info)
{
	(void)info;
	ExitProcess(0);
}

int main(void)
{
	leave_unless_simulated();
	SetUnhandledExceptionFilter(on_fault);
	void (*volatile nowhere)(void) = (void (*)(void))(uintptr_t)0x0badc0deu;
	nowhere();
	return 1;
}
