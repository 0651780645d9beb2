#include "base/ring.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#define LINE 64 /* bytes of a cache line: what different threads write lies apart */

#define CAPACITY_MOST ((size_t)1 << 24)

struct cell {
	_Atomic size_t
		turn; /* number of the push that may write it; that plus one: it may be read */
	void *item;
};

struct ring {
	_Alignas(LINE) _Atomic size_t tail; /* number of the next push */
	struct cell *cells;
	size_t mask;
	_Alignas(LINE) _Atomic size_t head; /* number of the next pop */
};

struct ring *ring_new(size_t capacity)
{
	size_t size = 2;

	if (capacity > CAPACITY_MOST)
		return NULL;
	while (size < capacity)
		size *= 2;
	struct ring *ring = aligned_alloc(LINE, sizeof *ring);
	struct cell *cells = calloc(size, sizeof *cells);
	if (!ring || !cells) {
		free(ring);
		free(cells);
		return NULL;
	}
	ring->cells = cells;
	ring->mask = size - 1;
	for (size_t i = 0; i < size; i++)
		atomic_init(&cells[i].turn, i);
	atomic_init(&ring->tail, 0);
	atomic_init(&ring->head, 0);
	return ring;
}

void ring_free(struct ring *ring)
{
	if (!ring)
		return;
	free(ring->cells);
	free(ring);
}

/* The cell whose turn is `number + ahead`, for the caller alone; NULL when it is not there yet. The
 * acquire pairs with the release of whoever used the cell before. */
static struct cell *claim(struct ring *ring, _Atomic size_t *counter, size_t ahead, size_t *number)
{
	*number = atomic_load_explicit(counter, memory_order_relaxed);
	for (;;) {
		struct cell *cell = &ring->cells[*number & ring->mask];
		size_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire);
		intptr_t late = (intptr_t)(turn - (*number + ahead));
		if (late < 0)
			return NULL;
		if (late > 0) /* another thread was here: look where the counter is now */
			*number = atomic_load_explicit(counter, memory_order_relaxed);
		else if (atomic_compare_exchange_weak_explicit(counter, number, *number + 1,
							       memory_order_relaxed,
							       memory_order_relaxed))
			return cell;
	}
}

bool ring_push(struct ring *ring, void *item)
{
	size_t number;
	struct cell *cell = claim(ring, &ring->tail, 0, &number);

	if (!cell)
		return false;
	cell->item = item;
	atomic_store_explicit(&cell->turn, number + 1, memory_order_release);
	return true;
}

void *ring_pop(struct ring *ring)
{
	size_t number;
	struct cell *cell = claim(ring, &ring->head, 1, &number);

	if (!cell)
		return NULL;
	void *item = cell->item;
	/* the push that comes round to this cell */
	atomic_store_explicit(&cell->turn, number + ring->mask + 1, memory_order_release);
	return item;
}

void allowance_init(struct allowance *allowance, size_t items, size_t bytes)
{
	allowance->item_limit = items;
	allowance->byte_limit = bytes;
	atomic_init(&allowance->items, 0);
	atomic_init(&allowance->bytes, 0);
}

enum allowance_answer allowance_take(struct allowance *allowance, size_t bytes)
{
	size_t items = atomic_load_explicit(&allowance->items, memory_order_relaxed);

	do {
		if (items >= allowance->item_limit)
			return ALLOWANCE_ITEMS;
	} while (!atomic_compare_exchange_weak_explicit(
		&allowance->items, &items, items + 1, memory_order_acquire, memory_order_relaxed));
	size_t taken = atomic_load_explicit(&allowance->bytes, memory_order_relaxed);
	do {
		if (taken != 0 &&
		    (taken > allowance->byte_limit || bytes > allowance->byte_limit - taken)) {
			atomic_fetch_sub_explicit(&allowance->items, 1, memory_order_release);
			return ALLOWANCE_BYTES;
		}
	} while (!atomic_compare_exchange_weak_explicit(&allowance->bytes, &taken, taken + bytes,
							memory_order_acquire,
							memory_order_relaxed));
	return ALLOWANCE_GIVEN;
}

void allowance_grow(struct allowance *allowance, size_t bytes)
{
	atomic_fetch_add_explicit(&allowance->bytes, bytes, memory_order_relaxed);
}

void allowance_return(struct allowance *allowance, size_t bytes)
{
	atomic_fetch_sub_explicit(&allowance->bytes, bytes, memory_order_release);
	atomic_fetch_sub_explicit(&allowance->items, 1, memory_order_release);
}
