/* A case for people: the same records as everywhere, told section by section in the order of the
 * chain. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"

#define SHORT_LIST 20 /* sessions, and places of known shellcode, shown unless --all */

int cli_print_json(const json_t *record)
{
	char *text = json_dumps(record, JSON_COMPACT | JSON_REAL_PRECISION(12));
	int result = text && puts(text) >= 0 ? 0 : ERROR_SYSTEM;

	free(text);
	return result;
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text ? text : "";
}

static json_int_t number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static double real_of(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

static void put(const char *text)
{
	cli_print_text(stdout, text);
}

static void put_style(enum cli_style style, const char *text)
{
	fputs(cli_style(style), stdout);
	put(text);
	fputs(cli_style(CLI_PLAIN), stdout);
}

/* The records of one type, borrowed, in order. Returns owned array. */
static json_t *of_type(const json_t *records, const char *type)
{
	json_t *chosen = json_array(), *record;
	size_t index;

	json_array_foreach(records, index, record) if (strcmp(text_of(record, "type"), type) == 0)
		json_array_append(chosen, record);
	return chosen;
}

static void heading(const char *title, size_t count)
{
	printf("\n%s%s%s", cli_style(CLI_BOLD), title, cli_style(CLI_PLAIN));
	if (count != SIZE_MAX)
		printf(" (%zu)", count);
	putchar('\n');
}

static void put_time(double seconds)
{
	char text[40];
	time_t whole = (time_t)seconds;
	struct tm parts;

	if (seconds <= 0 || !gmtime_r(&whole, &parts)) {
		fputs("            ", stdout);
		return;
	}
	strftime(text, sizeof text, "%H:%M:%S", &parts);
	printf("%s.%03d", text, (int)((seconds - (double)whole) * 1000));
}

static void put_grouped(double number)
{
	char digits[32];
	int length = snprintf(digits, sizeof digits, "%.0f", number);

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0 && digits[i - 1] != '-')
			putchar(',');
		putchar(digits[i]);
	}
}

/* --- sessions --- */

static int interest(const json_t *session, const json_t *shellcodes)
{
	size_t index;
	json_t *shellcode;
	int points = 0;

	json_array_foreach(shellcodes, index, shellcode) if (number_of(shellcode, "session") ==
							     number_of(session, "id")) points += 8;
	points += 4 * (*text_of(session, "target") != 0);
	points += 2 * json_is_false(json_object_get(session, "conforms"));
	points += 2 * (strcmp(text_of(session, "protocol"), "shell") == 0);
	points += json_is_integer(json_object_get(session, "announced_by"));
	return points;
}

static void print_session(const json_t *session, bool all)
{
	const json_t *conforms = json_object_get(session, "conforms");
	const json_t *said = json_object_get(session, "said");
	size_t index, shown = 0;
	json_t *item;

	printf("  #%-4lld ", number_of(session, "id"));
	put_time(real_of(session, "first"));
	printf("  %s:%lld → %s:%lld  ", text_of(session, "src"), number_of(session, "sport"),
	       text_of(session, "dst"), number_of(session, "dport"));
	put_style(CLI_CYAN, text_of(session, "protocol"));
	printf("  ");
	put_grouped(real_of(session, "bytes_to_server"));
	printf(" → ← ");
	put_grouped(real_of(session, "bytes_to_client"));
	printf(" bytes");
	if (json_is_true(conforms))
		printf("  %sconforms%s", cli_style(CLI_GREEN), cli_style(CLI_PLAIN));
	else if (json_is_false(conforms))
		printf("  %sdoes not conform%s", cli_style(CLI_YELLOW), cli_style(CLI_PLAIN));
	putchar('\n');
	if (*text_of(session, "target")) {
		printf("         target: ");
		put_style(CLI_RED, text_of(session, "target"));
		putchar('\n');
	}
	json_array_foreach(json_object_get(session, "deviations"), index, item)
	{
		if (index == 3 && !all) {
			printf("         … and %zu more deviations\n",
			       json_array_size(json_object_get(session, "deviations")) - index);
			break;
		}
		printf("         deviates at byte %lld (%s): ", number_of(item, "offset"),
		       text_of(item, "side"));
		put(text_of(item, "what"));
		putchar('\n');
	}
	json_array_foreach(said, index, item)
	{
		if (shown++ == 8 && !all) {
			printf("         … and %zu more things said\n",
			       json_array_size(said) - index);
			break;
		}
		printf("         %s%s%s ", cli_style(CLI_DIM),
		       strcmp(text_of(item, "side"), "client") == 0 ? "→" : "←",
		       cli_style(CLI_PLAIN));
		printf("%s%s%s ", cli_style(CLI_DIM), text_of(item, "what"), cli_style(CLI_PLAIN));
		put(text_of(item, "text"));
		putchar('\n');
	}
}

