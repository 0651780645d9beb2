/* Structured exception handling as KiUserExceptionDispatcher does it, with the walk done by the
 * simulator.
 *
 * EXCEPTION_RECORD, CONTEXT and EXCEPTION_POINTERS are written below the faulting stack; vectored
 * handlers, then the chain at fs:[0], then the unhandled filter are called as guest functions, each
 * through a frame (api.c), so that handlers that never return (longjmp, SEH scopes) are simply
 * forgotten. Source: M. Pietrek, "A Crash Course on the Depths of Win32 Structured Exception
 * Handling", MSJ January 1997. */
#include "win32/exception.h"

#include <stdlib.h>

#include "win32/api.h"

#define RECORD_SIZE  0x50u
#define CONTEXT_SIZE 0x2ccu
#define DEPTH_LIMIT  24u /* handlers that fault inside handlers */

enum { CONTINUE_EXECUTION = 0, CONTINUE_SEARCH = 1 };
enum {
	FLAG_NONCONTINUABLE = 1,
	FLAG_UNWINDING = 2,
	FLAG_EXIT_UNWIND = 4,
	FLAG_TARGET_UNWIND = 0x20
};

/* words of the frames */
enum { RECORD, CONTEXT, POINTERS, REGISTRATION, VECTORED };
enum { UNWIND_TARGET, UNWIND_RECORD, UNWIND_REGISTRATION, UNWIND_VALUE };

static uint32_t search(struct call *call, uint32_t words[8]);

static uint32_t continue_execution(struct call *call, const uint32_t words[8])
{
	struct win32 *w = call->w;

	call->outcome = API_JUMP;
	if (!win32_context_load(w, words[CONTEXT]))
		win32_process_end(w, WIN32_END_FAULT, win32_u32(w, words[RECORD]));
	return 0;
}

static uint32_t filter_returns(struct call *call, uint32_t result)
{
	if (result == UINT32_MAX)
		return continue_execution(call, call->words);
	call->outcome = API_JUMP;
	win32_process_end(call->w, WIN32_END_FAULT, win32_u32(call->w, call->words[RECORD]));
	return 0;
}

static uint32_t unhandled(struct call *call, const uint32_t words[8])
{
	struct win32 *w = call->w;

	call->outcome = API_JUMP;
	if (w->unhandled_filter)
		return call_guest(call, w->unhandled_filter, filter_returns, words, 1,
				  &words[POINTERS]);
	win32_process_end(w, WIN32_END_FAULT, win32_u32(w, words[RECORD]));
	return 0;
}

static uint32_t vectored_returns(struct call *call, uint32_t result)
{
	return result == UINT32_MAX ? continue_execution(call, call->words)
				    : search(call, call->words);
}

static uint32_t handler_returns(struct call *call, uint32_t result)
{
	struct win32 *w = call->w;
	uint32_t *words = call->words;

	if (result == CONTINUE_EXECUTION &&
	    !(win32_u32(w, words[RECORD] + 4) & FLAG_NONCONTINUABLE))
		return continue_execution(call, words);
	if (result != CONTINUE_SEARCH)
		return unhandled(call, words);
	words[REGISTRATION] = win32_u32(w, words[REGISTRATION]);
	return search(call, words);
}

/* A registration record must lie on the thread's stack, aligned; its handler must not (XP SP2
 * checks both) unless the process was made so. */
static bool registration_valid(const struct win32 *w, uint32_t registration, uint32_t *handler)
{
	uint32_t low = w->current->stack_base, size = w->current->stack_size;

	if ((registration & 3) || registration - low > size - 8)
		return false;
	*handler = win32_u32(w, registration + 4);
	return w->stack_handlers || *handler - low >= size;
}

