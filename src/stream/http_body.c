/* The body of one HTTP/1.x message (RFC 9112, section 6): where it ends, its chunks, and what is
 * wrong with them. As in http_message.c, what is wrong is named and read as browsers would. */
#include "stream/http.h"

#include <string.h>

/* A size, and whether it is written as it should be; `fails`: there is none at all. */
struct chunk {
	uint64_t size;
	bool odd, fails;
};

/* Blanks, control bytes and empty lines around a size are odd, and browsers do not mind them. */
static struct chunk read_size(struct reader *reader)
{
	struct chunk chunk = { .size = 0 };
	struct bytes line = reader_line(reader);
	size_t at = 0, digits = 0;

	while (line.length == 0 && reader_left(reader)) {
		chunk.odd = true;
		line = reader_line(reader);
	}
	while (at < line.length && http_is_noise(line.data[at]))
		at++;
	chunk.odd |= at > 0;
	while (at < line.length && digits < 15 && http_digit(line.data[at]) >= 0) {
		chunk.size = chunk.size * 16 + (unsigned)http_digit(line.data[at++]);
		digits++;
	}
	bool ends = at == line.length || line.data[at] == ';' || line.data[at] == ' ';
	chunk.odd |= !ends;
	chunk.fails = digits == 0 || (!ends && !http_is_noise(line.data[at]));
	return chunk;
}

/* Is what follows the header in chunks? Its first line tells. */
static bool looks_chunked(struct bytes rest)
{
	struct reader reader = reader_of(bytes_slice(rest, 0, 4096));

	return !read_size(&reader).fails;
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
		size_t at = reader->offset;
		struct chunk chunk = read_size(reader);
		uint64_t size = chunk.size;
		if (chunk.odd || chunk.fails)
			describe_deviation(describer, side, body->offset + at,
					   "HTTP chunk whose size does not parse");
		if (chunk.fails)
			return false;
		clean &= !chunk.odd;
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
			describe_deviation(describer, side, body->offset + reader->offset,
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
		return !message->chunked && !message->maybe_chunked && !message->has_length;
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
	bool chunks = (message->chunked || message->maybe_chunked) && looks_chunked(rest);
	if (message->chunked && !chunks && rest.length)
		describe_deviation(describer, side, body->offset,
				   "HTTP body that is not in chunks as it says");
	if (chunks) {
		read_chunks(describer, side, rest, body);
	} else if (message->has_length) {
		body->content = bytes_slice(rest, 0,
					    message->content_length < rest.length
						    ? (size_t)message->content_length
						    : rest.length);
		body->complete = body->content.length == message->content_length;
		body->behind += body->content.length;
		if (!body->complete && ended && half->beyond_limit == 0)
			describe_deviation(describer, side, body->offset,
					   "HTTP body shorter than its Content-Length");
	} else { /* up to the end of the connection */
		body->content = rest;
		body->complete = ended;
		body->behind += rest.length;
	}
	if (body->behind > describer->whole_until[side] || half->beyond_limit)
		body->complete = false;
}
