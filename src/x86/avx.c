/* VEX encoded vector instructions, AVX and AVX2: moves, integers, logic and shuffles, as compilers
 * use them for copying and decoding. Most are an SSE instruction for each half of a register: its
 * handler is run on the lower halves, then on the upper ones, with registers 0 and 1 lent for it.
 * Whatever is written clears what is above it; SSE instructions leave that as it is.
 *
 * What the decoder gives: the first operand is `target`, the second `source`, the third `third`; a
 * fourth is the immediate. One of the last three may be the memory operand, which may lie anywhere
 * unless the instruction's name says that it is aligned.
 *
 * Limits: no floating-point arithmetic, no gathers, no masked moves, no blends by a fourth
 * register.
 */
#include "x86/flags.h"
#include "x86/handlers.h"
#include "x86/operand.h"
#include "x86/simd.h"

#include <string.h>

enum { HALF = 16, WHOLE = 32 };

struct ymm {
	union xmm half[2];
};

static struct ymm whole(const struct x86 *cpu, unsigned number)
{
	return (struct ymm){ { cpu->registers.xmm[number & 15],
			       cpu->registers.upper[number & 15] } };
}

/* The target gets so many bytes of the value (16 or 32), and zeros above. */
static struct operation *write_vector(struct x86 *cpu, struct operation *op,
				      const struct ymm *value, unsigned size)
{
	cpu->registers.xmm[op->target & 15] = value->half[0];
	cpu->registers.upper[op->target & 15] =
		size == WHOLE ? value->half[1] : (union xmm){ .u64 = { 0, 0 } };
	return done(op);
}

/* An operand of `size` bytes, zero above; false after a fault. */
static bool read_vector(struct x86 *cpu, const struct operation *op, uint8_t kind, uint8_t number,
			unsigned size, struct ymm *value)
{
	*value = (struct ymm){ 0 };
	if (kind == OPERAND_XMM) {
		*value = whole(cpu, number);
	} else if (kind == OPERAND_REGISTER) {
		value->half[0].u64[0] = register_read(cpu, number, size < 8 ? size : 8);
	} else if (kind == OPERAND_IMMEDIATE) {
		value->half[0].u64[0] = op->immediate & 0xff;
	} else if (!load(cpu, linear_address(cpu, op), value, size)) {
		memory_fault(cpu, op);
		return false;
	}
	return true;
}

static bool is_misaligned(struct x86 *cpu, const struct operation *op, unsigned size)
{
	if (linear_address(cpu, op) % size == 0)
		return false;
	raise_fault(cpu, op, X86_VECTOR_GP, 0);
	return true;
}

/* The SSE instruction of two operands, on values: its first operand is its result, too. */
static union xmm on_values(struct x86 *cpu, const struct operation *op, handler *run,
			   union xmm first, union xmm second)
{
	union xmm lent[2] = { cpu->registers.xmm[0], cpu->registers.xmm[1] }, result;
	struct operation narrow = { .immediate = op->immediate,
				    .target = 0,
				    .source = 1,
				    .target_kind = OPERAND_XMM,
				    .source_kind = OPERAND_XMM,
				    .size = HALF,
				    .source_size = HALF };

	cpu->registers.xmm[0] = first;
	cpu->registers.xmm[1] = second;
	run(cpu, &narrow);
	result = cpu->registers.xmm[0];
	cpu->registers.xmm[0] = lent[0];
	cpu->registers.xmm[1] = lent[1];
	return result;
}

static struct operation *on_halves(struct x86 *cpu, struct operation *op, handler *run,
				   const struct ymm *first, const struct ymm *second)
{
	struct ymm result = { 0 };

	for (unsigned i = 0; i < op->size / HALF; i++)
		result.half[i] = on_values(cpu, op, run, first->half[i], second->half[i]);
	return write_vector(cpu, op, &result, op->size);
}

/* v-name first, second, third: name on second and third. */
static struct operation *three(struct x86 *cpu, struct operation *op, handler *run)
{
	struct ymm first = whole(cpu, op->source), second;

	if (!read_vector(cpu, op, op->third_kind, op->third, op->size, &second))
		return NULL;
	return on_halves(cpu, op, run, &first, &second);
}

/* v-name first, second: name on second alone. */
static struct operation *two(struct x86 *cpu, struct operation *op, handler *run)
{
	struct ymm second;

