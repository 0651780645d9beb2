/* A conversation written down by hand, for the tests of protocols: who says what, in order, and
 * questions about its description. */
#ifndef KENBI_TESTS_STREAM_TALK_H
#define KENBI_TESTS_STREAM_TALK_H

#include <stdlib.h>
#include <string.h>

#include "stream/stream.h"

#define TALK_SEGMENTS_MOST 256

struct talk {
	struct stream_session session;
	struct buffer data[STREAM_SIDES];
	struct stream_segment segments[STREAM_SIDES][TALK_SEGMENTS_MOST];
	struct stream_description description;
	int result; /* of stream_describe */
};

static inline struct talk *talk_new(uint8_t protocol, uint16_t server_port)
{
	struct talk *talk = calloc(1, sizeof *talk);
	if (!talk)
		abort();
	for (int side = 0; side < STREAM_SIDES; side++)
		buffer_init(&talk->data[side], 1u << 24);
	talk->session =
		(struct stream_session){ .number = 1, .protocol = protocol, .end = STREAM_END_FIN };
	talk->session.half[STREAM_CLIENT].address = address_v4(0xC0000201);
	talk->session.half[STREAM_CLIENT].port = 1025;
	talk->session.half[STREAM_SERVER].address = address_v4(0xC6336402);
	talk->session.half[STREAM_SERVER].port = server_port;
	return talk;
}

static inline void talk_bytes(struct talk *talk, enum stream_side side, struct bytes bytes)
{
	struct stream_half *half = &talk->session.half[side];
	if (half->segment_count == TALK_SEGMENTS_MOST)
		abort();
	talk->segments[side][half->segment_count++] =
		(struct stream_segment){ talk->data[side].length, bytes.length,
					 talk->session.last_ns += 1000000 };
	if (buffer_append(&talk->data[side], bytes.data, bytes.length) < 0)
		abort();
}

static inline void talk_say(struct talk *talk, enum stream_side side, const char *text)
{
	talk_bytes(talk, side, bytes_of(text));
}

static inline void talk_describe(struct talk *talk)
{
	for (int side = 0; side < STREAM_SIDES; side++) {
		talk->session.half[side].data = buffer_bytes(&talk->data[side]);
		talk->session.half[side].segments = talk->segments[side];
	}
	talk->result = stream_describe(&talk->session, &talk->description);
}

static inline void talk_free(struct talk *talk)
{
	for (int side = 0; side < STREAM_SIDES; side++)
		buffer_fini(&talk->data[side]);
	stream_description_fini(&talk->description);
	free(talk);
}

static inline bool talk_is(const struct talk *talk, const char *protocol,
			   enum stream_conformance conformance)
{
	return strcmp(talk->description.protocol, protocol) == 0 &&
	       talk->description.conformance == conformance;
}

static inline bool talk_said(const struct talk *talk, const char *what, const char *text)
{
	for (size_t i = 0; i < talk->description.utterance_count; i++)
		if (strcmp(talk->description.utterances[i].what, what) == 0 &&
		    strcmp(talk->description.utterances[i].text, text) == 0)
			return true;
	return false;
}

static inline bool talk_deviates(const struct talk *talk, const char *what)
{
	for (size_t i = 0; i < talk->description.deviation_count; i++)
		if (strstr(talk->description.deviations[i].what, what))
			return true;
	return false;
}

/* A file of that name and content. */
static inline const struct stream_file *talk_file(const struct talk *talk, const char *name,
						  struct bytes content)
{
	for (size_t i = 0; i < talk->description.file_count; i++)
		if (strcmp(talk->description.files[i].name, name) == 0 &&
		    bytes_equal(talk->description.files[i].content, content))
			return &talk->description.files[i];
	return NULL;
}

#endif
