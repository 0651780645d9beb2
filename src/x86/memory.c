/* Frames, and the accesses that the flat caches do not answer: page borders, first touches, faults,
 * watched pages and writes into decoded code. */
#include "x86/memory.h"

#include <stdlib.h>

#include "x86/decode.h"

static const uint8_t zeros[PAGE_SIZE];

struct memory *memory_new(size_t limit)
{
	struct memory *memory = calloc(1, sizeof *memory);

	if (!memory)
		return NULL;
	memory->table_size = 64;
	memory->table = calloc(memory->table_size, sizeof *memory->table);
	memory->frame_limit = limit / PAGE_SIZE;
	if (!memory->table) {
		free(memory);
		return NULL;
	}
	for (size_t i = 0; i < memory->table_size; i++)
		memory->table[i].number = NO_PAGE;
	return memory;
}

static void frame_free(struct memory *memory, struct frame *frame)
{
	if (!frame)
		return;
	code_free(&memory->code_pool, frame->code);
	free(frame);
}

void memory_free(struct memory *memory)
{
	if (!memory)
		return;
	for (size_t i = 0; i < memory->table_size; i++)
		frame_free(memory, memory->table[i].frame);
	for (unsigned level = 0; level <= MOST_SNAPSHOTS; level++) {
		for (size_t i = 0; i < memory->journals[level].count; i++)
			frame_free(memory, memory->journals[level].entries[i].frame);
		free(memory->journals[level].entries);
		free(memory->saved[level].list);
	}
	while (memory->free_frames) {
		struct frame *frame = memory->free_frames;
		memory->free_frames = frame->free_next;
		free(frame);
	}
	code_pool_fini(&memory->code_pool);
	free(memory->regions.list);
	free(memory->table);
	free(memory);
}

void memory_flush_caches(struct x86 *cpu)
{
	cpu->effort += EFFORT_FLUSH;
	for (unsigned i = 0; i < READ_CACHE; i++)
		cpu->read_cache[i].page = NO_PAGE;
	for (unsigned i = 0; i < WRITE_CACHE; i++)
		cpu->write_cache[i].page = NO_PAGE;
	cpu->code_store.page = NO_PAGE;
	code_flush_jumps(cpu);
}

void memory_flags_loaded(struct x86 *cpu)
{
	if (UNLIKELY(cpu->registers.flags & FLAG_AC))
		memory_flush_caches(cpu);
}

/* --- the page table --- */

static size_t page_hash(uint64_t number, size_t size)
{
	return (size_t)((number * 0x9e3779b97f4a7c15u) >> 40) & (size - 1);
}

struct page *memory_page(const struct memory *memory, uint64_t number)
{
	for (size_t at = page_hash(number, memory->table_size);;
	     at = (at + 1) & (memory->table_size - 1)) {
		struct page *page = &memory->table[at];
		if (page->number == number)
			return page;
		if (page->number == NO_PAGE)
			return NULL;
	}
}

static struct page *page_place(struct page *table, size_t size, uint64_t number)
{
	size_t at = page_hash(number, size);

	while (table[at].number != NO_PAGE)
		at = (at + 1) & (size - 1);
	return &table[at];
}

/* Doubles the table, and forgets the pages that came and went. */
static bool table_grow(struct memory *memory)
{
	size_t live = 0, size = 64;
	struct page *table;

	for (size_t i = 0; i < memory->table_size; i++)
		live += memory->table[i].number != NO_PAGE &&
			(memory->table[i].frame || memory->table[i].level);
	while (size < 4 * (live + 1))
		size *= 2;
	table = malloc(size * sizeof *table);
	if (!table)
		return false;
	for (size_t i = 0; i < size; i++)
		table[i] = (struct page){ .number = NO_PAGE };
	for (size_t i = 0; i < memory->table_size; i++) {
		const struct page *page = &memory->table[i];
		if (page->number != NO_PAGE && (page->frame || page->level))
			*page_place(table, size, page->number) = *page;
	}
	free(memory->table);
	memory->table = table;
	memory->table_size = size;
	memory->table_used = live;
	return true;
}

static struct page *page_make(struct memory *memory, uint64_t number)
{
	struct page *page = memory_page(memory, number);

	if (page)
		return page;
	if (memory->table_used * 2 >= memory->table_size && !table_grow(memory))
		return NULL;
	page = page_place(memory->table, memory->table_size, number);
	*page = (struct page){ .number = number };
	memory->table_used++;
	return page;
}

