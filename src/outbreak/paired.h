/* paired - what differences between outbreaks of the same replica say: bands over replicas, and the
 * interval in which their mean lies. */
#ifndef KENBI_OUTBREAK_PAIRED_H
#define KENBI_OUTBREAK_PAIRED_H

#include "outbreak/outbreak.h"

/* 5 %, 50 % and 95 % between order statistics, linearly (Hyndman & Fan 1996,
 * DOI 10.1080/00031305.1996.10473566, definition 7). Sorts `values`; there is at least one. */
struct outbreak_band paired_band(double *values, size_t count);
double paired_mean(const double *values, size_t count);
/* 95 % interval of the mean by Student's t (1908, DOI 10.1093/biomet/6.1.1): replicas are drawn
 * alike and independently of each other, so their differences are, too. Not a number with fewer
 * than two. */
struct outbreak_interval paired_interval(const double *values, size_t count);
/* The 97.5 % quantile of Student's t with `freedom` >= 1 degrees of freedom, good to 1e-6. */
double paired_student(unsigned freedom);

#endif
