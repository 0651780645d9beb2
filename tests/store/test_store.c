#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/store.h"

static char path[64];

static int fresh_path(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "/tmp/kenbi-store-XXXXXX");
	int descriptor = mkstemp(path);
	close(descriptor);
	unlink(path);
	return descriptor < 0;
}

static int remove_path(void **state)
{
	(void)state;
	char side[80];
	unlink(path);
	snprintf(side, sizeof side, "%s-wal", path);
	unlink(side);
	snprintf(side, sizeof side, "%s-shm", path);
	unlink(side);
	return 0;
}

static void put_attempt(struct store *store, const char *source, const char *code, const char *kind)
{
	struct error error;
	json_t *record = json_pack("{s:s, s:i, s:{s:s, s:s, s:i}, s:s, s:s, s:s, s:[{s:s}]}",
				   "type", "shellcode", "id", 1, "flow", "src", source, "dst",
				   "192.0.2.1", "dport", 445, "code", code, "kind", kind, "os",
				   "windows", "actions", "action", "bind");
	assert_int_equal(store_put(store, record, &error), 0);
	json_decref(record);
}

static int keep_row(void *context, const json_t *row)
{
	json_t **rows = context;
	return json_array_append(*rows, (json_t *)(uintptr_t)row);
}

static json_t *ask(struct store *store, const char *question)
{
	struct error error;
	json_t *rows = json_array();
	assert_int_equal(store_query(store, question, NULL, 0, keep_row, &rows, &error), 0);
	return rows;
}

static json_int_t number(json_t *rows, size_t index, const char *name)
{
	return json_integer_value(json_object_get(json_array_get(rows, index), name));
}

static void counts_attempts_codes_and_kinds(void **state)
{
	(void)state;
	struct error error;
	struct store *store;
	int64_t case_number;

	assert_int_equal(store_open(path, &store, &error), 0);
	assert_int_equal(store_begin_case(store, "test", &case_number, &error), 0);
	put_attempt(store, "203.0.113.1", "aa", "k1");
	put_attempt(store, "203.0.113.1", "aa", "k1");
	put_attempt(store, "203.0.113.2", "bb", "k1");
	put_attempt(store, "203.0.113.3", "cc", "k2");
	assert_int_equal(store_end_case(store, &error), 0);

	json_t *rows = ask(store, "summary");
	assert_int_equal(number(rows, 0, "attempts"), 4);
	assert_int_equal(number(rows, 0, "codes"), 3);
	assert_int_equal(number(rows, 0, "kinds"), 2);
	assert_int_equal(number(rows, 0, "sources"), 3);
	json_decref(rows);
	rows = ask(store, "sources");
	assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "address")),
			    "203.0.113.1");
	assert_int_equal(number(rows, 0, "attempts"), 2);
	json_decref(rows);
	store_close(store);
}

static void keeps_samples_by_content(void **state)
{
	(void)state;
	struct error error;
	struct store *store;
	int64_t case_number;
	char sha256[DIGEST_TEXT_SIZE];
	struct buffer content;
	struct bytes sample = { (const uint8_t *)"MZ\0sample", 9 };

	assert_int_equal(store_open(path, &store, &error), 0);
	assert_int_equal(store_begin_case(store, "test", &case_number, &error), 0);
	assert_int_equal(store_put_sample(store, sample, &error), 0);
	assert_int_equal(store_put_sample(store, sample, &error), 0);
	assert_int_equal(store_end_case(store, &error), 0);
	store_close(store);
	assert_int_equal(store_open(path, &store, &error), 0);
	digest_text(sample, sha256);
	assert_int_equal(store_get_sample(store, sha256, &content, &error), 0);
	assert_true(bytes_equal(buffer_bytes(&content), sample));
	buffer_fini(&content);
	static const char *const absent[] = { "00", "000000", "", "zzzzzz", "0123456789ABCDEF" };
	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
		assert_int_equal(store_get_sample(store, absent[i], &content, &error), ERROR_INPUT);
		buffer_fini(&content);
	}
	char longer[DIGEST_TEXT_SIZE + 1];
	snprintf(longer, sizeof longer, "%s0", sha256);
	assert_int_equal(store_get_sample(store, longer, &content, &error), ERROR_INPUT);
	buffer_fini(&content);
	store_close(store);
}

