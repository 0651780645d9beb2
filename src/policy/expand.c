#include "policy/expand.h"

#include <stdlib.h>
#include <string.h>

#define EXPAND_DEPTH 1200 /* of the tree with all definitions put in place */
#define EXPAND_NODES \
	20000 /* visited for one policy: definitions that multiply each other end here */

struct expansion {
	const struct syntax *syntax;
	unsigned depth, nodes;
};

static int expand(struct expansion *expansion, const struct node *node, const char *label,
		  struct draft_list *list);

static struct draft *new_drafts(const struct expansion *expansion, size_t count)
{
	struct draft *drafts = arena_take(expansion->syntax->arena, count * sizeof *drafts);
	if (!drafts)
		syntax_no_memory(expansion->syntax);
	return drafts;
}

static int too_many(const struct expansion *expansion, const struct node *node, const char *what,
		    int most)
{
	return syntax_error(expansion->syntax, &node->place,
			    "this makes more than %d %s; split the policy", most, what);
}

static int expand_event(struct expansion *expansion, const struct node *node, const char *label,
			struct draft_list *list)
{
	struct draft *draft = list->drafts = new_drafts(expansion, 1);
	if (!draft)
		return ERROR_LIMIT;
	list->count = 1;
	draft->step_count = 1;
	draft->steps[0].events[0] = node;
	draft->steps[0].event_count = 1;
	draft->steps[0].label = label;
	return 0;
}

static int expand_name(struct expansion *expansion, const struct node *node, const char *label,
		       struct draft_list *list)
{
	const struct syntax *syntax = expansion->syntax;
	struct definition *definition = syntax_find(syntax, node->name);
	char hint[100];

	if (!definition) {
		const char *names[TRACE_KINDS + 257];
		size_t count = 0;
		for (int kind = 0; kind < TRACE_KINDS; kind++)
			names[count++] = trace_kind_name((enum trace_kind)kind);
		for (struct definition *each = syntax->definitions;
		     each && count < TRACE_KINDS + 256; each = each->next)
			if (each->condition)
				names[count++] = each->name;
		names[count] = NULL;
		return syntax_error(syntax, &node->place,
				    "found '%.60s', which is neither an event "
				    "nor defined%s",
				    node->name,
				    syntax_suggest(node->name, names, hint, sizeof hint));
	}
	if (!definition->condition)
		return syntax_error(syntax, &node->place,
				    "'%.60s' is a set, expected an event or "
				    "a condition made by 'define'",
				    node->name);
	if (definition->visiting)
		return syntax_error(syntax, &definition->place, "'%.60s' is defined by itself",
				    definition->name);
	definition->visiting = true;
	int result = expand(expansion, definition->condition, label, list);
	definition->visiting = false;
	return result;
}

/* Only one step that is seen at one event: such lists can be joined into one step of several
 * patterns. */
static bool is_plain(const struct draft_list *list)
{
	const struct draft *draft = list->drafts;
	return list->count == 1 && draft->step_count == 1 && draft->unless_count == 0 &&
	       draft->window_count == 0 && !draft->steps[0].count;
}

