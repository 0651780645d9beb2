/* From bytes to a struct operation: Zydis says what the instruction is, the table says who executes
 * it. */
#include "x86/decode.h"

#include "x86/handlers.h"
#include "x86/operand.h"
#include "x86/shapes.h"

#include <string.h>

/* For the rows of instructions that only the system may execute, too. */
struct operation *run_undefined(struct x86 *cpu, struct operation *op)
{
	return raise_fault(cpu, op, X86_VECTOR_UD, 0);
}

#define HANDLER(mnemonic, name) [ZYDIS_MNEMONIC_##mnemonic] = run_##name,
static handler *const handlers[ZYDIS_MNEMONIC_MAX_VALUE + 1] = { X86_INSTRUCTIONS(HANDLER) };
#undef HANDLER

#define TABLE(mnemonic, name) [ZYDIS_MNEMONIC_##mnemonic] = &shapes_##name,
static shape_table *const by_size[ZYDIS_MNEMONIC_MAX_VALUE + 1] = { X86_SHAPES(TABLE) };
static shape_table *const by_width[ZYDIS_MNEMONIC_MAX_VALUE + 1] = { X86_WIDTH_SHAPES(TABLE) };
#undef TABLE

static enum shape shape_of(const struct operation *op)
{
	static const uint8_t shapes[OPERAND_OTHER + 1][OPERAND_OTHER + 1] = {
		[OPERAND_REGISTER] = { [OPERAND_REGISTER] = SHAPE_RR + 1,
				       [OPERAND_IMMEDIATE] = SHAPE_RI + 1,
				       [OPERAND_MEMORY] = SHAPE_RM + 1,
				       [OPERAND_NONE] = SHAPE_R + 1 },
		[OPERAND_MEMORY] = { [OPERAND_REGISTER] = SHAPE_MR + 1,
				     [OPERAND_IMMEDIATE] = SHAPE_MI + 1,
				     [OPERAND_NONE] = SHAPE_M + 1 },
		[OPERAND_IMMEDIATE] = { [OPERAND_NONE] = SHAPE_I + 1 },
		[OPERAND_NONE] = { [OPERAND_NONE] = SHAPE_NONE + 1 }
	};
	/* a third operand, or a far pointer, is no shape of these tables */
	unsigned shape =
		op->third_kind == OPERAND_NONE ? shapes[op->target_kind][op->source_kind] : 0;

	return shape ? (enum shape)(shape - 1) : SHAPES;
}

/* The general handler, or the one for just these operands where there is one. */
static void choose_handler(ZydisMnemonic mnemonic, struct operation *op)
{
	shape_table *table = by_size[mnemonic] ? by_size[mnemonic] : by_width[mnemonic];
	unsigned size = by_size[mnemonic] ? op->size : op->width;
	enum shape shape = shape_of(op);

	op->run = handlers[mnemonic];
	if (op->run == run_jcc)
		op->run = conditions_jcc[op->third & 15];
	if (!table || shape == SHAPES || size == 0 || size > 8 || (size & (size - 1)) != 0)
		return;
	if ((*table)[__builtin_ctz(size)][shape])
		op->run = (*table)[__builtin_ctz(size)][shape];
}

/* --- operands --- */

/* The byte offset of a general register; false for other classes. */
static bool general_register(ZydisRegister reg, uint8_t *offset)
{
	int number;

	if (reg >= ZYDIS_REGISTER_AL && reg <= ZYDIS_REGISTER_BL)
		*offset = (uint8_t)(8 * (reg - ZYDIS_REGISTER_AL));
	else if (reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH)
		*offset = (uint8_t)(8 * (reg - ZYDIS_REGISTER_AH) + 1);
	else if (reg >= ZYDIS_REGISTER_SPL && reg <= ZYDIS_REGISTER_R15B)
		*offset = (uint8_t)(8 * (reg - ZYDIS_REGISTER_SPL + X86_SP));
	else if ((number = ZydisRegisterGetId(reg)) >= 0 && reg >= ZYDIS_REGISTER_AX &&
		 reg <= ZYDIS_REGISTER_R15)
		*offset = (uint8_t)(8 * number);
	else
		return false;
	return true;
}

static enum operand_kind register_operand(ZydisRegister reg, uint8_t *number)
{
	if (general_register(reg, number))
		return OPERAND_REGISTER;
	*number = (uint8_t)ZydisRegisterGetId(reg);
	switch (ZydisRegisterGetClass(reg)) {
	case ZYDIS_REGCLASS_SEGMENT: return OPERAND_SEGMENT;
	case ZYDIS_REGCLASS_X87: return OPERAND_X87;
	case ZYDIS_REGCLASS_MMX: return OPERAND_MMX;
	case ZYDIS_REGCLASS_YMM: /* as long as the operation's sizes say */
	case ZYDIS_REGCLASS_XMM: return OPERAND_XMM;
	default: return OPERAND_OTHER;
	}
}

