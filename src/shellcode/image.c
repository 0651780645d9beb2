#include "shellcode/image.h"

#include "shellcode/pairs.h"

#include <string.h>

enum {
	SECTIONS_MAX = 96,
	PROGRAM_HEADERS_MAX = 64,
	MEMBER_HEADER = 60,  /* of an archive */
	MEMBER_SIZE_AT = 48, /* in it: ten decimal digits, filled up with blanks */
	OBJECT_HEADER = 20,
	OBJECT_SECTION = 40,
	OBJECT_SYMBOL = 18
};

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* System V ABI, chapter 4: both classes, little-endian. */
static uint64_t elf_length(struct bytes bytes)
{
	bool wide = bytes.length > 4 && bytes.data[4] == 2;
	struct reader reader = reader_of(bytes);
	uint64_t end, headers, sections;
	unsigned count, size, section_count, section_size;

	if (bytes.length < 52 || (bytes.data[4] != 1 && !wide) || bytes.data[5] != 1 ||
	    bytes.data[6] != 1)
		return 0;
	reader_seek(&reader, wide ? 32 : 28);
	headers = wide ? reader_u64le(&reader) : reader_u32le(&reader);
	sections = wide ? reader_u64le(&reader) : reader_u32le(&reader);
	reader_skip(&reader, 6);
	size = reader_u16le(&reader);
	count = reader_u16le(&reader);
	section_size = reader_u16le(&reader);
	section_count = reader_u16le(&reader);
	if (reader_failed(&reader) || (size != 32 && size != 56 && size != 0))
		return 0;
	end = larger(52, sections + (uint64_t)section_size * section_count);
	for (unsigned i = 0; i < count && i < PROGRAM_HEADERS_MAX; i++) {
		struct reader header =
			reader_of(bytes_slice(bytes, (size_t)(headers + (uint64_t)i * size), size));
		uint64_t offset, length;
		reader_skip(&header, wide ? 8 : 4);
		offset = wide ? reader_u64le(&header) : reader_u32le(&header);
		reader_skip(&header, wide ? 16 : 8);
		length = wide ? reader_u64le(&header) : reader_u32le(&header);
		if (!reader_failed(&header))
			end = larger(end, offset + length);
	}
	return end;
}

/* Microsoft PE/COFF specification, sections 2 to 4. */
static uint64_t pe_length(struct bytes bytes)
{
	struct reader reader = reader_of(bytes);
	uint64_t end;
	uint32_t header;
	unsigned count, optional;

	reader_seek(&reader, 0x3c);
	header = reader_u32le(&reader);
	reader_seek(&reader, header);
	if (reader_u32le(&reader) != 0x4550)
		return 0;
	reader_skip(&reader, 2);
	count = reader_u16le(&reader);
	reader_skip(&reader, 12);
	optional = reader_u16le(&reader);
	reader_skip(&reader, 2 + optional);
	if (reader_failed(&reader) || count == 0 || count > SECTIONS_MAX)
		return 0;
	end = reader.offset;
	for (unsigned i = 0; i < count; i++) {
		uint32_t length, offset;
		reader_skip(&reader, 16);
		length = reader_u32le(&reader);
		offset = reader_u32le(&reader);
		reader_skip(&reader, 16);
		if (!reader_failed(&reader))
			end = larger(end, (uint64_t)offset + length);
	}
	return end;
}

/* What the header of an archive's member (ar(5)) says of its size; 0 when it is none. */
static uint64_t member_size(struct bytes header)
{
	uint64_t size = 0;
	size_t at = MEMBER_SIZE_AT;

	if (header.length < MEMBER_HEADER || header.data[58] != '`' || header.data[59] != '\n')
		return 0;
	for (; at < MEMBER_SIZE_AT + 10 && header.data[at] >= '0' && header.data[at] <= '9'; at++)
		size = 10 * size + (unsigned)(header.data[at] - '0');
	for (; at < MEMBER_SIZE_AT + 10; at++)
		if (header.data[at] != ' ')
			return 0;
	return size;
}

/* Compiled objects have no magic word, but libraries keep them in archives: the size is the
 * member's when what lies there is one by its header (PE/COFF specification, section 3). */
static uint64_t object_length(struct bytes bytes, size_t offset)
{
	struct reader reader = reader_of(bytes_slice(bytes, offset, OBJECT_HEADER));
	unsigned machine = reader_u16le(&reader), sections = reader_u16le(&reader), optional;
	uint64_t size, symbols, count;

	if ((machine != 0x14c && machine != 0x8664) || offset < MEMBER_HEADER)
		return 0;
	size = member_size(bytes_slice(bytes, offset - MEMBER_HEADER, MEMBER_HEADER));
	reader_skip(&reader, 4);
	symbols = reader_u32le(&reader);
	count = reader_u32le(&reader);
	optional = reader_u16le(&reader);
	if (reader_failed(&reader) || optional || sections == 0 || sections > SECTIONS_MAX ||
	    OBJECT_HEADER + (uint64_t)OBJECT_SECTION * sections > size || symbols >= size ||
	    symbols + OBJECT_SYMBOL * count > size)
		return 0;
	return size;
}

/* As its headers say, wherever the bytes end. */
static uint64_t extent(struct bytes bytes, size_t offset)
{
	struct bytes rest = bytes_slice(bytes, offset, SIZE_MAX);

	return bytes_start_with(rest, "\177ELF") ? elf_length(rest)
	       : bytes_start_with(rest, "MZ")	 ? pe_length(rest)
						 : object_length(bytes, offset);
}

size_t image_length(struct bytes bytes, size_t offset)
{
	uint64_t length = extent(bytes, offset);

	return length < bytes.length - offset ? (size_t)length : bytes.length - offset;
}

uint64_t image_behind(struct bytes bytes, uint64_t inside, size_t offset)
{
	struct image_cursor cursor;
	uint64_t end;

	image_cursor_init(&cursor, bytes, inside);
	if (!image_cursor_inside(&cursor, offset))
		return 0;
	end = cursor.start == 0 && cursor.end <= inside
		      ? inside
		      : cursor.start + extent(bytes, cursor.start);
	return end > offset ? end - offset : 0;
}

static void advance(struct image_cursor *cursor, size_t from)
{
	/* images, and the end of a member's header, right before an object */
	static const char begins[] = "MZ\177E`\n";
	struct bytes bytes = cursor->bytes;
	struct pairs pairs;

	pairs_init(&pairs, begins, 3);
	for (size_t i = from < 2 ? 0 : from - 2;; i++) {
		i = pairs_next(&pairs, bytes, i);
		size_t start = i + 64 < bytes.length && bytes.data[i] == '`' ? i + 2 : i;
		if (start + 64 >= bytes.length)
			break;
		size_t length = start >= from ? image_length(bytes, start) : 0;
		if (length > 64) {
			cursor->start = start;
			cursor->end = start + length;
			return;
		}
	}
	cursor->start = cursor->end = SIZE_MAX;
}

void image_cursor_init(struct image_cursor *cursor, struct bytes bytes, uint64_t inside)
{
	*cursor = (struct image_cursor){ .bytes = bytes };
	if (inside)
		cursor->end = inside < bytes.length ? (size_t)inside : bytes.length;
	else
		advance(cursor, 0);
}

bool image_cursor_inside(struct image_cursor *cursor, size_t offset)
{
	while (cursor->start != SIZE_MAX && offset >= cursor->end)
		advance(cursor, cursor->end);
	return offset >= cursor->start && offset < cursor->end;
}
