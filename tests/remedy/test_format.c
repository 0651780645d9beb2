/* Rules in every language: given to the tool that loads them where there is one, and held against
 * independent readings of the specification where there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static struct remedy_knowledge *knowledge;
static struct remedy_candidates candidates;

static int derive_all(void **state)
{
	static const char *const events[] = {
		"{\"event\":\"self\",\"path\":\"C:\\\\a.exe\",\"sha256\":"
		"\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}",
		"{\"event\":\"session\",\"address\":\"192.0.2.7\",\"port\":445,\"proto\":\"tcp\","
		"\"protocol\":\"dcerpc\",\"detail\":\"MS04-011\"}",
		"{\"event\":\"net.listen\",\"address\":\"0.0.0.0\",\"port\":1957,\"proto\":"
		"\"tcp\"}",
		"{\"event\":\"net.resolve\",\"name\":\"irc.example.net\",\"address\":\"203.0.113."
		"66\"}",
		"{\"event\":\"net.send\",\"address\":\"203.0.113.66\",\"port\":6667,\"proto\":"
		"\"tcp\","
		"\"length\":8,\"data\":\"JOIN #rx\"}",
		"{\"event\":\"net.send\",\"address\":\"203.0.113.9\",\"port\":6667,\"proto\":"
		"\"tcp\","
		"\"length\":8,\"data\":\"JOIN #rx\"}",
		"{\"event\":\"net.send\",\"address\":\"2001:db8::66\",\"port\":6667,\"proto\":"
		"\"tcp\","
		"\"length\":8,\"data\":\"JOIN #six\"}",
		"{\"event\":\"net.download\",\"url\":\"ftp://198.51.100.9:21/ssms.exe\",\"path\":"
		"\"ssms.exe\"}",
		"{\"event\":\"registry.set\",\"key\":\"HKLM\\\\SOFTWARE\\\\Microsoft\\\\Windows\\\\"
		"CurrentVersion\\\\Run\",\"value\":\"a\\\"=-[x]\\\\\",\"data\":\"ssms.exe\"}",
	};
	struct trace_log *log = trace_log_new(4u << 20);
	struct error error;
	(void)state;
	knowledge = shipped_knowledge();
	assert_non_null(log);
	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		tell(log, events[i]);
	for (uint32_t i = 0; i < 40; i++)
		tell_connect(log, i * 0x05a7c3d1u, 445, "tcp", 1000 + 100 * i);
	json_t *behaviours = behaviours_of(knowledge, log);
	assert_int_equal(remedy_derive(knowledge, behaviours, &candidates, &error), 0);
	json_decref(behaviours);
	trace_log_free(log);
	return 0;
}

static int forget_all(void **state)
{
	(void)state;
	remedy_candidates_fini(&candidates);
	remedy_knowledge_free(knowledge);
	return 0;
}

/* The exit status of the format's check of a rule. */
static int check(const struct remedy_format *format, const char *text)
{
	char path[] = "/tmp/kenbi-rule-XXXXXX", command[900];
	int descriptor = mkstemp(path);

	assert_true(descriptor >= 0);
	assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
	close(descriptor);
	snprintf(command, sizeof command,
		 "PATH=$PATH:/usr/sbin:/sbin; set -- %s; { %s; } >/dev/null 2>&1", path,
		 format->check);
	int status = system(command);
	unlink(path);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A rule without error, in each checked format: refused means that the tool cannot be used here. */
static const char *probe_of(const char *format)
{
	static const char *const probes[][2] = {
		{ "nftables", "table inet kenbi_probe { }\n" },
		{ "iptables", "*filter\nCOMMIT\n" },
		{ "ip6tables", "*filter\nCOMMIT\n" },
		{ "rpz", "a.example CNAME .\n" },
		{ "yara", "rule a { condition: false }\n" },
		{ "suricata", "drop tcp any any -> any 1 (msg:\"a\"; sid:1; rev:1;)\n" },
	};
	for (size_t i = 0; i < sizeof probes / sizeof *probes; i++)
		if (strcmp(probes[i][0], format) == 0)
			return probes[i][1];
	fail_msg("no probe for %s", format);
	return NULL;
}

static void tools_load_their_rules(void **state)
{
	const struct remedy_format *format;
	(void)state;
	for (size_t f = 0; (format = remedy_format(f)); f++) {
		unsigned checked = 0;
		if (!format->check)
			continue;
		if (check(format, probe_of(format->name)) != 0) {
			print_message("%s: skipped, its tool is missing or may not be used\n",
				      format->name);
			continue;
		}
		assert_int_not_equal(check(format, "{ no rule ( \" at all\n"), 0);
		for (size_t i = 0; i < candidates.count; i++) {
			const char *rule = rule_of(&candidates.items[i], format->name);
			if (rule && check(format, rule) != 0)
				fail_msg("%s refuses %s:\n%s", format->name,
					 candidates.items[i].name, rule);
			checked += rule != NULL;
		}
		print_message("%s: %u rules checked\n", format->name, checked);
		assert_true(checked > 0);
	}
}

static const struct remedy_rule *whole_rule(const struct remedy_candidate *candidate,
					    const char *format)
{
	for (size_t i = 0; candidate && i < candidate->rule_count; i++)
		if (strcmp(candidate->rules[i].format, format) == 0)
			return &candidate->rules[i];
	return NULL;
}

/* nft accepts rule and undo as one transaction only if what the undo deletes is what the rule made.
 */
static void nftables_rules_can_be_taken_back(void **state)
{
	const struct remedy_format *format = remedy_format_find("nftables");
	bool usable = check(format, probe_of("nftables")) == 0;
	unsigned checked = 0;
	(void)state;
	for (size_t i = 0; i < candidates.count; i++) {
		const struct remedy_rule *own = whole_rule(&candidates.items[i], "nftables");
		char both[8192];
		if (!own)
			continue;
		assert_non_null(strstr(own->undo, "delete chain inet kenbi "));
		snprintf(both, sizeof both, "%s%s", own->text, own->undo);
		if (usable && check(format, both) != 0)
			fail_msg("nft refuses to take back:\n%s", both);
		checked++;
	}
	assert_true(checked >= 5);
	if (!usable)
		print_message("nftables: texts only, nft is missing or may not be used\n");
}

static void every_rule_says_how_it_is_undone(void **state)
{
	(void)state;
	for (size_t i = 0; i < candidates.count; i++) {
		const struct remedy_candidate *candidate = &candidates.items[i];
		assert_true(*candidate->undo);
		for (size_t j = 0; j < candidate->rule_count; j++) {
			const struct remedy_rule *each = &candidate->rules[j];
			bool person = strcmp(each->format, "postfix") == 0 ||
				      strcmp(each->format, "yara") == 0 ||
				      strcmp(candidate->name, "autostart-removal") == 0 ||
				      strcmp(candidate->name, "patch") == 0;
			if (!person && !*each->undo)
				fail_msg("%s, %s: no undo", candidate->name, each->format);
		}
	}
}

/* "insert_rule" gives the rule the number by which "delete" names it. */
static void openc2_rules_are_deleted_by_their_numbers(void **state)
{
	const struct remedy_rule *own =
		whole_rule(candidate_of(&candidates, "filter-port-provider"), "openc2");
	const char *text, *undo;
	unsigned pairs = 0;
	(void)state;
	assert_non_null(own);
	for (text = own->text, undo = own->undo; *text && *undo; pairs++) {
		json_error_t at;
		json_t *deny = json_loads(text, JSON_DISABLE_EOF_CHECK, &at);
		text += at.position;
		text += strspn(text, "\n");
		json_t *delete = json_loads(undo, JSON_DISABLE_EOF_CHECK, &at);
		undo += at.position;
		undo += strspn(undo, "\n");
		assert_non_null(deny);
		assert_non_null(delete);
		const json_t *args = json_object_get(deny, "args");
		assert_string_equal(json_string_value(json_object_get(args, "response_requested")),
				    "complete");
		const json_t *number =
			json_object_get(json_object_get(args, "slpf"), "insert_rule");
		assert_true(json_is_integer(number));
		assert_true(json_equal(number, json_object_get(json_object_get(delete, "target"),
							       "slpf:rule_number")));
		assert_string_equal(json_string_value(json_object_get(delete, "action")), "delete");
		json_decref(deny);
		json_decref(delete);
	}
	assert_int_equal(pairs, 2); /* both families */
	assert_true(!*text && !*undo);
}

/* A hash stops one file, a name one name: no host is saved by that in the model, and it is said. */
static void weak_remedies_do_not_pose_as_strong(void **state)
{
	static const char *const names[] = { "yara-sample", "program-block" };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct remedy_candidate *candidate = candidate_of(&candidates, names[i]);
		assert_non_null(candidate);
		assert_int_equal(candidate->effect, REMEDY_CONTROL);
		assert_non_null(strstr(candidate->limits, "no host as saved"));
	}
}

