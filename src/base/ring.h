/* A bounded queue of pointers between threads, without locks, and an allowance of items and bytes.
 *
 * The ring is Vyukov's bounded queue: every cell has a number that says whose turn it is, a writer
 * claims a cell by moving `tail`, a reader by moving `head`, and neither waits for the other: a
 * full ring refuses, an empty one gives nothing. Any number of threads may push and pop. What a
 * thread wrote before it pushed an item is seen by the thread that pops it (release, acquire on the
 * cell).
 *
 * The allowance bounds what is under way between the unit that makes items and the one that is done
 * with them, by number and by bytes, exactly: it is never exceeded, not even for a moment, but by
 * what items grow while they are out. */
#ifndef KENBI_BASE_RING_H
#define KENBI_BASE_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring;
/* For at least `capacity` items, rounded up to a power of two; at most 2^24. NULL: no memory. */
struct ring *ring_new(size_t capacity);
/* What is still in it is forgotten: empty it first. */
void ring_free(struct ring *ring);
/* False: full. `item` must not be NULL. */
bool ring_push(struct ring *ring, void *item);
/* The oldest item that is not claimed yet; NULL: empty, or the oldest is just being written. */
void *ring_pop(struct ring *ring);

enum allowance_answer {
	ALLOWANCE_GIVEN,
	ALLOWANCE_ITEMS, /* refused: as many items as there may be */
	ALLOWANCE_BYTES	 /* refused: their bytes would be too many */
};

struct allowance {
	size_t item_limit, byte_limit;
	_Atomic size_t items, bytes; /* taken now */
};

void allowance_init(struct allowance *allowance, size_t items, size_t bytes);
/* Takes one item of that size. An item larger than the limit is given when no other is out: it
 * could never be had otherwise. */
enum allowance_answer allowance_take(struct allowance *allowance, size_t bytes);
/* An item that is out turned out larger than was taken for it: from now on it counts so, also
 * beyond the limit; then nothing is given until enough has come back. */
void allowance_grow(struct allowance *allowance, size_t bytes);
/* Gives it back. What was written before is seen by whoever takes next. */
void allowance_return(struct allowance *allowance, size_t bytes);

#endif
