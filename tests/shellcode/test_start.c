#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "shellcode/start.h"

#define BYTES(text) ((struct bytes){ (const uint8_t *)(text), sizeof(text) - 1 })

static struct sweep *sweep_of(struct bytes bytes)
{
	struct sweep *sweep = sweep_new(X86_MODE_32);

	if (sweep)
		sweep_load(sweep, bytes);
	return sweep;
}

static bool contains(const struct start *starts, size_t count, size_t offset)
{
	for (size_t i = 0; i < count; i++)
		if (starts[i].offset == offset)
			return true;
	return false;
}

static void goes_back_through_straight_code(void **state)
{
	/* xor eax, eax; push eax; mov al, 11; int 80h */
	struct sweep *sweep = sweep_of(BYTES("\x31\xc0\x50\xb0\x0b\xcd\x80"));
	struct start starts[16];
	size_t count;

	(void)state;
	assert_non_null(sweep);
	count = start_find(sweep, 5, START_ASKS_NOTHING, starts, 16);
	assert_int_equal(starts[0].offset, 5);
	assert_true(contains(starts, count, 3));
	assert_true(contains(starts, count, 2));
	assert_true(contains(starts, count, 0));
	sweep_free(sweep);
}

static void goes_back_through_jumps(void **state)
{
	/* jmp to the call; pop esi; …; call back to the pop */
	struct sweep *sweep = sweep_of(BYTES("\xeb\x04\x5e\x90\x90\x90\xe8\xf7\xff\xff\xff"));
	struct start starts[16];
	size_t count;

	(void)state;
	assert_non_null(sweep);
	count = start_find(sweep, 6, START_ASKS_NOTHING, starts, 16);
	assert_true(contains(starts, count, 0));
	sweep_free(sweep);
}

static void stops_at_what_cannot_execute(void **state)
{
	/* hlt; int 80h: nothing passes the hlt */
	struct sweep *sweep = sweep_of(BYTES("\x90\xf4\xcd\x80"));
	struct start starts[16];

	(void)state;
	assert_non_null(sweep);
	assert_int_equal(start_find(sweep, 2, START_ASKS_NOTHING, starts, 16), 1);
	assert_int_equal(sweep_step(sweep, 1).length, 0);
	sweep_free(sweep);
}

/* Everything that reaches `seed` in one step of `from`, by decoding every offset. */
static bool leads_to(struct sweep *sweep, size_t from, size_t to)
{
	struct step step = sweep_step(sweep, from);

	if (step.length == 0 || step.traits & GLANCE_RARE)
		return false;
	if (step.flow != FLOW_JUMP && step.flow != FLOW_RETURN && step.flow != FLOW_INDIRECT &&
	    step.length <= 11 && from + step.length == to)
		return true;
	return (step.flow == FLOW_JUMP || step.flow == FLOW_BRANCH || step.flow == FLOW_CALL) &&
	       step.target != step.length && (int64_t)from + step.target == (int64_t)to;
}

/* Random bytes with jumps in them: what is found is closed, and nothing is found that does not
 * lead on. Prefixed jumps are not looked for. */
static void finds_all_that_leads_there(void **state)
{
	enum { LENGTH = 700, STARTS = 2000 };
	static struct start starts[STARTS];
	uint8_t data[LENGTH];
	struct random random;

	(void)state;
	random_init(&random, 61, 0);
	for (unsigned round = 0; round < 400; round++) {
		static const uint8_t jumps[] = { 0x74, 0xeb, 0xe2, 0xe8, 0xe9,
						 0x0f, 0x84, 0x00, 0xff };
		struct sweep *sweep;
		size_t count, seed = random_u32(&random) % LENGTH;
		bool found[LENGTH] = { false };
		for (size_t i = 0; i < LENGTH; i++) {
			uint32_t number = random_u32(&random);
			data[i] = number % 100 < round % 20 ? jumps[(number >> 8) % sizeof jumps]
							    : (uint8_t)(number >> 16);
		}
		sweep = sweep_of((struct bytes){ data, LENGTH });
		assert_non_null(sweep);
		count = start_find(sweep, seed, START_ASKS_NOTHING, starts, STARTS);
		for (size_t i = 0; i < count; i++) {
			assert_false(found[starts[i].offset]);
			found[starts[i].offset] = true;
		}
		for (size_t i = 1; i < count; i++) {
			bool leads = false;
			for (size_t j = 0; j < i && !leads; j++)
				leads = leads_to(sweep, starts[i].offset, starts[j].offset);
			assert_true(leads);
		}
		for (size_t from = 0; from < LENGTH; from++) {
			bool plain = data[from] == 0x0f || (data[from] & 0xf0) == 0x70 ||
				     (data[from] & 0xfc) == 0xe0 || data[from] == 0xe8 ||
				     data[from] == 0xe9 || data[from] == 0xeb;
			if (found[from] || from + START_WINDOW < seed ||
			    from + 6 >= seed + START_WINDOW)
				continue;
			for (size_t j = 0; j < count && plain; j++)
				assert_false(leads_to(sweep, from, starts[j].offset));
		}
		sweep_free(sweep);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_back_through_straight_code),
		cmocka_unit_test(goes_back_through_jumps),
		cmocka_unit_test(stops_at_what_cannot_execute),
		cmocka_unit_test(finds_all_that_leads_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