/* All of them in order, or the most interesting ones. */
static void print_sessions(const json_t *sessions, const json_t *shellcodes, bool all)
{
	size_t count = json_array_size(sessions), shown = 0, index;
	int threshold = 0;
	json_t *session;

	heading("Sessions", count);
	if (!all && count > SHORT_LIST)
		threshold = 1;
	json_array_foreach(sessions, index, session)
	{
		if (interest(session, shellcodes) < threshold || (!all && shown == SHORT_LIST))
			continue;
		print_session(session, all);
		shown++;
	}
	if (shown < count)
		printf("  … and %zu more sessions (--all shows them)\n", count - shown);
}

/* --- shellcode --- */

static void print_action(const json_t *action)
{
	const char *name;
	json_t *value;
	bool first = true;

	printf("         ");
	put_style(CLI_RED, text_of(action, "action"));
	json_object_foreach((json_t *)(uintptr_t)action, name, value)
	{
		if (strcmp(name, "action") == 0)
			continue;
		printf("%s%s ", first ? " " : ", ", name);
		if (json_is_string(value))
			put(json_string_value(value));
		else
			printf("%lld", json_integer_value(value));
		first = false;
	}
	putchar('\n');
}

/* Who attacks whom: the side that said the code, and the one that was told. */
static void print_attacker(const json_t *flow, const char *side)
{
	bool served = strcmp(side, "server") == 0;

	if (!json_is_object(flow))
		return;
	printf("\n         %s", cli_style(CLI_BOLD));
	put(text_of(flow, served ? "dst" : "src"));
	printf("%s port %lld attacks %s", cli_style(CLI_PLAIN),
	       number_of(flow, served ? "dport" : "sport"), cli_style(CLI_BOLD));
	put(text_of(flow, served ? "src" : "dst"));
	printf("%s port %lld/%s%s", cli_style(CLI_PLAIN),
	       number_of(flow, served ? "sport" : "dport"), text_of(flow, "proto"),
	       served ? ", which had asked it" : "");
}

static void print_place(const json_t *code)
{
	printf("at byte %lld of ", number_of(code, "offset"));
	if (json_is_object(json_object_get(code, "flow")))
		printf("what the %s said in session %lld", text_of(code, "side"),
		       number_of(code, "session"));
	else
		put(text_of(code, "file"));
}

static void print_shellcode(const json_t *code)
{
	const json_t *scan = json_object_get(code, "scan");
	size_t index;
	json_t *item;

	printf("  #%-4lld kind %s%s%s  %s %s ", number_of(code, "id"), cli_style(CLI_BOLD),
	       text_of(code, "kind"), cli_style(CLI_PLAIN), text_of(code, "os"),
	       text_of(code, "arch"));
	print_place(code);
	print_attacker(json_object_get(code, "flow"), text_of(code, "side"));
	printf("\n         recognised: ");
	json_array_foreach(json_object_get(code, "evidence"), index, item)
		printf("%s%s", index ? ", " : "", json_string_value(item));
	printf("; ");
	put_grouped(real_of(code, "instructions"));
	printf(" instructions to its end (%s)\n", text_of(code, "end"));
	json_array_foreach(json_object_get(code, "actions"), index, item) print_action(item);
	if (json_is_object(scan))
		printf("         chooses its targets: %s\n", text_of(scan, "strategy"));
	if (json_object_get(code, "listing"))
		cli_print_listing(json_object_get(code, "listing"));
}

