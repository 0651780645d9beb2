#include "shellcode/payload.h"

#include <stdlib.h>

enum {
	BURST_GAP = 256,       /* steps between two writes of one layer */
	ROUND = 64,	       /* steps of a loop's first round, whose writes are no loop's yet */
	LAYER_INSTRUCTIONS = 4 /* that a layer must have made */
};

struct layer {
	uint32_t first, last; /* steps of its writes; 0: there is no layer */
};

static int by_written(const void *a, const void *b)
{
	const struct executed *first = *(const struct executed *const *)a;
	const struct executed *second = *(const struct executed *const *)b;

	return (first->written > second->written) - (first->written < second->written);
}

static struct layer last_layer(const struct executed **order, size_t count)
{
	const struct executed **written = calloc(count ? count : 1, sizeof *written);
	struct layer layer = { 0, 0 };
	size_t writes = 0, start = 0;

	for (size_t i = 0; written && i < count; i++)
		if (order[i]->written & 1)
			written[writes++] = order[i];
	if (writes)
		qsort(written, writes, sizeof *written, by_written);
	for (size_t i = 0; i < writes; i++) {
		if (i > start && written[i]->written - written[i - 1]->written > BURST_GAP)
			start = i;
		if (i - start + 1 >= LAYER_INSTRUCTIONS)
			layer = (struct layer){ written[start]->written, written[i]->written };
	}
	free(written);
	return layer;
}

/* The payload's first instruction in `order`: the first that the layer made, after it was done. */
static size_t first_of(const struct executed **order, size_t count, struct layer layer)
{
	for (size_t i = 0; i < count; i++)
		if (order[i]->step > layer.last &&
		    (layer.last == 0 ||
		     (order[i]->written && order[i]->written + ROUND >= layer.first &&
		      order[i]->written <= layer.last)))
			return i;
	return 0;
}

/* Does something behind depend on it? `live`: what is read behind before it is written again. */
static bool matters(const struct executed *executed, uint32_t *live)
{
	const struct effect *effect = &executed->effect;

	if (!effect->lasting && !(effect->touches & *live))
		return false;
	*live = (*live & ~effect->writes) | effect->reads;
	return true;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 0x9e3779b97f4a7c15u ^ hash >> 29;
}

uint64_t payload_shape(const struct executed **order, size_t count)
{
	size_t first = first_of(order, count, last_layer(order, count));
	bool pushing = false;
	uint32_t live = 0;
	uint64_t hash = 0;

	for (size_t i = count; i-- > first;) {
		const struct executed *executed = order[i];
		if (executed->shape == 0 || !matters(executed, &live))
			continue;
		if (!executed->push_text || !pushing) /* texts of any length are one push */
			hash = mix(hash, executed->push_text ? 1 : executed->shape);
		pushing = executed->push_text;
	}
	return hash;
}
