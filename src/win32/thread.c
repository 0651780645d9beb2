/* Threads share one processor: slices in turn, and a switch whenever one waits. The order depends
 * on nothing but instruction counts and virtual time. */
#include "win32/thread.h"

#include <stdlib.h>
#include <string.h>

#include "win32/api.h"
#include "win32/module.h"

#define THREAD_LIMIT  512u
#define STACK_DEFAULT 0x100000u
#define STACK_LIMIT   0x1000000u
#define TEB_HIGHEST   0x7ffde000u
#define TEB_LOWEST    0x7ffa0000u

/* A TEB below the PEB, where Windows has it; anywhere when that space is used up. */
static uint32_t place_teb(struct win32 *w)
{
	for (uint32_t at = TEB_HIGHEST; at >= TEB_LOWEST; at -= WIN32_PAGE)
		if (!win32_region_of(w, at))
			return win32_allocate(w, at, WIN32_PAGE, PAGE_READWRITE, MEM_PRIVATE);
	return win32_allocate(w, 0, WIN32_PAGE, PAGE_READWRITE, MEM_PRIVATE);
}

static void put_teb(struct win32 *w, const struct win32_thread *thread, uint32_t last_record)
{
	uint32_t teb = thread->teb;

	win32_put_u32(w, teb, last_record);
	win32_put_u32(w, teb + 0x04, thread->stack_base + thread->stack_size);
	win32_put_u32(w, teb + 0x08, thread->stack_base);
	win32_put_u32(w, teb + 0x10, 0x1e00);
	win32_put_u32(w, teb + 0x18, teb);
	win32_put_u32(w, teb + 0x20, w->process_id);
	win32_put_u32(w, teb + 0x24, thread->id);
	win32_put_u32(w, teb + 0x30, WIN32_PEB);
	win32_put_u32(w, teb + 0xc4, 0x409);
}

/* Registers as BaseProcessStart and BaseThreadStart leave them: the last exception record and the
 * return address, both into kernel32, lie on the stack. */
static void prepare(struct win32 *w, struct win32_thread *thread, uint32_t start,
		    uint32_t parameter)
{
	struct x86_context before;
	uint32_t record = thread->stack_base + thread->stack_size - 0x20;

	win32_put_u32(w, record, UINT32_MAX);
	win32_put_u32(w, record + 4, win32_gate_address(w, WIN32_GATE_HANDLER));
	uint32_t stack = record - 0x10;
	win32_put_u32(w, stack, win32_gate_address(w, WIN32_GATE_THREAD_EXIT));
	win32_put_u32(w, stack + 4, parameter);
	put_teb(w, thread, record);

	x86_save(w->x86, &before);
	for (int reg = X86_AX; reg <= X86_DI; reg++)
		x86_set(w->x86, (enum x86_register)reg, 0);
	x86_set(w->x86, X86_BX, WIN32_PEB);
	x86_set(w->x86, X86_BP, record + 0x18);
	x86_set(w->x86, X86_SP, stack);
	x86_set(w->x86, X86_AX, start);
	x86_set_ip(w->x86, start);
	x86_set_flags(w->x86, X86_FLAG_IF | X86_FLAG_ZF | X86_FLAG_PF | 2);
	x86_set_segment(w->x86, X86_CS, 0x1b, 0);
	x86_set_segment(w->x86, X86_SS, 0x23, 0);
	x86_set_segment(w->x86, X86_DS, 0x23, 0);
	x86_set_segment(w->x86, X86_ES, 0x23, 0);
	x86_set_segment(w->x86, X86_FS, 0x3b, thread->teb);
	x86_set_segment(w->x86, X86_GS, 0, 0);
	x86_save(w->x86, &thread->context);
	x86_load(w->x86, &before);
}

static bool grow(struct win32 *w)
{
	if (w->thread_count < w->thread_capacity)
		return true;
	unsigned capacity = w->thread_capacity ? 2 * w->thread_capacity : 16;
	if (capacity > THREAD_LIMIT)
		return false;
	struct win32_thread **threads = realloc(w->threads, capacity * sizeof(*threads));
	if (!threads)
		return false;
	w->threads = threads;
	w->thread_capacity = capacity;
	return true;
}

