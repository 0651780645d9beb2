/* The table of open conversations: who is client, limits, time-outs, and the end of each.
 *
 * Conversations leave in this order when a limit (memory or number) is reached: finished ones, TCP
 * whose handshake was never completed (a flood of SYNs costs itself first, answered or not),
 * datagrams, then the rest; within each the one that is silent for the longest time. The clock is
 * the newest time stamp of the capture, so the same packets give the same sessions in the same
 * order. */
#include "stream/flows.h"

#include <stdlib.h>
#include <string.h>

#define CLOSED_IDLE  10000000000u /* late copies and last acknowledgements still belong to it */
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define LOOK_BACK    65536u /* bytes that a part has of what an earlier one had */

struct stream_table {
	struct stream_limits limits;
	stream_receiver *receiver;
	void *context;
	struct flows flows;
	struct assembly_table assemblies; /* holds the memory count */
	struct packet_host *hosts;	  /* copy of the list in limits */
	struct flow *handing;		  /* what the receiver is looking at */
	struct stream_session *session;	  /* of it */
	struct stream_session *part;	  /* what the receiver is looking at is the heap's */
	uint64_t now_ns;
	uint64_t last_number;
	struct stream_counters counters;
};

struct stream_limits stream_default_limits(void)
{
	return (struct stream_limits){ .memory = 512u << 20,
				       .side = 32u << 20,
				       .flows = 1000000,
				       .tcp_idle_ns = 300000000000u,
				       .udp_idle_ns = 60000000000u,
				       .queue_bytes = 1u << 20,
				       .queue_pieces = 2048 };
}

static bool copy_hosts(struct stream_table *table)
{
	struct packet_hosts *hosts = &table->limits.hosts;

	if (hosts->count == 0)
		return true;
	table->hosts = calloc(hosts->count, sizeof *table->hosts);
	if (!table->hosts)
		return false;
	memcpy(table->hosts, hosts->hosts, hosts->count * sizeof *table->hosts);
	hosts->hosts = table->hosts;
	return true;
}

struct stream_table *stream_new(const struct stream_limits *limits, stream_receiver *receiver,
				void *context)
{
	struct stream_table *table = calloc(1, sizeof *table);
	if (!table)
		return NULL;
	table->limits = *limits;
	table->receiver = receiver;
	table->context = context;
	table->assemblies = (struct assembly_table){ .side_limit = limits->side,
						     .queue_bytes = limits->queue_bytes,
						     .queue_pieces = limits->queue_pieces };
	if (!copy_hosts(table) || !flows_init(&table->flows, &table->assemblies.memory)) {
		free(table->hosts);
		free(table);
		return NULL;
	}
	return table;
}

size_t stream_memory(const struct stream_table *table)
{
	return table->assemblies.memory;
}

static void drop_assemblies(struct stream_table *table, struct flow *flow)
{
	for (int side = 0; side < STREAM_SIDES; side++) {
		if (!flow->assembly[side])
			continue;
		assembly_fini(flow->assembly[side]);
		free(flow->assembly[side]);
		table->assemblies.memory -= sizeof *flow->assembly[side];
		flow->assembly[side] = NULL;
	}
}

static void discard(struct stream_table *table, struct flow *flow)
{
	flows_remove(&table->flows, flow);
	drop_assemblies(table, flow);
	table->assemblies.memory -= sizeof *flow;
	free(flow);
}

void stream_free(struct stream_table *table)
{
	if (!table)
		return;
	for (int which = 0; which < FLOW_RANKS; which++)
		while (table->flows.lists[which].oldest)
			discard(table, table->flows.lists[which].oldest);
	flows_fini(&table->flows);
	free(table->hosts);
	free(table);
}

/* Who asked: the sender of SYN, the receiver of SYN with ACK. Where the beginning was not seen, a
 * port below 1024 at one end alone is the server's, else the first sender is the client. Datagrams:
 * the first sender, since an attacker may choose his port. */
