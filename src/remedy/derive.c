/* From behaviours to candidate countermeasures: an entry of the knowledge meets a behaviour that it
 * answers and that brings what the entry needs. One candidate per entry and distinct set of
 * parameters, however many behaviours ask for it. */
#include <stdlib.h>
#include <string.h>

#include "remedy/format.h"
#include "remedy/profile.h"
#include "remedy/render.h"

#define CANDIDATE_MEMORY (16u << 20)
#define RULE_SIZE	 (64u << 10)
#define WHY_SIZE	 600

struct derivation {
	const struct remedy_knowledge *knowledge;
	const struct remedy_profile *profile; /* NULL: nothing is estimated */
	const json_t *behaviours;
	struct remedy_candidates *candidates;
	const struct remedy_entry *entry;
	size_t first; /* candidates of this entry begin here */
	char *keys[REMEDY_CANDIDATES];
	struct error *error;
};

const char *remedy_place_name(enum remedy_place place)
{
	static const char *const names[] = { "host", "subnet", "provider", "border" };
	return names[place];
}

const char *remedy_effect_name(enum remedy_effect effect)
{
	static const char *const names[] = {
		"filter", "patch", "rate", "control", "clean", "block"
	};
	return names[effect];
}

const char *remedy_device_name(enum remedy_device device)
{
	static const char *const names[] = {
#define DEVICE_NAME(id, name, meaning) name,
		REMEDY_DEVICES(DEVICE_NAME)
#undef DEVICE_NAME
	};
	return names[device];
}

static int no_memory(const struct derivation *derivation)
{
	return error_set(derivation->error, ERROR_LIMIT, NULL,
			 "candidate countermeasures need more than %u MiB", CANDIDATE_MEMORY >> 20);
}

static char *keep(const struct derivation *derivation, const char *text)
{
	return arena_copy(derivation->candidates->arena, bytes_of(text));
}

static bool is_excepted(const struct remedy_need *need, const char *text)
{
	for (unsigned i = 0; i < need->except_count; i++)
		if (strcasecmp(need->except[i], text) == 0)
			return true;
	return false;
}

static bool bind(const struct derivation *derivation, const struct remedy_answer *answer,
		 const json_t *behaviour, struct render_values *values)
{
	const json_t *parameters = json_object_get(behaviour, "parameters");

	values->knowledge = derivation->knowledge;
	values->count = 0;
	for (unsigned i = 0; i < answer->needs_count; i++) {
		const struct remedy_need *need = &answer->needs[i];
		struct render_binding *binding = &values->bindings[values->count++];
		binding->name = need->parameter;
		binding->type = (enum parameter_type)parameter_type_find(need->type);
		if (!parameter_from_json(binding->type,
					 json_object_get(parameters, need->parameter),
					 binding->text) ||
		    is_excepted(need, binding->text))
			return false;
	}
	return true;
}

static char *key_of(const struct derivation *derivation, const struct render_values *values)
{
	struct buffer buffer;

	buffer_init(&buffer, RULE_SIZE);
	for (size_t i = 0; i < values->count; i++)
		buffer_printf(&buffer, "%s=%s\n", values->bindings[i].name,
			      values->bindings[i].text);
	char *key = keep(derivation, buffer_text(&buffer));
	buffer_fini(&buffer);
	return key;
}

