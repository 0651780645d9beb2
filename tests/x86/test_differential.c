/* The simulator beside the host's processor: random instructions of the table in handlers.h with
 * random registers, flags and memory, one at a time, compared in everything that is defined.
 *
 * KENBI_X86_CASES and KENBI_X86_SEED choose how many and which. A row added to the table is tested
 * from then on. */
#include <setjmp.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <cpuid.h>

#include <Zydis/Zydis.h>

#include "native.h"
#include "x86/handlers.h"

enum { DEFAULT_CASES = 150000, MOST_REPORTS = 20, SNAPSHOT_FXSAVE = 416 };

static const char *const mode_names[] = { "32-bit", "64-bit" };

/* Has the host's processor what these instructions need? */
static bool host_executes(ZydisISASet set)
{
	static const struct {
		uint8_t set, leaf, reg, bit; /* registers: 0 eax … 3 edx */
	} features[] = {
		{ ZYDIS_ISA_SET_SSE3, 1, 2, 0 },       { ZYDIS_ISA_SET_PCLMULQDQ, 1, 2, 1 },
		{ ZYDIS_ISA_SET_SSSE3, 1, 2, 9 },      { ZYDIS_ISA_SET_SSE4, 1, 2, 19 },
		{ ZYDIS_ISA_SET_SSE42, 1, 2, 20 },     { ZYDIS_ISA_SET_MOVBE, 1, 2, 22 },
		{ ZYDIS_ISA_SET_POPCNT, 1, 2, 23 },    { ZYDIS_ISA_SET_AES, 1, 2, 25 },
		{ ZYDIS_ISA_SET_BMI1, 7, 1, 3 },       { ZYDIS_ISA_SET_BMI2, 7, 1, 8 },
		{ ZYDIS_ISA_SET_ADOX_ADCX, 7, 1, 19 }, { ZYDIS_ISA_SET_LZCNT, 0x81, 2, 5 },
	};

	for (unsigned i = 0; i < sizeof features / sizeof features[0]; i++) {
		uint32_t answer[4] = { 0 };
		if (features[i].set != set)
			continue;
		__cpuid_count((features[i].leaf & 0x80u) << 24 | (features[i].leaf & 0x7fu), 0,
			      answer[0], answer[1], answer[2], answer[3]);
		return answer[features[i].reg] >> features[i].bit & 1;
	}
	return true;
}

/* Instructions of the table that are not to be compared: they leave the process, tell of the
 * processor, or mean something else to a 64-bit kernel's process than to a user's machine. */
static bool comparable(ZydisMnemonic mnemonic)
{
	static const uint16_t left_out[] = {
		ZYDIS_MNEMONIC_INT,	ZYDIS_MNEMONIC_INT1,	  ZYDIS_MNEMONIC_INT3,
		ZYDIS_MNEMONIC_INTO,	ZYDIS_MNEMONIC_SYSCALL,	  ZYDIS_MNEMONIC_SYSENTER,
		ZYDIS_MNEMONIC_CPUID,	ZYDIS_MNEMONIC_RDTSC,	  ZYDIS_MNEMONIC_LDS,
		ZYDIS_MNEMONIC_LES,	ZYDIS_MNEMONIC_LFS,	  ZYDIS_MNEMONIC_LGS,
		ZYDIS_MNEMONIC_LSS,	ZYDIS_MNEMONIC_SGDT,	  ZYDIS_MNEMONIC_SIDT,
		ZYDIS_MNEMONIC_SLDT,	ZYDIS_MNEMONIC_STR,	  ZYDIS_MNEMONIC_SMSW,
		ZYDIS_MNEMONIC_RDTSCP,	ZYDIS_MNEMONIC_FXSAVE,	  ZYDIS_MNEMONIC_FXSAVE64,
		ZYDIS_MNEMONIC_FXRSTOR, ZYDIS_MNEMONIC_FXRSTOR64, ZYDIS_MNEMONIC_FNSTENV,
		ZYDIS_MNEMONIC_FNSAVE,	ZYDIS_MNEMONIC_CLFLUSH,	  ZYDIS_MNEMONIC_FSTPNCE
	};
#define ROW(mnemonic, name) [ZYDIS_MNEMONIC_##mnemonic] = true,
	static const bool rows[ZYDIS_MNEMONIC_MAX_VALUE + 1] = { X86_INSTRUCTIONS(ROW) };
#undef ROW
	for (unsigned i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
		if (left_out[i] == mnemonic)
			return false;
	return rows[mnemonic];
}

static bool harmless_operands(const ZydisDecodedInstruction *instruction,
			      const ZydisDecodedOperand *operands)
{
	/* AMD honours the operand size of 64-bit branches, Intel does not, and so do we */
	if (instruction->meta.branch_type != ZYDIS_BRANCH_TYPE_NONE &&
	    instruction->machine_mode == ZYDIS_MACHINE_MODE_LONG_64 &&
	    instruction->attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE)
		return false;
	/* AMD lets these prefixes choose between loope and loopne */
	if ((instruction->mnemonic == ZYDIS_MNEMONIC_LOOPE ||
	     instruction->mnemonic == ZYDIS_MNEMONIC_LOOPNE) &&
	    instruction->raw.prefix_count > 0)
		return false;
	/* 0f 0d with a register: #UD on AMD, a no-operation on Intel and here */
	if (instruction->mnemonic == ZYDIS_MNEMONIC_NOP && instruction->opcode == 0x0d)
		return false;
	for (unsigned i = 0; i < instruction->operand_count; i++) {
		const ZydisDecodedOperand *operand = &operands[i];
		ZydisRegister segment = operand->type == ZYDIS_OPERAND_TYPE_MEMORY
						? operand->mem.segment
						: ZYDIS_REGISTER_NONE;
		if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    instruction->meta.branch_type != ZYDIS_BRANCH_TYPE_FAR &&
		    ZydisRegisterGetClass(operand->reg.value) == ZYDIS_REGCLASS_SEGMENT)
			return false;
		if (segment == ZYDIS_REGISTER_FS || segment == ZYDIS_REGISTER_GS ||
		    segment == ZYDIS_REGISTER_CS)
			return false;
	}
	return true;
}

