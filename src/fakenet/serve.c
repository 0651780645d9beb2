/* The responders over real sockets: one poll loop, no threads, bounded in time, connections and
 * memory.
 *
 * UDP needs no memory between datagrams, for every UDP responder answers from the datagram alone. A
 * TCP client that is silent for 30 s is dropped; on ports that say nothing about the protocol it is
 * greeted after two. */
#include "fakenet/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTENERS	64
#define MOST_CLIENTS	1024
#define IDLE_LIMIT	30000 /* milliseconds */
#define PROMPT_AFTER	2000
#define DEFAULT_SECONDS 3600

struct listener {
	int descriptor;
	const struct responder *responder;
	uint16_t port;
};

struct client {
	struct client *next;
	int descriptor;
	struct conversation conversation;
	uint8_t chunk[16384]; /* taken from the conversation, not sent yet */
	size_t length, sent;
	uint64_t last; /* when it last said or got something */
};

struct server {
	struct fakenet *net;
	struct listener listeners[LISTENERS];
	size_t listener_count;
	struct client *clients; /* owned, newest first */
	size_t client_count, most;
	struct data_links links;
	struct pollfd *polls;
};

static int open_listener(struct server *server, const struct fakenet_serve_options *options,
			 const struct responder *responder, uint16_t port, struct error *error)
{
	struct listener *listener = &server->listeners[server->listener_count];
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(port) };
	bool tcp = responder->protocol == PROTOCOL_TCP;
	char where[ADDRESS_TEXT_SIZE + 16];
	int one = 1;

	if (server->listener_count == LISTENERS)
		return error_set(error, ERROR_LIMIT, "fakenet", "more than %u ports", LISTENERS);
	snprintf(where, sizeof where, "%s:%u",
		 address_text(&options->listen, (char[ADDRESS_TEXT_SIZE]){ 0 }), port);
	here.sin_addr.s_addr = htonl(address_to_v4(&options->listen));
	listener->descriptor =
		socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener->descriptor < 0)
		return error_system(error, where, "cannot make a socket");
	listener->responder = responder;
	listener->port = port;
	server->listener_count++;
	setsockopt(listener->descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	setsockopt(listener->descriptor, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
	if (bind(listener->descriptor, (struct sockaddr *)&here, sizeof here) < 0 ||
	    (tcp && listen(listener->descriptor, 16) < 0))
		return error_system(error, where, "cannot listen for %s", responder->name);
	return 0;
}

/* Both protocols of a port that was asked for by number. */
static int open_port(struct server *server, const struct fakenet_serve_options *options,
		     uint16_t port, struct error *error)
{
	const struct responder *datagrams = responder_for(port, PROTOCOL_UDP);
	int result = open_listener(server, options, responder_for(port, PROTOCOL_TCP), port, error);

	if (result == 0 && datagrams)
		result = open_listener(server, options, datagrams, port, error);
	return result;
}

static int open_listeners(struct server *server, const struct fakenet_serve_options *options,
			  struct error *error)
{
	const struct responder *responder;
	int result = 0;

	for (size_t i = 0; i < options->port_count && result == 0; i++)
		result = open_port(server, options, options->ports[i], error);
	if (options->port_count > 0)
		return result;
	for (size_t i = 0; (responder = responder_at(i)); i++) {
		for (size_t j = 0; responder->ports[j] && result == 0; j++)
			result = open_listener(server, options, responder, responder->ports[j],
					       error);
	}
	return result;
}

static struct address address_of(const struct sockaddr_in *from)
{
	return address_v4(ntohl(from->sin_addr.s_addr));
}

static void accept_client(struct server *server, const struct listener *listener)
{
	struct sockaddr_in there = { 0 }, here = { 0 };
	socklen_t there_size = sizeof there, here_size = sizeof here;
	int descriptor = accept4(listener->descriptor, (struct sockaddr *)&there, &there_size,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (descriptor < 0)
		return;
	struct client *client = calloc(1, sizeof *client);
	if (!client || getsockname(descriptor, (struct sockaddr *)&here, &here_size) < 0)
		goto refuse;
	struct address address = address_of(&here);
	if (conversation_open(&client->conversation, server->net, listener->responder, &address,
			      listener->port) < 0)
		goto refuse;
	client->conversation.client = address_of(&there);
	client->conversation.carrier = &serve_carrier;
	client->conversation.carrier_context = &server->links;
	client->descriptor = descriptor;
	client->last = serve_now();
	client->next = server->clients;
	server->clients = client;
	server->client_count++;
	net_count_connection(server->net);
	return;
refuse:
	free(client);
	close(descriptor);
	net_count_dropped(server->net);
}

static void drop_client(struct server *server, struct client *client)
{
	data_links_forget(&server->links, &client->conversation);
	close(client->descriptor);
	conversation_close(&client->conversation);
	free(client);
}

/* The reply leaves from the address that was asked, also when we listen on all of them
 * (IP_PKTINFO). */
static void serve_datagram(struct server *server, const struct listener *listener)
{
	uint8_t data[2048];
	char control[CMSG_SPACE(sizeof(struct in_pktinfo))];
	struct sockaddr_in there;
	struct iovec part = { data, sizeof data };
	struct msghdr message = { .msg_name = &there,
				  .msg_namelen = sizeof there,
				  .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof control };
	struct conversation conversation;
	ssize_t length = recvmsg(listener->descriptor, &message, 0);
	struct cmsghdr *header = length < 0 ? NULL : CMSG_FIRSTHDR(&message);

	if (!header || header->cmsg_type != IP_PKTINFO)
		return;
	struct in_pktinfo info;
	memcpy(&info, CMSG_DATA(header), sizeof info);
	struct address here = address_v4(ntohl(info.ipi_addr.s_addr));
	if (conversation_open(&conversation, server->net, listener->responder, &here,
			      listener->port) < 0)
		return;
	net_count_connection(server->net);
	conversation.client = address_of(&there);
	info.ipi_spec_dst = info.ipi_addr;
	info.ipi_ifindex = 0;
	memcpy(CMSG_DATA(header), &info, sizeof info);
	conversation_hear(&conversation, (struct bytes){ data, (size_t)length });
	while (conversation_has_more(&conversation)) {
		part.iov_len = conversation_take(&conversation, data, sizeof data);
		if (sendmsg(listener->descriptor, &message, MSG_NOSIGNAL) < 0)
			break;
	}
	conversation_close(&conversation);
}

/* Sends what there is. False: the client is gone. */
static bool send_some(struct client *client, uint64_t now)
{
	for (;;) {
		if (client->sent == client->length) {
			client->sent = client->length = 0;
			if (!conversation_has_more(&client->conversation))
				return true;
			client->length = conversation_take(&client->conversation, client->chunk,
							   sizeof client->chunk);
		}
		ssize_t sent = send(client->descriptor, client->chunk + client->sent,
				    client->length - client->sent, MSG_NOSIGNAL);
		if (sent < 0)
			return errno == EAGAIN;
		client->sent += (size_t)sent;
		client->last = now;
	}
}

static bool wants_to_send(const struct client *client)
{
	return client->sent < client->length || conversation_has_more(&client->conversation);
}

/* False: this client is done with. */
static bool work(struct client *client, short events, uint64_t now)
{
	uint8_t data[4096];
	struct conversation *conversation = &client->conversation;

	if (events & (POLLIN | POLLHUP | POLLERR)) {
		ssize_t length = recv(client->descriptor, data, sizeof data, 0);
		if (length == 0 || (length < 0 && errno != EAGAIN))
			return false;
		if (length > 0) {
			conversation_hear(conversation, (struct bytes){ data, (size_t)length });
			client->last = now;
		}
	}
	if (now - client->last > PROMPT_AFTER && !conversation->spoken &&
	    conversation->responder->prompt) {
		conversation->spoken = true;
		conversation->responder->prompt(conversation);
	}
	if (!send_some(client, now) || now - client->last > IDLE_LIMIT)
		return false;
	return wants_to_send(client) || !conversation->finished;
}

static void work_clients(struct server *server, const struct pollfd *polls)
{
	uint64_t now = serve_now();

	for (struct client **link = &server->clients; *link;) {
		struct client *client = *link;
		if (work(client, polls++->revents, now)) {
			link = &client->next;
			continue;
		}
		*link = client->next;
		server->client_count--;
		drop_client(server, client);
	}
}

/* One turn: wait for anything, at most `wait` milliseconds, then do it. */
static int turn(struct server *server, int wait, struct error *error)
{
	bool full = server->client_count == server->most;
	size_t count = 0, listeners = full ? 0 : server->listener_count;

	for (const struct client *client = server->clients; client; client = client->next) {
		server->polls[count++] = (struct pollfd){
			.fd = client->descriptor,
			.events = (short)(POLLIN | (wants_to_send(client) ? POLLOUT : 0)),
		};
	}
	size_t first = count;
	for (size_t i = 0; i < listeners; i++)
		server->polls[count++] = (struct pollfd){
			.fd = server->listeners[i].descriptor,
			.events = POLLIN,
		};
	count = data_links_poll(&server->links, server->polls, count);
	if (poll(server->polls, count, wait) < 0 && errno != EINTR)
		return error_system(error, "fakenet", "cannot wait for connections");
	work_clients(server, server->polls);
	for (size_t i = 0; i < listeners; i++) {
		if (!(server->polls[first + i].revents & POLLIN))
			continue;
		if (server->listeners[i].responder->protocol == PROTOCOL_UDP)
			serve_datagram(server, &server->listeners[i]);
		else if (server->client_count < server->most)
			accept_client(server, &server->listeners[i]);
	}
	data_links_work(&server->links);
	return 0;
}

static void finish(struct server *server)
{
	for (struct client *client = server->clients, *next; client; client = next) {
		next = client->next;
		drop_client(server, client);
	}
	for (size_t i = 0; i < server->listener_count; i++)
		close(server->listeners[i].descriptor);
	data_links_fini(&server->links);
	free(server->polls);
	fakenet_free(server->net);
}

static int prepare(struct server *server, const struct fakenet_serve_options *options,
		   struct error *error)
{
	if (options->listen.family != 4)
		return error_set(error, ERROR_USAGE, "fakenet",
				 "an IPv4 address to listen on is needed");
	if (options->connections > MOST_CLIENTS)
		return error_set(error, ERROR_USAGE, "fakenet",
				 "more than %u connections at a time", MOST_CLIENTS);
	server->most = options->connections ? options->connections : 64;
	server->net = fakenet_new(&options->net);
	server->polls = calloc(server->most + LISTENERS + DATA_LINKS, sizeof *server->polls);
	if (!server->net || !server->polls) {
		error_set(error, ERROR_MEMORY, "fakenet", "no memory");
		return ERROR_MEMORY;
	}
	return open_listeners(server, options, error);
}

int fakenet_serve(const struct fakenet_serve_options *options, struct error *error)
{
	struct server server = { 0 };
	unsigned seconds = options->seconds ? options->seconds : DEFAULT_SECONDS;

	data_links_init(&server.links);
	int result = prepare(&server, options, error);
	uint64_t end = serve_now() + (uint64_t)seconds * 1000;
	for (uint64_t now; result == 0 && (now = serve_now()) < end;)
		result = turn(&server, (int)(end - now < 500 ? end - now : 500), error);
	finish(&server);
	return result;
}
