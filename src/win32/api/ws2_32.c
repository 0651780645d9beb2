/* ws2_32 and wsock32: sockets whose other end is struct peer.
 *
 * A receive on a connection whose other end has nothing more to say waits a virtual minute (other
 * threads run, and may provoke an answer), then sees an orderly close. Waiting for a connection
 * that nobody makes blocks for ever. */
#include <stdlib.h>
#include <string.h>

#include "win32/api/models.h"
#include "win32/api/shared.h"
#include "win32/machine.h"

enum {
	WSAEINTR = 10004,
	WSAEFAULT = 10014,
	WSAEINVAL = 10022,
	WSAEWOULDBLOCK = 10035,
	WSAENOTSOCK = 10038,
	WSAEOPNOTSUPP = 10045,
	WSAEADDRINUSE = 10048,
	WSAENOTCONN = 10057,
	WSAETIMEDOUT = 10060,
	WSAECONNREFUSED = 10061,
	WSAHOST_NOT_FOUND = 11001
};
#define SOCKET_ERROR   UINT32_MAX
#define PATIENCE       60000u /* ms until a silent connection counts as closed */
#define CONNECT_TIME   21000u /* ms that Windows tries a connection nobody answers */
#define TRANSFER_LIMIT 65536u

static struct win32_object *socket_of(struct call *call, unsigned index)
{
	struct win32_object *socket = win32_object_of(call->w, arg(call, index), OBJECT_SOCKET);

	if (!socket)
		set_last_error(call->w, WSAENOTSOCK);
	return socket;
}

static const char *proto_text(const struct win32_object *socket)
{
	return socket->protocol == 17 ? "udp" : socket->protocol == 6 ? "tcp" : "raw";
}

uint32_t win32_own_address(const struct win32 *w)
{
	struct address address;

	return address_parse(win32_machine_address(w->machine), &address) == 0
		       ? address_to_v4(&address)
		       : 0;
}

/* sockaddr_in at a guest address */
static bool take_address(struct win32 *w, uint32_t at, struct address *address, uint16_t *port)
{
	uint8_t bytes[8];

	if (!win32_fetch(w, at, bytes, sizeof bytes) || bytes[0] != 2)
		return false;
	*port = (uint16_t)(bytes[2] << 8 | bytes[3]);
	*address = address_v4((uint32_t)bytes[4] << 24 | (uint32_t)bytes[5] << 16 |
			      (uint32_t)bytes[6] << 8 | bytes[7]);
	return true;
}

static void put_address(struct win32 *w, uint32_t at, uint32_t length_at,
			const struct address *address, uint16_t port)
{
	uint8_t bytes[16] = { 2, 0, (uint8_t)(port >> 8), (uint8_t)port };

	if (!at)
		return;
	memcpy(bytes + 4, address->bytes, 4);
	win32_put(w, at, bytes, sizeof bytes);
	if (length_at)
		win32_put_u32(w, length_at, sizeof bytes);
}

/* --- life of a socket --- */

static uint32_t wsa_startup(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t at = arg(call, 1), version = arg(call, 0) & 0xffff;

	win32_put_u16(w, at, version);
	win32_put_u16(w, at + 2, 0x202);
	text_put(w, at + 4, 257, "WinSock 2.0", false);
	text_put(w, at + 261, 129, "Running", false);
	win32_put_u16(w, at + 390, 32767);
	return 0;
}

static uint32_t success(struct call *call)
{
	(void)call;
	return 0;
}

static uint32_t socket_model(struct call *call)
{
	struct win32_object *socket;
	uint32_t kind = arg(call, 1), handle;

	handle = win32_object_new(call->w, OBJECT_SOCKET, NULL, &socket);
	if (!handle)
		return fail(call, 10024, SOCKET_ERROR);
	socket->protocol = kind == 1 ? 6 : kind == 2 ? 17 : 1;
	return handle;
}

static uint32_t closesocket_model(struct call *call)
{
	if (!socket_of(call, 0))
		return SOCKET_ERROR;
	return win32_object_close(call->w, arg(call, 0)) ? 0 : SOCKET_ERROR;
}

static uint32_t bind_model(struct call *call)
{
	struct win32_object *socket = socket_of(call, 0);
	struct address address;
	char text[ADDRESS_TEXT_SIZE];

	if (!socket || !take_address(call->w, arg(call, 1), &address, &socket->local_port))
		return fail(call, WSAEFAULT, SOCKET_ERROR);
	if (socket->local_port == 0)
		socket->local_port = (uint16_t)(1025 + arg(call, 0) % 4000);
	socket->state = SOCKET_BOUND;
	if (socket->protocol == 17)
		EMIT(call->w, NET_LISTEN, trace_text(address_text(&address, text)),
		     trace_number(socket->local_port), trace_text("udp"));
	return 0;
}

