/* What the parts of this room share: the simulated machine with its present process.
 *
 * One struct win32 is one emulated Windows: files, registry, clock and network live as long as it
 * does; memory, modules, threads and handles belong to the present process and are rebuilt when a
 * child process takes over. */
#ifndef KENBI_WIN32_PROCESS_H
#define KENBI_WIN32_PROCESS_H

#include "win32/exports.h"
#include "win32/win32.h"

#define WIN32_MAGIC	   0x57494e33u
#define WIN32_PATH	   520 /* UTF-8 bytes of a path that models handle */
#define WIN32_PAGE	   0x1000u
#define WIN32_GRANULE	   0x10000u /* allocation granularity */
#define WIN32_NEVER	   UINT64_MAX
#define WIN32_USER_END	   0x7fff0000u
#define WIN32_SLOTS	   0xf0000000u /* claimed: one address per export, nothing is mapped there */
#define WIN32_SLOTS_END	   0xf1000000u
#define WIN32_PEB	   0x7ffdf000u
#define WIN32_SHARED	   0x7ffe0000u /* KUSER_SHARED_DATA */
#define WIN32_WAITS	   64	       /* MAXIMUM_WAIT_OBJECTS */
#define WIN32_PROCESSES	   8	       /* child processes that are followed, in all */
#define WIN32_SCRATCH	   (256u << 10)
#define WIN32_VARIABLES	   1024u
#define WIN32_SLOT_LIMIT   65536u /* exports of all loaded libraries */
#define WIN32_MODULES	   256u
#define WIN32_INITIALISERS 128u
#define WIN32_TLS	   64u
#define WIN32_VIEWS	   128u

enum {
	WIN32_STANDARD_INPUT = 4,
	WIN32_STANDARD_OUTPUT = 8,
	WIN32_STANDARD_ERROR = 12
}; /* handles */

/* Slots that lead into the simulator without being an export. */
enum win32_gate {
	WIN32_GATE_CALLBACK,	/* a guest function that a model called returns */
	WIN32_GATE_THREAD_EXIT, /* a thread's first function returns */
	WIN32_GATE_HANDLER,	/* the last exception handler of every thread */
	WIN32_GATE_SYSTEM_CALL, /* ntdll!KiFastSystemCall */
	WIN32_GATES = 16
};

struct win32_machine;
struct win32_files;
struct win32_registry;
struct win32_object;
struct win32_thread;
struct win32_module;
struct api_model;
struct call;

/* One export (or gate) behind a claimed address. */
struct win32_slot {
	const char *name; /* borrowed from the library or the process' arena */
	uint16_t module;  /* index */
	int16_t stack;	  /* enum win32_stack */
	bool wide;	  /* the W variant of a model for both */
	bool bound;	  /* `model` was looked up */
	bool said;	  /* api.unknown was said */
	const struct api_model *model;
	uint32_t entry; /* guest address of the export */
};

struct win32_region {
	uint32_t base, size; /* whole pages */
	uint32_t protection; /* PAGE_* that it was allocated with */
	uint32_t kind;	     /* MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE */
};

/* A view of a file mapping; base 0: free. */
struct win32_view {
	uint32_t base, size, offset;
	int file; /* written back to when it is unmapped; -1: not */
};

/* An event that was said, and how often. */
struct win32_said {
	uint64_t hash; /* 0: free */
	uint32_t count;
};

struct win32_initialiser {
	uint32_t address, base, reason; /* called as DllMain(base, reason, 0) */
};

/* A module's thread-local storage: the bytes that every thread gets a copy of. */
struct win32_tls {
	uint32_t start, size, zeros;
};

/* A program that this one started, waiting for its turn. */
struct win32_child {
	char path[WIN32_PATH];
	char *command; /* owned */
	uint32_t id;
};

struct win32 {
	uint32_t magic;
	/* --- the emulated Windows --- */
	const struct win32_machine *machine; /* borrowed */
	struct win32_files *files;
	struct win32_registry *registry;
	const struct peer *peer;
	struct trace_sink trace;
	struct random random;
	uint64_t seed;
	int64_t clock_start;   /* seconds since 1970 at boot of the simulation */
	uint64_t waited;       /* microseconds that nothing was executed for */
	uint64_t instructions; /* of processes that ended */
	uint64_t calls;
	size_t memory_limit;
	char *sample_path, *command_line;
	uint8_t *sample_copy;	 /* the file, borrowed by `files` */
	uint32_t process_number; /* of trace events; 1 is the sample */
	uint32_t process_id;
	struct win32_child children[WIN32_PROCESSES];
	unsigned child_count, child_next;
	uint32_t next_id; /* process and thread ids */
	bool stack_handlers;
	bool quiet_sleep; /* the last event was a sleep of `sleep_caller` */
	uint64_t sleep_caller, sleep_length;
	struct win32_said *said;	    /* hash table of events, see event.c */
	uint64_t repeats, repeats_in_a_row; /* events that were not said any more */
	uint64_t active_time; /* when something other than sleep was last seen, microseconds */

