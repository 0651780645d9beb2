#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "remedy/knowledge.h"

#define PATTERN                                                                   \
	"- name: mutex\n  title: Makes a mutex\n  event: mutex.create\n  take:\n" \
	"    - { field: name, parameter: mutex, type: text }\n"
#define ENTRY_HEAD                                                                            \
	"- name: vaccine\n  title: Hold it\n  effect: patch\n  place: host\n  share: 0.5\n  " \
	"delay: 60\n"
#define ANSWERS \
	"  answers:\n    - behaviour: mutex\n      needs: [{ parameter: mutex, type: text }]\n"
#define RULES "  rules:\n    - { format: powershell, text: \"'${mutex}'\" }\n"

/* Loads a folder with one file of each kind; the result, with `error` filled. */
static int load_texts(const char *behaviour, const char *remedy, struct error *error)
{
	char folder[] = "/tmp/kenbi-knowledge-XXXXXX", path[3][64];
	struct remedy_knowledge *knowledge;

	assert_non_null(mkdtemp(folder));
	snprintf(path[0], sizeof path[0], "%s/behaviour", folder);
	snprintf(path[1], sizeof path[1], "%s/remedy", folder);
	assert_int_equal(file_make_folder(path[0], error), 0);
	assert_int_equal(file_make_folder(path[1], error), 0);
	snprintf(path[0], sizeof path[0], "%s/behaviour/b.yaml", folder);
	snprintf(path[1], sizeof path[1], "%s/remedy/r.yaml", folder);
	assert_int_equal(file_write(path[0], bytes_of(behaviour), error), 0);
	assert_int_equal(file_write(path[1], bytes_of(remedy), error), 0);
	int result = remedy_load(folder, &knowledge, error);
	remedy_knowledge_free(knowledge);
	for (int i = 0; i < 2; i++) {
		unlink(path[i]);
		*strrchr(path[i], '/') = 0;
		rmdir(path[i]);
	}
	assert_int_equal(rmdir(folder), 0);
	return result;
}

static void expect_error(const char *behaviour, const char *remedy, const char *where,
			 const char *part)
{
	struct error error = { 0 };
	char message[900];

	assert_int_equal(load_texts(behaviour, remedy, &error), ERROR_INPUT);
	error_text(&error, message, sizeof message);
	if (!strstr(message, where) || !strstr(message, part))
		fail_msg("said: %s\nexpected: %s … %s", message, where, part);
}

static void errors_name_file_key_and_line(void **state)
{
	struct error error;
	(void)state;
	assert_int_equal(load_texts(PATTERN, ENTRY_HEAD ANSWERS RULES, &error), 0);
	expect_error("- name: x\n  title: X\n  event: mutx.create\n", ENTRY_HEAD ANSWERS RULES,
		     "b.yaml:3", "mutx.create");
	expect_error("- name: x\n  title: X\n  colour: red\n", ENTRY_HEAD ANSWERS RULES, "b.yaml",
		     "colour");
	expect_error(PATTERN "    - { field: nme, parameter: a }\n", ENTRY_HEAD ANSWERS RULES,
		     "b.yaml:6", "no such field");
	expect_error(PATTERN "    - { field: name, find: \"{a:colour}\" }\n",
		     ENTRY_HEAD ANSWERS RULES, "b.yaml:6", "placeholder");
	expect_error(PATTERN "    - { field: name }\n", ENTRY_HEAD ANSWERS RULES, "b.yaml",
		     "either 'parameter' or 'find'");
	expect_error(PATTERN, ENTRY_HEAD "  answers:\n    - behaviour: mutx\n" RULES, "r.yaml:8",
		     "no pattern in behaviour/");
	expect_error(PATTERN, ENTRY_HEAD ANSWERS "  rules:\n    - { format: nft, text: x }\n",
		     "r.yaml:11", "expected nftables");
	expect_error(PATTERN,
		     ENTRY_HEAD ANSWERS "  rules:\n    - { format: text, text: \"${port}\" }\n",
		     "r.yaml", "no answer of the entry needs");
	expect_error(PATTERN, ENTRY_HEAD ANSWERS RULES ENTRY_HEAD ANSWERS RULES, "r.yaml",
		     "another countermeasure");
	expect_error(PATTERN, ENTRY_HEAD ANSWERS RULES "  pass: 1.5\n", "r.yaml",
		     "between 0 and 1");
	expect_error(PATTERN, ENTRY_HEAD ANSWERS RULES "  reaction: 60\n", "r.yaml", "reaction");
	expect_error(PATTERN, ENTRY_HEAD ANSWERS RULES "  attack: [1210]\n", "r.yaml", "ATT&CK");
	expect_error(PATTERN, ENTRY_HEAD ANSWERS RULES "  defend: [D3FEND]\n", "r.yaml", "D3-ITF");
	expect_error(PATTERN, "- name: x\n  effect: heal\n", "r.yaml", "effect");
}

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
	const struct CMUnitTest tests[] = { cmocka_unit_test(shipped_knowledge_loads),
					    cmocka_unit_test(errors_name_file_key_and_line) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
