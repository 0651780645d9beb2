/* The exports of the emulated Windows' libraries: a table that tools/win32-exports makes at build
 * time. */
#ifndef KENBI_WIN32_EXPORTS_H
#define KENBI_WIN32_EXPORTS_H

#include <stdint.h>

enum win32_stack {
	WIN32_STACK_CDECL = -1,	 /* the caller cleans up */
	WIN32_STACK_DATA = -2,	 /* a variable, not a function */
	WIN32_STACK_UNKNOWN = -3 /* guessed at the call site, see stub.c */
};

struct win32_export {
	uint32_t name; /* offset into the library's names */
	uint16_t ordinal;
	int16_t stack; /* bytes that the function pops, or enum win32_stack */
};

struct win32_library {
	const char *name; /* lower case, with extension */
	const char *uses; /* libraries that it imports, separated by blanks */
	uint32_t base;
	const struct win32_export *exports; /* sorted by name, as bytes */
	const char *names;
	unsigned count;
};

extern const struct win32_library win32_libraries[];
extern const unsigned win32_library_count;

/* The library of that file name, case ignored and ".dll" added when there is no extension; or NULL.
 */
const struct win32_library *win32_library_find(const char *name);
/* Index of an export, or -1. */
int win32_export_find(const struct win32_library *library, const char *name);
int win32_export_find_ordinal(const struct win32_library *library, unsigned ordinal);

#endif
