/* The unit that reconstructs: packets of one source become conversations, in a thread of its own,
 * and go to detection (pipeline/detection.h).
 *
 * From a file it waits for room: nothing is dropped. From an interface it never waits: what
 * detection does not take is counted by cause and let go. */
#ifndef KENBI_PIPELINE_RECONSTRUCTION_H
#define KENBI_PIPELINE_RECONSTRUCTION_H

#include "packet/packet.h"
#include "pipeline/detection.h"
#include "pipeline/pipeline.h"
#include "stream/stream.h"

struct reconstruction_options {
	struct stream_limits limits;
	bool live;	  /* never wait; end conversations by the clock when nothing comes */
	bool skip_silent; /* conversations in which nothing was said are counted, not handed on */
	uint64_t packets; /* end after so many; 0: no end */
};

struct reconstruction;
/* Starts to read `source`, which is taken, also on error. */
MUST_CHECK int reconstruction_start(const struct reconstruction_options *options,
				    struct packet_source *source, struct detection *detection,
				    struct reconstruction **reconstruction, struct error *error);
/* Ends it soon; what is open is still handed on. `discard`: nothing more is handed on. */
void reconstruction_stop(struct reconstruction *reconstruction, bool discard);
/* Has it handed on everything? */
bool reconstruction_ended(const struct reconstruction *reconstruction);
/* How it stands, at most some milliseconds old; exact once it has ended. Adds to *counters. */
void reconstruction_count(struct reconstruction *reconstruction,
			  struct pipeline_counters *counters);
/* Bytes of the source consumed so far. */
uint64_t reconstruction_position(const struct reconstruction *reconstruction);
/* Waits for the end (keep taking results meanwhile) and frees it. 0, or why reading ended early:
 * ERROR_INPUT when the rest of a file is damaged, ERROR_SYSTEM when an interface is gone,
 * ERROR_MEMORY. */
MUST_CHECK int reconstruction_join(struct reconstruction *reconstruction, struct error *error);

#endif