static enum stream_side side_of_first(const struct packet *packet)
{
	if (packet->protocol == PROTOCOL_UDP)
		return STREAM_CLIENT;
	if (packet->flags & PACKET_SYN)
		return packet->flags & PACKET_ACK ? STREAM_SERVER : STREAM_CLIENT;
	if (packet->source_port < 1024 && packet->destination_port >= 1024)
		return STREAM_SERVER;
	return STREAM_CLIENT;
}

static struct flow *start(struct stream_table *table, uint64_t hash, const struct packet *packet,
			  enum stream_side *side)
{
	struct flow *flow = calloc(1, sizeof *flow);
	if (!flow)
		return NULL;
	*side = side_of_first(packet);
	flow->hash = hash;
	flow->table = &table->assemblies;
	flow->number = ++table->last_number;
	flow->protocol = packet->protocol;
	flow->first_ns = flow->last_ns = packet->time_ns;
	flow->picked_up = packet->protocol == PROTOCOL_TCP &&
			  (packet->flags & (PACKET_SYN | PACKET_ACK)) != PACKET_SYN;
	flow->address[*side] = packet->source;
	flow->port[*side] = packet->source_port;
	flow->address[!*side] = packet->destination;
	flow->port[!*side] = packet->destination_port;
	for (int i = 0; i < STREAM_SIDES; i++)
		flow->personality[i] =
			(uint8_t)packet_personality_of(&table->limits.hosts, &flow->address[i]);
	flows_add(&table->flows, flow,
		  packet->protocol == PROTOCOL_UDP ? FLOW_DATAGRAMS : FLOW_UNANSWERED);
	table->assemblies.memory += sizeof *flow;
	return flow;
}

/* --- the end of a conversation --- */

static enum stream_end end_of(const struct flow *flow, enum stream_end reason)
{
	if (flow->protocol != PROTOCOL_TCP)
		return reason;
	if (flow->reset)
		return STREAM_END_RST;
	return tcp_closed(flow) ? STREAM_END_FIN : reason;
}

static void fill_half(struct stream_half *half, const struct assembly *assembly)
{
	half->data = (struct bytes){ assembly->data, assembly->length };
	half->segments = assembly->segments;
	half->segment_count = assembly->segment_count;
	half->lost = assembly->lost;
	half->beyond_limit = assembly->beyond_limit;
	half->urgent = assembly->urgent;
	half->retransmitted = assembly->retransmitted;
	half->out_of_order = assembly->out_of_order;
	half->overlaps = assembly->overlaps;
	half->contradictions = assembly->contradictions;
}

static void fill_session(struct stream_session *session, const struct flow *flow,
			 enum stream_end reason)
{
	*session = (struct stream_session){ .number = flow->number,
					    .protocol = flow->protocol,
					    .first_ns = flow->first_ns,
					    .last_ns = flow->last_ns,
					    .end = end_of(flow, reason),
					    .picked_up = flow->picked_up };
	for (int side = 0; side < STREAM_SIDES; side++) {
		session->half[side].address = flow->address[side];
		session->half[side].port = flow->port[side];
		session->half[side].packets = flow->packets[side];
		if (flow->assembly[side])
			fill_half(&session->half[side], flow->assembly[side]);
	}
}

static int deliver(struct stream_table *table, struct flow *flow, enum stream_end reason)
{
	struct stream_session session;

	for (int side = 0; side < STREAM_SIDES; side++) {
		struct assembly *assembly = flow->assembly[side];
		if (!assembly)
			continue;
		assembly_finish(assembly, tcp_believed(flow, (enum stream_side)side));
		table->counters.checksum_wrong += assembly->ignored[TRUST_BAD_CHECKSUM];
		table->counters.out_of_window += assembly->ignored[TRUST_DOUBTFUL];
	}
	fill_session(&session, flow, reason);
	table->counters.sessions++;
	table->handing = flow;
	table->session = &session;
	int result = table->receiver(table->context, &session);
	table->handing = NULL;
	table->session = NULL;
	return result < 0 ? result : 0;
}

