#include "mix_content.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "frames.h"

enum { DOCUMENT_MOST = 4 << 20 };

static uint64_t noise_state;

_Noreturn void give_up(const char *what)
{
	fprintf(stderr, "bench: cannot make traffic: %s\n", what);
	exit(3);
}

void noise_begin(void)
{
	noise_state = 88172645463325252u;
}

/* xorshift64 */
uint32_t noise(void)
{
	noise_state ^= noise_state << 13;
	noise_state ^= noise_state >> 7;
	noise_state ^= noise_state << 17;
	return (uint32_t)(noise_state >> 16);
}

size_t between(size_t least, size_t most)
{
	return least + noise() % (most - least);
}

void put(struct buffer *into, const void *data, size_t length)
{
	if (buffer_append(into, data, length) < 0)
		give_up("a conversation is too long");
}

static void put_le(struct buffer *into, uint64_t value, size_t length)
{
	for (size_t i = 0; i < length; i++, value >>= 8)
		put(into, &(uint8_t){ (uint8_t)value }, 1);
}

void put_text(struct buffer *into, size_t length)
{
	static const char *const words[] = {
		"the ",	    "of ",
		"<p>",	    "</p>\n",
		"and ",	    "measure ",
		"a ",	    "network ",
		"report ",  "<a href=\"/page/",
		"\">",	    "</a> ",
		"in ",	    "result ",
		"it ",	    "is ",
		"for ",	    "with ",
		"on ",	    "system ",
		"page ",    "<div class=\"box\">",
		"</div>\n", "time ",
		"new ",	    "first ",
		"people ",  "function(",
		") {\n",    "return ",
		"var x = ", ";\n",
		"2009 ",    "which ",
		"their ",   "under ",
		"&nbsp;",   "weather ",
		"street ",  "river ",
		"window.",  "history ",
	};
	size_t end = into->length + length;

	while (into->length < end) {
		const char *word = words[noise() % (sizeof words / sizeof *words)];
		put(into, word, strlen(word));
	}
	into->length = end;
}

void put_noise(struct buffer *into, size_t length)
{
	uint32_t block[256];

	for (size_t done = 0; done < length; done += sizeof block) {
		for (size_t i = 0; i < 256; i++)
			block[i] = noise();
		put(into, block, length - done < sizeof block ? length - done : sizeof block);
	}
}

void put_base64(struct buffer *into, struct bytes content)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned column = 0;

	for (size_t i = 0; i < content.length; i += 3) {
		uint8_t three[3] = { 0 };
		size_t left = content.length - i;
		memcpy(three, content.data + i, left < 3 ? left : 3);
		uint32_t bits = (uint32_t)three[0] << 16 | (uint32_t)three[1] << 8 | three[2];
		char four[] = { digits[bits >> 18], digits[bits >> 12 & 63],
				left > 1 ? digits[bits >> 6 & 63] : '=',
				left > 2 ? digits[bits & 63] : '=' };
		put(into, four, 4);
		if (++column == 19) {
			put(into, "\r\n", 2);
			column = 0;
		}
	}
}

