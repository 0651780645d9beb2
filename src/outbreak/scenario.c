/* Scenarios: a world (in the file, or a topology beside it), a worm, a run and remedies, read by
 * schema. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outbreak/check.h"
#include "outbreak/world.h"

#define MOST_REMEDIES 10000
#define MOST_PLACES   1000000
#define MOST_MEMORY   ((size_t)64 << 20)

struct file_worm {
	enum outbreak_scan scan;
	double rate;
	double *local_share, *random_start, *latency;
	int64_t *port, *initially_infected;
	char *origin;
};

struct file_run {
	double *duration;
	int64_t *replicas, *seed, *curve_points, *finalists, *combine, *candidates;
	double *delays;
	unsigned delays_count;
};

struct file_remedy {
	char *name, *title, *why, *collateral;
	enum remedy_effect effect;
	enum remedy_place place;
	double *pass, *share, *delay, *collateral_share;
	char **places;
	unsigned places_count;
};

struct file_scenario {
	char *name, *title, *topology;
	struct world_file *world;
	struct file_worm *worm;
	struct file_run *run;
	struct file_remedy *remedies;
	unsigned remedies_count;
};

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define TEXT_FIELD(type, key, flags) \
	CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER | (flags), type, key, 1, 4000)
#define NUMBER_FIELD(type, key) CYAML_FIELD_FLOAT_PTR(#key, OPTIONAL, type, key)
#define COUNT_FIELD(type, key)	CYAML_FIELD_INT_PTR(#key, OPTIONAL, type, key)

static const cyaml_strval_t scans[] = { { "random", OUTBREAK_RANDOM },
					{ "sequential", OUTBREAK_SEQUENTIAL },
					{ "local", OUTBREAK_LOCAL } };
static const cyaml_strval_t effects[] = {
	{ "filter", REMEDY_FILTER },   { "patch", REMEDY_PATCH }, { "rate", REMEDY_RATE },
	{ "control", REMEDY_CONTROL }, { "clean", REMEDY_CLEAN }, { "block", REMEDY_BLOCK }
};
static const cyaml_strval_t places[] = { { "host", REMEDY_AT_HOST },
					 { "subnet", REMEDY_AT_SUBNET },
					 { "provider", REMEDY_AT_PROVIDER },
					 { "border", REMEDY_AT_BORDER },
					 { "link", REMEDY_AT_LINK } };

static const cyaml_schema_field_t worm_fields[] = {
	CYAML_FIELD_ENUM("scan", CYAML_FLAG_STRICT, struct file_worm, scan, scans,
			 CYAML_ARRAY_LEN(scans)),
	CYAML_FIELD_FLOAT("rate", CYAML_FLAG_DEFAULT, struct file_worm, rate),
	NUMBER_FIELD(struct file_worm, local_share),
	NUMBER_FIELD(struct file_worm, random_start),
	NUMBER_FIELD(struct file_worm, latency),
	COUNT_FIELD(struct file_worm, port),
	COUNT_FIELD(struct file_worm, initially_infected),
	TEXT_FIELD(struct file_worm, origin, CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t delay_value = { CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double) };

static const cyaml_schema_field_t run_fields[] = {
	NUMBER_FIELD(struct file_run, duration),
	COUNT_FIELD(struct file_run, replicas),
	COUNT_FIELD(struct file_run, seed),
	COUNT_FIELD(struct file_run, curve_points),
	COUNT_FIELD(struct file_run, finalists),
	COUNT_FIELD(struct file_run, combine),
	COUNT_FIELD(struct file_run, candidates),
	CYAML_FIELD_SEQUENCE("delays", OPTIONAL, struct file_run, delays, &delay_value, 1,
			     OUTBREAK_MOST_DELAYS),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t place_value = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1,
								     200) };

static const cyaml_schema_field_t remedy_fields[] = {
	TEXT_FIELD(struct file_remedy, name, 0),
	TEXT_FIELD(struct file_remedy, title, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD(struct file_remedy, why, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD(struct file_remedy, collateral, CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_ENUM("effect", CYAML_FLAG_STRICT, struct file_remedy, effect, effects,
			 CYAML_ARRAY_LEN(effects)),
	CYAML_FIELD_ENUM("place", CYAML_FLAG_STRICT, struct file_remedy, place, places,
			 CYAML_ARRAY_LEN(places)),
	NUMBER_FIELD(struct file_remedy, pass),
	NUMBER_FIELD(struct file_remedy, share),
	NUMBER_FIELD(struct file_remedy, delay),
	NUMBER_FIELD(struct file_remedy, collateral_share),
	CYAML_FIELD_SEQUENCE("places", OPTIONAL, struct file_remedy, places, &place_value, 1,
			     MOST_PLACES),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t remedy_value = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct file_remedy, remedy_fields) };

static const cyaml_schema_field_t scenario_fields[] = {
	TEXT_FIELD(struct file_scenario, name, 0),
	TEXT_FIELD(struct file_scenario, title, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD(struct file_scenario, topology, CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_MAPPING_PTR("world", OPTIONAL, struct file_scenario, world, world_fields),
	CYAML_FIELD_MAPPING_PTR("worm", CYAML_FLAG_POINTER, struct file_scenario, worm,
				worm_fields),
	CYAML_FIELD_MAPPING_PTR("run", OPTIONAL, struct file_scenario, run, run_fields),
	CYAML_FIELD_SEQUENCE("remedies", OPTIONAL, struct file_scenario, remedies, &remedy_value, 0,
			     MOST_REMEDIES),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t scenario_value = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_POINTER, struct file_scenario, scenario_fields) };

/* A scenario under construction. */
struct builder {
	const struct file_scenario *file;
	const char *path;
	struct outbreak_scenario *scenario;
	struct error *error;
};

