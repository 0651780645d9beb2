/* The descriptors of a user process (SDM vol. 3, 3.4), and the instructions that ask for them.
 *
 * All are present, flat but for their base, of privilege level 3; data can be written, code be
 * read. What the system keeps for itself user code cannot tell from what is not there. */
#include "x86/segment.h"

#include "x86/decode.h"
#include "x86/flags.h"
#include "x86/handlers.h"
#include "x86/operand.h"

enum {
	/* the second double word of flat descriptors: present, DPL 3, accessed, 4 GiB */
	RIGHTS_CODE_32 = 0x00cffb00,
	RIGHTS_CODE_64 = 0x00affb00,
	RIGHTS_DATA = 0x00cff300
};

bool segment_is_null(uint64_t selector)
{
	return (selector & 0xfffc) == 0;
}

static unsigned find_number(const struct x86 *cpu, uint16_t selector)
{
	unsigned i = 0;

	while (i < cpu->descriptor_count && (cpu->descriptors[i].selector | 3) != (selector | 3))
		i++;
	return i;
}

const struct descriptor *segment_find(const struct x86 *cpu, uint16_t selector)
{
	unsigned number = find_number(cpu, selector);

	return number < cpu->descriptor_count && !segment_is_null(selector)
		       ? &cpu->descriptors[number]
		       : NULL;
}

void segment_define(struct x86 *cpu, uint16_t selector, bool code, uint64_t base)
{
	unsigned number = find_number(cpu, selector);

	if (segment_is_null(selector))
		return;
	/* full: the last one makes room */
	if (number == MOST_DESCRIPTORS)
		number--;
	if (number == cpu->descriptor_count)
		cpu->descriptor_count++;
	cpu->descriptors[number] = (struct descriptor){ selector, code, base };
}

bool segment_load(struct x86 *cpu, unsigned segment, uint16_t selector)
{
	const struct descriptor *descriptor = segment_find(cpu, selector);

	if (segment == X86_SS ? !descriptor || descriptor->code || (selector & 3) != 3
			      : !descriptor && !segment_is_null(selector))
		return false;
	if (segment_is_null(cpu->registers.selector[segment]) != segment_is_null(selector))
		cpu->segments_changed = true;
	cpu->registers.selector[segment] = selector;
	cpu->registers.segment_base[segment] = descriptor ? descriptor->base : 0;
	return true;
}

void segment_settle(struct x86 *cpu)
{
	unsigned nulls = 0;

	cpu->segments_changed = false;
	if (cpu->mode == X86_MODE_64)
		return;
	/* an owner may give a segment a base without a selector */
	for (unsigned i = 0; i < X86_SEGMENTS; i++)
		if (segment_is_null(cpu->registers.selector[i]) &&
		    cpu->registers.segment_base[i] == 0)
			nulls |= 1u << i;
	if (nulls == cpu->null_segments)
		return;
	cpu->null_segments = (uint8_t)nulls;
	code_drop_all(cpu);
}

struct operation *segment_fault(struct x86 *cpu, const struct operation *op, uint64_t selector)
{
	return raise_fault(cpu, op, X86_VECTOR_GP, (uint16_t)selector & 0xfffcu);
}

/* --- asking: ZF says whether there is an answer --- */

/* The descriptor of the selector operand, or NULL; false after a memory fault. */
static bool asked_for(struct x86 *cpu, const struct operation *op, unsigned kind, unsigned number,
		      const struct descriptor **descriptor)
{
	uint64_t selector;

	if (!operand_read(cpu, op, kind, number, 2, &selector))
		return false;
	*descriptor = segment_find(cpu, (uint16_t)selector);
	return true;
}

static struct operation *answered(struct x86 *cpu, struct operation *op, bool zf)
{
	flags_change(cpu, X86_FLAG_ZF, zf ? X86_FLAG_ZF : 0);
	return done(op);
}

struct operation *run_lar(struct x86 *cpu, struct operation *op)
{
	const struct descriptor *descriptor;
	uint32_t rights = cpu->mode == X86_MODE_64 ? RIGHTS_CODE_64 : RIGHTS_CODE_32;

	if (!asked_for(cpu, op, op->source_kind, op->source, &descriptor))
		return memory_fault(cpu, op);
	if (descriptor)
		register_write(cpu, op->target, op->size, descriptor->code ? rights : RIGHTS_DATA);
	return answered(cpu, op, descriptor);
}

struct operation *run_lsl(struct x86 *cpu, struct operation *op)
{
	const struct descriptor *descriptor;

	if (!asked_for(cpu, op, op->source_kind, op->source, &descriptor))
		return memory_fault(cpu, op);
	if (descriptor)
		register_write(cpu, op->target, op->size, UINT32_MAX);
	return answered(cpu, op, descriptor);
}

struct operation *run_verr(struct x86 *cpu, struct operation *op)
{
	const struct descriptor *descriptor;

	if (!asked_for(cpu, op, op->target_kind, op->target, &descriptor))
		return memory_fault(cpu, op);
	return answered(cpu, op, descriptor);
}

struct operation *run_verw(struct x86 *cpu, struct operation *op)
{
	const struct descriptor *descriptor;

	if (!asked_for(cpu, op, op->target_kind, op->target, &descriptor))
		return memory_fault(cpu, op);
	return answered(cpu, op, descriptor && !descriptor->code);
}

/* Raises the requested privilege level of the target to that of the source. */
struct operation *run_arpl(struct x86 *cpu, struct operation *op)
{
	uint64_t selector, level = register_read(cpu, op->source, 2) & 3;

	if (!read_target(cpu, op, &selector))
		return memory_fault(cpu, op);
	if ((selector & 3) >= level)
		return answered(cpu, op, false);
	if (!write_target(cpu, op, (selector & ~UINT64_C(3)) | level))
		return memory_fault(cpu, op);
	answered(cpu, op, true);
	return done_writing(cpu, op);
}
