/* The simulator beside the host's processor, ten million cases: the whole of what
 * tests/x86/test_differential.c runs a part of. Prints a table by group, or with --json one record
 * a line; the exit status is 1 after a mismatch.
 *
 * usage: bench_x86_exact [--json] [--cases=N] [--seed=N] [--mode=32|64] (cases of each mode) */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "compared.h"
#include "differential.h"

enum { MOST_GROUPS = 64, PIECE = 20000 };

struct options {
	bool json, modes[2];
	uint64_t cases, seed;
};

struct group {
	const char *name;
	uint64_t cases[2], mismatches[2];
	unsigned forms[2];
};

static const char *const mode_names[] = { "32-bit", "64-bit" };

static bool option_number(const char *argument, const char *name, uint64_t *value)
{
	size_t length = strlen(name);
	char *end;

	if (strncmp(argument, name, length) != 0)
		return false;
	*value = strtoull(argument + length, &end, 0);
	return argument[length] && !*end;
}

static bool parse(struct options *options, int count, char **arguments)
{
	uint64_t mode;

	for (int i = 1; i < count; i++) {
		if (strcmp(arguments[i], "--json") == 0)
			options->json = true;
		else if (option_number(arguments[i], "--mode=", &mode) &&
			 (mode == 32 || mode == 64))
			options->modes[mode == 32] = false;
		else if (!option_number(arguments[i], "--cases=", &options->cases) &&
			 !option_number(arguments[i], "--seed=", &options->seed))
			return false;
	}
	return true;
}

/* --- running --- */

static void progress(bool wide, const struct differential_totals *totals, uint64_t cases,
		     time_t start)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%s: %llu of %llu cases, %llu mismatches, %lld s ",
			mode_names[wide], (unsigned long long)totals->cases,
			(unsigned long long)cases, (unsigned long long)totals->mismatches,
			(long long)(time(NULL) - start));
}

static bool run_mode(struct differential *run, bool wide, uint64_t cases)
{
	time_t start = time(NULL);
	bool alive = true;

	for (uint64_t done = 0; alive && done < cases; done += PIECE) {
		struct differential_totals totals;
		alive = differential_run(run, cases - done < PIECE ? cases - done : PIECE);
		totals = differential_totals(run);
		progress(wide, &totals, cases, start);
	}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\n");
	if (!alive)
		fprintf(stderr, "%s: the host's side was lost too often\n", mode_names[wide]);
	return alive;
}

/* --- the table --- */

static struct group *group_named(struct group *groups, const char *name)
{
	unsigned i = 0;

	while (i < MOST_GROUPS - 1 && groups[i].name && strcmp(groups[i].name, name) != 0)
		i++;
	groups[i].name = name;
	return &groups[i];
}

static void gather(struct differential *const runs[2], struct group *groups)
{
	for (unsigned wide = 0; wide < 2; wide++)
		for (unsigned i = 0; runs[wide] && i <= ZYDIS_MNEMONIC_MAX_VALUE; i++) {
			const struct differential_row *row =
				differential_row(runs[wide], (ZydisMnemonic)i);
			struct group *group = row->group ? group_named(groups, row->group) : NULL;
			if (!group)
				continue;
			group->cases[wide] += row->cases;
			group->forms[wide] += row->forms;
			group->mismatches[wide] += row->mismatches;
		}
}

static void print_groups(const struct group *groups)
{
	printf("%-18s %12s %6s %10s %12s %6s %10s\n", "", "32-bit cases", "forms", "mismatches",
	       "64-bit cases", "forms", "mismatches");
	for (unsigned i = 0; i < MOST_GROUPS && groups[i].name; i++)
		printf("%-18s %12llu %6u %10llu %12llu %6u %10llu\n", groups[i].name,
		       (unsigned long long)groups[i].cases[0], groups[i].forms[0],
		       (unsigned long long)groups[i].mismatches[0],
		       (unsigned long long)groups[i].cases[1], groups[i].forms[1],
		       (unsigned long long)groups[i].mismatches[1]);
}

