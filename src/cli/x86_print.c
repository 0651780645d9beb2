/* A trace for people: a line for each instruction, what it changed to its right, repetitions of a
 * string instruction folded into one line. Nothing is wider than 100 columns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum { WIDTH = 100, EFFECTS = 58, NUMBER_WIDTH = 6, BYTES_WIDTH = 16, WORD_SIZE = 256 };

static const char *text_field(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text ? text : "";
}

static long long number_field(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

/* A hexadecimal value without its 0x. */
static const char *digits(const json_t *object, const char *name)
{
	const char *text = text_field(object, name);
	return strncmp(text, "0x", 2) == 0 ? text + 2 : text;
}

/* Digits of an address, with leading zeros. */
static void address_digits(const struct cli_x86_printer *printer, const json_t *object, char *text,
			   size_t size)
{
	const char *number = digits(object, "address");
	int missing = (int)printer->address_digits - (int)strlen(number);

	snprintf(text, size, "%.*s%s", missing > 0 ? missing : 0, "0000000000000000", number);
}

/* --- words that flow in the right-hand column --- */

struct column {
	size_t at;  /* columns used on this line */
	bool empty; /* no word yet */
};

static size_t visible_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static void put_word(struct column *column, enum cli_style style, const char *word)
{
	size_t width = visible_width(word);
	/* a word wider than the column begins further to the left */
	size_t start = width > WIDTH - EFFECTS && width < WIDTH ? WIDTH - width : EFFECTS;

	if (column->empty ? column->at + 2 > start : column->at + 2 + width > WIDTH) {
		putchar('\n');
		column->at = 0;
		column->empty = true;
	}
	size_t gap = column->empty ? start - column->at : 2;
	printf("%*s%s", (int)gap, "", cli_style(style));
	cli_print_text(stdout, word);
	fputs(cli_style(CLI_PLAIN), stdout);
	column->at += gap + width;
	column->empty = false;
}

/* What follows from an x87 value that was pushed or popped: the stack's top, C1, and the tags. */
static bool follows_from_stack(const json_t *step, const json_t *change)
{
	const unsigned long top_and_c1 = 0x3a00;
	const char *name = text_field(change, "name");
	json_t *other;
	size_t index;

	if (strcmp(name, "fstat") == 0) {
		unsigned long old = strtoul(text_field(change, "old"), NULL, 16);
		unsigned long now = strtoul(text_field(change, "new"), NULL, 16);
		return ((old ^ now) & ~top_and_c1) == 0;
	}
	if (strcmp(name, "ftag") != 0)
		return false;
	json_array_foreach(json_object_get(step, "registers"), index, other)
	{
		const char *also = text_field(other, "name");
		if (strcmp(also, "fstat") == 0 || strncmp(also, "st", 2) == 0 ||
		    strncmp(also, "mm", 2) == 0)
			return true;
	}
	return false;
}

static void put_registers(struct column *column, const json_t *old_step, const json_t *step)
{
	json_t *change, *earlier;
	size_t index, other;

	json_array_foreach(json_object_get(step, "registers"), index, change)
	{
		const char *name = text_field(change, "name"), *old = digits(change, "old");
		char word[WORD_SIZE];
		if (follows_from_stack(step, change))
			continue;
		/* of repetitions: from before the first to behind the last */
		json_array_foreach(json_object_get(old_step, "registers"), other,
				   earlier) if (strcmp(text_field(earlier, "name"), name) == 0)
			old = digits(earlier, "old");
		if (*text_field(change, "number"))
			snprintf(word, sizeof word, "%s = %s", name, text_field(change, "number"));
		else if (strlen(old) > 16)
			snprintf(word, sizeof word, "%s = %s", name, digits(change, "new"));
		else
			snprintf(word, sizeof word, "%s %s → %s", name, old, digits(change, "new"));
		put_word(column, CLI_GREEN, word);
	}
}

