#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "shellcode/payload.h"

enum { MOST = 64 };

/* A run, written down instruction by instruction. */
struct run {
	struct executed executed[MOST];
	const struct executed *order[MOST];
	size_t count;
};

static struct executed *add(struct run *run, uint32_t step, uint32_t written, uint8_t generation)
{
	struct executed *executed = &run->executed[run->count];

	*executed = (struct executed){ .step = step,
				       .shape = 1000 + run->count,
				       .written = { written, generation },
				       .effect = { .lasting = true } };
	run->order[run->count++] = executed;
	return executed;
}

static uint32_t first(const struct run *run)
{
	return payload_first(run->order, run->count);
}

static uint64_t shape(const struct run *run, uint32_t last_call)
{
	return payload_shape(run->order, run->count, last_call);
}

/* A decoder of five instructions whose loop writes what follows. */
static void decoder(struct run *run, uint8_t generation, uint32_t step)
{
	for (uint32_t i = 0; i < 5; i++)
		add(run, step + 2 * i, generation ? step - 50 + i : 0, generation);
}

static void plain_code_begins_at_its_beginning(void **state)
{
	struct run run = { .count = 0 };

	(void)state;
	decoder(&run, 0, 2);
	assert_int_equal(first(&run), 0);
	run.count = 0;
	assert_int_equal(first(&run), 0);
}

static void payload_begins_behind_its_decoder(void **state)
{
	struct run run = { .count = 0 };

	(void)state;
	decoder(&run, 0, 2);
	for (uint32_t i = 0; i < 6; i++)
		add(&run, 200 + 2 * i, 20 + 10 * i, 1);
	assert_int_equal(first(&run), 200);
}

static void the_end_of_the_loop_is_no_payload(void **state)
{
	struct run run = { .count = 0 };

	(void)state;
	decoder(&run, 0, 2);
	add(&run, 14, 9, 1); /* decoded in the first round */
	add(&run, 16, 9, 1);
	for (uint32_t i = 0; i < 6; i++)
		add(&run, 200 + 2 * i, 20 + 10 * i, 1);
	assert_int_equal(first(&run), 200);
}

static void the_last_layer_counts(void **state)
{
	struct run run = { .count = 0 };

	(void)state;
	decoder(&run, 0, 2);
	decoder(&run, 1, 100);
	decoder(&run, 2, 300);
	assert_int_equal(first(&run), 300);
}

static void patches_are_no_layer(void **state)
{
	struct run run = { .count = 0 };

	(void)state;
	decoder(&run, 0, 2);
	decoder(&run, 1, 100);
	add(&run, 120, 104, 2); /* three instructions that the payload patches */
	add(&run, 122, 104, 2);
	add(&run, 124, 104, 2);
	assert_int_equal(first(&run), 100);
}

static void what_goes_astray_writes_no_beginning(void **state)
{
	struct run run = { .count = 0 };

	(void)state;
	decoder(&run, 0, 2);
	decoder(&run, 1, 100);
	for (uint32_t i = 0; i < 3; i++)
		add(&run, 4000 + 2 * i, 3990, 1);
	assert_int_equal(first(&run), 100);
	add(&run, 5000, 0, 0)->zeros = true;
	for (uint32_t i = 0; i < 8; i++)
		add(&run, 6000 + 2 * i, 5500, 2);
	assert_int_equal(first(&run), 100);
}

static void shape_ends_with_the_last_call(void **state)
{
	struct run run = { .count = 0 };
	uint64_t before;

	(void)state;
	decoder(&run, 0, 2);
	before = shape(&run, 10);
	assert_int_equal(before, shape(&run, 0));
	add(&run, 12, 0, 0);
	assert_int_equal(before, shape(&run, 10));
	assert_int_not_equal(before, shape(&run, 0));
}

static void shape_leaves_out_what_nothing_depends_on(void **state)
{
	struct run run = { .count = 0 };
	struct executed *junk, *needed;
	uint64_t plain;

	(void)state;
	decoder(&run, 0, 2);
	plain = shape(&run, 0);
	run.count = 0;
	junk = add(&run, 2, 0, 0);
	junk->effect = (struct effect){ .reads = 1, .writes = 1, .touches = 1 };
	junk->shape = 77;
	decoder(&run, 0, 4);
	for (size_t i = 1; i < run.count; i++)
		run.executed[i].shape--;
	assert_int_equal(shape(&run, 0), plain);
	needed = &run.executed[3];
	needed->effect.reads = 1;
	assert_int_not_equal(shape(&run, 0), plain);
	junk->cleared = true; /* as it was at the beginning */
	assert_int_equal(shape(&run, 0), plain);
}

static void shape_says_repetitions_once(void **state)
{
	struct run once = { .count = 0 }, often = { .count = 0 };

	(void)state;
	for (uint32_t i = 0; i < 12; i++)
		add(&often, 2 + 2 * i, 0, 0)->shape = 500 + i % 3;
	for (uint32_t i = 0; i < 3; i++)
		add(&once, 2 + 2 * i, 0, 0)->shape = 500 + i % 3;
	assert_int_equal(shape(&once, 0), shape(&often, 0));
	add(&often, 100, 0, 0)->shape = 501;
	assert_int_not_equal(shape(&once, 0), shape(&often, 0));
}

static void shape_does_not_see_constants_or_slides(void **state)
{
	struct run one = { .count = 0 }, other = { .count = 0 };

	(void)state;
	add(&one, 2, 0, 0)->constant = true;
	decoder(&one, 0, 4);
	add(&other, 2, 0, 0)->slides = true;
	add(&other, 4, 0, 0)->constant = true;
	other.executed[1].shape = 9;
	decoder(&other, 0, 6);
	for (size_t i = 2; i < other.count; i++)
		other.executed[i].shape--;
	assert_int_equal(shape(&one, 0), shape(&other, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_code_begins_at_its_beginning),
		cmocka_unit_test(payload_begins_behind_its_decoder),
		cmocka_unit_test(the_end_of_the_loop_is_no_payload),
		cmocka_unit_test(the_last_layer_counts),
		cmocka_unit_test(patches_are_no_layer),
		cmocka_unit_test(what_goes_astray_writes_no_beginning),
		cmocka_unit_test(shape_ends_with_the_last_call),
		cmocka_unit_test(shape_leaves_out_what_nothing_depends_on),
		cmocka_unit_test(shape_says_repetitions_once),
		cmocka_unit_test(shape_does_not_see_constants_or_slides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
