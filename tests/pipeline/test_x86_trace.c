#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "pipeline/pipeline.h"

struct collected {
	json_t *records;
	size_t most; /* records taken before refusing */
};

static int collect(void *context, const json_t *record)
{
	struct collected *collected = context;

	if (json_array_size(collected->records) == collected->most)
		return ERROR_SYSTEM;
	return json_array_append_new(collected->records, json_deep_copy(record));
}

static int run(const struct pipeline_x86_trace *options, const char *code, size_t length,
	       struct collected *collected, struct error *error)
{
	struct pipeline_sink sink = { .context = collected, .record = collect };

	*error = (struct error){ 0 };
	collected->records = json_array();
	return pipeline_x86_trace(options, (struct bytes){ (const uint8_t *)code, length }, "code",
				  &sink, error);
}

static const char *text(const json_t *records, size_t index, const char *name)
{
	return json_string_value(json_object_get(json_array_get(records, index), name));
}

static void tells_the_same_quietly(void **state)
{
	/* inc dword [400008]; jmp to it: the data lies behind the code; the budget ends it */
	static const char code[] = "\xff\x05\x08\x00\x40\x00\xeb\xf8\x00\x00\x00\x00";
	struct pipeline_x86_trace options = { .budget = 21 };
	struct collected loud = { .most = 100 }, quiet = { .most = 100 };
	struct error error;

	(void)state;
	assert_int_equal(run(&options, code, 12, &loud, &error), 0);
	options.quiet = true;
	assert_int_equal(run(&options, code, 12, &quiet, &error), 0);
	assert_int_equal(json_array_size(loud.records), 23);
	assert_int_equal(json_array_size(quiet.records), 2);
	assert_true(json_equal(json_array_get(loud.records, 22), json_array_get(quiet.records, 1)));
	assert_string_equal(text(quiet.records, 1, "reason"), "budget");
	json_t *access =
		json_array_get(json_object_get(json_array_get(loud.records, 3), "memory"), 0);
	assert_string_equal(json_string_value(json_object_get(access, "address")), "0x400008");
	assert_string_equal(json_string_value(json_object_get(access, "read")), "0x1");
	assert_string_equal(json_string_value(json_object_get(access, "written")), "0x2");
	json_decref(loud.records);
	json_decref(quiet.records);
}

static void goes_where_the_code_wrote(void **state)
{
	/* mov byte [400010], c3 (ret), behind the end of the bytes; jmp 400010 */
	static const char code[] = "\xc6\x05\x10\x00\x40\x00\xc3\xeb\x07";
	struct pipeline_x86_trace options = { .budget = 100 };
	struct collected collected = { .most = 100 };
	struct error error;

	(void)state;
	assert_int_equal(run(&options, code, 9, &collected, &error), 0);
	assert_string_equal(text(collected.records, 4, "reason"), "returned");
	json_decref(collected.records);
	/* without the write that is the end */
	assert_int_equal(run(&options, code + 7, 2, &collected, &error), 0);
	assert_string_equal(text(collected.records, 2, "reason"), "left");
	assert_string_equal(text(collected.records, 2, "address"), "0x400009");
	json_decref(collected.records);
}

static void stops_when_nobody_takes_records(void **state)
{
	struct pipeline_x86_trace options = { .budget = 100 };
	struct collected collected = { .most = 3 };
	struct error error;

	(void)state;
	assert_int_equal(run(&options, "\xeb\xfe", 2, &collected, &error), ERROR_SYSTEM);
	assert_string_equal(error.where, "code");
	assert_int_equal(json_array_size(collected.records), 3);
	json_decref(collected.records);
}

static void refuses_what_cannot_be(void **state)
{
	static const struct pipeline_x86_register unknown = { "r8", 1 };
	static const struct {
		struct pipeline_x86_trace options;
		size_t length;
		int result;
	} cases[] = {
		{ { .budget = 1 }, 0, ERROR_INPUT },
		{ { .budget = 1, .entry = 2 }, 2, ERROR_USAGE },
		{ { .budget = 1, .base = 1 }, 2, ERROR_USAGE },
		{ { .budget = 1, .base = 0x100000 }, 2, ERROR_USAGE },
		{ { .budget = 1, .base = 0xffffffff }, 2, ERROR_USAGE },
		{ { .budget = 1, .base = UINT64_C(0x100000000) }, 2, ERROR_USAGE },
		{ { .budget = 1, .wide = true, .base = UINT64_MAX }, 2, ERROR_USAGE },
		{ { .budget = 1, .registers = &unknown, .register_count = 1 }, 2, ERROR_USAGE },
		{ { .budget = 1, .wide = true, .registers = &unknown, .register_count = 1 }, 2, 0 },
		{ { .budget = 1, .wide = true, .base = UINT64_C(0x100000000) }, 2, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct collected collected = { .most = 100 };
		struct error error;
		assert_int_equal(
			run(&cases[i].options, "\x90\x90", cases[i].length, &collected, &error),
			cases[i].result);
		assert_int_equal(error.code, cases[i].result);
		assert_true((error.message[0] != 0) == (cases[i].result != 0));
		json_decref(collected.records);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(tells_the_same_quietly),
					    cmocka_unit_test(goes_where_the_code_wrote),
					    cmocka_unit_test(stops_when_nobody_takes_records),
					    cmocka_unit_test(refuses_what_cannot_be) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