static void put_flags(struct column *column, const json_t *step)
{
	json_t *flags = json_object_get(step, "flags"), *value;
	char word[WORD_SIZE] = "";
	const char *name;
	size_t length = 0;

	json_object_foreach(flags, name, value) length +=
		(size_t)snprintf(word + length, sizeof word - length, "%s%c%s", length ? " " : "",
				 json_integer_value(value) ? '+' : '-', name);
	if (length)
		put_word(column, CLI_YELLOW, word);
}

/* A value with as many digits as the access has bytes, of a long one the first eight. */
static void memory_digits(const json_t *access, const char *name, char *text, size_t size)
{
	const char *number = digits(access, name);
	long long bytes = number_field(access, "size");
	int missing = bytes > 16 || !*number ? 0 : (int)(2 * bytes) - (int)strlen(number);

	snprintf(text, size, "%.*s%.*s", missing > 0 ? missing : 0, "0000000000000000",
		 bytes > 16 ? 16 : 32, number);
}

static void put_access(const struct cli_x86_printer *printer, struct column *column,
		       const json_t *access)
{
	char word[WORD_SIZE], place[32], read[40], written[40];

	address_digits(printer, access, place, sizeof place);
	memory_digits(access, "read", read, sizeof read);
	memory_digits(access, "written", written, sizeof written);
	if (*read && *written)
		snprintf(word, sizeof word, "[%s] %s → %s", place, read, written);
	else
		snprintf(word, sizeof word, "[%s] %s %s", place, *written ? "←" : "=",
			 *written ? written : read);
	if (number_field(access, "size") > 16)
		snprintf(word + strlen(word), sizeof word - strlen(word), "… (%lld bytes)",
			 number_field(access, "size"));
	put_word(column, CLI_CYAN, word);
}

static void put_memory(const struct cli_x86_printer *printer, struct column *column,
		       const json_t *step)
{
	json_t *access;
	size_t index;

	json_array_foreach(json_object_get(step, "memory"), index, access)
		put_access(printer, column, access);
}

/* --- lines --- */

static void print_step(const struct cli_x86_printer *printer, const json_t *step)
{
	struct column column = { .empty = true };
	bool self_written = json_is_true(json_object_get(step, "self_written"));
	const char *bytes = text_field(step, "bytes"), *text = text_field(step, "text");
	size_t bytes_width = strlen(bytes) > BYTES_WIDTH ? strlen(bytes) : BYTES_WIDTH;
	char place[32];

	address_digits(printer, step, place, sizeof place);
	printf("%s%*lld  %s%s %c", cli_style(CLI_DIM), NUMBER_WIDTH, number_field(step, "number"),
	       place, cli_style(CLI_PLAIN), self_written ? '*' : ' ');
	printf("%s%-*s%s  ", cli_style(self_written ? CLI_RED : CLI_DIM), (int)bytes_width, bytes,
	       cli_style(CLI_PLAIN));
	printf("%s%s%s", cli_style(CLI_BOLD), text, cli_style(CLI_PLAIN));
	column.at = NUMBER_WIDTH + 2 + strlen(place) + 2 + bytes_width + 2 + strlen(text);
	put_registers(&column, NULL, step);
	put_flags(&column, step);
	put_memory(printer, &column, step);
	putchar('\n');
}

/* What was folded: how often, and the registers from the first to the last. */
static void print_repetitions(struct cli_x86_printer *printer)
{
	struct column column = { .empty = true };
	char text[64];

	if (printer->repetitions == 1) {
		print_step(printer, printer->repeated);
	} else if (printer->repetitions > 1) {
		snprintf(text, sizeof text, "%*s  %llu more repetitions", NUMBER_WIDTH, "",
			 (unsigned long long)printer->repetitions);
		printf("%s%s%s", cli_style(CLI_DIM), text, cli_style(CLI_PLAIN));
		column.at = strlen(text);
		put_registers(&column, printer->first, printer->repeated);
		put_flags(&column, printer->repeated);
		putchar('\n');
	}
	json_decref(printer->first);
	json_decref(printer->repeated);
	printer->first = printer->repeated = NULL;
	printer->repetitions = 0;
}

