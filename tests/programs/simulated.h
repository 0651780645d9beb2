/* The safety catch of every test program that would change a machine or talk to a network.
 *
 * kenbi's emulated machine defines the environment variable KENBI_SIMULATED=1 (data/machine); no
 * other Windows has it. Without it a program ends at its first statement, so that running one by
 * mistake does nothing. */
#ifndef KENBI_TESTS_PROGRAMS_SIMULATED_H
#define KENBI_TESTS_PROGRAMS_SIMULATED_H

#include <windows.h>

static inline void leave_unless_simulated(void)
{
	char value[8];
	DWORD length = GetEnvironmentVariableA("KENBI_SIMULATED", value, sizeof value);
	if (length != 1 || value[0] != '1')
		ExitProcess(0);
}

#endif
