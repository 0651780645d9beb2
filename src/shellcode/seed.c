/* The rule book. Encodings: Intel SDM vol. 2. Address ranges of Windows' libraries: their preferred
 * bases from NT 4 (0x77xxxxxx) to Windows 7 (0x75xxxxxx-0x77xxxxxx), XP (0x71xxxxxx-0x7cxxxxxx,
 * user32 0x7exxxxxx). */
#include "shellcode/seed.h"

#include <stdlib.h>
#include <string.h>

#include "shellcode/marks.h"

enum {
	HALF = 16,
	/* bits */ CALL_REACH = 1 << 16,
	LIBRARY_REACH = 24,
	SEGMENT_REACH = 0x1000,
	LEA_REACH = 0x200
};

static uint32_t u32_at(struct bytes bytes, size_t offset)
{
	struct reader reader = reader_of(bytes_slice(bytes, offset, 4));

	return reader_u32le(&reader);
}

static uint8_t u8_at(struct bytes bytes, size_t offset)
{
	return offset < bytes.length ? bytes.data[offset] : 0;
}

static bool memory_form(uint8_t modrm, unsigned extension)
{
	return (modrm & 0xc0) != 0xc0 && ((modrm >> 3) & 7) == extension;
}

static bool near_call(struct bytes bytes, size_t offset)
{
	int64_t distance = (int32_t)u32_at(bytes, offset + 1);
	int64_t target = (int64_t)offset + 5 + distance;

	return offset + 5 <= bytes.length && distance < CALL_REACH && distance > -CALL_REACH &&
	       target >= 0 && target < (int64_t)bytes.length;
}

/* mov r, address in a library … call r / jmp r / push r; ret. */
static bool library_call(struct bytes bytes, size_t offset)
{
	uint8_t number = bytes.data[offset] & 7, high = u8_at(bytes, offset + 4);

	if (high < 0x70 || high > 0x7f)
		return false;
	for (size_t i = offset + 5; i + 1 < bytes.length && i < offset + 5 + LIBRARY_REACH; i++) {
		uint8_t byte = bytes.data[i], next = bytes.data[i + 1];
		if (byte == 0xff && (next == (0xd0 | number) || next == (0xe0 | number)))
			return true;
		if (byte == (0x50 | number) && next == 0xc3)
			return true;
	}
	return false;
}

/* Loads, stores, pushes and arithmetic that take their operand from fs: or gs: at a small offset.
 */
static bool segment_access(struct bytes bytes, size_t offset)
{
	size_t i = offset + 1;
	uint8_t opcode;

	if (u8_at(bytes, i) == 0x67) /* 16-bit addresses: fs:[word 30h] */
		return (u8_at(bytes, i + 1) == 0xa1 || u8_at(bytes, i + 1) == 0x8b ||
			u8_at(bytes, i + 1) == 0xff) &&
		       i + 3 < bytes.length;
	if ((u8_at(bytes, i) & 0xf0) == 0x40 && bytes.data[offset] == 0x65) /* REX */
		i++;
	opcode = u8_at(bytes, i);
	if (opcode == 0xa1 || opcode == 0xa3)
		return i + 5 <= bytes.length && u32_at(bytes, i + 1) < SEGMENT_REACH;
	if (opcode == 0xad || opcode == 0xa5) /* lods, movs with rsi */
		return true;
	if ((opcode & 0x38) == 0x38 && opcode < 0x40) /* cmp gives nothing */
		return false;
	if (opcode != 0x8b && opcode != 0x89 && opcode != 0xff && opcode != 0x8f &&
	    (opcode & 0xc7) != 0x03)
		return false;
	if ((u8_at(bytes, i + 1) & 0xc7) == 0x05) /* an address alone */
		return i + 6 <= bytes.length && u32_at(bytes, i + 2) < SEGMENT_REACH;
	if ((u8_at(bytes, i + 1) & 0xc7) == 0x04 && u8_at(bytes, i + 2) == 0x25)
		return i + 7 <= bytes.length && u32_at(bytes, i + 3) < SEGMENT_REACH;
	return i + 1 < bytes.length && (bytes.data[i + 1] & 0xc0) != 0xc0;
}

/* lea r, [rip + a small distance]: 64-bit code that takes its own address. */
static bool own_address(struct bytes bytes, size_t offset)
{
	int32_t distance = (int32_t)u32_at(bytes, offset + 3);

	return offset + 7 <= bytes.length && (bytes.data[offset + 2] & 0xc7) == 0x05 &&
	       distance > -LEA_REACH && distance < LEA_REACH &&
	       (int64_t)offset + 7 + distance >= 0 &&
	       (int64_t)offset + 7 + distance <= (int64_t)bytes.length;
}

