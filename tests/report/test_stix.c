/* Bundles against what STIX 2.1 requires (OASIS standard of 10 June 2021, sections 2 to 6), written
 * down here once more: required properties and their types, forms of identifiers and times,
 * references that all lead somewhere, relationships between types that may have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "report/report.h"
#include "report/stix.h"

static const char *text_in(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	if (!text)
		fail_msg("%s of %s is missing or no text", key,
			 json_string_value(json_object_get(object, "id")));
	return text;
}

static json_t *worm_case(void)
{
	char path[4096];
	json_error_t where;

	snprintf(path, sizeof path, "%s/tests/report/cases/worm.json", getenv("KENBI_SOURCE"));
	json_t *records = json_load_file(path, 0, &where);
	if (!records)
		fail_msg("%s:%d: %s", path, where.line, where.text);
	return records;
}

/* type--UUID in lower case, version 5, variant 8 to b. */
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
	assert_int_equal(uuid[14], '5');
	assert_non_null(strchr("89ab", uuid[19]));
}

static void check_time(const char *text)
{
	const char *shape = "0000-00-00T00:00:00.000Z";

	assert_int_equal(strlen(text), strlen(shape));
	for (size_t i = 0; shape[i]; i++) {
		if (shape[i] == '0')
			assert_true(isdigit((unsigned char)text[i]));
		else
			assert_int_equal(text[i], shape[i]);
	}
}

static bool is_observable(const char *type)
{
	static const char *const types[] = { "file", "ipv4-addr", "ipv6-addr", "domain-name",
					     "url" };
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

/* Required texts by type, beside those that all have. */
static void check_required(const json_t *object)
{
	static const struct {
		const char *type, *keys[4];
	} required[] = { { "identity", { "name" } },
			 { "indicator", { "pattern", "pattern_type", "valid_from" } },
			 { "malware", { "name" } },
			 { "malware-analysis", { "product", "result" } },
			 { "attack-pattern", { "name" } },
			 { "vulnerability", { "name" } },
			 { "course-of-action", { "name" } },
			 { "report", { "name", "published" } },
			 { "relationship", { "relationship_type", "source_ref", "target_ref" } },
			 { "ipv4-addr", { "value" } },
			 { "ipv6-addr", { "value" } },
			 { "domain-name", { "value" } },
			 { "url", { "value" } },
			 { "file", { NULL } } };
	const char *type = text_in(object, "type");
	size_t at = 0;

	while (at < sizeof required / sizeof *required && strcmp(type, required[at].type) != 0)
		at++;
	if (at == sizeof required / sizeof *required)
		fail_msg("unknown type %s", type);
	for (size_t i = 0; i < 4 && required[at].keys[i]; i++)
		assert_true(*text_in(object, required[at].keys[i]));
	if (strcmp(type, "malware") == 0)
		assert_true(json_is_boolean(json_object_get(object, "is_family")));
	if (strcmp(type, "file") == 0)
		assert_int_equal(strlen(text_in(json_object_get(object, "hashes"), "SHA-256")), 64);
	if (strcmp(type, "report") == 0)
		assert_true(json_array_size(json_object_get(object, "object_refs")) > 0);
}

/* Section 2.7: a property is left out, never null or empty. */
static void check_not_empty(const json_t *value)
{
	const char *key;
	json_t *each;
	size_t index;

	assert_false(json_is_null(value));
	if (json_is_object(value)) {
		assert_true(json_object_size(value) > 0);
		json_object_foreach((json_t *)(uintptr_t)value, key, each) check_not_empty(each);
	}
	if (json_is_array(value)) {
		assert_true(json_array_size(value) > 0);
		json_array_foreach(value, index, each) check_not_empty(each);
	}
}

/* Everything whose key ends with _ref or _refs is the id of an object of the bundle. */
static void check_references(const json_t *object, const json_t *ids)
{
	const char *key;
	json_t *value, *each;
	size_t index;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		size_t length = strlen(key);
		if (length > 4 && strcmp(key + length - 4, "_ref") == 0)
			assert_non_null(json_object_get(ids, json_string_value(value)));
		if (length > 5 && strcmp(key + length - 5, "_refs") == 0)
			json_array_foreach(value, index, each)
				assert_non_null(json_object_get(ids, json_string_value(each)));
	}
}

