/* Random bytes as code, in both modes, under a budget: the machine must neither crash nor leak,
 * count exactly, come back exactly from snapshots inside snapshots, and another machine must end
 * the same. The code can write itself, meets hooks, a watched range, a read-only page, a guard
 * page, and goes on behind its faults. */
#include "x86.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "x86/x86.h"

enum { BUDGET = 20000, STEPS = 64, NESTED_EVERY = 16, NESTED = 300, FLAG_AC = 1 << 18 };

#define CODE	  UINT64_C(0x00400000)
#define CODE_SIZE 0x2000u
#define DATA	  UINT64_C(0x00500000) /* four pages: writable, read-only, guard, writable */
#define STACK	  UINT64_C(0x00800000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t total;

uint64_t fuzz_x86_instructions(void)
{
	return total;
}

/* Both ways of running this end by exit. */
__attribute__((destructor)) static void say_total(void)
{
	fprintf(stderr, "%llu instructions executed\n", (unsigned long long)total);
}

/* What must be the same on every machine, without the bytes between members. */
struct outcome {
	uint64_t exit[5], general[X86_REGISTERS], ip, flags, bases[X86_SEGMENTS];
	uint64_t instructions;
	uint8_t data[0x1000], code[CODE_SIZE];
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* Runs on, and takes it back. */
static void run_nested(struct x86 *machine)
{
	struct x86_context before, after;
	unsigned depth = 1 + (unsigned)(x86_ip(machine) % 3);

	x86_save(machine, &before);
	for (unsigned i = 0; i < depth; i++) {
		require(x86_snapshot(machine) == 0);
		x86_run(machine, NESTED);
		if (x86_protection(machine, DATA + 0x1000) >= 0)
			require(x86_protect(machine, DATA + 0x1000, 0x1000,
					    X86_READ | X86_WRITE | X86_EXECUTE) == 0);
	}
	for (unsigned i = 0; i < depth; i++) {
		x86_rollback(machine);
		x86_commit(machine);
	}
	x86_save(machine, &after);
	require(memcmp(&before, &after, sizeof before) == 0);
	require(x86_protection(machine, DATA + 0x1000) == X86_READ);
}

static void note(const struct x86 *machine, const struct x86_exit *end, struct outcome *outcome)
{
	memset(outcome, 0, sizeof *outcome);
	outcome->exit[0] = end->reason;
	outcome->exit[1] = end->vector;
	outcome->exit[2] = end->error_code;
	outcome->exit[3] = end->address;
	outcome->exit[4] = end->fault_address;
	for (unsigned i = 0; i < X86_REGISTERS; i++)
		outcome->general[i] = x86_get(machine, (enum x86_register)i);
	for (unsigned i = 0; i < X86_SEGMENTS; i++)
		outcome->bases[i] = x86_segment_base(machine, (enum x86_segment)i);
	outcome->ip = x86_ip(machine);
	outcome->flags = x86_flags(machine);
	require(x86_read(machine, DATA, outcome->data, sizeof outcome->data) == 0);
	require(x86_read(machine, CODE, outcome->code, sizeof outcome->code) == 0);
}

/* Goes on behind whatever stopped the machine, as an owner does that ignores it. */
static void run(struct x86 *machine, struct outcome *outcome)
{
	uint64_t before = x86_instructions(machine);
	uint64_t left = BUDGET;

	struct x86_exit end = { 0 };

	for (unsigned i = 0; i < STEPS && left > 0; i++) {
		uint64_t start = x86_instructions(machine), executed;
		end = x86_run(machine, left);
		executed = x86_instructions(machine) - start;
		require(executed <= left);
		require(end.reason != X86_STOP_BUDGET || executed == left);
		left -= executed;
		if (end.reason == X86_STOP_FAULT || end.reason == X86_STOP_HOOK)
			x86_set_ip(machine, CODE + (x86_ip(machine) + 1 - CODE) % CODE_SIZE);
		if (i % NESTED_EVERY == NESTED_EVERY - 1)
			run_nested(machine);
	}
	note(machine, &end, outcome);
	outcome->instructions = x86_instructions(machine) - before;
}

static struct x86 *machine_new(enum x86_mode mode, const uint8_t *data, size_t size)
{
	struct x86 *machine = x86_new(mode, 256 * 4096);
	size_t length = size < CODE_SIZE ? size : CODE_SIZE;
	uint64_t start = CODE + CODE_SIZE - length;

	require(machine != NULL);
	require(x86_map(machine, CODE, CODE_SIZE, X86_READ | X86_WRITE | X86_EXECUTE) == 0);
	require(x86_map(machine, DATA, 0x4000, X86_READ | X86_WRITE) == 0);
	require(x86_protect(machine, DATA + 0x1000, 0x1000, X86_READ) == 0);
	require(x86_protect(machine, DATA + 0x2000, 0x1000, X86_READ | X86_GUARD) == 0);
	require(x86_map(machine, STACK - 0x8000, 0x10000, X86_READ | X86_WRITE) == 0);
	require(x86_write(machine, start, data, length) == 0);
	require(x86_hook(machine, CODE + 0x1ff0, CODE + 0x1ff2) == 0);
	x86_set(machine, X86_SP, STACK);
	x86_set(machine, X86_SI, CODE + 0x1000);
	x86_set(machine, X86_DI, CODE + 0x1800);
	x86_set(machine, X86_BX, DATA + 0xff0);
	x86_set(machine, X86_BP, DATA + 0x800);
	x86_set(machine, X86_DX, start + 16);
	if (size > 0 && data[size - 1] % 8 == 0)
		x86_set_flags(machine, x86_flags(machine) | FLAG_AC);
	x86_set_ip(machine, start);
	x86_watch_start(machine, CODE + 0x1000, CODE + 0x2000);
	return machine;
}

/* Two runs from the same snapshot. */
static void session(enum x86_mode mode, const uint8_t *data, size_t size,
		    struct outcome outcomes[2])
{
	struct x86 *machine = machine_new(mode, data, size);
	char text[128];

	require(x86_snapshot(machine) == 0);
	run(machine, &outcomes[0]);
	x86_rollback(machine);
	run(machine, &outcomes[1]);
	x86_disassemble(machine, x86_ip(machine), text, sizeof text);
	x86_commit(machine);
	total += x86_instructions(machine);
	x86_free(machine);
}

static void try_mode(enum x86_mode mode, const uint8_t *data, size_t size)
{
	static struct outcome first[2], second[2];

	session(mode, data, size, first);
	session(mode, data, size, second);
	require(memcmp(first, second, sizeof first) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_mode(X86_MODE_32, data, size);
	try_mode(X86_MODE_64, data, size);
	return 0;
}
