/* The transcendental functions beside true values (tools/x87-truth.py), beside the host's own x87,
 * in their special cases, and in directed rounding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "x86/wide.h"
#include "x86/x87_host.h"
#include "x86/x87_transcendental.h"

enum function {
	TRUTH_EXPONENTIAL,
	TRUTH_SINE,
	TRUTH_COSINE,
	TRUTH_TANGENT,
	TRUTH_LOGARITHM,
	TRUTH_LOGARITHM_PLUS_ONE,
	TRUTH_ARCTANGENT,
	FUNCTIONS
};

struct truth {
	enum function function;
	struct x87_value y, x, result; /* y is ST(1), x is ST(0) */
};

#include "x87_truth.h"

enum { NEAREST = 0x37f, DOWN = 0x77f, UP = 0xb7f, TO_ZERO = 0xf7f };

static const char *const names[FUNCTIONS] = { "f2xm1", "fsin",	  "fcos",  "fptan",
					      "fyl2x", "fyl2xp1", "fpatan" };

static uint16_t call(enum function function, uint16_t control, const struct x87_value *y,
		     const struct x87_value *x, struct x87_value *result)
{
	struct x87_value top;

	switch (function) {
	case TRUTH_EXPONENTIAL: return x87_exponential(control, x, result);
	case TRUTH_SINE: return x87_sine(control, x, result);
	case TRUTH_COSINE: return x87_cosine(control, x, result);
	case TRUTH_TANGENT: return x87_tangent(control, x, result, &top);
	case TRUTH_LOGARITHM: return x87_logarithm(control, y, x, result);
	case TRUTH_LOGARITHM_PLUS_ONE: return x87_logarithm_plus_one(control, y, x, result);
	default: return x87_arctangent(control, y, x, result);
	}
}

static bool same(const struct x87_value *a, const struct x87_value *b)
{
	return a->mantissa == b->mantissa && a->sign_exponent == b->sign_exponent;
}

/* How far apart two finite numbers of the same sign are, in units of the last place. */
static uint64_t distance(const struct x87_value *a, const struct x87_value *b)
{
	uint128 left = (uint128)(a->sign_exponent & 0x7fff) << 63 | (a->mantissa & INT64_MAX);
	uint128 right = (uint128)(b->sign_exponent & 0x7fff) << 63 | (b->mantissa & INT64_MAX);
	uint128 apart = left > right ? left - right : right - left;

	if ((a->sign_exponent ^ b->sign_exponent) & 0x8000)
		return UINT64_MAX;
	return apart >> 64 ? UINT64_MAX : (uint64_t)apart;
}

static void complain(enum function function, const struct x87_value *y, const struct x87_value *x,
		     const struct x87_value *wanted, const struct x87_value *got)
{
	print_message("%s y %04x:%016llx x %04x:%016llx gives %04x:%016llx, not %04x:%016llx\n",
		      names[function], y->sign_exponent, (unsigned long long)y->mantissa,
		      x->sign_exponent, (unsigned long long)x->mantissa, got->sign_exponent,
		      (unsigned long long)got->mantissa, wanted->sign_exponent,
		      (unsigned long long)wanted->mantissa);
}

