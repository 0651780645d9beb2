#include "outbreak/range.h"

unsigned range_list(const struct outbreak_vector *vector, struct range ranges[RANGE_MOST])
{
	double rest = 1;
	unsigned count = 0;

	if (vector->scan == OUTBREAK_SHARES) {
		ranges[0] = (struct range){ .kind = RANGE_LIVE, .share = 1 };
		return 1;
	}
	if (vector->scan == OUTBREAK_LOCAL) {
		if (vector->local_share > 0)
			ranges[count++] = (struct range){ .kind = RANGE_SUBNET,
							  .share = vector->local_share };
		rest -= vector->local_share;
		for (unsigned i = 0; i < 3; i++) {
			if (vector->prefix_share[i] > 0)
				ranges[count++] =
					(struct range){ .kind = RANGE_PREFIX,
							.host_bits = 24 - 8 * i,
							.share = vector->prefix_share[i] };
			rest -= vector->prefix_share[i];
		}
	}
	if (rest > 1e-12)
		ranges[count++] = (struct range){ .kind = RANGE_WHOLE, .share = rest };
	return count;
}

uint64_t range_first(const struct range *range, const struct population *population, uint32_t host)
{
	switch (range->kind) {
	case RANGE_WHOLE: return 0;
	case RANGE_PREFIX: return population->address[host] >> range->host_bits << range->host_bits;
	case RANGE_SUBNET: return population->base[population->subnet[host]];
	case RANGE_LIVE: return population->first[population->subnet[host]];
	}
	return 0;
}

uint64_t range_size(const struct range *range, const struct population *population, uint32_t host)
{
	uint32_t subnet = population->subnet[host];
	uint64_t space = population->world->scanned_space;
	uint64_t prefix = UINT64_C(1) << range->host_bits;

	switch (range->kind) {
	case RANGE_WHOLE: return space;
	case RANGE_PREFIX: {
		uint64_t first = range_first(range, population, host);
		return first + prefix <= space ? prefix : space - first;
	}
	case RANGE_SUBNET: return population->world->subnets[subnet].addresses;
	case RANGE_LIVE: return population->live_in[subnet];
	}
	return space;
}
