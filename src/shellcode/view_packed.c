/* Packed bodies: gzip (RFC 1952), zip entries, what documents pack (view_document.c) and armoured
 * text (view_armour.c) wherever their signature stands, deflated bodies of HTTP (RFC 9110,
 * section 8.4.1.2: zlib's format, by some servers without its header), chunks (RFC 9112,
 * section 7.1). What comes out is limited by VIEW_GROWTH, VIEW_LARGEST and the budget, so that a
 * bomb costs no more than other bytes. */
#include "shellcode/pairs.h"
#include "shellcode/view.h"

#include <stdlib.h>
#include <string.h>

enum { GROWTH_FLOOR = 64 << 10, STEP = 32 << 10, HEADERS_LONGEST = 64 << 10, ZIP_HEADER = 30 };

static uint8_t at(struct bytes bytes, size_t offset)
{
	return offset < bytes.length ? bytes.data[offset] : 0;
}

static uint16_t u16_at(struct bytes bytes, size_t offset)
{
	return (uint16_t)(at(bytes, offset) | at(bytes, offset + 1) << 8);
}

/* --- unpacking --- */

static size_t allowed(const struct views *views, size_t packed)
{
	uint64_t limit = (uint64_t)packed * VIEW_GROWTH + GROWTH_FLOOR;

	limit = limit < VIEW_LARGEST ? limit : VIEW_LARGEST;
	return limit < *views->budget ? (size_t)limit : (size_t)*views->budget;
}

/* Makes room for STEP more bytes; false: the limit, or no memory. */
static bool grow(struct view *view, size_t *room, size_t limit)
{
	size_t larger = *room + STEP + *room / 2;
	uint8_t *data;
	uint32_t *origins;

	if (*room >= limit)
		return false;
	larger = larger < limit ? larger : limit;
	data = realloc(view->data, larger + 1);
	if (!data)
		return false;
	view->data = data;
	origins = realloc(view->origins, (larger / VIEW_GRAIN + 1) * sizeof *origins);
	if (!origins)
		return false;
	view->origins = origins;
	*room = larger;
	return true;
}

static void come_from(struct view *view, size_t made, size_t origin)
{
	size_t end = (view->length + made + VIEW_GRAIN - 1) / VIEW_GRAIN;

	for (size_t i = (view->length + VIEW_GRAIN - 1) / VIEW_GRAIN; i < end; i++)
		view->origins[i] = (uint32_t)origin;
	view->length += made;
}

/* Unpacks until the end of the data, damage, or the limit: what came out before counts. The packed
 * bytes begin `before` behind the view's start. Returns whether they came to their end and were
 * right. */
static bool unpack_all(struct views *views, struct inflate *inflate, struct bytes packed,
		       size_t before, struct view *view)
{
	size_t room = 0, limit = allowed(views, packed.length), made;
	enum inflate_status status = INFLATE_GOES_ON;

	while (status == INFLATE_GOES_ON) {
		size_t origin = before + inflate_read(inflate);
		if (view->length == room && !grow(view, &room, limit)) {
			views->exhausted = true;
			return false;
		}
		made = room - view->length < STEP ? room - view->length : STEP;
		status = inflate_step(inflate, view->data + view->length, made, &made);
		come_from(view, made, origin);
	}
	return status == INFLATE_ENDED;
}

int view_unpack(struct views *views, const char *name, size_t start, size_t from,
		enum inflate_form form, struct view *view, size_t *end)
{
	struct bytes packed = bytes_slice(views->bytes, from, SIZE_MAX);
	struct inflate *inflate;

	*end = start + 1;
	if (*views->budget == 0) {
		views->exhausted = true;
		return 0;
	}
	inflate = inflate_new(packed, form);
	if (!inflate)
		return ERROR_MEMORY;
	*view = (struct view){ .name = name, .start = start, .packed = from };
	view->whole = unpack_all(views, inflate, packed, from - start, view);
	*end = view->length ? from + inflate_read(inflate) : start + 1;
	inflate_free(inflate);
	return view_close(views, view, *end);
}

/* --- signatures --- */

bool view_is_zlib(struct bytes bytes)
{
	return (at(bytes, 0) & 0x0f) == 8 && (at(bytes, 0) << 8 | at(bytes, 1)) % 31 == 0;
}

/* Of zlib's format and uuencode where the bytes begin, of gzip and zip, of Flash, of the end of
 * ASCII85, and of a line that begins as uuencode or packed streams of PDF do. */
