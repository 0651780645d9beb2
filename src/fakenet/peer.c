/* The pseudo-Internet as the other end of a simulated program: struct peer over conversations, no
 * sockets.
 *
 * A conversation number is a slot of a table plus a multiple of the table's size that grows with
 * each use, so that a stale number is not taken for another conversation. Data connections of FTP
 * are content that waits for the client: at a port of the server (passive), or as a caller at a
 * port where the client listens (active), which accept() hands out. */
#include "fakenet/net.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS	4096	    /* conversations at a time */
#define VISITOR 0xcb007142u /* 203.0.113.66: who comes unasked, or from a script */
#define WAITING 64	    /* scripts and data connections that wait for the client */

struct slot {
	uint32_t number; /* of the conversation that uses it, or used it last; 0: nobody yet */
	struct conversation *conversation; /* NULL: free */
};

/* A connection that has not happened yet, or has not got its content yet. */
struct waiting {
	bool used, incoming; /* incoming: the pseudo-Internet connects to the program */
	bool filled;	     /* `content` is there */
	uint16_t port;	     /* 0: any */
	uint64_t order;
	struct address server;		    /* the pseudo-Internet's end */
	const struct conversation *control; /* of passive data connections, compared only */
	uint32_t connected; /* the number of the data conversation; 0: not connected */
	struct buffer content;
};

struct peer_state {
	struct slot slots[SLOTS];
	size_t next_slot;
	struct waiting waiting[WAITING];
	uint64_t order;
	uint16_t next_data_port, next_client_port;
	uint8_t visited[65536 / 8]; /* a bit per port where a program listened */
};

struct peer_state *peer_state_new(void)
{
	struct peer_state *state = calloc(1, sizeof *state);

	if (state) {
		state->next_data_port = 50000;
		state->next_client_port = 1025;
	}
	return state;
}

static void hang_up(struct slot *slot)
{
	if (slot->conversation)
		conversation_close(slot->conversation);
	free(slot->conversation);
	slot->conversation = NULL;
}

void peer_state_free(struct peer_state *state)
{
	if (!state)
		return;
	for (size_t i = 0; i < SLOTS; i++)
		hang_up(&state->slots[i]);
	for (size_t i = 0; i < WAITING; i++)
		buffer_fini(&state->waiting[i].content);
	free(state);
}

/* NULL when there is no such conversation (any more). */
static struct conversation *find(struct fakenet *net, uint32_t number)
{
	const struct slot *slot = &net->peers->slots[number % SLOTS];
	return slot->number == number ? slot->conversation : NULL;
}

/* A free slot and the number of its next conversation, never 0; NULL when all are taken. */
static struct slot *take_slot(struct fakenet *net, uint32_t *number)
{
	struct peer_state *state = net->peers;

	for (size_t i = 0; i < SLOTS; i++) {
		size_t index = (state->next_slot + i) % SLOTS;
		struct slot *slot = &state->slots[index];
		if (slot->conversation)
			continue;
		state->next_slot = index + 1;
		slot->number = slot->number ? slot->number + SLOTS : (uint32_t)(SLOTS + index);
		if (slot->number < SLOTS) /* wrapped around */
			slot->number += SLOTS;
		*number = slot->number;
		return slot;
	}
	net_count_dropped(net);
	return NULL;
}

static struct waiting *take_waiting(struct peer_state *state)
{
	for (size_t i = 0; i < WAITING; i++) {
		struct waiting *waiting = &state->waiting[i];
		if (waiting->used)
			continue;
		*waiting = (struct waiting){ .used = true, .order = state->order++ };
		return waiting;
	}
	return NULL;
}

static void drop_waiting(struct waiting *waiting)
{
	buffer_fini(&waiting->content);
	waiting->used = false;
}

static int fill(struct waiting *waiting, struct bytes content)
{
	buffer_init(&waiting->content, content.length);
	waiting->filled = true;
	return buffer_append(&waiting->content, content.data, content.length);
}

static bool older(const struct waiting *waiting, const struct waiting *than)
{
	return !than || waiting->order < than->order;
}

/* The oldest caller for a port where the program listens. */
static struct waiting *find_caller(struct peer_state *state, uint16_t port)
{
	struct waiting *best = NULL;

	for (size_t i = 0; i < WAITING; i++) {
		struct waiting *waiting = &state->waiting[i];
		if (waiting->used && waiting->incoming &&
		    (waiting->port == port || waiting->port == 0) && older(waiting, best))
			best = waiting;
	}
	return best;
}

/* The passive port of a server that the program connects to. */
static struct waiting *find_passive(struct peer_state *state, const struct address *server,
				    uint16_t port)
{
	for (size_t i = 0; i < WAITING; i++) {
		struct waiting *waiting = &state->waiting[i];
		if (waiting->used && !waiting->incoming && !waiting->connected &&
		    waiting->port == port && address_equal(&waiting->server, server))
			return waiting;
	}
	return NULL;
}

/* The passive port that a control connection opened and that got no content yet. */
static struct waiting *find_opened(struct peer_state *state, const struct conversation *control)
{
	for (size_t i = 0; i < WAITING; i++) {
		struct waiting *waiting = &state->waiting[i];
		if (waiting->used && !waiting->incoming && !waiting->filled &&
		    waiting->control == control)
			return waiting;
	}
	return NULL;
}

