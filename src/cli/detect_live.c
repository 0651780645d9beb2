/* What crosses an interface, as it happens: one screen on a terminal, lines elsewhere, records for
 * programs.
 *
 * The screen is plain ANSI: the cursor goes home, every line is cleared to its end, then what is
 * below. Rates are over the time since the last statistics. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/detect.h"

#define SHOWN 12 /* findings on the screen */

struct screen {
	const struct cli_run *run;
	const char *interface;
	bool terminal; /* draw a screen */
	bool found;
	json_t *last;	       /* statistics before, or NULL */
	char *findings[SHOWN]; /* the newest first */
	size_t count;
	struct error error;
};

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static bool is_interrupted(void *context)
{
	(void)context;
	return interrupted;
}

/* --- numbers --- */

static double counter(const json_t *statistics, const char *name)
{
	return (double)json_integer_value(
		json_object_get(json_object_get(statistics, "counters"), name));
}

static double queue_number(const json_t *statistics, const char *name)
{
	return (double)json_integer_value(
		json_object_get(json_object_get(statistics, "queue"), name));
}

/* A second, from the statistics before to these. */
static double rate(const struct screen *screen, const json_t *statistics, const char *name)
{
	double before = 0, time = json_number_value(json_object_get(statistics, "elapsed"));
	double value = counter(statistics, name);

	if (screen->last) {
		before = json_number_value(json_object_get(screen->last, "elapsed"));
		value -= counter(screen->last, name);
	}
	return time > before ? value / (time - before) : 0;
}

/* 1.23 M and the like; the same width always. */
static const char *scaled(double value, char text[16])
{
	static const char units[] = " kMGT";
	size_t unit = 0;

	while (value >= 999.5 && units[unit + 1]) {
		value /= 1000;
		unit++;
	}
	snprintf(text, 16, "%6.*f %c", unit && value < 99.95 ? 1 : 0, value, units[unit]);
	return text;
}

/* --- lines --- */

/* What was lost, by cause; "none" when nothing was. */
static void print_losses(const json_t *statistics)
{
	static const struct {
		const char *name, *words;
	} causes[] = { { "dropped_kernel", "frames, kernel ring full" },
		       { "dropped_slots", "conversations, queue full" },
		       { "dropped_bytes", "conversations, queue full by bytes" },
		       { "cut", "conversations cut at a limit" },
		       { "fragments_dropped", "fragments" },
		       { "exhausted", "sides searched in part" },
		       { "looks_dropped", "looks at open conversations" },
		       { "not_saved", "conversations not saved" } };
	bool any = false;

	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
		double lost = counter(statistics, causes[i].name);
		if (lost > 0)
			printf("%s%.0f %s", any ? ", " : "", lost, causes[i].words);
		any |= lost > 0;
	}
	if (!any)
		fputs("none", stdout);
}

static void print_line(const struct screen *screen, const json_t *statistics)
{
	bool final = json_is_true(json_object_get(statistics, "final"));
	char packets[16], bits[16];

	if (final)
		printf("total %.1f s: %.0f packets, %.0f bytes, %.0f conversations, %.0f searched, "
		       "%.0f findings; lost: ",
		       json_number_value(json_object_get(statistics, "elapsed")),
		       counter(statistics, "packets"), counter(statistics, "bytes"),
		       counter(statistics, "sessions"), counter(statistics, "searched"),
		       counter(statistics, "findings"));
	else
		printf("%s packet/s, %s bit/s, %.0f conversations, queue %.0f/%.0f, %.0f findings; "
		       "lost: ",
		       scaled(rate(screen, statistics, "packets"), packets),
		       scaled(8 * rate(screen, statistics, "bytes"), bits),
		       counter(statistics, "sessions"), queue_number(statistics, "sessions"),
		       queue_number(statistics, "sessions_limit"), counter(statistics, "findings"));
	print_losses(statistics);
	putchar('\n');
}

/* --- the screen --- */

#define END_OF_LINE "\033[K\n"

static void print_fill(const char *what, double now, double most)
{
	const int width = 30;
	int full = most > 0 ? (int)ceil(now / most * width) : 0;

	printf("  %-22s ", what);
	for (int i = 0; i < width; i++)
		fputs(i < full ? "█" : "░", stdout);
	printf(" %3.0f %%" END_OF_LINE, most > 0 ? 100 * now / most : 0);
}

static void draw(const struct screen *screen, const json_t *statistics)
{
	char text[16];

	printf("\033[H%skenbi detect%s on %s, %.0f s" END_OF_LINE END_OF_LINE, cli_style(CLI_BOLD),
	       cli_style(CLI_PLAIN), screen->interface,
	       json_number_value(json_object_get(statistics, "elapsed")));
	printf("  %-22s %s packet/s" END_OF_LINE, "packets",
	       scaled(rate(screen, statistics, "packets"), text));
	printf("  %-22s %s bit/s" END_OF_LINE, "traffic",
	       scaled(8 * rate(screen, statistics, "bytes"), text));
	printf("  %-22s %s /s, %.0f in all" END_OF_LINE, "conversations",
	       scaled(rate(screen, statistics, "sessions"), text), counter(statistics, "sessions"));
	printf("  %-22s %s bit/s, %.0f conversations" END_OF_LINE, "searched",
	       scaled(8 * rate(screen, statistics, "searched_bytes"), text),
	       counter(statistics, "searched"));
	printf("  %-22s %6.0f" END_OF_LINE, "do not conform", counter(statistics, "deviating"));
	print_fill("queue, conversations", queue_number(statistics, "sessions"),
		   queue_number(statistics, "sessions_limit"));
	print_fill("queue, bytes", queue_number(statistics, "bytes"),
		   queue_number(statistics, "bytes_limit"));
	printf("  %-22s ", "lost");
	print_losses(statistics);
	printf(END_OF_LINE END_OF_LINE "%s%.0f findings%s" END_OF_LINE, cli_style(CLI_BOLD),
	       counter(statistics, "findings"), cli_style(CLI_PLAIN));
	for (size_t i = 0; i < screen->count; i++) {
		fputs("  ", stdout);
		cli_print_text(stdout, screen->findings[i]);
		fputs(END_OF_LINE, stdout);
	}
	fputs("\033[J", stdout);
	fflush(stdout);
}