static const char *rule(const char *name, const char *format)
{
	const char *text = rule_of(candidate_of(&candidates, name), format);
	if (!text)
		fail_msg("%s has no rule for %s", name, format);
	return text;
}

/* RFC 8955 section 4.2: seven bytes; type 3: 81 06; type 5: 91 01bd. The control server is
 * 203.0.113.9 (type 1, 32 bits), or 2001:db8::66 (type 1, 128 bits, offset 0), port 6667. */
static void flowspec_bytes_are_those_of_the_standard(void **state)
{
	(void)state;
	assert_non_null(strstr(rule("filter-port-provider", "flowspec"),
			       "AFI 1 SAFI 133, NLRI 07038106059101bd,"));
	bool four = false, six = false;
	for (size_t i = 0; i < candidates.count; i++) {
		const char *text = rule_of(&candidates.items[i], "flowspec");
		if (!text || strcmp(candidates.items[i].name, "edge-control-server") != 0)
			continue;
		four |= strstr(text, "AFI 1 SAFI 133, NLRI 0d0120cb00710903810605911a0b") != NULL;
		six |= strstr(text, "AFI 2 SAFI 133, NLRI "
				    "1a01800020010db8000000000000000000000066"
				    "03810605911a0b") != NULL;
	}
	assert_true(four);
	assert_true(six);
}

