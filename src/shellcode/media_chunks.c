/* Formats that are a row of chunks with a name and a length, which must meet the file's end: PNG
 * (ISO/IEC 15948, with a checksum each), WebP (RFC 9649), and what begins with a file type box
 * (ISO/IEC 14496-12: MP4, MOV, M4A, HEIC, AVIF). */
#include "shellcode/media.h"

#include <string.h>

enum { CHUNKS_MOST = 1 << 16, BOX_DEPTH = 8 };

static bool is_named(struct bytes name, const char *wanted)
{
	return bytes_equal_text(name, wanted);
}

/* --- PNG --- */

/* Section 11.2.1: depth and kind of colour are numbers of few. */
static bool is_png_header(struct bytes header)
{
	struct reader reader = reader_of(header);
	uint32_t width = reader_u32be(&reader), height = reader_u32be(&reader);
	unsigned depth = reader_u8(&reader), colour = reader_u8(&reader);
	unsigned packing = reader_u8(&reader), filter = reader_u8(&reader);

	return header.length == 13 && width && width <= INT32_MAX && height &&
	       height <= INT32_MAX && depth && depth <= 16 && (depth & (depth - 1)) == 0 &&
	       colour <= 6 && colour != 1 && colour != 5 && packing == 0 && filter == 0 &&
	       reader_u8(&reader) <= 1;
}

/* RFC 1950, section 2.2. */
static bool begins_as_zlib(struct bytes data)
{
	return data.length >= 2 && (data.data[0] & 15) == 8 &&
	       (data.data[0] << 8 | data.data[1]) % 31 == 0;
}

bool media_png(struct bytes file, struct media *media)
{
	struct reader reader = reader_of(file);
	size_t run = 0; /* where consecutive IDATs began */

	reader_skip(&reader, 8);
	for (size_t count = 0; count < CHUNKS_MOST; count++) {
		size_t start = reader.offset;
		uint32_t length = reader_u32be(&reader);
		struct bytes name = reader_take(&reader, 4), data = reader_take(&reader, length);
		uint32_t said = reader_u32be(&reader);
		if (reader_failed(&reader) ||
		    inflate_crc32(bytes_slice(file, start + 4, 4 + data.length)) != said ||
		    (count == 0) != is_named(name, "IHDR") || (count == 0 && !is_png_header(data)))
			return false;
		bool packed = is_named(name, "IDAT");
		if (packed && !run && !begins_as_zlib(data))
			return false;
		if (packed && !run)
			run = start + 8;
		if (!packed && run) {
			media_note(media, file, run, start);
			run = 0;
		}
		if (is_named(name, "IEND"))
			return length == 0;
	}
	return false;
}

/* --- WebP --- */

static bool is_webp_picture(struct bytes name, struct bytes data)
{
	/* The start code of a key frame (RFC 6386, section 9.1); one byte for the other kind. */
	if (is_named(name, "VP8 "))
		return bytes_equal(bytes_slice(data, 3, 3),
				   (struct bytes){ (const uint8_t *)"\x9d\x01\x2a", 3 });
	return is_named(name, "VP8L") && data.length > 5 && data.data[0] == 0x2f &&
	       data.data[4] >> 5 == 0;
}

bool media_webp(struct bytes file, struct media *media)
{
	struct reader reader = reader_of(file);
	struct bytes riff = reader_take(&reader, 4);
	uint32_t size = reader_u32le(&reader);
	size_t pictures = 0;

	if (!is_named(riff, "RIFF") || (uint64_t)size + 8 != file.length)
		return false;
	reader_skip(&reader, 4);
	for (size_t count = 0; count < CHUNKS_MOST && reader_left(&reader); count++) {
		struct bytes name = reader_take(&reader, 4);
		uint32_t length = reader_u32le(&reader);
		size_t start = reader.offset;
		struct bytes data = reader_take(&reader, length);
		reader_skip(&reader, length & 1);
		if (reader_failed(&reader))
			return false;
		if (is_webp_picture(name, data)) {
			media_note(media, file, start, start + data.length);
			pictures++;
		}
	}
	return reader_left(&reader) == 0 && pictures > 0;
}

/* --- boxes --- */

struct boxes {
	struct bytes file;
	struct media *media;
	size_t left; /* of CHUNKS_MOST */
	bool movie;
};

static bool holds_boxes(struct bytes name)
{
	static const char *const names[] = { "moov", "trak", "mdia", "minf", "dinf", "stbl",
					     "edts", "mvex", "moof", "traf", "mfra" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (is_named(name, names[i]))
			return true;
	return false;
}

static bool is_box_name(struct bytes name)
{
	for (size_t i = 0; i < name.length; i++)
		if ((name.data[i] < ' ' || name.data[i] > '~') && name.data[i] != 0xa9)
			return false;
	return true;
}

/* Length of what is in the box (section 4.2); one without a length reaches to the end. */
static uint64_t box_inside(struct reader *reader, uint32_t size)
{
	uint64_t all = size, header = 8;

	if (size == 1) {
		all = (uint64_t)reader_u32be(reader) << 32;
		all |= reader_u32be(reader);
		header = 16;
	}
	if (size == 0)
		return reader_left(reader);
	return all < header ? UINT64_MAX : all - header;
}

static bool walk_boxes(struct boxes *boxes, size_t from, size_t to, unsigned depth)
{
	struct reader reader = reader_of(bytes_slice(boxes->file, 0, to));

	reader_seek(&reader, from);
	while (reader_left(&reader) && boxes->left > 0) {
		uint32_t size = reader_u32be(&reader);
		struct bytes name = reader_take(&reader, 4);
		uint64_t inside = box_inside(&reader, size);
		size_t start = reader.offset;
		if (reader_failed(&reader) || inside > reader_left(&reader) || !is_box_name(name) ||
		    (size == 0 && depth > 0))
			return false;
		boxes->left--;
		reader_skip(&reader, (size_t)inside);
		if (holds_boxes(name) &&
		    (depth == BOX_DEPTH || !walk_boxes(boxes, start, reader.offset, depth + 1)))
			return false;
		boxes->movie |= is_named(name, "moov") || is_named(name, "moof") ||
				(depth == 0 && is_named(name, "meta"));
		if (depth == 0 && is_named(name, "mdat"))
			media_note(boxes->media, boxes->file, start, reader.offset);
	}
	return !reader_failed(&reader) && reader_left(&reader) == 0;
}

bool media_boxes(struct bytes file, struct media *media)
{
	struct boxes boxes = { .file = file, .media = media, .left = CHUNKS_MOST };

	return walk_boxes(&boxes, 0, file.length, 0) && boxes.movie;
}
