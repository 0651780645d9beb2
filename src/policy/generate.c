#include "policy/generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/generate_test.h"

/* Arrays double in size whenever their count is a power of two. */
void *generate_grow(void *array, size_t count, size_t size)
{
	if (count == 0)
		return realloc(array, size);
	return count & (count - 1) ? array : realloc(array, 2 * count * size);
}

int generate_field(const struct syntax *syntax, enum trace_kind kind, const char *name,
		   const struct place *place)
{
	static const char *const common[] = { "time", "process", "caller" };
	const char *names[TRACE_FIELDS + 4];
	char hint[100];
	size_t count = 0;

	int field = trace_field_find(kind, name);
	if (field >= 0)
		return field;
	for (int i = 0; i < 3; i++)
		if (strcmp(name, common[i]) == 0)
			return FIELD_TIME + i;
	for (unsigned i = 0; trace_field_name(kind, i); i++)
		names[count++] = trace_field_name(kind, i);
	for (int i = 0; i < 3; i++)
		names[count++] = common[i];
	names[count] = NULL;
	return syntax_error(syntax, place, "event '%s' has no field '%.60s'%s",
			    trace_kind_name(kind), name,
			    syntax_suggest(name, names, hint, sizeof hint));
}

static void begin_pattern(struct pattern *pattern, const struct node *event)
{
	pattern->kind = event->event;
	memset(pattern->capture, -1, sizeof pattern->capture);
	memset(pattern->per, -1, sizeof pattern->per);
	pattern->distinct = -1;
}

static int generate_count(const struct syntax *syntax, const struct node *count,
			  struct pattern *pattern)
{
	if (count->distinct) {
		int field = generate_field(syntax, pattern->kind, count->distinct,
					   &count->distinct_place);
		if (field < 0)
			return field;
		pattern->distinct = (int16_t)field;
	}
	for (unsigned i = 0; i < count->per_count; i++) {
		int field =
			generate_field(syntax, pattern->kind, count->per[i], &count->per_places[i]);
		if (field < 0)
			return field;
		pattern->per[i] = (int16_t)field;
	}
	return 0;
}

/* Patterns first and code after them, as code of later steps asks earlier ones to keep values. */
static int generate_steps(const struct syntax *syntax, const struct draft *draft,
			  struct alternative *alternative, struct policy_set *set)
{
	for (size_t i = 0; i < draft->step_count; i++) {
		const struct draft_step *from = &draft->steps[i];
		struct step *step = &alternative->steps[i];
		struct pattern *patterns =
			arena_take(set->arena, from->event_count * sizeof *patterns);
		if (!patterns)
			return syntax_no_memory(syntax);
		step->patterns = patterns;
		step->pattern_count = from->event_count;
		step->requires = from->requires;
		step->at_least = from->count ? (uint32_t)from->count->number : 1;
		step->distinct = from->count && from->count->distinct;
		step->per_count = from->count ? (uint8_t)from->count->per_count : 0;
		step->window = from->window;
		if (step->at_least > 1)
			step->counter = set->counter_count++;
		for (size_t j = 0; j < from->event_count; j++) {
			begin_pattern(&patterns[j], from->events[j]);
			int result =
				from->count ? generate_count(syntax, from->count, &patterns[j]) : 0;
			if (result < 0)
				return result;
		}
	}
	return 0;
}

static int generate_unless(const struct syntax *syntax, const struct draft *draft,
			   struct alternative *alternative, struct policy_set *set)
{
	struct pattern *patterns = NULL;

	if (draft->unless_count) {
		patterns = arena_take(set->arena, draft->unless_count * sizeof *patterns);
		if (!patterns)
			return syntax_no_memory(syntax);
	}
	for (size_t i = 0; i < draft->unless_count; i++)
		begin_pattern(&patterns[i], draft->unless[i]);
	alternative->unless = patterns;
	alternative->unless_count = draft->unless_count;
	return 0;
}

