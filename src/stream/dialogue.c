/* A conversation of lines: both sides merged by the time at which each line was complete. */
#include "stream/protocol.h"

struct dialogue dialogue_of(struct describer *describer)
{
	return (struct dialogue){ .describer = describer };
}

/* Finds the next line of one side, once. False at the end of the side. */
static bool find_next(struct dialogue *dialogue, enum stream_side side)
{
	const struct stream_half *half = &dialogue->describer->session->half[side];
	size_t offset = dialogue->offset[side];
	struct bytes rest = bytes_slice(half->data, offset, SIZE_MAX);

	if (dialogue->next[side].found)
		return true;
	if (rest.length == 0)
		return false;
	struct reader reader = reader_of(rest);
	struct dialogue_line line = { .side = side, .offset = offset };
	line.text = reader_line(&reader);
	line.ended = rest.data[reader.offset - 1] == '\n';
	dialogue->next[side].found = true;
	dialogue->next[side].line = line;
	dialogue->next[side].behind = offset + reader.offset;
	dialogue->next[side].time_ns = side_time(half, offset + reader.offset - 1);
	return true;
}

bool dialogue_next(struct dialogue *dialogue, struct dialogue_line *line)
{
	bool client = find_next(dialogue, STREAM_CLIENT);
	bool server = find_next(dialogue, STREAM_SERVER);
	enum stream_side side = STREAM_CLIENT;

	if (!client && !server)
		return false;
	if (!client || (server && dialogue->next[STREAM_SERVER].time_ns <
					  dialogue->next[STREAM_CLIENT].time_ns))
		side = STREAM_SERVER;
	*line = dialogue->next[side].line;
	dialogue->offset[side] = dialogue->next[side].behind;
	size_t *whole_until = &dialogue->describer->whole_until[side];
	if (line->offset < *whole_until && dialogue->offset[side] > *whole_until)
		*whole_until = line->offset;
	dialogue->next[side].found = false;
	return true;
}