/* A copy in the scenario's arena, "" for NULL. */
static int keep(struct builder *builder, const char *text, const char **kept)
{
	*kept = arena_copy(builder->scenario->arena, bytes_of(text ? text : ""));
	if (*kept)
		return 0;
	return error_set(builder->error, ERROR_LIMIT, builder->path,
			 "its texts need more than %zu MiB", MOST_MEMORY >> 20);
}

static int take_count(struct builder *builder, const char *key, const int64_t *given,
		      uint32_t usual, uint32_t most, uint32_t *count)
{
	*count = usual;
	if (!given)
		return 0;
	if (*given < 0 || *given > most)
		return error_set(builder->error, ERROR_INPUT, builder->path,
				 "%s is %lld, allowed is 0 to %u", key, (long long)*given, most);
	*count = (uint32_t)*given;
	return 0;
}

/* The topology is looked for beside the scenario unless its path is absolute. */
static int load_topology(struct builder *builder)
{
	const char *topology = builder->file->topology, *slash = strrchr(builder->path, '/');
	int folder = slash && topology[0] != '/' ? (int)(slash - builder->path) + 1 : 0;
	char path[4096];

	if ((size_t)folder + strlen(topology) >= sizeof path)
		return error_set(builder->error, ERROR_INPUT, builder->path,
				 "topology is a path of more than %zu characters", sizeof path - 1);
	snprintf(path, sizeof path, "%.*s%s", folder, builder->path, topology);
	return outbreak_world_load(path, &builder->scenario->world, builder->error);
}

static int take_world(struct builder *builder)
{
	const struct file_scenario *file = builder->file;

	if (file->world && file->topology)
		return error_set(builder->error, ERROR_INPUT, builder->path,
				 "both world and topology are given; keep one");
	if (file->world)
		return world_build(file->world, builder->path, &builder->scenario->world,
				   builder->error);
	if (file->topology)
		return load_topology(builder);
	return outbreak_world_load(NULL, &builder->scenario->world, builder->error);
}

static double number_or(const double *given, double usual)
{
	return given ? *given : usual;
}

static int take_worm(struct builder *builder)
{
	const struct file_worm *file = builder->file->worm;
	struct outbreak_worm *worm = &builder->scenario->worm;
	uint32_t port;

	*worm = (struct outbreak_worm){
		.scan = file->scan,
		.rate = file->rate,
		.local_share = number_or(file->local_share, 0),
		.random_start = number_or(file->random_start, 0),
		.latency = number_or(file->latency, 0),
	};
	int result = take_count(builder, "worm.port", file->port, 0, UINT16_MAX, &port);
	worm->port = (uint16_t)port;
	if (result == 0)
		result = take_count(builder, "worm.initially_infected", file->initially_infected, 1,
				    UINT32_MAX, &worm->initially_infected);
	if (result == 0 && file->origin)
		result = keep(builder, file->origin, &worm->origin);
	return result;
}

