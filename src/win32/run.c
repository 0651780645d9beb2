/* The loop: let threads execute in turn, answer what reaches a claimed address, hand faults to the
 * guest. */
#include <stdio.h>
#include <string.h>

#include "win32/api.h"
#include "win32/exception.h"
#include "win32/loader.h"
#include "win32/module.h"
#include "win32/stub.h"

#define SLICE		 200000u	/* instructions until another thread has its turn */
#define QUIET_TIME	 86400000000ull /* microseconds: a day of nothing but waiting is idle */
#define XP_SERVICES	 0x11cu		/* numbers of ntoskrnl's system calls */
#define REPEATS_IN_A_ROW 20000u		/* and so is this much of nothing new */

void win32_return(struct win32 *w, const struct win32_slot *slot, uint32_t stack, uint32_t result)
{
	uint32_t pop = 0;

	if (slot->stack >= 0)
		pop = (uint32_t)slot->stack;
	else if (slot->stack == WIN32_STACK_UNKNOWN && slot->model)
		pop = slot->model->flags & API_FLAG_CDECL ? 0
							  : 4u * (uint8_t)slot->model->arguments;
	else if (slot->stack == WIN32_STACK_UNKNOWN)
		pop = win32_stub_guess(w, win32_u32(w, stack - 4));
	x86_set(w->x86, X86_AX, result);
	x86_set_ip(w->x86, win32_u32(w, stack - 4));
	x86_set(w->x86, X86_SP, stack + pop);
}

static void bind(struct win32 *w, struct win32_slot *slot)
{
	bool wide = false;

	slot->model = api_find(w->modules[slot->module].name, slot->name, &wide);
	slot->wide = wide;
	slot->bound = true;
}

static uint32_t answer(struct call *call)
{
	struct win32_slot *slot = call->slot;

	if (!slot->bound)
		bind(call->w, slot);
	call->wide = slot->wide;
	call->w->calls++;
	if (!slot->model)
		return win32_stub_answer(call);
	return slot->model->handler(call);
}

static void finish(struct call *call, uint32_t result)
{
	if (call->outcome == API_AGAIN)
		return;
	call->w->current->polling = false;
	if (call->outcome != API_RETURN)
		return;
	win32_return(call->w, call->slot, call->stack, result);
	if (call->has_high)
		x86_set(call->w->x86, X86_DX, call->high);
}

static void gate(struct win32 *w, uint32_t index)
{
	switch (index) {
	case WIN32_GATE_CALLBACK: win32_callback_return(w); break;
	case WIN32_GATE_THREAD_EXIT:
		win32_thread_exit(w, w->current, (uint32_t)x86_get(w->x86, X86_AX));
		break;
	default: win32_process_end(w, WIN32_END_FAULT, 0); break;
	}
}

void win32_dispatch(struct win32 *w, uint32_t index)
{
	uint32_t words[8] = { 0 };
	struct call call = { .w = w, .words = words };

	if (index < WIN32_GATES) {
		gate(w, index);
		return;
	}
	if (index >= w->slot_count) {
		x86_set_ip(w->x86, 0);
		return;
	}
	call.slot = &w->slots[index];
	call.stack = (uint32_t)x86_get(w->x86, X86_SP) + 4;
	w->call_site = win32_u32(w, call.stack - 4);
	win32_code_seen(w, w->call_site);
	finish(&call, answer(&call));
}

void win32_system_call(struct win32 *w, uint32_t number, uint32_t arguments)
{
	uint32_t words[8] = { 0 };
	struct call call = { .w = w, .words = words, .stack = arguments };

	call.slot = win32_service_slot(w, number);
	if (!call.slot) {
		EMIT(w, SYSTEM_CALL, trace_text("unknown"), trace_number(number));
		/* a service that exists fetches its arguments: STATUS_ACCESS_VIOLATION; else
		 * STATUS_INVALID_SYSTEM_SERVICE */
		x86_set(w->x86, X86_AX,
			number < XP_SERVICES && x86_protection(w->x86, arguments) < 0 ? 0xc0000005
										      : 0xc000001c);
		return;
	}
	uint32_t result = answer(&call);
	if (!call.slot->model)
		EMIT(w, SYSTEM_CALL, trace_text(call.slot->name), trace_number(number));
	if (call.outcome == API_RETURN)
		x86_set(w->x86, X86_AX, result);
}

