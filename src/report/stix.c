/* A case as a bundle of STIX 2.1 (OASIS standard of 10 June 2021), for threat intelligence
 * platforms.
 *
 * sample → file, malware (when it is one), malware-analysis, an indicator of its hash and of each
 * server that it goes to; kind of shellcode → malware family, indicators of where it came from and
 * what it fetches; behaviour → attack-pattern, vulnerability; remedy → course-of-action, and an
 * indicator when its rule is Suricata's or YARA's, for these are pattern languages of STIX. A
 * report holds them together. Forecasts have no objects in STIX and are left out.
 *
 * All times are that of the last thing seen in the case, so the same case gives the same bundle. */
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

#include "report/stix.h"

struct gathering {
	struct stix_bundle bundle;
	const json_t *records;
	json_t *malware; /* "sample 1" → the id of its malware object */
	json_t *types;	 /* "sample 1" → what kind of malware its behaviours make it */
	json_t *targets; /* the id of a session → what it attacked */
};

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

static bool is_type(const json_t *record, const char *type)
{
	return strcmp(text_of(record, "type"), type) == 0;
}

static bool is_sha256(const char *text)
{
	return strlen(text) == DIGEST_TEXT_SIZE - 1 &&
	       strspn(text, "0123456789abcdef") == DIGEST_TEXT_SIZE - 1;
}

static const char *number_key(const json_t *object, const char *what, const char *key,
			      char text[64])
{
	snprintf(text, 64, "%s%lld", what,
		 (long long)json_integer_value(json_object_get(object, key)));
	return text;
}

/* --- before the objects: times, and what records say of each other --- */

static double last_time(const json_t *records, double otherwise)
{
	double last = 0;
	size_t index;
	json_t *record;

	json_array_foreach(records, index, record)
	{
		const char *key = is_type(record, "session")	 ? "last"
				  : is_type(record, "shellcode") ? "time"
								 : NULL;
		double time = key ? json_number_value(json_object_get(record, key)) : 0;
		if (time > last)
			last = time;
	}
	return last > 0 ? last : otherwise;
}

/* Of the vocabulary of malware types (section 10.22). */
static const char *malware_type(const char *behaviour)
{
	static const struct {
		const char *behaviour, *type;
	} types[] = { { "scan", "worm" },
		      { "mail_spread", "worm" },
		      { "share_spread", "worm" },
		      { "media_spread", "worm" },
		      { "file_sharing_spread", "worm" },
		      { "control_channel", "bot" },
		      { "backdoor", "backdoor" },
		      { "peer_network", "bot" },
		      { "flood", "ddos" },
		      { "reflection_flood", "ddos" },
		      { "download", "downloader" },
		      { "file_dropped", "dropper" },
		      { "key_logging", "keylogger" },
		      { "encryption", "ransomware" },
		      { "mining", "resource-exploitation" },
		      { "credential_theft", "spyware" },
		      { "disk_wipe", "wiper" } };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(behaviour, types[i].behaviour) == 0)
			return types[i].type;
	return NULL;
}

static bool holds_text(const json_t *list, const char *text)
{
	size_t index;
	json_t *each;

	json_array_foreach(list, index,
			   each) if (strcmp(json_string_value(each), text) == 0) return true;
	return false;
}

static void note_type(struct gathering *gathering, const json_t *behaviour)
{
	const char *type = malware_type(text_of(behaviour, "name"));
	const char *source = text_of(behaviour, "source");
	json_t *list = json_object_get(gathering->types, source);

	if (!type)
		return;
	if (!list) {
		list = json_array();
		json_object_set_new(gathering->types, source, list);
	}
	if (!holds_text(list, type))
		json_array_append_new(list, json_string(type));
}

static void look_around(struct gathering *gathering)
{
	size_t index;
	json_t *record;
	char key[64];

	json_array_foreach(gathering->records, index, record)
	{
		if (is_type(record, "behaviour"))
			note_type(gathering, record);
		if (is_type(record, "session") && *text_of(record, "target"))
			json_object_set(gathering->targets, number_key(record, "", "id", key),
					json_object_get(record, "target"));
	}
}

/* --- vulnerabilities --- */

/* "MS04-011" or "CVE-2003-0533" at the beginning of text: its length, else 0. */
static size_t bulletin_length(const char *text)
{
	const char *digits = "0123456789";
	const char *prefix = strncmp(text, "CVE-", 4) == 0 ? "CVE-"
			     : strncmp(text, "MS", 2) == 0 ? "MS"
							   : NULL;
	if (!prefix)
		return 0;
	size_t year = strspn(text + strlen(prefix), digits), at = strlen(prefix) + year;
	if (year != (*prefix == 'C' ? 4 : 2) || text[at] != '-')
		return 0;
	size_t number = strspn(text + at + 1, digits);
	return number >= 3 && number <= 8 ? at + 1 + number : 0;
}

