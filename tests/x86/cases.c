/* The bytes of a case: the walk through the encodings, random bytes, sequences. */
#include "cases.h"

#include <string.h>

#include "compared.h"

enum {
	LONGEST = 15,
	WALK_PREFIXES = 12,
	WALK_REX = 4,
	WALK_LEGACY_MAPS = 4,
	WALK_VEX_MAPS = 3,
	VEX_VARIANTS = 16, /* pp, W, L */
	SEQUENCE_MOST = 5
};

static bool one_in(struct random *random, unsigned count)
{
	return random_below(random, count) == 0;
}

static void fill(struct random *random, uint8_t *bytes, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		bytes[i] = (uint8_t)random_u32(random);
}

static ZyanStatus decode_at(const struct cases *cases, const uint8_t *bytes, struct case_plan *plan)
{
	return ZydisDecoderDecodeFull(&cases->decoder, bytes, LONGEST, &plan->instruction,
				      plan->operands);
}

/* Flags that the instruction leaves undefined, as eflags and as x87 status bits. */
static void note_undefined(struct case_plan *plan)
{
	const ZydisDecodedInstruction *instruction = &plan->instruction;
	unsigned conditions = instruction->fpu_flags ? instruction->fpu_flags->undefined : 0;

	if (instruction->cpu_flags)
		plan->undefined_flags |= instruction->cpu_flags->undefined & 0x8d5u;
	plan->undefined_status |= (conditions & 1 ? 0x100u : 0) | (conditions & 2 ? 0x200u : 0) |
				  (conditions & 4 ? 0x400u : 0) | (conditions & 8 ? 0x4000u : 0);
	/* AMD keeps C1 in comparisons that answer in the flags, Intel clears it */
	if (instruction->meta.category == ZYDIS_CATEGORY_X87_ALU && instruction->cpu_flags &&
	    instruction->cpu_flags->modified)
		plan->undefined_status |= 0x200;
}

/* Does it run more than once? */
static bool repeats(const ZydisDecodedInstruction *instruction)
{
	return instruction->attributes &
	       (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE);
}

/* Everything about a case of one instruction but its bytes, which are in one->code. */
static void complete(struct cases *cases, struct native_case *one, struct case_plan *plan)
{
	plan->kind = CASE_INSTRUCTION;
	plan->undefined_flags = plan->undefined_status = 0;
	plan->operand_address = 0;
	one->code_length = plan->instruction.length;
	case_state(cases, one);
	case_aim(cases, one, plan, one->code, one->state.ip, !repeats(&plan->instruction));
	/* the displacement may have changed */
	decode_at(cases, one->code, plan);
	case_prepare(cases, one, plan);
	note_undefined(plan);
	plan->near_limit = !one->wide && case_near_limit(one, plan);
	for (unsigned i = 0; i < plan->instruction.operand_count; i++)
		if (plan->operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY && !plan->operand_address)
			plan->operand_address = case_address(one, &plan->instruction,
							     &plan->operands[i], one->state.ip);
}

/* Bytes that both sides must refuse. */
static void complete_refusal(struct cases *cases, struct native_case *one, struct case_plan *plan)
{
	plan->kind = CASE_INVALID;
	plan->near_limit = false;
	plan->undefined_flags = plan->undefined_status = 0;
	plan->operand_address = 0;
	one->code_length = LONGEST + 1;
	one->steps = 1;
	case_state(cases, one);
}

/* --- the walk --- */

/* One place of the walk, as numbers. */
struct place {
	unsigned map, prefix, rex, opcode, modrm;
};

/* Every ModRM byte; or for each register field one with memory and one without. */
static uint64_t places_per_opcode(const struct cases *cases)
{
	return cases->thorough ? 256 : 16;
}

static uint64_t variants(const struct cases *cases, unsigned map)
{
	if (map >= WALK_LEGACY_MAPS)
		return VEX_VARIANTS;
	return (uint64_t)WALK_PREFIXES * (cases->wide ? WALK_REX : 1);
}

static uint64_t map_places(const struct cases *cases, unsigned map)
{
	return variants(cases, map) * 256 * places_per_opcode(cases);
}

static struct place place_at(const struct cases *cases, uint64_t position)
{
	struct place place = { 0 };
	uint64_t variant;

