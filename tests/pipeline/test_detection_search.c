/* What of a side is searched, and as what: files that crossed in runs in their own order, what was
 * said around them, and all of it as it crossed where they do not hang together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../shellcode/media_files.h"
#include "../shellcode/with_detector.h"
#include "pipeline/detection_search.h"
#include "traffic.h"

enum { PIECE = 16 << 10, PIECES = 3, SIDE_MOST = 1 << 20 };
static const size_t code_length = sizeof TRAFFIC_CODE - 1;

/* A file in pieces that crossed in the order 2, 0, 1, with 100 letters before each and at the end.
 */
struct crossing {
	uint8_t content[PIECES * PIECE];
	struct buffer said;
	struct stream_piece pieces[PIECES];
	struct stream_file file;
	struct stream_session session;
	struct detection_job job;
};

static struct crossing *crossing_new(void)
{
	struct crossing *crossing = calloc(1, sizeof *crossing);

	assert_non_null(crossing);
	memset(crossing->content, 'n', sizeof crossing->content);
	buffer_init(&crossing->said, SIDE_MOST);
	return crossing;
}

/* An ELF program of 64 bit whose one section table ends with the content. */
static void make_program(struct crossing *crossing)
{
	uint8_t *header = crossing->content;

	memset(header, 0, 64);
	memcpy(header, "\177ELF\2\1\1", 7);
	header[40] = (uint8_t)(PIECES * PIECE - 64);
	header[41] = (uint8_t)((PIECES * PIECE - 64) >> 8);
	header[58] = 64;
	header[60] = 1;
}

static void put_letters(struct crossing *crossing)
{
	for (unsigned i = 0; i < 100; i++)
		buffer_append_text(&crossing->said, "l");
}

/* Searches it; `known`: the description says where it crossed. */
static const struct detection_side *search(struct crossing *crossing, bool known)
{
	static const size_t order[PIECES] = { 2, 0, 1 };

	for (size_t i = 0; i < PIECES; i++) {
		put_letters(crossing);
		crossing->pieces[order[i]] =
			(struct stream_piece){ order[i] * PIECE, crossing->said.length, PIECE };
		assert_int_equal(
			buffer_append(&crossing->said, crossing->content + order[i] * PIECE, PIECE),
			0);
	}
	put_letters(crossing);
	crossing->file = (struct stream_file){
		.offset = 100,
		.content = { crossing->content, sizeof crossing->content },
		.media = "data",
		.pieces = crossing->pieces,
		.piece_count = known ? PIECES : 0,
	};
	crossing->session.half[STREAM_CLIENT].data = buffer_bytes(&crossing->said);
	crossing->job = (struct detection_job){ .session = &crossing->session };
	crossing->job.description.files = &crossing->file;
	crossing->job.description.file_count = 1;
	assert_int_equal(detection_search_side(detector, &crossing->job, STREAM_CLIENT), 0);
	return &crossing->job.side[STREAM_CLIENT];
}

static void crossing_free(struct crossing *crossing)
{
	struct detection_side *side = &crossing->job.side[STREAM_CLIENT];

	for (size_t i = 0; i < side->count; i++)
		shellcode_finding_fini(&side->findings[i]);
	free(side->findings);
	buffer_fini(&crossing->said);
	free(crossing);
}

/* Half of the code crossed at the end of one piece, half of it at the beginning of another, which
 * crossed before. */
static void code_across_pieces_is_found_in_the_file(void **state)
{
	(void)state;
	for (int known = 0; known < 2; known++) {
		struct crossing *crossing = crossing_new();
		memcpy(crossing->content + 2 * PIECE - 12, TRAFFIC_CODE, code_length);
		const struct detection_side *side = search(crossing, known);
		assert_int_equal(side->count, known);
		if (known) {
			assert_string_equal(side->findings[0].view, "file");
			/* told by where its beginning crossed */
			assert_in_range(side->findings[0].offset,
					crossing->pieces[1].offset + PIECE - 12 - 16,
					crossing->pieces[1].offset + PIECE - 12);
		}
		crossing_free(crossing);
	}
}

