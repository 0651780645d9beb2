/* Figures in the file of an outbreak: which keys each measure needs, and what they may be. */
#include <math.h>

#include "outbreak/figure.h"

enum figure_needs { NEEDS_AT = 1, NEEDS_SHARE = 2, NEEDS_HOSTS = 4, NEEDS_FROM = 8, NEEDS_TO = 16 };

static const struct {
	const char *name, *unit;
	unsigned needs;
} measures[] = {
	[OUTBREAK_INFECTED] = { "infected", "hosts", NEEDS_AT },
	[OUTBREAK_INFECTED_SHARE] = { "infected-share", "share", NEEDS_AT },
	[OUTBREAK_TIME_TO_HOSTS] = { "time-to-hosts", "seconds", NEEDS_HOSTS },
	[OUTBREAK_TIME_TO_SHARE] = { "time-to-share", "seconds", NEEDS_SHARE },
	[OUTBREAK_PEAK_PER_MINUTE] = { "peak-per-minute", "hosts per minute", 0 },
	[OUTBREAK_DOUBLING] = { "doubling", "seconds", NEEDS_FROM | NEEDS_TO },
	[OUTBREAK_SCANS] = { "scans", "scans per second", NEEDS_AT },
};

const char *outbreak_measure_name(enum outbreak_measure measure)
{
	return measures[measure].name;
}

const char *outbreak_measure_unit(enum outbreak_measure measure)
{
	return measures[measure].unit;
}

static const cyaml_strval_t measure_names[] = {
	{ "infected", OUTBREAK_INFECTED },
	{ "infected-share", OUTBREAK_INFECTED_SHARE },
	{ "time-to-hosts", OUTBREAK_TIME_TO_HOSTS },
	{ "time-to-share", OUTBREAK_TIME_TO_SHARE },
	{ "peak-per-minute", OUTBREAK_PEAK_PER_MINUTE },
	{ "doubling", OUTBREAK_DOUBLING },
	{ "scans", OUTBREAK_SCANS },
};

#define FIGURE_TEXT(key) \
	CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER, struct figure_file, key, 1, 4000)
#define FIGURE_NUMBER(key)                                                                        \
	CYAML_FIELD_FLOAT_PTR(#key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct figure_file, \
			      key)

static const cyaml_schema_field_t figure_fields[] = {
	FIGURE_TEXT(what),
	FIGURE_TEXT(source),
	CYAML_FIELD_ENUM("measure", CYAML_FLAG_STRICT, struct figure_file, measure, measure_names,
			 CYAML_ARRAY_LEN(measure_names)),
	CYAML_FIELD_BOOL("calibrated", CYAML_FLAG_DEFAULT, struct figure_file, calibrated),
	FIGURE_NUMBER(at),
	FIGURE_NUMBER(share),
	FIGURE_NUMBER(hosts),
	FIGURE_NUMBER(from),
	FIGURE_NUMBER(to),
	FIGURE_NUMBER(low),
	FIGURE_NUMBER(high),
	CYAML_FIELD_END
};
const cyaml_schema_value_t figure_value = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct figure_file, figure_fields) };

/* One key: there where the measure needs it and only there, and within what is allowed. */
struct key {
	const char *name;
	const double *given;
	bool needed;
	double least, most;
	double *value;
};

static int take_key(const struct figure_file *file, const char *path, const struct key *key,
		    struct error *error)
{
	const char *measure = measures[file->measure].name;

	*key->value = 0;
	if (!key->given && !key->needed)
		return 0;
	if (!key->given)
		return error_set(error, ERROR_INPUT, path,
				 "figure '%.100s' has measure %s but no %s", file->what, measure,
				 key->name);
	if (!key->needed)
		return error_set(error, ERROR_INPUT, path,
				 "figure '%.100s' has %s, which measure %s does not know",
				 file->what, key->name, measure);
	if (!(*key->given >= key->least && *key->given <= key->most))
		return error_set(error, ERROR_INPUT, path,
				 "%s of figure '%.100s' is %g, allowed is %g to %g", key->name,
				 file->what, *key->given, key->least, key->most);
	*key->value = *key->given;
	return 0;
}

/* What was recorded: at least `low`, at most `high`, or both. */
static int take_recorded(const struct figure_file *file, const char *path,
			 struct outbreak_figure *figure, struct error *error)
{
	figure->low = file->low ? *file->low : -INFINITY;
	figure->high = file->high ? *file->high : INFINITY;
	if (!file->low && !file->high)
		return error_set(error, ERROR_INPUT, path,
				 "figure '%.100s' has neither low nor high", file->what);
	if ((file->low && !isfinite(*file->low)) || (file->high && !isfinite(*file->high)) ||
	    !(figure->low <= figure->high))
		return error_set(error, ERROR_INPUT, path,
				 "figure '%.100s' has low %g and high %g, allowed are numbers in "
				 "this order",
				 file->what, figure->low, figure->high);
	return 0;
}

static int take_texts(const struct figure_file *file, const char *path, struct arena *arena,
		      struct outbreak_figure *figure, struct error *error)
{
	figure->what = arena_copy(arena, bytes_of(file->what));
	figure->source = arena_copy(arena, bytes_of(file->source));
	if (figure->what && figure->source)
		return 0;
	return error_set(error, ERROR_LIMIT, path, "its texts need more than is allowed");
}

int figure_take(const struct figure_file *file, const char *path, double duration,
		struct arena *arena, struct outbreak_figure *figure, struct error *error)
{
	const double hosts = 4294967296.0;
	unsigned needs = measures[file->measure].needs;

	*figure = (struct outbreak_figure){ .measure = file->measure,
					    .calibrated = file->calibrated };
	const struct key keys[] = {
		{ "at", file->at, needs & NEEDS_AT, 0, duration, &figure->at },
		{ "share", file->share, needs & NEEDS_SHARE, 0, 1, &figure->share },
		{ "hosts", file->hosts, needs & NEEDS_HOSTS, 1, hosts, &figure->hosts },
		{ "from", file->from, needs & NEEDS_FROM, 1, hosts, &figure->from },
		{ "to", file->to, needs & NEEDS_TO, 1, hosts, &figure->to },
	};
	int result = 0;
	for (size_t i = 0; result == 0 && i < sizeof keys / sizeof *keys; i++)
		result = take_key(file, path, &keys[i], error);
	if (result == 0 && (needs & NEEDS_TO) && figure->to <= figure->from)
		result = error_set(error, ERROR_INPUT, path,
				   "to of figure '%.100s' is %g, allowed is more than its from, %g",
				   file->what, figure->to, figure->from);
	if (result == 0)
		result = take_recorded(file, path, figure, error);
	return result < 0 ? result : take_texts(file, path, arena, figure, error);
}
