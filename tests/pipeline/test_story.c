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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_that_shellcode_opens_leads_to_the_shell),
		cmocka_unit_test(what_came_before_did_not_follow),
		cmocka_unit_test(other_ports_are_other_stories),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
