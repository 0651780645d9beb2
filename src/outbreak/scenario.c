/* Scenarios: a world (in the file, or a topology beside it), a worm, a run and remedies, read by
 * schema. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outbreak/check.h"
#include "outbreak/figure.h"
#include "outbreak/world.h"

#define MOST_REMEDIES 10000
#define MOST_PLACES   1000000
#define MOST_FIGURES  1000
#define MOST_MEMORY   ((size_t)64 << 20)

struct file_way {
	enum outbreak_scan scan;
	double *rate, *local_share, *share_8, *share_16, *share_24, *random_start;
	double *contacts, *contact_exponent, *contacts_most, *open_share, *reading;
	int64_t *list_size, *multiplier, *increments;
	unsigned increments_count;
};

/* The schema's members need a name in front. */
struct file_other_way {
	struct file_way way;
};

struct file_worm {
	struct file_way way;
	struct file_other_way *also;
	unsigned also_count;
	double *latency, *rate_spread, *unreachable_share, *private_share, *online, *offline;
	double *scan_bytes;
	bool *explicit;
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
	double *pass, *share, *delay, *reaction, *collateral_share;
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
	struct figure_file *figures;
	unsigned figures_count;
};

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define TEXT_FIELD(type, key, flags) \
	CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER | (flags), type, key, 1, 4000)
#define NUMBER_FIELD(type, key) CYAML_FIELD_FLOAT_PTR(#key, OPTIONAL, type, key)
#define COUNT_FIELD(type, key)	CYAML_FIELD_INT_PTR(#key, OPTIONAL, type, key)

static const cyaml_strval_t scans[] = {
	{ "random", OUTBREAK_RANDOM },	   { "sequential", OUTBREAK_SEQUENTIAL },
	{ "local", OUTBREAK_LOCAL },	   { "permutation", OUTBREAK_PERMUTATION },
	{ "hit-list", OUTBREAK_HIT_LIST }, { "flawed", OUTBREAK_FLAWED },
	{ "mail", OUTBREAK_MAIL },	   { "shares", OUTBREAK_SHARES }
};
static const cyaml_strval_t effects[] = {
	{ "filter", REMEDY_FILTER },   { "patch", REMEDY_PATCH }, { "rate", REMEDY_RATE },
	{ "control", REMEDY_CONTROL }, { "clean", REMEDY_CLEAN }, { "block", REMEDY_BLOCK }
};
static const cyaml_strval_t places[] = { { "host", REMEDY_AT_HOST },
					 { "subnet", REMEDY_AT_SUBNET },
					 { "provider", REMEDY_AT_PROVIDER },
					 { "border", REMEDY_AT_BORDER },
					 { "link", REMEDY_AT_LINK } };

static const cyaml_schema_value_t increment_value = { CYAML_VALUE_INT(CYAML_FLAG_DEFAULT,
								      int64_t) };

#define WAY_NUMBER(type, key) CYAML_FIELD_FLOAT_PTR(#key, OPTIONAL, type, way.key)
#define WAY_COUNT(type, key)  CYAML_FIELD_INT_PTR(#key, OPTIONAL, type, way.key)
/* Keys of a way of scanning, in the worm itself and in its `also`. */
#define WAY_FIELDS(type)                                                                          \
	CYAML_FIELD_ENUM("scan", CYAML_FLAG_STRICT, type, way.scan, scans,                        \
			 CYAML_ARRAY_LEN(scans)),                                                 \
		WAY_NUMBER(type, rate), WAY_NUMBER(type, local_share), WAY_NUMBER(type, share_8), \
		WAY_NUMBER(type, share_16), WAY_NUMBER(type, share_24),                           \
		WAY_NUMBER(type, random_start), WAY_NUMBER(type, contacts),                       \
		WAY_NUMBER(type, contact_exponent), WAY_NUMBER(type, contacts_most),              \
		WAY_NUMBER(type, open_share), WAY_NUMBER(type, reading),                          \
		WAY_COUNT(type, list_size), WAY_COUNT(type, multiplier),                          \
		CYAML_FIELD_SEQUENCE("increments", OPTIONAL, type, way.increments,                \
				     &increment_value, 1, OUTBREAK_INCREMENTS)

static const cyaml_schema_field_t way_fields[] = { WAY_FIELDS(struct file_other_way),
						   CYAML_FIELD_END };
static const cyaml_schema_value_t way_value = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct file_other_way, way_fields) };

