/* Lookups against a walk over the list, and that linking many with many takes steps in their
 * number, not in its square. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <stdlib.h>

#include "pipeline/case.h"

#define MANY 100000u
/* A question halves the list (17 times for as many entries) in at most three lookups. */
#define STEPS_PER_QUESTION 80u

/* --- the same as a walk --- */

#define FEW 400u

struct thing {
	struct lookup_key key;
	uint64_t when;
	bool taken;
};

static size_t walk(const struct thing *things, const struct lookup_key *key, uint64_t when)
{
	size_t best = LOOKUP_NONE;

	for (size_t i = 0; i < FEW; i++)
		if (!things[i].taken && things[i].key.port == key->port &&
		    address_equal(&things[i].key.server, &key->server) && things[i].when >= when &&
		    (best == LOOKUP_NONE || things[i].when < things[best].when))
			best = i;
	return best;
}

static void as_a_walk_would(void **state)
{
	(void)state;
	static struct thing things[FEW];
	struct random random;
	struct lookup lookup;

	random_init(&random, 7, 0);
	assert_int_equal(lookup_init(&lookup, FEW), 0);
	for (size_t i = 0; i < FEW; i++) {
		things[i].key.server = address_v4(0x0a000000u + random_below(&random, 4));
		things[i].key.port = (uint16_t)random_below(&random, 3);
		things[i].when = random_below(&random, 50);
		lookup_add(&lookup, &things[i].key, things[i].when, i);
	}
	lookup_sort(&lookup);
	for (unsigned i = 0; i < 4000; i++) {
		struct lookup_key key = { .server = address_v4(0x0a000000u +
							       random_below(&random, 5)),
					  .port = (uint16_t)random_below(&random, 3) };
		uint64_t when = random_below(&random, 55);
		size_t found = lookup_first(&lookup, &key, when);
		size_t expected = walk(things, &key, when);
		assert_int_equal(found == LOOKUP_NONE ? LOOKUP_NONE
						      : lookup_position(&lookup, found),
				 expected);
		if (found != LOOKUP_NONE && i % 10 == 0) {
			lookup_take(&lookup, found);
			things[expected].taken = true;
		}
	}
	lookup_fini(&lookup);
}

/* --- many with many --- */

static struct pipeline *case_of_many(void)
{
	struct pipeline *pipeline = calloc(1, sizeof *pipeline);

	assert_non_null(pipeline);
	pipeline->sessions.limit = pipeline->announcements.limit = pipeline->bodies.limit = MANY;
	pipeline->said.limit = pipeline->codes.limit = pipeline->shellcodes.limit = MANY;
	pipeline->held_sessions = json_array();
	pipeline->held_shellcodes = json_array();
	return pipeline;
}

static void case_free(struct pipeline *pipeline)
{
	case_forget_said(pipeline);
	free(pipeline->sessions.items);
	free(pipeline->announcements.items);
	free(pipeline->bodies.items);
	free(pipeline->shellcodes.items);
	free(pipeline->said.items);
	free(pipeline->codes.items);
	json_decref(pipeline->held_sessions);
	json_decref(pipeline->held_shellcodes);
	free(pipeline);
}

/* All to one endpoint at one moment: the worst that a capture can hold. Each announcement speaks of
 * another conversation. */