struct frame *memory_frame(const struct memory *memory, uint64_t number)
{
	const struct page *page = memory_page(memory, number);

	return page ? page->frame : NULL;
}

/* --- frames --- */

static struct frame *frame_take(struct memory *memory)
{
	struct frame *frame = memory->free_frames;

	if (memory->frames >= memory->frame_limit)
		return NULL;
	if (frame) {
		memory->free_frames = frame->free_next;
		memory->free_count--;
	} else {
		frame = malloc(sizeof *frame);
	}
	if (frame) {
		frame->code = NULL;
		memory->frames++;
	}
	return frame;
}

void memory_give_frame(struct memory *memory, struct frame *frame)
{
	if (!frame)
		return;
	code_free(&memory->code_pool, frame->code);
	frame->code = NULL;
	memory->frames--;
	if (memory->free_count >= 64) {
		free(frame);
		return;
	}
	frame->free_next = memory->free_frames;
	memory->free_frames = frame;
	memory->free_count++;
}

void memory_forget_page(struct x86 *cpu, uint64_t number)
{
	struct page_cache_entry *read = &cpu->read_cache[number % READ_CACHE];
	struct page_cache_entry *write = &cpu->write_cache[number % WRITE_CACHE];

	if (read->page == number)
		read->page = NO_PAGE;
	if (write->page == number)
		write->page = NO_PAGE;
	if (cpu->code_store.page == number)
		cpu->code_store.page = NO_PAGE;
}

static bool journal_reserve(struct journal *journal, size_t count)
{
	size_t capacity = journal->capacity ? journal->capacity : 8;
	struct page *entries;

	if (count <= journal->capacity)
		return true;
	while (capacity < count)
		capacity *= 2;
	entries = realloc(journal->entries, capacity * sizeof *entries);
	if (!entries)
		return false;
	journal->entries = entries;
	journal->capacity = capacity;
	return true;
}

bool memory_journal(struct x86 *cpu, struct page *page)
{
	struct journal *journals = cpu->memory->journals;
	size_t above = 0;

	if (page->level == cpu->depth)
		return true;
	/* room at the levels below too, so that a commit cannot fail */
	for (unsigned level = cpu->depth; level > 0; level--) {
		above += journals[level].count;
		if (!journal_reserve(&journals[level], above + 1))
			return false;
	}
	journals[cpu->depth].entries[journals[cpu->depth].count++] = *page;
	return true;
}

struct frame *memory_own_frame(struct x86 *cpu, uint64_t number)
{
	struct page *page = page_make(cpu->memory, number);
	struct frame *old, *frame;

	if (!page)
		return NULL;
	old = page->frame;
	if (old && page->level == cpu->depth)
		return old;
	frame = frame_take(cpu->memory);
	if (!frame)
		return NULL;
	if (!memory_journal(cpu, page)) {
		memory_give_frame(cpu->memory, frame);
		return NULL;
	}
	cpu->effort += EFFORT_FRAME;
	if (old) {
		memcpy(frame->bytes, old->bytes, sizeof frame->bytes);
		memcpy(frame->written, old->written, sizeof frame->written);
		frame->history = old->history;
		if (old->code)
			code_abandon(cpu);
	} else {
		memset(frame->bytes, 0, sizeof frame->bytes);
		memset(frame->written, 0, sizeof frame->written);
		frame->history = (struct x86_page_history){ 0 };
	}
	page->frame = frame;
	page->level = cpu->depth;
	memory_forget_page(cpu, number);
	return frame;
}

/* --- accesses --- */

static bool page_fault(struct x86 *cpu, uint64_t address, bool present, bool write)
{
	cpu->exit.reason = X86_STOP_FAULT;
	cpu->exit.vector = X86_VECTOR_PF;
	cpu->exit.error_code = (present ? 1u : 0u) | (write ? 2u : 0u);
	cpu->exit.fault_address = address;
	return false;
}

/* Not an address, or behind the end of a segment; #SS where the stack is meant, see memory_fault.
 */
static bool general_protection(struct x86 *cpu)
{
	cpu->exit.reason = X86_STOP_FAULT;
	cpu->exit.vector = X86_VECTOR_GP;
	cpu->exit.error_code = 0;
	cpu->exit.fault_address = 0;
	return false;
}

