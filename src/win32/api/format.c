/* printf for the guest: one engine for the C run-time and wsprintf, with Microsoft's sizes (I64,
 * %S, %hs). */
#include <stdio.h>
#include <string.h>

#include "win32/api/shared.h"

#define WIDTH_LIMIT 4096 /* of one conversion: wider ones are cut */

struct conversion {
	bool left, plus, space, alternate, zero;
	int width, precision; /* precision -1: none */
	enum { SIZE_NONE, SIZE_SHORT, SIZE_LONG, SIZE_64 } size;
	char kind;
};

struct arguments {
	struct win32 *w;
	uint32_t at;
};

static uint32_t next_word(struct arguments *arguments)
{
	arguments->at += 4;
	return win32_u32(arguments->w, arguments->at - 4);
}

static uint64_t next_double_word(struct arguments *arguments)
{
	uint64_t low = next_word(arguments);
	return low | (uint64_t)next_word(arguments) << 32;
}

static int number(const char **format, struct arguments *arguments)
{
	int value = 0;

	if (**format == '*') {
		(*format)++;
		value = (int)next_word(arguments);
	}
	while (**format >= '0' && **format <= '9') {
		if (value < WIDTH_LIMIT)
			value = 10 * value + (**format - '0');
		(*format)++;
	}
	return value > WIDTH_LIMIT ? WIDTH_LIMIT : value;
}

static const char *parse(const char *format, struct conversion *c, struct arguments *arguments)
{
	*c = (struct conversion){ .precision = -1 };
	for (;; format++) {
		if (*format == '-')
			c->left = true;
		else if (*format == '+')
			c->plus = true;
		else if (*format == ' ')
			c->space = true;
		else if (*format == '#')
			c->alternate = true;
		else if (*format == '0')
			c->zero = true;
		else
			break;
	}
	c->width = number(&format, arguments);
	if (c->width < 0) {
		c->left = true;
		c->width = c->width < -WIDTH_LIMIT ? WIDTH_LIMIT : -c->width;
	}
	if (*format == '.') {
		format++;
		c->precision = number(&format, arguments);
	}
	for (;; format++) {
		if (*format == 'h')
			c->size = SIZE_SHORT;
		else if (*format == 'l' || *format == 'L' || *format == 'w')
			c->size = c->size == SIZE_LONG && *format == 'l' ? SIZE_64 : SIZE_LONG;
		else if (strncmp(format, "I64", 3) == 0) {
			c->size = SIZE_64;
			format += 2;
		} else if (strncmp(format, "I32", 3) == 0)
			format += 2;
		else if (*format != 'F' && *format != 'N')
			break;
	}
	c->kind = *format;
	return *format ? format + 1 : format;
}

static void pad(struct buffer *out, int count, char with)
{
	while (count-- > 0 && buffer_append(out, &with, 1) == 0)
		continue;
}

/* sign or prefix, then zeros or blanks, then the digits */
static void put_field(struct buffer *out, const struct conversion *c, const char *prefix,
		      const char *body, bool zero)
{
	int length = (int)(strlen(prefix) + strlen(body));

	if (!c->left && !zero)
		pad(out, c->width - length, ' ');
	buffer_append_text(out, prefix);
	if (!c->left && zero)
		pad(out, c->width - length, '0');
	buffer_append_text(out, body);
	if (c->left)
		pad(out, c->width - length, ' ');
}

