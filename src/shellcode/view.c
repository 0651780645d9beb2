/* The pass: 64 bytes at a time are judged by what they consist of; the stretches that may be
 * encoded go to the decoders. Vectors of the compiler, so that every processor does it at its own
 * best. */
#include "shellcode/view.h"

#include <stdlib.h>
#include <string.h>

enum {
	LANE = 16,
	LANES = 4,
	BLOCK = LANE * LANES,
	MANY_ESCAPES = 3, /* of % and \ in a block */
	MANY_EQUALS = 6	  /* of = and & */
};

enum stretch { STRETCH_ESCAPES, STRETCH_TOKEN, STRETCH_LIST, STRETCH_WIDE, STRETCH_PACKED };

typedef uint8_t lane __attribute__((vector_size(LANE)));

static lane lane_at(const uint8_t *data)
{
	lane value;

	memcpy(&value, data, sizeof value);
	return value;
}

static lane all(uint8_t byte)
{
	lane value;

	memset(&value, byte, sizeof value);
	return value;
}

static lane is(lane value, uint8_t byte)
{
	return (lane)(value == all(byte));
}

static lane between(lane value, uint8_t first, uint8_t last)
{
	return (lane)(value - all(first) <= all((uint8_t)(last - first)));
}

static bool full(lane mask)
{
	uint64_t words[2];

	memcpy(words, &mask, sizeof words);
	return (words[0] & words[1]) == UINT64_MAX;
}

static bool any(lane mask)
{
	uint64_t words[2];

	memcpy(words, &mask, sizeof words);
	return (words[0] | words[1]) != 0;
}

/* Sum of sixteen counters of at most 15 each. */
static unsigned sum(lane counters)
{
	uint64_t words[2];

	memcpy(words, &counters, sizeof words);
	return (unsigned)((words[0] + words[1]) * 0x0101010101010101u >> 56);
}

struct block {
	bool escapes, token, list, wide, packed;
};

/* Zero where the other half of UTF-16's ASCII is, and nowhere else. */
static bool is_wide(lane zeros)
{
	static const lane odd = { 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255 };

	return full((lane)(zeros == odd)) || full((lane)(zeros == (lane)~odd));
}

static lane token(lane value)
{
	return between(value | all(0x20), 'a', 'z') | between(value, '0', '9') | is(value, '+') |
	       is(value, '/') | is(value, '-') | is(value, '_');
}

static lane list(lane value)
{
	lane lower = value | all(0x20);

	return between(value, '\t', '?') | between(lower, 'a', 'f') | is(lower, 'x') |
	       is(lower, 'h') | is(lower, 'r') | is(lower, 'w');
}

/* The first two bytes of gzip's, the last two of zip's. */
static lane signature(const uint8_t *data)
{
	lane first = lane_at(data), second = lane_at(data + 1);

	return (is(first, 0x1f) & is(second, 0x8b)) | (is(first, 0x03) & is(second, 0x04));
}

/* `data` has a byte more than the block. Most text has a blank, and a letter from the middle of the
 * alphabet, in every 32 bytes: no long word and no list, without looking closer. */
static struct block judge(const uint8_t *data)
{
	lane escapes = { 0 }, equals = { 0 }, packed = { 0 }, zeros = { 0 };
	struct block block = { 0 };

	for (unsigned i = 0; i < LANES; i += 2) {
		lane first = lane_at(data + i * LANE), second = lane_at(data + (i + 1) * LANE);
		lane letters = between(first | all(0x20), 'i', 'q') |
			       between(second | all(0x20), 'i', 'q');
		if (!any(is(first, ' ') | is(second, ' ')))
			block.token |= full(token(first) & token(second));
		if (!any(letters))
			block.list |= full(list(first) & list(second));
		zeros |= is(first, 0) | is(second, 0);
		escapes -= is(first, '%') | is(first, '\\');
		escapes -= is(second, '%') | is(second, '\\');
		equals -= is(first, '=') | is(first, '&');
		equals -= is(second, '=') | is(second, '&');
		packed |= signature(data + i * LANE) | signature(data + (i + 1) * LANE);
	}
	for (unsigned i = 0; any(zeros) && i < LANES; i += 2)
		block.wide |= is_wide(is(lane_at(data + i * LANE), 0)) &&
			      is_wide(is(lane_at(data + (i + 1) * LANE), 0));
	block.escapes = sum(escapes) >= MANY_ESCAPES || sum(equals) >= MANY_EQUALS;
	block.packed = any(packed);
	return block;
}