static bool is_last_handler(const struct win32 *w, uint32_t handler)
{
	uint8_t cell[11];

	/* The cell that thread.c registers for every thread leads to this gate. */
	if (!win32_fetch(w, handler, cell, sizeof cell) || cell[6] != 0xe9)
		return false;
	uint32_t offset = cell[7] | (uint32_t)cell[8] << 8 | (uint32_t)cell[9] << 16 |
			  (uint32_t)cell[10] << 24;
	return handler + 11 + offset == WIN32_SLOTS + WIN32_GATE_HANDLER;
}

/* The next handler that is asked; the state is in `words`. */
static uint32_t search(struct call *call, uint32_t words[8])
{
	struct win32 *w = call->w;
	uint32_t handler;

	call->outcome = API_JUMP;
	while (words[VECTORED] < w->vectored_count) {
		handler = w->vectored[words[VECTORED]++];
		if (handler)
			return call_guest(call, handler, vectored_returns, words, 1,
					  &words[POINTERS]);
	}
	if (!registration_valid(w, words[REGISTRATION], &handler) || is_last_handler(w, handler))
		return unhandled(call, words);
	uint32_t arguments[] = { words[RECORD], words[REGISTRATION], words[CONTEXT],
				 words[POINTERS] + 8 };
	/* ExecuteHandler clears these before it calls. */
	x86_set(w->x86, X86_AX, 0);
	x86_set(w->x86, X86_BX, 0);
	x86_set(w->x86, X86_SI, 0);
	x86_set(w->x86, X86_DI, 0);
	return call_guest(call, handler, handler_returns, words, 4, arguments);
}

/* Nested dispatches of the current thread. */
static unsigned depth(const struct win32 *w)
{
	unsigned count = 0;

	for (const struct win32_frame *frame = w->current->frames; frame; frame = frame->below)
		count += frame->resume == handler_returns || frame->resume == vectored_returns ||
			 frame->resume == filter_returns;
	return count;
}

void win32_exception_raise(struct win32 *w, uint32_t code, uint32_t flags, unsigned count,
			   const uint32_t *information)
{
	struct call call = { .w = w };
	uint32_t stack = ((uint32_t)x86_get(w->x86, X86_SP) & ~15u) - 0x20;
	uint32_t words[8] = { 0 };

	win32_frames_drop(w->current, (uint32_t)x86_get(w->x86, X86_SP));
	words[CONTEXT] = stack - CONTEXT_SIZE;
	words[RECORD] = words[CONTEXT] - RECORD_SIZE;
	words[POINTERS] = words[RECORD] - 16;
	words[REGISTRATION] = win32_u32(w, w->current->teb);
	if (depth(w) > DEPTH_LIMIT || !win32_mapped(w, words[POINTERS], stack - words[POINTERS])) {
		win32_process_end(w, WIN32_END_FAULT, code);
		return;
	}
	win32_context_store(w, words[CONTEXT]);
	win32_fill(w, words[RECORD], 0, RECORD_SIZE);
	win32_put_u32(w, words[RECORD], code);
	win32_put_u32(w, words[RECORD] + 4, flags);
	win32_put_u32(w, words[RECORD] + 12, (uint32_t)x86_ip(w->x86));
	win32_put_u32(w, words[RECORD] + 16, count);
	for (unsigned i = 0; i < count && i < 15; i++)
		win32_put_u32(w, words[RECORD] + 20 + 4 * i, information[i]);
	win32_put_u32(w, words[POINTERS], words[RECORD]);
	win32_put_u32(w, words[POINTERS] + 4, words[CONTEXT]);
	x86_set(w->x86, X86_SP, words[POINTERS] - 16);
	x86_set_flags(w->x86, x86_flags(w->x86) & ~(uint64_t)(X86_FLAG_TF | X86_FLAG_DF));
	search(&call, words);
}

/* Is it one of the instructions that only the kernel may execute? (SDM vol. 3, 5.9, and I/O at IOPL
 * 0) */
