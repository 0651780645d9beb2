/* Executes a command by the shell. */
#include "system.h"

ENTRY void code(void)
{
	execute("/bin/sh", "-c", "echo kenbi");
	call_system(EXIT, 0, 0, 0);
}
