/* data/machine: three YAML files, by schemas that name every key. */
#include "win32/machine.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32/files.h"
#include "win32/registry.h"

struct variable {
	char *name, *value;
};

struct description {
	char *computer, *user, *domain, *address, *sample_folder;
	struct variable *environment;
	unsigned environment_count;
	struct win32_running *processes;
	unsigned processes_count;
	struct win32_drive *drives;
	unsigned drives_count;
	struct win32_window *windows;
	unsigned windows_count;
};

struct machine_file {
	char *path, *text;
	unsigned attributes, size;
	bool folder, program;
};

struct machine_value {
	char *name, *text;
	unsigned number;
};

struct machine_key {
	char *key;
	struct machine_value *values;
	unsigned values_count;
};

struct win32_machine {
	struct description *description;
	struct machine_file *files;
	struct machine_key *keys;
	unsigned file_count, key_count;
	struct bytes
		*contents; /* owned, one per file: made up where a size is given instead of text */
};

#define TEXT(key, type, member) \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, member, 0, CYAML_UNLIMITED)
#define OPTIONAL_TEXT(key, type, member)                                                       \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, member, 0, \
			       CYAML_UNLIMITED)
#define OPTIONAL_NUMBER(key, type, member) CYAML_FIELD_UINT(key, CYAML_FLAG_OPTIONAL, type, member)
#define OPTIONAL_BOOL(key, type, member)   CYAML_FIELD_BOOL(key, CYAML_FLAG_OPTIONAL, type, member)

static const cyaml_schema_field_t variable_fields[] = { TEXT("name", struct variable, name),
							TEXT("value", struct variable, value),
							CYAML_FIELD_END };
static const cyaml_schema_value_t variable_schema = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct variable, variable_fields) };

static const cyaml_schema_field_t process_fields[] = {
	CYAML_FIELD_UINT("id", CYAML_FLAG_DEFAULT, struct win32_running, id),
	CYAML_FIELD_UINT("parent", CYAML_FLAG_DEFAULT, struct win32_running, parent),
	CYAML_FIELD_UINT("threads", CYAML_FLAG_DEFAULT, struct win32_running, threads),
	TEXT("name", struct win32_running, name),
	OPTIONAL_TEXT("path", struct win32_running, path),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t process_schema = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct win32_running, process_fields) };

static const cyaml_schema_field_t drive_fields[] = {
	TEXT("root", struct win32_drive, root),
	TEXT("kind", struct win32_drive, kind),
	TEXT("label", struct win32_drive, label),
	TEXT("file-system", struct win32_drive, file_system),
	CYAML_FIELD_UINT("serial", CYAML_FLAG_DEFAULT, struct win32_drive, serial),
	CYAML_FIELD_UINT("total", CYAML_FLAG_DEFAULT, struct win32_drive, total),
	CYAML_FIELD_UINT("free", CYAML_FLAG_DEFAULT, struct win32_drive, free),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t drive_schema = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct win32_drive, drive_fields) };

static const cyaml_schema_field_t window_fields[] = {
	TEXT("class", struct win32_window, class), TEXT("title", struct win32_window, title),
	CYAML_FIELD_UINT("process", CYAML_FLAG_DEFAULT, struct win32_window, process),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t window_schema = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct win32_window, window_fields) };

