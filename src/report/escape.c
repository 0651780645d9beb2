/* JSON as text, plain or safe inside HTML.
 *
 * In an HTML script element the parser looks only for "</script", "<!--" and "<script" (HTML Living
 * Standard 13.2.5.4 script data state). None can appear when every '<' is written as \u003c. '>'
 * and '&' go the same way for readers that parse the page as XML. In JSON these characters stand
 * only inside strings, where the escapes mean the same, so the text can be rewritten without
 * parsing it. */
#include "report/page.h"

/* 16 significant digits give microseconds of this century's time stamps, without the noise of 17.
 */
#define NUMBERS JSON_REAL_PRECISION(16)

struct writer {
	struct buffer *buffer;
	int result; /* of the first append that was refused */
};

static void append(struct writer *writer, const char *text, size_t size)
{
	if (writer->result == 0)
		writer->result = buffer_append(writer->buffer, text, size);
}

static int write_plain(const char *text, size_t size, void *context)
{
	struct writer *writer = context;

	append(writer, text, size);
	return writer->result;
}

static const char *escape_of(char character)
{
	switch (character) {
	case '<': return "\\u003c";
	case '>': return "\\u003e";
	case '&': return "\\u0026";
	default: return NULL;
	}
}

static int write_safe(const char *text, size_t size, void *context)
{
	struct writer *writer = context;
	size_t start = 0;

	for (size_t i = 0; i < size; i++) {
		const char *escape = escape_of(text[i]);
		if (!escape)
			continue;
		append(writer, text + start, i - start);
		append(writer, escape, 6);
		start = i + 1;
	}
	append(writer, text + start, size - start);
	return writer->result;
}

static int dump(struct buffer *buffer, const json_t *value, json_dump_callback_t write,
		size_t flags)
{
	struct writer writer = { .buffer = buffer };

	if (json_dump_callback(value, write, &writer,
			       flags | JSON_COMPACT | JSON_ENCODE_ANY | NUMBERS) == 0)
		return 0;
	return writer.result < 0 ? writer.result : ERROR_INTERNAL;
}

int report_append_safe(struct buffer *buffer, const json_t *value)
{
	return dump(buffer, value, write_safe, JSON_ENSURE_ASCII);
}

int report_append_plain(struct buffer *buffer, const json_t *value)
{
	return dump(buffer, value, write_plain, 0);
}
