/* ranks - a run that several copies of the program share (struct outbreak_ranks).
 *
 * Replica r belongs to rank r modulo their count. After each pass the slots of its replicas come
 * from the rank that has them, as whole numbers, so that every rank goes on from what one process
 * alone would know, and decides alike. Without ranks (NULL) nothing is to be done, and that is
 * quick. */
#ifndef KENBI_OUTBREAK_RANKS_H
#define KENBI_OUTBREAK_RANKS_H

#include "outbreak/outbreak.h"

static inline bool ranks_own(const struct outbreak_ranks *ranks, uint32_t replica)
{
	return !ranks || replica % ranks->count == ranks->rank;
}

/* Slots of replicas: cells[row * stride + replica]. */
struct ranks_rows {
	uint32_t *cells; /* borrowed */
	size_t rows, stride;
};
/* Slots of replicas first … end - 1 in all rows. */
MUST_CHECK int ranks_join_rows(const struct outbreak_ranks *ranks, const struct ranks_rows *rows,
			       uint32_t first, uint32_t end, struct error *error);
/* values[row * stride + replica], of all replicas: those of others are 0 before. The bits come as
 * they are. */
MUST_CHECK int ranks_join_values(const struct outbreak_ranks *ranks, double *values, size_t count,
				 struct error *error);
MUST_CHECK int ranks_sum(const struct outbreak_ranks *ranks, uint64_t *values, size_t count,
			 struct error *error);
MUST_CHECK int ranks_agree(const struct outbreak_ranks *ranks, int code, struct error *error);

#endif
