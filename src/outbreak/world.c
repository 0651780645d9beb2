/* Topologies: read by schema, checked, and unfolded into one list of subnets in address order.
 * Shares that a subnet does not give are its provider's, then the world's; a generator writes many
 * alike subnets in one line. */
#include "outbreak/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MOST_SUBNETS   1000000
#define MOST_MEMORY    ((size_t)256 << 20)
#define MOST_ADDRESSES INT64_C(4294967296) /* of IPv4 */
#define MOST_UPLINK    1e15

struct shares {
	double live, vulnerable, patched;
};

struct world_file_subnet {
	char *name;
	int64_t addresses;
	double *live_share, *vulnerable_share, *patched_share;
};

struct world_file_generate {
	int64_t subnets, addresses;
};

struct world_file_provider {
	char *name;
	double *live_share, *vulnerable_share, *patched_share, *uplink;
	struct world_file_subnet *subnets;
	unsigned subnets_count;
	struct world_file_generate *generate;
};

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

static const cyaml_schema_field_t provider_fields[] = {
	NAME_FIELD(struct world_file_provider, name, 0),
	SHARE_FIELD(struct world_file_provider, live_share),
	SHARE_FIELD(struct world_file_provider, vulnerable_share),
	SHARE_FIELD(struct world_file_provider, patched_share),
	SHARE_FIELD(struct world_file_provider, uplink),
	CYAML_FIELD_SEQUENCE("subnets", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			     struct world_file_provider, subnets, &subnet_value, 1, MOST_SUBNETS),
	CYAML_FIELD_MAPPING_PTR("generate", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
				struct world_file_provider, generate, generate_fields),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t provider_value = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct world_file_provider, provider_fields) };

const cyaml_schema_field_t world_fields[] = {
	NAME_FIELD(struct world_file, name, 0),
	NAME_FIELD(struct world_file, title, CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_INT_PTR("scanned_space", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			    struct world_file, scanned_space),
	SHARE_FIELD(struct world_file, live_share),
	SHARE_FIELD(struct world_file, vulnerable_share),
	SHARE_FIELD(struct world_file, patched_share),
	CYAML_FIELD_SEQUENCE("providers", CYAML_FLAG_POINTER, struct world_file, providers,
			     &provider_value, 1, MOST_SUBNETS),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t world_value = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_POINTER, struct world_file, world_fields) };

/* A world under construction. */
struct builder {
	const struct world_file *file;
	const char *where;
	struct outbreak_world *world;
	struct outbreak_provider *providers;
	struct outbreak_subnet *subnets;
	int64_t addresses;
	struct error *error;
};

static int take_share(struct builder *builder, const char *key, const char *name,
		      const double *given, double inherited, double *share)
{
	*share = given ? *given : inherited;
	if (*share >= 0 && *share <= 1)
		return 0;
	return error_set(builder->error, ERROR_INPUT, builder->where,
			 "%s of '%s' is %g, allowed is 0 to 1", key, name, *share);
}

static int take_shares(struct builder *builder, const char *name, const double *live,
		       const double *vulnerable, const double *patched,
		       const struct shares *inherited, struct shares *shares)
{
	int result = take_share(builder, "live_share", name, live, inherited->live, &shares->live);
	if (result == 0)
		result = take_share(builder, "vulnerable_share", name, vulnerable,
				    inherited->vulnerable, &shares->vulnerable);
	if (result == 0)
		result = take_share(builder, "patched_share", name, patched, inherited->patched,
				    &shares->patched);
	return result;
}

static char *copy_text(struct builder *builder, const char *text)
{
	return arena_copy(builder->world->arena, bytes_of(text));
}

static int no_memory(struct builder *builder)
{
	return error_set(builder->error, ERROR_LIMIT, builder->where,
			 "the world needs more than %zu MiB; use fewer subnets", MOST_MEMORY >> 20);
}

static int add_subnet(struct builder *builder, const char *name, int64_t addresses,
		      const struct shares *shares)
{
	if (addresses < 1 || addresses > MOST_ADDRESSES)
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "addresses of '%s' is %" PRId64 ", allowed is 1 to %" PRId64, name,
				 addresses, MOST_ADDRESSES);
	builder->addresses += addresses;
	if (builder->addresses > MOST_ADDRESSES)
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "up to '%s' the subnets have %" PRId64
				 " addresses together, allowed are %" PRId64,
				 name, builder->addresses, MOST_ADDRESSES);
	const char *copy = copy_text(builder, name);
	if (!copy)
		return no_memory(builder);
	builder->subnets[builder->world->subnet_count++] = (struct outbreak_subnet){
		.name = copy,
		.provider = (uint32_t)builder->world->provider_count,
		.addresses = (uint64_t)addresses,
		.live_share = shares->live,
		.vulnerable_share = shares->vulnerable,
		.patched_share = shares->patched,
	};
	return 0;
}