static void handle(struct win32 *w, const struct x86_exit *stop)
{
	uint32_t dx = (uint32_t)x86_get(w->x86, X86_DX), ax = (uint32_t)x86_get(w->x86, X86_AX);

	switch (stop->reason) {
	case X86_STOP_BUDGET:
	case X86_STOP_TOUCH: /* this and the next: nothing here asks for them */
	case X86_STOP_BLOCK:
	case X86_STOP_FOLLOW: break;
	case X86_STOP_HOOK: win32_dispatch(w, (uint32_t)x86_ip(w->x86) - WIN32_SLOTS); break;
	case X86_STOP_SYSCALL:
		/* sysenter: edx points at two return addresses, then come the arguments */
		w->call_site = win32_u32(w, dx + 4);
		win32_system_call(w, ax, dx + 8);
		break;
	case X86_STOP_INTERRUPT:
		w->call_site = (uint32_t)stop->address;
		if (stop->vector == 0x2e)
			win32_system_call(w, ax, dx);
		else
			win32_exception_from(w, stop);
		break;
	case X86_STOP_FAULT: win32_exception_from(w, stop); break;
	}
}

/* Has the program nothing new to show? */
static bool only_repeats(const struct win32 *w)
{
	uint64_t now = win32_now(w);

	return w->repeats_in_a_row > REPEATS_IN_A_ROW ||
	       (now > w->active_time && now - w->active_time > QUIET_TIME);
}

static bool can_run(const struct win32_thread *thread)
{
	return thread && !thread->ended && !thread->wake && !thread->suspended;
}

/* Whose turn it is: a turn lasts as long, into however many runs it is cut. NULL: nobody's. */
static struct win32_thread *whose_turn(struct win32 *w)
{
	if (can_run(w->current) && win32_instructions(w) < w->turn_end)
		return w->current;
	w->turn_end = win32_instructions(w) + SLICE;
	return win32_thread_next(w);
}

/* A thread's turn, or what of it can be run now. */
static void slice(struct win32 *w, uint64_t end)
{
	uint64_t stop_at = w->turn_end < end ? w->turn_end : end;
	struct win32_thread *thread = w->current;

	while (!w->ended && w->current == thread && can_run(thread) &&
	       win32_instructions(w) < stop_at) {
		struct x86_exit stop = x86_run(w->x86, stop_at - win32_instructions(w));
		win32_code_watch(w);
		handle(w, &stop);
		if (only_repeats(w))
			win32_process_end(w, WIN32_END_IDLE, 0);
	}
}

static bool all_ended(const struct win32 *w)
{
	for (unsigned i = 0; i < w->thread_count; i++)
		if (!w->threads[i]->ended)
			return false;
	return true;
}

static void run_process(struct win32 *w, uint64_t end)
{
	while (!w->ended && win32_instructions(w) < end) {
		struct win32_thread *thread = whose_turn(w);
		if (!thread) {
			w->call_site = 0;
			if (all_ended(w))
				win32_process_end(w, WIN32_END_EXIT,
						  w->thread_count ? w->threads[0]->object->status
								  : 0);
			else
				win32_process_end(w, WIN32_END_IDLE, 0);
			break;
		}
		win32_thread_switch(w, thread);
		slice(w, end);
	}
}

enum win32_end win32_run(struct win32 *w, uint64_t budget)
{
	uint64_t now = win32_instructions(w);
	uint64_t end = budget > UINT64_MAX - now ? UINT64_MAX : now + budget;

	for (;;) {
		run_process(w, end);
		if (!w->ended)
			return WIN32_END_BUDGET;
		/* Programs that this one started run after it, each in a process of its own. */
		if (w->child_next == w->child_count || !win32_next_child(w))
			return w->end;
	}
}

const char *win32_end_name(enum win32_end end)
{
	static const char *const names[] = { "exit", "idle", "budget", "fault" };
	return names[end];
}
