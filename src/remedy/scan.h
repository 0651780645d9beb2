/* The inside of scan patterns: targets in the order in which they were tried, and what is fitted to
 * them. */
#ifndef KENBI_REMEDY_SCAN_H
#define KENBI_REMEDY_SCAN_H

#include "remedy/remedy.h"

#define SCAN_NEAR 64 /* targets looked back for a neighbour */

struct scan_target {
	uint32_t address;
	uint16_t port;
	bool udp;
	uint64_t time;
};

struct scan_targets {
	struct scan_target *items;
	size_t count;
};

/* --- scan_mixture.c: a preference for own prefixes --- */

/* Targets are drawn from the whole space with weight[0], from the own /8, /16, /24 with weight[1],
 * [2], [3]; each with its 95 % interval by the profile likelihood. */
struct scan_mixture {
	double weight[4], low[4], high[4];
	/* How much better than uniform choice alone: difference of BIC over 2, natural units. */
	double evidence;
};
void scan_fit_mixture(const struct scan_targets *targets, uint32_t own,
		      struct scan_mixture *mixture);
/* The address whose /16 holds the most targets, and how many those are. */
uint32_t scan_crowd(const struct scan_targets *targets, size_t *count);

/* --- scan_order.c: what the order tells --- */

struct scan_order {
	double sequential_share; /* of targets with a neighbour (± 1) among those just before */
	int step;		 /* +1, -1: which way; 0: neither more than the other */
	unsigned streams;	 /* counters that run side by side, at least */
	size_t attempts;	 /* targets, without immediate retries */
	double retries;		 /* attempts per target in a row, on the average */
	size_t repeats;		 /* attempts on what was tried before, not just before */
	double expected_repeats; /* of uniform choice from the space below */
	uint32_t space_prefix;	 /* smallest prefix that holds every target */
	unsigned space_bits;
	double list_size; /* of the list that is drawn from, estimated (Chao 1984) */
};
void scan_read_order(const struct scan_targets *targets, struct scan_order *order);

/* Successive addresses as states of x ← a·x + c mod 2³². */
struct scan_generator {
	uint32_t multiplier, increment;
	unsigned known_bits; /* of the multiplier, from below; the rest makes no difference here */
	bool swapped;	     /* the state's bytes in memory order of a little-endian machine */
	size_t steps;	     /* pairs of targets that follow it, of … */
	size_t pairs;	     /* … so many */
	unsigned cycle_bits; /* the state that was seen returns after 2^this steps */
};
bool scan_find_generator(const struct scan_targets *targets, struct scan_generator *generator);

/* --- scan_rate.c --- */

struct scan_rate {
	double rate, low, high; /* per second; low and high 0: no interval is known */
	const char *basis;
};
void scan_measure_rate(const struct trace_log *trace, const struct scan_targets *targets,
		       struct scan_rate *rate);

#endif