/* mov fs:[…], r; call fs:[…] */
static bool stores_or_calls(struct bytes bytes, size_t offset)
{
	uint8_t opcode = u8_at(bytes, offset + 1);

	return bytes.data[offset] == 0x64 &&
	       (opcode == 0x89 || opcode == 0xa3 ||
		(opcode == 0xff && (u8_at(bytes, offset + 2) & 0x38) == 0x10));
}

static enum seed_kind segment(struct bytes bytes, size_t offset)
{
	if (!segment_access(bytes, offset))
		return SEED_NONE;
	return stores_or_calls(bytes, offset) ? SEED_HANDLER : SEED_SEGMENT;
}

static enum seed_kind two_byte(struct bytes bytes, size_t offset)
{
	switch (u8_at(bytes, offset + 1)) {
	case 0x05: return SEED_SYSCALL;
	case 0x34: return SEED_INT80;
	case 0xae: return memory_form(u8_at(bytes, offset + 2), 0) ? SEED_FPU : SEED_NONE;
	default: return SEED_NONE;
	}
}

static enum seed_kind interrupt(uint8_t vector)
{
	return vector == 0x80	? SEED_INT80
	       : vector == 0x91 ? SEED_GATE
	       : vector == 0x2e ? SEED_INT2E
				: SEED_NONE;
}

static bool far_gate(struct bytes bytes, size_t offset)
{
	uint8_t selector = u8_at(bytes, offset + 5);

	return offset + 7 <= bytes.length && (selector == 0x07 || selector == 0x27) &&
	       bytes.data[offset + 6] == 0;
}

enum seed_kind seed_at(struct bytes bytes, size_t offset)
{
	uint8_t next;

	if (offset + 1 >= bytes.length)
		return SEED_NONE;
	next = bytes.data[offset + 1];
	switch (bytes.data[offset]) {
	case 0xe8: return near_call(bytes, offset) ? SEED_CALL : SEED_NONE;
	case 0xd9:
	case 0xdd: return memory_form(next, 6) ? SEED_FPU : SEED_NONE;
	case 0x64:
	case 0x65: return segment(bytes, offset);
	case 0xcd: return interrupt(next);
	case 0x0f: return two_byte(bytes, offset);
	case 0x9a: return far_gate(bytes, offset) ? SEED_GATE : SEED_NONE;
	case 0xff: return (next & 0xf8) == 0xd0 || (next & 0xf8) == 0xe0 ? SEED_STACK : SEED_NONE;
	case 0x48:
	case 0x4c: return next == 0x8d && own_address(bytes, offset) ? SEED_LEA : SEED_NONE;
	case 0x54: return next == 0xc3 ? SEED_STACK : SEED_NONE;
	case 0xb8:
	case 0xb9:
	case 0xba:
	case 0xbb:
	case 0xbd:
	case 0xbe:
	case 0xbf: return library_call(bytes, offset) ? SEED_LIBRARY : SEED_NONE;
	default: return SEED_NONE;
	}
}

bool seed_is_rare(struct bytes bytes, const struct seed *seed)
{
	uint8_t next = u8_at(bytes, seed->offset + 1), third = u8_at(bytes, seed->offset + 2);

	switch (seed->kind) {
	case SEED_CALL: return true;
	case SEED_FPU: return third == 0x24;
	case SEED_SEGMENT: return next == 0x8b || next == 0xa1 || (next == 0x48 && third == 0x8b);
	default: return false;
	}
}

/* --- a piece --- */

int seed_map_init(struct seed_map *map, size_t largest, struct error *error)
{
	map->bytes = (struct bytes){ NULL, 0 };
	map->words = marks_words(largest);
	map->seeds = calloc(map->words + 1, sizeof *map->seeds);
	map->breaks = calloc(map->words + 1, sizeof *map->breaks);
	if (map->seeds && map->breaks)
		return 0;
	seed_map_fini(map);
	return error_set(error, ERROR_MEMORY, "shellcode", "no memory for a map of seeds");
}

void seed_map_fini(struct seed_map *map)
{
	free(map->seeds);
	free(map->breaks);
	map->seeds = map->breaks = NULL;
}

void seed_map_begin(struct seed_map *map, struct bytes bytes)
{
	map->bytes = bytes_slice(bytes, 0, map->words * MARKS_BLOCK);
	map->filled = 0;
}

void seed_map_fill(struct seed_map *map, size_t until)
{
	size_t last = marks_words(until < map->bytes.length ? until : map->bytes.length);

	if (last > map->filled) {
		marks_fill(marks_path(), map->bytes, map->filled, last, map->seeds, map->breaks);
		map->filled = last;
	}
}

