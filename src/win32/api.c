/* Arguments, texts and results of API models, and calls back into the guest. */
#include "win32/api.h"

#include <stdlib.h>
#include <string.h>

#define FRAME_LIMIT  64u
#define TEXT_LIMIT   16384u /* bytes of a text argument that models see */
#define TEXT_AT_ONCE 512u   /* characters */

char *win32_scratch(struct win32 *w, size_t size)
{
	if (w->scratch_used + size > WIN32_SCRATCH)
		w->scratch_used = 0;
	char *text = w->scratch + w->scratch_used;
	w->scratch_used += size;
	*text = 0;
	return text;
}

const char *text_from_ansi(struct win32 *w, const char *bytes, size_t length)
{
	char *text = win32_scratch(w, 2 * length + 1), *at = text;

	for (size_t i = 0; i < length; i++) {
		uint8_t byte = (uint8_t)bytes[i];
		if (byte >= 0x80)
			*at++ = (char)(0xc0 | byte >> 6);
		*at++ = (char)(byte >= 0x80 ? 0x80 | (byte & 0x3f) : byte);
	}
	*at = 0;
	return text;
}

const char *text_at(struct win32 *w, uint32_t address, bool wide)
{
	char text[TEXT_LIMIT];

	if (wide) {
		if (x86_read_wide(w->x86, address, text, sizeof text) < 0)
			return "";
		size_t length = strlen(text);
		char *copy = win32_scratch(w, length + 1);
		memcpy(copy, text, length + 1);
		return copy;
	}
	if (x86_read_text(w->x86, address, text, sizeof text) < 0)
		return "";
	return text_from_ansi(w, text, strlen(text));
}

const char *arg_text(struct call *call, unsigned index)
{
	uint32_t address = arg(call, index);
	return address ? text_at(call->w, address, call->wide) : NULL;
}

/* The next code point of UTF-8; a byte that begins none stands for itself. */
static uint32_t next_character(const char **text)
{
	const uint8_t *at = (const uint8_t *)*text;
	unsigned extra = at[0] >= 0xf0 ? 3 : at[0] >= 0xe0 ? 2 : at[0] >= 0xc0 ? 1 : 0;
	uint32_t code = extra == 3   ? at[0] & 7u
			: extra == 2 ? at[0] & 15u
			: extra == 1 ? at[0] & 31u
				     : at[0];

	(*text)++;
	while (extra-- && (**text & 0xc0) == 0x80)
		code = code << 6 | (uint8_t)(*(*text)++ & 0x3f);
	return code;
}

uint32_t text_length(const char *text)
{
	uint32_t length = 0;

	while (*text)
		length += next_character(&text) > 0xffff ? 2 : 1;
	return length;
}

/* Texts of ASCII that are not long are put as a whole. */
static bool put_at_once(struct win32 *w, uint32_t address, const char *text, size_t length,
			bool wide)
{
	uint8_t units[2 * TEXT_AT_ONCE + 2] = { 0 };

	for (size_t i = 0; i < length; i++) {
		if ((uint8_t)text[i] >= 0x80)
			return false;
		units[wide ? 2 * i : i] = (uint8_t)text[i];
	}
	return win32_put(w, address, units, wide ? 2 * length + 2 : length + 1);
}

uint32_t text_put(struct win32 *w, uint32_t address, uint32_t capacity, const char *text, bool wide)
{
	size_t length = strnlen(text, TEXT_AT_ONCE + 1);

	if (length <= TEXT_AT_ONCE && length < capacity &&
	    put_at_once(w, address, text, length, wide))
		return (uint32_t)length;
	uint32_t written = 0, unit = wide ? 2 : 1;

	if (capacity == 0)
		return 0;
	while (*text && written + 1 < capacity) {
		uint32_t code = next_character(&text);
		if (code > 0xffff && written + 2 < capacity && wide) {
			win32_put_u16(w, address + 2 * written++, 0xd7c0 + (code >> 10));
			code = 0xdc00 | (code & 0x3ff);
		}
		bool done = wide ? win32_put_u16(w, address + 2 * written, code)
				 : win32_put_u8(w, address + written, code > 0xff ? '?' : code);
		if (!done)
			return written;
		written++;
	}
	if (wide)
		win32_put_u16(w, address + unit * written, 0);
	else
		win32_put_u8(w, address + written, 0);
	return written;
}

uint32_t text_new(struct win32 *w, const char *text, bool wide)
{
	uint32_t length = text_length(text) + 1;
	uint32_t block = win32_heap_take(w, wide ? 2 * length : length);

	if (block)
		text_put(w, block, length, text, wide);
	return block;
}

uint32_t text_give(struct call *call, uint32_t address, uint32_t capacity, const char *text)
{
	uint32_t length = text_length(text);

	if (!address || capacity <= length)
		return length + 1;
	text_put(call->w, address, capacity, text, call->wide);
	return length;
}

void set_last_error(struct win32 *w, uint32_t code)
{
	if (w->current)
		win32_put_u32(w, w->current->teb + 0x34, code);
}

uint32_t last_error(struct win32 *w)
{
	return w->current ? win32_u32(w, w->current->teb + 0x34) : 0;
}

uint32_t fail(struct call *call, uint32_t code, uint32_t result)
{
	set_last_error(call->w, code);
	return result;
}

uint32_t sleep_then(struct call *call, uint32_t milliseconds, uint32_t result)
{
	win32_wait(call->w, NULL, 0, false, milliseconds);
	call->w->current->wake_result = result;
	return result;
}

bool poll_again(struct call *call, uint32_t milliseconds)
{
	struct win32_thread *thread = call->w->current;

	if (thread->polling) {
		thread->polling = false;
		return false;
	}
	thread->polling = true;
	win32_wait(call->w, NULL, 0, false, milliseconds);
	thread->wake_sets_result = false;
	call->outcome = API_AGAIN;
	return true;
}

void win32_frames_drop(struct win32_thread *thread, uint32_t stack)
{
	while (thread->frames && thread->frames->stack < stack) {
		struct win32_frame *below = thread->frames->below;
		free(thread->frames);
		thread->frames = below;
		thread->frame_count--;
	}
}

uint32_t call_guest(struct call *call, uint32_t function,
		    uint32_t (*resume)(struct call *call, uint32_t result), const uint32_t *words,
		    unsigned count, const uint32_t *arguments)
{
	struct win32 *w = call->w;
	struct win32_thread *thread = w->current;
	uint32_t top = (uint32_t)x86_get(w->x86, X86_SP);

	win32_frames_drop(thread, top);
	struct win32_frame *frame =
		thread->frame_count < FRAME_LIMIT ? calloc(1, sizeof *frame) : NULL;
	if (!frame)
		return 0;
	frame->stack = top;
	frame->slot = call->slot;
	frame->resume = resume;
	if (words)
		memcpy(frame->words, words, sizeof frame->words);
	frame->below = thread->frames;
	thread->frames = frame;
	thread->frame_count++;
	uint32_t stack = frame->stack - 4 * count - 4;
	for (unsigned i = 0; i < count; i++)
		win32_put_u32(w, stack + 4 + 4 * i, arguments[i]);
	win32_put_u32(w, stack, WIN32_SLOTS + WIN32_GATE_CALLBACK);
	x86_set(w->x86, X86_SP, stack);
	x86_set_ip(w->x86, function);
	call->outcome = API_SUSPEND;
	return 0;
}

uint32_t resume_result(struct call *call, uint32_t result)
{
	(void)call;
	return result;
}