	if (!read_vector(cpu, op, op->source_kind, op->source, op->size, &second))
		return NULL;
	return on_halves(cpu, op, run, &second, &second);
}

#define THREE(name)                                                          \
	struct operation *run_v##name(struct x86 *cpu, struct operation *op) \
	{                                                                    \
		return three(cpu, op, run_##name);                           \
	}
#define TWO(name)                                                            \
	struct operation *run_v##name(struct x86 *cpu, struct operation *op) \
	{                                                                    \
		return two(cpu, op, run_##name);                             \
	}
X86_AVX_THREE(THREE)
X86_AVX_TWO(TWO)

/* --- shifts: all lanes by one count, in an immediate or the lowest eight bytes of a vector --- */

static struct operation *shift(struct x86 *cpu, struct operation *op, handler *run)
{
	struct ymm first = whole(cpu, op->source), count;

	if (!read_vector(cpu, op, op->third_kind, op->third, HALF, &count))
		return NULL;
	count.half[1] = count.half[0];
	return on_halves(cpu, op, run, &first, &count);
}

#define SHIFT(name)                                                          \
	struct operation *run_v##name(struct x86 *cpu, struct operation *op) \
	{                                                                    \
		return shift(cpu, op, run_##name);                           \
	}
X86_AVX_SHIFTS(SHIFT)

/* Each lane, `old`, by a count of its own; what is shifted out altogether leaves zeros, or signs.
 */
#define SHIFT_LANES(name, bits, result)                                                  \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)              \
	{                                                                                \
		const unsigned lanes = 8 * HALF / (bits);                                \
		struct ymm value = whole(cpu, op->source), counts;                       \
		if (!read_vector(cpu, op, op->third_kind, op->third, op->size, &counts)) \
			return NULL;                                                     \
		for (unsigned i = 0; i < 2 * lanes; i++) {                               \
			uint64_t count = counts.half[i / lanes].u##bits[i % lanes];      \
			uint##bits##_t old = value.half[i / lanes].u##bits[i % lanes];   \
			value.half[i / lanes].u##bits[i % lanes] = result;               \
		}                                                                        \
		return write_vector(cpu, op, &value, op->size);                          \
	}

static uint32_t shift_signs(uint32_t value, uint64_t count)
{
	int64_t wide = (int32_t)value;

	return (uint32_t)(wide >> (count < 32 ? count : 31));
}

SHIFT_LANES(vpsllvd, 32, count < 32 ? old << count : 0)
SHIFT_LANES(vpsllvq, 64, count < 64 ? old << count : 0)
SHIFT_LANES(vpsrlvd, 32, count < 32 ? old >> count : 0)
SHIFT_LANES(vpsrlvq, 64, count < 64 ? old >> count : 0)
SHIFT_LANES(vpsravd, 32, shift_signs(old, count))

/* --- moves --- */

static struct operation *move(struct x86 *cpu, struct operation *op, bool aligned)
{
	struct ymm value;

	if (aligned && (op->target_kind == OPERAND_MEMORY || op->source_kind == OPERAND_MEMORY) &&
	    is_misaligned(cpu, op, op->size))
		return NULL;
	if (!read_vector(cpu, op, op->source_kind, op->source, op->size, &value))
		return NULL;
	if (op->target_kind != OPERAND_MEMORY)
		return write_vector(cpu, op, &value, op->size);
	if (!memory_store(cpu, linear_address(cpu, op), &value, op->size))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

struct operation *run_vmove_aligned(struct x86 *cpu, struct operation *op)
{
	return move(cpu, op, true);
}

struct operation *run_vmove_unaligned(struct x86 *cpu, struct operation *op)
{
	return move(cpu, op, false);
}

/* vmovd, vmovq: as their namesakes, with zeros above 16 bytes, too. */
struct operation *run_vmove_low(struct x86 *cpu, struct operation *op)
{
	if (op->target_kind == OPERAND_XMM)
		cpu->registers.upper[op->target & 15] = (union xmm){ .u64 = { 0, 0 } };
	return run_move_low(cpu, op);
}

/* --- from narrow to wide --- */

/* The lowest `unit` bytes of the second operand, over and over. */
static struct operation *repeat(struct x86 *cpu, struct operation *op, unsigned unit)
{
	struct ymm value, result;
	uint8_t *to = result.half[0].u8;

	if (!read_vector(cpu, op, op->source_kind, op->source, unit, &value))
		return NULL;
	for (unsigned at = 0; at < WHOLE; at += unit)
		memcpy(to + at, &value, unit);
	return write_vector(cpu, op, &result, op->size);
}

struct operation *run_vrepeat_1(struct x86 *cpu, struct operation *op)
{
	return repeat(cpu, op, 1);
}

struct operation *run_vrepeat_2(struct x86 *cpu, struct operation *op)
{
	return repeat(cpu, op, 2);
}

struct operation *run_vrepeat_4(struct x86 *cpu, struct operation *op)
{
	return repeat(cpu, op, 4);
}

struct operation *run_vrepeat_8(struct x86 *cpu, struct operation *op)
{
	return repeat(cpu, op, 8);
}

struct operation *run_vrepeat_16(struct x86 *cpu, struct operation *op)
{
	return repeat(cpu, op, HALF);
}

/* A half of the result is made of `bytes` bytes of the second operand. */
static struct operation *extend(struct x86 *cpu, struct operation *op, handler *run, unsigned bytes)
{
	struct ymm value, parts = { 0 };

	if (!read_vector(cpu, op, op->source_kind, op->source, bytes * op->size / HALF, &value))
		return NULL;
	memcpy(&parts.half[0], &value, bytes);
	memcpy(&parts.half[1], value.half[0].u8 + bytes, bytes);
	return on_halves(cpu, op, run, &parts, &parts);
}

#define EXTEND(name, bytes)                                                  \
	struct operation *run_v##name(struct x86 *cpu, struct operation *op) \
	{                                                                    \
		return extend(cpu, op, run_##name, bytes);                   \
	}
EXTEND(pmovsxbw, 8)
EXTEND(pmovsxbd, 4)
EXTEND(pmovsxbq, 2)
EXTEND(pmovsxwd, 8)
EXTEND(pmovsxwq, 4)
EXTEND(pmovsxdq, 8)
EXTEND(pmovzxbw, 8)
EXTEND(pmovzxbd, 4)
EXTEND(pmovzxbq, 2)
EXTEND(pmovzxwd, 8)
EXTEND(pmovzxwq, 4)
EXTEND(pmovzxdq, 8)

/* --- across halves --- */

struct operation *run_vextract_half(struct x86 *cpu, struct operation *op)
{
	struct ymm value = whole(cpu, op->source);

	value.half[0] = value.half[op->immediate & 1];
	if (op->target_kind != OPERAND_MEMORY)
		return write_vector(cpu, op, &value, HALF);
	if (!memory_store(cpu, linear_address(cpu, op), &value.half[0], HALF))
		return memory_fault(cpu, op);
	return done_writing(cpu, op);
}

struct operation *run_vinsert_half(struct x86 *cpu, struct operation *op)
{
	struct ymm value = whole(cpu, op->source), part;

	if (!read_vector(cpu, op, op->third_kind, op->third, HALF, &part))
		return NULL;
	value.half[op->immediate & 1] = part.half[0];
	return write_vector(cpu, op, &value, WHOLE);
}

/* Each half is one of the four of both operands, or zeros. */
struct operation *run_vpermute_halves(struct x86 *cpu, struct operation *op)
{
	struct ymm from[2] = { whole(cpu, op->source) }, result = { 0 };

	if (!read_vector(cpu, op, op->third_kind, op->third, WHOLE, &from[1]))
		return NULL;
	for (unsigned i = 0; i < 2; i++) {
		unsigned choice = op->immediate >> 4 * i & 15;
		if (choice < 8)
			result.half[i] = from[choice >> 1 & 1].half[choice & 1];
	}
	return write_vector(cpu, op, &result, WHOLE);
}

struct operation *run_vpermq(struct x86 *cpu, struct operation *op)
{
	struct ymm value, result;

	if (!read_vector(cpu, op, op->source_kind, op->source, WHOLE, &value))
		return NULL;
	for (unsigned i = 0; i < 4; i++) {
		unsigned choice = op->immediate >> 2 * i & 3;
		result.half[i / 2].u64[i % 2] = value.half[choice / 2].u64[choice % 2];
	}
	return write_vector(cpu, op, &result, WHOLE);
}

struct operation *run_vpermd(struct x86 *cpu, struct operation *op)
{
	struct ymm order = whole(cpu, op->source), value, result;

	if (!read_vector(cpu, op, op->third_kind, op->third, WHOLE, &value))
		return NULL;
	for (unsigned i = 0; i < 8; i++) {
		unsigned choice = order.half[i / 4].u32[i % 4] & 7;
		result.half[i / 4].u32[i % 4] = value.half[choice / 4].u32[choice % 4];
	}
	return write_vector(cpu, op, &result, WHOLE);
}

/* Of each half, one of two lanes of either operand. */
struct operation *run_vshufpd(struct x86 *cpu, struct operation *op)
{
	struct ymm first = whole(cpu, op->source), second, result = { 0 };

	if (!read_vector(cpu, op, op->third_kind, op->third, op->size, &second))
		return NULL;
	for (unsigned i = 0; i < op->size / HALF; i++) {
		result.half[i].u64[0] = first.half[i].u64[op->immediate >> 2 * i & 1];
		result.half[i].u64[1] = second.half[i].u64[op->immediate >> (2 * i + 1) & 1];
	}
	return write_vector(cpu, op, &result, op->size);
}

struct operation *run_vpblendd(struct x86 *cpu, struct operation *op)
{
	struct ymm value = whole(cpu, op->source), other;

	if (!read_vector(cpu, op, op->third_kind, op->third, op->size, &other))
		return NULL;
	for (unsigned i = 0; i < 8; i++)
		if (op->immediate >> i & 1)
			value.half[i / 4].u32[i % 4] = other.half[i / 4].u32[i % 4];
	return write_vector(cpu, op, &value, op->size);
}

/* --- single lanes, questions, and giving registers back --- */

#define INSERT(name, size)                                                                   \
	struct operation *run_v##name(struct x86 *cpu, struct operation *op)                 \
	{                                                                                    \
		struct ymm value = whole(cpu, op->source), lane;                             \
		if (!read_vector(cpu, op, op->third_kind, op->third, size, &lane))           \
			return NULL;                                                         \
		value.half[0] = on_values(cpu, op, run_##name, value.half[0], lane.half[0]); \
		return write_vector(cpu, op, &value, HALF);                                  \
	}
INSERT(pinsrb, 1)
INSERT(pinsrw, 2)
INSERT(pinsrd, 4)
INSERT(pinsrq, 8)

struct operation *run_vpmovmskb(struct x86 *cpu, struct operation *op)
{
	struct ymm value = whole(cpu, op->source);
	uint32_t mask = 0;

	for (unsigned i = 0; i < op->source_size; i++)
		mask |= (uint32_t)(value.half[i / HALF].u8[i % HALF] >> 7) << i;
	register_write(cpu, op->target, op->size, mask);
	return done(op);
}

struct operation *run_vptest(struct x86 *cpu, struct operation *op)
{
	struct ymm first = whole(cpu, op->target), second;
	uint64_t both = 0, other = 0;

	if (!read_vector(cpu, op, op->source_kind, op->source, op->size, &second))
		return NULL;
	for (unsigned i = 0; i < op->size / 8u; i++) {
		both |= first.half[i / 2].u64[i % 2] & second.half[i / 2].u64[i % 2];
		other |= ~first.half[i / 2].u64[i % 2] & second.half[i / 2].u64[i % 2];
	}
	flags_set_arithmetic(cpu, (both ? 0 : (unsigned)X86_FLAG_ZF) |
					  (other ? 0 : (unsigned)X86_FLAG_CF));
	return done(op);
}

static unsigned vector_registers(const struct x86 *cpu)
{
	return cpu->mode == X86_MODE_64 ? 16 : 8;
}

struct operation *run_vzeroupper(struct x86 *cpu, struct operation *op)
{
	memset(cpu->registers.upper, 0, vector_registers(cpu) * sizeof cpu->registers.upper[0]);
	return done(op);
}

struct operation *run_vzeroall(struct x86 *cpu, struct operation *op)
{
	memset(cpu->registers.xmm, 0, vector_registers(cpu) * sizeof cpu->registers.xmm[0]);
	return run_vzeroupper(cpu, op);
}
