/* Start line, header fields and body of one HTTP/1.x message, and what is wrong with them. */
#include "stream/http.h"

#include <string.h>

#define LINE_MOST   8000u /* what RFC 9112, section 3 asks every recipient to take */
#define FIELDS_MOST 1000u

static void deviates(struct describer *describer, enum stream_side side, size_t offset,
		     const char *what)
{
	describe_deviation(describer, side, offset, what);
}

/* tchar of RFC 9110, section 5.6.2. */
static bool is_token(struct bytes text)
{
	for (size_t i = 0; i < text.length; i++) {
		uint8_t byte = text.data[i];
		bool alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
				    (byte >= 'A' && byte <= 'Z');
		if (!alphanumeric && (byte == 0 || byte > 126 || !strchr("!#$%&'*+-.^_`|~", byte)))
			return false;
	}
	return text.length > 0;
}

int http_digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

static void judge_target(struct describer *describer, enum stream_side side, size_t offset,
			 struct bytes target)
{
	bool escapes_right = true;
	for (size_t i = 0; i < target.length; i++) {
		if (target.data[i] != '%')
			continue;
		struct bytes digits = bytes_slice(target, i + 1, 2);
		escapes_right &= digits.length == 2 && http_digit(digits.data[0]) >= 0 &&
				 http_digit(digits.data[1]) >= 0;
	}
	if (!escapes_right)
		deviates(describer, side, offset,
			 "HTTP target with escapes that RFC 3986 does not have");
	if (text_binary_bytes(target))
		deviates(describer, side, offset, "HTTP target with bytes that are not ASCII text");
}

/* `line_ends`: by a line feed, and not with the side. */
static bool read_start_line(struct describer *describer, enum stream_side side, size_t offset,
			    struct bytes line, bool line_ends, struct http_message *message)
{
	struct bytes rest = line;
	struct bytes first = text_word(&rest);

	if (side == STREAM_SERVER) {
		struct bytes status = text_word(&rest);
		int64_t code = text_number(status);
		if (!bytes_start_with(first, "HTTP/1.") || status.length != 3 || code < 100) {
			deviates(describer, side, offset, "HTTP status line that does not parse");
			return false;
		}
		message->status = (unsigned)code;
		describe_say(describer, side, offset, "reply", line);
		return true;
	}
	message->method = first;
	size_t version = line.length;
	while (version && line.data[version - 1] != ' ')
		version--;
	bool has_version = bytes_start_with(bytes_slice(line, version, SIZE_MAX), "HTTP/");
	message->target = has_version ? rest : text_word(&rest);
	if (has_version && message->target.length > line.length - version)
		message->target = text_trim(bytes_slice(
			message->target, 0, message->target.length - (line.length - version)));
	message->simple = !has_version && line_ends && bytes_equal_text(first, "GET") &&
			  bytes_start_with(message->target, "/") && text_trim(rest).length == 0;
	if (!is_token(first) || message->target.length == 0 || (!has_version && !message->simple))
		deviates(describer, side, offset, "HTTP request line that does not parse");
	if (!is_token(first))
		return false;
	describe_say(describer, side, offset, "request", line);
	judge_target(describer, side, offset, message->target);
	http_target_of_request(describer, message);
	return true;
}

static void read_length(struct describer *describer, enum stream_side side, size_t offset,
			struct bytes value, struct http_message *message)
{
	uint64_t length = 0;
	while (value.length > 1 && value.data[0] == '0')
		value = bytes_slice(value, 1, SIZE_MAX);
	bool right = value.length > 0 && value.length < 19;
	for (size_t i = 0; i < value.length && right; i++) {
		right = value.data[i] >= '0' && value.data[i] <= '9';
		length = length * 10 + (uint64_t)(value.data[i] - '0');
	}
	if (!right) {
		deviates(describer, side, offset, "HTTP Content-Length that is no number");
		return;
	}
	if (message->has_length && message->content_length != length)
		deviates(describer, side, offset,
			 "HTTP Content-Length given twice with two values");
	message->has_length = true;
	message->content_length = length;
}

static void read_field(struct describer *describer, enum stream_side side, size_t offset,
		       struct bytes line, struct http_message *message)
{
	size_t colon = bytes_find(line, bytes_of(":"), 0);
	struct bytes name = bytes_slice(line, 0, colon);
	struct bytes value = text_trim(bytes_slice(line, name.length + 1, SIZE_MAX));

