/* reach - whom sequential walks can still infect, in the order in which they come to them.
 *
 * Filters that let nothing through part subnets into classes, such that walks from a subnet reach
 * those of its class and no others. Along each class, around the end of the addresses, hosts that
 * nobody can infect any more are jumped over: disjoint sets that end in one who can be, with path
 * halving (Tarjan & van Leeuwen 1984, DOI 10.1145/62.2160). */
#ifndef KENBI_OUTBREAK_REACH_H
#define KENBI_OUTBREAK_REACH_H

#include "outbreak/effect.h"

#define REACH_NOBODY UINT32_MAX

struct reach {
	const struct population *population; /* borrowed */
	uint32_t *class_of;		     /* of each subnet */
	uint32_t *next;	   /* of each subnet: the next of its class in which there is anybody */
	uint32_t *left;	   /* of each class: who can still be infected */
	uint32_t *open;	   /* of each host: itself, or one further along its class */
	uint32_t *numbers; /* while classes are numbered: a hash table of 2^bits … */
	uint64_t *keys;
	unsigned bits;
	size_t subnets, capacity;
};

void reach_init(struct reach *reach, const struct population *population);
void reach_fini(struct reach *reach);
/* Everybody can be infected but whom the remedy and those besides it make immune; NULL: there is
 * none. Filters among them must let nothing through. */
MUST_CHECK int reach_reset(struct reach *reach, const struct effect *effect, struct error *error);
/* The host is infected. */
void reach_close(struct reach *reach, uint32_t host);
/* Whom a walk from `walker` comes to first, from an address on; REACH_NOBODY: nobody is left. */
uint32_t reach_from(struct reach *reach, uint32_t walker, uint64_t address);
/* The same from the place behind a host of the walker's class. */
uint32_t reach_behind(struct reach *reach, uint32_t host);

#endif
