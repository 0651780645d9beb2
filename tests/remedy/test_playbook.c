/* Playbooks against what CACAO Security Playbooks 2.0 requires (OASIS, sections 3 to 7), written
 * down here once more: required properties and their types, forms of identifiers and times, and a
 * workflow whose references all lead somewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ctype.h>
#include <string.h>
#include <cmocka.h>

#include "support.h"

static const struct remedy_rule firewall_rules[] = {
	{ "nftables", "table inet kenbi {\n}\n", "delete chain inet kenbi x\n" },
	{ "openc2", "{\"action\":\"deny\"}\n{\"action\":\"deny\"}\n", "{\"action\":\"delete\"}\n" },
	{ "cisco", "ip access-list extended kenbi\n", "no ip access-list extended kenbi\n" }
};
static const struct remedy_rule host_rules[] = { { "powershell", "Write-Output 'a'\n", "" } };
static const struct remedy_candidate firewall = { .name = "filter",
						  .title = "Filter \"x\"",
						  .why = "because",
						  .device = REMEDY_ON_FIREWALL,
						  .collateral = "mail",
						  .undo = "undo it",
						  .attack = "T1210, T1547.001",
						  .defend = "D3-ITF",
						  .rules = firewall_rules,
						  .rule_count = 3 },
				     host = { .name = "script",
					      .title = "Run a script",
					      .why = "because",
					      .device = REMEDY_ON_HOST,
					      .undo = "run another",
					      .rules = host_rules,
					      .rule_count = 1 };
static const struct remedy_playbook_about about = { .name = "test", .time = 1700000000 };

static const char *text_in(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	if (!text)
		fail_msg("%s is missing or no text", key);
	return text;
}

/* type--UUID of RFC 4122, lower case, version 4, variant 8 to b. */
static void check_id(const char *id, const char *type)
{
	size_t length = strlen(type);

	assert_memory_equal(id, type, length);
	assert_memory_equal(id + length, "--", 2);
	const char *uuid = id + length + 2;
	assert_int_equal(strlen(uuid), 36);
	for (size_t i = 0; i < 36; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23)
			assert_int_equal(uuid[i], '-');
		else
			assert_true(isdigit((unsigned char)uuid[i]) ||
				    (uuid[i] >= 'a' && uuid[i] <= 'f'));
	}
	assert_int_equal(uuid[14], '4');
	assert_non_null(strchr("89ab", uuid[19]));
}

static void check_command(const json_t *command)
{
	const char *type = text_in(command, "type");

	if (strcmp(type, "bash") == 0 || strcmp(type, "manual") == 0)
		assert_true(*text_in(command, "command"));
	else if (strcmp(type, "powershell") == 0 || strcmp(type, "yara") == 0)
		assert_true(*text_in(command, "command_b64"));
	else if (strcmp(type, "openc2-http") == 0) {
		assert_non_null(strstr(text_in(command, "command"), "POST "));
		assert_true(*text_in(command, "content_b64"));
	} else
		fail_msg("unknown command type %s", type);
}

static void check_step(const json_t *playbook, const char *id, const json_t *step)
{
	static const char *const ways[] = { "on_completion", "on_success", "on_failure" };
	const json_t *workflow = json_object_get(playbook, "workflow");
	const char *type = text_in(step, "type");
	size_t index;
	json_t *each;

	check_id(id, type);
	for (size_t i = 0; i < 3; i++)
		if (json_object_get(step, ways[i]))
			assert_non_null(json_object_get(workflow, text_in(step, ways[i])));
	/* section 4.1: on_completion excludes the other two */
	assert_false(json_object_get(step, "on_completion") && json_object_get(step, "on_success"));
	if (strcmp(type, "action") != 0)
		return;
	assert_true(json_array_size(json_object_get(step, "commands")) > 0);
	json_array_foreach(json_object_get(step, "commands"), index, each) check_command(each);
	assert_non_null(json_object_get(json_object_get(playbook, "agent_definitions"),
					text_in(step, "agent")));
	json_array_foreach(json_object_get(step, "targets"), index, each)
		assert_non_null(json_object_get(json_object_get(playbook, "target_definitions"),
						json_string_value(each)));
	json_array_foreach(json_object_get(step, "external_references"), index, each)
		assert_true(*text_in(each, "name"));
}

static void check_agents(const json_t *definitions)
{
	const char *id;
	json_t *agent;

	json_object_foreach((json_t *)(uintptr_t)definitions, id, agent)
	{
		check_id(id, text_in(agent, "type"));
		assert_true(*text_in(agent, "name"));
		if (strcmp(text_in(agent, "type"), "security-category") == 0)
			assert_true(json_array_size(json_object_get(agent, "category")) > 0);
	}
}

static void check_playbook(const json_t *playbook)
{
	const json_t *workflow = json_object_get(playbook, "workflow");
	const char *id;
	json_t *step;

	assert_string_equal(text_in(playbook, "type"), "playbook");
	assert_string_equal(text_in(playbook, "spec_version"), "cacao-2.0");
	check_id(text_in(playbook, "id"), "playbook");
	check_id(text_in(playbook, "created_by"), "identity");
	assert_true(*text_in(playbook, "name"));
	assert_string_equal(text_in(playbook, "created"), "2023-11-14T22:13:20.000Z");
	assert_string_equal(text_in(playbook, "modified"), text_in(playbook, "created"));
	const json_t *start = json_object_get(workflow, text_in(playbook, "workflow_start"));
	assert_string_equal(text_in(start, "type"), "start");
	json_object_foreach((json_t *)(uintptr_t)workflow, id, step) check_step(playbook, id, step);
	check_agents(json_object_get(playbook, "agent_definitions"));
	check_agents(json_object_get(playbook, "target_definitions"));
}

