#include "shellcode/media.h"

#include <string.h>

enum {
	WINDOW = 16 << 10, /* judged at once */
	SAMPLE = 128,	   /* bytes of every SAMPLE_EVERY that are counted */
	SAMPLE_EVERY = 1024,
	SHORTEST = 2 * SAMPLE_EVERY /* of a stretch that is judged at all */
};

/* Are the bytes spread evenly? The chance of two equal ones is 1/256 where they are random, ten
 * times that in programs and fifteen in text; a sample of 256 bytes and more of random ones does
 * not come to twice 1/256 plus its own 1/n. */
static bool is_dense(struct bytes bytes)
{
	uint32_t counts[256] = { 0 };
	uint64_t pairs = 0, taken = 0;

	for (size_t at = 0; at + SAMPLE <= bytes.length; at += SAMPLE_EVERY) {
		for (size_t i = 0; i < SAMPLE; i++)
			counts[bytes.data[at + i]]++;
		taken += SAMPLE;
	}
	for (size_t i = 0; i < 256; i++)
		pairs += (uint64_t)counts[i] * (counts[i] - (counts[i] > 0));
	return taken >= 2 * SAMPLE && pairs * 256 <= 2 * taken * (taken - 1);
}

static void add(struct media *media, size_t start, size_t end)
{
	if (media->count && media->at[media->count - 1].end == start) {
		media->at[media->count - 1].end = end;
	} else if (media->count < MEDIA_STRETCHES) {
		media->at[media->count].start = start;
		media->at[media->count++].end = end;
	}
}

void media_note(struct media *media, struct bytes file, size_t start, size_t end)
{
	while (end - start >= SHORTEST) {
		size_t length = end - start < WINDOW + SHORTEST ? end - start : WINDOW;
		if (is_dense(bytes_slice(file, start, length)))
			add(media, start, start + length);
		start += length;
	}
}

void media_check(struct bytes file, struct media *media)
{
	static const struct {
		size_t offset;
		const char *begins;
		size_t length;
		media_format *walk;
	} formats[] = {
		{ 0, "\xff\xd8\xff", 3, media_jpeg },
		{ 0, "\x89PNG\r\n\x1a\n", 8, media_png },
		{ 8, "WEBP", 4, media_webp },
		{ 4, "ftyp", 4, media_boxes },
		{ 4, "styp", 4, media_boxes },
		{ 0,
		  "\xfd"
		  "7zXZ",
		  6, media_xz },
		{ 0, "7z\xbc\xaf\x27\x1c", 6, media_7z },
		{ 0, "PK\3\4", 4, media_zip },
	};

	media->count = 0;
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		struct bytes begins = { (const uint8_t *)formats[i].begins, formats[i].length };
		if (!bytes_equal(bytes_slice(file, formats[i].offset, begins.length), begins))
			continue;
		if (!formats[i].walk(file, media))
			media->count = 0;
		return;
	}
}
