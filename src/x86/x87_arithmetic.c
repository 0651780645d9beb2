/* x87 arithmetic, comparison and functions: what they do with the stack. The numbers come from the
 * host (x87_host.h) and from x87_transcendental.c. */
#include "x86/handlers.h"
#include "x86/x87.h"
#include "x86/x87_transcendental.h"

typedef uint16_t host_binary(uint16_t control, const struct x87_value *a, const struct x87_value *b,
			     struct x87_value *result);
typedef uint16_t host_unary(uint16_t control, const struct x87_value *a, struct x87_value *result);
typedef uint16_t host_pair(uint16_t control, const struct x87_value *a, struct x87_value *below,
			   struct x87_value *top);
typedef uint16_t host_relation(uint16_t control, const struct x87_value *a,
			       const struct x87_value *b);

enum form { PLAIN, POP, INTEGER };

static bool is_nan(const struct x87_value *value)
{
	return (value->sign_exponent & 0x7fff) == 0x7fff && value->mantissa << 1 != 0;
}

/* A signalling NaN in memory takes part as one: the loading made it quiet, which is undone here. */
static void signal_again(struct x87_value *value, uint16_t *status)
{
	if (*status & STATUS_IE)
		value->mantissa &= ~(UINT64_C(1) << 62);
	*status &= (uint16_t)~STATUS_IE;
}

/* The status of an operation whose memory operand was converted first: a denormal there does not
 * show when an exception of higher rank or a NaN decides (SDM vol. 1, 8.5.2). */
static uint16_t with_conversion(uint16_t conversion, uint16_t status, bool nan)
{
	conversion &= STATUS_DE;
	if (nan || (status & (STATUS_IE | STATUS_ZE)))
		conversion = 0;
	return status | conversion;
}

/* ST(to) = ST(to) op other, or other op ST(to) when reversed. */
static struct operation *arithmetic(struct x86 *cpu, struct operation *op, host_binary *host,
				    bool reversed, enum form form)
{
	bool memory = op->target_kind == OPERAND_MEMORY;
	/* dc and de name the destination, d8 the source (SDM vol. 2, table A-7 on) */
	unsigned to = !memory && op->immediate & 0x400 ? op->target : 0;
	unsigned from = to == 0 && !memory && !(op->immediate & 0x400) ? op->target : 0;
	struct x87_value a, b, result = X87_INDEFINITE;
	uint16_t status = 0;

	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	if (!memory)
		b = *x87_st(cpu, from);
	else if (!x87_memory(cpu, op, form == INTEGER, &b, &status))
		return memory_fault(cpu, op);
	signal_again(&b, &status);
	x87_note(cpu, op);
	if (x87_empty(cpu, to) || (!memory && x87_empty(cpu, from))) {
		if (!x87_underflow(cpu))
			return done(op);
	} else {
		uint16_t control = cpu->registers.x87.control;
		uint16_t operation;
		a = *x87_st(cpu, to);
		operation =
			reversed ? host(control, &b, &a, &result) : host(control, &a, &b, &result);
		status = with_conversion(status, operation, is_nan(&result));
		if (!x87_status(cpu, status, STATUS_C1))
			return done(op);
	}
	*x87_st(cpu, to) = result;
	cpu->registers.x87.valid |= (uint8_t)x87_bit(cpu, to);
	if (form == POP)
		x87_pop(cpu);
	return done(op);
}

#define ARITHMETIC(name, host, reversed, form)                              \
	struct operation *run_##name(struct x86 *cpu, struct operation *op) \
	{                                                                   \
		return arithmetic(cpu, op, host, reversed, form);           \
	}

