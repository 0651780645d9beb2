/* A watch over an interface: inside the role "live". */
#ifndef KENBI_PIPELINE_LIVE_H
#define KENBI_PIPELINE_LIVE_H

#include "pipeline/case.h"
#include "pipeline/reconstruction.h"

#define READERS_MOST 32

/* A piece of shellcode that was told while its conversation went on. */
struct told {
	struct address client, server;
	uint16_t client_port, server_port;
	uint64_t first_ns;
	enum stream_side side;
	char kind[17];
	int64_t session; /* id; 0: no entry */
};
#define TOLD_MOST 1024 /* the oldest are forgotten */

struct watch {
	struct pipeline *pipeline;
	struct pipeline_live options;
	int channel;
	struct packet_source *sources[READERS_MOST]; /* until their readers take them */
	struct reconstruction *readers[READERS_MOST];
	unsigned started;
	struct pipeline_counters counters; /* of results */
	uint64_t begin_ms, told_ms;
	bool stopping;
	struct told told[TOLD_MOST];
	size_t told_next;
};

/* Opens the packet sockets: before the process confines itself. What was opened is in `sources`,
 * also on error. */
MUST_CHECK int watch_open(struct watch *watch, struct error *error);
/* Runs until the end that was asked for. */
MUST_CHECK int watch_run(struct watch *watch, struct error *error);

#endif
