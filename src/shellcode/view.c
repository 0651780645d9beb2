/* The pass: 64 bytes at a time are judged by what they consist of (view_judge.h); the stretches
 * that may be encoded go to the decoders. */
#include "shellcode/view.h"

#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>

#include "shellcode/view_base64.h"
#include "shellcode/view_judge.h"

enum stretch { STRETCH_ESCAPES, STRETCH_TOKEN, STRETCH_LIST, STRETCH_WIDE, STRETCHES };

/* --- views --- */

bool view_room_take(struct view_room *room, struct view *view)
{
	if (room->taken)
		return false;
	if (!room->data)
		room->data = malloc(VIEW_ROOM);
	if (!room->data)
		return false;
	room->taken = true;
	view->room = room;
	view->data = room->data;
	return true;
}

void view_room_fill(struct view *view, size_t length)
{
	view->length = length;
	ASAN_POISON_MEMORY_REGION(view->data + length, VIEW_ROOM - length);
}

static void leave(struct view_room *room)
{
	ASAN_UNPOISON_MEMORY_REGION(room->data, VIEW_ROOM);
	room->taken = false;
}

void view_room_fini(struct view_room *room)
{
	free(room->data);
	room->data = NULL;
}

void view_fini(struct view *view)
{
	if (view->room)
		leave(view->room);
	else
		free(view->data);
	view->room = NULL;
	free(view->origins);
	view->data = NULL;
	view->origins = NULL;
}

size_t view_origin(const struct view *view, size_t offset)
{
	if (offset >= view->length)
		return view->end;
	return view->start + view->origins[offset / view->grain];
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
			       .grain = VIEW_GRAIN,
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

void views_init(struct views *views, enum views_of of, struct bytes bytes, uint64_t *budget)
{
	*views = (struct views){ .bytes = bytes, .of = of, .budget = budget };
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
		case STRETCH_TOKEN:
			if (base64_digit(byte) >= 0)
				return i;
			break;
		default: return i;
		}
	}
	return SIZE_MAX;
}

static int look(struct views *views, enum stretch stretch, size_t end, struct view *view)
{
	static view_decoder *const decoders[] = { view_escapes, view_token, view_list, view_wide };
	size_t *at = &views->looked[stretch];
	int found = 0;

	/* The end of the block before may be its beginning. */
	if (*at + VIEW_BLOCK < views->at)
		*at = views->at - VIEW_BLOCK;
	while (found == 0 && *at < end) {
		size_t start = candidate(views->bytes, stretch, *at, end);
		*at = end;
		if (start == SIZE_MAX)
			break;
		found = decoders[stretch](views, start, view, at);
	}
	return found;
}

static int look_everywhere(struct views *views, struct view_block block, size_t end,
			   struct view *view)
{
	const bool wanted[] = { block.escapes, block.token, block.list, block.wide };
	int found = 0;

	for (enum stretch stretch = 0; stretch < STRETCHES && found == 0; stretch++)
		if (wanted[stretch])
			found = look(views, stretch, end, view);
	return found;
}

/* Passes packed stretches that `at` lies in; returns where the next one begins. */
static size_t pass_packed(struct views *views)
{
	const struct scan_packed *packed = views->packed;

	for (; packed && views->packed_next < packed->count; views->packed_next++) {
		if (views->at < packed->at[views->packed_next].start)
			return packed->at[views->packed_next].start;
		if (views->at < packed->at[views->packed_next].end)
			views->at = packed->at[views->packed_next].end;
	}
	return views->bytes.length;
}

/* Judges the block at `at`, which may be a part of one. */
static struct view_block judge_here(const struct views *views)
{
	size_t left = views->bytes.length - views->at;
	uint8_t last[VIEW_BLOCK] = { 0 };

	if (left >= VIEW_BLOCK)
		return view_judge(views->bytes.data + views->at);
	memcpy(last, views->bytes.data + views->at, left);
	return view_judge(last);
}

/* Passes blocks that may hold nothing, but for the last before a packed stretch or the end, which
 * nothing may follow; tells what the next may hold: nothing at the end of all. */
static struct view_block next_block(struct views *views)
{
	size_t until = pass_packed(views), blocks, nothing;
	struct view_block block = { 0 };

	if (views->at >= views->bytes.length)
		return block;
	blocks = (until - views->at - 1) / VIEW_BLOCK;
	nothing = view_judge_nothing(views->bytes.data + views->at, blocks, &block);
	views->at += nothing * VIEW_BLOCK;
	return nothing < blocks ? block : judge_here(views);
}

static int next_packed(struct views *views, struct view *view)
{
	size_t start;
	int found = 0;

	while (found == 0 && (start = view_signature(views)) < views->bytes.length)
		found = view_packed(views, start, view, &views->at);
	return found;
}

int views_next(struct views *views, struct view *view)
{
	struct bytes bytes = views->bytes;
	int found = 0;

	if (views->of == VIEWS_PACKED)
		return next_packed(views, view);
	while (found == 0 && views->message < bytes.length)
		found = view_message(views, views->message, view, &views->message);
	while (found == 0 && views->at < bytes.length) {
		struct view_block block = next_block(views);
		size_t end = views->at + VIEW_BLOCK;
		if (end > bytes.length)
			end = bytes.length;
		found = look_everywhere(views, block, end, view);
		if (found == 0)
			views->at = end;
	}
	return found;
}
