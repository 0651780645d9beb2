/* Reports of sandboxes and logs of Suricata (our own making, tests/trace/imports) as traces: what
 * becomes which event, what is left out, and what is said about files that are broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "trace/trace.h"

static struct trace_import read_import(const char *name, const char *host)
{
	struct trace_import import;
	struct buffer content;
	struct error error;
	char path[4096];

	snprintf(path, sizeof path, "%s/tests/trace/imports/%s", getenv("KENBI_SOURCE"), name);
	assert_int_equal(file_read(path, TRACE_IMPORT_LIMIT, &content, &error), 0);
	if (trace_import(buffer_bytes(&content), name, host, &import, &error) < 0)
		fail_msg("%s: %s", error.where, error.message);
	buffer_fini(&content);
	return import;
}

static const struct trace_log *part_of(const struct trace_import *import, const char *host)
{
	for (size_t i = 0; i < import->count; i++)
		if (strcmp(import->parts[i].host, host) == 0)
			return import->parts[i].log;
	return NULL;
}

/* How many events of the kind have that text in their first field ("" for any). */
static unsigned count_of(const struct trace_log *log, enum trace_kind kind, const char *first)
{
	unsigned count = 0;

	for (size_t i = 0; i < trace_log_count(log); i++) {
		const struct trace_event *event = trace_log_event(log, i);
		if (event->kind == kind &&
		    (!*first || (event->values[0].text && !strcmp(event->values[0].text, first))))
			count++;
	}
	return count;
}

static const struct trace_event *only(const struct trace_log *log, enum trace_kind kind,
				      const char *first)
{
	if (count_of(log, kind, first) != 1)
		fail_msg("%u events %s \"%s\", expected one", count_of(log, kind, first),
			 trace_kind_name(kind), first);
	for (size_t i = 0; i < trace_log_count(log); i++) {
		const struct trace_event *event = trace_log_event(log, i);
		if (event->kind == kind &&
		    (!*first || (event->values[0].text && !strcmp(event->values[0].text, first))))
			return event;
	}
	return NULL;
}

static void cape_calls_become_events(void **state)
{
	struct trace_import import = read_import("cape.json", NULL);
	(void)state;
	assert_int_equal(import.format, TRACE_FORMAT_CAPE);
	assert_int_equal(import.count, 1);
	const struct trace_log *log = import.parts[0].log;
	assert_int_equal(trace_log_clock(log), TRACE_CLOCK_NANOSECONDS);
	assert_non_null(trace_log_self(log));
	assert_int_equal(trace_log_event(log, 0)->kind, TRACE_SELF);
	only(log, TRACE_MUTEX_CREATE, "Jobaka3l"); /* and not the one that was refused */
	assert_int_equal(count_of(log, TRACE_MUTEX_CREATE, ""), 1);
	only(log, TRACE_FILE_CREATE, "C:\\Windows\\avserve.exe");
	only(log, TRACE_FILE_OPEN, "C:\\Windows\\win.ini");
	assert_int_equal(only(log, TRACE_FILE_WRITE, "")->values[2].number, 15872);
	const struct trace_event *set = only(log, TRACE_REGISTRY_SET, "");
	assert_string_equal(
		set->values[0].text,
		"HKEY_LOCAL_MACHINE\\Software\\Microsoft\\Windows\\CurrentVersion\\Run");
	assert_string_equal(set->values[1].text, "avserve.exe");
	assert_int_equal(only(log, TRACE_NET_LISTEN, "")->values[1].number, 5554);
	assert_int_equal(count_of(log, TRACE_NET_CONNECT, ""), 25);
	const struct trace_event *said = only(log, TRACE_NET_SEND, "203.0.113.66");
	assert_int_equal(said->values[1].number, 6667);
	assert_string_equal(said->values[4].text, "NICK kenbi\\x0d\\x0aJOIN #rx\\x0d\\x0a");
	assert_int_equal(only(log, TRACE_SLEEP, "")->values[0].number, 250);
	/* Half a second between two calls is half a second between their events. */
	const struct trace_event *mutex = only(log, TRACE_MUTEX_CREATE, "");
	assert_int_equal(said->time - mutex->time, 60 * UINT64_C(1000000));
	assert_int_equal(mutex->caller, 0x40100a);
	trace_import_fini(&import);
}

