/* Reconstruction and detection as two units: the same result for any number of workers, bounds that
 * hold, every conversation taken or counted by the reason why not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <zlib.h>

#include "pipeline/case.h"
#include "pipeline/reconstruction.h"
#include "traffic.h"

static void web_capture(struct traffic *traffic, unsigned conversations)
{
	traffic_init(traffic);
	for (unsigned i = 0; i < conversations; i++)
		traffic_web(traffic, (uint16_t)(2000 + i), i % 7 == 3);
}

/* --- the same for any number of workers --- */

static int append_record(void *context, const json_t *record)
{
	char *text = json_dumps(record, JSON_COMPACT | JSON_SORT_KEYS);
	int result = text ? buffer_printf(context, "%s\n", text) : ERROR_MEMORY;

	free(text);
	return result;
}

static int forget_sample(void *context, struct bytes content)
{
	(void)context;
	(void)content;
	return 0;
}

static void run_case(unsigned stages, unsigned workers, struct bytes capture, struct buffer *output)
{
	struct pipeline_options options = { .stages = stages, .workers = workers };
	struct pipeline_sink sink = { output, append_record, forget_sample, NULL };
	struct pipeline *pipeline;
	struct error error;

	buffer_init(output, 1u << 26);
	assert_int_equal(pipeline_new(&options, &sink, &pipeline, &error), 0);
	/* twice: the unit serves one capture after the other */
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			pipeline_feed(pipeline, craft_descriptor(capture), "capture", &error), 0);
	assert_int_equal(pipeline_finish(pipeline, &error), 0);
	pipeline_free(pipeline);
}

static unsigned occurrences(struct buffer *output, const char *what)
{
	unsigned count = 0;

	for (const char *at = buffer_text(output); (at = strstr(at, what)); at++)
		count++;
	return count;
}

static void any_number_of_workers(void **state)
{
	(void)state;
	static const unsigned stages[] = { PIPELINE_SHELLCODE,
					   PIPELINE_SESSIONS | PIPELINE_SHELLCODE };
	struct traffic traffic;
	web_capture(&traffic, 140);
	for (size_t i = 0; i < 2; i++) {
		struct buffer one, more;
		run_case(stages[i], 1, buffer_bytes(&traffic.file), &one);
		assert_int_equal(occurrences(&one, "\"type\":\"shellcode\""), 2 * 20);
		assert_int_equal(occurrences(&one, "\"type\":\"session\""), i ? 280 : 0);
		assert_int_equal(occurrences(&one, "\"searched\":140"), 2);
		assert_int_equal(occurrences(&one, "\"findings\":20"), 2);
		for (unsigned workers = 2; workers <= 5; workers += 3) {
			run_case(stages[i], workers, buffer_bytes(&traffic.file), &more);
			assert_string_equal(buffer_text(&one), buffer_text(&more));
			buffer_fini(&more);
		}
		buffer_fini(&one);
	}
	buffer_fini(&traffic.file);
}

/* --- ciphertext --- */

static void put_record(struct buffer *said, uint8_t type, struct bytes content)
{
	uint8_t header[] = { type, 3, 3, (uint8_t)(content.length >> 8), (uint8_t)content.length };

	assert_int_equal(buffer_append(said, header, sizeof header), 0);
	assert_int_equal(buffer_append(said, content.data, content.length), 0);
}

static void put_hello(struct buffer *said, uint8_t type)
{
	uint8_t hello[4 + 2 + 32 + 1 + 4 + 2] = { type, 0, 0, type == 1 ? 41 : 38, 3, 3 };

	if (type == 1)
		memcpy(hello + 39, "\x00\x02\x13\x01\x01\x00", 6);
	put_record(said, 22, (struct bytes){ hello, 4u + hello[3] });
}

/* Findings in a conversation in which the client's code stands in a record of that type. */
static unsigned found_in_tls(uint8_t type, bool answered, size_t *offset)
{
	uint8_t code[600];
	struct buffer said, heard, output;
	struct traffic traffic;

	memset(code, 'n', sizeof code);
	memcpy(code + 300, TRAFFIC_CODE, sizeof TRAFFIC_CODE - 1);
	buffer_init(&said, 1 << 16);
	buffer_init(&heard, 1 << 16);
	put_hello(&said, 1);
	if (answered)
		put_hello(&heard, 2);
	put_record(&said, 23, bytes_of("request"));
	*offset = said.length + 5 + 300;
	put_record(&said, type, (struct bytes){ code, sizeof code });
	traffic_init(&traffic);
	traffic_conversation(&traffic, 2000, buffer_bytes(&said), buffer_bytes(&heard));
	run_case(PIPELINE_SHELLCODE, 1, buffer_bytes(&traffic.file), &output);
	unsigned found = occurrences(&output, "\"type\":\"shellcode\"");
	char place[40];
	snprintf(place, sizeof place, "\"offset\":%zu", *offset);
	*offset = occurrences(&output, place);
	buffer_fini(&said);
	buffer_fini(&heard);
	buffer_fini(&output);
	buffer_fini(&traffic.file);
	return found;
}

