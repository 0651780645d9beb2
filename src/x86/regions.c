/* What is mapped: an ordered list of page ranges with their protection. Changing it is rare and
 * costs the length of the list; searching is binary. */
#include <stdlib.h>

#include "x86/decode.h"
#include "x86/memory.h"

const struct region *memory_region(const struct memory *memory, uint64_t page)
{
	const struct regions *regions = &memory->regions;
	unsigned low = 0, high = regions->count;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		const struct region *region = &regions->list[middle];
		if (page < region->first)
			high = middle;
		else if (page > region->last)
			low = middle + 1;
		else
			return region;
	}
	return NULL;
}

/* The page numbers of a range; false when it is empty or leaves the address space. */
static bool range_pages(const struct x86 *cpu, uint64_t address, uint64_t length, uint64_t *first,
			uint64_t *last)
{
	uint64_t end = address + (length - 1);

	if (length == 0 || end < address || end > cpu->linear_mask)
		return false;
	*first = address >> PAGE_BITS;
	*last = end >> PAGE_BITS;
	return true;
}

/* Keeps the list of the level below before its first change at this level. */
static int regions_save(struct x86 *cpu)
{
	struct memory *memory = cpu->memory;
	struct regions *saved = &memory->saved[cpu->depth];
	size_t size = memory->regions.count * sizeof *saved->list;

	if (cpu->depth == 0 || memory->regions_saved[cpu->depth])
		return 0;
	saved->list = malloc(size ? size : 1);
	if (!saved->list)
		return ERROR_MEMORY;
	if (size)
		memcpy(saved->list, memory->regions.list, size);
	saved->count = saved->capacity = memory->regions.count;
	memory->regions_saved[cpu->depth] = true;
	return 0;
}

static int regions_reserve(struct regions *regions, unsigned count)
{
	struct region *list;

	if (count <= regions->capacity)
		return 0;
	list = realloc(regions->list, 2 * count * sizeof *list);
	if (!list)
		return ERROR_MEMORY;
	regions->list = list;
	regions->capacity = 2 * count;
	return 0;
}

