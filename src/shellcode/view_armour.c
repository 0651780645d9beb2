/* Bytes as printable text by other alphabets than base64's: ASCII85 (ISO 32000-1, section 7.4.3;
 * PostScript) by the mark at its end, uuencode (POSIX.1, uuencode) by the line at its beginning. */
#include "shellcode/view.h"

enum {
	GROUP = 5,   /* characters of ASCII85 for four bytes */
	UU_MOST = 45 /* bytes of a line of uuencode */
};

/* --- ASCII85 --- */

static bool is_blank(uint8_t byte)
{
	return byte == 0 || byte == '\t' || byte == '\n' || byte == '\f' || byte == '\r' ||
	       byte == ' ';
}

static bool may_be_85(uint8_t byte)
{
	return (byte >= '!' && byte <= 'u') || byte == 'z' || is_blank(byte);
}

/* Where the text that ends at `end` begins, behind "<~" or a PDF's word; `end`: it is none. */
static size_t beginning_of_85(struct bytes bytes, size_t end)
{
	size_t first = end, begin = end;

	while (first > 0 && may_be_85(bytes.data[first - 1])) {
		first--;
		if (bytes.data[first] == '\n' && view_in_pdf(bytes, first + 1))
			return first + 1;
	}
	if (first > 1 && bytes.data[first - 1] == '~' && bytes.data[first - 2] == '<')
		begin = first;
	return begin;
}

/* Four bytes of five characters; of fewer, `count`, one less. False: beyond 32 bits. */
static bool put_group(struct view *view, uint64_t value, unsigned count, size_t origin)
{
	for (unsigned i = count; i < GROUP; i++)
		value = value * 85 + 84;
	if (value > UINT32_MAX)
		return false;
	for (unsigned i = 0; i + 1 < count; i++)
		view_put(view, (uint8_t)(value >> (24 - 8 * i)), origin);
	return true;
}

static void decode_85(struct bytes bytes, size_t start, size_t end, struct view *view)
{
	uint64_t value = 0;
	unsigned count = 0;
	bool right = true;

	for (size_t i = start; i < end && right; i++) {
		uint8_t byte = bytes.data[i];
		if (is_blank(byte))
			continue;
		if (byte == 'z') {
			right = count == 0 && put_group(view, 0, GROUP, i);
			continue;
		}
		value = value * 85 + (uint64_t)(byte - '!');
		if (++count < GROUP)
			continue;
		right = put_group(view, value, count, i);
		value = count = 0;
	}
	if (right && count > 1)
		(void)put_group(view, value, count, end - 1);
}

static int view_85(struct views *views, size_t at, struct view *view, size_t *end)
{
	struct bytes bytes = views->bytes;
	size_t start = beginning_of_85(bytes, at), bound = 0;
	int code;

	for (size_t i = start; i < at; i++)
		bound += bytes.data[i] == 'z' ? 4 : 1;
	*end = at + 2;
	if (start == at || !view_open(views, "ascii85", start, bound, view, &code))
		return start == at ? 0 : code;
	decode_85(bytes, start, at, view);
	return view_close(views, view, at);
}

/* --- uuencode --- */

static uint8_t at(struct bytes bytes, size_t offset)
{
	return offset < bytes.length ? bytes.data[offset] : 0;
}

static uint8_t digit_of(struct bytes bytes, size_t offset)
{
	return (uint8_t)(at(bytes, offset) - ' ') & 0x3f;
}

/* Where the line behind that at `offset` begins. */
static size_t next_line(struct bytes bytes, size_t offset)
{
	for (size_t end = offset + 256; offset < bytes.length && offset < end; offset++)
		if (bytes.data[offset] == '\n')
			return offset + 1;
	return SIZE_MAX;
}

/* Is it a line of some bytes? It begins with their number. */
static bool is_line(struct bytes bytes, size_t start)
{
	return at(bytes, start) > ' ' && at(bytes, start) <= ' ' + UU_MOST;
}

static bool put_line(struct bytes bytes, size_t start, struct view *view)
{
	unsigned count = digit_of(bytes, start);

	if (!is_line(bytes, start))
		return false;
	for (unsigned i = 0; i < count; i++) {
		size_t from = start + 1 + i / 3 * 4 + i % 3;
		if (from >= bytes.length)
			break;
		unsigned pair = (unsigned)digit_of(bytes, from) << 6 | digit_of(bytes, from + 1);
		view_put(view, (uint8_t)(pair >> (4 - 2 * (i % 3))), from);
	}
	return true;
}

/* `start`: the line that says the file's mode and name. */
static int view_uuencode(struct views *views, size_t start, struct view *view, size_t *end)
{
	struct bytes bytes = views->bytes;
	size_t line = next_line(bytes, start), lines = 0;
	int code;

	for (size_t i = line; is_line(bytes, i); i = next_line(bytes, i))
		lines++;
	if (lines == 0 || !view_open(views, "uuencode", line, lines * UU_MOST, view, &code))
		return lines == 0 ? 0 : code;
	while (line < bytes.length && put_line(bytes, line, view))
		line = next_line(bytes, line);
	*end = line < bytes.length ? line : bytes.length;
	return view_close(views, view, *end);
}

int view_armour(struct views *views, size_t start, struct view *view, size_t *end)
{
	struct bytes rest = bytes_slice(views->bytes, start, SIZE_MAX);
	size_t line = start + (at(rest, 0) == '\n');

	*end = start + 1;
	if (bytes_start_with(rest, "~>"))
		return view_85(views, start, view, end);
	if (bytes_start_with(bytes_slice(views->bytes, line, SIZE_MAX), "begin "))
		return view_uuencode(views, line, view, end);
	return 0;
}
