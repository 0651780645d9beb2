#include "outbreak/outbreak.h"

const char *outbreak_scan_name(enum outbreak_scan scan)
{
	switch (scan) {
	case OUTBREAK_RANDOM: return "random";
	case OUTBREAK_SEQUENTIAL: return "sequential";
	case OUTBREAK_LOCAL: return "local";
	case OUTBREAK_PERMUTATION: return "permutation";
	case OUTBREAK_HIT_LIST: return "hit-list";
	case OUTBREAK_FLAWED: return "flawed";
	case OUTBREAK_MAIL: return "mail";
	case OUTBREAK_SHARES: return "shares";
	}
	return "unknown";
}

size_t outbreak_worm_vectors(const struct outbreak_worm *worm,
			     struct outbreak_vector vectors[OUTBREAK_VECTORS])
{
	if (worm->vector_count == 0) {
		vectors[0] = (struct outbreak_vector){ .scan = worm->scan,
						       .rate = worm->rate,
						       .local_share = worm->local_share,
						       .random_start = worm->random_start };
		return 1;
	}
	for (size_t i = 0; i < worm->vector_count; i++)
		vectors[i] = worm->vectors[i];
	return worm->vector_count;
}
