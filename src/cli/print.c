/* A case for people: the same records as everywhere, told section by section in the order of the
 * chain. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print_parts.h"

int cli_print_json(const json_t *record)
{
	char *text = json_dumps(record, JSON_COMPACT | JSON_REAL_PRECISION(12));
	int result = text && puts(text) >= 0 ? 0 : ERROR_SYSTEM;

	free(text);
	return result;
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
	print_styled(strcmp(role, "control") == 0 ? CLI_RED : CLI_CYAN, role);
	printf(": ");
	print_text(text_of(endpoint, "name"));
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
	print_styled(CLI_BOLD, *text_of(sample, "name") ? text_of(sample, "name") : "(no name)");
	printf("  ");
	print_grouped(real_of(sample, "bytes"));
	printf(" bytes by %s  ", text_of(sample, "carrier"));
	print_styled(verdict_style(text_of(sample, "verdict")), text_of(sample, "verdict"));
	printf("\n         SHA-256 %s\n         ", text_of(sample, "sha256"));
	if (*text_of(sample, "refused")) {
		printf("not run: ");
		print_text(text_of(sample, "refused"));
		putchar('\n');
	} else {
		print_grouped(real_of(sample, "instructions"));
		printf(" instructions, ");
		print_grouped(real_of(sample, "calls"));
		printf(" system calls, ended by %s\n", text_of(sample, "end"));
	}
	json_array_foreach(json_object_get(sample, "policies"), index, item)
	{
		const char *severity = text_of(item, "severity");
		printf("         ");
		print_styled(verdict_style(severity), severity);
		printf("  %s: ", text_of(item, "name"));
		print_text(text_of(item, "title"));
		putchar('\n');
		json_array_foreach(json_object_get(item, "evidence"), inner, line)
		{
			if (inner == 2)
				break;
			fputs("             ", stdout);
			print_styled(CLI_DIM, json_string_value(line));
			putchar('\n');
		}
	}
	json_array_foreach(json_object_get(sample, "endpoints"), index, item) print_endpoint(item);
	if (json_is_object(scan)) {
		printf("         scans port %lld: %s, ", number_of(scan, "port"),
		       text_of(scan, "strategy"));
		print_grouped(real_of(scan, "distinct"));
		printf(" addresses seen, %.3g per second\n", real_of(scan, "rate"));
	}
}

/* --- behaviours, story, remedies --- */

static void print_behaviours(const json_t *behaviours)
{
	size_t index;
	json_t *behaviour, *value;
	const char *name;

	print_heading("Behaviours", json_array_size(behaviours));
	json_array_foreach(behaviours, index, behaviour)
	{
		bool first = true;
		printf("  ");
		print_styled(CLI_BOLD, text_of(behaviour, "name"));
		printf("  ");
		print_text(text_of(behaviour, "title"));
		printf(" (%s)", text_of(behaviour, "source"));
		json_object_foreach(json_object_get(behaviour, "parameters"), name, value)
		{
			if (!json_is_string(value) && !json_is_number(value))
				continue;
			printf("%s%s ", first ? ": " : ", ", name);
			if (json_is_string(value))
				print_text(json_string_value(value));
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

	print_heading("Story", SIZE_MAX);
	json_array_foreach(steps, index, step)
	{
		printf("  %2lld  ", number_of(step, "id"));
		print_time(real_of(step, "time"));
		printf("  ");
		if (*text_of(step, "from") || *text_of(step, "to"))
			printf("%s → %s  ", *text_of(step, "from") ? text_of(step, "from") : "?",
			       *text_of(step, "to") ? text_of(step, "to") : "?");
		print_text(text_of(step, "title"));
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
			print_text(line);
			putchar('\n');
		}
		free(copy);
	}
}

static void print_remedy(const json_t *remedy)
{
	printf("  #%-4lld ", number_of(remedy, "id"));
	print_styled(CLI_BOLD, text_of(remedy, "title"));
	printf("\n      at the %s", text_of(remedy, "place"));
	/* Where nothing is loaded no machine is named. */
	if (json_array_size(json_object_get(remedy, "rules")) > 0 &&
	    strcmp(text_of(remedy, "at"), text_of(remedy, "place")) != 0)
		printf(" (%s)", text_of(remedy, "at"));
	if (*text_of(remedy, "why")) {
		printf("; against: ");
		print_text(text_of(remedy, "why"));
	}
	putchar('\n');
	if (*text_of(remedy, "collateral")) {
		printf("      costs: ");
		print_text(text_of(remedy, "collateral"));
		putchar('\n');
	}
	if (json_is_real(json_object_get(remedy, "collateral_share"))) {
		printf("      touches: %.3g %% of the ", 100 * real_of(remedy, "collateral_share"));
		print_text(text_of(remedy, "collateral_basis"));
		putchar('\n');
	}
	if (*text_of(remedy, "limits")) {
		printf("      limits: ");
		print_text(text_of(remedy, "limits"));
		putchar('\n');
	}
	if (*text_of(remedy, "undo")) {
		printf("      undo: ");
		print_text(text_of(remedy, "undo"));
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

	print_heading("Remedies", count);
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
			print_text(text_of(record, "file"));
			fputs(": ", stdout);
		}
		print_text(text_of(record, "message"));
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
		print_text(text_of(record, "file"));
		printf(": ");
		print_grouped(real_of(record, "bytes"));
		printf(" bytes");
		if (json_is_integer(json_object_get(record, "packets"))) {
			printf(", ");
			print_grouped(real_of(record, "packets"));
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
		print_heading("Samples", json_array_size(by[SAMPLE]));
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
		print_heading(json_is_null(json_object_get(record, "scan")) ? "Forecast" : "Worm",
			      SIZE_MAX);
		printf("  ");
		print_text(text_of(record, "derived_from"));
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
