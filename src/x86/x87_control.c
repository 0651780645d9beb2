/* The x87 environment: control words, fnstenv, fnsave, fxsave and their way back. Shellcode asks
 * fnstenv for the address of the last x87 instruction to find itself. */
#include "x86/handlers.h"
#include "x86/x87.h"

static void x87_init(struct x86 *cpu)
{
	struct x87 *x87 = &cpu->registers.x87;

	x87->control = 0x37f;
	x87->status = 0;
	x87->valid = 0;
	x87->opcode = x87->code_selector = x87->data_selector = 0;
	x87->code_address = x87->data_address = 0;
}

struct operation *run_fninit(struct x86 *cpu, struct operation *op)
{
	x87_init(cpu);
	return done(op);
}

struct operation *run_fnclex(struct x86 *cpu, struct operation *op)
{
	cpu->registers.x87.status &=
		(uint16_t) ~(STATUS_EXCEPTIONS | STATUS_SF | STATUS_ES | STATUS_B);
	return done(op);
}

struct operation *run_fwait(struct x86 *cpu, struct operation *op)
{
	return x87_waits(cpu) ? raise_fault(cpu, op, X86_VECTOR_MF, 0) : done(op);
}

struct operation *run_fnstcw(struct x86 *cpu, struct operation *op)
{
	if (!write_target(cpu, op, cpu->registers.x87.control))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

struct operation *run_fnstsw(struct x86 *cpu, struct operation *op)
{
	if (!write_target(cpu, op, cpu->registers.x87.status))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

static void set_control(struct x86 *cpu, uint16_t control)
{
	/* bit 6 reads as one; the others that mean nothing as zero */
	cpu->registers.x87.control = (control & 0x1f3f) | 0x40;
	x87_summarise(cpu);
}

struct operation *run_fldcw(struct x86 *cpu, struct operation *op)
{
	uint64_t control;

	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	if (!read_target(cpu, op, &control))
		return memory_fault(cpu, op);
	set_control(cpu, (uint16_t)control);
	return done(op);
}

/* --- the tag word: 0 valid, 1 zero, 2 special, 3 empty --- */

static unsigned tag_of(const struct x87_value *value)
{
	unsigned exponent = value->sign_exponent & 0x7fff;

	if (exponent == 0)
		return value->mantissa == 0 ? 1 : 2;
	return exponent == 0x7fff || !(value->mantissa >> 63) ? 2 : 0;
}

static uint16_t tag_word(const struct x87 *x87)
{
	unsigned word = 0;

	for (unsigned i = 0; i < 8; i++)
		word |= (x87->valid >> i & 1 ? tag_of(&x87->values[i]) : 3u) << 2 * i;
	return (uint16_t)word;
}

static void set_tag_word(struct x87 *x87, uint16_t word)
{
	x87->valid = 0;
	for (unsigned i = 0; i < 8; i++)
		if ((word >> 2 * i & 3) != 3)
			x87->valid |= (uint8_t)(1u << i);
}

/* --- the environment: 14 or 28 bytes (SDM vol. 1, figures 8-9 to 8-12) --- */

static void put16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof value);
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof value);
}

static uint16_t get16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof value);
	return value;
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof value);
	return value;
}

static unsigned environment_write(const struct x86 *cpu, const struct operation *op, uint8_t *bytes)
{
	const struct x87 *x87 = &cpu->registers.x87;

	if (op->width == 2) {
		put16(bytes, x87->control);
		put16(bytes + 2, x87->status);
		put16(bytes + 4, tag_word(x87));
		put16(bytes + 6, (uint16_t)x87->code_address);
		put16(bytes + 8, x87->code_selector);
		put16(bytes + 10, (uint16_t)x87->data_address);
		put16(bytes + 12, x87->data_selector);
		return 14;
	}
	put32(bytes, 0xffff0000u | x87->control);
	put32(bytes + 4, 0xffff0000u | x87->status);
	put32(bytes + 8, 0xffff0000u | tag_word(x87));
	put32(bytes + 12, (uint32_t)x87->code_address);
	put32(bytes + 16, (uint32_t)x87->opcode << 16 | x87->code_selector);
	put32(bytes + 20, (uint32_t)x87->data_address);
	put32(bytes + 24, 0xffff0000u | x87->data_selector);
	return 28;
}

