/* wininet, winhttp and urlmon: URLs fetched from struct peer by a small HTTP client.
 *
 * https is spoken as http on the URL's port: the other end is simulated, and what matters is who is
 * asked for what. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "win32/api/models.h"
#include "win32/api/shared.h"
#include "win32/files.h"

#define BODY_LIMIT (8u << 20)

enum { WORD_STATUS, WORD_PORT, WORD_KIND };
enum internet_kind { INTERNET_SESSION = 1, INTERNET_CONNECTION, INTERNET_REQUEST };

struct url {
	char host[256], path[1024];
	uint16_t port;
	bool ftp;
};

static bool parse_url(const char *text, struct url *url)
{
	const char *host = strstr(text, "://");

	*url = (struct url){ .port = 80 };
	if (!host)
		return false;
	if (strncasecmp(text, "https", 5) == 0)
		url->port = 443;
	else if (strncasecmp(text, "ftp", 3) == 0) {
		url->port = 21;
		url->ftp = true;
	} else if (strncasecmp(text, "http", 4) != 0)
		return false;
	host += 3;
	size_t length = strcspn(host, "/?#");
	const char *at = memchr(host, '@', length);
	const char *path = host + length;
	if (at) {
		length -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	snprintf(url->host, sizeof url->host, "%.*s", (int)length, host);
	char *colon = strchr(url->host, ':');
	if (colon) {
		*colon = 0;
		url->port = (uint16_t)strtoul(colon + 1, NULL, 10);
	}
	snprintf(url->path, sizeof url->path, "%s%s", *path == '/' ? "" : "/", path);
	return url->host[0] != 0;
}

static void say_traffic(struct win32 *w, bool out, const struct address *address, uint16_t port,
			struct bytes bytes)
{
	char text[ADDRESS_TEXT_SIZE];

	if (out)
		EMIT(w, NET_SEND, trace_text(address_text(address, text)), trace_number(port),
		     trace_text("tcp"), trace_number(bytes.length),
		     trace_text(win32_event_data(w, bytes)));
	else
		EMIT(w, NET_RECEIVE, trace_text(address_text(address, text)), trace_number(port),
		     trace_text("tcp"), trace_number(bytes.length),
		     trace_text(win32_event_data(w, bytes)));
}

/* One request over a new conversation: the whole answer. */
static bool exchange(struct win32 *w, const char *host, uint16_t port, struct bytes request,
		     struct buffer *answer)
{
	struct address address;
	char text[ADDRESS_TEXT_SIZE];
	uint32_t conversation;
	uint8_t chunk[8192];
	size_t got;

	if (!win32_resolve(w, host, &address))
		return false;
	bool connected = w->peer && w->peer->connect &&
			 w->peer->connect(w->peer->context, &address, port, 6, &conversation) == 0;
	EMIT(w, NET_CONNECT, trace_text(address_text(&address, text)), trace_number(port),
	     trace_text("tcp"), trace_text(connected ? "connected" : "refused"));
	if (!connected)
		return false;
	say_traffic(w, true, &address, port, request);
	if (w->peer->send)
		w->peer->send(w->peer->context, conversation, request);
	while (w->peer->receive &&
	       (got = w->peer->receive(w->peer->context, conversation, chunk, sizeof chunk)) > 0) {
		say_traffic(w, false, &address, port, (struct bytes){ chunk, got });
		if (buffer_append(answer, chunk, got) < 0)
			break;
	}
	if (w->peer->close)
		w->peer->close(w->peer->context, conversation);
	return answer->length > 0;
}

