/* The unit that detects: conversations go in, and come out described and searched for shellcode.
 *
 * Worker threads with a detector each take conversations from a bounded lock-free queue
 * (base/ring). Whoever puts them in is never made to wait: a full unit says why it refuses. The
 * bound covers everything between detection_submit and detection_job_free, so memory does not grow
 * with a backlog anywhere. One thread, the owner's, takes the results. */
#ifndef KENBI_PIPELINE_DETECTION_H
#define KENBI_PIPELINE_DETECTION_H

#include "pipeline/pipeline.h"
#include "shellcode/shellcode.h"
#include "stream/stream.h"

struct detection_options {
	unsigned workers; /* 1 … DETECTION_WORKERS_MOST */
	size_t items;	  /* conversations under way at most */
	size_t bytes;	  /* of them; one that is larger passes alone */
	bool search;	  /* for shellcode; otherwise they are described only */
	bool ordered;	  /* results come in the order of submission */
	bool explain;	  /* findings come with the listing of what was executed */
	bool files;	  /* what is packed in files that cross is asked for */
};
#define DETECTION_WORKERS_MOST 64
#define DETECTION_ITEMS	       4096u
/* Live a backlog absorbs bursts; from a file it would only be memory that no cache holds. */
#define DETECTION_BYTES	     ((size_t)256 << 20)
#define DETECTION_BYTES_FILE ((size_t)4 << 20) /* for each worker */

struct detection_side {
	struct shellcode_finding *findings; /* owned; whoever keeps a trace takes it out */
	size_t count;
	bool exhausted;		     /* the search reached its budget */
	char code[DIGEST_TEXT_SIZE]; /* of everything that side said; only with findings */
};

struct detection_job {
	uint64_t order; /* 1, 2, … of submission */
	const struct stream_session *session;
	struct stream_description description;
	int described; /* what stream_describe returned */
	struct detection_side side[STREAM_SIDES];
	struct error error; /* the search failed (memory, our own fault) */
	size_t size;	    /* in bytes, as the bound counts it */
};

struct detection;
MUST_CHECK int detection_new(const struct detection_options *options, struct detection **detection,
			     struct error *error);
/* Ends the workers; conversations that were not taken out are discarded. */
void detection_free(struct detection *detection);

/* From any thread. 0: the session was taken (it came from stream_session_take). Else it is still
 * the caller's: ERROR_LIMIT with the bound that refuses it in *refused, ERROR_MEMORY. */
MUST_CHECK int detection_submit(struct detection *detection, struct stream_session *session,
				enum allowance_answer *refused);
/* The same for a reader that may wait: it waits while there is no room. */
MUST_CHECK int detection_submit_waiting(struct detection *detection,
					struct stream_session *session);

/* The next result; NULL: none within the time, or the owner was woken. The owner's thread only. */
struct detection_job *detection_next(struct detection *detection, unsigned timeout_ms);
/* Wakes the owner from detection_next; from any thread. */
void detection_wake(struct detection *detection);
void detection_job_free(struct detection *detection, struct detection_job *job);
/* Adds what one result shows to the counters. */
void detection_job_count(const struct detection_job *job, struct pipeline_counters *counters);

/* How full it is now: both numbers with their bounds. */
struct detection_fill {
	size_t items, item_limit, bytes, byte_limit;
};
struct detection_fill detection_fill(const struct detection *detection);

#endif
