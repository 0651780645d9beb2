/* population - one replica's world: which hosts are there, which of them can be infected, who is
 * infected first.
 *
 * Individuals are the hosts that can be infected (live, vulnerable, not patched), numbered by
 * address, so that a subnet is a range of numbers. Live hosts that cannot be infected are only
 * counted. */
#ifndef KENBI_OUTBREAK_POPULATION_H
#define KENBI_OUTBREAK_POPULATION_H

#include "outbreak/outbreak.h"

#define POPULATION_MOST 400000000u /* individuals of one replica */

struct population {
	const struct outbreak_world *world; /* borrowed */
	uint64_t seed;
	uint32_t replica;
	uint64_t live;
	uint32_t count;
	uint64_t *live_in; /* of each subnet: live hosts; only where a way of scanning asks */
	uint32_t *first;   /* of subnet i: first[i] … first[i + 1] - 1 */
	uint32_t *subnet;  /* of each individual; only after population_name_subnets() */
	uint32_t *block;   /* of each 2^host_bits individuals: the subnet of the first */
	unsigned host_bits;
	bool named;
	uint64_t *base;	   /* first address of subnet i; base[subnet_count] is the end */
	uint64_t *address; /* of each individual, ascending; only after a draw with addresses */
	uint32_t *below; /* with addresses, of each block of 2^block_bits of them: hosts below it */
	unsigned block_bits;
	uint64_t *chosen; /* numbers of those infected first, ascending */
	uint32_t chosen_count;
	size_t capacity, block_capacity, address_capacity, below_capacity, chosen_capacity;
};

MUST_CHECK int population_init(struct population *population, const struct outbreak_world *world,
			       struct error *error);
void population_fini(struct population *population);
/* Draws replica `replica`; memory is used again. */
MUST_CHECK int population_draw(struct population *population, const struct outbreak_worm *worm,
			       uint64_t seed, uint32_t replica, struct error *error);
/* Fills in `subnet`, of what was drawn last. Outbreaks without remedies may need none of it: that
 * spares them 4 bytes for each individual. */
MUST_CHECK int population_name_subnets(struct population *population, struct error *error);
/* The subnet of an individual that was not named. */
uint32_t population_find_subnet(const struct population *population, uint32_t host);
/* After a draw with addresses of somebody: the first individual at or above an address, around at
 * the end. */
uint32_t population_host_from(const struct population *population, uint64_t address);

/* The subnet of an individual, named or not. */
static inline uint32_t population_subnet(const struct population *population, uint32_t host)
{
	return population->named ? population->subnet[host]
				 : population_find_subnet(population, host);
}
/* That of an individual will soon be asked for. */
static inline void population_foresee(const struct population *population, uint32_t host)
{
	if (population->named)
		__builtin_prefetch(&population->subnet[host]);
	else
		__builtin_prefetch(&population->block[host >> population->host_bits]);
}

#endif
