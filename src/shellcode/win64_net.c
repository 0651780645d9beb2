/* 64-bit Windows' sockets, WinINet, WinHTTP and urlmon. */
#include <stdio.h>
#include <string.h>

#include "shellcode/win64_call.h"

enum {
	FLAG_SECURE = 0x00800000, /* INTERNET_FLAG_SECURE, WINHTTP_FLAG_SECURE */
	PORT_HTTP = 80,
	PORT_HTTPS = 443,
	FAMILY_IPV6 = 23
};

static void tell_download(struct win64_call *call, const char *url, const char *path)
{
	struct trace_value values[] = { trace_text(url), trace_text(path) };

	win64_tell(call, TRACE_NET_DOWNLOAD, values, 2);
}

static void download(struct win64_call *call)
{
	char url[WIN64_TEXT], path[WIN64_TEXT];

	call->result = 0;
	tell_download(call, win64_text(call, 1, url), win64_text(call, 2, path));
}

static void download_wide(struct win64_call *call)
{
	char url[WIN64_TEXT], path[WIN64_TEXT];

	call->result = 0;
	tell_download(call, win64_wide(call, 1, url), win64_wide(call, 2, path));
}

/* To a file whose name the system chooses, and the caller is told. */
static void download_to_cache(struct win64_call *call)
{
	static const char name[] = "C:\\Users\\user\\AppData\\Local\\Temp\\file[1]";
	char url[WIN64_TEXT];

	call->result = 0;
	if (win64_argument(call, 3) < sizeof name ||
	    x86_write(call->machine, win64_argument(call, 2), name, sizeof name) < 0)
		call->result = 0x80070057; /* E_INVALIDARG */
	tell_download(call, win64_text(call, 1, url), name);
}

static void read_socket_address(const struct win64_call *call, struct address *address,
				uint16_t *port)
{
	uint8_t bytes[24] = { 0 };
	bool wide = x86_read(call->machine, win64_argument(call, 1), bytes, sizeof bytes) == 0 &&
		    bytes[0] == FAMILY_IPV6;

	if (!wide && x86_read(call->machine, win64_argument(call, 1), bytes, 8) < 0)
		memset(bytes, 0, sizeof bytes);
	*address = (struct address){ .family = wide ? 6 : 4 };
	memcpy(address->bytes, bytes + (wide ? 8 : 4), wide ? 16 : 4);
	*port = (uint16_t)(bytes[2] << 8 | bytes[3]);
}

static void connect_out(struct win64_call *call)
{
	const struct peer *peer = call->session->peer;
	char where[ADDRESS_TEXT_SIZE];
	struct address address;
	uint16_t port;

	read_socket_address(call, &address, &port);
	call->session->connected =
		peer && peer->connect &&
		peer->connect(peer->context, &address, port, 6, &call->session->conversation) == 0;
	struct trace_value values[] = {
		trace_text(address_text(&address, where)), trace_number(port), trace_text("tcp"),
		trace_text(call->session->connected ? "connected" : "refused")
	};
	call->result = call->session->connected ? 0 : UINT32_MAX;
	win64_tell(call, TRACE_NET_CONNECT, values, 4);
}

static void accept_one(struct win64_call *call)
{
	const struct peer *peer = call->session->peer;
	char where[ADDRESS_TEXT_SIZE];
	struct address from;
	uint16_t port;

	call->result = UINT64_MAX; /* INVALID_SOCKET: nobody comes */
	if (!peer || !peer->accept ||
	    peer->accept(peer->context, (uint16_t)call->session->port, &from, &port,
			 &call->session->conversation) < 0)
		return;
	struct trace_value values[] = { trace_text(address_text(&from, where)), trace_number(port),
					trace_number(call->session->port) };
	call->session->connected = true;
	call->result = 0x60;
	win64_tell(call, TRACE_NET_ACCEPT, values, 3);
}

static void receive(struct win64_call *call)
{
	const struct peer *peer = call->session->peer;
	uint64_t wanted = win64_argument(call, 2) & UINT32_MAX;
	uint8_t chunk[4096];
	size_t got = 0;

	if (call->session->connected && peer->receive)
		got = peer->receive(peer->context, call->session->conversation, chunk,
				    wanted < sizeof chunk ? (size_t)wanted : sizeof chunk);
	if (got && x86_write(call->machine, win64_argument(call, 1), chunk, got) < 0)
		got = 0;
	struct trace_value values[] = { trace_text(""), trace_number(0), trace_text("tcp"),
					trace_number(got) };
	call->result = got;
	win64_tell(call, TRACE_NET_RECEIVE, values, 4);
}