size_t view_signature(struct views *views)
{
	struct pairs pairs;

	if (views->at == 0 &&
	    (view_is_zlib(views->bytes) || bytes_start_with(views->bytes, "begin ")))
		return 0;
	pairs_init(&pairs, "\x1f\x8bK\3CW~>\nx\nH\nh\nb", 8);
	return pairs_next(&pairs, views->bytes, views->at);
}

/* The header of a gzip file (RFC 1952, section 2.3): what is in it is no packed data. */
static size_t gzip_header(struct bytes bytes)
{
	struct reader reader = reader_of(bytes);
	uint8_t flags;

	reader_skip(&reader, 3);
	flags = reader_u8(&reader);
	reader_skip(&reader, 6);
	if (flags & 4)
		reader_skip(&reader, reader_u16le(&reader));
	for (unsigned texts = (flags >> 3 & 1) + (flags >> 4 & 1); texts > 0; texts--)
		while (reader_u8(&reader))
			;
	reader_skip(&reader, flags & 2 ? 2 : 0);
	return reader.offset;
}

static int unpack_gzip(struct views *views, size_t start, struct view *view, size_t *end)
{
	size_t header = gzip_header(bytes_slice(views->bytes, start, SIZE_MAX));
	int found = view_unpack(views, "gzip", start, start, INFLATE_GZIP, view, end);

	if (found == 1)
		view->packed = start + header;
	return found;
}

/* Is what was unpacked what the entry's header, or the descriptor behind the entry (APPNOTE.TXT,
 * section 4.3.9), says it was? */
static bool zip_is_right(struct bytes bytes, size_t header, size_t end, struct bytes unpacked)
{
	struct reader reader = reader_of(bytes);

	reader_seek(&reader, header + 6);
	if (reader_u16le(&reader) & 8) {
		reader_seek(&reader, end);
		if (bytes_start_with(bytes_slice(bytes, end, 4), "PK\7\10"))
			reader_skip(&reader, 4);
	} else {
		reader_seek(&reader, header + 14);
	}
	uint32_t said = reader_u32le(&reader);
	return !reader_failed(&reader) && inflate_crc32(unpacked) == said;
}

/* An entry with method 8, by its local header (APPNOTE.TXT, section 4.3.7). */
static int unpack_zip(struct views *views, size_t start, struct view *view, size_t *end)
{
	struct bytes bytes = views->bytes;
	size_t from = start + ZIP_HEADER + u16_at(bytes, start + 26) + u16_at(bytes, start + 28);
	int found = view_unpack(views, "zip", start, from, INFLATE_BARE, view, end);

	if (found == 1)
		view->whole =
			view->whole && zip_is_right(bytes, start, *end,
						    (struct bytes){ view->data, view->length });
	return found;
}

int view_packed(struct views *views, size_t start, struct view *view, size_t *end)
{
	struct bytes bytes = views->bytes;
	int found = 0;

	*end = start + 1;
	if (at(bytes, start) == 0x1f && at(bytes, start + 2) == 8 &&
	    (at(bytes, start + 3) & 0xe0) == 0)
		found = unpack_gzip(views, start, view, end);
	else if (at(bytes, start) == 'K' && at(bytes, start + 2) == 4 && start > 0 &&
		 bytes.data[start - 1] == 'P' && u16_at(bytes, start + 7) == 8)
		found = unpack_zip(views, start - 1, view, end);
	else
		found = view_document(views, start, view, end);
	if (found == 0 && *end == start + 1)
		found = view_armour(views, start, view, end);
	/* an entry of nothing: the header began before what was looked at */
	*end = *end > start ? *end : start + 1;
	return found;
}

/* --- HTTP --- */

/* The value of a header field whose name, with its colon, begins a line; empty when absent. */
static struct bytes field(struct bytes headers, const char *name)
{
	struct reader reader = reader_of(headers);
	size_t length = strlen(name);

	while (reader_left(&reader)) {
		struct bytes line = reader_line(&reader);
		if (line.length > length && strncasecmp((const char *)line.data, name, length) == 0)
			return bytes_slice(line, length, SIZE_MAX);
	}
	return (struct bytes){ NULL, 0 };
}

static bool says(struct bytes value, const char *word)
{
	size_t length = strlen(word);

	for (size_t i = 0; i + length <= value.length; i++)
		if (strncasecmp((const char *)value.data + i, word, length) == 0)
			return true;
	return false;
}

