/* The inside of the pipeline: what a case remembers while its inputs are read. */
#ifndef KENBI_PIPELINE_CASE_H
#define KENBI_PIPELINE_CASE_H

#include "outbreak/outbreak.h"
#include "packet/packet.h"
#include "pipeline/detection.h"
#include "pipeline/lookup.h"
#include "pipeline/pipeline.h"
#include "policy/policy.h"
#include "remedy/remedy.h"
#include "shellcode/shellcode.h"
#include "stream/stream.h"
#include "trace/trace.h"

enum case_record {
	CASE_SESSION,
	CASE_SHELLCODE,
	CASE_SAMPLE,
	CASE_BEHAVIOUR,
	CASE_STEP,
	CASE_REMEDY,
	CASE_RECORDS
};

/* What is kept of a conversation for linking. */
struct case_session {
	int64_t id;
	struct address client, server;
	uint16_t client_port, server_port;
	uint8_t protocol;
	double first;
	char speaks[16];
	char target[96];
	int64_t announced_by; /* session that announced this one; 0: none */
	size_t commands;      /* said in a shell */
	bool attack;	      /* carries shellcode */
	bool on_server;	      /* … from the client: a service is attacked */
};

struct case_announcement {
	int64_t session;
	struct address address;
	uint16_t port;
	uint8_t protocol;
	char purpose[16];
	char name[128];
};

/* What a shellcode finding wants from the network, for linking. */
struct case_shellcode {
	int64_t id, session;
	enum stream_side side;
	char kind[17];
	json_t *actions;
};

/* An executable that waits for its turn in the simulator. */
struct case_body {
	uint8_t *content; /* NULL: it has been run, or is the same as an earlier one */
	size_t length;
	char name[128];
	char carrier[16];
	char sha256[DIGEST_TEXT_SIZE];
	const char *file;
	int64_t session;       /* 0: none */
	unsigned depth;	       /* 0: came from outside; 1: dropped by such a sample; … */
	bool again;	       /* the same bytes were seen before in this case */
	struct address sender; /* who sent it over the wire, from which port */
	uint16_t sender_port;
};

/* The beginning of what both ends of a conversation said (followup.c). */
struct case_said {
	int64_t session;
	struct address client, server;
	uint16_t client_port, server_port;
	uint64_t first_ns;
	uint8_t *bytes[STREAM_SIDES];
	size_t length[STREAM_SIDES];
};

/* Code that was found in a conversation, with what is needed to run it again (followup.c). */
struct case_code {
	int64_t id, session;
	enum stream_side side;
	struct address victim;
	uint64_t first_ns;
	char kind[17];
	uint64_t offset;
	uint8_t *bytes;	      /* everything that side said */
	size_t length, after; /* what it said when the code had been sent begins here */
	uint64_t skipped;     /* said before `bytes`; only of a part */
	uint64_t last_ns;     /* of the conversation, so far */
	bool goes_on;
};

struct case_sample {
	int64_t id, session;
	struct address sender; /* none: it did not cross a wire */
	char sha256[DIGEST_TEXT_SIZE];
	char name[128];
	json_t *record; /* borrowed by nobody else: owned */
};

/* A trace that behaviours are looked for in. */
struct case_trace {
	struct trace_log *log;
	char source[32];
	json_t *scan;
};

/* A growing array with a limit: what does not fit is counted. */
struct case_list {
	void *items;
	size_t count, capacity, limit;
	uint64_t dropped;
};

struct pipeline {
	struct pipeline_options options;
	struct pipeline_sink sink;
	struct arena *names;
	int64_t ids[CASE_RECORDS];

	struct shellcode_detector *detector; /* for files, and for what is searched again */
	struct detection *detection;	     /* for conversations; made for the first capture */
	struct policy_set *policies;
	struct trace_log *wire; /* events seen on the wire */

	struct case_list sessions, announcements, shellcodes, bodies, samples, traces;
	/* Of the capture being read: records that wait until announcements can be matched. */
	json_t *held_sessions, *held_shellcodes;
	struct case_list said, codes;	 /* see followup.c */
	struct case_list waiting;	 /* see waiting.c; only where it is patient */
	bool patient;			 /* more may be said to what was told */
	size_t followup_bytes;		 /* kept by these */
	struct case_room *followup_room; /* where they are */
	const char *file;
	uint64_t saved_bytes;
	uint64_t link_steps; /* entries that were looked at to link records with each other */
	size_t held;	     /* conversations since the last release */
	bool malicious;
	struct error stopped; /* why the sink stopped the work */
};

