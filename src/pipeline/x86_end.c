/* What stopped the simulator, for people: the exception's name and cause, a system call's
 * arguments. */
#include "pipeline/x86_end.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { PRESENT = 1, WRITE = 2, FETCH = 16 }; /* the bits of a page fault's error code */

/* SDM vol. 3, table 6-1. */
static const struct {
	enum x86_vector vector;
	const char *name, *meaning;
} exceptions[] = {
	{ X86_VECTOR_DE, "#DE", "division by zero, or the quotient is too large" },
	{ X86_VECTOR_DB, "#DB", "single-step trap" },
	{ X86_VECTOR_BP, "#BP", "breakpoint" },
	{ X86_VECTOR_OF, "#OF", "overflow trap" },
	{ X86_VECTOR_BR, "#BR", "index out of bounds" },
	{ X86_VECTOR_UD, "#UD",
	  "no instruction, or one that the simulated processor does not have" },
	{ X86_VECTOR_NM, "#NM", "the x87 unit is not available" },
	{ X86_VECTOR_SS, "#SS", "stack segment fault" },
	{ X86_VECTOR_GP, "#GP",
	  "general protection: privileged, misaligned, or an impossible address" },
	{ X86_VECTOR_PF, "#PF", "page fault" },
	{ X86_VECTOR_MF, "#MF", "x87 floating-point error" },
	{ X86_VECTOR_AC, "#AC", "misaligned access" },
	{ X86_VECTOR_XM, "#XM", "SIMD floating-point error" },
};

json_t *x86_hex(uint64_t value)
{
	return json_sprintf("0x%llx", (unsigned long long)value);
}

static const char *exception_name(unsigned vector, const char **meaning)
{
	for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++) {
		if (exceptions[i].vector == vector) {
			*meaning = exceptions[i].meaning;
			return exceptions[i].name;
		}
	}
	*meaning = "exception";
	return "exception";
}

static void explain_page_fault(const struct x86_exit *exit, char *text, size_t size)
{
	const char *what = exit->error_code & FETCH   ? "execution at"
			   : exit->error_code & WRITE ? "write to"
						      : "read from";
	const char *why = !(exit->error_code & PRESENT) ? "where nothing is mapped"
			  : exit->error_code & FETCH	? "which is not executable"
			  : exit->error_code & WRITE	? "which is read-only"
							: "which must not be read";

	snprintf(text, size, "#PF page fault: %s 0x%llx, %s", what,
		 (unsigned long long)exit->fault_address, why);
}

static const char *explain_fault(const struct x86_exit *exit, char *text, size_t size)
{
	const char *meaning, *name = exception_name(exit->vector, &meaning);

	if (exit->vector == X86_VECTOR_PF)
		explain_page_fault(exit, text, size);
	else
		snprintf(text, size, "%s %s", name, meaning);
	return exit->vector == X86_VECTOR_DB ? "trap" : "fault";
}

static const char *explain_interrupt(const struct x86_exit *exit, char *text, size_t size)
{
	const char *meaning, *name = exception_name(exit->vector, &meaning);

	if (exit->vector == 0x80)
		snprintf(text, size, "system call: int 0x80 (Linux, BSD)");
	else if (exit->vector == 0x2e)
		snprintf(text, size, "system call: int 0x2e (Windows)");
	else if (exit->vector == X86_VECTOR_BP || exit->vector == X86_VECTOR_OF)
		snprintf(text, size, "%s %s", name, meaning);
	else
		snprintf(text, size, "interrupt 0x%x", exit->vector);
	return exit->vector == 0x80 || exit->vector == 0x2e ? "system call" : "interrupt";
}

static const char *explain_call(const struct x86_exit *exit, const char *instruction, char *text,
				size_t size)
{
	if (exit->vector)
		snprintf(text, size, "far transfer to selector 0x%x", exit->vector);
	else
		snprintf(text, size, "system call: %s", instruction);
	return exit->vector ? "far transfer" : "system call";
}

/* The reason's word; its sentence into `text`. */
static const char *explain(const struct x86_exit *exit, const char *instruction, char *text,
			   size_t size)
{
	switch (exit->reason) {
	case X86_STOP_HOOK: snprintf(text, size, "returned to its caller"); return "returned";
	case X86_STOP_INTERRUPT: return explain_interrupt(exit, text, size);
	case X86_STOP_SYSCALL: return explain_call(exit, instruction, text, size);
	case X86_STOP_FAULT: return explain_fault(exit, text, size);
	default: break; /* the trace asks the machine for no other stops */
	}
	snprintf(text, size, "the budget of instructions is used up");
	return "budget";
}

