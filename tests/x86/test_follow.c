/* Following: what stops, what is written down, beside single steps. */
#include <stdlib.h>

#include "guest.h"

enum { RECORDS = 512, STEPS = 4000 };

/* mov ecx, 2; 1: mov eax, [DATA]; mov [DATA], eax; dec ecx; jnz 1b; int 0x80; nop */
#define LOOP "\xb9\x02\0\0\0\xa1\0\0\x50\0\xa3\0\0\x50\0\x49\x75\xf3\xcd\x80\x90"

static struct x86_record records[RECORDS];

static void stops_once_at_what_is_new(void **state)
{
	(void)state;
	static const uint8_t fresh[] = { 0, 5, 10, 15, 16 };
	struct x86 *machine = guest_new(X86_MODE_32);
	GUEST_LOAD(machine, LOOP);
	assert_int_equal(x86_run(machine, 4).reason,
			 X86_STOP_BUDGET); /* known before does not count */
	x86_set_ip(machine, CODE);
	assert_int_equal(x86_follow(machine, records, RECORDS), 0);
	for (unsigned i = 0; i < sizeof fresh; i++) {
		struct x86_exit end = x86_run(machine, 100);
		assert_int_equal(end.reason, X86_STOP_FOLLOW);
		assert_int_equal(end.address, CODE + fresh[i]);
		assert_int_equal(x86_ip(machine), CODE + fresh[i]);
	}
	/* the second time around nothing is, up to the system call */
	struct x86_exit end = x86_run(machine, 100);
	assert_int_equal(end.reason, X86_STOP_FOLLOW);
	assert_int_equal(end.address, CODE + 18);
	assert_int_equal(x86_followed(machine), 2);
	assert_int_equal(records[0].ip, CODE + 5);
	assert_int_equal(records[0].address, DATA);
	assert_int_equal(records[0].size, 4);
	assert_false(records[0].writes);
	assert_int_equal(records[1].ip, CODE + 10);
	assert_true(records[1].writes);
	assert_int_equal(records[1].time, records[0].time + 1);
	assert_int_equal(x86_run(machine, 1).reason, X86_STOP_INTERRUPT);
	/* system calls stop each time */
	x86_set_ip(machine, CODE + 16);
	x86_set_flags(machine, 2 | X86_FLAG_ZF);
	end = x86_run(machine, 100);
	assert_int_equal(end.reason, X86_STOP_FOLLOW);
	assert_int_equal(end.address, CODE + 18);
	assert_int_equal(x86_follow(machine, NULL, 0), 0);
	x86_set_ip(machine, CODE);
	assert_int_equal(x86_run(machine, 100).reason, X86_STOP_INTERRUPT);
	assert_int_equal(x86_follow(machine, records, X86_RECORDS_LEAST - 1), ERROR_INPUT);
	x86_free(machine);
}

static void one_stepped_over_unasked_is_still_new(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	GUEST_LOAD(machine, LOOP);
	assert_int_equal(x86_follow(machine, records, RECORDS), 0);
	assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET);
	x86_set_ip(machine, CODE + 16);
	x86_set_flags(machine, 2);
	assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET); /* mov eax, [DATA] */
	x86_set_ip(machine, CODE + 16);
	struct x86_exit end = x86_run(machine, 100);
	assert_int_equal(end.reason, X86_STOP_FOLLOW);
	assert_int_equal(end.address, CODE + 16);
	end = x86_run(machine, 100);
	assert_int_equal(end.reason, X86_STOP_FOLLOW);
	assert_int_equal(end.address, CODE + 5);
	x86_free(machine);
}

/* Loops over itself for ever, changes itself, pushes and pops, copies by strings:
 *   call 1f; 1: pop esi; mov edi, DATA; mov ecx, 300; 2: xor byte [esi+0x30], cl;
 *   add byte [esi+0x30], 0x41; lodsb; dec esi; stosb; pusha; popa; dec ecx; jnz 2b;
 *   mov ecx, 40; mov edi, DATA; push esi; rep movsb; pop esi; inc byte [esi+0x11]; jmp back
 *   (the immediate of add) */
#define CHANGES                                                                                    \
	"\xe8\0\0\0\0\x5e\xbf\0\0\x50\0\xb9\x2c\1\0\0\x30\x4e\x30\x80\x46\x30\x41\xac\x4e\xaa\x60" \
	"\x61\x49\x75\xf1\xb9\x28\0\0\0\xbf\0\0\x50\0\x56\xf3\xa4\x5e\xfe\x46\x11\xeb\xd4\x90\x90"

struct seen {
	uint64_t ip, address;
	unsigned size;
	bool writes;
};

/* What single steps access, by x86_accesses. */
static unsigned step_by_step(struct seen *seen, unsigned most)
{
	struct x86 *machine = guest_new(X86_MODE_32);
	unsigned count = 0;

	GUEST_LOAD(machine, CHANGES);
	for (unsigned i = 0; i < STEPS; i++) {
		struct x86_access accesses[X86_MOST_ACCESSES];
		int some = x86_accesses(machine, accesses);
		for (int k = 0; k < some; k++)
			for (int writes = 0; writes < 2; writes++)
				if ((writes ? accesses[k].writes : accesses[k].reads) &&
				    count < most)
					seen[count++] =
						(struct seen){ x86_ip(machine), accesses[k].address,
							       accesses[k].size, writes };
		assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET);
	}
	x86_free(machine);
	return count;
}

/* Sums over the accesses of each instruction, so that their order and partition within it do not
 * matter. */
static uint64_t digest_access(uint64_t digest, uint64_t ip, uint64_t address, unsigned size,
			      bool writes)
{
	for (unsigned i = 0; i < size; i++)
		digest += (ip * 31 + address + i) * (writes ? 0x9e3779b97f4a7c15u : 0x100000001b3u);
	return digest;
}

static void tells_what_single_steps_tell(void **state)
{
	enum { MOST = 16 * STEPS };
	struct seen *seen = calloc(MOST, sizeof *seen);
	struct x86 *machine = guest_new(X86_MODE_32);
	uint64_t expected = 0, got = 0, stops = 0, full = 0;
	unsigned count;

	(void)state;
	assert_non_null(seen);
	count = step_by_step(seen, MOST);
	assert_true(count > STEPS / 2 && count < MOST);
	for (unsigned i = 0; i < count; i++)
		expected = digest_access(expected, seen[i].ip, seen[i].address, seen[i].size,
					 seen[i].writes);
	GUEST_LOAD(machine, CHANGES);
	assert_int_equal(x86_follow(machine, records, RECORDS), 0);
	while (x86_instructions(machine) < STEPS) {
		struct x86_exit end = x86_run(machine, STEPS - x86_instructions(machine));
		assert_true(end.reason == X86_STOP_FOLLOW || end.reason == X86_STOP_BUDGET);
		stops++;
		full += x86_followed(machine) > RECORDS / 2;
		for (size_t i = 0; i < x86_followed(machine); i++)
			got = digest_access(got, records[i].ip, records[i].address, records[i].size,
					    records[i].writes);
	}
	assert_int_equal(got, expected);
	assert_true(full > 10);
	/* far fewer stops than steps */
	assert_true(stops > 20 && stops < STEPS / 20);
	x86_free(machine);
	free(seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stops_once_at_what_is_new),
		cmocka_unit_test(one_stepped_over_unasked_is_still_new),
		cmocka_unit_test(tells_what_single_steps_tell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
