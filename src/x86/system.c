/* Flag instructions, the clock, the processor's identity, and the few system instructions that user
 * code may execute. */
#include "x86/flags.h"
#include "x86/handlers.h"
#include "x86/operand.h"

struct operation *run_clc(struct x86 *cpu, struct operation *op)
{
	flag_set_cf(cpu, false);
	return done(op);
}

struct operation *run_stc(struct x86 *cpu, struct operation *op)
{
	flag_set_cf(cpu, true);
	return done(op);
}

struct operation *run_cmc(struct x86 *cpu, struct operation *op)
{
	flag_set_cf(cpu, !flag_cf(cpu));
	return done(op);
}

struct operation *run_cld(struct x86 *cpu, struct operation *op)
{
	cpu->registers.flags &= ~(uint64_t)X86_FLAG_DF;
	return done(op);
}

struct operation *run_std(struct x86 *cpu, struct operation *op)
{
	cpu->registers.flags |= X86_FLAG_DF;
	return done(op);
}

struct operation *run_lahf(struct x86 *cpu, struct operation *op)
{
	register_write(cpu, 1, 1, x86_flags(cpu) & 0xff);
	return done(op);
}

struct operation *run_sahf(struct x86 *cpu, struct operation *op)
{
	flags_change(cpu, FLAGS_ARITHMETIC & ~X86_FLAG_OF, register_read(cpu, 1, 1));
	return done(op);
}

struct operation *run_nop(struct x86 *cpu, struct operation *op)
{
	(void)cpu;
	return done(op);
}

struct operation *run_privileged(struct x86 *cpu, struct operation *op)
{
	return raise_fault(cpu, op, X86_VECTOR_GP, 0);
}

/* Undefined in 32-bit mode, as syscall is (AMD has both). */
struct operation *run_sysret(struct x86 *cpu, struct operation *op)
{
	return raise_fault(cpu, op, cpu->mode == X86_MODE_64 ? X86_VECTOR_GP : X86_VECTOR_UD, 0);
}

/* Faults as a read of one byte would. */
struct operation *run_clflush(struct x86 *cpu, struct operation *op)
{
	uint64_t value;

	if (!memory_read(cpu, linear_address(cpu, op), 1, &value))
		return memory_fault(cpu, op);
	return done(op);
}

/* The instructions executed so far, this one included. */
struct operation *run_rdtsc(struct x86 *cpu, struct operation *op)
{
	uint64_t clock = instructions_now(cpu) + 1;

	put(cpu, X86_AX, 4, clock);
	put(cpu, X86_DX, 4, clock >> 32);
	return done(op);
}

/* And the number of the processor. */
struct operation *run_rdtscp(struct x86 *cpu, struct operation *op)
{
	put(cpu, X86_CX, 4, 0);
	return run_rdtsc(cpu, op);
}

/* A Pentium 4 class processor by its name and family, with all that is implemented here, and
 * nothing else; the same on every host. A leaf in between that is not listed is all zeros. */
