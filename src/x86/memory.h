/* Guest memory: regions say what is mapped and how, frames hold the pages that were written.
 *
 * The flat caches in struct x86 answer nearly every access. A page stays out of them while an
 * access to it has side effects: out of both while it meets the watched range, out of the write
 * cache while it holds decoded code or belongs to an older snapshot. While the flag AC is set the
 * caches stay empty, so that every access is asked for its alignment. */
#ifndef KENBI_X86_MEMORY_H
#define KENBI_X86_MEMORY_H

#include "x86/machine.h"

#include <string.h>

/* A page that exists. Starts with its bytes: caches point at them and find the rest behind. */
struct frame {
	uint8_t bytes[PAGE_SIZE];
	uint8_t written[PAGE_SIZE / 8 + 8]; /* a bit per byte; tail room for 16-bit access */
	struct code *code;		    /* decoded instructions, or NULL */
	struct x86_page_history history;
	struct frame *free_next;
};

struct page {
	uint64_t number;
	struct frame *frame; /* NULL: zeros, nothing materialised */
	unsigned level;	     /* the snapshot depth it was made (or given up) at */
};

enum {
	ACCESSES = X86_READ | X86_WRITE | X86_EXECUTE,
	PROTECTION = ACCESSES | X86_GUARD,
	TOUCH_SHIFT = 8 /* the accesses that stop once, see x86_touch */
};

struct region {
	uint64_t first, last; /* page numbers, inclusive */
	unsigned protection;  /* enum x86_protection, and accesses << TOUCH_SHIFT */
};

struct regions {
	struct region *list; /* ordered, not overlapping */
	unsigned count, capacity;
};

/* A page as it was when it was first touched at a snapshot level. */
struct journal {
	struct page *entries;
	size_t count, capacity;
};

struct memory {
	struct page *table; /* open addressing by page number */
	size_t table_size, table_used;
	struct regions regions;
	struct journal journals[MOST_SNAPSHOTS + 1];
	struct regions saved[MOST_SNAPSHOTS + 1]; /* of the level below, when it changed */
	bool regions_saved[MOST_SNAPSHOTS + 1];
	struct frame *free_frames;
	size_t free_count;
	size_t frames, frame_limit;
	struct code_pool code_pool;
};

struct memory *memory_new(size_t limit);
void memory_free(struct memory *memory);

/* Returns a frame to the free list. NULL is accepted. */
void memory_give_frame(struct memory *memory, struct frame *frame);
/* Drops a page from the flat caches. */
void memory_forget_page(struct x86 *cpu, uint64_t number);
/* Remembers a page for the rollback, once per level; false without memory. */
bool memory_journal(struct x86 *cpu, struct page *page);
void memory_flush_caches(struct x86 *cpu);
/* Is this access to its page the first of a kind that stops (x86_touch)? Then cpu->exit is filled.
 */
bool memory_touched(struct x86 *cpu, const struct region *region, uint64_t address,
		    unsigned access);
/* To be called when registers.flags came from elsewhere: AC may have been set. */
void memory_flags_loaded(struct x86 *cpu);
/* The mapped region of a page number, or NULL. */
const struct region *memory_region(const struct memory *memory, uint64_t page);
struct page *memory_page(const struct memory *memory, uint64_t number);
/* The frame of a page for reading its bytes: NULL when it was never written. */
struct frame *memory_frame(const struct memory *memory, uint64_t number);
/* A frame of one's own at the present level, copied or made; NULL without memory. */
struct frame *memory_own_frame(struct x86 *cpu, uint64_t number);

/* Slow paths: everything that the caches do not answer. False with cpu->exit filled. */
bool memory_load(struct x86 *cpu, uint64_t address, void *into, unsigned size);
bool memory_store(struct x86 *cpu, uint64_t address, const void *from, unsigned size);
/* Would a store succeed? Makes room for it, so that the store itself cannot fail. */
bool memory_probe(struct x86 *cpu, uint64_t address, unsigned size);
/* The same for several operands in a row, whose alignment is for each to check. */
bool memory_room(struct x86 *cpu, uint64_t address, unsigned size);

INLINE bool load(struct x86 *cpu, uint64_t address, void *into, unsigned size)
{
	const struct page_cache_entry *entry =
		&cpu->read_cache[(address >> PAGE_BITS) % READ_CACHE];

	if (LIKELY(entry->page == address >> PAGE_BITS &&
		   address % PAGE_SIZE <= PAGE_SIZE - size)) {
		memcpy(into, entry->bytes + address % PAGE_SIZE, size);
		return true;
	}
	return memory_load(cpu, address, into, size);
}

/* Marks bytes [offset, offset + size) of a page as written by the guest; size is at most 8. */
INLINE void mark_written(struct frame *frame, uint64_t offset, unsigned size)
{
	uint8_t *bits = &frame->written[offset / 8];
	uint16_t word, mask = (uint16_t)(((1u << size) - 1) << offset % 8);

	memcpy(&word, bits, sizeof word);
	if ((word & mask) != mask) {
		word |= mask;
		memcpy(bits, &word, sizeof word);
	}
}

/* The frame of an address that can be written as it stands, or NULL: then store does it. */
INLINE struct frame *writable_frame(struct x86 *cpu, uint64_t address, unsigned size)
{
	const struct page_cache_entry *entry =
		&cpu->write_cache[(address >> PAGE_BITS) % WRITE_CACHE];

	if (LIKELY(entry->page == address >> PAGE_BITS && address % PAGE_SIZE <= PAGE_SIZE - size))
		return (struct frame *)(void *)entry->bytes;
	return NULL;
}

/* size is at most 8 here; wider values go through memory_store. */
INLINE bool store(struct x86 *cpu, uint64_t address, const void *from, unsigned size)
{
	const struct page_cache_entry *entry =
		&cpu->write_cache[(address >> PAGE_BITS) % WRITE_CACHE];

	if (LIKELY(entry->page == address >> PAGE_BITS &&
		   address % PAGE_SIZE <= PAGE_SIZE - size)) {
		memcpy(entry->bytes + address % PAGE_SIZE, from, size);
		mark_written((struct frame *)(void *)entry->bytes, address % PAGE_SIZE, size);
		return true;
	}
	return memory_store(cpu, address, from, size);
}

#endif
