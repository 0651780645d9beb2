/* What the parts of the oracle share: its state, its generator of random numbers, and what each
 * part does for the others. */
#ifndef KENBI_TESTS_EXPLICIT_PARTS_H
#define KENBI_TESTS_EXPLICIT_PARTS_H

#include <math.h>

#include "explicit.h"
#include "valley_free.h"

/* xoshiro256++ (Blackman & Vigna 2021, DOI 10.1145/3460772), seeded by splitmix64: not what the
 * engine draws from, and quick. */
struct generator {
	uint64_t state[4];
};

static inline void seed_generator(struct generator *generator, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t mixed = seed += UINT64_C(0x9E3779B97F4A7C15);
		mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
		mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
		generator->state[i] = mixed ^ mixed >> 31;
	}
}

static inline uint64_t rotate(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

static inline uint64_t draw_word(struct generator *generator)
{
	uint64_t *s = generator->state, result = rotate(s[0] + s[3], 23) + s[0], t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

/* Uniform in (0, 1). */
static inline double draw_unit(struct generator *generator)
{
	return ((double)(draw_word(generator) >> 11) + 0.5) * 0x1p-53;
}

/* Uniform below `bound`, not above 2^32: a bias of 2^-32 at most. */
static inline uint32_t draw_below(struct generator *generator, uint64_t bound)
{
	return (uint32_t)((draw_word(generator) >> 32) * bound >> 32);
}

static inline double draw_exponential(struct generator *generator)
{
	return -log(draw_unit(generator));
}

enum state { EMPTY, HARMLESS, SUSCEPTIBLE, INFECTED };

/* What happens at a time: a host starts, scans, is cleaned, comes or goes; a message is opened. */
enum kind { STARTS, SCANS, OPENS, CLEANED, TOGGLES };

struct event {
	double time;
	enum kind kind;
	uint32_t way;
	uint32_t from, to; /* addresses */
};

struct agent {	       /* one way of scanning of one host */
	uint64_t walk; /* what it scans next: an address, a place, a state, a place on the list */
	uint64_t end;  /* hit list */
	uint32_t increment;
};

struct host {
	double infected_at, weight;
	bool scanning, cleaned, away, private, unreachable;
	double part; /* it takes part in remedies of a larger share */
};

struct oracle {
	const struct outbreak_world *world;
	const struct outbreak_worm *worm;
	const struct remedy_candidate *const *remedies;
	size_t remedy_count;
	struct outbreak_vector ways[OUTBREAK_VECTORS];
	uint32_t way_count;
	uint32_t addresses; /* of the world; the rest of the scanned space is empty */
	uint32_t *subnet;   /* of each address */
	uint64_t *base;	    /* of each subnet */
	uint8_t *state;	    /* of each address */
	struct host *hosts; /* of each address */
	struct agent *agents;
	uint32_t *vulnerable; /* addresses */
	uint32_t *list;	      /* addresses */
	uint32_t *permuted;   /* address of each place */
	double *subnet_part, *provider_part;
	struct valley_free_route *routes; /* of all pairs of providers; NULL without parents */
	struct event *events;		  /* a heap by time */
	size_t event_count, event_capacity;
	struct generator random;
	struct explicit_outcome *outcome;
};

static inline bool oracle_chance(struct oracle *oracle, double probability)
{
	return draw_unit(&oracle->random) < probability;
}

/* --- explicit_world.c --- */
bool oracle_make(struct oracle *oracle); /* false: no memory; unmake it all the same */
void oracle_unmake(struct oracle *oracle);
/* Who is where, and what each may be told apart by. */
void oracle_populate(struct oracle *oracle);
/* The permutation and the hit list, where the worm has them. */
void oracle_order(struct oracle *oracle);
void oracle_push(struct oracle *oracle, struct event event);
struct event oracle_pop(struct oracle *oracle); /* the next in time; there must be one */

/* --- explicit_remedy.c --- */
/* The place of the remedy that an address is at or behind takes part. */
bool oracle_takes_part(const struct oracle *oracle, const struct remedy_candidate *remedy,
		       uint32_t address);
/* What limits leave of the host's rate: a factor. */
double oracle_speed(const struct oracle *oracle, uint32_t address, double time);
/* Does this packet pass all filters that are in force? */
bool oracle_passes_filters(struct oracle *oracle, uint32_t from, uint32_t to, double time);
bool oracle_is_patched(const struct oracle *oracle, uint32_t address, double time);
/* When a host has done what takes it `gap` at full speed. */
double oracle_stretch(const struct oracle *oracle, uint32_t address, double time, double gap);
/* Of what the hosts of the provider send, the link carries so much; which, is chance. */
bool oracle_link_carries(struct oracle *oracle, uint32_t from, uint32_t to, double time);

#endif