/* run_case reads the capture twice. */
static void only_agreed_ciphertext_is_not_searched(void **state)
{
	(void)state;
	size_t at_place;
	assert_int_equal(found_in_tls(23, true, &at_place), 0);
	assert_int_equal(found_in_tls(23, false, &at_place), 2);
	assert_int_equal(at_place, 2);
	/* behind ciphertext, and told by its place in the whole side */
	assert_int_equal(found_in_tls(22, true, &at_place), 2);
	assert_int_equal(at_place, 2);
}

/* A sink that refuses ends the work, whatever is under way. */
static int refuse_shellcode(void *context, const json_t *record)
{
	(void)context;
	return strcmp(json_string_value(json_object_get(record, "type")), "shellcode") == 0
		       ? ERROR_SYSTEM
		       : 0;
}

static void a_sink_that_refuses(void **state)
{
	(void)state;
	struct pipeline_options options = { .stages = PIPELINE_SHELLCODE, .workers = 2 };
	struct pipeline_sink sink = { NULL, refuse_shellcode, forget_sample, NULL };
	struct pipeline *pipeline;
	struct traffic traffic;
	struct error error;

	web_capture(&traffic, 200);
	assert_int_equal(pipeline_new(&options, &sink, &pipeline, &error), 0);
	assert_int_equal(pipeline_feed(pipeline, craft_descriptor(buffer_bytes(&traffic.file)),
				       "capture", &error),
			 ERROR_SYSTEM);
	pipeline_free(pipeline);
	buffer_fini(&traffic.file);
}

/* --- bounds --- */

static struct detection *unit_of(unsigned workers, size_t items, size_t bytes, bool ordered)
{
	struct detection_options options = { workers, items, bytes, false, ordered };
	struct detection *detection;
	struct error error;

	assert_int_equal(detection_new(&options, &detection, &error), 0);
	return detection;
}

static struct stream_session *session_of(size_t length)
{
	struct stream_session *session = calloc(1, sizeof *session);
	uint8_t *said = calloc(1, length);

	assert_non_null(session);
	assert_non_null(said);
	session->protocol = 6;
	session->half[STREAM_CLIENT].data = (struct bytes){ said, length };
	return session;
}

static struct detection_job *wait_for_job(struct detection *detection)
{
	struct detection_job *job;

	for (int i = 0; i < 1000; i++)
		if ((job = detection_next(detection, 100)))
			return job;
	fail_msg("no result");
	return NULL;
}

/* What is unpacked counts until the result has been taken. */
static void what_is_unpacked_counts(void **state)
{
	(void)state;
	static const char head[] = "HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
	static uint8_t program[60000] = "MZ";
	uint8_t said[2000];
	z_stream stream = { .next_in = program, .avail_in = sizeof program };

	for (int asked = 0; asked < 2; asked++) {
		struct detection_options options = { 1, 8, 1 << 20, false, true, false, asked };
		struct detection *detection;
		struct error error;
		struct stream_session *session = session_of(sizeof said);
		memcpy(said, head, sizeof head - 1);
		stream.next_in = program;
		stream.avail_in = sizeof program;
		stream.next_out = said + sizeof head - 1;
		stream.avail_out = sizeof said - sizeof head;
		assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY),
				 Z_OK);
		assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
		deflateEnd(&stream);
		session->half[STREAM_SERVER] = session->half[STREAM_CLIENT];
		session->half[STREAM_CLIENT].data = (struct bytes){ NULL, 0 };
		memcpy((uint8_t *)(uintptr_t)session->half[STREAM_SERVER].data.data, said,
		       sizeof said);
		assert_int_equal(detection_new(&options, &detection, &error), 0);
		assert_int_equal(detection_submit_waiting(detection, session), 0);
		struct detection_job *job = wait_for_job(detection);
		size_t bytes = detection_fill(detection).bytes;
		assert_int_equal(bytes, job->size);
		if (asked)
			assert_in_range(bytes, sizeof program, 2 * sizeof program);
		else
			assert_in_range(bytes, sizeof said, sizeof program / 2);
		detection_job_free(detection, job);
		assert_int_equal(detection_fill(detection).bytes, 0);
		detection_free(detection);
	}
}

