/* msvcrt: _except_handler3, the handler behind __try of Microsoft's compilers.
 *
 * A frame's registration is followed by its scope table, the present try level and the saved ebp;
 * the scope table's entries are { outer level, filter, handler }, an entry without filter is a
 * __finally. Filters and handlers run with the frame's ebp. Before a handler takes over, __finally
 * blocks of its own frame run; those of frames that were called from it are skipped. Source: M.
 * Pietrek, "A Crash Course on the Depths of Win32 Structured Exception Handling", MSJ January 1997.
 */
#include "win32/api/models.h"

enum { RECORD, REGISTRATION, LEVEL, CALLER_BP, TARGET }; /* words */
#define NO_LEVEL UINT32_MAX

static uint32_t entry_of(struct win32 *w, uint32_t registration, uint32_t level)
{
	return win32_u32(w, registration + 8) + 12 * level;
}

/* Calls a filter or __finally of the frame with its own ebp. */
static uint32_t call_in_frame(struct call *call, uint32_t function, const uint32_t *words,
			      uint32_t (*resume)(struct call *call, uint32_t result))
{
	x86_set(call->w->x86, X86_BP, words[REGISTRATION] + 16);
	return call_guest(call, function, resume, words, 0, NULL);
}

/* The handler's block takes over: stack and ebp are the frame's. */
static uint32_t enter_handler(struct call *call, const uint32_t *words)
{
	struct win32 *w = call->w;
	uint32_t registration = words[REGISTRATION];
	uint32_t entry = entry_of(w, registration, words[TARGET]);

	win32_put_u32(w, registration + 12, win32_u32(w, entry));
	win32_put_u32(w, w->current->teb, registration);
	x86_set(w->x86, X86_BP, registration + 16);
	x86_set(w->x86, X86_SP, win32_u32(w, registration - 8));
	x86_set_ip(w->x86, win32_u32(w, entry + 8));
	call->outcome = API_JUMP;
	return 0;
}

/* Runs the __finally blocks of levels above TARGET, the innermost first. */
static uint32_t unwind_frame(struct call *call, uint32_t result)
{
	struct win32 *w = call->w;
	uint32_t *words = call->words, registration = words[REGISTRATION];

	(void)result;
	x86_set(w->x86, X86_BP, words[CALLER_BP]);
	for (uint32_t steps = 0; steps < 256; steps++) {
		uint32_t level = win32_u32(w, registration + 12);
		if (level == NO_LEVEL || level == words[TARGET])
			break;
		uint32_t entry = entry_of(w, registration, level);
		win32_put_u32(w, registration + 12, win32_u32(w, entry));
		if (win32_u32(w, entry + 4) == 0)
			return call_in_frame(call, win32_u32(w, entry + 8), words, unwind_frame);
	}
	call->outcome = API_RETURN;
	return words[TARGET] == NO_LEVEL ? 1 : enter_handler(call, words);
}

static uint32_t ask_filters(struct call *call);

static uint32_t filter_returns(struct call *call, uint32_t result)
{
	uint32_t *words = call->words;

	x86_set(call->w->x86, X86_BP, words[CALLER_BP]);
	call->outcome = API_RETURN;
	if ((int32_t)result < 0)
		return 0; /* ExceptionContinueExecution */
	if (result > 0) {
		words[TARGET] = words[LEVEL];
		return unwind_frame(call, 0);
	}
	words[LEVEL] = win32_u32(call->w, entry_of(call->w, words[REGISTRATION], words[LEVEL]));
	return ask_filters(call);
}

static uint32_t ask_filters(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t *words = call->words;

	/* A scope table that leads in a circle ends the search. */
	for (uint32_t steps = 0; words[LEVEL] != NO_LEVEL && steps < 256; steps++) {
		uint32_t entry = entry_of(w, words[REGISTRATION], words[LEVEL]);
		uint32_t filter = win32_u32(w, entry + 4);
		if (filter)
			return call_in_frame(call, filter, words, filter_returns);
		words[LEVEL] = win32_u32(w, entry);
	}
	return 1; /* ExceptionContinueSearch */
}

static uint32_t except_handler(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t record = arg(call, 0), registration = arg(call, 1), context = arg(call, 2);
	uint32_t pointers = (uint32_t)x86_get(w->x86, X86_SP) - 16;

	call->words[RECORD] = record;
	call->words[REGISTRATION] = registration;
	call->words[CALLER_BP] = (uint32_t)x86_get(w->x86, X86_BP);
	if (win32_u32(w, record + 4) & 6) { /* EXCEPTION_UNWINDING, EXCEPTION_EXIT_UNWIND */
		call->words[TARGET] = NO_LEVEL;
		return unwind_frame(call, 0);
	}
	/* GetExceptionInformation reads the pointers at ebp - 14h */
	win32_put_u32(w, pointers, record);
	win32_put_u32(w, pointers + 4, context);
	win32_put_u32(w, registration - 4, pointers);
	x86_set(w->x86, X86_SP, pointers - 16);
	call->words[LEVEL] = win32_u32(w, registration + 12);
	return ask_filters(call);
}

const struct api_model win32_msvcrt_seh_models[] = { API_CDECL("_except_handler3", except_handler),
						     API_END };
