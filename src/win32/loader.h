/* From a PE file to a running program. */
#ifndef KENBI_WIN32_LOADER_H
#define KENBI_WIN32_LOADER_H

#include "win32/pe.h"
#include "win32/process.h"

/* Maps a file as the program (module 0) and prepares its first thread. `path` is where it lies. */
MUST_CHECK int win32_load_program(struct win32 *w, struct bytes file, const char *path,
				  const char *command, struct error *error);
/* Maps a library from a file; DllMain is called by win32_initialise_module. 0: it cannot be loaded.
 */
struct win32_module *win32_load_library(struct win32 *w, struct bytes file, const char *path);
/* The library of that name: virtual, or a file of the emulated machine. NULL: there is none. */
struct win32_module *win32_find_library(struct win32 *w, const char *name);
/* Ends the present process' memory and begins the next started child that is a program. False: none
 * left. */
bool win32_next_child(struct win32 *w);

#endif
