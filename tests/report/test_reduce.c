#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "report/page.h"

static json_t *session(int id, int conforms, int utterances)
{
	json_t *record = json_pack("{s:s, s:i, s:b, s:[], s:[]}", "type", "session", "id", id,
				   "conforms", conforms, "said", "deviations");
	for (int i = 0; i < utterances; i++)
		json_array_append_new(
			json_object_get(record, "said"),
			json_pack("{s:s, s:s}", "what", "line", "text", "0123456789"));
	return record;
}

static json_int_t omitted(const json_t *page, const char *name)
{
	return json_integer_value(json_object_get(json_object_get(page, "omitted"), name));
}

static json_t *record_of(const json_t *page, const char *type, int id)
{
	size_t index;
	json_t *record;

	json_array_foreach(
		json_object_get(page, "records"), index,
		record) if (!strcmp(json_string_value(json_object_get(record, "type")), type) &&
			    json_integer_value(json_object_get(record, "id")) == id) return record;
	return NULL;
}

static void small_cases_are_carried_whole(void **state)
{
	(void)state;
	struct report_budget budget = report_default_budget();
	json_t *records = json_array();
	json_array_append_new(records, session(1, 1, 3));
	json_array_append_new(records, json_pack("{s:s, s:i}", "type", "shellcode", "id", 1));
	json_t *page = report_page_case(records, &budget);
	assert_int_equal(json_array_size(json_object_get(page, "records")), 2);
	assert_int_equal(json_object_size(json_object_get(page, "omitted")), 0);
	json_decref(page);
	json_decref(records);
}

static void important_sessions_stay(void **state)
{
	(void)state;
	struct report_budget budget = {
		.sessions = 3, .others = 2, .utterances = 9, .said_bytes = 999
	};
	json_t *records = json_array();
	for (int id = 1; id <= 6; id++)
		json_array_append_new(records, session(id, id != 4, 0));
	for (int id = 1; id <= 3; id++)
		json_array_append_new(records, json_pack("{s:s, s:i, s:i}", "type", "shellcode",
							 "id", id, "session", 6));
	json_array_append_new(records, json_pack("{s:s}", "type", "event"));
	json_t *page = report_page_case(records, &budget);
	assert_non_null(record_of(page, "session", 6)); /* referred to */
	assert_non_null(record_of(page, "session", 4)); /* deviates */
	assert_non_null(record_of(page, "session", 1)); /* the first of the rest */
	assert_null(record_of(page, "session", 2));
	assert_int_equal(omitted(page, "session"), 3);
	assert_int_equal(omitted(page, "shellcode"), 1);
	assert_int_equal(omitted(page, "event"), 1);
	json_decref(page);
	json_decref(records);
}

static void utterances_are_cut_and_counted(void **state)
{
	(void)state;
	struct report_budget budget = {
		.sessions = 9, .others = 9, .utterances = 4, .said_bytes = 65
	};
	json_t *records = json_array();
	json_array_append_new(records, session(1, 1, 6));
	json_array_append_new(records, session(2, 0, 3));
	json_t *page = report_page_case(records, &budget);
	/* The one that deviates is served first: 30 bytes; 35 are left for the other. */
	assert_int_equal(json_array_size(json_object_get(record_of(page, "session", 2), "said")),
			 3);
	assert_int_equal(json_array_size(json_object_get(record_of(page, "session", 1), "said")),
			 3);
	assert_int_equal(
		json_integer_value(json_object_get(record_of(page, "session", 1), "said_omitted")),
		3);
	assert_int_equal(omitted(page, "said"), 3);
	/* The case itself is untouched. */
	assert_int_equal(json_array_size(json_object_get(json_array_get(records, 0), "said")), 6);
	json_decref(page);
	json_decref(records);
}

static void forecasts_keep_their_rank_when_figures_are_many(void **state)
{
	(void)state;
	struct report_budget budget = { .others = 9, .subnet_figures = 5 };
	json_t *records = json_array();
	for (int id = 1; id <= 4; id++)
		json_array_append_new(records, json_pack("{s:s, s:i, s:[f, f]}", "type", "forecast",
							 "id", id, "subnet_infected", 1.0, 2.0));
	json_t *page = report_page_case(records, &budget);
	for (int id = 1; id <= 4; id++) {
		const json_t *forecast = record_of(page, "forecast", id);
		assert_non_null(forecast);
		assert_int_equal(json_object_get(forecast, "subnet_infected") != NULL, id <= 2);
	}
	assert_int_equal(omitted(page, "subnet_infected"), 2);
	/* The case itself is untouched. */
	assert_non_null(json_object_get(json_array_get(records, 3), "subnet_infected"));
	json_decref(page);
	json_decref(records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_cases_are_carried_whole),
		cmocka_unit_test(important_sessions_stay),
		cmocka_unit_test(utterances_are_cut_and_counted),
		cmocka_unit_test(forecasts_keep_their_rank_when_figures_are_many)
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
