/* The table of open conversations: who is client, limits, time-outs, and the end of each.
 *
 * Conversations leave in this order when a limit (memory or number) is reached: finished ones, TCP
 * that was never answered (a flood of SYNs costs itself first), datagrams, then the rest; within
 * each the one that is silent for the longest time. The clock is the newest time stamp of the
 * capture, so the same packets give the same sessions in the same order. */
#include "stream/flows.h"

#include <stdlib.h>
#include <string.h>

#define CLOSED_IDLE  10000000000u /* late copies and last acknowledgements still belong to it */
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17

struct stream_table {
	struct stream_limits limits;
	stream_receiver *receiver;
	void *context;
	struct flows flows;
	size_t memory;
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
				       .udp_idle_ns = 60000000000u };
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
	if (!flows_init(&table->flows, &table->memory)) {
		free(table);
		return NULL;
	}
	return table;
}

static void discard(struct stream_table *table, struct flow *flow)
{
	flows_remove(&table->flows, flow);
	for (int side = 0; side < STREAM_SIDES; side++)
		assembly_fini(&flow->assembly[side]);
	table->memory -= sizeof *flow;
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
	flow->session.number = ++table->last_number;
	flow->session.protocol = packet->protocol;
	flow->session.first_ns = flow->session.last_ns = packet->time_ns;
	flow->session.picked_up = packet->protocol == PROTOCOL_TCP &&
				  (packet->flags & (PACKET_SYN | PACKET_ACK)) != PACKET_SYN;
	flow->session.half[*side].address = packet->source;
	flow->session.half[*side].port = packet->source_port;
	flow->session.half[!*side].address = packet->destination;
	flow->session.half[!*side].port = packet->destination_port;
	for (int i = 0; i < STREAM_SIDES; i++)
		assembly_init(&flow->assembly[i], table->limits.side, &table->memory);
	flows_add(&table->flows, flow,
		  packet->protocol == PROTOCOL_UDP ? FLOW_DATAGRAMS : FLOW_UNANSWERED);
	table->memory += sizeof *flow;
	return flow;
}

/* --- the end of a conversation --- */

/* What counts without acknowledgement, where there is nothing to hold against it: everything when
 * the other direction was not captured; wrong checksums when this one never showed a right one on
 * data (offload). */
static enum trust believed(const struct flow *flow, int side)
{
	if (!flow->tcp[!side].seen)
		return TRUST_DOUBTFUL;
	return flow->tcp[side].checksum_right_seen ? TRUST_INTACT : TRUST_BAD_CHECKSUM;
}

static enum stream_end end_of(const struct flow *flow, enum stream_end reason)
{
	if (flow->session.protocol != PROTOCOL_TCP)
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
	half->retransmitted = assembly->retransmitted;
	half->out_of_order = assembly->out_of_order;
	half->overlaps = assembly->overlaps;
	half->contradictions = assembly->contradictions;
}

static int hand_on(struct stream_table *table, struct flow *flow, enum stream_end reason)
{
	for (int side = 0; side < STREAM_SIDES; side++) {
		struct assembly *assembly = &flow->assembly[side];
		assembly_finish(assembly, believed(flow, side));
		fill_half(&flow->session.half[side], assembly);
		table->counters.checksum_wrong += assembly->queue.bad_checksum;
		table->counters.out_of_window += assembly->queue.not_accepted;
	}
	flow->session.end = end_of(flow, reason);
	table->counters.sessions++;
	int result = table->receiver(table->context, &flow->session);
	discard(table, flow);
	return result < 0 ? result : 0;
}

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
			if (!oldest || table->now_ns - oldest->session.last_ns <= limit)
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
	while (table->memory > table->limits.memory || table->flows.count > table->limits.flows) {
		int which = 0;
		while (which < FLOW_RANKS && !table->flows.lists[which].oldest)
			which++;
		if (which == FLOW_RANKS)
			return 0;
		table->counters.evicted++;
		int result = hand_on(table, table->flows.lists[which].oldest, STREAM_END_LIMIT);
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
	struct assembly *assembly = &flow->assembly[side];

	me->seen = true;
	if (packet->checksum_wrong && me->checksum_right_seen) {
		table->counters.checksum_wrong++;
		return;
	}
	me->checksum_right_seen |= !packet->checksum_wrong;
	struct segment segment = {
		.position = assembly->next,
		.bytes = packet->payload,
		.absent = packet->payload_on_wire - (uint32_t)packet->payload.length,
		.time_ns = packet->time_ns,
		.trust = TRUST_INTACT,
	};
	if (packet->payload_on_wire)
		assembly_push(assembly, &segment);
}

static enum flow_rank rank_of(const struct flow *flow)
{
	if (flow->session.protocol == PROTOCOL_UDP)
		return FLOW_DATAGRAMS;
	if (tcp_closed(flow))
		return FLOW_CLOSED;
	return flow->tcp[STREAM_CLIENT].seen && flow->tcp[STREAM_SERVER].seen ? FLOW_OPEN
									      : FLOW_UNANSWERED;
}

static int push_into(struct stream_table *table, struct flow *flow, enum stream_side side,
		     const struct packet *packet)
{
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
	flow->session.half[side].packets++;
	flow->session.last_ns = table->now_ns;
	flows_touch(&table->flows, flow, rank_of(flow));
	return assembly_failed(&flow->assembly[side]) || assembly_failed(&flow->assembly[!side])
		       ? ERROR_MEMORY
		       : 0;
}

int stream_push(struct stream_table *table, const struct packet *packet)
{
	enum stream_side side = STREAM_CLIENT;

	if (packet->time_ns > table->now_ns)
		table->now_ns = packet->time_ns;
	int result = end_idle(table);
	if (result < 0)
		return result;
	if (packet->protocol != PROTOCOL_TCP && packet->protocol != PROTOCOL_UDP) {
		table->counters.other_protocols++;
		return 0;
	}
	uint64_t hash = flows_hash(&table->flows, packet);
	struct flow *flow = flows_find(&table->flows, hash, packet, &side);
	if (!flow && packet->protocol == PROTOCOL_TCP && (packet->flags & PACKET_RST))
		return 0; /* there is nothing to reset */
	if (!flow)
		flow = start(table, hash, packet, &side);
	if (!flow)
		return ERROR_MEMORY;
	result = push_into(table, flow, side, packet);
	return result < 0 ? result : evict(table);
}

static int by_number(const void *a, const void *b)
{
	uint64_t first = (*(struct flow *const *)a)->session.number;
	uint64_t second = (*(struct flow *const *)b)->session.number;
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
