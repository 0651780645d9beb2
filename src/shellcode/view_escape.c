/* Escapes: %uXXXX and %XX (JavaScript's unescape, URLs), \xXX, \uXXXX and octal (strings of most
 * languages), =XX (quoted-printable, RFC 2045, section 6.7), &#N; (HTML). A stretch goes on over
 * ends of strings that are put together again, and over plain characters between escapes. */
#include "shellcode/view.h"

#include <string.h>

enum {
	ESCAPES_LEAST = 8, /* that a stretch must have */
	GAP = 64,	   /* plain characters between two escapes */
	BEFORE = 64,	   /* plain characters before the first one that belong to the string */
	GLUE_LONGEST = 96
};

enum form { FORM_END, FORM_PLAIN, FORM_NOTHING, FORM_BYTE, FORM_WORD };

struct piece {
	enum form form;
	uint16_t value;
	size_t length; /* in the source */
};

static uint8_t at(struct bytes bytes, size_t offset)
{
	return offset < bytes.length ? bytes.data[offset] : 0;
}

/* `digits` hexadecimal digits; -1 when they are not there. */
static int32_t hex(struct bytes bytes, size_t offset, unsigned digits)
{
	int32_t value = 0;

	for (unsigned i = 0; i < digits; i++) {
		int digit = view_hex_digit(at(bytes, offset + i));
		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

static struct piece piece(enum form form, int32_t value, size_t length)
{
	return (struct piece){ value < 0 ? FORM_END : form, (uint16_t)value, length };
}

static struct piece percent(struct bytes bytes, size_t offset)
{
	if ((at(bytes, offset + 1) | 0x20) == 'u')
		return piece(FORM_WORD, hex(bytes, offset + 2, 4), 6);
	return piece(FORM_BYTE, hex(bytes, offset + 1, 2), 3);
}

static struct piece backslash(struct bytes bytes, size_t offset)
{
	static const char letters[] = "nrtbfva0\\'\"", values[] = "\n\r\t\b\f\v\a\0\\'\"";
	uint8_t next = at(bytes, offset + 1);
	const char *letter;

	if (next == 'x')
		return piece(FORM_BYTE, hex(bytes, offset + 2, 2), 4);
	if (next == 'u')
		return piece(FORM_WORD, hex(bytes, offset + 2, 4), 6);
	if (next >= '0' && next <= '3' && (at(bytes, offset + 2) & 0xf8) == '0' &&
	    (at(bytes, offset + 3) & 0xf8) == '0')
		return piece(FORM_BYTE,
			     (next & 3) << 6 | (at(bytes, offset + 2) & 7) << 3 |
				     (at(bytes, offset + 3) & 7),
			     4);
	letter = next ? strchr(letters, next) : NULL;
	return letter ? (struct piece){ FORM_PLAIN, (uint8_t)values[letter - letters], 2 }
		      : (struct piece){ FORM_END, 0, 0 };
}

static struct piece equals(struct bytes bytes, size_t offset)
{
	if (at(bytes, offset + 1) == '\n')
		return (struct piece){ FORM_NOTHING, 0, 2 };
	if (at(bytes, offset + 1) == '\r' && at(bytes, offset + 2) == '\n')
		return (struct piece){ FORM_NOTHING, 0, 3 };
	return piece(FORM_BYTE, hex(bytes, offset + 1, 2), 3);
}

static struct piece entity(struct bytes bytes, size_t offset)
{
	bool hexadecimal = (at(bytes, offset + 2) | 0x20) == 'x';
	size_t end = offset + (hexadecimal ? 3 : 2);
	uint32_t value = 0;

	if (at(bytes, offset + 1) != '#')
		return (struct piece){ FORM_END, 0, 0 };
	for (unsigned i = 0; i < 6; i++, end++) {
		int digit = view_hex_digit(at(bytes, end));
		if (digit < 0 || (!hexadecimal && digit > 9))
			break;
		value = value * (hexadecimal ? 16 : 10) + (uint32_t)digit;
	}
	if (at(bytes, end) != ';' || value > UINT16_MAX)
		return (struct piece){ FORM_END, 0, 0 };
	return piece(value > 255 ? FORM_WORD : FORM_BYTE, (int32_t)value, end + 1 - offset);
}

static struct piece next_piece(struct bytes bytes, size_t offset, uint8_t lead)
{
	uint8_t byte = at(bytes, offset);
	size_t glue;

	if (offset >= bytes.length)
		return (struct piece){ FORM_END, 0, 0 };
	if (byte == lead)
		switch (lead) {
		case '%': return percent(bytes, offset);
		case '\\': return backslash(bytes, offset);
		case '=': return equals(bytes, offset);
		default: return entity(bytes, offset);
		}
	if (byte == '"' || byte == '\'') {
		glue = lead == '=' ? 0 : view_glue(bytes, offset);
		if (glue || lead != '=')
			return (struct piece){ glue ? FORM_NOTHING : FORM_END, 0, glue };
	}
	if ((byte > ' ' && byte < 0x7f) || (byte == ' ' && lead != '%') ||
	    ((byte == '\r' || byte == '\n') && lead == '='))
		return (struct piece){ FORM_PLAIN, byte, 1 };
	return (struct piece){ FORM_END, 0, 0 };
}

struct stretch {
	size_t end; /* behind the last piece that belongs to it */
	unsigned escapes;
	bool words;
};

static struct stretch measure(struct bytes bytes, size_t start, uint8_t lead)
{
	struct stretch stretch = { .end = start };
	unsigned gap = 0;

	for (size_t i = start; gap <= GAP;) {
		struct piece next = next_piece(bytes, i, lead);
		if (next.form == FORM_END)
			break;
		i += next.length;
		gap = next.form == FORM_PLAIN ? gap + 1 : 0;
		stretch.escapes += next.form >= FORM_BYTE;
		stretch.words |= next.form == FORM_WORD;
		stretch.end = i;
	}
	return stretch;
}

/* Plain characters before the first escape that belong to the same string. */
static size_t string_start(struct bytes bytes, size_t start)
{
	size_t first = start;

	while (first > 0 && start - first < BEFORE && bytes.data[first - 1] > ' ' &&
	       bytes.data[first - 1] < 0x7f && !strchr("\"'(=,;?&<>", bytes.data[first - 1]))
		first--;
	return start - first == BEFORE ? start : first;
}

int view_escapes(struct views *views, size_t start, struct view *view, size_t *end)
{
	struct bytes bytes = views->bytes;
	uint8_t lead = bytes.data[start];
	struct stretch stretch = measure(bytes, start, lead);
	const char *name = stretch.words  ? "unescape"
			   : lead == '%'  ? "percent"
			   : lead == '\\' ? "escape"
			   : lead == '='  ? "quoted-printable"
					  : "entity";
	size_t first;
	int code;

	*end = stretch.end > start ? stretch.end : start + 1;
	if (stretch.escapes < ESCAPES_LEAST)
		return 0;
	first = lead == '=' || stretch.words ? start : string_start(bytes, start);
	if (!view_open(views, name, first, 2 * (stretch.end - first), view, &code))
		return code;
	while (first < stretch.end) {
		struct piece next = next_piece(bytes, first, lead);
		if (next.form == FORM_END)
			break;
		if (next.form != FORM_NOTHING)
			view_put(view, (uint8_t)next.value, first);
		/* A script's character has two bytes. */
		if (stretch.words && next.form != FORM_NOTHING)
			view_put(view, (uint8_t)(next.value >> 8), first);
		first += next.length;
	}
	return view_close(views, view, stretch.end);
}

/* --- strings that are put together --- */

static size_t blanks(struct bytes bytes, size_t offset)
{
	while (at(bytes, offset) == ' ' || at(bytes, offset) == '\t' || at(bytes, offset) == '\r' ||
	       at(bytes, offset) == '\n' ||
	       (at(bytes, offset) == '_' &&
		(at(bytes, offset + 1) == '\r' || at(bytes, offset + 1) == '\n')))
		offset++;
	return offset;
}

static size_t name_end(struct bytes bytes, size_t offset)
{
	for (uint8_t byte = at(bytes, offset);
	     ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') || (byte >= '0' && byte <= '9') ||
	     byte == '_' || byte == '$';
	     byte = at(bytes, offset))
		offset++;
	return offset;
}

/* [;] name (+= .= &=), or name = name + … : the way from one statement to the next. */
static size_t assignment(struct bytes bytes, size_t offset)
{
	size_t name = offset, end;

	if (at(bytes, offset) == ';')
		name = blanks(bytes, offset + 1);
	end = name_end(bytes, name);
	if (end == name)
		return 0;
	offset = blanks(bytes, end);
	if ((at(bytes, offset) == '+' || at(bytes, offset) == '.' || at(bytes, offset) == '&') &&
	    at(bytes, offset + 1) == '=')
		return blanks(bytes, offset + 2);
	if (at(bytes, offset) != '=')
		return 0;
	offset = name_end(bytes, blanks(bytes, offset + 1));
	offset = blanks(bytes, offset);
	if (at(bytes, offset) != '+' && at(bytes, offset) != '&' && at(bytes, offset) != '.')
		return 0;
	return blanks(bytes, offset + 1);
}

size_t view_glue(struct bytes whole, size_t start)
{
	struct bytes bytes = bytes_slice(whole, 0, start + GLUE_LONGEST);
	uint8_t quote = at(bytes, start);
	size_t offset, next;

	if (quote != '"' && quote != '\'')
		return 0;
	offset = blanks(bytes, start + 1);
	if (at(bytes, offset) == '+' || at(bytes, offset) == '&' || at(bytes, offset) == '.' ||
	    at(bytes, offset) == ',') {
		offset = blanks(bytes, offset + 1);
	} else {
		next = assignment(bytes, offset);
		offset = next ? next : offset;
	}
	if (at(bytes, offset) == 'b' || at(bytes, offset) == 'r') /* Python's byte strings */
		offset++;
	return at(bytes, offset) == '"' || at(bytes, offset) == '\'' ? offset + 1 - start : 0;
}
