#include "shellcode/payload.h"

#include <stdlib.h>
#include <string.h>

enum {
	LAYER_INSTRUCTIONS = 4, /* that a layer must have made */
	PERIOD = 8,		/* longest sequence of tokens whose repetition is said once */
	PUSHED_CONSTANT = 1
};

/* Up to where code was executed: zeros are what lies behind it. */
static size_t code_of(const struct executed *const *order, size_t count)
{
	size_t length = 0;

	while (length < count && !order[length]->zeros)
		length++;
	return length;
}

/* --- where the payload begins --- */

static int ascending(const void *a, const void *b)
{
	uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;

	return (first > second) - (first < second);
}

/* The step at which what `generation` made is entered: when most of it is written but not yet
 * executed. (What the end of a loop decodes of itself is executed before the rest is written; what
 * code that went astray writes over itself is written behind.) 0: it made too little. */
static uint32_t entered(const struct executed *const *order, size_t count, unsigned generation,
			uint32_t *writes)
{
	size_t length = 0, written = 0, executed = 0, most = 0;
	uint32_t entry = 0;

	for (size_t i = 0; i < count; i++)
		if (order[i]->written.generation >= generation)
			writes[length++] = order[i]->written.step;
	qsort(writes, length, sizeof *writes, ascending);
	for (size_t i = 0; i < count; i++) {
		if (order[i]->written.generation < generation)
			continue;
		while (written < length && writes[written] < order[i]->step)
			written++;
		if (written - executed > most) {
			most = written - executed;
			entry = order[i]->step;
		}
		executed++;
	}
	return most >= LAYER_INSTRUCTIONS ? entry : 0;
}

uint32_t payload_first(const struct executed *const *order, size_t count)
{
	uint32_t *writes = calloc(count + 1, sizeof *writes), first = 0;
	unsigned generation = 0;

	count = code_of(order, count);
	for (size_t i = 0; i < count; i++)
		if (order[i]->written.generation > generation)
			generation = order[i]->written.generation;
	for (; writes && generation > 0 && !first; generation--)
		first = entered(order, count, generation, writes);
	free(writes);
	return first;
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

	count = code_of(order, count);
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
