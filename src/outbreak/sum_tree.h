/* sum_tree - weights that change one at a time, their sum, and a draw in proportion to them, in log
 * n.
 *
 * Inner nodes are sums of their two children, computed anew on each change: unlike a Fenwick tree
 * of differences no rounding error builds up, and a sum of zeros is exactly zero. */
#ifndef KENBI_OUTBREAK_SUM_TREE_H
#define KENBI_OUTBREAK_SUM_TREE_H

#include "base/base.h"

struct sum_tree {
	double *nodes; /* 1 is the root, children of i are 2i and 2i + 1; leaves start at `leaves`
			*/
	size_t leaves; /* a power of two */
};

/* `count` weights, all 0. 0 or ERROR_MEMORY. */
MUST_CHECK int sum_tree_init(struct sum_tree *tree, size_t count);
void sum_tree_fini(struct sum_tree *tree);
/* Makes it one of `count` weights, all 0; not more than it was made for. */
void sum_tree_clear(struct sum_tree *tree, size_t count);
void sum_tree_set(struct sum_tree *tree, size_t index, double weight);
/* The index that `point` in [0, total) falls on; one of positive weight if there is any. */
size_t sum_tree_find(const struct sum_tree *tree, double point);

static inline double sum_tree_weight(const struct sum_tree *tree, size_t index)
{
	return tree->nodes[tree->leaves + index];
}

/* Sum of the weights before `index`. */
double sum_tree_before(const struct sum_tree *tree, size_t index);
/* One of first … end - 1, in proportion to its weight. `before` is the sum in front of them, `sum`
 * their own; not all may be 0. */
size_t sum_tree_draw(const struct sum_tree *tree, size_t first, size_t end, double before,
		     double sum, struct random *random);
/* All of `count` weights become `weight`. */
void sum_tree_fill(struct sum_tree *tree, size_t count, double weight);

static inline double sum_tree_total(const struct sum_tree *tree)
{
	return tree->nodes[1];
}

#endif