/* --- generation --- */

static uint64_t random_value(struct random *random)
{
	static const uint64_t edges[] = {
		0,	    1,		2,	   0x7f,       0x80,
		0xff,	    0x7fff,	0x8000,	   0xffff,     0x7fffffff,
		0x80000000, 0xffffffff, INT64_MAX, 1ull << 63, UINT64_MAX
	};
	uint64_t value = random_u64(random);

	switch (random_below(random, 8)) {
	case 0: return edges[value % (sizeof edges / sizeof edges[0])];
	case 1: return value & 0x1f;
	case 2: return value & 0xffff;
	case 3: return (uint64_t)(int8_t)value;
	case 4:
	case 5: return NATIVE_DATA + 512 + value % (NATIVE_REGION - 1024);
	default: return value;
	}
}

/* Bytes that look like some instruction; whether they are one is for the decoder to say. */
static void random_bytes(struct random *random, bool wide, uint8_t *bytes)
{
	unsigned at = 0, kind = random_below(random, 16);

	for (unsigned i = 0; i < 16; i++)
		bytes[i] = (uint8_t)random_u32(random);
	if (random_below(random, 4) == 0)
		bytes[at++] = 0x66;
	if (random_below(random, 16) == 0)
		bytes[at++] = 0x67;
	if (random_below(random, 8) == 0)
		bytes[at++] = (uint8_t)(0xf2 + random_below(random, 2));
	if (random_below(random, 32) == 0)
		bytes[at++] = 0xf0;
	if (wide && random_below(random, 2) == 0)
		bytes[at++] = (uint8_t)(0x40 + random_below(random, 16));
	if (kind < 6)
		bytes[at++] = 0x0f;
	if (kind == 0 || kind == 1)
		bytes[at++] = kind == 0 ? 0x38 : 0x3a;
	if (kind == 14) { /* VEX: the maps of the general-purpose instructions */
		bytes[at] = (uint8_t)(0xc4 + (random_below(random, 16) == 0));
		bytes[at + 1] = (uint8_t)((bytes[at + 1] & 0xe0) | (2 + random_below(random, 2)));
		bytes[at + 2] &= random_below(random, 4) ? 0xfb : 0xff;
		bytes[at + 3] = (uint8_t)(0xf0 + random_below(random, 8));
	}
	if (kind == 15)
		bytes[at] = (uint8_t)(0xd8 + random_below(random, 8));
}

static int register_number(ZydisRegister reg)
{
	ZydisRegisterClass class = ZydisRegisterGetClass(reg);

	if (class != ZYDIS_REGCLASS_GPR64 && class != ZYDIS_REGCLASS_GPR32)
		return -1;
	return ZydisRegisterGetId(reg);
}

