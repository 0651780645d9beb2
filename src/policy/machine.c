/* The machine that watches a trace: every event is shown to the patterns of its kind only; a
 * pattern that fits moves a match on; a match whose steps have all happened is a finding. State is
 * bounded: MATCH_LIMIT matches per alternative, COUNTER_GROUPS groups per counter; what is
 * forgotten is counted. */
#include <stdlib.h>
#include <string.h>

#include "policy/counter.h"
#include "policy/match.h"

#define DATA_SIZE     1025 /* 256 bytes as \xHH, terminated */
#define EVIDENCE_KEPT (sizeof((struct policy_finding *)0)->evidence / sizeof(char *))

struct policy_machine {
	const struct policy_set *set;
	struct match_list *lists;	 /* one per alternative */
	struct counter *counters;	 /* one per counting step */
	struct policy_finding *findings; /* one per policy; matches 0: nothing yet */
	struct operand self[SELF_END];	 /* texts owned */
	bool self_known;
	uint64_t event_number, given_up;
};

struct policy_machine *policy_machine_new(const struct policy_set *set)
{
	struct policy_machine *machine = calloc(1, sizeof *machine);

	if (!machine)
		return NULL;
	machine->set = set;
	machine->lists = calloc(set->alternative_count + 1, sizeof *machine->lists);
	machine->counters = calloc(set->counter_count + 1, sizeof *machine->counters);
	machine->findings = calloc(set->rule_count + 1, sizeof *machine->findings);
	if (!machine->lists || !machine->counters || !machine->findings) {
		policy_machine_free(machine);
		return NULL;
	}
	for (size_t i = 0; i < set->rule_count; i++) {
		const struct rule *rule = &set->rules[i];
		machine->findings[i] = (struct policy_finding){ .name = rule->name,
								.title = rule->title,
								.reference = rule->reference,
								.severity = rule->severity };
	}
	return machine;
}

void policy_machine_free(struct policy_machine *machine)
{
	if (!machine)
		return;
	for (size_t i = 0; machine->lists && i < machine->set->alternative_count; i++)
		match_list_fini(&machine->lists[i]);
	for (size_t i = 0; machine->counters && i < machine->set->counter_count; i++)
		counter_fini(&machine->counters[i]);
	for (size_t i = 0; machine->findings && i < machine->set->rule_count; i++)
		for (size_t j = 0; j < machine->findings[i].evidence_count; j++)
			free((char *)(uintptr_t)machine->findings[i].evidence[j]);
	for (int i = 0; i < SELF_END; i++)
		free((char *)(uintptr_t)machine->self[i].text);
	free(machine->lists);
	free(machine->counters);
	free(machine->findings);
	free(machine);
}

uint64_t policy_machine_given_up(const struct policy_machine *machine)
{
	return machine->given_up;
}

/* The first "self" is the program under judgement; later ones are programs that it started. */
static void learn_self(struct policy_machine *machine, const struct trace_event *event)
{
	if (machine->self_known)
		return;
	for (unsigned i = 0; i < SELF_END; i++) {
		struct operand value = operand_of(event, i);
		if (!value.text || !*value.text) {
			/* An unknown path or hash must equal nothing, not even an empty text. */
			value.text = "?";
			value.length = 1;
		}
		machine->self[i] = value;
		machine->self[i].text = strdup(value.text);
		if (!machine->self[i].text) {
			machine->given_up++;
			return;
		}
	}
	machine->self_known = true;
}

static bool fits(const struct policy_machine *machine, const struct pattern *pattern,
		 const struct match *match, const struct trace_event *event)
{
	static const struct operand nothing[PROGRAM_SLOTS];
	struct program_view view = { .set = machine->set,
				     .event = event,
				     .slots = match ? match->slots : nothing,
				     .self = machine->self };

	if (pattern->needs_self && !machine->self_known)
		return false;
	return program_test(&view, pattern);
}

static void add_evidence(struct policy_machine *machine, struct policy_finding *finding,
			 const char *line)
{
	for (size_t i = 0; i < finding->evidence_count; i++)
		if (strcmp(finding->evidence[i], line) == 0)
			return;
	if (finding->evidence_count == EVIDENCE_KEPT)
		return;
	char *copy = strdup(line);
	if (copy)
		finding->evidence[finding->evidence_count++] = copy;
	else
		machine->given_up++;
}

static void complete(struct policy_machine *machine, const struct match *base,
		     const struct match_step *step)
{
	struct policy_finding *finding = &machine->findings[step->alternative->rule];

	finding->matches++;
	if (finding->evidence_count == EVIDENCE_KEPT)
		return;
	for (size_t i = 0; base && i < PROGRAM_STEPS; i++)
		if (base->lines[i])
			add_evidence(machine, finding, base->lines[i]);
	char *line = match_line(step->event);
	if (line)
		add_evidence(machine, finding, line);
	else
		machine->given_up++;
	free(line);
}