/* Every one that the text names; `malware` (may be NULL) exploits it. */
static void add_vulnerabilities(struct gathering *gathering, const char *text, const char *malware)
{
	char name[24], id[STIX_ID_SIZE];

	for (; *text; text++) {
		size_t length = bulletin_length(text);
		if (length == 0)
			continue;
		snprintf(name, sizeof name, "%.*s", (int)length, text);
		stix_vulnerability(&gathering->bundle, name, id);
		if (malware)
			stix_relation(&gathering->bundle, malware, "exploits", id);
		text += length - 1;
	}
}

/* --- indicators --- */

/* [object:property = 'value'], which points to `malware`. */
static void add_simple_indicator(struct gathering *gathering, const char *name, const char *path,
				 const char *value, const char *malware)
{
	struct buffer pattern;
	char id[STIX_ID_SIZE];

	buffer_init(&pattern, 8192);
	buffer_printf(&pattern, "[%s = ", path);
	stix_literal(&pattern, value);
	buffer_append_text(&pattern, "]");
	if (!buffer_failed(&pattern)) {
		stix_indicator(&gathering->bundle, name, "stix", buffer_text(&pattern), id);
		stix_relation(&gathering->bundle, id, "indicates", malware);
	}
	buffer_fini(&pattern);
}

static void add_endpoint_indicator(struct gathering *gathering, const char *name,
				   const char *address, json_int_t port, const char *malware)
{
	struct address parsed;
	char text[ADDRESS_TEXT_SIZE], pattern[300], id[STIX_ID_SIZE];

	if (address_parse(address, &parsed) < 0)
		return;
	const char *type = parsed.family == 6 ? "ipv6-addr" : "ipv4-addr";
	address_text(&parsed, text);
	if (port >= 1 && port <= 65535)
		snprintf(pattern, sizeof pattern,
			 "[network-traffic:dst_ref.type = '%s' AND network-traffic:dst_ref.value = "
			 "'%s' AND network-traffic:dst_port = %lld]",
			 type, text, (long long)port);
	else
		snprintf(pattern, sizeof pattern, "[%s:value = '%s']", type, text);
	stix_indicator(&gathering->bundle, name, "stix", pattern, id);
	stix_relation(&gathering->bundle, id, "indicates", malware);
}

/* --- samples --- */

/* A server that a sample goes to: observables, which are also noted in `seen` (may be NULL), and
 * with `malware` indicators of them. */
static void add_endpoint(struct gathering *gathering, const json_t *endpoint, const char *malware,
			 json_t *seen)
{
	const char *role = text_of(endpoint, "role"), *address = text_of(endpoint, "address");
	const char *host = text_of(endpoint, "name");
	json_int_t port = json_integer_value(json_object_get(endpoint, "port"));
	char id[STIX_ID_SIZE], name[80];

	if (strcmp(role, "control") != 0 && strcmp(role, "download") != 0)
		return;
	snprintf(name, sizeof name, "%s server", role);
	if (stix_address(&gathering->bundle, address, id)) {
		json_array_append_new(seen, json_string(id));
		if (malware) {
			stix_relation(&gathering->bundle, malware, "communicates-with", id);
			add_endpoint_indicator(gathering, name, address, port, malware);
		}
	}
	if (stix_value(&gathering->bundle, "domain-name", host, id)) {
		json_array_append_new(seen, json_string(id));
		if (malware) {
			stix_relation(&gathering->bundle, malware, "communicates-with", id);
			add_simple_indicator(gathering, name, "domain-name:value", host, malware);
		}
	}
}

static void add_analysis(struct gathering *gathering, const json_t *sample, const char *file,
			 const char *malware, const json_t *seen)
{
	const char *verdict = text_of(sample, "verdict");
	char id[STIX_ID_SIZE];
	json_t *analysis = stix_object(&gathering->bundle, "malware-analysis", file, id);

	if (!analysis)
		return;
	/* of the vocabulary of results (section 10.21) */
	const char *result = strcmp(verdict, "clean") == 0 ? "benign" : verdict;
	json_object_set_new(analysis, "product", json_string("kenbi"));
	json_object_set_new(analysis, "version", json_string(KENBI_VERSION));
	json_object_set_new(analysis, "result", json_string(*result ? result : "unknown"));
	json_object_set_new(analysis, "sample_ref", json_string(file));
	if (json_array_size(seen))
		json_object_set_new(analysis, "analysis_sco_refs", json_deep_copy(seen));
	stix_add(&gathering->bundle, analysis);
	if (malware)
		stix_relation(&gathering->bundle, id, "dynamic-analysis-of", malware);
}

