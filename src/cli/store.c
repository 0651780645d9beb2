/* kenbi store: questions to the attack data base. */
#include "store/store.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const struct option options[] = { { "json", no_argument, NULL, 'j' },
					 { "limit", required_argument, NULL, 'l' },
					 { "type", required_argument, NULL, 't' },
					 { "store", required_argument, NULL, 's' },
					 { 0 } };

struct output {
	bool json;
	json_t *rows;
};

static int take_row(void *context, const json_t *row)
{
	struct output *output = context;

	if (output->json)
		return cli_print_json(row);
	return json_array_append_new(output->rows, json_deep_copy(row)) < 0 ? ERROR_MEMORY : 0;
}

static int ask(const char *path, const char *question, const char *type, uint64_t limit, bool json,
	       struct error *error)
{
	struct output output = { json, json_array() };
	struct store *store;
	int result = store_open(path, &store, error);

	if (result == 0)
		result = store_query(store, question, type, (unsigned)limit, take_row, &output,
				     error);
	if (result == 0 && !json)
		cli_print_rows(output.rows);
	if (result == 0 && !json && limit && json_array_size(output.rows) == limit)
		printf("(the first %llu; --limit 0 shows all)\n", (unsigned long long)limit);
	store_close(store);
	json_decref(output.rows);
	return result;
}

static int store(const struct cli_command *command, int count, char **words)
{
	const char *path = NULL, *type = NULL;
	uint64_t limit = 20;
	bool json = false;
	struct error error = { 0 };
	int option;

	while ((option = getopt_long(count, words, "", options, NULL)) != -1) {
		switch (option) {
		case 'j': json = true; break;
		case 't': type = optarg; break;
		case 's': path = optarg; break;
		case 'l':
			if (cli_number(command, "--limit", optarg, 0, 4000000000u, &limit) < 0)
				return CLI_INPUT;
			break;
		default: return CLI_INPUT;
		}
	}
	if (optind + 1 < count)
		return cli_usage_error(command, "one question at a time");
	const char *question = optind < count ? words[optind] : "summary";
	if (type && strcmp(question, "records") != 0)
		return cli_usage_error(command, "--type goes with the question \"records\"");
	int result = ask(path, question, type, limit, json, &error);
	if (result < 0)
		log_error(&error);
	return error_exit_status(result);
}

const struct cli_command cli_store = {
	.name = "store",
	.summary = "Ask the attack data base: attempts, codes, kinds, sources, ports, samples",
	.usage = "[OPTION]… [QUESTION]",
	.options = "questions:\n"
		   "  summary    attempts, sources, distinct codes, distinct kinds, samples "
		   "(default)\n"
		   "  cases      every case: when, what, how much was found\n"
		   "  attempts   every shellcode that was seen, newest first\n"
		   "  codes      distinct attack codes, most frequent first\n"
		   "  kinds      distinct kinds of shellcode, most frequent first\n"
		   "  sources    hosts that attacked, most attempts first\n"
		   "  ports      ports by sessions, with those that carried shellcode\n"
		   "  samples    distinct executables, with verdict and how often they came\n"
		   "  records    records as they are\n\n"
		   "  --type TYPE    with records: of one type only\n"
		   "  --limit N      at most N rows (default 20; 0: all)\n"
		   "  --store FILE   the attack data base (default: $KENBI_STORE, else\n"
		   "                 ~/.local/share/kenbi/attacks.db)\n"
		   "  --json         rows as NDJSON\n",
	.run = store,
};
