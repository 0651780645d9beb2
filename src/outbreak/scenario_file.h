/* scenario_file - a scenario as it stands in a file, and what builds one of it, for scenario.c,
 * scenario_file.c (the schema) and scenario_worm.c. NULL: the key is not there. */
#ifndef KENBI_OUTBREAK_SCENARIO_FILE_H
#define KENBI_OUTBREAK_SCENARIO_FILE_H

#include "outbreak/figure.h"
#include "outbreak/world.h"

#define SCENARIO_MOST_MEMORY   ((size_t)64 << 20) /* of texts, remedies, ways */
#define SCENARIO_MOST_REMEDIES 10000

struct scenario_file_way {
	enum outbreak_scan scan;
	double *rate, *local_share, *share_8, *share_16, *share_24, *random_start;
	double *contacts, *contact_exponent, *contacts_most, *open_share, *reading;
	int64_t *list_size, *multiplier, *increments, *draw_bits;
	unsigned increments_count;
};

/* The schema's members need a name in front. */
struct scenario_file_other_way {
	struct scenario_file_way way;
};

struct scenario_file_worm {
	struct scenario_file_way way;
	struct scenario_file_other_way *also;
	unsigned also_count;
	double *latency, *rate_spread, *unreachable_share, *private_share, *online, *offline;
	double *scan_bytes;
	bool *explicit;
	int64_t *port, *initially_infected;
	char *origin;
};

struct scenario_file_run {
	double *duration;
	int64_t *replicas, *seed, *curve_points, *finalists, *combine, *candidates;
	double *delays;
	unsigned delays_count;
};

struct scenario_file_remedy {
	char *name, *title, *why, *collateral;
	enum remedy_effect effect;
	enum remedy_place place;
	double *pass, *share, *delay, *reaction, *collateral_share;
	char **places;
	unsigned places_count;
};

struct scenario_file {
	char *name, *title, *topology;
	struct world_file *world;
	struct scenario_file_worm *worm;
	struct scenario_file_run *run;
	struct scenario_file_remedy *remedies;
	unsigned remedies_count;
	struct figure_file *figures;
	unsigned figures_count;
};

extern const cyaml_schema_value_t scenario_file_value;

/* A scenario under construction. */
struct scenario_builder {
	const struct scenario_file *file;
	const char *path;
	struct outbreak_scenario *scenario;
	struct error *error;
};

/* A copy in the scenario's arena, "" for NULL. */
MUST_CHECK int scenario_keep(struct scenario_builder *builder, const char *text, const char **kept);
/* `usual` where nothing is given; ERROR_INPUT names the key when it is not 0 to `most`. */
MUST_CHECK int scenario_count(struct scenario_builder *builder, const char *key,
			      const int64_t *given, uint32_t usual, uint32_t most, uint32_t *count);
static inline double scenario_number(const double *given, double usual)
{
	return given ? *given : usual;
}
MUST_CHECK int scenario_take_worm(struct scenario_builder *builder);

#endif
