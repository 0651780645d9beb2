/* What fetches from the FPU's environment: by hand, and against execution. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "shellcode/environment.h"
#include "x86/x86.h"

enum {
	CODE = 0x250000,
	STACK = 0x130000,
	ROOM = 0x10000,
	ADDRESS = 12, /* in the environment */
	SEQUENCES = 100000,
	LONGEST = 5,
	USES = 3 /* bytes of an instruction that uses memory, at the end */
};

static struct sweep *sweeps[2]; /* made once: they hold tables */

static enum environment_use use(enum x86_mode mode, struct bytes code)
{
	if (!sweeps[mode])
		sweeps[mode] = sweep_new(mode);
	assert_non_null(sweeps[mode]);
	sweep_load(sweeps[mode], code);
	return environment_use(sweeps[mode], mode, 0);
}

#define USE(text) use(X86_MODE_32, (struct bytes){ (const uint8_t *)(text), sizeof(text) - 1 })

static void knows_how_it_is_fetched(void **state)
{
	(void)state;
	/* fnstenv [esp - 12]; pop esi; xor [esi], al */
	assert_int_equal(USE("\xd9\x74\x24\xf4\x5e\x30\x06"), ENVIRONMENT_USED);
	/* fnstenv [ebp - 12]; the same: from the stack only if ebp points there */
	assert_int_equal(USE("\xd9\x75\xf4\x5e\x30\x06"), ENVIRONMENT_USED_FROM_STACK);
	/* mov esp, ebp in between; xchg eax, esp; leave; lea esp, [ebp - 12] */
	assert_int_equal(USE("\xd9\x75\xf4\x89\xec\x5e\x30\x06"), ENVIRONMENT_USED);
	assert_int_equal(USE("\xd9\x75\xf4\x94\x5e\x30\x06"), ENVIRONMENT_USED);
	assert_int_equal(USE("\xd9\x75\xf4\xc9\x5e\x30\x06"), ENVIRONMENT_USED);
	assert_int_equal(USE("\xd9\x75\xf4\x8d\x65\xf4\x5e\x30\x06"), ENVIRONMENT_USED);
	/* fnstenv [ebp - 40h]; mov ebx, [ebp - 34h]; … [ebp - 33h] is still a part, … [ebp - 30h]
	 * is not, nor is [ebp - 40h] */
	assert_int_equal(USE("\xd9\x75\xc0\x8b\x5d\xcc\x30\x03"), ENVIRONMENT_USED);
	assert_int_equal(USE("\xd9\x75\xc0\x8b\x5d\xcd\x30\x03"), ENVIRONMENT_USED);
	assert_int_equal(USE("\xd9\x75\xc0\x8b\x5d\xd0\x30\x03"), ENVIRONMENT_UNUSED);
	assert_int_equal(USE("\xd9\x75\xc0\x8b\x5d\xc0\x30\x03"), ENVIRONMENT_UNUSED);
	/* unless ebp was changed: add ebp, 12; inc ebp */
	assert_int_equal(USE("\xd9\x75\xc0\x83\xc5\x0c\x8b\x5d\xc0\x30\x03"), ENVIRONMENT_USED);
	assert_int_equal(USE("\xd9\x75\xc0\x45\x8b\x5d\xc0\x30\x03"), ENVIRONMENT_USED);
	/* through another register; with an index it may be anywhere */
	assert_int_equal(USE("\xd9\x75\xc0\x8b\x59\xcc\x30\x03"), ENVIRONMENT_UNUSED);
	assert_int_equal(USE("\xd9\x75\xc0\x8b\x5c\x0d\xc0\x30\x03"), ENVIRONMENT_USED);
	/* fnstenv [esi - 12]; lodsd; fnstenv [esi]; lodsd; but movsd; lodsd may reach it */
	assert_int_equal(USE("\xd9\x76\xf4\xad\x30\x03"), ENVIRONMENT_USED);
	assert_int_equal(USE("\xd9\x36\xad\x30\x03"), ENVIRONMENT_UNUSED);
	assert_int_equal(USE("\xd9\x36\xa5\xad\x30\x03"), ENVIRONMENT_USED);
	/* fetched, and nothing done with it */
	assert_int_equal(USE("\xd9\x74\x24\xf4\x5e\x40\xc2\x04\0"), ENVIRONMENT_USED);
	assert_int_equal(USE("\xd9\x74\x24\xf4\x40\xc3"), ENVIRONMENT_UNUSED);
}

/* --- against execution --- */

static uint64_t place_of(unsigned reg)
{
	return CODE + ROOM / 2 + reg * 0x400;
}

/* A machine whose registers point at places of their own in the code's memory, but for the stack's.
 */
static struct x86 *pointers(enum x86_mode mode)
{
	struct x86 *machine = x86_new(mode, 1 << 20);

	assert_non_null(machine);
	assert_int_equal(x86_map(machine, CODE, ROOM, X86_READ | X86_WRITE | X86_EXECUTE), 0);
	assert_int_equal(x86_map(machine, STACK, ROOM, X86_READ | X86_WRITE), 0);
	for (int reg = 0; reg < (mode == X86_MODE_64 ? 16 : 8); reg++)
		x86_set(machine, reg, place_of((unsigned)reg));
	x86_set(machine, X86_SP, STACK + ROOM / 2);
	x86_set_flags(machine, 0x202);
	return machine;
}