static void tells_the_truth(void **state)
{
	(void)state;
	unsigned wrong = 0;

	for (unsigned i = 0; i < sizeof truths / sizeof truths[0]; i++) {
		const struct truth *truth = &truths[i];
		struct x87_value got, down, up, to_zero;
		uint16_t status = call(truth->function, NEAREST, &truth->y, &truth->x, &got);
		bool negative = truth->result.sign_exponent >> 15;
		call(truth->function, DOWN, &truth->y, &truth->x, &down);
		call(truth->function, UP, &truth->y, &truth->x, &up);
		call(truth->function, TO_ZERO, &truth->y, &truth->x, &to_zero);
		/* the four roundings of one number: two neighbours, and the right ones */
		if (!same(&got, &truth->result) || distance(&down, &up) != 1 ||
		    !same(&to_zero, negative ? &up : &down) ||
		    !(same(&got, &up) || same(&got, &down)) || (status & ~STATUS_C1) != STATUS_PE ||
		    !!(status & STATUS_C1) == same(&got, &to_zero)) {
			complain(truth->function, &truth->y, &truth->x, &truth->result, &got);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

/* --- beside the host --- */

#if defined(__x86_64__) || defined(__i386__)
static long double as_real(const struct x87_value *value)
{
	long double real = 0;

	memcpy(&real, &value->mantissa, 8);
	memcpy((uint8_t *)&real + 8, &value->sign_exponent, 2);
	return real;
}

static struct x87_value as_value(long double real)
{
	struct x87_value value;

	memcpy(&value.mantissa, &real, 8);
	memcpy(&value.sign_exponent, (const uint8_t *)&real + 8, 2);
	return value;
}

static struct x87_value host(enum function function, const struct x87_value *y,
			     const struct x87_value *x)
{
	long double result = as_real(x), below = as_real(y), top;

	switch (function) {
	case TRUTH_EXPONENTIAL: __asm__("f2xm1" : "+t"(result)); break;
	case TRUTH_SINE: __asm__("fsin" : "+t"(result)); break;
	case TRUTH_COSINE: __asm__("fcos" : "+t"(result)); break;
	case TRUTH_TANGENT: __asm__("fptan" : "=t"(top), "=u"(result) : "0"(result)); break;
	case TRUTH_LOGARITHM: __asm__("fyl2x" : "+t"(result) : "u"(below) : "st(1)"); break;
	case TRUTH_LOGARITHM_PLUS_ONE:
		__asm__("fyl2xp1" : "+t"(result) : "u"(below) : "st(1)");
		break;
	default: __asm__("fpatan" : "+t"(result) : "u"(below) : "st(1)"); break;
	}
	return as_value(result);
}

static struct x87_value random_number(struct random *random, int low, int high, bool positive)
{
	unsigned exponent = (unsigned)(0x3fff + low) + random_below(random, (uint32_t)(high - low));
	uint64_t mantissa = random_u64(random);

	if (random_below(random, 4) == 0)
		mantissa &= UINT64_MAX << random_below(random, 64);
	exponent |= positive ? 0 : random_u32(random) & 0x8000;
	return (struct x87_value){ mantissa | UINT64_C(1) << 63, (uint16_t)exponent };
}

/* The host errs itself, by up to one unit; the angle of a tangent is taken by the same pi. */
static void stays_near_the_host(void **state)
{
	(void)state;
	static const struct {
		int low, high;
	} ranges[FUNCTIONS] = { { -80, 0 },    { -80, 63 }, { -80, 63 }, { -80, 63 },
				{ -200, 200 }, { -80, -2 }, { -80, 80 } };
	struct random random;
	unsigned wrong = 0;

	random_init(&random, 1987, 0);
	for (unsigned i = 0; i < 70000; i++) {
		enum function function = (enum function)(i % FUNCTIONS);
		struct x87_value x =
			random_number(&random, ranges[function].low, ranges[function].high,
				      function == TRUTH_LOGARITHM);
		struct x87_value y = random_number(&random, -80, 80, false), ours, theirs;
		call(function, NEAREST, &y, &x, &ours);
		theirs = host(function, &y, &x);
		if (distance(&ours, &theirs) <= 2)
			continue;
		if (wrong++ < 10)
			complain(function, &y, &x, &theirs, &ours);
	}
	assert_int_equal(wrong, 0);
}
#else
static void stays_near_the_host(void **state)
{
	(void)state;
	skip(); /* the host has no x87 */
}
#endif

/* --- special values --- */

/* clang-format off */
static const struct x87_value zero = { 0, 0 };
static const struct x87_value tiny = { 1, 0 };
static const struct x87_value least = { UINT64_C(1) << 63, 1 };
static const struct x87_value half = { UINT64_C(1) << 63, 0x3ffe };
static const struct x87_value one = { UINT64_C(1) << 63, 0x3fff };
static const struct x87_value two = { UINT64_C(1) << 63, 0x4000 };
static const struct x87_value huge = { UINT64_MAX, 0x7ffe };
static const struct x87_value endless = { UINT64_C(1) << 63, 0x7fff };
static const struct x87_value quiet = { UINT64_C(0xc000000000000001), 0x7fff };
static const struct x87_value signaling = { UINT64_C(0x8000000000000001), 0x7fff };
static const struct x87_value unnormal = { 1, 0x3fff };
static const struct x87_value none = { UINT64_C(0xc000000000000000), 0xffff };
static const struct x87_value far = { UINT64_C(1) << 63, 0x403e };
/* clang-format on */

static struct x87_value minus(struct x87_value value)
{
	value.sign_exponent ^= 0x8000;
	return value;
}

static void gives(enum function function, struct x87_value y, struct x87_value x,
		  struct x87_value result, unsigned status)
{
	struct x87_value got;
	uint16_t flags = call(function, NEAREST, &y, &x, &got);

	if (!same(&got, &result) || (flags & ~STATUS_C1) != status)
		complain(function, &y, &x, &result, &got);
	assert_true(same(&got, &result));
	assert_int_equal(flags & ~STATUS_C1, status);
}

static void treats_special_angles(void **state)
{
	(void)state;
	for (enum function f = TRUTH_SINE; f <= TRUTH_TANGENT; f++) {
		bool even = f == TRUTH_COSINE;
		gives(f, one, zero, even ? one : zero, 0);
		gives(f, one, minus(zero), even ? one : minus(zero), 0);
		gives(f, one, endless, none, STATUS_IE);
		gives(f, one, minus(endless), none, STATUS_IE);
		gives(f, one, quiet, quiet, 0);
		gives(f, one, signaling, quiet, STATUS_IE);
		gives(f, one, unnormal, none, STATUS_IE);
		gives(f, one, far, far, STATUS_C2);
		gives(f, one, minus(huge), minus(huge), STATUS_C2);
		gives(f, one, tiny, even ? one : tiny,
		      STATUS_DE | STATUS_PE | (even ? 0 : STATUS_UE));
	}
}

static void treats_special_powers(void **state)
{
	(void)state;
	gives(TRUTH_EXPONENTIAL, one, minus(zero), minus(zero), 0);
	gives(TRUTH_EXPONENTIAL, one, one, one, 0);
	gives(TRUTH_EXPONENTIAL, one, minus(one), minus(half), 0);
	gives(TRUTH_EXPONENTIAL, one, endless, endless, 0);
	gives(TRUTH_EXPONENTIAL, one, minus(endless), minus(one), 0);
	gives(TRUTH_EXPONENTIAL, one, signaling, quiet, STATUS_IE);
	gives(TRUTH_EXPONENTIAL, one, two, two, STATUS_PE);
	/* 0.69 of the smallest number is the smallest number again */
	gives(TRUTH_EXPONENTIAL, one, tiny, tiny, STATUS_DE | STATUS_UE | STATUS_PE);
}

/* SDM vol. 2, tables of FYL2X and FYL2XP1. */
static void treats_special_logarithms(void **state)
{
	(void)state;
	enum function f = TRUTH_LOGARITHM, g = TRUTH_LOGARITHM_PLUS_ONE;

	gives(f, two, minus(one), none, STATUS_IE);
	gives(f, two, minus(endless), none, STATUS_IE);
	gives(f, two, zero, minus(endless), STATUS_ZE);
	gives(f, minus(two), minus(zero), endless, STATUS_ZE);
	gives(f, zero, zero, none, STATUS_IE);
	gives(f, endless, zero, minus(endless), 0);
	gives(f, endless, one, none, STATUS_IE);
	gives(f, minus(endless), two, minus(endless), 0);
	gives(f, minus(endless), half, endless, 0);
	gives(f, zero, endless, none, STATUS_IE);
	gives(f, minus(one), endless, minus(endless), 0);
	gives(f, minus(two), one, minus(zero), 0);
	gives(f, zero, half, minus(zero), 0);
	gives(f, zero, two, zero, 0);
	gives(f, two, two, two, 0); /* exact */
	gives(f, two, half, minus(two), 0);
	gives(f, quiet, signaling, quiet, STATUS_IE);
	gives(f, tiny, minus(one), none, STATUS_IE);
	gives(f, huge, huge, endless, STATUS_OE | STATUS_PE);
	gives(f, tiny, two, tiny, STATUS_DE);
	gives(g, two, zero, zero, 0);
	gives(g, minus(two), zero, minus(zero), 0);
	gives(g, endless, zero, none, STATUS_IE);
	gives(g, endless, minus(tiny), minus(endless), STATUS_DE);
	gives(g, zero, minus(half), minus(zero), 0);
	gives(g, zero, endless, none, STATUS_IE);
	gives(g, one, endless, endless, 0);
	gives(g, one, one, one, 0);
	gives(g, one, minus(half), minus(one), 0);
	gives(g, one, minus(one), none, STATUS_IE);
	gives(g, one, minus(endless), none, STATUS_IE);
	gives(g, tiny, tiny, zero, STATUS_DE | STATUS_UE | STATUS_PE);
}

/* SDM vol. 2, table of FPATAN. */
static void treats_special_points(void **state)
{
	(void)state;
	enum function f = TRUTH_ARCTANGENT;
	const struct x87_value quarter = { UINT64_C(0xc90fdaa22168c235), 0x3ffe };
	const struct x87_value three = { UINT64_C(0x96cbe3f9990e91a8), 0x4000 };
	const struct x87_value right = { UINT64_C(0xc90fdaa22168c235), 0x3fff };
	const struct x87_value flat = { UINT64_C(0xc90fdaa22168c235), 0x4000 };

	gives(f, zero, one, zero, 0);
	gives(f, minus(zero), zero, minus(zero), 0);
	gives(f, zero, minus(zero), flat, STATUS_PE);
	gives(f, minus(zero), minus(one), minus(flat), STATUS_PE);
	gives(f, one, zero, right, STATUS_PE);
	gives(f, minus(one), minus(zero), minus(right), STATUS_PE);
	gives(f, endless, minus(one), right, STATUS_PE);
	gives(f, endless, endless, quarter, STATUS_PE);
	gives(f, minus(endless), minus(endless), minus(three), STATUS_PE);
	gives(f, one, endless, zero, 0);
	gives(f, one, minus(endless), flat, STATUS_PE);
	gives(f, one, one, quarter, STATUS_PE);
	gives(f, quiet, one, quiet, 0);
	gives(f, one, unnormal, none, STATUS_IE);
	gives(f, tiny, one, tiny, STATUS_DE | STATUS_UE | STATUS_PE);
	gives(f, least, huge, zero, STATUS_UE | STATUS_PE);
	gives(f, least, minus(huge), flat, STATUS_PE);
	gives(f, huge, tiny, right, STATUS_DE | STATUS_PE);
}

/* --- what rounding and masks do to both ends --- */

static void rounds_the_smallest_arguments(void **state)
{
	(void)state;
	const struct x87_value small = { UINT64_C(1) << 63, 0x3000 };
	const struct x87_value below = { UINT64_MAX, 0x2fff };
	const struct x87_value above = { (UINT64_C(1) << 63) + 1, 0x3000 };
	const struct x87_value under_one = { UINT64_MAX, 0x3ffe };
	struct x87_value got;

	/* x (1 - something), x (1 + something), 1 - something */
	assert_int_equal(x87_sine(TO_ZERO, &small, &got), STATUS_PE);
	assert_true(same(&got, &below));
	assert_int_equal(x87_sine(UP, &small, &got), STATUS_PE | STATUS_C1);
	assert_true(same(&got, &small));
	assert_int_equal(call(TRUTH_TANGENT, UP, &one, &small, &got), STATUS_PE | STATUS_C1);
	assert_true(same(&got, &above));
	assert_int_equal(x87_cosine(DOWN, &small, &got), STATUS_PE);
	assert_true(same(&got, &under_one));
	assert_int_equal(x87_arctangent(DOWN, &small, &one, &got), STATUS_PE);
	assert_true(same(&got, &below));
}

static void wraps_what_is_not_masked(void **state)
{
	(void)state;
	const uint16_t unmasked = NEAREST & ~(STATUS_OE | STATUS_UE);
	struct x87_value got, result;

	/* 2^16383.99 * 16384 less 24576 */
	assert_int_equal(x87_logarithm(unmasked, &huge, &huge, &got) & ~STATUS_C1,
			 STATUS_OE | STATUS_PE);
	assert_int_equal(got.sign_exponent, 0x7ffe + 14 - 24576);
	/* an underflow that is exact counts when it is not masked */
	assert_int_equal(x87_logarithm(unmasked, &tiny, &two, &got), STATUS_DE | STATUS_UE);
	assert_int_equal(got.sign_exponent, 1 - 63 + 24576);
	assert_int_equal(got.mantissa, UINT64_C(1) << 63);
	/* a masked overflow ends at the largest number when rounding points to zero */
	assert_int_equal(x87_logarithm(TO_ZERO, &huge, &huge, &got), STATUS_OE | STATUS_PE);
	assert_true(same(&got, &huge));
	/* rounding up from below the smallest normal number gives it, without C1 only where cut */
	result = (struct x87_value){ UINT64_C(0x58b90bfbe8e7bcd6), 0 };
	x87_exponential(NEAREST, &least, &got);
	assert_true(same(&got, &result));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_the_truth),
		cmocka_unit_test(stays_near_the_host),
		cmocka_unit_test(treats_special_angles),
		cmocka_unit_test(treats_special_powers),
		cmocka_unit_test(treats_special_logarithms),
		cmocka_unit_test(treats_special_points),
		cmocka_unit_test(rounds_the_smallest_arguments),
		cmocka_unit_test(wraps_what_is_not_masked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
