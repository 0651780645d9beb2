/* Code as text: hexadecimal digits and dumps, base64 (RFC 4648, also over lines as in MIME),
 * lists of numbers (arrays of every language, String.fromCharCode, VBScript's Chr), UTF-16. */
#include "shellcode/view.h"

#include <string.h>

#include "shellcode/view_base64.h"

enum {
	HEX_SHORTEST = 32,    /* digits */
	BASE64_SHORTEST = 40, /* characters */
	NUMBERS_LEAST = 12,
	BETWEEN = 24,	    /* characters between two numbers of a list */
	WIDE_SHORTEST = 16, /* pairs */
	DUMP_LINE = 16	    /* bytes of a line of a dump */
};

static uint8_t at(struct bytes bytes, size_t offset)
{
	return offset < bytes.length ? bytes.data[offset] : 0;
}

/* --- words --- */

/* The end of a line inside a long word, or the end of one string and the beginning of the next. */
static size_t seam(struct bytes bytes, size_t offset)
{
	size_t line = at(bytes, offset) == '\r' ? 1 : 0;

	if (at(bytes, offset + line) == '\n' && base64_digit(at(bytes, offset + line + 1)) >= 0)
		return line + 1;
	return view_glue(bytes, offset);
}

struct word {
	size_t end, digits;
	size_t line;  /* letters of every part but the last, which has no more; 0: they differ */
	size_t again; /* where it is looked at again without its first line, which may be text in
			 front of it; 0: not */
	bool hex;
};

/* The part of a word without seams. */
static struct word measure_part(struct bytes bytes, size_t start)
{
	struct word part = { .digits = base64_run(bytes, start) };
	size_t hex = start;

	part.end = start + part.digits;
	while (hex < part.end && view_hex_digit(bytes.data[hex]) >= 0)
		hex++;
	part.hex = hex == part.end;
	return part;
}

/* Lines that are as long as those before, behind a line's end. */
static size_t add_lines(struct bytes bytes, struct word *word, size_t skip)
{
	uint8_t end = at(bytes, word->end);
	size_t count = end == '\r' || end == '\n'
			       ? base64_lines(bytes, word->end + skip, word->line, skip)
			       : 0;

	word->digits += count * word->line;
	word->end += count * (word->line + skip);
	return count;
}

/* Is a first line of that many letters perhaps none of those behind it, and would their groups or
 * digits be told wrong with it? */
static bool may_be_text(size_t digits, const struct word *next)
{
	return digits < next->digits && (digits % 4 || (next->hex && next->digits >= HEX_SHORTEST));
}

static struct word measure_word(struct bytes bytes, size_t start)
{
	struct word word = measure_part(bytes, start);
	size_t first = word.digits, last = first;

	word.line = word.digits;
	while (word.digits) {
		size_t skip = seam(bytes, word.end);
		struct word part;
		if (skip && !word.hex && last == word.line && add_lines(bytes, &word, skip))
			continue;
		part = measure_part(bytes, word.end + skip);
		if (skip == 0 || part.digits == 0 || (word.hex && !part.hex))
			break;
		if (word.digits == first && !word.hex && may_be_text(first, &part))
			word.again = word.end + skip;
		if (last != word.line || part.digits > word.line)
			word.line = 0;
		last = part.digits;
		word.end = part.end;
		word.digits += part.digits;
	}
	if (word.line % 4) /* groups go over its end */
		word.line = 0;
	return word;
}

static int decode_hex(struct views *views, size_t start, struct word word, struct view *view)
{
	int code, high = -1;

	if (!view_open(views, "hex", start, word.digits / 2, view, &code))
		return code;
	for (size_t i = start; i < word.end; i++) {
		int digit = view_hex_digit(views->bytes.data[i]);
		size_t skip = digit < 0 ? seam(views->bytes, i) : 0;
		if (skip)
			i += skip - 1;
		if (digit < 0)
			continue;
		if (high >= 0)
			view_put(view, (uint8_t)(high << 4 | digit), i - 1);
		high = high < 0 ? digit : -1;
	}
	return view_close(views, view, word.end);
}