ARITHMETIC(fadd, host_add, false, PLAIN)
ARITHMETIC(faddp, host_add, false, POP)
ARITHMETIC(fiadd, host_add, false, INTEGER)
ARITHMETIC(fmul, host_multiply, false, PLAIN)
ARITHMETIC(fmulp, host_multiply, false, POP)
ARITHMETIC(fimul, host_multiply, false, INTEGER)
ARITHMETIC(fsub, host_subtract, false, PLAIN)
ARITHMETIC(fsubp, host_subtract, false, POP)
ARITHMETIC(fisub, host_subtract, false, INTEGER)
ARITHMETIC(fsubr, host_subtract, true, PLAIN)
ARITHMETIC(fsubrp, host_subtract, true, POP)
ARITHMETIC(fisubr, host_subtract, true, INTEGER)
ARITHMETIC(fdiv, host_divide, false, PLAIN)
ARITHMETIC(fdivp, host_divide, false, POP)
ARITHMETIC(fidiv, host_divide, false, INTEGER)
ARITHMETIC(fdivr, host_divide, true, PLAIN)
ARITHMETIC(fdivrp, host_divide, true, POP)
ARITHMETIC(fidivr, host_divide, true, INTEGER)

/* --- functions of one operand --- */

static struct operation *unary(struct x86 *cpu, struct operation *op, host_unary *host,
			       uint16_t conditions)
{
	struct x87_value result = X87_INDEFINITE;

	cpu->effort += EFFORT_FUNCTION;
	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	x87_note(cpu, op);
	cpu->registers.x87.status &= (uint16_t) ~(conditions & STATUS_C2);
	if (x87_empty(cpu, 0)
		    ? !x87_underflow(cpu)
		    : !x87_status(cpu, host(cpu->registers.x87.control, x87_st(cpu, 0), &result),
				  conditions))
		return done(op);
	*x87_st(cpu, 0) = result;
	cpu->registers.x87.valid |= (uint8_t)x87_bit(cpu, 0);
	return done(op);
}

static uint16_t host_absolute(uint16_t control, const struct x87_value *a, struct x87_value *result)
{
	(void)control;
	*result = (struct x87_value){ a->mantissa, a->sign_exponent & 0x7fff };
	return 0;
}

static uint16_t host_change_sign(uint16_t control, const struct x87_value *a,
				 struct x87_value *result)
{
	(void)control;
	*result = (struct x87_value){ a->mantissa, a->sign_exponent ^ 0x8000 };
	return 0;
}

#define UNARY(name, host, conditions)                                       \
	struct operation *run_##name(struct x86 *cpu, struct operation *op) \
	{                                                                   \
		return unary(cpu, op, host, conditions);                    \
	}

UNARY(fabs, host_absolute, STATUS_C1)
UNARY(fchs, host_change_sign, STATUS_C1)
UNARY(fsqrt, host_sqrt, STATUS_C1)
UNARY(frndint, host_round, STATUS_C1)
UNARY(f2xm1, x87_exponential, STATUS_C1)
UNARY(fsin, x87_sine, STATUS_C1 | STATUS_C2)
UNARY(fcos, x87_cosine, STATUS_C1 | STATUS_C2)

/* --- functions of two operands: ST(0) and ST(1) --- */

/* Into ST(1), and a pop. */
static struct operation *binary_pop(struct x86 *cpu, struct operation *op, host_binary *host)
{
	struct x87_value result = X87_INDEFINITE;

	cpu->effort += EFFORT_FUNCTION;
	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	x87_note(cpu, op);
	if (x87_empty(cpu, 0) || x87_empty(cpu, 1)) {
		if (!x87_underflow(cpu))
			return done(op);
	} else if (!x87_status(cpu,
			       host(cpu->registers.x87.control, x87_st(cpu, 1), x87_st(cpu, 0),
				    &result),
			       STATUS_C1)) {
		return done(op);
	}
	*x87_st(cpu, 1) = result;
	cpu->registers.x87.valid |= (uint8_t)x87_bit(cpu, 1);
	x87_pop(cpu);
	return done(op);
}

