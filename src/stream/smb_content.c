/* The content of a file from what is written into it or read from it, in whatever order: requests
 * go out several at once, and answers come as the disk has them.
 *
 * Parts are noted as they cross and put in order when the file is closed. Where two of them speak
 * about the same bytes, what crossed later counts, as it does for a file that is written; where
 * nothing crossed, what is behind is moved up, and the file is not complete. */
#include "stream/smb.h"

#include <stdlib.h>
#include <string.h>

#define PARTS_MOST ((size_t)1 << 20)

struct part {
	uint64_t position;
	struct bytes bytes;
	size_t order;
	size_t place; /* in the content, without what did not cross */
};

/* What comes of the parts. */
struct joined {
	struct part *parts; /* by position */
	size_t count, length;
	bool holes, overlaps;
};

void smb_content_init(struct smb_content *content)
{
	*content = (struct smb_content){ .first_offset = 0 };
	buffer_init(&content->parts, PARTS_MOST * sizeof(struct part));
}

void smb_content_fini(struct smb_content *content)
{
	buffer_fini(&content->parts);
}

/* Where the bytes lie in what the side said; SIZE_MAX: elsewhere (a transaction's are joined). */
static size_t offset_in(struct bytes said, struct bytes part)
{
	uintptr_t begin = (uintptr_t)said.data, first = (uintptr_t)part.data;

	return first >= begin && first - begin <= said.length &&
			       part.length <= said.length - (first - begin)
		       ? first - begin
		       : SIZE_MAX;
}

void smb_content_put(struct smb *smb, struct smb_content *content,
		     const struct smb_command *command, uint64_t position, struct bytes bytes)
{
	struct part part = { .position = position,
			     .bytes = bytes,
			     .order = content->parts.length / sizeof part };

	if (position > UINT64_MAX - bytes.length)
		part.position = UINT64_MAX - bytes.length;
	if (part.order == 0)
		content->first_offset = command->offset;
	if (offset_in(side_data(smb->describer->session, command->side), bytes) == SIZE_MAX)
		part.bytes.data =
			(const uint8_t *)arena_copy(describe_arena(smb->describer), bytes);
	if (!part.bytes.data || buffer_append(&content->parts, &part, sizeof part) < 0)
		smb->describer->cut = true;
}

static int by_position(const void *a, const void *b)
{
	const struct part *left = a, *right = b;

	if (left->position != right->position)
		return left->position < right->position ? -1 : 1;
	return (left->order > right->order) - (left->order < right->order);
}

static int by_order(const void *a, const void *b)
{
	const struct part *left = a, *right = b;

	return (left->order > right->order) - (left->order < right->order);
}

/* Clients ask twice for what they forgot. */
static bool is_repeated(const struct part *part, const struct part *before)
{
	return part->position == before->position && bytes_equal(part->bytes, before->bytes);
}

/* Sorts the parts and gives each its place. */
static struct joined join(struct part *parts, size_t count)
{
	struct joined joined = { .parts = parts };
	uint64_t reached = 0;

	qsort(parts, count, sizeof *parts, by_position);
	for (size_t i = 0; i < count; i++) {
		struct part part = parts[i];
		uint64_t end = part.position + part.bytes.length;
		if (joined.count && is_repeated(&part, &parts[joined.count - 1])) {
			parts[joined.count - 1].order = part.order;
			continue;
		}
		if (part.position > reached) {
			joined.holes = true;
			reached = part.position;
		}
		joined.overlaps |= part.position < reached;
		part.place = joined.length - (size_t)(reached - part.position);
		if (end > reached) {
			joined.length += (size_t)(end - reached);
			reached = end;
		}
		parts[joined.count++] = part;
	}
	return joined;
}

static struct bytes content_of(struct describer *describer, const struct joined *joined)
{
	uint8_t *content = arena_take(describe_arena(describer), joined->length);

	if (!content) {
		describer->cut = true;
		return (struct bytes){ NULL, 0 };
	}
	if (joined->overlaps)
		qsort(joined->parts, joined->count, sizeof *joined->parts, by_order);
	for (size_t i = 0; i < joined->count; i++)
		memcpy(content + joined->parts[i].place, joined->parts[i].bytes.data,
		       joined->parts[i].bytes.length);
	return (struct bytes){ content, joined->length };
}

/* Where the parts crossed; NULL where they do not make the file between them. */
static struct stream_piece *pieces_of(struct describer *describer, const struct joined *joined,
				      struct bytes said)
{
	struct stream_piece *pieces;

	if (joined->holes || joined->overlaps)
		return NULL;
	pieces = arena_take(describe_arena(describer), joined->count * sizeof *pieces);
	for (size_t i = 0; pieces && i < joined->count; i++) {
		const struct part *part = &joined->parts[i];
		size_t offset = offset_in(said, part->bytes);
		if (offset == SIZE_MAX)
			return NULL;
		pieces[i] = (struct stream_piece){ part->place, offset, part->bytes.length };
	}
	return pieces;
}

void smb_content_tell(struct smb *smb, const struct smb_content *content, enum stream_side side,
		      const char *name)
{
	struct describer *describer = smb->describer;
	size_t count = content->parts.length / sizeof(struct part);

	if (count == 0)
		return;
	struct joined joined = join((struct part *)(void *)content->parts.data, count);
	bool complete = !joined.holes && !buffer_failed(&content->parts);
	if (joined.count == 1) {
		describe_file(describer, side, content->first_offset, joined.parts[0].bytes,
			      bytes_of(name), "smb", complete);
		return;
	}
	struct stream_piece *pieces =
		pieces_of(describer, &joined, side_data(describer->session, side));
	struct bytes bytes = content_of(describer, &joined);
	if (bytes.length)
		describe_joined_file(describer, side, content->first_offset, bytes, pieces,
				     joined.count, bytes_of(name), "smb", complete);
}