static const cyaml_schema_field_t description_fields[] = {
	TEXT("computer", struct description, computer),
	TEXT("user", struct description, user),
	TEXT("domain", struct description, domain),
	TEXT("address", struct description, address),
	TEXT("sample-folder", struct description, sample_folder),
	CYAML_FIELD_SEQUENCE("environment", CYAML_FLAG_POINTER, struct description, environment,
			     &variable_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("processes", CYAML_FLAG_POINTER, struct description, processes,
			     &process_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("drives", CYAML_FLAG_POINTER, struct description, drives,
			     &drive_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("windows", CYAML_FLAG_POINTER, struct description, windows,
			     &window_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t description_schema = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_POINTER, struct description, description_fields) };

static const cyaml_schema_field_t file_fields[] = {
	TEXT("path", struct machine_file, path),
	OPTIONAL_TEXT("text", struct machine_file, text),
	OPTIONAL_NUMBER("size", struct machine_file, size),
	OPTIONAL_NUMBER("attributes", struct machine_file, attributes),
	OPTIONAL_BOOL("folder", struct machine_file, folder),
	OPTIONAL_BOOL("program", struct machine_file, program),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t file_schema = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct machine_file, file_fields) };
static const cyaml_schema_value_t files_schema = { CYAML_VALUE_SEQUENCE(
	CYAML_FLAG_POINTER, struct machine_file, &file_schema, 0, CYAML_UNLIMITED) };

static const cyaml_schema_field_t value_fields[] = {
	TEXT("name", struct machine_value, name), OPTIONAL_TEXT("text", struct machine_value, text),
	OPTIONAL_NUMBER("number", struct machine_value, number), CYAML_FIELD_END
};
static const cyaml_schema_value_t value_schema = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct machine_value, value_fields) };
static const cyaml_schema_field_t key_fields[] = {
	TEXT("key", struct machine_key, key),
	CYAML_FIELD_SEQUENCE("values", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct machine_key,
			     values, &value_schema, 0, CYAML_UNLIMITED),
	CYAML_FIELD_END
};
static const cyaml_schema_value_t key_schema = { CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct machine_key, key_fields) };
static const cyaml_schema_value_t keys_schema = { CYAML_VALUE_SEQUENCE(
	CYAML_FLAG_POINTER, struct machine_key, &key_schema, 0, CYAML_UNLIMITED) };

static int load_part(const char *folder, const char *name, const cyaml_schema_value_t *schema,
		     void **data, unsigned *count, struct error *error)
{
	char path[PATH_MAX];

	*data = NULL;
	if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
		return error_set(error, ERROR_INPUT, folder, "path is too long");
	return knowledge_load(path, schema, data, count, error);
}

/* A file of a given size: programs begin like programs, the rest is one repeated line. */
static struct bytes make_content(const struct machine_file *file)
{
	static const char line[] = "The quick brown fox jumps over the lazy dog.\r\n";
	static const uint8_t program[] = { 'M', 'Z', 0x90, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0xff, 0xff };
	size_t size = file->text ? strlen(file->text) : file->size;
	uint8_t *data = size ? calloc(1, size) : NULL;

	if (!data)
		return (struct bytes){ 0 };
	if (file->text)
		memcpy(data, file->text, size);
	else if (file->program)
		memcpy(data, program, size < sizeof program ? size : sizeof program);
	for (size_t at = 0; !file->text && !file->program && at < size; at += sizeof line - 1)
		memcpy(data + at, line, size - at < sizeof line - 1 ? size - at : sizeof line - 1);
	return (struct bytes){ data, size };
}

static int make_contents(struct win32_machine *machine, const char *folder, struct error *error)
{
	machine->contents = calloc(machine->file_count + 1, sizeof *machine->contents);
	if (!machine->contents)
		return error_set(error, ERROR_MEMORY, folder, "no memory for the machine's files");
	for (unsigned i = 0; i < machine->file_count; i++)
		machine->contents[i] = make_content(&machine->files[i]);
	return 0;
}

/* Every process fills a registry from them, which is fastest in its order. What says something of
 * one key twice stays as it was. */
static void sort_keys(struct win32_machine *machine)
{
	for (unsigned i = 1; machine->keys && i < machine->key_count; i++) {
		struct machine_key key = machine->keys[i];
		unsigned at = i;
		for (; at && win32_registry_compare(machine->keys[at - 1].key, key.key) > 0; at--)
			machine->keys[at] = machine->keys[at - 1];
		machine->keys[at] = key;
	}
}

int win32_machine_load(const char *folder, struct win32_machine **result, struct error *error)
{
	struct win32_machine *machine = calloc(1, sizeof *machine);
	char shipped[PATH_MAX];
	void *data;

	*result = NULL;
	if (!folder)
		folder = file_data_path("machine", shipped, sizeof shipped);
	if (!machine)
		return error_set(error, ERROR_MEMORY, folder, "no memory for the machine");
	int failed = load_part(folder, "machine.yaml", &description_schema, &data, NULL, error);
	machine->description = data;
	if (failed == 0) {
		failed = load_part(folder, "files.yaml", &files_schema, &data, &machine->file_count,
				   error);
		machine->files = data;
	}
	if (failed == 0) {
		failed = load_part(folder, "registry.yaml", &keys_schema, &data,
				   &machine->key_count, error);
		machine->keys = data;
		sort_keys(machine);
	}
	if (failed == 0)
		failed = make_contents(machine, folder, error);
	if (failed < 0) {
		win32_machine_free(machine);
		return failed;
	}
	*result = machine;
	return 0;
}

