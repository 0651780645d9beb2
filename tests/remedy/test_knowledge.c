#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "remedy/knowledge.h"

static void shipped_knowledge_loads(void **state)
{
	struct remedy_knowledge *knowledge;
	struct error error;
	char message[900];

	(void)state;
	if (remedy_load(NULL, &knowledge, &error) < 0)
		fail_msg("%s", error_text(&error, message, sizeof message));
	assert_true(knowledge->pattern_count >= 20);
	assert_true(knowledge->entry_count >= 10);
	for (size_t i = 0; i < knowledge->entry_count; i++) {
		assert_true(knowledge->entries[i]->attack_count > 0);
		assert_true(knowledge->entries[i]->defend_count > 0);
	}
	remedy_knowledge_free(knowledge);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(shipped_knowledge_loads) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
