/* Calls of 64-bit Windows that lead back into the code: what a thread, a callback or a fiber is to
 * execute is run at once, to its end, on a stack below the caller's; then the caller goes on.
 * Limits: one at a time, so that a thread that waits for its maker waits for ever. */
#include <string.h>

#include "shellcode/win64_call.h"

enum {
	STACK_BETWEEN = 0x4000, /* bytes from a caller's stack to that of what it starts */
	NONE = 15		/* no argument */
};

/* Which argument is the address, and which of the others it is called with. */
static const struct caller {
	const char *function;
	uint8_t routine, parameter;
} callers[] = {
	{ "CreateThread", 2, 3 },
	{ "CreateRemoteThread", 3, 4 },
	{ "CreateRemoteThreadEx", 3, 4 },
	{ "RtlCreateUserThread", 6, 7 },
	{ "NtCreateThreadEx", 4, 5 },
	{ "QueueUserAPC", 0, 2 },
	{ "QueueUserWorkItem", 0, 1 },
	{ "CreateTimerQueueTimer", 2, 3 },
	{ "RegisterWaitForSingleObject", 2, 3 },
	{ "SetTimer", 3, NONE },
	{ "InitOnceExecuteOnce", 1, 2 },
	{ "FlsAlloc", 0, NONE },
	{ "EnumSystemLocalesA", 0, NONE },
	{ "EnumSystemLocalesW", 0, NONE },
	{ "EnumSystemLocalesEx", 0, NONE },
	{ "EnumSystemCodePagesA", 0, NONE },
	{ "EnumDateFormatsA", 0, NONE },
	{ "EnumTimeFormatsA", 0, NONE },
	{ "EnumUILanguagesA", 0, 2 },
	{ "EnumResourceTypesA", 1, 0 },
	{ "EnumWindows", 0, 1 },
	{ "EnumChildWindows", 1, 2 },
	{ "EnumThreadWindows", 1, 2 },
	{ "EnumDesktopWindows", 1, 2 },
	{ "EnumDesktopsA", 1, 2 },
	{ "EnumWindowStationsA", 0, 1 },
	{ "CallWindowProcA", 0, 1 },
};

static uint64_t optional(const struct win64_call *call, unsigned index)
{
	return index == NONE ? 0 : win64_argument(call, index);
}

/* What the call leads to; false: nowhere. */
static bool find_routine(const struct win64_call *call, uint64_t *routine, uint64_t *parameter)
{
	*routine = 0;
	if (strcmp(call->function, "SwitchToFiber") == 0) {
		*routine = call->session->fiber;
		*parameter = call->session->fiber_parameter;
	}
	for (size_t i = 0; i < sizeof callers / sizeof callers[0]; i++) {
		if (strcmp(callers[i].function, call->function) != 0)
			continue;
		*routine = optional(call, callers[i].routine);
		*parameter = optional(call, callers[i].parameter);
	}
	return *routine && x86_protection(call->machine, *routine) >= 0;
}

bool win64_enters(struct win64_call *call)
{
	struct win64_session *session = call->session;
	struct win64_caller *caller = &session->callers[session->depth];
	uint64_t stack = x86_get(call->machine, X86_SP), routine, parameter = 0, back;

	if (strcmp(call->function, "CreateFiber") == 0) {
		session->fiber = win64_argument(call, 1);
		session->fiber_parameter = win64_argument(call, 2);
	}
	if (!find_routine(call, &routine, &parameter) || session->depth == WIN64_CALLERS ||
	    x86_read(call->machine, stack, &back, sizeof back) < 0)
		return false;
	for (int reg = 0; reg < X86_REGISTERS; reg++)
		caller->registers[reg] = x86_get(call->machine, (enum x86_register)reg);
	caller->registers[X86_AX] = 1;
	caller->registers[X86_SP] = stack + sizeof back;
	caller->ip = back;
	stack = ((stack - STACK_BETWEEN) & ~(uint64_t)15) - sizeof back;
	if (x86_write(call->machine, stack, &session->landing, sizeof session->landing) < 0)
		return false;
	session->depth++;
	x86_set(call->machine, X86_SP, stack);
	x86_set(call->machine, X86_CX, parameter);
	x86_set_ip(call->machine, routine);
	return true;
}

bool win64_comes_back(struct x86 *machine, struct win64_session *session)
{
	const struct win64_caller *caller;

	if (session->depth == 0)
		return false;
	caller = &session->callers[--session->depth];
	for (int reg = 0; reg < X86_REGISTERS; reg++)
		x86_set(machine, (enum x86_register)reg, caller->registers[reg]);
	x86_set_ip(machine, caller->ip);
	return true;
}