	while (position >= map_places(cases, place.map))
		position -= map_places(cases, place.map++);
	place.modrm = (unsigned)(position % places_per_opcode(cases));
	position /= places_per_opcode(cases);
	place.opcode = (unsigned)(position % 256);
	variant = position / 256;
	place.prefix = (unsigned)(place.map < WALK_LEGACY_MAPS ? variant % WALK_PREFIXES : variant);
	place.rex = (unsigned)(place.map < WALK_LEGACY_MAPS ? variant / WALK_PREFIXES : 0);
	return place;
}

static unsigned legacy_start(struct cases *cases, const struct place *place, uint8_t *bytes)
{
	static const uint8_t prefixes[WALK_PREFIXES][2] = {
		{ 0, 0 },	{ 0x66, 0 },	{ 0xf2, 0 },	{ 0xf3, 0 },
		{ 0x67, 0 },	{ 0x66, 0x67 }, { 0xf2, 0x67 }, { 0xf3, 0x67 },
		{ 0x66, 0xf2 }, { 0xf3, 0x66 }, { 0xf0, 0 },	{ 0xf0, 0x66 }
	};
	static const uint8_t escapes[WALK_LEGACY_MAPS][2] = {
		{ 0, 0 }, { 0x0f, 0 }, { 0x0f, 0x38 }, { 0x0f, 0x3a }
	};
	const uint8_t rex[WALK_REX] = { 0, 0x48, (uint8_t)(0x41 + random_below(&cases->random, 7)),
					(uint8_t)(0x49 + random_below(&cases->random, 7)) };
	unsigned at = 0;

	for (unsigned i = 0; i < 2; i++)
		if (prefixes[place->prefix][i])
			bytes[at++] = prefixes[place->prefix][i];
	if (place->rex)
		bytes[at++] = rex[place->rex];
	for (unsigned i = 0; i < 2; i++)
		if (escapes[place->map][i])
			bytes[at++] = escapes[place->map][i];
	return at;
}

/* The three-byte VEX prefix; the two-byte one now and then, where it says the same. */
static unsigned vex_start(struct cases *cases, const struct place *place, uint8_t *bytes)
{
	unsigned map = place->map - WALK_LEGACY_MAPS + 1, pp = place->prefix & 3;
	unsigned wide = place->prefix >> 2 & 1, length = place->prefix >> 3 & 1;
	unsigned number = one_in(&cases->random, 2) ? 15 : random_below(&cases->random, 16);
	unsigned extension = cases->wide ? random_below(&cases->random, 8) : 7;

	if (!cases->wide)
		number |= 8;
	if (map == 1 && !wide && one_in(&cases->random, 4)) {
		bytes[0] = 0xc5;
		bytes[1] = (uint8_t)((extension & 4) << 5 | number << 3 | length << 2 | pp);
		if (!cases->wide)
			bytes[1] |= 0xc0;
		return 2;
	}
	bytes[0] = 0xc4;
	bytes[1] = (uint8_t)(extension << 5 | map);
	bytes[2] = (uint8_t)(wide << 7 | number << 3 | length << 2 | pp);
	return 3;
}

static uint8_t modrm_byte(struct cases *cases, const struct place *place)
{
	unsigned mod;

	if (cases->thorough)
		return (uint8_t)place->modrm;
	mod = place->modrm & 1 ? 3 : random_below(&cases->random, 3);
	return (uint8_t)(mod << 6 | (place->modrm >> 1) << 3 | random_below(&cases->random, 8));
}

/* Without an index, without a base, both, or any. */
static uint8_t sib_byte(struct random *random)
{
	static const uint8_t corners[] = { 0x24, 0x25, 0x20, 0x65, 0xe5, 0x05, 0xc5, 0x2c };

	return one_in(random, 2) ? corners[random_below(random, sizeof corners)]
				 : (uint8_t)random_u32(random);
}

static void place_bytes(struct cases *cases, const struct place *place, uint8_t *bytes)
{
	unsigned at;
	uint8_t modrm = modrm_byte(cases, place);

	fill(&cases->random, bytes, LONGEST + 1);
	at = place->map < WALK_LEGACY_MAPS ? legacy_start(cases, place, bytes)
					   : vex_start(cases, place, bytes);
	bytes[at++] = (uint8_t)place->opcode;
	bytes[at++] = modrm;
	if (modrm < 0xc0 && (modrm & 7) == 4)
		bytes[at] = sib_byte(&cases->random);
}

