/* The verifier against programs that no compiler made: correct ones with one instruction changed.
 * Whatever it lets pass must run without harm (the sanitizers watch). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "policy/program.h"
#include "support.h"

#define TEXT                                                                                     \
	"policy p { title \"P\" severity note when w: file.write(path like \"*.exe\" or length " \
	"in "                                                                                    \
	"{1, 2}, not path is self.path) then process.create(path is w.path, file_name(path) "    \
	"starts with \"a\" and process == 1) }"

static bool passes(const struct policy_set *set)
{
	struct error error;
	return program_verify(set, &error) == 0;
}

static void known_harm_is_refused(void **state)
{
	struct policy_set *set = set_of(TEXT);
	const struct instruction bad[] = {
		{ OPERATION_COUNT, 0 },	     { 999, 0 },
		{ OPERATION_FIELD, 4 },	     { OPERATION_FIELD, FIELD_END },
		{ OPERATION_TEXT, 1000 },    { OPERATION_NUMBER, 1000 },
		{ OPERATION_SLOT, 7 },	     { OPERATION_IF_FALSE, 0 },
		{ OPERATION_IF_TRUE, 1000 }, { OPERATION_NOT, 0 },
		{ OPERATION_IS, 0 },	     { OPERATION_IN, 99 },
		{ OPERATION_TRUE, 0 },
	};

	(void)state;
	assert_true(passes(set));
	struct instruction kept = set->code[0];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		set->code[0] = bad[i];
		if (passes(set))
			fail_msg("case %zu passes", i);
	}
	set->code[0] = kept;
	assert_true(passes(set));
	struct pattern *pattern =
		(struct pattern *)(uintptr_t)&set->alternatives[0].steps[0].patterns[0];
	pattern->code_length--;
	assert_false(passes(set));
	pattern->code_length = (uint32_t)set->code_length + 1;
	assert_false(passes(set));
	pattern->code_length = 0;
	assert_false(passes(set));
	policy_set_free(set);
}

static void what_passes_runs(void **state)
{
	struct policy_set *set = set_of(TEXT);
	struct random random;
	unsigned passed = 0;

	(void)state;
	random_init(&random, 3, 0);
	for (int round = 0; round < 100000; round++) {
		size_t at = random_below(&random, (uint32_t)set->code_length);
		struct instruction kept = set->code[at];
		set->code[at] =
			(struct instruction){ (uint16_t)random_below(&random, OPERATION_COUNT + 1),
					      (uint16_t)random_below(&random, 8) };
		if (passes(set)) {
			struct policy_machine *machine = policy_machine_new(set);
			show(machine, "{\"event\":\"self\",\"path\":\"s\",\"sha256\":\"0\"}");
			show(machine, "{\"event\":\"file.write\",\"path\":\"a.exe\",\"length\":1}");
			show(machine, "{\"event\":\"process.create\",\"path\":\"a.exe\"}");
			policy_machine_free(machine);
			passed++;
		}
		set->code[at] = kept;
	}
	assert_true(passed > 1000 && passed < 90000);
	policy_set_free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(known_harm_is_refused),
					    cmocka_unit_test(what_passes_runs) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
