#include "shellcode/callers.h"

enum {
	LIST_COST = 2500, /* nanoseconds of going through a piece, and of each call; see share.h */
	CALL_COST = 4
};

uint64_t callers_list(struct callers *callers, const struct seed_map *map)
{
	size_t from = 0, to;

	callers->count = 0;
	while (callers->count < CALLERS_MOST &&
	       (from = seed_map_call(map, from, &to)) != SIZE_MAX) {
		callers->calls[callers->count++] = (struct call){ (uint32_t)from, (uint32_t)to };
		from++;
	}
	return LIST_COST + CALL_COST * callers->count;
}

bool callers_lead_to(const struct callers *callers, size_t first, size_t length)
{
	for (size_t i = 0; i < callers->count; i++)
		if (callers->calls[i].to - first < length)
			return true;
	return false;
}
