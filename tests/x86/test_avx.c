/* VEX encoded vector instructions beside the host's processor: every row of avx.c, with random
 * registers, values and immediates, with 16 and 32 bytes, on registers and on memory; all vector
 * registers, the memory, the flags and rax must be the same afterwards. Without AVX2 in the host
 * there is nothing to compare with. */
#include <cpuid.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "guest.h"

#include <Zydis/Zydis.h>

#include "x86/handlers.h"

enum { ROUNDS = 100000, MEMORY = 64, REGISTERS = 16, LEAST = 10, STATUS_FLAGS = 0x8d5 };

/* What an instruction starts with, and what it leaves. */
struct state {
	uint8_t vectors[REGISTERS][32];
	_Alignas(64) uint8_t memory[MEMORY];
	uint64_t ax, flags;
};

/* An instruction that takes its operands from vector registers, rax, and memory at rax alone. */
struct subject {
	uint8_t code[15];
	unsigned length;
	ZydisMnemonic mnemonic;
	bool memory;
};

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint32_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16);
}

static void draw_bytes(uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] = draw() % 4 ? (uint8_t)draw() : draw() % 2 ? 0xff : 0;
}

static void draw_state(struct state *state)
{
	memset(state, 0, sizeof *state);
	draw_bytes(&state->vectors[0][0], sizeof state->vectors);
	draw_bytes(state->memory, sizeof state->memory);
	for (unsigned i = 0; i < REGISTERS; i += 3) /* counts of shifts that are small */
		memset(state->vectors[i] + 1, 0, 7);
	state->ax = (uint64_t)draw() << 32 | draw();
}

static bool is_row(ZydisMnemonic mnemonic)
{
#define ROW(mnemonic, name) [ZYDIS_MNEMONIC_##mnemonic] = true,
	static const bool rows[ZYDIS_MNEMONIC_MAX_VALUE + 1] = { X86_INSTRUCTIONS(ROW) };
#undef ROW
	return rows[mnemonic] && ZydisMnemonicGetString(mnemonic)[0] == 'v' &&
	       mnemonic != ZYDIS_MNEMONIC_VERR && mnemonic != ZYDIS_MNEMONIC_VERW;
}

/* Nothing but what a subject may touch? */
static bool touches_little(const ZydisDecodedOperand *operand, bool *memory)
{
	ZydisRegisterClass class = ZydisRegisterGetClass(operand->reg.value);

	if (operand->type == ZYDIS_OPERAND_TYPE_MEMORY) {
		*memory = true;
		return operand->mem.base == ZYDIS_REGISTER_RAX &&
		       operand->mem.index == ZYDIS_REGISTER_NONE && operand->mem.disp.value == 0;
	}
	return operand->type != ZYDIS_OPERAND_TYPE_REGISTER || class == ZYDIS_REGCLASS_XMM ||
	       class == ZYDIS_REGCLASS_YMM || class == ZYDIS_REGCLASS_FLAGS ||
	       ZydisRegisterGetId(operand->reg.value) == X86_AX;
}

static bool draw_subject(const ZydisDecoder *decoder, struct subject *subject)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction instruction;
	uint8_t *code = subject->code;

	draw_bytes(code, sizeof subject->code);
	code[0] = 0xc4;
	code[1] = (uint8_t)((code[1] & 0x80) | 0x60 | (1 + draw() % 3));
	if (draw() % 2)
		code[2] |= 0x78; /* no second operand there */
	code[4] = draw() % 2 ? code[4] | 0xc0 : code[4] & 0x38;
	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder, code, sizeof subject->code, &instruction,
						 operands)) ||
	    !is_row(instruction.mnemonic))
		return false;
	subject->length = instruction.length;
	subject->mnemonic = instruction.mnemonic;
	subject->memory = false;
	for (unsigned i = 0; i < instruction.operand_count; i++)
		if (!touches_little(&operands[i], &subject->memory))
			return false;
	return true;
}

#define EVERY(DO) \
	DO(0)     \
	DO(1)     \
	DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)
#define LOAD(n)	 "vmovdqu " #n "*32(%%rdi), %%ymm" #n "\n\t"
#define STORE(n) "vmovdqu %%ymm" #n ", " #n "*32(%%rdi)\n\t"

/* `page` may be written and executed. */
__attribute__((target("avx"))) static void run_on_host(uint8_t *page, const struct subject *subject,
						       struct state *state)
{
	uint64_t ax = subject->memory ? (uint64_t)(uintptr_t)state->memory : state->ax, flags = 0;

	memcpy(page, subject->code, subject->length);
	page[subject->length] = 0xc3;
	__asm__ volatile(EVERY(LOAD) "xor %%ecx, %%ecx\n\tcall *%%rsi\n\t"
				     "pushfq\n\tpop %%rcx\n\t" EVERY(STORE) "vzeroupper"
			 : "+a"(ax), "=&c"(flags)
			 : "D"(state->vectors), "S"(page)
			 : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6",
			   "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
			   "xmm15");
	state->ax = subject->memory ? state->ax : ax;
	state->flags = flags & STATUS_FLAGS;
}

