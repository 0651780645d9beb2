/* A conversation of lines: both sides merged by the time at which each line was complete. */
#include "stream/protocol.h"

#include <string.h>

struct dialogue dialogue_of(const struct stream_session *session)
{
	return (struct dialogue){ .session = session };
}

void dialogue_skip(struct dialogue *dialogue, enum stream_side side, size_t offset)
{
	size_t length = dialogue->session->half[side].data.length;
	dialogue->offset[side] = offset < length ? offset : length;
}

/* The next line of one side and the offset behind it; false at the end of the side. */
static bool peek(const struct dialogue *dialogue, enum stream_side side, struct dialogue_line *line,
		 size_t *behind)
{
	struct bytes data = dialogue->session->half[side].data;
	size_t offset = dialogue->offset[side];
	struct bytes rest = bytes_slice(data, offset, SIZE_MAX);
	if (rest.length == 0)
		return false;
	struct reader reader = reader_of(rest);
	*line = (struct dialogue_line){ .side = side, .offset = offset };
	line->text = reader_line(&reader);
	line->ended = rest.data[reader.offset - 1] == '\n';
	*behind = offset + reader.offset;
	return true;
}

bool dialogue_next(struct dialogue *dialogue, struct dialogue_line *line)
{
	struct dialogue_line lines[STREAM_SIDES];
	size_t behind[STREAM_SIDES];
	uint64_t time[STREAM_SIDES];

	for (int side = 0; side < STREAM_SIDES; side++) {
		time[side] = UINT64_MAX;
		if (peek(dialogue, (enum stream_side)side, &lines[side], &behind[side]))
			time[side] = side_time(&dialogue->session->half[side], behind[side] - 1);
	}
	if (time[STREAM_CLIENT] == UINT64_MAX && time[STREAM_SERVER] == UINT64_MAX)
		return false;
	int side = time[STREAM_CLIENT] <= time[STREAM_SERVER] ? STREAM_CLIENT : STREAM_SERVER;
	*line = lines[side];
	dialogue->offset[side] = behind[side];
	return true;
}
