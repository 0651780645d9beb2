/* ring - things at fixed places on a circle: who is next to whom, while more are put between them.
 *
 * Neighbours are linked; a treap (Seidel & Aragon 1996, DOI 10.1007/BF01940876) over the places
 * finds where a new one belongs, in log n. Things are numbered 0 … capacity - 1. */
#ifndef KENBI_OUTBREAK_RING_H
#define KENBI_OUTBREAK_RING_H

#include "base/base.h"

struct ring {
	double *place;
	uint32_t *next, *previous; /* neighbours; one alone is its own */
	uint32_t *left, *right;	   /* treap; ordered by place, then number */
	uint32_t root;
};
#define RING_NOBODY UINT32_MAX

MUST_CHECK int ring_init(struct ring *ring, size_t capacity);
void ring_fini(struct ring *ring);
/* Puts `thing`, which is not there yet, at `place`. */
void ring_insert(struct ring *ring, uint32_t thing, double place);
/* The order in which things are counted from place 0: by place, then number. */
bool ring_before(const struct ring *ring, uint32_t a, uint32_t b);

#endif