int fakenet_script(struct fakenet *net, uint16_t port, struct bytes bytes)
{
	struct waiting *waiting = take_waiting(net->peers);

	if (!waiting)
		return ERROR_LIMIT;
	waiting->incoming = true;
	waiting->port = port;
	waiting->server = address_v4(VISITOR);
	if (fill(waiting, bytes) == 0)
		return 0;
	drop_waiting(waiting);
	return ERROR_MEMORY;
}

static uint16_t open_data(void *context, struct conversation *control)
{
	struct peer_state *state = ((struct fakenet *)context)->peers;
	struct waiting *waiting = find_opened(state, control);

	if (waiting) /* asked twice: the first port is forgotten */
		drop_waiting(waiting);
	waiting = take_waiting(state);
	if (!waiting)
		return 0;
	waiting->port = state->next_data_port;
	waiting->server = control->server;
	waiting->control = control;
	state->next_data_port = state->next_data_port < 59999 ? state->next_data_port + 1 : 50000;
	return waiting->port;
}

/* The whole content of a data connection; then the server closes. */
static void deliver(struct conversation *data, struct bytes content)
{
	data->said.limit += content.length;
	if (content.length > 0)
		say_bytes(data, content);
	data->finished = true;
}

static void send_data(void *context, struct conversation *control, uint16_t port,
		      struct bytes content)
{
	struct fakenet *net = context;
	struct waiting *waiting =
		port ? take_waiting(net->peers) : find_opened(net->peers, control);

	if (waiting && waiting->connected) {
		struct conversation *data = find(net, waiting->connected);
		if (data)
			deliver(data, content);
		drop_waiting(waiting);
		return;
	}
	if (!waiting || fill(waiting, content) < 0) {
		net_count_dropped(net);
		return;
	}
	if (port) {
		waiting->incoming = true;
		waiting->port = port;
		waiting->server = control->server;
	}
}

static const struct carrier peer_carrier = { open_data, send_data };

static int peer_resolve(void *context, const char *name, struct address *address)
{
	return net_resolve(context, name, address);
}

static int begin(struct fakenet *net, const struct responder *responder,
		 const struct address *server, uint16_t port, uint32_t *number)
{
	struct slot *slot = take_slot(net, number);
	struct conversation *conversation = slot ? calloc(1, sizeof *conversation) : NULL;

	if (!conversation)
		return ERROR_INPUT;
	if (conversation_open(conversation, net, responder, server, port) < 0) {
		free(conversation);
		return ERROR_INPUT;
	}
	slot->conversation = conversation;
	conversation->carrier = &peer_carrier;
	conversation->carrier_context = net;
	net_count_connection(net);
	return 0;
}

static int peer_connect(void *context, const struct address *address, uint16_t port,
			uint8_t protocol, uint32_t *number)
{
	struct fakenet *net = context;
	const struct responder *responder = responder_for(port, protocol);
	struct waiting *waiting = NULL;

	if (protocol == PROTOCOL_TCP)
		waiting = find_passive(net->peers, address, port);
	if (waiting)
		responder = &responder_silent;
	else if (!responder || !net_answers(net, address, port)) {
		net->counters.refused++;
		return ERROR_INPUT;
	}
	if (begin(net, responder, address, port, number) < 0)
		return ERROR_INPUT;
	if (waiting && waiting->filled) {
		deliver(find(net, *number), buffer_bytes(&waiting->content));
		drop_waiting(waiting);
	} else if (waiting) {
		waiting->connected = *number;
	}
	return 0;
}

/* The one visit that a port gets unasked. */
static bool visit(struct fakenet *net, uint16_t port)
{
	uint8_t *bits = &net->peers->visited[port / 8], bit = (uint8_t)(1u << port % 8);

	if (net->config.no_visitors || (*bits & bit))
		return false;
	*bits |= bit;
	return true;
}

static int peer_accept(void *context, uint16_t port, struct address *from, uint16_t *from_port,
		       uint32_t *number)
{
	struct fakenet *net = context;
	struct waiting *waiting = find_caller(net->peers, port);
	struct address visitor = address_v4(VISITOR);

	if (!waiting && !visit(net, port))
		return ERROR_INPUT;
	*from = waiting ? waiting->server : visitor;
	if (begin(net, &responder_silent, from, port, number) < 0)
		return ERROR_INPUT;
	*from_port = net->peers->next_client_port++;
	if (net->peers->next_client_port < 1025)
		net->peers->next_client_port = 1025;
	if (waiting) {
		deliver(find(net, *number), buffer_bytes(&waiting->content));
		drop_waiting(waiting);
	}
	return 0;
}

static void peer_send(void *context, uint32_t number, struct bytes bytes)
{
	struct conversation *conversation = find(context, number);
	if (conversation)
		conversation_hear(conversation, bytes);
}

static size_t peer_receive(void *context, uint32_t number, uint8_t *into, size_t size)
{
	struct conversation *conversation = find(context, number);
	return conversation ? conversation_take(conversation, into, size) : 0;
}

static void peer_close(void *context, uint32_t number)
{
	struct fakenet *net = context;
	struct conversation *conversation = find(net, number);

	if (!conversation)
		return;
	struct waiting *opened = find_opened(net->peers, conversation);
	if (opened)
		drop_waiting(opened);
	hang_up(&net->peers->slots[number % SLOTS]);
}

void peer_fill(struct fakenet *net)
{
	net->peer = (struct peer){
		.context = net,
		.resolve = peer_resolve,
		.connect = peer_connect,
		.accept = peer_accept,
		.send = peer_send,
		.receive = peer_receive,
		.close = peer_close,
	};
}