static void cape_network_tells_what_calls_do_not(void **state)
{
	struct trace_import import = read_import("cape.json", NULL);
	const struct trace_log *log = import.parts[0].log;
	unsigned answered = 0;
	(void)state;
	for (size_t i = 0; i < trace_log_count(log); i++) {
		const struct trace_event *event = trace_log_event(log, i);
		if (event->kind == TRACE_NET_RESOLVE)
			answered += strcmp(event->values[1].text, "203.0.113.66") == 0;
	}
	assert_int_equal(answered, 1);
	trace_import_fini(&import);
	/* Where no call is there: the summary, and the conversations as they were recorded. */
	import = read_import("summary.json", NULL);
	log = import.parts[0].log;
	only(log, TRACE_MUTEX_CREATE, "Global\\only-summary");
	assert_string_equal(only(log, TRACE_REGISTRY_SET, "")->values[1].text, "x");
	assert_int_equal(only(log, TRACE_NET_CONNECT, "198.51.100.9")->values[1].number, 80);
	assert_int_equal(count_of(log, TRACE_NET_CONNECT, ""), 1);
	trace_import_fini(&import);
}

/* What CAPE took out of the program: servers as URLs, by address or by name; and what crossed in
 * TLS. */
static void cape_configurations_name_servers(void **state)
{
	struct trace_import import = read_import("cape-config.json", NULL);
	const struct trace_log *log = import.parts[0].log;
	unsigned by_name = 0;
	(void)state;
	const struct trace_event *six = only(log, TRACE_SESSION, "2001:db8::7");
	assert_int_equal(six->values[1].number, 443);
	const struct trace_event *udp = only(log, TRACE_SESSION, "198.51.100.7");
	assert_int_equal(udp->values[1].number, 5353);
	assert_string_equal(udp->values[2].text, "udp");
	assert_string_equal(udp->values[4].text, "configuration of Emo");
	for (size_t i = 0; i < trace_log_count(log); i++) {
		const struct trace_event *event = trace_log_event(log, i);
		by_name += event->kind == TRACE_SESSION &&
			   strcmp(event->values[4].text, "by-name cc.example.net") == 0 &&
			   event->values[1].number == 8080;
	}
	assert_int_equal(by_name, 1);
	assert_int_equal(count_of(log, TRACE_SESSION, ""), 3); /* not those without a port */
	only(log, TRACE_MUTEX_CREATE, "Global\\I98B68E3C");
	only(log, TRACE_NET_DOWNLOAD, "https://files.example.net/stage/two.exe");
	assert_int_equal(count_of(log, TRACE_NET_DOWNLOAD, ""), 1);
	trace_import_fini(&import);
}

static void cuckoo_arguments_are_an_object(void **state)
{
	struct trace_import import = read_import("cuckoo.json", NULL);
	const struct trace_log *log = import.parts[0].log;
	(void)state;
	only(log, TRACE_MUTEX_CREATE, "cuckoo-mutex");
	assert_string_equal(only(log, TRACE_SERVICE_CREATE, "botsvc")->values[1].text,
			    "C:\\bot.exe");
	const struct trace_event *packet = only(log, TRACE_NET_SEND, "198.51.100.7");
	assert_int_equal(packet->values[1].number, 1434);
	assert_string_equal(packet->values[2].text, "udp");
	assert_string_equal(packet->values[4].text, "\\x04AAAA");
	assert_int_equal(packet->time - only(log, TRACE_MUTEX_CREATE, "")->time,
			 500 * UINT64_C(1000000));
	trace_import_fini(&import);
}

static void eve_gives_each_machine_its_trace(void **state)
{
	struct trace_import import = read_import("eve.json", NULL);
	(void)state;
	assert_int_equal(import.format, TRACE_FORMAT_EVE);
	assert_int_equal(import.count, 3); /* attacker, bot, scanner; not the quiet one */
	assert_null(part_of(&import, "10.1.2.8"));
	const struct trace_log *attacker = part_of(&import, "203.0.113.5");
	const struct trace_event *attack = only(attacker, TRACE_SESSION, "10.1.2.3");
	assert_int_equal(attack->values[1].number, 445);
	assert_string_equal(attack->values[3].text, "smb");
	assert_non_null(strstr(attack->values[4].text, "MS08-067 CVE-2008-4250"));

	const struct trace_log *bot = part_of(&import, "10.1.2.3");
	only(bot, TRACE_NET_DOWNLOAD, "http://files.example.org:8080/x/next.exe");
	only(bot, TRACE_NET_DOWNLOAD, "tftp://203.0.113.5/stage.exe");
	only(bot, TRACE_FILE_COPY, "");
	assert_string_equal(only(bot, TRACE_FILE_COPY, "")->values[1].text,
			    "\\\\10.1.2.9\\ADMIN$\\temp\\drop.exe");
	assert_string_equal(only(bot, TRACE_MAIL_SEND, "192.0.2.25")->values[1].text,
			    "<a@example.org>");
	/* The alert on an answer is the client's; whoever answers names is not blocked. */
	assert_string_equal(only(bot, TRACE_SESSION, "198.51.100.66")->values[4].text,
			    "by-name cc.example.net");
	unsigned resolver = 0, by_name = 0;
	for (size_t i = 0; i < trace_log_count(bot); i++) {
		const struct trace_event *event = trace_log_event(bot, i);
		resolver += event->kind == TRACE_SESSION &&
			    strcmp(event->values[0].text, "10.1.0.53") == 0;
		by_name += event->kind == TRACE_SESSION &&
			   strcmp(event->values[4].text, "by-name cc2.example.net") == 0;
	}
	assert_int_equal(resolver, 0);
	assert_int_equal(by_name, 1);
	/* What the victim fetched before it was attacked is its own business. */
	assert_int_equal(count_of(bot, TRACE_NET_DOWNLOAD, ""), 2);
	trace_import_fini(&import);
}