/* The next zeroed item; NULL when the list is full (counted) or memory is out. */
void *case_list_add(struct case_list *list, size_t item_size);

/* The detection unit of the case. */
MUST_CHECK int case_detection(struct pipeline *pipeline, struct error *error);
/* Gives a record to the sink and drops the reference. */
MUST_CHECK int case_emit(struct pipeline *pipeline, json_t *record);
int64_t case_next_id(struct pipeline *pipeline, enum case_record type);
void case_progress(struct pipeline *pipeline, const char *what, uint64_t done, uint64_t total);
/* A terminated UTF-8 copy with what does not print as '?', cut to the array. */
void case_copy_text(char *into, size_t size, const char *text);

/* --- capture.c, bytes.c: inputs --- */
MUST_CHECK int case_read_capture(struct pipeline *pipeline, int descriptor, uint64_t size,
				 struct error *error);
MUST_CHECK int case_read_bytes(struct pipeline *pipeline, int descriptor, uint64_t size,
			       struct error *error);
/* Holds the records of what was found in one side of a conversation, or in a window of a file at
 * `base` (session NULL); takes the traces that it keeps out of the findings. `code`: SHA-256 of
 * what was searched. */
MUST_CHECK int case_take_findings(struct pipeline *pipeline, struct shellcode_finding *findings,
				  size_t count, bool exhausted, const char *code, uint64_t base,
				  const struct stream_session *session, enum stream_side side,
				  int64_t session_id);

/* Completes and emits the held records. */
MUST_CHECK int case_release(struct pipeline *pipeline);
/* How conversations are read, by the options. */
struct stream_limits case_limits(const struct pipeline_options *options);
/* Gives the conversation to the sink as a capture if it is to be saved; then *saved, and it is
 * counted. */
MUST_CHECK int case_save(struct pipeline *pipeline, const struct detection_job *job, int64_t id,
			 bool *saved, struct pipeline_counters *counters);
/* The session record of a result; `saved`: by case_save. */
json_t *case_result_record(const struct pipeline *pipeline, const struct detection_job *job,
			   int64_t id, bool saved);
/* Holds what was found in both sides; *attack: something was. */
MUST_CHECK int case_take_sides(struct pipeline *pipeline, struct detection_job *job, int64_t id,
			       bool *attack);

/* --- announcement.c --- */
/* Finds the conversations of the announcements from that one on; they, their files and their held
 * records are called what was announced. */
MUST_CHECK int case_match_announcements(struct pipeline *pipeline, size_t from,
					struct error *error);
/* An executable came from somewhere: that is a download, whoever asked for it. A file on an
 * announced connection is known by where it was asked for. */
MUST_CHECK int case_tell_downloads(struct pipeline *pipeline, size_t from, struct error *error);
/* What is kept of conversations, and held records, by their number. Give back with lookup_fini. */
MUST_CHECK int case_sessions_by_number(const struct pipeline *pipeline, struct lookup *lookup);
MUST_CHECK int case_records_by_number(const json_t *records, struct lookup *lookup);
/* NULL: there is none. */
struct case_session *case_find_session(const struct pipeline *pipeline, struct lookup *sessions,
				       int64_t id);
json_t *case_find_record(const json_t *records, struct lookup *lookup, int64_t id);

/* --- options.c --- */
json_t *case_options_json(const struct pipeline_options *options);
/* Texts are borrowed from the object. */
MUST_CHECK int case_options_read(const json_t *object, struct pipeline_options *options);

/* --- role.c: messages of both roles --- */
/* The sink of a role: everything goes over the channel that `channel` points at. */
struct pipeline_sink case_channel_sink(int *channel);
/* Gives a message from a role to the parent's sink. 1: it was none for a sink. */
MUST_CHECK int case_deliver(const struct pipeline_sink *sink, unsigned message, struct buffer *body,
			    struct error *error);
/* Reads below kenbi's data and `more` (may be NULL) are all that is left; `seconds` of processor
 * time, 0: no limit. */
MUST_CHECK int case_confine(const char *more, unsigned seconds, struct error *error);

