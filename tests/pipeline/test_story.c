#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdlib.h>

#include "pipeline/case.h"

static int keep(void *context, const json_t *record)
{
	return json_array_append(context, (json_t *)(uintptr_t)record);
}

static struct case_session *add_session(struct pipeline *pipeline, int64_t id, uint32_t client,
					uint32_t server, uint16_t port, double first,
					const char *speaks)
{
	struct case_session *session = case_list_add(&pipeline->sessions, sizeof *session);

	session->id = id;
	session->client = address_v4(client);
	session->server = address_v4(server);
	session->server_port = port;
	session->protocol = 6;
	session->first = first;
	case_copy_text(session->speaks, sizeof session->speaks, speaks);
	return session;
}

#define ATTACKER 0xCB00710Au /* 203.0.113.10 */
#define VICTIM	 0xC0000214u /* 192.0.2.20 */

static json_t *tell(json_t *actions, double shell_first)
{
	struct pipeline pipeline = { .sessions.limit = 10, .shellcodes.limit = 10 };
	json_t *records = json_array();
	struct error error;

	pipeline.sink = (struct pipeline_sink){ .context = records, .record = keep };
	add_session(&pipeline, 1, ATTACKER, VICTIM, 445, 100, "smb")->attack = true;
	add_session(&pipeline, 2, ATTACKER, VICTIM, 1957, shell_first, "shell")->commands = 3;
	struct case_shellcode *code = case_list_add(&pipeline.shellcodes, sizeof *code);
	code->id = 1;
	code->session = 1;
	code->side = STREAM_CLIENT;
	code->actions = actions;
	strcpy(code->kind, "0123456789abcdef");
	assert_int_equal(case_tell_story(&pipeline, &error), 0);
	json_decref(actions);
	free(pipeline.sessions.items);
	free(pipeline.shellcodes.items);
	return records;
}

static const char *what(const json_t *records, size_t index)
{
	return json_string_value(json_object_get(json_array_get(records, index), "what"));
}

static void a_port_that_shellcode_opens_leads_to_the_shell(void **state)
{
	(void)state;
	json_t *records =
		tell(json_pack("[{s:s, s:i, s:s}]", "action", "bind", "port", 1957, "proto", "tcp"),
		     101);

	assert_int_equal(json_array_size(records), 2);
	assert_string_equal(what(records, 0), "exploit");
	assert_string_equal(what(records, 1), "shell");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(records, 1), "session")),
			 2);
	json_decref(records);
}

static void what_came_before_did_not_follow(void **state)
{
	(void)state;
	json_t *records = tell(
		json_pack("[{s:s, s:i, s:s}]", "action", "bind", "port", 1957, "proto", "tcp"), 99);

	assert_int_equal(json_array_size(records), 2);
	assert_string_equal(what(records, 1), "listen");
	json_decref(records);
}

static void other_ports_are_other_stories(void **state)
{
	(void)state;
	json_t *records =
		tell(json_pack("[{s:s, s:i, s:s}]", "action", "bind", "port", 4444, "proto", "tcp"),
		     101);

	assert_string_equal(what(records, 1), "listen");
	json_decref(records);
}

static void add_code(struct pipeline *pipeline, int64_t session)
{
	struct case_shellcode *code = case_list_add(&pipeline->shellcodes, sizeof *code);

	code->id = code->session = session;
	code->side = STREAM_CLIENT;
	code->actions = json_pack("[{s:s, s:i, s:s, s:i}]", "action", "scan", "port", 1434, "proto",
				  "udp", "targets", 256);
	strcpy(code->kind, "0123456789abcdef");
}

static const char *title(const json_t *records, size_t index)
{
	return json_string_value(json_object_get(json_array_get(records, index), "title"));
}

/* A worm in one datagram: what one host sends to many, and what many send to one, are steps that
 * count. */
static json_t *tell_worm(unsigned attackers, unsigned victims)
{
	struct pipeline pipeline = { .sessions.limit = 1000, .shellcodes.limit = 1000 };
	json_t *records = json_array();
	struct error error;
	int64_t id = 0;

	pipeline.sink = (struct pipeline_sink){ .context = records, .record = keep };
	for (unsigned i = 0; i < attackers; i++)
		for (unsigned j = 0; j < victims; j++) {
			id++;
			add_session(&pipeline, id, ATTACKER + i, VICTIM + j, 1434, 100 + (double)id,
				    "ssrp");
			add_code(&pipeline, id);
		}
	assert_int_equal(case_tell_story(&pipeline, &error), 0);
	struct case_shellcode *codes = pipeline.shellcodes.items;
	for (size_t i = 0; i < pipeline.shellcodes.count; i++)
		json_decref(codes[i].actions);
	free(pipeline.sessions.items);
	free(pipeline.shellcodes.items);
	return records;
}

static void many_victims_of_one_host_are_counted(void **state)
{
	(void)state;
	json_t *records = tell_worm(1, 100);

	assert_int_equal(json_array_size(records), 3);
	assert_string_equal(what(records, 0), "exploit");
	assert_string_equal(what(records, 1), "scan");
	assert_string_equal(title(records, 1),
			    "the shellcode scans udp port 1434, 256 addresses seen");
	assert_string_equal(title(records, 2), "99 more hosts are sent the same shellcode (kind "
					       "01234567, port 1434)");
	assert_true(json_is_null(json_object_get(json_array_get(records, 2), "to")));
	json_decref(records);
}

static void many_attackers_are_counted(void **state)
{
	(void)state;
	json_t *records = tell_worm(100, 1);

	/* eight with what their shellcode does, and one for the others */
	assert_int_equal(json_array_size(records), 17);
	assert_string_equal(title(records, 16),
			    "92 more hosts attack with the same shellcode (kind "
			    "01234567, port 1434)");
	assert_true(json_is_null(json_object_get(json_array_get(records, 16), "from")));
	json_decref(records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_that_shellcode_opens_leads_to_the_shell),
		cmocka_unit_test(what_came_before_did_not_follow),
		cmocka_unit_test(other_ports_are_other_stories),
		cmocka_unit_test(many_victims_of_one_host_are_counted),
		cmocka_unit_test(many_attackers_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
