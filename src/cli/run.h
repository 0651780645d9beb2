/* One run of the pipeline for a command: where its records go. */
#ifndef KENBI_CLI_RUN_H
#define KENBI_CLI_RUN_H

#include "cli/cli.h"
#include "store/store.h"

struct cli_run {
	bool json;	      /* print records as they come */
	bool all;	      /* leave nothing out when printing for people */
	const char *only;     /* print records of this type alone; NULL: all */
	const char *report;   /* folder; NULL: none */
	bool keep;	      /* write into the attack data base */
	const char *store;    /* its path; NULL: the default */
	bool exit_code;	      /* 1 when something malicious was found */
	char *const *command; /* words after "kenbi", for the provenance of a case; NULL: none */
	int command_count;
	struct pipeline_options options;
};

/* Feeds the inputs through the confined pipeline and delivers everything. Returns the exit status.
 */
int cli_run(const struct cli_run *run, char *const *words, int count);
/* Makes the folder of a report if need be. What is wrong with it is said before hours of work, not
 * after. */
MUST_CHECK int cli_report_folder(const char *folder, struct error *error);

#endif
