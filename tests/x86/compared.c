#include "compared.h"

#include <cpuid.h>
#include <string.h>

#include "cases.h"
#include "x86/handlers.h"

bool compared_row(ZydisMnemonic mnemonic)
{
#define ROW(mnemonic, name) [ZYDIS_MNEMONIC_##mnemonic] = true,
	static const bool rows[ZYDIS_MNEMONIC_MAX_VALUE + 1] = { X86_INSTRUCTIONS(ROW) };
#undef ROW
	return rows[mnemonic];
}

/* Implemented, but nothing that this test could compare. */
const char *compared_not(ZydisMnemonic mnemonic)
{
	static const struct {
		uint16_t mnemonic;
		const char *why;
	} table[] = {
		{ ZYDIS_MNEMONIC_SYSCALL, "enters the kernel; here the owner answers" },
		{ ZYDIS_MNEMONIC_SYSENTER, "enters the kernel; here the owner answers" },
		{ ZYDIS_MNEMONIC_CPUID, "tells which processor it is; ours is its own model" },
		{ ZYDIS_MNEMONIC_RDTSC, "tells the time; ours is the instruction count" },
		{ ZYDIS_MNEMONIC_RDTSCP, "tells the time; ours is the instruction count" },
		{ ZYDIS_MNEMONIC_LAR, "tells the kernel's descriptors" },
		{ ZYDIS_MNEMONIC_LSL, "tells the kernel's descriptors" },
		{ ZYDIS_MNEMONIC_VERR, "tells the kernel's descriptors" },
		{ ZYDIS_MNEMONIC_VERW, "tells the kernel's descriptors" },
		{ ZYDIS_MNEMONIC_SYSRET, "outside 64-bit mode #UD on Intel, #GP on AMD" },
		{ ZYDIS_MNEMONIC_SGDT, "tells the kernel's addresses (or UMIP forbids it)" },
		{ ZYDIS_MNEMONIC_SIDT, "tells the kernel's addresses (or UMIP forbids it)" },
		{ ZYDIS_MNEMONIC_SLDT, "tells the kernel's selectors (or UMIP forbids it)" },
		{ ZYDIS_MNEMONIC_STR, "tells the kernel's selectors (or UMIP forbids it)" },
		{ ZYDIS_MNEMONIC_SMSW, "tells the kernel's CR0 (or UMIP forbids it)" },
		{ ZYDIS_MNEMONIC_INT1, "under TF hypervisors differ in where its trap is" },
		{ ZYDIS_MNEMONIC_FSTPNCE, "undocumented, and processors differ in its tag" },
		{ ZYDIS_MNEMONIC_ENDBR32, "decoded as nop: no CET in our cpuid" },
		{ ZYDIS_MNEMONIC_ENDBR64, "decoded as nop: no CET in our cpuid" },
		{ ZYDIS_MNEMONIC_FEMMS, "3DNow!, which processors since 2011 lack" },
	};

	for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++)
		if (table[i].mnemonic == mnemonic)
			return table[i].why;
	if (ZydisMnemonicGetString(mnemonic)[0] == 'v')
		return "vectors of 32 bytes are no part of a case's state: test_avx.c";
	return NULL;
}

/* --- what the host has --- */

/* What the host lacks for a mnemonic that came by. */
static const char *lacked[ZYDIS_MNEMONIC_MAX_VALUE + 1];

const char *compared_host_lacks(ZydisMnemonic mnemonic)
{
	return lacked[mnemonic];
}

enum cpuid_register { AX, BX, CX, DX };

static bool host_has(uint32_t leaf, enum cpuid_register reg, unsigned bit)
{
	uint32_t values[4];

	if (!__get_cpuid_count(leaf, 0, &values[AX], &values[BX], &values[CX], &values[DX]))
		return false;
	return values[reg] >> bit & 1;
}