/* May the guest touch `address`? */
static bool permitted(struct x86 *cpu, uint64_t address, unsigned wanted)
{
	const struct region *region;
	unsigned access = wanted;
	int64_t high = (int64_t)address >> 47;

	if (high != 0 && high != -1)
		return general_protection(cpu);
	region = memory_region(cpu->memory, address >> PAGE_BITS);
	if (!region)
		return page_fault(cpu, address, false, wanted == X86_WRITE);
	/* the hardware knows no page that can be written or executed but not read */
	if (wanted == X86_READ)
		wanted |= X86_WRITE | X86_EXECUTE;
	if (region->protection & X86_GUARD || !(region->protection & wanted))
		return page_fault(cpu, address, true, wanted == X86_WRITE);
	return !memory_touched(cpu, region, address, access);
}

/* What an operand of `size` bytes has to be aligned to (SDM vol. 3, table 6-7): numbers to their
 * size, the 80-bit ones to 8; the areas of fnstenv (14, 28) and fnsave (94, 108) to their elements.
 * Everything else goes in parts or checks for itself. */
static unsigned alignment_of(unsigned size)
{
	switch (size) {
	case 2:
	case 14:
	case 94: return 2;
	case 4:
	case 28:
	case 108: return 4;
	case 8:
	case 10: return 8;
	case 16: return 16;
	default: return 1;
	}
}

/* Alignment is checked while AC is set (CR0.AM is set, as under every common system): before the
 * page is looked for, but only of what is an address at all and does not go around the space. */
static bool aligned(struct x86 *cpu, uint64_t address, unsigned size)
{
	if (LIKELY(!(cpu->registers.flags & FLAG_AC)) || address % alignment_of(size) == 0 ||
	    (uint64_t)((int64_t)address >> 47) + 1 >= 2 ||
	    (cpu->mode == X86_MODE_32 && address + size - 1 > UINT32_MAX))
		return true;
	cpu->exit.reason = X86_STOP_FAULT;
	cpu->exit.vector = X86_VECTOR_AC;
	cpu->exit.error_code = 0;
	cpu->exit.fault_address = 0;
	return false;
}

/* Bytes of [address, address + size) inside the watched range. */
static uint64_t watched(const struct x86 *cpu, uint64_t address, uint64_t size)
{
	uint64_t start = address > cpu->watch.start ? address : cpu->watch.start;
	uint64_t end = address + size < cpu->watch.end ? address + size : cpu->watch.end;

	return start < end ? end - start : 0;
}

static bool page_watched(const struct x86 *cpu, uint64_t page)
{
	return watched(cpu, page << PAGE_BITS, PAGE_SIZE) != 0;
}

/* Do the flat caches stay empty? */
static bool every_access_comes(const struct x86 *cpu)
{
	return UNLIKELY(cpu->registers.flags & FLAG_AC) || UNLIKELY(cpu->follow.records != NULL);
}

static void load_part(struct x86 *cpu, uint64_t address, uint8_t *into, unsigned size)
{
	uint64_t number = address >> PAGE_BITS;
	const struct frame *frame = memory_frame(cpu->memory, number);
	uint8_t *bytes = (uint8_t *)(uintptr_t)(frame ? frame->bytes : zeros);

	memcpy(into, bytes + address % PAGE_SIZE, size);
	if (page_watched(cpu, number))
		cpu->watch.read += watched(cpu, address, size);
	else if (!every_access_comes(cpu))
		cpu->read_cache[number % READ_CACHE] = (struct page_cache_entry){ number, bytes };
}

/* How much of the access lies in the first page; the rest starts at *next, wrapped around the
 * space. */
static unsigned split(const struct x86 *cpu, uint64_t address, unsigned size, uint64_t *next)
{
	unsigned first = PAGE_SIZE - (unsigned)(address % PAGE_SIZE);

	*next = (address + first) & cpu->linear_mask;
	return first < size ? first : size;
}

/* May the second page of an access not be one: behind the end of a 32-bit segment, or not
 * canonical?
 */
static bool no_address(const struct x86 *cpu, uint64_t next)
{
	return cpu->mode == X86_MODE_32 ? next == 0 : (uint64_t)((int64_t)next >> 47) + 1 >= 2;
}

