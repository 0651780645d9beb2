/* How a run of the simulator ended, as a record with the meaning in words. */
#ifndef KENBI_PIPELINE_X86_END_H
#define KENBI_PIPELINE_X86_END_H

#include <jansson.h>

#include "x86/x86.h"

/* Returns owned text "0x1f". */
json_t *x86_hex(uint64_t value);
/* Return owned records x86_end, or NULL without memory. */
json_t *x86_end_record(const struct x86 *machine, const struct x86_exit *exit);
/* Execution is about to leave the bytes, which end before `end`. */
json_t *x86_end_left(const struct x86 *machine, uint64_t end);

#endif
