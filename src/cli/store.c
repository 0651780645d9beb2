/* kenbi store: questions to the attack data base, and samples taken out of it. */
#include "store/store.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static const struct option options[] = { { "json", no_argument, NULL, 'j' },
					 { "limit", required_argument, NULL, 'l' },
					 { "type", required_argument, NULL, 't' },
					 { "store", required_argument, NULL, 's' },
					 { "sample", required_argument, NULL, 'S' },
					 { "output", required_argument, NULL, 'o' },
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

/* Malware goes to a file without the right to be executed, or down a pipe; never to a terminal. */
static int take_out(const char *path, const char *sha256, const char *file, struct error *error)
{
	struct buffer content;
	struct store *store;
	int result = store_open(path, &store, error);

	if (result < 0)
		return result;
	result = store_get_sample(store, sha256, &content, error);
	if (result == 0 && strcmp(file, "-") != 0)
		result = file_write(file, buffer_bytes(&content), error);
	else if (result == 0 && isatty(STDOUT_FILENO))
		result = error_set(error, ERROR_INPUT, "-",
				   "a sample is not written to a terminal; name a file");
	else if (result == 0 &&
		 (fwrite(content.data, 1, content.length, stdout) != content.length ||
		  fflush(stdout)))
		result = error_set(error, ERROR_SYSTEM, "-", "cannot write the sample");
	buffer_fini(&content);
	store_close(store);
	return result;
}

static int store(const struct cli_command *command, int count, char **words)
{
	const char *path = NULL, *type = NULL, *sample = NULL, *file = NULL;
	uint64_t limit = 20;
	bool json = false;
	struct error error = { 0 };
	int option;

	while ((option = getopt_long(count, words, "", options, NULL)) != -1) {
		switch (option) {
		case 'j': json = true; break;
		case 't': type = optarg; break;
		case 's': path = optarg; break;
		case 'S': sample = optarg; break;
		case 'o': file = optarg; break;
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
	if (!sample != !file)
		return cli_usage_error(command, "--sample and --output go together");
	if (sample && optind < count)
		return cli_usage_error(command, "a question or a sample, not both");
	int result = sample ? take_out(path, sample, file, &error)
			    : ask(path, question, type, limit, json, &error);
	if (result < 0)
		log_error(&error);
	return error_exit_status(result);
}

const struct cli_command cli_store = {
	.name = "store",
	.summary = "Ask the attack data base what came, from whom, how often",
	.usage = "[OPTION]… [QUESTION]\n       kenbi store [OPTION]… --sample SHA256 --output FILE",
	.options = "questions:\n"
		   "  summary    attempts, sources, distinct codes and kinds, samples (default)\n"
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
		   "  --json         rows as NDJSON\n"
		   "  --sample SHA256\n"
		   "                 take this executable out; the first six digits or more are\n"
		   "                 enough where one alone begins so\n"
		   "  --output FILE  where to write it; - is standard output\n",
	.run = store,
};
