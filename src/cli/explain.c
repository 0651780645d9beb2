/* The listing of a shellcode for people: what was executed, layer by layer in the order of
 * addresses, with what is known about each instruction behind a semicolon. Remarks hold foreign
 * texts and are made safe for the terminal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/print_parts.h"

enum { BYTES_SHOWN = 8, TEXT_COLUMN = 32, REMARK_COLUMN = 73 };

static void put_bytes(const char *hexadecimal)
{
	size_t count = strlen(hexadecimal) / 2, column = 0;

	for (size_t i = 0; i < count && i < BYTES_SHOWN; i++, column += 2)
		printf("%.2s", hexadecimal + 2 * i);
	if (count > BYTES_SHOWN)
		printf("…");
	printf("%*s", (int)(2 * BYTES_SHOWN + 2 - column - (count > BYTES_SHOWN)), "");
}

/* How often, from where, and the first remark share the line; the others have one each. */
static void put_remarks(const json_t *instruction)
{
	const json_t *remark;
	json_int_t times = number_of(instruction, "times");
	const char *from = text_of(instruction, "from");
	const char *between = "; ";
	size_t index;

	if (times > 1) {
		printf("%s%lld times", between, times);
		between = ", ";
	}
	if (from[0]) {
		printf("%sfrom %s", between, from);
		between = ", ";
	}
	json_array_foreach(json_object_get(instruction, "remarks"), index, remark)
	{
		if (index)
			printf("\n%*s", REMARK_COLUMN, "");
		fputs(index ? "; " : between, stdout);
		cli_print_text(stdout, json_string_value(remark));
	}
}

static void put_instruction(const json_t *instruction)
{
	const char *text = text_of(instruction, "text");
	bool said = number_of(instruction, "times") > 1 || text_of(instruction, "from")[0] ||
		    json_array_size(json_object_get(instruction, "remarks")) > 0;

	printf("           %-10s  ", text_of(instruction, "address"));
	put_bytes(text_of(instruction, "bytes"));
	printf("%s%-*s%s", cli_style(CLI_CYAN), said ? TEXT_COLUMN : 0, text, cli_style(CLI_PLAIN));
	if (said) {
		fputs(cli_style(CLI_DIM), stdout);
		put_remarks(instruction);
		fputs(cli_style(CLI_PLAIN), stdout);
	}
	putchar('\n');
}

/* A layer's title: "as it was sent", "decoded by that (layer 1)". */
static void put_layer(const json_t *instruction)
{
	const char *origin = text_of(instruction, "origin");
	json_int_t layer = number_of(instruction, "layer");

	printf("         %s", cli_style(CLI_BOLD));
	if (strcmp(origin, "sent") == 0)
		printf("as it was sent");
	else if (strcmp(origin, "outside") == 0)
		printf("from outside, as a next stage is");
	else if (layer == 1)
		printf("written by that");
	else
		printf("written by layer %lld", layer - 1);
	printf("%s\n", cli_style(CLI_PLAIN));
}

static uint64_t address_of(const json_t *instruction)
{
	return strtoull(text_of(instruction, "address"), NULL, 16);
}

void cli_print_listing(const json_t *listing)
{
	const json_t *instruction, *before = NULL;
	json_int_t left_out = number_of(listing, "left_out");
	size_t index;

	printf("         what was executed, entered at %s\n", text_of(listing, "entry"));
	json_array_foreach(json_object_get(listing, "instructions"), index, instruction)
	{
		bool same =
			before &&
			strcmp(text_of(before, "origin"), text_of(instruction, "origin")) == 0 &&
			number_of(before, "layer") == number_of(instruction, "layer");
		if (!same)
			put_layer(instruction);
		else if (address_of(before) + strlen(text_of(before, "bytes")) / 2 !=
			 address_of(instruction))
			printf("           …\n");
		put_instruction(instruction);
		before = instruction;
	}
	if (left_out)
		printf("           … and instructions that did not fit, reached %lld times\n",
		       left_out);
}
