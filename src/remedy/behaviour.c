/* Behaviours from traces: every pattern looks at every event of its kind; the values that it takes
 * make an instance, and events that give the same values are the same instance. Every instance is
 * counted, for the one that comes often enough may begin behind thousands that do not; at most
 * BEHAVIOUR_LIMIT of them are told per pattern and source, and one record more tells how many
 * events the others had. */
#include <stdlib.h>
#include <string.h>

#include "remedy/extract.h"
#include "remedy/knowledge.h"

#define BEHAVIOUR_LIMIT	   64
#define BEHAVIOUR_EVIDENCE 8

struct instance {
	json_t *parameters;
	size_t evidence[BEHAVIOUR_EVIDENCE]; /* places of its first events in the trace */
	uint64_t events;
};

struct collection {
	const struct behaviour_pattern *pattern;
	const struct trace_log *trace;
	struct instance *instances; /* in the order of their first events, no more than events */
	size_t count, room;
	json_t *places; /* canonical text of the parameters → place among the instances */
};

/* --- conditions --- */

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* `*` and `?`, letters without regard to case; one point of return, so text × pattern steps at
 * most. */
static bool like(const char *text, const char *pattern)
{
	const char *star = NULL, *again = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			again = text;
		} else if (*pattern && (*pattern == '?' || fold(*pattern) == fold(*text))) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++again;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static const char *text_of(const struct trace_value *value, char spelled[24])
{
	if (value->text)
		return value->text;
	snprintf(spelled, 24, "%llu", (unsigned long long)value->number);
	return spelled;
}

static bool like_any(const char *text, char **patterns, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (like(text, patterns[i]))
			return true;
	return false;
}

static bool condition_holds(const struct behaviour_condition *condition,
			    const struct trace_event *event)
{
	char spelled[24], number[PARAMETER_SIZE];
	int field = trace_field_find(event->kind, condition->field);
	const char *text = text_of(&event->values[field], spelled);

	if (condition->any_count && !like_any(text, condition->any, condition->any_count))
		return false;
	if (like_any(text, condition->none, condition->none_count))
		return false;
	if (!condition->from && !condition->to)
		return true;
	if (!parameter_canonical(PARAMETER_NUMBER, text, number))
		return false;
	uint64_t value = strtoull(number, NULL, 10);
	return (!condition->from || value >= *condition->from) &&
	       (!condition->to || value <= *condition->to);
}

/* --- parameters --- */

static json_t *value_json(enum parameter_type type, const char *text)
{
	if (type == PARAMETER_PORT || type == PARAMETER_NUMBER)
		return json_integer((json_int_t)strtoull(text, NULL, 10));
	return json_string(text);
}

static bool take_field(const struct behaviour_take *take, const char *text, json_t *parameters)
{
	char canonical[PARAMETER_SIZE];
	int type = take->type ? parameter_type_find(take->type) : PARAMETER_TEXT;

	if (!parameter_canonical((enum parameter_type)type, text, canonical))
		return false;
	return json_object_set_new(parameters, take->parameter,
				   value_json((enum parameter_type)type, canonical)) == 0;
}

static bool take_found(const struct behaviour_take *take, const char *text, json_t *parameters)
{
	struct extract_value values[EXTRACT_NAMES];
	uint8_t raw[EXTRACT_TEXT];
	struct bytes bytes = bytes_slice(bytes_of(text), 0, EXTRACT_TEXT);
	bool matched;

	if (strcmp(take->field, "data") == 0)
		bytes = (struct bytes){ raw, extract_unescape(text, raw, sizeof raw) };
	size_t count = extract_find(take->find, bytes, values, &matched);
	for (size_t i = 0; i < count; i++)
		json_object_set_new(parameters, values[i].name,
				    value_json(values[i].type, values[i].text));
	return matched;
}

static json_t *take_parameters(const struct behaviour_pattern *pattern,
			       const struct trace_event *event)
{
	json_t *parameters = json_object();
	char spelled[24];

	for (unsigned i = 0; i < pattern->set_count; i++)
		json_object_set_new(parameters, pattern->set[i].parameter,
				    json_string(pattern->set[i].value));
	for (unsigned i = 0; i < pattern->take_count; i++) {
		const struct behaviour_take *take = &pattern->take[i];
		int field = trace_field_find(event->kind, take->field);
		const char *text = text_of(&event->values[field], spelled);
		bool taken = take->find ? take_found(take, text, parameters)
					: take_field(take, text, parameters);
		if (!taken && !take->optional) {
			json_decref(parameters);
			return NULL;
		}
	}
	return parameters;
}

/* An address that was reached by a name is known by the name: what a DNS sinkhole can answer. The
 * address goes, for it is the resolver's answer of that moment, and in a simulation an invented
 * one: no rule may name it. */
