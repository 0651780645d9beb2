/* Small deterministic programs that one binary holds: compiled once for each set of compiler
 * options, run natively and in the simulator by ../test_programs.c. They print no addresses, no
 * times, and nothing that depends on which variant of a library routine the processor's features
 * select. */
#ifndef KENBI_TEST_X86_PROGRAMS_H
#define KENBI_TEST_X86_PROGRAMS_H

#include <stddef.h>
#include <stdint.h>

/* clang-format off */
#define PROGRAMS(ROW) \
	ROW(big_number) ROW(bit_tricks) ROW(compression) ROW(conversions) ROW(dispatch) ROW(floating_point) \
	ROW(formats) ROW(heap) ROW(interpreter) ROW(jumps) ROW(long_double) ROW(loops) ROW(overflow) \
	ROW(recursion) ROW(self_modifying) ROW(sha256) ROW(sorting) ROW(strings) ROW(structs) ROW(varargs) \
	ROW(wide_integers)
/* clang-format on */

#define DECLARE(name) int program_##name(void);
PROGRAMS(DECLARE)
#undef DECLARE

/* Marsaglia's xorshift with 32 bits (doi:10.18637/jss.v008.i14); the state must not be 0. */
static inline uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* FNV-1a: what a program says about data too long to print. */
static inline uint32_t checksum(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	uint32_t sum = 0x811c9dc5;

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ bytes[i]) * 0x01000193;
	return sum;
}

#endif