	/* --- the present process --- */
	struct arena *arena; /* names that live as long as it */
	struct x86 *x86;
	struct win32_region *regions;
	size_t region_count, region_capacity;
	uint32_t *heap_free[32]; /* by size class */
	uint32_t heap_free_count[32], heap_free_capacity[32];
	uint32_t heap_cursor, heap_end;
	uint32_t process_heap, parameters, loader_data;
	uint32_t environment_a, environment_w; /* blocks made for GetEnvironmentStrings */
	uint32_t command_a, command_w;
	char **variables; /* "NAME=value", owned */
	unsigned variable_count;
	char *directory; /* the current one, without trailing backslash unless a root */
	struct win32_module *modules; /* [0] is the program */
	unsigned module_count;
	struct win32_slot *slots;
	unsigned slot_count;
	uint32_t spare, spare_end; /* entry cells for exports that no table has */
	struct win32_thread **threads;
	unsigned thread_count, thread_capacity;
	struct win32_thread *current;
	uint64_t turn_end; /* by win32_instructions: of its turn */
	struct win32_object **handles;
	unsigned handle_count;
	struct win32_object *named; /* list of all objects that have a name */
	struct win32_view views[WIN32_VIEWS];
	struct win32_initialiser initialisers[WIN32_INITIALISERS]; /* before the program's entry */
	unsigned initialiser_count, initialiser_next;
	uint32_t program_entry;
	struct win32_tls tls[WIN32_TLS];
	unsigned tls_count;
	uint32_t unhandled_filter;
	uint32_t vectored[16];
	unsigned vectored_count;
	uint32_t tls_used[2], fls_used[4]; /* bit maps of TLS slots */
	uint32_t code_pages[64];	   /* pages where self-written code was reported */
	unsigned code_page_count;
	uint32_t names_block;	     /* texts that ws2_32 owns, see api/ws2_32_names.c */
	struct win32_msvcrt *msvcrt; /* C run-time state, made on first use */
	struct win32_user *user;     /* windows, messages and timers, made on first use */
	bool placed;		     /* raw code: private memory is its natural place */
	bool ended;
	enum win32_end end;
	uint32_t exit_status;

	/* --- the present call --- */
	uint32_t call_site;
	char *scratch; /* WIN32_SCRATCH bytes for texts of one call */
	size_t scratch_used;
	char export_text[160]; /* of win32_export_at */
};

/* --- process.c --- */
/* A fresh address space with PEB, heap, ntdll and kernel32. */
MUST_CHECK int win32_process_start(struct win32 *w, struct error *error);
void win32_process_stop(struct win32 *w);
void win32_process_end(struct win32 *w, enum win32_end end, uint32_t status);
/* Says which program this process is: parameters, command line, environment, the `self` event. */
MUST_CHECK int win32_process_describe(struct win32 *w, const char *path, const char *command);
/* Value of an environment variable (case ignored), or NULL; and setting it (NULL: removed). */
const char *win32_variable(const struct win32 *w, const char *name);
bool win32_variable_set(struct win32 *w, const char *name, const char *value);

/* --- loader.c --- */
MUST_CHECK int win32_first_thread(struct win32 *w, uint32_t entry, uint32_t stack_size);
/* A thread's copies of thread-local storage, behind its TEB. */
void win32_thread_tls(struct win32 *w, uint32_t teb);

/* --- run.c --- */
/* Answers the call at a slot, whose return address lies at esp. */
void win32_dispatch(struct win32 *w, uint32_t index);
/* Answers a call that came as a system service with its arguments at `arguments`. */
void win32_system_call(struct win32 *w, uint32_t number, uint32_t arguments);
/* Back to the caller of `slot`, whose arguments begin at `stack`, with eax. */
void win32_return(struct win32 *w, const struct win32_slot *slot, uint32_t stack, uint32_t result);

/* --- clock.c --- */
uint64_t win32_now(const struct win32 *w);	 /* microseconds since the simulation began */
uint64_t win32_file_time(const struct win32 *w); /* 100 ns since 1601 */
uint32_t win32_ticks(const struct win32 *w);	 /* milliseconds since boot */

/* --- scratch: room for a text, at most WIN32_SCRATCH / 4 bytes; used again in a circle, so that it
 * lives about as long as the call that takes it --- */
char *win32_scratch(struct win32 *w, size_t size);

#endif
