/* range - from which addresses a scan is drawn: the whole space, the prefixes that the scanning
 * host lies in, its subnet, the live hosts of its subnet. */
#ifndef KENBI_OUTBREAK_RANGE_H
#define KENBI_OUTBREAK_RANGE_H

#include "outbreak/population.h"

enum range_kind { RANGE_WHOLE, RANGE_PREFIX, RANGE_SUBNET, RANGE_LIVE };

#define RANGE_MOST 5 /* of one way of scanning */

/* A part of a way's scans. */
struct range {
	enum range_kind kind;
	unsigned host_bits; /* RANGE_PREFIX: 24, 16, 8 */
	double share;	    /* of scans; > 0 */
};

/* The parts of a memoryless way of scanning; their shares add up to 1. Returns how many. */
unsigned range_list(const struct outbreak_vector *vector, struct range ranges[RANGE_MOST]);
/* How many addresses (RANGE_LIVE: hosts) a host draws from, and the first of them. Hosts that can
 * be infected are the first of the live ones. */
uint64_t range_size(const struct range *range, const struct population *population, uint32_t host);
uint64_t range_first(const struct range *range, const struct population *population, uint32_t host);

#endif
