#include "shellcode/payload.h"

#include <stdlib.h>
#include <string.h>

enum {
	ROUND = 64,		/* steps of a loop's first round, when it may still be patched */
	LAYER_INSTRUCTIONS = 4, /* that a layer must have made */
	GENERATIONS = 256,
	PERIOD = 8, /* longest sequence of tokens whose repetition is said once */
	PUSHED_CONSTANT = 1
};

/* --- where the payload begins --- */

struct layer {
	uint32_t first, last; /* steps of its writes */
	unsigned count;	      /* instructions that it made */
};

static bool belongs(const struct executed *executed, unsigned generation, struct layer layer)
{
	return executed->written.generation >= generation ||
	       (executed->written.step && executed->written.step + ROUND >= layer.first);
}

/* The step at which what `generation` made is entered; 0: it made too little. */
static uint32_t entered(const struct executed *const *order, size_t count, unsigned generation,
			struct layer layer)
{
	uint32_t first = 0;
	unsigned made = 0;

	for (size_t i = 0; i < count; i++) {
		if (order[i]->step <= layer.last || !belongs(order[i], generation, layer))
			continue;
		if (!first)
			first = order[i]->step;
		made++;
	}
	return made >= LAYER_INSTRUCTIONS ? first : 0;
}

uint32_t payload_first(const struct executed *const *order, size_t count)
{
	struct layer layers[GENERATIONS] = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct layer *layer = &layers[order[i]->written.generation];
		uint32_t step = order[i]->written.step;
		if (layer->count++ == 0 || step < layer->first)
			layer->first = step;
		if (step > layer->last)
			layer->last = step;
	}
	for (unsigned generation = GENERATIONS - 1; generation > 0; generation--) {
		uint32_t first = layers[generation].count < LAYER_INSTRUCTIONS
					 ? 0
					 : entered(order, count, generation, layers[generation]);
		if (first)
			return first;
	}
	return 0;
}

/* --- what it looks like --- */

/* Does something behind depend on it? `live`: what is read behind before it is written again. */
static bool matters(const struct executed *executed, uint32_t *live)
{
	const struct effect *effect = &executed->effect;

	if (!effect->lasting && !(effect->touches & *live))
		return false;
	if (!effect->lasting && executed->cleared && !(effect->touches & *live & EFFECT_FLAGS)) {
		*live &= ~effect->touches; /* as it was at the beginning */
		return false;
	}
	*live = (*live & ~effect->writes) | effect->reads;
	return true;
}

/* Appends a token, and takes back what only repeats what is before it. */
static size_t append(uint64_t *tokens, size_t count, uint64_t token)
{
	tokens[count++] = token;
	for (size_t period = 1; period <= PERIOD && 2 * period <= count; period++)
		if (memcmp(tokens + count - period, tokens + count - 2 * period,
			   period * sizeof *tokens) == 0)
			return count - period;
	return count;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 0x9e3779b97f4a7c15u ^ hash >> 29;
}

uint64_t payload_shape(const struct executed *const *order, size_t count, uint32_t last_call)
{
	uint64_t *tokens = calloc(count + 1, sizeof *tokens), hash = 1;
	const struct executed **kept = calloc(count + 1, sizeof *kept);
	size_t kept_count = 0, length = 0;
	uint32_t live = 0;

	for (size_t i = count; kept && i-- > 0;)
		if ((last_call == 0 || order[i]->step <= last_call) && order[i]->shape &&
		    matters(order[i], &live))
			kept[kept_count++] = order[i];
	while (kept_count && kept[kept_count - 1]->slides) /* before the payload */
		kept_count--;
	for (size_t i = 0; tokens && i < kept_count; i++)
		length = append(tokens, length,
				kept[i]->constant ? PUSHED_CONSTANT : kept[i]->shape);
	for (size_t i = 0; i < length; i++)
		hash = mix(hash, tokens[i]);
	hash = tokens && kept ? hash : 0;
	free(tokens);
	free(kept);
	return hash;
}
