/* Necessary conditions only: a register that may have been changed in between can be at any
 * distance. */
#include "shellcode/environment.h"

#include "shellcode/number.h"
#include "shellcode/walk.h"

enum {
	LOOK = 64,	   /* instructions ahead */
	ADDRESS = 12,	   /* of the last instruction, in the environment */
	ADDRESS_BYTES = 4, /* at least */
	OPERAND_BYTES = 10 /* that one instruction loads at most */
};

/* Where the environment is. */
struct environment {
	enum x86_mode mode;
	struct taint made_of; /* what its address was made of */
	struct number base;   /* the first register of that, as long as it stays as it was */
	int64_t displacement;
	bool plain;    /* nothing but base, as it was then, and displacement */
	bool anywhere; /* another layout, which may be fetched in any way */
	bool on_stack;
};

static bool on_stack(const struct opcode *opcode)
{
	return opcode->memory && (opcode_registers(opcode) & 1u << X86_SP) != 0;
}

/* A single base register, without an index. */
static bool is_plain(const struct opcode *opcode)
{
	unsigned registers = opcode_registers(opcode);

	return registers && (registers & (registers - 1)) == 0 &&
	       ((opcode->modrm & 7) != 4 || (opcode->sib & 0x38) == 0x20);
}

static int64_t displacement_of(struct sweep *sweep, const struct opcode *opcode)
{
	struct reader reader = reader_of(sweep_bytes(sweep));

	reader_seek(&reader, opcode->at + ((opcode->modrm & 7) == 4 ? 3 : 2));
	switch (opcode->modrm >> 6) {
	case 1: return (int8_t)reader_u8(&reader);
	case 2: return (int32_t)reader_u32le(&reader);
	default: return 0;
	}
}

static struct environment environment_at(struct sweep *sweep, enum x86_mode mode, size_t seed)
{
	struct opcode opcode = opcode_at(sweep, mode, seed);
	bool state = opcode.first == 0x0f; /* fxsave */
	struct environment environment = { .mode = mode,
					   .made_of = { opcode_registers(&opcode), false },
					   .displacement = displacement_of(sweep, &opcode),
					   .plain = is_plain(&opcode) && opcode.at == seed,
					   .anywhere = state,
					   .on_stack = state || on_stack(&opcode) };

	environment.base = number_at_call();
	if (environment.plain)
		environment.base.place = (uint8_t)__builtin_ctz(environment.made_of.registers);
	return environment;
}

static bool is_string(uint8_t opcode)
{
	return opcode >= 0xa4 && opcode <= 0xaf && (opcode & 0xfe) != 0xa8;
}

/* Could it change a register other than the stack's, as far as the opcode tells? */
static bool may_change(const struct opcode *opcode, unsigned reg)
{
	uint8_t first = opcode->first;

	if ((first & 0xf0) == 0x70)
		return false;
	if ((first & 0xf8) == 0xd8) /* the FPU's: fnstsw ax */
		return first == 0xdf && reg == X86_AX;
	if ((first & 0xe0) == 0x40) /* inc, dec, push, pop */
		return (first & 7) == reg;
	if ((first & 0xf0) == 0xb0) /* parts of four others have numbers from 4 on */
		return ((first ^ reg) & 3) == 0;
	if (!opcode_has_operand(opcode) || first >= 0xf6)
		return true;
	return ((opcode->modrm >> 3 ^ reg) & 3) == 0 ||
	       (!opcode->memory && ((opcode->modrm ^ reg) & 3) == 0);
}

/* The instruction was executed: where is the address now, and is the base what it was? */
static void pass(struct environment *environment, const struct opcode *opcode, struct bytes code)
{
	struct number base = environment->base, before;

	taint_move(&environment->made_of, opcode);
	if (!environment->plain || !may_change(opcode, base.place))
		return;
	before = number_before(environment->mode, code, base);
	environment->plain = before.kind == NUMBER_IN_REGISTER && before.place == base.place &&
			     !before.changed && !is_string(opcode->first);
}

/* Is the address within what is loaded at a displacement from the environment's base? */
static bool reaches(const struct environment *environment, int64_t displacement)
{
	int64_t distance = displacement - environment->displacement - ADDRESS;

	return distance > -OPERAND_BYTES && distance < ADDRESS_BYTES;
}

/* Does it load the address through a register that the environment's was made of? */
static bool loads(struct sweep *sweep, const struct environment *environment,
		  const struct opcode *opcode)
{
	unsigned shared = environment->made_of.registers & ~(1u << X86_SP);
	unsigned base = 1u << environment->base.place, registers = opcode_registers(opcode);

	if (opcode->first == 0xa4 || opcode->first == 0xa5 || (opcode->first & 0xfe) == 0xac)
		return shared & 1u << X86_SI &&
		       (!environment->plain || base != 1u << X86_SI || reaches(environment, 0));
	if (!opcode->memory || !opcode_has_operand(opcode) || opcode->first == 0x8d)
		return false;
	return environment->anywhere ||
	       (registers & shared &&
		(!environment->plain || registers != base || !is_plain(opcode) ||
		 reaches(environment, displacement_of(sweep, opcode))));
}

static bool loads_from_stack(const struct opcode *opcode, const struct step *step)
{
	return step->traits & GLANCE_POP || opcode->first == 0xc9 || /* leave */
	       (opcode_has_operand(opcode) && on_stack(opcode) && opcode->first != 0x8d);
}

/* How the instruction fetches from it. */
static enum environment_use fetch(struct sweep *sweep, const struct environment *environment,
				  const struct opcode *opcode, const struct step *step)
{
	if (loads(sweep, environment, opcode))
		return ENVIRONMENT_USED;
	if (!loads_from_stack(opcode, step))
		return ENVIRONMENT_UNUSED;
	return environment->on_stack ? ENVIRONMENT_USED : ENVIRONMENT_USED_FROM_STACK;
}

enum environment_use environment_use(struct sweep *sweep, enum x86_mode mode, size_t seed)
{
	struct environment environment = environment_at(sweep, mode, seed);
	struct walk walk = { .sweep = sweep, .next = seed };
	enum environment_use fetched = ENVIRONMENT_UNUSED, used = ENVIRONMENT_UNUSED;

	if (!walk_on(&walk))
		return ENVIRONMENT_UNUSED;
	while (used < ENVIRONMENT_USED && walk.steps < LOOK && walk_on(&walk)) {
		struct opcode opcode = opcode_at(sweep, mode, walk.at);
		enum environment_use now;
		if (walk.step.traits & GLANCE_RARE)
			return used;
		if (fetched && (walk.step.traits & (GLANCE_STORE | GLANCE_LOAD) ||
				walk.step.flow == FLOW_INDIRECT || walk.step.flow == FLOW_RETURN))
			used = fetched;
		if (walk_ends(&walk))
			return used;
		environment.on_stack |= (walk.step.traits & GLANCE_STACK_TAKEN) != 0;
		now = fetch(sweep, &environment, &opcode, &walk.step);
		if (now > fetched)
			fetched = now;
		pass(&environment, &opcode,
		     bytes_slice(sweep_bytes(sweep), walk.at, walk.step.length));
	}
	return used;
}