struct win32_thread *win32_thread_new(struct win32 *w, uint32_t start, uint32_t parameter,
				      uint32_t stack_size, uint32_t *handle)
{
	struct win32_thread *thread = calloc(1, sizeof *thread);

	if (!thread || !grow(w)) {
		free(thread);
		return NULL;
	}
	thread->stack_size = stack_size < STACK_DEFAULT ? STACK_DEFAULT
			     : stack_size > STACK_LIMIT ? STACK_LIMIT
							: stack_size;
	thread->stack_size = (thread->stack_size + WIN32_PAGE - 1) & ~(WIN32_PAGE - 1);
	/* The first thread's stack lies where Windows has it, below the first heap. */
	if (w->thread_count == 0)
		thread->stack_base =
			win32_allocate(w, 0x30000, thread->stack_size, PAGE_READWRITE, MEM_PRIVATE);
	if (!thread->stack_base)
		thread->stack_base =
			win32_allocate(w, 0, thread->stack_size, PAGE_READWRITE, MEM_PRIVATE);
	thread->teb = thread->stack_base ? place_teb(w) : 0;
	*handle = thread->teb ? win32_object_new(w, OBJECT_THREAD, NULL, &thread->object) : 0;
	if (!*handle) {
		if (thread->stack_base)
			win32_release(w, thread->stack_base);
		if (thread->teb)
			win32_release(w, thread->teb);
		free(thread);
		return NULL;
	}
	win32_object_keep(thread->object);
	thread->id = w->next_id;
	w->next_id += 4;
	thread->object->owner = thread;
	thread->object->id = thread->id;
	thread->object->status = STILL_ACTIVE;
	prepare(w, thread, start, parameter);
	win32_thread_tls(w, thread->teb);
	w->threads[w->thread_count++] = thread;
	return thread;
}

static void clear_waits(struct win32 *w, struct win32_thread *thread)
{
	for (unsigned i = 0; i < thread->wait_count; i++)
		win32_object_drop(w, thread->waits[i]);
	thread->wait_count = 0;
	thread->wake = 0;
	thread->wake_sets_result = false;
	thread->critical_section = 0;
	thread->waits_for_message = false;
}

void win32_thread_exit(struct win32 *w, struct win32_thread *thread, uint32_t status)
{
	if (thread->ended)
		return;
	thread->ended = true;
	thread->object->status = status;
	thread->object->signalled = true;
	thread->object->owner = NULL;
	clear_waits(w, thread);
	for (unsigned i = 0; i < w->handle_count; i++) {
		struct win32_object *object = w->handles[i];
		if (object && object->kind == OBJECT_MUTEX && object->owner == thread) {
			object->owner = NULL;
			object->count = 0;
		}
	}
}

void win32_thread_free(struct win32 *w, struct win32_thread *thread)
{
	if (!thread)
		return;
	clear_waits(w, thread);
	while (thread->frames) {
		struct win32_frame *below = thread->frames->below;
		free(thread->frames);
		thread->frames = below;
	}
	thread->object->owner = NULL;
	win32_object_drop(w, thread->object);
	free(thread);
}

struct win32_thread *win32_thread_find(struct win32 *w, uint32_t id)
{
	for (unsigned i = 0; i < w->thread_count; i++)
		if (w->threads[i]->id == id && !w->threads[i]->ended)
			return w->threads[i];
	return NULL;
}

void win32_thread_switch(struct win32 *w, struct win32_thread *thread)
{
	if (w->current == thread)
		return;
	if (w->current)
		x86_save(w->x86, &w->current->context);
	w->current = thread;
	if (thread)
		x86_load(w->x86, &thread->context);
}

/* eax of a thread, wherever its registers are. */
static void set_result(struct win32 *w, struct win32_thread *thread, uint32_t result)
{
	struct win32_thread *before = w->current;

	win32_thread_switch(w, thread);
	x86_set(w->x86, X86_AX, result);
	win32_thread_switch(w, before);
}

static bool waits_satisfied(struct win32 *w, struct win32_thread *thread, unsigned *which)
{
	unsigned ready = 0;

	for (unsigned i = 0; i < thread->wait_count; i++) {
		if (!win32_object_ready(w, thread->waits[i], thread))
			continue;
		if (ready++ == 0)
			*which = i;
	}
	if (thread->wait_all) {
		*which = 0;
		return ready == thread->wait_count;
	}
	return ready > 0;
}

static void try_to_wake(struct win32 *w, struct win32_thread *thread)
{
	unsigned which = 0;

	if (thread->wait_count && waits_satisfied(w, thread, &which)) {
		for (unsigned i = 0; i < thread->wait_count; i++)
			if (thread->wait_all || i == which)
				win32_object_acquire(thread->waits[i], thread);
		clear_waits(w, thread);
		set_result(w, thread, WAIT_OBJECT_0 + which);
	} else if (thread->wake <= win32_now(w)) {
		bool sets = thread->wake_sets_result;
		clear_waits(w, thread);
		if (sets)
			set_result(w, thread, thread->wake_result);
	}
}