bool cases_walk(struct cases *cases, struct native_case *one, struct case_plan *plan)
{
	enum { WITHOUT_MODRM = 4, REFUSALS = 64 };

	while (cases->position < cases->end) {
		struct place place = place_at(cases, cases->position++);
		ZyanStatus status;

		place_bytes(cases, &place, one->code);
		status = decode_at(cases, one->code, plan);
		if (ZYAN_SUCCESS(status) && place.modrm >= WITHOUT_MODRM &&
		    !(plan->instruction.attributes & ZYDIS_ATTRIB_HAS_MODRM)) {
			/* a few with different immediates are enough */
			cases->position += places_per_opcode(cases) - place.modrm - 1;
			continue;
		}
		if (ZYAN_SUCCESS(status) && compared(&plan->instruction)) {
			complete(cases, one, plan);
			return true;
		}
		if (compared_refusal(status, &plan->instruction, one->code) &&
		    one_in(&cases->random, REFUSALS)) {
			complete_refusal(cases, one, plan);
			return true;
		}
	}
	return false;
}

/* --- random bytes --- */

/* Prefixes in any order and number, sometimes up to the limit of fifteen bytes and beyond. */
static unsigned random_prefixes(struct cases *cases, uint8_t *bytes)
{
	static const uint8_t prefixes[] = { 0x66, 0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e,
					    0x36, 0x3e, 0x26, 0x64, 0x65, 0x48 };
	struct random *random = &cases->random;
	unsigned count = one_in(random, 2) ? 0 : random_below(random, 3);

	if (one_in(random, 16))
		count = random_below(random, 14);
	for (unsigned i = 0; i < count; i++)
		bytes[i] = prefixes[random_below(random, sizeof prefixes - (cases->wide ? 0 : 1))];
	if (cases->wide && one_in(random, 2))
		bytes[count++] = (uint8_t)(0x40 + random_below(random, 16));
	return count;
}

static void random_bytes(struct cases *cases, uint8_t *bytes)
{
	struct random *random = &cases->random;
	unsigned at, kind = random_below(random, 16);

	fill(random, bytes, LONGEST + 1);
	at = random_prefixes(cases, bytes);
	if (kind < 6)
		bytes[at++] = 0x0f;
	if (kind < 2 && at < LONGEST)
		bytes[at++] = kind ? 0x3a : 0x38;
	if (kind == 14 && at < LONGEST)
		bytes[at++] = (uint8_t)(0xc4 + random_below(random, 2));
	if (kind == 15)
		bytes[at] = (uint8_t)(0xd8 + random_below(random, 8));
}

static void random_instruction(struct cases *cases, uint8_t *bytes, struct case_plan *plan)
{
	do {
		random_bytes(cases, bytes);
	} while (!ZYAN_SUCCESS(decode_at(cases, bytes, plan)) || !compared(&plan->instruction));
}

static void random_refusal(struct cases *cases, uint8_t *bytes, struct case_plan *plan)
{
	ZyanStatus status;

	do {
		random_bytes(cases, bytes);
		status = decode_at(cases, bytes, plan);
	} while (!compared_refusal(status, &plan->instruction, bytes));
}

/* --- sequences --- */

struct sequence {
	unsigned count;
	unsigned start[SEQUENCE_MOST + 1];
	unsigned tested, undefined;
	struct case_plan plans[SEQUENCE_MOST];
};

/* Whoever looks at TF sees the difference between single steps and a run; far and indirect jumps
 * leave; and what needs a prepared operand, or has results to be masked, is for single cases. */