/* Each kind once, and where else it is; all of them with what they do where that is asked for, or
 * where they have listings. */
static void print_shellcodes(const json_t *shellcodes, bool all)
{
	json_t *told = json_object(), *code;
	size_t index, others = 0;

	heading("Shellcode", json_array_size(shellcodes));
	json_array_foreach(shellcodes, index, code)
	{
		const json_t *first = json_object_get(told, text_of(code, "kind"));
		if (!first || all || json_object_get(code, "listing")) {
			print_shellcode(code);
			json_object_set(told, text_of(code, "kind"), json_object_get(code, "id"));
		} else if (others++ < SHORT_LIST) {
			printf("  #%-4lld the same kind as #%lld ", number_of(code, "id"),
			       json_integer_value(first));
			print_place(code);
			print_attacker(json_object_get(code, "flow"), text_of(code, "side"));
			putchar('\n');
		}
	}
	if (others > SHORT_LIST)
		printf("  … and %zu more of these kinds (--all shows them)\n", others - SHORT_LIST);
	json_decref(told);
}

/* --- samples --- */

static enum cli_style verdict_style(const char *verdict)
{
	if (strcmp(verdict, "malicious") == 0)
		return CLI_RED;
	if (strcmp(verdict, "suspicious") == 0)
		return CLI_YELLOW;
	return strcmp(verdict, "clean") == 0 ? CLI_GREEN : CLI_PLAIN;
}

static void print_endpoint(const json_t *endpoint)
{
	const char *role = text_of(endpoint, "role");

	if (strcmp(role, "beyond") == 0) {
		printf("         … and %lld more endpoints\n", number_of(endpoint, "count"));
		return;
	}
	printf("         ");
	put_style(strcmp(role, "control") == 0 ? CLI_RED : CLI_CYAN, role);
	printf(": ");
	put(text_of(endpoint, "name"));
	if (*text_of(endpoint, "address"))
		printf("%s%s", *text_of(endpoint, "name") ? " at " : "",
		       text_of(endpoint, "address"));
	printf(" %s %lld\n", text_of(endpoint, "proto"), number_of(endpoint, "port"));
}

static void print_sample(const json_t *sample)
{
	const json_t *scan = json_object_get(sample, "scan");
	size_t index, inner;
	json_t *item, *line;

	printf("  #%-4lld ", number_of(sample, "id"));
	put_style(CLI_BOLD, *text_of(sample, "name") ? text_of(sample, "name") : "(no name)");
	printf("  ");
	put_grouped(real_of(sample, "bytes"));
	printf(" bytes by %s  ", text_of(sample, "carrier"));
	put_style(verdict_style(text_of(sample, "verdict")), text_of(sample, "verdict"));
	printf("\n         SHA-256 %s\n         ", text_of(sample, "sha256"));
	if (*text_of(sample, "refused")) {
		printf("not run: ");
		put(text_of(sample, "refused"));
		putchar('\n');
	} else {
		put_grouped(real_of(sample, "instructions"));
		printf(" instructions, ");
		put_grouped(real_of(sample, "calls"));
		printf(" system calls, ended by %s\n", text_of(sample, "end"));
	}
	json_array_foreach(json_object_get(sample, "policies"), index, item)
	{
		const char *severity = text_of(item, "severity");
		printf("         ");
		put_style(verdict_style(severity), severity);
		printf("  %s: ", text_of(item, "name"));
		put(text_of(item, "title"));
		putchar('\n');
		json_array_foreach(json_object_get(item, "evidence"), inner, line)
		{
			if (inner == 2)
				break;
			fputs("             ", stdout);
			put_style(CLI_DIM, json_string_value(line));
			putchar('\n');
		}
	}
	json_array_foreach(json_object_get(sample, "endpoints"), index, item) print_endpoint(item);
	if (json_is_object(scan)) {
		printf("         scans port %lld: %s, ", number_of(scan, "port"),
		       text_of(scan, "strategy"));
		put_grouped(real_of(scan, "distinct"));
		printf(" addresses seen, %.3g per second\n", real_of(scan, "rate"));
	}
}

/* --- behaviours, story, remedies --- */