/* Reaction times start with 0: what would be saved at once is always told. */
static int take_delays(struct builder *builder, const struct file_run *file)
{
	struct outbreak_run *run = &builder->scenario->run;
	size_t ahead = file->delays_count > 0 && file->delays[0] > 0;

	if (file->delays_count == 0)
		return 0;
	double *delays =
		arena_take(builder->scenario->arena, (file->delays_count + ahead) * sizeof *delays);
	if (!delays)
		return error_set(builder->error, ERROR_LIMIT, builder->path,
				 "its texts need more than %zu MiB", MOST_MEMORY >> 20);
	delays[0] = 0;
	for (size_t i = 0; i < file->delays_count; i++)
		delays[ahead + i] = file->delays[i];
	run->delays = delays;
	run->delay_count = file->delays_count + ahead;
	return 0;
}

static int take_run(struct builder *builder)
{
	const struct file_run none = { 0 };
	const struct file_run *file = builder->file->run ? builder->file->run : &none;
	struct outbreak_run *run = &builder->scenario->run;

	*run = outbreak_default_run();
	run->duration = number_or(file->duration, run->duration);
	outbreak_ask_all(run);
	run->candidates = 0;
	run->seed = file->seed ? (uint64_t)*file->seed : run->seed;
	int result = take_count(builder, "run.replicas", file->replicas, run->replicas, UINT32_MAX,
				&run->replicas);
	if (result == 0)
		result = take_count(builder, "run.curve_points", file->curve_points,
				    run->curve_points, UINT32_MAX, &run->curve_points);
	if (result == 0)
		result = take_count(builder, "run.finalists", file->finalists, run->finalists,
				    UINT32_MAX, &run->finalists);
	if (result == 0)
		result = take_count(builder, "run.combine", file->combine, run->combine, UINT32_MAX,
				    &run->combine);
	if (result == 0)
		result = take_count(builder, "run.candidates", file->candidates, run->candidates,
				    MOST_REMEDIES, &run->candidates);
	return result < 0 ? result : take_delays(builder, file);
}

static int ascending_places(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return (a > b) - (a < b);
}

static int find_place(struct builder *builder, const struct file_remedy *file, const char *name,
		      uint32_t *place)
{
	const struct outbreak_world *world = &builder->scenario->world;
	bool subnets = file->place == REMEDY_AT_SUBNET;
	size_t count = subnets ? world->subnet_count : world->provider_count;

	for (size_t i = 0; i < count; i++) {
		const char *other = subnets ? world->subnets[i].name : world->providers[i].name;
		if (strcmp(name, other) != 0)
			continue;
		*place = (uint32_t)i;
		return 0;
	}
	return error_set(builder->error, ERROR_INPUT, builder->path,
			 "places of '%.100s' has '%.100s', but world '%.100s' has no %s of that "
			 "name",
			 file->name, name, world->name, subnets ? "subnet" : "provider");
}

static int take_places(struct builder *builder, const struct file_remedy *file,
		       struct remedy_candidate *remedy)
{
	int result = 0;

	if (file->places_count == 0)
		return 0;
	uint32_t *chosen =
		arena_take(builder->scenario->arena, file->places_count * sizeof *chosen);
	if (!chosen)
		return error_set(builder->error, ERROR_LIMIT, builder->path,
				 "its texts need more than %zu MiB", MOST_MEMORY >> 20);
	for (unsigned i = 0; result == 0 && i < file->places_count; i++)
		result = find_place(builder, file, file->places[i], &chosen[i]);
	if (result < 0)
		return result;
	qsort(chosen, file->places_count, sizeof *chosen, ascending_places);
	remedy->places = chosen;
	remedy->place_count = file->places_count;
	return 0;
}

