/* STIX 2.1 objects and the bundle that holds them. Private to the room; report/stix.c says which
 * records become which objects. Section numbers are those of the OASIS standard of 10 June 2021. */
#ifndef KENBI_REPORT_STIX_H
#define KENBI_REPORT_STIX_H

#include <jansson.h>

#include "base/base.h"

#define STIX_ID_SIZE   64 /* the longest type, two dashes, a UUID */
#define STIX_TIME_SIZE 32

struct stix_bundle {
	json_t *objects;	      /* in the order in which they came */
	json_t *known;		      /* the ids of objects: each comes once */
	char author[STIX_ID_SIZE];    /* the identity that all of them are from */
	char created[STIX_TIME_SIZE]; /* of all of them, but of the author */
	bool failed;		      /* an object could not be made: no memory */
};

/* --- identifiers (stix_id.c) --- */

/* UUID of version 5 (RFC 4122, section 4.3): the same name gives the same UUID. `space` is one in
 * binary. */
void stix_uuid(const uint8_t space[16], struct bytes name, char uuid[37]);
/* Of an observable, from its ID contributing properties, as section 2.9 recommends, so that all
 * producers give it the same. False: no memory. */
bool stix_observable_id(const char *type, const json_t *contributing, char id[STIX_ID_SIZE]);
/* Of any other object: `key` says what it is about, and `created` when it was, so that no two
 * objects of one id differ in that. */
void stix_object_id(const char *type, const char *created, const char *key, char id[STIX_ID_SIZE]);
/* "2024-05-01T12:00:00.123Z". */
void stix_time(double seconds, char text[STIX_TIME_SIZE]);

/* --- objects (stix_object.c). Each id is that of the object, which is added unless it is there.
 * --- */

/* `time`: seconds since 1970. */
void stix_init(struct stix_bundle *bundle, double time);
/* Returns owned: the bundle; NULL: no memory. */
json_t *stix_fini(struct stix_bundle *bundle);
/* An object with what all have in common; NULL: it is there already, or no memory. To be given to
 * stix_add when it is whole. */
json_t *stix_object(struct stix_bundle *bundle, const char *type, const char *key,
		    char id[STIX_ID_SIZE]);
void stix_add(struct stix_bundle *bundle, json_t *object);
/* Observables with one value: "ipv4-addr", "ipv6-addr", "domain-name", "url". False: not possible.
 */
bool stix_value(struct stix_bundle *bundle, const char *type, const char *value,
		char id[STIX_ID_SIZE]);
/* An address by its family. */
bool stix_address(struct stix_bundle *bundle, const char *address, char id[STIX_ID_SIZE]);
bool stix_file(struct stix_bundle *bundle, const char *sha256, const char *name, json_int_t size,
	       char id[STIX_ID_SIZE]);
void stix_relation(struct stix_bundle *bundle, const char *from, const char *type, const char *to);
/* `type` is one of the vocabulary of pattern types (section 10.18): "stix", "suricata", "yara". */
void stix_indicator(struct stix_bundle *bundle, const char *name, const char *type,
		    const char *pattern, char id[STIX_ID_SIZE]);
/* A technique of ATT&CK ("T1547.001"). False: it is no such text. */
bool stix_attack_pattern(struct stix_bundle *bundle, const json_t *technique,
			 char id[STIX_ID_SIZE]);
void stix_vulnerability(struct stix_bundle *bundle, const char *name, char id[STIX_ID_SIZE]);
/* Appends text as a string literal of a pattern, in its quotes (section 9.1, StringLiteral). */
void stix_literal(struct buffer *buffer, const char *text);

#endif
