/* What the compiler says about wrong policies: where, what was found, what was expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <unistd.h>

#include "support.h"

#define HEAD "policy a { title \"A\" severity note when "

static void expect_error(const char *text, const char *where, const char *part)
{
	struct policy_set *set;
	struct error error = { 0 };
	int result = policy_compile(bytes_of(text), "p", &set, &error);

	if (result == 0) {
		policy_set_free(set);
		fail_msg("compiled: %s", text);
	}
	if (strcmp(error.where, where) != 0 || !strstr(error.message, part))
		fail_msg("%s\nsaid %s: %s\nexpected %s: …%s…", text, error.where, error.message,
			 where, part);
	assert_null(set);
}

static void errors_say_where_and_what(void **state)
{
	static const struct {
		const char *text, *where, *part;
	} cases[] = {
		{ HEAD "fil.write }", "p:1:41", "did you mean 'file.write'?" },
		{ HEAD "\n  file.write(pth is \"x\") }", "p:2:14", "did you mean 'path'?" },
		{ HEAD "file.write(path is self.pth) }", "p:1:60", "did you mean 'path'?" },
		{ HEAD "file.write(path si \"x\") }", "p:1:57", "did you mean 'is'?" },
		{ HEAD "file.write(path like path) }", "p:1:62", "double quotes" },
		{ HEAD "net.connect(port == \"25\") }", "p:1:61", "expected a number" },
		{ HEAD "net.connect(address inside \"10.0.0.0/33\") }", "p:1:68", "address block" },
		{ HEAD "file.write(path is x.path) }", "p:1:60", "no event is called 'x'" },
		{ HEAD "x: file.write and file.copy(path is x.path) }", "p:1:77",
		  "join the events by" },
		{ HEAD "x: file.write then x: file.copy }", "p:1:55", "two events are called 'x'" },
		{ HEAD "self: file.write }", "p:1:41", "can't be a label" },
		{ HEAD "at least 1 file.write }", "p:1:50", "from 2 to 1024" },
		{ HEAD "at least 3 (file.write then file.copy) }", "p:1:64",
		  "counts single events" },
		{ HEAD "file.write within 5 instructions }", "p:1:52",
		  "follows a count or a sequence" },
		{ HEAD "at least 3 distinct pth of file.write }", "p:1:61",
		  "did you mean 'path'?" },
		{ HEAD "file.write(path in places) }", "p:1:60", "'places' is not a set" },
		{ HEAD "wries }", "p:1:41", "neither an event nor defined" },
		{ HEAD "file.write", "p:1:51", "found the end of the file" },
		{ HEAD "file.write(path is \"x) }", "p:1:60", "no closing quote" },
		{ HEAD "file.write(path is \"x\" $) }", "p:1:64", "found '$'" },
		{ "polcy a", "p:1:1", "did you mean 'policy'?" },
		{ "policy a { title \"A\" when file.read }", "p:1:8", "has no severity" },
		{ "policy a { title \"A\" title \"B\" severity note when file.read }", "p:1:22",
		  "given twice" },
		{ "policy a { title \"A\" severity grave when file.read }", "p:1:31", "'note'" },
		{ "set a = { 5..3 }", "p:1:11", "ends before it begins" },
		{ "set a = { b } set b = { a } " HEAD "file.read(path in a) }", "p:1:5",
		  "contains itself" },
		{ "define a = b define b = a", "p:1:", "" },
		{ "set a = { 1 } set a = { 2 }", "p:1:19", "defined already, at p:1" },
		{ "set a = { 99999999999999999999 }", "p:1:11", "larger than" },
		{ HEAD "file.read } " HEAD "file.read }", "p:1:60", "exists already" },
		{ "\x01", "p:1:1", "byte 0x01" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if (strcmp(cases[i].where, "p:1:") != 0) {
			expect_error(cases[i].text, cases[i].where, cases[i].part);
			continue;
		}
		/* A circle may be reported at either of its definitions. */
		struct policy_set *set;
		struct error error;
		assert_int_equal(policy_compile(bytes_of(cases[i].text), "p", &set, &error),
				 ERROR_INPUT);
		assert_non_null(strstr(error.message, "is defined by itself"));
	}
}

