/* The shape of the knowledge files, for libcyaml: what is not written here is an error with key and
 * line. */
#include "remedy/knowledge.h"

#define TEXT(key, structure, member) \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, structure, member, 1, 4096)
#define OPTIONAL_TEXT(key, structure, member)                                                 \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER_NULL | CYAML_FLAG_OPTIONAL, structure, \
			       member, 0, 4096)
#define OPTIONAL_LIST(key, structure, member, entry)                                           \
	CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, structure, member, \
			     entry, 0, 256)
#define MAPPING(structure, fields)                                         \
	{                                                                  \
		CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, structure, fields) \
	}
#define FILE_OF(entry, structure)                                                      \
	{                                                                              \
		CYAML_VALUE_SEQUENCE(CYAML_FLAG_POINTER, structure, &(entry), 1, 1024) \
	}

static const cyaml_schema_value_t text = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, 1024) };

/* --- behaviour --- */

static const cyaml_schema_field_t condition_fields[] = {
	TEXT("field", struct behaviour_condition, field),
	OPTIONAL_LIST("any", struct behaviour_condition, any, &text),
	OPTIONAL_LIST("none", struct behaviour_condition, none, &text),
	CYAML_FIELD_UINT_PTR("from", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			     struct behaviour_condition, from),
	CYAML_FIELD_UINT_PTR("to", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			     struct behaviour_condition, to),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t condition = MAPPING(struct behaviour_condition, condition_fields);

static const cyaml_schema_field_t take_fields[] = {
	TEXT("field", struct behaviour_take, field),
	OPTIONAL_TEXT("parameter", struct behaviour_take, parameter),
	OPTIONAL_TEXT("type", struct behaviour_take, type),
	OPTIONAL_TEXT("find", struct behaviour_take, find),
	CYAML_FIELD_BOOL("optional", CYAML_FLAG_OPTIONAL, struct behaviour_take, optional),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t take = MAPPING(struct behaviour_take, take_fields);

static const cyaml_schema_field_t constant_fields[] = {
	TEXT("parameter", struct behaviour_constant, parameter),
	TEXT("value", struct behaviour_constant, value), CYAML_FIELD_END
};
static const cyaml_schema_value_t constant = MAPPING(struct behaviour_constant, constant_fields);

static const cyaml_schema_field_t pattern_fields[] = {
	TEXT("name", struct behaviour_pattern, name),
	TEXT("title", struct behaviour_pattern, title),
	TEXT("event", struct behaviour_pattern, event),
	OPTIONAL_LIST("attack", struct behaviour_pattern, attack, &text),
	OPTIONAL_LIST("where", struct behaviour_pattern, where, &condition),
	OPTIONAL_LIST("take", struct behaviour_pattern, take, &take),
	OPTIONAL_LIST("set", struct behaviour_pattern, set, &constant),
	CYAML_FIELD_UINT("at_least", CYAML_FLAG_OPTIONAL, struct behaviour_pattern, at_least),
	OPTIONAL_TEXT("count", struct behaviour_pattern, count),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t pattern = MAPPING(struct behaviour_pattern, pattern_fields);
const cyaml_schema_value_t schema_behaviours = FILE_OF(pattern, struct behaviour_pattern);

/* --- remedy --- */

static const cyaml_strval_t effects[] = {
	{ "filter", REMEDY_FILTER },   { "patch", REMEDY_PATCH }, { "rate", REMEDY_RATE },
	{ "control", REMEDY_CONTROL }, { "clean", REMEDY_CLEAN }, { "block", REMEDY_BLOCK }
};
static const cyaml_strval_t places[] = { { "host", REMEDY_AT_HOST },
					 { "subnet", REMEDY_AT_SUBNET },
					 { "provider", REMEDY_AT_PROVIDER },
					 { "border", REMEDY_AT_BORDER } };

static const cyaml_schema_field_t need_fields[] = {
	TEXT("parameter", struct remedy_need, parameter), TEXT("type", struct remedy_need, type),
	OPTIONAL_LIST("except", struct remedy_need, except, &text), CYAML_FIELD_END
};
static const cyaml_schema_value_t need = MAPPING(struct remedy_need, need_fields);

static const cyaml_schema_field_t answer_fields[] = {
	TEXT("behaviour", struct remedy_answer, behaviour),
	OPTIONAL_LIST("needs", struct remedy_answer, needs, &need), CYAML_FIELD_END
};
static const cyaml_schema_value_t answer = MAPPING(struct remedy_answer, answer_fields);

static const cyaml_schema_field_t template_fields[] = {
	TEXT("format", struct remedy_template, format), TEXT("text", struct remedy_template, text),
	OPTIONAL_TEXT("undo", struct remedy_template, undo), CYAML_FIELD_END
};
static const cyaml_schema_value_t template = MAPPING(struct remedy_template, template_fields);

static const cyaml_schema_field_t filter_fields[] = {
	OPTIONAL_TEXT("proto", struct remedy_filter_line, proto),
	OPTIONAL_TEXT("port", struct remedy_filter_line, port),
	OPTIONAL_TEXT("to", struct remedy_filter_line, to),
	OPTIONAL_TEXT("from", struct remedy_filter_line, from),
	CYAML_FIELD_BOOL("new", CYAML_FLAG_OPTIONAL, struct remedy_filter_line, fresh),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t filter = MAPPING(struct remedy_filter_line, filter_fields);

static const cyaml_schema_field_t entry_fields[] = {
	TEXT("name", struct remedy_entry, name),
	TEXT("title", struct remedy_entry, title),
	CYAML_FIELD_SEQUENCE("answers", CYAML_FLAG_POINTER, struct remedy_entry, answers, &answer,
			     1, 64),
	CYAML_FIELD_ENUM("effect", CYAML_FLAG_STRICT, struct remedy_entry, effect, effects, 4),
	CYAML_FIELD_ENUM("place", CYAML_FLAG_STRICT, struct remedy_entry, place, places, 4),
	OPTIONAL_TEXT("at", struct remedy_entry, at),
	CYAML_FIELD_FLOAT("pass", CYAML_FLAG_OPTIONAL, struct remedy_entry, pass),
	CYAML_FIELD_FLOAT("share", CYAML_FLAG_DEFAULT, struct remedy_entry, share),
	CYAML_FIELD_FLOAT("delay", CYAML_FLAG_DEFAULT, struct remedy_entry, delay),
	CYAML_FIELD_FLOAT("rate_limit", CYAML_FLAG_OPTIONAL, struct remedy_entry, rate_limit),
	OPTIONAL_TEXT("collateral", struct remedy_entry, collateral),
	OPTIONAL_TEXT("undo", struct remedy_entry, undo),
	OPTIONAL_TEXT("limits", struct remedy_entry, limits),
	OPTIONAL_LIST("attack", struct remedy_entry, attack, &text),
	OPTIONAL_LIST("defend", struct remedy_entry, defend, &text),
	OPTIONAL_LIST("filters", struct remedy_entry, filters, &filter),
	OPTIONAL_LIST("rules", struct remedy_entry, rules, &template),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t entry = MAPPING(struct remedy_entry, entry_fields);
const cyaml_schema_value_t schema_remedies = FILE_OF(entry, struct remedy_entry);

/* --- names --- */

static const cyaml_schema_field_t service_fields[] = {
	CYAML_FIELD_UINT("port", CYAML_FLAG_DEFAULT, struct remedy_service, port),
	TEXT("proto", struct remedy_service, proto),
	TEXT("service", struct remedy_service, service), CYAML_FIELD_END
};
static const cyaml_schema_value_t service = MAPPING(struct remedy_service, service_fields);
const cyaml_schema_value_t schema_services = FILE_OF(service, struct remedy_service);

static const cyaml_schema_field_t bulletin_fields[] = {
	TEXT("bulletin", struct remedy_bulletin, bulletin),
	TEXT("update", struct remedy_bulletin, update),
	TEXT("title", struct remedy_bulletin, title), CYAML_FIELD_END
};
static const cyaml_schema_value_t bulletin = MAPPING(struct remedy_bulletin, bulletin_fields);
const cyaml_schema_value_t schema_bulletins = FILE_OF(bulletin, struct remedy_bulletin);

/* --- benign traffic --- */

static const cyaml_schema_field_t share_fields[] = {
	TEXT("proto", struct benign_share, proto),
	CYAML_FIELD_UINT("port", CYAML_FLAG_DEFAULT, struct benign_share, port),
	CYAML_FIELD_FLOAT("share", CYAML_FLAG_DEFAULT, struct benign_share, share), CYAML_FIELD_END
};
static const cyaml_schema_value_t share = MAPPING(struct benign_share, share_fields);

static const cyaml_schema_field_t benign_fields[] = {
	TEXT("name", struct benign_profile, name),
	TEXT("title", struct benign_profile, title),
	TEXT("source", struct benign_profile, source),
	TEXT("unit", struct benign_profile, unit),
	CYAML_FIELD_SEQUENCE("shares", CYAML_FLAG_POINTER, struct benign_profile, shares, &share, 1,
			     65536),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t benign = MAPPING(struct benign_profile, benign_fields);
const cyaml_schema_value_t schema_benign = FILE_OF(benign, struct benign_profile);
