/* Sockets: conversations with struct peer. */
#include <string.h>

#include "unix/model.h"

enum { TCP = 6, UDP = 17 };

static const struct address anywhere = { .family = 4 };

static struct descriptor *socket_of(struct unix_process *process, uint64_t number)
{
	struct descriptor *descriptor = unix_descriptor(process, number);

	return descriptor && descriptor->kind == DESCRIPTOR_SOCKET ? descriptor : NULL;
}

static const char *protocol_name(const struct descriptor *descriptor)
{
	return descriptor->protocol == UDP ? "udp" : descriptor->protocol == TCP ? "tcp" : "raw";
}

int64_t unix_socket(struct unix_process *process, const struct unix_request *request)
{
	int64_t number = unix_descriptor_take(process, DESCRIPTOR_SOCKET, 0);
	/* SOCK_STREAM is 1 and SOCK_DGRAM 2, except on Solaris, where it is the other way round. */
	uint64_t stream = process->system == UNIX_SOLARIS_32 ? 2 : 1;
	uint64_t type = request->arguments[1] & 0xf;

	unix_tell_call(process, request);
	if (number >= 0)
		process->descriptors[number].protocol = type == stream ? TCP : type <= 2 ? UDP : 0;
	return number;
}

int64_t unix_socketpair(struct unix_process *process, const struct unix_request *request)
{
	int32_t pair[2];

	unix_tell_call(process, request);
	pair[0] = (int32_t)unix_descriptor_take(process, DESCRIPTOR_PIPE, 0);
	pair[1] = (int32_t)unix_descriptor_take(process, DESCRIPTOR_PIPE, 0);
	if (pair[0] < 0 || pair[1] < 0)
		return -UNIX_EMFILE;
	return x86_write(process->machine, request->arguments[3], pair, sizeof pair) < 0
		       ? -UNIX_EFAULT
		       : 0;
}

static void tell_listening(struct unix_process *process, const struct descriptor *descriptor)
{
	char text[ADDRESS_TEXT_SIZE];
	const struct address *local = descriptor->address.family ? &descriptor->address : &anywhere;
	struct trace_value values[] = { trace_text(address_text(local, text)),
					trace_number(descriptor->local_port),
					trace_text(protocol_name(descriptor)) };
	unix_tell(process, TRACE_NET_LISTEN, values, 3);
}

int64_t unix_bind(struct unix_process *process, const struct unix_request *request)
{
	struct descriptor *descriptor = socket_of(process, request->arguments[0]);
	struct unix_address local;

	if (!descriptor)
		return unix_not_socket(process);
	if (!unix_address_read(process->machine, request->arguments[1],
			       request->arguments[2] & UINT32_MAX, &local))
		return -UNIX_EINVAL;
	unix_tell_call(process, request);
	descriptor->local_port = local.port;
	descriptor->address = local.address;
	if (descriptor->protocol == UDP)
		tell_listening(process, descriptor);
	return 0;
}

int64_t unix_listen(struct unix_process *process, const struct unix_request *request)
{
	struct descriptor *descriptor = socket_of(process, request->arguments[0]);

	if (!descriptor)
		return unix_not_socket(process);
	tell_listening(process, descriptor);
	return 0;
}

static int64_t ask_peer(struct unix_process *process, struct descriptor *descriptor,
			const struct unix_address *to)
{
	const struct peer *peer = process->peer;

	if (!peer || !peer->connect ||
	    peer->connect(peer->context, &to->address, to->port, descriptor->protocol,
			  &descriptor->conversation) < 0)
		return unix_refused(process);
	descriptor->connected = true;
	return 0;
}

static int64_t connect_to(struct unix_process *process, struct descriptor *descriptor,
			  const struct unix_address *to)
{
	char text[ADDRESS_TEXT_SIZE];
	int64_t result = ask_peer(process, descriptor, to);
	struct trace_value values[] = { trace_text(address_text(&to->address, text)),
					trace_number(to->port),
					trace_text(protocol_name(descriptor)),
					trace_text(result < 0 ? "refused" : "connected") };

	descriptor->address = to->address;
	descriptor->port = to->port;
	unix_tell(process, TRACE_NET_CONNECT, values, 4);
	return result;
}

int64_t unix_connect(struct unix_process *process, const struct unix_request *request)
{
	struct descriptor *descriptor = socket_of(process, request->arguments[0]);
	struct unix_address to;

	if (!descriptor)
		return unix_not_socket(process);
	if (!unix_address_read(process->machine, request->arguments[1],
			       request->arguments[2] & UINT32_MAX, &to))
		return -UNIX_EINVAL;
	if (to.address.family == 0) { /* a local socket: nobody is there */
		unix_tell_call(process, request);
		return unix_refused(process);
	}
	return connect_to(process, descriptor, &to);
}

int64_t unix_accept(struct unix_process *process, const struct unix_request *request)
{
	struct descriptor *listening = socket_of(process, request->arguments[0]);
	struct descriptor who = { .kind = DESCRIPTOR_SOCKET, .protocol = TCP, .connected = true };
	const struct peer *peer = process->peer;
	char text[ADDRESS_TEXT_SIZE];
	int64_t number;

	if (!listening)
		return unix_not_socket(process);
	who.local_port = listening->local_port;
	if (!peer || !peer->accept ||
	    peer->accept(peer->context, who.local_port, &who.address, &who.port,
			 &who.conversation) < 0) {
		process->idle = true;
		return 0;
	}
	struct trace_value values[] = { trace_text(address_text(&who.address, text)),
					trace_number(who.port), trace_number(who.local_port) };
	unix_tell(process, TRACE_NET_ACCEPT, values, 3);
	number = unix_descriptor_take(process, DESCRIPTOR_SOCKET, 0);
	if (number < 0)
		return number;
	process->descriptors[number] = who;
	unix_address_write(process->machine, request->arguments[1], request->arguments[2],
			   &who.address, who.port);
	return number;
}

