/* Blocks double in size up to a megabyte. Under AddressSanitizer each allocation is its own block,
 * so that an overrun from one object into the next is seen. */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define SEPARATE_BLOCKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SEPARATE_BLOCKS 1
#endif
#endif
#ifndef SEPARATE_BLOCKS
#define SEPARATE_BLOCKS 0
#endif

struct block {
	struct block *next;
	size_t used, size;
	max_align_t data[];
};

struct arena {
	struct block *blocks;
	size_t limit, used, next_size;
};

struct arena *arena_new(size_t limit)
{
	struct arena *arena = calloc(1, sizeof *arena);
	if (arena) {
		arena->limit = limit;
		arena->next_size = 4096;
	}
	return arena;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	for (struct block *block = arena->blocks; block;) {
		struct block *next = block->next;
		free(block);
		block = next;
	}
	free(arena);
}

static struct block *add_block(struct arena *arena, size_t size)
{
	struct block *block = calloc(1, sizeof *block + size);
	if (!block)
		return NULL;
	block->size = size;
	block->next = arena->blocks;
	arena->blocks = block;
	return block;
}

void *arena_take(struct arena *arena, size_t size)
{
	size_t rounded = (size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);

	if (rounded < size || rounded > arena->limit - arena->used)
		return NULL;
	struct block *block = arena->blocks;
	if (SEPARATE_BLOCKS || !block || block->size - block->used < rounded) {
		size_t wanted =
			SEPARATE_BLOCKS || rounded > arena->next_size ? rounded : arena->next_size;
		block = add_block(arena, wanted);
		if (!block)
			return NULL;
		if (arena->next_size < 1 << 20)
			arena->next_size *= 2;
	}
	void *taken = (uint8_t *)block->data + block->used;
	block->used += rounded;
	arena->used += rounded;
	return taken;
}

char *arena_copy(struct arena *arena, struct bytes bytes)
{
	char *copy = arena_take(arena, bytes.length + 1);
	if (copy && bytes.length)
		memcpy(copy, bytes.data, bytes.length);
	return copy;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}
