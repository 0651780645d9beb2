/* Vector instructions with answers from the specifications, for hosts that cannot be the judge, and
 * what is defined by us: the reciprocal estimates. */
#include <math.h>
#include <stdio.h>

#include "guest.h"

#include "x86/machine.h"

/* xmm0 after one instruction on xmm0 and xmm1. Code from a string literal. */
#define VECTOR(machine, code, a, b) run_vector(machine, code, sizeof(code) - 1, a, b)
static union xmm run_vector(struct x86 *machine, const char *code, size_t size, union xmm a,
			    union xmm b)
{
	guest_load(machine, code, size);
	machine->registers.xmm[0] = a;
	machine->registers.xmm[1] = b;
	assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET);
	return machine->registers.xmm[0];
}

/* A vector from its 32 hexadecimal digits, the highest first, as the manuals print them. */
static union xmm digits(const char *text)
{
	union xmm value;

	for (unsigned i = 0; i < 16; i++) {
		unsigned byte;
		assert_int_equal(sscanf(text + 2 * i, "%2x", &byte), 1);
		value.u8[15 - i] = (uint8_t)byte;
	}
	return value;
}

static union xmm text_vector(const char *text)
{
	union xmm value = { .u64 = { 0, 0 } };

	memcpy(value.u8, text, strlen(text));
	return value;
}

static void assert_vector(union xmm value, const char *expected)
{
	const union xmm other = digits(expected);

	assert_memory_equal(&value, &other, sizeof value);
}

/* S. Gueron, "Intel Advanced Encryption Standard (AES) New Instructions Set", 2010, and "Intel
 * Carry-Less Multiplication Instruction", 2014: the examples of the instructions. */
static void encrypts_as_published(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	union xmm a = digits("7b5b54657374566563746f725d53475d");
	union xmm b = digits("48692853686179295b477565726f6e5d");
	assert_vector(VECTOR(machine, "\x66\x0f\x38\xdc\xc1", a, b),
		      "a8311c2f9fdba3c58b104b58ded7e595");
	assert_vector(VECTOR(machine, "\x66\x0f\x38\xdd\xc1", a, b),
		      "c7fb881e938c5964177ec42553fdc611");
	assert_vector(VECTOR(machine, "\x66\x0f\x38\xde\xc1", a, b),
		      "138ac342faea2787b58eb95eb730392a");
	assert_vector(VECTOR(machine, "\x66\x0f\x38\xdf\xc1", a, b),
		      "c5a391ef6b317f95d410637b72a593d0");
	/* columns whose mixtures are well known, two of them fixed points */
	assert_vector(VECTOR(machine, "\x66\x0f\x38\xdb\xc1", a,
			     digits("c6c6c6c6010101019d58dc9fbca14d8e")),
		      "c6c6c6c6010101015c220af2455313db");
	assert_vector(VECTOR(machine, "\x66\x0f\x3a\xdf\xc1\x01", a,
			     digits("3c4fcf098815f7aba6d2ae2816157e2b")),
		      "01eb848beb848a013424b5e524b5e434");
	assert_vector(VECTOR(machine, "\x66\x0f\x3a\x44\xc1\x00", a, b),
		      "1d4d84c85c3440c0929633d5d36f0451");
	assert_vector(VECTOR(machine, "\x66\x0f\x3a\x44\xc1\x11", a, b),
		      "1d1e1f2c592e7c45d66ee03e410fd4ed");
	x86_free(machine);
}

/* The check value of CRC-32C, over "123456789" in a loop of bytes. */
static void computes_check_sums(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	assert_int_equal(x86_write(machine, DATA, "123456789", 9), 0);
	/* crc32 eax, byte ptr [ebx]; inc ebx; loop $-6 */
	GUEST_LOAD(machine, "\xf2\x0f\x38\xf0\x03\x43\xe2\xf8");
	x86_set(machine, X86_AX, UINT32_MAX);
	x86_set(machine, X86_BX, DATA);
	x86_set(machine, X86_CX, 9);
	assert_int_equal(x86_run(machine, 27).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_get(machine, X86_AX), ~UINT32_C(0xe3069283));
	x86_free(machine);
}

struct text_case {
	const char *code, *first, *second;
	unsigned index;
	unsigned flags; /* CF, ZF, SF and OF */
};