/* Splits an HTTP answer: status, and the body without headers. */
static void take_body(const struct buffer *answer, struct buffer *body, uint32_t *status)
{
	struct reader reader = reader_of(buffer_bytes(answer));
	struct bytes line = reader_line(&reader);

	*status = 200;
	if (!bytes_start_with(line, "HTTP/")) {
		buffer_append(body, answer->data, answer->length);
		return;
	}
	struct bytes code = bytes_slice(line, 9, 3);
	*status = 0;
	for (size_t i = 0; i < code.length && isdigit(code.data[i]); i++)
		*status = 10 * *status + (code.data[i] - '0');
	while (reader_left(&reader) && reader_line(&reader).length)
		continue;
	struct bytes rest = reader_take(&reader, reader_left(&reader));
	buffer_append(body, rest.data, rest.length);
}

static bool request_url(struct win32 *w, const char *verb, const char *host, uint16_t port,
			const char *path, const char *headers, struct bytes data,
			struct buffer *body, uint32_t *status)
{
	struct buffer request, answer;

	buffer_init(&request, 1u << 20);
	buffer_init(&answer, BODY_LIMIT);
	buffer_printf(
		&request,
		"%s %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: Mozilla/4.0 (compatible; MSIE 6.0; "
		"Windows NT 5.1; SV1)\r\n%s",
		verb, path, host, headers);
	if (data.length)
		buffer_printf(&request, "Content-Length: %zu\r\n", data.length);
	buffer_append_text(&request, "Connection: close\r\n\r\n");
	buffer_append(&request, data.data, data.length);
	bool done = exchange(w, host, port, buffer_bytes(&request), &answer);
	if (done)
		take_body(&answer, body, status);
	buffer_fini(&request);
	buffer_fini(&answer);
	return done;
}

bool win32_fetch_url(struct win32 *w, const char *text, struct buffer *body, uint32_t *status)
{
	struct url url;

	if (!parse_url(text, &url))
		return false;
	return request_url(w, "GET", url.host, url.port, url.path, "", (struct bytes){ 0 }, body,
			   status);
}

/* --- urlmon --- */

static uint32_t download_to_file(struct call *call)
{
	struct win32 *w = call->w;
	const char *url = arg_text(call, 1), *name = arg_text(call, 2);
	char path[WIN32_PATH];
	struct buffer body;
	uint32_t status = 0, handle;
	bool existed;

	if (!url || !name)
		return 0x80070057; /* E_INVALIDARG */
	win32_path_absolute(w, name, path);
	EMIT(w, NET_DOWNLOAD, trace_text(url), trace_text(path));
	buffer_init(&body, BODY_LIMIT);
	uint32_t result = 0x800c0008; /* INET_E_DOWNLOAD_FAILURE */
	if (win32_fetch_url(w, url, &body, &status) && status < 400) {
		handle = win32_open_file(w, path, 0x40000000, 2, 0, &existed);
		struct win32_object *file = handle ? win32_object_of(w, handle, OBJECT_FILE) : NULL;
		if (file && win32_files_write(w->files, file->file, 0, buffer_bytes(&body)) == 0) {
			EMIT(w, FILE_WRITE, trace_text(path), trace_number(0),
			     trace_number(body.length),
			     trace_text(win32_event_data(w, buffer_bytes(&body))));
			result = 0;
		}
		if (handle)
			win32_object_close(w, handle);
	}
	buffer_fini(&body);
	return result;
}

/* URLDownloadToCacheFile(caller, url, name, size, flags, callback): a file of its own choice */
static uint32_t download_to_cache(struct call *call)
{
	struct win32 *w = call->w;
	const char *url = arg_text(call, 1);
	char path[WIN32_PATH];
	struct buffer body;
	uint32_t status = 0, result = 0x800c0008;

	snprintf(path, sizeof path, "%.200s\\Local Settings\\Temporary Internet Files\\file%u[1]",
		 win32_variable(w, "USERPROFILE") ? win32_variable(w, "USERPROFILE") : "C:",
		 w->next_id);
	EMIT(w, NET_DOWNLOAD, trace_text(url ? url : ""), trace_text(path));
	buffer_init(&body, BODY_LIMIT);
	if (url && win32_fetch_url(w, url, &body, &status) && status < 400) {
		int file = win32_files_create(w->files, path, FILE_ATTRIBUTE_ARCHIVE);
		if (file >= 0 && win32_files_write(w->files, file, 0, buffer_bytes(&body)) == 0) {
			text_put(w, arg(call, 2), arg(call, 3), path, call->wide);
			result = 0;
		}
	}
	buffer_fini(&body);
	return result;
}

