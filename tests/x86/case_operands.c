/* What the instruction of a case reads and writes: addresses that mostly hit, and what single
 * instructions need to do more than fault. */
#include <string.h>

#include "cases.h"
#include "x86/x86.h"

/* --- operands --- */

static uint64_t segment_base(const struct native_case *one, ZydisRegister segment)
{
	unsigned number;

	switch (segment) {
	case ZYDIS_REGISTER_FS: number = NATIVE_FS; break;
	case ZYDIS_REGISTER_GS: number = NATIVE_GS; break;
	case ZYDIS_REGISTER_DS: number = NATIVE_DS; break;
	case ZYDIS_REGISTER_ES: number = NATIVE_ES; break;
	default: return 0;
	}
	if (one->wide)
		return number >= NATIVE_FS ? one->state.base[number - NATIVE_FS] : 0;
	switch (one->state.selector[number]) {
	case NATIVE_SEGMENT_A: return NATIVE_BASE_A;
	case NATIVE_SEGMENT_B: return NATIVE_BASE_B;
	default: return 0;
	}
}

static int register_number(ZydisRegister reg)
{
	ZydisRegisterClass class = ZydisRegisterGetClass(reg);

	if (class != ZYDIS_REGCLASS_GPR64 && class != ZYDIS_REGCLASS_GPR32 &&
	    class != ZYDIS_REGCLASS_GPR16)
		return -1;
	return ZydisRegisterGetId(reg);
}

static uint64_t masked(uint64_t value, unsigned bits)
{
	return value << (64 - bits) >> (64 - bits);
}

uint64_t case_address(const struct native_case *one, const ZydisDecodedInstruction *instruction,
		      const ZydisDecodedOperand *operand, uint64_t ip)
{
	int base = register_number(operand->mem.base), index = register_number(operand->mem.index);
	uint64_t offset = (uint64_t)operand->mem.disp.value;

	if (operand->mem.base == ZYDIS_REGISTER_RIP || operand->mem.base == ZYDIS_REGISTER_EIP)
		offset += ip + instruction->length;
	else if (base >= 0)
		offset += one->state.general[base];
	if (index >= 0)
		offset += one->state.general[index] * operand->mem.scale;
	offset = masked(offset, instruction->address_width) +
		 segment_base(one, operand->mem.segment);
	return one->wide ? offset : (uint32_t)offset;
}

bool case_near_limit(const struct native_case *one, const struct case_plan *plan)
{
	enum { AROUND = 512 };

	for (unsigned i = 0; i < plan->instruction.operand_count; i++) {
		const ZydisDecodedOperand *operand = &plan->operands[i];
		uint32_t address, base = (uint32_t)segment_base(one, operand->mem.segment);
		if (operand->type != ZYDIS_OPERAND_TYPE_MEMORY)
			continue;
		address = (uint32_t)case_address(one, &plan->instruction, operand, one->state.ip);
		if (address + AROUND < 2 * AROUND || address - base + AROUND < 2 * AROUND)
			return true;
	}
	return false;
}

/* Data, and now and then a border of it, what is only readable, the code itself, nothing. */
static uint64_t random_target(struct random *random, uint64_t ip, bool itself)
{
	uint64_t target;

	switch (random_below(random, 40)) {
	case 0: return NATIVE_DATA + NATIVE_PAGE - random_below(random, 32);
	case 1: return NATIVE_DATA + 2 * NATIVE_PAGE - random_below(random, 32);
	case 2: return NATIVE_DATA + 2 * NATIVE_PAGE + random_below(random, NATIVE_PAGE);
	case 3: return NATIVE_DATA + 3 * NATIVE_PAGE - random_below(random, 32);
	case 4: return NATIVE_DATA - random_below(random, 32);
	case 5: return itself ? ip - 8 + random_below(random, 24) : NATIVE_DATA;
	case 6: return NATIVE_STACK + 2 * NATIVE_PAGE - random_below(random, 32);
	case 7: return case_value(random);
	default:
		target = NATIVE_DATA + 512 + random_below(random, 2 * NATIVE_PAGE - 1024);
		return case_one_in(random, 2) ? target : target & ~UINT64_C(15);
	}
}

static void put_register(struct native_case *one, int number, unsigned bits, uint64_t value)
{
	uint64_t *reg = &one->state.general[number];

	*reg ^= (*reg ^ value) & masked(UINT64_MAX, bits);
	if (!one->wide)
		*reg = (uint32_t)*reg;
}