	if (line.length && (line.data[0] == ' ' || line.data[0] == '\t')) {
		deviates(describer, side, offset, "HTTP header field that is folded");
		return;
	}
	if (line.length > LINE_MOST)
		deviates(describer, side, offset, "HTTP header field longer than 8000 bytes");
	if (colon == SIZE_MAX || !is_token(name)) {
		deviates(describer, side, offset, "HTTP header field without a proper name");
		return;
	}
	if (side == STREAM_CLIENT)
		http_target_of_field(describer, message, name, value);
	/* RFC 9110, section 5.5: bytes above 127 are opaque; as UTF-8 they are text, else not. */
	if (text_has_controls(value))
		deviates(describer, side, offset, "HTTP header field with binary value");
	if (text_equal_ignoring_case(name, "Content-Length")) {
		read_length(describer, side, offset, value, message);
	} else if (text_equal_ignoring_case(name, "Transfer-Encoding")) {
		/* Lists may have empty elements (RFC 9110, section 5.6.1). */
		while (value.length && strchr(", \t", value.data[value.length - 1]))
			value.length--;
		message->chunked = value.length >= 7 &&
				   text_equal_ignoring_case(bytes_slice(value, value.length - 7, 7),
							    "chunked");
		if (side == STREAM_CLIENT && !message->chunked)
			deviates(describer, side, offset,
				 "HTTP request whose last transfer coding is not chunked");
	} else if (text_equal_ignoring_case(name, "Upgrade")) {
		message->upgrades = true;
	} else if (text_equal_ignoring_case(name, "Content-Encoding")) {
		message->coding = value;
	} else if (text_equal_ignoring_case(name, "Host")) {
		if (message->has_host)
			deviates(describer, side, offset, "HTTP request with two Host fields");
		message->has_host = true;
		describe_say(describer, side, offset, "host", value);
	} else if (text_equal_ignoring_case(name, "User-Agent")) {
		describe_say(describer, side, offset, "agent", value);
	} else if (text_equal_ignoring_case(name, "Content-Disposition")) {
		message->disposition = value;
	}
}

bool http_message_read(struct describer *describer, enum stream_side side, size_t offset,
		       struct http_message *message)
{
	struct bytes data = side_data(describer->session, side);
	struct reader reader = reader_of(bytes_slice(data, 0, describer->whole_until[side]));
	bool version_1_1;

	*message = (struct http_message){ .status = 0 };
	reader_seek(&reader, offset);
	/* Empty lines before a start line are skipped (RFC 9112, section 2.2). */
	while (reader_left(&reader) &&
	       (data.data[reader.offset] == '\r' || data.data[reader.offset] == '\n'))
		reader_skip(&reader, 1);
	if (reader_failed(&reader) || reader_left(&reader) == 0)
		return false;
	size_t start = reader.offset;
	struct bytes line = reader_line(&reader);
	if (line.length > LINE_MOST)
		deviates(describer, side, start, "HTTP start line longer than 8000 bytes");
	bool line_ends = data.data[reader.offset - 1] == '\n';
	if (!line_ends && describer->whole_until[side] < data.length) {
		describe_unjudged(describer); /* it went on where nothing was captured */
		return false;
	}
	if (!read_start_line(describer, side, start, line, line_ends, message))
		return false;
	if (message->simple) {
		message->body_offset = reader.offset;
		return true;
	}
	version_1_1 = bytes_find(line, bytes_of(" HTTP/1.1"), 0) != SIZE_MAX;
	unsigned fields = 0;
	for (;;) {
		size_t at = reader.offset;
		line = reader_line(&reader);
		if (reader_failed(&reader)) {
			if (describer->session->end == STREAM_END_FIN)
				deviates(describer, side, at, "HTTP header that does not end");
			break;
		}
		if (line.length == 0)
			break;
		if (++fields == FIELDS_MOST)
			deviates(describer, side, at, "HTTP header of 1000 fields and more");
		read_field(describer, side, at, line, message);
	}
	if (side == STREAM_CLIENT && version_1_1 && !message->has_host)
		deviates(describer, side, start, "HTTP/1.1 request without Host");
	if (message->chunked && message->has_length)
		deviates(describer, side, start,
			 "HTTP message with both Content-Length and Transfer-Encoding");
	message->body_offset = reader.offset;
	return true;
}

/* --- bodies --- */

static uint64_t chunk_size(struct bytes line, bool *right)
{
	uint64_t size = 0;
	size_t digits = 0;
	while (digits < line.length && digits < 15 && http_digit(line.data[digits]) >= 0)
		size = size * 16 + (unsigned)http_digit(line.data[digits++]);
	*right = digits > 0 &&
		 (digits == line.length || line.data[digits] == ';' || line.data[digits] == ' ');
	return size;
}

