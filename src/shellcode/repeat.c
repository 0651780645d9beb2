#include "shellcode/repeat.h"

#include <stdlib.h>
#include <string.h>

/* Records of findings are changed later (completed, numbered): each has its own. */
static void copy_finding(const struct shellcode_finding *from, struct shellcode_finding *to)
{
	*to = *from;
	to->actions = json_deep_copy(from->actions);
	to->listing = from->listing ? json_deep_copy(from->listing) : NULL;
	to->trace = trace_log_share(from->trace);
}

static void forget(struct repeat *repeat)
{
	for (size_t i = 0; i < repeat->count; i++)
		shellcode_finding_fini(&repeat->findings[i]);
	free(repeat->bytes);
	*repeat = (struct repeat){ 0 };
}

void repeats_fini(struct repeats *repeats)
{
	for (unsigned i = 0; i < REPEATS; i++)
		forget(&repeats->list[i]);
}

int repeats_give(const struct repeats *repeats, struct bytes bytes,
		 struct shellcode_finding *findings, size_t capacity, bool *exhausted)
{
	for (unsigned i = 0; i < REPEATS; i++) {
		const struct repeat *repeat = &repeats->list[i];
		if (repeat->length != bytes.length || repeat->count > capacity || !repeat->bytes ||
		    memcmp(repeat->bytes, bytes.data, bytes.length) != 0)
			continue;
		for (size_t j = 0; j < repeat->count; j++)
			copy_finding(&repeat->findings[j], &findings[j]);
		*exhausted = repeat->exhausted;
		return (int)repeat->count;
	}
	return -1;
}

void repeats_keep(struct repeats *repeats, struct bytes bytes, uint64_t cost,
		  const struct shellcode_finding *findings, size_t count, bool exhausted)
{
	struct repeat *repeat = &repeats->list[repeats->next];

	if (cost < REPEAT_DEAR || bytes.length == 0 || bytes.length > REPEAT_LONGEST ||
	    count > REPEAT_FINDINGS)
		return;
	forget(repeat);
	repeat->bytes = malloc(bytes.length);
	if (!repeat->bytes)
		return;
	memcpy(repeat->bytes, bytes.data, bytes.length);
	repeat->length = bytes.length;
	for (size_t i = 0; i < count; i++)
		copy_finding(&findings[i], &repeat->findings[i]);
	repeat->count = count;
	repeat->exhausted = exhausted;
	repeats->next = (repeats->next + 1) % REPEATS;
}
