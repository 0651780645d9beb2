/* A watch over an interface: inside the role "live". */
#ifndef KENBI_PIPELINE_LIVE_H
#define KENBI_PIPELINE_LIVE_H

#include "pipeline/case.h"
#include "pipeline/reconstruction.h"

#define READERS_MOST 32

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
};

/* Opens the packet sockets: before the process confines itself. What was opened is in `sources`,
 * also on error. */
MUST_CHECK int watch_open(struct watch *watch, struct error *error);
/* Runs until the end that was asked for. */
MUST_CHECK int watch_run(struct watch *watch, struct error *error);

#endif