bool memory_load(struct x86 *cpu, uint64_t address, void *into, unsigned size)
{
	uint64_t next;
	unsigned first = split(cpu, address, size, &next);

	cpu->effort += EFFORT_ACCESS;
	if (first < size && no_address(cpu, next))
		return general_protection(cpu);
	if (!aligned(cpu, address, size) || !permitted(cpu, address, X86_READ) ||
	    (first < size && !permitted(cpu, next, X86_READ)))
		return false;
	load_part(cpu, address, into, first);
	if (first < size)
		load_part(cpu, next, (uint8_t *)into + first, size - first);
	follow_access(cpu, address, size, false);
	return true;
}

static bool writable(struct x86 *cpu, uint64_t address, struct frame **frame)
{
	if (!permitted(cpu, address, X86_WRITE))
		return false;
	*frame = memory_own_frame(cpu, address >> PAGE_BITS);
	return *frame || page_fault(cpu, address, true, true);
}

/* The frames of an access that a store may change: the second one where it crosses into the next
 * page. */
static bool writable_frames(struct x86 *cpu, uint64_t address, unsigned size,
			    struct frame *frames[2])
{
	uint64_t next;
	unsigned first = split(cpu, address, size, &next);

	if (first < size && no_address(cpu, next))
		return general_protection(cpu);
	return writable(cpu, address, &frames[0]) &&
	       (first == size || writable(cpu, next, &frames[1]));
}

bool memory_room(struct x86 *cpu, uint64_t address, unsigned size)
{
	struct frame *frames[2];

	return writable_frames(cpu, address, size, frames);
}

bool memory_probe(struct x86 *cpu, uint64_t address, unsigned size)
{
	return aligned(cpu, address, size) && memory_room(cpu, address, size);
}

/* A store that also reads would pass by the first read. */
static bool touch_waits(const struct x86 *cpu, uint64_t page)
{
	return memory_region(cpu->memory, page)->protection >> TOUCH_SHIFT;
}

/* Who writes, and when. Every store into a page that holds decoded code comes here, of others the
 * first one. */
static void remember_writer(struct x86 *cpu, struct x86_page_history *history)
{
	uint64_t now = instructions_now(cpu) + 1;

	if (history->written_at == 0) {
		history->written_at = now;
		history->written_by = cpu->present->address;
	}
	if (history->executed_at != 0) {
		history->rewritten_at = now;
		history->rewritten_by = cpu->present->address;
	}
}

/* What a store leaves as it was in a page that holds code or is watched was not written: a copy
 * onto itself decodes nothing. */
static bool store_changes(const struct x86 *cpu, const struct frame *frame, uint64_t address,
			  const uint8_t *from, unsigned size)
{
	return (!frame->code && !page_watched(cpu, address >> PAGE_BITS)) ||
	       memcmp(frame->bytes + address % PAGE_SIZE, from, size) != 0;
}

static void change(struct frame *frame, unsigned offset, const uint8_t *from, unsigned size)
{
	memcpy(frame->bytes + offset, from, size);
	for (unsigned done = 0; done < size; done += 8)
		mark_written(frame, offset + done, size - done < 8 ? size - done : 8);
	if (frame->code)
		code_written(frame->code, offset, size);
}

static void store_part(struct x86 *cpu, struct frame *frame, uint64_t address, const uint8_t *from,
		       unsigned size)
{
	uint64_t number = address >> PAGE_BITS;

	remember_writer(cpu, &frame->history);
	if (store_changes(cpu, frame, address, from, size))
		change(frame, (unsigned)(address % PAGE_SIZE), from, size);
	if (page_watched(cpu, number))
		cpu->watch.written += watched(cpu, address, size);
	else if (every_access_comes(cpu))
		return;
	else if (!frame->code && !touch_waits(cpu, number))
		cpu->write_cache[number % WRITE_CACHE] =
			(struct page_cache_entry){ number, frame->bytes };
	else if (frame->code)
		cpu->code_store = (struct page_cache_entry){ number, frame->bytes };
}

bool memory_store(struct x86 *cpu, uint64_t address, const void *from, unsigned size)
{
	uint64_t next;
	unsigned first = split(cpu, address, size, &next);
	struct frame *frames[2] = { NULL, NULL };

	cpu->effort += EFFORT_ACCESS;
	if (!aligned(cpu, address, size))
		return false;
	if (cpu->code_store.page == address >> PAGE_BITS && first == size) {
		follow_access(cpu, address, size, true);
		store_part(cpu, (struct frame *)(void *)cpu->code_store.bytes, address, from, size);
		return true;
	}
	if (!writable_frames(cpu, address, size, frames))
		return false;
	follow_access(cpu, address, size, true);
	store_part(cpu, frames[0], address, from, first);
	if (first < size)
		store_part(cpu, frames[1], next, (const uint8_t *)from + first, size - first);
	return true;
}