static const char *lacking(const ZydisDecodedInstruction *instruction)
{
	static const struct {
		uint16_t extension;
		uint32_t leaf;
		uint8_t reg, bit;
		const char *name;
	} table[] = {
		{ ZYDIS_ISA_EXT_SSE3, 1, CX, 0, "SSE3" },
		{ ZYDIS_ISA_EXT_SSSE3, 1, CX, 9, "SSSE3" },
		{ ZYDIS_ISA_EXT_SSE4, 1, CX, 20, "SSE4.2" },
		{ ZYDIS_ISA_EXT_MOVBE, 1, CX, 22, "MOVBE" },
		{ ZYDIS_ISA_EXT_AES, 1, CX, 25, "AES" },
		{ ZYDIS_ISA_EXT_PCLMULQDQ, 1, CX, 1, "PCLMULQDQ" },
		{ ZYDIS_ISA_EXT_LZCNT, 0x80000001, CX, 5, "LZCNT" },
		{ ZYDIS_ISA_EXT_BMI1, 7, BX, 3, "BMI1" },
		{ ZYDIS_ISA_EXT_BMI2, 7, BX, 8, "BMI2" },
		{ ZYDIS_ISA_EXT_ADOX_ADCX, 7, BX, 19, "ADX" },
		{ ZYDIS_ISA_EXT_RDTSCP, 0x80000001, DX, 27, "RDTSCP" },
		{ ZYDIS_ISA_EXT_RDPID, 7, CX, 22, "RDPID" },
		{ ZYDIS_ISA_EXT_AMD3DNOW_PREFETCH, 0x80000001, CX, 8, "PREFETCHW" },
		{ ZYDIS_ISA_EXT_SHA, 7, BX, 29, "SHA" },
	};
	static int8_t known[sizeof table / sizeof table[0]]; /* 1: has it, -1: has not */

	for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (table[i].extension != instruction->meta.isa_ext)
			continue;
		if (known[i] == 0)
			known[i] = host_has(table[i].leaf, table[i].reg, table[i].bit) ? 1 : -1;
		return known[i] > 0 ? NULL : table[i].name;
	}
	return NULL;
}

/* --- forms where processors differ, or the kernel gets in the way --- */

static bool has_prefix(const ZydisDecodedInstruction *instruction, uint8_t value)
{
	for (unsigned i = 0; i < instruction->raw.prefix_count; i++)
		if (instruction->raw.prefixes[i].value == value)
			return true;
	return false;
}

/* Near branches in 64-bit mode under 66: Zen 4 honours the operand size, Intel ignores it, and
 * so do we. */
static bool branch_size(const ZydisDecodedInstruction *instruction)
{
	return instruction->meta.branch_type != ZYDIS_BRANCH_TYPE_NONE &&
	       instruction->machine_mode == ZYDIS_MACHINE_MODE_LONG_64 &&
	       has_prefix(instruction, 0x66);
}

/* Repeat prefixes before loope and loopne: AMD lets them choose between the two. */
static bool loop_prefix(const ZydisDecodedInstruction *instruction)
{
	return (instruction->mnemonic == ZYDIS_MNEMONIC_LOOPE ||
		instruction->mnemonic == ZYDIS_MNEMONIC_LOOPNE) &&
	       (has_prefix(instruction, 0xf2) || has_prefix(instruction, 0xf3));
}

/* 0f 0d with a register: #UD on AMD, a no-operation on Intel and here. */
static bool prefetch_register(const ZydisDecodedInstruction *instruction)
{
	return instruction->opcode_map == ZYDIS_OPCODE_MAP_0F && instruction->opcode == 0x0d &&
	       instruction->raw.modrm.mod == 3;
}

/* lss, lfs, lgs with a 64-bit offset: not on Zen 4, which loads 32 bits. */
static bool wide_far_pointer(const ZydisDecodedInstruction *instruction)
{
	return (instruction->mnemonic == ZYDIS_MNEMONIC_LSS ||
		instruction->mnemonic == ZYDIS_MNEMONIC_LFS ||
		instruction->mnemonic == ZYDIS_MNEMONIC_LGS) &&
	       instruction->operand_width == 64;
}

/* Far transfers leave to the owner, or depend on the kernel's descriptors; iret within the segment
 * is compared. */
