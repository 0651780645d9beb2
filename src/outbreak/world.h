/* world - the YAML form of a topology, for world.c and scenario.c. */
#ifndef KENBI_OUTBREAK_WORLD_H
#define KENBI_OUTBREAK_WORLD_H

#include "outbreak/outbreak.h"

/* A topology as it stands in the file; NULL: the key is not there. */
struct world_file {
	char *name, *title;
	int64_t *scanned_space;
	double *live_share, *vulnerable_share, *patched_share;
	struct world_file_provider *providers;
	unsigned providers_count;
};
extern const cyaml_schema_field_t world_fields[];

/* Checks and unfolds it. `where` (file, or file and key) stands in front of messages. */
MUST_CHECK int world_build(const struct world_file *file, const char *where,
			   struct outbreak_world *world, struct error *error);

#endif
