/* kenbi x86: looking into the CPU simulator. Its one job so far is a trace of raw bytes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

enum { MOST_REGISTERS = 32, DEFAULT_BUDGET = 10000 };
#define MOST_INSTRUCTIONS UINT64_C(1000000000)

static const struct option options[] = { { "64", no_argument, NULL, '6' },
					 { "base", required_argument, NULL, 'b' },
					 { "entry", required_argument, NULL, 'e' },
					 { "instructions", required_argument, NULL, 'n' },
					 { "registers", required_argument, NULL, 'r' },
					 { "quiet", no_argument, NULL, 'q' },
					 { "json", no_argument, NULL, 'j' },
					 { 0 } };

struct request {
	struct pipeline_x86_trace trace;
	struct pipeline_x86_register registers[MOST_REGISTERS];
	bool json;
};

/* Decimal, or hexadecimal behind 0x. */
static bool read_number(const char *text, uint64_t *number)
{
	char *end;
	bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');

	errno = 0;
	*number = strtoull(text, &end, hexadecimal ? 16 : 10);
	return !errno && end != text && !*end && *text >= '0' && *text <= '9';
}

/* Records carry the base as a signed 64-bit number; user space ends below anyway. */
static int read_place(const struct cli_command *command, const char *option, const char *text,
		      uint64_t *place)
{
	if (read_number(text, place) && *place <= INT64_MAX)
		return 0;
	cli_usage_error(command, "%s wants a number like 4096 or 0x1000, not '%s'", option, text);
	return ERROR_USAGE;
}

static int read_register(const struct cli_command *command, struct request *request,
			 const char *word)
{
	const char *equal = strchr(word, '=');
	struct pipeline_x86_register *wanted;

	if (request->trace.register_count == MOST_REGISTERS) {
		cli_usage_error(command, "--registers: more than %d", MOST_REGISTERS);
		return ERROR_USAGE;
	}
	wanted = &request->registers[request->trace.register_count];
	if (!equal || equal == word || (size_t)(equal - word) >= sizeof wanted->name ||
	    !read_number(equal + 1, &wanted->value)) {
		cli_usage_error(command, "--registers wants NAME=VALUE like eax=0x1f, not '%s'",
				word);
		return ERROR_USAGE;
	}
	memcpy(wanted->name, word, (size_t)(equal - word));
	request->trace.register_count++;
	return 0;
}

/* NAME=VALUE, more of them behind commas. */
static int read_registers(const struct cli_command *command, struct request *request, char *words)
{
	char *rest = words, *word;
	int result = 0;

	while (result == 0 && (word = strsep(&rest, ",")))
		result = read_register(command, request, word);
	return result;
}

static int read_options(const struct cli_command *command, int count, char **words,
			struct request *request)
{
	int option, result = 0;

	while (result == 0 && (option = getopt_long(count, words, "", options, NULL)) != -1) {
		switch (option) {
		case '6': request->trace.wide = true; break;
		case 'b':
			result = read_place(command, "--base", optarg, &request->trace.base);
			if (result == 0 && request->trace.base == 0) {
				cli_usage_error(command, "--base: nothing can lie at address 0");
				result = ERROR_USAGE;
			}
			break;
		case 'e':
			result = read_place(command, "--entry", optarg, &request->trace.entry);
			break;
		case 'n':
			result = cli_number(command, "--instructions", optarg, 1, MOST_INSTRUCTIONS,
					    &request->trace.budget);
			break;
		case 'r': result = read_registers(command, request, optarg); break;
		case 'q': request->trace.quiet = true; break;
		case 'j': request->json = true; break;
		default: result = ERROR_USAGE; break;
		}
	}
	return result;
}

/* "-" is standard input. */
static int open_code(const char *path, struct error *error)
{
	struct stat status;
	int descriptor = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
						: open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (descriptor < 0)
		return error_system(error, path, "cannot open");
	if (fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
		close(descriptor);
		return error_set(error, ERROR_INPUT, path,
				 "is a folder; name a file of code bytes");
	}
	return descriptor;
}

static int print_json(void *context, const json_t *record)
{
	(void)context;
	return cli_print_json(record);
}

static int print_people(void *context, const json_t *record)
{
	cli_x86_print(context, record);
	return ferror(stdout) ? ERROR_SYSTEM : 0;
}

static int trace(const struct cli_command *command, int count, char **words)
{
	struct request request = { .trace = { .budget = DEFAULT_BUDGET } };
	struct cli_x86_printer printer = { 0 };
	struct error error = { 0 };

	request.trace.registers = request.registers;
	if (read_options(command, count, words, &request) < 0)
		return CLI_INPUT;
	if (optind + 1 != count)
		return cli_usage_error(
			command, optind == count ? "trace what? name a file of code bytes, or -"
						 : "trace takes one file");
	const char *path = words[optind];
	struct pipeline_sink sink = { .context = &printer,
				      .record = request.json ? print_json : print_people };
	int result = open_code(path, &error);
	if (result >= 0)
		result = pipeline_x86_trace_run(&request.trace,
						strcmp(path, "-") == 0 ? "standard input" : path,
						result, &sink, &error);
	json_decref(printer.first);
	json_decref(printer.repeated);
	if (result < 0) {
		fflush(stdout);
		log_error(&error);
	}
	return error_exit_status(result);
}

static int x86(const struct cli_command *command, int count, char **words)
{
	if (count < 2)
		return cli_usage_error(command, "x86 what? there is: trace");
	if (strcmp(words[1], "trace") != 0)
		return cli_usage_error(command, "no job '%s' of x86; there is: trace", words[1]);
	return trace(command, count - 1, words + 1);
}

const struct cli_command cli_x86 = {
	.name = "x86",
	.summary = "Run raw bytes as code, instruction by instruction",
	.usage = "trace [OPTION]… FILE",
	.options = "  --64               64-bit code (else 32-bit)\n"
		   "  --base ADDRESS     where the bytes lie (0x400000)\n"
		   "  --entry OFFSET     the first instruction's place in the bytes (0)\n"
		   "  --instructions N   stop after N instructions (10000)\n"
		   "  --registers NAME=VALUE[,NAME=VALUE]…\n"
		   "                     general registers, eflags, fs_base, gs_base at the\n"
		   "                     start (0)\n"
		   "  --quiet            only how it ended\n"
		   "  --json             print records as NDJSON\n"
		   "\nFILE - is standard input. Nothing is executed natively.\n",
	.run = x86,
};