/* A connection to a server that is named: remembered, so that the request's address is whole. */
static void connect_to_server(struct win64_call *call)
{
	call->session->port = (unsigned)win64_argument(call, 2) & 0xffff;
	call->session->any_port = call->session->port == 0; /* INTERNET_INVALID_PORT_NUMBER */
	if (call->session->any_port)
		call->session->port = PORT_HTTP;
	struct trace_value values[] = { trace_text(call->session->server),
					trace_number(call->session->port), trace_text("tcp"),
					trace_text("connected") };
	win64_tell(call, TRACE_NET_CONNECT, values, 4);
}

static void internet_connect(struct win64_call *call)
{
	char name[WIN64_TEXT];

	snprintf(call->session->server, sizeof call->session->server, "%.120s",
		 win64_text(call, 1, name));
	connect_to_server(call);
}

static void winhttp_connect(struct win64_call *call)
{
	char name[WIN64_TEXT];

	snprintf(call->session->server, sizeof call->session->server, "%.120s",
		 win64_wide(call, 1, name));
	connect_to_server(call);
}

static void tell_request(struct win64_call *call, const char *object)
{
	char url[2 * WIN64_TEXT], port[16] = "";
	bool sealed = win64_argument(call, 6) & FLAG_SECURE;

	if (sealed && call->session->any_port)
		call->session->port = PORT_HTTPS;
	if (call->session->port != (sealed ? PORT_HTTPS : PORT_HTTP))
		snprintf(port, sizeof port, ":%u", call->session->port);
	snprintf(url, sizeof url, "%s://%s%s%s%s", sealed ? "https" : "http", call->session->server,
		 port, object[0] == '/' ? "" : "/", object);
	struct trace_value values[] = { trace_text(url), trace_text("") };
	win64_tell(call, TRACE_NET_DOWNLOAD, values, 2);
}

static void http_open_request(struct win64_call *call)
{
	char object[WIN64_TEXT];

	tell_request(call, win64_text(call, 2, object));
}

static void winhttp_open_request(struct win64_call *call)
{
	char object[WIN64_TEXT];

	tell_request(call, win64_wide(call, 2, object));
}

static void internet_open_url(struct win64_call *call)
{
	char url[WIN64_TEXT];

	tell_download(call, win64_text(call, 1, url), "");
}

static void internet_open_url_wide(struct win64_call *call)
{
	char url[WIN64_TEXT];

	tell_download(call, win64_wide(call, 1, url), "");
}

/* What is read of a file on the network: nothing more, and that went well. */
static void internet_read(struct win64_call *call)
{
	uint32_t none = 0;

	call->result = x86_write(call->machine, win64_argument(call, 3), &none, sizeof none) == 0;
}

static void bind_port(struct win64_call *call)
{
	char where[ADDRESS_TEXT_SIZE];
	struct address address;
	uint16_t port;

	read_socket_address(call, &address, &port);
	call->session->port = port;
	struct trace_value values[] = { trace_text(address_text(&address, where)),
					trace_number(port), trace_text("tcp") };
	call->result = 0;
	win64_tell(call, TRACE_NET_LISTEN, values, 3);
}

static void make_socket(struct win64_call *call)
{
	call->result = 0x50;
}

static void nothing_left(struct win64_call *call)
{
	call->result = 0;
}

static void resolve(struct win64_call *call)
{
	char name[WIN64_TEXT];
	struct trace_value values[] = { trace_text(win64_text(call, 0, name)), trace_text("") };

	call->result =
		0; /* nobody has that name: NULL, or DNS_ERROR_RCODE_NO_ERROR without records */
	win64_tell(call, TRACE_NET_RESOLVE, values, 2);
}

static const struct {
	const char *function;
	win64_function_model *model;
} models[] = {
	{ "URLDownloadToFileA", download },
	{ "URLDownloadToFileW", download_wide },
	{ "URLDownloadToCacheFileA", download_to_cache },
	{ "connect", connect_out },
	{ "WSAConnect", connect_out },
	{ "bind", bind_port },
	{ "WSAStartup", nothing_left },
	{ "listen", nothing_left },
	{ "socket", make_socket },
	{ "WSASocketA", make_socket },
	{ "WSASocketW", make_socket },
	{ "recv", receive },
	{ "accept", accept_one },
	{ "gethostbyname", resolve },
	{ "DnsQuery_A", resolve },
	{ "InternetConnectA", internet_connect },
	{ "InternetConnectW", winhttp_connect },
	{ "InternetOpenUrlA", internet_open_url },
	{ "InternetOpenUrlW", internet_open_url_wide },
	{ "HttpOpenRequestA", http_open_request },
	{ "HttpOpenRequestW", winhttp_open_request },
	{ "InternetReadFile", internet_read },
	{ "WinHttpConnect", winhttp_connect },
	{ "WinHttpOpenRequest", winhttp_open_request },
	{ "WinHttpReadData", internet_read },
};

win64_function_model *win64_net_model(const char *function)
{
	for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
		if (strcmp(models[i].function, function) == 0)
			return models[i].model;
	return NULL;
}
