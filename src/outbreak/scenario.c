/* Scenarios: a world (in the file, or a topology beside it), a worm, a run and remedies. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outbreak/check.h"
#include "outbreak/scenario_file.h"

int scenario_keep(struct scenario_builder *builder, const char *text, const char **kept)
{
	*kept = arena_copy(builder->scenario->arena, bytes_of(text ? text : ""));
	if (*kept)
		return 0;
	return error_set(builder->error, ERROR_LIMIT, builder->path,
			 "its texts need more than %zu MiB", SCENARIO_MOST_MEMORY >> 20);
}

int scenario_count(struct scenario_builder *builder, const char *key, const int64_t *given,
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
static int load_topology(struct scenario_builder *builder)
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

static int take_world(struct scenario_builder *builder)
{
	const struct scenario_file *file = builder->file;

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

/* Reaction times start with 0: what would be saved at once is always told. */
static int take_delays(struct scenario_builder *builder, const struct scenario_file_run *file)
{
	struct outbreak_run *run = &builder->scenario->run;
	size_t ahead = file->delays_count > 0 && file->delays[0] > 0;

	if (file->delays_count == 0)
		return 0;
	double *delays =
		arena_take(builder->scenario->arena, (file->delays_count + ahead) * sizeof *delays);
	if (!delays)
		return error_set(builder->error, ERROR_LIMIT, builder->path,
				 "its texts need more than %zu MiB", SCENARIO_MOST_MEMORY >> 20);
	delays[0] = 0;
	for (size_t i = 0; i < file->delays_count; i++)
		delays[ahead + i] = file->delays[i];
	run->delays = delays;
	run->delay_count = file->delays_count + ahead;
	return 0;
}

static int take_run(struct scenario_builder *builder)
{
	const struct scenario_file_run none = { 0 };
	const struct scenario_file_run *file = builder->file->run ? builder->file->run : &none;
	struct outbreak_run *run = &builder->scenario->run;

	*run = outbreak_default_run();
	run->duration = scenario_number(file->duration, run->duration);
	outbreak_ask_all(run);
	run->candidates = 0;
	run->seed = file->seed ? (uint64_t)*file->seed : run->seed;
	int result = scenario_count(builder, "run.replicas", file->replicas, run->replicas,
				    UINT32_MAX, &run->replicas);
	if (result == 0)
		result = scenario_count(builder, "run.curve_points", file->curve_points,
					run->curve_points, UINT32_MAX, &run->curve_points);
	if (result == 0)
		result = scenario_count(builder, "run.finalists", file->finalists, run->finalists,
					UINT32_MAX, &run->finalists);
	if (result == 0)
		result = scenario_count(builder, "run.combine", file->combine, run->combine,
					UINT32_MAX, &run->combine);
	if (result == 0)
		result = scenario_count(builder, "run.candidates", file->candidates,
					run->candidates, SCENARIO_MOST_REMEDIES, &run->candidates);
	return result < 0 ? result : take_delays(builder, file);
}

static int ascending_places(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return (a > b) - (a < b);
}

static int find_place(struct scenario_builder *builder, const struct scenario_file_remedy *file,
		      const char *name, uint32_t *place)
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

static int take_places(struct scenario_builder *builder, const struct scenario_file_remedy *file,
		       struct remedy_candidate *remedy)
{
	int result = 0;

	if (file->places_count == 0)
		return 0;
	uint32_t *chosen =
		arena_take(builder->scenario->arena, file->places_count * sizeof *chosen);
	if (!chosen)
		return error_set(builder->error, ERROR_LIMIT, builder->path,
				 "its texts need more than %zu MiB", SCENARIO_MOST_MEMORY >> 20);
	for (unsigned i = 0; result == 0 && i < file->places_count; i++)
		result = find_place(builder, file, file->places[i], &chosen[i]);
	if (result < 0)
		return result;
	qsort(chosen, file->places_count, sizeof *chosen, ascending_places);
	remedy->places = chosen;
	remedy->place_count = file->places_count;
	return 0;
}

