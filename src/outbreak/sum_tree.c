#include "outbreak/sum_tree.h"

#include <stdlib.h>
#include <string.h>

static size_t leaves_for(size_t count)
{
	size_t leaves = 1;
	while (leaves < count)
		leaves *= 2;
	return leaves;
}

int sum_tree_init(struct sum_tree *tree, size_t count)
{
	tree->leaves = leaves_for(count);
	tree->nodes = calloc(2 * tree->leaves, sizeof *tree->nodes);
	return tree->nodes ? 0 : ERROR_MEMORY;
}

void sum_tree_fini(struct sum_tree *tree)
{
	free(tree->nodes);
	*tree = (struct sum_tree){ 0 };
}

void sum_tree_clear(struct sum_tree *tree, size_t count)
{
	tree->leaves = leaves_for(count);
	memset(tree->nodes, 0, 2 * tree->leaves * sizeof *tree->nodes);
}

void sum_tree_set(struct sum_tree *tree, size_t index, double weight)
{
	size_t node = tree->leaves + index;

	/* Mostly so where weights are 0 as long as nobody scans. */
	if (tree->nodes[node] == weight)
		return;
	tree->nodes[node] = weight;
	/* What was added last is not read again: waiting for memory to give back what was just
	 * written would take most of the time. */
	while (node > 1) {
		weight += tree->nodes[node ^ 1];
		node /= 2;
		tree->nodes[node] = weight;
	}
}

size_t sum_tree_find(const struct sum_tree *tree, double point)
{
	size_t node = 1;

	while (node < tree->leaves) {
		double left = tree->nodes[2 * node];
		node *= 2;
		if (point >= left && tree->nodes[node + 1] > 0) {
			point -= left;
			node++;
		}
	}
	return node - tree->leaves;
}

double sum_tree_before(const struct sum_tree *tree, size_t index)
{
	double sum = 0;

	if (index >= tree->leaves)
		return sum_tree_total(tree);
	/* From the left, so that whole numbers and equal parts add up alike everywhere. */
	for (size_t node = 1, width = tree->leaves; width > 1;) {
		width /= 2;
		node *= 2;
		if (index >= width) {
			sum += tree->nodes[node];
			index -= width;
			node++;
		}
	}
	return sum;
}

size_t sum_tree_draw(const struct sum_tree *tree, size_t first, size_t end, double before,
		     double sum, struct random *random)
{
	/* Rounding may carry the point past either end, to a neighbour's weight. */
	for (;;) {
		size_t index = sum_tree_find(tree, before + random_unit(random) * sum);
		if (index >= first && index < end && tree->nodes[tree->leaves + index] > 0)
			return index;
	}
}

void sum_tree_fill(struct sum_tree *tree, size_t count, double weight)
{
	sum_tree_clear(tree, count);
	for (size_t i = 0; i < count; i++)
		tree->nodes[tree->leaves + i] = weight;
	for (size_t node = tree->leaves; --node > 0;)
		tree->nodes[node] = tree->nodes[2 * node] + tree->nodes[2 * node + 1];
}
