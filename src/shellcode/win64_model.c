#include "shellcode/win64_model.h"

#include <stdio.h>
#include <string.h>

enum {
	TEXT = 512,
	ALLOCATIONS = 0x10000000,
	FLAG_SECURE = 0x00800000, /* INTERNET_FLAG_SECURE, WINHTTP_FLAG_SECURE */
	PORT_HTTP = 80,
	PORT_HTTPS = 443
};

struct call {
	struct x86 *machine;
	struct win64_session *session;
	uint64_t result;
	bool ends;
};

static uint64_t argument(const struct call *call, unsigned index)
{
	static const enum x86_register order[] = { X86_CX, X86_DX, X86_R8, X86_R9 };
	uint64_t value = 0;

	if (index < 4)
		return x86_get(call->machine, order[index]);
	if (x86_read(call->machine, x86_get(call->machine, X86_SP) + 8 + 8 * index, &value,
		     sizeof value) < 0)
		return 0;
	return value;
}

static const char *text(const struct call *call, unsigned index, char *into)
{
	if (x86_read_text(call->machine, argument(call, index), into, TEXT) < 0)
		into[0] = 0;
	return into;
}

static void tell(struct call *call, enum trace_kind kind, const struct trace_value *values,
		 unsigned count)
{
	struct trace_event event = { .kind = kind,
				     .time = x86_instructions(call->machine),
				     .process = 1 };

	for (unsigned i = 0; i < TRACE_FIELDS; i++)
		event.values[i] = i < count ? values[i] : trace_text("");
	trace_emit(&call->session->trace, &event);
}

static void load_library(struct call *call)
{
	char name[TEXT];
	struct trace_value values[] = { trace_text(text(call, 0, name)) };

	call->result = win64_library(name);
	tell(call, TRACE_MODULE_LOAD, values, 1);
}

static void get_proc_address(struct call *call)
{
	char name[TEXT];
	struct trace_value values[] = { trace_text(""), trace_text(text(call, 1, name)) };

	call->result = win64_function(argument(call, 0), name);
	tell(call, TRACE_MODULE_RESOLVE, values, 2);
}

static void win_exec(struct call *call)
{
	char command[TEXT];
	struct trace_value values[] = { trace_text(text(call, 0, command)), trace_text(command) };

	call->result = 33;
	tell(call, TRACE_PROCESS_CREATE, values, 2);
}

static void create_process(struct call *call)
{
	char path[TEXT], command[TEXT];
	struct trace_value values[] = { trace_text(text(call, 0, path)),
					trace_text(text(call, 1, command)) };

	tell(call, TRACE_PROCESS_CREATE, values, 2);
}

static void shell_execute(struct call *call)
{
	char path[TEXT], parameters[TEXT], command[2 * TEXT];

	text(call, 2, path);
	text(call, 3, parameters);
	snprintf(command, sizeof command, "%s %s", path, parameters);
	struct trace_value values[] = { trace_text(path), trace_text(command) };
	call->result = 33;
	tell(call, TRACE_PROCESS_CREATE, values, 2);
}

static void download(struct call *call)
{
	char url[TEXT], path[TEXT];
	struct trace_value values[] = { trace_text(text(call, 1, url)),
					trace_text(text(call, 2, path)) };

	call->result = 0;
	tell(call, TRACE_NET_DOWNLOAD, values, 2);
}

static void read_socket_address(const struct call *call, struct address *address, uint16_t *port)
{
	uint8_t bytes[8] = { 0 };

	if (x86_read(call->machine, argument(call, 1), bytes, sizeof bytes) < 0)
		memset(bytes, 0, sizeof bytes);
	*address = (struct address){ .family = 4 };
	memcpy(address->bytes, bytes + 4, 4);
	*port = (uint16_t)(bytes[2] << 8 | bytes[3]);
}

static void connect_out(struct call *call)
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
	tell(call, TRACE_NET_CONNECT, values, 4);
}

static void accept_one(struct call *call)
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
	tell(call, TRACE_NET_ACCEPT, values, 3);
}

static void receive(struct call *call)
{
	const struct peer *peer = call->session->peer;
	uint64_t wanted = argument(call, 2) & UINT32_MAX;
	uint8_t chunk[4096];
	size_t got = 0;

	if (call->session->connected && peer->receive)
		got = peer->receive(peer->context, call->session->conversation, chunk,
				    wanted < sizeof chunk ? (size_t)wanted : sizeof chunk);
	if (got && x86_write(call->machine, argument(call, 1), chunk, got) < 0)
		got = 0;
	struct trace_value values[] = { trace_text(""), trace_number(0), trace_text("tcp"),
					trace_number(got) };
	call->result = got;
	tell(call, TRACE_NET_RECEIVE, values, 4);
}

/* A connection to a server that is named: remembered, so that the request's address is whole. */
static void connect_to_server(struct call *call)
{
	call->session->port = (unsigned)argument(call, 2) & 0xffff;
	call->session->any_port = call->session->port == 0; /* INTERNET_INVALID_PORT_NUMBER */
	if (call->session->any_port)
		call->session->port = PORT_HTTP;
	struct trace_value values[] = { trace_text(call->session->server),
					trace_number(call->session->port), trace_text("tcp"),
					trace_text("connected") };
	tell(call, TRACE_NET_CONNECT, values, 4);
}

static void internet_connect(struct call *call)
{
	char name[TEXT];

	snprintf(call->session->server, sizeof call->session->server, "%.120s",
		 text(call, 1, name));
	connect_to_server(call);
}

static const char *wide(const struct call *call, unsigned index, char *into)
{
	if (x86_read_wide(call->machine, argument(call, index), into, TEXT) < 0)
		into[0] = 0;
	return into;
}

