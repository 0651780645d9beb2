/* Structured exception handling: from a stop of the processor to the guest's handlers and back. */
#ifndef KENBI_WIN32_EXCEPTION_H
#define KENBI_WIN32_EXCEPTION_H

#include "win32/thread.h"

#define EXCEPTION_ACCESS_VIOLATION 0xc0000005u
#define EXCEPTION_GUARD_PAGE	   0x80000001u
#define EXCEPTION_BREAKPOINT	   0x80000003u
#define EXCEPTION_SINGLE_STEP	   0x80000004u
#define EXCEPTION_BOUNDS	   0xc000008cu
#define EXCEPTION_DIVIDE	   0xc0000094u
#define EXCEPTION_OVERFLOW	   0xc0000095u
#define EXCEPTION_PRIVILEGED	   0xc0000096u
#define EXCEPTION_ILLEGAL	   0xc000001du
#define EXCEPTION_FLOAT		   0xc0000090u
#define EXCEPTION_MISALIGNED	   0x80000002u

/* The processor stopped with a fault or an interrupt that is no system call. */
void win32_exception_from(struct win32 *w, const struct x86_exit *stop);
/* The program raises one itself (RaiseException): registers are as the caller will have them again.
 */
void win32_exception_raise(struct win32 *w, uint32_t code, uint32_t flags, unsigned count,
			   const uint32_t *information);
/* RtlUnwind: calls the handlers above `target` with the unwinding flag and returns to the caller.
 */
uint32_t win32_exception_unwind(struct call *call, uint32_t target, uint32_t record,
				uint32_t value);
/* A guest function called by the simulator itself returns. */
void win32_callback_return(struct win32 *w);

#endif
