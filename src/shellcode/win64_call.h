/* What the models of 64-bit Windows' functions share: a call, its arguments, and what is told of
 * it.
 *
 * win64_model.c has programs, files and libraries, win64_net.c the network, win64_memory.c memory,
 * win64_thread.c what leads back into the code: threads, callbacks, fibers. */
#ifndef KENBI_SHELLCODE_WIN64_CALL_H
#define KENBI_SHELLCODE_WIN64_CALL_H

#include "shellcode/win64_model.h"

enum { WIN64_TEXT = 512 };

struct win64_call {
	struct x86 *machine;
	struct win64_session *session;
	const char *function;
	uint64_t result;
	bool ends;
};

typedef void win64_function_model(struct win64_call *call);

/* The first has index 0. */
uint64_t win64_argument(const struct win64_call *call, unsigned index);
/* The argument's text, of bytes or UTF-16; empty when it leads nowhere. `into`: WIN64_TEXT bytes,
 * which are returned. */
const char *win64_text(const struct win64_call *call, unsigned index, char *into);
const char *win64_wide(const struct win64_call *call, unsigned index, char *into);
void win64_tell(struct win64_call *call, enum trace_kind kind, const struct trace_value *values,
		unsigned count);

/* Tells of a call that no other word covers: its name, and the texts among its arguments. */
void win64_tell_call(struct win64_call *call);

/* Goes on in what the call is to lead to, if it leads anywhere: false: it does not. */
bool win64_enters(struct win64_call *call);

/* The model of that name; NULL: there is none here. */
win64_function_model *win64_net_model(const char *function);
win64_function_model *win64_memory_model(const char *function);

#endif