static void prefer_host(const struct trace_log *trace, json_t *parameters)
{
	const char *address = json_string_value(json_object_get(parameters, "address"));
	char host[PARAMETER_SIZE];

	if (!address || json_object_get(parameters, "host"))
		return;
	for (size_t i = 0; i < trace_log_count(trace); i++) {
		const struct trace_event *event = trace_log_event(trace, i);
		if (event->kind != TRACE_NET_RESOLVE || !event->values[0].text ||
		    !event->values[1].text || strcmp(event->values[1].text, address) != 0 ||
		    !parameter_canonical(PARAMETER_HOST, event->values[0].text, host))
			continue;
		json_object_set_new(parameters, "host", json_string(host));
		json_object_del(parameters, "address");
		return;
	}
}

/* --- instances --- */

static json_t *evidence_line(const struct trace_event *event)
{
	json_t *object = trace_event_json(event);
	struct buffer buffer;

	buffer_init(&buffer, 8192);
	buffer_append_text(&buffer, trace_kind_name(event->kind));
	for (unsigned i = 0; object && trace_field_name(event->kind, i); i++) {
		const char *name = trace_field_name(event->kind, i);
		const json_t *value = json_object_get(object, name);
		if (json_is_string(value))
			buffer_printf(&buffer, " %s=%.400s", name, json_string_value(value));
		else
			buffer_printf(&buffer, " %s=%lld", name,
				      (long long)json_integer_value(value));
	}
	/* A cut inside a UTF-8 sequence would make the line unfit for JSON: then it is left out
	 * whole. */
	json_t *line = json_string(buffer_text(&buffer));
	buffer_fini(&buffer);
	json_decref(object);
	return line ? line : json_string(trace_kind_name(event->kind));
}

static struct instance *new_instance(struct collection *collection)
{
	if (collection->count == collection->room) {
		size_t room = collection->room ? 2 * collection->room : 16;
		struct instance *grown =
			realloc(collection->instances, room * sizeof *collection->instances);
		if (!grown)
			return NULL;
		collection->instances = grown;
		collection->room = room;
	}
	return &collection->instances[collection->count];
}

/* Takes the parameters. NULL: no memory. */
static struct instance *find_instance(struct collection *collection, json_t *parameters)
{
	char *key = json_dumps(parameters, JSON_COMPACT | JSON_SORT_KEYS);
	const json_t *place = key ? json_object_get(collection->places, key) : NULL;
	struct instance *instance = NULL;

	if (place) {
		instance = &collection->instances[json_integer_value(place)];
	} else if (key && (instance = new_instance(collection)) &&
		   json_object_set_new(collection->places, key,
				       json_integer((json_int_t)collection->count)) == 0) {
		*instance = (struct instance){ .parameters = json_incref(parameters) };
		collection->count++;
	} else {
		instance = NULL;
	}
	free(key);
	json_decref(parameters);
	return instance;
}

/* Returns false when there is no memory. */
static bool look_at(struct collection *collection, size_t at)
{
	const struct behaviour_pattern *pattern = collection->pattern;
	const struct trace_event *event = trace_log_event(collection->trace, at);

	for (unsigned i = 0; i < pattern->where_count; i++)
		if (!condition_holds(&pattern->where[i], event))
			return true;
	json_t *parameters = take_parameters(pattern, event);
	if (!parameters)
		return true;
	struct instance *instance = find_instance(collection, parameters);
	if (!instance)
		return false;
	if (instance->events < BEHAVIOUR_EVIDENCE)
		instance->evidence[instance->events] = at;
	instance->events++;
	return true;
}

