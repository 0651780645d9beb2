/* Regions in a sorted array, first fit; heap blocks in size classes above them.
 *
 * A heap block has an eight-byte header in guest memory (size asked for, class and a mark) that is
 * checked before it is believed, because the program may overwrite it. Blocks above 512 KiB are
 * regions of their own. */
#include "win32/memory.h"

#include <stdlib.h>
#include <string.h>

#define LOWEST	    0x00150000u
#define HEAP_CHUNK  0x00100000u
#define HEAP_MARK   0x6b480000u
#define CLASS_LARGE 31u
#define CLASS_LIMIT 19u /* 1 << 19 bytes */

unsigned win32_protection_to_x86(uint32_t protection)
{
	unsigned bits = protection & PAGE_GUARD ? X86_GUARD : 0;

	switch (protection & 0xff) {
	case PAGE_READONLY:
	case PAGE_EXECUTE:
	case PAGE_EXECUTE_READ: return bits | X86_READ | X86_EXECUTE;
	case PAGE_READWRITE:
	case PAGE_WRITECOPY:
	case PAGE_EXECUTE_READWRITE:
	case PAGE_EXECUTE_WRITECOPY: return bits | X86_READ | X86_WRITE | X86_EXECUTE;
	default: return bits;
	}
}

uint32_t win32_protection_from_x86(unsigned bits)
{
	uint32_t guard = bits & X86_GUARD ? PAGE_GUARD : 0;

	if (bits & X86_WRITE)
		return guard | PAGE_EXECUTE_READWRITE;
	return guard | (bits & X86_READ ? PAGE_EXECUTE_READ : PAGE_NOACCESS);
}

