/* Guest memory as Windows hands it out: regions (VirtualAlloc) and heap blocks. */
#ifndef KENBI_WIN32_MEMORY_H
#define KENBI_WIN32_MEMORY_H

#include "win32/process.h"

enum {
	PAGE_NOACCESS = 1,
	PAGE_READONLY = 2,
	PAGE_READWRITE = 4,
	PAGE_WRITECOPY = 8,
	PAGE_EXECUTE = 0x10,
	PAGE_EXECUTE_READ = 0x20,
	PAGE_EXECUTE_READWRITE = 0x40,
	PAGE_EXECUTE_WRITECOPY = 0x80,
	PAGE_GUARD = 0x100,
	MEM_COMMIT = 0x1000,
	MEM_RESERVE = 0x2000,
	MEM_DECOMMIT = 0x4000,
	MEM_RELEASE = 0x8000,
	MEM_FREE = 0x10000,
	MEM_PRIVATE = 0x20000,
	MEM_MAPPED = 0x40000,
	MEM_TOP_DOWN = 0x100000,
	MEM_IMAGE = 0x1000000
};

/* PAGE_* to x86_protection bits and back. Windows XP without data execution prevention: what can be
 * read can be executed. */
unsigned win32_protection_to_x86(uint32_t protection);
uint32_t win32_protection_from_x86(unsigned bits);

/* Reserves address space: at `address`, or anywhere for 0. The base, or 0 when it is taken or
 * exhausted. */
uint32_t win32_reserve(struct win32 *w, uint32_t address, uint32_t size, uint32_t protection,
		       uint32_t kind);
/* Maps the pages of a range that are not mapped yet. */
MUST_CHECK int win32_commit(struct win32 *w, uint32_t address, uint32_t size, uint32_t protection);
/* Reserve and commit in one; 0 when it fails. */
uint32_t win32_allocate(struct win32 *w, uint32_t address, uint32_t size, uint32_t protection,
			uint32_t kind);
/* Gives a whole region back. ERROR_INPUT when there is none that begins there. */
int win32_release(struct win32 *w, uint32_t base);
struct win32_region *win32_region_of(struct win32 *w, uint32_t address);
/* The next region that begins above `address`, or NULL. */
struct win32_region *win32_region_above(struct win32 *w, uint32_t address);

/* Heap blocks, zeroed; 0 when memory is used up. */
uint32_t win32_heap_take(struct win32 *w, uint32_t size);
uint32_t win32_heap_resize(struct win32 *w, uint32_t block, uint32_t size);
bool win32_heap_give(struct win32 *w, uint32_t block);
/* Bytes asked for, or UINT32_MAX when it is no block. */
uint32_t win32_heap_size(const struct win32 *w, uint32_t block);

/* Owner's accesses; a write to what is not mapped is refused and reported by false. */
bool win32_put(struct win32 *w, uint32_t address, const void *from, size_t length);
bool win32_fetch(const struct win32 *w, uint32_t address, void *into, size_t length);
bool win32_put_u32(struct win32 *w, uint32_t address, uint32_t value);
bool win32_put_u16(struct win32 *w, uint32_t address, uint32_t value);
bool win32_put_u8(struct win32 *w, uint32_t address, uint32_t value);
bool win32_put_u64(struct win32 *w, uint32_t address, uint64_t value);
uint32_t win32_u32(const struct win32 *w, uint32_t address);
uint16_t win32_u16(const struct win32 *w, uint32_t address);
uint8_t win32_u8(const struct win32 *w, uint32_t address);
/* Fills with one byte. */
bool win32_fill(struct win32 *w, uint32_t address, uint8_t value, uint32_t length);
/* May the program touch all of it (a model checks before it works on a long range)? */
bool win32_mapped(const struct win32 *w, uint32_t address, uint32_t length);

#endif
