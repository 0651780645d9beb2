/* Structured exception handling: from a stop of the processor to the guest's handlers and back. */
#ifndef KENBI_WIN32_EXCEPTION_H
#define KENBI_WIN32_EXCEPTION_H

#include "win32/thread.h"

enum {
	EXCEPTION_ACCESS_VIOLATION = (int)0xc0000005, EXCEPTION_GUARD_PAGE = (int)0x80000001,
	EXCEPTION_BREAKPOINT = (int)0x80000003, EXCEPTION_SINGLE_STEP = (int)0x80000004,
	EXCEPTION_BOUNDS = (int)0xc000008c, EXCEPTION_DIVIDE = (int)0xc0000094,
	EXCEPTION_OVERFLOW = (int)0xc0000095, EXCEPTION_PRIVILEGED = (int)0xc0000096,
	EXCEPTION_ILLEGAL = (int)0xc000001d, EXCEPTION_FLOAT = (int)0xc0000090,
	EXCEPTION_MISALIGNED = (int)0x80000002
};

/* The processor stopped with a fault or an interrupt that is no system call. */
void win32_exception_from(struct win32 *w, const struct x86_exit *stop);
/* The program raises one itself (RaiseException): registers are as the caller will have them again. */
void win32_exception_raise(struct win32 *w, uint32_t code, uint32_t flags, unsigned count,
			   const uint32_t *information);
/* RtlUnwind: calls the handlers above `target` with the unwinding flag and returns to the caller. */
uint32_t win32_exception_unwind(struct call *call, uint32_t target, uint32_t record,
				uint32_t value);
/* A guest function called by the simulator itself returns. */
void win32_callback_return(struct win32 *w);

#endif