/* --- views --- */

void view_fini(struct view *view)
{
	free(view->data);
	free(view->origins);
	view->data = NULL;
	view->origins = NULL;
}

size_t view_origin(const struct view *view, size_t offset)
{
	if (offset >= view->length)
		return view->end;
	return view->start + view->origins[offset / VIEW_GRAIN];
}

bool view_open(struct views *views, const char *name, size_t start, size_t bound, struct view *view,
	       int *code)
{
	*code = 0;
	if (bound > VIEW_LARGEST || bound > *views->budget) {
		views->exhausted = true;
		return false;
	}
	*view = (struct view){ .name = name,
			       .start = start,
			       .data = malloc(bound + 1),
			       .origins = malloc((bound / VIEW_GRAIN + 1) * sizeof(uint32_t)) };
	if (view->data && view->origins)
		return true;
	view_fini(view);
	*code = ERROR_MEMORY;
	return false;
}

void view_put(struct view *view, uint8_t byte, size_t origin)
{
	if (view->length % VIEW_GRAIN == 0)
		view->origins[view->length / VIEW_GRAIN] = (uint32_t)(origin - view->start);
	view->data[view->length++] = byte;
}

bool view_close(struct views *views, struct view *view, size_t end)
{
	view->end = end;
	*views->budget -= view->length < *views->budget ? view->length : *views->budget;
	if (view->length >= VIEW_SHORTEST)
		return true;
	view_fini(view);
	return false;
}

int view_hex_digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

void views_init(struct views *views, struct bytes bytes, uint64_t *budget)
{
	*views = (struct views){ .bytes = bytes, .budget = budget };
	if (bytes.length > UINT32_MAX)
		views->bytes.length = UINT32_MAX;
}

/* The first place at or after `from` and before `end` where a decoder of that kind can begin. */
static size_t candidate(struct bytes bytes, enum stretch stretch, size_t from, size_t end)
{
	for (size_t i = from; i < end; i++) {
		uint8_t byte = bytes.data[i];
		switch (stretch) {
		case STRETCH_ESCAPES:
			if (byte == '%' || byte == '\\' || byte == '=' || byte == '&')
				return i;
			break;
		case STRETCH_PACKED:
			if (byte == 0x1f || byte == 0x03)
				return i;
			break;
		case STRETCH_TOKEN:
		case STRETCH_LIST:
		case STRETCH_WIDE: return i;
		}
	}
	return SIZE_MAX;
}

static int look(struct views *views, enum stretch stretch, size_t end, struct view *view)
{
	static view_decoder *const decoders[] = { view_escapes, view_token, view_list, view_wide,
						  view_packed };
	size_t *at = &views->looked[stretch];
	int found = 0;

	/* The end of the block before may be its beginning. */
	if (*at + BLOCK < views->at)
		*at = views->at - BLOCK;
	while (found == 0 && *at < end) {
		size_t start = candidate(views->bytes, stretch, *at, end);
		*at = end;
		if (start == SIZE_MAX)
			break;
		found = decoders[stretch](views, start, view, at);
	}
	return found;
}

static int look_everywhere(struct views *views, struct block block, size_t end, struct view *view)
{
	const bool wanted[] = { block.escapes, block.token, block.list, block.wide, block.packed };
	int found = 0;

	for (enum stretch stretch = 0; stretch <= STRETCH_PACKED && found == 0; stretch++)
		if (wanted[stretch])
			found = look(views, stretch, end, view);
	return found;
}

int views_next(struct views *views, struct view *view)
{
	struct bytes bytes = views->bytes;
	int found = 0;

	while (found == 0 && views->message < bytes.length)
		found = view_message(views, views->message, view, &views->message);
	while (found == 0 && views->at < bytes.length) {
		uint8_t last[BLOCK + 1] = { 0 };
		size_t end = views->at + BLOCK;
		const uint8_t *data = bytes.data + views->at;
		if (end >= bytes.length) {
			end = bytes.length;
			memcpy(last, data, end - views->at);
			data = last;
		}
		found = look_everywhere(views, judge(data), end, view);
		if (found == 0)
			views->at = end;
	}
	return found;
}
