/* What memory an instruction will touch, told from its operands before it runs: for traces, never
 * while running.
 *
 * Explicit operands have the address that execution computes (operand.h). Implied ones are worked
 * out here: Zydis names the stack by the stack pointer as it is before a push. */
#include "x86/decode.h"
#include "x86/operand.h"

struct look {
	const struct x86 *cpu;
	ZydisDecodedInstruction instruction;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	struct operation operation;
	struct x86_access *accesses;
	int count;
};

static void look_add(struct look *look, uint64_t address, unsigned size, unsigned actions)
{
	if (look->count == X86_MOST_ACCESSES || size == 0)
		return;
	look->accesses[look->count++] =
		(struct x86_access){ .address = address & look->cpu->linear_mask,
				     .size = size,
				     .reads = actions & ZYDIS_OPERAND_ACTION_MASK_READ,
				     .writes = actions & ZYDIS_OPERAND_ACTION_MASK_WRITE };
}

/* A general register within the address or stack size. */
static uint64_t look_register(const struct look *look, enum x86_register reg, unsigned bits)
{
	uint64_t value = look->cpu->registers.general[reg];

	return bits == 64 ? value : value & ((UINT64_C(1) << bits) - 1);
}

/* The bit string of bt and its like: a register's bit number reaches beyond the operand. */
static int64_t bit_string_offset(const struct look *look)
{
	const struct operation *op = &look->operation;
	ZydisMnemonic mnemonic = look->instruction.mnemonic;

	if ((mnemonic != ZYDIS_MNEMONIC_BT && mnemonic != ZYDIS_MNEMONIC_BTS &&
	     mnemonic != ZYDIS_MNEMONIC_BTR && mnemonic != ZYDIS_MNEMONIC_BTC) ||
	    op->source_kind != OPERAND_REGISTER)
		return 0;
	int64_t bit =
		(int64_t)sign_extend(register_read(look->cpu, op->source, op->size), op->size);
	return (bit >> (3 + __builtin_ctz(op->size))) * op->size;
}

static void look_explicit(struct look *look, const ZydisDecodedOperand *operand)
{
	const struct operation *op = &look->operation;
	uint64_t address = linear_address(look->cpu, op);

	if (op->target_kind != OPERAND_MEMORY && op->source_kind != OPERAND_MEMORY &&
	    op->third_kind != OPERAND_MEMORY)
		return; /* not implemented: it will fault */
	/* pop computes its target's address behind the pop (SDM vol. 2, POP) */
	if (look->instruction.mnemonic == ZYDIS_MNEMONIC_POP && op->base == X86_SP)
		address += op->width;
	/* clflush names a cache line and faults like the read of a byte (SDM vol. 2, CLFLUSH) */
	unsigned size =
		look->instruction.mnemonic == ZYDIS_MNEMONIC_CLFLUSH ? 1 : operand->size / 8u;
	look_add(look, address + (uint64_t)bit_string_offset(look), size, operand->actions);
}

/* enter: the old frame pointer, the pointers of the enclosing frames, its own. */
static void look_enter(struct look *look, unsigned bits)
{
	unsigned depth = look->operation.third & 31, width = look->operation.width;
	uint64_t sp = look_register(look, X86_SP, bits), bp = look_register(look, X86_BP, bits);

	look_add(look, sp - (depth + 1) * width, (depth + 1) * width,
		 ZYDIS_OPERAND_ACTION_MASK_WRITE);
	if (depth > 1)
		look_add(look, bp - (depth - 1) * width, (depth - 1) * width,
			 ZYDIS_OPERAND_ACTION_MASK_READ);
}

static void look_stack(struct look *look, const ZydisDecodedOperand *operand)
{
	unsigned bits = look->cpu->mode == X86_MODE_64 ? 64 : 32, size = operand->size / 8u;

	if (look->instruction.mnemonic == ZYDIS_MNEMONIC_ENTER) {
		look_enter(look, bits);
		return;
	}
	/* leave reads where the frame pointer points */
	bool frame = look->instruction.mnemonic == ZYDIS_MNEMONIC_LEAVE;
	uint64_t address = look_register(look, frame ? X86_BP : X86_SP, bits);
	if (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
		address -= size;
	look_add(look, address, size, operand->actions);
}

/* String operations, xlat, masked moves: a base register and for xlat al. */
static void look_implied(struct look *look, const ZydisDecodedOperand *operand)
{
	const ZydisDecodedInstruction *instruction = &look->instruction;
	int number = ZydisRegisterGetId(operand->mem.base);
	unsigned bits = instruction->address_width;
	uint64_t offset;

	if (operand->mem.segment == ZYDIS_REGISTER_SS &&
	    instruction->meta.category != ZYDIS_CATEGORY_STRINGOP &&
	    instruction->mnemonic != ZYDIS_MNEMONIC_XLAT &&
	    instruction->mnemonic != ZYDIS_MNEMONIC_MASKMOVQ &&
	    instruction->mnemonic != ZYDIS_MNEMONIC_MASKMOVDQU) {
		look_stack(look, operand);
		return;
	}
	if (number < 0 || number >= X86_REGISTERS)
		return;
	bool repeated = look->operation.prefixes & (PREFIX_REP | PREFIX_REPNE);
	if (repeated && look_register(look, X86_CX, bits) == 0)
		return;
	offset = look_register(look, (enum x86_register)number, bits);
	if (instruction->mnemonic == ZYDIS_MNEMONIC_XLAT)
		offset += look->cpu->registers.general[X86_AX] & 0xff;
	if (bits < 64)
		offset &= (UINT64_C(1) << bits) - 1;
	/* the source's segment can be overridden, the target's cannot */
	uint8_t segment = look->operation.segment;
	bool target = number == X86_DI && instruction->meta.category == ZYDIS_CATEGORY_STRINGOP;
	if (target)
		segment = look->cpu->mode == X86_MODE_64 ? NO_SEGMENT : X86_ES;
	look_add(look, offset + look->cpu->registers.segment_base[segment], operand->size / 8u,
		 operand->actions);
}

/* Instructions that name memory without touching it. */
static bool only_names(const ZydisDecodedInstruction *instruction)
{
	return instruction->meta.category == ZYDIS_CATEGORY_NOP ||
	       instruction->meta.category == ZYDIS_CATEGORY_WIDENOP ||
	       instruction->meta.category == ZYDIS_CATEGORY_PREFETCH ||
	       instruction->mnemonic == ZYDIS_MNEMONIC_PREFETCHWT1;
}

int x86_accesses(const struct x86 *machine, struct x86_access accesses[X86_MOST_ACCESSES])
{
	struct look look = { .cpu = machine, .accesses = accesses };
	uint64_t address = machine->registers.ip;
	uint8_t bytes[LONGEST_INSTRUCTION];
	unsigned length = 0;

	while (length < sizeof bytes &&
	       x86_read(machine, (address + length) & machine->linear_mask, &bytes[length], 1) == 0)
		length++;
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&machine->decoder, bytes, length,
						 &look.instruction, look.operands)) ||
	    !decode_full(machine, address, bytes, length, &look.operation))
		return ERROR_INPUT;
	if (only_names(&look.instruction))
		return 0;
	for (unsigned i = 0; i < look.instruction.operand_count; i++) {
		const ZydisDecodedOperand *operand = &look.operands[i];
		if (operand->type != ZYDIS_OPERAND_TYPE_MEMORY ||
		    operand->mem.type == ZYDIS_MEMOP_TYPE_AGEN)
			continue;
		if (operand->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN)
			look_implied(&look, operand);
		else
			look_explicit(&look, operand);
	}
	return look.count;
}
