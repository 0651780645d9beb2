/* An outbreak of every way of scanning, in the small world: the rows of the tables of p-values. */
#ifndef KENBI_TESTS_OUTBREAKS_H
#define KENBI_TESTS_OUTBREAKS_H

#include "small_world.h"

static const struct outbreak_vector mail[] = { { .scan = OUTBREAK_MAIL,
						 .contacts = 1.5,
						 .contact_exponent = 2.2,
						 .contacts_most = 12,
						 .open_share = 0.8,
						 .reading = 5 } };
static const struct outbreak_vector shares[] = { { .scan = OUTBREAK_SHARES, .rate = 0.3 },
						 { .scan = OUTBREAK_RANDOM, .rate = 0.5 } };
static const struct outbreak {
	const char *name;
	struct outbreak_worm worm;
	double duration;
	bool combined; /* also with links that saturate and a remedy at once */
	bool drawn;    /* also by the engine that draws every scan: its code is another */
} outbreaks[] = {
	{ "random",
	  { .scan = OUTBREAK_RANDOM, .rate = 1, .initially_infected = 2 },
	  25,
	  true,
	  true },
	{ "local mixture",
	  { WAYS(mixture), .initially_infected = 2, .latency = 1 },
	  25,
	  true,
	  true },
	{ "sequential",
	  { .scan = OUTBREAK_SEQUENTIAL, .rate = 2, .initially_infected = 2, .random_start = 0.4 },
	  35 },
	{ "permutation",
	  { WAYS(permutation), .initially_infected = 2, .rate_spread = 0.2 },
	  20,
	  false,
	  true },
	/* No latency at which scans and starts of hosts would fall together: whether the one or
	 * the other comes first is nobody's to say, and matters to links. */
	{ "hit list", { WAYS(hit_list), .initially_infected = 2, .latency = 0.53 }, 15 },
	{ "flawed", { WAYS(flawed), .initially_infected = 2, .rate_spread = 0.2 }, 30 },
	{ "flawed pieces", { WAYS(pieces), .initially_infected = 2 }, 30 },
	{ "mail", { WAYS(mail), .initially_infected = 2, .latency = 1 }, 30 },
	{ "shares", { WAYS(shares), .initially_infected = 2 }, 20 },
	{ "several ways", { WAYS(several), .initially_infected = 1 }, 20, true, false },
	{ "uneven hosts",
	  { WAYS(mixture), .initially_infected = 2, .rate_spread = 0.8, .unreachable_share = 0.1,
	    .private_share = 0.2 },
	  35 },
	{ "come and go",
	  { .scan = OUTBREAK_RANDOM,
	    .rate = 1.5,
	    .initially_infected = 2,
	    .online = 10,
	    .offline = 5 },
	  35 },
};
#define OUTBREAKS (sizeof outbreaks / sizeof *outbreaks)

/* The worm's own fields are those of its first way. */
static inline struct outbreak_worm outbreaks_worm(const struct outbreak *outbreak)
{
	struct outbreak_worm worm = outbreak->worm;

	if (worm.vector_count > 0) {
		worm.scan = worm.vectors[0].scan;
		worm.rate = worm.vectors[0].rate;
	}
	return worm;
}

#endif
