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

	tree->nodes[node] = weight;
	while (node > 1) {
		node /= 2;
		tree->nodes[node] = tree->nodes[2 * node] + tree->nodes[2 * node + 1];
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