/* What was refused fits again once a result is given back, and not before. */
static void bounds_say_why(void **state)
{
	(void)state;
	struct detection *detection = unit_of(2, 3, 200000, true);
	struct stream_session *large = session_of(99000), *small = session_of(10);
	enum allowance_answer refused;
	struct detection_fill fill;

	assert_int_equal(detection_submit(detection, session_of(5000), &refused), 0);
	assert_int_equal(detection_submit(detection, large, &refused), ERROR_LIMIT);
	assert_int_equal(refused, ALLOWANCE_BYTES);
	assert_int_equal(detection_submit(detection, session_of(10), &refused), 0);
	assert_int_equal(detection_submit(detection, session_of(10), &refused), 0);
	assert_int_equal(detection_submit(detection, small, &refused), ERROR_LIMIT);
	assert_int_equal(refused, ALLOWANCE_ITEMS);
	struct detection_job *jobs[3];
	for (uint64_t i = 0; i < 3; i++) {
		jobs[i] = wait_for_job(detection);
		assert_int_equal(jobs[i]->order, i + 1);
	}
	assert_int_equal(detection_submit(detection, small, &refused), ERROR_LIMIT);
	fill = detection_fill(detection);
	assert_int_equal(fill.items, 3);
	assert_int_equal(fill.item_limit, 3);
	assert_true(fill.bytes > 10000 && fill.bytes <= 200000);
	for (int i = 0; i < 3; i++)
		detection_job_free(detection, jobs[i]);
	fill = detection_fill(detection);
	assert_int_equal(fill.items, 0);
	assert_int_equal(fill.bytes, 0);
	assert_int_equal(detection_submit(detection, small, &refused), 0);
	assert_int_equal(detection_submit(detection, large, &refused), ERROR_LIMIT);
	/* larger than the bound: alone */
	detection_job_free(detection, wait_for_job(detection));
	stream_session_free(large);
	assert_int_equal(detection_submit(detection, session_of(300000), &refused), 0);
	detection_free(detection); /* with work under way */
	detection_free(NULL);
}

struct producer {
	struct detection *detection;
	unsigned count;
	int result;
};

static void *produce(void *context)
{
	struct producer *producer = context;

	for (unsigned i = 0; i < producer->count && producer->result == 0; i++)
		producer->result =
			detection_submit_waiting(producer->detection, session_of(1 + i % 3000));
	return NULL;
}

/* A reader that waits loses nothing, however narrow the unit is. */
static void waiting_loses_nothing(void **state)
{
	(void)state;
	for (size_t items = 1; items <= 9; items += 4) {
		struct detection *detection = unit_of(3, items, 8000, true);
		struct producer producer = { detection, 3000, 0 };
		pthread_t thread;
		assert_int_equal(pthread_create(&thread, NULL, produce, &producer), 0);
		for (uint64_t i = 0; i < producer.count; i++) {
			struct detection_job *job = wait_for_job(detection);
			assert_int_equal(job->order, i + 1);
			assert_int_equal(job->session->half[0].data.length, 1 + i % 3000);
			detection_job_free(detection, job);
		}
		pthread_join(thread, NULL);
		assert_int_equal(producer.result, 0);
		assert_int_equal(detection_fill(detection).items, 0);
		detection_free(detection);
	}
}

/* --- reconstruction that must not wait --- */

static struct reconstruction *start_reading(struct traffic *traffic, struct detection *detection,
					    bool live, uint64_t packets)
{
	struct reconstruction_options options = { .limits = stream_default_limits(),
						  .live = live,
						  .packets = packets };
	struct reconstruction *reconstruction;
	struct packet_source *source;
	struct error error;

	assert_int_equal(packet_open(craft_descriptor(buffer_bytes(&traffic->file)), "capture",
				     &source, &error),
			 0);
	assert_int_equal(reconstruction_start(&options, source, detection, &reconstruction, &error),
			 0);
	return reconstruction;
}

