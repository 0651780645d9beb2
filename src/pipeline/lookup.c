#include "pipeline/lookup.h"

#include <stdlib.h>

int lookup_init(struct lookup *lookup, size_t room)
{
	*lookup = (struct lookup){ .room = room };
	lookup->entries = calloc(room ? room : 1, sizeof *lookup->entries);
	lookup->free_from = calloc(room + 1, sizeof *lookup->free_from);
	if (lookup->entries && lookup->free_from)
		return 0;
	lookup_fini(lookup);
	return ERROR_MEMORY;
}

void lookup_fini(struct lookup *lookup)
{
	free(lookup->entries);
	free(lookup->free_from);
	*lookup = (struct lookup){ 0 };
}

void lookup_add(struct lookup *lookup, const struct lookup_key *key, uint64_t when, size_t position)
{
	lookup->entries[lookup->count++] = (struct lookup_entry){ *key, when, position };
}

static int compare_keys(const struct lookup_key *a, const struct lookup_key *b)
{
	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	int order = address_compare(&a->server, &b->server);
	return order ? order : address_compare(&a->client, &b->client);
}

static int compare_entries(const void *left, const void *right)
{
	const struct lookup_entry *a = left, *b = right;
	int order = compare_keys(&a->key, &b->key);

	if (order == 0)
		order = (a->when > b->when) - (a->when < b->when);
	return order ? order : (a->position > b->position) - (a->position < b->position);
}

void lookup_sort(struct lookup *lookup)
{
	qsort(lookup->entries, lookup->count, sizeof *lookup->entries, compare_entries);
	for (size_t i = 0; i <= lookup->count; i++)
		lookup->free_from[i] = i;
}

/* The first free index from `index` on; every second pointer on the way is shortened. */
static size_t next_free(struct lookup *lookup, size_t index)
{
	size_t *from = lookup->free_from;

	while (from[index] != index) {
		lookup->steps++;
		from[index] = from[from[index]];
		index = from[index];
	}
	return index;
}

static size_t with_key(struct lookup *lookup, const struct lookup_key *key, size_t index)
{
	index = next_free(lookup, index);
	lookup->steps++;
	return index < lookup->count && compare_keys(&lookup->entries[index].key, key) == 0
		       ? index
		       : LOOKUP_NONE;
}

size_t lookup_first(struct lookup *lookup, const struct lookup_key *key, uint64_t when)
{
	struct lookup_entry wanted = { *key, when, 0 };
	size_t low = 0, high = lookup->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		lookup->steps++;
		if (compare_entries(&lookup->entries[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return with_key(lookup, key, low);
}

size_t lookup_next(struct lookup *lookup, size_t index)
{
	return with_key(lookup, &lookup->entries[index].key, index + 1);
}

size_t lookup_position(const struct lookup *lookup, size_t index)
{
	return lookup->entries[index].position;
}

void lookup_take(struct lookup *lookup, size_t index)
{
	lookup->free_from[index] = index + 1;
}
