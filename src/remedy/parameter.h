/* Parameters of behaviours: types that say what a value may look like, so that what a sample chose
 * can be put into a rule without saying anything else there. */
#ifndef KENBI_REMEDY_PARAMETER_H
#define KENBI_REMEDY_PARAMETER_H

#include <jansson.h>

#include "base/base.h"

/* TYPE(identifier, "name in the files", meaning). */
#define PARAMETER_TYPES(TYPE)                                                            \
	TYPE(ADDRESS, "address", "an IPv4 or IPv6 address that a filter can name")       \
	TYPE(PORT, "port", "1 to 65535")                                                 \
	TYPE(PROTO, "proto", "tcp or udp")                                               \
	TYPE(HOST, "host", "a DNS name of two or more labels (RFC 1123)")                \
	TYPE(BULLETIN, "bulletin", "MS04-011 or CVE-2003-0533")                          \
	TYPE(NUMBER, "number", "a whole number")                                         \
	TYPE(HASH, "hash", "MD5, SHA-1 or SHA-256 in hexadecimal")                       \
	TYPE(FILE, "file", "a Windows program's file name without its folder")           \
	TYPE(KEY, "key", "a registry key below one of the roots")                        \
	TYPE(WORD, "word", "text without spaces, quotes and what shells give a meaning") \
	TYPE(URL, "url", "a URL with a scheme and a host")                               \
	TYPE(TEXT, "text", "any text")

enum parameter_type {
#define PARAMETER_ENUM(id, name, meaning) PARAMETER_##id,
	PARAMETER_TYPES(PARAMETER_ENUM)
#undef PARAMETER_ENUM
		PARAMETER_TYPE_COUNT
};

#define PARAMETER_SIZE 1025 /* longest value, terminated */

/* The type of that name, or ERROR_INPUT. */
int parameter_type_find(const char *name);
const char *parameter_type_name(enum parameter_type type);

/* Writes the value's canonical text (an address as inet_ntop has it, names in lower case) into
 * text. False when it is not of that type. */
bool parameter_canonical(enum parameter_type type, const char *value, char text[PARAMETER_SIZE]);
bool parameter_from_json(enum parameter_type type, const json_t *value, char text[PARAMETER_SIZE]);
/* How many bytes at the beginning of `text` can belong to a value of that type. */
size_t parameter_span(enum parameter_type type, struct bytes text);

#endif
