/* The verifier: a proof, before any event is judged, that the code of every pattern ends, stays
 * inside its tables and its stack, and leaves exactly one truth. Code is walked once from front to
 * back; as jumps only go forward, what the stack looks like where a jump lands is known when the
 * walk arrives there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/program.h"

/* A stack's shape: how deep, and bit i set when operand i is a truth. */
struct shape {
	unsigned depth;
	uint32_t truths;
	bool known;
};

struct rule_of {
	unsigned values, truths;
	enum program_push push;
	enum program_index index;
};

static const struct rule_of rules[OPERATION_COUNT] = {
#define OPERATION_RULE(id, values, truths, push, index) { values, truths, push, index },
	OPERATIONS(OPERATION_RULE)
#undef OPERATION_RULE
};

struct verifier {
	const struct policy_set *set;
	const struct alternative *alternative;
	const struct pattern *pattern;
	struct shape *landings; /* one per instruction and one for the end */
	struct error *error;
};

static int refuse(const struct verifier *verifier, size_t at, const char *what)
{
	char where[64];
	snprintf(where, sizeof where, "policy code, instruction %zu", verifier->pattern->code + at);
	return error_set(verifier->error, ERROR_INTERNAL, where, "%s", what);
}

static bool index_is_good(const struct verifier *verifier, enum program_index kind, size_t index)
{
	const struct policy_set *set = verifier->set;

	switch (kind) {
	case INDEX_NONE: return index == 0;
	case INDEX_FIELD:
		return index < FIELD_END &&
		       (index >= TRACE_FIELDS ||
			trace_field_name(verifier->pattern->kind, (unsigned)index));
	case INDEX_SLOT: return index < verifier->alternative->slot_count;
	case INDEX_SELF: return index < SELF_END && verifier->pattern->needs_self;
	case INDEX_TEXT: return index < set->text_count;
	case INDEX_NUMBER: return index < set->number_count;
	case INDEX_LIST: return index < set->list_count;
	case INDEX_PREFIX: return index < set->prefix_count;
	case INDEX_JUMP: return index > 0;
	}
	return false;
}

static bool pop(struct shape *shape, unsigned count, bool truth)
{
	for (; count; count--) {
		if (shape->depth == 0)
			return false;
		shape->depth--;
		if ((shape->truths >> shape->depth & 1) != (truth ? 1u : 0u))
			return false;
		shape->truths &= ~(1u << shape->depth);
	}
	return true;
}

static bool push(struct shape *shape, bool truth)
{
	if (shape->depth == PROGRAM_STACK)
		return false;
	shape->truths |= (truth ? 1u : 0u) << shape->depth++;
	return true;
}

/* Two ways lead here: both must bring the same shape. */
static bool land(struct shape *landing, const struct shape *shape)
{
	if (!landing->known) {
		*landing = *shape;
		landing->known = true;
		return true;
	}
	return landing->depth == shape->depth && landing->truths == shape->truths;
}

static int verify_instruction(struct verifier *verifier, size_t at, struct shape *shape)
{
	const struct instruction *code = &verifier->set->code[verifier->pattern->code + at];
	size_t length = verifier->pattern->code_length;

	if (code->operation >= OPERATION_COUNT)
		return refuse(verifier, at, "no such operation");
	const struct rule_of *rule = &rules[code->operation];
	if (!index_is_good(verifier, rule->index, code->index))
		return refuse(verifier, at, "its index points outside its table");
	struct shape before = *shape;
	if (!pop(shape, rule->truths, true) || !pop(shape, rule->values, false))
		return refuse(verifier, at, "the stack does not hold what it takes");
	if (rule->push == PUSH_JUMP) {
		if (code->index > length - at)
			return refuse(verifier, at, "it jumps past the end");
		if (!land(&verifier->landings[at + code->index], &before))
			return refuse(verifier, at, "two ways bring different stacks");
	} else if (!push(shape, rule->push == PUSH_TRUTH)) {
		return refuse(verifier, at, "the test needs too deep a stack");
	}
	return 0;
}

static int verify_pattern(struct verifier *verifier, const struct pattern *pattern)
{
	size_t length = pattern->code_length, total = verifier->set->code_length;
	struct shape shape = { .known = true };
	int result = 0;

	verifier->pattern = pattern;
	if (pattern->code > total || length > total - pattern->code || length == 0 ||
	    pattern->kind >= TRACE_KINDS)
		return refuse(verifier, 0, "the pattern's code lies outside the program");
	verifier->landings = calloc(length + 1, sizeof *verifier->landings);
	if (!verifier->landings)
		return error_set(verifier->error, ERROR_MEMORY, NULL, "no memory");
	for (size_t at = 0; result == 0 && at < length; at++) {
		if (verifier->landings[at].known && !land(&verifier->landings[at], &shape))
			result = refuse(verifier, at, "two ways bring different stacks");
		else
			result = verify_instruction(verifier, at, &shape);
	}
	if (result == 0 &&
	    (!land(&verifier->landings[length], &shape) || shape.depth != 1 || shape.truths != 1))
		result = refuse(verifier, length - 1, "the code does not end with one truth");
	free(verifier->landings);
	return result;
}

int program_verify(const struct policy_set *set, struct error *error)
{
	struct verifier verifier = { .set = set, .error = error };
	int result = 0;

	for (size_t a = 0; a < set->alternative_count; a++) {
		const struct alternative *alternative = verifier.alternative =
			&set->alternatives[a];
		for (size_t s = 0; s < alternative->step_count; s++)
			for (size_t p = 0; p < alternative->steps[s].pattern_count; p++)
				if ((result = verify_pattern(
					     &verifier, &alternative->steps[s].patterns[p])) < 0)
					return result;
		for (size_t p = 0; p < alternative->unless_count; p++)
			if ((result = verify_pattern(&verifier, &alternative->unless[p])) < 0)
				return result;
	}
	return 0;
}
