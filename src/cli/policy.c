/* kenbi policy: checks policy files, so that who writes one learns at once what is wrong with it.
 */
#include "policy/policy.h"

#include <stdio.h>

#include "cli/cli.h"

#define POLICY_FILE_LIMIT (1u << 20)

static int check(const char *path, struct error *error)
{
	struct policy_set *set;
	struct buffer content;
	int result = file_read(path, POLICY_FILE_LIMIT, &content, error);

	if (result < 0)
		return result;
	result = policy_compile(buffer_bytes(&content), path, &set, error);
	buffer_fini(&content);
	if (result == 0) {
		printf("%s: %zu %s, correct\n", path, policy_count(set),
		       policy_count(set) == 1 ? "policy" : "policies");
		policy_set_free(set);
	}
	return result;
}

static int policy(const struct cli_command *command, int count, char **words)
{
	struct error error = { 0 };
	int worst = 0;

	if (count < 2) {
		struct policy_set *set;
		char path[4096];
		int result = policy_load(NULL, &set, &error);
		if (result == 0) {
			printf("%s: %zu policies, correct\n",
			       file_data_path("policy", path, sizeof path), policy_count(set));
			policy_set_free(set);
		} else {
			log_error(&error);
		}
		return error_exit_status(result);
	}
	(void)command;
	for (int i = 1; i < count; i++) {
		int result = check(words[i], &error);
		if (result < 0) {
			log_error(&error);
			worst = result;
		}
	}
	return error_exit_status(worst);
}

const struct cli_command cli_policy = {
	.name = "policy",
	.summary = "Check policy files (without a file: those that are in force)",
	.usage = "[FILE…]",
	.options = "The language is described in docs/policy-language.md.\n",
	.run = policy,
};
