#include "policy/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/text.h"

#define LINE_VALUE 160 /* bytes of one value in a line of evidence */

static void match_free(struct match *match)
{
	for (int i = 0; i < PROGRAM_SLOTS; i++)
		free((char *)(uintptr_t)match->slots[i].text);
	for (int i = 0; i < PROGRAM_STEPS; i++)
		free(match->lines[i]);
	free(match);
}

void match_list_fini(struct match_list *list)
{
	while (list->count)
		match_free(list->matches[--list->count]);
}

void match_remove(struct match_list *list, size_t index)
{
	match_free(list->matches[index]);
	list->matches[index] = list->matches[--list->count];
}

/* The finaliser of MurmurHash3: spreads what SipHash made already unpredictable. */
uint64_t match_hash(uint64_t hash, uint64_t more)
{
	hash = (hash ^ more) + 0x9e3779b97f4a7c15u;
	hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdu;
	hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53u;
	return hash ^ hash >> 33;
}

uint64_t match_value_hash(const struct operand *value)
{
	if (!value->text)
		return match_hash(1, value->number);
	return text_hash((struct bytes){ (const uint8_t *)value->text, value->length });
}

bool match_in_time(const struct match *base, const struct match_step *step)
{
	const struct alternative *alternative = step->alternative;

	for (size_t i = 0; base && i < alternative->window_count; i++) {
		const struct window *window = &alternative->windows[i];
		if (!(window->steps & 1u << step->step))
			continue;
		for (size_t s = 0; s < alternative->step_count; s++)
			if (base->done & window->steps & 1u << s &&
			    step->event->time - base->times[s] > window->instructions)
				return false;
	}
	return true;
}

/* Hash of what the match will be; equal hashes are taken for equal matches (SipHash, 64 bits). */
static uint64_t identity_of(const struct match *base, const struct match_step *step)
{
	uint64_t hash = base ? base->identity : 0;

	hash = match_hash(hash, step->step);
	for (size_t slot = 0; slot < step->alternative->slot_count; slot++) {
		int field = step->pattern->capture[slot];
		if (field < 0)
			continue;
		struct operand value = operand_of(step->event, (unsigned)field);
		hash = match_hash(hash, match_value_hash(&value));
	}
	return hash;
}

static bool copy_value(struct operand *to, const struct operand *from, uint64_t *given_up)
{
	*to = *from;
	if (!from->text)
		return true;
	if (to->length > MATCH_TEXT) {
		to->length = MATCH_TEXT;
		++*given_up;
	}
	char *copy = malloc(to->length + 1);
	to->text = copy;
	if (!copy)
		return false;
	memcpy(copy, from->text, to->length);
	copy[to->length] = 0;
	return true;
}

static struct match *make(const struct match *base, const struct match_step *step,
			  uint64_t *given_up)
{
	struct match *match = calloc(1, sizeof *match);
	bool good = match != NULL;

	for (size_t slot = 0; good && slot < step->alternative->slot_count; slot++) {
		int field = step->pattern->capture[slot];
		struct operand value = { .number = 0 };
		if (field >= 0)
			value = operand_of(step->event, (unsigned)field);
		else if (base)
			value = base->slots[slot];
		good = copy_value(&match->slots[slot], &value, given_up);
	}
	for (size_t s = 0; good && base && s < PROGRAM_STEPS; s++) {
		match->times[s] = base->times[s];
		if (base->lines[s])
			good = (match->lines[s] = strdup(base->lines[s])) != NULL;
	}
	if (good)
		good = (match->lines[step->step] = match_line(step->event)) != NULL;
	if (!good) {
		if (match)
			match_free(match);
		return NULL;
	}
	match->done = (uint16_t)((base ? base->done : 0) | 1u << step->step);
	match->event = step->number;
	match->times[step->step] = step->event->time;
	return match;
}

static void refresh(struct match *match, const struct match *base, const struct match_step *step)
{
	match->event = step->number;
	if (base)
		memcpy(match->times, base->times, sizeof match->times);
	match->times[step->step] = step->event->time;
}

static void insert(struct match_list *list, struct match *match, uint64_t *given_up)
{
	size_t oldest = 0;

	if (list->count < MATCH_LIMIT) {
		list->matches[list->count++] = match;
		return;
	}
	for (size_t i = 1; i < list->count; i++)
		if (list->matches[i]->event < list->matches[oldest]->event)
			oldest = i;
	++*given_up;
	match_free(list->matches[oldest]);
	list->matches[oldest] = match;
}

void match_extend(struct match_list *list, const struct match *base, const struct match_step *step,
		  uint64_t *given_up)
{
	uint64_t identity = identity_of(base, step);

	for (size_t i = 0; i < list->count; i++) {
		if (list->matches[i]->identity != identity)
			continue;
		refresh(list->matches[i], base, step);
		return;
	}
	struct match *match = make(base, step, given_up);
	if (!match) {
		++*given_up;
		return;
	}
	match->identity = identity;
	insert(list, match, given_up);
}

/* --- evidence --- */

/* Control characters become '?'; a cut never splits a UTF-8 sequence. */
static void append_value(struct buffer *buffer, const char *text)
{
	size_t length = strlen(text), shown = length;

	if (shown > LINE_VALUE) {
		shown = LINE_VALUE;
		while (shown && ((uint8_t)text[shown] & 0xc0) == 0x80)
			shown--;
	}
	for (size_t i = 0; i < shown; i++) {
		char c = text[i];
		if ((uint8_t)c < ' ' || c == 127)
			c = '?';
		buffer_append(buffer, &c, 1);
	}
	if (shown < length)
		buffer_append_text(buffer, "…");
}

static void append_grouped(struct buffer *buffer, uint64_t number)
{
	char digits[24];
	int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);

	for (int i = 0; i < length; i++)
		buffer_printf(buffer, "%s%c", i && (length - i) % 3 == 0 ? "," : "", digits[i]);
}

char *match_line(const struct trace_event *event)
{
	struct buffer buffer;

	buffer_init(&buffer, 4096);
	buffer_append_text(&buffer, trace_kind_name(event->kind));
	for (unsigned i = 0; trace_field_name(event->kind, i); i++) {
		buffer_printf(&buffer, " %s=", trace_field_name(event->kind, i));
		if (event->values[i].text)
			append_value(&buffer, event->values[i].text);
		else
			buffer_printf(&buffer, "%llu", (unsigned long long)event->values[i].number);
	}
	buffer_append_text(&buffer, " (at instruction ");
	append_grouped(&buffer, event->time);
	buffer_append_text(&buffer, ")");
	char *line = buffer_failed(&buffer) ? NULL : strdup(buffer_text(&buffer));
	buffer_fini(&buffer);
	return line;
}
