/* Topologies: read by schema; build.c checks and unfolds them. */
#include "outbreak/world.h"

#define SHARE_FIELD(type, key) \
	CYAML_FIELD_FLOAT_PTR(#key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, key)
#define NAME_FIELD(type, key, flags) \
	CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER | (flags), type, key, 1, 200)

static const cyaml_schema_field_t subnet_fields[] = {
	NAME_FIELD(struct world_file_subnet, name, 0),
	CYAML_FIELD_INT("addresses", CYAML_FLAG_DEFAULT, struct world_file_subnet, addresses),
	SHARE_FIELD(struct world_file_subnet, live_share),
	SHARE_FIELD(struct world_file_subnet, vulnerable_share),
	SHARE_FIELD(struct world_file_subnet, patched_share),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t subnet_value = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct world_file_subnet, subnet_fields) };

static const cyaml_schema_field_t generate_fields[] = {
	CYAML_FIELD_INT("subnets", CYAML_FLAG_DEFAULT, struct world_file_generate, subnets),
	CYAML_FIELD_INT("addresses", CYAML_FLAG_DEFAULT, struct world_file_generate, addresses),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t name_value = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1,
								    200) };

static const cyaml_schema_field_t provider_fields[] = {
	NAME_FIELD(struct world_file_provider, name, 0),
	NAME_FIELD(struct world_file_provider, parent, CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_SEQUENCE("peers", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			     struct world_file_provider, peers, &name_value, 1, WORLD_MOST_SUBNETS),
	SHARE_FIELD(struct world_file_provider, live_share),
	SHARE_FIELD(struct world_file_provider, vulnerable_share),
	SHARE_FIELD(struct world_file_provider, patched_share),
	SHARE_FIELD(struct world_file_provider, uplink),
	CYAML_FIELD_SEQUENCE("subnets", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			     struct world_file_provider, subnets, &subnet_value, 1,
			     WORLD_MOST_SUBNETS),
	CYAML_FIELD_MAPPING_PTR("generate", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
				struct world_file_provider, generate, generate_fields),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t provider_value = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct world_file_provider, provider_fields) };

#define PATH_FIELD(key)                                                        \
	CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, \
			       struct world_file_import, key, 1, 4000)
#define COUNT_FIELD(type, key) \
	CYAML_FIELD_INT_PTR(#key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, key)

static const cyaml_schema_field_t import_fields[] = {
	PATH_FIELD(graphml), PATH_FIELD(ranges), PATH_FIELD(relations),
	COUNT_FIELD(struct world_file_import, addresses), CYAML_FIELD_END
};

static const cyaml_strval_t shapes[] = { { "power-law", GRAPH_POWER_LAW },
					 { "tree", GRAPH_TREE },
					 { "grid", GRAPH_GRID } };
static const cyaml_schema_field_t shape_fields[] = {
	CYAML_FIELD_ENUM("shape", CYAML_FLAG_STRICT, struct world_file_shape, shape, shapes,
			 CYAML_ARRAY_LEN(shapes)),
	CYAML_FIELD_INT("providers", CYAML_FLAG_DEFAULT, struct world_file_shape, providers),
	CYAML_FIELD_INT("addresses", CYAML_FLAG_DEFAULT, struct world_file_shape, addresses),
	COUNT_FIELD(struct world_file_shape, seed),
	SHARE_FIELD(struct world_file_shape, peers),
	CYAML_FIELD_END
};

const cyaml_schema_field_t world_fields[] = {
	NAME_FIELD(struct world_file, name, 0),
	NAME_FIELD(struct world_file, title, CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_INT_PTR("scanned_space", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			    struct world_file, scanned_space),
	SHARE_FIELD(struct world_file, live_share),
	SHARE_FIELD(struct world_file, vulnerable_share),
	SHARE_FIELD(struct world_file, patched_share),
	CYAML_FIELD_MAPPING_PTR("import", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
				struct world_file, import, import_fields),
	CYAML_FIELD_MAPPING_PTR("generate", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
				struct world_file, generate, shape_fields),
	CYAML_FIELD_SEQUENCE("providers", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			     struct world_file, providers, &provider_value, 1, WORLD_MOST_SUBNETS),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t world_value = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_POINTER, struct world_file, world_fields) };

int outbreak_world_parse(struct bytes text, const char *name, struct outbreak_world *world,
			 struct error *error)
{
	void *file;

	*world = (struct outbreak_world){ 0 };
	int result = knowledge_load_bytes(text, name, &world_value, &file, NULL, error);
	if (result < 0)
		return result;
	result = world_build(file, name, world, error);
	knowledge_free(&world_value, file, 0);
	return result;
}

int outbreak_world_load(const char *path, struct outbreak_world *world, struct error *error)
{
	char standard[4096];
	void *file;

	*world = (struct outbreak_world){ 0 };
	if (!path)
		path = file_data_path("topology/providers.yaml", standard, sizeof standard);
	int result = knowledge_load(path, &world_value, &file, NULL, error);
	if (result < 0)
		return result;
	result = world_build(file, path, world, error);
	knowledge_free(&world_value, file, 0);
	return result;
}

void outbreak_world_fini(struct outbreak_world *world)
{
	arena_free(world->arena);
	*world = (struct outbreak_world){ 0 };
}

double outbreak_subnet_hosts(const struct outbreak_subnet *subnet)
{
	return (double)subnet->addresses * subnet->live_share;
}

double outbreak_subnet_vulnerable(const struct outbreak_subnet *subnet)
{
	return outbreak_subnet_hosts(subnet) * subnet->vulnerable_share *
	       (1 - subnet->patched_share);
}
