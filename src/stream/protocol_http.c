/* HTTP/1.x (RFC 9110, RFC 9112) on any port: requests, answers, and the content that crosses.
 *
 * http_message.c reads one message; here messages are paired, since a HEAD or CONNECT decides what
 * its answer holds, and bodies become files. Content codings are taken off programs, documents and
 * archives, and left on pages and pictures: media tells what those are. */
#include "stream/http.h"
#include "stream/unpack.h"

#include <string.h>

static const char *const methods[] = { "GET",	  "HEAD",      "POST",	 "PUT",	    "DELETE",
				       "CONNECT", "OPTIONS",   "TRACE",	 "PATCH",   "PROPFIND",
				       "SEARCH",  "MKCOL",     "COPY",	 "MOVE",    "LOCK",
				       "UNLOCK",  "SUBSCRIBE", "NOTIFY", "M-SEARCH" };

static bool is_method(struct bytes word)
{
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (bytes_equal_text(word, methods[i]))
			return true;
	return false;
}

static int recognise_request(struct bytes data)
{
	struct reader reader = reader_of(bytes_slice(data, 0, 65536));
	struct bytes line = reader_line(&reader);
	struct bytes rest = line;
	bool known = is_method(text_word(&rest));
	if (known && bytes_find(line, bytes_of(" HTTP/"), 0) != SIZE_MAX)
		return SURE_BY_MAGIC;
	/* An overlong line may never come to its version. */
	if (known && (bytes_start_with(rest, "/") || bytes_start_with(rest, "http://")))
		return SURE_BY_FORM;
	return SURE_NOT;
}

int http_recognise(const struct stream_session *session)
{
	int request = recognise_request(session->half[STREAM_CLIENT].data);
	if (request)
		return request;
	return bytes_start_with(session->half[STREAM_SERVER].data, "HTTP/1.") ? SURE_BY_MAGIC
									      : SURE_NOT;
}

/* --- names --- */

/* Last part of the path of a request target, without query. */
static struct bytes name_in_target(struct bytes target)
{
	size_t query = 0;
	while (query < target.length && target.data[query] != '?' && target.data[query] != '#')
		query++;
	size_t start = query;
	while (start > 0 && target.data[start - 1] != '/')
		start--;
	return bytes_slice(target, start, query - start);
}

/* The file name in Content-Disposition (RFC 6266), quoted or not. */
static struct bytes name_in_disposition(struct bytes value)
{
	size_t at = bytes_find(value, bytes_of("filename="), 0);
	if (at == SIZE_MAX)
		return (struct bytes){ NULL, 0 };
	struct bytes name = bytes_slice(value, at + 9, SIZE_MAX);
	uint8_t end = ';';
	if (name.length && name.data[0] == '"') {
		end = '"';
		name = bytes_slice(name, 1, SIZE_MAX);
	}
	size_t length = bytes_find(name, (struct bytes){ &end, 1 }, 0);
	return text_trim(bytes_slice(name, 0, length));
}

/* --- the exchange --- */

struct exchange {
	struct bytes method, target; /* of the request that the next answer belongs to */
	bool simple;
};

/* Requests wait for their answers in order (RFC 9112, section 9.3). */
struct exchanges {
	struct arena *arena;
	struct exchange *list;
	size_t count, room, answered;
};

static bool exchange_add(struct exchanges *exchanges, const struct http_message *message)
{
	if (exchanges->count == exchanges->room) {
		size_t room = exchanges->room ? exchanges->room * 2 : 16;
		struct exchange *grown = arena_take(exchanges->arena, room * sizeof *grown);
		if (!grown)
			return false;
		if (exchanges->count)
			memcpy(grown, exchanges->list, exchanges->count * sizeof *grown);
		exchanges->list = grown;
		exchanges->room = room;
	}
	exchanges->list[exchanges->count++] =
		(struct exchange){ message->method, message->target, message->simple };
	return true;
}

static struct exchange exchange_answered(struct exchanges *exchanges,
					 const struct http_message *message)
{
	struct exchange none = { .simple = false };
	if (exchanges->answered == exchanges->count)
		return none;
	struct exchange exchange = exchanges->list[exchanges->answered];
	if (message->status >= 200) /* 1xx answers come before the final one */
		exchanges->answered++;
	return exchange;
}