/* --- imports.c: traces that were recorded before --- */
bool case_is_import(struct bytes beginning);
/* Reads from the descriptor's beginning (borrowed). *known false: of no format, and nothing was
 * done. */
MUST_CHECK int case_read_import(struct pipeline *pipeline, int descriptor, bool *known,
				struct error *error);

/* --- followup.c: what the code is told once it runs --- */
void case_note_said(struct pipeline *pipeline, const struct stream_session *session, int64_t id);
void case_note_code(struct pipeline *pipeline, const struct shellcode_finding *finding, int64_t id,
		    const struct stream_session *session, enum stream_side side,
		    int64_t session_id);
/* Runs what was noted again with what it was told; completes the held records; forgets. */
MUST_CHECK int case_follow_up(struct pipeline *pipeline, struct error *error);
void case_forget_said(struct pipeline *pipeline);
/* Runs code again with what it was told, and completes its record; *more: it did something else
 * than before. */
MUST_CHECK int case_run_again(struct pipeline *pipeline, const struct case_code *code,
			      json_t *record, struct bytes follow_up, bool *more,
			      struct error *error);
/* Do the actions talk over connections of their own? */
bool case_is_elsewhere(const json_t *actions);

/* --- waiting.c: code that may be told more while the traffic goes on --- */
/* Copies the code's bytes. `heard`: how much it has been run with. */
void case_keep_waiting(struct pipeline *pipeline, const struct case_code *code, json_t *record,
		       size_t heard);
/* Runs what waits again with what the conversation tells it, and emits its record once more where
 * that changes it. */
MUST_CHECK int case_tell_more(struct pipeline *pipeline, const struct stream_session *session,
			      int64_t id, struct error *error);
void case_forget_waiting(struct pipeline *pipeline);

/* --- samples.c --- */
MUST_CHECK int case_add_body(struct pipeline *pipeline, struct bytes content, const char *name,
			     const char *carrier, int64_t session, unsigned depth,
			     struct error *error);
MUST_CHECK int case_run_samples(struct pipeline *pipeline, struct error *error);

/* --- endpoints.c: who a trace talks to --- */
json_t *case_endpoints(const struct trace_log *trace, const json_t *scan);

/* --- story.c --- */
MUST_CHECK int case_tell_story(struct pipeline *pipeline, struct error *error);

/* --- forecast.c --- */
MUST_CHECK int case_forecast(struct pipeline *pipeline, struct error *error);

/* --- record.c: C structs as records --- */
/* Gives a record to a sink and drops the reference. */
MUST_CHECK int case_give(const struct pipeline_sink *sink, json_t *record, struct error *error);
json_t *case_counters(const struct pipeline_counters *counters);
double case_seconds(uint64_t time_ns);
/* Such seconds in nanoseconds, as lookups count. */
uint64_t case_moment(double seconds);
json_t *case_session_record(const struct stream_session *session,
			    const struct stream_description *description, int64_t id,
			    const char *file);
/* Adds what pipeline_options.detail asks for. */
void case_session_detail(json_t *record, const struct detection_job *job);
json_t *case_flow(const struct stream_session *session);
json_t *case_text(const char *text, size_t length);
json_t *case_remedy_record(const struct remedy_candidate *candidate, int64_t id);
/* --- subnet_curve.c --- */
/* What the forecast of a case spreads. worm.vectors points at `way`: not to be copied. */
struct case_worm {
	struct outbreak_worm worm;
	struct outbreak_vector way;
	char why[1024]; /* what was seen, and what was assumed */
};
/* `scan` as remedy_scan_pattern() has it, NULL: none was seen; `source` says where. */
void case_derive_worm(const json_t *scan, const char *source, uint16_t attacked_port,
		      const struct outbreak_world *world, struct case_worm *derived);

#define CASE_PLAYED 6 /* remedies, the best of a ranking, whose spread is followed over time */
/* Gives the subnet_curve records of a ranking: without remedy, then with each of `best` (the first
 * of the ranking, at most CASE_PLAYED, all of them among `candidates`, which fixes their ids), then
 * with each of them in force from the first moment. */
MUST_CHECK int case_give_subnet_curves(const struct outbreak_world *world,
				       const struct outbreak_worm *worm,
				       const struct outbreak_run *run,
				       const struct remedy_candidate *candidates,
				       const struct remedy_candidate *const *best, size_t count,
				       const struct pipeline_sink *sink, struct error *error);

#endif