/* When could this waiting thread go on, as far as the clock decides? */
static uint64_t alarm_of(const struct win32_thread *thread)
{
	uint64_t alarm = thread->wake;

	for (unsigned i = 0; i < thread->wait_count; i++)
		if (thread->waits[i]->kind == OBJECT_TIMER && thread->waits[i]->due < alarm)
			alarm = thread->waits[i]->due;
	return alarm;
}

static struct win32_thread *pick(struct win32 *w)
{
	unsigned start = 0;

	while (start < w->thread_count && w->threads[start] != w->current)
		start++;
	for (unsigned i = 1; i <= w->thread_count; i++) {
		struct win32_thread *thread = w->threads[(start + i) % w->thread_count];
		if (thread->ended || thread->suspended)
			continue;
		if (thread->wake)
			try_to_wake(w, thread);
		if (!thread->wake)
			return thread;
	}
	return NULL;
}

struct win32_thread *win32_thread_next(struct win32 *w)
{
	struct win32_thread *thread = pick(w);

	while (!thread) {
		uint64_t alarm = WIN32_NEVER;
		for (unsigned i = 0; i < w->thread_count; i++)
			if (!w->threads[i]->ended && !w->threads[i]->suspended &&
			    alarm_of(w->threads[i]) < alarm)
				alarm = alarm_of(w->threads[i]);
		if (alarm == WIN32_NEVER)
			return NULL;
		if (alarm > win32_now(w))
			w->waited += alarm - win32_now(w);
		thread = pick(w);
	}
	return thread;
}

void win32_wait(struct win32 *w, struct win32_object *const *objects, unsigned count, bool all,
		uint32_t milliseconds)
{
	struct win32_thread *thread = w->current;

	thread->wait_count = count;
	thread->wait_all = all;
	for (unsigned i = 0; i < count; i++) {
		thread->waits[i] = objects[i];
		win32_object_keep(objects[i]);
	}
	thread->wake = milliseconds == UINT32_MAX ? WIN32_NEVER
						  : win32_now(w) + 1000ull * milliseconds + 1;
	thread->wake_sets_result = true;
	thread->wake_result = WAIT_TIMEOUT;
}

/* CONTEXT of winnt.h (i386): flags, debug registers, floating point save area, segments, integers,
 * control. */
void win32_context_store(struct win32 *w, uint32_t address)
{
	static const struct {
		uint16_t offset;
		uint8_t reg;
	} integers[] = { { 0x9c, X86_DI }, { 0xa0, X86_SI }, { 0xa4, X86_BX }, { 0xa8, X86_DX },
			 { 0xac, X86_CX }, { 0xb0, X86_AX }, { 0xb4, X86_BP }, { 0xc4, X86_SP } };

	win32_put_u32(w, address, 0x1003f);
	win32_put_u32(w, address + 0x1c, 0xffff027f);
	win32_put_u32(w, address + 0x8c, 0);
	win32_put_u32(w, address + 0x90, 0x3b);
	win32_put_u32(w, address + 0x94, 0x23);
	win32_put_u32(w, address + 0x98, 0x23);
	for (size_t i = 0; i < sizeof integers / sizeof *integers; i++)
		win32_put_u32(w, address + integers[i].offset,
			      (uint32_t)x86_get(w->x86, integers[i].reg));
	win32_put_u32(w, address + 0xb8, (uint32_t)x86_ip(w->x86));
	win32_put_u32(w, address + 0xbc, 0x1b);
	win32_put_u32(w, address + 0xc0, (uint32_t)x86_flags(w->x86));
	win32_put_u32(w, address + 0xc8, 0x23);
}

bool win32_context_load(struct win32 *w, uint32_t address)
{
	static const struct {
		uint16_t offset;
		uint8_t reg;
	} integers[] = { { 0x9c, X86_DI }, { 0xa0, X86_SI }, { 0xa4, X86_BX },
			 { 0xa8, X86_DX }, { 0xac, X86_CX }, { 0xb0, X86_AX } };
	uint32_t flags = win32_u32(w, address);

	if (!win32_mapped(w, address, 0xcc))
		return false;
	if (flags & 2)
		for (size_t i = 0; i < sizeof integers / sizeof *integers; i++)
			x86_set(w->x86, integers[i].reg,
				win32_u32(w, address + integers[i].offset));
	if (flags & 1) {
		x86_set(w->x86, X86_BP, win32_u32(w, address + 0xb4));
		x86_set(w->x86, X86_SP, win32_u32(w, address + 0xc4));
		x86_set_ip(w->x86, win32_u32(w, address + 0xb8));
		/* The program may not raise its privilege or mask interrupts. */
		x86_set_flags(w->x86, (win32_u32(w, address + 0xc0) & 0xdd5) | X86_FLAG_IF | 2);
	}
	return true;
}
