/* Shared by the two halves of the socket server: the loop (serve.c) and FTP's data connections
 * (serve_data.c). */
#ifndef KENBI_FAKENET_SERVE_H
#define KENBI_FAKENET_SERVE_H

#include <poll.h>

#include "fakenet/net.h"

/* A data connection: listening, then connected, or connecting from the first. Descriptors are -1
 * when closed. */
struct data_link {
	bool used;
	const struct conversation
		*control; /* compared only; NULL: it is gone, the transfer goes on */
	int listener, connection;
	bool filled; /* the content is there (empty: the client uploads) */
	struct buffer content;
	size_t sent;
	uint64_t since; /* milliseconds, for its end */
};

#define DATA_LINKS 32

struct data_links {
	struct data_link links[DATA_LINKS];
};

extern const struct carrier serve_carrier; /* its context is a struct data_links */

void data_links_init(struct data_links *links);
void data_links_fini(struct data_links *links);
/* The control connection ends: what it opened and never used is closed. */
void data_links_forget(struct data_links *links, const struct conversation *control);
/* What to wait for: at most one entry per link, appended at polls[count]; returns the new count. */
size_t data_links_poll(const struct data_links *links, struct pollfd *polls, size_t count);
/* Goes on with every link that can; links older than 30 s are closed. */
void data_links_work(struct data_links *links);

uint64_t serve_now(void); /* milliseconds of the monotonic clock */

#endif
