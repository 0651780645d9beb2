/* What the functions of the 64-bit Windows do. */
#ifndef KENBI_SHELLCODE_WIN64_MODEL_H
#define KENBI_SHELLCODE_WIN64_MODEL_H

#include "base/base.h"
#include "trace/trace.h"
#include "x86/x86.h"

enum { WIN64_CALLERS = 4 };

/* Who goes on when what it started is over. */
struct win64_caller {
	uint64_t registers[X86_REGISTERS], ip;
};

/* What the functions remember between calls: one conversation, one HTTP server, one fiber. */
struct win64_session {
	struct trace_sink trace;
	const struct peer *peer; /* borrowed; NULL: nobody answers */
	uint32_t conversation;
	bool connected;
	char server[128]; /* of InternetConnectA, WinHttpConnect */
	unsigned port;
	bool any_port;	  /* none was named: the protocol's */
	uint64_t landing; /* where what was started returns to */
	struct win64_caller callers[WIN64_CALLERS];
	unsigned depth;
	uint64_t fiber, fiber_parameter;
};

enum win64_answer {
	WIN64_RETURNS, /* the result is in rax; the caller is to be returned to */
	WIN64_GOES_ON, /* the machine already stands where it goes on */
	WIN64_ENDS
};

/* Answers the call at whose entry the machine stands, with events to the sink. */
enum win64_answer win64_answer(struct x86 *machine, struct win64_session *session,
			       const char *function);

/* Base of a library by its file name with or without ".dll", whatever the case; 0: there is none.
 */
uint64_t win64_library(const char *name);
/* Address of a library's function; 0: there is none. */
uint64_t win64_function(uint64_t base, const char *name);

/* What a call has started has returned, or ended: its caller goes on. False: there is none. */
bool win64_comes_back(struct x86 *machine, struct win64_session *session);

#endif
