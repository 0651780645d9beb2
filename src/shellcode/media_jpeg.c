/* JPEG: sequential and progressive pictures with Huffman codes (ITU-T T.81, annex B), from SOI to
 * EOI. Every segment is taken apart as far as it can contradict itself or others; entropy-coded
 * data ends at the first marker that is neither a stuffed zero nor the restart whose turn it is.
 * What a picture has in entropy-coded data is also held to what its size allows. */
#include "shellcode/media.h"

#include <string.h>

enum {
	SOI = 0xd8,
	EOI = 0xd9,
	SOS = 0xda,
	DQT = 0xdb,
	DRI = 0xdd,
	DHT = 0xc4,
	COMPONENTS = 4,
	BLOCK_MOST = 256, /* bytes: 64 values of a code and a number of 27 bits, zeros stuffed in */
	FLOOR = 4096
};

struct picture {
	struct bytes file;
	size_t at; /* behind the last segment */
	unsigned frame, components;
	uint8_t names[COMPONENTS];
	uint64_t blocks;
	bool codes, quantized, restarts;
	unsigned scans;
};

/* SOF (B.2.2): its size gives the number of blocks of all components, borders counted in. */
static bool read_frame(struct picture *picture, struct reader segment)
{
	unsigned precision = reader_u8(&segment);
	uint64_t height = reader_u16be(&segment), width = reader_u16be(&segment);

	picture->components = reader_u8(&segment);
	if (picture->frame > 1 || (precision != 8 && precision != 12) || height == 0 ||
	    width == 0 || picture->components == 0 || picture->components > COMPONENTS)
		return false;
	for (unsigned i = 0; i < picture->components; i++) {
		picture->names[i] = reader_u8(&segment);
		unsigned sampling = reader_u8(&segment), across = sampling >> 4,
			 down = sampling & 15;
		if (across < 1 || across > 4 || down < 1 || down > 4 || reader_u8(&segment) > 3)
			return false;
		/* No more than as if every component were the finest: one block each 8 by 8. */
		picture->blocks += (width / 8 + 4) * (height / 8 + 4);
	}
	return !reader_failed(&segment) && reader_left(&segment) == 0;
}

/* DHT (B.2.4.2): codes of a length never more than there are. */
static bool read_codes(struct picture *picture, struct reader segment)
{
	while (reader_left(&segment)) {
		unsigned which = reader_u8(&segment), left = 1, symbols = 0;
		if ((which & 0xec) != 0)
			return false;
		for (unsigned i = 0; i < 16; i++) {
			unsigned count = reader_u8(&segment);
			symbols += count;
			left *= 2;
			if (count > left)
				return false;
			left -= count;
		}
		if (symbols == 0 || symbols > 256)
			return false;
		reader_skip(&segment, symbols);
		if (reader_failed(&segment))
			return false;
	}
	picture->codes = true;
	return true;
}

/* DQT (B.2.4.1). */
static bool read_quantization(struct picture *picture, struct reader segment)
{
	while (reader_left(&segment)) {
		unsigned which = reader_u8(&segment);
		if ((which & 0xec) != 0)
			return false;
		reader_skip(&segment, which & 16 ? 128 : 64);
		if (reader_failed(&segment))
			return false;
	}
	picture->quantized = true;
	return true;
}

static bool has_component(const struct picture *picture, uint8_t name)
{
	return memchr(picture->names, name, picture->components) != NULL;
}

/* SOS (B.2.3). */
static bool read_scan_header(const struct picture *picture, struct reader segment)
{
	unsigned count = reader_u8(&segment);

	if (!picture->frame || !picture->codes || !picture->quantized || count == 0 ||
	    count > picture->components)
		return false;
	for (unsigned i = 0; i < count; i++)
		if (!has_component(picture, reader_u8(&segment)) ||
		    (reader_u8(&segment) & 0xcc) != 0)
			return false;
	unsigned first = reader_u8(&segment), last = reader_u8(&segment);
	unsigned approximation = reader_u8(&segment);
	return !reader_failed(&segment) && reader_left(&segment) == 0 && first <= last &&
	       last <= 63 && (approximation & 15) <= 13 && approximation >> 4 <= 13;
}

static size_t entropy_end(const struct picture *picture, size_t at)
{
	struct bytes file = picture->file;
	unsigned turn = 0;

	while (at < file.length) {
		const uint8_t *mark = memchr(file.data + at, 0xff, file.length - at);
		if (!mark)
			break;
		at = (size_t)(mark - file.data);
		unsigned next = at + 1 < file.length ? mark[1] : 0xff;
		if (picture->restarts && next == 0xd0 + turn)
			turn = (turn + 1) % 8;
		else if (next != 0)
			return at;
		at += 2;
	}
	return file.length;
}

static bool read_scan(struct picture *picture, struct media *media)
{
	size_t end = entropy_end(picture, picture->at);

	if (end - picture->at > picture->blocks * BLOCK_MOST + FLOOR)
		return false;
	media_note(media, picture->file, picture->at, end);
	picture->at = end;
	picture->scans++;
	return true;
}

static bool read_segment(struct picture *picture, unsigned marker, struct media *media)
{
	struct reader reader = reader_of(bytes_slice(picture->file, picture->at, SIZE_MAX));
	size_t length = reader_u16be(&reader);
	struct reader segment = reader_of(reader_take(&reader, length < 2 ? 0 : length - 2));

	if (length < 2 || reader_failed(&reader))
		return false;
	picture->at += length;
	switch (marker) {
	case 0xc0:
	case 0xc1:
	case 0xc2: picture->frame++; return read_frame(picture, segment);
	case DHT: return read_codes(picture, segment);
	case DQT: return read_quantization(picture, segment);
	case DRI: picture->restarts = reader_u16be(&segment) > 0; return length == 4;
	case SOS: return read_scan_header(picture, segment) && read_scan(picture, media);
	case 0xfe: return true;
	default: return marker >= 0xe0 && marker <= 0xef;
	}
}

bool media_jpeg(struct bytes file, struct media *media)
{
	struct picture picture = { .file = file, .at = 2 };

	while (picture.at + 1 < file.length && file.data[picture.at] == 0xff) {
		unsigned marker = file.data[picture.at + 1];
		picture.at++;
		if (marker == 0xff) /* fills */
			continue;
		picture.at++;
		if (marker == EOI)
			return picture.scans > 0;
		if (!read_segment(&picture, marker, media))
			return false;
	}
	return false;
}