static const cyaml_schema_field_t worm_fields[] = {
	WAY_FIELDS(struct file_worm),
	CYAML_FIELD_SEQUENCE("also", OPTIONAL, struct file_worm, also, &way_value, 1,
			     OUTBREAK_VECTORS - 1),
	NUMBER_FIELD(struct file_worm, latency),
	NUMBER_FIELD(struct file_worm, rate_spread),
	NUMBER_FIELD(struct file_worm, unreachable_share),
	NUMBER_FIELD(struct file_worm, private_share),
	NUMBER_FIELD(struct file_worm, online),
	NUMBER_FIELD(struct file_worm, offline),
	NUMBER_FIELD(struct file_worm, scan_bytes),
	CYAML_FIELD_BOOL_PTR("explicit", OPTIONAL, struct file_worm, explicit),
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
	NUMBER_FIELD(struct file_remedy, reaction),
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
	CYAML_FIELD_SEQUENCE("figures", OPTIONAL, struct file_scenario, figures, &figure_value, 0,
			     MOST_FIGURES),
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

static int take_increments(struct builder *builder, const struct file_way *file,
			   struct outbreak_vector *vector)
{
	int result = 0;

	vector->increment_count = file->increments_count;
	for (unsigned i = 0; result == 0 && i < file->increments_count; i++)
		result = take_count(builder, "worm.increments", &file->increments[i], 0, UINT32_MAX,
				    &vector->increments[i]);
	return result;
}

static int take_way(struct builder *builder, const struct file_way *file,
		    struct outbreak_vector *vector)
{
	*vector = (struct outbreak_vector){
		.scan = file->scan,
		.rate = number_or(file->rate, 0),
		.local_share = number_or(file->local_share, 0),
		.prefix_share = { number_or(file->share_8, 0), number_or(file->share_16, 0),
				  number_or(file->share_24, 0) },
		.random_start = number_or(file->random_start, 0),
		.contacts = number_or(file->contacts, 1),
		.contact_exponent = number_or(file->contact_exponent, 2),
		.contacts_most = number_or(file->contacts_most, 1000),
		.open_share = number_or(file->open_share, 1),
		.reading = number_or(file->reading, 0),
	};
	int result = take_count(builder, "worm.list_size", file->list_size, 0, UINT32_MAX,
				&vector->list_size);
	if (result == 0)
		result = take_count(builder, "worm.multiplier", file->multiplier, 1, UINT32_MAX,
				    &vector->multiplier);
	return result < 0 ? result : take_increments(builder, file, vector);
}

/* The four fields of a worm are enough for its ways. */
static bool is_plain(const struct file_worm *file)
{
	return file->also_count == 0 && file->way.scan <= OUTBREAK_LOCAL && !file->way.share_8 &&
	       !file->way.share_16 && !file->way.share_24;
}

static int take_ways(struct builder *builder, const struct file_worm *file,
		     struct outbreak_worm *worm)
{
	size_t count = file->also_count + 1;
	struct outbreak_vector *vectors =
		arena_take(builder->scenario->arena, count * sizeof *vectors);

	if (!vectors)
		return error_set(builder->error, ERROR_LIMIT, builder->path,
				 "its worm needs more than %zu MiB", MOST_MEMORY >> 20);
	int result = take_way(builder, &file->way, &vectors[0]);
	for (unsigned i = 0; result == 0 && i < file->also_count; i++)
		result = take_way(builder, &file->also[i].way, &vectors[i + 1]);
	worm->scan = vectors[0].scan;
	worm->rate = vectors[0].rate;
	worm->local_share = vectors[0].local_share;
	worm->random_start = vectors[0].random_start;
	if (!is_plain(file)) {
		worm->vectors = vectors;
		worm->vector_count = count;
	}
	return result;
}

static int take_worm(struct builder *builder)
{
	const struct file_worm *file = builder->file->worm;
	struct outbreak_worm *worm = &builder->scenario->worm;
	uint32_t port = 0;

	*worm = (struct outbreak_worm){
		.latency = number_or(file->latency, 0),
		.rate_spread = number_or(file->rate_spread, 0),
		.unreachable_share = number_or(file->unreachable_share, 0),
		.private_share = number_or(file->private_share, 0),
		.online = number_or(file->online, 0),
		.offline = number_or(file->offline, 0),
		.scan_bytes = number_or(file->scan_bytes, 0),
		.every_scan = file->explicit && *file->explicit,
	};
	int result = take_ways(builder, file, worm);
	if (result == 0)
		result = take_count(builder, "worm.port", file->port, 0, UINT16_MAX, &port);
	if (result < 0)
		return result;
	worm->port = (uint16_t)port;
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
		.reaction_seconds = number_or(file->reaction, 0),
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

static int take_figures(struct builder *builder)
{
	const struct file_scenario *file = builder->file;
	struct outbreak_scenario *scenario = builder->scenario;
	int result = 0;

	if (file->figures_count == 0)
		return 0;
	scenario->figures =
		arena_take(scenario->arena, file->figures_count * sizeof *scenario->figures);
	if (!scenario->figures)
		return error_set(builder->error, ERROR_LIMIT, builder->path,
				 "%u figures need more than %zu MiB", file->figures_count,
				 MOST_MEMORY >> 20);
	while (result == 0 && scenario->figure_count < file->figures_count) {
		size_t index = scenario->figure_count++;
		result = figure_take(&file->figures[index], builder->path, scenario->run.duration,
				     scenario->arena, &scenario->figures[index], builder->error);
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
	if (result == 0)
		result = take_figures(builder);
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
