/* Exception handlers that a candidate has put up for itself (fs:[0] of 32-bit Windows), as far as a
 * probe needs them: the handler is called with an exception record and a context record, and what
 * it changed in the latter is taken over. What a whole Windows does about exceptions is win32's;
 * a probe's machine is rolled back after every run, and win32's process would not be. Lay-out of
 * EXCEPTION_RECORD and CONTEXT: winnt.h of the Windows SDK. */
#ifndef KENBI_SHELLCODE_HANDLER_H
#define KENBI_SHELLCODE_HANDLER_H

#include "x86/x86.h"

struct handler {
	uint32_t first;	  /* the chain as the process has it */
	uint32_t context; /* of the exception that is being handled; 0: none is */
	unsigned handled; /* exceptions that a handler was called for */
	unsigned growing; /* of these in a row, page faults at growing addresses */
	uint64_t fault;	  /* address of the last */
};

/* The machine's chain is the process' own. */
void handler_init(struct handler *handler, const struct x86 *machine);
/* The run stopped with a fault: leads the machine to the candidate's handler, or from there back.
 * False when there is none, or it does not want to go on. */
bool handler_goes_on(struct handler *handler, struct x86 *machine, const struct x86_exit *stop);

#endif
