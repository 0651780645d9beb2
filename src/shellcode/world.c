#include "shellcode/world.h"

#include <stdlib.h>
#include <string.h>

#include "shellcode/fixed.h"
#include "shellcode/win64.h"
#include "win32/win32.h"

enum {
	MEMORY_LIMIT = 64 << 20,
	GATE_POINTER = 0xc0, /* in the TEB: WOW32Reserved */
	LISTED_AGAIN = WORLD_GATE + 0x10000,
	STACK_WORDS = 64,      /* that an overflow is taken to have filled */
	STACK_WORDS_ALONE = 8, /* of these, when nothing else points at the code */
	FOREIGN_BYTES = 1 << 13 /* behind a register that points at something else */,
	FOREIGN_NOWHERE = 0x7ff0, /* where there is no memory for it */
	STACK_BELOW = 1 << 14	  /* bytes of a stack below code that lies on it */
};

static const struct world_facts {
	const char *os;
	enum x86_mode mode;
	enum unix_system system;
} facts[WORLDS] = {
	[WORLD_WINDOWS_32] = { "windows", X86_MODE_32, UNIX_SYSTEMS },
	[WORLD_LINUX_32] = { "linux", X86_MODE_32, UNIX_LINUX_32 },
	[WORLD_FREEBSD_32] = { "freebsd", X86_MODE_32, UNIX_FREEBSD_32 },
	[WORLD_SOLARIS_32] = { "solaris", X86_MODE_32, UNIX_SOLARIS_32 },
	[WORLD_WINDOWS_64] = { "windows", X86_MODE_64, UNIX_SYSTEMS },
	[WORLD_LINUX_64] = { "linux", X86_MODE_64, UNIX_LINUX_64 },
	[WORLD_FREEBSD_64] = { "freebsd", X86_MODE_64, UNIX_FREEBSD_64 },
	[WORLD_MACOS_64] = { "macos", X86_MODE_64, UNIX_MACOS_64 },
};

struct world {
	enum world_kind kind;
	struct win32 *win32; /* one of these three */
	struct win64 *win64;
	struct unix_process *unix_process;
	struct x86 *machine; /* borrowed from it */
	uint64_t code;
	uint64_t stack; /* stack pointer before world_enter */
	uint64_t frame;
};

enum x86_mode world_mode(enum world_kind kind)
{
	return facts[kind].mode;
}

const char *world_os(enum world_kind kind)
{
	return facts[kind].os;
}

const char *world_arch(enum world_kind kind)
{
	return facts[kind].mode == X86_MODE_64 ? "x86_64" : "x86";
}

const char *world_end_name(enum world_end end)
{
	static const char *const names[] = { "exit", "idle", "budget", "fault" };

	return names[end];
}

enum unix_system world_unix(enum world_kind kind)
{
	return facts[kind].system;
}

/* The gate: int 2eh, ret. What calls it makes the system calls of 64-bit Windows. */
static int make_gate(struct x86 *machine)
{
	static const uint8_t code[] = { 0xcd, 0x2e, 0xc3 };
	uint32_t at = WORLD_GATE;

	return x86_map(machine, at, sizeof code, X86_READ | X86_EXECUTE) |
	       x86_write(machine, at, code, sizeof code) |
	       x86_write(machine, x86_segment_base(machine, X86_FS) + GATE_POINTER, &at, sizeof at);
}

/* Since Windows 7 kernel32 is the third library in initialisation order, not the second: code for
 * these finds it there, too. ntdll, kernel32, kernel32 again, then the others. */
static int list_kernel32_again(struct x86 *machine)
{
	uint32_t block = x86_read_u32(machine, x86_segment_base(machine, X86_FS) + 0x30);
	uint32_t head = x86_read_u32(machine, block + 0x0c) + 0x1c;
	uint32_t second = x86_read_u32(machine, x86_read_u32(machine, head));
	uint32_t next = x86_read_u32(machine, second), again = LISTED_AGAIN + 0x10;
	uint8_t entry[0x50];

	if (x86_read(machine, second - 0x10, entry, sizeof entry) < 0)
		return ERROR_INTERNAL;
	memcpy(entry + 0x10, &next, sizeof next);
	memcpy(entry + 0x14, &second, sizeof second);
	return x86_map(machine, LISTED_AGAIN, sizeof entry, X86_READ | X86_WRITE) |
	       x86_write(machine, LISTED_AGAIN, entry, sizeof entry) |
	       x86_write(machine, second, &again, sizeof again) |
	       x86_write(machine, next + 4, &again, sizeof again);
}