/* Moves a base register so that most memory operands hit the data pages. */
static void aim(struct random *random, struct native_case *one,
		const ZydisDecodedInstruction *instruction, const ZydisDecodedOperand *operands)
{
	for (unsigned i = 0; i < instruction->operand_count; i++) {
		const ZydisDecodedOperand *operand = &operands[i];
		int base, index;
		uint64_t offset = 0;
		if (operand->type != ZYDIS_OPERAND_TYPE_MEMORY || random_below(random, 16) == 0)
			continue;
		base = register_number(operand->mem.base);
		index = register_number(operand->mem.index);
		if (base < 0 || base == index || base == X86_SP)
			continue;
		if (index >= 0) {
			one->state.general[index] = (uint64_t)(int64_t)(int8_t)random_u32(random);
			offset = one->state.general[index] * operand->mem.scale;
		}
		offset += (uint64_t)operand->mem.disp.value;
		one->state.general[base] =
			NATIVE_DATA + 512 + random_below(random, NATIVE_REGION - 1024) - offset;
		if (random_below(random, 2) == 0)
			one->state.general[base] &= ~UINT64_C(15);
		if (!one->wide || instruction->address_width == 32)
			one->state.general[base] &= UINT32_MAX;
		if (!one->wide && index >= 0)
			one->state.general[index] &= UINT32_MAX;
	}
}

/* A value of the x87 stack: mostly numbers near one, some of the special ones. */
static void random_real(struct random *random, uint8_t *at)
{
	uint64_t mantissa = random_u64(random) | UINT64_C(1) << 63;
	uint16_t exponent = (uint16_t)(0x3fff - 8 + random_below(random, 16));

	switch (random_below(random, 12)) {
	case 0: mantissa = exponent = 0; break;
	case 1: exponent = 0x7fff; break;
	case 2:
		exponent = 0x7fff;
		mantissa = UINT64_C(1) << 63;
		break;
	case 3:
		exponent = 0;
		mantissa &= INT64_MAX;
		break;
	case 4: exponent = (uint16_t)random_below(random, 0x7fff); break;
	case 5: mantissa &= UINT64_MAX << 40; break;
	default: break;
	}
	exponent |= (uint16_t)(random_u32(random) & 0x8000);
	memcpy(at, &mantissa, 8);
	memcpy(at + 8, &exponent, 2);
}

/* Vector registers hold small and large numbers in every reading: integers, floats, doubles. */
static void random_vector(struct random *random, uint8_t *at)
{
	for (unsigned i = 0; i < 16; i += 8) {
		uint64_t value = random_value(random);
		double number = (double)(int32_t)random_u32(random) / 1024;
		float half[2] = { (float)number, (float)(number * 3) };
		switch (random_below(random, 4)) {
		case 0: memcpy(at + i, &number, 8); break;
		case 1: memcpy(at + i, half, 8); break;
		default: memcpy(at + i, &value, 8); break;
		}
	}
}

/* Something that a far return or iret could take off the stack, of some size. */
static void random_frame(struct random *random, bool wide, uint8_t *at, unsigned room)
{
	const uint64_t values[5] = { NATIVE_CODE + random_below(random, 4000), wide ? 0x33 : 0x23,
				     random_u32(random), NATIVE_STACK + random_below(random, 4000),
				     0x2b };
	unsigned size = 2u << random_below(random, wide ? 3 : 2);

	for (unsigned i = 0; i < 5 && size * (i + 1) <= room; i++)
		memcpy(at + size * i, &values[i], size);
}

static void random_fxsave(struct random *random, uint8_t *area)
{
	uint16_t control = (uint16_t)(0x7f | (random_below(random, 4) << 10) |
				      (random_below(random, 4) == 0 ? 2u << 8 : 3u << 8));
	uint16_t status = (uint16_t)(random_below(random, 8) << 11 | (random_u32(random) & 0x4700));
	uint32_t mxcsr = 0x1f80 | random_below(random, 4) << 13;

	if (random_below(random, 4) == 0)
		control = (uint16_t)((control & ~0x3fu) | (random_u32(random) & 0x3f));
	if (random_below(random, 16) == 0)
		status |= (uint16_t)(random_u32(random) & 0x7f);
	status |= status & ~control & 0x3f ? 0x8080 : 0;
	memset(area, 0, 512);
	memcpy(area, &control, 2);
	memcpy(area + 2, &status, 2);
	area[4] = (uint8_t)random_u32(random);
	memcpy(area + 24, &mxcsr, 4);
	for (unsigned i = 0; i < 8; i++)
		random_real(random, area + 32 + 16 * i);
	for (unsigned i = 0; i < 16; i++)
		random_vector(random, area + 160 + 16 * i);
}

