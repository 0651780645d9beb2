/* Numbers of many 32-bit limbs: multiplication, long division (Knuth, volume 2, algorithm D),
 * modular powers, decimal text. */
#include "programs.h"

#include <stdio.h>
#include <string.h>

enum { LIMBS = 40 };

struct number {
	uint32_t limb[LIMBS]; /* least significant first */
	int used;
};

static void trim(struct number *n)
{
	while (n->used > 0 && n->limb[n->used - 1] == 0)
		n->used--;
}

static struct number small(uint32_t value)
{
	struct number n = { { value }, 1 };

	trim(&n);
	return n;
}

static int compare(const struct number *a, const struct number *b)
{
	if (a->used != b->used)
		return a->used < b->used ? -1 : 1;
	for (int i = a->used - 1; i >= 0; i--)
		if (a->limb[i] != b->limb[i])
			return a->limb[i] < b->limb[i] ? -1 : 1;
	return 0;
}

static struct number multiply(const struct number *a, const struct number *b)
{
	struct number product = { { 0 }, a->used + b->used };

	for (int i = 0; i < a->used; i++) {
		uint64_t carry = 0;
		for (int j = 0; j < b->used; j++) {
			carry += (uint64_t)a->limb[i] * b->limb[j] + product.limb[i + j];
			product.limb[i + j] = (uint32_t)carry;
			carry >>= 32;
		}
		product.limb[i + b->used] = (uint32_t)carry;
	}
	trim(&product);
	return product;
}

static struct number add(const struct number *a, const struct number *b)
{
	struct number sum = { { 0 }, (a->used > b->used ? a->used : b->used) + 1 };
	uint64_t carry = 0;

	for (int i = 0; i < sum.used; i++) {
		carry += (uint64_t)a->limb[i] + b->limb[i];
		sum.limb[i] = (uint32_t)carry;
		carry >>= 32;
	}
	trim(&sum);
	return sum;
}

static uint32_t divide_small(struct number *n, uint32_t divisor)
{
	uint64_t rest = 0;

	for (int i = n->used - 1; i >= 0; i--) {
		rest = rest << 32 | n->limb[i];
		n->limb[i] = (uint32_t)(rest / divisor);
		rest %= divisor;
	}
	trim(n);
	return (uint32_t)rest;
}

static void shift_left(struct number *n, unsigned bits)
{
	uint32_t carry = 0;

	n->limb[n->used++] = 0;
	for (int i = 0; bits && i < n->used; i++) {
		uint32_t next = n->limb[i] >> (32 - bits);
		n->limb[i] = n->limb[i] << bits | carry;
		carry = next;
	}
}

/* Subtracts quotient * divisor at a limb position; true when that was too much. */
static int subtract_product(uint32_t *at, const struct number *divisor, uint64_t quotient)
{
	int64_t borrow = 0;
	uint64_t carry = 0;

	for (int i = 0; i < divisor->used; i++) {
		carry += quotient * divisor->limb[i];
		borrow += (int64_t)at[i] - (int64_t)(uint32_t)carry;
		at[i] = (uint32_t)borrow;
		borrow >>= 32;
		carry >>= 32;
	}
	borrow += (int64_t)at[divisor->used] - (int64_t)carry;
	at[divisor->used] = (uint32_t)borrow;
	return borrow < 0;
}

static void add_back(uint32_t *at, const struct number *divisor)
{
	uint64_t carry = 0;

	for (int i = 0; i < divisor->used; i++) {
		carry += (uint64_t)at[i] + divisor->limb[i];
		at[i] = (uint32_t)carry;
		carry >>= 32;
	}
	at[divisor->used] += (uint32_t)carry;
}

static struct number divide(const struct number *a, const struct number *b, struct number *rest)
{
	struct number quotient = { { 0 }, 0 }, divisor = *b;

	*rest = *a;
	if (compare(a, b) < 0)
		return quotient;
	if (b->used == 1) {
		quotient = *a;
		*rest = small(divide_small(&quotient, b->limb[0]));
		return quotient;
	}
	unsigned bits = (unsigned)__builtin_clz(b->limb[b->used - 1]);
	shift_left(rest, bits);
	shift_left(&divisor, bits);
	divisor.used--;
	quotient.used = a->used - b->used + 1;
	for (int j = a->used - b->used; j >= 0; j--) {
		uint32_t *at = rest->limb + j;
		uint64_t head = (uint64_t)at[divisor.used] << 32 | at[divisor.used - 1];
		uint64_t guess = head / divisor.limb[divisor.used - 1];
		if (guess > UINT32_MAX)
			guess = UINT32_MAX;
		int borrowed = subtract_product(at, &divisor, guess);
		while (borrowed) {
			guess--;
			uint32_t before = at[divisor.used];
			add_back(at, &divisor);
			borrowed = at[divisor.used] >= before && at[divisor.used] != 0;
		}
		quotient.limb[j] = (uint32_t)guess;
	}
	for (int i = 0; bits && i < rest->used; i++)
		rest->limb[i] = rest->limb[i] >> bits |
				(i + 1 < rest->used ? rest->limb[i + 1] << (32 - bits) : 0);
	trim(rest);
	trim(&quotient);
	return quotient;
}

static struct number power(struct number base, const struct number *exponent,
			   const struct number *modulus)
{
	struct number result = small(1), rest;

	for (int i = 0; i < 32 * exponent->used; i++) {
		if (exponent->limb[i / 32] >> i % 32 & 1) {
			result = multiply(&result, &base);
			divide(&result, modulus, &rest);
			result = rest;
		}
		base = multiply(&base, &base);
		divide(&base, modulus, &rest);
		base = rest;
	}
	return result;
}

static void print(const char *name, struct number n)
{
	char digits[10 * LIMBS + 1];
	int at = sizeof digits - 1;

	digits[at] = 0;
	do
		digits[--at] = (char)('0' + divide_small(&n, 10));
	while (n.used > 0);
	printf("%s %s\n", name, digits + at);
}

static struct number random_number(uint32_t *random, int limbs)
{
	struct number n = { { 0 }, limbs };

	for (int i = 0; i < limbs; i++) {
		n.limb[i] = next_random(random);
		if (next_random(random) % 8 == 0)
			n.limb[i] = next_random(random) % 2 ? 0 : UINT32_MAX;
	}
	trim(&n);
	return n;
}

int program_big_number(void)
{
	struct number factorial = small(1), prime = { { 0 }, 4 };
	uint32_t random = 7;
	int wrong = 0;

	for (uint32_t i = 2; i <= 60; i++) {
		struct number factor = small(i);
		factorial = multiply(&factorial, &factor);
	}
	print("60!", factorial);
	for (int i = 0; i < 60; i++) {
		struct number a = random_number(&random, 2 + i % 16), rest;
		struct number b = random_number(&random, 2 + i % 7);
		struct number quotient = divide(&a, &b, &rest);
		struct number back = multiply(&quotient, &b);
		back = add(&back, &rest);
		wrong += compare(&back, &a) != 0 || compare(&rest, &b) >= 0;
		if (i % 10 == 0) {
			print("a", a);
			print("a / b", quotient);
			print("a % b", rest);
		}
	}
	/* 2^127 - 1 is prime: a^(p-1) is 1 (Fermat). */
	for (int i = 0; i < 4; i++)
		prime.limb[i] = i == 3 ? 0x7fffffff : UINT32_MAX;
	struct number less = prime;
	less.limb[0]--;
	print("3^(p-1) mod p", power(small(3), &less, &prime));
	print("5^12345 mod p", power(small(5), &(struct number){ { 12345 }, 1 }, &prime));
	return wrong;
}