void seed_map_fill_rare(struct seed_map *map, size_t until)
{
	size_t last = (until < map->bytes.length ? until : map->bytes.length) / MARKS_BLOCK;

	if (last > map->filled) {
		marks_fill_rare(marks_path(), map->bytes, map->filled, last, map->seeds);
		memset(map->breaks + map->filled, 0xff, (last - map->filled) * sizeof *map->breaks);
		map->filled = last;
	}
}

void seed_map_load(struct seed_map *map, struct bytes bytes)
{
	seed_map_begin(map, bytes);
	seed_map_fill(map, bytes.length);
}

/* The first bit at or after `from`, or the number of bytes. */
static inline size_t next_bit(const uint64_t *words, size_t length, size_t from, uint64_t flip)
{
	size_t index = from / MARKS_BLOCK, count = marks_words(length);
	uint64_t word;

	if (from >= length)
		return length;
	word = (words[index] ^ flip) >> from % MARKS_BLOCK << from % MARKS_BLOCK;
	while (word == 0 && ++index < count)
		word = words[index] ^ flip;
	if (word == 0)
		return length;
	from = index * MARKS_BLOCK + (unsigned)__builtin_ctzll(word);
	return from < length ? from : length;
}

bool seed_map_next(const struct seed_map *map, size_t from, struct seed *seed)
{
	size_t length = map->bytes.length;

	for (size_t offset = next_bit(map->seeds, length, from, 0); offset < length;
	     offset = next_bit(map->seeds, length, offset + 1, 0)) {
		seed->kind = seed_at(map->bytes, offset);
		seed->offset = offset;
		if (seed->kind == SEED_NONE)
			continue;
		seed->to_stack =
			seed->kind == SEED_STACK &&
			(map->bytes.data[offset] == 0x54 || (map->bytes.data[offset + 1] & 7) == 4);
		return true;
	}
	return false;
}

size_t seed_map_call(const struct seed_map *map, size_t from, size_t *to)
{
	size_t length = map->bytes.length, offset = from;

	while ((offset = next_bit(map->seeds, length, offset, 0)) < length) {
		if (map->bytes.data[offset] == 0xe8 && near_call(map->bytes, offset)) {
			*to = (uint32_t)offset + 5 + u32_at(map->bytes, offset + 1);
			return offset;
		}
		offset++;
	}
	return SIZE_MAX;
}

/* --- runs --- */

/* May a word have 48 bits without a break? Such have two half-words, of sixteen, in a row. */
static inline bool may_have_gap(uint64_t breaks)
{
	const uint64_t low = UINT64_C(0x7fff7fff7fff7fff);
	uint64_t whole = ~(((breaks & low) + low) | breaks | low); /* the upper bit of each */

	return (whole & whole >> HALF) != 0;
}

/* What goes through the words of a map: the run that a word begins with, and what was found. */
struct run_search {
	size_t start, shortest, count, most;
	struct seed_run *runs;
};

static inline void end_run(struct run_search *search, size_t end)
{
	if (end - search->start >= search->shortest) {
		search->runs[search->count].start = search->start;
		search->runs[search->count++].end = end;
	}
	search->start = end + 1;
}

/* A word at `base` with breaks: the run before it ends at the first, another begins behind the
 * last.
 */
static inline void pass_word(struct run_search *search, size_t base, uint64_t breaks)
{
	end_run(search, base + (unsigned)__builtin_ctzll(breaks));
	if (may_have_gap(breaks))
		for (breaks &= breaks - 1; breaks && search->count < search->most;
		     breaks &= breaks - 1)
			end_run(search, base + (unsigned)__builtin_ctzll(breaks));
	else
		search->start = base + MARKS_BLOCK - (unsigned)__builtin_clzll(breaks);
}

size_t seed_map_runs(const struct seed_map *map, size_t *at, size_t shortest, struct seed_run *runs,
		     size_t most)
{
	struct run_search search = {
		.start = *at, .shortest = shortest, .most = most, .runs = runs
	};
	size_t length = map->bytes.length, words = marks_words(length), index = *at / MARKS_BLOCK;
	uint64_t seen = ((uint64_t)1 << *at % MARKS_BLOCK) - 1;

	for (; index < words && search.count < most; index++, seen = 0) {
		uint64_t breaks = map->breaks[index] & ~seen;
		if (breaks)
			pass_word(&search, index * MARKS_BLOCK, breaks);
	}
	if (search.count < most && search.start < length)
		end_run(&search, length);
	*at = search.count < most ? length : runs[most - 1].end;
	return search.count;
}