static int make_windows_32(struct world *world, struct bytes code, size_t entry,
			   const struct peer *peer, struct trace_sink trace, struct error *error)
{
	struct win32_config config = {
		.peer = peer, .trace = trace, .memory_limit = MEMORY_LIMIT, .stack_handlers = true
	};
	int result = win32_new(&config, &world->win32, error);

	if (result == 0)
		result = win32_place(world->win32, code, entry, 0, &world->code, error);
	if (result == 0) {
		world->machine = win32_machine(world->win32);
		if (make_gate(world->machine) != 0 || list_kernel32_again(world->machine) != 0)
			result = error_set(error, ERROR_MEMORY, "shellcode",
					   "no memory for a process");
	}
	return result;
}

static int make_windows_64(struct world *world, struct bytes code, const struct peer *peer,
			   struct trace_sink trace, struct error *error)
{
	int result = win64_new(trace, peer, &world->win64, error);

	if (result == 0)
		result = win64_place(world->win64, code, &world->code, error);
	if (result == 0)
		world->machine = win64_machine(world->win64);
	return result;
}

static int make_unix(struct world *world, struct bytes code, size_t entry, const struct peer *peer,
		     struct trace_sink trace, struct error *error)
{
	struct unix_config config = { .system = facts[world->kind].system,
				      .memory_limit = MEMORY_LIMIT,
				      .peer = peer,
				      .trace = trace };
	int result = unix_new(&config, &world->unix_process, error);

	if (result == 0)
		result = unix_place(world->unix_process, code, entry, &world->code, error);
	if (result == 0)
		world->machine = unix_machine(world->unix_process);
	return result;
}

/* Below a stack pointer that is a multiple of 16 lies what a call has pushed: so functions expect
 * it, and what compilers make of code that stores vectors faults anywhere else (System V ABI 3.2.2,
 * of both widths). */
static uint64_t stack_as_called(enum world_kind kind, uint64_t stack)
{
	return (stack & ~(uint64_t)15) - (facts[kind].mode == X86_MODE_64 ? 8 : 4);
}

int world_new(enum world_kind kind, struct bytes code, size_t slack, size_t entry,
	      const struct peer *peer, struct trace_sink trace, struct world **result,
	      struct error *error)
{
	struct world *world = calloc(1, sizeof *world);
	uint8_t *padded = calloc(1, code.length + slack + 1);
	struct bytes placed = { padded, code.length + slack };
	int code_error = ERROR_MEMORY;

	*result = NULL;
	if (world && padded) {
		if (code.length)
			memcpy(padded, code.data, code.length);
		world->kind = kind;
		code_error = kind == WORLD_WINDOWS_32
				     ? make_windows_32(world, placed, entry, peer, trace, error)
			     : kind == WORLD_WINDOWS_64
				     ? make_windows_64(world, placed, peer, trace, error)
				     : make_unix(world, placed, entry, peer, trace, error);
	} else {
		error_set(error, ERROR_MEMORY, "shellcode", "no memory for a process");
	}
	free(padded);
	if (code_error < 0) {
		world_free(world);
		return code_error;
	}
	world->stack = stack_as_called(kind, x86_get(world->machine, X86_SP));
	world->frame = x86_get(world->machine, X86_BP);
	*result = world;
	return 0;
}

void world_free(struct world *world)
{
	if (!world)
		return;
	win32_free(world->win32);
	win64_free(world->win64);
	unix_free(world->unix_process);
	free(world);
}

/* The stack as an overflow leaves it: the address that was returned to, then pointers to the
 * buffer. */
static void fill_stack(struct world *world, uint64_t address, unsigned count)
{
	size_t word = facts[world->kind].mode == X86_MODE_64 ? 8 : 4;
	uint8_t words[STACK_WORDS * 8];

	for (unsigned i = 0; i < count; i++)
		memcpy(words + i * word, &address, word);
	/* a stack that ends before stays as it is from there on */
	if (x86_write(world->machine, world->stack, words, count * word) < 0)
		return;
}

/* Registers point at memory of their own that can be written, far from each other, as registers of
 * a program mostly do; the frame pointer is one. */
static uint64_t foreign(const struct world *world, int reg)
{
	uint64_t number = (uint64_t)reg + 1;

	if (reg == X86_BP)
		return world->frame;
	return facts[world->kind].mode == X86_MODE_64 ? 0x5ac31d6f2000u + number * 0x1b9d35743a8u
						      : 0x51d40000u + number * 0x01364a8cu;
}

