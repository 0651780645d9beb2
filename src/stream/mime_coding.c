/* The codings in which mail carries bytes: base64 and quoted-printable (RFC 2045, sections 6.7 and
 * 6.8), uuencode (POSIX), and those of names (RFC 2047, RFC 2231). All are forgiving, as mail
 * programs are: what does not belong is passed over, and said. */
#include "stream/mime.h"

#include <string.h>

static void put(struct buffer *into, uint32_t byte)
{
	uint8_t value = (uint8_t)byte;
	(void)buffer_append(into, &value, 1); /* a refused append sticks in the buffer */
}

/* What a character stands for; what is none of the alphabet is FOREIGN, but blanks, line ends and
 * padding are BETWEEN. */
enum { FOREIGN = 0x80, BETWEEN = 0x40, NO_DIGIT = FOREIGN | BETWEEN, DECODED_AT_ONCE = 3 * 256 };

static const uint8_t *base64_values(void)
{
#define B   BETWEEN
#define F   FOREIGN
#define F8  F, F, F, F, F, F, F, F
#define F16 F8, F8
	static const uint8_t values[256] = {
		F8, F,	B,  B,	F,   F,	  B,   F16, F,	 F,   B,   F8,	F,  F,	62, F,	F,  F,
		63, 52, 53, 54, 55,  56,  57,  58,  59,	 60,  61,  F,	F,  F,	B,  F,	F,  F,
		0,  1,	2,  3,	4,   5,	  6,   7,   8,	 9,   10,  11,	12, 13, 14, 15, 16, 17,
		18, 19, 20, 21, 22,  23,  24,  25,  F,	 F,   F,   F,	F,  F,	26, 27, 28, 29,
		30, 31, 32, 33, 34,  35,  36,  37,  38,	 39,  40,  41,	42, 43, 44, 45, 46, 47,
		48, 49, 50, 51, F16, F16, F16, F16, F16, F16, F16, F16, F,  F,	F,  F,	F
	};
#undef F16
#undef F8
#undef F
#undef B
	return values;
}

/* Groups of four characters that all belong, from *at on, as far as they come; a part of them at a
 * time goes into the buffer. */
static void put_whole_groups(struct bytes text, size_t *at, const uint8_t *values,
			     struct buffer *into)
{
	uint8_t decoded[DECODED_AT_ONCE];
	size_t length = 0;

	while (*at + 4 <= text.length && length < sizeof decoded) {
		const uint8_t *four = text.data + *at;
		uint8_t a = values[four[0]], b = values[four[1]], c = values[four[2]],
			d = values[four[3]];
		if ((a | b | c | d) & NO_DIGIT)
			break;
		decoded[length++] = (uint8_t)(a << 2 | b >> 4);
		decoded[length++] = (uint8_t)(b << 4 | c >> 2);
		decoded[length++] = (uint8_t)(c << 6 | d);
		*at += 4;
	}
	if (length)
		(void)buffer_append(into, decoded, length); /* a refusal sticks in the buffer */
}

bool mime_is_base64(struct bytes text)
{
	const uint8_t *values = base64_values();
	unsigned foreign = 0;
	size_t i = 0;

	for (; i + 4 <= text.length; i += 4) {
		const uint8_t *four = text.data + i;
		foreign |= (unsigned)values[four[0]] | values[four[1]] | values[four[2]] |
			   values[four[3]];
	}
	for (; i < text.length; i++)
		foreign |= values[text.data[i]];
	return !(foreign & FOREIGN);
}