static void print_behaviours(const json_t *behaviours)
{
	size_t index;
	json_t *behaviour, *value;
	const char *name;

	heading("Behaviours", json_array_size(behaviours));
	json_array_foreach(behaviours, index, behaviour)
	{
		bool first = true;
		printf("  ");
		put_style(CLI_BOLD, text_of(behaviour, "name"));
		printf("  ");
		put(text_of(behaviour, "title"));
		printf(" (%s)", text_of(behaviour, "source"));
		json_object_foreach(json_object_get(behaviour, "parameters"), name, value)
		{
			if (!json_is_string(value) && !json_is_number(value))
				continue;
			printf("%s%s ", first ? ": " : ", ", name);
			if (json_is_string(value))
				put(json_string_value(value));
			else
				printf("%.6g", json_number_value(value));
			first = false;
		}
		putchar('\n');
	}
}

static void print_steps(const json_t *steps)
{
	size_t index;
	json_t *step;

	heading("Story", SIZE_MAX);
	json_array_foreach(steps, index, step)
	{
		printf("  %2lld  ", number_of(step, "id"));
		put_time(real_of(step, "time"));
		printf("  ");
		if (*text_of(step, "from") || *text_of(step, "to"))
			printf("%s → %s  ", *text_of(step, "from") ? text_of(step, "from") : "?",
			       *text_of(step, "to") ? text_of(step, "to") : "?");
		put(text_of(step, "title"));
		putchar('\n');
	}
}

static const json_t *by_id(const json_t *records, json_int_t id)
{
	size_t index;
	json_t *record;

	json_array_foreach(records, index, record) if (number_of(record, "id") == id) return record;
	return NULL;
}

static void print_rules(const json_t *remedy)
{
	size_t index;
	json_t *rule;

	json_array_foreach(json_object_get(remedy, "rules"), index, rule)
	{
		printf("      %s%s:%s\n", cli_style(CLI_DIM), text_of(rule, "format"),
		       cli_style(CLI_PLAIN));
		char *copy = strdup(text_of(rule, "text"));
		for (char *save = NULL, *line = copy ? strtok_r(copy, "\n", &save) : NULL; line;
		     line = strtok_r(NULL, "\n", &save)) {
			fputs("        ", stdout);
			for (; *line == '\t'; line++)
				fputs("    ", stdout);
			put(line);
			putchar('\n');
		}
		free(copy);
	}
}

static void print_remedy(const json_t *remedy)
{
	printf("  #%-4lld ", number_of(remedy, "id"));
	put_style(CLI_BOLD, text_of(remedy, "title"));
	printf("\n      at the %s", text_of(remedy, "place"));
	/* Where nothing is loaded no machine is named. */
	if (json_array_size(json_object_get(remedy, "rules")) > 0 &&
	    strcmp(text_of(remedy, "at"), text_of(remedy, "place")) != 0)
		printf(" (%s)", text_of(remedy, "at"));
	if (*text_of(remedy, "why")) {
		printf("; against: ");
		put(text_of(remedy, "why"));
	}
	putchar('\n');
	if (*text_of(remedy, "collateral")) {
		printf("      costs: ");
		put(text_of(remedy, "collateral"));
		putchar('\n');
	}
	if (json_is_real(json_object_get(remedy, "collateral_share"))) {
		printf("      touches: %.3g %% of the ", 100 * real_of(remedy, "collateral_share"));
		put(text_of(remedy, "collateral_basis"));
		putchar('\n');
	}
	if (*text_of(remedy, "limits")) {
		printf("      limits: ");
		put(text_of(remedy, "limits"));
		putchar('\n');
	}
	if (*text_of(remedy, "undo")) {
		printf("      undo: ");
		put(text_of(remedy, "undo"));
		putchar('\n');
	}
	print_rules(remedy);
}