/* By the beginning of its digest, as long as one sample alone begins so. */
static void names_samples_by_prefix(void **state)
{
	(void)state;
	struct error error;
	struct store *store;
	int64_t case_number;
	struct buffer content;
	char sha256[DIGEST_TEXT_SIZE], prefix[STORE_PREFIX + 1];
	uint8_t name[4];

	assert_int_equal(store_open(path, &store, &error), 0);
	assert_int_equal(store_begin_case(store, "test", &case_number, &error), 0);
	/* Enough samples for two of them to begin alike: 2^24 prefixes, about 2^13 to a pair. */
	for (uint32_t i = 0; i < 20000; i++) {
		memcpy(name, &i, sizeof name);
		assert_int_equal(
			store_put_sample(store, (struct bytes){ name, sizeof name }, &error), 0);
	}
	assert_int_equal(store_end_case(store, &error), 0);
	unsigned alone = 0, several = 0;
	for (uint32_t i = 0; i < 20000; i++) {
		memcpy(name, &i, sizeof name);
		digest_text((struct bytes){ name, sizeof name }, sha256);
		snprintf(prefix, sizeof prefix, "%.*s", STORE_PREFIX, sha256);
		if (store_get_sample(store, prefix, &content, &error) == 0) {
			assert_memory_equal(content.data, name, sizeof name);
			alone++;
		} else {
			assert_non_null(strstr(error.message, "more digits"));
			several++;
		}
		buffer_fini(&content);
	}
	assert_int_equal(alone + several, 20000);
	assert_in_range(several, 2, 200);
	store_close(store);
}

static void abandoned_cases_leave_nothing(void **state)
{
	(void)state;
	struct error error;
	struct store *store;
	int64_t case_number;

	assert_int_equal(store_open(path, &store, &error), 0);
	assert_int_equal(store_begin_case(store, "test", &case_number, &error), 0);
	put_attempt(store, "203.0.113.1", "aa", "k1");
	store_close(store);
	assert_int_equal(store_open(path, &store, &error), 0);
	json_t *rows = ask(store, "summary");
	assert_int_equal(number(rows, 0, "attempts"), 0);
	assert_int_equal(number(rows, 0, "cases"), 0);
	json_decref(rows);
	store_close(store);
}

static void set_version(int version)
{
	sqlite3 *base;
	char text[64];
	assert_int_equal(sqlite3_open(path, &base), SQLITE_OK);
	snprintf(text, sizeof text, "PRAGMA user_version = %d", version);
	assert_int_equal(sqlite3_exec(base, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(base);
}

static void refuses_newer_and_foreign_files(void **state)
{
	(void)state;
	struct error error;
	struct store *store;

	assert_int_equal(store_open(path, &store, &error), 0);
	store_close(store);
	set_version(999);
	assert_int_equal(store_open(path, &store, &error), ERROR_INPUT);
	assert_non_null(strstr(error.message, "999"));
	set_version(1);
	assert_int_equal(store_open(path, &store, &error), 0);
	store_close(store);

	assert_int_equal(file_write(path,
				    bytes_of("this is a text file, not a data base at all......"
					     "................................................"),
				    &error),
			 0);
	assert_int_equal(store_open(path, &store, &error), ERROR_INPUT);
	assert_null(store);
	assert_int_equal(store_open("/nonexistent/folder/x.db", &store, &error), ERROR_SYSTEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counts_attempts_codes_and_kinds, fresh_path,
						remove_path),
		cmocka_unit_test_setup_teardown(keeps_samples_by_content, fresh_path, remove_path),
		cmocka_unit_test_setup_teardown(names_samples_by_prefix, fresh_path, remove_path),
		cmocka_unit_test_setup_teardown(abandoned_cases_leave_nothing, fresh_path,
						remove_path),
		cmocka_unit_test_setup_teardown(refuses_newer_and_foreign_files, fresh_path,
						remove_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
