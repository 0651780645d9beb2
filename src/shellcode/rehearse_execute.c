/* The one-byte opcodes that are printable, and their neighbours. Intel SDM vol. 2; flags that it
 * leaves undefined are as in x86/. */
#include "shellcode/rehearse_actor.h"

static uint64_t immediate_of_operand(struct actor *actor, const struct instruction_bytes *bytes)
{
	return actor_immediate(actor, bytes->size < 4 ? bytes->size : 4);
}

/* --- flags --- */

static void set_flag(struct actor *actor, unsigned flag, bool value)
{
	actor->flags = value ? actor->flags | flag : actor->flags & ~flag;
}

static void set_flags(struct actor *actor, uint64_t result, unsigned size, bool carry,
		      bool overflow)
{
	uint64_t value = result & actor_mask(size);

	actor->flags &= ~(unsigned)(X86_FLAG_ZF | X86_FLAG_SF | X86_FLAG_PF | X86_FLAG_CF |
				    X86_FLAG_OF | X86_FLAG_AF);
	actor->flags |= (value == 0 ? X86_FLAG_ZF : 0) |
			(value >> (8 * size - 1) ? X86_FLAG_SF : 0) |
			(__builtin_parity((unsigned)value & 0xff) ? 0 : X86_FLAG_PF) |
			(carry ? X86_FLAG_CF : 0) | (overflow ? X86_FLAG_OF : 0);
}

static bool holds(const struct actor *actor, unsigned condition)
{
	bool carry = actor->flags & X86_FLAG_CF, zero = actor->flags & X86_FLAG_ZF;
	bool sign = actor->flags & X86_FLAG_SF, overflow = actor->flags & X86_FLAG_OF;
	const bool held[8] = { overflow,
			       carry,
			       zero,
			       carry || zero,
			       sign,
			       actor->flags & X86_FLAG_PF,
			       sign != overflow,
			       zero || sign != overflow };

	return held[condition >> 1] != (condition & 1);
}

/* --- instructions --- */

enum operation { ADD, OR, ADC, SBB, AND, SUB, XOR, CMP };

static uint64_t combine(struct actor *actor, enum operation operation, uint64_t first,
			uint64_t second, unsigned size)
{
	bool in = (operation == ADC || operation == SBB) && actor->flags & X86_FLAG_CF;
	bool carry = false, overflow = false;
	uint64_t result, sign = (uint64_t)1 << (8 * size - 1);

	switch (operation) {
	case OR: result = first | second; break;
	case AND: result = first & second; break;
	case XOR: result = first ^ second; break;
	case ADD:
	case ADC:
		result = (first + second + in) & actor_mask(size);
		carry = result < first || (in && result == first);
		overflow = (first ^ result) & (second ^ result) & sign;
		break;
	default:
		result = (first - second - in) & actor_mask(size);
		carry = first < second || (in && first == second);
		overflow = (first ^ second) & (first ^ result) & sign;
		break;
	}
	set_flags(actor, result, size, carry, overflow);
	if (operation != OR && operation != AND && operation != XOR)
		set_flag(actor, X86_FLAG_AF, (first ^ second ^ result) & 0x10);
	return result;
}

/* Eight operations in six forms. */
static void arithmetic(struct actor *actor, struct instruction_bytes *bytes)
{
	enum operation operation = bytes->opcode >> 3;
	unsigned form = bytes->opcode & 7, reg = X86_AX;
	uint64_t value, other, result;

	if (!(form & 1))
		bytes->size = 1;
	if (form < 4) {
		actor_read_modrm(actor, bytes);
		reg = actor_reg(bytes);
		other = actor_get_other(actor, bytes);
	} else {
		other = immediate_of_operand(actor, bytes) & actor_mask(bytes->size);
	}
	value = actor_get(actor, bytes, reg);
	result = form < 2 ? combine(actor, operation, other, value, bytes->size)
			  : combine(actor, operation, value, other, bytes->size);
	if (operation != CMP && form < 2)
		actor_set_other(actor, bytes, result);
	else if (operation != CMP)
		actor_set(actor, bytes, reg, result);
}