/* --- records --- */

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "?";
}

/* Returns owned text: who sent what to whom, and what it does. */
static char *finding_line(const json_t *record)
{
	const json_t *flow = json_object_get(record, "flow");
	bool server = strcmp(text_of(record, "side"), "server") == 0;
	const json_t *action;
	struct buffer line;
	size_t index;

	buffer_init(&line, 4096);
	buffer_printf(&line, "%s:%d > %s:%d  %s %s  kind %s", text_of(flow, server ? "dst" : "src"),
		      (int)json_integer_value(json_object_get(flow, server ? "dport" : "sport")),
		      text_of(flow, server ? "src" : "dst"),
		      (int)json_integer_value(json_object_get(flow, server ? "sport" : "dport")),
		      text_of(record, "os"), text_of(record, "arch"), text_of(record, "kind"));
	json_array_foreach(json_object_get(record, "actions"), index, action)
	{
		char *words = index < 3 ? json_dumps(action, JSON_COMPACT) : NULL;
		buffer_printf(&line, "  %s", words ? words : "");
		free(words);
	}
	char *text = strdup(buffer_text(&line));
	buffer_fini(&line);
	return text;
}

static void take_finding(struct screen *screen, const json_t *record)
{
	char *line = finding_line(record);

	screen->found = true;
	if (screen->run->json || !screen->terminal) {
		if (!screen->run->json) {
			bool more = json_is_true(json_object_get(record, "completed"));
			fputs(more ? "more: " : "found: ", stdout);
			cli_print_text(stdout, line ? line : "");
			putchar('\n');
		}
		free(line);
		return;
	}
	if (screen->count == SHOWN)
		free(screen->findings[--screen->count]);
	memmove(screen->findings + 1, screen->findings, screen->count * sizeof *screen->findings);
	screen->findings[0] = line ? line : strdup("");
	screen->count++;
}

static void take_statistics(struct screen *screen, const json_t *record)
{
	bool final = json_is_true(json_object_get(record, "final"));

	if (!screen->run->json && screen->terminal)
		draw(screen, record);
	if (!screen->run->json && (!screen->terminal || final))
		print_line(screen, record);
	json_decref(screen->last);
	screen->last = json_deep_copy(record);
}

static int take_live_record(void *context, const json_t *record)
{
	struct screen *screen = context;
	const char *type = text_of(record, "type");

	if (cli_outputs_record(screen->run->outputs, record, &screen->error) < 0)
		return screen->error.code;
	if (strcmp(type, "shellcode") == 0)
		take_finding(screen, record);
	else if (strcmp(type, "statistics") == 0)
		take_statistics(screen, record);
	bool session = strcmp(type, "session") == 0 && !json_object_get(record, "saved");
	if (screen->run->json && !session && cli_print_json(record) < 0)
		return error_set(&screen->error, ERROR_SYSTEM, NULL,
				 "standard output cannot be written");
	/* Whoever reads wants to know at once. */
	if (fflush(stdout) != 0)
		return error_set(&screen->error, ERROR_SYSTEM, NULL,
				 "standard output cannot be written");
	return 0;
}

static int take_live_sample(void *context, struct bytes content)
{
	(void)context;
	(void)content;
	return 0;
}

static int take_live_capture(void *context, int64_t session, struct bytes content)
{
	struct screen *screen = context;

	return cli_outputs_capture(screen->run->outputs, session, content, &screen->error);
}

int cli_detect_live(const struct cli_run *run, const struct pipeline_live *live)
{
	struct screen screen = { .run = run,
				 .interface = live->interface,
				 .terminal = isatty(STDOUT_FILENO) };
	struct pipeline_sink sink = { &screen, take_live_record, take_live_sample, NULL,
				      take_live_capture };
	struct sigaction action = { .sa_handler = interrupt };
	struct error error = { 0 }, closing = { 0 };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	int result = cli_outputs_open(run->outputs, &error);
	if (result == 0 && screen.terminal && !run->json)
		fputs("\033[2J", stdout);
	if (result == 0)
		result = pipeline_live_run(&run->options, live, &sink, is_interrupted, &error);
	if (screen.error.code)
		error = screen.error;
	int closed = cli_outputs_close(run->outputs, &closing);
	if (result == 0 && closed < 0) {
		result = closed;
		error = closing;
	}
	if (result < 0)
		log_error(&error);
	json_decref(screen.last);
	while (screen.count)
		free(screen.findings[--screen.count]);
	int status = error_exit_status(result);
	return status == 0 && run->exit_code && screen.found ? CLI_FOUND : status;
}
