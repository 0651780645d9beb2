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
#define CODE_SIZE UINT64_C(0x2000)
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

struct outcome {
	struct x86_exit exit;
	struct x86_context context;
	uint64_t instructions;
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

/* Goes on behind whatever stopped the machine, as an owner does that ignores it. */
static void run(struct x86 *machine, struct outcome *outcome)
{
	uint64_t before = x86_instructions(machine);
	uint64_t left = BUDGET;

	memset(outcome, 0, sizeof *outcome);
	for (unsigned i = 0; i < STEPS && left > 0; i++) {
		uint64_t start = x86_instructions(machine), executed;
		outcome->exit = x86_run(machine, left);
		executed = x86_instructions(machine) - start;
		require(executed <= left);
		require(outcome->exit.reason != X86_STOP_BUDGET || executed == left);
		left -= executed;
		if (outcome->exit.reason == X86_STOP_FAULT || outcome->exit.reason == X86_STOP_HOOK)
			x86_set_ip(machine, CODE + (x86_ip(machine) + 1 - CODE) % CODE_SIZE);
		if (i % NESTED_EVERY == NESTED_EVERY - 1)
			run_nested(machine);
	}
	x86_save(machine, &outcome->context);
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
