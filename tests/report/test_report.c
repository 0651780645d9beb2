#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "report/report.h"

struct scratch {
	char folder[64], page[96], data[96], stix[96];
};

static int make_scratch(void **state)
{
	struct scratch *scratch = calloc(1, sizeof *scratch);
	if (!scratch)
		return -1;
	*state = scratch;
	strcpy(scratch->folder, "/tmp/kenbi-report-XXXXXX");
	if (!mkdtemp(scratch->folder))
		return -1;
	snprintf(scratch->page, sizeof scratch->page, "%s/index.html", scratch->folder);
	snprintf(scratch->data, sizeof scratch->data, "%s/case.json", scratch->folder);
	snprintf(scratch->stix, sizeof scratch->stix, "%s/stix.json", scratch->folder);
	return 0;
}

static int remove_scratch(void **state)
{
	struct scratch *scratch = *state;
	unlink(scratch->page);
	unlink(scratch->data);
	unlink(scratch->stix);
	rmdir(scratch->folder);
	free(scratch);
	return 0;
}

static json_t *hostile_case(void)
{
	return json_pack("[{s:s, s:s, s:s}]", "type", "error", "file",
			 "</script><img src=x onerror=alert(1)>", "message",
			 "<!--<script>{{case}}");
}

static const char *between(const char *text, const char *before, const char *after, size_t *length)
{
	const char *start = strstr(text, before);
	assert_non_null(start);
	start += strlen(before);
	const char *end = strstr(start, after);
	assert_non_null(end);
	*length = (size_t)(end - start);
	return start;
}

static void the_page_carries_the_case(void **state)
{
	struct scratch *scratch = *state;
	struct buffer content;
	size_t length;
	json_t *records = hostile_case();
	assert_int_equal(report_write(records, scratch->folder, 0, NULL), 0);
	assert_int_equal(file_read(scratch->page, 1 << 24, &content, NULL), 0);
	const char *page = buffer_text(&content);
	/* Up to the first thing that ends the element, as a browser reads it. */
	const char *block =
		between(page, "<script type=\"application/json\" id=\"case\">", "<", &length);
	json_t *embedded = json_loadb(block, length, 0, NULL);
	assert_true(json_equal(json_object_get(embedded, "records"), records));
	assert_null(strstr(page, "<img"));
	assert_non_null(strstr(page, "default-src 'none'"));
	json_decref(embedded);
	json_decref(records);
	buffer_fini(&content);
}

static void the_case_lies_beside_it(void **state)
{
	struct scratch *scratch = *state;
	json_t *records = hostile_case();
	assert_int_equal(report_write(records, scratch->folder, 0, NULL), 0);
	json_t *again = json_load_file(scratch->data, 0, NULL);
	assert_true(json_equal(again, records));
	json_decref(again);
	json_decref(records);
}

static void same_case_same_bytes(void **state)
{
	struct scratch *scratch = *state;
	struct buffer first, second;
	json_t *records = hostile_case();
	assert_int_equal(report_write(records, scratch->folder, 0, NULL), 0);
	assert_int_equal(file_read(scratch->page, 1 << 24, &first, NULL), 0);
	assert_int_equal(report_write(records, scratch->folder, 0, NULL), 0);
	assert_int_equal(file_read(scratch->page, 1 << 24, &second, NULL), 0);
	assert_true(bytes_equal(buffer_bytes(&first), buffer_bytes(&second)));
	buffer_fini(&first);
	buffer_fini(&second);
	json_decref(records);
}

static void bad_input_is_refused(void **state)
{
	struct scratch *scratch = *state;
	struct error error = { 0 };
	json_t *records = json_pack("[{s:s}, {s:i}]", "type", "error", "type", 1);
	assert_int_equal(report_write(records, scratch->folder, 0, &error), ERROR_INTERNAL);
	assert_non_null(strstr(error.message, "record 2"));
	json_decref(records);
	records = json_array();
	assert_int_equal(report_write(records, "/dev/null/report", 0, &error), ERROR_SYSTEM);
	assert_non_null(strstr(error.where, "/dev/null"));
	json_decref(records);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_page_carries_the_case),
					    cmocka_unit_test(the_case_lies_beside_it),
					    cmocka_unit_test(same_case_same_bytes),
					    cmocka_unit_test(bad_input_is_refused) };
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