static bool same_label(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Two steps of one event each become one step of either. False: they can't. */
static bool join_patterns(struct draft_step *step, const struct draft_step *other)
{
	if (!same_label(step->label, other->label) ||
	    step->event_count + other->event_count > PROGRAM_PATTERNS)
		return false;
	for (size_t i = 0; i < other->event_count; i++)
		step->events[step->event_count++] = other->events[i];
	return true;
}

static int expand_or(struct expansion *expansion, const struct node *node, const char *label,
		     struct draft_list *list)
{
	struct draft_list left = { 0 }, right = { 0 };
	int result;

	if ((result = expand(expansion, node->left, label, &left)) < 0 ||
	    (result = expand(expansion, node->right, label, &right)) < 0)
		return result;
	if (is_plain(&left) && is_plain(&right) &&
	    join_patterns(&left.drafts->steps[0], &right.drafts->steps[0])) {
		*list = left;
		return 0;
	}
	if (left.count + right.count > PROGRAM_ALTERNATIVES)
		return too_many(expansion, node, "alternatives", PROGRAM_ALTERNATIVES);
	list->drafts = new_drafts(expansion, left.count + right.count);
	if (!list->drafts)
		return ERROR_LIMIT;
	for (size_t i = 0; i < left.count; i++)
		list->drafts[list->count++] = left.drafts[i];
	for (size_t i = 0; i < right.count; i++)
		list->drafts[list->count++] = right.drafts[i];
	return 0;
}

/* Appends b's steps, windows and guards to a. */
static int append(const struct expansion *expansion, const struct node *node, struct draft *a,
		  const struct draft *b)
{
	size_t shift = a->step_count;
	uint16_t before = (uint16_t)((1u << shift) - 1);

	if (shift + b->step_count > PROGRAM_STEPS)
		return too_many(expansion, node, "steps in a row", PROGRAM_STEPS);
	if (a->window_count + b->window_count > PROGRAM_WINDOWS)
		return too_many(expansion, node, "'within'", PROGRAM_WINDOWS);
	if (a->unless_count + b->unless_count > EXPAND_UNLESS)
		return too_many(expansion, node, "'unless'", EXPAND_UNLESS);
	for (size_t i = 0; i < b->step_count; i++) {
		struct draft_step *step = &a->steps[a->step_count++];
		*step = b->steps[i];
		step->requires = (uint16_t)(step->requires << shift);
		if (node->kind == NODE_THEN)
		step->requires |= before;
		for (size_t j = 0; j < shift; j++)
			if (step->label && same_label(step->label, a->steps[j].label))
				return syntax_error(expansion->syntax, &node->place,
						    "two events are called '%.60s'", step->label);
	}
	for (size_t i = 0; i < b->window_count; i++) {
		a->windows[a->window_count] = b->windows[i];
		a->windows[a->window_count].steps =
			(uint16_t)(a->windows[a->window_count].steps << shift);
		a->window_count++;
	}
	for (size_t i = 0; i < b->unless_count; i++)
		a->unless[a->unless_count++] = b->unless[i];
	return 0;
}

static int expand_both(struct expansion *expansion, const struct node *node,
		       struct draft_list *list)
{
	struct draft_list left = { 0 }, right = { 0 };
	int result;

	if ((result = expand(expansion, node->left, NULL, &left)) < 0 ||
	    (result = expand(expansion, node->right, NULL, &right)) < 0)
		return result;
	if (left.count * right.count > PROGRAM_ALTERNATIVES)
		return too_many(expansion, node, "alternatives", PROGRAM_ALTERNATIVES);
	list->count = 0;
	list->drafts = new_drafts(expansion, left.count * right.count);
	if (!list->drafts)
		return ERROR_LIMIT;
	for (size_t i = 0; i < left.count; i++)
		for (size_t j = 0; j < right.count; j++) {
			struct draft *draft = &list->drafts[list->count++];
			*draft = left.drafts[i];
			if ((result = append(expansion, node, draft, &right.drafts[j])) < 0)
				return result;
		}
	return 0;
}

static int expand_count(struct expansion *expansion, const struct node *node, const char *label,
			struct draft_list *list)
{
	int result = expand(expansion, node->left, NULL, list);
	if (result < 0)
		return result;
	if (!is_plain(list))
		return syntax_error(expansion->syntax, &node->left->place,
				    "'at least' counts single events (joined by 'or'), not "
				    "sequences, counts or guarded conditions");
	struct draft_step *step = &list->drafts->steps[0];
	step->count = node;
	if (label)
		step->label = label;
	return 0;
}

static int expand_within(struct expansion *expansion, const struct node *node, const char *label,
			 struct draft_list *list)
{
	int result = expand(expansion, node->left, label, list);

	for (size_t i = 0; result >= 0 && i < list->count; i++) {
		struct draft *draft = &list->drafts[i];
		if (draft->step_count == 1 && draft->steps[0].count) {
			draft->steps[0].window = node->number;
			continue;
		}
		if (draft->step_count == 1)
			return syntax_error(
				expansion->syntax, &node->place,
				"'within' follows a count or a sequence in parentheses");
		if (draft->window_count == PROGRAM_WINDOWS)
			return too_many(expansion, node, "'within'", PROGRAM_WINDOWS);
		draft->windows[draft->window_count++] =
			(struct window){ .steps = (uint16_t)((1u << draft->step_count) - 1),
					 .instructions = node->number };
	}
	return result;
}

static int expand_unless(struct expansion *expansion, const struct node *node, const char *label,
			 struct draft_list *list)
{
	struct draft_list guard = { 0 };
	int result;

	if ((result = expand(expansion, node->left, label, list)) < 0 ||
	    (result = expand(expansion, node->right, NULL, &guard)) < 0)
		return result;
	if (!is_plain(&guard))
		return syntax_error(expansion->syntax, &node->right->place,
				    "'unless' is followed by single events (joined by 'or' in "
				    "parentheses)");
	for (size_t i = 0; i < list->count; i++) {
		struct draft *draft = &list->drafts[i];
		for (size_t j = 0; j < guard.drafts->steps[0].event_count; j++) {
			if (draft->unless_count == EXPAND_UNLESS)
				return too_many(expansion, node, "'unless'", EXPAND_UNLESS);
			draft->unless[draft->unless_count++] = guard.drafts->steps[0].events[j];
		}
	}
	return 0;
}

static int expand(struct expansion *expansion, const struct node *node, const char *label,
		  struct draft_list *list)
{
	const char *name = label ? label : node->label;
	int result = ERROR_INTERNAL;

	*list = (struct draft_list){ 0 };
	if (++expansion->nodes > EXPAND_NODES || ++expansion->depth > EXPAND_DEPTH)
		return syntax_error(expansion->syntax, &node->place,
				    "the definitions that are used here grow too large");
	if (name && (node->kind == NODE_THEN || node->kind == NODE_AND))
		return syntax_error(
			expansion->syntax, &node->place,
			"the label '%.60s' stands before a sequence, expected it before "
			"one event",
			name);
	switch (node->kind) {
	case NODE_EVENT: result = expand_event(expansion, node, name, list); break;
	case NODE_NAME: result = expand_name(expansion, node, name, list); break;
	case NODE_OR: result = expand_or(expansion, node, name, list); break;
	case NODE_AND:
	case NODE_THEN: result = expand_both(expansion, node, list); break;
	case NODE_COUNT: result = expand_count(expansion, node, name, list); break;
	case NODE_WITHIN: result = expand_within(expansion, node, name, list); break;
	case NODE_UNLESS: result = expand_unless(expansion, node, name, list); break;
	}
	expansion->depth--;
	return result;
}

int expand_condition(const struct syntax *syntax, const struct node *node, struct draft_list *list)
{
	struct expansion expansion = { .syntax = syntax };
	return expand(&expansion, node, NULL, list);
}
