/* Registers and memory of a case: values at the edges, addresses that hit. */
#include <string.h>

#include "cases.h"
#include "x86/x86.h"

enum { MXCSR_DEFAULT = 0x1f80, MASKS = 0x3f, STATUS_SUMMARY = 0x8080, STATUS_STACK = 0x40 };

/* --- values --- */

uint64_t case_value(struct random *random)
{
	static const uint64_t edges[] = {
		0,	    1,		2,	   0x7f,       0x80,
		0xff,	    0x7fff,	0x8000,	   0xffff,     0x7fffffff,
		0x80000000, 0xffffffff, INT64_MAX, 1ull << 63, UINT64_MAX
	};
	uint64_t value = random_u64(random);

	switch (random_below(random, 8)) {
	case 0: return edges[value % (sizeof edges / sizeof edges[0])];
	case 1: return value & 0x1f;
	case 2: return value & 0xffff;
	case 3: return (uint64_t)(int8_t)value;
	case 4:
	case 5: return NATIVE_DATA + 512 + value % (2 * NATIVE_PAGE - 1024);
	default: return value;
	}
}

/* A value of the x87 stack: mostly numbers near one, some of the special ones. */
void case_real(struct random *random, uint8_t *at)
{
	uint64_t mantissa = random_u64(random) | UINT64_C(1) << 63;
	uint16_t exponent = (uint16_t)(0x3fff - 8 + random_below(random, 16));

	switch (random_below(random, 13)) {
	case 0: mantissa = exponent = 0; break;
	case 1: exponent = 0x7fff; break;
	case 2:
		exponent = 0x7fff;
		mantissa = UINT64_C(1) << 63;
		break;
	case 3:
		exponent = 0;
		mantissa &= INT64_MAX;
		break;
	case 4: exponent = (uint16_t)random_below(random, 0x7fff); break;
	case 5: mantissa &= UINT64_MAX << 40; break;
	case 6: exponent = (uint16_t)(0x3fff + random_below(random, 70)); break;
	case 7:
		/* no number: the top bit is missing */
		if (case_one_in(random, 4))
			mantissa &= INT64_MAX;
		break;
	default: break;
	}
	exponent |= (uint16_t)(random_u32(random) & 0x8000);
	memcpy(at, &mantissa, 8);
	memcpy(at + 8, &exponent, 2);
}

void case_vector(struct random *random, uint8_t at[16])
{
	for (unsigned i = 0; i < 16; i += 8) {
		uint64_t value = case_value(random);
		double number = (double)(int32_t)random_u32(random) / 1024;
		float half[2] = { (float)number, (float)(number * 3) };
		switch (random_below(random, 4)) {
		case 0: memcpy(at + i, &number, 8); break;
		case 1: memcpy(at + i, half, 8); break;
		default: memcpy(at + i, &value, 8); break;
		}
	}
}

uint16_t case_x87_control(struct random *random)
{
	unsigned precision = case_one_in(random, 4) ? random_below(random, 2) * 2u : 3;
	unsigned masks = case_one_in(random, 4) ? random_below(random, MASKS + 1) : MASKS;

	return (uint16_t)(0x40 | masks | precision << 8 | random_below(random, 4) << 10);
}

/* Exceptions that wait are summarised as the processor does. */
uint16_t case_x87_status(struct random *random, unsigned control)
{
	unsigned status = random_below(random, 8) << 11 | (random_u32(random) & 0x4700);
	unsigned exceptions = case_one_in(random, 2) ? random_below(random, MASKS + 1) : 0;

	if (case_one_in(random, 8) == 0)
		exceptions &= control; /* mostly none of them unmasked: else little gets executed */
	if (exceptions & 1 && case_one_in(random, 2))
		exceptions |= STATUS_STACK;
	if (exceptions & ~control & MASKS)
		status |= STATUS_SUMMARY;
	return (uint16_t)(status | exceptions);
}

uint32_t case_mxcsr(struct random *random)
{
	uint32_t value = MXCSR_DEFAULT | random_below(random, 4) << 13;

	if (case_one_in(random, 4))
		value = random_u32(random) & 0xffff;
	return value | (case_one_in(random, 2) ? random_below(random, MASKS + 1) : 0);
}