/* Takes gzip and deflate off a body (RFC 9110, section 8.4.1) where what is inside matters. What is
 * called deflate is zlib or, from some servers, bare. False: it stays as it is. */
static bool take_off_coding(struct describer *describer, const struct http_message *message,
			    struct bytes body, struct buffer *content, bool *complete)
{
	enum inflate_form form = INFLATE_GZIP;

	if (describer->stays_packed)
		return false;
	if (text_equal_ignoring_case(message->coding, "deflate"))
		form = unpack_look(describer, body, INFLATE_ZLIB) ? INFLATE_ZLIB : INFLATE_BARE;
	else if (!text_equal_ignoring_case(message->coding, "gzip") &&
		 !text_equal_ignoring_case(message->coding, "x-gzip"))
		return false;
	if (!unpack_look(describer, body, form))
		return false;
	*complete &= unpack_whole(describer, body, form, content);
	return true;
}

static void keep_body(struct describer *describer, enum stream_side side,
		      const struct http_message *message, const struct http_body *body,
		      struct bytes name)
{
	struct bytes named = name_in_disposition(message->disposition);
	struct bytes as = named.length ? named : name;
	bool complete = body->complete;
	struct buffer content;

	if (!take_off_coding(describer, message, body->content, &content, &complete)) {
		if (message->chunked && body->content.length)
			describe_joined_file(describer, side, body->offset, body->content,
					     complete && body->in_order ? body->pieces : NULL,
					     body->piece_count, as, "http", complete);
		else
			describe_file(describer, side, body->offset, body->content, as, "http",
				      complete);
		return;
	}
	describe_file(describer, side, body->offset, buffer_bytes(&content), as, "http", complete);
	buffer_fini(&content);
}

/* The answer to a request of HTTP/0.9 (RFC 1945, section 6) has no status line, and browsers take
 * any other that has none as content, too. */
static bool read_bare_answer(struct describer *describer, const struct exchanges *exchanges)
{
	const struct stream_session *session = describer->session;
	struct bytes said = side_data(session, STREAM_SERVER);
	bool simple = exchanges->count && exchanges->list[0].simple;

	if (text_starts_ignoring_case(said, "HTTP/") || said.length == 0)
		return false;
	if (session->picked_up)
		describe_unjudged(describer);
	else if (!simple)
		describe_deviation(describer, STREAM_SERVER, 0,
				   "HTTP status line that does not parse");
	describe_file(describer, STREAM_SERVER, 0, said,
		      exchanges->count ? name_in_target(exchanges->list[0].target)
				       : (struct bytes){ NULL, 0 },
		      "http",
		      simple && session->end == STREAM_END_FIN &&
			      session->half[STREAM_SERVER].beyond_limit == 0 &&
			      said.length <= describer->whole_until[STREAM_SERVER]);
	return true;
}

/* Does what follows the message belong to another protocol? */
static bool goes_over(const struct describer *describer, const struct http_message *message,
		      struct bytes method)
{
	struct bytes answers = side_data(describer->session, STREAM_SERVER);

	return bytes_equal_text(method, "CONNECT") || message->status == 101 ||
	       (message->upgrades && bytes_find(answers, bytes_of("HTTP/1.1 101"), 0) != SIZE_MAX);
}

static void read_side(struct describer *describer, enum stream_side side,
		      struct exchanges *exchanges)
{
	size_t offset = 0;
	struct http_message message;

	while (!describer->cut && http_message_read(describer, side, offset, &message)) {
		struct exchange exchange = { message.method, message.target, message.simple };
		if (side == STREAM_CLIENT)
			describer->cut |= !exchange_add(exchanges, &message);
		else
			exchange = exchange_answered(exchanges, &message);
		struct http_body body;
		http_body_read(describer, side, &message, exchange.method, &body);
		keep_body(describer, side, &message, &body, name_in_target(exchange.target));
		if (body.behind <= offset)
			return;
		offset = body.behind;
		if (goes_over(describer, &message, exchange.method)) {
			describe_unjudged(describer);
			return;
		}
	}
}

void http_read(struct describer *describer)
{
	struct exchanges exchanges = { .arena = describe_arena(describer) };

	read_side(describer, STREAM_CLIENT, &exchanges);
	if (!read_bare_answer(describer, &exchanges))
		read_side(describer, STREAM_SERVER, &exchanges);
}
