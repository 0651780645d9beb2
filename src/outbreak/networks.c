/* The networks of the Internet: IPv4 ranges of each, and who sells to whom. Both files are text, a
 * line each, some hundred thousand of them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outbreak/graph.h"

/* Numbers of networks to nodes: open addressing, at most half full. */
struct numbers {
	uint32_t *number, *node; /* node + 1; 0: empty */
	size_t mask, count;
};

static bool numbers_init(struct numbers *numbers)
{
	numbers->mask = 4 * (size_t)GRAPH_MOST_NODES;
	while (numbers->mask & (numbers->mask - 1)) /* down to a power of two */
		numbers->mask &= numbers->mask - 1;
	numbers->mask--;
	numbers->number = calloc(numbers->mask + 1, sizeof *numbers->number);
	numbers->node = calloc(numbers->mask + 1, sizeof *numbers->node);
	return numbers->number && numbers->node;
}

static void numbers_fini(struct numbers *numbers)
{
	free(numbers->number);
	free(numbers->node);
}

static size_t slot_of(const struct numbers *numbers, uint32_t number)
{
	size_t slot = (number * UINT64_C(0x9E3779B97F4A7C15) >> 40) & numbers->mask;

	while (numbers->node[slot] && numbers->number[slot] != number)
		slot = (slot + 1) & numbers->mask;
	return slot;
}

/* A file being read. */
struct lines {
	struct graph *graph;
	const char *where;
	struct reader reader;
	unsigned long line;
	struct numbers numbers;
	struct error *error;
};

static int refuse(const struct lines *lines, const char *what)
{
	return error_set(lines->error, ERROR_INPUT, lines->where, "line %lu: %s", lines->line,
			 what);
}

/* The node of network `number`; makes one without addresses where there is none. */
static int node_of(struct lines *lines, uint32_t number, uint32_t *node)
{
	size_t slot = slot_of(&lines->numbers, number);
	char name[24];
	int result = 0;

	if (lines->numbers.node[slot]) {
		*node = lines->numbers.node[slot] - 1;
		return 0;
	}
	snprintf(name, sizeof name, "AS%" PRIu32, number);
	result = graph_add_node(lines->graph, lines->where, bytes_of(name), 0, node, lines->error);
	if (result < 0)
		return result;
	lines->numbers.number[slot] = number;
	lines->numbers.node[slot] = *node + 1;
	return 0;
}

/* What stands before the next `separator`, which is taken too; all the rest without one. */
static struct bytes take_field(struct bytes *line, char separator)
{
	const uint8_t *end = line->length ? memchr(line->data, separator, line->length) : NULL;
	struct bytes field = *line;

	if (!end) {
		line->length = 0;
		return field;
	}
	field.length = (size_t)(end - line->data);
	line->data = end + 1;
	line->length -= field.length + 1;
	return field;
}

static bool number_of(struct bytes text, uint32_t *number)
{
	uint64_t value = 0;

	if (text.length == 0 || text.length > 10)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		value = value * 10 + (text.data[i] - '0');
	}
	*number = (uint32_t)value;
	return value <= UINT32_MAX;
}

/* "1.2.3.4", or the number that it is. */
static bool address_of(struct bytes text, uint32_t *address)
{
	uint32_t part;

	if (number_of(text, address))
		return true;
	*address = 0;
	for (int i = 0; i < 4; i++) {
		struct bytes field = take_field(&text, '.');
		if (!number_of(field, &part) || part > 255)
			return false;
		*address = *address << 8 | part;
	}
	return text.length == 0;
}

/* `above` is the start of the range above, `behind` the first address behind all above. */
static int read_range(struct lines *lines, struct bytes line, uint32_t *above, uint64_t *behind)
{
	struct bytes start = take_field(&line, ','), end = take_field(&line, ',');
	uint32_t first, last, number, node;

	if (!address_of(start, &first) || !address_of(end, &last))
		return refuse(lines, "it does not begin with two IPv4 addresses");
	if (!number_of(take_field(&line, ','), &number))
		return refuse(lines, "the third field is not the number of a network");
	if (last < first)
		return refuse(lines, "the range ends before it starts");
	if (first < *above)
		return refuse(lines, "the range starts before the one above it");
	int result = node_of(lines, number, &node);
	if (result < 0)
		return result;
	*above = first;
	uint64_t from = first > *behind ? first : *behind; /* what is not taken yet */
	if (last >= from) {
		lines->graph->nodes[node].addresses += last - from + 1;
		*behind = (uint64_t)last + 1;
	}
	return 0;
}

static int read_relation(struct lines *lines, struct bytes line)
{
	struct bytes left = take_field(&line, '|'), right = take_field(&line, '|');
	struct bytes kind = take_field(&line, '|');
	struct graph_edge edge = { 0 };
	uint32_t a, b;

	if (!number_of(left, &a) || !number_of(right, &b))
		return refuse(lines, "it does not begin with the numbers of two networks");
	edge.sells = kind.length == 2 && memcmp(kind.data, "-1", 2) == 0;
	edge.peers = kind.length == 1 && kind.data[0] == '0';
	if (!edge.sells && !edge.peers)
		return refuse(lines, "the third field is neither -1 (sells to) nor 0 (peers)");
	if (a == b)
		return 0;
	int result = node_of(lines, a, &edge.a);
	if (result == 0)
		result = node_of(lines, b, &edge.b);
	return result == 0 ? graph_add_edge(lines->graph, lines->where, edge, lines->error)
			   : result;
}

/* Nodes that are there already are known by their names. */
static int know_nodes(struct lines *lines)
{
	for (size_t i = 0; i < lines->graph->node_count; i++) {
		const char *name = lines->graph->nodes[i].name;
		uint32_t number;
		if (strncmp(name, "AS", 2) != 0 || !number_of(bytes_of(name + 2), &number))
			continue;
		size_t slot = slot_of(&lines->numbers, number);
		lines->numbers.number[slot] = number;
		lines->numbers.node[slot] = (uint32_t)i + 1;
	}
	return 0;
}

static int read_lines(struct lines *lines, bool ranges)
{
	uint32_t above = 0;
	uint64_t behind = 0;
	int result = know_nodes(lines);

	while (result == 0 && reader_left(&lines->reader) > 0) {
		struct bytes line = reader_line(&lines->reader);
		lines->line++;
		if (line.length == 0 || line.data[0] == '#')
			continue;
		result = ranges ? read_range(lines, line, &above, &behind)
				: read_relation(lines, line);
	}
	return result;
}

static int read_file(struct graph *graph, const char *where, struct bytes text, bool ranges,
		     struct error *error)
{
	struct lines lines = {
		.graph = graph, .where = where, .reader = reader_of(text), .error = error
	};
	int result = numbers_init(&lines.numbers)
			     ? read_lines(&lines, ranges)
			     : error_set(error, ERROR_MEMORY, where, "no memory to read it");
	numbers_fini(&lines.numbers);
	return result;
}

int graph_read_ranges(struct graph *graph, const char *where, struct bytes text,
		      struct error *error)
{
	int result = read_file(graph, where, text, true, error);

	if (result == 0 && graph->node_count == 0)
		result = error_set(error, ERROR_INPUT, where, "there is no range in it");
	return result;
}

int graph_read_relations(struct graph *graph, const char *where, struct bytes text,
			 struct error *error)
{
	return read_file(graph, where, text, false, error);
}