void case_fxsave(struct random *random, uint8_t *area)
{
	uint16_t control = case_x87_control(random), status = case_x87_status(random, control);
	uint32_t mxcsr = case_mxcsr(random);

	memset(area, 0, 512);
	memcpy(area, &control, 2);
	memcpy(area + 2, &status, 2);
	area[4] = (uint8_t)random_u32(random);
	if (case_one_in(random, 8))
		area[4] = case_one_in(random, 2) ? 0 : 0xff;
	memcpy(area + 24, &mxcsr, 4);
	for (unsigned i = 0; i < 8; i++)
		case_real(random, area + 32 + 16 * i);
	for (unsigned i = 0; i < 16; i++)
		case_vector(random, area + 160 + 16 * i);
}

/* --- where code and stack are, and segments --- */

static uint64_t random_ip(struct random *random)
{
	switch (random_below(random, 32)) {
	case 0: return NATIVE_LAST + NATIVE_PAGE - 1 - random_below(random, 20);
	case 1: return NATIVE_CODE + 2 * NATIVE_PAGE - 1 - random_below(random, 20);
	case 2:
	case 3:
	case 4: return NATIVE_CODE + NATIVE_PAGE - 1 - random_below(random, 20);
	default: return NATIVE_CODE + random_below(random, NATIVE_PAGE - NATIVE_CODE_BYTES);
	}
}

uint64_t case_stack(struct random *random)
{
	switch (random_below(random, 32)) {
	case 0: return NATIVE_STACK + random_below(random, 64);
	case 1: return NATIVE_STACK + 2 * NATIVE_PAGE - random_below(random, 64);
	case 2: return NATIVE_DATA + 2 * NATIVE_PAGE + random_below(random, NATIVE_PAGE + 64);
	case 3: return case_value(random);
	case 4: return NATIVE_STACK + 512 + random_below(random, 2 * NATIVE_PAGE - 1024);
	default:
		return (NATIVE_STACK + NATIVE_PAGE - 64 + random_below(random, 128)) &
		       (case_one_in(random, 4) ? UINT64_MAX : ~UINT64_C(7));
	}
}

static void random_segments(struct cases *cases, struct native_case *one)
{
	struct native_state *state = &one->state;
	bool has = cases->features & NATIVE_HAS_SEGMENTS;

	state->selector[NATIVE_DS] = state->selector[NATIVE_ES] = NATIVE_FLAT;
	state->selector[NATIVE_SS] = NATIVE_FLAT;
	if (has && case_one_in(&cases->random, 16))
		state->selector[NATIVE_DS] = NATIVE_SEGMENT_A;
	if (has && case_one_in(&cases->random, 16))
		state->selector[NATIVE_ES] = NATIVE_SEGMENT_B;
	state->selector[NATIVE_FS] = state->selector[NATIVE_GS] = 0;
	state->base[0] = state->base[1] = 0;
	if (one->wide) {
		state->base[0] = NATIVE_BASE_A + random_below(&cases->random, 0x1000);
		state->base[1] = NATIVE_BASE_B + random_below(&cases->random, 0x1000);
	} else if (has) {
		state->selector[NATIVE_FS] = NATIVE_SEGMENT_A;
		state->selector[NATIVE_GS] = NATIVE_SEGMENT_B;
	}
}

void case_state(struct cases *cases, struct native_case *one)
{
	struct random *random = &cases->random;

	one->wide = cases->wide;
	for (unsigned i = 0; i < 16; i++) {
		one->state.general[i] = case_value(random);
		if (!one->wide)
			one->state.general[i] = i < 8 ? (uint32_t)one->state.general[i] : 0;
	}
	one->state.general[X86_SP] = case_stack(random);
	if (!one->wide)
		one->state.general[X86_SP] &= UINT32_MAX;
	/* any of CF to OF, NT and ID; AC makes most accesses fault, so it is rarer */
	one->state.flags = 0x302 | (random_u32(random) & 0xcd5);
	if (case_one_in(random, 4))
		one->state.flags |= random_u32(random) & 0x204000;
	if (case_one_in(random, 16))
		one->state.flags |= 0x40000;
	case_fxsave(random, one->state.fxsave);
	if (!one->wide)
		memset(one->state.fxsave + 160 + 128, 0, 128);
	one->state.ip = random_ip(random);
	one->patch_length = 0;
	random_segments(cases, one);
}

void case_mask(struct native_case *one)
{
	one->state.fxsave[0] |= MASKS;
	one->state.fxsave[2] &= (uint8_t)~STATUS_SUMMARY;
	one->state.fxsave[3] &= (uint8_t) ~(STATUS_SUMMARY >> 8);
	one->state.fxsave[24] |= MXCSR_DEFAULT & 0xff;
	one->state.fxsave[25] |= MXCSR_DEFAULT >> 8;
}
