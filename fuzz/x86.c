/* Random bytes as code, in both modes, under a budget: the machine must neither crash nor leak,
 * count exactly, and another machine must end the same. */
#include <stdlib.h>
#include <string.h>

#include "x86/x86.h"

enum { BUDGET = 20000, STEPS = 64 };

#define CODE  UINT64_C(0x00400000)
#define STACK UINT64_C(0x00800000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
			x86_set_ip(machine, CODE + (x86_ip(machine) + 1 - CODE) % 0x2000);
	}
	x86_save(machine, &outcome->context);
	outcome->instructions = x86_instructions(machine) - before;
}

/* Two runs from the same snapshot. */
static void session(enum x86_mode mode, const uint8_t *data, size_t size,
		    struct outcome outcomes[2])
{
	struct x86 *machine = x86_new(mode, 256 * 4096);
	size_t length = size < 0x2000 ? size : 0x2000;
	char text[128];

	require(machine != NULL);
	require(x86_map(machine, CODE, 0x2000, X86_READ | X86_WRITE | X86_EXECUTE) == 0);
	require(x86_map(machine, STACK - 0x8000, 0x10000, X86_READ | X86_WRITE) == 0);
	require(x86_write(machine, CODE + 0x2000 - length, data, length) == 0);
	require(x86_hook(machine, CODE + 0x1ff0, CODE + 0x1ff2) == 0);
	x86_set(machine, X86_SP, STACK);
	x86_set(machine, X86_SI, CODE + 0x1000);
	x86_set(machine, X86_DI, CODE + 0x1800);
	x86_set_ip(machine, CODE + 0x2000 - length);
	x86_watch_start(machine, CODE + 0x1000, CODE + 0x2000);
	require(x86_snapshot(machine) == 0);
	run(machine, &outcomes[0]);
	x86_rollback(machine);
	run(machine, &outcomes[1]);
	x86_disassemble(machine, x86_ip(machine), text, sizeof text);
	x86_commit(machine);
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
