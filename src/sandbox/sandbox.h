/* sandbox - a role of the program, re-executed and confined: where foreign bytes are parsed and
 * run.
 *
 * The parent starts the program again with "--role NAME"; parent and role talk over one socket pair
 * in typed messages. Before a role touches foreign bytes it confines itself: no network, no new
 * processes, no writing, files readable only below named folders (Landlock), system calls filtered
 * (seccomp), memory and processor time limited. A role that crashes or exceeds its limits ends; the
 * parent is told and goes on. */
#ifndef KENBI_SANDBOX_H
#define KENBI_SANDBOX_H

#include "base/base.h"

#define SANDBOX_MESSAGE_LIMIT (256u << 20) /* most bytes of one message */

/* The catalogue of messages. Version 1; a change of meaning gets a new number, never an old one
 * again. */
enum sandbox_message {
	SANDBOX_OPTIONS = 1, /* to the role: JSON */
	SANDBOX_INPUT,	     /* to the role: name; carries a descriptor to read */
	SANDBOX_FINISH,	     /* to the role: no more inputs */
	SANDBOX_RECORD,	     /* from the role: one record as JSON */
	SANDBOX_SAMPLE,	     /* from the role: the body of a sample */
	SANDBOX_PROGRESS,    /* from the role: two u64 (done, total) and a text */
	SANDBOX_INPUT_DONE,  /* from the role: i32 error code, where, '\0', message */
	SANDBOX_DONE,	     /* from the role: likewise, for the whole */
	SANDBOX_CAPTURE	     /* from the role: i64 (session), then a pcap file */
};

struct sandbox_child {
	int channel; /* socket to the role */
	int process; /* pid */
};

struct sandbox_limits {
	size_t memory; /* address space, bytes; 0: no limit. Not enforced under AddressSanitizer. */
	unsigned cpu_seconds; /* processor time; 0: no limit */
};

/* Starts this program again as `role`. */
MUST_CHECK int sandbox_start(const char *role, struct sandbox_child *child, struct error *error);
/* Closes the channel, waits for the end and says how it ended: 0, or ERROR_LIMIT / ERROR_INTERNAL
 * with the signal or status in words. A role that is still running is ended. */
MUST_CHECK int sandbox_stop(struct sandbox_child *child, struct error *error);

/* In the role: gives up everything but reading `folders` and what is below (NULL-terminated; files
 * may be named too). ERROR_SYSTEM where the kernel lacks seccomp; a kernel without Landlock
 * confines less (files stay readable) and that is accepted. */
MUST_CHECK int sandbox_confine(const char *const *folders, const struct sandbox_limits *limits,
			       struct error *error);
/* The descriptor of the channel in a role, or ERROR_USAGE when this process is none. */
int sandbox_role_channel(void);

/* Messages over a channel. `descriptor` -1: none is passed. */
MUST_CHECK int sandbox_send(int channel, enum sandbox_message type, struct bytes body,
			    int descriptor, struct error *error);
/* 1: a message (body owned by the caller's buffer, *descriptor -1 or owned); 0: the other side
 * closed; negative: broken. */
MUST_CHECK int sandbox_receive(int channel, enum sandbox_message *type, struct buffer *body,
			       int *descriptor, struct error *error);

/* The body of SANDBOX_INPUT_DONE and SANDBOX_DONE: how something ended (code 0: well). */
MUST_CHECK int sandbox_send_outcome(int channel, enum sandbox_message type,
				    const struct error *outcome);
/* Reads such a body; a short one is ERROR_INTERNAL. */
void sandbox_read_outcome(struct buffer *body, struct error *outcome);

#endif
