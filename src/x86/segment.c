/* The descriptors of a user process (SDM vol. 3, 3.4). */
#include "x86/segment.h"

static struct descriptor *find(struct x86 *cpu, uint16_t selector)
{
	for (unsigned i = 0; i < cpu->descriptor_count; i++)
		if ((cpu->descriptors[i].selector | 3) == (selector | 3))
			return &cpu->descriptors[i];
	return NULL;
}

void segment_define(struct x86 *cpu, uint16_t selector, uint64_t base)
{
	struct descriptor *descriptor = find(cpu, selector);

	if ((selector & 0xfffc) == 0)
		return;
	/* full: the last one makes room */
	if (!descriptor && cpu->descriptor_count == MOST_DESCRIPTORS)
		cpu->descriptor_count--;
	if (!descriptor)
		descriptor = &cpu->descriptors[cpu->descriptor_count++];
	*descriptor = (struct descriptor){ selector, base };
}

bool segment_load(struct x86 *cpu, unsigned segment, uint16_t selector)
{
	bool null = (selector & 0xfffc) == 0;
	const struct descriptor *descriptor = find(cpu, selector);
	bool code = (selector | 3) == (cpu->registers.selector[X86_CS] | 3);

	if (segment == X86_SS ? null || code || !descriptor || (selector & 3) != 3
			      : !null && !descriptor)
		return false;
	cpu->registers.selector[segment] = selector;
	cpu->registers.segment_base[segment] = descriptor && !null ? descriptor->base : 0;
	return true;
}

struct operation *segment_fault(struct x86 *cpu, const struct operation *op, uint64_t selector)
{
	return raise_fault(cpu, op, X86_VECTOR_GP, (uint16_t)selector & 0xfffcu);
}