static bool begins_message(struct bytes bytes)
{
	static const char *const words[] = { "HTTP/1.", "POST ", "PUT ", "GET ", "HEAD " };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (bytes_start_with(bytes, words[i]))
			return true;
	return false;
}

/* Size of the chunk at `offset` and in *data where it begins; SIZE_MAX: that is no chunk. */
static size_t chunk_at(struct bytes bytes, size_t offset, size_t *data)
{
	size_t size = 0, digits = 0;

	for (int digit; digits < 8 && (digit = view_hex_digit(at(bytes, offset))) >= 0;
	     offset++, digits++)
		size = size << 4 | (size_t)digit;
	for (unsigned i = 0; i < 256 && offset < bytes.length && bytes.data[offset] != '\n'; i++)
		offset++;
	if (digits == 0 || at(bytes, offset) != '\n')
		return SIZE_MAX;
	*data = offset + 1;
	return size;
}

static int dechunk(struct views *views, size_t start, struct view *view, size_t *end)
{
	struct bytes bytes = views->bytes;
	size_t offset = start, data, size;
	int code;

	if (!view_open(views, "chunked", start, bytes.length - start, view, &code))
		return code;
	while ((size = chunk_at(bytes, offset, &data)) != SIZE_MAX && size > 0) {
		struct bytes chunk = bytes_slice(bytes, data, size);
		for (size_t i = 0; i < chunk.length; i++)
			view_put(view, chunk.data[i], data + i);
		offset = data + chunk.length;
		offset += at(bytes, offset) == '\r';
		offset += at(bytes, offset) == '\n';
	}
	*end = size == 0 ? data + 2 : offset;
	return view_close(views, view, *end);
}

static size_t number_of(struct bytes value)
{
	size_t number = 0;

	for (size_t i = 0; i < value.length && number < SIZE_MAX / 16; i++)
		if (value.data[i] >= '0' && value.data[i] <= '9')
			number = number * 10 + (size_t)(value.data[i] - '0');
	return number;
}

static int inflate_body(struct views *views, size_t body, struct view *view, size_t *end)
{
	bool own = view_is_zlib(bytes_slice(views->bytes, body, 2));

	return view_unpack(views, "deflate", body, body, own ? INFLATE_ZLIB : INFLATE_BARE, view,
			   end);
}

/* What the chunks held is packed itself. */
static int inflate_chunks(struct views *views, struct view *chunks, struct view *view)
{
	struct views inside = { .bytes = { chunks->data, chunks->length },
				.budget = views->budget };
	size_t end;
	int found = inflate_body(&inside, 0, view, &end);

	views->exhausted |= inside.exhausted;
	for (size_t i = 0; found == 1 && i * VIEW_GRAIN < view->length; i++)
		view->origins[i] =
			(uint32_t)(view_origin(chunks, view->origins[i]) - chunks->start);
	if (found == 1) {
		view->whole = false; /* in pieces */
		view->start = chunks->start;
		view->end = chunks->end;
	}
	view_fini(chunks);
	return found;
}

static int chunked_body(struct views *views, size_t body, bool deflated, struct view *view,
			size_t *end)
{
	struct view chunks;
	int found = dechunk(views, body, &chunks, end);

	if (found == 1 && deflated)
		return inflate_chunks(views, &chunks, view);
	*view = chunks;
	return found;
}

int view_message(struct views *views, size_t start, struct view *view, size_t *next)
{
	struct bytes rest = bytes_slice(views->bytes, start, HEADERS_LONGEST);
	const uint8_t *blank =
		begins_message(rest) ? memmem(rest.data, rest.length, "\r\n\r\n", 4) : NULL;
	size_t body, end, length;
	struct bytes headers;
	bool deflated;
	int found = 0;

	*next = SIZE_MAX;
	if (!blank)
		return 0;
	body = start + (size_t)(blank - rest.data) + 4;
	headers = bytes_slice(rest, 0, (size_t)(blank - rest.data));
	deflated = says(field(headers, "Content-Encoding:"), "deflate");
	length = number_of(field(headers, "Content-Length:"));
	end = length < views->bytes.length - body ? body + length : views->bytes.length;
	if (says(field(headers, "Transfer-Encoding:"), "chunked"))
		found = chunked_body(views, body, deflated, view, &end);
	else if (deflated)
		found = inflate_body(views, body, view, &length);
	*next = end > start && end < views->bytes.length ? end : SIZE_MAX;
	return found;
}