static int hand_on(struct stream_table *table, struct flow *flow, enum stream_end reason)
{
	int result = flow->done ? 0 : deliver(table, flow, reason);
	discard(table, flow);
	return result;
}

/* Both ends know that both have said everything. */
static bool is_finished(const struct flow *flow)
{
	return flow->protocol == PROTOCOL_TCP && !flow->reset && !flow->done &&
	       flow->tcp[STREAM_CLIENT].fin_acked && flow->tcp[STREAM_SERVER].fin_acked &&
	       tcp_closed(flow);
}

static int finish_promptly(struct stream_table *table, struct flow *flow)
{
	int result = deliver(table, flow, STREAM_END_FIN);

	flow->done = true;
	drop_assemblies(table, flow);
	return result;
}

/* --- sessions that outlive the call --- */

struct stream_session *stream_session_take(struct stream_table *table)
{
	struct flow *flow = table->handing;
	struct stream_session *part = table->part;
	if (part) {
		table->part = NULL;
		return part;
	}
	struct stream_session *taken = flow ? malloc(sizeof *taken) : NULL;

	if (!taken)
		return NULL;
	*taken = *table->session;
	for (int side = 0; side < STREAM_SIDES; side++) {
		struct assembly *assembly = flow->assembly[side];
		if (!assembly)
			continue;
		table->assemblies.memory -= assembly->capacity +
					    assembly->segment_capacity * sizeof *assembly->segments;
		assembly->data = NULL;
		assembly->segments = NULL;
		assembly->length = assembly->capacity = 0;
		assembly->segment_count = assembly->segment_capacity = 0;
	}
	return taken;
}

size_t stream_session_memory(const struct stream_session *session)
{
	size_t size = sizeof *session;

	for (int side = 0; side < STREAM_SIDES; side++)
		size += session->half[side].data.length +
			session->half[side].segment_count * sizeof *session->half[side].segments;
	return size;
}

void stream_session_free(struct stream_session *session)
{
	if (!session)
		return;
	for (int side = 0; side < STREAM_SIDES; side++) {
		/* They were the assembly's own, const only to readers. */
		free((void *)(uintptr_t)session->half[side].data.data);
		free((void *)(uintptr_t)session->half[side].segments);
	}
	free(session);
}

/* --- looks at conversations that go on --- */

/* What is new of one side, with some of what was before. */
static bool copy_news(struct stream_half *half, struct assembly *assembly)
{
	size_t from = assembly->shown > LOOK_BACK ? assembly->shown - LOOK_BACK : 0;
	size_t length = assembly->length - from;
	uint8_t *copy = malloc(length);

	if (!copy)
		return false;
	memcpy(copy, assembly->data + from, length);
	half->data.data = copy;
	half->data.length = length;
	half->skipped = from;
	assembly->shown = assembly->length;
	return true;
}

static bool has_news(const struct flow *flow, int side)
{
	const struct assembly *assembly = flow->assembly[side];

	return assembly && assembly->length > assembly->shown;
}

static int look_at(struct stream_table *table, struct flow *flow)
{
	bool copied = true;

	if (flow->done || !(has_news(flow, STREAM_CLIENT) || has_news(flow, STREAM_SERVER)))
		return 0;
	struct stream_session *part = malloc(sizeof *part);
	if (!part)
		return ERROR_MEMORY;
	fill_session(part, flow, STREAM_END_TIMEOUT);
	part->part = true;
	for (int side = 0; side < STREAM_SIDES; side++) {
		struct stream_half *half = &part->half[side];
		half->data = (struct bytes){ NULL, 0 };
		half->segments = NULL;
		half->segment_count = 0;
		if (copied && has_news(flow, side))
			copied = copy_news(half, flow->assembly[side]);
	}
	table->part = part;
	int result = copied ? table->receiver(table->context, part) : ERROR_MEMORY;
	stream_session_free(table->part); /* NULL: it was taken */
	table->part = NULL;
	return result < 0 ? result : 0;
}

