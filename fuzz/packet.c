/* The input is a capture file: it is read to its end, and its packets are rebuilt into
 * conversations. */
#include <sys/mman.h>
#include <unistd.h>

#include "stream/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int ignore(void *context, const struct stream_session *session)
{
	size_t *bytes = context;
	for (int side = 0; side < STREAM_SIDES; side++)
		*bytes += session->half[side].data.length;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stream_limits limits = stream_default_limits();
	struct packet_source *source;
	struct packet packet;
	struct error error;
	size_t bytes = 0;
	int descriptor = memfd_create("input", 0);

	if (descriptor < 0 || write(descriptor, data, size) != (ssize_t)size)
		return 0;
	lseek(descriptor, 0, SEEK_SET);
	if (packet_open(descriptor, "input", &source, &error) < 0)
		return 0;
	limits.hosts.others = (enum packet_personality)(size % PACKET_PERSONALITY_COUNT);
	packet_set_hosts(source, &limits.hosts);
	struct stream_table *table = stream_new(&limits, ignore, &bytes);
	while (table && packet_next(source, &packet, &error) == 1)
		if (stream_push(table, &packet) < 0)
			break;
	struct packet_counters counters = packet_counters(source);
	uint64_t placed = counters.packets + counters.link_unknown + counters.malformed +
			  counters.fragments + counters.fragments_dropped;
	if (counters.frames != placed)
		__builtin_trap(); /* every frame is counted exactly once */
	if (table && stream_flush(table) < 0)
		__builtin_trap();
	stream_free(table);
	packet_close(source);
	return 0;
}
