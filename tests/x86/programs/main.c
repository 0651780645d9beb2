/* Runs the program that the first argument names. */
#include "programs.h"

#include <stdio.h>
#include <string.h>

#define ROW(name) { #name, program_##name },
static const struct {
	const char *name;
	int (*run)(void);
} programs[] = { PROGRAMS(ROW) };
#undef ROW

int main(int count, char **words)
{
	for (size_t i = 0; count == 2 && i < sizeof programs / sizeof *programs; i++)
		if (strcmp(programs[i].name, words[1]) == 0)
			return programs[i].run();
	fputs("name one of the programs of programs.h\n", stderr);
	return 99;
}