/* The actions from start to end when everything succeeds. */
static size_t follow(const json_t *playbook, const json_t *actions[8])
{
	const json_t *workflow = json_object_get(playbook, "workflow");
	const json_t *at = json_object_get(workflow, text_in(playbook, "workflow_start"));
	size_t count = 0;

	for (int i = 0; i < 20 && strcmp(text_in(at, "type"), "end") != 0; i++) {
		if (strcmp(text_in(at, "type"), "action") == 0)
			actions[count++] = at;
		const char *way =
			json_object_get(at, "on_success") ? "on_success" : "on_completion";
		at = json_object_get(workflow, text_in(at, way));
	}
	assert_string_equal(text_in(at, "type"), "end");
	return count;
}

static void playbooks_have_what_is_required(void **state)
{
	const struct remedy_candidate *const both[] = { &firewall, &host };
	const json_t *actions[8];
	(void)state;
	json_t *playbook = remedy_playbook(&about, both, 2);
	assert_non_null(playbook);
	check_playbook(playbook);
	assert_int_equal(follow(playbook, actions), 2);
	assert_string_equal(text_in(actions[0], "name"), "Filter \"x\"");
	assert_string_equal(text_in(actions[1], "name"), "Run a script");
	const json_t *command = json_array_get(json_object_get(actions[0], "commands"), 0);
	assert_string_equal(text_in(command, "command"),
			    "nft -f - <<'KENBI-END'\ntable inet kenbi {\n}\nKENBI-END\n");
	command = json_array_get(json_object_get(actions[1], "commands"), 0);
	assert_string_equal(text_in(command, "command_b64"), "V3JpdGUtT3V0cHV0ICdhJwo=");
	const json_t *references = json_object_get(actions[0], "external_references");
	assert_int_equal(json_array_size(references), 3);
	assert_string_equal(text_in(json_array_get(references, 1), "url"),
			    "https://attack.mitre.org/techniques/T1547/001/");
	json_decref(playbook);
}

static void what_fails_is_taken_back(void **state)
{
	const struct remedy_candidate *const one[] = { &firewall };
	const json_t *actions[8];
	(void)state;
	json_t *playbook = remedy_playbook(&about, one, 1);
	assert_int_equal(follow(playbook, actions), 1);
	const json_t *undo = json_object_get(json_object_get(playbook, "workflow"),
					     text_in(actions[0], "on_failure"));
	const json_t *command = json_array_get(json_object_get(undo, "commands"), 0);
	assert_non_null(strstr(text_in(command, "command"), "delete chain inet kenbi x"));
	json_decref(playbook);
}

static void a_format_can_be_preferred(void **state)
{
	const struct remedy_candidate *const both[] = { &firewall, &host };
	struct remedy_playbook_about preferring = about;
	const json_t *actions[8];
	(void)state;
	preferring.format = "openc2";
	json_t *playbook = remedy_playbook(&preferring, both, 2);
	check_playbook(playbook);
	follow(playbook, actions);
	const json_t *commands = json_object_get(actions[0], "commands");
	assert_int_equal(json_array_size(commands), 2); /* a command a request */
	assert_string_equal(text_in(json_array_get(commands, 0), "type"), "openc2-http");
	json_decref(playbook);
	preferring.format = "cisco"; /* by people, on the machine */
	playbook = remedy_playbook(&preferring, both, 2);
	check_playbook(playbook);
	follow(playbook, actions);
	commands = json_object_get(actions[0], "commands");
	assert_string_equal(text_in(json_array_get(commands, 0), "type"), "manual");
	assert_int_equal(json_array_size(json_object_get(actions[0], "targets")), 1);
	json_decref(playbook);
}

static void the_same_gives_the_same(void **state)
{
	const struct remedy_candidate *const twice[] = { &firewall, &firewall };
	struct remedy_playbook_about later = about;
	(void)state;
	later.time++;
	json_t *first = remedy_playbook(&about, twice, 2),
	       *again = remedy_playbook(&about, twice, 2);
	json_t *other = remedy_playbook(&later, twice, 2);
	assert_true(json_equal(first, again));
	assert_string_not_equal(text_in(first, "id"), text_in(other, "id"));
	/* the same remedy twice is two steps: start, two actions, two undos, end */
	assert_int_equal(json_object_size(json_object_get(first, "workflow")), 6);
	json_decref(first);
	json_decref(again);
	json_decref(other);
}

static void nothing_gives_nothing(void **state)
{
	struct remedy_candidate bare = host;
	const struct remedy_candidate *const one[] = { &bare };
	(void)state;
	bare.rule_count = 0;
	assert_null(remedy_playbook(&about, one, 1));
	assert_null(remedy_playbook(&about, one, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(playbooks_have_what_is_required),
		cmocka_unit_test(what_fails_is_taken_back),
		cmocka_unit_test(a_format_can_be_preferred),
		cmocka_unit_test(the_same_gives_the_same),
		cmocka_unit_test(nothing_gives_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