static bool privileged(const struct win32 *w, uint32_t address)
{
	uint8_t code[3] = { 0 };

	(void)win32_fetch(w, address, code, sizeof code);
	const uint8_t *at = code[0] == 0x66 || code[0] == 0xf3 || code[0] == 0xf2 ? code + 1 : code;
	return at[0] == 0xf4 || at[0] == 0xfa || at[0] == 0xfb || (at[0] & 0xfc) == 0xe4 ||
	       (at[0] & 0xfc) == 0xec || (at[0] & 0xfc) == 0x6c ||
	       (at[0] == 0x0f &&
		(at[1] == 0x01 || at[1] == 0x06 || (at[1] & 0xfc) == 0x20 || at[1] == 0x30 ||
		 at[1] == 0x32 || at[1] == 0x08 || at[1] == 0x09));
}

/* VMware's back door: in eax, dx with its magic number and port. */
static bool asks_hypervisor(const struct win32 *w, uint32_t address)
{
	return win32_u8(w, address) == 0xed && x86_get(w->x86, X86_AX) == 0x564d5868 &&
	       (x86_get(w->x86, X86_DX) & 0xffff) == 0x5658;
}

static uint32_t page_fault(struct win32 *w, const struct x86_exit *stop, uint32_t information[2])
{
	uint32_t where = (uint32_t)stop->fault_address;
	int protection = x86_protection(w->x86, where);

	information[0] = stop->error_code & 2 ? 1 : 0;
	information[1] = where;
	if (protection >= 0 && (protection & X86_GUARD)) {
		/* A guard page fires once. */
		if (x86_protect(w->x86, where, 1, (unsigned)protection & ~(unsigned)X86_GUARD) == 0)
			return EXCEPTION_GUARD_PAGE;
	}
	return EXCEPTION_ACCESS_VIOLATION;
}

static bool jumped_nowhere(struct win32 *w, const struct x86_exit *stop)
{
	return stop->reason == X86_STOP_FAULT && stop->vector == X86_VECTOR_PF &&
	       (stop->fault_address == x86_ip(w->x86) || (stop->error_code & 16));
}

void win32_exception_from(struct win32 *w, const struct x86_exit *stop)
{
	uint32_t information[2] = { 0, UINT32_MAX }, code = EXCEPTION_ACCESS_VIOLATION;
	uint32_t address = (uint32_t)stop->address;
	unsigned count = 0;

	w->call_site = address;
	if (stop->reason == X86_STOP_INTERRUPT) {
		/* int3 and int 2Dh are breakpoints; other gates are closed to user mode. */
		bool breakpoint = stop->vector == 3 || stop->vector == 0x2d;
		code = breakpoint	   ? EXCEPTION_BREAKPOINT
		       : stop->vector == 1 ? EXCEPTION_SINGLE_STEP
		       : stop->vector == 4 ? EXCEPTION_OVERFLOW
					   : EXCEPTION_ACCESS_VIOLATION;
		count = code == EXCEPTION_ACCESS_VIOLATION ? 2 : 0;
		if (code != EXCEPTION_OVERFLOW && stop->vector != 0x2d)
			x86_set_ip(w->x86, address);
		if (breakpoint)
			EMIT(w, ANTI_DEBUG, trace_text(stop->vector == 3 ? "int3" : "int 2dh"));
	} else {
		switch (stop->vector) {
		case X86_VECTOR_DE: code = EXCEPTION_DIVIDE; break;
		case X86_VECTOR_DB: code = EXCEPTION_SINGLE_STEP; break;
		case X86_VECTOR_BP: code = EXCEPTION_BREAKPOINT; break;
		case X86_VECTOR_OF: code = EXCEPTION_OVERFLOW; break;
		case X86_VECTOR_BR: code = EXCEPTION_BOUNDS; break;
		case X86_VECTOR_UD:
			code = privileged(w, address) ? EXCEPTION_PRIVILEGED : EXCEPTION_ILLEGAL;
			break;
		case X86_VECTOR_MF:
		case X86_VECTOR_XM: code = EXCEPTION_FLOAT; break;
		case X86_VECTOR_AC: code = EXCEPTION_MISALIGNED; break;
		case X86_VECTOR_PF:
			code = page_fault(w, stop, information);
			count = 2;
			break;
		default:
			if (privileged(w, address))
				code = EXCEPTION_PRIVILEGED;
			else
				count = 2;
			break;
		}
	}
	if (jumped_nowhere(w, stop))
		EMIT(w, CODE_ILLEGAL, trace_number(stop->fault_address), trace_text("unmapped"));
	else if (code == EXCEPTION_ILLEGAL)
		EMIT(w, CODE_ILLEGAL, trace_number(address), trace_text("no instruction"));
	EMIT(w, CODE_FAULT, trace_number(address), trace_number(stop->vector));
	if (asks_hypervisor(w, address))
		EMIT(w, ANTI_EMULATION, trace_text("VMware port"));
	win32_exception_raise(w, code, 0, count, information);
}