static void pack(struct buffer *into, struct bytes content, int bits)
{
	z_stream stream = { .next_in = (uint8_t *)(uintptr_t)content.data,
			    .avail_in = (uInt)content.length };

	if (deflateInit2(&stream, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		give_up("zlib");
	uLong most = deflateBound(&stream, content.length);
	uint8_t *packed = malloc(most);
	if (!packed)
		give_up("no memory");
	stream.next_out = packed;
	stream.avail_out = (uInt)most;
	if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
		give_up("zlib");
	put(into, packed, stream.total_out);
	deflateEnd(&stream);
	free(packed);
}

void put_gzip(struct buffer *into, struct bytes content)
{
	pack(into, content, 15 + 16);
}

/* --- pictures --- */

/* A marker and what follows it, filled up with `fill` to `length` bytes. */
static void put_segment(struct buffer *into, uint8_t marker, const void *begins, size_t length,
			uint8_t fill, size_t all)
{
	uint8_t header[] = { 0xff, marker, (uint8_t)((all + 2) >> 8), (uint8_t)(all + 2) };

	put(into, header, sizeof header);
	put(into, begins, length);
	for (size_t i = length; i < all; i++)
		put(into, &fill, 1);
}

/* Codes of eight bits for as many values as there may be. */
static void put_codes(struct buffer *into, uint8_t which, uint8_t values)
{
	uint8_t table[17 + 255] = { [0] = which, [8] = values };

	for (unsigned i = 0; i < values; i++)
		table[17 + i] = (uint8_t)i;
	put_segment(into, 0xc4, table, 17u + values, 0, 17u + values);
}

/* A grey JPEG (ITU-T T.81, annex B) of two bits a pixel, in whose scan a zero follows every 0xff.
 */
void put_picture(struct buffer *into, size_t length)
{
	size_t begin = into->length;
	unsigned height = (unsigned)(length / 256 + 1);
	uint8_t frame[] = { 8, (uint8_t)(height >> 8), (uint8_t)height, 4, 0, 1, 1, 0x11, 0 };

	put(into, "\xff\xd8", 2);
	put_segment(into, 0xe0, "JFIF\0\1\1\0\0\1\0\1\0\0", 14, 0, 14);
	put_segment(into, 0xdb, "\0", 1, 8, 65);
	put_segment(into, 0xc0, frame, sizeof frame, 0, sizeof frame);
	put_codes(into, 0x00, 12);
	put_codes(into, 0x10, 250);
	put_segment(into, 0xda, "\1\1\0\0\x3f\0", 6, 0, 6);
	size_t scan = into->length;
	put_noise(into, begin + length - scan - 2);
	for (size_t i = scan; i + 1 < into->length; i++)
		if (into->data[i] == 0xff)
			into->data[++i] = 0;
	if (into->data[into->length - 1] == 0xff)
		into->data[into->length - 1] = 0;
	put(into, "\xff\xd9", 2);
}

/* --- archives --- */

static uint32_t sum_of(struct bytes bytes)
{
	return (uint32_t)crc32(crc32(0, NULL, 0), bytes.data, (uInt)bytes.length);
}

/* The start header and a header at the end that is packed itself (7zFormat.txt); what stands in it
 * is noise. */
void put_7z(struct buffer *into, size_t length)
{
	uint8_t end[64] = { 0x17, 6 };
	struct buffer start;

	for (size_t i = 2; i < sizeof end; i++)
		end[i] = (uint8_t)noise();
	buffer_init(&start, 20);
	put_le(&start, length, 8);
	put_le(&start, sizeof end, 8);
	put_le(&start, sum_of((struct bytes){ end, sizeof end }), 4);
	put(into, "7z\xbc\xaf\x27\x1c\0\4", 8);
	put_le(into, sum_of(buffer_bytes(&start)), 4);
	put(into, start.data, start.length);
	put_noise(into, length);
	put(into, end, sizeof end);
	buffer_fini(&start);
}

struct member {
	const char *name;
	unsigned method;
	struct bytes content, packed;
	size_t at;
};

/* What a member's own header and its entry in the directory share (APPNOTE.TXT, 4.3.7, 4.3.12). */
static void put_member(struct buffer *into, const struct member *member)
{
	put_le(into, 20, 2);
	put_le(into, 0, 2);
	put_le(into, member->method, 2);
	put_le(into, 0x5921, 2); /* time, date */
	put_le(into, 0x3a8f, 2);
	put_le(into, sum_of(member->content), 4);
	put_le(into, member->packed.length, 4);
	put_le(into, member->content.length, 4);
	put_le(into, strlen(member->name), 2);
	put_le(into, 0, 2);
}

static void put_zip(struct buffer *into, struct member *members, size_t count)
{
	size_t begin = into->length;

	for (size_t i = 0; i < count; i++) {
		members[i].at = into->length - begin;
		put(into, "PK\3\4", 4);
		put_member(into, &members[i]);
		put(into, members[i].name, strlen(members[i].name));
		put(into, members[i].packed.data, members[i].packed.length);
	}
	size_t directory = into->length - begin;
	for (size_t i = 0; i < count; i++) {
		put(into, "PK\1\2\x14\0", 6);
		put_member(into, &members[i]);
		put_le(into, 0, 10);
		put_le(into, members[i].at, 4);
		put(into, members[i].name, strlen(members[i].name));
	}
	size_t end = into->length - begin;
	put(into, "PK\5\6\0\0\0\0", 8);
	put_le(into, count, 2);
	put_le(into, count, 2);
	put_le(into, end - directory, 4);
	put_le(into, directory, 4);
	put_le(into, 0, 2);
}

void put_document(struct buffer *into, size_t text, size_t picture)
{
	struct buffer words, packed, image;

	buffer_init(&words, DOCUMENT_MOST);
	buffer_init(&packed, DOCUMENT_MOST);
	buffer_init(&image, DOCUMENT_MOST);
	put_text(&words, text);
	pack(&packed, buffer_bytes(&words), -15);
	put_picture(&image, picture);
	struct member members[] = {
		{ "content.xml", 8, buffer_bytes(&words), buffer_bytes(&packed), 0 },
		{ "Pictures/1.jpg", 0, buffer_bytes(&image), buffer_bytes(&image), 0 },
	};
	put_zip(into, members, 2);
	buffer_fini(&words);
	buffer_fini(&packed);
	buffer_fini(&image);
}
