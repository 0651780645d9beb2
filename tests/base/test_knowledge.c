#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/base.h"

struct thing {
	char *name;
	unsigned size;
};

static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct thing, name, 0, CYAML_UNLIMITED),
	CYAML_FIELD_UINT("size", CYAML_FLAG_DEFAULT, struct thing, size), CYAML_FIELD_END
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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(loads_by_schema),
					    cmocka_unit_test(errors_name_file_and_key) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
