#include "outbreak/ranks.h"

#include <string.h>

#define BATCH ((size_t)4096) /* values that are summed at once */

int ranks_sum(const struct outbreak_ranks *ranks, uint64_t *values, size_t count,
	      struct error *error)
{
	int result = 0;

	for (size_t at = 0; ranks && result == 0 && at < count; at += BATCH)
		result = ranks->sum(ranks->context, values + at,
				    count - at < BATCH ? count - at : BATCH, error);
	return result;
}

int ranks_agree(const struct outbreak_ranks *ranks, int code, struct error *error)
{
	return ranks ? ranks->agree(ranks->context, code, error) : code;
}

/* Slots are numbered row by row, each from `first`. */
static uint32_t *slot(const struct ranks_rows *rows, size_t number, uint32_t first, uint32_t width)
{
	return &rows->cells[number / width * rows->stride + first + number % width];
}

/* A rank adds 0 for what is not its own, whatever it remembers from passes before. */
int ranks_join_rows(const struct outbreak_ranks *ranks, const struct ranks_rows *rows,
		    uint32_t first, uint32_t end, struct error *error)
{
	uint64_t batch[BATCH];
	uint32_t width = end - first;
	size_t count = rows->rows * width;
	int result = 0;

	for (size_t at = 0; ranks && result == 0 && at < count; at += BATCH) {
		size_t size = count - at < BATCH ? count - at : BATCH;
		for (size_t i = 0; i < size; i++)
			batch[i] = ranks_own(ranks, first + (uint32_t)((at + i) % width))
					   ? *slot(rows, at + i, first, width)
					   : 0;
		result = ranks->sum(ranks->context, batch, size, error);
		for (size_t i = 0; result == 0 && i < size; i++)
			*slot(rows, at + i, first, width) = (uint32_t)batch[i];
	}
	return result;
}

int ranks_join_values(const struct outbreak_ranks *ranks, double *values, size_t count,
		      struct error *error)
{
	uint64_t batch[BATCH];
	int result = 0;

	for (size_t at = 0; ranks && result == 0 && at < count; at += BATCH) {
		size_t size = count - at < BATCH ? count - at : BATCH;
		memcpy(batch, values + at, size * sizeof *batch);
		result = ranks->sum(ranks->context, batch, size, error);
		memcpy(values + at, batch, size * sizeof *batch);
	}
	return result;
}