static uint8_t address_register(ZydisRegister reg)
{
	uint8_t offset = 0;

	return reg != ZYDIS_REGISTER_NONE && general_register(reg, &offset) ? (uint8_t)(offset / 8)
									    : (uint8_t)NO_REGISTER;
}

static uint8_t segment_number(const struct x86 *cpu, ZydisRegister reg)
{
	uint8_t number;

	if (reg < ZYDIS_REGISTER_ES || reg > ZYDIS_REGISTER_GS)
		return NO_SEGMENT;
	number = (uint8_t)(reg - ZYDIS_REGISTER_ES);
	return cpu->mode == X86_MODE_64 && number < X86_FS ? NO_SEGMENT : number;
}

static void memory_operand(const struct x86 *cpu, const ZydisDecodedInstruction *instruction,
			   const ZydisDecodedOperand *operand, struct operation *op)
{
	op->displacement = operand->mem.disp.has_displacement ? operand->mem.disp.value : 0;
	if (operand->mem.base == ZYDIS_REGISTER_RIP || operand->mem.base == ZYDIS_REGISTER_EIP)
		op->displacement += (int64_t)op->address + instruction->length;
	op->base = address_register(operand->mem.base);
	/* a displacement without a base whatever REX.B says; Zydis 4.0 believes it under a 67
	 * prefix (SDM vol. 2, table 2-5) */
	if (instruction->raw.modrm.mod == 0 && instruction->raw.sib.offset != 0 &&
	    instruction->raw.sib.base == 5) {
		op->base = NO_REGISTER;
		op->displacement = instruction->raw.disp.value;
	}
	op->index = address_register(operand->mem.index);
	op->scale = operand->mem.scale > 1 ? (uint8_t)__builtin_ctz(operand->mem.scale) : 0;
	op->segment = segment_number(cpu, operand->mem.segment);
	if (operand->mem.segment == ZYDIS_REGISTER_SS)
		op->prefixes |= PREFIX_STACK;
}

static enum operand_kind operand(const struct x86 *cpu, const ZydisDecodedInstruction *instruction,
				 const ZydisDecodedOperand *from, uint8_t *number,
				 struct operation *op)
{
	switch (from->type) {
	case ZYDIS_OPERAND_TYPE_REGISTER: return register_operand(from->reg.value, number);
	case ZYDIS_OPERAND_TYPE_MEMORY:
		memory_operand(cpu, instruction, from, op);
		return OPERAND_MEMORY;
	case ZYDIS_OPERAND_TYPE_POINTER:
		op->displacement = from->ptr.offset;
		op->immediate = from->ptr.segment;
		return OPERAND_IMMEDIATE;
	case ZYDIS_OPERAND_TYPE_IMMEDIATE:
		if (from->imm.is_relative) {
			op->displacement = from->imm.value.s;
			op->prefixes |= PREFIX_BRANCH;
		} else {
			op->immediate = from->imm.value.u;
		}
		return OPERAND_IMMEDIATE;
	default: return OPERAND_NONE;
	}
}