/* A printable text of 3 to 63 characters that a register points at, or null. */
static json_t *pointed_text(const struct x86 *machine, uint64_t address)
{
	char text[64];
	int length = x86_read_text(machine, address, text, sizeof text);

	for (int i = 0; i < length; i++)
		if (!isprint((unsigned char)text[i]))
			return json_null();
	return length >= 3 ? json_string(text) : json_null();
}

/* The registers in which system calls take their number and arguments, in that order. */
static json_t *arguments(const struct x86 *machine)
{
	static const char *const orders[2][8] = {
		{ "eax", "ebx", "ecx", "edx", "esi", "edi", "ebp", "esp" },
		{ "rax", "rdi", "rsi", "rdx", "r10", "r8", "r9", "rsp" }
	};
	struct x86_value values[X86_MOST_VALUES];
	unsigned count = x86_values(machine, values);
	json_t *list = json_array();

	for (unsigned i = 0; i < 8; i++) {
		const char *name = orders[x86_mode(machine) == X86_MODE_64][i];
		for (unsigned k = 0; k < count; k++) {
			uint64_t value = 0;
			if (strcmp(values[k].name, name) != 0)
				continue;
			memcpy(&value, values[k].bytes, sizeof value);
			json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "name", name,
							      "value", x86_hex(value), "text",
							      pointed_text(machine, value)));
		}
	}
	return list;
}

/* The bytes at an address, as many as an instruction can have. */
static json_t *bytes_at(const struct x86 *machine, uint64_t address)
{
	char text[31] = "";
	uint8_t byte;

	for (size_t i = 0; i < 15 && x86_read(machine, address + i, &byte, 1) == 0; i++)
		snprintf(text + 2 * i, sizeof text - 2 * i, "%02x", byte);
	return *text ? json_string(text) : json_null();
}

static json_t *end_record(const struct x86 *machine, const char *reason, const char *meaning,
			  uint64_t address)
{
	struct x86_watch watch = x86_watch_counts(machine);
	char text[128];
	bool known = x86_disassemble(machine, address, text, sizeof text) > 0;

	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:o}", "type", "x86_end",
			 "reason", reason, "meaning", meaning, "address", x86_hex(address), "bytes",
			 bytes_at(machine, address), "text",
			 known ? json_string(text) : json_null(), "instructions",
			 (json_int_t)x86_instructions(machine), "bytes_written",
			 (json_int_t)watch.written, "executed_written",
			 (json_int_t)watch.executed_written, "first_written",
			 watch.executed_written ? x86_hex(watch.first_written_ip) : json_null());
}

json_t *x86_end_record(const struct x86 *machine, const struct x86_exit *exit)
{
	uint64_t address = exit->reason == X86_STOP_BUDGET || exit->reason == X86_STOP_HOOK
				   ? x86_ip(machine)
				   : exit->address;
	char instruction[128], meaning[200];

	x86_disassemble(machine, address, instruction, sizeof instruction);
	const char *reason = explain(exit, instruction, meaning, sizeof meaning);
	json_t *record = end_record(machine, reason, meaning, address);
	if (!record)
		return NULL;
	if (exit->reason == X86_STOP_INTERRUPT || exit->reason == X86_STOP_SYSCALL) {
		json_object_set_new(record, "vector", json_integer(exit->vector));
		json_object_set_new(record, "arguments", arguments(machine));
	}
	if (exit->reason == X86_STOP_FAULT) {
		json_object_set_new(record, "vector", json_integer(exit->vector));
		json_object_set_new(record, "error_code", json_integer(exit->error_code));
		if (exit->vector == X86_VECTOR_PF)
			json_object_set_new(record, "fault_address", x86_hex(exit->fault_address));
	}
	return record;
}

json_t *x86_end_left(const struct x86 *machine, uint64_t end)
{
	uint64_t ip = x86_ip(machine);

	return end_record(machine, "left",
			  ip >= end ? "execution ran over the end of the bytes"
				    : "execution went to before the beginning of the bytes",
			  ip);
}
