/* data/targets.yaml by schema; kept for the life of the process, since it never changes within it.
 */
#include "stream/targets.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static const cyaml_strval_t forms[] = {
	{ "wide-string", TARGET_WIDE_STRING },
	{ "string", TARGET_STRING },
	{ "u32", TARGET_U32 },
	{ "null", TARGET_NULL },
	{ "handle", TARGET_HANDLE },
};

static const cyaml_schema_field_t argument_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct target_argument, name, 1, 100),
	CYAML_FIELD_ENUM("form", CYAML_FLAG_STRICT, struct target_argument, form, forms,
			 CYAML_ARRAY_LEN(forms)),
	CYAML_FIELD_BOOL("unique", CYAML_FLAG_OPTIONAL, struct target_argument, unique),
	CYAML_FIELD_UINT("most", CYAML_FLAG_OPTIONAL, struct target_argument, most), CYAML_FIELD_END
};
static const cyaml_schema_value_t argument_schema = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct target_argument, argument_fields) };

static const cyaml_schema_field_t operation_fields[] = {
	CYAML_FIELD_UINT("opnum", CYAML_FLAG_DEFAULT, struct target_operation, opnum),
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct target_operation, name, 1, 100),
	CYAML_FIELD_STRING_PTR("vulnerability", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			       struct target_operation, vulnerability, 1, 200),
	CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			       struct target_operation, source, 1, 300),
	CYAML_FIELD_SEQUENCE_COUNT("arguments", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
				   struct target_operation, arguments, argument_count,
				   &argument_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t operation_schema = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct target_operation, operation_fields) };

static const cyaml_schema_field_t interface_fields[] = {
	CYAML_FIELD_STRING_PTR("uuid", CYAML_FLAG_POINTER, struct target_interface, uuid, 36, 36),
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct target_interface, name, 1, 100),
	CYAML_FIELD_SEQUENCE_COUNT("operations", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
				   struct target_interface, operations, operation_count,
				   &operation_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t interface_schema = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct target_interface, interface_fields) };

static const cyaml_schema_field_t mark_fields[] = {
	CYAML_FIELD_STRING_PTR("mark", CYAML_FLAG_POINTER, struct target_mark, mark, 1, 100),
	CYAML_FIELD_STRING_PTR("vulnerability", CYAML_FLAG_POINTER, struct target_mark,
			       vulnerability, 1, 200),
	CYAML_FIELD_STRING_PTR("source", CYAML_FLAG_POINTER, struct target_mark, source, 1, 300),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t mark_schema = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct target_mark, mark_fields) };

static const cyaml_schema_value_t text_schema = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1,
								     200) };

#define TEXT(key, flags, member)                                                                 \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | (flags), struct target_request, member, \
			       1, 300)
#define TEXTS(key, member)                                                                         \
	CYAML_FIELD_SEQUENCE_COUNT(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,                  \
				   struct target_request, member, member##_count, &text_schema, 1, \
				   4)
#define LENGTH(key, member) \
	CYAML_FIELD_UINT(key, CYAML_FLAG_OPTIONAL, struct target_request, member)

static const cyaml_schema_field_t request_fields[] = { TEXT("method", CYAML_FLAG_OPTIONAL, method),
						       TEXT("begins", CYAML_FLAG_OPTIONAL, begins),
						       TEXT("ends", CYAML_FLAG_OPTIONAL, ends),
						       TEXTS("contains", contains),
						       LENGTH("target-over", target_over),
						       LENGTH("query-over", query_over),
						       TEXT("field", CYAML_FLAG_OPTIONAL, field),
						       TEXTS("value", value),
						       TEXT("value-begins", CYAML_FLAG_OPTIONAL,
							    value_begins),
						       LENGTH("value-over", value_over),
						       TEXT("vulnerability", 0, vulnerability),
						       TEXT("source", 0, source),
						       CYAML_FIELD_END };
static const cyaml_schema_value_t request_schema = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct target_request, request_fields) };

static const cyaml_schema_field_t top_fields[] = {
	CYAML_FIELD_SEQUENCE_COUNT("interfaces", CYAML_FLAG_POINTER, struct targets, interfaces,
				   interface_count, &interface_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE_COUNT("marks", CYAML_FLAG_POINTER, struct targets, marks, mark_count,
				   &mark_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE_COUNT("http", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct targets,
				   http, http_count, &request_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct targets,
								 top_fields) };

int targets_load_bytes(struct bytes text, const char *name, struct targets **targets,
		       struct error *error)
{
	void *data;
	int result = knowledge_load_bytes(text, name, &schema, &data, NULL, error);
	*targets = data;
	return result;
}

void targets_free(struct targets *targets)
{
	knowledge_free(&schema, targets, 0);
}

static struct {
	pthread_once_t once;
	struct targets *targets;
	struct error error;
} known = { .once = PTHREAD_ONCE_INIT };

static void load(void)
{
	char path[4096];
	void *data = NULL;

	file_data_path("targets.yaml", path, sizeof path);
	if (knowledge_load(path, &schema, &data, NULL, &known.error) == 0)
		known.targets = data;
}

const struct targets *targets_get(struct error *error)
{
	pthread_once(&known.once, load);
	if (!known.targets && error)
		*error = known.error;
	return known.targets;
}

/* The first three fields are little-endian numbers, the rest are bytes (RFC 9562, section 4; C706,
 * appendix A). */
char *uuid_text(const uint8_t uuid[UUID_SIZE], char text[UUID_TEXT_SIZE])
{
	const uint8_t *u = uuid;
	snprintf(text, UUID_TEXT_SIZE,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[3], u[2],
		 u[1], u[0], u[5], u[4], u[7], u[6], u[8], u[9], u[10], u[11], u[12], u[13], u[14],
		 u[15]);
	return text;
}

const struct target_interface *targets_interface(const struct targets *targets,
						 const uint8_t uuid[UUID_SIZE])
{
	char text[UUID_TEXT_SIZE];

	uuid_text(uuid, text);
	for (unsigned i = 0; targets && i < targets->interface_count; i++)
		if (strcmp(targets->interfaces[i].uuid, text) == 0)
			return &targets->interfaces[i];
	return NULL;
}

const struct target_operation *targets_operation(const struct target_interface *interface,
						 unsigned opnum)
{
	for (unsigned i = 0; interface && i < interface->operation_count; i++)
		if (interface->operations[i].opnum == opnum)
			return &interface->operations[i];
	return NULL;
}

const char *targets_mark(const struct targets *targets, const char *mark)
{
	for (unsigned i = 0; targets && i < targets->mark_count; i++)
		if (strcmp(targets->marks[i].mark, mark) == 0)
			return targets->marks[i].vulnerability;
	return NULL;
}
