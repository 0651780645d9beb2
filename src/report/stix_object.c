/* STIX 2.1 objects one by one: what each type must have, and each object once. */
#include "report/stix.h"

#include <stdlib.h>
#include <string.h>

/* The author's own object is the same in every bundle, so its time is fixed. */
#define AUTHOR_CREATED "2026-01-01T00:00:00.000Z"

void stix_init(struct stix_bundle *bundle, double time)
{
	*bundle = (struct stix_bundle){ .objects = json_array(), .known = json_object() };
	stix_time(time, bundle->created);
	stix_object_id("identity", AUTHOR_CREATED, "kenbi", bundle->author);
	stix_add(bundle,
		 json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "type", "identity",
			   "spec_version", "2.1", "id", bundle->author, "created", AUTHOR_CREATED,
			   "modified", AUTHOR_CREATED, "name", "kenbi", "description",
			   "Micro analysis of malicious code", "identity_class", "system"));
}

json_t *stix_fini(struct stix_bundle *bundle)
{
	char id[STIX_ID_SIZE];
	char *name = bundle->failed ? NULL : json_dumps(bundle->known, JSON_SORT_KEYS);
	json_t *made = NULL;

	if (name) {
		stix_object_id("bundle", bundle->created, name, id);
		made = json_pack("{s:s, s:s, s:O}", "type", "bundle", "id", id, "objects",
				 bundle->objects);
	}
	free(name);
	json_decref(bundle->objects);
	json_decref(bundle->known);
	return made;
}

void stix_add(struct stix_bundle *bundle, json_t *object)
{
	const char *id = json_string_value(json_object_get(object, "id"));

	if (!id || json_object_set_new(bundle->known, id, json_true()) < 0 ||
	    json_array_append(bundle->objects, object) < 0)
		bundle->failed = true;
	json_decref(object);
}

json_t *stix_object(struct stix_bundle *bundle, const char *type, const char *key,
		    char id[STIX_ID_SIZE])
{
	stix_object_id(type, bundle->created, key, id);
	if (json_object_get(bundle->known, id))
		return NULL;
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "type", type, "spec_version",
				   "2.1", "id", id, "created_by_ref", bundle->author, "created",
				   bundle->created, "modified", bundle->created);
	if (!object)
		bundle->failed = true;
	return object;
}

/* --- observables --- */

/* Control characters have another form in RFC 8785 than jansson writes, and no place in names. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			return false;
	return true;
}

/* Takes what contributes to the id; the observable gets `more` (taken, may be NULL) beside it. */
static bool add_observable(struct stix_bundle *bundle, const char *type, json_t *contributing,
			   json_t *more, char id[STIX_ID_SIZE])
{
	bool made = contributing && stix_observable_id(type, contributing, id);

	if (!made)
		bundle->failed = true;
	if (made && !json_object_get(bundle->known, id)) {
		json_t *object =
			json_pack("{s:s, s:s, s:s}", "type", type, "spec_version", "2.1", "id", id);
		json_object_update(object, contributing);
		if (more)
			json_object_update(object, more);
		stix_add(bundle, object);
	}
	json_decref(contributing);
	json_decref(more);
	return made;
}

bool stix_value(struct stix_bundle *bundle, const char *type, const char *value,
		char id[STIX_ID_SIZE])
{
	if (!*value || !is_plain(value))
		return false;
	return add_observable(bundle, type, json_pack("{s:s}", "value", value), NULL, id);
}

bool stix_address(struct stix_bundle *bundle, const char *address, char id[STIX_ID_SIZE])
{
	struct address parsed;
	char text[ADDRESS_TEXT_SIZE];

	if (address_parse(address, &parsed) < 0)
		return false;
	return stix_value(bundle, parsed.family == 6 ? "ipv6-addr" : "ipv4-addr",
			  address_text(&parsed, text), id);
}

bool stix_file(struct stix_bundle *bundle, const char *sha256, const char *name, json_int_t size,
	       char id[STIX_ID_SIZE])
{
	json_t *contributing = json_pack("{s:{s:s}}", "hashes", "SHA-256", sha256);

	if (name && *name && is_plain(name))
		json_object_set_new(contributing, "name", json_string(name));
	return add_observable(bundle, "file", contributing,
			      size >= 0 ? json_pack("{s:I}", "size", size) : NULL, id);
}

/* --- domain objects --- */

void stix_relation(struct stix_bundle *bundle, const char *from, const char *type, const char *to)
{
	char key[2 * STIX_ID_SIZE + 40], id[STIX_ID_SIZE];

	snprintf(key, sizeof key, "%s %s %s", from, type, to);
	json_t *object = stix_object(bundle, "relationship", key, id);
	if (!object)
		return;
	json_object_set_new(object, "relationship_type", json_string(type));
	json_object_set_new(object, "source_ref", json_string(from));
	json_object_set_new(object, "target_ref", json_string(to));
	stix_add(bundle, object);
}

void stix_indicator(struct stix_bundle *bundle, const char *name, const char *type,
		    const char *pattern, char id[STIX_ID_SIZE])
{
	json_t *object = stix_object(bundle, "indicator", pattern, id);

	if (!object)
		return;
	json_object_set_new(object, "name", json_string(name));
	json_object_set_new(object, "indicator_types", json_pack("[s]", "malicious-activity"));
	json_object_set_new(object, "pattern", json_string(pattern));
	json_object_set_new(object, "pattern_type", json_string(type));
	json_object_set_new(object, "valid_from", json_string(bundle->created));
	stix_add(bundle, object);
}

bool stix_attack_pattern(struct stix_bundle *bundle, const json_t *technique, char id[STIX_ID_SIZE])
{
	const char *name = json_string_value(technique);
	char path[16];

	if (!name || *name != 'T' || strlen(name) >= sizeof path ||
	    strspn(name + 1, "0123456789.") != strlen(name + 1))
		return false;
	json_t *object = stix_object(bundle, "attack-pattern", name, id);
	if (!object)
		return true;
	snprintf(path, sizeof path, "%s", name);
	for (char *c = path; *c; c++)
		if (*c == '.')
			*c = '/';
	json_object_set_new(object, "name", json_sprintf("ATT&CK %s", name));
	json_object_set_new(
		object, "external_references",
		json_pack("[{s:s, s:s, s:o}]", "source_name", "mitre-attack", "external_id", name,
			  "url", json_sprintf("https://attack.mitre.org/techniques/%s/", path)));
	stix_add(bundle, object);
	return true;
}

void stix_vulnerability(struct stix_bundle *bundle, const char *name, char id[STIX_ID_SIZE])
{
	json_t *object = stix_object(bundle, "vulnerability", name, id);
	const char *source = strncmp(name, "CVE-", 4) == 0 ? "cve" : "microsoft-security-bulletin";

	if (!object)
		return;
	json_object_set_new(object, "name", json_string(name));
	json_object_set_new(object, "external_references",
			    json_pack("[{s:s, s:s}]", "source_name", source, "external_id", name));
	stix_add(bundle, object);
}

void stix_literal(struct buffer *buffer, const char *text)
{
	buffer_append_text(buffer, "'");
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			buffer_append_text(buffer, "\\");
		buffer_append(buffer, text, 1);
	}
	buffer_append_text(buffer, "'");
}