static unsigned environment_read(struct x86 *cpu, const struct operation *op, const uint8_t *bytes)
{
	struct x87 *x87 = &cpu->registers.x87;
	unsigned wide = op->width == 2 ? 1 : 2;

	x87->status = get16(bytes + 2 * wide);
	set_tag_word(x87, get16(bytes + 4 * wide));
	x87->code_address = wide == 2 ? get32(bytes + 12) : get16(bytes + 6);
	x87->code_selector = get16(bytes + 8 * wide);
	x87->opcode = wide == 2 ? get16(bytes + 18) & 0x7ff : 0;
	x87->data_address = wide == 2 ? get32(bytes + 20) : get16(bytes + 10);
	x87->data_selector = get16(bytes + 12 * wide);
	set_control(cpu, get16(bytes));
	return 14 * wide;
}

struct operation *run_fnstenv(struct x86 *cpu, struct operation *op)
{
	uint8_t bytes[28];
	unsigned size = environment_write(cpu, op, bytes);

	if (!memory_store(cpu, linear_address(cpu, op), bytes, size))
		return memory_fault(cpu, op);
	cpu->registers.x87.control |= STATUS_EXCEPTIONS;
	x87_summarise(cpu);
	return done_writing(cpu, op);
}

struct operation *run_fldenv(struct x86 *cpu, struct operation *op)
{
	uint8_t bytes[28];

	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	if (!memory_load(cpu, linear_address(cpu, op), bytes, op->width == 2 ? 14 : 28))
		return memory_fault(cpu, op);
	environment_read(cpu, op, bytes);
	return done(op);
}

struct operation *run_fnsave(struct x86 *cpu, struct operation *op)
{
	uint8_t bytes[108];
	unsigned size = environment_write(cpu, op, bytes);

	for (unsigned i = 0; i < 8; i++, size += 10) {
		const struct x87_value *value = x87_st(cpu, i);
		memcpy(bytes + size, &value->mantissa, 8);
		memcpy(bytes + size + 8, &value->sign_exponent, 2);
	}
	if (!memory_store(cpu, linear_address(cpu, op), bytes, size))
		return memory_fault(cpu, op);
	x87_init(cpu);
	return done_writing(cpu, op);
}

struct operation *run_frstor(struct x86 *cpu, struct operation *op)
{
	uint8_t bytes[108];
	unsigned at = op->width == 2 ? 14 : 28;

	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	if (!memory_load(cpu, linear_address(cpu, op), bytes, at + 80))
		return memory_fault(cpu, op);
	environment_read(cpu, op, bytes);
	for (unsigned i = 0; i < 8; i++, at += 10) {
		struct x87_value *value = x87_st(cpu, i);
		memcpy(&value->mantissa, bytes + at, 8);
		memcpy(&value->sign_exponent, bytes + at + 8, 2);
	}
	return done(op);
}

/* --- fxsave: 512 bytes, of which the last 96 are the program's --- */

enum { FXSAVE_BYTES = 416, MXCSR_MASK = 0xffff };

static unsigned saved_xmm(const struct x86 *cpu)
{
	return cpu->mode == X86_MODE_64 ? 16 : 8;
}

static void fxsave_header(const struct x86 *cpu, uint8_t *bytes, bool wide)
{
	const struct x87 *x87 = &cpu->registers.x87;

	put16(bytes, x87->control);
	put16(bytes + 2, x87->status);
	bytes[4] = x87->valid;
	put16(bytes + 6, x87->opcode);
	memcpy(bytes + 8, &x87->code_address, 8);
	memcpy(bytes + 16, &x87->data_address, 8);
	if (!wide) {
		put32(bytes + 12, x87->code_selector);
		put32(bytes + 20, x87->data_selector);
	}
	put32(bytes + 24, cpu->registers.mxcsr);
	put32(bytes + 28, MXCSR_MASK);
}

/* The fault of an area that is not aligned. One in the stack segment may be no
 * address at all, and that comes first. */
