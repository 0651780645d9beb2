/* Deep and wide recursion: Ackermann's function, Fibonacci, queens, Hanoi, permutations. */
#include "programs.h"

#include <stdio.h>

static unsigned ackermann(unsigned m, unsigned n)
{
	if (m == 0)
		return n + 1;
	return n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static unsigned fibonacci(unsigned n)
{
	return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static unsigned queens(unsigned size, unsigned row, unsigned columns, unsigned left, unsigned right)
{
	unsigned count = 0, free = ~(columns | left | right) & ((1u << size) - 1);

	if (row == size)
		return 1;
	for (; free; free &= free - 1) {
		unsigned bit = free & -free;
		count +=
			queens(size, row + 1, columns | bit, (left | bit) << 1, (right | bit) >> 1);
	}
	return count;
}

static unsigned hanoi(int disks, int from, int to, unsigned moves)
{
	if (disks == 0)
		return moves;
	moves = hanoi(disks - 1, from, 6 - from - to, moves);
	moves = moves * 33 + (unsigned)(from * 3 + to);
	return hanoi(disks - 1, 6 - from - to, to, moves);
}

static unsigned permute(char *text, int at, int length)
{
	unsigned sum = 0;

	if (at == length)
		return checksum(text, (size_t)length);
	for (int i = at; i < length; i++) {
		char kept = text[at];
		text[at] = text[i];
		text[i] = kept;
		sum = sum * 7 + permute(text, at + 1, length);
		text[i] = text[at];
		text[at] = kept;
	}
	return sum;
}

int program_recursion(void)
{
	char text[] = "abcdef";

	printf("%u %u %u\n", ackermann(2, 60), ackermann(3, 4), fibonacci(19));
	printf("%u queens, %08x hanoi, %08x permutations of %s\n", queens(7, 0, 0, 0, 0),
	       hanoi(11, 1, 3, 0), permute(text, 0, 6), text);
	return (int)ackermann(1, 5);
}
