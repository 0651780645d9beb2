#include "remedy/extract.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Reads "{name:type}" at the beginning of `template`. Its length, or 0: malformed. */
static size_t read_placeholder(const char *template, struct extract_value *value)
{
	char type[16];
	int length = 0;

	if (sscanf(template, "{%31[a-z_]:%15[a-z]}%n", value->name, type, &length) != 2 || !length)
		return 0;
	int found = parameter_type_find(type);
	value->type = (enum parameter_type)found;
	return found < 0 ? 0 : (size_t)length;
}

const char *extract_check(const char *template)
{
	struct extract_value value;
	size_t names = 0;

	if (!*template || *template == ' ')
		return "a template begins with a letter or a placeholder";
	for (const char *at = template; *at;) {
		if (*at != '{') {
			at++;
			continue;
		}
		size_t length = read_placeholder(at, &value);
		if (length == 0)
			return "a placeholder looks like {name:type}, type one of address, port, "
			       "proto, host, bulletin, number, hash, file, key, word, url, text";
		if (++names > EXTRACT_NAMES)
			return "a template has at most 4 placeholders";
		at += length;
	}
	return names ? NULL : "a template needs a placeholder like {port:port}";
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Takes the longest value; what belongs to its type by letter but not by form (a port behind an
 * address, the full stop of a sentence) is left. A value only ends where its run of bytes or a part
 * of it ends. */
static bool take(struct extract_value *value, struct bytes text, size_t *at)
{
	char raw[PARAMETER_SIZE];
	struct bytes rest = bytes_slice(text, *at, PARAMETER_SIZE - 1);
	size_t span = parameter_span(value->type, rest);

	for (size_t length = span; length > 0; length--) {
		if (length < span && !ispunct(rest.data[length]))
			continue;
		memcpy(raw, rest.data, length);
		raw[length] = 0;
		if (!parameter_canonical(value->type, raw, value->text))
			continue;
		*at += length;
		return true;
	}
	return false;
}

static bool match_at(const char *template, struct bytes text, size_t at,
		     struct extract_value values[EXTRACT_NAMES], size_t *count)
{
	*count = 0;
	while (*template) {
		if (*template == '{') {
			struct extract_value *value = &values[*count];
			template += read_placeholder(template, value);
			if (!take(value, text, &at))
				return false;
			++*count;
			continue;
		}
		if (at >= text.length)
			return false;
		if (*template == ' ') {
			if (!is_space(text.data[at]))
				return false;
			while (at < text.length && is_space(text.data[at]))
				at++;
		} else if (tolower((unsigned char)*template) != tolower(text.data[at++])) {
			return false;
		}
		template ++;
	}
	return true;
}

size_t extract_find(const char *template, struct bytes text,
		    struct extract_value values[EXTRACT_NAMES], bool *matched)
{
	size_t count = 0;

	text = bytes_slice(text, 0, EXTRACT_TEXT);
	for (size_t at = 0; at < text.length; at++) {
		/* A value must begin where a run of its bytes begins: no port out of the middle of
		 * a number. */
		bool inside = *template == '{' && at && isalnum(text.data[at - 1]) &&
			      isalnum(text.data[at]);
		*matched = !inside && match_at(template, text, at, values, &count);
		if (*matched)
			return count;
	}
	*matched = false;
	return 0;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t extract_unescape(const char *text, uint8_t *into, size_t size)
{
	size_t length = 0;

	while (*text && length < size) {
		int high = text[0] == '\\' && text[1] == 'x' ? hex(text[2]) : -1;
		int low = high >= 0 ? hex(text[3]) : -1;
		if (low >= 0) {
			into[length++] = (uint8_t)(high * 16 + low);
			text += 4;
		} else {
			into[length++] = (uint8_t)*text++;
		}
	}
	return length;
}
