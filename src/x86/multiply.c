/* Multiplication, division, sign extension and decimal adjustment. */
#include "x86/flags.h"
#include "x86/handlers.h"
#include "x86/operand.h"

__extension__ typedef unsigned __int128 wide;
__extension__ typedef __int128 signed_wide;

/* Writes a double-length product or dividend half: ax for bytes, dx:ax above. */
static void write_pair(struct x86 *cpu, unsigned size, uint64_t low, uint64_t high)
{
	if (size == 1) {
		put(cpu, X86_AX, 2, (low & 0xff) | high << 8);
		return;
	}
	put(cpu, X86_AX, size, low);
	put(cpu, X86_DX, size, high);
}

/* CF = OF = the high half matters; SF, ZF, PF, AF are undefined: taken from the low half. */
static void flags_multiply(struct x86 *cpu, uint64_t low, unsigned size, bool overflow)
{
	flags_logic(cpu, low, size);
	flag_set_cf_of(cpu, overflow, overflow);
}

struct operation *run_mul(struct x86 *cpu, struct operation *op)
{
	unsigned size = op->size;
	uint64_t factor, high;
	wide product;

	if (!read_target(cpu, op, &factor))
		return memory_fault(cpu, op);
	product = (wide)get(cpu, X86_AX, size) * factor;
	high = (uint64_t)(product >> 4 * size >> 4 * size);
	write_pair(cpu, size, (uint64_t)product, high);
	flags_multiply(cpu, (uint64_t)product, size, high != 0);
	return done(op);
}

static struct operation *multiply_accumulator(struct x86 *cpu, struct operation *op)
{
	unsigned size = op->size;
	signed_wide product;
	uint64_t factor;

	if (!read_target(cpu, op, &factor))
		return memory_fault(cpu, op);
	product = (signed_wide)(int64_t)sign_extend(get(cpu, X86_AX, size), size) *
		  (int64_t)sign_extend(factor, size);
	write_pair(cpu, size, (uint64_t)product, (uint64_t)(product >> 4 * size >> 4 * size));
	flags_multiply(cpu, (uint64_t)product, size,
		       product != (int64_t)sign_extend((uint64_t)product, size));
	return done(op);
}

struct operation *run_imul(struct x86 *cpu, struct operation *op)
{
	unsigned size = op->size;
	uint64_t a, b;
	signed_wide product;

	if (op->source_kind == OPERAND_NONE)
		return multiply_accumulator(cpu, op);
	if (!read_source(cpu, op, &b))
		return memory_fault(cpu, op);
	a = op->third_kind == OPERAND_IMMEDIATE ? op->immediate
						: register_read(cpu, op->target, size);
	product = (signed_wide)(int64_t)sign_extend(a, size) * (int64_t)sign_extend(b, size);
	register_write(cpu, op->target, size, (uint64_t)product);
	flags_multiply(cpu, (uint64_t)product, size,
		       product != (int64_t)sign_extend((uint64_t)product, size));
	return done(op);
}

static wide dividend(const struct x86 *cpu, unsigned size)
{
	if (size == 1)
		return get(cpu, X86_AX, 2);
	return (wide)get(cpu, X86_DX, size) << 4 * size << 4 * size | get(cpu, X86_AX, size);
}

/* Flags are undefined after a division: they stay. */
struct operation *run_div(struct x86 *cpu, struct operation *op)
{
	unsigned size = op->size;
	uint64_t divisor;
	wide number, quotient;

	if (!read_target(cpu, op, &divisor))
		return memory_fault(cpu, op);
	if (divisor == 0)
		return raise_fault(cpu, op, X86_VECTOR_DE, 0);
	number = dividend(cpu, size);
	quotient = number / divisor;
	if (quotient >> 4 * size >> 4 * size)
		return raise_fault(cpu, op, X86_VECTOR_DE, 0);
	write_pair(cpu, size, (uint64_t)quotient, (uint64_t)(number % divisor));
	return done(op);
}

struct operation *run_idiv(struct x86 *cpu, struct operation *op)
{
	unsigned size = op->size, unused = 128 - 16 * size;
	uint64_t value;
	int64_t divisor;
	signed_wide number, quotient, smallest = (signed_wide)((wide)1 << 127);