static uint32_t listen_model(struct call *call)
{
	struct win32_object *socket = socket_of(call, 0);

	if (!socket)
		return SOCKET_ERROR;
	if (socket->state == SOCKET_NEW)
		return fail(call, WSAEINVAL, SOCKET_ERROR);
	socket->state = SOCKET_LISTENING;
	EMIT(call->w, NET_LISTEN, trace_text("0.0.0.0"), trace_number(socket->local_port),
	     trace_text(proto_text(socket)));
	return 0;
}

/* A connection that already waits at a listening socket is kept in the socket until it is accepted.
 */
static bool somebody_waits(struct win32 *w, struct win32_object *socket)
{
	if (socket->has_conversation)
		return true;
	socket->has_conversation =
		w->peer && w->peer->accept &&
		w->peer->accept(w->peer->context, socket->local_port, &socket->address,
				&socket->port, &socket->conversation) == 0;
	return socket->has_conversation;
}

static uint32_t accept_model(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_object *socket = socket_of(call, 0), *accepted;
	char text[ADDRESS_TEXT_SIZE];

	if (!socket)
		return SOCKET_ERROR;
	if (!somebody_waits(w, socket)) {
		if (socket->non_blocking)
			return fail(call, WSAEWOULDBLOCK, SOCKET_ERROR);
		return sleep_then(call, UINT32_MAX, SOCKET_ERROR);
	}
	uint32_t handle = win32_object_new(w, OBJECT_SOCKET, NULL, &accepted);
	if (!handle)
		return SOCKET_ERROR;
	accepted->protocol = socket->protocol;
	accepted->state = SOCKET_CONNECTED;
	accepted->address = socket->address;
	accepted->port = socket->port;
	accepted->local_port = socket->local_port;
	accepted->conversation = socket->conversation;
	accepted->has_conversation = true;
	socket->has_conversation = false;
	put_address(w, arg(call, 1), arg(call, 2), &accepted->address, accepted->port);
	EMIT(w, NET_ACCEPT, trace_text(address_text(&accepted->address, text)),
	     trace_number(accepted->port), trace_number(accepted->local_port));
	return handle;
}

static bool open_conversation(struct win32 *w, struct win32_object *socket,
			      const struct address *address, uint16_t port)
{
	if (socket->has_conversation && w->peer->close)
		w->peer->close(w->peer->context, socket->conversation);
	socket->address = *address;
	socket->port = port;
	socket->end_of_data = false;
	socket->has_conversation = w->peer && w->peer->connect &&
				   w->peer->connect(w->peer->context, address, port,
						    socket->protocol, &socket->conversation) == 0;
	return socket->has_conversation;
}

static void say_connect(struct win32 *w, const struct win32_object *socket, bool connected)
{
	char text[ADDRESS_TEXT_SIZE];

	EMIT(w, NET_CONNECT, trace_text(address_text(&socket->address, text)),
	     trace_number(socket->port), trace_text(proto_text(socket)),
	     trace_text(connected ? "connected" : "refused"));
}

static uint32_t connect_model(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_object *socket = socket_of(call, 0);
	struct address address;
	uint16_t port;

	if (!socket)
		return SOCKET_ERROR;
	if (!take_address(w, arg(call, 1), &address, &port))
		return fail(call, WSAEFAULT, SOCKET_ERROR);
	bool connected = open_conversation(w, socket, &address, port);
	say_connect(w, socket, connected);
	if (connected || socket->protocol == 17) {
		socket->state = SOCKET_CONNECTED;
		return socket->non_blocking && socket->protocol == 6
			       ? fail(call, WSAEWOULDBLOCK, SOCKET_ERROR)
			       : 0;
	}
	if (socket->non_blocking)
		return fail(call, WSAEWOULDBLOCK, SOCKET_ERROR);
	set_last_error(w, WSAETIMEDOUT);
	return sleep_then(call, CONNECT_TIME, SOCKET_ERROR);
}

static uint32_t shutdown_model(struct call *call)
{
	return socket_of(call, 0) ? 0 : SOCKET_ERROR;
}

/* --- data --- */