static struct operation *misaligned(struct x86 *cpu, const struct operation *op, uint64_t address)
{
	bool canonical = (uint64_t)((int64_t)address >> 47) + 1 < 2;

	return raise_fault(
		cpu, op, op->prefixes & PREFIX_STACK && !canonical ? X86_VECTOR_SS : X86_VECTOR_GP,
		0);
}

static struct operation *fxsave(struct x86 *cpu, struct operation *op, bool wide)
{
	uint64_t address = linear_address(cpu, op);
	uint8_t bytes[FXSAVE_BYTES] = { 0 };

	if (address % 16 != 0)
		return misaligned(cpu, op, address);
	fxsave_header(cpu, bytes, wide);
	for (unsigned i = 0; i < 8; i++) {
		memcpy(bytes + 32 + 16 * i, &x87_st(cpu, i)->mantissa, 8);
		memcpy(bytes + 40 + 16 * i, &x87_st(cpu, i)->sign_exponent, 2);
	}
	memcpy(bytes + 160, cpu->registers.xmm, 16 * saved_xmm(cpu));
	if (!memory_store(cpu, address, bytes, 160 + 16 * saved_xmm(cpu)))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

static struct operation *fxrstor(struct x86 *cpu, struct operation *op, bool wide)
{
	uint64_t address = linear_address(cpu, op);
	struct x87 *x87 = &cpu->registers.x87;
	uint8_t bytes[FXSAVE_BYTES];

	if (address % 16 != 0)
		return misaligned(cpu, op, address);
	if (!memory_load(cpu, address, bytes, 160 + 16 * saved_xmm(cpu)))
		return memory_fault(cpu, op);
	if (get32(bytes + 24) & ~(uint32_t)MXCSR_MASK)
		return raise_fault(cpu, op, X86_VECTOR_GP, 0);
	x87->status = get16(bytes + 2);
	x87->valid = bytes[4];
	x87->opcode = get16(bytes + 6) & 0x7ff;
	memcpy(&x87->code_address, bytes + 8, 8);
	memcpy(&x87->data_address, bytes + 16, 8);
	if (!wide) {
		x87->code_selector = get16(bytes + 12);
		x87->data_selector = get16(bytes + 20);
		x87->code_address = (uint32_t)x87->code_address;
		x87->data_address = (uint32_t)x87->data_address;
	}
	cpu->registers.mxcsr = get32(bytes + 24);
	set_control(cpu, get16(bytes));
	for (unsigned i = 0; i < 8; i++) {
		memcpy(&x87_st(cpu, i)->mantissa, bytes + 32 + 16 * i, 8);
		memcpy(&x87_st(cpu, i)->sign_exponent, bytes + 40 + 16 * i, 2);
	}
	memcpy(cpu->registers.xmm, bytes + 160, 16 * saved_xmm(cpu));
	return done(op);
}

struct operation *run_fxsave(struct x86 *cpu, struct operation *op)
{
	return fxsave(cpu, op, false);
}

struct operation *run_fxsave64(struct x86 *cpu, struct operation *op)
{
	return fxsave(cpu, op, true);
}

struct operation *run_fxrstor(struct x86 *cpu, struct operation *op)
{
	return fxrstor(cpu, op, false);
}

struct operation *run_fxrstor64(struct x86 *cpu, struct operation *op)
{
	return fxrstor(cpu, op, true);
}

struct operation *run_ldmxcsr(struct x86 *cpu, struct operation *op)
{
	uint64_t value;

	if (!read_target(cpu, op, &value))
		return memory_fault(cpu, op);
	if (value & ~(uint64_t)MXCSR_MASK)
		return raise_fault(cpu, op, X86_VECTOR_GP, 0);
	cpu->registers.mxcsr = (uint32_t)value;
	return done(op);
}

struct operation *run_stmxcsr(struct x86 *cpu, struct operation *op)
{
	if (!write_target(cpu, op, cpu->registers.mxcsr))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

struct operation *run_emms(struct x86 *cpu, struct operation *op)
{
	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	cpu->registers.x87.valid = 0;
	x87_set_top(cpu, 0);
	return done(op);
}