static void run_in_guest(struct x86 *machine, const struct subject *subject, struct state *state)
{
	static const uint8_t clear[] = { 0x31, 0xc9 }; /* xor ecx, ecx: its flags */

	guest_load(machine, clear, sizeof clear);
	assert_int_equal(x86_write(machine, CODE + sizeof clear, subject->code, subject->length),
			 0);
	assert_int_equal(x86_write(machine, DATA, state->memory, sizeof state->memory), 0);
	for (unsigned i = 0; i < REGISTERS; i++) {
		memcpy(&machine->registers.xmm[i], state->vectors[i], 16);
		memcpy(&machine->registers.upper[i], state->vectors[i] + 16, 16);
	}
	x86_set(machine, X86_AX, subject->memory ? DATA : state->ax);
	assert_int_equal(x86_run(machine, 2).reason, X86_STOP_BUDGET);
	for (unsigned i = 0; i < REGISTERS; i++) {
		memcpy(state->vectors[i], &machine->registers.xmm[i], 16);
		memcpy(state->vectors[i] + 16, &machine->registers.upper[i], 16);
	}
	assert_int_equal(x86_read(machine, DATA, state->memory, sizeof state->memory), 0);
	state->ax = subject->memory ? state->ax : x86_get(machine, X86_AX);
	state->flags = x86_flags(machine) & STATUS_FLAGS;
}

static void differ(const struct subject *subject, const struct state *host,
		   const struct state *ours)
{
	print_error("%s:", ZydisMnemonicGetString(subject->mnemonic));
	for (unsigned i = 0; i < subject->length; i++)
		print_error(" %02x", subject->code[i]);
	print_error("\nrax %llx/%llx flags %llx/%llx\n", (unsigned long long)host->ax,
		    (unsigned long long)ours->ax, (unsigned long long)host->flags,
		    (unsigned long long)ours->flags);
	for (unsigned i = 0; i < REGISTERS; i++)
		for (unsigned k = 0; k < 32; k++)
			if (host->vectors[i][k] != ours->vectors[i][k])
				print_error("vector %u byte %u: %02x/%02x\n", i, k,
					    host->vectors[i][k], ours->vectors[i][k]);
}

/* AVX2, and AES and carry-less products of whole registers (SDM, volume 2A, CPUID leaf 7: ECX bits
 * 9 and 10), for which not every compiler has a name. */
static bool host_has_all(void)
{
	unsigned a, b, c = 0, d;

	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") &&
	       __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c >> 9 & 3) == 3;
}

static void does_what_the_host_does(void **state)
{
	static unsigned seen[ZYDIS_MNEMONIC_MAX_VALUE + 1];
	struct x86 *machine = guest_new(X86_MODE_64);
	uint8_t *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ZydisDecoder decoder;

	(void)state;
	assert_true(page != MAP_FAILED);
	if (!host_has_all())
		skip();
	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (unsigned round = 0; round < ROUNDS;) {
		struct state host, ours;
		struct subject subject;
		if (!draw_subject(&decoder, &subject))
			continue;
		round++;
		seen[subject.mnemonic]++;
		draw_state(&host);
		ours = host;
		run_on_host(page, &subject, &host);
		run_in_guest(machine, &subject, &ours);
		if (memcmp(&host, &ours, sizeof host) != 0)
			differ(&subject, &host, &ours);
		assert_memory_equal(&host, &ours, sizeof host);
	}
	for (unsigned i = 0; i <= ZYDIS_MNEMONIC_MAX_VALUE; i++) {
		if (is_row((ZydisMnemonic)i) && seen[i] < LEAST)
			print_error("%s: only %u\n", ZydisMnemonicGetString((ZydisMnemonic)i),
				    seen[i]);
		assert_true(!is_row((ZydisMnemonic)i) || seen[i] >= LEAST);
	}
	munmap(page, 4096);
	x86_free(machine);
}

/* Only what says so must be aligned; and a fault changes nothing. */
static void faults_as_it_should(void **state)
{
	static const struct {
		const char *code;
		size_t size;
		bool faults;
	} cases[] = {
		{ "\xc5\xfd\x6f\x03", 4, true },  /* vmovdqa ymm0, [rbx] */
		{ "\xc5\xfd\x7f\x03", 4, true },  /* vmovdqa [rbx], ymm0 */
		{ "\xc5\xfe\x6f\x03", 4, false }, /* vmovdqu ymm0, [rbx] */
		{ "\xc5\xf5\xfe\x03", 4, false }, /* vpaddd ymm0, ymm1, [rbx] */
	};
	struct x86 *machine = guest_new(X86_MODE_64);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct x86_exit end;
		guest_load(machine, cases[i].code, cases[i].size);
		x86_set(machine, X86_BX, DATA + 16);
		end = x86_run(machine, 1);
		assert_int_equal(end.reason, cases[i].faults ? X86_STOP_FAULT : X86_STOP_BUDGET);
		if (cases[i].faults)
			assert_int_equal(end.vector, X86_VECTOR_GP);
		guest_load(machine, cases[i].code, cases[i].size);
		x86_set(machine, X86_BX, STACK - 8); /* its second half is nowhere */
		machine->registers.upper[0].u64[1] = 42;
		assert_int_equal(x86_run(machine, 1).reason, X86_STOP_FAULT);
		assert_int_equal(machine->registers.upper[0].u64[1], 42);
	}
	x86_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(does_what_the_host_does),
		cmocka_unit_test(faults_as_it_should),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