/* How many letters of a word are at `from`, where a part begins if all are as long. */
static size_t letters_at(struct bytes bytes, size_t from, const struct word *word)
{
	if (word->line == 0)
		return base64_run(bytes_slice(bytes, 0, word->end), from);
	return word->end - from < word->line ? word->end - from : word->line;
}

/* Whole groups of a part at `from`; how many letters they had. */
static size_t decode_groups(struct bytes bytes, size_t from, const struct word *word,
			    struct view *view)
{
	size_t groups = letters_at(bytes, from, word) / 4;
	size_t last = view->length + 3 * groups;

	base64_decode(bytes.data + from, groups, view->data + view->length);
	/* a byte comes from the letter that completes it */
	for (size_t i = (view->length + VIEW_GRAIN - 1) / VIEW_GRAIN; i * VIEW_GRAIN < last; i++) {
		size_t made = i * VIEW_GRAIN - view->length;
		view->origins[i] = (uint32_t)(from - view->start + made / 3 * 4 + made % 3 + 1);
	}
	view->length = last;
	return 4 * groups;
}

static int decode_base64(struct views *views, size_t start, struct word word, struct view *view)
{
	uint32_t bits = 0;
	unsigned count = 0;
	int code;

	if (!view_open(views, "base64", start, word.digits / 4 * 3 + 3 + BASE64_SLACK, view, &code))
		return code;
	for (size_t i = start; i < word.end; i++) {
		int digit;
		size_t skip;
		if (count == 0)
			i += decode_groups(views->bytes, i, &word, view);
		if (i >= word.end)
			break;
		digit = base64_digit(views->bytes.data[i]);
		skip = digit < 0 ? seam(views->bytes, i) : 0;
		if (skip)
			i += skip - 1;
		if (digit < 0)
			continue;
		bits = bits << 6 | (uint32_t)digit;
		if ((count += 6) < 8)
			continue;
		count -= 8;
		view_put(view, (uint8_t)(bits >> count), i);
	}
	return view_close(views, view, word.end);
}

int view_token(struct views *views, size_t start, struct view *view, size_t *end)
{
	size_t from = start;
	struct word word;

	*end = start + 1;
	if (base64_digit(views->bytes.data[start]) < 0)
		return 0;
	/* The pass saw a part of the word: it begins before. */
	while (start > 0 && base64_digit(views->bytes.data[start - 1]) >= 0)
		start--;
	if (views->bytes.data[start] == '0' && (at(views->bytes, start + 1) | 0x20) == 'x')
		start += 2;
	word = measure_word(views->bytes, start);
	*end = word.end > from ? word.end : from + 1;
	if (word.again > from)
		*end = word.again;
	if (word.hex && word.digits >= HEX_SHORTEST)
		return decode_hex(views, start, word, view);
	return !word.hex && word.digits >= BASE64_SHORTEST ? decode_base64(views, start, word, view)
							   : 0;
}

/* --- lists of numbers --- */

enum base { BASE_NONE, BASE_TEN, BASE_SIXTEEN, BASE_BARE /* two digits: hexadecimal, perhaps */ };

struct number {
	size_t end;
	uint32_t value, bare; /* as decimal, as hexadecimal */
	unsigned digits;
	enum base base;
	bool negative;
};

static struct number number_at(struct bytes bytes, size_t offset)
{
	struct number number = { .end = offset, .base = BASE_TEN };
	bool prefixed = false;

	if (at(bytes, offset) == '-' && at(bytes, offset + 1) >= '0' &&
	    at(bytes, offset + 1) <= '9') {
		number.negative = true;
		offset++;
	}
	if ((at(bytes, offset) == '0' && (at(bytes, offset + 1) | 0x20) == 'x') ||
	    (at(bytes, offset) == '&' && (at(bytes, offset + 1) | 0x20) == 'h')) {
		prefixed = true;
		offset += 2;
	}
	for (int digit; number.digits < 10 && (digit = view_hex_digit(at(bytes, offset))) >= 0;
	     offset++) {
		if (digit > 9 && !prefixed)
			number.base = BASE_BARE;
		number.bare = number.bare << 4 | (uint32_t)digit;
		number.value = number.value * 10 + (uint32_t)digit;
		number.digits++;
	}
	number.end = offset;
	if (prefixed)
		number.base = BASE_SIXTEEN;
	if (number.digits == 0 || number.digits > 8 ||
	    (number.base == BASE_BARE && number.digits != 2))
		number.base = BASE_NONE;
	return number;
}

