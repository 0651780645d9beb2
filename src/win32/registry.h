/* The emulated registry: keys by full path ("HKLM\Software\…"), values of any type. */
#ifndef KENBI_WIN32_REGISTRY_H
#define KENBI_WIN32_REGISTRY_H

#include "base/base.h"

enum { REG_SZ = 1, REG_EXPAND_SZ = 2, REG_BINARY = 3, REG_DWORD = 4, REG_MULTI_SZ = 7 };
#define REGISTRY_PATH 512

struct win32_registry;

struct win32_value {
	char *name; /* "" is the key's default value */
	uint32_t type;
	uint8_t *data; /* texts as UTF-16LE with terminator */
	uint32_t length;
};

/* `limit`: bytes of values that may be stored. */
struct win32_registry *win32_registry_new(size_t limit);
void win32_registry_free(struct win32_registry *registry);
/* The order of keys in a registry; like strcmp. Who makes keys in this order makes them fastest. */
int win32_registry_compare(const char *a, const char *b);
bool win32_registry_has(const struct win32_registry *registry, const char *key);
/* Makes a key and its parents; an existing one is fine. ERROR_LIMIT / ERROR_MEMORY. */
MUST_CHECK int win32_registry_create(struct win32_registry *registry, const char *key);
/* Removes a key without subkeys. ERROR_INPUT: there is none, or it has subkeys. */
MUST_CHECK int win32_registry_delete(struct win32_registry *registry, const char *key);
MUST_CHECK int win32_registry_set(struct win32_registry *registry, const char *key,
				  const char *name, uint32_t type, struct bytes data);
/* NULL: no such key or value. Valid until the next change. */
const struct win32_value *win32_registry_get(const struct win32_registry *registry, const char *key,
					     const char *name);
MUST_CHECK int win32_registry_delete_value(struct win32_registry *registry, const char *key,
					   const char *name);
/* Value and subkey number `index` of a key; NULL past the end. */
const struct win32_value *win32_registry_value(const struct win32_registry *registry,
					       const char *key, unsigned index);
const char *win32_registry_subkey(const struct win32_registry *registry, const char *key,
				  unsigned index);

#endif
