/* Loading segment registers. A user process has a handful of descriptors: those that the machine
 * was made with and those that its owner set. */
#ifndef KENBI_X86_SEGMENT_H
#define KENBI_X86_SEGMENT_H

#include "x86/machine.h"

/* Makes a descriptor known, or changes it. */
void segment_define(struct x86 *cpu, uint16_t selector, bool code, uint64_t base);
/* The descriptor of a selector, whatever its RPL, or NULL. */
const struct descriptor *segment_find(const struct x86 *cpu, uint16_t selector);
bool segment_is_null(uint64_t selector);
/* False when the guest may not load it: #GP with the selector as error code. */
bool segment_load(struct x86 *cpu, unsigned segment, uint16_t selector);
/* Null segments have no addresses in 32-bit mode: instructions that use one are decoded to fault.
 * Forgets the decoded code when other segments are null than it was decoded for. */
void segment_settle(struct x86 *cpu);
struct operation *segment_fault(struct x86 *cpu, const struct operation *op, uint64_t selector);

#endif