/* The lists are ordered by last activity, so nothing is looked at twice without reason. */
static int look_at_silent(struct stream_table *table)
{
	for (int which = 0; table->limits.look_ns && which < FLOW_RANKS; which++) {
		struct activity_list *list = &table->flows.lists[which];
		while (list->unseen &&
		       table->now_ns - list->unseen->last_ns > table->limits.look_ns) {
			struct flow *flow = list->unseen;
			list->unseen = flow->newer;
			int result = look_at(table, flow);
			if (result < 0)
				return result;
		}
	}
	return 0;
}

/* --- limits --- */

static uint64_t idle_limit(const struct stream_table *table, enum flow_rank rank)
{
	switch (rank) {
	case FLOW_CLOSED: return CLOSED_IDLE;
	case FLOW_DATAGRAMS: return table->limits.udp_idle_ns;
	default: return table->limits.tcp_idle_ns;
	}
}

static int end_idle(struct stream_table *table)
{
	for (int which = 0; which < FLOW_RANKS; which++) {
		uint64_t limit = idle_limit(table, (enum flow_rank)which);
		for (;;) {
			struct flow *oldest = table->flows.lists[which].oldest;
			if (!oldest || table->now_ns - oldest->last_ns <= limit)
				break;
			int result = hand_on(table, oldest, STREAM_END_TIMEOUT);
			if (result < 0)
				return result;
		}
	}
	return 0;
}

static int evict(struct stream_table *table)
{
	while (table->assemblies.memory > table->limits.memory ||
	       table->flows.count > table->limits.flows) {
		int which = 0;
		while (which < FLOW_RANKS && !table->flows.lists[which].oldest)
			which++;
		if (which == FLOW_RANKS)
			return 0;
		struct flow *oldest = table->flows.lists[which].oldest;
		table->counters.evicted += !oldest->done;
		int result = hand_on(table, oldest, STREAM_END_LIMIT);
		if (result < 0)
			return result;
	}
	return 0;
}

/* --- packets --- */

/* A datagram with a wrong checksum is dropped once the same side has shown that it writes right
 * ones. */
static void push_datagram(struct stream_table *table, struct flow *flow, enum stream_side side,
			  const struct packet *packet)
{
	struct tcp_side *me = &flow->tcp[side];

	me->seen = true;
	if (packet->checksum_wrong && me->checksum_right_seen) {
		table->counters.checksum_wrong++;
		return;
	}
	me->checksum_right_seen |= !packet->checksum_wrong;
	struct assembly *assembly = packet->payload_on_wire ? flow_assembly(flow, side) : NULL;
	if (!assembly)
		return;
	struct segment segment = {
		.position = assembly->next,
		.bytes = packet->payload,
		.absent = packet->payload_on_wire - (uint32_t)packet->payload.length,
		.time_ns = packet->time_ns,
		.trust = TRUST_INTACT,
	};
	assembly_push(assembly, &segment);
}

/* Answered is what both sides speak in, the client not only by SYN. */
static enum flow_rank rank_of(const struct flow *flow)
{
	if (flow->protocol == PROTOCOL_UDP)
		return FLOW_DATAGRAMS;
	if (tcp_closed(flow))
		return FLOW_CLOSED;
	return flow->tcp[STREAM_CLIENT].spoke && flow->tcp[STREAM_SERVER].seen ? FLOW_OPEN
									       : FLOW_UNANSWERED;
}

static bool flow_failed(const struct flow *flow)
{
	bool failed = flow->failed;

	for (int side = 0; side < STREAM_SIDES; side++)
		failed |= flow->assembly[side] && assembly_failed(flow->assembly[side]);
	return failed;
}