static void compares_texts(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	enum { CF = X86_FLAG_CF, ZF = X86_FLAG_ZF, SF = X86_FLAG_SF, OF = X86_FLAG_OF };
	static const struct text_case cases[] = {
		/* any of a set; none of it */
		{ "\x66\x0f\x3a\x63\xc1\x00", "aeiou", "thing", 2, CF | ZF | SF },
		{ "\x66\x0f\x3a\x63\xc1\x00", "xyz", "thing", 16, ZF | SF },
		/* in one of the ranges; the last one */
		{ "\x66\x0f\x3a\x63\xc1\x04", "09AF", "zzB1z7zz", 2, CF | ZF | SF },
		{ "\x66\x0f\x3a\x63\xc1\x44", "09AF", "zzB1z7zz", 5, CF | ZF | SF },
		/* a string in a string, cut off by the end of the vector, and not at all */
		{ "\x66\x0f\x3a\x63\xc1\x0c", "needle", "a needle", 2, CF | ZF | SF },
		{ "\x66\x0f\x3a\x63\xc1\x0c", "needle", "hay and hay need", 12, CF | SF },
		{ "\x66\x0f\x3a\x63\xc1\x0c", "needle", "needed", 16, ZF | SF },
		/* the first difference, behind equal ends none */
		{ "\x66\x0f\x3a\x63\xc1\x18", "same, then", "same, thus", 8, CF | ZF | SF },
		{ "\x66\x0f\x3a\x63\xc1\x18", "same", "same", 16, ZF | SF },
		{ "\x66\x0f\x3a\x63\xc1\x18", "Same", "same", 0, CF | ZF | SF | OF },
	};
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		run_vector(machine, cases[i].code, 6, text_vector(cases[i].first),
			   text_vector(cases[i].second));
		assert_int_equal(x86_get(machine, X86_CX), cases[i].index);
		assert_int_equal(x86_flags(machine) & (CF | ZF | SF | OF), cases[i].flags);
	}
	/* explicit lengths, of which a negative one counts as its amount, and the mask in bytes */
	x86_set(machine, X86_AX, (uint32_t)-2);
	x86_set(machine, X86_DX, 100);
	assert_vector(VECTOR(machine, "\x66\x0f\x3a\x60\xc1\x40", text_vector("aeiou"),
			     text_vector("audience")),
		      "0000000000000000ff0000ff000000ff");
	x86_free(machine);
}

static union xmm single(float value)
{
	return (union xmm){ .f32 = { value } };
}

static void rounds_by_its_immediate(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	static const float numbers[] = { 0.5f, 1.5f, 2.5f, -0.5f, -2.5f, 8388607.5f, 1e-40f };
	static const float rounded[4][7] = {
		{ 0, 2, 2, -0.0f, -2, 8388608, 0 },
		{ 0, 1, 2, -1, -3, 8388607, 0 },
		{ 1, 2, 3, -0.0f, -2, 8388608, 1 },
		{ 0, 1, 2, -0.0f, -2, 8388607, 0 },
	};
	char code[] = "\x66\x0f\x3a\x0a\xc1\x00";
	for (unsigned how = 0; how < 4; how++)
		for (unsigned i = 0; i < 7; i++) {
			union xmm result;
			code[5] = (char)how;
			result = VECTOR(machine, code, single(7), single(numbers[i]));
			assert_memory_equal(&result.f32[0], &rounded[how][i], 4);
		}
	assert_int_equal(machine->registers.mxcsr, 0x1fa0);
	x86_free(machine);
}

/* A product that is exact but denormal: underflow only if the guest wants to hear of it. One that
 * would be exact with a larger exponent is not inexact then. */
static void underflows_exactly(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	VECTOR(machine, "\xf3\x0f\x59\xc1", single(0x1p-100f), single(0x1p-30f));
	assert_int_equal(machine->registers.mxcsr, 0x1f80);
	static const struct {
		float a, b;
		uint32_t unmasked, raised;
	} cases[] = {
		{ 0x1p-100f, 0x1p-30f, 0x0800, 0x10 }, /* exact as a denormal */
		{ 0x1p-100f, 0x1p-80f, 0x0800, 0x10 }, /* nothing is left of it */
		{ 0x1.555556p-100f, 0x1.555556p-30f, 0x0800, 0x30 },
		{ 0x1p100f, 0x1p100f, 0x0400, 0x08 },
		{ 0x1.555556p100f, 0x1.555556p100f, 0x0400, 0x28 },
	};
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct x86_exit end;
		GUEST_LOAD(machine, "\xf3\x0f\x59\xc1");
		machine->registers.mxcsr = 0x1f80 & ~cases[i].unmasked;
		machine->registers.xmm[0] = single(cases[i].a);
		machine->registers.xmm[1] = single(cases[i].b);
		end = x86_run(machine, 1);
		assert_int_equal(end.reason, X86_STOP_FAULT);
		assert_int_equal(end.vector, X86_VECTOR_XM);
		assert_int_equal(end.address, CODE);
		assert_int_equal(machine->registers.mxcsr & 0x3f, cases[i].raised);
		assert_true(machine->registers.xmm[0].f32[0] == cases[i].a);
	}
	x86_free(machine);
}