static void tell_data(struct unix_process *process, enum trace_kind kind,
		      const struct descriptor *descriptor, uint64_t data, uint64_t length)
{
	char text[1100], address[ADDRESS_TEXT_SIZE];
	struct trace_value values[] = { trace_text(address_text(&descriptor->address, address)),
					trace_number(descriptor->port),
					trace_text(protocol_name(descriptor)), trace_number(length),
					trace_text(unix_data_text(process, data, length, text,
								  sizeof text)) };

	unix_tell(process, kind, values, 5);
}

/* send, write, and sendto with an address of its own. */
int64_t unix_send(struct unix_process *process, const struct unix_request *request)
{
	struct descriptor *descriptor = socket_of(process, request->arguments[0]);
	uint64_t length = request->arguments[2] & UINT32_MAX;
	struct unix_address to;
	uint8_t chunk[4096];

	if (!descriptor)
		return unix_not_socket(process);
	if (!descriptor->connected && request->call == UNIX_CALL_sendto &&
	    unix_address_read(process->machine, request->arguments[4],
			      request->arguments[5] & UINT32_MAX, &to) &&
	    connect_to(process, descriptor, &to) < 0)
		return unix_refused(process);
	tell_data(process, TRACE_NET_SEND, descriptor, request->arguments[1], length);
	for (uint64_t done = 0; done < length && done < 1 << 20; done += sizeof chunk) {
		size_t part = length - done < sizeof chunk ? (size_t)(length - done) : sizeof chunk;
		if (x86_read(process->machine, request->arguments[1] + done, chunk, part) < 0)
			return -UNIX_EFAULT;
		if (descriptor->connected && process->peer && process->peer->send)
			process->peer->send(process->peer->context, descriptor->conversation,
					    (struct bytes){ chunk, part });
	}
	return (int64_t)length;
}

/* Somebody says something to a socket that takes it from anybody: a stranger to an open UDP port,
 * once. False: nobody ever does. */
static bool is_spoken_to(struct unix_process *process, struct descriptor *descriptor)
{
	const struct peer *peer = process->peer;

	if (descriptor->connected || descriptor->protocol == TCP)
		return true;
	descriptor->connected =
		descriptor->protocol == UDP && descriptor->local_port && peer && peer->accept &&
		peer->accept(peer->context, descriptor->local_port, &descriptor->address,
			     &descriptor->port, &descriptor->conversation) == 0;
	return descriptor->connected;
}

/* Where the code may read what its sender said next: a descriptor that it was not given by a call
 * of its own, as the attacked program's connection is. NULL: nothing came. */
static struct descriptor *origin_of(struct unix_process *process)
{
	const struct peer *peer = process->peer;

	process->origin = (struct descriptor){ .kind = DESCRIPTOR_SOCKET,
					       .protocol = TCP,
					       .connected = true };
	return peer && peer->origin &&
			       peer->origin(peer->context, &process->origin.conversation) == 0
		       ? &process->origin
		       : NULL;
}

bool unix_comes_with_more(struct unix_process *process)
{
	return origin_of(process) != NULL;
}

int64_t unix_receive(struct unix_process *process, const struct unix_request *request)
{
	struct descriptor *descriptor = socket_of(process, request->arguments[0]);
	uint64_t wanted = request->arguments[2] & UINT32_MAX;
	uint8_t chunk[4096];
	size_t got;

	if (!descriptor)
		descriptor = origin_of(process);
	if (!descriptor) {
		unix_tell_call(process, request);
		return unix_not_socket(process);
	}
	if (!is_spoken_to(process, descriptor)) {
		unix_tell_call(process, request);
		process->idle = true;
		return 0;
	}
	got = descriptor->connected && process->peer && process->peer->receive
		      ? process->peer->receive(
				process->peer->context, descriptor->conversation, chunk,
				wanted < sizeof chunk ? (size_t)wanted : sizeof chunk)
		      : 0;
	if (got && x86_write(process->machine, request->arguments[1], chunk, got) < 0)
		return -UNIX_EFAULT;
	tell_data(process, TRACE_NET_RECEIVE, descriptor, request->arguments[1], got);
	return (int64_t)got;
}

int64_t unix_getpeername(struct unix_process *process, const struct unix_request *request)
{
	struct descriptor *descriptor = socket_of(process, request->arguments[0]);

	unix_tell_call(process, request); /* code that looks for its connection asks for all */
	if (!descriptor)
		return unix_descriptor(process, request->arguments[0]) ? unix_not_socket(process)
								       : -UNIX_EBADF;
	unix_address_write(process->machine, request->arguments[1], request->arguments[2],
			   &descriptor->address, descriptor->port);
	return 0;
}

int64_t unix_getsockname(struct unix_process *process, const struct unix_request *request)
{
	struct descriptor *descriptor = socket_of(process, request->arguments[0]);

	unix_tell_call(process, request); /* code that looks for its connection asks for all */
	if (!descriptor)
		return unix_descriptor(process, request->arguments[0]) ? unix_not_socket(process)
								       : -UNIX_EBADF;
	unix_address_write(process->machine, request->arguments[1], request->arguments[2],
			   &anywhere, descriptor->local_port);
	return 0;
}
