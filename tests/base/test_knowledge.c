#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/base.h"

enum colour { RED, GREEN };
struct part {
	enum colour colour;
};

struct thing {
	char *name;
	unsigned size;
	struct part *parts;
	unsigned parts_count;
};

static const cyaml_strval_t colours[] = { { "red", RED }, { "green", GREEN } };
static const cyaml_schema_field_t part_fields[] = {
	CYAML_FIELD_ENUM("colour", CYAML_FLAG_STRICT, struct part, colour, colours, 2),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t part_value = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT,
								     struct part, part_fields) };
static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct thing, name, 0, CYAML_UNLIMITED),
	CYAML_FIELD_UINT("size", CYAML_FLAG_DEFAULT, struct thing, size),
	CYAML_FIELD_SEQUENCE("parts", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct thing, parts,
			     &part_value, 0, CYAML_UNLIMITED),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t schema = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct thing,
								 fields) };

static void loads_by_schema(void **state)
{
	(void)state;
	struct error error;
	void *data;
	assert_int_equal(knowledge_load_bytes(bytes_of("name: a\nsize: 3\n"), "x.yaml", &schema,
					      &data, NULL, &error),
			 0);
	struct thing *thing = data;
	assert_string_equal(thing->name, "a");
	assert_int_equal(thing->size, 3);
	knowledge_free(&schema, data, 0);
}

static void errors_name_file_and_key(void **state)
{
	(void)state;
	struct error error;
	void *data;
	char text[900];
	assert_int_equal(knowledge_load_bytes(bytes_of("name: a\ncolour: 3\n"), "x.yaml", &schema,
					      &data, NULL, &error),
			 ERROR_INPUT);
	error_text(&error, text, sizeof text);
	assert_non_null(strstr(text, "x.yaml"));
	assert_non_null(strstr(text, "colour"));
	assert_non_null(strstr(text, "line"));
}

static void check_message(const char *content, const char *says)
{
	struct error error;
	void *data;
	char text[900];
	assert_int_equal(
		knowledge_load_bytes(bytes_of(content), "x.yaml", &schema, &data, NULL, &error),
		ERROR_INPUT);
	error_text(&error, text, sizeof text);
	assert_non_null(strstr(text, says));
}

static void errors_say_what_is_allowed(void **state)
{
	(void)state;
	struct error error;
	void *data;
	check_message("name: a\nsize: 3\nparts: [ { colour: blue } ]\n", "allowed: red, green");
	check_message("", "the file is empty");
	assert_int_equal(knowledge_load_bytes((struct bytes){ NULL, 0 }, "x.yaml", &schema, &data,
					      NULL, &error),
			 ERROR_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(loads_by_schema),
					    cmocka_unit_test(errors_name_file_and_key),
					    cmocka_unit_test(errors_say_what_is_allowed) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