static void random_state(struct random *random, struct native_case *one)
{
	for (unsigned i = 0; i < 16; i++) {
		one->state.general[i] = random_value(random);
		if (!one->wide)
			one->state.general[i] = i < 8 ? (uint32_t)one->state.general[i] : 0;
	}
	one->state.general[X86_SP] = NATIVE_STACK + 4096 - 64 + random_below(random, 128);
	one->state.flags = 0x302 | (random_u32(random) & 0xcd5);
	if (random_below(random, 16) == 0)
		one->state.flags |= 0x40000; /* AC */
	random_fxsave(random, one->state.fxsave);
	if (!one->wide)
		memset(one->state.fxsave + 160 + 128, 0, 128);
	/* sometimes so that the instruction lies across the page border */
	one->state.ip =
		NATIVE_CODE + (random_below(random, 8) == 0 ? 4096 - 15 + random_below(random, 15)
							    : random_below(random, 4000));
}

static void make_case(struct random *random, const ZydisDecoder *decoder, bool wide,
		      struct native_case *one, ZydisDecodedInstruction *instruction)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];

	one->wide = wide;
	do {
		random_bytes(random, wide, one->code);
	} while (!ZYAN_SUCCESS(
			 ZydisDecoderDecodeFull(decoder, one->code, 15, instruction, operands)) ||
		 !comparable(instruction->mnemonic) || !host_executes(instruction->meta.isa_set) ||
		 !harmless_operands(instruction, operands));
	one->code_length = instruction->length;
	/* a direct far pointer, mostly into this code segment */
	if (operands[0].type == ZYDIS_OPERAND_TYPE_POINTER && random_below(random, 4)) {
		one->code[one->code_length - 2] = wide ? 0x33 : 0x23;
		one->code[one->code_length - 1] = 0;
	}
	random_state(random, one);
	aim(random, one, instruction, operands);
	/* a 16-bit double shift by more than 16 is undefined */
	if ((instruction->mnemonic == ZYDIS_MNEMONIC_SHLD ||
	     instruction->mnemonic == ZYDIS_MNEMONIC_SHRD) &&
	    instruction->operand_width == 16) {
		one->state.general[X86_CX] &= ~UINT64_C(0x10);
		if (instruction->opcode == 0xa4 || instruction->opcode == 0xac)
			one->code[one->code_length - 1] &= 0xef;
	}
}

/* --- the simulated side --- */

static void load_fxsave(struct registers *registers, const uint8_t *area)
{
	memcpy(&registers->x87.control, area, 2);
	memcpy(&registers->x87.status, area + 2, 2);
	registers->x87.valid = area[4];
	memcpy(&registers->mxcsr, area + 24, 4);
	for (unsigned i = 0; i < 8; i++) {
		struct x87_value *value =
			&registers->x87.values[((registers->x87.status >> 11 & 7) + i) & 7];
		memcpy(&value->mantissa, area + 32 + 16 * i, 8);
		memcpy(&value->sign_exponent, area + 32 + 16 * i + 8, 2);
	}
	memcpy(registers->xmm, area + 160, 256);
}

static void save_fxsave(const struct registers *registers, uint8_t *area)
{
	memset(area, 0, 512);
	memcpy(area, &registers->x87.control, 2);
	memcpy(area + 2, &registers->x87.status, 2);
	area[4] = registers->x87.valid;
	memcpy(area + 24, &registers->mxcsr, 4);
	for (unsigned i = 0; i < 8; i++) {
		const struct x87_value *value =
			&registers->x87.values[((registers->x87.status >> 11 & 7) + i) & 7];
		memcpy(area + 32 + 16 * i, &value->mantissa, 8);
		memcpy(area + 32 + 16 * i + 8, &value->sign_exponent, 2);
	}
	memcpy(area + 160, registers->xmm, 256);
}