/* inc and dec, which leave the carry flag alone. */
static void count(struct actor *actor, const struct instruction_bytes *bytes)
{
	bool carry = actor->flags & X86_FLAG_CF;
	unsigned reg = bytes->opcode & 7;

	actor_set(actor, bytes, reg,
		  combine(actor, bytes->opcode < 0x48 ? ADD : SUB, actor_get(actor, bytes, reg), 1,
			  bytes->size));
	set_flag(actor, X86_FLAG_CF, carry);
}

/* imul register, operand, immediate. */
static void multiply(struct actor *actor, struct instruction_bytes *bytes)
{
	int64_t first, second, product;
	bool lost;

	bytes->behind = bytes->opcode == 0x6b ? 1 : bytes->size < 4 ? 2 : 4;
	actor_read_modrm(actor, bytes);
	second = (int64_t)actor_immediate(actor, bytes->behind);
	first = (int64_t)actor_extend(actor_get_other(actor, bytes), bytes->size);
	lost = __builtin_mul_overflow(first, second, &product);
	lost |= (int64_t)actor_extend((uint64_t)product, bytes->size) != product;
	actor_set(actor, bytes, actor_reg(bytes), (uint64_t)product);
	set_flags(actor, (uint64_t)product, bytes->size, lost, lost);
}

/* daa, das */
static void adjust_decimal(struct actor *actor, bool subtract)
{
	uint64_t *ax = &actor->registers[X86_AX], old = *ax & 0xff;
	bool low = (old & 15) > 9 || actor->flags & X86_FLAG_AF;
	bool high = old > 0x99 || actor->flags & X86_FLAG_CF;
	uint64_t by = (low ? 6u : 0) + (high ? 0x60u : 0);
	bool carry = high || (low && (subtract ? old < 6 : old > 0xf9));

	*ax = (*ax & ~(uint64_t)0xff) | ((subtract ? old - by : old + by) & 0xff);
	set_flags(actor, *ax, 1, carry, false);
	set_flag(actor, X86_FLAG_AF, low);
}

/* aaa, aas */
static void adjust_ascii(struct actor *actor, bool subtract)
{
	uint64_t *ax = &actor->registers[X86_AX];
	bool adjust = (*ax & 15) > 9 || actor->flags & X86_FLAG_AF;
	uint64_t changed = !adjust ? *ax : subtract ? *ax - 0x106 : *ax + 0x106;

	*ax = (*ax & ~(uint64_t)0xffff) | (changed & 0xff0f);
	set_flags(actor, *ax, 1, adjust, false);
	set_flag(actor, X86_FLAG_AF, adjust);
}

/* What is no arithmetic before 40. */
static void execute_others(struct actor *actor, uint8_t opcode)
{
	bool adjusts = (opcode & 0xe7) == 0x27;

	if (!adjusts)
		actor_judge(actor, OPEN);
	else if (actor->mode == X86_MODE_64)
		actor_judge(actor, FAULT);
	else if (opcode < 0x30)
		adjust_decimal(actor, opcode == 0x2f);
	else
		adjust_ascii(actor, opcode == 0x3f);
}

static void pop_all(struct actor *actor, struct instruction_bytes *bytes)
{
	for (unsigned reg = X86_R8; reg-- > 0;) {
		uint64_t value = actor_pop(actor, bytes);
		if (reg != X86_SP)
			actor_set(actor, bytes, reg, value);
	}
}

/* movsxd */
static void extend_sign(struct actor *actor, struct instruction_bytes *bytes)
{
	unsigned size = bytes->size;
	uint64_t value;

	actor_read_modrm(actor, bytes);
	bytes->size = 4;
	value = actor_extend(actor_get_other(actor, bytes), 4);
	bytes->size = size;
	actor_set(actor, bytes, actor_reg(bytes), value);
}

