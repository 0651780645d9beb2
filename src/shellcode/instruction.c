#include "shellcode/instruction.h"

#include <string.h>

#include <Zydis/Zydis.h>

static void decoder_init(ZydisDecoder *decoder, enum x86_mode mode)
{
	if (mode == X86_MODE_64)
		ZydisDecoderInit(decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	else
		ZydisDecoderInit(decoder, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32);
}

static bool decode(enum x86_mode mode, struct bytes code, ZydisDecoderContext *context,
		   ZydisDecodedInstruction *instruction, ZydisDecoder *decoder)
{
	size_t length = code.length < INSTRUCTION_MAX ? code.length : INSTRUCTION_MAX;

	decoder_init(decoder, mode);
	return ZYAN_SUCCESS(
		ZydisDecoderDecodeInstruction(decoder, context, code.data, length, instruction));
}

/* What a user program may not execute: it would only fault. */
static bool forbidden(const ZydisDecodedInstruction *instruction)
{
	switch (instruction->meta.category) {
	case ZYDIS_CATEGORY_IO:
	case ZYDIS_CATEGORY_IOSTRINGOP:
	case ZYDIS_CATEGORY_SYSRET:
	case ZYDIS_CATEGORY_VTX:
	case ZYDIS_CATEGORY_INVALID: return true;
	default: break;
	}
	switch (instruction->mnemonic) {
	case ZYDIS_MNEMONIC_HLT:
	case ZYDIS_MNEMONIC_CLI:
	case ZYDIS_MNEMONIC_STI:
	case ZYDIS_MNEMONIC_IRET:
	case ZYDIS_MNEMONIC_IRETD:
	case ZYDIS_MNEMONIC_IRETQ:
	case ZYDIS_MNEMONIC_LMSW:
	case ZYDIS_MNEMONIC_CLTS:
	case ZYDIS_MNEMONIC_LGDT:
	case ZYDIS_MNEMONIC_LIDT:
	case ZYDIS_MNEMONIC_LLDT:
	case ZYDIS_MNEMONIC_LTR:
	case ZYDIS_MNEMONIC_INVD:
	case ZYDIS_MNEMONIC_WBINVD:
	case ZYDIS_MNEMONIC_INVLPG:
	case ZYDIS_MNEMONIC_RDMSR:
	case ZYDIS_MNEMONIC_WRMSR:
	case ZYDIS_MNEMONIC_UD0:
	case ZYDIS_MNEMONIC_UD1:
	case ZYDIS_MNEMONIC_UD2: return true;
	default: return false;
	}
}

static enum flow flow_of(const ZydisDecodedInstruction *instruction)
{
	bool relative = instruction->raw.imm[0].is_relative;

	if (forbidden(instruction))
		return FLOW_INVALID;
	switch (instruction->meta.category) {
	case ZYDIS_CATEGORY_COND_BR: return FLOW_BRANCH;
	case ZYDIS_CATEGORY_UNCOND_BR: return relative ? FLOW_JUMP : FLOW_INDIRECT;
	case ZYDIS_CATEGORY_CALL:
		if (instruction->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
			return FLOW_SYSTEM;
		return relative ? FLOW_CALL : FLOW_INDIRECT;
	case ZYDIS_CATEGORY_RET: return FLOW_RETURN;
	case ZYDIS_CATEGORY_INTERRUPT:
	case ZYDIS_CATEGORY_SYSCALL: return FLOW_SYSTEM;
	default: return FLOW_NEXT;
	}
}

struct step instruction_step(enum x86_mode mode, struct bytes code)
{
	ZydisDecodedInstruction decoded;
	ZydisDecoderContext context;
	ZydisDecoder decoder;
	struct step step = { 0 };

	if (!decode(mode, code, &context, &decoded, &decoder))
		return step;
	step.flow = (uint8_t)flow_of(&decoded);
	if (step.flow == FLOW_INVALID)
		return step;
	step.length = decoded.length;
	if (step.flow == FLOW_BRANCH || step.flow == FLOW_JUMP || step.flow == FLOW_CALL)
		step.target = (int32_t)(decoded.raw.imm[0].value.s + decoded.length);
	return step;
}

static int8_t register_number(ZydisRegister reg)
{
	if (reg == ZYDIS_REGISTER_NONE)
		return -1;
	if (reg == ZYDIS_REGISTER_EIP || reg == ZYDIS_REGISTER_RIP)
		return REFERENCE_IP;
	return ZydisRegisterGetId(reg) < X86_REGISTERS ? ZydisRegisterGetId(reg) : -1;
}

static enum x86_segment segment_of(ZydisRegister segment)
{
	switch (segment) {
	case ZYDIS_REGISTER_ES: return X86_ES;
	case ZYDIS_REGISTER_CS: return X86_CS;
	case ZYDIS_REGISTER_SS: return X86_SS;
	case ZYDIS_REGISTER_FS: return X86_FS;
	case ZYDIS_REGISTER_GS: return X86_GS;
	default: return X86_DS;
	}
}

/* Zydis names the slot of a push or call by the stack pointer before it moves. */
static int64_t push_distance(const ZydisDecodedInstruction *decoded,
			     const ZydisDecodedOperand *operand)
{
	bool pushes = decoded->meta.category == ZYDIS_CATEGORY_PUSH ||
		      decoded->meta.category == ZYDIS_CATEGORY_CALL;

	return pushes && operand->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN &&
			       operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE
		       ? -(int64_t)(operand->size / 8)
		       : 0;
}

static void add_reference(enum x86_mode mode, struct instruction *instruction,
			  const ZydisDecodedInstruction *decoded,
			  const ZydisDecodedOperand *operand)
{
	struct reference *reference;

	if (operand->type != ZYDIS_OPERAND_TYPE_MEMORY ||
	    operand->mem.type != ZYDIS_MEMOP_TYPE_MEM ||
	    instruction->references_count == INSTRUCTION_REFERENCES)
		return;
	reference = &instruction->references[instruction->references_count++];
	reference->reads = (operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0;
	reference->writes = (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
	reference->segment = segment_of(operand->mem.segment);
	reference->thread_segment = reference->segment == (mode == X86_MODE_64 ? X86_GS : X86_FS);
	reference->base = register_number(operand->mem.base);
	reference->index = register_number(operand->mem.index);
	reference->scale = operand->mem.scale;
	reference->size = (uint8_t)(operand->size / 8 > 255 ? 255 : operand->size / 8);
	reference->displacement = operand->mem.disp.has_displacement ? operand->mem.disp.value : 0;
	reference->displacement += push_distance(decoded, operand);
}

/* FNV-1a, 64 bit (RFC-draft-eastlake-fnv): short keys, no secret needed. */
static uint64_t mix(uint64_t hash, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		hash = (hash ^ (value >> (8 * i) & 0xff)) * 0x100000001b3u;
	return hash;
}

static uint64_t shape_of_operand(uint64_t hash, const ZydisDecodedOperand *operand)
{
	if (operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) /* of any size: constants differ */
		return mix(hash, (uint64_t)operand->type);
	hash = mix(hash, (uint64_t)operand->type << 16 | operand->size);
	if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER)
		return mix(hash, operand->reg.value);
	if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY)
		return mix(hash, (uint64_t)operand->mem.base << 24 |
					 (uint64_t)operand->mem.index << 12 |
					 (uint64_t)operand->mem.scale << 8 |
					 (uint64_t)segment_of(operand->mem.segment));
	return hash;
}

static bool printable(uint64_t value, unsigned size)
{
	unsigned letters = 0;

	for (unsigned i = 0; i < size; i++) {
		uint8_t byte = (uint8_t)(value >> (8 * i));
		if (byte >= 0x20 && byte < 0x7f)
			letters++;
		else if (byte != 0)
			return false;
	}
	return letters >= 2;
}

static bool changes_nothing(const ZydisDecodedInstruction *decoded,
			    const ZydisDecodedOperand *operands)
{
	switch (decoded->meta.category) {
	case ZYDIS_CATEGORY_NOP:
	case ZYDIS_CATEGORY_WIDENOP:
	case ZYDIS_CATEGORY_PREFETCH:
	case ZYDIS_CATEGORY_FLAGOP: return true;
	default: break;
	}
	return (decoded->mnemonic == ZYDIS_MNEMONIC_XCHG ||
		decoded->mnemonic == ZYDIS_MNEMONIC_MOV) &&
	       operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       operands[0].reg.value == operands[1].reg.value;
}

/* Marks are 32 bits or more, and looked at one by one: a repeated scas is what strlen and junk do.
 */
static bool compares_mark(const ZydisDecodedInstruction *decoded)
{
	return decoded->operand_width >= 32 &&
	       !(decoded->attributes & (ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE));
}

static enum instruction_role role_of(const ZydisDecodedInstruction *decoded,
				     const ZydisDecodedOperand *operands)
{
	switch (decoded->mnemonic) {
	case ZYDIS_MNEMONIC_FNSTENV:
	case ZYDIS_MNEMONIC_FNSAVE:
	case ZYDIS_MNEMONIC_FXSAVE: return ROLE_STORE_ENVIRONMENT;
	case ZYDIS_MNEMONIC_CALL: return ROLE_CALL;
	case ZYDIS_MNEMONIC_RET: return ROLE_RETURN;
	case ZYDIS_MNEMONIC_CMP:
	case ZYDIS_MNEMONIC_SCASD:
	case ZYDIS_MNEMONIC_SCASQ: return compares_mark(decoded) ? ROLE_COMPARE : ROLE_OTHER;
	case ZYDIS_MNEMONIC_POP: return decoded->length == 1 ? ROLE_SLIDE : ROLE_OTHER;
	case ZYDIS_MNEMONIC_PUSH:
		if (operands[0].type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
			return decoded->length == 1 ? ROLE_SLIDE : ROLE_OTHER;
		return printable(operands[0].imm.value.u, 4) ? ROLE_PUSH_TEXT : ROLE_PUSH;
	case ZYDIS_MNEMONIC_MOV: /* movabs, and text laid into registers or memory */
		if (operands[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE && operands[1].size >= 32 &&
		    printable(operands[1].imm.value.u, operands[1].size / 8))
			return ROLE_MOVE_TEXT;
		break;
	default: break;
	}
	return changes_nothing(decoded, operands) ? ROLE_NOTHING : ROLE_OTHER;
}

bool instruction_decode(enum x86_mode mode, struct bytes code, struct instruction *instruction)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction decoded;
	ZydisDecoderContext context;
	ZydisDecoder decoder;

	memset(instruction, 0, sizeof *instruction);
	memset(operands, 0, sizeof operands);
	if (!decode(mode, code, &context, &decoded, &decoder) ||
	    !ZYAN_SUCCESS(ZydisDecoderDecodeOperands(&decoder, &context, &decoded, operands,
						     decoded.operand_count)))
		return false;
	instruction->length = decoded.length;
	instruction->flow = flow_of(&decoded);
	instruction->role = role_of(&decoded, operands);
	instruction->shape = mix(0xcbf29ce484222325u, decoded.mnemonic);
	for (unsigned i = 0; i < decoded.operand_count; i++) {
		add_reference(mode, instruction, &decoded, &operands[i]);
		if (i < decoded.operand_count_visible)
			instruction->shape = shape_of_operand(instruction->shape, &operands[i]);
	}
	return true;
}

uint64_t instruction_address(const struct x86 *machine, const struct instruction *instruction,
			     const struct reference *reference)
{
	uint64_t mask = x86_mode(machine) == X86_MODE_64 ? UINT64_MAX : UINT32_MAX;
	uint64_t address = (uint64_t)reference->displacement;

	if (reference->base == REFERENCE_IP)
		address += x86_ip(machine) + instruction->length;
	else if (reference->base >= 0)
		address += x86_get(machine, (enum x86_register)reference->base);
	if (reference->index >= 0)
		address += x86_get(machine, (enum x86_register)reference->index) * reference->scale;
	return ((address & mask) + x86_segment_base(machine, reference->segment)) & mask;
}