/* What may stand between two numbers: blanks, commas, brackets, Chr( and its like, not words. */
static size_t between_numbers(struct bytes bytes, size_t offset)
{
	size_t start = offset;

	for (; offset < bytes.length && offset - start < BETWEEN; offset++) {
		uint8_t byte = bytes.data[offset];
		if (byte == '&' && (at(bytes, offset + 1) | 0x20) == 'h')
			break;
		if ((byte | 0x20) == 'c' && (at(bytes, offset + 1) | 0x20) == 'h' &&
		    (at(bytes, offset + 2) | 0x20) == 'r') {
			offset += (at(bytes, offset + 3) | 0x20) == 'w' ? 3 : 2;
			continue;
		}
		if (byte == 0 || !strchr(" ,;:&+.(){}[]\t\r\n_\"'", byte))
			break;
	}
	return offset;
}

struct list {
	size_t end;
	unsigned count;
	uint32_t largest;
	bool bare; /* all of two digits, one of them a letter: hexadecimal without a sign of it */
	bool two;
};

static uint32_t number_value(const struct list *list, const struct number *number)
{
	if (number->base == BASE_SIXTEEN || list->bare)
		return number->bare;
	return number->negative ? 0u - number->value : number->value;
}

static struct list measure_list(struct bytes bytes, size_t start)
{
	struct list list = { .end = start, .two = true };
	bool letters = false;

	for (size_t i = start;;) {
		struct number number = number_at(bytes, i);
		size_t next;
		if (number.base == BASE_NONE)
			break;
		list.two &= number.digits == 2 && number.base != BASE_SIXTEEN && !number.negative;
		letters |= number.base == BASE_BARE;
		if (letters && !list.two)
			break;
		uint32_t value = number.base == BASE_SIXTEEN ? number.bare : number.value;
		if (!number.negative && value > list.largest)
			list.largest = value;
		list.count++;
		list.end = number.end;
		next = between_numbers(bytes, number.end);
		if (next == number.end)
			break;
		i = next;
	}
	list.bare = letters && list.two;
	return list;
}

/* Numbers past a byte are characters of a script or words of an array. */
static unsigned width_of(const struct list *list)
{
	return list->bare || list->largest <= 0xff ? 1 : list->largest <= 0xffff ? 2 : 4;
}

static int decode_list(struct views *views, size_t start, const struct list *list,
		       struct view *view)
{
	unsigned width = width_of(list);
	int code;

	if (!view_open(views, list->bare ? "hex" : "list", start, (size_t)list->count * width, view,
		       &code))
		return code;
	for (size_t i = start; i < list->end;) {
		struct number number = number_at(views->bytes, i);
		uint32_t value = number_value(list, &number);
		for (unsigned byte = 0; byte < width; byte++)
			view_put(view, (uint8_t)(value >> 8 * byte), i);
		i = between_numbers(views->bytes, number.end);
	}
	return view_close(views, view, list->end);
}

/* --- dumps: an offset, groups of digits, and what may stand behind them --- */

static size_t line_end(struct bytes bytes, size_t offset)
{
	const uint8_t *end = offset < bytes.length
				     ? memchr(bytes.data + offset, '\n', bytes.length - offset)
				     : NULL;

	return end ? (size_t)(end - bytes.data) + 1 : bytes.length;
}

static size_t hex_digits(struct bytes bytes, size_t offset)
{
	size_t count = 0;

	while (count < 20 && view_hex_digit(at(bytes, offset + count)) >= 0)
		count++;
	return count;
}

/* Behind the offset at the beginning of a line of a dump; 0: it is none. */
static size_t dump_line(struct bytes bytes, size_t start)
{
	size_t digits = hex_digits(bytes, start), offset = start + digits;

	if (digits < 4 || digits > 16)
		return 0;
	if (at(bytes, offset) == ':')
		offset++;
	if (at(bytes, offset) != ' ' && at(bytes, offset) != '\t')
		return 0;
	while (at(bytes, offset) == ' ' || at(bytes, offset) == '\t')
		offset++;
	digits = hex_digits(bytes, offset);
	return digits == 2 || digits == 4 || digits == 8 ? offset : 0;
}