static void many_announcements_of_many_conversations(void **state)
{
	(void)state;
	struct pipeline *pipeline = case_of_many();
	struct error error;

	for (unsigned i = 0; i < MANY; i++) {
		struct case_session *session = case_list_add(&pipeline->sessions, sizeof *session);
		struct case_announcement *announcement =
			case_list_add(&pipeline->announcements, sizeof *announcement);
		struct case_body *body = case_list_add(&pipeline->bodies, sizeof *body);
		session->id = body->session = MANY - i;
		session->server = announcement->address = address_v4(0xC0000201);
		session->server_port = announcement->port = 2000;
		session->protocol = announcement->protocol = 6;
		session->first = 100;
		announcement->session = 1 + i;
		strcpy(announcement->purpose, "ftp-data");
		json_array_append_new(pipeline->held_sessions,
				      json_pack("{s:I}", "id", (json_int_t)session->id));
	}
	assert_int_equal(case_match_announcements(pipeline, 0, &error), 0);
	assert_in_range(pipeline->link_steps, MANY, MANY * STEPS_PER_QUESTION);
	const struct case_session *sessions = pipeline->sessions.items;
	const struct case_body *bodies = pipeline->bodies.items;
	for (unsigned i = 0; i < MANY; i++) {
		const json_t *record = json_array_get(pipeline->held_sessions, i);
		assert_int_equal(sessions[i].announced_by, 1 + i);
		assert_string_equal(bodies[i].carrier, "ftp-data");
		assert_int_equal(json_integer_value(json_object_get(record, "announced_by")),
				 1 + i);
	}
	case_free(pipeline);
}

/* Codes that open a port or connect, and as many conversations with just these ends: what was said
 * in them is empty, so nothing is run again. */
static void many_codes_and_all_that_was_said(void **state)
{
	(void)state;
	struct pipeline *pipeline = case_of_many();
	json_t *actions = json_pack("[{s:s, s:i}, {s:s, s:s, s:i}]", "action", "bind", "port", 4444,
				    "action", "connect", "address", "203.0.113.5", "port", 80);
	static uint8_t nothing[1]; /* what was said is the case's, which frees it as a whole */
	struct error error;

	for (unsigned i = 0; i < MANY; i++) {
		struct case_said *said = case_list_add(&pipeline->said, sizeof *said);
		struct case_code *code = case_list_add(&pipeline->codes, sizeof *code);
		said->session = i;
		said->server = address_v4(i % 2 ? 0xC0000214u : 0xCB007105u);
		said->client = address_v4(0xC0000214u);
		said->server_port = i % 2 ? 4444 : 80;
		said->first_ns = 1000 + i;
		code->id = 1 + i;
		code->session = i;
		code->victim = address_v4(0xC0000214u);
		code->first_ns = 1000 + i;
		code->bytes = nothing;
		code->length = 1;
		json_array_append_new(
			pipeline->held_shellcodes,
			json_pack("{s:I, s:O}", "id", (json_int_t)code->id, "actions", actions));
	}
	assert_int_equal(case_follow_up(pipeline, &error), 0);
	assert_in_range(pipeline->link_steps, MANY, MANY * STEPS_PER_QUESTION);
	json_decref(actions);
	case_free(pipeline);
}

static int count_record(void *context, const json_t *record)
{
	unsigned *followed = context;
	const char *what = json_string_value(json_object_get(record, "what"));

	*followed += strcmp(what, "connection") == 0;
	return 0;
}

static void a_story_of_many(void **state)
{
	(void)state;
	struct pipeline *pipeline = case_of_many();
	unsigned followed = 0;
	json_t *actions = json_pack("[{s:s, s:i}]", "action", "bind", "port", 4444);
	struct error error;

	pipeline->sink = (struct pipeline_sink){ .context = &followed, .record = count_record };
	for (unsigned i = 0; i < MANY / 10; i++) {
		struct case_session *session = case_list_add(&pipeline->sessions, sizeof *session);
		struct case_shellcode *code = case_list_add(&pipeline->shellcodes, sizeof *code);
		session->id = code->session = 1 + i;
		session->server = address_v4(0xC0000214u);
		session->server_port = 4444;
		session->first = 100 + i;
		code->side = STREAM_CLIENT;
		code->actions = actions;
		strcpy(code->kind, "0123456789abcdef");
	}
	assert_int_equal(case_tell_story(pipeline, &error), 0);
	assert_int_equal(followed, MANY / 10 - 1); /* nothing comes after the last */
	assert_in_range(pipeline->link_steps, MANY / 10, MANY / 10 * STEPS_PER_QUESTION);
	json_decref(actions);
	case_free(pipeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_a_walk_would),
		cmocka_unit_test(many_announcements_of_many_conversations),
		cmocka_unit_test(many_codes_and_all_that_was_said),
		cmocka_unit_test(a_story_of_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
