/* The emulated machine as data/machine describes it. */
#ifndef KENBI_WIN32_MACHINE_H
#define KENBI_WIN32_MACHINE_H

#include "win32/process.h"
#include "win32/win32.h"

struct win32_running {
	unsigned id, parent, threads;
	char *name, *path;
};

struct win32_drive {
	char *root; /* "C:\" */
	char *kind; /* removable, fixed, remote, cdrom */
	char *label, *file_system;
	unsigned serial, total, free; /* megabytes */
};

struct win32_window {
	char *class, *title;
	unsigned process;
};

/* That of data/machine, read once and kept until this process ends: it never changes within it. Not
 * to be freed. Any thread. */
MUST_CHECK int win32_machine_shipped(const struct win32_machine **machine, struct error *error);
/* Puts its files and keys into the (empty) stores. File contents stay borrowed from the machine. */
MUST_CHECK int win32_machine_fill(const struct win32_machine *machine, struct win32_files *files,
				  struct win32_registry *registry);

const char *win32_machine_computer(const struct win32_machine *machine);
const char *win32_machine_user(const struct win32_machine *machine);
const char *win32_machine_domain(const struct win32_machine *machine);
const char *win32_machine_address(const struct win32_machine *machine);
const char *win32_machine_sample_folder(const struct win32_machine *machine);
unsigned win32_machine_variables(const struct win32_machine *machine);
void win32_machine_variable(const struct win32_machine *machine, unsigned index, const char **name,
			    const char **value);
/* NULL past the end. */
const struct win32_running *win32_machine_running(const struct win32_machine *machine,
						  unsigned index);
const struct win32_drive *win32_machine_drive(const struct win32_machine *machine, unsigned index);
const struct win32_window *win32_machine_window(const struct win32_machine *machine,
						unsigned index);

#endif
