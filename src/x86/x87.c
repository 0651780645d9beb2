/* The x87 stack, exceptions, and loads, stores and exchanges. */
#include "x86/x87.h"

#include "x86/handlers.h"

void x87_summarise(struct x86 *cpu)
{
	struct x87 *x87 = &cpu->registers.x87;

	x87->status &= (uint16_t) ~(STATUS_ES | STATUS_B);
	if (x87->status & ~x87->control & STATUS_EXCEPTIONS)
		x87->status |= STATUS_ES | STATUS_B;
}

bool x87_status(struct x86 *cpu, uint16_t status, uint16_t conditions)
{
	struct x87 *x87 = &cpu->registers.x87;
	uint16_t before = STATUS_IE | STATUS_DE | STATUS_ZE; /* raised before the operation */
	uint16_t forbidding = (uint16_t)(status & before & ~x87->control);

	/* then there was no operation that could have rounded or compared */
	if (forbidding) {
		conditions &= STATUS_C1;
		status &= (uint16_t) ~(STATUS_OE | STATUS_UE | STATUS_PE |
				       (status & STATUS_IE ? 0 : STATUS_C1));
	}
	x87->status = (uint16_t)((x87->status & ~conditions) | (status & conditions) |
				 (status & STATUS_EXCEPTIONS));
	x87_summarise(cpu);
	/* the opcode is kept for handlers only, since the Pentium 4 (SDM vol. 1, 8.1.9.1) */
	if (x87->status & STATUS_ES)
		x87->opcode = x87->last_opcode;
	return !forbidding;
}

static bool stack_fault(struct x86 *cpu, uint16_t c1)
{
	cpu->registers.x87.status |= STATUS_SF;
	return x87_status(cpu, STATUS_IE | c1, STATUS_C1);
}

bool x87_underflow(struct x86 *cpu)
{
	return stack_fault(cpu, 0);
}

void x87_push_anyway(struct x86 *cpu, struct x87_value value)
{
	x87_set_top(cpu, x87_top(cpu) - 1);
	*x87_st(cpu, 0) = value;
	cpu->registers.x87.valid |= (uint8_t)x87_bit(cpu, 0);
}

bool x87_push(struct x86 *cpu, struct x87_value value)
{
	if (!x87_empty(cpu, 7)) {
		if (!stack_fault(cpu, STATUS_C1))
			return false;
		value = X87_INDEFINITE;
	}
	x87_push_anyway(cpu, value);
	return true;
}

void x87_pop(struct x86 *cpu)
{
	cpu->registers.x87.valid &= (uint8_t)~x87_bit(cpu, 0);
	x87_set_top(cpu, x87_top(cpu) + 1);
}

void x87_note(struct x86 *cpu, const struct operation *op)
{
	struct x87 *x87 = &cpu->registers.x87;

	x87->code_address = op->address;
	x87->code_selector = cpu->registers.selector[X86_CS];
	x87->last_opcode = (uint16_t)(op->immediate & 0x7ff);
	if (op->target_kind == OPERAND_MEMORY) {
		x87->data_address = effective_address(cpu, op);
		x87->data_selector = op->segment == NO_SEGMENT
					     ? cpu->registers.selector[X86_DS]
					     : cpu->registers.selector[op->segment];
	}
}

/* --- loads --- */

bool x87_memory(struct x86 *cpu, const struct operation *op, bool integer, struct x87_value *value,
		uint16_t *status)
{
	uint16_t control = cpu->registers.x87.control;
	uint8_t bytes[16] = { 0 };

	if (!load(cpu, linear_address(cpu, op), bytes, op->size))
		return false;
	switch (op->size) {
	case 2: *status = host_load_int16(control, bytes, value); break;
	case 4:
		*status = integer ? host_load_int32(control, bytes, value)
				  : host_load_single(control, bytes, value);
		break;
	case 8:
		*status = integer ? host_load_int64(control, bytes, value)
				  : host_load_double(control, bytes, value);
		break;
	default:
		memcpy(&value->mantissa, bytes, 8);
		memcpy(&value->sign_exponent, bytes + 8, 2);
		*status = 0;
		break;
	}
	return true;
}

static struct operation *load_value(struct x86 *cpu, struct operation *op, bool integer)
{
	struct x87_value value = X87_INDEFINITE;
	uint16_t status = 0;

	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	if (op->target_kind == OPERAND_MEMORY && !x87_memory(cpu, op, integer, &value, &status))
		return memory_fault(cpu, op);
	x87_note(cpu, op);
	if (op->target_kind != OPERAND_MEMORY) {
		if (x87_empty(cpu, op->target)) {
			if (x87_underflow(cpu))
				x87_push_anyway(cpu, value);
			return done(op);
		}
		value = *x87_st(cpu, op->target);
	}
	if (x87_empty(cpu, 7) && !x87_status(cpu, status, STATUS_C1))
		return done(op);
	x87_push(cpu, value);
	return done(op);
}

