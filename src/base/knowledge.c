#include "base/base.h"

#include <stdio.h>
#include <string.h>

#define FILE_LIMIT (16u << 20)

struct message {
	char text[400];
	size_t length;
};

/* What libyaml calls events, for people who write the files. */
static const struct {
	const char *event, *words;
} kinds[] = { { "SCALAR", "a single value" },
	      { "SEQUENCE", "a list" },
	      { "SEQUENCE_START", "a list" },
	      { "MAPPING", "keys with values" },
	      { "MAPPING_START", "keys with values" },
	      { "ALIAS", "an alias" },
	      { "DOC_END", "the end" },
	      { "STREAM_END", "the end" } };

static const char *words_for(const char *event)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(event, kinds[i].event) == 0)
			return kinds[i].words;
	return event;
}

/* "Expecting SEQUENCE, got event: SCALAR" is said as "expected a list, found a single value". */
static bool say_expectation(const char *text, char line[200])
{
	char expected[32], found[32];

	if (sscanf(text, "Expecting %31[A-Z_], got event: %31[A-Z_]", expected, found) != 2)
		return false;
	snprintf(line, 200, "expected %s, found %s", words_for(expected), words_for(found));
	return true;
}

/* libcyaml tells the cause first and then a backtrace of keys with lines and columns; both are
 * kept. */
PRINTF_LIKE(3, 0)
static void keep_log(cyaml_log_t level, void *context, const char *format, va_list list)
{
	struct message *message = context;
	char line[200], plain[200];

	if (level < CYAML_LOG_ERROR)
		return;
	vsnprintf(line, sizeof line, format, list);
	const char *text = line;
	if (strncmp(text, "Load: ", 6) == 0)
		text += 6;
	while (*text == ' ')
		text++;
	if (say_expectation(text, plain))
		text = plain;
	size_t length = strcspn(text, "\n");
	if (length == 0 || strncmp(text, "Backtrace", 9) == 0)
		return;
	int wrote =
		snprintf(message->text + message->length, sizeof message->text - message->length,
			 "%s%.*s", message->length ? "; " : "", (int)length, text);
	if (wrote > 0) {
		message->length += (size_t)wrote;
		if (message->length >= sizeof message->text)
			message->length = sizeof message->text - 1;
	}
}

static cyaml_config_t configuration(struct message *message)
{
	return (cyaml_config_t){
		.log_fn = keep_log,
		.log_ctx = message,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

/* The words that a key may have, below a value; NULL: it has none there. */
static const cyaml_schema_value_t *find_words(const cyaml_schema_value_t *schema, const char *key,
					      size_t length)
{
	if (schema->type == CYAML_SEQUENCE || schema->type == CYAML_SEQUENCE_FIXED)
		return find_words(schema->sequence.entry, key, length);
	if (schema->type != CYAML_MAPPING)
		return NULL;
	for (const cyaml_schema_field_t *field = schema->mapping.fields; field->key; field++) {
		bool named = strlen(field->key) == length && memcmp(field->key, key, length) == 0;
		const cyaml_schema_value_t *found =
			named && field->value.type == CYAML_ENUM
				? &field->value
				: find_words(&field->value, key, length);
		if (found)
			return found;
	}
	return NULL;
}

/* Behind a word that is none of those allowed, these. libcyaml names the key that it is the value
 * of. */
static void say_words(struct message *message, const cyaml_schema_value_t *schema)
{
	static const char cause[] = "Invalid ENUM value: ", place[] = "in mapping field \'";
	char *key = strstr(message->text, place);

	if (strncmp(message->text, cause, sizeof cause - 1) != 0 || !key)
		return;
	key += sizeof place - 1;
	const cyaml_schema_value_t *words = find_words(schema, key, strcspn(key, "\'"));
	for (uint32_t i = 0; words && i < words->enumeration.count; i++) {
		size_t room = sizeof message->text - message->length;
		int wrote = snprintf(message->text + message->length, room, "%s%s",
				     i ? ", " : "; allowed: ", words->enumeration.strings[i].str);
		message->length += wrote < 0 || (size_t)wrote >= room ? room - 1 : (size_t)wrote;
	}
}

int knowledge_load_bytes(struct bytes text, const char *name, const cyaml_schema_value_t *schema,
			 void **data, unsigned *count, struct error *error)
{
	struct message message = { .length = 0 };
	cyaml_config_t config = configuration(&message);

	*data = NULL;
	if (text.length == 0)
		return error_set(error, ERROR_INPUT, name, "the file is empty");
	cyaml_err_t result = cyaml_load_data(text.data, text.length, &config, schema, data, count);
	if (result == CYAML_OK && !*data && !count)
		return error_set(error, ERROR_INPUT, name, "the file is empty");
	if (result == CYAML_OK)
		return 0;
	say_words(&message, schema);
	return error_set(error, ERROR_INPUT, name, "%s",
			 message.length ? message.text : cyaml_strerror(result));
}

int knowledge_load(const char *path, const cyaml_schema_value_t *schema, void **data,
		   unsigned *count, struct error *error)
{
	struct buffer content;
	*data = NULL;
	int result = file_read(path, FILE_LIMIT, &content, error);
	if (result < 0)
		return result;
	result = knowledge_load_bytes(buffer_bytes(&content), path, schema, data, count, error);
	buffer_fini(&content);
	return result;
}

void knowledge_free(const cyaml_schema_value_t *schema, void *data, unsigned count)
{
	cyaml_config_t config = configuration(NULL);
	config.log_fn = NULL;
	if (data)
		cyaml_free(&config, schema, data, count);
}
