/* Benign flows from whatever records them: a capture, an EVE log of Suricata, a published profile.
 *
 * Of a capture a TCP connection is counted at its SYN, anything else that has ports at its first
 * packet between two end points; the side with the lower port of a UDP exchange is its server. */
#include "pipeline/benign.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "packet/packet.h"
#include "trace/trace.h"

enum { FLOWS_LIMIT = 1 << 22, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17 };

/* Which flows were seen: their hashes, of 64 bits, so that two among millions hardly ever meet. */
struct seen {
	uint64_t *places; /* FLOWS_LIMIT; 0: free; at most half are taken */
	size_t count;
};

static uint64_t flow_hash(const struct packet *packet)
{
	bool swap = packet->source_port < packet->destination_port ||
		    (packet->source_port == packet->destination_port &&
		     address_compare(&packet->source, &packet->destination) < 0);
	const struct address *low = swap ? &packet->source : &packet->destination;
	const struct address *high = swap ? &packet->destination : &packet->source;
	uint64_t hash = UINT64_C(14695981039346656037) ^ packet->protocol;

	for (size_t i = 0; i < sizeof low->bytes; i++)
		hash = (hash ^ low->bytes[i]) * UINT64_C(1099511628211);
	for (size_t i = 0; i < sizeof high->bytes; i++)
		hash = (hash ^ high->bytes[i]) * UINT64_C(1099511628211);
	uint32_t ports = swap ? (uint32_t)packet->source_port << 16 | packet->destination_port
			      : (uint32_t)packet->destination_port << 16 | packet->source_port;
	hash = (hash ^ ports) * UINT64_C(0xff51afd7ed558ccd);
	return hash ^ hash >> 31 ? hash ^ hash >> 31 : 1;
}

/* 1: new; 0: seen before; negative: too many. */
static int note_flow(struct seen *seen, uint64_t hash)
{
	for (uint64_t at = hash;; at++) {
		uint64_t *place = &seen->places[at % FLOWS_LIMIT];
		if (*place == hash)
			return 0;
		if (*place)
			continue;
		if (seen->count == FLOWS_LIMIT / 2)
			return ERROR_LIMIT;
		*place = hash;
		seen->count++;
		return 1;
	}
}

static void count_flow(void *context, const struct trace_flow *flow)
{
	int result = remedy_profile_add(context, flow->udp, flow->port, &flow->server);
	(void)result; /* what is beyond the limit of services is in the total */
}

static int count_packet(struct seen *seen, const struct packet *packet,
			struct remedy_profile *profile)
{
	bool tcp = packet->protocol == PROTOCOL_TCP;
	bool to_server = tcp || packet->destination_port <= packet->source_port;

	if (packet->destination_port == 0 || (!tcp && packet->protocol != PROTOCOL_UDP) ||
	    (tcp && (packet->flags & (PACKET_SYN | PACKET_ACK)) != PACKET_SYN))
		return 0;
	int result = note_flow(seen, flow_hash(packet));
	if (result <= 0)
		return result;
	count_flow(profile,
		   &(struct trace_flow){
			   .udp = !tcp,
			   .port = to_server ? packet->destination_port : packet->source_port,
			   .server = to_server ? packet->destination : packet->source });
	return 0;
}

static int count_capture(int descriptor, const char *name, struct remedy_profile *profile,
			 struct error *error)
{
	struct seen seen = { .places = calloc(FLOWS_LIMIT, sizeof *seen.places) };
	struct packet_source *source = NULL;
	struct packet packet;
	int result = 0, next = 0;

	/* The capture library closes what it reads from. */
	int own = seen.places ? dup(descriptor) : -1;
	if (own < 0)
		result = error_set(error, ERROR_MEMORY, name, "no memory to count flows");
	if (result == 0)
		result = packet_open(own, name, &source, error);
	while (result == 0 && (next = packet_next(source, &packet, error)) == 1)
		if (count_packet(&seen, &packet, profile) < 0)
			result = error_set(error, ERROR_LIMIT, name,
					   "more than %d flows; count them over a shorter time",
					   FLOWS_LIMIT / 2);
	packet_close(source);
	free(seen.places);
	return result < 0 ? result : next;
}

static int count_flows(int descriptor, struct bytes head, const char *name,
		       struct remedy_profile **profile, struct error *error)
{
	char basis[320];
	struct buffer content;
	int result;

	snprintf(basis, sizeof basis, "flows in %.255s", name);
	*profile = remedy_profile_new(basis);
	if (!*profile)
		return error_set(error, ERROR_MEMORY, name, "no memory for a profile");
	if (packet_is_capture(head)) {
		result = count_capture(descriptor, name, *profile, error);
	} else {
		result =
			file_read_descriptor(descriptor, name, TRACE_IMPORT_LIMIT, &content, error);
		if (result < 0)
			return result;
		result = trace_eve_flows(buffer_bytes(&content), name, count_flow, *profile, error);
		buffer_fini(&content);
	}
	if (result == 0 && remedy_profile_flows(*profile) == 0)
		result = error_set(error, ERROR_INPUT, name, "no flows in it to compare with");
	return result;
}

int benign_read(int descriptor, const char *name, struct remedy_profile **profile,
		struct error *error)
{
	uint8_t beginning[65536];
	struct buffer content;

	*profile = NULL;
	ssize_t got = pread(descriptor, beginning, sizeof beginning, 0);
	if (got < 0)
		return error_system(error, name, "cannot read");
	struct bytes head = { beginning, (size_t)got };
	if (packet_is_capture(head) || trace_import_format(head) == TRACE_FORMAT_EVE)
		return count_flows(descriptor, head, name, profile, error);
	if (trace_import_format(head) != TRACE_FORMAT_NONE)
		return error_set(error, ERROR_INPUT, name,
				 "a trace of one program is no benign traffic; expected a capture, "
				 "an EVE log of Suricata or a profile as in data/benign");
	int result = file_read_descriptor(descriptor, name, 1u << 20, &content, error);
	if (result < 0)
		return result;
	result = remedy_profile_read(buffer_bytes(&content), name, profile, error);
	buffer_fini(&content);
	return result;
}