static void hostile_texts_end_quietly(void **state)
{
	static const char *const repeated[] = {
		"(",  "not ", "x: ", "file.read or ",	  "at least 2 ", "{",
		"\"", "1..",  "a.",  "file.read unless ("
	};
	struct policy_set *set;
	struct error error;

	(void)state;
	for (size_t i = 0; i < sizeof repeated / sizeof *repeated; i++)
		for (int inside = 0; inside < 2; inside++) {
			struct buffer text;
			buffer_init(&text, 4u << 20);
			buffer_append_text(&text, HEAD);
			if (inside)
				buffer_append_text(&text, "file.read(");
			for (int n = 0; n < 100000; n++)
				buffer_append_text(&text, repeated[i]);
			assert_true(policy_compile(buffer_bytes(&text), "p", &set, &error) < 0);
			buffer_fini(&text);
		}
}

/* Alternatives multiply: 2^6 of them are refused, not made. */
static void explosions_are_refused(void **state)
{
	(void)state;
	expect_error("define two = at least 2 file.read or file.write\n" HEAD
		     "two then two then two then two then two then two }",
		     "p:2:81", "more than 32 alternatives");
	expect_error(HEAD
		     "file.read then file.read then file.read then file.read then file.read then "
		     "file.read then file.read then file.read then file.read }",
		     "p:1:156", "more than 8 steps");
}

static void a_folder_is_one_text(void **state)
{
	char folder[] = "/tmp/kenbi-policy-XXXXXX", path[100];
	struct policy_set *set;
	struct error error;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/a.policy", folder);
	assert_int_equal(file_write(path, bytes_of(HEAD "reads }"), &error), 0);
	assert_int_equal(policy_load(folder, &set, &error), ERROR_INPUT);
	assert_non_null(strstr(error.where, "a.policy:1:41"));
	snprintf(path, sizeof path, "%s/b.policy", folder);
	assert_int_equal(file_write(path, bytes_of("define reads = file.read"), &error), 0);
	assert_int_equal(policy_load(folder, &set, &error), 0);
	assert_int_equal(policy_count(set), 1);
	policy_set_free(set);
	unlink(path);
	snprintf(path, sizeof path, "%s/a.policy", folder);
	unlink(path);
	assert_true(policy_load(folder, &set, &error) < 0);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(policy_load(folder, &set, &error), ERROR_SYSTEM);
}

/* Every example of docs/policy-language.md, except the grammar and the error message, is good
 * policy text. */
static void documented_examples_compile(void **state)
{
	char path[4096];
	struct buffer page;
	struct error error;
	unsigned compiled = 0;

	(void)state;
	snprintf(path, sizeof path, "%s/docs/policy-language.md", getenv("KENBI_SOURCE"));
	assert_int_equal(file_read(path, 1u << 20, &page, &error), 0);
	const char *at = buffer_text(&page);
	while ((at = strstr(at, "\n```\n"))) {
		const char *end = strstr(at + 5, "\n```\n");
		assert_non_null(end);
		struct bytes block = bytes_slice(bytes_of(at + 5), 0, (size_t)(end - at - 4));
		struct buffer text;
		buffer_init(&text, 65536);
		bool condition = bytes_start_with(block, "when ");
		if (condition)
			buffer_append_text(&text, "policy p { title \"P\" severity note ");
		buffer_append(&text, block.data, block.length);
		if (condition)
			buffer_append_text(&text, "}");
		if (condition || bytes_start_with(block, "policy ") ||
		    bytes_start_with(block, "set sys")) {
			policy_set_free(set_of(buffer_text(&text)));
			compiled++;
		}
		buffer_fini(&text);
		at = end + 4;
	}
	assert_int_equal(compiled, 4);
	buffer_fini(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documented_examples_compile),
		cmocka_unit_test(errors_say_where_and_what),
		cmocka_unit_test(hostile_texts_end_quietly),
		cmocka_unit_test(explosions_are_refused),
		cmocka_unit_test(a_folder_is_one_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
