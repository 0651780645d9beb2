/* What kenbi detect writes beside its own records: conversations as captures, Suricata's EVE
 * format, counters for Prometheus. */
#ifndef KENBI_CLI_OUTPUTS_H
#define KENBI_CLI_OUTPUTS_H

#include <jansson.h>
#include <stdio.h>

#include "base/base.h"

struct cli_outputs {
	const char *save;    /* folder for captures; NULL: none */
	const char *eve;     /* path; NULL: none */
	const char *metrics; /* path; NULL: none */
	FILE *eve_file;
	json_t *totals; /* counters of everything so far, for metrics */
	uint64_t saved;
};

/* Said before hours of work, not after: the folder is made, the EVE file opened (appended to). */
MUST_CHECK int cli_outputs_open(struct cli_outputs *outputs, struct error *error);
/* Takes a record of any type. */
MUST_CHECK int cli_outputs_record(struct cli_outputs *outputs, const json_t *record,
				  struct error *error);
/* Writes FOLDER/session-ID.pcap. */
MUST_CHECK int cli_outputs_capture(struct cli_outputs *outputs, int64_t session,
				   struct bytes content, struct error *error);
/* Writes what waits, and closes. */
MUST_CHECK int cli_outputs_close(struct cli_outputs *outputs, struct error *error);

/* --- eve.c --- */
/* The record as EVE events, one a line: shellcode as "alert", session as "flow" and its files as
 * "fileinfo", statistics as "stats". 0, or ERROR_SYSTEM when the file cannot be written. */
MUST_CHECK int cli_eve_write(FILE *file, const json_t *record);

/* --- metrics.c --- */
/* Counters by the names of PIPELINE_COUNTERS in the text format of Prometheus, as a whole file or
 * not at all, as node_exporter's textfile collector wants it. `queue` may be NULL. */
MUST_CHECK int cli_metrics_write(const char *path, const json_t *counters, const json_t *queue,
				 struct error *error);

#endif