struct operation *run_fld(struct x86 *cpu, struct operation *op)
{
	return load_value(cpu, op, false);
}

struct operation *run_fild(struct x86 *cpu, struct operation *op)
{
	return load_value(cpu, op, true);
}

struct operation *run_fbld(struct x86 *cpu, struct operation *op)
{
	struct x87_value value;
	uint8_t bytes[16] = { 0 };

	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	if (!load(cpu, linear_address(cpu, op), bytes, 10))
		return memory_fault(cpu, op);
	x87_note(cpu, op);
	host_load_decimal(cpu->registers.x87.control, bytes, &value);
	cpu->registers.x87.status &= (uint16_t)~STATUS_C1;
	x87_push(cpu, value);
	return done(op);
}

/* The constants, rounded as the control word says: from 66 bits (SDM vol. 1, 8.3.8). */
static struct operation *load_constant(struct x86 *cpu, struct operation *op, uint64_t mantissa,
				       uint16_t exponent, bool up)
{
	unsigned rounding = cpu->registers.x87.control >> 10 & 3;

	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	/* `mantissa` is cut; `up` says that to nearest it is one more */
	if (up && (rounding == 0 || rounding == 2))
		mantissa++;
	else if (!up && rounding == 2 && mantissa << 1 != 0)
		mantissa++;
	x87_note(cpu, op);
	cpu->registers.x87.status &= (uint16_t)~STATUS_C1;
	x87_push(cpu, (struct x87_value){ mantissa, exponent });
	return done(op);
}

#define CONSTANT(name, mantissa, exponent, up)                                   \
	struct operation *run_##name(struct x86 *cpu, struct operation *op)      \
	{                                                                        \
		return load_constant(cpu, op, UINT64_C(mantissa), exponent, up); \
	}

CONSTANT(fldz, 0, 0, false)
CONSTANT(fld1, 0x8000000000000000, 0x3fff, false)
CONSTANT(fldpi, 0xc90fdaa22168c234, 0x4000, true)
CONSTANT(fldl2t, 0xd49a784bcd1b8afe, 0x4000, false)
CONSTANT(fldl2e, 0xb8aa3b295c17f0bb, 0x3fff, true)
CONSTANT(fldlg2, 0x9a209a84fbcff798, 0x3ffd, true)
CONSTANT(fldln2, 0xb17217f7d1cf79ab, 0x3ffe, true)

/* --- stores --- */

enum store_format { STORE_REAL, STORE_INTEGER, STORE_TRUNCATED, STORE_DECIMAL };

static uint16_t convert(uint16_t control, const struct x87_value *from, enum store_format format,
			unsigned size, uint8_t *bytes)
{
	switch (format) {
	case STORE_REAL:
		if (size == 4)
			return host_store_single(control, from, bytes);
		if (size == 8)
			return host_store_double(control, from, bytes);
		memcpy(bytes, &from->mantissa, 8);
		memcpy(bytes + 8, &from->sign_exponent, 2);
		return 0;
	case STORE_INTEGER:
		return size == 2   ? host_store_int16(control, from, bytes)
		       : size == 4 ? host_store_int32(control, from, bytes)
				   : host_store_int64(control, from, bytes);
	case STORE_TRUNCATED:
		return size == 2   ? host_truncate_int16(control, from, bytes)
		       : size == 4 ? host_truncate_int32(control, from, bytes)
				   : host_truncate_int64(control, from, bytes);
	default: return host_store_decimal(control, from, bytes);
	}
}

static struct operation *store_memory(struct x86 *cpu, struct operation *op,
				      enum store_format format, bool pop)
{
	uint64_t address = linear_address(cpu, op);
	struct x87_value value = *x87_st(cpu, 0);
	bool empty = x87_empty(cpu, 0);
	uint8_t bytes[16] = { 0 };
	uint16_t status;

	if (empty)
		value = X87_INDEFINITE;
	status = convert(cpu->registers.x87.control, &value, format, op->size, bytes);
	if (!memory_probe(cpu, address, op->size))
		return memory_fault(cpu, op);
	x87_note(cpu, op);
	/* a store that overflows with the exception unmasked leaves the memory alone */
	if (empty ? !x87_underflow(cpu)
		  : !x87_status(cpu, status, STATUS_C1) ||
			    (status & 0x18 & ~cpu->registers.x87.control))
		return done_writing(cpu, op);
	if (!memory_store(cpu, address, bytes, op->size))
		return memory_fault(cpu, op);
	if (pop)
		x87_pop(cpu);
	return done_writing(cpu, op);
}

static struct operation *store_value(struct x86 *cpu, struct operation *op,
				     enum store_format format, bool pop)
{
	struct x87_value value = *x87_st(cpu, 0);

	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	if (op->target_kind == OPERAND_MEMORY)
		return store_memory(cpu, op, format, pop);
	x87_note(cpu, op);
	cpu->registers.x87.status &= (uint16_t)~STATUS_C1;
	if (x87_empty(cpu, 0)) {
		if (!x87_underflow(cpu))
			return done(op);
		value = X87_INDEFINITE;
	}
	*x87_st(cpu, op->target) = value;
	cpu->registers.x87.valid |= (uint8_t)x87_bit(cpu, op->target);
	if (pop)
		x87_pop(cpu);
	return done(op);
}

