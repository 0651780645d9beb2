/* setjmp and longjmp out of deep calls, with values, and a small coroutine-like loop of errors. */
#include "programs.h"

#include <setjmp.h>
#include <stdio.h>

static jmp_buf outer, inner;

static int dive(int depth, int value)
{
	volatile char room[64];

	room[depth % 64] = (char)value;
	if (depth == 0 && value % 7 == 0)
		return value;
	if (depth == 0)
		longjmp(value % 2 ? outer : inner, value);
	return dive(depth - 1, value) + room[depth % 64];
}

static int catch_inner(int value)
{
	volatile int local = value * 3;
	int thrown = setjmp(inner);

	if (thrown)
		return local + thrown;
	return dive(value, value);
}

int program_jumps(void)
{
	volatile long total = 0;
	volatile int rounds = 0;
	volatile double kept = 1.5;

	for (int again = setjmp(outer); rounds < 200; again = 0) {
		if (again) {
			total += again * 1000;
			kept *= 1.01;
		}
		int value = ++rounds;
		total += catch_inner(value);
	}
	printf("%ld after %d rounds, %.12f\n", total, rounds, kept);
	int zero = setjmp(outer);
	if (zero == 0)
		longjmp(outer, 0);
	printf("longjmp with 0 gives %d\n", zero);
	return (int)(total % 251);
}