/* Index of the first region that ends above `address`. */
static size_t region_index(const struct win32 *w, uint32_t address)
{
	size_t low = 0, high = w->region_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (w->regions[middle].base + w->regions[middle].size <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct win32_region *win32_region_of(struct win32 *w, uint32_t address)
{
	size_t i = region_index(w, address);
	return i < w->region_count && w->regions[i].base <= address ? &w->regions[i] : NULL;
}

struct win32_region *win32_region_above(struct win32 *w, uint32_t address)
{
	size_t i = region_index(w, address);
	if (i < w->region_count && w->regions[i].base <= address)
		i++;
	return i < w->region_count ? &w->regions[i] : NULL;
}

static uint32_t find_gap(const struct win32 *w, uint32_t size)
{
	uint32_t at = LOWEST;

	for (size_t i = region_index(w, at); i < w->region_count; i++) {
		if (w->regions[i].base > at && w->regions[i].base - at >= size)
			return at;
		uint32_t end = w->regions[i].base + w->regions[i].size;
		if (end > at)
			at = (end + WIN32_GRANULE - 1) & ~(WIN32_GRANULE - 1);
	}
	return at < WIN32_USER_END && WIN32_USER_END - at >= size ? at : 0;
}

uint32_t win32_reserve(struct win32 *w, uint32_t address, uint32_t size, uint32_t protection,
		       uint32_t kind)
{
	if (size == 0 || size > WIN32_USER_END)
		return 0;
	uint32_t base = address & ~(WIN32_PAGE - 1);
	size = (size + (address - base) + WIN32_PAGE - 1) & ~(WIN32_PAGE - 1);
	if (base == 0)
		base = find_gap(w, size);
	if (base == 0 || base >= WIN32_USER_END || size > WIN32_USER_END - base)
		return 0;
	size_t at = region_index(w, base);
	if (at < w->region_count && w->regions[at].base < base + size)
		return 0;
	if (w->region_count == w->region_capacity) {
		size_t capacity = w->region_capacity ? 2 * w->region_capacity : 64;
		struct win32_region *grown = realloc(w->regions, capacity * sizeof *grown);
		if (!grown)
			return 0;
		w->regions = grown;
		w->region_capacity = capacity;
	}
	memmove(&w->regions[at + 1], &w->regions[at], (w->region_count - at) * sizeof *w->regions);
	w->regions[at] = (struct win32_region){ base, size, protection, kind };
	w->region_count++;
	return base;
}

int win32_commit(struct win32 *w, uint32_t address, uint32_t size, uint32_t protection)
{
	uint32_t page = address & ~(WIN32_PAGE - 1);
	uint64_t end = ((uint64_t)address + size + WIN32_PAGE - 1) & ~(uint64_t)(WIN32_PAGE - 1);
	unsigned bits = win32_protection_to_x86(protection);

	while (page < end) {
		bool mapped = x86_protection(w->x86, page) >= 0;
		uint32_t run = WIN32_PAGE;
		while (page + run < end && (x86_protection(w->x86, page + run) >= 0) == mapped)
			run += WIN32_PAGE;
		int result = mapped ? x86_protect(w->x86, page, run, bits)
				    : x86_map(w->x86, page, run, bits);
		if (result < 0)
			return result;
		page += run;
	}
	return 0;
}

uint32_t win32_allocate(struct win32 *w, uint32_t address, uint32_t size, uint32_t protection,
			uint32_t kind)
{
	uint32_t base = win32_reserve(w, address, size, protection, kind);

	if (base == 0)
		return 0;
	uint32_t whole = win32_region_of(w, base)->size;
	if (win32_commit(w, base, whole, protection) < 0) {
		win32_release(w, base);
		return 0;
	}
	return base;
}

int win32_release(struct win32 *w, uint32_t base)
{
	struct win32_region *region = win32_region_of(w, base);

	if (!region || region->base != base)
		return ERROR_INPUT;
	/* Reserved pages were never mapped; that some are missing is no error here. */
	for (uint32_t page = 0; page < region->size; page += WIN32_PAGE)
		if (x86_protection(w->x86, base + page) >= 0 &&
		    x86_unmap(w->x86, base + page, WIN32_PAGE) < 0)
			return ERROR_INTERNAL;
	size_t at = (size_t)(region - w->regions);
	w->region_count--;
	memmove(region, region + 1, (w->region_count - at) * sizeof *region);
	return 0;
}

/* The class of a block of `size` bytes with its header. */
static unsigned class_of(uint32_t size)
{
	unsigned class = 4;

	if (size > (1u << CLASS_LIMIT) - 8)
		return CLASS_LARGE;
	while ((1u << class) < size + 8)
		class ++;
	return class;
}

static uint32_t class_take(struct win32 *w, unsigned class)
{
	uint32_t size = 1u << class;

	if (w->heap_free_count[class])
		return w->heap_free[class][--w->heap_free_count[class]];
	if (w->heap_end - w->heap_cursor < size) {
		uint32_t chunk = win32_allocate(w, 0, HEAP_CHUNK, PAGE_READWRITE, MEM_PRIVATE);
		if (!chunk)
			return 0;
		w->heap_cursor = chunk;
		w->heap_end = chunk + HEAP_CHUNK;
	}
	uint32_t block = w->heap_cursor;
	w->heap_cursor += size;
	return block;
}

uint32_t win32_heap_take(struct win32 *w, uint32_t size)
{
	unsigned class = class_of(size);
	bool recycled = class != CLASS_LARGE && w->heap_free_count[class];
	uint32_t block;

	if (class == CLASS_LARGE)
		block = size > WIN32_USER_END
				? 0
				: win32_allocate(w, 0, size + 8, PAGE_READWRITE, MEM_PRIVATE);
	else
		block = class_take(w, class);
	if (!block)
		return 0;
	if (recycled)
		win32_fill(w, block + 8, 0, size);
	win32_put_u32(w, block, size);
	win32_put_u32(w, block + 4, HEAP_MARK | class);
	return block + 8;
}

static bool header(const struct win32 *w, uint32_t block, uint32_t *size, unsigned *class)
{
	uint32_t words[2];

	if (block < 8 || (block & 7) || !win32_fetch(w, block - 8, words, sizeof words))
		return false;
	*size = words[0];
	*class = words[1] & 31;
	return (words[1] & ~31u) == HEAP_MARK && class_of(*size) <= *class;
}

uint32_t win32_heap_size(const struct win32 *w, uint32_t block)
{
	uint32_t size;
	unsigned class;
	return header(w, block, &size, &class) ? size : UINT32_MAX;
}

bool win32_heap_give(struct win32 *w, uint32_t block)
{
	uint32_t size;
	unsigned class;

	if (!header(w, block, &size, &class))
		return false;
	win32_put_u32(w, block - 4, 0);
	if (class == CLASS_LARGE)
		return win32_release(w, block - 8) == 0;
	if (class < 4 || class > CLASS_LIMIT)
		return false;
	if (w->heap_free_count[class] == w->heap_free_capacity[class]) {
		uint32_t capacity =
			w->heap_free_capacity[class] ? 2 * w->heap_free_capacity[class] : 64;
		uint32_t *grown = realloc(w->heap_free[class], capacity * sizeof *grown);
		if (!grown)
			return true; /* the block is lost to the program, nothing else */
		w->heap_free[class] = grown;
		w->heap_free_capacity[class] = capacity;
	}
	w->heap_free[class][w->heap_free_count[class]++] = block - 8;
	return true;
}

uint32_t win32_heap_resize(struct win32 *w, uint32_t block, uint32_t size)
{
	uint32_t old;
	unsigned class;
	uint8_t chunk[4096];

	if (!block)
		return win32_heap_take(w, size);
	if (!header(w, block, &old, &class))
		return 0;
	if (class != CLASS_LARGE && class_of(size) == class) {
		if (size > old)
			win32_fill(w, block + old, 0, size - old);
		win32_put_u32(w, block - 8, size);
		return block;
	}
	uint32_t moved = win32_heap_take(w, size);
	if (!moved)
		return 0;
	for (uint32_t done = 0, keep = old < size ? old : size; done < keep;) {
		uint32_t part = keep - done < sizeof chunk ? keep - done : (uint32_t)sizeof chunk;
		if (!win32_fetch(w, block + done, chunk, part) ||
		    !win32_put(w, moved + done, chunk, part))
			break;
		done += part;
	}
	win32_heap_give(w, block);
	return moved;
}

bool win32_put(struct win32 *w, uint32_t address, const void *from, size_t length)
{
	return length <= UINT32_MAX - address && x86_write(w->x86, address, from, length) == 0;
}

bool win32_fetch(const struct win32 *w, uint32_t address, void *into, size_t length)
{
	return length <= UINT32_MAX - address && x86_read(w->x86, address, into, length) == 0;
}

bool win32_put_u32(struct win32 *w, uint32_t address, uint32_t value)
{
	uint8_t bytes[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
			     (uint8_t)(value >> 24) };
	return win32_put(w, address, bytes, 4);
}

bool win32_put_u16(struct win32 *w, uint32_t address, uint32_t value)
{
	uint8_t bytes[2] = { (uint8_t)value, (uint8_t)(value >> 8) };
	return win32_put(w, address, bytes, 2);
}

bool win32_put_u8(struct win32 *w, uint32_t address, uint32_t value)
{
	uint8_t byte = (uint8_t)value;
	return win32_put(w, address, &byte, 1);
}

bool win32_put_u64(struct win32 *w, uint32_t address, uint64_t value)
{
	return win32_put_u32(w, address, (uint32_t)value) &&
	       win32_put_u32(w, address + 4, (uint32_t)(value >> 32));
}

uint32_t win32_u32(const struct win32 *w, uint32_t address)
{
	return x86_read_u32(w->x86, address);
}

uint16_t win32_u16(const struct win32 *w, uint32_t address)
{
	uint8_t bytes[2] = { 0, 0 };
	return win32_fetch(w, address, bytes, 2)
		       ? (uint16_t)((unsigned)bytes[0] | (unsigned)bytes[1] << 8)
		       : 0;
}

uint8_t win32_u8(const struct win32 *w, uint32_t address)
{
	uint8_t byte = 0;
	return win32_fetch(w, address, &byte, 1) ? byte : 0;
}

bool win32_fill(struct win32 *w, uint32_t address, uint8_t value, uint32_t length)
{
	uint8_t chunk[4096];

	memset(chunk, value, length < sizeof chunk ? length : sizeof chunk);
	while (length) {
		uint32_t part = length < sizeof chunk ? length : (uint32_t)sizeof chunk;
		if (!win32_put(w, address, chunk, part))
			return false;
		address += part;
		length -= part;
	}
	return true;
}

bool win32_mapped(const struct win32 *w, uint32_t address, uint32_t length)
{
	uint64_t end = (uint64_t)address + length;

	for (uint64_t page = address & ~(WIN32_PAGE - 1); page < end; page += WIN32_PAGE)
		if (x86_protection(w->x86, page) < 0)
			return false;
	return true;
}