static void winhttp_connect(struct call *call)
{
	char name[TEXT];

	snprintf(call->session->server, sizeof call->session->server, "%.120s",
		 wide(call, 1, name));
	connect_to_server(call);
}

static void tell_request(struct call *call, const char *object)
{
	char url[2 * TEXT], port[16] = "";
	bool sealed = argument(call, 6) & FLAG_SECURE;

	if (sealed && call->session->any_port)
		call->session->port = PORT_HTTPS;
	if (call->session->port != (sealed ? PORT_HTTPS : PORT_HTTP))
		snprintf(port, sizeof port, ":%u", call->session->port);
	snprintf(url, sizeof url, "%s://%s%s%s%s", sealed ? "https" : "http", call->session->server,
		 port, object[0] == '/' ? "" : "/", object);
	struct trace_value values[] = { trace_text(url), trace_text("") };
	tell(call, TRACE_NET_DOWNLOAD, values, 2);
}

static void http_open_request(struct call *call)
{
	char object[TEXT];

	tell_request(call, text(call, 2, object));
}

static void winhttp_open_request(struct call *call)
{
	char object[TEXT];

	tell_request(call, wide(call, 2, object));
}

static void internet_open_url(struct call *call)
{
	char url[TEXT];
	struct trace_value values[] = { trace_text(text(call, 1, url)), trace_text("") };

	tell(call, TRACE_NET_DOWNLOAD, values, 2);
}

/* What is read of a file on the network: nothing more, and that went well. */
static void internet_read(struct call *call)
{
	uint32_t none = 0;

	call->result = x86_write(call->machine, argument(call, 3), &none, sizeof none) == 0;
}

static void bind_port(struct call *call)
{
	char where[ADDRESS_TEXT_SIZE];
	struct address address;
	uint16_t port;

	read_socket_address(call, &address, &port);
	call->session->port = port;
	struct trace_value values[] = { trace_text(address_text(&address, where)),
					trace_number(port), trace_text("tcp") };
	call->result = 0;
	tell(call, TRACE_NET_LISTEN, values, 3);
}

static void allocate(struct call *call)
{
	uint64_t size = argument(call, 1) & UINT32_MAX;
	uint64_t at = ALLOCATIONS + (x86_instructions(call->machine) << 12 & 0xfffff000);

	call->result = size && size <= 16 << 20 &&
				       x86_map(call->machine, at, size,
					       X86_READ | X86_WRITE | X86_EXECUTE) == 0
			       ? at
			       : 0;
}

static void exit_process(struct call *call)
{
	struct trace_value values[] = { trace_number(argument(call, 0)) };

	tell(call, TRACE_EXIT, values, 1);
	call->ends = true;
}

static void return_zero(struct call *call)
{
	call->result = 0;
}

static void make_socket(struct call *call)
{
	call->result = 0x50;
}

/* What needs no answer but that it went well, and says nothing. */
static void succeed(struct call *call)
{
	call->result = 1;
}

static void create_file(struct call *call)
{
	char path[TEXT];
	struct trace_value values[] = { trace_text(text(call, 0, path)) };

	call->result = 0x40;
	tell(call, TRACE_FILE_CREATE, values, 1);
}

static const struct {
	const char *function;
	void (*model)(struct call *call);
} models[] = {
	{ "LoadLibraryA", load_library },
	{ "LoadLibraryExA", load_library },
	{ "GetModuleHandleA", load_library },
	{ "GetProcAddress", get_proc_address },
	{ "WinExec", win_exec },
	{ "system", win_exec },
	{ "CreateProcessA", create_process },
	{ "ShellExecuteA", shell_execute },
	{ "URLDownloadToFileA", download },
	{ "connect", connect_out },
	{ "WSAConnect", connect_out },
	{ "bind", bind_port },
	{ "VirtualAlloc", allocate },
	{ "ExitProcess", exit_process },
	{ "ExitThread", exit_process },
	{ "TerminateProcess", exit_process },
	{ "RtlExitUserThread", exit_process },
	{ "RtlExitUserProcess", exit_process },
	{ "FatalExit", exit_process },
	{ "NtTerminateProcess", exit_process },
	{ "WSAStartup", return_zero },
	{ "listen", return_zero },
	{ "socket", make_socket },
	{ "WSASocketA", make_socket },
	{ "WSASocketW", make_socket },
	{ "WinHttpOpen", succeed },
	{ "WinHttpSendRequest", succeed },
	{ "WinHttpReceiveResponse", succeed },
	{ "WinHttpSetOption", succeed },
	{ "InternetOpenA", succeed },
	{ "InternetSetOptionA", succeed },
	{ "HttpSendRequestA", succeed },
	{ "recv", receive },
	{ "accept", accept_one },
	{ "InternetConnectA", internet_connect },
	{ "InternetOpenUrlA", internet_open_url },
	{ "HttpOpenRequestA", http_open_request },
	{ "InternetReadFile", internet_read },
	{ "WinHttpConnect", winhttp_connect },
	{ "WinHttpOpenRequest", winhttp_open_request },
	{ "WinHttpReadData", internet_read },
	{ "GetLastError", return_zero },
	{ "WaitForSingleObject", return_zero },
	{ "CreateFileA", create_file },
};

bool win64_answer(struct x86 *machine, struct win64_session *session, const char *function)
{
	struct call call = { .machine = machine, .session = session, .result = 1 };

	for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
		if (strcmp(models[i].function, function) == 0) {
			models[i].model(&call);
			x86_set(machine, X86_AX, call.result);
			return !call.ends;
		}
	struct trace_value values[] = { trace_text("windows"), trace_text(function) };
	tell(&call, TRACE_API_UNKNOWN, values, 2);
	x86_set(machine, X86_AX, call.result);
	return true;
}
