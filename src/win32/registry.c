/* Keys in one array sorted by path, case ignored, so that a key's subkeys follow it. */
#include "win32/registry.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define KEY_LIMIT 65536u

struct key {
	char *path;
	struct win32_value *values;
	unsigned count, capacity;
};

struct win32_registry {
	struct key *keys;
	size_t count, capacity;
	size_t limit, used;
};

/* '\' sorts before every other character, so that "A\B" comes right after "A" and before "A B". */
int win32_registry_compare(const char *a, const char *b)
{
	for (;; a++, b++) {
		int x = *a == '\\' ? 1 : *a >= 'A' && *a <= 'Z' ? *a + 32 : (unsigned char)*a;
		int y = *b == '\\' ? 1 : *b >= 'A' && *b <= 'Z' ? *b + 32 : (unsigned char)*b;
		if (x != y || !x)
			return x - y;
	}
}

struct win32_registry *win32_registry_new(size_t limit)
{
	struct win32_registry *registry = calloc(1, sizeof *registry);
	if (registry)
		registry->limit = limit;
	return registry;
}

static void free_key(struct key *key)
{
	for (unsigned i = 0; i < key->count; i++) {
		free(key->values[i].name);
		free(key->values[i].data);
	}
	free(key->values);
	free(key->path);
}

void win32_registry_free(struct win32_registry *registry)
{
	if (!registry)
		return;
	for (size_t i = 0; i < registry->count; i++)
		free_key(&registry->keys[i]);
	free(registry->keys);
	free(registry);
}

/* Where `path` is or belongs. */
static size_t position(const struct win32_registry *registry, const char *path, bool *found)
{
	size_t low = 0, high = registry->count;

	/* a machine's keys come in order: the last one's values, then what is behind all */
	if (high) {
		int order = win32_registry_compare(registry->keys[high - 1].path, path);
		*found = order == 0;
		if (order <= 0)
			return order == 0 ? high - 1 : high;
	}
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = win32_registry_compare(registry->keys[middle].path, path);
		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*found = false;
	return low;
}

static struct key *find(const struct win32_registry *registry, const char *path)
{
	bool found;
	size_t at = position(registry, path, &found);
	return found ? &registry->keys[at] : NULL;
}

bool win32_registry_has(const struct win32_registry *registry, const char *key)
{
	return find(registry, key) != NULL;
}

int win32_registry_create(struct win32_registry *registry, const char *path)
{
	bool found;
	char parent[REGISTRY_PATH];
	size_t length = strlen(path), before = registry->count, at;

	if (length >= sizeof parent)
		return ERROR_LIMIT;
	at = position(registry, path, &found);
	if (found)
		return 0;
	memcpy(parent, path, length + 1);
	char *slash = strrchr(parent, '\\');
	if (slash) {
		*slash = 0;
		int result = win32_registry_create(registry, parent);
		if (result < 0)
			return result;
	}
	if (registry->count == registry->capacity) {
		size_t capacity = registry->capacity ? 2 * registry->capacity : 256;
		if (capacity > KEY_LIMIT)
			return ERROR_LIMIT;
		struct key *keys = realloc(registry->keys, capacity * sizeof *keys);
		if (!keys)
			return ERROR_MEMORY;
		registry->keys = keys;
		registry->capacity = capacity;
	}
	if (registry->count != before) /* a parent was made */
		at = position(registry, path, &found);
	char *copy = strdup(path);
	if (!copy)
		return ERROR_MEMORY;
	memmove(&registry->keys[at + 1], &registry->keys[at],
		(registry->count - at) * sizeof *registry->keys);
	registry->keys[at] = (struct key){ .path = copy };
	registry->count++;
	return 0;
}

int win32_registry_delete(struct win32_registry *registry, const char *path)
{
	bool found;
	size_t at = position(registry, path, &found), length = strlen(path);

	if (!found)
		return ERROR_INPUT;
	if (at + 1 < registry->count &&
	    strncasecmp(registry->keys[at + 1].path, path, length) == 0 &&
	    registry->keys[at + 1].path[length] == '\\')
		return ERROR_INPUT;
	free_key(&registry->keys[at]);
	registry->count--;
	memmove(&registry->keys[at], &registry->keys[at + 1],
		(registry->count - at) * sizeof *registry->keys);
	return 0;
}

static struct win32_value *find_value(const struct key *key, const char *name)
{
	for (unsigned i = 0; key && i < key->count; i++)
		if (strcasecmp(key->values[i].name, name) == 0)
			return &key->values[i];
	return NULL;
}

static struct win32_value *add_value(struct key *key, const char *name)
{
	if (key->count == key->capacity) {
		unsigned capacity = key->capacity ? 2 * key->capacity : 8;
		struct win32_value *values = realloc(key->values, capacity * sizeof *values);
		if (!values)
			return NULL;
		key->values = values;
		key->capacity = capacity;
	}
	struct win32_value *value = &key->values[key->count];
	*value = (struct win32_value){ .name = strdup(name) };
	if (!value->name)
		return NULL;
	key->count++;
	return value;
}

int win32_registry_set(struct win32_registry *registry, const char *path, const char *name,
		       uint32_t type, struct bytes data)
{
	struct key *key = find(registry, path);

	if (!key)
		return ERROR_INPUT;
	if (data.length > registry->limit - registry->used)
		return ERROR_LIMIT;
	struct win32_value *value = find_value(key, name);
	if (!value)
		value = add_value(key, name);
	uint8_t *copy = malloc(data.length + 1);
	if (!value || !copy) {
		free(copy);
		return ERROR_MEMORY;
	}
	if (data.length)
		memcpy(copy, data.data, data.length);
	registry->used += data.length;
	registry->used -= value->length;
	free(value->data);
	value->type = type;
	value->data = copy;
	value->length = (uint32_t)data.length;
	return 0;
}

const struct win32_value *win32_registry_get(const struct win32_registry *registry, const char *key,
					     const char *name)
{
	return find_value(find(registry, key), name);
}

int win32_registry_delete_value(struct win32_registry *registry, const char *path, const char *name)
{
	struct key *key = find(registry, path);
	struct win32_value *value = find_value(key, name);

	if (!value)
		return ERROR_INPUT;
	registry->used -= value->length;
	free(value->name);
	free(value->data);
	*value = key->values[--key->count];
	return 0;
}

const struct win32_value *win32_registry_value(const struct win32_registry *registry,
					       const char *path, unsigned index)
{
	const struct key *key = find(registry, path);
	return key && index < key->count ? &key->values[index] : NULL;
}

const char *win32_registry_subkey(const struct win32_registry *registry, const char *path,
				  unsigned index)
{
	bool found;
	size_t at = position(registry, path, &found), length = strlen(path);

	while (found && ++at < registry->count) {
		const char *name = registry->keys[at].path;
		if (strncasecmp(name, path, length) != 0 || name[length] != '\\')
			return NULL;
		if (!strchr(name + length + 1, '\\') && index-- == 0)
			return name + length + 1;
	}
	return NULL;
}