/* Into ST(0); ST(1) stays. */
static struct operation *binary_keep(struct x86 *cpu, struct operation *op, host_binary *host,
				     uint16_t conditions)
{
	struct x87_value result = X87_INDEFINITE;
	uint16_t status;

	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	x87_note(cpu, op);
	cpu->registers.x87.status &= (uint16_t) ~(conditions & STATUS_C2);
	if (x87_empty(cpu, 0) || x87_empty(cpu, 1)) {
		if (!x87_underflow(cpu))
			return done(op);
	} else {
		status = host(cpu->registers.x87.control, x87_st(cpu, 1), x87_st(cpu, 0), &result);
		/* without a quotient its bits are not touched */
		if (is_nan(&result))
			conditions &= STATUS_C1 | STATUS_C2;
		if (!x87_status(cpu, status, conditions))
			return done(op);
	}
	*x87_st(cpu, 0) = result;
	cpu->registers.x87.valid |= (uint8_t)x87_bit(cpu, 0);
	return done(op);
}

struct operation *run_fpatan(struct x86 *cpu, struct operation *op)
{
	return binary_pop(cpu, op, x87_arctangent);
}

struct operation *run_fyl2x(struct x86 *cpu, struct operation *op)
{
	return binary_pop(cpu, op, x87_logarithm);
}

struct operation *run_fyl2xp1(struct x86 *cpu, struct operation *op)
{
	return binary_pop(cpu, op, x87_logarithm_plus_one);
}

struct operation *run_fscale(struct x86 *cpu, struct operation *op)
{
	return binary_keep(cpu, op, host_scale, STATUS_C1);
}

struct operation *run_fprem(struct x86 *cpu, struct operation *op)
{
	return binary_keep(cpu, op, host_remainder, STATUS_CONDITIONS);
}

struct operation *run_fprem1(struct x86 *cpu, struct operation *op)
{
	return binary_keep(cpu, op, host_remainder_ieee, STATUS_CONDITIONS);
}

/* --- functions of two results --- */

static struct operation *pair(struct x86 *cpu, struct operation *op, host_pair *host,
			      uint16_t conditions)
{
	struct x87_value below = X87_INDEFINITE, top = X87_INDEFINITE;
	uint16_t status;

	cpu->effort += EFFORT_FUNCTION;
	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	x87_note(cpu, op);
	cpu->registers.x87.status &= (uint16_t) ~(conditions & STATUS_C2);
	if (x87_empty(cpu, 0)) {
		if (!x87_underflow(cpu))
			return done(op);
		*x87_st(cpu, 0) = below;
		cpu->registers.x87.valid |= (uint8_t)x87_bit(cpu, 0);
		x87_push_anyway(cpu, top);
		return done(op);
	} else if (x87_empty(cpu, 7)) {
		status = host(cpu->registers.x87.control, x87_st(cpu, 0), &below, &top);
		if (!x87_status(cpu, status, conditions) ||
		    (conditions & STATUS_C2 && status & STATUS_C2))
			return done(op);
	}
	if (x87_empty(cpu, 7) || cpu->registers.x87.control & STATUS_IE) {
		*x87_st(cpu, 0) = below;
		cpu->registers.x87.valid |= (uint8_t)x87_bit(cpu, 0);
	}
	x87_push(cpu, top);
	return done(op);
}

struct operation *run_fptan(struct x86 *cpu, struct operation *op)
{
	return pair(cpu, op, x87_tangent, STATUS_C1 | STATUS_C2);
}

struct operation *run_fsincos(struct x86 *cpu, struct operation *op)
{
	return pair(cpu, op, x87_sine_cosine, STATUS_C1 | STATUS_C2);
}

struct operation *run_fxtract(struct x86 *cpu, struct operation *op)
{
	return pair(cpu, op, host_extract, STATUS_C1);
}

/* --- comparisons --- */

enum answer { IN_STATUS, IN_FLAGS };

/* The condition bits as ZF, PF, CF (SDM vol. 1, table 8-7). */
static void answer_flags(struct x86 *cpu, uint16_t status)
{
	flags_set_arithmetic(cpu, (status & STATUS_C3 ? X86_FLAG_ZF : 0u) |
					  (status & STATUS_C2 ? X86_FLAG_PF : 0u) |
					  (status & STATUS_C0 ? X86_FLAG_CF : 0u));
	cpu->registers.x87.status &= (uint16_t)~STATUS_C1;
}

