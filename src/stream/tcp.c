/* The state of a TCP connection as both ends must see it (RFC 9293, section 3.10.7), from outside.
 *
 * A segment that a receiver would refuse (wrong checksum, beyond its window, older timestamp (RFC
 * 7323, section 5), no ACK bit, behind a reset) is not thrown away: it is doubtful, and the
 * receiver's own acknowledgement decides (assembly.h). So a capture with offloaded or rewritten
 * checksums is read whole, and a segment that was sent to deceive the observer alone is not. */
#include "stream/flow.h"

static uint64_t expected(const struct flow *flow, enum stream_side side)
{
	return flow->assembly[side].next;
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
		assembly_end(&flow->assembly[!side], peer->fin);
		acked = peer->fin;
	}
	assembly_acknowledge(&flow->assembly[!side], acked);
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

static enum trust judge(const struct flow *flow, enum stream_side side, const struct packet *packet,
			int64_t position)
{
	const struct tcp_side *peer = &flow->tcp[!side];
	int64_t end = position + packet->payload_on_wire;

	if (flow->reset || !(packet->flags & PACKET_ACK) ||
	    (peer->edge_known && end > 0 && (uint64_t)end > peer->edge) ||
	    timestamp_is_old(flow, side, packet))
		return TRUST_DOUBTFUL;
	return packet->checksum_wrong ? TRUST_BAD_CHECKSUM : TRUST_INTACT;
}

/* A reset counts when it lies in the receiver's window (RFC 9293, section 3.10.7.4); against a
 * connection that is still being asked for it must acknowledge the SYN (section 3.10.7.3). */
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
		int64_t next = (int64_t)expected(flow, side);
		counts =
			position == next ||
			(position > next && (!peer->edge_known || (uint64_t)position < peer->edge));
	}
	if (counts && !packet->checksum_wrong)
		flow->reset = true;
	else
		++*out_of_window;
}

static void consider_data(struct flow *flow, enum stream_side side, const struct packet *packet,
			  int64_t position, enum trust trust)
{
	struct segment segment = { .bytes = packet->payload,
				   .absent = packet->payload_on_wire -
					     (uint32_t)packet->payload.length,
				   .time_ns = packet->time_ns,
				   .trust = trust };

	if (position < 0) { /* before what was picked up */
		uint64_t before = (uint64_t)-position;
		if (before >= packet->payload_on_wire) {
			flow->assembly[side].retransmitted++;
			return;
		}
		if (before > segment.bytes.length)
			segment.absent -= (uint32_t)(before - segment.bytes.length);
		segment.bytes = bytes_slice(segment.bytes, (size_t)before, SIZE_MAX);
		position = 0;
	}
	segment.position = (uint64_t)position;
	assembly_push(&flow->assembly[side], &segment);
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
	if (trust == TRUST_INTACT)
		assembly_end(&flow->assembly[side], me->fin);
}

bool tcp_closed(const struct flow *flow)
{
	if (flow->reset)
		return true;
	for (int side = 0; side < STREAM_SIDES; side++)
		if (flow->assembly[side].next < flow->assembly[side].end)
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
	me->checksum_right_seen |= packet->payload_on_wire && !packet->checksum_wrong;
	if (packet->payload_on_wire)
		consider_data(flow, side, packet, position, trust);
	if (packet->flags & PACKET_FIN)
		consider_fin(flow, side, position + packet->payload_on_wire, trust);
	return TCP_TAKEN;
}
