/* What a mail message carries: its parts are opened down to the attachments, which are decoded.
 *
 * A part is an attachment when it has a name, or when its type or its content is no text. A text is
 * searched for uuencoded files. Limits: eight levels of parts, headers of 64 KiB; what lies beyond
 * is not read and the description says that it was cut. */
#include "stream/mime.h"

#include <stdio.h>
#include <string.h>

#define DEPTH_MOST    8
#define HEADER_MOST   (64u << 10)
#define NAME_MOST     1024u
#define SECTIONS_MOST 10

struct mime {
	struct describer *describer;
	enum stream_side sender;
	size_t offset;
	const char *carrier;
};

/* The header fields that say what a part is. */
struct entity {
	struct bytes type, disposition, encoding, body;
};

static void read_entity(struct mime *mime, struct bytes text, int depth);

/* --- headers --- */

/* One field with its continuation lines, unfolded as far as parameters need it: line ends count as
 * blanks. */
static struct bytes next_field(struct reader *reader)
{
	size_t begin = reader->offset;
	(void)reader_line(reader);
	while (reader_left(reader) && (reader->bytes.data[reader->offset] == ' ' ||
				       reader->bytes.data[reader->offset] == '\t'))
		(void)reader_line(reader);
	return bytes_slice(reader->bytes, begin, reader->offset - begin);
}

static struct bytes value_of(struct bytes field, const char *name)
{
	size_t length = strlen(name);
	if (!text_starts_ignoring_case(field, name) || field.length <= length ||
	    field.data[length] != ':')
		return (struct bytes){ NULL, 0 };
	return text_trim(bytes_slice(field, length + 1, SIZE_MAX));
}

static void keep(struct bytes *kept, struct bytes value)
{
	if (kept->length == 0 && value.length)
		*kept = value;
}

/* Headers end at an empty line; without one the whole is header. */
static struct entity entity_of(struct mime *mime, struct bytes text)
{
	struct reader reader = reader_of(text);
	struct entity entity = { .body = { NULL, 0 } };

	while (reader_left(&reader)) {
		struct bytes field = next_field(&reader);
		if (text_trim(field).length == 0)
			break;
		if (reader.offset > HEADER_MOST) {
			mime->describer->cut = true;
			return entity;
		}
		keep(&entity.type, value_of(field, "Content-Type"));
		keep(&entity.disposition, value_of(field, "Content-Disposition"));
		keep(&entity.encoding, value_of(field, "Content-Transfer-Encoding"));
	}
	entity.body = bytes_slice(text, reader.offset, SIZE_MAX);
	return entity;
}

/* The value of the parameter `name` (with "=" behind it), without quotes. */
static struct bytes parameter(struct bytes value, const char *name)
{
	bool quoted = false;

	for (size_t i = 0; i < value.length; i++) {
		if (value.data[i] == '"')
			quoted = !quoted;
		if (value.data[i] != ';' || quoted)
			continue;
		struct bytes rest = text_trim(bytes_slice(value, i + 1, SIZE_MAX));
		if (!text_starts_ignoring_case(rest, name))
			continue;
		rest = text_trim(bytes_slice(rest, strlen(name), SIZE_MAX));
		if (bytes_start_with(rest, "\"")) {
			size_t end = bytes_find(rest, bytes_of("\""), 1);
			return bytes_slice(rest, 1, end == SIZE_MAX ? SIZE_MAX : end - 1);
		}
		size_t length = 0;
		while (length < rest.length && rest.data[length] != ';' && rest.data[length] > ' ')
			length++;
		return bytes_slice(rest, 0, length);
	}
	return (struct bytes){ NULL, 0 };
}