static unsigned put_dump_line(struct bytes bytes, size_t offset, struct view *view)
{
	unsigned count = 0;

	while (count < DUMP_LINE) {
		size_t digits = hex_digits(bytes, offset), blanks = 0;
		if (digits != 2 && digits != 4 && digits != 8)
			break;
		for (size_t i = 0; i < digits && count < DUMP_LINE; i += 2, count++)
			if (view)
				view_put(view,
					 (uint8_t)(view_hex_digit(bytes.data[offset + i]) << 4 |
						   view_hex_digit(bytes.data[offset + i + 1])),
					 offset + i);
		offset += digits;
		while (at(bytes, offset + blanks) == ' ' || at(bytes, offset + blanks) == '-')
			blanks++;
		if (blanks == 0 || blanks > 2)
			break;
		offset += blanks;
	}
	return count;
}

static int view_dump(struct views *views, size_t start, struct view *view, size_t *end)
{
	struct bytes bytes = views->bytes;
	size_t count = 0, line, last = start;
	int code;

	for (line = start; dump_line(bytes, line); line = last) {
		count += put_dump_line(bytes, dump_line(bytes, line), NULL);
		last = line_end(bytes, line);
	}
	if (count < 2 * DUMP_LINE - 8)
		return 0;
	*end = last;
	if (!view_open(views, "hex", start, count, view, &code))
		return code;
	for (line = start; line < last; line = line_end(bytes, line))
		put_dump_line(bytes, dump_line(bytes, line), view);
	return view_close(views, view, last);
}

/* The beginning of the number that the pass has seen a part of; SIZE_MAX: it belongs to a word. */
static size_t number_start(struct bytes bytes, size_t start)
{
	size_t first = start;

	while (first > 0 && view_hex_digit(bytes.data[first - 1]) >= 0 && start - first < 16)
		first--;
	if (first > 1 && (((bytes.data[first - 1] | 0x20) == 'x' && bytes.data[first - 2] == '0') ||
			  ((bytes.data[first - 1] | 0x20) == 'h' && bytes.data[first - 2] == '&')))
		first -= 2;
	if (first > 0 &&
	    (base64_digit(bytes.data[first - 1]) >= 0 && bytes.data[first - 1] != '-' &&
	     bytes.data[first - 1] != '+' && bytes.data[first - 1] != '/'))
		return SIZE_MAX;
	return first;
}

int view_list(struct views *views, size_t start, struct view *view, size_t *end)
{
	struct bytes bytes = views->bytes;
	struct list list = { .end = start };
	size_t first;
	int found;

	*end = start + 1;
	if (view_hex_digit(bytes.data[start]) < 0 && bytes.data[start] != '-' &&
	    bytes.data[start] != '&')
		return 0;
	first = number_start(bytes, start);
	if (first == 0 || (first != SIZE_MAX && bytes.data[first - 1] == '\n')) {
		found = view_dump(views, first, view, end);
		if (found != 0)
			return found;
	}
	if (first != SIZE_MAX)
		list = measure_list(bytes, first);
	while (list.count < NUMBERS_LEAST && view_hex_digit(at(bytes, list.end)) >= 0)
		list.end++;
	*end = list.end > start ? list.end : start + 1;
	return list.count >= NUMBERS_LEAST ? decode_list(views, first, &list, view) : 0;
}

/* --- UTF-16 --- */

int view_wide(struct views *views, size_t start, struct view *view, size_t *end)
{
	struct bytes bytes = views->bytes;
	size_t first = start, last;
	int code;

	if (bytes.data[first] == 0) { /* little-endian: the character comes first */
		*end = start + 1;
		return 0;
	}
	for (last = first;
	     last + 1 < bytes.length && bytes.data[last] && bytes.data[last + 1] == 0;)
		last += 2;
	*end = last > start ? last : start + 1;
	if (last - first < 2 * WIDE_SHORTEST)
		return 0;
	if (!view_open(views, "utf-16", first, (last - first) / 2, view, &code))
		return code;
	for (size_t i = first; i < last; i += 2)
		view_put(view, bytes.data[i], i);
	return view_close(views, view, last);
}
