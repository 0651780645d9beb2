#include "outbreak/ring.h"

#include <stdlib.h>

int ring_init(struct ring *ring, size_t capacity)
{
	size_t n = capacity ? capacity : 1;

	*ring = (struct ring){ .root = RING_NOBODY };
	ring->place = malloc(n * sizeof *ring->place);
	ring->next = malloc(n * sizeof *ring->next);
	ring->previous = malloc(n * sizeof *ring->previous);
	ring->left = malloc(n * sizeof *ring->left);
	ring->right = malloc(n * sizeof *ring->right);
	if (ring->place && ring->next && ring->previous && ring->left && ring->right)
		return 0;
	ring_fini(ring);
	return ERROR_MEMORY;
}

void ring_fini(struct ring *ring)
{
	free(ring->place);
	free(ring->next);
	free(ring->previous);
	free(ring->left);
	free(ring->right);
	*ring = (struct ring){ .root = RING_NOBODY };
}

/* A fixed scattered priority of each thing: Knuth's multiplicative hash, mixed. */
static uint32_t priority(uint32_t thing)
{
	uint64_t mixed = (thing + 1) * UINT64_C(0x9E3779B97F4A7C15);
	return (uint32_t)((mixed ^ mixed >> 29) * UINT64_C(0xBF58476D1CE4E5B9) >> 32);
}

bool ring_before(const struct ring *ring, uint32_t a, uint32_t b)
{
	return ring->place[a] < ring->place[b] || (ring->place[a] == ring->place[b] && a < b);
}

/* Splits the tree below `node` into what comes before `thing` and what comes after. */
static void split(struct ring *ring, uint32_t node, uint32_t thing, uint32_t *less, uint32_t *more)
{
	while (node != RING_NOBODY) {
		if (ring_before(ring, node, thing)) {
			*less = node;
			less = &ring->right[node];
			node = *less;
		} else {
			*more = node;
			more = &ring->left[node];
			node = *more;
		}
	}
	*less = *more = RING_NOBODY;
}

static void link_between(struct ring *ring, uint32_t thing, uint32_t previous, uint32_t next)
{
	ring->previous[thing] = previous;
	ring->next[thing] = next;
	ring->next[previous] = thing;
	ring->previous[next] = thing;
}

/* The last thing before `thing`, or RING_NOBODY. */
static uint32_t find_previous(const struct ring *ring, uint32_t thing)
{
	uint32_t found = RING_NOBODY;

	for (uint32_t node = ring->root; node != RING_NOBODY;) {
		bool less = ring_before(ring, node, thing);
		if (less)
			found = node;
		node = less ? ring->right[node] : ring->left[node];
	}
	return found;
}

void ring_insert(struct ring *ring, uint32_t thing, double place)
{
	ring->place[thing] = place;
	if (ring->root == RING_NOBODY) {
		link_between(ring, thing, thing, thing);
	} else {
		uint32_t previous = find_previous(ring, thing);
		if (previous ==
		    RING_NOBODY) { /* the first: behind it, around the circle, is the last */
			previous = ring->root;
			while (ring->right[previous] != RING_NOBODY)
				previous = ring->right[previous];
		}
		link_between(ring, thing, previous, ring->next[previous]);
	}
	uint32_t *spot = &ring->root;
	while (*spot != RING_NOBODY && priority(*spot) >= priority(thing))
		spot = ring_before(ring, *spot, thing) ? &ring->right[*spot] : &ring->left[*spot];
	uint32_t below = *spot;
	*spot = thing;
	split(ring, below, thing, &ring->left[thing], &ring->right[thing]);
}
