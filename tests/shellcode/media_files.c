#include "media_files.h"

#include <stdlib.h>
#include <string.h>

static void put(struct buffer *into, const void *data, size_t length)
{
	if (buffer_append(into, data, length) < 0)
		abort();
}

static void put_be32(struct buffer *into, size_t value)
{
	put(into,
	    (uint8_t[]){ (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
			 (uint8_t)value },
	    4);
}

static void put_le(struct buffer *into, uint64_t value, size_t length)
{
	for (size_t i = 0; i < length; i++, value >>= 8)
		put(into, &(uint8_t){ (uint8_t)value }, 1);
}

static uint32_t sum_since(const struct buffer *buffer, size_t from)
{
	return inflate_crc32(bytes_slice(buffer_bytes(buffer), from, SIZE_MAX));
}

/* 256 by 256, grey, with a restart after every other block, none of which comes; a comment. */
static size_t jpeg(struct buffer *into, struct bytes content)
{
	static const uint8_t zeros[64];

	put(into, "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0", 20);
	put(into, "\xff\xfe\0\x06text", 8);
	put(into, "\xff\xdb\0\x43\0", 5);
	put(into, zeros, 64);
	put(into, "\xff\xc0\0\x0b\x08\1\0\1\0\1\1\x11\0", 13);
	put(into, "\xff\xc4\0\x15\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\2", 23);
	put(into, "\xff\xc4\0\x15\x10\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\2", 23);
	put(into, "\xff\xdd\0\4\0\2", 6);
	put(into, "\xff\xda\0\x08\1\1\0\0\x3f\0", 10);
	size_t at = into->length;
	put(into, content.data, content.length);
	put(into, "\xff\xd9", 2);
	return at;
}

static void chunk(struct buffer *into, const char *name, const void *first, size_t first_length,
		  struct bytes rest)
{
	put_be32(into, first_length + rest.length);
	size_t at = into->length;
	put(into, name, 4);
	put(into, first, first_length);
	put(into, rest.data, rest.length);
	put_be32(into, sum_since(into, at));
}

static size_t png(struct buffer *into, struct bytes content)
{
	struct bytes none = { NULL, 0 };

	put(into, "\x89PNG\r\n\x1a\n", 8);
	chunk(into, "IHDR", "\0\0\1\0\0\0\1\0\x08\0\0\0\0", 13, none);
	size_t at = into->length + 10;
	chunk(into, "IDAT", "\x78\x9c", 2, content);
	chunk(into, "IEND", "", 0, none);
	return at;
}

static size_t webp(struct buffer *into, struct bytes content)
{
	size_t length = 6 + content.length;

	put(into, "RIFF", 4);
	put_le(into, 4 + 8 + length + (length & 1), 4);
	put(into, "WEBPVP8 ", 8);
	put_le(into, length, 4);
	put(into, "\x10\0\0\x9d\x01\x2a", 6);
	size_t at = into->length;
	put(into, content.data, content.length);
	put(into, "", length & 1);
	return at;
}

static size_t mp4(struct buffer *into, struct bytes content)
{
	put(into,
	    "\0\0\0\x10"
	    "ftypisom\0\0\0\1",
	    16);
	put(into, "\0\0\0\x18moov\0\0\0\x10trak\0\0\0\x08mdia", 24);
	put_be32(into, 8 + content.length);
	put(into, "mdat", 4);
	size_t at = into->length;
	put(into, content.data, content.length);
	return at;
}

static size_t xz(struct buffer *into, struct bytes content)
{
	static const uint8_t zeros[4];
	size_t start, at;

	put(into,
	    "\xfd"
	    "7zXZ\0\0\1",
	    8);
	put_le(into, sum_since(into, into->length - 2), 4);
	start = into->length;
	put(into, "\2\0\x21\1\x16\0\0\0", 8); /* one filter, LZMA2 */
	put_le(into, sum_since(into, start), 4);
	/* chunks of 64 KiB at most, each with what it sets anew, then none */
	at = into->length + 6;
	for (size_t done = 0; done < content.length; done += 1 << 16) {
		struct bytes part = bytes_slice(content, done, 1 << 16);
		size_t less = part.length - 1;
		put(into, (uint8_t[]){ 0xe0, 0xf0, 0, (uint8_t)(less >> 8), (uint8_t)less, 0x5d },
		    6);
		put(into, part.data, part.length);
	}
	put(into, "", 1);
	size_t unpadded = into->length - start + 4;
	put(into, zeros, (4 - (into->length - start) % 4) % 4);
	put(into, zeros, 4); /* CRC-32 of what nobody unpacks */
	start = into->length;
	put(into, "\0\1", 2);
	for (size_t left = unpadded; left; left >>= 7)
		put(into, &(uint8_t){ (uint8_t)((left & 0x7f) | (left > 0x7f) << 7) }, 1);
	put(into, "\1", 1);
	put(into, zeros, (4 - (into->length - start) % 4) % 4);
	put_le(into, sum_since(into, start), 4);
	struct buffer footer;
	buffer_init(&footer, 16);
	put_le(&footer, (into->length - start) / 4 - 1, 4);
	put(&footer, "\0\1", 2);
	put_le(into, sum_since(&footer, 0), 4);
	put(into, footer.data, footer.length);
	put(into, "YZ", 2);
	buffer_fini(&footer);
	return at;
}

static size_t seven(struct buffer *into, struct bytes content)
{
	struct buffer start;

	buffer_init(&start, 20);
	put_le(&start, content.length, 8);
	put_le(&start, 2, 8);
	put_le(&start, inflate_crc32((struct bytes){ (const uint8_t *)"\x17\6", 2 }), 4);
	put(into, "7z\xbc\xaf\x27\x1c\0\4", 8);
	put_le(into, sum_since(&start, 0), 4);
	put(into, start.data, start.length);
	buffer_fini(&start);
	size_t at = into->length;
	put(into, content.data, content.length);
	put(into, "\x17\6", 2);
	return at;
}

/* What a member's own header and its entry in the directory share: stored, its sum and lengths, a
 * name of one letter. */
static void zip_common(struct buffer *into, struct bytes file)
{
	put(into, "\x14\0\0\0\0\0\0\0\0\0", 10);
	put_le(into, inflate_crc32(file), 4);
	put_le(into, file.length, 4);
	put_le(into, file.length, 4);
	put(into, "\1\0\0\0", 4);
}

/* A picture in a zip file. */
static size_t zip(struct buffer *into, struct bytes content)
{
	struct buffer file;

	buffer_init(&file, into->limit);
	size_t at = jpeg(&file, content);
	put(into, "PK\3\4", 4);
	zip_common(into, buffer_bytes(&file));
	put(into, "p", 1);
	at += into->length;
	put(into, file.data, file.length);
	size_t directory = into->length;
	put(into, "PK\1\2\x14\0", 6);
	zip_common(into, buffer_bytes(&file));
	put_le(into, 0, 14);
	put(into, "p", 1);
	size_t end = into->length;
	put(into, "PK\5\6\0\0\0\0\1\0\1\0", 12);
	put_le(into, end - directory, 4);
	put_le(into, directory, 4);
	put_le(into, 0, 2);
	buffer_fini(&file);
	return at;
}

const struct media_kind media_kinds[] = {
	{ "jpeg", jpeg }, { "png", png },  { "webp", webp }, { "mp4", mp4 },
	{ "xz", xz },	  { "7z", seven }, { "zip", zip },
};
const size_t media_kind_count = sizeof media_kinds / sizeof media_kinds[0];