/* --- the owner's access --- */

int x86_read(const struct x86 *machine, uint64_t address, void *into, size_t length)
{
	uint8_t *to = into;

	while (length > 0) {
		size_t part = PAGE_SIZE - address % PAGE_SIZE;
		const struct frame *frame;
		if (!memory_region(machine->memory, address >> PAGE_BITS))
			return ERROR_INPUT;
		if (part > length)
			part = length;
		frame = memory_frame(machine->memory, address >> PAGE_BITS);
		memcpy(to, (frame ? frame->bytes : zeros) + address % PAGE_SIZE, part);
		to += part;
		length -= part;
		address += part;
	}
	return 0;
}

static void clear_written(struct frame *frame, size_t offset, size_t size)
{
	size_t end = offset + size;

	for (; offset < end && offset % 8 != 0; offset++)
		frame->written[offset / 8] &= (uint8_t) ~(1u << offset % 8);
	memset(&frame->written[offset / 8], 0, (end - offset) / 8);
	for (offset += (end - offset) / 8 * 8; offset < end; offset++)
		frame->written[offset / 8] &= (uint8_t) ~(1u << offset % 8);
}

int x86_write(struct x86 *machine, uint64_t address, const void *from, size_t length)
{
	const uint8_t *source = from;

	while (length > 0) {
		size_t part = PAGE_SIZE - address % PAGE_SIZE;
		struct frame *frame;
		if (!memory_region(machine->memory, address >> PAGE_BITS))
			return ERROR_INPUT;
		if (part > length)
			part = length;
		frame = memory_own_frame(machine, address >> PAGE_BITS);
		if (!frame)
			return ERROR_LIMIT;
		memcpy(frame->bytes + address % PAGE_SIZE, source, part);
		clear_written(frame, address % PAGE_SIZE, part);
		if (frame->code && part == PAGE_SIZE) {
			code_free(&machine->memory->code_pool, frame->code);
			frame->code = NULL;
			code_abandon(machine);
		} else if (frame->code) {
			code_written(frame->code, (unsigned)(address % PAGE_SIZE), (unsigned)part);
		}
		source += part;
		length -= part;
		address += part;
	}
	return 0;
}

bool x86_written(const struct x86 *machine, uint64_t address)
{
	const struct frame *frame = memory_frame(machine->memory, address >> PAGE_BITS);
	unsigned offset = (unsigned)(address % PAGE_SIZE);

	return frame && frame->written[offset / 8] >> offset % 8 & 1;
}

/* Of 64 bytes that one page holds. */
static unsigned written_of_64(const struct frame *frame, unsigned offset)
{
	uint64_t word;

	memcpy(&word, &frame->written[offset / 8], sizeof word);
	return (unsigned)__builtin_popcountll(word);
}

uint64_t x86_written_bytes(const struct x86 *machine, uint64_t start, uint64_t end)
{
	uint64_t count = 0;

	while (start < end) {
		const struct frame *frame = memory_frame(machine->memory, start >> PAGE_BITS);
		uint64_t left = PAGE_SIZE - start % PAGE_SIZE;
		if (left > end - start)
			left = end - start;
		if (!frame) {
			start += left;
		} else if (start % 64 == 0 && left >= 64) {
			count += written_of_64(frame, (unsigned)(start % PAGE_SIZE));
			start += 64;
		} else {
			count += x86_written(machine, start++);
		}
	}
	return count;
}

bool x86_page_history(const struct x86 *machine, uint64_t address, struct x86_page_history *history)
{
	const struct frame *frame = memory_frame(machine->memory, address >> PAGE_BITS);

	if (frame)
		*history = frame->history;
	return frame != NULL;
}

void x86_watch_start(struct x86 *machine, uint64_t start, uint64_t end)
{
	bool same = machine->watch.start == start && machine->watch.end == end;

	machine->watch = (struct x86_watch){ .start = start, .end = end };
	if (!same) /* the caches hold no page of the range as it is */
		memory_flush_caches(machine);
}

struct x86_watch x86_watch_counts(const struct x86 *machine)
{
	return machine->watch;
}