/* An absolute or ip-relative displacement. */
static void aim_displacement(const ZydisDecodedInstruction *instruction, uint8_t *bytes,
			     uint64_t value)
{
	if (instruction->raw.disp.size >= 32)
		memcpy(bytes + instruction->raw.disp.offset, &value,
		       instruction->raw.disp.size / 8);
}

static void aim_operand(struct cases *cases, struct native_case *one,
			const ZydisDecodedInstruction *instruction,
			const ZydisDecodedOperand *operand, uint8_t *bytes, uint64_t ip,
			bool itself)
{
	int base = register_number(operand->mem.base), index = register_number(operand->mem.index);
	bool relative =
		operand->mem.base == ZYDIS_REGISTER_RIP || operand->mem.base == ZYDIS_REGISTER_EIP;
	uint64_t target = random_target(&cases->random, ip, itself);

	target -= segment_base(one, operand->mem.segment);
	if (base == X86_SP || (base >= 0 && base == index))
		return;
	if (index >= 0) {
		put_register(one, index, instruction->address_width,
			     (uint64_t)(int64_t)(int8_t)random_u32(&cases->random));
		target -= one->state.general[index] * operand->mem.scale;
	}
	if (base >= 0)
		put_register(one, base, instruction->address_width,
			     target - (uint64_t)operand->mem.disp.value);
	else
		aim_displacement(instruction, bytes,
				 relative ? target - ip - instruction->length : target);
}

