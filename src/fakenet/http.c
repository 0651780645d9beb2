/* HTTP/1.0 and 1.1 (RFC 9110, 9112): what looks like a program is answered with the download, the
 * pages by which programs find out whether they are on the Internet with what they expect, all else
 * with a small page. GET, HEAD, POST and PUT; bodies are swallowed; one request after the other on
 * a kept connection. */
#include "fakenet/net.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

struct http_state {
	uint64_t body_left; /* of the request, still to be swallowed */
	bool in_body;	    /* a request waits for the end of its body */
	bool head, close;   /* of the request that is being answered */
	char host[256], path[1024];
};

struct page {
	const char *host, *path; /* host NULL: any; path NULL: any */
	unsigned status;
	const char *body;
};

/* Connectivity checks: Windows NCSI (Microsoft, "NCSI overview"), Android and Chrome
 * (generate_204), Firefox and Apple portals; and the pages that tell a bot its own address. */
static const struct page pages[] = {
	{ NULL, "/ncsi.txt", 200, "Microsoft NCSI" },
	{ NULL, "/connecttest.txt", 200, "Microsoft Connect Test" },
	{ NULL, "/generate_204", 204, "" },
	{ "detectportal.firefox.com", "/success.txt", 200, "success\n" },
	{ "captive.apple.com", NULL, 200,
	  "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>" },
	{ "checkip.dyndns.org", NULL, 200,
	  "<html><head><title>Current IP Check</title></head><body>Current IP Address: 192.0.2.20"
	  "</body></html>\r\n" },
	{ "www.whatismyip.com", NULL, 200, "192.0.2.20" },
	{ "whatismyip.akamai.com", NULL, 200, "192.0.2.20" },
	{ NULL, "/robots.txt", 200, "User-agent: *\r\nDisallow:\r\n" },
};

static const struct page plain_page = {
	NULL, NULL, 200,
	"<!DOCTYPE html>\n<html><head><title>Welcome</title></head>\n"
	"<body><h1>It works</h1><p><a href=\"/about.html\">About</a></p></body></html>\n"
};

static const char *const program_endings[] = { ".exe", ".scr", ".pif", ".dll", ".cpl", ".ocx",
					       ".sys", ".bin", ".msi", ".com", ".dat" };

static bool asks_for_program(const char *path)
{
	size_t length = strcspn(path, "?#");

	for (size_t i = 0; i < sizeof program_endings / sizeof *program_endings; i++) {
		size_t tail = strlen(program_endings[i]);
		if (length > tail &&
		    strncasecmp(path + length - tail, program_endings[i], tail) == 0)
			return true;
	}
	return false;
}

static const struct page *find_page(const char *host, const char *path)
{
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		const struct page *page = &pages[i];
		if ((!page->host || strcasecmp(page->host, host) == 0) &&
		    (!page->path || strcmp(page->path, path) == 0))
			return page;
	}
	return &plain_page;
}

static void say_head(struct conversation *conversation, unsigned status, const char *type,
		     size_t length)
{
	const struct http_state *state = conversation->state;
	time_t now = (time_t)net_clock(conversation->net);
	char date[64];
	struct tm parts;

	gmtime_r(&now, &parts);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
	say(conversation,
	    "HTTP/1.1 %u %s\r\nDate: %s\r\nServer: Apache\r\nContent-Type: %s\r\n"
	    "Content-Length: %zu\r\nConnection: %s\r\n\r\n",
	    status,
	    status == 204   ? "No Content"
	    : status == 400 ? "Bad Request"
			    : "OK",
	    date, type, length, state->close ? "close" : "keep-alive");
}