static void simulate(struct x86 *machine, struct native_case *one)
{
	struct x86_exit end;

	x86_rollback(machine);
	assert_int_equal(x86_write(machine, one->state.ip, one->code, one->code_length), 0);
	for (unsigned i = 0; i < 16; i++)
		x86_set(machine, (enum x86_register)i, one->state.general[i]);
	x86_set_ip(machine, one->state.ip);
	x86_set_flags(machine, one->state.flags);
	load_fxsave(&machine->registers, one->state.fxsave);
	end = x86_run(machine, 2);
	for (unsigned i = 0; i < 16; i++)
		one->state.general[i] = x86_get(machine, (enum x86_register)i);
	one->state.ip = x86_ip(machine);
	one->state.flags = x86_flags(machine);
	save_fxsave(&machine->registers, one->state.fxsave);
	one->vector = end.reason == X86_STOP_FAULT ? end.vector : -1;
	one->error_code = end.error_code;
	one->fault_address = end.fault_address;
	assert_int_equal(x86_read(machine, NATIVE_DATA, one->data, NATIVE_REGION), 0);
	assert_int_equal(x86_read(machine, NATIVE_STACK, one->stack, NATIVE_REGION), 0);
}

/* --- comparison --- */

static unsigned undefined_flags(const ZydisDecodedInstruction *instruction)
{
	return instruction->cpu_flags ? (unsigned)instruction->cpu_flags->undefined & 0x8d5 : 0;
}

/* Brings what the processor and the simulator may choose freely to one value. */
static void normalise(struct native_case *one, const ZydisDecodedInstruction *instruction)
{
	uint16_t status;

	one->state.flags &= 0x244fd5u & ~undefined_flags(instruction);
	one->state.flags &= ~(uint64_t)0x100;
	one->error_code &= ~4u; /* every access is the user's */
	if (one->fault_address >> 63)
		one->error_code &= ~1u; /* the kernel hides what it has mapped */
	/* which operand faults first is nobody's business */
	if (one->vector != 14 || instruction->mnemonic == ZYDIS_MNEMONIC_CMPSB ||
	    instruction->mnemonic == ZYDIS_MNEMONIC_CMPSW ||
	    instruction->mnemonic == ZYDIS_MNEMONIC_CMPSD ||
	    instruction->mnemonic == ZYDIS_MNEMONIC_CMPSQ)
		one->fault_address = 0;
	if (one->vector != 14 && one->vector != 13)
		one->error_code = 0;
	/* last instruction and operand, reserved bytes */
	memset(one->state.fxsave + 5, 0, 19);
	memset(one->state.fxsave + 28, 0, 4);
	for (unsigned i = 0; i < 8; i++)
		memset(one->state.fxsave + 32 + 16 * i + 10, 0, 6);
	/* C0, C2, C3 are undefined after arithmetic */
	memcpy(&status, one->state.fxsave + 2, 2);
	if (instruction->fpu_flags)
		status &= (uint16_t) ~((instruction->fpu_flags->undefined & 1 ? 0x100u : 0) |
				       (instruction->fpu_flags->undefined & 2 ? 0x200u : 0) |
				       (instruction->fpu_flags->undefined & 4 ? 0x400u : 0) |
				       (instruction->fpu_flags->undefined & 8 ? 0x4000u : 0));
	/* AMD keeps C1 in comparisons that answer in the flags, Intel clears it */
	if (instruction->meta.category == ZYDIS_CATEGORY_X87_ALU && instruction->cpu_flags &&
	    instruction->cpu_flags->modified)
		status &= 0xfdff;
	memcpy(one->state.fxsave + 2, &status, 2);
}

/* An operand around the end of the 32-bit space: what is checked first differs between
 * instructions. */
static bool wraps(const struct native_case *one)
{
	return !one->wide && one->vector == 14 && one->fault_address >= 0xffffff00;
}

/* AMD's processors let ldmxcsr set bit 17, misaligned operands; Intel's and ours fault. */
static bool misaligned_mode(const struct native_case *one)
{
	return one->state.fxsave[26] & 2;
}

/* Transcendental functions are ours, not the host's: two units in the last place are the same, and
 * the host's PE and C1 tell of its own approximation. fyl2xp1 is only defined near zero. */
static void approximate(const struct native_case *before, struct native_case *host,
			struct native_case *ours, ZydisMnemonic mnemonic)
{
	uint16_t exponent;

