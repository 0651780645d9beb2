#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "policy/text.h"

static bool like(const char *text, const char *pattern)
{
	struct text_pattern made = text_pattern_of(pattern);
	return text_like(bytes_of(text), &made);
}

static void globs(void **state)
{
	(void)state;
	assert_true(like("C:\\WINDOWS\\system32\\a.exe", "?:\\windows\\*"));
	assert_true(like("C:\\WINDOWS\\system32\\a.exe", "*\\SYSTEM32\\*.EXE"));
	assert_false(like("C:\\WINDOWS", "?:\\windows\\*"));
	assert_true(like("", "*"));
	assert_true(like("", ""));
	assert_false(like("", "?"));
	assert_true(like("aXbXc", "a*b*c"));
	assert_false(like("aXbXcd", "a*b*c"));
	assert_true(like("ababab", "*ab"));
	assert_true(like("a", "***a***"));
}

/* The slow, obvious way: every `*` tries every length. */
static bool slow_like(const char *text, const char *pattern)
{
	if (!*pattern)
		return !*text;
	if (*pattern == '*')
		return slow_like(text, pattern + 1) || (*text && slow_like(text + 1, pattern));
	return *text && (*pattern == '?' || *pattern == *text) && slow_like(text + 1, pattern + 1);
}

static void globs_as_the_slow_way(void **state)
{
	struct random random;
	char text[9], pattern[7];
	(void)state;
	random_init(&random, 1, 0);
	for (int round = 0; round < 200000; round++) {
		size_t text_length = random_below(&random, sizeof text);
		size_t pattern_length = random_below(&random, sizeof pattern);
		for (size_t i = 0; i < text_length; i++)
			text[i] = "ab"[random_below(&random, 2)];
		for (size_t i = 0; i < pattern_length; i++)
			pattern[i] = "ab*?"[random_below(&random, 4)];
		text[text_length] = pattern[pattern_length] = 0;
		assert_int_equal(like(text, pattern), slow_like(text, pattern));
	}
}

/* Greedy globs must not explode: 10,000 bytes against many stars is done in a moment. */
static void globs_are_bounded(void **state)
{
	char text[10001];
	(void)state;
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = 0;
	for (int i = 0; i < 10; i++)
		assert_false(like(text, "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"));
}

static void hashes_fold_case_and_take_all(void **state)
{
	char long_a[3000], long_b[3000];
	(void)state;
	assert_true(text_hash(bytes_of("A.EXE")) == text_hash(bytes_of("a.exe")));
	assert_true(text_hash(bytes_of("a.exe")) != text_hash(bytes_of("b.exe")));
	memset(long_a, 'x', sizeof long_a);
	memcpy(long_b, long_a, sizeof long_b);
	long_b[2999] = 'y';
	assert_true(text_hash((struct bytes){ (uint8_t *)long_a, 3000 }) !=
		    text_hash((struct bytes){ (uint8_t *)long_b, 3000 }));
}

static void suggests_the_nearest_word(void **state)
{
	static const char *const words[] = { "file.read", "file.write", "net.connect", NULL };
	(void)state;
	assert_string_equal(text_suggestion(bytes_of("fil.write"), words), "file.write");
	assert_string_equal(text_suggestion(bytes_of("net.conect"), words), "net.connect");
	assert_null(text_suggestion(bytes_of("zebra"), words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(globs),
		cmocka_unit_test(globs_as_the_slow_way),
		cmocka_unit_test(globs_are_bounded),
		cmocka_unit_test(hashes_fold_case_and_take_all),
		cmocka_unit_test(suggests_the_nearest_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