static void answer(struct conversation *conversation)
{
	struct http_state *state = conversation->state;
	struct bytes body;

	if (asks_for_program(state->path)) {
		body = net_download(conversation->net);
		say_head(conversation, 200, "application/octet-stream", body.length);
	} else {
		const struct page *page = find_page(state->host, state->path);
		body = bytes_of(page->body);
		say_head(conversation, page->status,
			 page->body[0] == '<' ? "text/html" : "text/plain", body.length);
	}
	if (!state->head)
		say_bytes(conversation, body);
	if (state->close)
		conversation->finished = true;
}

/* "GET http://host/path HTTP/1.0" as proxies get it, or "GET /path HTTP/1.0". */
static void keep_target(struct http_state *state, struct bytes target)
{
	if (bytes_start_with(target, "http://")) {
		struct bytes rest = bytes_slice(target, 7, target.length);
		size_t slash = bytes_find(rest, bytes_of("/"), 0);
		plain_text(bytes_slice(rest, 0, slash), state->host, sizeof state->host);
		target = slash == SIZE_MAX ? bytes_of("/") : bytes_slice(rest, slash, rest.length);
	}
	plain_text(target, state->path, sizeof state->path);
}

static void keep_header(struct http_state *state, struct bytes line)
{
	size_t colon = bytes_find(line, bytes_of(":"), 0);
	char name[32], value[256];

	if (colon == SIZE_MAX)
		return;
	plain_text(bytes_slice(line, 0, colon), name, sizeof name);
	colon += bytes_start_with(bytes_slice(line, colon + 1, 1), " ") ? 2 : 1;
	plain_text(bytes_slice(line, colon, line.length), value, sizeof value);
	if (strcasecmp(name, "Host") == 0) {
		value[strcspn(value, ":")] = '\0';
		memcpy(state->host, value, sizeof state->host);
	} else if (strcasecmp(name, "Connection") == 0) {
		state->close = strcasecmp(value, "close") == 0 ||
			       (state->close && strcasecmp(value, "keep-alive") != 0);
	} else if (strcasecmp(name, "Content-Length") == 0) {
		unsigned long long length = 0;
		if (sscanf(value, "%19llu", &length) == 1)
			state->body_left = length;
	}
}

/* The method when the request line is one; false: not HTTP. */
static bool keep_request(struct http_state *state, struct bytes line)
{
	char method[16];
	struct bytes rest = take_word(line, method, sizeof method);
	size_t end = bytes_find(rest, bytes_of(" "), 0);

	*state = (struct http_state){ 0 };
	keep_target(state, bytes_slice(rest, 0, end));
	state->head = strcmp(method, "HEAD") == 0;
	state->close = end == SIZE_MAX || bytes_find(rest, bytes_of("HTTP/1.1"), end) == SIZE_MAX;
	return state->path[0] == '/' && (state->head || strcmp(method, "GET") == 0 ||
					 strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0);
}

static size_t http_hear(struct conversation *conversation, struct bytes said)
{
	struct http_state *state = conversation->state;
	struct bytes line;
	size_t used;

	if (state->in_body) {
		used = state->body_left < said.length ? (size_t)state->body_left : said.length;
		state->body_left -= used;
		if (state->body_left == 0) {
			state->in_body = false;
			answer(conversation);
		}
		return used;
	}
	used = bytes_find(said, bytes_of("\r\n\r\n"), 0);
	if (used == SIZE_MAX)
		return 0;
	used += 4;
	struct bytes head = bytes_slice(said, 0, used);
	size_t at = take_line(head, &line);
	if (!keep_request(state, line)) {
		state->close = true;
		say_head(conversation, 400, "text/plain", 0);
		conversation->finished = true;
		return used;
	}
	for (size_t step; (step = take_line(bytes_slice(head, at, used), &line)) > 0; at += step)
		keep_header(state, line);
	state->in_body = state->body_left > 0;
	if (!state->in_body)
		answer(conversation);
	return used;
}

const struct responder responder_http = {
	.name = "http",
	.protocol = PROTOCOL_TCP,
	.ports = { 80, 8000, 8080, 3128 },
	.state_size = sizeof(struct http_state),
	.hear = http_hear,
};