/* The relationships of sections 4.3, 4.7, 4.11 and 4.12 that kenbi uses. */
static void check_relationship(const json_t *object)
{
	static const char *const allowed[][3] = {
		{ "indicator", "indicates", "malware" },
		{ "malware", "uses", "attack-pattern" },
		{ "malware", "exploits", "vulnerability" },
		{ "malware", "communicates-with", "ipv4-addr" },
		{ "malware", "communicates-with", "ipv6-addr" },
		{ "malware", "communicates-with", "domain-name" },
		{ "malware", "communicates-with", "url" },
		{ "malware-analysis", "dynamic-analysis-of", "malware" },
		{ "course-of-action", "mitigates", "attack-pattern" },
		{ "course-of-action", "mitigates", "indicator" },
	};
	const char *from = text_in(object, "source_ref"), *to = text_in(object, "target_ref");

	for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
		if (strstr(from, "--") == from + strlen(allowed[i][0]) &&
		    strstr(to, "--") == to + strlen(allowed[i][2]) &&
		    strncmp(from, allowed[i][0], strlen(allowed[i][0])) == 0 &&
		    strncmp(to, allowed[i][2], strlen(allowed[i][2])) == 0 &&
		    strcmp(text_in(object, "relationship_type"), allowed[i][1]) == 0)
			return;
	fail_msg("%s %s %s is no relationship of STIX", from, text_in(object, "relationship_type"),
		 to);
}

static void check_bundle(const json_t *bundle)
{
	const json_t *objects = json_object_get(bundle, "objects");
	json_t *ids = json_object(), *object;
	size_t index;

	assert_string_equal(text_in(bundle, "type"), "bundle");
	check_id(text_in(bundle, "id"), "bundle");
	json_array_foreach(objects, index, object)
	{
		const char *type = text_in(object, "type");
		assert_string_equal(text_in(object, "spec_version"), "2.1");
		check_id(text_in(object, "id"), type);
		assert_null(json_object_get(ids, text_in(object, "id")));
		json_object_set_new(ids, text_in(object, "id"), json_true());
		check_required(object);
		check_not_empty(object);
		if (is_observable(type)) {
			assert_null(json_object_get(object, "created"));
			continue;
		}
		check_time(text_in(object, "created"));
		assert_string_equal(text_in(object, "created"), text_in(object, "modified"));
	}
	json_array_foreach(objects, index, object)
	{
		check_references(object, ids);
		if (strcmp(text_in(object, "type"), "relationship") == 0)
			check_relationship(object);
	}
	json_decref(ids);
}

static const json_t *find(const json_t *bundle, const char *type, const char *key,
			  const char *value)
{
	size_t index;
	json_t *object;

	json_array_foreach(json_object_get(bundle, "objects"), index, object)
	{
		const char *text = json_string_value(json_object_get(object, key));
		if (strcmp(text_in(object, "type"), type) == 0 && text && strcmp(text, value) == 0)
			return object;
	}
	return NULL;
}

static bool is_related(const json_t *bundle, const json_t *from, const char *type, const json_t *to)
{
	size_t index;
	json_t *object;

	json_array_foreach(json_object_get(bundle, "objects"), index,
			   object) if (strcmp(text_in(object, "type"), "relationship") == 0 &&
				       strcmp(text_in(object, "relationship_type"), type) == 0 &&
				       strcmp(text_in(object, "source_ref"), text_in(from, "id")) ==
					       0 &&
				       strcmp(text_in(object, "target_ref"), text_in(to, "id")) ==
					       0) return true;
	return false;
}

/* --- tests --- */