static bool fits_sequence(const struct case_plan *plan)
{
	static const uint16_t left_out[] = {
		ZYDIS_MNEMONIC_POPF,	ZYDIS_MNEMONIC_POPFD,	 ZYDIS_MNEMONIC_POPFQ,
		ZYDIS_MNEMONIC_PUSHF,	ZYDIS_MNEMONIC_PUSHFD,	 ZYDIS_MNEMONIC_PUSHFQ,
		ZYDIS_MNEMONIC_FNSTSW,	ZYDIS_MNEMONIC_FNSTENV,	 ZYDIS_MNEMONIC_FNSAVE,
		ZYDIS_MNEMONIC_FXSAVE,	ZYDIS_MNEMONIC_FXSAVE64, ZYDIS_MNEMONIC_ENTER,
		ZYDIS_MNEMONIC_PUSHA,	ZYDIS_MNEMONIC_PUSHAD,	 ZYDIS_MNEMONIC_POPA,
		ZYDIS_MNEMONIC_POPAD,	ZYDIS_MNEMONIC_FLDCW,	 ZYDIS_MNEMONIC_FLDENV,
		ZYDIS_MNEMONIC_FRSTOR,	ZYDIS_MNEMONIC_FXRSTOR,	 ZYDIS_MNEMONIC_FXRSTOR64,
		ZYDIS_MNEMONIC_LDMXCSR, ZYDIS_MNEMONIC_SHLD,	 ZYDIS_MNEMONIC_SHRD,
		ZYDIS_MNEMONIC_LSS,	ZYDIS_MNEMONIC_LDS,	 ZYDIS_MNEMONIC_LES,
		ZYDIS_MNEMONIC_LFS,	ZYDIS_MNEMONIC_LGS,	 ZYDIS_MNEMONIC_RCPPS,
		ZYDIS_MNEMONIC_RCPSS,	ZYDIS_MNEMONIC_RSQRTPS,	 ZYDIS_MNEMONIC_RSQRTSS,
		ZYDIS_MNEMONIC_F2XM1,	ZYDIS_MNEMONIC_FSIN,	 ZYDIS_MNEMONIC_FCOS,
		ZYDIS_MNEMONIC_FSINCOS, ZYDIS_MNEMONIC_FPTAN,	 ZYDIS_MNEMONIC_FPATAN,
		ZYDIS_MNEMONIC_FYL2X,	ZYDIS_MNEMONIC_FYL2XP1
	};
	const ZydisDecodedInstruction *instruction = &plan->instruction;

	for (unsigned i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
		if (instruction->mnemonic == left_out[i])
			return false;
	if (instruction->meta.category == ZYDIS_CATEGORY_INTERRUPT ||
	    instruction->meta.category == ZYDIS_CATEGORY_SYSRET ||
	    instruction->meta.category == ZYDIS_CATEGORY_RET)
		return false;
	if (instruction->meta.branch_type != ZYDIS_BRANCH_TYPE_NONE)
		return instruction->raw.imm[0].is_relative && instruction->operand_width != 16 &&
		       instruction->raw.imm[0].size >= 8;
	return plan->operands[0].type != ZYDIS_OPERAND_TYPE_REGISTER ||
	       ZydisRegisterGetClass(plan->operands[0].reg.value) != ZYDIS_REGCLASS_SEGMENT;
}

/* Branches go to the start of an instruction of the sequence, forwards or backwards. */
static void link_branches(struct cases *cases, struct native_case *one,
			  const struct sequence *sequence)
{
	for (unsigned i = 0; i < sequence->count; i++) {
		const ZydisDecodedInstruction *instruction = &sequence->plans[i].instruction;
		unsigned target =
			sequence->start[random_below(&cases->random, sequence->count + 1)];
		int32_t distance = (int32_t)target - (int32_t)sequence->start[i + 1];
		if (instruction->meta.branch_type != ZYDIS_BRANCH_TYPE_NONE)
			memcpy(one->code + sequence->start[i] + instruction->raw.imm[0].offset,
			       &distance, instruction->raw.imm[0].size / 8);
	}
}

/* mov byte [the last byte of a later immediate], n: the instruction after it is not what was
 * decoded. */
static unsigned self_patch(struct cases *cases, uint8_t *code)
{
	code[0] = 0xc6;
	code[1] = 0x05;
	memset(code + 2, 0, 4);
	code[6] = (uint8_t)random_u32(&cases->random);
	return 7;
}

/* Aims the store at an immediate of an instruction that does not jump with it; or at its own. */
static void aim_self_patch(struct cases *cases, struct native_case *one,
			   const struct sequence *sequence)
{
	unsigned number = 1 + random_below(&cases->random, sequence->count - 1);
	const ZydisDecodedInstruction *instruction = &sequence->plans[number].instruction;
	uint32_t value;

	if (instruction->raw.imm[0].size == 0 || instruction->raw.imm[0].is_relative)
		number = 0;
	value = (uint32_t)one->state.ip + sequence->start[number + 1] - 1;
	if (one->wide)
		value -= (uint32_t)one->state.ip + sequence->start[1];
	memcpy(one->code + 2, &value, 4);
}

/* Takes instructions until the sequence is long enough and none sees a flag that another left
 * undefined. */
static void choose_sequence(struct cases *cases, struct native_case *one, struct sequence *sequence,
			    bool patching)
{
	unsigned wanted = 2 + random_below(&cases->random, SEQUENCE_MOST - 1);

	sequence->count = 0;
	sequence->start[0] = 0;
	sequence->tested = sequence->undefined = 0;
	while (sequence->count < wanted) {
		struct case_plan *plan = &sequence->plans[sequence->count];
		uint8_t *bytes = one->code + sequence->start[sequence->count];
		unsigned tested, undefined;

		if (sequence->count == 0 && patching) {
			fill(&cases->random, bytes, LONGEST + 1);
			self_patch(cases, bytes);
			decode_at(cases, bytes, plan);
		} else {
			random_instruction(cases, bytes, plan);
		}
		if (!fits_sequence(plan))
			continue;
		tested = plan->instruction.cpu_flags ? plan->instruction.cpu_flags->tested : 0;
		undefined =
			plan->instruction.cpu_flags ? plan->instruction.cpu_flags->undefined : 0;
		if ((sequence->tested | tested) & (sequence->undefined | undefined))
			continue;
		sequence->tested |= tested;
		sequence->undefined |= undefined;
		sequence->start[sequence->count + 1] =
			sequence->start[sequence->count] + plan->instruction.length;
		sequence->count++;
	}
}

static void make_sequence(struct cases *cases, struct native_case *one, struct case_plan *plan)
{
	struct sequence sequence;
	bool patching = one_in(&cases->random, 4);

	choose_sequence(cases, one, &sequence, patching);
	*plan = sequence.plans[0];
	plan->kind = CASE_SEQUENCE;
	plan->near_limit = false;
	plan->operand_address = 0;
	plan->undefined_flags = plan->undefined_status = 0;
	one->code_length = sequence.start[sequence.count];
	case_state(cases, one);
	case_mask(one);
	for (unsigned i = 0; i < sequence.count; i++) {
		struct case_plan each = { .instruction = sequence.plans[i].instruction };
		if (!patching || i > 0)
			case_aim(cases, one, &sequence.plans[i], one->code + sequence.start[i],
				 one->state.ip + sequence.start[i], false);
		note_undefined(&each);
		plan->undefined_flags |= each.undefined_flags;
		plan->undefined_status |= each.undefined_status;
	}
	link_branches(cases, one, &sequence);
	if (patching)
		aim_self_patch(cases, one, &sequence);
	one->steps = sequence.count + random_below(&cases->random, 4);
}

/* --- the door --- */

void cases_random(struct cases *cases, struct native_case *one, struct case_plan *plan)
{
	switch (random_below(&cases->random, 16)) {
	case 0:
		random_refusal(cases, one->code, plan);
		complete_refusal(cases, one, plan);
		break;
	case 1:
	case 2: make_sequence(cases, one, plan); break;
	default:
		random_instruction(cases, one->code, plan);
		complete(cases, one, plan);
		break;
	}
}

void cases_init(struct cases *cases, const ZydisDecoder *decoder, uint64_t seed, unsigned features,
		bool thorough, const uint8_t (*memory)[NATIVE_PAGE])
{
	bool wide = decoder->machine_mode == ZYDIS_MACHINE_MODE_LONG_64;

	*cases = (struct cases){
		.wide = wide, .features = features, .thorough = thorough, .memory = memory
	};
	random_init(&cases->random, seed, wide);
	cases->decoder = *decoder;
	for (unsigned map = 0; map < WALK_LEGACY_MAPS + WALK_VEX_MAPS; map++)
		cases->end += map_places(cases, map);
}