static void put_integer(struct buffer *out, const struct conversion *c, struct arguments *arguments)
{
	bool is_signed = c->kind == 'd' || c->kind == 'i';
	uint64_t value = c->size == SIZE_64 ? next_double_word(arguments) : next_word(arguments);
	char digits[WIDTH_LIMIT + 32], plain[32];
	const char *prefix = "";

	if (c->size == SIZE_SHORT)
		value = is_signed ? (uint64_t)(int16_t)value : (uint16_t)value;
	else if (c->size != SIZE_64 && is_signed)
		value = (uint64_t)(int32_t)value;
	if (is_signed && (int64_t)value < 0) {
		prefix = "-";
		value = 0 - value;
	} else if (is_signed) {
		prefix = c->plus ? "+" : c->space ? " " : "";
	} else if (c->alternate && value && c->kind != 'u') {
		prefix = c->kind == 'o' ? "0" : c->kind == 'x' ? "0x" : "0X";
	}
	if (c->kind == 'x' || c->kind == 'p')
		snprintf(plain, sizeof plain, "%llx", (unsigned long long)value);
	else if (c->kind == 'X')
		snprintf(plain, sizeof plain, "%llX", (unsigned long long)value);
	else if (c->kind == 'o')
		snprintf(plain, sizeof plain, "%llo", (unsigned long long)value);
	else
		snprintf(plain, sizeof plain, "%llu", (unsigned long long)value);
	int length = (int)strlen(plain), zeros = c->precision > length ? c->precision - length : 0;
	memset(digits, '0', (size_t)zeros);
	strcpy(digits + zeros, c->precision == 0 && value == 0 ? "" : plain);
	put_field(out, c, prefix, digits, c->zero && c->precision < 0);
}

static void put_double(struct buffer *out, const struct conversion *c, struct arguments *arguments)
{
	uint64_t bits = next_double_word(arguments);
	double value;
	char text[512];
	int precision = c->precision < 0 ? 6 : c->precision > 100 ? 100 : c->precision;

	memcpy(&value, &bits, sizeof value);
	switch (c->kind) {
	case 'e': snprintf(text, sizeof text, "%.*e", precision, value); break;
	case 'E': snprintf(text, sizeof text, "%.*E", precision, value); break;
	case 'g': snprintf(text, sizeof text, "%.*g", precision, value); break;
	case 'G': snprintf(text, sizeof text, "%.*G", precision, value); break;
	default: snprintf(text, sizeof text, "%.*f", precision, value); break;
	}
	bool negative = text[0] == '-';
	put_field(out, c, negative ? "-" : c->plus ? "+" : "", text + negative, c->zero);
}

static void put_string(struct buffer *out, const struct conversion *c, struct arguments *arguments,
		       bool wide)
{
	uint32_t address = next_word(arguments);
	const char *text = address ? text_at(arguments->w, address, wide) : "(null)";
	size_t length = strlen(text);

	if (c->precision >= 0 && (size_t)c->precision < length)
		length = (size_t)c->precision;
	if (!c->left)
		pad(out, c->width - (int)length, c->zero ? '0' : ' ');
	buffer_append(out, text, length);
	if (c->left)
		pad(out, c->width - (int)length, ' ');
}

static void put_one(struct buffer *out, const struct conversion *c, struct arguments *arguments,
		    bool wide)
{
	uint32_t word;
	char character[2] = { 0, 0 };

	switch (c->kind) {
	case 'd':
	case 'i':
	case 'u':
	case 'x':
	case 'X':
	case 'o': put_integer(out, c, arguments); break;
	case 'p': {
		struct conversion pointer = *c;
		pointer.kind = 'X';
		pointer.precision = 8;
		put_integer(out, &pointer, arguments);
		break;
	}
	case 'c':
	case 'C':
		character[0] = (char)next_word(arguments);
		if (character[0])
			put_field(out, c, "", text_from_ansi(arguments->w, character, 1), false);
		else
			buffer_append(out, "", 1);
		break;
	case 's':
	case 'S':
		/* %S is the other width; h and l say which */
		put_string(out, c, arguments,
			   c->size == SIZE_LONG	   ? true
			   : c->size == SIZE_SHORT ? false
						   : wide != (c->kind == 'S'));
		break;
	case 'f':
	case 'e':
	case 'E':
	case 'g':
	case 'G': put_double(out, c, arguments); break;
	case 'n':
		word = next_word(arguments);
		win32_put_u32(arguments->w, word, (uint32_t)out->length);
		break;
	default: buffer_append(out, &c->kind, c->kind != 0); break;
	}
}

void win32_format(struct win32 *w, const char *format, uint32_t at, bool wide, struct buffer *out)
{
	struct arguments arguments = { w, at };

	while (*format) {
		size_t plain = strcspn(format, "%");
		buffer_append(out, format, plain);
		format += plain;
		if (!*format)
			break;
		struct conversion conversion;
		format = parse(format + 1, &conversion, &arguments);
		put_one(out, &conversion, &arguments, wide);
	}
}
