/* A process: its memory lay-out, its life from placement to end, and forks.
 *
 * A forked child runs to its end inside a machine snapshot; then the snapshot is rolled back and
 * the parent goes on. That order is what a shell code's author sees too (the child gets the shell),
 * and needs no scheduler. */
#include "unix/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STACK_SIZE = 1 << 20, ABOVE_STACK = 1 << 14, MEMORY_DEFAULT = 64 << 20 };

/* Where things lie, as in a program without address randomisation. */
static const struct layout {
	uint64_t code, heap, mappings, stack_top;
} layout_32 = { 0x0804a000, 0x0a000000, 0x40000000, 0xc0000000 },
  layout_64 = { 0x00601000, 0x01000000, 0x7ffff0000000, 0x7ffffffff000 };

static const struct system_facts {
	const char *name;
	enum x86_mode mode;
	uint16_t code_selector, data_selector, fs, gs;
	int again, refused, not_socket, no_call;
} facts[UNIX_SYSTEMS] = {
	[UNIX_LINUX_32] = { "linux", X86_MODE_32, 0x73, 0x7b, 0, 0x33, 11, 111, 88, 38 },
	[UNIX_LINUX_64] = { "linux", X86_MODE_64, 0x33, 0x2b, 0, 0, 11, 111, 88, 38 },
	[UNIX_FREEBSD_32] = { "freebsd", X86_MODE_32, 0x33, 0x3b, 0x3b, 0x1b, 35, 61, 38, 78 },
	[UNIX_FREEBSD_64] = { "freebsd", X86_MODE_64, 0x43, 0x3b, 0x13, 0x1b, 35, 61, 38, 78 },
	[UNIX_MACOS_64] = { "macos", X86_MODE_64, 0x2b, 0x23, 0, 0, 35, 61, 38, 78 },
	[UNIX_SOLARIS_32] = { "solaris", X86_MODE_32, 0x3b, 0x43, 0, 0x1c3, 11, 146, 95, 89 },
};

bool unix_was_handed(const struct x86 *machine, uint64_t address)
{
	const struct layout *layout = x86_mode(machine) == X86_MODE_64 ? &layout_64 : &layout_32;

	return layout->stack_top - address <= STACK_SIZE && !x86_written(machine, address);
}

const char *unix_system_name(enum unix_system system)
{
	return facts[system].name;
}

enum x86_mode unix_system_mode(enum unix_system system)
{
	return facts[system].mode;
}

int64_t unix_again(const struct unix_process *process)
{
	return -facts[process->system].again;
}

int64_t unix_refused(const struct unix_process *process)
{
	return -facts[process->system].refused;
}

int64_t unix_not_socket(const struct unix_process *process)
{
	return -facts[process->system].not_socket;
}

int64_t unix_no_call(const struct unix_process *process)
{
	return -facts[process->system].no_call;
}

static const struct layout *layout_of(const struct unix_process *process)
{
	return facts[process->system].mode == X86_MODE_64 ? &layout_64 : &layout_32;
}

/* The top of the stack as the kernel leaves it: argc, argv, envp, and their texts above. */
static int build_stack(struct unix_process *process, uint64_t top)
{
	static const char texts[] = "/usr/sbin/service\0PATH=/bin:/usr/bin\0HOME=/";
	unsigned word = unix_abi_word_size(process->machine);
	uint64_t text = top - 256, stack = top - ABOVE_STACK;
	uint64_t words[] = { 1, text, 0, text + 18, text + 38, 0, 0, 0 };

	if (x86_write(process->machine, text, texts, sizeof texts) < 0)
		return ERROR_INTERNAL;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (x86_write(process->machine, stack + i * word, &words[i], word) < 0)
			return ERROR_INTERNAL;
	x86_set(process->machine, X86_SP, stack - 1024);
	x86_set(process->machine, X86_BP, stack - 512);
	return 0;
}

static void set_segments(struct unix_process *process)
{
	const struct system_facts *system = &facts[process->system];

	for (int segment = 0; segment < X86_SEGMENTS; segment++)
		x86_set_segment(process->machine, segment,
				segment == X86_CS   ? system->code_selector
				: segment == X86_FS ? system->fs
				: segment == X86_GS ? system->gs
						    : system->data_selector,
				0);
}

static int prepare(struct unix_process *process)
{
	const struct layout *layout = layout_of(process);
	int code;

	process->break_start = process->break_end = layout->heap;
	process->next_mapping = layout->mappings;
	code = x86_map(process->machine, layout->stack_top - STACK_SIZE, STACK_SIZE,
		       X86_READ | X86_WRITE | X86_EXECUTE);
	if (code < 0)
		return code;
	set_segments(process);
	x86_set_flags(process->machine, 0x202);
	return build_stack(process, layout->stack_top);
}