static json_t *behaviour_json(const char *name, const char *title, const char *source,
			      char *const *attack, unsigned attack_count, json_t *parameters,
			      json_t *evidence)
{
	json_t *techniques = json_array();

	for (unsigned i = 0; i < attack_count; i++)
		json_array_append_new(techniques, json_string(attack[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "type", "behaviour", "name", name,
			 "title", title, "source", source, "attack", techniques, "parameters",
			 parameters, "evidence", evidence);
}

/* Two patterns may see the same thing: then the first one's record stands, with the evidence of
 * both. */
static void add_behaviour(json_t *behaviours, json_t *made)
{
	size_t index;
	json_t *other;

	json_array_foreach(behaviours, index, other)
	{
		if (!json_equal(json_object_get(other, "name"), json_object_get(made, "name")) ||
		    !json_equal(json_object_get(other, "source"),
				json_object_get(made, "source")) ||
		    !json_equal(json_object_get(other, "parameters"),
				json_object_get(made, "parameters")))
			continue;
		json_t *lines = json_object_get(other, "evidence");
		if (json_array_size(lines) < BEHAVIOUR_EVIDENCE)
			json_array_extend(lines, json_object_get(made, "evidence"));
		json_decref(made);
		return;
	}
	json_array_append_new(behaviours, made);
}

static json_t *evidence_of(const struct collection *collection, const struct instance *instance)
{
	json_t *lines = json_array();

	for (size_t i = 0; i < instance->events && i < BEHAVIOUR_EVIDENCE; i++)
		json_array_append_new(lines, evidence_line(trace_log_event(collection->trace,
									   instance->evidence[i])));
	return lines;
}

static void hand_over(struct collection *collection, const char *source, json_t *behaviours)
{
	const struct behaviour_pattern *pattern = collection->pattern;
	uint64_t not_shown = 0;
	size_t shown = 0;

	for (size_t i = 0; i < collection->count; i++) {
		struct instance *instance = &collection->instances[i];
		if (instance->events < pattern->at_least)
			continue;
		if (shown == BEHAVIOUR_LIMIT) {
			not_shown += instance->events;
			continue;
		}
		shown++;
		if (pattern->count)
			json_object_set_new(instance->parameters, pattern->count,
					    json_integer((json_int_t)instance->events));
		prefer_host(collection->trace, instance->parameters);
		add_behaviour(behaviours, behaviour_json(pattern->name, pattern->title, source,
							 pattern->attack, pattern->attack_count,
							 json_incref(instance->parameters),
							 evidence_of(collection, instance)));
	}
	if (not_shown)
		add_behaviour(behaviours,
			      behaviour_json(pattern->name, pattern->title, source, pattern->attack,
					     pattern->attack_count,
					     json_pack("{s:I}", "not_shown", (json_int_t)not_shown),
					     json_array()));
}

/* Everything that one pattern sees in one trace. Returns false when there is no memory. */
static bool collect_pattern(const struct behaviour_pattern *pattern, const struct trace_log *trace,
			    const char *source, json_t *behaviours)
{
	struct collection collection = { .pattern = pattern,
					 .trace = trace,
					 .places = json_object() };
	bool good = collection.places;

	for (size_t i = 0; good && i < trace_log_count(trace); i++)
		if (trace_log_event(trace, i)->kind == pattern->kind)
			good = look_at(&collection, i);
	if (good)
		hand_over(&collection, source, behaviours);
	for (size_t i = 0; i < collection.count; i++)
		json_decref(collection.instances[i].parameters);
	free(collection.instances);
	json_decref(collection.places);
	return good;
}

static void add_scan(const struct trace_log *trace, const char *source, json_t *behaviours)
{
	json_t *scan = remedy_scan_pattern(trace, trace_log_self(trace));
	json_t *evidence = json_array();

	if (!scan) {
		json_decref(evidence);
		return;
	}
	json_object_del(scan, "histogram");
	for (size_t i = 0; i < trace_log_count(trace); i++) {
		const struct trace_event *event = trace_log_event(trace, i);
		if (event->kind == TRACE_NET_CONNECT &&
		    json_array_size(evidence) < BEHAVIOUR_EVIDENCE)
			json_array_append_new(evidence, evidence_line(event));
	}
	char technique[] = "T1595.001", *const attack[] = { technique };
	add_behaviour(behaviours, behaviour_json("scan", "Looks for victims by itself", source,
						 attack, 1, scan, evidence));
}

static int compare_names(const void *a, const void *b)
{
	const json_t *const *left = a, *const *right = b;
	return strcmp(json_string_value(json_object_get(*left, "name")),
		      json_string_value(json_object_get(*right, "name")));
}

/* Insertion keeps the order of sources and patterns within a name (qsort would not). */
static json_t *ordered(json_t *behaviours)
{
	json_t *result = json_array();
	size_t index;
	json_t *each;

	json_array_foreach(behaviours, index, each)
	{
		size_t at = json_array_size(result);
		while (at > 0) {
			const json_t *before = json_array_get(result, at - 1);
			const json_t *made = each;
			if (compare_names(&before, &made) <= 0)
				break;
			at--;
		}
		json_array_insert(result, at, each);
	}
	json_decref(behaviours);
	return result;
}

int remedy_behaviours(const struct remedy_knowledge *knowledge,
		      const struct trace_log *const *traces, const char *const *sources,
		      size_t count, json_t **behaviours, struct error *error)
{
	json_t *found = json_array();
	bool good = found;

	*behaviours = NULL;
	for (size_t t = 0; good && t < count; t++) {
		for (size_t p = 0; good && p < knowledge->pattern_count; p++)
			good = collect_pattern(knowledge->patterns[p], traces[t], sources[t],
					       found);
		if (good)
			add_scan(traces[t], sources[t], found);
	}
	if (!good) {
		json_decref(found);
		return error_set(error, ERROR_MEMORY, NULL, "no memory for behaviours");
	}
	*behaviours = ordered(found);
	return 0;
}