static void identifiers_are_those_of_everybody(void **state)
{
	/* python3 -c 'import uuid; print(uuid.uuid5(uuid.NAMESPACE_DNS, "www.example.com"))' */
	static const uint8_t dns[16] = { 0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
					 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8 };
	char uuid[37], id[STIX_ID_SIZE], longest[301];
	struct stix_bundle bundle;
	(void)state;
	stix_uuid(dns, bytes_of("www.example.com"), uuid);
	assert_string_equal(uuid, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
	/* several blocks of SHA-1, and a length at whose end the padding needs one more */
	memset(longest, 'a', 300);
	longest[300] = 0;
	stix_uuid(dns, bytes_of(longest), uuid);
	assert_string_equal(uuid, "39aaf90c-2a5a-5781-93dc-08baea928201");
	longest[44] = 0;
	stix_uuid(dns, bytes_of(longest), uuid);
	assert_string_equal(uuid, "1bff6b99-1dae-573a-85c9-d7795a5a4ebb");
	/* those that cti-python-stix2 and the standard's examples give them */
	stix_init(&bundle, 0);
	assert_true(stix_address(&bundle, "198.51.100.3", id));
	assert_string_equal(id, "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4");
	assert_true(stix_value(&bundle, "domain-name", "example.com", id));
	assert_string_equal(id, "domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7");
	assert_false(stix_value(&bundle, "domain-name", "a\nb", id));
	assert_false(stix_address(&bundle, "300.1.1.1", id));
	json_decref(stix_fini(&bundle));
}

static void a_case_is_a_bundle(void **state)
{
	json_t *records = worm_case(), *bundle = report_stix(records, 0);
	(void)state;
	check_bundle(bundle);
	const json_t *malware = find(bundle, "malware", "name", "ssms.exe");
	assert_non_null(malware);
	assert_string_equal(text_in(malware, "created"), "2009-04-20T02:49:07.545Z");
	const json_t *kind = find(bundle, "malware", "name", "shellcode kind 6e1b90c37ad2f845");
	const json_t *hole = find(bundle, "vulnerability", "name", "CVE-2003-0533");
	assert_true(is_related(bundle, kind, "exploits", hole));
	assert_true(is_related(bundle, malware, "communicates-with",
			       find(bundle, "domain-name", "value", "irc.example.net")));
	const json_t *server = find(
		bundle, "indicator", "pattern",
		"[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = "
		"'203.0.113.18' AND network-traffic:dst_port = 6667]");
	assert_true(is_related(bundle, server, "indicates", malware));
	/* what is clean is a file and an analysis, and no malware */
	const json_t *clean = find(bundle, "file", "name", "tool.exe");
	assert_non_null(find(bundle, "malware-analysis", "sample_ref", text_in(clean, "id")));
	assert_null(find(bundle, "malware", "name", "tool.exe"));
	assert_non_null(
		find(bundle, "course-of-action", "name", "Block TCP port 445 between providers"));
	json_decref(bundle);
	json_decref(records);
}

static void the_same_case_is_the_same_bundle(void **state)
{
	json_t *records = worm_case();
	json_t *first = report_stix(records, 1), *again = report_stix(records, 2);
	(void)state;
	assert_true(json_equal(first, again));
	/* one thing more is another bundle, in which the observables are the same */
	json_array_append_new(records,
			      json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:f}", "type", "shellcode",
					"id", 9, "kind", "k", "arch", "x86-64", "os", "linux",
					"side", "client", "time", 1300000000.5));
	json_t *other = report_stix(records, 1);
	check_bundle(other);
	assert_string_not_equal(text_in(first, "id"), text_in(other, "id"));
	const json_t *host = find(first, "domain-name", "value", "irc.example.net");
	assert_string_equal(text_in(host, "id"),
			    text_in(find(other, "domain-name", "value", "irc.example.net"), "id"));
	assert_string_equal(text_in(find(other, "malware", "name", "shellcode kind k"), "created"),
			    "2011-03-13T07:06:40.500Z");
	json_decref(first);
	json_decref(again);
	json_decref(other);
	json_decref(records);
}