int unix_new(const struct unix_config *config, struct unix_process **result, struct error *error)
{
	struct unix_process *process;
	size_t limit = config->memory_limit ? config->memory_limit : MEMORY_DEFAULT;

	*result = NULL;
	if ((unsigned)config->system >= UNIX_SYSTEMS)
		return error_set(error, ERROR_USAGE, "unix", "no such system: %d",
				 (int)config->system);
	process = calloc(1, sizeof *process);
	if (!process)
		return error_set(error, ERROR_MEMORY, "unix", "no memory for a process");
	process->system = config->system;
	process->peer = config->peer;
	process->trace = config->trace;
	process->id = 1;
	for (unsigned i = 0; i < 3; i++)
		process->descriptors[i].kind = DESCRIPTOR_STANDARD;
	process->machine = x86_new(facts[config->system].mode, limit);
	if (!process->machine || prepare(process) < 0) {
		unix_free(process);
		return error_set(error, ERROR_MEMORY, "unix",
				 "no memory for a process of %zu bytes", limit);
	}
	*result = process;
	return 0;
}

void unix_free(struct unix_process *process)
{
	if (!process)
		return;
	x86_free(process->machine);
	free(process);
}

int unix_place(struct unix_process *process, struct bytes code, size_t entry, uint64_t *placed,
	       struct error *error)
{
	uint64_t address = layout_of(process)->code;

	if (entry >= code.length)
		return error_set(error, ERROR_USAGE, "unix",
				 "entry %zu is outside %zu bytes of code", entry, code.length);
	if (x86_map(process->machine, address, code.length, X86_READ | X86_WRITE | X86_EXECUTE) <
		    0 ||
	    x86_write(process->machine, address, code.data, code.length) < 0)
		return error_set(error, ERROR_LIMIT, "unix", "%zu bytes of code do not fit",
				 code.length);
	x86_set_ip(process->machine, address + entry);
	*placed = address;
	return 0;
}

struct x86 *unix_machine(struct unix_process *process)
{
	return process->machine;
}

uint64_t unix_calls(const struct unix_process *process)
{
	return process->calls;
}

int64_t unix_fork(struct unix_process *process, const struct x86_exit *stop)
{
	struct parent *parent = &process->parents[process->depth];

	if (process->depth == UNIX_FORKS || process->forks == UNIX_FORKS_ALL ||
	    x86_snapshot(process->machine) < 0)
		return unix_again(process);
	process->forks++;
	parent->id = process->id;
	parent->child = process->forks + 1;
	parent->stop = *stop;
	parent->break_start = process->break_start;
	parent->break_end = process->break_end;
	parent->next_mapping = process->next_mapping;
	memcpy(parent->descriptors, process->descriptors, sizeof parent->descriptors);
	process->id = parent->child;
	process->depth++;
	x86_set(process->machine, X86_DX,
		process->system == UNIX_LINUX_32 || process->system == UNIX_LINUX_64
			? x86_get(process->machine, X86_DX)
			: 1); /* BSD and Solaris tell the child apart by the second result */
	return 0;
}

/* The child is over: the parent goes on behind its fork. */
static void resume_parent(struct unix_process *process)
{
	struct parent *parent = &process->parents[--process->depth];

	x86_rollback(process->machine);
	x86_commit(process->machine);
	process->id = parent->id;
	process->break_start = parent->break_start;
	process->break_end = parent->break_end;
	process->next_mapping = parent->next_mapping;
	memcpy(process->descriptors, parent->descriptors, sizeof process->descriptors);
	process->ended = process->idle = false;
	unix_abi_answer(process->machine, &parent->stop, process->system, 4000 + parent->child);
	if (process->system != UNIX_LINUX_32 && process->system != UNIX_LINUX_64)
		x86_set(process->machine, X86_DX, 0);
}

static void answer(struct unix_process *process, const struct x86_exit *stop,
		   const struct unix_request *request)
{
	int64_t result;

	process->calls++;
	process->caller = stop->address;
	result = unix_model(process, request, stop);
	if (!process->ended && !process->idle)
		unix_abi_answer(process->machine, stop, process->system, result);
}

static void tell_fault(struct unix_process *process, const struct x86_exit *stop)
{
	struct trace_value values[] = { trace_number(stop->address), trace_number(stop->vector) };

	process->caller = stop->address;
	unix_tell(process, TRACE_CODE_FAULT, values, 2);
}

/* One stop of the machine; false when the process at hand cannot go on. */
static bool go_on(struct unix_process *process, const struct x86_exit *stop)
{
	struct unix_request request;

	if (unix_abi_request(process->machine, stop, process->system, &request)) {
		answer(process, stop, &request);
		return !process->ended && !process->idle;
	}
	if (stop->reason == X86_STOP_INTERRUPT && stop->vector == X86_VECTOR_BP)
		return true; /* SIGTRAP of a forgotten breakpoint: as a debugger would, go on */
	tell_fault(process, stop);
	return false;
}

enum unix_end unix_run(struct unix_process *process, uint64_t budget)
{
	uint64_t first = x86_instructions(process->machine), used;

	while ((used = x86_instructions(process->machine) - first) < budget) {
		struct x86_exit stop = x86_run(process->machine, budget - used);
		if (stop.reason == X86_STOP_BUDGET)
			break;
		if (go_on(process, &stop))
			continue;
		if (process->depth == 0)
			return process->ended  ? UNIX_END_EXIT
			       : process->idle ? UNIX_END_IDLE
					       : UNIX_END_FAULT;
		resume_parent(process);
	}
	return UNIX_END_BUDGET;
}
