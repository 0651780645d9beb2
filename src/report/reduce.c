/* What a page carries of a case: everything, until a budget ends.
 *
 * Sessions are chosen by class (the story refers to them; they deviate from their protocol; the
 * rest), and what was said is given to them in the same order. Everything left out is counted, so
 * that the page can say so. */
#include "report/page.h"

#include <stdio.h>
#include <string.h>

enum class { REFERRED, DEVIATING, ORDINARY, CLASSES };

struct reduction {
	const json_t *records;
	const struct report_budget *budget;
	json_t *referred;     /* set of session ids that other records point to, as text */
	json_t *carried;      /* the records of the page */
	json_t *omitted;      /* name → number */
	size_t room[CLASSES]; /* sessions of a class that may still be carried */
	size_t said_room;     /* bytes */
	size_t figure_room;   /* of subnets */
};

struct report_budget report_default_budget(void)
{
	return (struct report_budget){
		.sessions = 20000,
		.others = 5000,
		.utterances = 200,
		.said_bytes = (size_t)16 << 20,
		.subnet_figures = 500000,
	};
}

static const char *type_of(const json_t *record)
{
	const char *type = json_string_value(json_object_get(record, "type"));
	return type ? type : "";
}

static bool is_session(const json_t *record)
{
	return strcmp(type_of(record), "session") == 0;
}

/* Adds to the number of things of that name that the page does without. */
static int omit(struct reduction *reduction, const char *name, size_t count)
{
	if (count == 0)
		return 0;
	json_int_t before = json_integer_value(json_object_get(reduction->omitted, name));
	return json_object_set_new(reduction->omitted, name,
				   json_integer(before + (json_int_t)count));
}

static const char *id_text(const json_t *id, char text[24])
{
	snprintf(text, 24, "%" JSON_INTEGER_FORMAT, json_integer_value(id));
	return text;
}

static int note_references(struct reduction *reduction)
{
	size_t index;
	json_t *record;
	char text[24];

	json_array_foreach(reduction->records, index, record)
	{
		const json_t *id = json_object_get(record, "session");
		if (json_is_integer(id) &&
		    json_object_set_new(reduction->referred, id_text(id, text), json_true()) < 0)
			return ERROR_MEMORY;
	}
	return 0;
}

static enum class class_of(const struct reduction *reduction, const json_t *session) {
	char text[24];

	if (json_object_get(reduction->referred,
			    id_text(json_object_get(session, "id"), text))) return REFERRED;
	return json_is_false(json_object_get(session, "conforms")) ? DEVIATING : ORDINARY;
}

/* Divides the budget of sessions among the classes, the most important first. */
static void divide_room(struct reduction *reduction)
{
	size_t counts[CLASSES] = { 0 }, left = reduction->budget->sessions, index;
	json_t *record;

	json_array_foreach(reduction->records, index, record) if (is_session(record))
		counts[class_of(reduction, record)]++;
	for (int i = 0; i < CLASSES; i++) {
		reduction->room[i] = counts[i] < left ? counts[i] : left;
		left -= reduction->room[i];
	}
}

/* The number of leading utterances that fit both budgets; takes their bytes from the room. */
static size_t fitting_utterances(struct reduction *reduction, const json_t *said)
{
	size_t index;
	json_t *utterance;

	json_array_foreach(said, index, utterance)
	{
		size_t bytes = json_string_length(json_object_get(utterance, "text"));
		if (index >= reduction->budget->utterances || bytes > reduction->said_room)
			return index;
		reduction->said_room -= bytes;
	}
	return json_array_size(said);
}

/* Replaces a list of the (already copied) session by its first `count` entries, and says so in the
 * session. */
static int cut_list(struct reduction *reduction, json_t *session, const char *name, size_t count)
{
	json_t *list = json_object_get(session, name);
	size_t all = json_array_size(list);
	char note[64];

	if (count >= all)
		return 0;
	json_t *first = json_array();
	for (size_t i = 0; first && i < count; i++)
		if (json_array_append(first, json_array_get(list, i)) < 0)
			break;
	snprintf(note, sizeof note, "%s_omitted", name);
	if (json_array_size(first) != count || json_object_set(session, name, first) < 0 ||
	    json_object_set_new(session, note, json_integer((json_int_t)(all - count))) < 0) {
		json_decref(first);
		return ERROR_MEMORY;
	}
	json_decref(first);
	return omit(reduction, name, all - count);
}