#define STORE(name, format, pop)                                            \
	struct operation *run_##name(struct x86 *cpu, struct operation *op) \
	{                                                                   \
		return store_value(cpu, op, format, pop);                   \
	}

STORE(fst, STORE_REAL, false)
STORE(fstp, STORE_REAL, true)
STORE(fist, STORE_INTEGER, false)
STORE(fistp, STORE_INTEGER, true)
STORE(fisttp, STORE_TRUNCATED, true)
STORE(fbstp, STORE_DECIMAL, true)

/* Undocumented: fstp without a stack exception; an empty register is copied as one. */
struct operation *run_fstpnce(struct x86 *cpu, struct operation *op)
{
	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	x87_note(cpu, op);
	cpu->registers.x87.status &= (uint16_t)~STATUS_C1;
	*x87_st(cpu, op->target) = *x87_st(cpu, 0);
	if (x87_empty(cpu, 0))
		cpu->registers.x87.valid &= (uint8_t)~x87_bit(cpu, op->target);
	else
		cpu->registers.x87.valid |= (uint8_t)x87_bit(cpu, op->target);
	x87_pop(cpu);
	return done(op);
}

/* --- moves on the stack --- */

struct operation *run_fxch(struct x86 *cpu, struct operation *op)
{
	struct x87_value *a = x87_st(cpu, 0), *b = x87_st(cpu, op->target), kept;

	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	x87_note(cpu, op);
	cpu->registers.x87.status &= (uint16_t)~STATUS_C1;
	if (x87_empty(cpu, 0) || x87_empty(cpu, op->target)) {
		if (!x87_underflow(cpu))
			return done(op);
		if (x87_empty(cpu, 0))
			*a = X87_INDEFINITE;
		if (x87_empty(cpu, op->target))
			*b = X87_INDEFINITE;
		cpu->registers.x87.valid |= (uint8_t)(x87_bit(cpu, 0) | x87_bit(cpu, op->target));
	}
	kept = *a;
	*a = *b;
	*b = kept;
	return done(op);
}

static struct operation *move_if(struct x86 *cpu, struct operation *op, bool wanted)
{
	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	x87_note(cpu, op);
	if (x87_empty(cpu, 0) || x87_empty(cpu, op->target)) {
		if (!x87_underflow(cpu))
			return done(op);
		*x87_st(cpu, 0) = X87_INDEFINITE;
		cpu->registers.x87.valid |= (uint8_t)x87_bit(cpu, 0);
	} else if (wanted) {
		*x87_st(cpu, 0) = *x87_st(cpu, op->target);
	}
	return done(op);
}

#define MOVE_IF(name, wanted)                                               \
	struct operation *run_##name(struct x86 *cpu, struct operation *op) \
	{                                                                   \
		return move_if(cpu, op, wanted);                            \
	}

MOVE_IF(fcmovb, flag_cf(cpu))
MOVE_IF(fcmovnb, !flag_cf(cpu))
MOVE_IF(fcmove, flag_zf(cpu))
MOVE_IF(fcmovne, !flag_zf(cpu))
MOVE_IF(fcmovbe, flag_cf(cpu) || flag_zf(cpu))
MOVE_IF(fcmovnbe, !flag_cf(cpu) && !flag_zf(cpu))
MOVE_IF(fcmovu, flag_pf(cpu))
MOVE_IF(fcmovnu, !flag_pf(cpu))

static struct operation *turn(struct x86 *cpu, struct operation *op, unsigned by)
{
	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	x87_note(cpu, op);
	cpu->registers.x87.status &= (uint16_t)~STATUS_C1;
	x87_set_top(cpu, x87_top(cpu) + by);
	return done(op);
}

struct operation *run_fincstp(struct x86 *cpu, struct operation *op)
{
	return turn(cpu, op, 1);
}

struct operation *run_fdecstp(struct x86 *cpu, struct operation *op)
{
	return turn(cpu, op, 7);
}

struct operation *run_ffree(struct x86 *cpu, struct operation *op)
{
	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	x87_note(cpu, op);
	cpu->registers.x87.valid &= (uint8_t)~x87_bit(cpu, op->target);
	return done(op);
}

/* Undocumented: ffree, and a pop. */
struct operation *run_ffreep(struct x86 *cpu, struct operation *op)
{
	struct operation *next = run_ffree(cpu, op);

	if (next)
		x87_pop(cpu);
	return next;
}

struct operation *run_fnop(struct x86 *cpu, struct operation *op)
{
	if (x87_waits(cpu))
		return raise_fault(cpu, op, X86_VECTOR_MF, 0);
	x87_note(cpu, op);
	return done(op);
}
