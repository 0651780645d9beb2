/* smirnov - the two-sample test of Kolmogorov and Smirnov: are two samples of one distribution? */
#ifndef KENBI_TESTS_SMIRNOV_H
#define KENBI_TESTS_SMIRNOV_H

#include <stddef.h>

/* p-value of two samples of `count`; sorts both. Ties make it conservative. */
double smirnov_test(double *a, double *b, size_t count);

#endif
