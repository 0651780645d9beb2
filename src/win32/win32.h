/* win32 - a light Windows XP: enough of it that an unknown executable, or shellcode, shows what it
 * does.
 *
 * The processor is x86; modules are real PE images in guest memory whose exports lead into claimed
 * stubs; a call that reaches a stub is answered by an API model (src/win32/api/, one file per DLL)
 * or, where there is none, by a generated stub that pops the right number of bytes and returns a
 * plausible value. Files, registry, environment come from data/machine/. Nothing reaches the host:
 * files, processes, sockets are simulated. Same sample, same config, same trace. One thread per
 * process object. */
#ifndef KENBI_WIN32_H
#define KENBI_WIN32_H

#include "base/base.h"
#include "trace/trace.h"
#include "x86/x86.h"

/* The machine that processes run on, as machine.yaml, files.yaml and registry.yaml of a folder
 * (NULL: data/machine of kenbi) describe it. It never changes, so that any number of processes, on
 * any threads, may share one. ERROR_INPUT: a file is missing or wrong; ERROR_MEMORY. */
struct win32_machine;
MUST_CHECK int win32_machine_load(const char *folder, struct win32_machine **machine,
				  struct error *error);
void win32_machine_free(struct win32_machine *machine);

/* The address of the simulated machine, in host order: 192.0.2.50. */
#define WIN32_OWN_ADDRESS 0xC0000232u

struct win32_config {
	/* borrowed for the life of the process; NULL: data/machine of kenbi, which is read once */
	const struct win32_machine *machine;
	const char *sample_path;  /* where the program lies; NULL: C:\Documents and Settings\… */
	const char *command_line; /* NULL: the path */
	uint64_t seed;		  /* of everything random that Windows itself provides */
	int64_t clock;		  /* seconds since 1970 UTC at start; 0: 2009-06-15 12:00 UTC */
	size_t memory_limit;	  /* guest memory, bytes; 0: 256 MiB */
	const struct peer *peer;  /* borrowed; NULL: nothing answers */
	struct trace_sink trace;
	bool stack_handlers; /* exception handlers may lie on the stack, as before XP SP2 */
};

enum win32_end {
	WIN32_END_EXIT, /* the program ended itself */
	WIN32_END_IDLE, /* every thread waits for something that cannot come, or sleeps for ever */
	WIN32_END_BUDGET, /* the instruction budget is used up */
	WIN32_END_FAULT	  /* an exception that nobody handled */
};
const char *win32_end_name(enum win32_end end); /* "exit", "idle", "budget", "fault" */

struct win32;

/* A process with PEB, TEB, loader lists and the virtual ntdll, kernel32 (and what they need), no
 * program yet. ERROR_INPUT: the machine data is wrong; ERROR_MEMORY. */
MUST_CHECK int win32_new(const struct win32_config *config, struct win32 **process,
			 struct error *error);
void win32_free(struct win32 *process);

/* Does this look like a PE file for IA-32 that win32_load will try? Cheap. */
bool win32_is_pe(struct bytes file);

/* Loads a PE executable or DLL as the program: maps it, relocates it, resolves its imports,
 * prepares the first thread at its entry (TLS callbacks first). ERROR_INPUT says what is wrong with
 * the file. */
MUST_CHECK int win32_load(struct win32 *process, struct bytes file, struct error *error);

/* Places raw code instead: maps `code` readable, writable and executable at `address` (0: chosen),
 * with a thread about to execute at `code + entry` and a stack as inside a called function. Also
 * loads ws2_32, as in a network service. Returns where it lies in *placed. */
MUST_CHECK int win32_place(struct win32 *process, struct bytes code, size_t entry, uint64_t address,
			   uint64_t *placed, struct error *error);

/* Runs all threads, at most `budget` instructions in all. May be called again after
 * WIN32_END_BUDGET. */
enum win32_end win32_run(struct win32 *process, uint64_t budget);

/* The machine below, e.g. for probing with snapshots before any API call. Borrowed; another one
 * after win32_run has gone on with a child process. */
struct x86 *win32_machine(struct win32 *process);
/* Instructions executed by all of its processes: the clock of its events. */
uint64_t win32_instructions(const struct win32 *process);
/* The simulated machine's own address, as data/machine says. */
struct address win32_address(const struct win32 *process);
uint64_t win32_calls(const struct win32 *process);   /* API calls answered */
uint64_t win32_repeats(const struct win32 *process); /* repeated events that were not said again */
/* "kernel32.dll!CreateFileA" when `address` is an export's entry; NULL otherwise. */
const char *win32_export_at(struct win32 *process, uint64_t address);
/* Where this process has a function of a virtual library, which is loaded for it; 0: no such. */
uint64_t win32_export_address(struct win32 *process, const char *library, const char *function);
/* How many arguments of 4 bytes the function takes that is called "kernel32.dll!CreateFileA" here;
 * ERROR_INPUT: there is none, or its stack does not tell. */
int win32_export_arguments(const char *name);

/* Files that the program made or changed, as they are now: index 0 … until ERROR_INPUT. Borrowed
 * until the process runs again. Dropped executables become samples in their own right. */
int win32_written_file(struct win32 *process, size_t index, const char **path,
		       struct bytes *content);

#endif
