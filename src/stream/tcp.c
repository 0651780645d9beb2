/* The state of a TCP connection as both ends must see it (RFC 9293, section 3.10.7), from outside.
 *
 * A segment that a receiver would refuse (wrong checksum, beyond its window, older timestamp (RFC
 * 7323, section 5), no ACK bit, with the SYN, behind a reset) or that may not reach it (a smaller
 * TTL than this side's packets had) is not thrown away: it is doubtful, and the receiver's own
 * acknowledgement decides (assembly.h). So a capture with offloaded or rewritten checksums is read
 * whole, and a segment that was sent to deceive the observer alone is not. */
#include "stream/flow.h"

#include <stdlib.h>

struct assembly *flow_assembly(struct flow *flow, enum stream_side side)
{
	struct assembly *assembly = flow->assembly[side];

	if (assembly || flow->failed)
		return assembly;
	assembly = malloc(sizeof *assembly);
	if (!assembly) {
		flow->failed = true;
		return NULL;
	}
	/* The other end puts it together. */
	assembly_init(assembly, (enum packet_personality)flow->personality[!side], flow->table);
	flow->table->memory += sizeof *assembly;
	flow->assembly[side] = assembly;
	return assembly;
}

static uint64_t expected(const struct flow *flow, enum stream_side side)
{
	return flow->assembly[side] ? flow->assembly[side]->next : 0;
}

/* Position of a sequence number, nearest to what is expected next; negative before the beginning.
 */
static int64_t position_of(const struct flow *flow, enum stream_side side, uint32_t sequence)
{
	uint64_t next = expected(flow, side);
	int32_t distance = (int32_t)(sequence - (flow->tcp[side].base + (uint32_t)next));
	return (int64_t)next + distance;
}

static void learn_base(struct tcp_side *side, uint32_t sequence)
{
	if (side->base_known)
		return;
	side->base = sequence;
	side->base_known = true;
}

static void learn_syn(struct flow *flow, enum stream_side side, const struct packet *packet)
{
	struct tcp_side *me = &flow->tcp[side];
	if (me->syn_seen)
		return;
	learn_base(me, packet->sequence + 1);
	me->syn_seen = true;
	me->has_scale = packet->has_window_scale;
	me->scale = packet->window_scale;
	if (!packet->checksum_wrong)
		me->ttl = packet->ttl;
	me->timestamps = me->timestamp_known = packet->has_timestamp;
	me->timestamp = packet->timestamp;
}

/* A SYN on a connection that exists. Its own repetition is nothing; another one becomes a rival. */
static enum tcp_verdict consider_syn(struct flow *flow, enum stream_side side,
				     const struct packet *packet)
{
	struct tcp_side *me = &flow->tcp[side];

	if (!me->seen || (me->syn_seen && packet->sequence + 1 == me->base))
		return TCP_TAKEN;
	if (tcp_closed(flow))
		return TCP_REUSED;
	flow->has_rival = true;
	flow->rival_sequence = packet->sequence;
	return TCP_TAKEN;
}

/* Shift of a side's window; the largest one where the handshake that fixes it was not seen. */
static unsigned window_shift(const struct flow *flow, enum stream_side side,
			     const struct packet *packet)
{
	const struct tcp_side *me = &flow->tcp[side], *peer = &flow->tcp[!side];
	if (packet->flags & PACKET_SYN)
		return 0;
	if (!me->syn_seen || !peer->syn_seen)
		return 14;
	return me->has_scale && peer->has_scale ? me->scale : 0;
}

/* What this side says about what it has received. */
static void consider_acknowledgement(struct flow *flow, enum stream_side side,
				     const struct packet *packet)
{
	struct tcp_side *me = &flow->tcp[side], *peer = &flow->tcp[!side];

	learn_base(peer, packet->acknowledgement);
	int64_t position = position_of(flow, !side, packet->acknowledgement);
	if (position < 0)
		return;
	uint64_t acked = (uint64_t)position;
	if (peer->fin_seen && acked > peer->fin) {
		struct assembly *ended = flow_assembly(flow, !side);
		if (ended)
			assembly_end(ended, peer->fin);
		peer->fin_acked = true;
		acked = peer->fin;
	}
	struct assembly *assembly = acked ? flow_assembly(flow, !side) : NULL;
	if (assembly)
		assembly_acknowledge(assembly, acked);
	uint64_t edge = acked + ((uint64_t)packet->window << window_shift(flow, side, packet));
	if (!me->edge_known || edge > me->edge)
		me->edge = edge;
	me->edge_known = true;
}

static bool timestamp_is_old(const struct flow *flow, enum stream_side side,
			     const struct packet *packet)
{
	const struct tcp_side *me = &flow->tcp[side], *peer = &flow->tcp[!side];
	return me->timestamps && peer->timestamps && packet->has_timestamp && me->timestamp_known &&
	       (int32_t)(packet->timestamp - me->timestamp) < 0;
}

