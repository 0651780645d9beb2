#include "outbreak/history.h"

#include <stdlib.h>

void history_fini(struct history *history)
{
	free(history->host);
	free(history->infector);
	free(history->way);
	free(history->time);
	*history = (struct history){ 0 };
}

int history_reset(struct history *history, size_t capacity, struct error *error)
{
	history->count = 0;
	history->unnamed = false;
	if (capacity < history->capacity)
		return 0;
	bool anonymous = history->anonymous;
	history_fini(history);
	history->anonymous = anonymous;
	size_t wanted = capacity + capacity / 1024 + 1024; /* replicas differ a little */
	history->host = malloc(wanted * sizeof *history->host);
	history->time = malloc(wanted * sizeof *history->time);
	if (!history->host || !history->time) {
		free(history->host);
		free(history->time);
		*history = (struct history){ .anonymous = anonymous };
		return error_set(error, ERROR_MEMORY, "", "no memory for %zu infections", wanted);
	}
	history->capacity = wanted;
	return 0;
}

int history_name(struct history *history, struct error *error)
{
	if (history->anonymous || history->infector_capacity >= history->capacity)
		return 0;
	free(history->infector);
	history->infector = malloc(history->capacity * sizeof *history->infector);
	history->infector_capacity = history->infector ? history->capacity : 0;
	if (history->infector)
		return 0;
	return error_set(error, ERROR_MEMORY, "", "no memory for %zu infections",
			 history->capacity);
}

int history_tell_ways(struct history *history, struct error *error)
{
	if (history->way_capacity >= history->capacity)
		return 0;
	free(history->way);
	history->way = malloc(history->capacity * sizeof *history->way);
	history->way_capacity = history->way ? history->capacity : 0;
	if (history->way)
		return 0;
	return error_set(error, ERROR_MEMORY, "", "no memory for %zu infections",
			 history->capacity);
}