/* Is the step's number reached with this event? */
static bool counted(struct policy_machine *machine, const struct match *base,
		    const struct match_step *at)
{
	const struct step *step = &at->alternative->steps[at->step];
	uint64_t key = base ? base->identity : 0, value = 0;

	if (step->at_least < 2)
		return true;
	for (unsigned i = 0; i < step->per_count; i++) {
		struct operand field = operand_of(at->event, (unsigned)at->pattern->per[i]);
		key = match_hash(key, match_value_hash(&field));
	}
	if (step->distinct) {
		struct operand field = operand_of(at->event, (unsigned)at->pattern->distinct);
		value = match_value_hash(&field);
	}
	return counter_add(&machine->counters[step->counter], step, key, value, at->event->time,
			   &machine->given_up);
}

/* Moves `base` (NULL: the empty match) on by this event, when it fits. */
static void advance(struct policy_machine *machine, struct match_list *list,
		    const struct match *base, const struct match_step *step)
{
	uint16_t done = (uint16_t)((base ? base->done : 0) | 1u << step->step);
	uint16_t all = (uint16_t)((1u << step->alternative->step_count) - 1);

	if (!fits(machine, step->pattern, base, step->event) || !match_in_time(base, step) ||
	    !counted(machine, base, step))
		return;
	if (done == all)
		complete(machine, base, step);
	else
		match_extend(list, base, step, &machine->given_up);
}

static void watch(struct policy_machine *machine, struct match_list *list,
		  const struct match_step *step)
{
	uint16_t requires = step->alternative->steps[step->step].requires;
	uint16_t bit = (uint16_t)(1u << step->step);
	size_t count = list->count;

	for (size_t i = 0; i < count; i++) {
		const struct match *base = list->matches[i];
		if ((base->done & requires) == requires && !(base->done & bit) &&
		    base->event != step->number)
			advance(machine, list, base, step);
	}
	if (requires == 0)
		advance(machine, list, NULL, step);
}

static void guard(struct policy_machine *machine, struct match_list *list,
		  const struct match_step *step)
{
	uint16_t needs = step->pattern->needs_steps;

	if (needs == 0 && fits(machine, step->pattern, NULL, step->event)) {
		match_list_fini(list);
		list->forbidden = true;
	}
	for (size_t i = list->count; needs && i-- > 0;)
		if ((list->matches[i]->done & needs) == needs &&
		    fits(machine, step->pattern, list->matches[i], step->event))
			match_remove(list, i);
}

/* Bytes that were written, sent or received come with what does not print as \xHH, and so with
 * every backslash as \x5c. Policies compare with paths, so backslashes become themselves again. */
static void undo_backslashes(struct trace_event *event, char plain[DATA_SIZE])
{
	int field = trace_field_find(event->kind, "data");
	const char *from = event->values[field].text;
	size_t length = 0;

	if (!from || !strstr(from, "\\x5c"))
		return;
	while (*from && length + 1 < DATA_SIZE) {
		bool escaped = strncmp(from, "\\x5c", 4) == 0;
		plain[length++] = *from;
		from += escaped ? 4 : 1;
	}
	plain[length] = 0;
	event->values[field].text = plain;
}

static void show_to_policies(struct policy_machine *machine, const struct trace_event *event)
{
	const struct policy_set *set = machine->set;

	machine->event_number++;
	if (event->kind == TRACE_SELF)
		learn_self(machine, event);
	for (size_t i = 0; i < set->index[event->kind].count; i++) {
		const struct interest *interest = &set->index[event->kind].entries[i];
		const struct alternative *alternative = &set->alternatives[interest->alternative];
		struct match_list *list = &machine->lists[interest->alternative];
		bool guards = interest->step == alternative->step_count;
		struct match_step step = { .alternative = alternative,
					   .step = interest->step,
					   .event = event,
					   .number = machine->event_number };
		if (list->forbidden)
			continue;
		step.pattern =
			guards ? &alternative->unless[interest->pattern]
			       : &alternative->steps[interest->step].patterns[interest->pattern];
		if (guards)
			guard(machine, list, &step);
		else
			watch(machine, list, &step);
	}
}

static void judge_event(void *context, const struct trace_event *event)
{
	struct trace_event copy = *event;
	char plain[DATA_SIZE];

	if (event->kind >= TRACE_KINDS)
		return;
	if (event->kind == TRACE_FILE_WRITE || event->kind == TRACE_NET_SEND ||
	    event->kind == TRACE_NET_RECEIVE)
		undo_backslashes(&copy, plain);
	show_to_policies(context, &copy);
}

struct trace_sink policy_machine_sink(struct policy_machine *machine)
{
	return (struct trace_sink){ .context = machine, .event = judge_event };
}

const struct policy_finding *policy_finding(struct policy_machine *machine, size_t index)
{
	for (int severity = POLICY_MALICIOUS; severity >= POLICY_NOTE; severity--)
		for (size_t i = 0; i < machine->set->rule_count; i++) {
			const struct policy_finding *finding = &machine->findings[i];
			if (finding->matches && (int)finding->severity == severity && index-- == 0)
				return finding;
		}
	return NULL;
}