/* --- wininet --- */

static uint32_t new_internet(struct win32 *w, enum internet_kind kind, const char *text,
			     struct win32_object **object)
{
	uint32_t handle = win32_object_new(w, OBJECT_INTERNET, NULL, object);

	if (!handle)
		return 0;
	(*object)->words[WORD_KIND] = kind;
	(*object)->text = strdup(text);
	return handle;
}

static uint32_t internet_open(struct call *call)
{
	struct win32_object *object;
	return new_internet(call->w, INTERNET_SESSION, "", &object);
}

static uint32_t internet_open_url(struct call *call)
{
	struct win32 *w = call->w;
	const char *url = arg_text(call, 1);
	struct win32_object *object;
	uint32_t handle = url ? new_internet(w, INTERNET_REQUEST, url, &object) : 0;

	if (!handle)
		return fail(call, 12005, 0);
	EMIT(w, NET_DOWNLOAD, trace_text(url), trace_text(""));
	if (win32_fetch_url(w, url, &object->content, &object->words[WORD_STATUS]))
		return handle;
	win32_object_close(w, handle);
	return fail(call, 12029, 0); /* ERROR_INTERNET_CANNOT_CONNECT */
}

static uint32_t internet_connect(struct call *call)
{
	const char *host = arg_text(call, 1);
	struct win32_object *object;
	uint32_t handle = new_internet(call->w, INTERNET_CONNECTION, host ? host : "", &object);

	if (handle)
		object->words[WORD_PORT] = arg(call, 2) & 0xffff ? arg(call, 2) & 0xffff : 80;
	return handle;
}

static uint32_t open_request(struct call *call)
{
	struct win32_object *connection = win32_object_of(call->w, arg(call, 0), OBJECT_INTERNET);
	const char *verb = arg_text(call, 1), *path = arg_text(call, 2);
	struct win32_object *object;

	if (!connection)
		return fail(call, 12018, 0);
	uint32_t handle =
		new_internet(call->w, INTERNET_REQUEST, path && *path ? path : "/", &object);
	if (!handle)
		return 0;
	/* mail_from is free here: it keeps "VERB host" */
	if (asprintf(&object->mail_from, "%s %s", verb && *verb ? verb : "GET", connection->text) <
	    0)
		object->mail_from = NULL;
	object->words[WORD_PORT] = connection->words[WORD_PORT];
	return handle;
}

static uint32_t add_headers(struct call *call)
{
	(void)call;
	return 1;
}

static uint32_t send_request(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_object *request = win32_object_of(w, arg(call, 0), OBJECT_INTERNET);
	char verb[16], host[256], path[1100], url[1400], port[16] = "";
	uint32_t length = arg(call, 4);
	uint8_t data[4096];

	if (!request || !request->mail_from ||
	    sscanf(request->mail_from, "%15s %255s", verb, host) != 2)
		return fail(call, 12018, 0);
	if (length > sizeof data || !arg(call, 3))
		length = 0;
	if (!win32_fetch(w, arg(call, 3), data, length))
		length = 0;
	snprintf(path, sizeof path, "%s%.1000s", request->text[0] == '/' ? "" : "/", request->text);
	if (request->words[WORD_PORT] != 80)
		snprintf(port, sizeof port, ":%u", request->words[WORD_PORT]);
	snprintf(url, sizeof url, "http://%s%s%s", host, port, path);
	EMIT(w, NET_DOWNLOAD, trace_text(url), trace_text(""));
	buffer_clear(&request->content);
	request->position = 0;
	if (!request_url(w, verb, host, (uint16_t)request->words[WORD_PORT], path, "",
			 (struct bytes){ data, length }, &request->content,
			 &request->words[WORD_STATUS]))
		return fail(call, 12029, 0);
	return 1;
}

