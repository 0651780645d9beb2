/* Archives, by what they say of themselves: xz (the .xz file format
 * 1.1.0: checksums of headers and index, chunks of LZMA2 one by one) and 7z (7zFormat.txt: a header
 * at the end with its checksum; how its streams are packed mostly stands packed in there, so that
 * only their bytes tell). In zip files (APPNOTE.TXT) media are looked for that are stored with the
 * right checksum; what is packed there is unpacked elsewhere. */
#include "shellcode/media.h"

#include <string.h>

enum {
	XZ_HEADER = 12,
	XZ_FOOTER = 12,
	XZ_BLOCKS = 4096,
	LZMA2 = 0x21,
	SEVEN_HEADER = 32,
	ZIP_END = 22
};

/* --- xz --- */

struct xz {
	struct bytes file;
	struct media *media;
	struct reader reader;
	size_t check; /* bytes behind each block */
	uint64_t blocks;
};

/* Section 1.2: seven bits a byte, nine bytes at most. */
static uint64_t xz_number(struct reader *reader)
{
	uint64_t number = 0;

	for (unsigned shift = 0; shift < 63; shift += 7) {
		uint8_t byte = reader_u8(reader);
		number |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return number;
	}
	reader->failed = true;
	return 0;
}

/* Section 2.1.1. */
static bool xz_begin(struct xz *xz)
{
	static const uint8_t checks[] = { 0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64 };

	reader_skip(&xz->reader, 6);
	struct bytes flags = reader_take(&xz->reader, 2);
	uint32_t said = reader_u32le(&xz->reader);
	if (reader_failed(&xz->reader) || flags.data[0] || flags.data[1] > 15 ||
	    inflate_crc32(flags) != said)
		return false;
	xz->check = checks[flags.data[1]];
	return true;
}

/* The header of a block (section 3.1) whose size is known: its filters end with LZMA2. */
static bool xz_block_header(struct xz *xz, size_t size)
{
	struct bytes header = bytes_slice(xz->file, xz->reader.offset - 1, size - 4);
	struct reader reader = reader_of(header);
	uint64_t filter = 0;

	reader_skip(&xz->reader, size - 5);
	if (inflate_crc32(header) != reader_u32le(&xz->reader) || reader_failed(&xz->reader))
		return false;
	reader_skip(&reader, 1);
	unsigned flags = reader_u8(&reader);
	if (flags & 0x40)
		xz_number(&reader);
	if (flags & 0x80)
		xz_number(&reader);
	for (unsigned i = 0; i <= (flags & 3u); i++) {
		filter = xz_number(&reader);
		uint64_t length = xz_number(&reader);
		reader_skip(&reader, length < size ? (size_t)length : size);
	}
	return !reader_failed(&reader) && (flags & 0x3c) == 0 && filter == LZMA2;
}

/* Chunks of LZMA2 up to their end: a byte that says what follows, then lengths less one. */
static bool xz_chunks(struct xz *xz)
{
	struct reader *reader = &xz->reader;
	size_t run = reader->offset;

	for (;;) {
		size_t start = reader->offset;
		unsigned control = reader_u8(reader);
		bool packed = control >= 0x80;
		if (reader_failed(reader) || (!packed && control > 2))
			return false;
		if (!packed && start > run)
			media_note(xz->media, xz->file, run, start);
		if (control == 0)
			return true;
		size_t length = reader_u16be(reader);
		if (packed)
			length = reader_u16be(reader);
		reader_skip(reader, length + 1 + (control >= 0xc0));
		if (!packed)
			run = reader->offset;
	}
}

static bool xz_pad(struct reader *reader, size_t from)
{
	while ((reader->offset - from) % 4 && !reader_failed(reader))
		if (reader_u8(reader) != 0)
			return false;
	return !reader_failed(reader);
}

static bool xz_block(struct xz *xz, size_t size)
{
	size_t start = xz->reader.offset - 1;

	if (!xz_block_header(xz, size) || !xz_chunks(xz) || !xz_pad(&xz->reader, start))
		return false;
	reader_skip(&xz->reader, xz->check);
	return ++xz->blocks <= XZ_BLOCKS;
}

/* The index (section 4), whose first byte was read, and the footer (section 2.1.2). */
static bool xz_end(struct xz *xz)
{
	struct reader *reader = &xz->reader;
	size_t start = reader->offset - 1;

	if (xz_number(reader) != xz->blocks)
		return false;
	for (uint64_t i = 0; i < 2 * xz->blocks; i++)
		xz_number(reader);
	if (!xz_pad(reader, start))
		return false;
	struct bytes index = bytes_slice(xz->file, start, reader->offset - start);
	if (inflate_crc32(index) != reader_u32le(reader))
		return false;
	uint32_t said = reader_u32le(reader);
	struct bytes footer = reader_take(reader, 6), magic = reader_take(reader, 2);
	return !reader_failed(reader) && inflate_crc32(footer) == said &&
	       bytes_equal_text(magic, "YZ");
}