static bool is_repetition(const json_t *earlier, const json_t *step)
{
	return strncmp(text_field(step, "text"), "rep", 3) == 0 &&
	       strcmp(text_field(step, "address"), text_field(earlier, "address")) == 0 &&
	       number_field(step, "number") == number_field(earlier, "number") + 1;
}

/* A step of a repeated instruction is held back until it is clear how many follow. */
static void take_step(struct cli_x86_printer *printer, const json_t *step)
{
	json_t *own = json_deep_copy(step);

	printer->any = true;
	if (printer->repeated && is_repetition(printer->repeated, step)) {
		if (printer->repetitions++ == 0)
			printer->first = json_incref(own);
	} else {
		print_repetitions(printer);
		print_step(printer, step);
	}
	json_decref(printer->repeated);
	printer->repeated = own;
}

static void print_start(struct cli_x86_printer *printer, const json_t *start)
{
	size_t wanted = strlen(digits(start, "base"));

	printer->address_digits = wanted > 8 ? 12 : 8;
	cli_print_text(stdout, text_field(start, "file"));
	printf(": %lld bytes at %s, %lld-bit, entered at %s\n\n", number_field(start, "bytes"),
	       text_field(start, "base"), number_field(start, "mode"), text_field(start, "entry"));
}

static void print_arguments(const json_t *end)
{
	json_t *argument;
	size_t index;

	json_array_foreach(json_object_get(end, "arguments"), index, argument)
	{
		printf("  %-3s %s", text_field(argument, "name"), text_field(argument, "value"));
		if (*text_field(argument, "text")) {
			printf("  \"");
			cli_print_text(stdout, text_field(argument, "text"));
			putchar('"');
		}
		putchar('\n');
	}
}

/* Where it stopped, and at what where that is not said already. */
static void print_place(const json_t *end, const char *reason)
{
	bool of_interest = strcmp(reason, "fault") == 0 || strcmp(reason, "budget") == 0 ||
			   strcmp(reason, "trap") == 0;

	printf("  at %s", text_field(end, "address"));
	if (of_interest && *text_field(end, "text"))
		printf("  %s", text_field(end, "text"));
	else if (of_interest && *text_field(end, "bytes"))
		printf("  bytes %s", text_field(end, "bytes"));
	if (number_field(end, "error_code"))
		printf("  (error code 0x%llx)",
		       (unsigned long long)number_field(end, "error_code"));
	putchar('\n');
}

static void print_counts(const json_t *end)
{
	long long instructions = number_field(end, "instructions");
	long long written = number_field(end, "bytes_written");
	long long executed = number_field(end, "executed_written");

	printf("%lld %s", instructions, instructions == 1 ? "instruction" : "instructions");
	if (written)
		printf("; %lld %s written into the code", written, written == 1 ? "byte" : "bytes");
	if (executed)
		printf("\n%lld executed that the code had written (*), first at %s", executed,
		       text_field(end, "first_written"));
	putchar('\n');
}

static void print_end(const struct cli_x86_printer *printer, const json_t *end)
{
	const char *reason = text_field(end, "reason");
	bool bad = strcmp(reason, "fault") == 0 || strcmp(reason, "left") == 0;

	if (printer->any)
		putchar('\n');
	printf("%s%s%s\n", cli_style(bad ? CLI_RED : CLI_BOLD), text_field(end, "meaning"),
	       cli_style(CLI_PLAIN));
	if (strcmp(reason, "returned") != 0)
		print_place(end, reason);
	if (strcmp(reason, "budget") == 0)
		puts("  --instructions N allows more");
	print_arguments(end);
	print_counts(end);
}

void cli_x86_print(struct cli_x86_printer *printer, const json_t *record)
{
	const char *type = text_field(record, "type");

	if (strcmp(type, "x86_start") == 0) {
		print_start(printer, record);
	} else if (strcmp(type, "x86_step") == 0) {
		take_step(printer, record);
	} else if (strcmp(type, "x86_end") == 0) {
		if (printer->repetitions)
			print_repetitions(printer);
		print_end(printer, record);
	}
}
