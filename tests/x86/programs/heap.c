/* malloc, realloc and free in random order with contents checked; atomics on what they gave. */
#include "programs.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 64 };

static bool holds(const uint8_t *block, size_t size, uint8_t value)
{
	for (size_t i = 0; i < size; i++)
		if (block[i] != value)
			return false;
	return true;
}

static int churn(void)
{
	uint8_t *blocks[BLOCKS] = { NULL };
	size_t sizes[BLOCKS] = { 0 };
	uint32_t random = 5;
	int wrong = 0;

	for (int i = 0; i < 3000; i++) {
		unsigned slot = next_random(&random) % BLOCKS;
		size_t size = next_random(&random) % (i % 500 == 0 ? 300000 : 700);
		if (!holds(blocks[slot], sizes[slot], (uint8_t)slot))
			wrong++;
		if (next_random(&random) % 3 == 0) {
			free(blocks[slot]);
			blocks[slot] = NULL;
			size = 0;
		} else {
			uint8_t *grown = realloc(blocks[slot], size + 1);
			if (!grown ||
			    !holds(grown, size < sizes[slot] ? size : sizes[slot], (uint8_t)slot))
				return -1;
			blocks[slot] = grown;
			memset(grown, (int)slot, size);
		}
		sizes[slot] = size;
	}
	for (int i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	return wrong;
}

static void atomics(void)
{
	void *room_word = calloc(1, sizeof(uint32_t)), *room_wide = calloc(1, sizeof(uint64_t));
	_Atomic uint32_t *word = room_word;
	_Atomic uint64_t *wide = room_wide;
	_Atomic uint8_t byte = 250;
	uint64_t expected = 1;

	if (!word || !wide)
		return;
	for (uint32_t i = 0; i < 1000; i++) {
		atomic_fetch_add(word, i);
		atomic_fetch_xor(word, i << 7);
		atomic_fetch_add(wide, (uint64_t)i << 30);
		atomic_fetch_or(wide, i);
		atomic_fetch_add(&byte, 3);
	}
	bool first = atomic_compare_exchange_strong(wide, &expected, 7);
	bool second = atomic_compare_exchange_strong(wide, &expected, 8);
	printf("%u %llu %u %d %d %llu\n", atomic_exchange(word, 1), (unsigned long long)expected,
	       byte, first, second, (unsigned long long)atomic_load(wide));
	free(room_word);
	free(room_wide);
}

int program_heap(void)
{
	int wrong = churn();

	printf("wrong %d\n", wrong);
	atomics();
	return wrong;
}
