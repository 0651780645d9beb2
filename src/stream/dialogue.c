/* A conversation of lines: both sides merged by the time at which each line was complete. */
#include "stream/protocol.h"

struct dialogue dialogue_of(struct describer *describer)
{
	return (struct dialogue){ .describer = describer };
}

/* When the byte at `offset` came: mostly with the segment in which the line before ended, or the
 * next. */
static uint64_t time_of(const struct stream_half *half, size_t offset, size_t *segment)
{
	const struct stream_segment *segments = half->segments;

	if (*segment >= half->segment_count || segments[*segment].offset > offset)
		return side_time(half, offset);
	while (*segment + 1 < half->segment_count && segments[*segment + 1].offset <= offset)
		++*segment;
	return segments[*segment].time_ns;
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
	line.time_ns = time_of(half, offset + reader.offset - 1, &dialogue->segment[side]);
	dialogue->next[side].found = true;
	dialogue->next[side].line = line;
	dialogue->next[side].behind = offset + reader.offset;
	return true;
}

bool dialogue_next_of(struct dialogue *dialogue, enum stream_side side, struct dialogue_line *line)
{
	size_t *whole_until = &dialogue->describer->whole_until[side];

	if (!find_next(dialogue, side))
		return false;
	*line = dialogue->next[side].line;
	dialogue->offset[side] = dialogue->next[side].behind;
	dialogue->next[side].found = false;
	if (line->offset < *whole_until && dialogue->offset[side] > *whole_until)
		*whole_until = line->offset;
	return true;
}

bool dialogue_next(struct dialogue *dialogue, struct dialogue_line *line)
{
	bool client = find_next(dialogue, STREAM_CLIENT);
	bool server = find_next(dialogue, STREAM_SERVER);
	bool first = server && (!client || dialogue->next[STREAM_SERVER].line.time_ns <
						   dialogue->next[STREAM_CLIENT].line.time_ns);

	return dialogue_next_of(dialogue, first ? STREAM_SERVER : STREAM_CLIENT, line);
}
