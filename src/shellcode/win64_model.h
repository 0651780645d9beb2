/* What the functions of the 64-bit Windows do. */
#ifndef KENBI_SHELLCODE_WIN64_MODEL_H
#define KENBI_SHELLCODE_WIN64_MODEL_H

#include "base/base.h"
#include "trace/trace.h"
#include "x86/x86.h"

/* What the functions remember between calls: one conversation, one HTTP server. */
struct win64_session {
	struct trace_sink trace;
	const struct peer *peer; /* borrowed; NULL: nobody answers */
	uint32_t conversation;
	bool connected;
	char server[128]; /* of InternetConnectA, WinHttpConnect */
	unsigned port;
	bool any_port; /* none was named: the protocol's */
};

/* Answers the call at whose entry the machine stands: result in rax, events to the sink. False when
 * the function ends the process. */
bool win64_answer(struct x86 *machine, struct win64_session *session, const char *function);

/* Base of a library by its file name with or without ".dll", whatever the case; 0: there is none.
 */
uint64_t win64_library(const char *name);
/* Address of a library's function; 0: there is none. */
uint64_t win64_function(uint64_t base, const char *name);

#endif
