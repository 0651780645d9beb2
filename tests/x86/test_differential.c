/* The simulator beside the host's processor: one case of every form that is implemented, then
 * random ones. A row added to src/x86/handlers.h is tested from then on.
 *
 * usage: test_x86_differential 32|64. KENBI_X86_CASES and KENBI_X86_SEED choose how many cases and
 * which; `./dev bench x86-exact` runs ten million. */
#include <stdlib.h>
#include <string.h>

#include "compared.h"
#include "differential.h"

enum { PASS = 0, FAIL = 1, MISUSED = 2, SKIP = 77, DEFAULT_CASES = 250000 };

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

int main(int count, char **arguments)
{
	bool wide = count == 2 && strcmp(arguments[1], "64") == 0;
	struct differential_totals totals;
	struct differential *run;
	const char *reason;
	bool complete;

	if (count != 2 || (!wide && strcmp(arguments[1], "32") != 0)) {
		fprintf(stderr, "usage: %s 32|64\n", arguments[0]);
		return MISUSED;
	}
	run = differential_new(wide, number_from("KENBI_X86_SEED", 1), false, stdout, &reason);
	if (!run) {
		printf("skipped: %s\n", reason);
		return SKIP;
	}
	complete = differential_run(run, number_from("KENBI_X86_CASES", DEFAULT_CASES));
	totals = differential_totals(run);
	printf("%s-bit: %llu cases (%llu sequences, %llu refusals), %u forms%s; %llu within an "
	       "approximation's bound, %llu where processors differ, %llu mismatches\n",
	       arguments[1], (unsigned long long)totals.cases,
	       (unsigned long long)totals.by_kind[CASE_SEQUENCE],
	       (unsigned long long)totals.by_kind[CASE_INVALID], totals.forms,
	       totals.walked ? "" : " (walk not finished)", (unsigned long long)totals.approximate,
	       (unsigned long long)totals.excused, (unsigned long long)totals.mismatches);
	differential_free(run);
	return complete && totals.mismatches == 0 ? PASS : FAIL;
}
