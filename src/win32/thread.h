/* Threads of the simulated process, and the functions of the guest that models call. */
#ifndef KENBI_WIN32_THREAD_H
#define KENBI_WIN32_THREAD_H

#include "win32/object.h"

enum {
	WAIT_OBJECT_0 = 0,
	WAIT_ABANDONED = 0x80,
	WAIT_TIMEOUT = 258,
	WAIT_FAILED = -1,
	STILL_ACTIVE = 259
};

/* A guest function that a model has called: what to do when it returns. */
struct win32_frame {
	uint32_t stack; /* esp before the call: frames below the present esp were jumped over */
	struct win32_slot *slot; /* the export whose model called; NULL: the simulator itself */
	uint32_t (*resume)(struct call *call, uint32_t result);
	uint32_t words[8];
	struct win32_frame *below;
};

struct win32_thread {
	struct x86_context context; /* valid unless it is the current thread */
	struct win32_object *object;
	uint32_t id, teb, stack_base, stack_size;
	unsigned suspended;
	bool ended;
	uint64_t wake; /* microseconds; 0: runnable, WIN32_NEVER: only by what it waits for */
	uint32_t wake_result; /* eax when `wake` comes */
	bool wake_sets_result;
	bool polling; /* the call is made again when `wake` comes; its second attempt gives up */
	struct win32_object *waits[WIN32_WAITS];
	unsigned wait_count;
	bool wait_all;
	uint32_t critical_section; /* waited for, 0: none */
	bool waits_for_message;
	struct win32_frame *frames;
	unsigned frame_count;
};

/* Forgets frames that were jumped over: those that began below `stack`. */
void win32_frames_drop(struct win32_thread *thread, uint32_t stack);

/* A thread that will run `start(parameter)`. NULL: no memory, with nothing changed. */
struct win32_thread *win32_thread_new(struct win32 *w, uint32_t start, uint32_t parameter,
				      uint32_t stack_size, uint32_t *handle);
void win32_thread_exit(struct win32 *w, struct win32_thread *thread, uint32_t status);
void win32_thread_free(struct win32 *w, struct win32_thread *thread);
struct win32_thread *win32_thread_find(struct win32 *w, uint32_t id);
/* Makes `thread` the one whose registers are in the machine (NULL: none). */
void win32_thread_switch(struct win32 *w, struct win32_thread *thread);
/* Threads whose wait is over become runnable. The next runnable thread after the current one, the
 * clock moved on to it if all sleep; NULL: nothing can ever run again. */
struct win32_thread *win32_thread_next(struct win32 *w);

/* Begins a wait of the current thread. `milliseconds` UINT32_MAX: for ever. */
void win32_wait(struct win32 *w, struct win32_object *const *objects, unsigned count, bool all,
		uint32_t milliseconds);

/* Registers as the exception machinery and GetThreadContext see them (winnt.h, CONTEXT of x86). */
void win32_context_store(struct win32 *w, uint32_t address);
bool win32_context_load(struct win32 *w, uint32_t address);

#endif