static int take_remedy(struct builder *builder, const struct file_remedy *file,
		       struct remedy_candidate *remedy)
{
	*remedy = (struct remedy_candidate){
		.effect = file->effect,
		.place = file->place,
		.pass = number_or(file->pass, 0),
		.share = number_or(file->share, 1),
		.delay_seconds = number_or(file->delay, 0),
		.collateral_share = number_or(file->collateral_share, 0),
	};
	int result = keep(builder, file->name, &remedy->name);
	if (result == 0)
		result = keep(builder, file->title ? file->title : file->name, &remedy->title);
	if (result == 0)
		result = keep(builder, file->why, &remedy->why);
	if (result == 0)
		result = keep(builder, file->collateral, &remedy->collateral);
	return result < 0 ? result : take_places(builder, file, remedy);
}

static int take_remedies(struct builder *builder)
{
	const struct file_scenario *file = builder->file;
	struct outbreak_scenario *scenario = builder->scenario;
	int result = 0;

	if (file->remedies_count == 0)
		return 0;
	scenario->remedies =
		arena_take(scenario->arena, file->remedies_count * sizeof *scenario->remedies);
	if (!scenario->remedies)
		return error_set(builder->error, ERROR_LIMIT, builder->path,
				 "%u remedies need more than %zu MiB", file->remedies_count,
				 MOST_MEMORY >> 20);
	while (result == 0 && scenario->remedy_count < file->remedies_count) {
		size_t index = scenario->remedy_count++;
		result = take_remedy(builder, &file->remedies[index], &scenario->remedies[index]);
	}
	return result;
}

/* What outbreak_rank() would refuse is refused here, as a fault of the file. */
static int check_all(struct builder *builder)
{
	const struct outbreak_scenario *scenario = builder->scenario;
	struct error inner = { 0 };
	int result = check_worm(&scenario->worm, &scenario->world, &inner);

	if (result == 0)
		result = check_run(&scenario->run, &inner);
	for (size_t i = 0; result == 0 && i < scenario->remedy_count; i++) {
		result = check_candidate(&scenario->remedies[i], &inner);
		if (result == 0)
			result = check_places(&scenario->remedies[i], &scenario->world, &inner);
	}
	if (result == 0)
		return 0;
	return error_set(builder->error, ERROR_INPUT, builder->path, "%.150s: %.300s", inner.where,
			 inner.message);
}

static int build(struct builder *builder)
{
	int result = keep(builder, builder->file->name, &builder->scenario->name);

	if (result == 0)
		result = keep(builder, builder->file->title, &builder->scenario->title);
	if (result == 0)
		result = take_world(builder);
	if (result == 0)
		result = take_worm(builder);
	if (result == 0)
		result = take_run(builder);
	if (result == 0)
		result = take_remedies(builder);
	return result < 0 ? result : check_all(builder);
}

static int build_from(const struct file_scenario *file, const char *path,
		      struct outbreak_scenario *scenario, struct error *error)
{
	struct builder builder = {
		.file = file, .path = path, .scenario = scenario, .error = error
	};

	scenario->arena = arena_new(MOST_MEMORY);
	if (!scenario->arena)
		return error_set(error, ERROR_MEMORY, path, "no memory for a scenario");
	int result = build(&builder);
	if (result < 0)
		outbreak_scenario_fini(scenario);
	return result;
}

int outbreak_scenario_parse(struct bytes text, const char *path, struct outbreak_scenario *scenario,
			    struct error *error)
{
	void *file;

	*scenario = (struct outbreak_scenario){ 0 };
	int result = knowledge_load_bytes(text, path, &scenario_value, &file, NULL, error);
	if (result < 0)
		return result;
	result = build_from(file, path, scenario, error);
	knowledge_free(&scenario_value, file, 0);
	return result;
}

int outbreak_scenario_load(const char *path, struct outbreak_scenario *scenario,
			   struct error *error)
{
	void *file;

	*scenario = (struct outbreak_scenario){ 0 };
	int result = knowledge_load(path, &scenario_value, &file, NULL, error);
	if (result < 0)
		return result;
	result = build_from(file, path, scenario, error);
	knowledge_free(&scenario_value, file, 0);
	return result;
}

void outbreak_scenario_fini(struct outbreak_scenario *scenario)
{
	outbreak_world_fini(&scenario->world);
	arena_free(scenario->arena);
	*scenario = (struct outbreak_scenario){ 0 };
}