/* Suricata 7 and 8: a page that attacks its reader is no attack on a service, and makes the reader
 * the victim. */
static void eve_tells_who_is_attacked(void **state)
{
	struct trace_import import = read_import("eve7.json", NULL);
	(void)state;
	assert_int_equal(import.count, 1);
	const struct trace_log *log = part_of(&import, "10.9.8.7");
	assert_non_null(log);
	assert_true(import.parts[0].alerted);
	const struct trace_event *attack = only(log, TRACE_SESSION_ANSWER, "198.51.100.80");
	assert_int_equal(attack->values[1].number, 80);
	assert_string_equal(attack->values[3].text, "http");
	assert_string_equal(attack->values[4].text, "cdn.example.org");
	/* the only `session` is that of the bot's server, by the name of the handshake */
	assert_string_equal(only(log, TRACE_SESSION, "")->values[4].text, "by-name cc.example.net");
	only(log, TRACE_NET_DOWNLOAD, "http://cdn.example.org/b?id=1");
	assert_string_equal(only(log, TRACE_FILE_COPY, "")->values[1].text,
			    "\\\\10.9.8.20\\ADMIN$\\Windows\\a.exe");
	trace_import_fini(&import);
}

/* Version 3 of dns: the name as it was asked for, with the address behind the alias. */
static void eve_reads_the_third_version_of_dns(void **state)
{
	struct trace_import import = read_import("eve7.json", "10.9.8.9");
	const struct trace_log *log = import.parts[0].log;
	(void)state;
	assert_int_equal(count_of(log, TRACE_NET_RESOLVE, ""), 2);
	assert_int_equal(count_of(log, TRACE_NET_RESOLVE, "cdn.example.org"), 2);
	assert_int_equal(count_of(log, TRACE_NET_CONNECT, "10.9.8.1"), 1);
	const struct trace_event *last = trace_log_event(log, trace_log_count(log) - 1);
	assert_string_equal(last->values[1].text, "198.51.100.80");
	trace_import_fini(&import);
}

static void eve_orders_flows_by_their_beginning(void **state)
{
	struct trace_import import = read_import("eve.json", NULL);
	const struct trace_log *scanner = part_of(&import, "10.1.2.7");
	(void)state;
	assert_non_null(scanner);
	assert_int_equal(trace_log_count(scanner), 20);
	for (size_t i = 0; i < 20; i++) {
		char expected[32];
		snprintf(expected, sizeof expected, "172.16.0.%zu", 10 + i);
		assert_string_equal(trace_log_event(scanner, i)->values[0].text, expected);
		assert_int_equal(trace_log_event(scanner, i)->time, i * UINT64_C(1000000000));
		assert_string_equal(trace_log_event(scanner, i)->values[3].text, "no answer");
	}
	trace_import_fini(&import);
}

static void eve_shows_one_machine_when_asked(void **state)
{
	struct trace_import import = read_import("eve.json", "10.1.2.8");
	(void)state;
	assert_int_equal(import.count, 1);
	assert_string_equal(import.parts[0].host, "10.1.2.8");
	only(import.parts[0].log, TRACE_NET_RESOLVE, "www.example.com");
	trace_import_fini(&import);
}

static void expect_refusal(const char *content, const char *host, const char *where,
			   const char *part)
{
	struct trace_import import;
	struct error error = { 0 };
	char message[900];

	assert_true(trace_import(bytes_of(content), "file", host, &import, &error) < 0);
	assert_null(import.parts);
	error_text(&error, message, sizeof message);
	if (!strstr(message, where) || !strstr(message, part))
		fail_msg("said: %s\nexpected: %s … %s", message, where, part);
}