static void rules_in_pattern_languages_are_indicators(void **state)
{
	json_t *records =
		json_pack("[{s:s, s:i, s:s, s:[s], s:[s], s:[{s:s, s:s}, {s:s, s:s}]},"
			  " {s:s, s:i, s:s, s:s, s:[s, s], s:{s:s}}]",
			  "type", "remedy", "id", 1, "title", "Cut it", "attack", "T1071", "defend",
			  "D3-NTSA", "rules", "format", "suricata", "text",
			  "drop tcp any any -> any any ()", "format", "nftables", "text", "table x",
			  "type", "behaviour", "id", 1, "name", "control_channel", "source", "wire",
			  "attack", "T1071", "not one", "parameters", "vulnerability", "MS04-011");
	json_t *bundle = report_stix(records, 1700000000.25);
	(void)state;
	check_bundle(bundle);
	const json_t *course = find(bundle, "course-of-action", "name", "Cut it");
	const json_t *rule = find(bundle, "indicator", "pattern_type", "suricata");
	assert_true(is_related(bundle, course, "mitigates", rule));
	assert_true(is_related(bundle, course, "mitigates",
			       find(bundle, "attack-pattern", "name", "ATT&CK T1071")));
	assert_null(find(bundle, "attack-pattern", "name", "ATT&CK not one"));
	assert_non_null(find(bundle, "vulnerability", "name", "MS04-011"));
	assert_non_null(strstr(text_in(course, "description"), "table x"));
	assert_string_equal(text_in(course, "created"), "2023-11-14T22:13:20.250Z");
	json_decref(bundle);
	json_decref(records);
}

static void hostile_records_break_nothing(void **state)
{
	json_t *records = json_pack(
		"[{s:s, s:i, s:s, s:s, s:s, s:[{s:s, s:s, s:i, s:s}, {s:n}, n]},"
		" {s:s, s:n, s:s, s:s}, {s:s, s:i, s:s, s:[{s:s, s:s}, i], s:{s:s}, s:s},"
		" {s:s, s:[i, n], s:i}, {s:s, s:i, s:i, s:[n]}]",
		"type", "sample", "id", 1, "sha256",
		"aa5d7e19a3b8f2641f3c0b9ad8e27765c4d3b2a1f0e9d8c7b6a5948372615d01", "name", "a\n'b",
		"verdict", "malicious", "endpoints", "role", "control", "address", "1.2.3.4' OR",
		"port", -5, "name", "x'] OR [url:value = '", "role", "type", "sample", "id",
		"sha256", "no hash", "verdict", "malicious", "type", "shellcode", "id", 1, "kind",
		"k'", "actions", "action", "download", "url", "http://h/\\'", 7, "flow", "src",
		"nowhere", "side", "client", "type", "behaviour", "attack", 1, "source", 3, "type",
		"remedy", "id", 4, "title", 5, "rules");
	json_t *bundle;
	(void)state;
	assert_non_null(records);
	bundle = report_stix(records, 0);
	assert_non_null(bundle);
	/* quotes stay inside their literals */
	assert_non_null(find(bundle, "indicator", "pattern",
			     "[domain-name:value = 'x\\'] OR [url:value = \\'']"));
	assert_non_null(find(bundle, "indicator", "pattern", "[url:value = 'http://h/\\\\\\'']"));
	json_decref(bundle);
	json_decref(records);
}

static void nothing_to_share_is_an_author_alone(void **state)
{
	json_t *records = json_array(), *bundle = report_stix(records, 5);
	(void)state;
	check_bundle(bundle);
	assert_int_equal(json_array_size(json_object_get(bundle, "objects")), 1);
	json_decref(bundle);
	json_decref(records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identifiers_are_those_of_everybody),
		cmocka_unit_test(a_case_is_a_bundle),
		cmocka_unit_test(the_same_case_is_the_same_bundle),
		cmocka_unit_test(rules_in_pattern_languages_are_indicators),
		cmocka_unit_test(hostile_records_break_nothing),
		cmocka_unit_test(nothing_to_share_is_an_author_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
