/* Reconstruction alone: packets and conversations a second from a capture file through packet and
 * stream to a receiver that does nothing, beside libnids and tshark on the same files in the same
 * run. Prints a table, or with --json one record a line.
 *
 * Captures are generated into a temporary folder. Every program runs as a process of its own; what
 * is compared is its processor time (user and system, the reading of the file included) and its
 * largest resident set. libnids and tshark are measured where they are installed, tshark on the
 * first 100,000 frames. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "cost.h"
#include "frames.h"

enum { RUNS = 3, TSHARK_FRAMES = 100000 };

static bool json;
static char folder[] = "/tmp/kenbi-bench-XXXXXX";
static char programs[4096]; /* where our own executables lie */

static void name_ends(uint32_t number, struct endpoint *client, struct endpoint *server)
{
	*client = (struct endpoint){ 0x0a000000u + number / 50000,
				     (uint16_t)(1024 + number % 50000), number * 2654435761u };
	*server = (struct endpoint){ 0xc6336402u, 80, number * 40503u };
}

static uint8_t content[1 << 16];

/* Ten downloads of 20 MiB, one after the other, in frames of 1,500 bytes; every second one is
 * acknowledged. `shuffle`: blocks of so many frames arrive backwards. */
static void write_transfers(struct writer *writer, unsigned shuffle)
{
	struct endpoint client, server;

	for (uint32_t i = 0; i < 10; i++) {
		name_ends(i, &client, &server);
		handshake(writer, &client, &server);
		for (uint32_t frame = 0; frame < (20u << 20) / 1460; frame += shuffle) {
			uint32_t begin = server.sequence;
			for (uint32_t j = 0; j < shuffle; j++) {
				server.sequence = begin + (shuffle - 1 - j) * 1460;
				say(writer, &server, &client, 16, content + (frame * 7 % 50000),
				    1460);
			}
			server.sequence = begin + shuffle * 1460;
			if (frame % 2 == 0)
				say(writer, &client, &server, 16, nothing, 0);
		}
		goodbye(writer, &client, &server);
	}
}

static void in_order(struct writer *writer)
{
	write_transfers(writer, 1);
}

static void backwards(struct writer *writer)
{
	write_transfers(writer, 16);
}

/* 2,000 conversations at a time, typed: ten bytes a packet. */
static void small_packets(struct writer *writer)
{
	enum { MANY = 2000 };
	static struct endpoint ends[MANY][2];

	for (uint32_t i = 0; i < MANY; i++) {
		name_ends(i, &ends[i][0], &ends[i][1]);
		handshake(writer, &ends[i][0], &ends[i][1]);
	}
	for (unsigned round = 0; round < 500; round++)
		for (uint32_t i = 0; i < MANY; i++)
			say(writer, &ends[i][round % 2], &ends[i][!(round % 2)], 24, content, 10);
}

static void short_conversations(struct writer *writer)
{
	struct endpoint client, server;

	for (uint32_t i = 0; i < 100000; i++) {
		name_ends(i, &client, &server);
		handshake(writer, &client, &server);
		say(writer, &client, &server, 24, content, 200);
		say(writer, &server, &client, 24, content, 1200);
		goodbye(writer, &client, &server);
	}
}

static void syn_flood(struct writer *writer)
{
	struct endpoint client, server;

	for (uint32_t i = 0; i < 1500000; i++) {
		name_ends(i, &client, &server);
		say(writer, &client, &server, 2, nothing, 0);
	}
}

static void million_open(struct writer *writer)
{
	struct endpoint client, server;

	for (uint32_t i = 0; i < 1000000; i++) {
		name_ends(i, &client, &server);
		handshake(writer, &client, &server);
		say(writer, &client, &server, 24, content, 64);
	}
}

static const struct workload {
	const char *name;
	void (*write)(struct writer *writer);
} workloads[] = {
	{ "in order, 1,500 bytes", in_order },
	{ "blocks of 16 backwards, 1,500 bytes", backwards },
	{ "small packets, 2,000 conversations", small_packets },
	{ "short conversations", short_conversations },
	{ "flood of 1.5 million SYNs", syn_flood },
	{ "1 million open conversations", million_open },
};

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "bench stream: %s\n", what);
	exit(3);
}