static void never_waits_and_counts(void **state)
{
	(void)state;
	struct pipeline_counters counters = { 0 };
	struct traffic traffic;
	struct error error;
	web_capture(&traffic, 100);
	struct detection *detection = unit_of(1, 5, 1u << 20, false);
	struct reconstruction *reconstruction = start_reading(&traffic, detection, true, 0);

	/* Nobody takes a result, and still it ends. */
	assert_int_equal(reconstruction_join(reconstruction, &error), 0);
	assert_int_equal(detection_fill(detection).items, 5);
	for (int i = 0; i < 5; i++)
		detection_job_free(detection, wait_for_job(detection));
	assert_null(detection_next(detection, 1));

	reconstruction = start_reading(&traffic, detection, true, 0);
	while (!reconstruction_ended(reconstruction))
		sched_yield();
	reconstruction_count(reconstruction, &counters);
	assert_int_equal(counters.sessions, 100);
	assert_int_equal(counters.dropped_slots, 95);
	assert_int_equal(counters.dropped_bytes, 0);
	assert_int_equal(counters.packets, 800);
	assert_int_equal(reconstruction_join(reconstruction, &error), 0);
	detection_free(detection);

	/* by bytes */
	counters = (struct pipeline_counters){ 0 };
	detection = unit_of(1, 100, 3000, false);
	reconstruction = start_reading(&traffic, detection, true, 0);
	while (!reconstruction_ended(reconstruction))
		sched_yield();
	reconstruction_count(reconstruction, &counters);
	assert_int_equal(counters.dropped_slots, 0);
	assert_in_range(counters.dropped_bytes, 95, 99);
	assert_int_equal(counters.dropped_bytes + detection_fill(detection).items, 100);
	assert_int_equal(reconstruction_join(reconstruction, &error), 0);
	detection_free(detection);
	buffer_fini(&traffic.file);
}

static void ends_after_so_many_packets(void **state)
{
	(void)state;
	struct pipeline_counters counters = { 0 };
	struct traffic traffic;
	struct error error;
	web_capture(&traffic, 10);
	struct detection *detection = unit_of(1, 100, 1u << 20, true);
	struct reconstruction *reconstruction = start_reading(&traffic, detection, true, 12);

	while (!reconstruction_ended(reconstruction))
		sched_yield();
	reconstruction_count(reconstruction, &counters);
	assert_int_equal(counters.packets, 12);
	assert_int_equal(counters.sessions, 2); /* the second is cut in the middle */
	assert_int_equal(reconstruction_join(reconstruction, &error), 0);
	detection_free(detection);
	buffer_fini(&traffic.file);
}

static void damage_is_told(void **state)
{
	(void)state;
	struct traffic traffic;
	struct error error;
	web_capture(&traffic, 10);
	traffic.file.length -= 20;
	struct detection *detection = unit_of(1, 100, 1u << 20, true);
	struct reconstruction *reconstruction = start_reading(&traffic, detection, false, 0);

	assert_int_equal(reconstruction_join(reconstruction, &error), ERROR_INPUT);
	assert_non_null(strstr(error.message, "damaged"));
	assert_int_equal(detection_fill(detection).items, 10);
	detection_free(detection);
	buffer_fini(&traffic.file);
}

/* The table is the one place: the documentation has every row of it. */
static void counters_are_documented(void **state)
{
	(void)state;
	static const struct {
		const char *name, *meaning;
	} counters[] = {
#define ROW(name, meaning) { #name, meaning },
		PIPELINE_COUNTERS(ROW)
#undef ROW
	};
	char path[4096], row[400];
	struct buffer text;
	struct error error;

	snprintf(path, sizeof path, "%s/docs/traffic.md", getenv("KENBI_SOURCE"));
	assert_int_equal(file_read(path, 1 << 20, &text, &error), 0);
	for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
		snprintf(row, sizeof row, "| `%s` | %s |", counters[i].name, counters[i].meaning);
		if (!strstr(buffer_text(&text), row))
			fail_msg("docs/traffic.md lacks: %s", row);
	}
	buffer_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_number_of_workers),
		cmocka_unit_test(what_is_unpacked_counts),
		cmocka_unit_test(only_agreed_ciphertext_is_not_searched),
		cmocka_unit_test(a_sink_that_refuses),
		cmocka_unit_test(bounds_say_why),
		cmocka_unit_test(waiting_loses_nothing),
		cmocka_unit_test(never_waits_and_counts),
		cmocka_unit_test(ends_after_so_many_packets),
		cmocka_unit_test(damage_is_told),
		cmocka_unit_test(counters_are_documented),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
