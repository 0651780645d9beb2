/* Making machines, and the owner's view of their registers. */
#include <stdlib.h>

#include "x86/decode.h"
#include "x86/flags.h"
#include "x86/memory.h"
#include "x86/segment.h"

_Static_assert(sizeof(struct registers) <= sizeof(struct x86_context), "x86_context is too small");

/* As after finit and a processor reset, with the selectors of a Linux process. */
static void registers_init(struct x86 *cpu)
{
	static const uint16_t selectors32[X86_SEGMENTS] = { 0x2b, 0x23, 0x2b, 0x2b, 0, 0 };
	static const uint16_t selectors64[X86_SEGMENTS] = { 0x2b, 0x33, 0x2b, 0x2b, 0, 0 };

	memcpy(cpu->registers.selector, cpu->mode == X86_MODE_32 ? selectors32 : selectors64,
	       sizeof selectors32);
	segment_define(cpu, cpu->registers.selector[X86_CS], true, 0);
	segment_define(cpu, cpu->registers.selector[X86_SS], false, 0);
	cpu->registers.flags = FLAG_FIXED | X86_FLAG_IF;
	flags_set_arithmetic(cpu, 0);
	cpu->registers.x87.control = 0x37f;
	cpu->registers.mxcsr = 0x1f80;
	cpu->segments_changed = true;
}

/* What came after the processor that cpuid tells of is what its opcodes were before: no-operations,
 * mostly (SDM vol. 2, table A-3: 0f 18 to 0f 1f). */
static bool decoder_init(ZydisDecoder *decoder, bool wide)
{
	static const ZydisDecoderMode later[] = { ZYDIS_DECODER_MODE_MPX, ZYDIS_DECODER_MODE_CET,
						  ZYDIS_DECODER_MODE_CLDEMOTE,
						  ZYDIS_DECODER_MODE_WBNOINVD };
	bool good = ZYAN_SUCCESS(ZydisDecoderInit(
		decoder, wide ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32,
		wide ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32));

	for (unsigned i = 0; good && i < sizeof later / sizeof later[0]; i++)
		good = ZYAN_SUCCESS(ZydisDecoderEnableMode(decoder, later[i], ZYAN_FALSE));
	return good;
}

struct x86 *x86_new(enum x86_mode mode, size_t memory_limit)
{
	struct x86 *machine = calloc(1, sizeof *machine);
	bool wide = mode == X86_MODE_64;

	if (!machine)
		return NULL;
	machine->memory = memory_new(memory_limit);
	if (!machine->memory || !decoder_init(&machine->decoder, wide)) {
		x86_free(machine);
		return NULL;
	}
	machine->mode = mode;
	machine->linear_mask = wide ? UINT64_MAX : UINT32_MAX;
	registers_init(machine);
	memory_flush_caches(machine);
	return machine;
}

void x86_free(struct x86 *machine)
{
	if (!machine)
		return;
	memory_free(machine->memory);
	free(machine->snapshots);
	free(machine);
}

enum x86_mode x86_mode(const struct x86 *machine)
{
	return machine->mode;
}

uint64_t x86_get(const struct x86 *machine, enum x86_register reg)
{
	return machine->registers.general[reg];
}

void x86_set(struct x86 *machine, enum x86_register reg, uint64_t value)
{
	if (reg < X86_REGISTERS)
		machine->registers.general[reg] = value & machine->linear_mask;
}

uint64_t x86_ip(const struct x86 *machine)
{
	return machine->registers.ip;
}

void x86_set_ip(struct x86 *machine, uint64_t ip)
{
	machine->registers.ip = ip & machine->linear_mask;
	machine->block_waits = false;
}

uint64_t x86_flags(const struct x86 *machine)
{
	return machine->registers.flags | flags_arithmetic(machine);
}

void x86_set_flags(struct x86 *machine, uint64_t flags)
{
	const uint64_t kept =
		X86_FLAG_TF | X86_FLAG_IF | X86_FLAG_DF | FLAG_NT | FLAG_RF | FLAG_AC | FLAG_ID;

	machine->registers.flags = (flags & kept) | FLAG_FIXED;
	flags_set_arithmetic(machine, flags);
	memory_flags_loaded(machine);
}

void x86_set_segment(struct x86 *machine, enum x86_segment segment, uint16_t selector,
		     uint64_t base)
{
	if (segment >= X86_SEGMENTS)
		return;
	machine->registers.selector[segment] = selector;
	machine->registers.segment_base[segment] = base & machine->linear_mask;
	machine->segments_changed = true;
	segment_define(machine, selector, segment == X86_CS, base & machine->linear_mask);
}

uint64_t x86_segment_base(const struct x86 *machine, enum x86_segment segment)
{
	return machine->registers.segment_base[segment];
}

void x86_save(const struct x86 *machine, struct x86_context *context)
{
	memset(context, 0, sizeof *context);
	memcpy(context, &machine->registers, sizeof machine->registers);
}

void x86_load(struct x86 *machine, const struct x86_context *context)
{
	memcpy(&machine->registers, context, sizeof machine->registers);
	machine->block_waits = false;
	machine->registers.general[NO_REGISTER] = 0;
	machine->registers.segment_base[NO_SEGMENT] = 0;
	machine->segments_changed = true;
	memory_flags_loaded(machine);
}

uint64_t x86_instructions(const struct x86 *machine)
{
	return instructions_now(machine);
}

uint64_t x86_effort(const struct x86 *machine)
{
	return machine->effort + EFFORT_INSTRUCTION * instructions_now(machine);
}

int x86_hook(struct x86 *machine, uint64_t start, uint64_t end)
{
	if (start >= end)
		return ERROR_INPUT;
	for (unsigned i = 0; i < machine->hook_count; i++)
		if (start < machine->hooks[i].end && machine->hooks[i].start < end)
			return ERROR_INPUT;
	if (machine->hook_count == MOST_HOOKS)
		return ERROR_LIMIT;
	machine->hooks[machine->hook_count++] = (struct hook){ start, end };
	code_drop_all(machine);
	return 0;
}

int x86_stop_at_blocks(struct x86 *machine, uint64_t start, uint64_t end)
{
	if (start > end)
		return ERROR_INPUT;
	machine->blocks = (struct hook){ start, end };
	machine->block_waits = false;
	code_drop_all(machine);
	return 0;
}