static struct writer write_capture(const struct workload *workload, const char *path)
{
	struct writer writer = writer_open(path);

	if (!writer.file)
		give_up("no room for a capture");
	workload->write(&writer);
	if (fclose(writer.file) != 0)
		give_up("no room for a capture");
	return writer;
}

static void figure(const char *name, const char *what, double value, const char *unit,
		   const char *peer, double peer_value)
{
	if (json) {
		printf("{\"bench\":\"stream\",\"case\":\"%s, %s\",\"value\":%g,\"unit\":\"%s\",",
		       name, what, value, unit);
		if (peer)
			printf("\"peer\":\"%s\",\"peer_value\":%g,\"ratio\":%g}\n", peer,
			       peer_value, value / peer_value);
		else
			printf("\"peer\":null,\"peer_value\":null,\"ratio\":null}\n");
		return;
	}
	printf("%-36s %-10s %10.4g %-10s", name, what, value, unit);
	if (peer)
		printf(" %s %.4g, ratio %.2f", peer, peer_value, value / peer_value);
	printf("\n");
	fflush(stdout);
}

/* What our side counted as dropped, where it is not nothing. */
static void print_drops(const char *output)
{
	static const char *const counters[] = { "link_unknown",	     "malformed",
						"fragments_dropped", "evicted",
						"checksum_wrong",    "out_of_window" };
	for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
		const char *at = strstr(output, counters[i]);
		unsigned long long count = at ? strtoull(at + strlen(counters[i]), NULL, 10) : 0;
		if (count && !json)
			printf("%-36s %s: %llu\n", "", counters[i], count);
	}
}

static void measure(const struct workload *workload)
{
	char path[64], ours[4200], nids[4200], frames[32];
	snprintf(path, sizeof path, "%s/capture.pcap", folder);
	struct writer writer = write_capture(workload, path);
	snprintf(ours, sizeof ours, "%s/kenbi_streams", programs);
	snprintf(nids, sizeof nids, "%s/nids_streams", programs);
	snprintf(frames, sizeof frames, "%d", TSHARK_FRAMES);
	struct cost kenbi = best((const char *const[]){ ours, "--quiet", path, NULL }, RUNS);
	struct cost libnids = best((const char *const[]){ nids, "--quiet", path, NULL }, 1);
	struct cost tshark = best((const char *const[]){ "tshark", "-n", "-q", "-r", path, "-c",
							 frames, "-z", "conv,tcp", NULL },
				  1);
	if (!kenbi.known)
		give_up("our own run failed");
	double packets = (double)writer.frames, gigabits = (double)writer.bytes * 8 / 1e9;
	double measured = packets < TSHARK_FRAMES ? packets : TSHARK_FRAMES;
	figure(workload->name, "speed", gigabits / kenbi.seconds, "Gbit/s",
	       libnids.known ? "libnids" : NULL, gigabits / libnids.seconds);
	figure(workload->name, "packets", packets / kenbi.seconds / 1e6, "million/s",
	       libnids.known ? "libnids" : NULL, packets / libnids.seconds / 1e6);
	if (tshark.known)
		figure(workload->name, "packets", packets / kenbi.seconds / 1e6, "million/s",
		       "tshark", measured / tshark.seconds / 1e6);
	figure(workload->name, "memory", kenbi.mebibytes, "MiB", libnids.known ? "libnids" : NULL,
	       libnids.mebibytes);
	print_drops(kenbi.output);
	unlink(path);
}

int main(int argc, char **argv)
{
	const char *only = NULL;
	ssize_t length = readlink("/proc/self/exe", programs, sizeof programs - 1);

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else
			only = argv[i];
	}
	if (length < 0 || !mkdtemp(folder))
		give_up("no temporary folder");
	*strrchr(programs, '/') = 0;
	for (size_t i = 0; i < sizeof content; i++)
		content[i] = (uint8_t)(i * 2654435761u >> 13);
	for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++)
		if (!only || strstr(workloads[i].name, only))
			measure(&workloads[i]);
	rmdir(folder);
	return 0;
}
