#include "shellcode/native.h"

#include <stdio.h>
#include <string.h>

enum {
	ALLOCATE_7 = 0x15,
	ALLOCATE_10 = 0x18,
	PROTECT_7 = 0x4d,
	PROTECT_10 = 0x50,
	TERMINATE_7 = 0x29,
	TERMINATE_10 = 0x2c,
	MOST_BYTES = 16 << 20,
	SERVICES = 0x200,      /* about as many as ntoskrnl has */
	INVALID_SERVICE = 0x1c /* STATUS_INVALID_SYSTEM_SERVICE is c000001c */
};

static const struct {
	uint16_t number;
	const char *name;
} calls[] = {
	{ ALLOCATE_7, "NtAllocateVirtualMemory" },
	{ ALLOCATE_10, "NtAllocateVirtualMemory" },
	{ PROTECT_7, "NtProtectVirtualMemory" },
	{ PROTECT_10, "NtProtectVirtualMemory" },
	{ TERMINATE_7, "NtTerminateProcess" },
	{ TERMINATE_10, "NtTerminateProcess" },
	{ 0x03, "NtReadFile" },
	{ 0x06, "NtReadFile" },
	{ 0x05, "NtWriteFile" },
	{ 0x08, "NtWriteFile" },
	{ 0x0c, "NtClose" },
	{ 0x0f, "NtClose" },
	{ 0x1b, "NtFreeVirtualMemory" },
	{ 0x1e, "NtFreeVirtualMemory" },
	{ 0x23, "NtOpenProcess" },
	{ 0x26, "NtOpenProcess" },
	{ 0x31, "NtDelayExecution" },
	{ 0x34, "NtDelayExecution" },
	{ 0x37, "NtWriteVirtualMemory" },
	{ 0x3a, "NtWriteVirtualMemory" },
	{ 0x52, "NtCreateFile" },
	{ 0x55, "NtCreateFile" },
	{ 0x16, "NtQueryInformationProcess" },
	{ 0x19, "NtQueryInformationProcess" },
	{ 0x25, "NtMapViewOfSection" },
	{ 0x28, "NtMapViewOfSection" },
	{ 0x27, "NtUnmapViewOfSection" },
	{ 0x2a, "NtUnmapViewOfSection" },
	{ 0x33, "NtQuerySystemInformation" },
	{ 0x36, "NtQuerySystemInformation" },
	{ 0x3c, "NtReadVirtualMemory" },
	{ 0x3f, "NtReadVirtualMemory" },
	{ 0x42, "NtQueueApcThread" },
	{ 0x45, "NtQueueApcThread" },
	{ 0x47, "NtCreateSection" },
	{ 0x4a, "NtCreateSection" },
};

static uint64_t number_of(const struct x86 *machine)
{
	return x86_get(machine, X86_AX) & UINT32_MAX;
}

static bool is_number(const struct x86 *machine, unsigned of_7, unsigned of_10)
{
	return number_of(machine) == of_7 || number_of(machine) == of_10;
}

const char *native_name(const struct x86 *machine)
{
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
		if (calls[i].number == number_of(machine))
			return calls[i].name;
	return NULL;
}

int native_number(const char *name)
{
	int number = -1;

	if (strncmp(name, "Nt", 2) != 0 && strncmp(name, "Zw", 2) != 0)
		return -1;
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
		if (strcmp(calls[i].name + 2, name + 2) == 0)
			number = calls[i].number; /* the later system's is the last */
	return number;
}

/* The fifth argument has index 4. */
static uint64_t argument_of_call(const struct x86 *machine, unsigned index)
{
	static const enum x86_register order[] = { X86_R10, X86_DX, X86_R8, X86_R9 };
	uint64_t value = 0;

	if (index < 4)
		return x86_get(machine, order[index]);
	return x86_read(machine, x86_get(machine, X86_SP) + 8 + 8 * index, &value, sizeof value) < 0
		       ? 0
		       : value;
}

static bool word_at(const struct x86 *machine, uint64_t address, uint64_t *value)
{
	return x86_read(machine, address, value, sizeof *value) == 0;
}

