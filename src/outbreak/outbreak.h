/* outbreak - infection simulation: what an outbreak does in a world, and what each remedy changes.
 *
 * Hosts are individuals in subnets, subnets belong to providers. Only scans that hit matter: the
 * process is simulated exactly in distribution by thinning (Lewis & Shedler 1979,
 * DOI 10.1002/nav.3800260304) with counter-based random numbers, so that a seed and a replica
 * number fix the result bit for bit on any number of threads, and runs with and without a remedy
 * share their randomness. */
#ifndef KENBI_OUTBREAK_H
#define KENBI_OUTBREAK_H

#include "base/base.h"
#include "remedy/remedy.h"

enum outbreak_scan { OUTBREAK_RANDOM, OUTBREAK_SEQUENTIAL, OUTBREAK_LOCAL };

struct outbreak_worm {
	enum outbreak_scan scan;
	double rate;	    /* scans per second of one infected host */
	double local_share; /* OUTBREAK_LOCAL: chance that a scan stays in the own subnet, 0 … 1 */
	uint16_t port;
	uint32_t initially_infected;
	double latency; /* seconds from hit to the first own scan */
};

struct outbreak_subnet {
	const char *name;
	uint32_t provider;	 /* index */
	uint64_t addresses;	 /* size of the address block; > 0 */
	double live_share;	 /* chance that an address is a live host */
	double vulnerable_share; /* of live hosts */
	double patched_share;	 /* of vulnerable hosts, immune from the start */
};

struct outbreak_provider {
	const char *name;
};

struct outbreak_world {
	const char *name;
	struct arena *arena; /* owns names and arrays */
	const struct outbreak_provider *providers;
	size_t provider_count;
	const struct outbreak_subnet *subnets; /* in address order: sequential scans run along it */
	size_t subnet_count;
	uint64_t scanned_space; /* addresses that a random scan draws from; ≥ sum of addresses */
};
/* A YAML topology (data/topology/, schema in docs/topology.md); NULL: the default one. */
MUST_CHECK int outbreak_world_load(const char *path, struct outbreak_world *world,
				   struct error *error);
void outbreak_world_fini(struct outbreak_world *world);

struct outbreak_run {
	double duration; /* simulated seconds */
	uint32_t replicas;
	uint64_t seed;
	uint32_t curve_points; /* ≥ 2, evenly spaced from 0 to duration */
	unsigned threads;      /* 0: all cores; the result does not depend on it */
};
/* 24 h, 20 replicas, seed 1, 97 points. */
struct outbreak_run outbreak_default_run(void);

struct outbreak_band {
	double low, median, high; /* 5 %, 50 %, 95 % over replicas */
};

struct outbreak_forecast {
	const struct remedy_candidate *remedy; /* NULL: nothing is done */
	double hosts, vulnerable;	       /* mean over replicas */
	struct outbreak_band infected;	       /* at the end */
	struct outbreak_band saved;	       /* paired: same replica without minus with */
	struct outbreak_band *curve;	       /* curve_points entries */
	double *subnet_infected;	       /* mean at the end, one per subnet */
	double *subnet_vulnerable;
};

/* Results, ranked: forecasts[0] is without remedy, then by median saved, best first. */
struct outbreak_result {
	struct outbreak_forecast *forecasts;
	size_t count;
	uint32_t curve_points;
	size_t subnet_count;
};
typedef void outbreak_progress(void *context, size_t done, size_t total);
MUST_CHECK int outbreak_rank(const struct outbreak_world *world, const struct outbreak_worm *worm,
			     const struct outbreak_run *run,
			     const struct remedy_candidate *candidates, size_t candidate_count,
			     outbreak_progress *progress, void *context,
			     struct outbreak_result *result, struct error *error);
void outbreak_result_fini(struct outbreak_result *result);

#endif