static bool far_transfer(const ZydisDecodedInstruction *instruction)
{
	return instruction->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR &&
	       instruction->mnemonic != ZYDIS_MNEMONIC_IRET &&
	       instruction->mnemonic != ZYDIS_MNEMONIC_IRETD &&
	       instruction->mnemonic != ZYDIS_MNEMONIC_IRETQ &&
	       instruction->mnemonic != ZYDIS_MNEMONIC_RET;
}

/* x87 and MMX stores through CS: #MF and the stack's new tags come before #GP, or not; pop may meet
 * its stack first; arpl only sometimes writes. */
static bool code_segment(const ZydisDecodedInstruction *instruction)
{
	return instruction->machine_mode != ZYDIS_MACHINE_MODE_LONG_64 &&
	       has_prefix(instruction, 0x2e) &&
	       ((instruction->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT &&
		 (instruction->opcode & 0xf8) == 0xd8) ||
		instruction->meta.isa_ext == ZYDIS_ISA_EXT_MMX ||
		instruction->mnemonic == ZYDIS_MNEMONIC_ARPL ||
		instruction->mnemonic == ZYDIS_MNEMONIC_POP ||
		instruction->mnemonic == ZYDIS_MNEMONIC_MASKMOVQ ||
		instruction->mnemonic == ZYDIS_MNEMONIC_MOVNTQ);
}

/* int 80 reaches the host's kernel. */
static bool system_call(const ZydisDecodedInstruction *instruction)
{
	return instruction->mnemonic == ZYDIS_MNEMONIC_INT &&
	       instruction->raw.imm[0].value.u == 0x80;
}

bool compared(const ZydisDecodedInstruction *instruction)
{
	static bool (*const differences[])(const ZydisDecodedInstruction *) = {
		branch_size,  loop_prefix,  prefetch_register, wide_far_pointer,
		far_transfer, code_segment, system_call
	};

	/* Zydis knows an accelerator's own encodings of popcnt and its like */
	if (!compared_row(instruction->mnemonic) || compared_not(instruction->mnemonic) ||
	    instruction->meta.isa_ext == ZYDIS_ISA_EXT_KNC)
		return false;
	lacked[instruction->mnemonic] = lacking(instruction);
	if (lacked[instruction->mnemonic])
		return false;
	for (unsigned i = 0; i < sizeof differences / sizeof differences[0]; i++)
		if (differences[i](instruction))
			return false;
	return true;
}

unsigned compared_prefixes(const uint8_t bytes[16], bool wide)
{
	unsigned count = 0;

	while (count < 15 &&
	       (memchr("\x66\x67\xf2\xf3\xf0\x2e\x36\x3e\x26\x64\x65", bytes[count], 11) ||
		(wide && (bytes[count] & 0xf0) == 0x40)))
		count++;
	return count;
}

/* VEX, EVEX and XOP open up what hosts have and the simulator has not; and decoders are stricter
 * than processors there. The general-purpose instructions among them are at the end of two maps. */
static bool vector_encoding(const uint8_t *bytes)
{
	if (bytes[0] == 0xc4)
		return !(((bytes[1] & 31) == 2 || (bytes[1] & 31) == 3) && bytes[3] >= 0xf0);
	return bytes[0] == 0xc5 || bytes[0] == 0x62 || bytes[0] == 0x8f;
}

bool compared_refusal(ZyanStatus status, const ZydisDecodedInstruction *instruction,
		      const uint8_t *bytes)
{
	/* too long for us is not too long for AMD where 66 makes the distance shorter */
	if (status == ZYDIS_STATUS_INSTRUCTION_TOO_LONG && memchr(bytes, 0x66, 15))
		return false;
	if (!ZYAN_SUCCESS(status))
		return status != ZYDIS_STATUS_NO_MORE_DATA &&
		       !vector_encoding(bytes + compared_prefixes(bytes, true)) &&
		       !vector_encoding(bytes + compared_prefixes(bytes, false));
	/* what other extensions have is there or not, with or without privilege */
	return !compared_row(instruction->mnemonic) &&
	       instruction->attributes & ZYDIS_ATTRIB_IS_PRIVILEGED &&
	       instruction->meta.isa_ext == ZYDIS_ISA_EXT_BASE;
}
