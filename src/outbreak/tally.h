/* tally - what is kept of each run, and the forecasts that are made from it.
 *
 * Every run has its own slots, and what is summed is whole numbers: the result is the same in
 * whatever order, and on however many threads, runs are told. */
#ifndef KENBI_OUTBREAK_TALLY_H
#define KENBI_OUTBREAK_TALLY_H

#include "outbreak/history.h"
#include "outbreak/population.h"

struct tally {
	const struct outbreak_run *run; /* borrowed */
	size_t forecasts, subnets;
	uint32_t *told;		     /* of each forecast: the first so many replicas are known */
	uint32_t *curve;	     /* [forecast][point][replica]: infected until then */
	uint64_t *subnet_infected;   /* [forecast][subnet]: sum over replicas */
	uint64_t *subnet_vulnerable; /* [subnet] */
	uint64_t live, vulnerable;
};

MUST_CHECK int tally_init(struct tally *tally, const struct outbreak_run *run, size_t forecasts,
			  size_t subnets, struct error *error);
void tally_fini(struct tally *tally);
/* Slots of this run only: runs may be told at the same time … */
void tally_curve(struct tally *tally, size_t forecast, uint32_t replica,
		 const struct history *history);
/* … and sums: callers see to it that only one adds at a time. */
void tally_subnets(struct tally *tally, size_t forecast, const struct population *population,
		   const struct history *history);
void tally_population(struct tally *tally, const struct population *population);
/* On several ranks (run->ranks): replicas first … end - 1 of a forecast, from the rank that
 * simulated each … */
MUST_CHECK int tally_join(struct tally *tally, size_t forecast, uint32_t first, uint32_t end,
			  struct error *error);
/* … and, once when all replicas are told, the sums. */
MUST_CHECK int tally_join_sums(struct tally *tally, struct error *error);
/* At the end, in replica number `replica`. */
uint32_t tally_end(const struct tally *tally, size_t forecast, uint32_t replica);
/* Forecasts in the order of `candidates` (NULL: of none), behind the one without. */
MUST_CHECK int tally_result(const struct tally *tally, const struct remedy_candidate *candidates,
			    struct outbreak_result *result, struct error *error);

#endif