static int generate_code(const struct syntax *syntax, const struct draft *draft,
			 struct alternative *alternative, struct policy_set *set)
{
	struct generator generator = {
		.syntax = syntax, .set = set, .draft = draft, .alternative = alternative
	};
	int result = 0;

	for (size_t i = 0; result >= 0 && i < draft->step_count; i++) {
		generator.visible = draft->steps[i].requires;
		for (size_t j = 0; result >= 0 && j < draft->steps[i].event_count; j++) {
			generator.pattern =
				(struct pattern *)(uintptr_t)&alternative->steps[i].patterns[j];
			result = generate_test(&generator, draft->steps[i].events[j]->test);
		}
	}
	generator.visible = (uint16_t)((1u << draft->step_count) - 1);
	for (size_t i = 0; result >= 0 && i < draft->unless_count; i++) {
		generator.pattern = (struct pattern *)(uintptr_t)&alternative->unless[i];
		result = generate_test(&generator, draft->unless[i]->test);
	}
	return result;
}

static int generate_alternative(const struct syntax *syntax, const struct draft *draft,
				struct policy_set *set)
{
	struct alternative *all =
		generate_grow(set->alternatives, set->alternative_count, sizeof *all);
	if (!all)
		return syntax_no_memory(syntax);
	set->alternatives = all;
	struct alternative *alternative = &all[set->alternative_count++];
	*alternative = (struct alternative){ .rule = (uint32_t)set->rule_count - 1,
					     .step_count = draft->step_count,
					     .window_count = draft->window_count };
	memcpy(alternative->windows, draft->windows, sizeof alternative->windows);
	int result = generate_steps(syntax, draft, alternative, set);
	if (result == 0)
		result = generate_unless(syntax, draft, alternative, set);
	if (result == 0)
		result = generate_code(syntax, draft, alternative, set);
	return result;
}

int generate_policy(const struct syntax *syntax, const struct policy_text *policy,
		    const struct draft_list *drafts, struct policy_set *set)
{
	struct rule *rules = generate_grow(set->rules, set->rule_count, sizeof *rules);
	if (!rules)
		return syntax_no_memory(syntax);
	set->rules = rules;
	const char *reference = policy->reference ? policy->reference : "";
	struct rule *rule = &rules[set->rule_count++];
	*rule = (struct rule){ .name = arena_copy(set->arena, bytes_of(policy->name)),
			       .title = arena_copy(set->arena, bytes_of(policy->title)),
			       .reference = arena_copy(set->arena, bytes_of(reference)),
			       .severity = policy->severity };
	if (!rule->name || !rule->title || !rule->reference)
		return syntax_no_memory(syntax);
	int result = 0;
	for (size_t i = 0; result == 0 && i < drafts->count; i++)
		result = generate_alternative(syntax, &drafts->drafts[i], set);
	return result;
}

static int add_interest(struct policy_set *set, enum trace_kind kind, struct interest interest)
{
	struct interest *entries =
		generate_grow(set->index[kind].entries, set->index[kind].count, sizeof *entries);
	if (!entries)
		return ERROR_MEMORY;
	set->index[kind].entries = entries;
	entries[set->index[kind].count++] = interest;
	return 0;
}

/* Guards come first: an event that is forbidden by "unless" forbids before it can complete a match.
 * Then later steps before earlier ones, so that one event never serves as two steps of the same
 * match. */
int generate_index(const struct syntax *syntax, struct policy_set *set)
{
	int result = 0;

	for (uint32_t a = 0; a < set->alternative_count; a++) {
		const struct alternative *alternative = &set->alternatives[a];
		uint16_t guard = (uint16_t)alternative->step_count;
		for (uint16_t p = 0; p < alternative->unless_count; p++)
			result |= add_interest(set, alternative->unless[p].kind,
					       (struct interest){ a, guard, p });
		for (uint16_t s = guard; s-- > 0;)
			for (uint16_t p = 0; p < alternative->steps[s].pattern_count; p++)
				result |= add_interest(set, alternative->steps[s].patterns[p].kind,
						       (struct interest){ a, s, p });
	}
	return result ? syntax_no_memory(syntax) : 0;
}
