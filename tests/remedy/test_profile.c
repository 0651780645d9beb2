/* Benign profiles: what a filter would touch, and what a profile cannot know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "support.h"

#define HEAD "- name: n\n  title: Somewhere\n  source: nobody\n  unit: flows\n  shares:\n"

static struct remedy_profile *profile_of(const char *text)
{
	struct remedy_profile *profile;
	struct error error;

	if (remedy_profile_read(bytes_of(text), "p.yaml", &profile, &error) < 0)
		fail_msg("%s: %s", error.where, error.message);
	return profile;
}

static struct remedy_candidates derive(const struct remedy_knowledge *knowledge,
				       const struct remedy_profile *profile)
{
	struct trace_log *log = trace_log_new(1u << 20);
	struct remedy_candidates candidates;
	struct error error;

	tell(log, "{\"event\":\"session\",\"address\":\"192.0.2.7\",\"port\":445,\"proto\":"
		  "\"tcp\",\"protocol\":\"smb\",\"detail\":\"\"}");
	tell(log, "{\"event\":\"net.send\",\"address\":\"203.0.113.9\",\"port\":6667,"
		  "\"proto\":\"tcp\",\"length\":8,\"data\":\"JOIN #rx\"}");
	json_t *behaviours = behaviours_of(knowledge, log);
	assert_int_equal(remedy_derive_beside(knowledge, profile, behaviours, &candidates, &error),
			 0);
	json_decref(behaviours);
	trace_log_free(log);
	return candidates;
}

static void published_shares_are_estimates_of_ports(void **state)
{
	struct remedy_knowledge *knowledge = shipped_knowledge();
	struct remedy_profile *profile =
		profile_of(HEAD "    - { proto: tcp, port: 445, share: 0.25 }\n"
				"    - { proto: udp, port: 445, share: 0.5 }\n");
	(void)state;
	struct remedy_candidates candidates = derive(knowledge, profile);
	const struct remedy_candidate *port = candidate_of(&candidates, "filter-port-subnet");
	assert_true(port->collateral_share > 0.2499 && port->collateral_share < 0.2501);
	assert_string_equal(port->collateral_basis, "Somewhere (shares of flows)");
	/* A published profile knows no servers, and nothing of ports that it does not list. */
	assert_string_equal(candidate_of(&candidates, "block-control-server")->collateral_basis,
			    "");
	remedy_candidates_fini(&candidates);
	remedy_profile_free(profile);
	profile = profile_of(HEAD "    - { proto: tcp, port: 80, share: 0.25 }\n");
	candidates = derive(knowledge, profile);
	assert_string_equal(candidate_of(&candidates, "filter-port-subnet")->collateral_basis, "");
	remedy_candidates_fini(&candidates);
	remedy_profile_free(profile);
	candidates = derive(knowledge, NULL);
	assert_string_equal(candidate_of(&candidates, "filter-port-subnet")->collateral_basis, "");
	remedy_candidates_fini(&candidates);
	remedy_knowledge_free(knowledge);
}

static void own_flows_are_counted_by_server(void **state)
{
	struct remedy_knowledge *knowledge = shipped_knowledge();
	struct remedy_profile *profile = remedy_profile_new("flows in a test");
	struct address other = address_v4(0xc6336401u), control = address_v4(0xcb007109u);
	(void)state;
	for (int i = 0; i < 3000; i++) { /* many services: the table has to grow */
		struct address server = address_v4(0x0a000000u + (uint32_t)i);
		assert_int_equal(remedy_profile_add(profile, false, 80, &server), 0);
	}
	for (int i = 0; i < 750; i++)
		assert_int_equal(remedy_profile_add(profile, false, 6667, &other), 0);
	for (int i = 0; i < 250; i++)
		assert_int_equal(remedy_profile_add(profile, false, 6667, &control), 0);
	assert_int_equal(remedy_profile_flows(profile), 4000);
	struct remedy_candidates candidates = derive(knowledge, profile);
	const struct remedy_candidate *server = candidate_of(&candidates, "block-control-server");
	assert_true(server->collateral_share > 0.0624 && server->collateral_share < 0.0626);
	assert_string_equal(server->collateral_basis, "flows in a test");
	/* Nobody used the port: that is known, not unknown. */
	const struct remedy_candidate *port = candidate_of(&candidates, "filter-port-subnet");
	assert_true(port->collateral_share <= 0);
	assert_string_equal(port->collateral_basis, "flows in a test");
	remedy_candidates_fini(&candidates);
	remedy_profile_free(profile);
	remedy_knowledge_free(knowledge);
}

static void expect_refusal(const char *text, const char *part)
{
	struct remedy_profile *profile;
	struct error error;

	assert_int_equal(remedy_profile_read(bytes_of(text), "p.yaml", &profile, &error),
			 ERROR_INPUT);
	assert_null(profile);
	if (!strstr(error.message, part))
		fail_msg("said: %s, expected: %s", error.message, part);
}

static void broken_profiles_are_refused(void **state)
{
	(void)state;
	expect_refusal(HEAD "    - { proto: sctp, port: 80, share: 0.1 }\n", "expected proto");
	expect_refusal(HEAD "    - { proto: tcp, port: 0, share: 0.1 }\n", "expected proto");
	expect_refusal(HEAD "    - { proto: tcp, port: 80, share: 1.5 }\n", "expected proto");
	expect_refusal(HEAD "    - { proto: tcp, port: 80, share: 0.6 }\n"
			    "    - { proto: tcp, port: 81, share: 0.6 }\n",
		       "more than everything");
	expect_refusal("- name: n\n", "");
}

static void shipped_profiles_load(void **state)
{
	struct buffer content;
	struct error error;
	char path[4096];
	(void)state;
	file_data_path("benign/nsfnet-1995.yaml", path, sizeof path);
	assert_int_equal(file_read(path, 1u << 20, &content, &error), 0);
	struct remedy_profile *profile = profile_of(buffer_text(&content));
	remedy_profile_free(profile);
	buffer_fini(&content);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_shares_are_estimates_of_ports),
		cmocka_unit_test(own_flows_are_counted_by_server),
		cmocka_unit_test(broken_profiles_are_refused),
		cmocka_unit_test(shipped_profiles_load),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