static void add_sample_malware(struct gathering *gathering, const json_t *sample, const char *file,
			       const char *source, char malware[STIX_ID_SIZE])
{
	const char *sha256 = text_of(sample, "sha256"), *name = text_of(sample, "name");
	json_t *types = json_object_get(gathering->types, source);
	json_t *object = stix_object(&gathering->bundle, "malware", sha256, malware);

	if (!object)
		return;
	json_object_set_new(object, "name", json_string(*name ? name : sha256));
	json_object_set_new(object, "is_family", json_false());
	json_object_set_new(object, "sample_refs", json_pack("[s]", file));
	if (types)
		json_object_set(object, "malware_types", types);
	stix_add(&gathering->bundle, object);
	add_simple_indicator(gathering, "hash of the program", "file:hashes.'SHA-256'", sha256,
			     malware);
}

static void add_sample(struct gathering *gathering, const json_t *sample)
{
	const char *verdict = text_of(sample, "verdict");
	bool is_malware = strcmp(verdict, "malicious") == 0 || strcmp(verdict, "suspicious") == 0;
	json_t *seen = json_array(), *size = json_object_get(sample, "bytes");
	char file[STIX_ID_SIZE], malware[STIX_ID_SIZE], source[64];
	size_t index;
	json_t *endpoint;

	number_key(sample, "sample ", "id", source);
	if (is_sha256(text_of(sample, "sha256")) &&
	    stix_file(&gathering->bundle, text_of(sample, "sha256"), text_of(sample, "name"),
		      json_is_integer(size) ? json_integer_value(size) : -1, file)) {
		if (is_malware) {
			add_sample_malware(gathering, sample, file, source, malware);
			json_object_set_new(gathering->malware, source, json_string(malware));
		}
		json_array_foreach(json_object_get(sample, "endpoints"), index, endpoint)
			add_endpoint(gathering, endpoint, is_malware ? malware : NULL, seen);
		add_analysis(gathering, sample, file, is_malware ? malware : NULL, seen);
	}
	json_decref(seen);
}

/* --- shellcode --- */

static void add_actions(struct gathering *gathering, const json_t *shellcode, const char *malware)
{
	size_t index;
	json_t *action;
	char id[STIX_ID_SIZE];

	json_array_foreach(json_object_get(shellcode, "actions"), index, action)
	{
		const char *what = text_of(action, "action"), *url = text_of(action, "url");
		if (strcmp(what, "connect") == 0)
			add_endpoint_indicator(
				gathering, "shellcode connects to it", text_of(action, "address"),
				json_integer_value(json_object_get(action, "port")), malware);
		if (strcmp(what, "download") != 0 ||
		    !stix_value(&gathering->bundle, "url", url, id))
			continue;
		stix_relation(&gathering->bundle, malware, "communicates-with", id);
		add_simple_indicator(gathering, "shellcode downloads from it", "url:value", url,
				     malware);
	}
}

static void add_shellcode(struct gathering *gathering, const json_t *shellcode)
{
	const char *kind = text_of(shellcode, "kind"), *arch = text_of(shellcode, "arch");
	const json_t *flow = json_object_get(shellcode, "flow");
	bool served = strcmp(text_of(shellcode, "side"), "server") == 0;
	char malware[STIX_ID_SIZE], source[64], session[64];
	json_t *object;

	number_key(shellcode, "shellcode ", "id", source);
	if (!*kind)
		return;
	if ((object = stix_object(&gathering->bundle, "malware", kind, malware))) {
		json_object_set_new(object, "name", json_sprintf("shellcode kind %s", kind));
		json_object_set_new(object, "is_family", json_true());
		/* of the vocabulary of architectures (section 10.17) */
		json_object_set_new(object, "architecture_execution_envs",
				    json_pack("[s]", strstr(arch, "64") ? "x86-64" : "x86"));
		json_t *types = json_object_get(gathering->types, source);
		if (types)
			json_object_set(object, "malware_types", types);
		stix_add(&gathering->bundle, object);
	}
	json_object_set_new(gathering->malware, source, json_string(malware));
	add_endpoint_indicator(gathering, "sent shellcode", text_of(flow, served ? "dst" : "src"),
			       0, malware);
	add_actions(gathering, shellcode, malware);
	const json_t *target =
		json_object_get(gathering->targets, number_key(shellcode, "", "session", session));
	if (target)
		add_vulnerabilities(gathering, json_string_value(target), malware);
}

/* --- behaviours and remedies --- */

static void add_behaviour(struct gathering *gathering, const json_t *behaviour)
{
	const json_t *parameters = json_object_get(behaviour, "parameters");
	const char *malware = json_string_value(
		json_object_get(gathering->malware, text_of(behaviour, "source")));
	char id[STIX_ID_SIZE];
	size_t index;
	json_t *technique;

	json_array_foreach(json_object_get(behaviour, "attack"), index, technique)
	{
		if (!stix_attack_pattern(&gathering->bundle, technique, id))
			continue;
		if (malware)
			stix_relation(&gathering->bundle, malware, "uses", id);
	}
	add_vulnerabilities(gathering, text_of(parameters, "vulnerability"), malware);
}

