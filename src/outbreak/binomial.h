/* Binomial and Poisson variates and uniform subsets, exact for any size. */
#ifndef KENBI_OUTBREAK_BINOMIAL_H
#define KENBI_OUTBREAK_BINOMIAL_H

#include "base/base.h"

/* How many of `n` ≤ 2^32 independent trials succeed when each does with `chance`. */
uint64_t binomial_draw(struct random *random, uint64_t n, double chance);

/* A Poisson variate of mean 0 … 1e9. */
uint64_t poisson_draw(struct random *random, double mean);

/* `k` distinct numbers of 0 … n - 1, every subset equally likely, ascending, into `chosen`; k ≤ n ≤
 * 2^32. Time k log k, or n where k is more than a quarter of n. */
void subset_draw(struct random *random, uint64_t n, uint64_t k, uint64_t *chosen);

#endif