void win32_machine_free(struct win32_machine *machine)
{
	if (!machine)
		return;
	for (unsigned i = 0; machine->contents && i < machine->file_count; i++)
		free((void *)(uintptr_t)machine->contents[i].data);
	free(machine->contents);
	knowledge_free(&description_schema, machine->description, 0);
	knowledge_free(&files_schema, machine->files, machine->file_count);
	knowledge_free(&keys_schema, machine->keys, machine->key_count);
	free(machine);
}

int win32_machine_shipped(const struct win32_machine **machine, struct error *error)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct win32_machine *kept;
	int result = 0;

	pthread_mutex_lock(&lock);
	if (!kept)
		result = win32_machine_load(NULL, &kept, error);
	*machine = kept;
	pthread_mutex_unlock(&lock);
	return result;
}

static int fill_key(struct win32_registry *registry, const struct machine_key *key)
{
	int result = win32_registry_create(registry, key->key);

	for (unsigned i = 0; result == 0 && i < key->values_count; i++) {
		const struct machine_value *value = &key->values[i];
		uint8_t data[1024];
		size_t length = 0;
		if (value->text) {
			/* The shipped texts are ASCII; UTF-16LE with terminator. */
			size_t count = strlen(value->text) + 1;
			for (size_t at = 0; at < count && length + 2 <= sizeof data; at++) {
				data[length++] = (uint8_t)value->text[at];
				data[length++] = 0;
			}
		} else {
			for (; length < 4; length++)
				data[length] = (uint8_t)(value->number >> 8 * length);
		}
		result = win32_registry_set(registry, key->key, value->name,
					    value->text ? REG_SZ : REG_DWORD,
					    (struct bytes){ data, length });
	}
	return result;
}

int win32_machine_fill(const struct win32_machine *machine, struct win32_files *files,
		       struct win32_registry *registry)
{
	for (unsigned i = 0; i < machine->file_count; i++) {
		const struct machine_file *file = &machine->files[i];
		uint32_t attributes =
			file->folder ? FILE_ATTRIBUTE_DIRECTORY : FILE_ATTRIBUTE_ARCHIVE;
		int index = win32_files_add(files, file->path, machine->contents[i],
					    attributes | file->attributes);
		if (index < 0)
			return index;
	}
	for (unsigned i = 0; i < machine->key_count; i++) {
		int result = fill_key(registry, &machine->keys[i]);
		if (result < 0)
			return result;
	}
	return 0;
}

const char *win32_machine_computer(const struct win32_machine *machine)
{
	return machine->description->computer;
}

const char *win32_machine_user(const struct win32_machine *machine)
{
	return machine->description->user;
}

const char *win32_machine_domain(const struct win32_machine *machine)
{
	return machine->description->domain;
}

const char *win32_machine_address(const struct win32_machine *machine)
{
	return machine->description->address;
}

const char *win32_machine_sample_folder(const struct win32_machine *machine)
{
	return machine->description->sample_folder;
}

unsigned win32_machine_variables(const struct win32_machine *machine)
{
	return machine->description->environment_count;
}

void win32_machine_variable(const struct win32_machine *machine, unsigned index, const char **name,
			    const char **value)
{
	*name = machine->description->environment[index].name;
	*value = machine->description->environment[index].value;
}

const struct win32_running *win32_machine_running(const struct win32_machine *machine,
						  unsigned index)
{
	const struct description *all = machine->description;
	return index < all->processes_count ? &all->processes[index] : NULL;
}

const struct win32_drive *win32_machine_drive(const struct win32_machine *machine, unsigned index)
{
	const struct description *all = machine->description;
	return index < all->drives_count ? &all->drives[index] : NULL;
}

const struct win32_window *win32_machine_window(const struct win32_machine *machine, unsigned index)
{
	const struct description *all = machine->description;
	return index < all->windows_count ? &all->windows[index] : NULL;
}