/* arpl */
static void raise_level(struct actor *actor, struct instruction_bytes *bytes)
{
	uint64_t selector, level;

	bytes->size = 2;
	actor_read_modrm(actor, bytes);
	selector = actor_get_other(actor, bytes);
	level = actor_get(actor, bytes, actor_reg(bytes)) & 3;
	set_flag(actor, X86_FLAG_ZF, (selector & 3) < level);
	if ((selector & 3) < level)
		actor_set_other(actor, bytes, (selector & ~(uint64_t)3) | level);
}

/* bound */
static void check_bounds(struct actor *actor, struct instruction_bytes *bytes)
{
	int64_t index, low, high;

	actor_read_modrm(actor, bytes);
	if (bytes->modrm >= 0xc0) {
		actor_judge(actor, OPEN);
		return;
	}
	index = (int64_t)actor_extend(actor_get(actor, bytes, actor_reg(bytes)), bytes->size);
	low = (int64_t)actor_extend(actor_load(actor, bytes->address, bytes->size), bytes->size);
	high = (int64_t)actor_extend(
		actor_load(actor, (bytes->address + bytes->size) & actor_mask(4), bytes->size),
		bytes->size);
	if (index < low || index > high)
		actor_judge(actor, FAULT);
}

/* An EVEX prefix, of which most bytes are none (SDM vol. 2, 2.7.1: bits that are fixed, maps). */
static void read_evex(struct actor *actor)
{
	uint8_t first = actor_next_byte(actor), second = actor_next_byte(actor);
	unsigned map = first & 7;

	actor_judge(actor,
		    first & 8 || map == 0 || map == 4 || map == 7 || !(second & 4) ? FAULT : OPEN);
}

static void branch(struct actor *actor, const struct instruction_bytes *bytes)
{
	uint64_t distance = actor_immediate(actor, 1);

	if (bytes->size == 2)
		actor_judge(actor, OPEN);
	if (holds(actor, bytes->opcode & 15))
		actor->jump = distance;
}

/* Opcodes from 60 to 6f. */
static void execute_60(struct actor *actor, struct instruction_bytes *bytes)
{
	bool wide = actor->mode == X86_MODE_64;

	switch (bytes->opcode) {
	case 0x61: wide ? actor_judge(actor, FAULT) : pop_all(actor, bytes); break;
	case 0x62: wide ? read_evex(actor) : check_bounds(actor, bytes); break;
	case 0x63: wide ? extend_sign(actor, bytes) : raise_level(actor, bytes); break;
	case 0x68: actor_push(actor, bytes, immediate_of_operand(actor, bytes)); break;
	case 0x69:
	case 0x6b: multiply(actor, bytes); break;
	case 0x6a: actor_push(actor, bytes, actor_immediate(actor, 1)); break;
	case 0x6c: /* input and output are the system's */
	case 0x6d:
	case 0x6e:
	case 0x6f: actor_judge(actor, FAULT); break;
	default: actor_judge(actor, OPEN);
	}
}

void actor_execute(struct actor *actor, struct instruction_bytes *bytes)
{
	unsigned reg = actor_register(bytes, bytes->opcode, 1);

	switch (bytes->opcode >> 4) {
	case 0:
	case 1:
	case 2:
	case 3:
		if ((bytes->opcode & 7) < 6)
			arithmetic(actor, bytes);
		else
			execute_others(actor, bytes->opcode);
		break;
	case 4: count(actor, bytes); break;
	case 5:
		if (bytes->opcode < 0x58)
			actor_push(actor, bytes, actor->registers[reg]);
		else if (bytes->size == 2)
			actor_set(actor, bytes, reg, actor_pop(actor, bytes));
		else
			actor->registers[reg] = actor_pop(actor, bytes);
		break;
	case 6: execute_60(actor, bytes); break;
	case 7: branch(actor, bytes); break;
	default: actor_judge(actor, OPEN);
	}
}