/* Index of the first region that ends at or behind the page. */
static unsigned region_index(const struct regions *regions, uint64_t page)
{
	unsigned low = 0, high = regions->count;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		if (regions->list[middle].last < page)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void region_insert(struct regions *regions, unsigned at, struct region region)
{
	memmove(&regions->list[at + 1], &regions->list[at], (regions->count - at) * sizeof region);
	regions->list[at] = region;
	regions->count++;
}

/* Cuts a region in two so that one begins at `page`. There is room for one more. */
static void region_cut(struct regions *regions, uint64_t page)
{
	unsigned at = region_index(regions, page);

	if (at == regions->count || regions->list[at].first >= page)
		return;
	region_insert(
		regions, at + 1,
		(struct region){ page, regions->list[at].last, regions->list[at].protection });
	regions->list[at].last = page - 1;
}

/* Joins neighbours of the same protection around the index range [from, to]. */
static void regions_join(struct regions *regions, unsigned from, unsigned to)
{
	for (unsigned at = to < regions->count ? to : regions->count - 1; at > 0 && at >= from;
	     at--) {
		struct region *left = &regions->list[at - 1];
		const struct region *right = &regions->list[at];
		if (left->last + 1 != right->first || left->protection != right->protection)
			continue;
		left->last = right->last;
		memmove(&regions->list[at], &regions->list[at + 1],
			(regions->count - at - 1) * sizeof *left);
		regions->count--;
	}
}

/* Prepares a change of [first, last]: saved, room for three more, cut at both ends. */
static int regions_open(struct x86 *cpu, uint64_t first, uint64_t last)
{
	struct regions *regions = &cpu->memory->regions;
	int result = regions_save(cpu);

	if (result == 0)
		result = regions_reserve(regions, regions->count + 3);
	if (result < 0)
		return result;
	region_cut(regions, first);
	region_cut(regions, last + 1);
	memory_flush_caches(cpu);
	return 0;
}

static int page_drop(struct x86 *cpu, struct page *page)
{
	if (!page->frame)
		return 0;
	if (page->level != cpu->depth) {
		if (!memory_journal(cpu, page))
			return ERROR_MEMORY;
		page->level = cpu->depth;
	} else {
		memory_give_frame(cpu->memory, page->frame);
	}
	page->frame = NULL;
	return 0;
}

/* Gives up the frames of a range: by walking whichever is shorter, the range or the table. */
static int pages_drop(struct x86 *cpu, uint64_t first, uint64_t last)
{
	struct memory *memory = cpu->memory;
	int result = 0;

	if (last - first < memory->table_size) {
		for (uint64_t number = first; number <= last && result == 0; number++) {
			struct page *page = memory_page(memory, number);
			if (page)
				result = page_drop(cpu, page);
		}
		return result;
	}
	for (size_t i = 0; i < memory->table_size && result == 0; i++) {
		struct page *page = &memory->table[i];
		if (page->number != NO_PAGE && page->number >= first && page->number <= last)
			result = page_drop(cpu, page);
	}
	return result;
}

static int regions_remove(struct x86 *cpu, uint64_t first, uint64_t last)
{
	struct regions *regions = &cpu->memory->regions;
	int result = regions_open(cpu, first, last);
	unsigned from, to;

	if (result < 0)
		return result;
	from = to = region_index(regions, first);
	while (to < regions->count && regions->list[to].last <= last)
		to++;
	memmove(&regions->list[from], &regions->list[to],
		(regions->count - to) * sizeof *regions->list);
	regions->count -= to - from;
	return pages_drop(cpu, first, last);
}

int x86_map(struct x86 *machine, uint64_t address, uint64_t length, unsigned protection)
{
	struct regions *regions = &machine->memory->regions;
	uint64_t first, last;
	unsigned at;
	int result;

	if (!range_pages(machine, address, length, &first, &last))
		return ERROR_INPUT;
	if (machine->memory->frame_limit == 0)
		return ERROR_LIMIT;
	result = regions_remove(machine, first, last);
	if (result < 0)
		return result;
	at = region_index(regions, first);
	region_insert(regions, at, (struct region){ first, last, protection & PROTECTION });
	regions_join(regions, at, at + 1);
	return 0;
}

int x86_unmap(struct x86 *machine, uint64_t address, uint64_t length)
{
	uint64_t first, last;

	if (!range_pages(machine, address, length, &first, &last))
		return ERROR_INPUT;
	return regions_remove(machine, first, last);
}

/* Sets the protection of a range to what it was, cut to the bits of `keep`, and `set`. */
static int regions_change(struct x86 *cpu, uint64_t first, uint64_t last, unsigned keep,
			  unsigned set)
{
	struct regions *regions = &cpu->memory->regions;
	uint64_t expected;
	unsigned from, at;
	int result;

	result = regions_open(cpu, first, last);
	if (result < 0)
		return result;
	expected = first;
	from = region_index(regions, first);
	for (at = from; at < regions->count && regions->list[at].last <= last; at++) {
		if (regions->list[at].first != expected)
			result = ERROR_INPUT;
		expected = regions->list[at].last + 1;
		regions->list[at].protection = (regions->list[at].protection & keep) | set;
	}
	if (expected != last + 1)
		result = ERROR_INPUT;
	if (regions->count > 0)
		regions_join(regions, from, at);
	return result;
}

int x86_protect(struct x86 *machine, uint64_t address, uint64_t length, unsigned protection)
{
	uint64_t first, last;

	if (!range_pages(machine, address, length, &first, &last))
		return ERROR_INPUT;
	return regions_change(machine, first, last, ~PROTECTION, protection & PROTECTION);
}

int x86_touch(struct x86 *machine, uint64_t address, uint64_t length, unsigned accesses)
{
	uint64_t first, last;

	if (!range_pages(machine, address, length, &first, &last))
		return ERROR_INPUT;
	return regions_change(machine, first, last, PROTECTION,
			      (accesses & ACCESSES) << TOUCH_SHIFT);
}

bool memory_touched(struct x86 *cpu, const struct region *region, uint64_t address, unsigned access)
{
	uint64_t page = address >> PAGE_BITS;

	if (LIKELY(!(region->protection & access << TOUCH_SHIFT)))
		return false;
	/* without memory it stays, and stops again: nothing is lost */
	(void)regions_change(cpu, page, page, ~(access << TOUCH_SHIFT), 0);
	cpu->exit.reason = X86_STOP_TOUCH;
	cpu->exit.vector = (uint16_t)access;
	cpu->exit.error_code = 0;
	cpu->exit.fault_address = address;
	return true;
}

int x86_protection(const struct x86 *machine, uint64_t address)
{
	const struct region *region = memory_region(machine->memory, address >> PAGE_BITS);

	return region ? (int)(region->protection & PROTECTION) : ERROR_INPUT;
}