/* The generator's subnets are called after the provider: "north-1", "north-2", … */
static int generate(struct builder *builder, const struct world_file_provider *provider,
		    const struct shares *shares)
{
	char name[256];
	int result = 0;

	for (int64_t i = 0; result == 0 && i < provider->generate->subnets; i++) {
		snprintf(name, sizeof name, "%s-%" PRId64, provider->name, i + 1);
		result = add_subnet(builder, name, provider->generate->addresses, shares);
	}
	return result;
}

static int add_provider(struct builder *builder, const struct world_file_provider *provider,
			const struct shares *defaults)
{
	struct shares shares, own;
	int result =
		take_shares(builder, provider->name, provider->live_share,
			    provider->vulnerable_share, provider->patched_share, defaults, &shares);

	for (unsigned i = 0; result == 0 && i < provider->subnets_count; i++) {
		const struct world_file_subnet *subnet = &provider->subnets[i];
		result =
			take_shares(builder, subnet->name, subnet->live_share,
				    subnet->vulnerable_share, subnet->patched_share, &shares, &own);
		if (result == 0)
			result = add_subnet(builder, subnet->name, subnet->addresses, &own);
	}
	if (result == 0 && provider->generate)
		result = generate(builder, provider, &shares);
	if (result < 0)
		return result;
	const char *copy = copy_text(builder, provider->name);
	if (!copy)
		return no_memory(builder);
	double uplink = provider->uplink ? *provider->uplink : 0;
	if (!(uplink >= 0 && uplink <= MOST_UPLINK))
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "uplink of '%s' is %g, allowed is 0 to %g", provider->name, uplink,
				 MOST_UPLINK);
	builder->providers[builder->world->provider_count++] =
		(struct outbreak_provider){ .name = copy, .uplink = uplink };
	return 0;
}

/* How many subnets there will be, and that every provider has some. */
static int count_subnets(struct builder *builder, int64_t *count)
{
	*count = 0;
	for (unsigned i = 0; i < builder->file->providers_count; i++) {
		const struct world_file_provider *provider = &builder->file->providers[i];
		const struct world_file_generate *generator = provider->generate;
		if (generator && (generator->subnets < 1 || generator->subnets > MOST_SUBNETS))
			return error_set(builder->error, ERROR_INPUT, builder->where,
					 "generate.subnets of '%s' is %" PRId64
					 ", allowed is 1 to %d",
					 provider->name, generator->subnets, MOST_SUBNETS);
		if (!generator && provider->subnets_count == 0)
			return error_set(builder->error, ERROR_INPUT, builder->where,
					 "provider '%s' has no subnets; give subnets or generate",
					 provider->name);
		*count += provider->subnets_count + (generator ? generator->subnets : 0);
	}
	if (*count > MOST_SUBNETS)
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "there are %" PRId64 " subnets, allowed are %d", *count,
				 MOST_SUBNETS);
	return 0;
}

static int take_scanned_space(struct builder *builder)
{
	const int64_t *given = builder->file->scanned_space;

	builder->world->scanned_space = (uint64_t)(given ? *given : builder->addresses);
	if (given && (*given < builder->addresses || *given > MOST_ADDRESSES))
		return error_set(builder->error, ERROR_INPUT, builder->where,
				 "scanned_space is %" PRId64 ", allowed is %" PRId64
				 " (all addresses of the subnets) to %" PRId64,
				 *given, builder->addresses, MOST_ADDRESSES);
	return 0;
}

static int build(struct builder *builder)
{
	const struct world_file *file = builder->file;
	struct outbreak_world *world = builder->world;
	struct shares defaults;
	int64_t subnets = 0;

	int result = take_shares(builder, file->name, file->live_share, file->vulnerable_share,
				 file->patched_share, &(struct shares){ 0.25, 0.25, 0 }, &defaults);
	if (result == 0)
		result = count_subnets(builder, &subnets);
	if (result < 0)
		return result;
	world->name = copy_text(builder, file->name);
	builder->providers =
		arena_take(world->arena, file->providers_count * sizeof *builder->providers);
	builder->subnets = arena_take(world->arena, subnets * sizeof *builder->subnets);
	if (!world->name || !builder->providers || !builder->subnets)
		return no_memory(builder);
	world->providers = builder->providers;
	world->subnets = builder->subnets;
	for (unsigned i = 0; result == 0 && i < file->providers_count; i++)
		result = add_provider(builder, &file->providers[i], &defaults);
	return result < 0 ? result : take_scanned_space(builder);
}

int world_build(const struct world_file *file, const char *where, struct outbreak_world *world,
		struct error *error)
{
	struct builder builder = { .file = file, .where = where, .world = world, .error = error };

	*world = (struct outbreak_world){ .arena = arena_new(MOST_MEMORY) };
	if (!world->arena)
		return error_set(error, ERROR_MEMORY, where, "no memory for a world");
	int result = build(&builder);
	if (result < 0)
		outbreak_world_fini(world);
	return result;
}

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