static void print_mode(bool json, bool wide, const struct differential_totals *totals)
{
	if (json)
		printf("{\"bench\":\"x86-exact\",\"case\":\"%s\",\"value\":%llu,\"unit\":"
		       "\"mismatches\",\"cases\":%llu,\"approximate\":%llu,\"excused\":%llu,"
		       "\"forms\":%u,\"peer\":\"host\",\"peer_"
		       "value\":"
		       "null,\"ratio\":null}\n",
		       mode_names[wide], (unsigned long long)totals->mismatches,
		       (unsigned long long)totals->cases, (unsigned long long)totals->approximate,
		       (unsigned long long)totals->excused, totals->forms);
	else
		printf("%s: %llu cases (%llu instructions, %llu sequences, %llu refusals), %u "
		       "forms%s; %llu within an approximation's bound, %llu where processors "
		       "differ, %llu mismatches\n",
		       mode_names[wide], (unsigned long long)totals->cases,
		       (unsigned long long)totals->by_kind[CASE_INSTRUCTION],
		       (unsigned long long)totals->by_kind[CASE_SEQUENCE],
		       (unsigned long long)totals->by_kind[CASE_INVALID], totals->forms,
		       totals->walked ? "" : ", walk not finished",
		       (unsigned long long)totals->approximate, (unsigned long long)totals->excused,
		       (unsigned long long)totals->mismatches);
}

/* Rows that no mode compared: how many of them have no reason that the source gives. */
static unsigned print_missing(FILE *file, struct differential *const runs[2])
{
	unsigned unexplained = 0;

	for (unsigned i = 1; i <= ZYDIS_MNEMONIC_MAX_VALUE; i++) {
		ZydisMnemonic mnemonic = (ZydisMnemonic)i;
		const char *why = compared_not(mnemonic);
		if (!compared_row(mnemonic) ||
		    (runs[0] && differential_row(runs[0], mnemonic)->cases > 0) ||
		    (runs[1] && differential_row(runs[1], mnemonic)->cases > 0))
			continue;
		if (!why)
			why = compared_host_lacks(mnemonic);
		if (!why)
			unexplained++;
		fprintf(file, "not compared: %-10s %s\n", ZydisMnemonicGetString(mnemonic),
			why ? why : "never met, and no reason is known");
	}
	return unexplained;
}

int main(int count, char **arguments)
{
	struct options options = { .modes = { true, true }, .cases = 5000000, .seed = 1 };
	struct differential *runs[2] = { NULL, NULL };
	struct group groups[MOST_GROUPS] = { 0 };
	bool good = true;

	if (!parse(&options, count, arguments)) {
		fprintf(stderr, "usage: %s [--json] [--cases=N] [--seed=N] [--mode=32|64]\n",
			arguments[0]);
		return 2;
	}
	for (unsigned wide = 0; wide < 2; wide++) {
		struct differential_totals totals;
		const char *reason;
		if (!options.modes[wide])
			continue;
		runs[wide] = differential_new(wide, options.seed, true, stderr, &reason);
		if (!runs[wide]) {
			fprintf(stderr, "%s: skipped: %s\n", mode_names[wide], reason);
			continue;
		}
		good &= run_mode(runs[wide], wide, options.cases);
		totals = differential_totals(runs[wide]);
		print_mode(options.json, wide, &totals);
		good &= totals.mismatches == 0;
	}
	if (!runs[0] && !runs[1])
		return 77;
	if (!options.json) {
		gather(runs, groups);
		print_groups(groups);
	}
	if (runs[0] && runs[1] && differential_totals(runs[0]).walked &&
	    differential_totals(runs[1]).walked)
		good &= print_missing(options.json ? stderr : stdout, runs) == 0;
	differential_free(runs[0]);
	differential_free(runs[1]);
	return good ? 0 : 1;
}
