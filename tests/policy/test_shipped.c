/* The policies that ship, against readable traces: tests/policy/traces/POLICY/fires*.ndjson must
 * match that policy, silent*.ndjson must not, and every policy has at least one of each.
 * traces/benign/ holds ordinary programs, whose verdict must not be malicious. A line that begins
 * with # is a comment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <dirent.h>
#include <limits.h>

#include "support.h"

static struct policy_set *shipped;

static int load_shipped(void **state)
{
	struct error error;
	char message[900];

	(void)state;
	if (policy_load(NULL, &shipped, &error) < 0) {
		print_error("%s\n", error_text(&error, message, sizeof message));
		return -1;
	}
	return 0;
}

static int free_shipped(void **state)
{
	(void)state;
	policy_set_free(shipped);
	return 0;
}

static const char *traces(const char *name, char *path)
{
	snprintf(path, PATH_MAX, "%s/tests/policy/traces/%s", getenv("KENBI_SOURCE"), name);
	return path;
}

static struct policy_machine *machine_shown(const char *path)
{
	struct policy_machine *machine = policy_machine_new(shipped);
	struct buffer content;
	struct error error;
	char line[8192];

	assert_non_null(machine);
	if (file_read(path, 1u << 20, &content, &error) < 0)
		fail_msg("%s: %s", path, error.message);
	struct reader reader = reader_of(buffer_bytes(&content));
	while (reader_left(&reader)) {
		struct bytes text = reader_line(&reader);
		if (text.length == 0 || text.data[0] == '#')
			continue;
		assert_true(text.length < sizeof line);
		memcpy(line, text.data, text.length);
		line[text.length] = 0;
		show(machine, line);
	}
	buffer_fini(&content);
	return machine;
}

/* Both kinds of traces of one policy; how many there are in found[silent, fires]. */
static void check_policy(const char *policy, unsigned found[2])
{
	char folder[PATH_MAX], path[2 * PATH_MAX];
	DIR *open = opendir(traces(policy, folder));

	if (!open)
		return;
	for (struct dirent *entry; (entry = readdir(open));) {
		bool fires = strncmp(entry->d_name, "fires", 5) == 0;
		if (!fires && strncmp(entry->d_name, "silent", 6) != 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		struct policy_machine *machine = machine_shown(path);
		if ((matches_of(machine, policy) > 0) != fires)
			fail_msg("%s: the policy %s", path, fires ? "did not match" : "matched");
		assert_int_equal(policy_machine_given_up(machine), 0);
		policy_machine_free(machine);
		found[fires]++;
	}
	closedir(open);
}

/* The names of all policies, found by compiling each file's text: the door gives findings only. */
static void every_policy_has_traces_and_obeys_them(void **state)
{
	char folder[PATH_MAX], path[2 * PATH_MAX];
	unsigned policies = 0, missing = 0;

	(void)state;
	file_data_path("policy", folder, sizeof folder);
	DIR *open = opendir(folder);
	assert_non_null(open);
	for (struct dirent *entry; (entry = readdir(open));) {
		struct buffer content;
		struct error error;
		char name[128];
		if (!strstr(entry->d_name, ".policy"))
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		assert_int_equal(file_read(path, 1u << 20, &content, &error), 0);
		const char *text = buffer_text(&content);
		for (const char *at = text; (at = strstr(at, "\npolicy ")); at++) {
			unsigned found[2] = { 0, 0 };
			assert_int_equal(sscanf(at, "\npolicy %100[a-z0-9_]", name), 1);
			check_policy(name, found);
			policies++;
			if (found[0] && found[1])
				continue;
			print_error("policy %s: %u traces that fire, %u that are silent\n", name,
				    found[1], found[0]);
			missing++;
		}
		buffer_fini(&content);
	}
	closedir(open);
	assert_int_equal(policies, policy_count(shipped));
	assert_int_equal(missing, 0);
}

static void ordinary_programs_are_not_malicious(void **state)
{
	char folder[PATH_MAX], path[2 * PATH_MAX];
	DIR *open = opendir(traces("benign", folder));
	unsigned count = 0;

	(void)state;
	assert_non_null(open);
	for (struct dirent *entry; (entry = readdir(open));) {
		if (!strstr(entry->d_name, ".ndjson"))
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		struct policy_machine *machine = machine_shown(path);
		enum policy_verdict verdict = policy_judge(machine, true);
		const struct policy_finding *worst = policy_finding(machine, 0);
		if (verdict == POLICY_VERDICT_MALICIOUS)
			fail_msg("%s: malicious by %s", path, worst->name);
		policy_machine_free(machine);
		count++;
	}
	closedir(open);
	assert_true(count >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_policy_has_traces_and_obeys_them),
		cmocka_unit_test(ordinary_programs_are_not_malicious),
	};
	return cmocka_run_group_tests(tests, load_shipped, free_shipped);
}