static void wants_aligned_operands(void **state)
{
	(void)state;
	static const struct {
		const char *code;
		unsigned size;
		bool anywhere;
	} cases[] = {
		{ "\x0f\x28\x03", 3, false },		  /* movaps xmm0, [ebx] */
		{ "\x66\x0f\x38\x01\x03", 5, false },	  /* phaddw xmm0, [ebx] */
		{ "\x66\x0f\x38\x2a\x03", 5, false },	  /* movntdqa xmm0, [ebx] */
		{ "\x66\x0f\x3a\x40\x03\x31", 6, false }, /* dpps xmm0, [ebx], 0x31 */
		{ "\x66\x0f\x38\xdc\x03", 5, false },	  /* aesenc xmm0, [ebx] */
		{ "\xf2\x0f\xf0\x03", 4, true },	  /* lddqu xmm0, [ebx] */
		{ "\x66\x0f\x3a\x63\x03\x00", 6, true },  /* pcmpistri xmm0, [ebx], 0 */
		{ "\x66\x0f\x38\x20\x03", 5, true },	  /* pmovsxbw xmm0, [ebx] */
		{ "\x66\x0f\x3a\x21\x03\x00", 6, true },  /* insertps xmm0, [ebx], 0 */
		{ "\x0f\x38\x01\x03", 4, true },	  /* phaddw mm0, [ebx] */
	};
	struct x86 *machine = guest_new(X86_MODE_32);
	x86_set(machine, X86_BX, DATA + 7);
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct x86_exit end;
		guest_load(machine, cases[i].code, cases[i].size);
		end = x86_run(machine, 1);
		assert_int_equal(end.reason, cases[i].anywhere ? X86_STOP_BUDGET : X86_STOP_FAULT);
		assert_int_equal(end.vector, cases[i].anywhere ? 0 : X86_VECTOR_GP);
		assert_int_equal(end.error_code, 0);
	}
	x86_free(machine);
}

/* Beside the true value, over significands and exponents. */
static void estimates_well(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	double worst = 0;
	for (uint32_t bits = 0x00800000; bits < 0x7e800000; bits += 65521) {
		union xmm source = { .u32 = { bits } };
		double number = (double)source.f32[0];
		double inverse = (double)VECTOR(machine, "\xf3\x0f\x53\xc1", source, source).f32[0];
		double root = (double)VECTOR(machine, "\xf3\x0f\x52\xc1", source, source).f32[0];
		worst = fmax(worst, fabs(inverse * number - 1));
		worst = fmax(worst, fabs(root * sqrt(number) - 1));
	}
	assert_true(worst < 1.5 / 4096);
	assert_true(worst > 0);
	assert_int_equal(machine->registers.mxcsr, 0x1f80);
	x86_free(machine);
}

/* Special cases (SDM vol. 2, RCPSS and RSQRTSS), and three of our own results to the bit. */
static void estimates_the_same_everywhere(void **state)
{
	(void)state;
	static const uint32_t cases[][3] = {
		/* number, its reciprocal, that of its root */
		{ 0x00000000, 0x7f800000, 0x7f800000 }, { 0x80000000, 0xff800000, 0xff800000 },
		{ 0x00000001, 0x7f800000, 0x7f800000 }, { 0x807fffff, 0xff800000, 0xff800000 },
		{ 0x7f800000, 0x00000000, 0x00000000 }, { 0xff800000, 0x80000000, 0xffc00000 },
		{ 0x7f800001, 0x7fc00001, 0x7fc00001 }, { 0xffc12345, 0xffc12345, 0xffc12345 },
		{ 0xbf800000, 0xbf800000, 0xffc00000 }, { 0x7f7fffff, 0x00000000, 0x1f800000 },
		{ 0x3f800000, 0x3f800000, 0x3f800000 }, { 0x40400000, 0x3eaaa800, 0x3f13d000 },
		{ 0x41200000, 0x3dccd000, 0x3ea1e800 }, { 0x7e800000, 0x00800000, 0x20000000 },
	};
	struct x86 *machine = guest_new(X86_MODE_32);
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		union xmm source = { .u32 = { cases[i][0], 0, cases[i][0], 0 } };
		assert_int_equal(VECTOR(machine, "\x0f\x53\xc1", source, source).u32[2],
				 cases[i][1]);
		assert_int_equal(VECTOR(machine, "\x0f\x52\xc1", source, source).u32[2],
				 cases[i][2]);
	}
	x86_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(encrypts_as_published),
					    cmocka_unit_test(computes_check_sums),
					    cmocka_unit_test(compares_texts),
					    cmocka_unit_test(rounds_by_its_immediate),
					    cmocka_unit_test(underflows_exactly),
					    cmocka_unit_test(wants_aligned_operands),
					    cmocka_unit_test(estimates_well),
					    cmocka_unit_test(estimates_the_same_everywhere) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