static uint32_t send_bytes(struct call *call, struct win32_object *socket, uint32_t from,
			   uint32_t size)
{
	struct win32 *w = call->w;
	char text[ADDRESS_TEXT_SIZE];

	if (size > TRANSFER_LIMIT)
		size = TRANSFER_LIMIT;
	uint8_t *data = malloc(size + 1);
	if (!data || !win32_fetch(w, from, data, size)) {
		free(data);
		return fail(call, WSAEFAULT, SOCKET_ERROR);
	}
	struct bytes bytes = { data, size };
	EMIT(w, NET_SEND, trace_text(address_text(&socket->address, text)),
	     trace_number(socket->port), trace_text(proto_text(socket)), trace_number(size),
	     trace_text(win32_event_data(w, bytes)));
	win32_follow_mail(w, socket, bytes);
	if (socket->has_conversation && w->peer->send)
		w->peer->send(w->peer->context, socket->conversation, bytes);
	free(data);
	return size;
}

static uint32_t send_model(struct call *call)
{
	struct win32_object *socket = socket_of(call, 0);

	if (!socket)
		return SOCKET_ERROR;
	if (socket->state != SOCKET_CONNECTED)
		return fail(call, WSAENOTCONN, SOCKET_ERROR);
	return send_bytes(call, socket, arg(call, 1), arg(call, 2));
}

static uint32_t sendto_model(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_object *socket = socket_of(call, 0);
	struct address address;
	uint16_t port;

	if (!socket)
		return SOCKET_ERROR;
	if (arg(call, 4) && take_address(w, arg(call, 4), &address, &port) &&
	    (!socket->has_conversation || port != socket->port ||
	     !address_equal(&address, &socket->address))) {
		bool connected = open_conversation(w, socket, &address, port);
		if (socket->protocol == 17)
			say_connect(w, socket, connected);
	}
	return send_bytes(call, socket, arg(call, 1), arg(call, 2));
}

/* Bytes from the other end into the socket's own buffer; false: there are none. */
static bool fill(struct win32 *w, struct win32_object *socket)
{
	uint8_t chunk[8192];

	if (socket->position < socket->content.length)
		return true;
	if (!socket->has_conversation || socket->end_of_data || !w->peer->receive)
		return false;
	size_t got = w->peer->receive(w->peer->context, socket->conversation, chunk, sizeof chunk);
	buffer_clear(&socket->content);
	socket->position = 0;
	return got && buffer_append(&socket->content, chunk, got) == 0;
}

static uint32_t receive_bytes(struct call *call, struct win32_object *socket, uint32_t into,
			      uint32_t size, bool peek)
{
	struct win32 *w = call->w;
	char text[ADDRESS_TEXT_SIZE];

	if (!fill(w, socket)) {
		if (socket->end_of_data ||
		    (socket->state != SOCKET_CONNECTED && socket->protocol == 6))
			return socket->end_of_data ? 0 : fail(call, WSAENOTCONN, SOCKET_ERROR);
		if (socket->non_blocking)
			return fail(call, WSAEWOULDBLOCK, SOCKET_ERROR);
		if (poll_again(call, PATIENCE))
			return 0;
		if (socket->protocol != 6) /* a datagram that never comes */
			return sleep_then(call, UINT32_MAX, SOCKET_ERROR);
		socket->end_of_data = true;
		return 0;
	}
	struct bytes part =
		bytes_slice(buffer_bytes(&socket->content), (size_t)socket->position, size);
	if (!win32_put(w, into, part.data, part.length))
		return fail(call, WSAEFAULT, SOCKET_ERROR);
	if (!peek)
		socket->position += part.length;
	EMIT(w, NET_RECEIVE, trace_text(address_text(&socket->address, text)),
	     trace_number(socket->port), trace_text(proto_text(socket)), trace_number(part.length),
	     trace_text(win32_event_data(w, part)));
	return (uint32_t)part.length;
}

static uint32_t recv_model(struct call *call)
{
	struct win32_object *socket = socket_of(call, 0);

	if (!socket)
		return SOCKET_ERROR;
	return receive_bytes(call, socket, arg(call, 1), arg(call, 2), arg(call, 3) & 2);
}

static uint32_t recvfrom_model(struct call *call)
{
	struct win32_object *socket = socket_of(call, 0);

	if (!socket)
		return SOCKET_ERROR;
	uint32_t got = receive_bytes(call, socket, arg(call, 1), arg(call, 2), arg(call, 3) & 2);
	if (call->outcome == API_RETURN && got != SOCKET_ERROR)
		put_address(call->w, arg(call, 4), arg(call, 5), &socket->address, socket->port);
	return got;
}

