/* Start line and header fields of one HTTP/1.x message, and what is wrong with them.
 *
 * What is wrong is named and then read as browsers would, which take what a strict reader refuses:
 * whoever wants to slip a program past this reader writes such messages. */
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
		int64_t code = text_number(bytes_slice(status, 0, 3));
		if ((!bytes_equal_text(first, "HTTP/1.1") &&
		     !bytes_equal_text(first, "HTTP/1.0")) ||
		    status.length != 3 || code < 100)
			deviates(describer, side, offset, "HTTP status line that does not parse");
		if (!text_starts_ignoring_case(first, "HTTP/") || code < 100)
			return false;
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

/* Does `value` name the coding, in whatever company? */
static bool names_chunked(struct bytes value)
{
	for (size_t i = 0; i < value.length; i++)
		if (text_starts_ignoring_case(bytes_slice(value, i, SIZE_MAX), "chunked"))
			return true;
	return false;
}

static void read_coding(struct describer *describer, enum stream_side side, size_t offset,
			struct bytes value, struct http_message *message)
{
	/* Lists may have empty elements (RFC 9110, section 5.6.1). */
	while (value.length && strchr(", \t", value.data[value.length - 1]))
		value.length--;
	size_t last = value.length;
	while (last && !strchr(", \t", value.data[last - 1]))
		last--;
	message->chunked = text_equal_ignoring_case(bytes_slice(value, last, SIZE_MAX), "chunked");
	message->maybe_chunked |= names_chunked(value);
	if (!message->chunked && (side == STREAM_CLIENT || message->maybe_chunked))
		deviates(describer, side, offset,
			 "HTTP message whose last transfer coding is not chunked");
}

static void take_field(struct describer *describer, enum stream_side side, size_t offset,
		       struct bytes name, struct bytes value, struct http_message *message)
{
	if (text_equal_ignoring_case(name, "Content-Length")) {
		read_length(describer, side, offset, value, message);
	} else if (text_equal_ignoring_case(name, "Transfer-Encoding")) {
		read_coding(describer, side, offset, value, message);
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

bool http_is_noise(uint8_t byte)
{
	return byte <= ' ' || byte > 126;
}

static struct bytes without_noise(struct bytes text)
{
	while (text.length && http_is_noise(text.data[0]))
		text = bytes_slice(text, 1, SIZE_MAX);
	while (text.length && http_is_noise(text.data[text.length - 1]))
		text.length--;
	return text;
}

/* `last`: name of the field before, which a folded line continues. */
static void read_field(struct describer *describer, enum stream_side side, size_t offset,
		       struct bytes line, struct bytes *last, struct http_message *message)
{
	size_t colon = bytes_find(line, bytes_of(":"), 0);
	struct bytes name = bytes_slice(line, 0, colon);
	struct bytes value = text_trim(bytes_slice(line, name.length + 1, SIZE_MAX));

	if (line.data[0] == ' ' || line.data[0] == '\t') {
		deviates(describer, side, offset, "HTTP header field that is folded");
		take_field(describer, side, offset, *last, without_noise(line), message);
		return;
	}
	if (line.length > LINE_MOST)
		deviates(describer, side, offset, "HTTP header field longer than 8000 bytes");
	if (colon == SIZE_MAX || !is_token(name)) {
		deviates(describer, side, offset, "HTTP header field without a proper name");
		name = without_noise(name);
	}
	if (side == STREAM_CLIENT)
		http_target_of_field(describer, message, name, value);
	/* RFC 9110, section 5.5: bytes above 127 are opaque; as UTF-8 they are text, else not. */
	if (text_has_controls(value)) {
		deviates(describer, side, offset, "HTTP header field with binary value");
		value = without_noise(value);
	}
	*last = name;
	take_field(describer, side, offset, name, value, message);
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
	struct bytes last = { NULL, 0 };
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
		read_field(describer, side, at, line, &last, message);
	}
	if (side == STREAM_CLIENT && version_1_1 && !message->has_host)
		deviates(describer, side, start, "HTTP/1.1 request without Host");
	if (message->chunked && message->has_length)
		deviates(describer, side, start,
			 "HTTP message with both Content-Length and Transfer-Encoding");
	message->body_offset = reader.offset;
	return true;
}