	if (mnemonic != ZYDIS_MNEMONIC_F2XM1 && mnemonic != ZYDIS_MNEMONIC_FSIN &&
	    mnemonic != ZYDIS_MNEMONIC_FCOS && mnemonic != ZYDIS_MNEMONIC_FSINCOS &&
	    mnemonic != ZYDIS_MNEMONIC_FPTAN && mnemonic != ZYDIS_MNEMONIC_FPATAN &&
	    mnemonic != ZYDIS_MNEMONIC_FYL2X && mnemonic != ZYDIS_MNEMONIC_FYL2XP1)
		return;
	memcpy(&exponent, before->state.fxsave + 40, 2);
	if (mnemonic == ZYDIS_MNEMONIC_FYL2XP1 && (exponent & 0x7fff) >= 0x3ffd)
		memcpy(host->state.fxsave, ours->state.fxsave, SNAPSHOT_FXSAVE);
	host->state.fxsave[2] &= 0xdf;
	ours->state.fxsave[2] &= 0xdf;
	host->state.fxsave[3] &= 0xfd;
	ours->state.fxsave[3] &= 0xfd;
	for (unsigned i = 0; i < 8; i++) {
		uint8_t *theirs = host->state.fxsave + 32 + 16 * i;
		const uint8_t *mine = ours->state.fxsave + 32 + 16 * i;
		uint64_t a, b;
		memcpy(&a, theirs, 8);
		memcpy(&b, mine, 8);
		if (memcmp(theirs + 8, mine + 8, 2) == 0 && (a > b ? a - b : b - a) <= 2)
			memcpy(theirs, mine, 8);
	}
}

/* Where AMD does otherwise than Intel and we: it loads a denormal, and answers a comparison, in
 * spite of an exception that is not masked (SDM vol. 1, 8.5.2; vol. 2, FCOM and FCOMI); MXCSR has
 * one bit more; a call touches its stack before it looks at its target; an environment around the
 * end of the space is read part by part. */
static bool other_on_amd(const struct native_case *host, const struct native_case *ours,
			 const ZydisDecodedInstruction *instruction)
{
	unsigned raised = host->state.fxsave[2] & ~host->state.fxsave[0] & 3u;

	switch (instruction->mnemonic) {
	case ZYDIS_MNEMONIC_LDMXCSR: return host->state.fxsave[26] & 2;
	case ZYDIS_MNEMONIC_IRETQ:
		return host->vector == 13 && ours->vector == 13 && host->error_code == 0;
	case ZYDIS_MNEMONIC_RET:
		return (host->vector == 14 || host->vector == 17) && ours->vector == 13;
	case ZYDIS_MNEMONIC_FLDENV:
	case ZYDIS_MNEMONIC_FRSTOR:
	case ZYDIS_MNEMONIC_CALL: return host->vector == 17 && ours->vector == 13;
	case ZYDIS_MNEMONIC_FLD: return raised & 2;
	case ZYDIS_MNEMONIC_FTST:
	case ZYDIS_MNEMONIC_FCOM:
	case ZYDIS_MNEMONIC_FCOMP:
	case ZYDIS_MNEMONIC_FCOMPP:
	case ZYDIS_MNEMONIC_FICOM:
	case ZYDIS_MNEMONIC_FICOMP:
	case ZYDIS_MNEMONIC_FUCOM:
	case ZYDIS_MNEMONIC_FUCOMP:
	case ZYDIS_MNEMONIC_FUCOMPP:
	case ZYDIS_MNEMONIC_FCOMI:
	case ZYDIS_MNEMONIC_FCOMIP:
	case ZYDIS_MNEMONIC_FUCOMI:
	case ZYDIS_MNEMONIC_FUCOMIP: return raised;
	default: return false;
	}
}

/* The host's kernel has descriptors that a machine does not have, above all the code segment of the
 * other mode; and AMD has no far pointers of 64 bits. */
static bool other_descriptors(const struct native_case *host, const struct native_case *ours,
			      const ZydisDecodedInstruction *instruction)
{
	uint32_t foreign = ours->wide ? 0x20 : 0x30;

	switch (instruction->mnemonic) {
	case ZYDIS_MNEMONIC_LAR:
	case ZYDIS_MNEMONIC_LSL:
	case ZYDIS_MNEMONIC_VERR:
	case ZYDIS_MNEMONIC_VERW: return host->state.flags & ~ours->state.flags & X86_FLAG_ZF;
	case ZYDIS_MNEMONIC_CALL:
	case ZYDIS_MNEMONIC_JMP:
		if (instruction->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR &&
		    instruction->operand_width == 64)
			return true;
		/* fall through */
	default:
		return instruction->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR &&
		       ours->vector == 13 && ours->error_code == foreign;
	}
}