bool mime_decode_base64(struct bytes text, struct buffer *into)
{
	const uint8_t *values = base64_values();
	uint32_t bits = 0;
	unsigned count = 0;
	bool clean = true;

	for (size_t i = 0; i < text.length; i++) {
		if (count % 4 == 0) {
			put_whole_groups(text, &i, values, into);
			if (i == text.length)
				break;
		}
		uint8_t c = text.data[i];
		if (c == '=') {
			count = 0; /* padding ends a run; another may follow */
			continue;
		}
		if (values[c] & NO_DIGIT) {
			clean &= values[c] == BETWEEN;
			continue;
		}
		bits = bits << 6 | values[c];
		count++;
		if (count % 4 == 2)
			put(into, bits >> 4);
		else if (count % 4 == 3)
			put(into, bits >> 2);
		else if (count % 4 == 0)
			put(into, bits);
	}
	return clean;
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that two hexadecimal digits at `at` give, or -1. */
static int hex_pair(struct bytes text, size_t at)
{
	int high = at + 1 < text.length ? hex_value(text.data[at]) : -1;
	int low = high < 0 ? -1 : hex_value(text.data[at + 1]);
	return low < 0 ? -1 : high << 4 | low;
}

bool mime_decode_quoted(struct bytes text, struct buffer *into)
{
	bool clean = true;

	for (size_t i = 0; i < text.length; i++) {
		int pair = text.data[i] == '=' ? hex_pair(text, i + 1) : -1;
		if (text.data[i] != '=') {
			put(into, text.data[i]);
		} else if (pair >= 0) {
			put(into, (uint32_t)pair);
			i += 2;
		} else if (bytes_start_with(bytes_slice(text, i + 1, 2), "\r\n")) {
			i += 2; /* a soft line break */
		} else if (i + 1 < text.length && text.data[i + 1] == '\n') {
			i++;
		} else {
			clean = false;
			put(into, '=');
		}
	}
	return clean;
}

static uint32_t uu_value(struct bytes line, size_t at)
{
	return at < line.length ? (uint32_t)(line.data[at] - 32) & 63 : 0;
}

bool mime_decode_uu(struct bytes lines, struct buffer *into)
{
	struct reader reader = reader_of(lines);
	bool clean = true;

	while (reader_left(&reader)) {
		struct bytes line = reader_line(&reader);
		uint32_t length = uu_value(line, 0);
		clean &= line.length == 0 || line.length >= 1 + (size_t)(length * 4 + 2) / 3;
		for (uint32_t i = 0, at = 1; i < length && at < line.length; at += 4) {
			uint32_t bits = uu_value(line, at) << 18 | uu_value(line, at + 1) << 12 |
					uu_value(line, at + 2) << 6 | uu_value(line, at + 3);
			for (int shift = 16; shift >= 0 && i < length; shift -= 8, i++)
				put(into, bits >> shift);
		}
	}
	return clean;
}

void mime_decode_percent(struct bytes text, struct buffer *into)
{
	for (size_t i = 0; i < text.length; i++) {
		int pair = text.data[i] == '%' ? hex_pair(text, i + 1) : -1;
		if (pair >= 0)
			i += 2;
		put(into, pair >= 0 ? (uint32_t)pair : text.data[i]);
	}
}

/* "=?charset?B?text?=" at the beginning of `text`: its length and parts; 0: none. */
static size_t encoded_word(struct bytes text, uint8_t *coding, struct bytes *content)
{
	size_t charset =
		bytes_start_with(text, "=?") ? bytes_find(text, bytes_of("?"), 2) : SIZE_MAX;
	if (charset == SIZE_MAX || charset + 2 >= text.length || text.data[charset + 2] != '?')
		return 0;
	*coding = text.data[charset + 1] | 32;
	size_t begin = charset + 3;
	size_t end = bytes_find(text, bytes_of("?="), begin);
	if (end == SIZE_MAX || (*coding != 'b' && *coding != 'q'))
		return 0;
	*content = bytes_slice(text, begin, end - begin);
	return end + 2;
}

void mime_decode_words(struct bytes text, struct buffer *into)
{
	for (size_t i = 0; i < text.length;) {
		uint8_t coding;
		struct bytes content;
		size_t length = encoded_word(bytes_slice(text, i, SIZE_MAX), &coding, &content);
		if (length == 0) {
			put(into, text.data[i++]);
			continue;
		}
		size_t before = into->length;
		if (coding == 'b')
			mime_decode_base64(content, into);
		else
			mime_decode_quoted(content, into);
		for (size_t j = before; coding == 'q' && j < into->length; j++)
			if (into->data[j] == '_')
				into->data[j] = ' ';
		i += length;
	}
}
