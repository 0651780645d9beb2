/* Inside of the reader of CAPE's and Cuckoo's reports: import_cape.c reads calls,
 * import_cape_network.c what the sandbox recorded beside them. */
#ifndef KENBI_TRACE_IMPORT_CAPE_H
#define KENBI_TRACE_IMPORT_CAPE_H

#include "trace/import.h"

enum { CAPE_SOCKETS = 4096 };

struct socket_end {
	bool known, udp;
	unsigned process;
	double socket;
	const char *address; /* borrowed from the report; "" before it is connected */
	uint64_t port;
};

struct cape_report {
	struct import_budget budget;
	struct import_events events;
	struct socket_end sockets[CAPE_SOCKETS]; /* the newest of those that share a place */
	size_t connections;
	int64_t first; /* earliest time of a call */
};

/* A number, or one spelled in a text, as a whole one; 0: neither, negative, or beyond 2^63. */
uint64_t cape_number(const json_t *value);
void cape_add(struct cape_report *report, int64_t time, const struct trace_event *event);
/* Names, downloads, mail, conversations (where no call opened one), and what CAPE took out of the
 * program's own configuration. */
void cape_take_network(struct cape_report *report, const json_t *network);
void cape_take_configs(struct cape_report *report, const json_t *cape);
/* The victim's own address: where the conversations come from; family 0: not known. */
struct address cape_own_address(const json_t *network);

#endif