/* Suricata leaves 1,000,000 to 1,999,999 to local rules. 32-bit FNV-1a over name and parameters. */
static unsigned rule_number(const struct remedy_entry *entry, const char *key)
{
	uint32_t hash = 2166136261u;

	for (const char *c = entry->name; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 16777619u;
	for (const char *c = key; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 16777619u;
	return 1000000 + hash % 1000000;
}

static char *rendered(const struct derivation *derivation, const char *template, int format,
		      const struct render_values *values)
{
	struct buffer buffer;
	char *text = NULL;

	buffer_init(&buffer, RULE_SIZE);
	if (render_rule(template, format, values, &buffer))
		text = keep(derivation, buffer_text(&buffer));
	buffer_fini(&buffer);
	return text;
}

/* A sentence for people; `otherwise` when there is none or when a value in it is not known. */
static char *sentence(const struct derivation *derivation, const char *template,
		      const char *otherwise, const struct render_values *values)
{
	char *text = template ? rendered(derivation, template, format_find("text"), values) : NULL;
	return text ? text : keep(derivation, otherwise);
}

static char *why_of(const struct derivation *derivation, const json_t *behaviour,
		    const struct render_values *values)
{
	struct buffer buffer;

	buffer_init(&buffer, WHY_SIZE);
	const char *title = json_string_value(json_object_get(behaviour, "title"));
	const char *source = json_string_value(json_object_get(behaviour, "source"));
	buffer_append_text(&buffer, title ? title : "");
	for (size_t i = 0; i < values->count; i++)
		buffer_printf(&buffer, "%s %s %.80s", i ? "," : ":", values->bindings[i].name,
			      values->bindings[i].text);
	buffer_printf(&buffer, " (%.80s)", source ? source : "?");
	char *why = keep(derivation, buffer_text(&buffer));
	buffer_fini(&buffer);
	return why;
}

static char *joined(const struct derivation *derivation, char **words, unsigned count)
{
	struct buffer buffer;

	buffer_init(&buffer, WHY_SIZE);
	for (unsigned i = 0; i < count; i++)
		buffer_printf(&buffer, "%s%s", i ? ", " : "", words[i]);
	char *text = keep(derivation, buffer_text(&buffer));
	buffer_fini(&buffer);
	return text;
}

/* The scan rate that behaviours tell for a port; 0: not known. */
static double scan_rate(const json_t *behaviours, const struct render_values *values)
{
	const struct render_binding *port = render_binding(values, "port");
	size_t index;
	json_t *each;

	json_array_foreach((json_t *)(uintptr_t)behaviours, index, each)
	{
		const json_t *parameters = json_object_get(each, "parameters");
		const char *name = json_string_value(json_object_get(each, "name"));
		char text[PARAMETER_SIZE];
		if (name && strcmp(name, "scan") == 0 && port &&
		    parameter_from_json(PARAMETER_PORT, json_object_get(parameters, "port"),
					text) &&
		    strcmp(text, port->text) == 0)
			return json_number_value(json_object_get(parameters, "rate"));
	}
	return 0;
}

static double pass_of(const struct derivation *derivation, const struct render_values *values)
{
	const struct remedy_entry *entry = derivation->entry;
	double rate = entry->rate_limit > 0 ? scan_rate(derivation->behaviours, values) : 0;

	if (rate <= 0)
		return entry->pass;
	return entry->rate_limit < rate ? entry->rate_limit / rate : 1;
}

/* The same remedy is asked for by one more behaviour. */
static int add_reason(struct derivation *derivation, size_t index, const char *why)
{
	struct remedy_candidate *candidate = &derivation->candidates->items[index];
	struct buffer buffer;

	if (strstr(candidate->why, why))
		return 0;
	buffer_init(&buffer, WHY_SIZE);
	int result = buffer_printf(&buffer, "%s; %s", candidate->why, why);
	if (result == 0) {
		candidate->why = keep(derivation, buffer_text(&buffer));
		result = candidate->why ? 0 : no_memory(derivation);
	} else {
		result = 0; /* enough reasons */
	}
	buffer_fini(&buffer);
	return result;
}

static const char *bound(const struct render_values *values, const char *parameter)
{
	const struct render_binding *binding = parameter ? render_binding(values, parameter) : NULL;
	return binding ? binding->text : NULL;
}

static struct packet_filter filter_of(const struct remedy_entry *entry,
				      const struct render_values *values)
{
	struct packet_filter filter = {
		.per_second = entry->effect == REMEDY_RATE ? entry->rate_limit : 0,
		.device = entry->device,
		.what = entry->name,
		.number = values->number,
	};

	for (; filter.count < entry->filters_count; filter.count++) {
		const struct remedy_filter_line *line = &entry->filters[filter.count];
		filter.lines[filter.count] =
			(struct filter_line){ .proto = bound(values, line->proto),
					      .port = bound(values, line->port),
					      .to = bound(values, line->to),
					      .from = bound(values, line->from),
					      .fresh = line->fresh };
	}
	return filter;
}

static char *filter_text(const struct derivation *derivation, const struct format *format,
			 const struct packet_filter *filter)
{
	struct buffer buffer;
	char *text = NULL;

	buffer_init(&buffer, RULE_SIZE);
	if (format->filter(&buffer, filter) && !buffer_failed(&buffer))
		text = keep(derivation, buffer_text(&buffer));
	buffer_fini(&buffer);
	return text;
}

static char *undo_text(const struct derivation *derivation, const struct format *format,
		       const struct packet_filter *filter)
{
	struct buffer buffer;
	char *text = NULL;

	buffer_init(&buffer, RULE_SIZE);
	if (format->undo(&buffer, filter) && !buffer_failed(&buffer))
		text = keep(derivation, buffer_text(&buffer));
	buffer_fini(&buffer);
	return text ? text : keep(derivation, "");
}

/* The template's own words, or those that the format knows. */
static char *undo_of_template(const struct derivation *derivation,
			      const struct remedy_template *template, int format, const char *rule,
			      const struct render_values *values)
{
	const struct format *own = format_at((size_t)format);
	struct buffer buffer;
	char *text = NULL;

	if (template->undo)
		text = rendered(derivation, template->undo, format, values);
	buffer_init(&buffer, RULE_SIZE);
	if (!text && own->undo_rule && own->undo_rule(&buffer, rule) && !buffer_failed(&buffer))
		text = keep(derivation, buffer_text(&buffer));
	buffer_fini(&buffer);
	return text ? text : keep(derivation, "");
}

static bool has_template(const struct remedy_entry *entry, const char *format)
{
	for (unsigned i = 0; i < entry->rules_count; i++)
		if (strcmp(entry->rules[i].format, format) == 0)
			return true;
	return false;
}

/* Rules from templates, then from the filter in every language that the device speaks; a template
 * goes before. */
static int render_rules(struct derivation *derivation, const struct render_values *values,
			struct remedy_candidate *candidate)
{
	const struct remedy_entry *entry = derivation->entry;
	struct remedy_rule *rules =
		arena_take(derivation->candidates->arena,
			   (entry->rules_count + format_count()) * sizeof *rules);

	if (!rules)
		return no_memory(derivation);
	candidate->rules = rules;
	for (unsigned i = 0; i < entry->rules_count; i++) {
		int format = format_find(entry->rules[i].format);
		char *text = rendered(derivation, entry->rules[i].text, format, values);
		if (text)
			rules[candidate->rule_count++] =
				(struct remedy_rule){ format_at((size_t)format)->about.name, text,
						      undo_of_template(derivation, &entry->rules[i],
								       format, text, values) };
	}
	struct packet_filter filter = filter_of(entry, values);
	for (size_t i = 0; filter.count && i < format_count(); i++) {
		const struct format *format = format_at(i);
		if (!format->filter || !(format->devices >> entry->device & 1) ||
		    has_template(entry, format->about.name))
			continue;
		char *text = filter_text(derivation, format, &filter);
		if (text)
			rules[candidate->rule_count++] =
				(struct remedy_rule){ format->about.name, text,
						      undo_text(derivation, format, &filter) };
	}
	return 0;
}

/* What the packet filter would cost the profile's flows. */
static void estimate(const struct derivation *derivation, const struct render_values *values,
		     struct remedy_candidate *candidate)
{
	struct packet_filter filter = filter_of(derivation->entry, values);

	candidate->collateral_basis = "";
	if (derivation->profile &&
	    profile_share(derivation->profile, &filter, &candidate->collateral_share))
		candidate->collateral_basis = keep(derivation, profile_basis(derivation->profile));
}

static int make(struct derivation *derivation, const json_t *behaviour,
		const struct render_values *values, char *key)
{
	struct remedy_candidates *candidates = derivation->candidates;
	const struct remedy_entry *entry = derivation->entry;
	struct remedy_candidate made = { .effect = entry->effect,
					 .place = entry->place,
					 .device = entry->device,
					 .pass = pass_of(derivation, values),
					 .share = entry->share,
					 .delay_seconds = entry->delay };

	if (candidates->count == REMEDY_CANDIDATES) {
		candidates->dropped++;
		return 0;
	}
	int result = render_rules(derivation, values, &made);
	if (result < 0 || made.rule_count == 0)
		return result; /* nothing of it can be said safely: no candidate */
	made.name = keep(derivation, entry->name);
	made.title = sentence(derivation, entry->title, entry->name, values);
	made.why = why_of(derivation, behaviour, values);
	made.collateral = sentence(derivation, entry->collateral, "", values);
	made.undo = sentence(derivation, entry->undo, "", values);
	made.limits = sentence(derivation, entry->limits, "", values);
	estimate(derivation, values, &made);
	made.attack = joined(derivation, entry->attack, entry->attack_count);
	made.defend = joined(derivation, entry->defend, entry->defend_count);
	if (!made.name || !made.title || !made.why || !made.collateral || !made.undo ||
	    !made.limits || !made.collateral_basis || !made.attack || !made.defend)
		return no_memory(derivation);
	derivation->keys[candidates->count] = key;
	candidates->items[candidates->count++] = made;
	return 0;
}

static int meet(struct derivation *derivation, const struct remedy_answer *answer,
		const json_t *behaviour)
{
	struct render_values values;
	const char *name = json_string_value(json_object_get(behaviour, "name"));

	if (!name || strcmp(name, answer->behaviour) != 0 ||
	    !bind(derivation, answer, behaviour, &values))
		return 0;
	char *key = key_of(derivation, &values);
	char *why = why_of(derivation, behaviour, &values);
	if (!key || !why)
		return no_memory(derivation);
	values.number = rule_number(derivation->entry, key);
	for (size_t i = derivation->first; i < derivation->candidates->count; i++)
		if (derivation->keys[i] && strcmp(derivation->keys[i], key) == 0)
			return add_reason(derivation, i, why);
	return make(derivation, behaviour, &values, key);
}

static int derive_entry(struct derivation *derivation)
{
	const struct remedy_entry *entry = derivation->entry;
	size_t index;
	json_t *behaviour;

	derivation->first = derivation->candidates->count;
	json_array_foreach((json_t *)(uintptr_t)derivation->behaviours, index, behaviour)
	{
		for (unsigned i = 0; i < entry->answers_count; i++) {
			int result = meet(derivation, &entry->answers[i], behaviour);
			if (result < 0)
				return result;
		}
	}
	return 0;
}

int remedy_derive(const struct remedy_knowledge *knowledge, const json_t *behaviours,
		  struct remedy_candidates *candidates, struct error *error)
{
	return remedy_derive_beside(knowledge, NULL, behaviours, candidates, error);
}

int remedy_derive_beside(const struct remedy_knowledge *knowledge,
			 const struct remedy_profile *profile, const json_t *behaviours,
			 struct remedy_candidates *candidates, struct error *error)
{
	struct derivation *derivation = calloc(1, sizeof *derivation);
	int result = 0;

	*candidates = (struct remedy_candidates){ .arena = arena_new(CANDIDATE_MEMORY) };
	if (candidates->arena)
		candidates->items = arena_take(candidates->arena,
					       REMEDY_CANDIDATES * sizeof *candidates->items);
	if (!derivation || !candidates->items) {
		result = error_set(error, ERROR_MEMORY, NULL, "no memory for countermeasures");
	} else {
		*derivation = (struct derivation){ .knowledge = knowledge,
						   .profile = profile,
						   .behaviours = behaviours,
						   .candidates = candidates,
						   .error = error };
		for (size_t i = 0; result == 0 && i < knowledge->entry_count; i++) {
			derivation->entry = knowledge->entries[i];
			result = derive_entry(derivation);
		}
	}
	free(derivation);
	if (result < 0)
		remedy_candidates_fini(candidates);
	return result;
}

void remedy_candidates_fini(struct remedy_candidates *candidates)
{
	arena_free(candidates->arena);
	*candidates = (struct remedy_candidates){ .count = 0 };
}