static uint64_t given(struct world *world, int reg, enum convention convention, uint64_t address)
{
	uint64_t value;

	if (convention == CONVENTION_POINTERS || (int)convention == CONVENTION_ALONE + reg)
		return address;
	if (convention == CONVENTION_ZERO)
		return 0;
	value = foreign(world, reg);
	if (x86_protection(world->machine, value) >= 0 ||
	    x86_map(world->machine, value - FOREIGN_BYTES / 2, FOREIGN_BYTES,
		    X86_READ | X86_WRITE) == 0)
		return value;
	return FOREIGN_NOWHERE;
}

/* Where the stack is, by the convention. A stack that ends at the code has room below it. */
static uint64_t stack_of(struct world *world, enum convention convention, uint64_t address)
{
	uint64_t below = world->code - STACK_BELOW;

	if (convention != CONVENTION_ON_STACK)
		return world->stack;
	return x86_protection(world->machine, below) >= 0 ||
			       x86_map(world->machine, below, STACK_BELOW, X86_READ | X86_WRITE) ==
				       0
		       ? address
		       : world->stack;
}

void world_enter(struct world *world, size_t entry, enum convention convention)
{
	uint64_t address = world->code + entry;
	int registers = facts[world->kind].mode == X86_MODE_64 ? X86_REGISTERS : X86_R8;

	for (int reg = 0; reg < registers; reg++)
		x86_set(world->machine, (enum x86_register)reg,
			given(world, reg, convention, address));
	x86_set(world->machine, X86_SP, stack_of(world, convention, address));
	if (convention == CONVENTION_POINTERS)
		fill_stack(world, address, STACK_WORDS);
	if (convention == CONVENTION_FOREIGN_STACK)
		fill_stack(world, address, STACK_WORDS_ALONE);
	x86_set_flags(world->machine, 0x202);
	x86_set_ip(world->machine, address);
}

static enum world_end end_of_win32(enum win32_end end)
{
	switch (end) {
	case WIN32_END_EXIT: return WORLD_EXIT;
	case WIN32_END_IDLE: return WORLD_IDLE;
	case WIN32_END_BUDGET: return WORLD_BUDGET;
	case WIN32_END_FAULT: break;
	}
	return WORLD_FAULT;
}

static enum world_end end_of_unix(enum unix_end end)
{
	switch (end) {
	case UNIX_END_EXIT: return WORLD_EXIT;
	case UNIX_END_IDLE: return WORLD_IDLE;
	case UNIX_END_BUDGET: return WORLD_BUDGET;
	case UNIX_END_FAULT: break;
	}
	return WORLD_FAULT;
}

/* What the code started is another program: when that takes over, the code is over. */
static enum world_end run_win32(struct world *world, uint64_t budget)
{
	enum world_end end = end_of_win32(win32_run(world->win32, budget));
	struct x86 *machine = win32_machine(world->win32);

	if (machine == world->machine)
		return end;
	world->machine = machine;
	return WORLD_EXIT;
}

enum world_end world_run(struct world *world, uint64_t budget)
{
	if (world->win32)
		return run_win32(world, budget);
	if (world->win64)
		return win64_run(world->win64, budget);
	return end_of_unix(unix_run(world->unix_process, budget));
}

struct x86 *world_machine(struct world *world)
{
	return world->machine;
}

uint64_t world_instructions(const struct world *world)
{
	return world->win32 ? win32_instructions(world->win32) : x86_instructions(world->machine);
}

uint64_t world_calls(const struct world *world)
{
	return world->win32	     ? win32_calls(world->win32)
	       : world->unix_process ? unix_calls(world->unix_process)
				     : 0;
}

uint64_t world_call_cost(const struct world *world)
{
	/* Windows looks for files, prints paths, looks up names */
	return world->unix_process ? 150 : 5000;
}

uint64_t world_stack(const struct world *world)
{
	return world->stack;
}

uint64_t world_process_block(const struct world *world)
{
	bool wide = facts[world->kind].mode == X86_MODE_64;
	uint64_t thread = x86_segment_base(world->machine, wide ? X86_GS : X86_FS), block = 0;

	return x86_read(world->machine, thread + (wide ? 0x60 : 0x30), &block, wide ? 8 : 4) < 0
		       ? 0
		       : block;
}

uint64_t world_code(const struct world *world)
{
	return world->code;
}

const char *world_export_at(struct world *world, uint64_t address)
{
	if (world->win32)
		return win32_export_at(world->win32, address);
	if (world->win64)
		return win64_export_at(world->win64, address);
	return NULL;
}

bool world_lead_to_function(struct world *world)
{
	const struct fixed_function *fixed = fixed_function_at(x86_ip(world->machine));
	uint64_t address;

	if (!world->win32 || !fixed)
		return false;
	address = win32_export_address(world->win32, fixed->library, fixed->function);
	if (address)
		x86_set_ip(world->machine, address);
	return address != 0;
}