/* Notes where the next chunk crossed; the list grows in the arena. */
static bool add_piece(struct describer *describer, struct http_body *body,
		      const struct stream_piece *piece)
{
	if (body->piece_count == body->piece_room) {
		size_t room = body->piece_room ? 2 * body->piece_room : 16;
		struct stream_piece *grown =
			arena_take(describe_arena(describer), room * sizeof *grown);
		if (!grown)
			return false;
		if (body->piece_count)
			memcpy(grown, body->pieces, body->piece_count * sizeof *grown);
		body->pieces = grown;
		body->piece_room = room;
	}
	body->pieces[body->piece_count++] = *piece;
	return true;
}

/* Finds the chunks. Returns whether each was as long as it said. */
static bool find_chunks(struct describer *describer, enum stream_side side, struct reader *reader,
			struct http_body *body)
{
	bool clean = true;

	for (size_t length = 0; reader_left(reader) && !describer->cut;) {
		bool right;
		size_t at = reader->offset;
		uint64_t size = chunk_size(reader_line(reader), &right);
		if (!right) {
			deviates(describer, side, body->offset + at,
				 "HTTP chunk whose size does not parse");
			return false;
		}
		if (size == 0) { /* trailer fields up to an empty line */
			while (reader_left(reader) && reader_line(reader).length)
				;
			body->complete = true;
			body->behind = body->offset + reader->offset;
			break;
		}
		size_t left = reader_left(reader);
		struct stream_piece piece = { length, body->offset + reader->offset,
					      size < left ? (size_t)size : left };
		reader_skip(reader, piece.length);
		if (piece.length && !add_piece(describer, body, &piece))
			describer->cut = true;
		if (piece.length < size)
			break;
		length += piece.length;
		if (reader_left(reader) && reader_line(reader).length) {
			deviates(describer, side, body->offset + reader->offset,
				 "HTTP chunk longer than its size");
			clean = false;
		}
	}
	return clean;
}

static void read_chunks(struct describer *describer, enum stream_side side, struct bytes rest,
			struct http_body *body)
{
	struct reader reader = reader_of(rest);
	uint8_t *joined = NULL;

	body->behind = body->offset + rest.length;
	body->in_order = find_chunks(describer, side, &reader, body);
	if (body->piece_count) {
		const struct stream_piece *last = &body->pieces[body->piece_count - 1];
		body->content.length = last->at + last->length;
		joined = arena_take(describe_arena(describer), body->content.length);
		describer->cut |= !joined;
	}
	if (!joined) {
		body->content.length = 0;
		return;
	}
	for (size_t i = 0; i < body->piece_count; i++)
		memcpy(joined + body->pieces[i].at,
		       rest.data + (body->pieces[i].offset - body->offset), body->pieces[i].length);
	body->content.data = joined;
}

static bool has_no_body(const struct http_message *message, enum stream_side side,
			struct bytes method)
{
	if (side == STREAM_CLIENT)
		return !message->chunked && !message->has_length;
	return message->status < 200 || message->status == 204 || message->status == 304 ||
	       bytes_equal_text(method, "HEAD") ||
	       (bytes_equal_text(method, "CONNECT") && message->status < 300);
}

void http_body_read(struct describer *describer, enum stream_side side,
		    const struct http_message *message, struct bytes method, struct http_body *body)
{
	const struct stream_half *half = &describer->session->half[side];
	struct bytes rest = bytes_slice(half->data, message->body_offset, SIZE_MAX);
	bool ended = describer->session->end == STREAM_END_FIN;

	*body = (struct http_body){ .offset = message->body_offset,
				    .behind = message->body_offset };
	if (has_no_body(message, side, method))
		return;
	if (message->chunked) {
		read_chunks(describer, side, rest, body);
	} else if (message->has_length) {
		body->content = bytes_slice(rest, 0,
					    message->content_length < rest.length
						    ? (size_t)message->content_length
						    : rest.length);
		body->complete = body->content.length == message->content_length;
		body->behind += body->content.length;
		if (!body->complete && ended && half->beyond_limit == 0)
			deviates(describer, side, body->offset,
				 "HTTP body shorter than its Content-Length");
	} else { /* up to the end of the connection */
		body->content = rest;
		body->complete = ended;
		body->behind += rest.length;
	}
	if (body->behind > describer->whole_until[side] || half->beyond_limit)
		body->complete = false;
}