/* The session as the page carries it: itself, or a copy with shortened lists. Returns owned. */
static json_t *shortened(struct reduction *reduction, json_t *session)
{
	const json_t *said = json_object_get(session, "said");
	size_t deviations = json_array_size(json_object_get(session, "deviations"));
	size_t utterances = fitting_utterances(reduction, said);

	if (utterances == json_array_size(said) && deviations <= reduction->budget->utterances)
		return json_incref(session);
	json_t *copy = json_copy(session);
	if (copy && (cut_list(reduction, copy, "said", utterances) < 0 ||
		     cut_list(reduction, copy, "deviations", reduction->budget->utterances) < 0)) {
		json_decref(copy);
		return NULL;
	}
	return copy;
}

static int carry_sessions(struct reduction *reduction, enum class class)
{
	size_t index;
	json_t *record;

	json_array_foreach(reduction->records, index, record)
	{
		if (!is_session(record) || class_of(reduction, record) != class)
			continue;
		int result;
		if (reduction->room[class] == 0) {
			result = omit(reduction, "session", 1);
		} else {
			reduction->room[class]--;
			result = json_array_append_new(reduction->carried,
						       shortened(reduction, record));
		}
		if (result < 0)
			return ERROR_MEMORY;
	}
	return 0;
}

/* A forecast as the page carries it: the first of the ranking with their end by subnet. Other
 * records as they are. Returns owned. */
static json_t *without_figures(struct reduction *reduction, json_t *record)
{
	size_t figures = json_array_size(json_object_get(record, "subnet_infected"));

	if (figures <= reduction->figure_room) {
		reduction->figure_room -= figures;
		return json_incref(record);
	}
	json_t *copy = json_copy(record);
	if (copy && (json_object_del(copy, "subnet_infected") < 0 ||
		     omit(reduction, "subnet_infected", 1) < 0)) {
		json_decref(copy);
		return NULL;
	}
	return copy;
}

static int carry_others(struct reduction *reduction)
{
	size_t index;
	json_t *record, *counts = json_object();
	int result = counts ? 0 : ERROR_MEMORY;

	json_array_foreach(reduction->records, index, record)
	{
		const char *type = type_of(record);
		if (result < 0 || is_session(record))
			continue;
		json_int_t count = json_integer_value(json_object_get(counts, type));
		bool carried =
			strcmp(type, "event") != 0 && (size_t)count < reduction->budget->others;
		if (!carried)
			result = omit(reduction, type, 1);
		else if (json_array_append_new(reduction->carried,
					       without_figures(reduction, record)) < 0 ||
			 json_object_set_new(counts, type, json_integer(count + 1)) < 0)
			result = ERROR_MEMORY;
	}
	json_decref(counts);
	return result;
}

json_t *report_page_case(const json_t *records, const struct report_budget *budget)
{
	struct reduction reduction = { .records = records,
				       .budget = budget,
				       .referred = json_object(),
				       .carried = json_array(),
				       .omitted = json_object(),
				       .said_room = budget->said_bytes,
				       .figure_room = budget->subnet_figures };
	json_t *page = NULL;
	int result = reduction.referred && reduction.carried && reduction.omitted
			     ? note_references(&reduction)
			     : ERROR_MEMORY;

	if (result == 0) {
		divide_room(&reduction);
		result = carry_others(&reduction);
	}
	for (int class = 0; result == 0 && class < CLASSES; class ++)
		result = carry_sessions(&reduction, (enum class) class);
	if (result == 0)
		page = json_pack("{s:s, s:O, s:O}", "version", KENBI_VERSION, "records",
				 reduction.carried, "omitted", reduction.omitted);
	json_decref(reduction.referred);
	json_decref(reduction.carried);
	json_decref(reduction.omitted);
	return page;
}