	if (!read_target(cpu, op, &value))
		return memory_fault(cpu, op);
	divisor = (int64_t)sign_extend(value, size);
	number = (signed_wide)(dividend(cpu, size) << unused) >> unused;
	/* the one quotient that the host's own division cannot hold */
	if (divisor == 0 || (divisor == -1 && number == smallest))
		return raise_fault(cpu, op, X86_VECTOR_DE, 0);
	quotient = number / divisor;
	if (quotient != (int64_t)sign_extend((uint64_t)quotient, size))
		return raise_fault(cpu, op, X86_VECTOR_DE, 0);
	write_pair(cpu, size, (uint64_t)quotient, (uint64_t)(number % divisor));
	return done(op);
}

/* cbw, cwde, cdqe: the lower half of the accumulator, sign-extended. */
struct operation *run_extend_a(struct x86 *cpu, struct operation *op)
{
	put(cpu, X86_AX, op->width, sign_extend(get(cpu, X86_AX, op->width), op->width / 2));
	return done(op);
}

/* cwd, cdq, cqo: the sign of the accumulator through dx. */
struct operation *run_extend_d(struct x86 *cpu, struct operation *op)
{
	uint64_t value = sign_extend(get(cpu, X86_AX, op->width), op->width);

	put(cpu, X86_DX, op->width, value >> 63 ? UINT64_MAX : 0);
	return done(op);
}

/* --- decimal adjustment (SDM vol. 2, the pseudo code of each) --- */

static void flags_decimal(struct x86 *cpu, uint64_t al, bool cf, bool af)
{
	flags_logic(cpu, al, 1);
	flag_set_cf_of(cpu, cf, false);
	cpu->registers.carries |= af ? 8 : 0;
}

static struct operation *ascii_adjust(struct x86 *cpu, struct operation *op, uint64_t step)
{
	uint64_t ax = get(cpu, X86_AX, 2);
	bool adjust = (ax & 15) > 9 || flag_af(cpu);

	if (adjust)
		ax += step;
	ax &= 0xff0f;
	put(cpu, X86_AX, 2, ax);
	flags_decimal(cpu, ax, adjust, adjust);
	return done(op);
}

struct operation *run_aaa(struct x86 *cpu, struct operation *op)
{
	return ascii_adjust(cpu, op, 0x106);
}

struct operation *run_aas(struct x86 *cpu, struct operation *op)
{
	return ascii_adjust(cpu, op, 0 - UINT64_C(0x106));
}

static struct operation *decimal_adjust(struct x86 *cpu, struct operation *op, bool subtract)
{
	uint64_t old = get(cpu, X86_AX, 1), al = old;
	bool low = (old & 15) > 9 || flag_af(cpu);
	bool high = old > 0x99 || flag_cf(cpu);
	bool cf = high;

	if (low) {
		cf = cf || (subtract ? old < 6 : old + 6 > 0xff);
		al = subtract ? al - 6 : al + 6;
	}
	if (high)
		al = subtract ? al - 0x60 : al + 0x60;
	put(cpu, X86_AX, 1, al);
	flags_decimal(cpu, al, cf, low);
	return done(op);
}

struct operation *run_daa(struct x86 *cpu, struct operation *op)
{
	return decimal_adjust(cpu, op, false);
}

struct operation *run_das(struct x86 *cpu, struct operation *op)
{
	return decimal_adjust(cpu, op, true);
}

struct operation *run_aam(struct x86 *cpu, struct operation *op)
{
	uint64_t al = get(cpu, X86_AX, 1), base = op->immediate & 0xff;

	if (base == 0)
		return raise_fault(cpu, op, X86_VECTOR_DE, 0);
	put(cpu, X86_AX, 2, al / base << 8 | al % base);
	flags_decimal(cpu, al % base, false, false);
	return done(op);
}

struct operation *run_aad(struct x86 *cpu, struct operation *op)
{
	uint64_t ax = get(cpu, X86_AX, 2);
	uint64_t al = (ax + (ax >> 8) * (op->immediate & 0xff)) & 0xff;

	put(cpu, X86_AX, 2, al);
	flags_decimal(cpu, al, false, false);
	return done(op);
}