static void openc2_commands_have_the_profiles_shape(void **state)
{
	json_error_t syntax;
	(void)state;
	json_t *command =
		json_loads(rule("filter-port-provider", "openc2"), JSON_DISABLE_EOF_CHECK, &syntax);
	assert_non_null(command);
	const json_t *target = json_object_get(command, "target");
	assert_string_equal(json_string_value(json_object_get(command, "action")), "deny");
	assert_int_equal(json_object_size(target), 1);
	const json_t *connection = json_object_get(target, "ipv4_connection");
	assert_int_equal(json_integer_value(json_object_get(connection, "dst_port")), 445);
	assert_non_null(json_object_get(json_object_get(command, "actuator"), "slpf"));
	json_decref(command);
}

/* Every property of every command is one of OpenC2 Language 1.0 (sections 3.3, 3.4) or of SLPF 1.0
 * (sections 2.1, 2.2). */
static bool is_known(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

static void expect_known(const json_t *object, const char *const *names)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value) if (!is_known(name, names))
		fail_msg("\"%s\" is no property there", name);
}

static void openc2_properties_are_those_of_the_profile(void **state)
{
	static const char *const command[] = { "action",   "target",	 "args",
					       "actuator", "command_id", NULL };
	static const char *const targets[] = { "ipv4_connection", "ipv6_connection",  "ipv4_net",
					       "ipv6_net",	  "slpf:rule_number", NULL };
	static const char *const connection[] = { "protocol", "src_addr", "src_port",
						  "dst_addr", "dst_port", NULL };
	static const char *const args[] = { "start_time",	  "stop_time", "duration",
					    "response_requested", "slpf",      NULL };
	static const char *const own[] = { "drop_process", "persistent", "direction", "insert_rule",
					   NULL };
	static const char *const drops[] = { "none", "reject", "false_ack", NULL };
	static const char *const directions[] = { "both", "ingress", "egress", NULL };
	unsigned seen = 0;
	(void)state;
	for (size_t i = 0; i < candidates.count; i++) {
		const char *text = rule_of(&candidates.items[i], "openc2");
		while (text && *text) {
			json_error_t at;
			json_t *each = json_loads(text, JSON_DISABLE_EOF_CHECK, &at);
			assert_non_null(each);
			const json_t *target = json_object_get(each, "target");
			const json_t *slpf = json_object_get(json_object_get(each, "args"), "slpf");
			expect_known(each, command);
			expect_known(target, targets);
			expect_known(json_object_iter_value(
					     json_object_iter((json_t *)(uintptr_t)target)),
				     connection);
			expect_known(json_object_get(each, "args"), args);
			expect_known(slpf, own);
			assert_true(is_known(
				json_string_value(json_object_get(slpf, "drop_process")), drops));
			assert_true(is_known(json_string_value(json_object_get(slpf, "direction")),
					     directions));
			json_decref(each);
			text += at.position;
			text += strspn(text, "\n");
			seen++;
		}
	}
	assert_true(seen >= 5);
}

static void routers_get_what_they_understand(void **state)
{
	int depth = 0;
	(void)state;
	assert_non_null(
		strstr(rule("filter-port-switch", "cisco"), "\n deny tcp any any eq 445\n"));
	assert_non_null(strstr(rule("filter-port-provider", "junos"), "destination-port 445;"));
	for (const char *c = rule("filter-port-provider", "junos"); *c; c++) {
		depth += (*c == '{') - (*c == '}');
		assert_true(depth >= 0);
	}
	assert_int_equal(depth, 0);
	/* A rate of single hosts is nothing that an access list could say. */
	assert_null(rule_of(candidate_of(&candidates, "rate-limit-port"), "cisco"));
	assert_null(rule_of(candidate_of(&candidates, "rate-limit-port"), "openc2"));
	assert_non_null(strstr(rule("rate-limit-port", "iptables"), "--hashlimit-above 1/sec"));
}

/* The value's name tries to end its quotes. */
static void registry_files_hold_hostile_names(void **state)
{
	const char *text = rule("autostart-removal", "reg");
	(void)state;
	assert_non_null(strstr(text, "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\"
				     "CurrentVersion\\Run]\n"));
	assert_non_null(strstr(text, "\n\"a\\\"=-[x]\\\\\"=-\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tools_load_their_rules),
		cmocka_unit_test(nftables_rules_can_be_taken_back),
		cmocka_unit_test(every_rule_says_how_it_is_undone),
		cmocka_unit_test(openc2_rules_are_deleted_by_their_numbers),
		cmocka_unit_test(weak_remedies_do_not_pose_as_strong),
		cmocka_unit_test(flowspec_bytes_are_those_of_the_standard),
		cmocka_unit_test(openc2_commands_have_the_profiles_shape),
		cmocka_unit_test(openc2_properties_are_those_of_the_profile),
		cmocka_unit_test(routers_get_what_they_understand),
		cmocka_unit_test(registry_files_hold_hostile_names),
	};
	return cmocka_run_group_tests(tests, derive_all, forget_all);
}
