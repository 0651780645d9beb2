#include "shellcode/effect.h"

#include <string.h>

#include <Zydis/Zydis.h>

/* CF, PF, AF, ZF, SF, OF; ZF and SF (SDM vol. 1, 3.4.3.1). */
enum { STATUS_FLAGS = 0x8d5, RESULT_FLAGS = 0xc0 };

static ZydisMachineMode machine_mode(enum x86_mode mode)
{
	return mode == X86_MODE_64 ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32;
}

/* The bit of a general register; 0: it is another one. */
static uint32_t bit_of(enum x86_mode mode, ZydisRegister reg)
{
	ZydisRegister whole = ZydisRegisterGetLargestEnclosing(machine_mode(mode), reg);
	ZydisRegisterClass class = ZydisRegisterGetClass(whole);
	int id = ZydisRegisterGetId(whole);

	return (class == ZYDIS_REGCLASS_GPR32 || class == ZYDIS_REGCLASS_GPR64) && id >= 0 &&
			       id < X86_REGISTERS
		       ? UINT32_C(1) << id
		       : 0;
}

static bool is_flags_or_ip(ZydisRegister reg)
{
	ZydisRegisterClass class = ZydisRegisterGetClass(reg);

	return class == ZYDIS_REGCLASS_FLAGS || class == ZYDIS_REGCLASS_IP;
}

static void add_register(enum x86_mode mode, const ZydisDecodedOperand *operand,
			 struct effect *effect)
{
	uint32_t bit = bit_of(mode, operand->reg.value);
	bool conditional = (operand->actions & ZYDIS_OPERAND_ACTION_CONDWRITE) != 0;

	if (!bit) {
		effect->lasting |= !is_flags_or_ip(operand->reg.value);
		return;
	}
	if (operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ)
		effect->reads |= bit;
	if (!(operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
		return;
	effect->touches |= bit;
	if (operand->size >= 32 && !conditional)
		effect->writes |= bit;
	effect->lasting |= bit == UINT32_C(1) << X86_SP;
}

static void add_memory(enum x86_mode mode, const ZydisDecodedOperand *operand,
		       struct effect *effect)
{
	effect->reads |= bit_of(mode, operand->mem.base) | bit_of(mode, operand->mem.index);
	if (operand->mem.type != ZYDIS_MEMOP_TYPE_MEM ||
	    !(operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE))
		return;
	effect->lasting = true;
	effect->stores |= bit_of(mode, operand->mem.base) != UINT32_C(1) << X86_SP;
}

static bool clears_itself(const ZydisDecodedInstruction *decoded,
			  const ZydisDecodedOperand *operands)
{
	return (decoded->mnemonic == ZYDIS_MNEMONIC_XOR ||
		decoded->mnemonic == ZYDIS_MNEMONIC_SUB) &&
	       operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       operands[0].reg.value == operands[1].reg.value;
}

static bool changes_flow(const ZydisDecodedInstruction *decoded)
{
	switch (decoded->meta.category) {
	case ZYDIS_CATEGORY_COND_BR:
	case ZYDIS_CATEGORY_CALL:
	case ZYDIS_CATEGORY_RET:
	case ZYDIS_CATEGORY_INTERRUPT:
	case ZYDIS_CATEGORY_SYSCALL: return true;
	case ZYDIS_CATEGORY_UNCOND_BR: return !decoded->raw.imm[0].is_relative;
	default: return false;
	}
}

static void add_flags(const ZydisDecodedInstruction *decoded, struct effect *effect)
{
	const ZydisAccessedFlags *flags = decoded->cpu_flags;
	uint32_t changed;

	if (!flags)
		return;
	if (flags->tested & STATUS_FLAGS)
		effect->reads |= EFFECT_FLAGS;
	changed = (flags->modified | flags->set_0 | flags->set_1 | flags->undefined) & STATUS_FLAGS;
	if (changed)
		effect->touches |= EFFECT_FLAGS;
	/* inc and dec leave the carry, which is rarely what is asked for */
	if ((changed & RESULT_FLAGS) == RESULT_FLAGS)
		effect->writes |= EFFECT_FLAGS;
}

struct effect effect_of(enum x86_mode mode, struct bytes code)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction decoded;
	struct effect effect = { 0 };
	ZydisDecoder decoder;

	ZydisDecoderInit(&decoder, machine_mode(mode),
			 mode == X86_MODE_64 ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
	if (!ZYAN_SUCCESS(
		    ZydisDecoderDecodeFull(&decoder, code.data, code.length, &decoded, operands)))
		return (struct effect){ .lasting = true };
	for (unsigned i = 0; i < decoded.operand_count; i++) {
		if (operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER)
			add_register(mode, &operands[i], &effect);
		else if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
			add_memory(mode, &operands[i], &effect);
	}
	add_flags(&decoded, &effect);
	effect.lasting |= changes_flow(&decoded);
	if (clears_itself(&decoded, operands))
		effect.reads = 0;
	return effect;
}
