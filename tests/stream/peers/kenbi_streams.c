/* What this project rebuilds from a capture, in the lines of nids_streams.c. With --quiet only the
 * last lines: conversations and bytes, and what was counted. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "stream/stream.h"

struct tally {
	bool quiet;
	unsigned long long conversations, bytes;
};

static unsigned long long fnv(struct bytes bytes)
{
	unsigned long long hash = 0xcbf29ce484222325ull;
	for (size_t i = 0; i < bytes.length; i++)
		hash = (hash ^ bytes.data[i]) * 0x100000001b3ull;
	return hash;
}

static int print(void *context, const struct stream_session *session)
{
	struct tally *tally = context;
	char client[ADDRESS_TEXT_SIZE], server[ADDRESS_TEXT_SIZE];
	const struct stream_half *half = session->half;

	if (session->protocol != 6)
		return 0;
	tally->conversations++;
	tally->bytes += half[0].data.length + half[1].data.length;
	if (!tally->quiet)
		printf("%s %u %s %u %zu %016llx %zu %016llx lost %llu contradictions %u %s %s\n",
		       address_text(&half[0].address, client), half[0].port,
		       address_text(&half[1].address, server), half[1].port, half[0].data.length,
		       fnv(half[0].data), half[1].data.length, fnv(half[1].data),
		       (unsigned long long)(half[0].lost + half[1].lost),
		       half[0].contradictions + half[1].contradictions,
		       session->picked_up ? "picked-up" : "whole",
		       session->end == STREAM_END_RST ? "rst" : "");
	return 0;
}

#define PRINT_COUNTER(name, meaning) printf(#name " %llu\n", (unsigned long long)counters.name);

static void print_counters(struct packet_counters counters)
{
	PACKET_COUNTERS(PRINT_COUNTER)
}

static void print_stream_counters(struct stream_counters counters)
{
	STREAM_COUNTERS(PRINT_COUNTER)
}

int main(int argc, char **argv)
{
	struct stream_limits limits = stream_default_limits();
	struct tally tally = { .quiet = argc > 2 && strcmp(argv[1], "--quiet") == 0 };
	struct packet_source *source;
	struct packet packet;
	struct error error;
	char text[800];
	limits.prompt = true; /* as libnids */
	int descriptor = argc > 1 ? open(argv[argc - 1], O_RDONLY | O_CLOEXEC) : -1;

	if (descriptor < 0 || packet_open(descriptor, argv[argc - 1], &source, &error) < 0) {
		fprintf(stderr, "kenbi_streams: %s\n",
			descriptor < 0 ? "no such file" : error_text(&error, text, sizeof text));
		return 2;
	}
	struct stream_table *table = stream_new(&limits, print, &tally);
	while (packet_next(source, &packet, &error) == 1)
		if (stream_push(table, &packet) < 0)
			return 3;
	if (stream_flush(table) < 0)
		return 3;
	printf("%llu conversations, %llu bytes\n", tally.conversations, tally.bytes);
	if (tally.quiet) {
		print_counters(packet_counters(source));
		print_stream_counters(stream_counters(table));
	}
	stream_free(table);
	packet_close(source);
	return 0;
}