/* WSABUF arrays: length, pointer */
static uint32_t wsa_send(struct call *call)
{
	struct win32_object *socket = socket_of(call, 0);
	uint32_t total = 0;

	if (!socket)
		return SOCKET_ERROR;
	for (uint32_t i = 0; i < arg(call, 2) && i < 64; i++) {
		uint32_t at = arg(call, 1) + 8 * i;
		uint32_t sent = send_bytes(call, socket, win32_u32(call->w, at + 4),
					   win32_u32(call->w, at));
		if (sent == SOCKET_ERROR)
			return SOCKET_ERROR;
		total += sent;
	}
	if (arg(call, 3))
		win32_put_u32(call->w, arg(call, 3), total);
	return 0;
}

static uint32_t wsa_recv(struct call *call)
{
	struct win32_object *socket = socket_of(call, 0);

	if (!socket)
		return SOCKET_ERROR;
	uint32_t at = arg(call, 1);
	uint32_t got = receive_bytes(call, socket, win32_u32(call->w, at + 4),
				     win32_u32(call->w, at), false);
	if (call->outcome != API_RETURN || got == SOCKET_ERROR)
		return got;
	if (arg(call, 3))
		win32_put_u32(call->w, arg(call, 3), got);
	return 0;
}

/* --- select --- */

static bool readable(struct win32 *w, struct win32_object *socket)
{
	if (socket->state == SOCKET_LISTENING)
		return somebody_waits(w, socket);
	return socket->state == SOCKET_CONNECTED && (fill(w, socket) || socket->end_of_data);
}

static bool writable(struct win32 *w, struct win32_object *socket)
{
	(void)w;
	return socket->state == SOCKET_CONNECTED &&
	       (socket->has_conversation || socket->protocol == 17);
}

static bool failed(struct win32 *w, struct win32_object *socket)
{
	(void)w;
	/* a non-blocking connection that was refused */
	return socket->non_blocking && socket->state == SOCKET_NEW && socket->port != 0;
}

static uint32_t keep_ready(struct win32 *w, uint32_t set,
			   bool (*ready)(struct win32 *w, struct win32_object *socket), bool write)
{
	uint32_t count = set ? win32_u32(w, set) : 0, kept = 0;

	for (uint32_t i = 0; i < count && i < 64; i++) {
		uint32_t handle = win32_u32(w, set + 4 + 4 * i);
		struct win32_object *socket = win32_object_of(w, handle, OBJECT_SOCKET);
		if (!socket || !ready(w, socket))
			continue;
		if (write)
			win32_put_u32(w, set + 4 + 4 * kept, handle);
		kept++;
	}
	if (set && write)
		win32_put_u32(w, set, kept);
	return kept;
}

static uint32_t select_model(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t timeout = arg(call, 4), total;

	total = keep_ready(w, arg(call, 1), readable, false) +
		keep_ready(w, arg(call, 2), writable, false) +
		keep_ready(w, arg(call, 3), failed, false);
	if (total == 0) {
		uint32_t wait =
			timeout ? win32_u32(w, timeout) * 1000 + win32_u32(w, timeout + 4) / 1000
				: PATIENCE;
		if ((wait || !timeout) && poll_again(call, wait))
			return 0;
		/* Without a limit, silent connections count as closed after the wait. */
		uint32_t set = arg(call, 1), count = set && !timeout ? win32_u32(w, set) : 0;
		for (uint32_t i = 0; i < count && i < 64; i++) {
			struct win32_object *socket =
				win32_object_of(w, win32_u32(w, set + 4 + 4 * i), OBJECT_SOCKET);
			if (socket && socket->state == SOCKET_CONNECTED)
				socket->end_of_data = true;
		}
		if (!timeout && keep_ready(w, set, readable, false) == 0)
			return sleep_then(call, UINT32_MAX, SOCKET_ERROR);
	}
	return keep_ready(w, arg(call, 1), readable, true) +
	       keep_ready(w, arg(call, 2), writable, true) +
	       keep_ready(w, arg(call, 3), failed, true);
}

static uint32_t fd_is_set(struct call *call)
{
	uint32_t count = win32_u32(call->w, arg(call, 1));

	for (uint32_t i = 0; i < count && i < 64; i++)
		if (win32_u32(call->w, arg(call, 1) + 4 + 4 * i) == arg(call, 0))
			return 1;
	return 0;
}