static uint32_t unwind_step(struct call *call, uint32_t words[8]);

static uint32_t unwind_returns(struct call *call, uint32_t result)
{
	(void)result;
	uint32_t registration = call->words[UNWIND_REGISTRATION];
	uint32_t above = win32_u32(call->w, registration);

	/* The chain must lead up the stack; a ring would never end. */
	if (above <= registration)
		above = call->words[UNWIND_TARGET];
	win32_put_u32(call->w, call->w->current->teb, above);
	call->words[UNWIND_REGISTRATION] = above;
	return unwind_step(call, call->words);
}

static uint32_t unwind_step(struct call *call, uint32_t words[8])
{
	struct win32 *w = call->w;
	uint32_t registration = words[UNWIND_REGISTRATION], handler;

	if (registration == words[UNWIND_TARGET] ||
	    !registration_valid(w, registration, &handler) || is_last_handler(w, handler)) {
		call->outcome = API_RETURN;
		return words[UNWIND_VALUE];
	}
	uint32_t arguments[] = { words[UNWIND_RECORD], registration,
				 words[UNWIND_RECORD] + RECORD_SIZE, 0 };
	return call_guest(call, handler, unwind_returns, words, 4, arguments);
}

uint32_t win32_exception_unwind(struct call *call, uint32_t target, uint32_t record, uint32_t value)
{
	struct win32 *w = call->w;
	uint32_t words[8] = { target, record, win32_u32(w, w->current->teb), value };
	uint32_t flags = FLAG_UNWINDING | (target ? 0 : FLAG_EXIT_UNWIND);

	if (!record) {
		words[UNWIND_RECORD] = win32_heap_take(w, RECORD_SIZE + CONTEXT_SIZE);
		win32_put_u32(w, words[UNWIND_RECORD], 0xc0000027); /* STATUS_UNWIND */
	}
	win32_put_u32(w, words[UNWIND_RECORD] + 4, win32_u32(w, words[UNWIND_RECORD] + 4) | flags);
	return unwind_step(call, words);
}

void win32_callback_return(struct win32 *w)
{
	struct win32_thread *thread = w->current;

	win32_frames_drop(thread, (uint32_t)x86_get(w->x86, X86_SP));
	struct win32_frame *top = thread->frames;
	if (!top) {
		/* Nobody called: the program jumped there. */
		x86_set_ip(w->x86, 0);
		return;
	}
	struct win32_frame frame = *top;
	thread->frames = frame.below;
	thread->frame_count--;
	free(top);
	struct call call = { .w = w,
			     .slot = frame.slot,
			     .stack = frame.stack + 4,
			     .words = frame.words,
			     .wide = frame.slot && frame.slot->wide };
	uint32_t result = (uint32_t)x86_get(w->x86, X86_AX);
	x86_set(w->x86, X86_SP, frame.stack);
	result = frame.resume(&call, result);
	if (call.outcome == API_RETURN && call.slot)
		win32_return(w, call.slot, call.stack, result);
}