static struct operation *compare(struct x86 *cpu, struct operation *op, host_relation *host,
				 enum answer where, unsigned pops, bool integer)
{
	bool memory = op->target_kind == OPERAND_MEMORY;
	unsigned with = pops == 2 ? 1 : op->target;
	struct x87_value other;
	uint16_t status = 0;
	bool kept;

	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	if (!memory)
		other = *x87_st(cpu, with);
	else if (!x87_memory(cpu, op, integer, &other, &status))
		return memory_fault(cpu, op);
	signal_again(&other, &status);
	x87_note(cpu, op);
	if (x87_empty(cpu, 0) || (!memory && x87_empty(cpu, with))) {
		cpu->registers.x87.status |= STATUS_SF;
		status = STATUS_IE | STATUS_C0 | STATUS_C2 | STATUS_C3;
	} else {
		uint16_t relation = host(cpu->registers.x87.control, &other, x87_st(cpu, 0));
		status = with_conversion(status, relation, relation & STATUS_C2);
		status &= (uint16_t)~STATUS_C1;
	}
	kept = !x87_status(cpu, status, where == IN_STATUS ? STATUS_CONDITIONS : STATUS_C1);
	if (where == IN_FLAGS)
		flags_change(cpu, X86_FLAG_OF | X86_FLAG_SF | X86_FLAG_AF, 0);
	if (where == IN_FLAGS && !kept)
		answer_flags(cpu, status);
	for (; pops > 0 && !kept; pops--)
		x87_pop(cpu);
	return done(op);
}

#define COMPARE(name, host, where, pops, integer)                           \
	struct operation *run_##name(struct x86 *cpu, struct operation *op) \
	{                                                                   \
		return compare(cpu, op, host, where, pops, integer);        \
	}

COMPARE(fcom, host_compare, IN_STATUS, 0, false)
COMPARE(fcomp, host_compare, IN_STATUS, 1, false)
COMPARE(fcompp, host_compare, IN_STATUS, 2, false)
COMPARE(ficom, host_compare, IN_STATUS, 0, true)
COMPARE(ficomp, host_compare, IN_STATUS, 1, true)
COMPARE(fucom, host_compare_unordered, IN_STATUS, 0, false)
COMPARE(fucomp, host_compare_unordered, IN_STATUS, 1, false)
COMPARE(fucompp, host_compare_unordered, IN_STATUS, 2, false)
COMPARE(fcomi, host_compare, IN_FLAGS, 0, false)
COMPARE(fcomip, host_compare, IN_FLAGS, 1, false)
COMPARE(fucomi, host_compare_unordered, IN_FLAGS, 0, false)
COMPARE(fucomip, host_compare_unordered, IN_FLAGS, 1, false)

struct operation *run_ftst(struct x86 *cpu, struct operation *op)
{
	static const struct x87_value zero;
	uint16_t status = STATUS_IE | STATUS_C0 | STATUS_C2 | STATUS_C3;

	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	x87_note(cpu, op);
	if (x87_empty(cpu, 0))
		cpu->registers.x87.status |= STATUS_SF;
	else
		status = host_compare(cpu->registers.x87.control, &zero, x87_st(cpu, 0)) &
			 (uint16_t)~STATUS_C1;
	x87_status(cpu, status, STATUS_CONDITIONS);
	return done(op);
}

struct operation *run_fxam(struct x86 *cpu, struct operation *op)
{
	static const struct x87_value zero;
	uint16_t status;

	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	x87_note(cpu, op);
	status = host_examine(cpu->registers.x87.control, &zero, x87_st(cpu, 0));
	if (x87_empty(cpu, 0))
		status = (uint16_t)((status & STATUS_C1) | STATUS_C3 | STATUS_C0);
	x87_status(cpu, status & STATUS_CONDITIONS, STATUS_CONDITIONS);
	return done(op);
}