bool media_xz(struct bytes file, struct media *media)
{
	struct xz xz = { .file = file, .media = media, .reader = reader_of(file) };
	uint8_t size;

	if (!xz_begin(&xz))
		return false;
	while ((size = reader_u8(&xz.reader)) != 0)
		if (!xz_block(&xz, 4 * (size_t)size + 4))
			return false;
	return !reader_failed(&xz.reader) && xz_end(&xz);
}

/* --- 7z --- */

bool media_7z(struct bytes file, struct media *media)
{
	struct reader reader = reader_of(file);

	reader_skip(&reader, 6);
	unsigned version = reader_u8(&reader);
	reader_skip(&reader, 1);
	uint32_t said = reader_u32le(&reader);
	struct bytes start = bytes_slice(file, reader.offset, 20);
	uint64_t offset = reader_u64le(&reader), length = reader_u64le(&reader);
	uint32_t header_said = reader_u32le(&reader);
	if (reader_failed(&reader) || version != 0 || inflate_crc32(start) != said ||
	    offset > file.length - SEVEN_HEADER || length == 0 ||
	    length != file.length - SEVEN_HEADER - offset)
		return false;
	struct bytes header = bytes_slice(file, SEVEN_HEADER + (size_t)offset, (size_t)length);
	/* a header, or one that is packed itself */
	if (inflate_crc32(header) != header_said || (header.data[0] != 1 && header.data[0] != 0x17))
		return false;
	media_note(media, file, SEVEN_HEADER, SEVEN_HEADER + (size_t)offset);
	return true;
}

/* --- zip --- */

/* An entry of the directory (4.3.12): what it says of a stored file that crossed as it is; empty
 * where it is packed or encrypted. False: it is no entry. */
static bool zip_stored(struct bytes file, struct reader *directory, struct bytes *content,
		       uint32_t *sum)
{
	struct bytes magic = reader_take(directory, 4);

	reader_skip(directory, 4);
	unsigned flags = reader_u16le(directory), method = reader_u16le(directory);
	reader_skip(directory, 4);
	*sum = reader_u32le(directory);
	uint32_t packed = reader_u32le(directory), length = reader_u32le(directory);
	size_t behind = reader_u16le(directory);
	behind += reader_u16le(directory);
	behind += reader_u16le(directory);
	reader_skip(directory, 8);
	uint32_t at = reader_u32le(directory);
	reader_skip(directory, behind);
	if (reader_failed(directory) || !bytes_equal_text(magic, "PK\1\2"))
		return false;
	struct reader header = reader_of(bytes_slice(file, at, SIZE_MAX));
	bool right = bytes_equal_text(reader_take(&header, 4), "PK\3\4");
	reader_skip(&header, 22);
	size_t names = reader_u16le(&header);
	names += reader_u16le(&header);
	reader_skip(&header, names);
	bool stored = right && method == 0 && (flags & 1) == 0 && packed == length;
	*content = reader_take(&header, stored ? length : 0);
	return true;
}

/* The media in a stored file of the archive. */
static void zip_note(struct bytes file, struct bytes content, struct media *media)
{
	size_t at = (size_t)(content.data - file.data);
	struct media inside;

	if (bytes_start_with(content, "PK"))
		return; /* not archives in archives */
	media_check(content, &inside);
	for (size_t i = 0; i < inside.count && media->count < MEDIA_STRETCHES; i++) {
		media->at[media->count].start = at + inside.at[i].start;
		media->at[media->count++].end = at + inside.at[i].end;
	}
}

/* Without a comment. All stored files together are at most as long as the archive, else it is none.
 */
bool media_zip(struct bytes file, struct media *media)
{
	size_t end = file.length < ZIP_END ? 0 : file.length - ZIP_END, left = file.length;
	struct reader reader = reader_of(bytes_slice(file, end, ZIP_END));
	struct bytes magic = reader_take(&reader, 4), content;
	uint32_t sum;

	reader_skip(&reader, 6);
	unsigned count = reader_u16le(&reader);
	uint32_t length = reader_u32le(&reader), at = reader_u32le(&reader);
	if (reader_failed(&reader) || !bytes_equal_text(magic, "PK\5\6"))
		return false;
	struct reader directory = reader_of(bytes_slice(file, at, length));
	for (unsigned i = 0; i < count; i++) {
		if (!zip_stored(file, &directory, &content, &sum) || content.length > left)
			return false;
		left -= content.length;
		if (content.length && inflate_crc32(content) == sum)
			zip_note(file, content, media);
	}
	return reader_left(&directory) == 0;
}