/* PAGE_READONLY … PAGE_EXECUTE_WRITECOPY: one bit. */
static bool is_protection(uint64_t value)
{
	return value >= 2 && value <= 0x80 && (value & (value - 1)) == 0;
}

bool native_sensible(const struct x86 *machine)
{
	uint64_t place, size;

	if (x86_mode(machine) != X86_MODE_64 || argument_of_call(machine, 0) != UINT64_MAX ||
	    !word_at(machine, argument_of_call(machine, 1), &place))
		return false;
	if (is_number(machine, ALLOCATE_7, ALLOCATE_10))
		return word_at(machine, argument_of_call(machine, 3), &size) && size > 0 &&
		       (argument_of_call(machine, 4) & UINT32_MAX & ~(uint64_t)0x3000) == 0 &&
		       argument_of_call(machine, 4) & 0x3000 &&
		       is_protection(argument_of_call(machine, 5) & UINT32_MAX);
	return is_number(machine, PROTECT_7, PROTECT_10) &&
	       word_at(machine, argument_of_call(machine, 2), &size) && size > 0 &&
	       is_protection(argument_of_call(machine, 3) & UINT32_MAX);
}

/* What is asked for lies where the code wants it, or where there is room. */
static uint64_t allocate_memory(struct x86 *machine)
{
	uint64_t at = 0, size = 0, given;

	if (!word_at(machine, argument_of_call(machine, 1), &at) ||
	    !word_at(machine, argument_of_call(machine, 3), &size) || size == 0 ||
	    size > MOST_BYTES)
		return 0xc000000d; /* STATUS_INVALID_PARAMETER */
	given = at ? at : 0x20000000 + (x86_instructions(machine) << 12 & 0xfffff000);
	if (x86_map(machine, given, size, X86_READ | X86_WRITE | X86_EXECUTE) < 0 ||
	    x86_write(machine, argument_of_call(machine, 1), &given, sizeof given) < 0)
		return 0xc0000017; /* STATUS_NO_MEMORY */
	return 0;
}

/* Would a service that takes a pointer there be told that it leads nowhere? */
static bool bad_pointer(const struct x86 *machine)
{
	for (unsigned i = 0; number_of(machine) < SERVICES && i < 4; i++)
		if (argument_of_call(machine, i) >= 0x1000 &&
		    x86_protection(machine, argument_of_call(machine, i)) < 0)
			return true;
	return false;
}

static void tell_call(const struct x86 *machine, const struct trace_sink *trace)
{
	const char *name = native_name(machine);
	char number[32], detail[160];

	snprintf(number, sizeof number, "number %llu", (unsigned long long)number_of(machine));
	snprintf(detail, sizeof detail, "0x%llx, 0x%llx, 0x%llx, 0x%llx",
		 (unsigned long long)argument_of_call(machine, 0),
		 (unsigned long long)argument_of_call(machine, 1),
		 (unsigned long long)argument_of_call(machine, 2),
		 (unsigned long long)argument_of_call(machine, 3));
	struct trace_event event = { .kind = TRACE_SYSTEM_CALL,
				     .time = x86_instructions(machine),
				     .process = 1,
				     .values = { trace_text(name ? name : number),
						 trace_text(detail) } };
	trace_emit(trace, &event);
}

bool native_answer(struct x86 *machine, const struct trace_sink *trace)
{
	bool ends = is_number(machine, TERMINATE_7, TERMINATE_10) &&
		    argument_of_call(machine, 0) == UINT64_MAX;
	uint64_t status = 0;

	tell_call(machine, trace);
	if (!native_name(machine))
		status = bad_pointer(machine) ? 0xc0000005 : 0xc0000000 | INVALID_SERVICE;
	else if (is_number(machine, ALLOCATE_7, ALLOCATE_10))
		status = allocate_memory(machine);
	x86_set(machine, X86_AX, status);
	x86_set(machine, X86_CX, x86_ip(machine)); /* SDM: syscall leaves rip and rflags there */
	x86_set(machine, X86_R11, x86_flags(machine));
	return !ends;
}