/* What it costs, how it is taken back, and each rule whole: STIX has no better place for them. */
static json_t *course_text(const json_t *remedy)
{
	static const struct {
		const char *label, *key;
	} parts[] = { { "Against", "why" },
		      { "Costs", "collateral" },
		      { "Limits", "limits" },
		      { "Undo", "undo" } };
	struct buffer text;
	size_t index;
	json_t *rule;

	buffer_init(&text, (size_t)1 << 22);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (*text_of(remedy, parts[i].key))
			buffer_printf(&text, "%s: %s\n", parts[i].label,
				      text_of(remedy, parts[i].key));
	json_array_foreach(json_object_get(remedy, "rules"), index, rule) buffer_printf(
		&text, "\nRule (%s):\n%s\n", text_of(rule, "format"), text_of(rule, "text"));
	json_t *made = buffer_failed(&text) ? NULL : json_string(buffer_text(&text));
	buffer_fini(&text);
	return made;
}

static void mitigate(struct gathering *gathering, const json_t *remedy, const char *course)
{
	char id[STIX_ID_SIZE];
	size_t index;
	json_t *each;

	json_array_foreach(json_object_get(remedy, "attack"), index, each)
	{
		if (stix_attack_pattern(&gathering->bundle, each, id))
			stix_relation(&gathering->bundle, course, "mitigates", id);
	}
	json_array_foreach(json_object_get(remedy, "rules"), index, each)
	{
		const char *format = text_of(each, "format");
		if ((strcmp(format, "suricata") != 0 && strcmp(format, "yara") != 0) ||
		    !*text_of(each, "text"))
			continue;
		stix_indicator(&gathering->bundle, text_of(remedy, "title"), format,
			       text_of(each, "text"), id);
		stix_relation(&gathering->bundle, course, "mitigates", id);
	}
}

static void add_remedy(struct gathering *gathering, const json_t *remedy)
{
	char key[64], id[STIX_ID_SIZE];
	json_t *references = json_array(), *each;
	json_t *object = stix_object(&gathering->bundle, "course-of-action",
				     number_key(remedy, "remedy ", "id", key), id);
	size_t index;

	json_array_foreach(json_object_get(remedy, "defend"), index, each)
		json_array_append_new(references, json_pack("{s:s, s:O}", "source_name",
							    "mitre-d3fend", "external_id", each));
	if (object) {
		json_object_set_new(object, "name", json_string(text_of(remedy, "title")));
		json_t *text = course_text(remedy);
		if (text)
			json_object_set_new(object, "description", text);
		else
			gathering->bundle.failed = true;
		if (json_array_size(references))
			json_object_set(object, "external_references", references);
		stix_add(&gathering->bundle, object);
		mitigate(gathering, remedy, id);
	}
	json_decref(references);
}

/* --- the whole --- */

static void add_all(struct gathering *gathering, const char *type,
		    void (*add)(struct gathering *gathering, const json_t *record))
{
	size_t index;
	json_t *record;

	json_array_foreach(gathering->records, index, record) if (is_type(record, type))
		add(gathering, record);
}

/* A report must refer to something: a case without anything to share has none. */
static void add_report(struct gathering *gathering)
{
	struct stix_bundle *bundle = &gathering->bundle;
	json_t *references = json_array(), *each, *report;
	char id[STIX_ID_SIZE];
	size_t index;

	json_array_foreach(bundle->objects, index, each) if (index > 0)
		json_array_append(references, json_object_get(each, "id"));
	char *key = json_dumps(references, 0);
	if (key && json_array_size(references) &&
	    (report = stix_object(bundle, "report", key, id))) {
		json_object_set_new(report, "name", json_string("kenbi case"));
		json_object_set_new(report, "report_types", json_pack("[s]", "malware"));
		json_object_set_new(report, "published", json_string(bundle->created));
		json_object_set(report, "object_refs", references);
		stix_add(bundle, report);
	}
	free(key);
	json_decref(references);
}

json_t *report_stix(const json_t *records, double now)
{
	struct gathering gathering = { .records = records,
				       .malware = json_object(),
				       .types = json_object(),
				       .targets = json_object() };

	stix_init(&gathering.bundle, last_time(records, now));
	look_around(&gathering);
	add_all(&gathering, "sample", add_sample);
	add_all(&gathering, "shellcode", add_shellcode);
	add_all(&gathering, "behaviour", add_behaviour);
	add_all(&gathering, "remedy", add_remedy);
	add_report(&gathering);
	json_decref(gathering.malware);
	json_decref(gathering.types);
	json_decref(gathering.targets);
	return stix_fini(&gathering.bundle);
}
