/* Look-ups in the generated table of exports. */
#include "win32/exports.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "win32/win32.h"

const struct win32_library *win32_library_find(const char *name)
{
	char full[64];

	snprintf(full, sizeof full, "%s%s", name, strchr(name, '.') ? "" : ".dll");
	for (unsigned i = 0; i < win32_library_count; i++)
		if (strcasecmp(win32_libraries[i].name, full) == 0)
			return &win32_libraries[i];
	return NULL;
}

int win32_export_find(const struct win32_library *library, const char *name)
{
	unsigned low = 0, high = library->count;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		int order = strcmp(name, library->names + library->exports[middle].name);
		if (order == 0)
			return (int)middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

int win32_export_find_ordinal(const struct win32_library *library, unsigned ordinal)
{
	for (unsigned i = 0; i < library->count; i++)
		if (library->exports[i].ordinal == ordinal)
			return (int)i;
	return -1;
}

int win32_export_arguments(const char *name)
{
	const char *function = strchr(name, '!');
	const struct win32_library *library;
	char file[64];
	int index;

	if (!function)
		return ERROR_INPUT;
	snprintf(file, sizeof file, "%.*s", (int)(function - name), name);
	library = win32_library_find(file);
	index = library ? win32_export_find(library, function + 1) : -1;
	return index >= 0 && library->exports[index].stack >= 0 ? library->exports[index].stack / 4
								: ERROR_INPUT;
}