static bool equal(const struct native_case *a, const struct native_case *b)
{
	return memcmp(a->state.general, b->state.general, sizeof a->state.general) == 0 &&
	       a->state.ip == b->state.ip && a->state.flags == b->state.flags &&
	       memcmp(a->state.fxsave, b->state.fxsave, SNAPSHOT_FXSAVE) == 0 &&
	       a->vector == b->vector && a->error_code == b->error_code &&
	       a->fault_address == b->fault_address &&
	       memcmp(a->data, b->data, NATIVE_REGION) == 0 &&
	       memcmp(a->stack, b->stack, NATIVE_REGION) == 0;
}

/* Reciprocal estimates are the processor's own, within a relative error of 1.5 * 2^-12 of the true
 * value: a lane of ours that is as near to the host's as that allows becomes the host's. */
static void accept_estimates(const struct native_case *host, struct native_case *ours,
			     const ZydisDecodedInstruction *instruction)
{
	uint8_t *at = ours->state.fxsave + 160;
	const uint8_t *from = host->state.fxsave + 160;

	if (instruction->mnemonic != ZYDIS_MNEMONIC_RCPPS &&
	    instruction->mnemonic != ZYDIS_MNEMONIC_RCPSS &&
	    instruction->mnemonic != ZYDIS_MNEMONIC_RSQRTPS &&
	    instruction->mnemonic != ZYDIS_MNEMONIC_RSQRTSS)
		return;
	for (unsigned i = 0; i < 256; i += 4) {
		float theirs, our;
		memcpy(&theirs, from + i, 4);
		memcpy(&our, at + i, 4);
		/* around the smallest normal number tiny results are zero for one, not the other */
		if (fabsf(theirs - our) <= fabsf(theirs) * (3.0f / 4096) ||
		    (signbit(theirs) == signbit(our) && fabsf(theirs) + fabsf(our) < 1.18e-38f))
			memcpy(at + i, from + i, 4);
	}
}

static void report(const struct native_case *before, const struct native_case *host,
		   const struct native_case *ours, const char *text)
{
	printf("%s %s:", mode_names[before->wide], text);
	for (unsigned i = 0; i < before->code_length; i++)
		printf(" %02x", before->code[i]);
	printf("\n  vector %d/%d error %x/%x at %llx/%llx ip %llx->%llx/%llx flags "
	       "%llx->%llx/%llx\n",
	       host->vector, ours->vector, host->error_code, ours->error_code,
	       (unsigned long long)host->fault_address, (unsigned long long)ours->fault_address,
	       (unsigned long long)before->state.ip, (unsigned long long)host->state.ip,
	       (unsigned long long)ours->state.ip, (unsigned long long)before->state.flags,
	       (unsigned long long)host->state.flags, (unsigned long long)ours->state.flags);
	for (unsigned i = 0; i < 16; i++)
		if (host->state.general[i] != ours->state.general[i])
			printf("  r%u %llx -> %llx/%llx\n", i,
			       (unsigned long long)before->state.general[i],
			       (unsigned long long)host->state.general[i],
			       (unsigned long long)ours->state.general[i]);
	for (unsigned i = 0; i < SNAPSHOT_FXSAVE; i += 2)
		if (memcmp(host->state.fxsave + i, ours->state.fxsave + i, 2) != 0)
			printf("  fxsave+%u %02x%02x -> %02x%02x/%02x%02x\n", i,
			       before->state.fxsave[i + 1], before->state.fxsave[i],
			       host->state.fxsave[i + 1], host->state.fxsave[i],
			       ours->state.fxsave[i + 1], ours->state.fxsave[i]);
	for (unsigned i = 0; i < NATIVE_REGION; i++) {
		if (host->data[i] != ours->data[i])
			printf("  data+%x %02x/%02x\n", i, host->data[i], ours->data[i]);
		if (host->stack[i] != ours->stack[i])
			printf("  stack+%x %02x/%02x\n", i, host->stack[i], ours->stack[i]);
	}
}

/* --- the run --- */

struct comparison {
	struct native *native;
	struct x86 *machine;
	ZydisDecoder decoder;
	struct random random;
	bool wide;
	unsigned long mismatches;
};