void case_aim(struct cases *cases, struct native_case *one, const struct case_plan *plan,
	      uint8_t *bytes, uint64_t ip, bool itself)
{
	const ZydisDecodedInstruction *instruction = &plan->instruction;

	for (unsigned i = 0; i < instruction->operand_count; i++)
		if (plan->operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
			aim_operand(cases, one, instruction, &plan->operands[i], bytes, ip, itself);
}

/* --- what single instructions need --- */

static void patch(struct native_case *one, uint64_t address, const void *bytes, unsigned length)
{
	one->patch_address = address;
	one->patch_length = length;
	memcpy(one->patch, bytes, length);
}

static uint16_t random_selector(struct random *random)
{
	static const uint16_t selectors[] = { NATIVE_FLAT,	NATIVE_FLAT,	  0, 1,	 2, 3, 0x28,
					      NATIVE_SEGMENT_A, NATIVE_SEGMENT_B, 4, 0xd };

	return selectors[random_below(random, sizeof selectors / sizeof selectors[0])];
}

/* The address of the first memory operand, if there is one. */
static bool memory_address(const struct native_case *one, const struct case_plan *plan,
			   uint64_t *address)
{
	for (unsigned i = 0; i < plan->instruction.operand_count; i++)
		if (plan->operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY) {
			*address = case_address(one, &plan->instruction, &plan->operands[i],
						one->state.ip);
			return true;
		}
	return false;
}

/* mov and pop into a segment register. */
static void prepare_segment_load(struct cases *cases, struct native_case *one,
				 const struct case_plan *plan)
{
	uint64_t address, selector = random_selector(&cases->random);
	const ZydisDecodedOperand *source = &plan->operands[1];

	if (plan->instruction.mnemonic == ZYDIS_MNEMONIC_MOV &&
	    source->type == ZYDIS_OPERAND_TYPE_REGISTER)
		put_register(one, register_number(source->reg.value), 16, selector);
	else if (memory_address(one, plan, &address))
		patch(one, address, &selector, 2);
}

/* lds and its like: a pointer, and a selector behind it. */
static void prepare_far_pointer(struct cases *cases, struct native_case *one,
				const struct case_plan *plan)
{
	uint64_t address, value = random_u64(&cases->random);
	uint16_t selector = random_selector(&cases->random);
	uint8_t bytes[10];
	unsigned size = plan->instruction.operand_width / 8;

	if (!memory_address(one, plan, &address) || size > 8)
		return;
	memcpy(bytes, &value, size);
	memcpy(bytes + size, &selector, 2);
	patch(one, address, bytes, size + 2);
}

/* What iret pops: ip, code segment, flags, and in 64-bit mode stack pointer and segment. */
static void prepare_frame(struct cases *cases, struct native_case *one,
			  const struct case_plan *plan)
{
	unsigned size = plan->instruction.operand_width / 8;
	uint64_t values[5] = { NATIVE_CODE + random_below(&cases->random, 0x1000),
			       one->wide ? 0x33 : 0x23, random_u32(&cases->random) & 0x244ed5,
			       case_stack(&cases->random), NATIVE_FLAT };
	uint8_t bytes[40];

	for (unsigned i = 0; i < 5; i++)
		memcpy(bytes + i * size, &values[i], size);
	patch(one, one->state.general[X86_SP], bytes, 5 * size);
	one->state.flags &= ~UINT64_C(0x4000); /* NT would make it a task switch */
}

static void prepare_return(struct cases *cases, struct native_case *one,
			   const struct case_plan *plan)
{
	uint64_t values[2] = { case_value(&cases->random), one->wide ? 0x33 : 0x23 };
	unsigned size = plan->instruction.operand_width / 8;
	uint8_t bytes[16];

	memcpy(bytes, &values[0], size);
	memcpy(bytes + size, &values[1], size);
	patch(one, one->state.general[X86_SP], bytes, 2 * size);
}

/* An image for fxrstor; its MXCSR mostly without reserved bits. */
static void prepare_fxrstor(struct cases *cases, struct native_case *one,
			    const struct case_plan *plan)
{
	uint8_t image[512];
	uint64_t address;

	case_fxsave(&cases->random, image);
	if (case_one_in(&cases->random, 8))
		image[26] = 1;
	if (memory_address(one, plan, &address))
		patch(one, address, image, sizeof image);
}

/* An environment for fldenv and frstor. */
static void prepare_environment(struct cases *cases, struct native_case *one,
				const struct case_plan *plan)
{
	uint16_t control = case_x87_control(&cases->random);
	uint16_t words[3] = { control, case_x87_status(&cases->random, control),
			      (uint16_t)random_u32(&cases->random) };
	uint8_t bytes[108] = { 0 };
	unsigned wide = plan->instruction.operand_width == 16 ? 2 : 4;
	uint64_t address;

	for (unsigned i = 0; i < 3; i++)
		memcpy(bytes + i * wide, &words[i], 2);
	for (unsigned i = 0; i < 8; i++)
		case_real(&cases->random, bytes + 7 * wide + 10 * i);
	if (memory_address(one, plan, &address))
		patch(one, address, bytes,
		      plan->instruction.mnemonic == ZYDIS_MNEMONIC_FRSTOR ? 7 * wide + 80
									  : 7 * wide);
}

static void prepare_mxcsr(struct cases *cases, struct native_case *one,
			  const struct case_plan *plan)
{
	uint32_t value = case_mxcsr(&cases->random);
	uint64_t address;

	if (!case_one_in(&cases->random, 4) && memory_address(one, plan, &address))
		patch(one, address, &value, 4);
}

/* Bit numbers beyond a memory operand address memory around it. */
static void prepare_bit_number(struct cases *cases, struct native_case *one,
			       const struct case_plan *plan)
{
	const ZydisDecodedOperand *source = &plan->operands[1];

	if (source->type == ZYDIS_OPERAND_TYPE_REGISTER &&
	    source->reg.value != plan->operands[0].mem.base && case_one_in(&cases->random, 2))
		put_register(one, register_number(source->reg.value), 64,
			     (uint64_t)(int64_t)(int16_t)(random_u32(&cases->random) & 0x83ff));
}

static void prepare_exchange(struct cases *cases, struct native_case *one,
			     const struct case_plan *plan)
{
	uint64_t address, value;
	int page;
	const ZydisDecodedOperand *target = &plan->operands[0];

	if (case_one_in(&cases->random, 2))
		return;
	if (target->type == ZYDIS_OPERAND_TYPE_REGISTER) {
		if (register_number(target->reg.value) >= 0)
			one->state.general[X86_AX] =
				one->state.general[register_number(target->reg.value)];
		return;
	}
	if (!memory_address(one, plan, &address) || native_piece(address, 16, &page) < 16 ||
	    page < 0)
		return;
	memcpy(&value, &cases->memory[page][address % NATIVE_PAGE], 8);
	put_register(one, X86_AX, 64, value);
	if (plan->instruction.mnemonic == ZYDIS_MNEMONIC_CMPXCHG8B) {
		put_register(one, X86_DX, 64, value >> 32);
		put_register(one, X86_AX, 64, (uint32_t)value);
	} else if (plan->instruction.mnemonic == ZYDIS_MNEMONIC_CMPXCHG16B) {
		memcpy(&value, &cases->memory[page][address % NATIVE_PAGE + 8], 8);
		put_register(one, X86_DX, 64, value);
	}
}

/* A dividend whose quotient has a chance to fit. */
static void prepare_dividend(struct cases *cases, struct native_case *one)
{
	uint64_t low = one->state.general[X86_AX];

	switch (random_below(&cases->random, 4)) {
	case 0: put_register(one, X86_DX, 64, 0); break;
	case 1: put_register(one, X86_DX, 64, (uint64_t)((int64_t)low >> 63)); break;
	case 2: put_register(one, X86_DX, 64, random_below(&cases->random, 256)); break;
	default: break;
	}
	if (case_one_in(&cases->random, 2))
		put_register(one, X86_AX, 16, low & 0x3ff);
}

static void prepare_enter(struct cases *cases, struct native_case *one,
			  const struct case_plan *plan)
{
	unsigned at = plan->instruction.raw.imm[0].offset;

	if (!case_one_in(&cases->random, 8))
		one->code[at + 1] = 0;
	one->code[at] &= case_one_in(&cases->random, 4) ? 0xff : 0x3f;
	one->code[at + 2] &= case_one_in(&cases->random, 4) ? 0xff : 7;
}

/* A 16-bit double shift by more than 16 is undefined. */
static void prepare_double_shift(struct native_case *one, const struct case_plan *plan)
{
	if (plan->instruction.operand_width != 16)
		return;
	one->state.general[X86_CX] &= ~UINT64_C(0x10);
	if (plan->instruction.opcode == 0xa4 || plan->instruction.opcode == 0xac)
		one->code[plan->instruction.length - 1] &= 0xef;
}

/* Up to sixteen iterations, over operands that may overlap. */
static void prepare_repetition(struct cases *cases, struct native_case *one,
			       const struct case_plan *plan)
{
	bool repeated = plan->instruction.attributes &
			(ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE);
	uint64_t count = random_below(&cases->random, 17);

	if (case_one_in(&cases->random, 4))
		put_register(one, X86_DI, plan->instruction.address_width,
			     one->state.general[X86_SI] - 16 + random_below(&cases->random, 32));
	if (!repeated || case_one_in(&cases->random, 8))
		return;
	put_register(one, X86_CX, plan->instruction.address_width, count);
	one->steps = count > 0 ? (unsigned)count : 1;
}

void case_prepare(struct cases *cases, struct native_case *one, struct case_plan *plan)
{
	one->steps = 1;
	switch (plan->instruction.mnemonic) {
	case ZYDIS_MNEMONIC_MOV:
	case ZYDIS_MNEMONIC_POP:
		if (plan->operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    ZydisRegisterGetClass(plan->operands[0].reg.value) == ZYDIS_REGCLASS_SEGMENT)
			prepare_segment_load(cases, one, plan);
		break;
	case ZYDIS_MNEMONIC_LDS:
	case ZYDIS_MNEMONIC_LES:
	case ZYDIS_MNEMONIC_LFS:
	case ZYDIS_MNEMONIC_LGS:
	case ZYDIS_MNEMONIC_LSS: prepare_far_pointer(cases, one, plan); break;
	case ZYDIS_MNEMONIC_IRET:
	case ZYDIS_MNEMONIC_IRETD:
	case ZYDIS_MNEMONIC_IRETQ: prepare_frame(cases, one, plan); break;
	case ZYDIS_MNEMONIC_RET:
		if (case_one_in(&cases->random, 2))
			prepare_return(cases, one, plan);
		break;
	case ZYDIS_MNEMONIC_FXRSTOR:
	case ZYDIS_MNEMONIC_FXRSTOR64: prepare_fxrstor(cases, one, plan); break;
	case ZYDIS_MNEMONIC_FLDENV:
	case ZYDIS_MNEMONIC_FRSTOR: prepare_environment(cases, one, plan); break;
	case ZYDIS_MNEMONIC_LDMXCSR: prepare_mxcsr(cases, one, plan); break;
	case ZYDIS_MNEMONIC_BT:
	case ZYDIS_MNEMONIC_BTS:
	case ZYDIS_MNEMONIC_BTR:
	case ZYDIS_MNEMONIC_BTC: prepare_bit_number(cases, one, plan); break;
	case ZYDIS_MNEMONIC_CMPXCHG:
	case ZYDIS_MNEMONIC_CMPXCHG8B:
	case ZYDIS_MNEMONIC_CMPXCHG16B: prepare_exchange(cases, one, plan); break;
	case ZYDIS_MNEMONIC_DIV:
	case ZYDIS_MNEMONIC_IDIV: prepare_dividend(cases, one); break;
	case ZYDIS_MNEMONIC_ENTER: prepare_enter(cases, one, plan); break;
	case ZYDIS_MNEMONIC_SHLD:
	case ZYDIS_MNEMONIC_SHRD: prepare_double_shift(one, plan); break;
	default:
		if (plan->instruction.meta.category == ZYDIS_CATEGORY_STRINGOP)
			prepare_repetition(cases, one, plan);
		break;
	}
}