static void operands(const struct x86 *cpu, const ZydisDecodedInstruction *instruction,
		     const ZydisDecodedOperand *from, struct operation *op)
{
	op->third = instruction->opcode & 15;
	if (instruction->operand_count_visible > 0 ||
	    instruction->meta.category == ZYDIS_CATEGORY_STRINGOP)
		op->size = (uint8_t)(from[0].size / 8);
	if (instruction->operand_count_visible > 1)
		op->source_size = (uint8_t)(from[1].size / 8);
	if (instruction->operand_count_visible > 0)
		op->target_kind = (uint8_t)operand(cpu, instruction, &from[0], &op->target, op);
	if (instruction->operand_count_visible > 1)
		op->source_kind = (uint8_t)operand(cpu, instruction, &from[1], &op->source, op);
	if (instruction->operand_count_visible > 2)
		op->third_kind = (uint8_t)operand(cpu, instruction, &from[2], &op->third, op);
	if (instruction->operand_count_visible > 3 && from[3].type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
		op->immediate = from[3].imm.value.u;
	/* enter is the one with two immediates: its nesting depth goes into third */
	if (instruction->mnemonic == ZYDIS_MNEMONIC_ENTER) {
		op->immediate = from[0].imm.value.u;
		op->third = (uint8_t)from[1].imm.value.u;
	}
}

/* x87 instructions: memory, or the number of a stack register; the immediate holds the opcode's
 * eleven bits. */
static void x87_operands(const struct x86 *cpu, const ZydisDecodedInstruction *instruction,
			 const ZydisDecodedOperand *from, struct operation *op)
{
	if (op->target_kind != OPERAND_MEMORY && op->target_kind != OPERAND_REGISTER) {
		op->target_kind = OPERAND_X87;
		op->target = instruction->raw.modrm.rm;
	}
	for (unsigned i = 0; i < instruction->operand_count_visible; i++) {
		if (from[i].type != ZYDIS_OPERAND_TYPE_MEMORY)
			continue;
		memory_operand(cpu, instruction, &from[i], op);
		op->target_kind = OPERAND_MEMORY;
		op->size = (uint8_t)(from[i].size / 8);
	}
	op->immediate =
		(uint64_t)((instruction->opcode & 7) << 8 | instruction->raw.modrm.mod << 6 |
			   instruction->raw.modrm.reg << 3 | instruction->raw.modrm.rm);
}

/* f3 90 with REX.B is no pause: it exchanges r8 with the accumulator. */
static bool is_exchange(const ZydisDecodedInstruction *instruction)
{
	return instruction->mnemonic == ZYDIS_MNEMONIC_PAUSE && instruction->raw.rex.B;
}

static void exchange_operands(struct operation *op)
{
	op->run = run_xchg;
	op->target_kind = op->source_kind = OPERAND_REGISTER;
	op->target = 8 * X86_R8;
	op->source = 8 * X86_AX;
	op->size = op->source_size = op->width;
}

/* String operations name their source by an implied operand: its segment can be overridden. */
static void implied_segment(const struct x86 *cpu, const ZydisDecodedInstruction *instruction,
			    const ZydisDecodedOperand *from, struct operation *op)
{
	for (unsigned i = 0; i < instruction->operand_count; i++) {
		uint8_t base;
		if (from[i].type != ZYDIS_OPERAND_TYPE_MEMORY)
			continue;
		base = address_register(from[i].mem.base);
		if (base == X86_SI || base == X86_BX ||
		    (base == X86_DI && instruction->meta.category != ZYDIS_CATEGORY_STRINGOP))
			op->segment = segment_number(cpu, from[i].mem.segment);
	}
}

/* push, call and their like, with no other memory operand. */
static bool implies_stack(const ZydisDecodedInstruction *instruction,
			  const ZydisDecodedOperand *from)
{
	for (unsigned i = 0; i < instruction->operand_count; i++)
		if (from[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    from[i].mem.segment == ZYDIS_REGISTER_SS)
			return true;
	return false;
}

static uint8_t prefixes(const ZydisDecodedInstruction *instruction)
{
	unsigned found = 0;

	if (instruction->attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE))
		found |= PREFIX_REP;
	if (instruction->attributes & ZYDIS_ATTRIB_HAS_REPNE)
		found |= PREFIX_REPNE;
	return (uint8_t)found;
}

static unsigned invalid(struct operation *op, handler *run, unsigned length)
{
	op->run = run;
	op->length = (uint8_t)length;
	return length;
}

/* Through a null segment nothing is reached, except by a string operation that has nothing to do.
 */
static struct operation *run_null_segment(struct x86 *cpu, struct operation *op)
{
	uint64_t count = cpu->registers.general[X86_CX] << op->address_unused >> op->address_unused;

	if (op->prefixes & (PREFIX_REP | PREFIX_REPNE) && count == 0)
		return done(op);
	return raise_fault(cpu, op, X86_VECTOR_GP, 0);
}

/* Is an operand in memory, and in a segment that is null? */
static bool uses_null_segment(const struct x86 *cpu, const ZydisDecodedInstruction *instruction,
			      const ZydisDecodedOperand *from)
{
	for (unsigned i = 0; i < instruction->operand_count; i++)
		if (from[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    from[i].mem.type == ZYDIS_MEMOP_TYPE_MEM &&
		    cpu->null_segments >> segment_number(cpu, from[i].mem.segment) & 1)
			return true;
	return false;
}

/* Code segments cannot be written through (SDM vol. 3, 5.8.1); 64-bit mode does not look. */
static bool writes_code_segment(const struct x86 *cpu, const ZydisDecodedInstruction *instruction,
				const ZydisDecodedOperand *from)
{
	if (cpu->mode == X86_MODE_64)
		return false;
	for (unsigned i = 0; i < instruction->operand_count; i++)
		if (from[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    from[i].mem.segment == ZYDIS_REGISTER_CS &&
		    from[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
			return true;
	return false;
}

unsigned decode_full(const struct x86 *cpu, uint64_t address, const uint8_t *bytes, unsigned length,
		     struct operation *op)
{
	ZydisDecodedInstruction instruction;
	ZydisDecodedOperand from[ZYDIS_MAX_OPERAND_COUNT];
	ZyanStatus status =
		ZydisDecoderDecodeFull(&cpu->decoder, bytes, length, &instruction, from);
	handler *run;

	*op = (struct operation){
		.address = address, .base = NO_REGISTER, .index = NO_REGISTER, .segment = NO_SEGMENT
	};
	if (status == ZYDIS_STATUS_NO_MORE_DATA && length < LONGEST_INSTRUCTION)
		return 0;
	if (status == ZYDIS_STATUS_NO_MORE_DATA || status == ZYDIS_STATUS_INSTRUCTION_TOO_LONG)
		return invalid(op, run_privileged, length); /* SDM vol. 3, 6.15, #GP: too long */
	/* Zydis knows an accelerator's own encodings of popcnt and its like; no processor has them.
	 * EVEX has the names of VEX. */
	run = ZYAN_SUCCESS(status) && instruction.meta.isa_ext != ZYDIS_ISA_EXT_KNC &&
			      instruction.encoding != ZYDIS_INSTRUCTION_ENCODING_EVEX
		      ? handlers[instruction.mnemonic]
		      : NULL;
	if (!run)
		return invalid(op, run_undefined, length);
	op->length = instruction.length;
	op->width = (uint8_t)(instruction.operand_width / 8);
	op->address_unused = (uint8_t)(64 - instruction.address_width);
	op->prefixes = prefixes(&instruction);
	operands(cpu, &instruction, from, op);
	if (op->target_kind != OPERAND_MEMORY && op->source_kind != OPERAND_MEMORY &&
	    implies_stack(&instruction, from))
		op->prefixes |= PREFIX_STACK;
	if (instruction.meta.category == ZYDIS_CATEGORY_X87_ALU ||
	    instruction.meta.category == ZYDIS_CATEGORY_FCMOV)
		x87_operands(cpu, &instruction, from, op);
	if (instruction.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
		op->third_kind = OPERAND_OTHER;
	if (instruction.meta.category == ZYDIS_CATEGORY_STRINGOP ||
	    instruction.mnemonic == ZYDIS_MNEMONIC_XLAT ||
	    instruction.mnemonic == ZYDIS_MNEMONIC_MASKMOVQ ||
	    instruction.mnemonic == ZYDIS_MNEMONIC_MASKMOVDQU)
		implied_segment(cpu, &instruction, from, op);
	choose_handler(instruction.mnemonic, op);
	if (is_exchange(&instruction))
		exchange_operands(op);
	if (writes_code_segment(cpu, &instruction, from))
		op->run = run_privileged;
	if (UNLIKELY(cpu->null_segments) && op->run != run_nop &&
	    uses_null_segment(cpu, &instruction, from))
		op->run = run_null_segment;
	return instruction.length;
}

unsigned decode(struct x86 *cpu, uint64_t address, const uint8_t *bytes, unsigned length,
		struct operation *op)
{
	uint8_t padded[LONGEST_INSTRUCTION] = { 0 };
	unsigned used;

	if (LIKELY(length >= LONGEST_INSTRUCTION)) {
		used = decode_quick(cpu, address, bytes, op);
	} else {
		memcpy(padded, bytes, length);
		used = decode_quick(cpu, address, padded, op);
	}
	cpu->effort += EFFORT_DECODE;
	if (used > 0 && used <= length)
		return used;
	cpu->effort += EFFORT_DECODE_FULL;
	return decode_full(cpu, address, bytes, length, op);
}

int x86_disassemble(const struct x86 *machine, uint64_t address, char *text, size_t size)
{
	ZydisDecodedInstruction instruction;
	ZydisDecodedOperand from[ZYDIS_MAX_OPERAND_COUNT];
	ZydisFormatter formatter;
	uint8_t bytes[LONGEST_INSTRUCTION];
	size_t length = 0;

	while (length < sizeof bytes && x86_read(machine, address + length, &bytes[length], 1) == 0)
		length++;
	if (size > 0)
		text[0] = 0;
	if (size == 0 || !ZYAN_SUCCESS(ZydisDecoderDecodeFull(&machine->decoder, bytes, length,
							      &instruction, from)))
		return ERROR_INPUT;
	ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
	ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE);
	ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_IMM_PADDING,
				  ZYDIS_PADDING_DISABLED);
	ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_DISP_PADDING,
				  ZYDIS_PADDING_DISABLED);
	ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE,
				  ZYDIS_PADDING_DISABLED);
	if (!ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter, &instruction, from,
							  instruction.operand_count_visible, text,
							  size, address, NULL)))
		return ERROR_INPUT;
	return instruction.length;
}