static struct x86 *machine_new(bool wide, const uint8_t memory[2][NATIVE_REGION])
{
	struct x86 *machine = x86_new(wide ? X86_MODE_64 : X86_MODE_32, 1u << 20);

	assert_non_null(machine);
	assert_int_equal(
		x86_map(machine, NATIVE_CODE, NATIVE_REGION, X86_READ | X86_WRITE | X86_EXECUTE),
		0);
	assert_int_equal(x86_map(machine, NATIVE_DATA, NATIVE_REGION, X86_READ | X86_WRITE), 0);
	assert_int_equal(x86_map(machine, NATIVE_STACK, NATIVE_REGION, X86_READ | X86_WRITE), 0);
	assert_int_equal(x86_write(machine, NATIVE_DATA, memory[0], NATIVE_REGION), 0);
	assert_int_equal(x86_write(machine, NATIVE_STACK, memory[1], NATIVE_REGION), 0);
	assert_int_equal(x86_snapshot(machine), 0);
	return machine;
}

static void compare_batch(struct comparison *run, unsigned count)
{
	static struct native_case before[NATIVE_BATCH];
	static ZydisDecodedInstruction instructions[NATIVE_BATCH];
	struct native_case *host = native_cases(run->native);

	for (unsigned i = 0; i < count; i++) {
		make_case(&run->random, &run->decoder, run->wide, &before[i], &instructions[i]);
		host[i] = before[i];
	}
	assert_true(native_run(run->native, count));
	for (unsigned i = 0; i < count; i++) {
		static struct native_case ours;
		ours = before[i];
		simulate(run->machine, &ours);
		/* enter pushes before it faults; here a fault changes nothing */
		if (instructions[i].mnemonic == ZYDIS_MNEMONIC_ENTER && host[i].vector != 1)
			memcpy(host[i].stack, ours.stack, sizeof ours.stack);
		normalise(&host[i], &instructions[i]);
		normalise(&ours, &instructions[i]);
		accept_estimates(&host[i], &ours, &instructions[i]);
		approximate(&before[i], &host[i], &ours, instructions[i].mnemonic);
		if (other_on_amd(&host[i], &ours, &instructions[i]) || misaligned_mode(&host[i]) ||
		    other_descriptors(&host[i], &ours, &instructions[i]) || ours.vector == -1)
			continue;
		if (equal(&host[i], &ours) ||
		    (wraps(&host[i]) && (ours.vector == 13 || ours.vector == 12)))
			continue;
		if (run->mismatches++ < MOST_REPORTS)
			report(&before[i], &host[i], &ours,
			       ZydisMnemonicGetString(instructions[i].mnemonic));
	}
}

static unsigned long number_from(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

static void agrees_with_the_host(bool wide)
{
	static uint8_t memory[2][NATIVE_REGION];
	unsigned long cases = number_from("KENBI_X86_CASES", DEFAULT_CASES);
	struct comparison run = { .wide = wide };
	const char *reason;

	random_init(&run.random, number_from("KENBI_X86_SEED", 1), wide);
	for (unsigned i = 0; i < NATIVE_REGION; i += 16) {
		random_vector(&run.random, &memory[0][i]);
		random_vector(&run.random, &memory[1][i]);
	}
	for (unsigned i = 0; i < NATIVE_REGION; i += 4 * (1 + random_below(&run.random, 8)))
		random_frame(&run.random, wide, &memory[random_below(&run.random, 2)][i],
			     NATIVE_REGION - i);
	run.native = native_start(memory, &reason);
	if (!run.native || (!wide && !native_has_32(run.native))) {
		printf("skipped: %s\n", run.native ? "the host runs no 32-bit code" : reason);
		native_stop(run.native);
		skip();
	}
	run.machine = machine_new(wide, memory);
	run.decoder = run.machine->decoder;
	for (unsigned long done = 0; done < cases; done += NATIVE_BATCH)
		compare_batch(&run, NATIVE_BATCH);
	printf("%s: %lu cases, %lu mismatches\n", mode_names[wide], cases, run.mismatches);
	native_stop(run.native);
	x86_free(run.machine);
	assert_int_equal(run.mismatches, 0);
}

static void agrees_in_32_bit_mode(void **state)
{
	(void)state;
	agrees_with_the_host(false);
}

static void agrees_in_64_bit_mode(void **state)
{
	(void)state;
	agrees_with_the_host(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(agrees_in_32_bit_mode),
					    cmocka_unit_test(agrees_in_64_bit_mode) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
