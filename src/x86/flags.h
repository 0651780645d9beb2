/* Lazy flags: arithmetic leaves its result and its carries, and nobody computes a flag that nobody
 * reads.
 *
 * `result` is the sign-extended result. `carries` holds, as in Mihocka and Shwartsman,
 * "Virtualization without direct execution" (AMAS-BT 2008): bit 63 the carry out of the top bit,
 * bit 62 the carry into it, bit 3 the carry out of bit 3; bit 61 inverts the sign and bits 8-15 the
 * parity of `result` for flags that were loaded. */
#ifndef KENBI_X86_FLAGS_H
#define KENBI_X86_FLAGS_H

#include "x86/machine.h"

INLINE uint64_t sign_extend(uint64_t value, unsigned size)
{
	unsigned unused = 64 - 8 * size;

	return (uint64_t)((int64_t)(value << unused) >> unused);
}

INLINE uint64_t zero_extend(uint64_t value, unsigned size)
{
	unsigned unused = 64 - 8 * size;

	return value << unused >> unused;
}

INLINE bool flag_cf(const struct x86 *cpu)
{
	return cpu->registers.carries >> 63;
}

INLINE bool flag_of(const struct x86 *cpu)
{
	return (cpu->registers.carries >> 63 ^ cpu->registers.carries >> 62) & 1;
}

INLINE bool flag_zf(const struct x86 *cpu)
{
	return cpu->registers.result == 0;
}

INLINE bool flag_sf(const struct x86 *cpu)
{
	return (cpu->registers.result >> 63 ^ cpu->registers.carries >> 61) & 1;
}

INLINE bool flag_af(const struct x86 *cpu)
{
	return cpu->registers.carries >> 3 & 1;
}

INLINE bool flag_pf(const struct x86 *cpu)
{
	uint8_t byte = (uint8_t)(cpu->registers.result ^ cpu->registers.carries >> 8);

	return !__builtin_parity(byte);
}

/* Bits 63, 62 and 3 of the carries word from the carry vector of a `size`-byte addition. */
INLINE uint64_t carries_of(uint64_t vector, unsigned size)
{
	return (vector << (64 - 8 * size) & UINT64_C(0xc000000000000000)) | (vector & 8);
}

/* After a + b (+ carry) = result; a, b zero- or sign-extended alike, only the low bits count. */
INLINE void flags_add(struct x86 *cpu, uint64_t a, uint64_t b, uint64_t result, unsigned size)
{
	cpu->registers.result = sign_extend(result, size);
	cpu->registers.carries = carries_of((a & b) | ((a | b) & ~result), size);
}

INLINE void flags_sub(struct x86 *cpu, uint64_t a, uint64_t b, uint64_t result, unsigned size)
{
	cpu->registers.result = sign_extend(result, size);
	cpu->registers.carries = carries_of((~a & b) | ((~a | b) & result), size);
}

/* inc and dec leave CF alone. */
INLINE void flags_keep_cf(struct x86 *cpu, bool cf)
{
	uint64_t carries = cpu->registers.carries;
	uint64_t of = carries ^ carries << 1; /* bit 63: OF */

	carries &= ~UINT64_C(0xc000000000000000);
	carries |= (uint64_t)cf << 63;
	carries |= ((of >> 63) ^ cf) << 62;
	cpu->registers.carries = carries;
}

/* After and, or, xor, test: CF = OF = AF = 0 (AF is undefined). */
INLINE void flags_logic(struct x86 *cpu, uint64_t result, unsigned size)
{
	cpu->registers.result = sign_extend(result, size);
	cpu->registers.carries = 0;
}

INLINE void flag_set_cf_of(struct x86 *cpu, bool cf, bool of)
{
	cpu->registers.carries = (cpu->registers.carries & ~UINT64_C(0xc000000000000000)) |
				 (cf ? UINT64_C(1) << 63 : 0) | (cf != of ? UINT64_C(1) << 62 : 0);
}

INLINE void flag_set_cf(struct x86 *cpu, bool cf)
{
	flag_set_cf_of(cpu, cf, flag_of(cpu));
}

/* The six arithmetic flags as eflags bits, and back. */
uint64_t flags_arithmetic(const struct x86 *cpu);
void flags_set_arithmetic(struct x86 *cpu, uint64_t flags);
/* Changes only the bits of `mask`. */
void flags_change(struct x86 *cpu, uint64_t mask, uint64_t flags);

/* The condition of jcc, setcc and cmovcc by the low four bits of their opcode (SDM vol. 1, appendix
 * B). */
INLINE bool condition(const struct x86 *cpu, unsigned code)
{
	bool result = false;

	switch (code >> 1) {
	case 0: result = flag_of(cpu); break;
	case 1: result = flag_cf(cpu); break;
	case 2: result = flag_zf(cpu); break;
	case 3: result = flag_cf(cpu) || flag_zf(cpu); break;
	case 4: result = flag_sf(cpu); break;
	case 5: result = flag_pf(cpu); break;
	case 6: result = flag_sf(cpu) != flag_of(cpu); break;
	case 7: result = flag_zf(cpu) || flag_sf(cpu) != flag_of(cpu); break;
	default: break;
	}
	return result != (code & 1);
}

#endif
