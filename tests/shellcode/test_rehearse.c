/* What a rehearsal tells is what a run does: it faults at the same instruction, and had not
 * executed what it wrote. The oracle is the machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "shellcode/probe.h"
#include "shellcode/rehearse.h"

enum { PIECE = 1 << 14, TAIL = 512, ALLOWED = 1000000 };

static struct probe *probes[2];

static int open_probes(void **state)
{
	struct error error;

	(void)state;
	for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64; mode++)
		if (probe_new(mode, PIECE, &probes[mode], &error) < 0)
			return -1;
	return 0;
}

static int close_probes(void **state)
{
	(void)state;
	probe_free(probes[0]);
	probe_free(probes[1]);
	return 0;
}

struct tally {
	unsigned tried, failed, decoded;
};

static void compare(enum x86_mode mode, struct bytes piece, size_t at, enum convention convention,
		    struct tally *tally)
{
	struct world *world = probe_world(probes[mode]);
	uint64_t entry = world_code(world) + at, spent = 0;
	struct rehearsal rehearsal = rehearse(world, piece, at, convention);
	enum patience patience = at % 3 ? PATIENCE_NORMAL : PATIENCE_LONG;
	struct promise promise;

	tally->tried++;
	assert_true(rehearsal.cost > 0);
	if (rehearsal.end == REHEARSAL_OPEN)
		return;
	promise = probe_run(probes[mode], at, convention, at % 3 ? PATIENCE_NORMAL : PATIENCE_LONG,
			    ALLOWED, &spent);
	assert_int_equal(promise.worlds, 0);
	assert_false(promise.payload);
	if (patience != PATIENCE_LONG) /* for which no code is watched */
		assert_true(!promise.decodes || rehearsal.end == REHEARSAL_DECODES);
	assert_int_equal(x86_ip(world_machine(world)) - entry, rehearsal.at);
	tally->failed++;
	tally->decoded += rehearsal.end == REHEARSAL_DECODES;
}

/* Pieces of random characters, from every offset. */
static struct tally compare_many(enum x86_mode mode, unsigned pieces,
				 uint8_t (*character)(struct random *random))
{
	struct random random;
	struct tally tally = { 0 };
	struct error error;
	static uint8_t data[PIECE];

	random_init(&random, 31, mode);
	for (unsigned i = 0; i < pieces; i++) {
		for (size_t j = 0; j < PIECE; j++)
			data[j] = character(&random);
		assert_int_equal(probe_load(probes[mode], (struct bytes){ data, PIECE }, &error),
				 0);
		for (size_t at = 0; at < PIECE - TAIL; at++)
			compare(mode, (struct bytes){ data, PIECE }, at,
				at % 8 ? CONVENTION_POINTERS : CONVENTION_ZERO, &tally);
	}
	return tally;
}

static uint8_t a_letter(struct random *random)
{
	return (uint8_t) "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			 "0123456789+/"[random_below(random, 64)];
}

static uint8_t a_printable(struct random *random)
{
	return (uint8_t)(0x20 + random_below(random, 0x5f));
}

static uint8_t any_byte(struct random *random)
{
	return (uint8_t)random_u32(random);
}

/* What writes a lot: xor of memory, and little that ends it. */
static uint8_t a_change(struct random *random)
{
	return (uint8_t) "0123AAHQRXIJGCKBPSVWY@tu"[random_below(random, 24)];
}

static void runs_fail_where_rehearsals_do(void **state)
{
	(void)state;
	for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64; mode++) {
		struct tally letters = compare_many(mode, 6, a_letter);
		struct tally printable = compare_many(mode, 6, a_printable);
		struct tally any = compare_many(mode, 6, any_byte);
		struct tally changes = compare_many(mode, 6, a_change);
		assert_true(letters.failed > letters.tried / 2);
		assert_true(printable.failed > printable.tried / 4);
		assert_true(any.failed > 0);
		assert_true(changes.decoded > 10);
	}
}

/* Nothing is certain of code that executes what it wrote. */
static void what_changes_itself_is_left_open(void **state)
{
	static uint8_t piece[PIECE];
	struct bytes code = { piece, PIECE };
	struct error error;

	(void)state;
	for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64; mode++) {
		struct world *world = probe_world(probes[mode]);
		memset(piece, 'P', PIECE);  /* push eax */
		memcpy(piece, "jAX0A0", 6); /* push 41h; pop eax; xor [ecx + 30h], al */
		assert_int_equal(probe_load(probes[mode], code, &error), 0);
		assert_int_equal(rehearse(world, code, 0, CONVENTION_POINTERS).end, REHEARSAL_OPEN);
		memcpy(piece + 8, "3AA0A0", 6); /* xor eax, [ecx + 41h]: no address any more */
		memcpy(piece + 14, "0@0", 3);	/* xor [eax + 30h], al */
		assert_int_equal(rehearse(world, code, 0, CONVENTION_POINTERS).end,
				 REHEARSAL_FAILS);
	}
}

/* A code that has read the PEB and then faults promises something. */
static void what_looks_for_libraries_is_left_open(void **state)
{
	/* push 30h; pop eax; push 0; pop ecx; xor ecx, fs:[eax]; xor edx, [ecx + 12]; insb */
	static const uint8_t narrow[] = { 0x6a, 0x30, 0x58, 0x6a, 0,	0x59, 0x64,
					  0x33, 0x08, 0x33, 0x51, 0x0c, 0x6c };
	/* push 60h; pop rax; push 0; pop rcx; xor rcx, gs:[rax]; xor edx, [rcx + 24]; insb */
	static const uint8_t wide[] = { 0x6a, 0x60, 0x58, 0x6a, 0,    0x59, 0x65,
					0x48, 0x33, 0x08, 0x33, 0x51, 0x18, 0x6c };
	static uint8_t piece[PIECE];
	struct bytes code = { piece, PIECE };

	(void)state;
	for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64; mode++) {
		struct world *world = probe_world(probes[mode]);
		const uint8_t *from = mode == X86_MODE_64 ? wide : narrow;
		size_t length = mode == X86_MODE_64 ? sizeof wide : sizeof narrow;
		struct promise promise;
		struct error error;
		uint64_t spent = 0;
		memcpy(piece, from, length);
		assert_int_equal(probe_load(probes[mode], code, &error), 0);
		assert_int_equal(rehearse(world, code, 0, CONVENTION_POINTERS).end, REHEARSAL_OPEN);
		promise = probe_run(probes[mode], 0, CONVENTION_POINTERS, PATIENCE_LONG, ALLOWED,
				    &spent);
		assert_int_not_equal(promise.worlds, 0);
		piece[length - 2] =
			0x7f; /* behind what is watched: certain to fail, and worthless */
		assert_int_equal(rehearse(world, code, 0, CONVENTION_POINTERS).end,
				 REHEARSAL_FAILS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_fail_where_rehearsals_do),
		cmocka_unit_test(what_changes_itself_is_left_open),
		cmocka_unit_test(what_looks_for_libraries_is_left_open),
	};

	return cmocka_run_group_tests(tests, open_probes, close_probes);
}