/* Whole segments. What reaches over the window's edge is cut there by consider_data. */
static enum trust judge(const struct flow *flow, enum stream_side side, const struct packet *packet,
			int64_t position)
{
	const struct tcp_side *me = &flow->tcp[side], *peer = &flow->tcp[!side];

	if (flow->reset || !(packet->flags & PACKET_ACK) || (packet->flags & PACKET_SYN) ||
	    packet->ttl < me->ttl ||
	    (peer->edge_known && position > 0 && (uint64_t)position >= peer->edge) ||
	    timestamp_is_old(flow, side, packet))
		return TRUST_DOUBTFUL;
	return packet->checksum_wrong ? TRUST_BAD_CHECKSUM : TRUST_INTACT;
}

/* By the receiver's personality; against a connection that is still being asked for a reset must
 * acknowledge the SYN (RFC 9293, section 3.10.7.3). */
static void consider_reset(struct flow *flow, enum stream_side side, const struct packet *packet,
			   uint64_t *out_of_window)
{
	const struct tcp_side *me = &flow->tcp[side], *peer = &flow->tcp[!side];
	bool counts;

	if (!me->base_known) {
		counts = !(packet->flags & PACKET_ACK) || !peer->base_known ||
			 position_of(flow, !side, packet->acknowledgement) >= 0;
	} else {
		int64_t position = position_of(flow, side, packet->sequence);
		counts = position >= 0 &&
			 policy_reset_counts((enum packet_personality)flow->personality[!side],
					     (uint64_t)position, expected(flow, side),
					     peer->edge_known ? peer->edge : UINT64_MAX);
		/* Behind its own FIN, or lost bytes that the peer has acknowledged: the end too. */
		counts |= me->fin_seen && position == (int64_t)me->fin + 1;
		counts |= flow->assembly[side] && position == (int64_t)flow->assembly[side]->acked;
	}
	if (counts && !packet->checksum_wrong && packet->ttl >= me->ttl)
		flow->reset = true;
	else
		++*out_of_window;
}

/* [from, to) of a segment, counted from its first byte; captured or not. */
static struct segment part_of(const struct segment *whole, uint32_t from, uint32_t to)
{
	struct segment part = *whole;
	size_t kept = whole->bytes.length;

	part.position += from;
	part.bytes = bytes_slice(whole->bytes, from, to - from);
	part.absent = to - from - (uint32_t)part.bytes.length;
	if (from >= kept)
		part.bytes = (struct bytes){ NULL, 0 };
	return part;
}

static uint32_t segment_length(const struct segment *segment)
{
	return (uint32_t)segment->bytes.length + segment->absent;
}

static void push_part(struct assembly *assembly, const struct segment *whole, uint32_t from,
		      uint32_t to, bool urgent)
{
	if (from >= to)
		return;
	struct segment part = part_of(whole, from, to);
	part.urgent = urgent;
	assembly_push(assembly, &part);
}

/* Position behind the urgent byte, as BSD and all after it read the pointer (RFC 6093, section 3);
 * 0: none in this segment. Linux takes pointer 0 for 1. */
static uint64_t urgent_behind(struct flow *flow, enum stream_side side, const struct packet *packet,
			      const struct segment *segment)
{
	struct tcp_side *me = &flow->tcp[side];
	uint64_t end = segment->position + segment_length(segment);

	if (policy_urgent_in_line(flow->port[STREAM_SERVER]))
		return 0;
	if ((packet->flags & PACKET_URG) && segment->trust == TRUST_INTACT) {
		enum packet_personality reader = (enum packet_personality)flow->personality[!side];
		bool linux = reader == PACKET_LINUX || reader == PACKET_LINUX_24 ||
			     reader == PACKET_LINUX_22;
		uint32_t pointer = packet->urgent || !linux ? packet->urgent : 1;
		if (pointer)
			me->urgent = segment->position + pointer;
	}
	return me->urgent > segment->position && me->urgent <= end ? me->urgent : 0;
}

/* The byte in front of `behind` is out of band. */
static void push_around_urgent(struct assembly *assembly, const struct segment *segment,
			       uint64_t behind)
{
	uint32_t length = segment_length(segment);
	uint32_t at = (uint32_t)(behind - 1 - segment->position);

	push_part(assembly, segment, 0, at, false);
	push_part(assembly, segment, at, at + 1, true);
	push_part(assembly, segment, at + 1, length, false);
}

static void push_segment(struct flow *flow, enum stream_side side, const struct packet *packet,
			 struct segment *segment)
{
	struct assembly *assembly = flow_assembly(flow, side);
	const struct tcp_side *me = &flow->tcp[side];

	if (!assembly)
		return;
	assembly->believed = (uint8_t)tcp_believed(flow, side);
	if ((packet->flags & PACKET_URG) || me->urgent) {
		uint64_t behind = urgent_behind(flow, side, packet, segment);
		if (behind) {
			push_around_urgent(assembly, segment, behind);
			return;
		}
	}
	assembly_push(assembly, segment);
}