/* Before the first byte for that side arrives, as its SYN does. */
static void guess_personality(const struct stream_table *table, struct flow *flow,
			      enum stream_side side, const struct packet *packet)
{
	enum packet_personality guess;

	if (packet->flags & PACKET_SYN && !flow->tcp[side].seen &&
	    !packet_hosts_name(&table->limits.hosts, &packet->source) &&
	    packet_personality_guess(packet, &guess))
		flow->personality[side] = (uint8_t)guess;
}

static int push_into(struct stream_table *table, struct flow *flow, enum stream_side side,
		     const struct packet *packet)
{
	if (table->limits.guess && packet->protocol == PROTOCOL_TCP)
		guess_personality(table, flow, side, packet);
	if (packet->protocol == PROTOCOL_UDP) {
		push_datagram(table, flow, side, packet);
	} else if (tcp_push(flow, side, packet, &table->counters.out_of_window) == TCP_REUSED) {
		uint64_t hash = flow->hash;
		int result = hand_on(table, flow, STREAM_END_TIMEOUT);
		if (result < 0)
			return result;
		flow = start(table, hash, packet, &side);
		if (!flow)
			return ERROR_MEMORY;
		tcp_push(flow, side, packet, &table->counters.out_of_window);
	}
	flow->packets[side]++;
	flow->last_ns = table->now_ns;
	flows_touch(&table->flows, flow, rank_of(flow));
	if (flow_failed(flow))
		return ERROR_MEMORY;
	return table->limits.prompt && is_finished(flow) ? finish_promptly(table, flow) : 0;
}

int stream_push(struct stream_table *table, const struct packet *packet)
{
	enum stream_side side = STREAM_CLIENT;

	if (packet->time_ns > table->now_ns)
		table->now_ns = packet->time_ns;
	int result = end_idle(table);
	if (result == 0)
		result = look_at_silent(table);
	if (result < 0)
		return result;
	if (packet->protocol != PROTOCOL_TCP && packet->protocol != PROTOCOL_UDP) {
		table->counters.other_protocols++;
		return 0;
	}
	uint64_t hash;
	struct flow *flow = flows_find(&table->flows, packet, &hash, &side);
	if (!flow && packet->protocol == PROTOCOL_TCP && (packet->flags & PACKET_RST))
		return 0; /* there is nothing to reset */
	if (!flow)
		flow = start(table, hash, packet, &side);
	if (!flow)
		return ERROR_MEMORY;
	result = push_into(table, flow, side, packet);
	return result < 0 ? result : evict(table);
}

int stream_advance(struct stream_table *table, uint64_t now_ns)
{
	if (now_ns > table->now_ns)
		table->now_ns = now_ns;
	int result = end_idle(table);
	return result < 0 ? result : look_at_silent(table);
}

static int by_number(const void *a, const void *b)
{
	uint64_t first = (*(struct flow *const *)a)->number;
	uint64_t second = (*(struct flow *const *)b)->number;
	return (first > second) - (first < second);
}

/* In the order of their first packets. */
int stream_flush(struct stream_table *table)
{
	int result = 0;
	size_t count = 0;
	struct flow **flows = malloc((table->flows.count + 1) * sizeof(struct flow *));

	if (!flows)
		return ERROR_MEMORY;
	for (int which = 0; which < FLOW_RANKS; which++)
		for (struct flow *flow = table->flows.lists[which].oldest; flow; flow = flow->newer)
			flows[count++] = flow;
	qsort(flows, count, sizeof(struct flow *), by_number);
	for (size_t i = 0; i < count && result == 0; i++)
		result = hand_on(table, flows[i], STREAM_END_CAPTURE);
	free(flows);
	return result;
}

struct stream_counters stream_counters(const struct stream_table *table)
{
	return table->counters;
}
