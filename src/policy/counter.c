#include "policy/counter.h"

#include <stdlib.h>
#include <string.h>

void counter_fini(struct counter *counter)
{
	for (size_t i = 0; i < counter->group_count; i++)
		free(counter->groups[i].entries);
	*counter = (struct counter){ .group_count = 0 };
}

static struct counter_group *find_group(struct counter *counter, uint64_t key, uint64_t *given_up)
{
	struct counter_group *oldest = &counter->groups[0];

	for (size_t i = 0; i < counter->group_count; i++) {
		struct counter_group *group = &counter->groups[i];
		if (group->key == key)
			return group;
		if (group->touched < oldest->touched)
			oldest = group;
	}
	if (counter->group_count < COUNTER_GROUPS) {
		oldest = &counter->groups[counter->group_count++];
		*oldest = (struct counter_group){ .key = key };
		return oldest;
	}
	++*given_up;
	oldest->key = key;
	oldest->count = 0;
	return oldest;
}

/* Forgets what is older than the window. */
static void slide(struct counter_group *group, uint64_t window, uint64_t time)
{
	size_t kept = 0;

	for (size_t i = 0; i < group->count; i++)
		if (time - group->entries[i].time <= window)
			group->entries[kept++] = group->entries[i];
	group->count = kept;
}

static bool seen(struct counter_group *group, uint64_t value, uint64_t time)
{
	for (size_t i = 0; i < group->count; i++) {
		if (group->entries[i].value != value)
			continue;
		group->entries[i].time = time;
		return true;
	}
	return false;
}

static bool make_room(struct counter_group *group)
{
	if (group->count < group->capacity)
		return true;
	size_t capacity = group->capacity ? 2 * group->capacity : 16;
	struct counter_entry *entries = realloc(group->entries, capacity * sizeof *entries);
	if (!entries)
		return false;
	group->entries = entries;
	group->capacity = capacity;
	return true;
}

bool counter_add(struct counter *counter, const struct step *step, uint64_t key, uint64_t value,
		 uint64_t time, uint64_t *given_up)
{
	struct counter_group *group = find_group(counter, key, given_up);

	group->touched = time;
	if (step->window)
		slide(group, step->window, time);
	if (step->distinct && seen(group, value, time))
		return false;
	if (step->distinct || step->window) {
		if (!make_room(group)) {
			++*given_up;
			return false;
		}
		group->entries[group->count] = (struct counter_entry){ value, time };
	}
	if (++group->count < step->at_least)
		return false;
	group->count = 0;
	return true;
}
