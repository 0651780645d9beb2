#include "outbreak/scenario_file.h"

#define MOST_PLACES  1000000
#define MOST_FIGURES 1000

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
		WAY_COUNT(type, draw_bits),                                                       \
		CYAML_FIELD_SEQUENCE("increments", OPTIONAL, type, way.increments,                \
				     &increment_value, 1, OUTBREAK_INCREMENTS)

static const cyaml_schema_field_t way_fields[] = { WAY_FIELDS(struct scenario_file_other_way),
						   CYAML_FIELD_END };
static const cyaml_schema_value_t way_value = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct scenario_file_other_way, way_fields) };

static const cyaml_schema_field_t worm_fields[] = {
	WAY_FIELDS(struct scenario_file_worm),
	CYAML_FIELD_SEQUENCE("also", OPTIONAL, struct scenario_file_worm, also, &way_value, 1,
			     OUTBREAK_VECTORS - 1),
	NUMBER_FIELD(struct scenario_file_worm, latency),
	NUMBER_FIELD(struct scenario_file_worm, rate_spread),
	NUMBER_FIELD(struct scenario_file_worm, unreachable_share),
	NUMBER_FIELD(struct scenario_file_worm, private_share),
	NUMBER_FIELD(struct scenario_file_worm, online),
	NUMBER_FIELD(struct scenario_file_worm, offline),
	NUMBER_FIELD(struct scenario_file_worm, scan_bytes),
	CYAML_FIELD_BOOL_PTR("explicit", OPTIONAL, struct scenario_file_worm, explicit),
	COUNT_FIELD(struct scenario_file_worm, port),
	COUNT_FIELD(struct scenario_file_worm, initially_infected),
	TEXT_FIELD(struct scenario_file_worm, origin, CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t delay_value = { CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double) };

static const cyaml_schema_field_t run_fields[] = {
	NUMBER_FIELD(struct scenario_file_run, duration),
	COUNT_FIELD(struct scenario_file_run, replicas),
	COUNT_FIELD(struct scenario_file_run, seed),
	COUNT_FIELD(struct scenario_file_run, curve_points),
	COUNT_FIELD(struct scenario_file_run, finalists),
	COUNT_FIELD(struct scenario_file_run, combine),
	COUNT_FIELD(struct scenario_file_run, candidates),
	CYAML_FIELD_SEQUENCE("delays", OPTIONAL, struct scenario_file_run, delays, &delay_value, 1,
			     OUTBREAK_MOST_DELAYS),
	CYAML_FIELD_END
};

static const cyaml_schema_value_t place_value = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1,
								     200) };

static const cyaml_schema_field_t remedy_fields[] = {
	TEXT_FIELD(struct scenario_file_remedy, name, 0),
	TEXT_FIELD(struct scenario_file_remedy, title, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD(struct scenario_file_remedy, why, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD(struct scenario_file_remedy, collateral, CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_ENUM("effect", CYAML_FLAG_STRICT, struct scenario_file_remedy, effect, effects,
			 CYAML_ARRAY_LEN(effects)),
	CYAML_FIELD_ENUM("place", CYAML_FLAG_STRICT, struct scenario_file_remedy, place, places,
			 CYAML_ARRAY_LEN(places)),
	NUMBER_FIELD(struct scenario_file_remedy, pass),
	NUMBER_FIELD(struct scenario_file_remedy, share),
	NUMBER_FIELD(struct scenario_file_remedy, delay),
	NUMBER_FIELD(struct scenario_file_remedy, reaction),
	NUMBER_FIELD(struct scenario_file_remedy, collateral_share),
	CYAML_FIELD_SEQUENCE("places", OPTIONAL, struct scenario_file_remedy, places, &place_value,
			     1, MOST_PLACES),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t remedy_value = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct scenario_file_remedy, remedy_fields) };

static const cyaml_schema_field_t scenario_fields[] = {
	TEXT_FIELD(struct scenario_file, name, 0),
	TEXT_FIELD(struct scenario_file, title, CYAML_FLAG_OPTIONAL),
	TEXT_FIELD(struct scenario_file, topology, CYAML_FLAG_OPTIONAL),
	CYAML_FIELD_MAPPING_PTR("world", OPTIONAL, struct scenario_file, world, world_fields),
	CYAML_FIELD_MAPPING_PTR("worm", CYAML_FLAG_POINTER, struct scenario_file, worm,
				worm_fields),
	CYAML_FIELD_MAPPING_PTR("run", OPTIONAL, struct scenario_file, run, run_fields),
	CYAML_FIELD_SEQUENCE("remedies", OPTIONAL, struct scenario_file, remedies, &remedy_value, 0,
			     SCENARIO_MOST_REMEDIES),
	CYAML_FIELD_SEQUENCE("figures", OPTIONAL, struct scenario_file, figures, &figure_value, 0,
			     MOST_FIGURES),
	CYAML_FIELD_END
};
const cyaml_schema_value_t scenario_file_value = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_POINTER, struct scenario_file, scenario_fields) };