/* A system call of a program is no shellcode, wherever in the side its part of the program is. */
static void a_program_is_one_in_its_own_order(void **state)
{
	(void)state;
	for (int known = 0; known < 2; known++) {
		struct crossing *crossing = crossing_new();
		make_program(crossing);
		memcpy(crossing->content + 2 * PIECE + 500, TRAFFIC_CODE, code_length);
		assert_int_equal(search(crossing, known)->count, !known);
		crossing_free(crossing);
	}
}

/* What was said around the file is searched all the same. */
static void code_around_files_is_found(void **state)
{
	(void)state;
	struct crossing *crossing = crossing_new();
	make_program(crossing);
	put_letters(crossing);
	assert_int_equal(buffer_append(&crossing->said, TRAFFIC_CODE, code_length), 0);
	const struct detection_side *side = search(crossing, true);
	assert_int_equal(side->count, 1);
	assert_string_equal(side->findings[0].view, "");
	assert_in_range(side->findings[0].offset, 84, 100);
	crossing_free(crossing);
}

/* Noise with code in it as the one stretch of a 7z archive. */
static void make_archive(struct buffer *archive)
{
	static uint8_t content[PIECE];
	uint64_t state = 5;

	for (size_t i = 0; i < sizeof content; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		content[i] = (uint8_t)((state >> 16) % 255);
	}
	memcpy(content + PIECE / 2, TRAFFIC_CODE, code_length);
	buffer_init(archive, SIDE_MOST);
	for (size_t i = 0; i < media_kind_count; i++)
		if (strcmp(media_kinds[i].name, "7z") == 0)
			media_kinds[i].make(archive, (struct bytes){ content, sizeof content });
}

/* How much is found in an answer that brings it. */
static size_t found_in_answer(enum stream_conformance conformance, bool complete, bool part)
{
	struct buffer said;
	struct stream_session session = { .part = part };
	struct detection_job job = { .session = &session };
	struct stream_file file = { .sender = STREAM_SERVER, .media = "7z", .complete = complete };

	buffer_init(&said, SIDE_MOST);
	buffer_append_text(&said, "HTTP/1.1 200 OK\r\n\r\n");
	file.offset = said.length;
	struct buffer archive;
	make_archive(&archive);
	assert_int_equal(buffer_append(&said, archive.data, archive.length), 0);
	file.content = bytes_slice(buffer_bytes(&said), file.offset, SIZE_MAX);
	session.half[STREAM_SERVER].data = buffer_bytes(&said);
	if (!part) {
		job.description.files = &file;
		job.description.file_count = 1;
		job.description.conformance = conformance;
	}
	assert_int_equal(detection_search_side(detector, &job, STREAM_SERVER), 0);
	struct detection_side *side = &job.side[STREAM_SERVER];
	size_t count = side->count;
	for (size_t i = 0; i < count; i++)
		shellcode_finding_fini(&side->findings[i]);
	free(side->findings);
	buffer_fini(&archive);
	buffer_fini(&said);
	return count;
}

/* Compressed data is left alone only in files that a conversation delivered which was described and
 * keeps to its protocol. */
static void only_what_was_delivered_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(found_in_answer(STREAM_CONFORMS, true, false), 0);
	assert_int_equal(found_in_answer(STREAM_CONFORMS, false, false), 1);
	assert_int_equal(found_in_answer(STREAM_DEVIATES, true, false), 1);
	assert_int_equal(found_in_answer(STREAM_UNJUDGED, true, false), 1);
	assert_int_equal(found_in_answer(STREAM_CONFORMS, true, true), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_across_pieces_is_found_in_the_file),
		cmocka_unit_test(a_program_is_one_in_its_own_order),
		cmocka_unit_test(code_around_files_is_found),
		cmocka_unit_test(only_what_was_delivered_is_left_alone),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