/* "name*=charset'language'text" and its sections "name*0*=", "name*1=" (RFC 2231). */
static bool extended_parameter(struct bytes value, const char *name, struct buffer *into)
{
	char section[40];

	snprintf(section, sizeof section, "%s*=", name);
	struct bytes whole = parameter(value, section);
	for (int i = 0; whole.length == 0 && i < SECTIONS_MOST; i++) {
		snprintf(section, sizeof section, "%s*%d*=", name, i);
		struct bytes part = parameter(value, section);
		if (part.length) {
			size_t quote = i ? SIZE_MAX : bytes_find(part, bytes_of("'"), 0);
			quote = quote == SIZE_MAX ? quote
						  : bytes_find(part, bytes_of("'"), quote + 1);
			mime_decode_percent(
				bytes_slice(part, quote == SIZE_MAX ? 0 : quote + 1, SIZE_MAX),
				into);
			continue;
		}
		snprintf(section, sizeof section, "%s*%d=", name, i);
		part = parameter(value, section);
		if (part.length == 0)
			return i > 0;
		(void)buffer_append(into, part.data, part.length);
	}
	if (whole.length == 0)
		return into->length > 0;
	size_t quote = bytes_find(whole, bytes_of("'"), 0);
	quote = quote == SIZE_MAX ? quote : bytes_find(whole, bytes_of("'"), quote + 1);
	mime_decode_percent(bytes_slice(whole, quote == SIZE_MAX ? 0 : quote + 1, SIZE_MAX), into);
	return true;
}

static void read_name(const struct entity *entity, struct buffer *name)
{
	if (extended_parameter(entity->disposition, "filename", name) ||
	    extended_parameter(entity->type, "name", name))
		return;
	buffer_clear(name);
	struct bytes plain = parameter(entity->disposition, "filename=");
	if (plain.length == 0)
		plain = parameter(entity->type, "name=");
	mime_decode_words(plain, name);
}

/* --- parts --- */

static void tell_file(struct mime *mime, struct bytes content, struct bytes name, bool complete)
{
	describe_file(mime->describer, mime->sender, mime->offset, content, name, mime->carrier,
		      complete);
}

/* Position of the line "end" at or behind `from`, or SIZE_MAX. */
static size_t find_uu_end(struct bytes text, size_t from)
{
	for (size_t at = from; (at = bytes_find(text, bytes_of("\nend"), at)) != SIZE_MAX; at++)
		if (at + 4 >= text.length || text.data[at + 4] == '\r' || text.data[at + 4] == '\n')
			return at + 1;
	return SIZE_MAX;
}

/* "begin 644 name" at the beginning of a line. */
static bool is_uu_begin(struct bytes line, struct bytes *name)
{
	struct bytes rest = line;
	if (!bytes_equal_text(text_word(&rest), "begin") || text_number(text_word(&rest)) < 0)
		return false;
	*name = rest;
	return rest.length > 0;
}

static void carve_uu(struct mime *mime, struct bytes text)
{
	struct reader reader = reader_of(text);

	while (reader_left(&reader) && !mime->describer->cut) {
		struct bytes name;
		if (!is_uu_begin(reader_line(&reader), &name))
			continue;
		size_t end = find_uu_end(text, reader.offset ? reader.offset - 1 : 0);
		struct bytes lines = bytes_slice(text, reader.offset,
						 end == SIZE_MAX ? SIZE_MAX : end - reader.offset);
		struct buffer content;
		buffer_init(&content, lines.length + 64);
		if (!mime_decode_uu(lines, &content))
			describe_deviation(mime->describer, mime->sender, mime->offset,
					   "uuencoded line that contradicts its length");
		tell_file(mime, buffer_bytes(&content), name, end != SIZE_MAX);
		buffer_fini(&content);
		reader_seek(&reader, end == SIZE_MAX ? text.length : end);
	}
}

static void deviates(struct mime *mime)
{
	describe_deviation(mime->describer, mime->sender, mime->offset,
			   "MIME part with bytes that its encoding does not have");
}

static void decode(struct mime *mime, const struct entity *entity, struct buffer *content)
{
	struct bytes encoding = entity->encoding;
	bool clean = true;

	buffer_init(content, entity->body.length + 64);
	if (text_starts_ignoring_case(encoding, "base64"))
		clean = mime_decode_base64(entity->body, content);
	else if (text_starts_ignoring_case(encoding, "quoted-printable"))
		clean = mime_decode_quoted(entity->body, content);
	else if (entity->body.length)
		(void)buffer_append(content, entity->body.data, entity->body.length);
	if (!clean)
		deviates(mime);
	mime->describer->cut |= buffer_failed(content);
}