/* Integer instructions that go straight on and say where they load from; often near the
 * environment. */
static size_t random_instruction(struct random *random, enum x86_mode mode, const uint8_t *seed,
				 uint8_t *code)
{
	static const uint8_t loads[] = { 0x8b, 0x03, 0x33, 0x2b, 0x87, 0x3b, 0x01, 0x0b };

	for (;;) {
		uint8_t bytes[INSTRUCTION_MAX];
		struct step step;
		for (unsigned i = 0; i < sizeof bytes; i++)
			bytes[i] = (uint8_t)random_below(random, 256);
		if (random_below(random, 3) == 0) {
			bytes[0] = loads[random_below(random, sizeof loads)];
			bytes[1] = (uint8_t)(0x40 | (bytes[1] & 0x38) | (seed[1] & 7));
			bytes[2] = (uint8_t)(seed[2] + random_below(random, 24));
		}
		step = glance(mode, (struct bytes){ bytes, sizeof bytes });
		if (step.length == 0 || step.flow != FLOW_NEXT ||
		    step.traits & (GLANCE_ASKED | GLANCE_RARE | GLANCE_FPU) ||
		    glance_opcode(mode, (struct bytes){ bytes, step.length }) != 0 ||
		    bytes[0] == 0x0f || (bytes[0] & 0xf8) == 0xd8)
			continue;
		memcpy(code, bytes, step.length);
		return step.length;
	}
}

/* Registers behind the code when the environment holds `address`; false: it faults, or writes into
 * itself. */
static bool run(struct x86 *machine, const uint8_t *code, size_t length, size_t stores,
		uint64_t environment, uint32_t address, uint64_t *registers)
{
	uint8_t now[64];

	x86_rollback(machine);
	assert_int_equal(x86_write(machine, CODE + ROOM / 4, code, length), 0);
	x86_set_ip(machine, CODE + ROOM / 4);
	assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_ip(machine), CODE + ROOM / 4 + stores);
	assert_int_equal(x86_write(machine, environment + ADDRESS, &address, sizeof address), 0);
	for (unsigned steps = 0; steps < 2 * LONGEST && x86_ip(machine) - CODE - ROOM / 4 < length;
	     steps++)
		if (x86_run(machine, 1).reason != X86_STOP_BUDGET)
			return false;
	if (x86_ip(machine) != CODE + ROOM / 4 + length ||
	    x86_read(machine, CODE + ROOM / 4, now, length) < 0 || memcmp(now, code, length) != 0)
		return false;
	for (int reg = 0; reg < 16; reg++)
		registers[reg] = x86_get(machine, reg);
	return true;
}

/* Where what was fetched makes a difference, it must be said to be used: from the stack, if at all,
 * where nothing but the stack's own register pointed there. */
static void is_right_where_it_says_unused(void **state)
{
	struct random random;
	unsigned refused = 0, fetched = 0;

	(void)state;
	random_init(&random, 83, 0);
	for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64; mode++) {
		struct x86 *machine = pointers(mode);
		assert_int_equal(x86_snapshot(machine), 0);
		for (unsigned i = 0; i < SEQUENCES; i++) {
			/* fnstenv [r - some], …, and a store */
			static const uint8_t bases[] = { 0, 1, 2, 3, 5, 6, 7 };
			unsigned base = bases[random_below(&random, sizeof bases)];
			uint8_t code[64] = { 0xd9, (uint8_t)(0x70 | base),
					     (uint8_t)random_below(&random, 256) };
			uint64_t one[16], other[16], at;
			unsigned count = 1 + random_below(&random, LONGEST);
			size_t length = 3;
			enum environment_use said;
			at = place_of(base) + (uint64_t)(int64_t)(int8_t)code[2];
			while (count-- > 0)
				length += random_instruction(&random, mode, code, code + length);
			memcpy(code + length, "\x30\x03\xc3", USES);
			said = use(mode, (struct bytes){ code, length + USES });
			refused += said == ENVIRONMENT_UNUSED;
			if (!run(machine, code, length, 3, at, 0x11223344, one) ||
			    !run(machine, code, length, 3, at, 0x55667788, other))
				continue;
			if (memcmp(one, other, sizeof one) == 0)
				continue;
			fetched++;
			if (said != ENVIRONMENT_USED) {
				for (size_t k = 0; k < length; k++)
					print_message("%02x ", code[k]);
				fail_msg("is used, but said to be %d", (int)said);
			}
		}
		x86_free(machine);
	}
	assert_true(refused > SEQUENCES / 4 && fetched > SEQUENCES / 20);
}

static int free_sweeps(void **state)
{
	(void)state;
	for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64; mode++)
		sweep_free(sweeps[mode]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_how_it_is_fetched),
		cmocka_unit_test(is_right_where_it_says_unused),
	};
	return cmocka_run_group_tests(tests, NULL, free_sweeps);
}
