/* Lazy flags to eflags bits and back. */
#include "x86/flags.h"

uint64_t flags_arithmetic(const struct x86 *cpu)
{
	return (flag_cf(cpu) ? X86_FLAG_CF : 0u) | (flag_pf(cpu) ? X86_FLAG_PF : 0u) |
	       (flag_af(cpu) ? X86_FLAG_AF : 0u) | (flag_zf(cpu) ? X86_FLAG_ZF : 0u) |
	       (flag_sf(cpu) ? X86_FLAG_SF : 0u) | (flag_of(cpu) ? X86_FLAG_OF : 0u);
}

void flags_set_arithmetic(struct x86 *cpu, uint64_t flags)
{
	bool cf = flags & X86_FLAG_CF, of = flags & X86_FLAG_OF;
	/* zero has even parity and no sign; one has odd parity and no sign */
	uint64_t result = flags & X86_FLAG_ZF ? 0 : 1;
	bool even = result == 0;
	uint64_t carries = (uint64_t)cf << 63 | (uint64_t)(cf != of) << 62;

	if (flags & X86_FLAG_SF)
		carries |= UINT64_C(1) << 61;
	if (flags & X86_FLAG_AF)
		carries |= 8;
	if (even != !!(flags & X86_FLAG_PF))
		carries |= 1 << 8;
	cpu->registers.result = result;
	cpu->registers.carries = carries;
}

void flags_change(struct x86 *cpu, uint64_t mask, uint64_t flags)
{
	flags_set_arithmetic(cpu, (flags_arithmetic(cpu) & ~mask) | (flags & mask));
}