static void consider_data(struct flow *flow, enum stream_side side, const struct packet *packet,
			  int64_t position, enum trust trust)
{
	const struct tcp_side *peer = &flow->tcp[!side];
	struct segment segment = { .bytes = packet->payload,
				   .absent = packet->payload_on_wire -
					     (uint32_t)packet->payload.length,
				   .time_ns = packet->time_ns,
				   .trust = trust };

	if (position < 0) { /* before what was picked up */
		uint64_t before = (uint64_t)-position;
		if (before >= packet->payload_on_wire) {
			if (flow->assembly[side])
				flow->assembly[side]->retransmitted++;
			return;
		}
		segment = part_of(&segment, (uint32_t)before, packet->payload_on_wire);
		position = 0;
	}
	segment.position = (uint64_t)position;
	uint64_t end = segment.position + segment_length(&segment);
	if (trust == TRUST_DOUBTFUL || !peer->edge_known || end <= peer->edge) {
		push_segment(flow, side, packet, &segment);
		return;
	}
	/* What lies behind the window's edge needs the receiver's word. */
	uint32_t inside = (uint32_t)(peer->edge - segment.position);
	segment.extent = (struct extent){ segment.position, end };
	struct segment part = part_of(&segment, 0, inside);
	if (inside)
		push_segment(flow, side, packet, &part);
	part = part_of(&segment, inside, segment_length(&segment));
	part.trust = TRUST_DOUBTFUL;
	push_segment(flow, side, packet, &part);
}

static void consider_fin(struct flow *flow, enum stream_side side, int64_t position,
			 enum trust trust)
{
	struct tcp_side *me = &flow->tcp[side];

	if (position < 0)
		return;
	if (!me->fin_seen || trust == TRUST_INTACT)
		me->fin = (uint64_t)position;
	me->fin_seen = true;
	struct assembly *assembly = trust == TRUST_INTACT ? flow_assembly(flow, side) : NULL;
	if (assembly)
		assembly_end(assembly, me->fin);
}

enum trust tcp_believed(const struct flow *flow, enum stream_side side)
{
	if (!flow->tcp[!side].seen)
		return TRUST_DOUBTFUL;
	return flow->tcp[side].checksum_right_seen ? TRUST_INTACT : TRUST_BAD_CHECKSUM;
}

bool tcp_closed(const struct flow *flow)
{
	if (flow->reset || flow->done)
		return true;
	for (int side = 0; side < STREAM_SIDES; side++)
		if (!flow->assembly[side] || flow->assembly[side]->next < flow->assembly[side]->end)
			return false;
	return true;
}

/* The answer to a rival SYN: it was the connection that the server took. */
static bool rival_won(const struct flow *flow, const struct packet *packet)
{
	return flow->has_rival && (packet->flags & PACKET_ACK) &&
	       packet->acknowledgement == flow->rival_sequence + 1;
}

enum tcp_verdict tcp_push(struct flow *flow, enum stream_side side, const struct packet *packet,
			  uint64_t *out_of_window)
{
	struct tcp_side *me = &flow->tcp[side];

	if (packet->flags & PACKET_SYN) {
		if (packet->flags & PACKET_ACK) {
			if (rival_won(flow, packet))
				return TCP_REUSED;
		} else if (consider_syn(flow, side, packet) == TCP_REUSED) {
			return TCP_REUSED;
		}
	}
	bool foreign_syn =
		(packet->flags & PACKET_SYN) && me->base_known && packet->sequence + 1 != me->base;
	me->seen = true;
	if (flow->done)
		return TCP_TAKEN;
	me->spoke |= !(packet->flags & (PACKET_SYN | PACKET_RST));
	if (packet->flags & PACKET_RST) {
		consider_reset(flow, side, packet, out_of_window);
		return TCP_TAKEN;
	}
	if (foreign_syn)
		return TCP_TAKEN;
	if (packet->flags & PACKET_SYN)
		learn_syn(flow, side, packet);
	learn_base(me, packet->sequence);
	if (packet->flags & PACKET_ACK)
		consider_acknowledgement(flow, side, packet);

	uint32_t first = packet->sequence + ((packet->flags & PACKET_SYN) != 0);
	int64_t position = position_of(flow, side, first);
	enum trust trust = judge(flow, side, packet, position);
	if (trust == TRUST_INTACT && packet->has_timestamp &&
	    position <= (int64_t)expected(flow, side)) {
		me->timestamp = packet->timestamp;
		me->timestamp_known = true;
	}
	if (trust == TRUST_INTACT && packet->ttl > me->ttl)
		if (!packet->checksum_wrong)
			me->ttl = packet->ttl;
	me->checksum_right_seen |= packet->payload_on_wire && !packet->checksum_wrong;
	if (packet->payload_on_wire)
		consider_data(flow, side, packet, position, trust);
	if (packet->flags & PACKET_FIN)
		consider_fin(flow, side, position + packet->payload_on_wire, trust);
	return TCP_TAKEN;
}
