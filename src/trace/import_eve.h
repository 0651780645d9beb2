/* Inside of the reader of EVE logs: what its files share. import_eve.c reads lines,
 * import_eve_events.c says what they mean, import_eve_machines.c keeps machines and flows apart. */
#ifndef KENBI_TRACE_IMPORT_EVE_H
#define KENBI_TRACE_IMPORT_EVE_H

#include "trace/import.h"

#define EVE_HOSTS ((size_t)1 << 16)
#define EVE_FLOWS ((size_t)1 << 22)
#define EVE_LEAST 16 /* conversations of a machine that no alert names, to be kept */

struct eve_machine {
	struct address address; /* family 0: a free place */
	struct import_events events;
	size_t conversations;
	bool alerted;	       /* as attacker or bot … */
	int64_t alerted_since; /* … for the first time */
	int64_t victim_since;  /* IMPORT_NEVER: no victim */
};

struct eve {
	struct import_budget budget;
	struct eve_machine *machines; /* EVE_HOSTS places, by hash; at most half are taken */
	size_t machine_count;
	uint64_t *flows; /* EVE_FLOWS places, by hash; 0: free; at most half are taken */
	size_t flow_count;
	bool chosen; /* only the machine `host` */
	struct address host;
	uint64_t lines;
};

/* One line: who opened the conversation, and with whom. */
struct eve_line {
	const json_t *json;
	const char *type, *proto, *peer;
	struct address client, server;
	uint64_t port;
	int64_t time;
	bool backwards;		     /* its packet went from the server to the client */
	struct eve_machine *machine; /* the client's; NULL: of no interest */
};

/* What an alert's category says (of Suricata's classification.config). */
enum eve_sense { EVE_NOTHING, EVE_ATTACK, EVE_BOT };
enum eve_sense eve_sense_of(const json_t *alert);

/* Adds what the line says to its machine's events. */
void eve_take_line(struct eve *eve, const struct eve_line *line);

/* --- machines and flows --- */

int eve_init(struct eve *eve, const char *name, const char *host, struct error *error);
void eve_fini(struct eve *eve);
/* NULL: not the chosen one, or one too many (which is counted). */
struct eve_machine *eve_machine_of(struct eve *eve, const struct address *address);
/* Whether that flow was not seen before. Without a number every line is a flow of its own. */
bool eve_is_new_flow(struct eve *eve, const json_t *number);
/* Makes a part of every machine that is kept. */
int eve_give_machines(struct eve *eve, struct trace_import *import, struct error *error);

#endif
