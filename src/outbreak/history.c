#include "outbreak/history.h"

#include <stdlib.h>

void history_fini(struct history *history)
{
	free(history->host);
	free(history->infector);
	free(history->time);
	*history = (struct history){ 0 };
}

int history_reset(struct history *history, size_t capacity, struct error *error)
{
	history->count = 0;
	if (capacity <= history->capacity)
		return 0;
	history_fini(history);
	size_t wanted = capacity + capacity / 8; /* replicas differ a little */
	history->host = malloc(wanted * sizeof *history->host);
	history->infector = malloc(wanted * sizeof *history->infector);
	history->time = malloc(wanted * sizeof *history->time);
	if (!history->host || !history->infector || !history->time) {
		history_fini(history);
		return error_set(error, ERROR_MEMORY, "", "no memory for %zu infections", wanted);
	}
	history->capacity = wanted;
	return 0;
}