static uint32_t internet_read(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_object *object = win32_object_of(w, arg(call, 0), OBJECT_INTERNET);

	if (!object)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	struct bytes part =
		bytes_slice(buffer_bytes(&object->content), (size_t)object->position, arg(call, 2));
	if (part.length && !win32_put(w, arg(call, 1), part.data, part.length))
		return fail(call, ERROR_INVALID_ADDRESS, 0);
	object->position += part.length;
	win32_put_u32(w, arg(call, 3), (uint32_t)part.length);
	return 1;
}

static uint32_t internet_available(struct call *call)
{
	struct win32_object *object = win32_object_of(call->w, arg(call, 0), OBJECT_INTERNET);

	if (!object)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	win32_put_u32(call->w, arg(call, 1),
		      (uint32_t)(object->content.length - (size_t)object->position));
	return 1;
}

static uint32_t query_info(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_object *object = win32_object_of(w, arg(call, 0), OBJECT_INTERNET);
	uint32_t what = arg(call, 1), value;
	char text[16];

	if (!object)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	switch (what & 0xffff) {
	case 5: value = (uint32_t)object->content.length; break; /* HTTP_QUERY_CONTENT_LENGTH */
	case 19: value = object->words[WORD_STATUS]; break;	 /* HTTP_QUERY_STATUS_CODE */
	default: return fail(call, 12150, 0);			 /* ERROR_HTTP_HEADER_NOT_FOUND */
	}
	if (what & 0x20000000) { /* HTTP_QUERY_FLAG_NUMBER */
		win32_put_u32(w, arg(call, 2), value);
		return 1;
	}
	snprintf(text, sizeof text, "%u", value);
	text_put(w, arg(call, 2), win32_u32(w, arg(call, 3)), text, call->wide);
	return 1;
}

static uint32_t close_internet(struct call *call)
{
	return win32_object_close(call->w, arg(call, 0));
}

static uint32_t connected_state(struct call *call)
{
	if (arg(call, 0))
		win32_put_u32(call->w, arg(call, 0), 0x12); /* LAN, RAS installed */
	return 1;
}

static uint32_t check_connection(struct call *call)
{
	const char *url = arg_text(call, 0);
	struct buffer body;
	uint32_t status;

	if (!url)
		return 1;
	buffer_init(&body, BODY_LIMIT);
	bool reached = win32_fetch_url(call->w, url, &body, &status);
	buffer_fini(&body);
	return reached;
}

static uint32_t return_true(struct call *call)
{
	(void)call;
	return 1;
}

const struct api_model win32_urlmon_models[] = {
	API_TEXT("URLDownloadToFile", 5, download_to_file),
	API_TEXT("URLDownloadToCacheFile", 6, download_to_cache), API_END
};

const struct api_model win32_wininet_models[] = {
	API_TEXT("InternetOpen", 5, internet_open),
	API_TEXT("InternetOpenUrl", 6, internet_open_url),
	API_TEXT("InternetConnect", 8, internet_connect),
	API_TEXT("HttpOpenRequest", 8, open_request),
	API_TEXT("HttpAddRequestHeaders", 4, add_headers),
	API_TEXT("HttpSendRequest", 5, send_request),
	API("InternetReadFile", 4, internet_read),
	API("InternetQueryDataAvailable", 4, internet_available),
	API_TEXT("HttpQueryInfo", 5, query_info),
	API("InternetCloseHandle", 1, close_internet),
	API("InternetGetConnectedState", 2, connected_state),
	API_TEXT("InternetGetConnectedStateEx", 4, connected_state),
	API_TEXT("InternetCheckConnection", 3, check_connection),
	API_TEXT("InternetSetOption", 4, return_true),
	API_END
};