/* In the order of the ranking where there is one. */
static void print_remedies(const json_t *remedies, const json_t *forecasts, bool all)
{
	size_t index, count = json_array_size(remedies), shown = 0;
	json_t *record;
	bool ranked = json_array_size(forecasts) > 0;

	heading("Remedies", count);
	json_array_foreach(ranked ? forecasts : remedies, index, record)
	{
		const json_t *remedy =
			ranked ? by_id(remedies, number_of(record, "remedy")) : record;
		if (!remedy)
			continue;
		if (!all && shown == 3) {
			printf("  … and %zu more with their rules (--all shows them)\n",
			       count - shown);
			break;
		}
		print_remedy(remedy);
		shown++;
	}
}

/* How many records from `first` on say the same of the same file. */
static size_t same_errors(const json_t *errors, size_t first)
{
	const json_t *said = json_array_get(errors, first);
	size_t end = first + 1;

	while (end < json_array_size(errors) && json_equal(json_array_get(errors, end), said))
		end++;
	return end - first;
}

static void print_errors(const json_t *errors)
{
	size_t count;

	for (size_t i = 0; i < json_array_size(errors); i += count) {
		const json_t *record = json_array_get(errors, i);
		count = same_errors(errors, i);
		printf("%snot complete:%s ", cli_style(CLI_YELLOW), cli_style(CLI_PLAIN));
		if (*text_of(record, "file")) {
			put(text_of(record, "file"));
			fputs(": ", stdout);
		}
		put(text_of(record, "message"));
		if (count > 1)
			printf(" (%zu times)", count);
		putchar('\n');
	}
}

static void print_inputs(const json_t *inputs, const json_t *errors)
{
	size_t index;
	json_t *record;

	json_array_foreach(inputs, index, record)
	{
		printf("%s ", text_of(record, "format"));
		put(text_of(record, "file"));
		printf(": ");
		put_grouped(real_of(record, "bytes"));
		printf(" bytes");
		if (json_is_integer(json_object_get(record, "packets"))) {
			printf(", ");
			put_grouped(real_of(record, "packets"));
			printf(" packets");
		}
		putchar('\n');
	}
	print_errors(errors);
}

void cli_print_case(const json_t *records, bool all)
{
	static const char *const types[] = { "input",	 "error",     "session",     "shellcode",
					     "sample",	 "behaviour", "step",	     "remedy",
					     "forecast", "worm",      "combination", "ranking" };
	enum {
		INPUT,
		ERROR,
		SESSION,
		SHELLCODE,
		SAMPLE,
		BEHAVIOUR,
		STEP,
		REMEDY,
		FORECAST,
		WORM,
		COMBINATION,
		RANKING,
		TYPES
	};
	json_t *by[TYPES], *record;
	size_t index;

	for (int i = 0; i < TYPES; i++)
		by[i] = of_type(records, types[i]);
	print_inputs(by[INPUT], by[ERROR]);
	if (json_array_size(by[SESSION]))
		print_sessions(by[SESSION], by[SHELLCODE], all);
	if (json_array_size(by[SHELLCODE]))
		print_shellcodes(by[SHELLCODE], all);
	if (json_array_size(by[SAMPLE])) {
		heading("Samples", json_array_size(by[SAMPLE]));
		json_array_foreach(by[SAMPLE], index, record) print_sample(record);
	}
	if (json_array_size(by[STEP]))
		print_steps(by[STEP]);
	if (json_array_size(by[BEHAVIOUR]))
		print_behaviours(by[BEHAVIOUR]);
	if (json_array_size(by[REMEDY]))
		print_remedies(by[REMEDY], by[FORECAST], all);
	json_array_foreach(by[WORM], index, record)
	{
		heading(json_is_null(json_object_get(record, "scan")) ? "Forecast" : "Worm",
			SIZE_MAX);
		printf("  ");
		put(text_of(record, "derived_from"));
		putchar('\n');
	}
	if (json_array_size(by[FORECAST]))
		cli_print_forecast(by[FORECAST], by[REMEDY], by[COMBINATION],
				   json_array_get(by[RANKING], 0));
	if (json_array_size(by[INPUT]) && !json_array_size(by[SHELLCODE]) &&
	    !json_array_size(by[SAMPLE]) && !json_array_size(by[FORECAST]) &&
	    !json_array_size(by[REMEDY]))
		printf("\nNo shellcode and no executable was found.\n");
	for (int i = 0; i < TYPES; i++)
		json_decref(by[i]);
}