/* An attachment of which nothing is to be known but whether it is what it says? */
static bool stays_encoded(const struct mime *mime, const struct entity *entity)
{
	return mime->describer->stays_packed && entity->type.length &&
	       !text_starts_ignoring_case(entity->type, "text/") &&
	       !text_starts_ignoring_case(entity->type, "message/") &&
	       text_starts_ignoring_case(entity->encoding, "base64");
}

static void read_leaf(struct mime *mime, const struct entity *entity, int depth)
{
	struct buffer content, name;

	if (stays_encoded(mime, entity)) {
		if (!mime_is_base64(entity->body))
			deviates(mime);
		return;
	}
	decode(mime, entity, &content);
	buffer_init(&name, NAME_MOST);
	read_name(entity, &name);
	struct bytes bytes = buffer_bytes(&content);
	bool text = entity->type.length == 0 || text_starts_ignoring_case(entity->type, "text/");
	const char *media = stream_media(bytes);
	bool reads_as_text = strcmp(media, "text") == 0 || strcmp(media, "html") == 0;
	if (text_starts_ignoring_case(entity->type, "message/rfc822"))
		read_entity(mime, bytes, depth + 1);
	else if (text_starts_ignoring_case(entity->encoding, "x-uuencode") ||
		 text_starts_ignoring_case(entity->encoding, "uuencode"))
		carve_uu(mime, bytes);
	else if (name.length || !text || !reads_as_text)
		tell_file(mime, bytes, buffer_bytes(&name), true);
	else
		carve_uu(mime, bytes);
	buffer_fini(&name);
	buffer_fini(&content);
}

/* Is the line at `at` the boundary? Tells whether it is the last one. */
static bool is_boundary(struct bytes body, size_t at, struct bytes boundary, bool *last)
{
	if ((at && body.data[at - 1] != '\n') ||
	    !bytes_start_with(bytes_slice(body, at, 2), "--") ||
	    !bytes_equal(bytes_slice(body, at + 2, boundary.length), boundary))
		return false;
	*last = bytes_start_with(bytes_slice(body, at + 2 + boundary.length, 2), "--");
	return true;
}

/* Offset of the next boundary line at or behind `from`, or SIZE_MAX. */
static size_t next_boundary(struct bytes body, size_t from, struct bytes boundary, bool *last)
{
	for (size_t at = from; (at = bytes_find(body, bytes_of("--"), at)) != SIZE_MAX; at++)
		if (is_boundary(body, at, boundary, last))
			return at;
	return SIZE_MAX;
}

static void read_multipart(struct mime *mime, struct bytes body, struct bytes boundary, int depth)
{
	bool last = false;
	size_t at = next_boundary(body, 0, boundary, &last);

	while (at != SIZE_MAX && !last && !mime->describer->cut) {
		struct reader reader = reader_of(body);
		reader_seek(&reader, at);
		(void)reader_line(&reader);
		size_t begin = reader.offset;
		at = next_boundary(body, begin, boundary, &last);
		struct bytes part =
			bytes_slice(body, begin, at == SIZE_MAX ? SIZE_MAX : at - begin);
		if (part.length >= 2 &&
		    bytes_start_with(bytes_slice(part, part.length - 2, 2), "\r\n"))
			part.length -= 2; /* that line end is the boundary's */
		read_entity(mime, part, depth + 1);
	}
	if (at == SIZE_MAX)
		describe_deviation(mime->describer, mime->sender, mime->offset,
				   "MIME parts without their last boundary");
}

static void read_entity(struct mime *mime, struct bytes text, int depth)
{
	if (depth == DEPTH_MOST) {
		mime->describer->cut = true;
		return;
	}
	struct entity entity = entity_of(mime, text);
	struct bytes boundary = parameter(entity.type, "boundary=");
	if (text_starts_ignoring_case(entity.type, "multipart/") && boundary.length)
		read_multipart(mime, entity.body, boundary, depth);
	else if (entity.body.length)
		read_leaf(mime, &entity, depth);
}

void mime_carve(struct describer *describer, enum stream_side sender, size_t offset,
		struct bytes message, const char *carrier)
{
	struct mime mime = { describer, sender, offset, carrier };

	read_entity(&mime, message, 0);
}