static void errors_say_what_and_where(void **state)
{
	(void)state;
	expect_refusal("", NULL, "file", "neither kenbi's");
	expect_refusal("MZ\x90", NULL, "file", "neither kenbi's");
	expect_refusal("{not json\n", NULL, "file:1", "not JSON");
	expect_refusal("{\"a\":1}\n", NULL, "file", "neither kenbi's");
	expect_refusal("{\"event_type\":\"flow\"}\n{\"event_ty", NULL, "file:2", "half a line");
	expect_refusal("{\"event_type\":\"flow\"}\n[]\n", NULL, "file:2", "event_type");
	expect_refusal("{\"event_type\":\"flow\"}\n", NULL, "file", "--host ADDRESS");
	expect_refusal("{\"event_type\":\"flow\"}\n", "192.0.2.1", "file", "opens no conversation");
	expect_refusal("{\"event_type\":\"flow\"}\n", "x.y", "x.y", "address of a machine");
	expect_refusal("{\"event_type\":\"flow\",\"dest_port\":\"445\"}\n", NULL, "file:1",
		       "dest_port: expected a number");
	expect_refusal("{\"event_type\":\"flow\"}\n{\"event_type\":\"alert\",\"alert\":[]}\n", NULL,
		       "file:2", "alert: expected an object");
	expect_refusal("{\"event_type\":\"flow\",\"src_ip\":7}\n", NULL, "file:1",
		       "src_ip: expected text");
	expect_refusal("{\"event_type\":\"flow\",\"flow_id\":\"x\"}\n", NULL, "file:1",
		       "flow_id: expected a whole number");
	expect_refusal("{\"behavior\":{}}", NULL, "file", "without behaviour");
	expect_refusal("{\"info\":{},\"target\":{},\"behavior\":[]}", NULL, "file",
		       "behavior: expected an object");
	expect_refusal("{\"network\":{\"tcp\":{}}}", NULL, "file", "network.tcp: expected a list");
	expect_refusal("{\"behavior\":{\"processes\":[{},{\"calls\":7}]}}", NULL, "file",
		       "behavior.processes[1].calls: expected a list");
	expect_refusal("{\"behavior\":{\"processes\":[{\"calls\":[{},\"5f\"]}]}}", NULL, "file",
		       "behavior.processes[0].calls[1]: expected a call");
	expect_refusal("{\"behavior\":{},\"CAPE\":{\"configs\":{}}}", NULL, "file",
		       "CAPE.configs: expected a list");
	expect_refusal("{\n\"behavior\":{\n]}", NULL, "file:3", "not a JSON report");
	expect_refusal("{\"behavior\":{}}", "192.0.2.1", "file", "no hosts to choose");
	expect_refusal("{\"type\":\"input\"}\n", NULL, "file", "no events in it");
	expect_refusal("{\"type\":\"event\",\"event\":\"file.eat\"}\n", NULL, "file:1",
		       "vocabulary");
}

static void own_events_are_read_as_ever(void **state)
{
	struct trace_import import;
	struct error error;
	(void)state;
	const char *text = "{\"type\":\"sample\",\"id\":1}\n\n"
			   "{\"type\":\"event\",\"event\":\"mutex.create\",\"name\":\"m\"}\n";
	assert_int_equal(trace_import(bytes_of(text), "file", NULL, &import, &error), 0);
	assert_int_equal(trace_log_count(import.parts[0].log), 1);
	assert_int_equal(trace_log_clock(import.parts[0].log), TRACE_CLOCK_INSTRUCTIONS);
	assert_null(trace_log_self(import.parts[0].log));
	trace_import_fini(&import);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cape_calls_become_events),
		cmocka_unit_test(cape_network_tells_what_calls_do_not),
		cmocka_unit_test(cape_configurations_name_servers),
		cmocka_unit_test(cuckoo_arguments_are_an_object),
		cmocka_unit_test(eve_gives_each_machine_its_trace),
		cmocka_unit_test(eve_tells_who_is_attacked),
		cmocka_unit_test(eve_reads_the_third_version_of_dns),
		cmocka_unit_test(eve_orders_flows_by_their_beginning),
		cmocka_unit_test(eve_shows_one_machine_when_asked),
		cmocka_unit_test(errors_say_what_and_where),
		cmocka_unit_test(own_events_are_read_as_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
