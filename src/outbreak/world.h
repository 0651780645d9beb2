/* world - the YAML form of a topology, for world.c, world_build.c and scenario_file.c. */
#ifndef KENBI_OUTBREAK_WORLD_H
#define KENBI_OUTBREAK_WORLD_H

#include "outbreak/graph.h"
#include "outbreak/outbreak.h"

#define WORLD_MOST_SUBNETS 1000000

struct world_file_subnet {
	char *name;
	int64_t addresses;
	double *live_share, *vulnerable_share, *patched_share;
};

struct world_file_generate {
	int64_t subnets, addresses;
};

struct world_file_provider {
	char *name, *parent;
	double *live_share, *vulnerable_share, *patched_share, *uplink;
	struct world_file_subnet *subnets;
	unsigned subnets_count;
	struct world_file_generate *generate;
	char **peers;
	unsigned peers_count;
};

/* Paths are beside the file that they stand in. */
struct world_file_import {
	char *graphml, *ranges, *relations;
	int64_t *addresses; /* of each provider in GraphML */
};

struct world_file_shape {
	enum graph_shape shape;
	int64_t providers, addresses;
	int64_t *seed;
	double *peers;
};

/* A topology as it stands in the file; NULL: the key is not there. */
struct world_file {
	char *name, *title;
	int64_t *scanned_space;
	double *live_share, *vulnerable_share, *patched_share;
	struct world_file_import *import;
	struct world_file_shape *generate;
	struct world_file_provider *providers;
	unsigned providers_count;
};
extern const cyaml_schema_field_t world_fields[];

/* Checks and unfolds it; reads what it imports. `where` is the file: it stands in front of
 * messages, and imports are beside it. */
MUST_CHECK int world_build(const struct world_file *file, const char *where,
			   struct outbreak_world *world, struct error *error);

#endif