static uint32_t ioctl_socket(struct call *call)
{
	struct win32_object *socket = socket_of(call, 0);

	if (!socket)
		return SOCKET_ERROR;
	if (arg(call, 1) == 0x8004667e) /* FIONBIO */
		socket->non_blocking = win32_u32(call->w, arg(call, 2)) != 0;
	else if (arg(call, 1) == 0x4004667f) /* FIONREAD */
		win32_put_u32(call->w, arg(call, 2),
			      fill(call->w, socket)
				      ? (uint32_t)(socket->content.length - socket->position)
				      : 0);
	return 0;
}

static uint32_t wsa_ioctl(struct call *call)
{
	struct win32_object *socket = socket_of(call, 0);

	if (!socket)
		return SOCKET_ERROR;
	if (arg(call, 1) == 0x8004667e)
		socket->non_blocking = win32_u32(call->w, arg(call, 2)) != 0;
	if (arg(call, 6))
		win32_put_u32(call->w, arg(call, 6), 0);
	return 0;
}

static uint32_t get_option(struct call *call)
{
	if (!socket_of(call, 0))
		return SOCKET_ERROR;
	win32_put_u32(call->w, arg(call, 3), arg(call, 2) == 0x1008 ? 1 : 0); /* SO_TYPE */
	return 0;
}

static uint32_t set_option(struct call *call)
{
	return socket_of(call, 0) ? 0 : SOCKET_ERROR;
}

static uint32_t get_peer_name(struct call *call)
{
	struct win32_object *socket = socket_of(call, 0);

	if (!socket || socket->state != SOCKET_CONNECTED)
		return fail(call, WSAENOTCONN, SOCKET_ERROR);
	put_address(call->w, arg(call, 1), arg(call, 2), &socket->address, socket->port);
	return 0;
}

static uint32_t get_socket_name(struct call *call)
{
	struct win32_object *socket = socket_of(call, 0);
	struct address own = address_v4(win32_own_address(call->w));

	if (!socket)
		return SOCKET_ERROR;
	put_address(call->w, arg(call, 1), arg(call, 2), &own,
		    socket->local_port ? socket->local_port : 1042);
	return 0;
}

static uint32_t wsa_get_last_error(struct call *call)
{
	return last_error(call->w);
}

static uint32_t wsa_set_last_error(struct call *call)
{
	set_last_error(call->w, arg(call, 0));
	return 0;
}

/* --- events: an event object that is signalled when select would say ready --- */

static uint32_t wsa_create_event(struct call *call)
{
	struct win32_object *event;
	uint32_t handle = win32_object_new(call->w, OBJECT_EVENT, NULL, &event);

	if (handle)
		event->manual = true;
	return handle;
}

static uint32_t wsa_close_event(struct call *call)
{
	return win32_object_close(call->w, arg(call, 0));
}

static uint32_t wsa_event_select(struct call *call)
{
	struct win32_object *socket = socket_of(call, 0);
	struct win32_object *event = win32_object_of(call->w, arg(call, 1), OBJECT_EVENT);

	if (!socket)
		return SOCKET_ERROR;
	socket->non_blocking = true;
	if (event)
		event->signalled = true;
	return 0;
}

const struct api_model win32_ws2_32_models[] = { API("WSAStartup", 2, wsa_startup),
						 API("WSACleanup", 0, success),
						 API("socket", 3, socket_model),
						 API_TEXT("WSASocket", 6, socket_model),
						 API("closesocket", 1, closesocket_model),
						 API("bind", 3, bind_model),
						 API("listen", 2, listen_model),
						 API("accept", 3, accept_model),
						 API("WSAAccept", 5, accept_model),
						 API("connect", 3, connect_model),
						 API("WSAConnect", 7, connect_model),
						 API("shutdown", 2, shutdown_model),
						 API("send", 4, send_model),
						 API("sendto", 6, sendto_model),
						 API("recv", 4, recv_model),
						 API("recvfrom", 6, recvfrom_model),
						 API("WSASend", 7, wsa_send),
						 API("WSARecv", 7, wsa_recv),
						 API("select", 5, select_model),
						 API("__WSAFDIsSet", 2, fd_is_set),
						 API("ioctlsocket", 3, ioctl_socket),
						 API("WSAIoctl", 9, wsa_ioctl),
						 API("getsockopt", 5, get_option),
						 API("setsockopt", 5, set_option),
						 API("getpeername", 3, get_peer_name),
						 API("getsockname", 3, get_socket_name),
						 API("WSAGetLastError", 0, wsa_get_last_error),
						 API("WSASetLastError", 1, wsa_set_last_error),
						 API("WSACreateEvent", 0, wsa_create_event),
						 API("WSACloseEvent", 1, wsa_close_event),
						 API("WSAEventSelect", 3, wsa_event_select),
						 API_END };