struct operation *run_cpuid(struct x86 *cpu, struct operation *op)
{
	enum { HIGHEST_BASIC = 7, EXTENDED = INT32_MIN, HIGHEST_EXTENDED = 4 };
	static const struct {
		uint32_t leaf, answer[4]; /* ax, bx, cx, dx */
	} leaves[] = {
		/* "GenuineIntel" */
		{ 0, { HIGHEST_BASIC, 0x756e6547, 0x6c65746e, 0x49656e69 } },
		/* sse3 pclmulqdq ssse3 cx16 sse4.1 sse4.2 movbe popcnt aes;
		   fpu tsc cx8 sep cmov clflush (lines of 64 bytes) mmx fxsr sse sse2 */
		{ 1, { 0x00000f29, 0x00010800, 0x02d82203, 0x07888911 } },
		{ 2, { 0x665b5001, 0, 0, 0x007a7040 } },
		/* bmi1 bmi2 adx; of sub-leaf 0, the only one */
		{ 7, { 0, 0x00080108, 0, 0 } },
		{ 0x80000000, { 0x80000004, 0, 0, 0 } },
		/* lahf in 64-bit mode, lzcnt, prefetchw; syscall nx rdtscp, long mode */
		{ 0x80000001, { 0, 0, 0x00000121, 0x28100800 } },
		/* "Intel(R) Pentium(R) 4 CPU 2.80GHz" */
		{ 0x80000002, { 0x65746e49, 0x2952286c, 0x6e655020, 0x6d756974 } },
		{ 0x80000003, { 0x20295228, 0x50432034, 0x2e322055, 0x48473038 } },
		{ 0x80000004, { 0x0000007a, 0, 0, 0 } },
	};
	uint32_t leaf = (uint32_t)cpu->registers.general[X86_AX];
	uint32_t answer[4] = { 0, 0, 0, 0 };

	/* beyond the last leaf: what the highest basic one says */
	if (leaf > (leaf & (uint32_t)EXTENDED ? (uint32_t)EXTENDED | HIGHEST_EXTENDED
					      : (uint32_t)HIGHEST_BASIC))
		leaf = HIGHEST_BASIC;
	for (unsigned i = 0; i < sizeof leaves / sizeof leaves[0]; i++)
		if (leaves[i].leaf == leaf &&
		    (leaf != 7 || (uint32_t)cpu->registers.general[X86_CX] == 0))
			memcpy(answer, leaves[i].answer, sizeof answer);
	/* syscall is there in 64-bit mode only */
	if (leaf == 0x80000001 && cpu->mode == X86_MODE_32)
		answer[3] &= ~UINT32_C(0x800);
	cpu->registers.general[X86_AX] = answer[0];
	cpu->registers.general[X86_BX] = answer[1];
	cpu->registers.general[X86_CX] = answer[2];
	cpu->registers.general[X86_DX] = answer[3];
	return done(op);
}

/* sgdt and sidt tell user code where the tables are: those of a single-processor Windows XP. */
static struct operation *store_table(struct x86 *cpu, struct operation *op, uint16_t limit,
				     uint64_t base)
{
	uint64_t address = linear_address(cpu, op);
	unsigned size = cpu->mode == X86_MODE_64 ? 10 : 6;
	uint8_t bytes[10];

	memcpy(bytes, &limit, 2);
	memcpy(bytes + 2, &base, 8);
	/* aligned to four where alignment is checked, whatever its parts want */
	if (!memory_probe(cpu, address, 4) || !memory_room(cpu, address, size))
		return memory_fault(cpu, op);
	for (unsigned i = 0; i < size; i += 2)
		if (!memory_store(cpu, (address + i) & cpu->linear_mask, bytes + i, 2))
			return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

struct operation *run_sgdt(struct x86 *cpu, struct operation *op)
{
	return store_table(cpu, op, 0x3ff, 0x8003f000);
}

struct operation *run_sidt(struct x86 *cpu, struct operation *op)
{
	return store_table(cpu, op, 0x7ff, 0x8003f400);
}

struct operation *run_sldt(struct x86 *cpu, struct operation *op)
{
	if (!operand_write(cpu, op, op->target_kind, op->target,
			   op->target_kind == OPERAND_MEMORY ? 2 : op->size, 0))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

struct operation *run_str(struct x86 *cpu, struct operation *op)
{
	if (!operand_write(cpu, op, op->target_kind, op->target,
			   op->target_kind == OPERAND_MEMORY ? 2 : op->size, 0x28))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

/* The machine status word: PE, MP, ET, NE as under every protected-mode system. */
struct operation *run_smsw(struct x86 *cpu, struct operation *op)
{
	if (!operand_write(cpu, op, op->target_kind, op->target,
			   op->target_kind == OPERAND_MEMORY ? 2 : op->size, 0x8001003b))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}
