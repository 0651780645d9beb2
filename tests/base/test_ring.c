/* The queue between threads: order, bounds, and that nothing is lost, doubled or seen half-written
 * under contention. Also built with ThreadSanitizer
 * (tests/base/meson.build). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/ring.h"

static void order_and_bound(void **state)
{
	(void)state;
	struct ring *ring = ring_new(5);
	int items[8], turn = 0;
	assert_non_null(ring);
	assert_null(ring_pop(ring));
	/* the cells are used many times over */
	for (int round = 0; round < 1000; round++) {
		for (int i = 0; i < 8; i++)
			assert_true(ring_push(ring, &items[i]));
		assert_false(ring_push(ring, &turn));
		for (int i = 0; i < 8; i++)
			assert_ptr_equal(ring_pop(ring), &items[i]);
		assert_null(ring_pop(ring));
	}
	ring_free(ring);
	ring_free(NULL);
	assert_null(ring_new(SIZE_MAX));
}

enum { WRITERS = 3, READERS = 3, EACH = 20000 };

struct note {
	unsigned writer, number, check; /* plain: only the ring makes them visible */
};

struct shared {
	struct ring *ring;
	struct allowance allowance;
	_Atomic unsigned left;
	_Atomic unsigned refused;
	_Atomic size_t most_items, most_bytes;
	_Atomic unsigned char seen[WRITERS][EACH];
};

struct worker {
	struct shared *shared;
	unsigned number;
	pthread_t thread;
};

static size_t size_of(unsigned number)
{
	return 1 + number % 97;
}

static void note_most(_Atomic size_t *most, size_t value)
{
	size_t old = atomic_load(most);

	while (old < value && !atomic_compare_exchange_weak(most, &old, value))
		;
}

static void *write_notes(void *context)
{
	struct worker *worker = context;
	struct shared *shared = worker->shared;

	for (unsigned i = 0; i < EACH; i++) {
		while (allowance_take(&shared->allowance, size_of(i)) != ALLOWANCE_GIVEN) {
			atomic_fetch_add(&shared->refused, 1);
			sched_yield();
		}
		note_most(&shared->most_items, atomic_load(&shared->allowance.items));
		note_most(&shared->most_bytes, atomic_load(&shared->allowance.bytes));
		struct note *note = malloc(sizeof *note);
		*note = (struct note){ worker->number, i, worker->number ^ i ^ 0x5aa5 };
		/* never full: the allowance is no larger than the ring */
		if (!ring_push(shared->ring, note))
			abort();
	}
	return NULL;
}

static void *read_notes(void *context)
{
	struct worker *worker = context;
	struct shared *shared = worker->shared;
	unsigned last[WRITERS] = { 0 };

	while (atomic_load(&shared->left)) {
		struct note *note = ring_pop(shared->ring);
		if (!note) {
			sched_yield();
			continue;
		}
		if (note->check != (note->writer ^ note->number ^ 0x5aa5) ||
		    note->number + 1 <= last[note->writer]) /* one writer's come in order */
			abort();
		last[note->writer] = note->number + 1;
		atomic_fetch_add(&shared->seen[note->writer][note->number], 1);
		allowance_return(&shared->allowance, size_of(note->number));
		free(note);
		atomic_fetch_sub(&shared->left, 1);
	}
	return NULL;
}

static void nothing_is_lost_or_doubled(void **state)
{
	(void)state;
	static struct shared shared;
	struct worker workers[WRITERS + READERS];
	shared.ring = ring_new(64);
	assert_non_null(shared.ring);
	allowance_init(&shared.allowance, 64, 1000);
	atomic_store(&shared.left, WRITERS * EACH);
	for (unsigned i = 0; i < WRITERS + READERS; i++) {
		workers[i] = (struct worker){ &shared, i, 0 };
		assert_int_equal(pthread_create(&workers[i].thread, NULL,
						i < WRITERS ? write_notes : read_notes,
						&workers[i]),
				 0);
	}
	for (unsigned i = 0; i < WRITERS + READERS; i++)
		pthread_join(workers[i].thread, NULL);
	for (unsigned writer = 0; writer < WRITERS; writer++)
		for (unsigned i = 0; i < EACH; i++)
			assert_int_equal(shared.seen[writer][i], 1);
	assert_true(shared.most_items <= 64);
	assert_true(shared.most_bytes <= 1000);
	assert_true(shared.most_bytes > 0);
	assert_int_equal(shared.allowance.items, 0);
	assert_int_equal(shared.allowance.bytes, 0);
	assert_null(ring_pop(shared.ring));
	ring_free(shared.ring);
}

static void allowance_says_why(void **state)
{
	(void)state;
	struct allowance allowance;
	allowance_init(&allowance, 3, 100);
	assert_int_equal(allowance_take(&allowance, 60), ALLOWANCE_GIVEN);
	assert_int_equal(allowance_take(&allowance, 41), ALLOWANCE_BYTES);
	assert_int_equal(allowance_take(&allowance, 40), ALLOWANCE_GIVEN);
	assert_int_equal(allowance_take(&allowance, 0), ALLOWANCE_GIVEN);
	assert_int_equal(allowance_take(&allowance, 0), ALLOWANCE_ITEMS);
	allowance_return(&allowance, 60);
	assert_int_equal(allowance_take(&allowance, 61), ALLOWANCE_BYTES);
	allowance_return(&allowance, 40);
	allowance_return(&allowance, 0);
	/* too large for the limit, but alone */
	assert_int_equal(allowance_take(&allowance, 500), ALLOWANCE_GIVEN);
	assert_int_equal(allowance_take(&allowance, 1), ALLOWANCE_BYTES);
	assert_int_equal(allowance_take(&allowance, SIZE_MAX), ALLOWANCE_BYTES);
	allowance_return(&allowance, 500);
	assert_int_equal(allowance_take(&allowance, 1), ALLOWANCE_GIVEN);
}

static void what_grows_keeps_others_out(void **state)
{
	(void)state;
	struct allowance allowance;

	allowance_init(&allowance, 10, 100);
	assert_int_equal(allowance_take(&allowance, 40), ALLOWANCE_GIVEN);
	allowance_grow(&allowance, 80);
	assert_int_equal(allowance_take(&allowance, 1), ALLOWANCE_BYTES);
	allowance_return(&allowance, 120);
	assert_int_equal(allowance_take(&allowance, 100), ALLOWANCE_GIVEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_and_bound),
		cmocka_unit_test(allowance_says_why),
		cmocka_unit_test(what_grows_keeps_others_out),
		cmocka_unit_test(nothing_is_lost_or_doubled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