static int take_remedy(struct scenario_builder *builder, const struct scenario_file_remedy *file,
		       struct remedy_candidate *remedy)
{
	*remedy = (struct remedy_candidate){
		.effect = file->effect,
		.place = file->place,
		.pass = scenario_number(file->pass, 0),
		.share = scenario_number(file->share, 1),
		.delay_seconds = scenario_number(file->delay, 0),
		.reaction_seconds = scenario_number(file->reaction, 0),
		.collateral_share = scenario_number(file->collateral_share, 0),
	};
	int result = scenario_keep(builder, file->name, &remedy->name);
	if (result == 0)
		result = scenario_keep(builder, file->title ? file->title : file->name,
				       &remedy->title);
	if (result == 0)
		result = scenario_keep(builder, file->why, &remedy->why);
	if (result == 0)
		result = scenario_keep(builder, file->collateral, &remedy->collateral);
	return result < 0 ? result : take_places(builder, file, remedy);
}

static int take_remedies(struct scenario_builder *builder)
{
	const struct scenario_file *file = builder->file;
	struct outbreak_scenario *scenario = builder->scenario;
	int result = 0;

	if (file->remedies_count == 0)
		return 0;
	scenario->remedies =
		arena_take(scenario->arena, file->remedies_count * sizeof *scenario->remedies);
	if (!scenario->remedies)
		return error_set(builder->error, ERROR_LIMIT, builder->path,
				 "%u remedies need more than %zu MiB", file->remedies_count,
				 SCENARIO_MOST_MEMORY >> 20);
	while (result == 0 && scenario->remedy_count < file->remedies_count) {
		size_t index = scenario->remedy_count++;
		result = take_remedy(builder, &file->remedies[index], &scenario->remedies[index]);
	}
	return result;
}

static int take_figures(struct scenario_builder *builder)
{
	const struct scenario_file *file = builder->file;
	struct outbreak_scenario *scenario = builder->scenario;
	int result = 0;

	if (file->figures_count == 0)
		return 0;
	scenario->figures =
		arena_take(scenario->arena, file->figures_count * sizeof *scenario->figures);
	if (!scenario->figures)
		return error_set(builder->error, ERROR_LIMIT, builder->path,
				 "%u figures need more than %zu MiB", file->figures_count,
				 SCENARIO_MOST_MEMORY >> 20);
	while (result == 0 && scenario->figure_count < file->figures_count) {
		size_t index = scenario->figure_count++;
		result = figure_take(&file->figures[index], builder->path, scenario->run.duration,
				     scenario->arena, &scenario->figures[index], builder->error);
	}
	return result;
}

/* What outbreak_rank() would refuse is refused here, as a fault of the file. */
static int check_all(struct scenario_builder *builder)
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

static int build(struct scenario_builder *builder)
{
	int result = scenario_keep(builder, builder->file->name, &builder->scenario->name);

	if (result == 0)
		result = scenario_keep(builder, builder->file->title, &builder->scenario->title);
	if (result == 0)
		result = take_world(builder);
	if (result == 0)
		result = scenario_take_worm(builder);
	if (result == 0)
		result = take_run(builder);
	if (result == 0)
		result = take_remedies(builder);
	if (result == 0)
		result = take_figures(builder);
	return result < 0 ? result : check_all(builder);
}

static int build_from(const struct scenario_file *file, const char *path,
		      struct outbreak_scenario *scenario, struct error *error)
{
	struct scenario_builder builder = {
		.file = file, .path = path, .scenario = scenario, .error = error
	};

	scenario->arena = arena_new(SCENARIO_MOST_MEMORY);
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
	int result = knowledge_load_bytes(text, path, &scenario_file_value, &file, NULL, error);
	if (result < 0)
		return result;
	result = build_from(file, path, scenario, error);
	knowledge_free(&scenario_file_value, file, 0);
	return result;
}

int outbreak_scenario_load(const char *path, struct outbreak_scenario *scenario,
			   struct error *error)
{
	void *file;

	*scenario = (struct outbreak_scenario){ 0 };
	int result = knowledge_load(path, &scenario_file_value, &file, NULL, error);
	if (result < 0)
		return result;
	result = build_from(file, path, scenario, error);
	knowledge_free(&scenario_file_value, file, 0);
	return result;
}

void outbreak_scenario_fini(struct outbreak_scenario *scenario)
{
	outbreak_world_fini(&scenario->world);
	arena_free(scenario->arena);
	*scenario = (struct outbreak_scenario){ 0 };
}
