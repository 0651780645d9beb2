/* cli - the table of sub-commands, one small file each, and what they share. */
#ifndef KENBI_CLI_H
#define KENBI_CLI_H

#include <getopt.h>
#include <jansson.h>

#include "base/base.h"
#include "pipeline/pipeline.h"

struct cli_command {
	const char *name;
	const char *summary; /* one line */
	const char *usage;   /* what follows "kenbi NAME" */
	const char *options; /* the option lines of --help */
	int (*run)(const struct cli_command *command, int count, char **words);
};

extern const struct cli_command cli_analyze, cli_detect, cli_behave, cli_remedy, cli_outbreak,
	cli_store, cli_policy, cli_fakenet, cli_x86;

enum cli_exit { CLI_DONE = 0, CLI_FOUND = 1, CLI_INPUT = 2, CLI_INTERNAL = 3 };

/* --- options.c --- */
void cli_help(const struct cli_command *command);
/* Prints "kenbi: error: …" with a hint to --help; returns CLI_INPUT. */
int cli_usage_error(const struct cli_command *command, const char *format, ...) PRINTF_LIKE(2, 3);
/* A whole number within [low, high], or a usage error that names the option. */
MUST_CHECK int cli_number(const struct cli_command *command, const char *option, const char *text,
			  uint64_t low, uint64_t high, uint64_t *number);

/* --- inputs.c: the files that a person named, folders walked --- */
struct cli_inputs {
	char **paths;
	size_t count, capacity, next;
	bool failed; /* something could not be read; it has been said */
};
/* Files as they are, folders recursively in name order, symbolic links inside folders not followed.
 */
MUST_CHECK int cli_inputs_init(struct cli_inputs *inputs, char *const *words, int count);
void cli_inputs_fini(struct cli_inputs *inputs);
struct pipeline_inputs cli_inputs_source(struct cli_inputs *inputs);

/* --- terminal.c --- */
/* A text of foreign origin, safe for a terminal: control characters as \xHH. */
void cli_print_text(FILE *stream, const char *text);
/* Escape sequences on a terminal that wants colour (NO_COLOR unset), "" elsewhere. */
enum cli_style { CLI_PLAIN, CLI_BOLD, CLI_DIM, CLI_RED, CLI_YELLOW, CLI_GREEN, CLI_CYAN };
const char *cli_style(enum cli_style style);
/* A progress line on standard error when that is a terminal; for struct pipeline_sink. */
void cli_progress(void *context, const char *what, uint64_t done, uint64_t total);
void cli_progress_clear(void);

/* --- print.c --- */
/* The case for people, section by section; `all` leaves nothing out. */
void cli_print_case(const json_t *records, bool all);
/* One record as a line of NDJSON, "type" first. */
int cli_print_json(const json_t *record);

/* --- print_forecast.c --- */
/* Records of these types, each an array but `ranking`; there is at least one forecast. */
void cli_print_forecast(const json_t *forecasts, const json_t *remedies, const json_t *combinations,
			const json_t *ranking);

/* --- explain.c: the listing of a shellcode record --- */
void cli_print_listing(const json_t *listing);

/* --- x86_print.c: a trace for people, 100 columns wide --- */
struct cli_x86_printer {
	unsigned address_digits;
	bool any;	  /* a step was printed */
	json_t *repeated; /* the last step of a run of repetitions that is not printed yet, or NULL
			   */
	json_t *first;	  /* the first of them */
	uint64_t repetitions;
};
void cli_x86_print(struct cli_x86_printer *printer, const json_t *record);

/* --- provenance.c --- */
/* The "provenance" record (returns owned) of a command. `words` follow "kenbi"; `path` is the file
 * that the figures come from, with its `title` ("": it has none), or NULL where inputs have records
 * of their own. */
MUST_CHECK int cli_provenance(int count, char *const *words, const char *path, const char *title,
			      json_t **record, struct error *error);

/* --- outbreak_history.c --- */
/* kenbi outbreak history; words[0] is "history". Returns the exit status. */
int cli_outbreak_history(const struct cli_command *command, int count, char **words);

/* --- table.c --- */
/* Rows of equal columns, for kenbi store. */
void cli_print_rows(const json_t *rows);

#endif
