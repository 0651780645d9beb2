/* Events of importers: kept, ordered, handed over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "trace/import.h"

enum { DATA_LENGTH = 256 };

int import_budget_init(struct import_budget *budget, struct error *error)
{
	*budget =
		(struct import_budget){ .texts = arena_new(IMPORT_TEXTS), .events = IMPORT_EVENTS };
	return budget->texts ? 0 : error_set(error, ERROR_MEMORY, NULL, "no memory for an import");
}

void import_budget_fini(struct import_budget *budget)
{
	arena_free(budget->texts);
	budget->texts = NULL;
}

/* A cut never leaves half of a UTF-8 sequence behind. */
static size_t cut_length(const char *text, size_t limit)
{
	size_t length = strnlen(text, limit + 1);

	if (length <= limit)
		return length;
	length = limit;
	while (length > 0 && ((uint8_t)text[length] & 0xc0) == 0x80)
		length--;
	return length;
}

static char *copy_text(struct arena *arena, const char *text, size_t limit)
{
	char copy[4 * IMPORT_TEXT + 1];
	size_t length = cut_length(text, limit), at = 0;

	for (size_t i = 0; i < length; i++) {
		uint8_t byte = (uint8_t)text[i];
		if (byte < ' ' || byte == 0x7f)
			at += (size_t)snprintf(copy + at, sizeof copy - at, "\\x%02x", byte);
		else
			copy[at++] = (char)byte;
	}
	return arena_copy(arena, (struct bytes){ (const uint8_t *)copy, at });
}

static bool grow(struct import_events *events)
{
	if (events->count < events->capacity)
		return true;
	size_t capacity = events->capacity ? 2 * events->capacity : 16;
	void *items = reallocarray(events->items, capacity, sizeof *events->items);
	if (!items)
		return false;
	events->items = items;
	events->capacity = capacity;
	return true;
}

void import_add(struct import_budget *budget, struct import_events *events, int64_t time,
		const struct trace_event *event)
{
	struct trace_event copy = *event;

	if (budget->events == 0 || !grow(events)) {
		budget->dropped++;
		return;
	}
	for (unsigned i = 0; i < TRACE_FIELDS; i++) {
		const char *name = trace_field_name(copy.kind, i);
		if (!copy.values[i].text)
			continue;
		bool data = name && strcmp(name, "data") == 0;
		copy.values[i].text = copy_text(budget->texts, copy.values[i].text,
						data ? DATA_LENGTH : IMPORT_TEXT);
		if (!copy.values[i].text) {
			budget->dropped++;
			return;
		}
	}
	budget->events--;
	events->items[events->count] =
		(struct import_event){ .time = time, .order = events->count, .event = copy };
	events->count++;
}

static int by_time(const void *left, const void *right)
{
	const struct import_event *a = left, *b = right;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

int import_finish(struct import_events *events, const struct address *self, struct trace_log **log,
		  struct error *error)
{
	int64_t first = IMPORT_NEVER;

	*log = trace_log_new(IMPORT_LOG);
	if (!*log) {
		free(events->items);
		*events = (struct import_events){ 0 };
		return error_set(error, ERROR_MEMORY, NULL, "no memory for a trace");
	}
	if (events->count)
		qsort(events->items, events->count, sizeof *events->items, by_time);
	trace_log_describe(*log, TRACE_CLOCK_NANOSECONDS, self);
	struct trace_sink sink = trace_log_sink(*log);
	for (size_t i = 0; i < events->count; i++) {
		struct import_event *item = &events->items[i];
		if (first == IMPORT_NEVER)
			first = item->time;
		/* Unsigned, so that no distance of two times can overflow. */
		item->event.time =
			item->time == IMPORT_NEVER ? 0 : (uint64_t)item->time - (uint64_t)first;
		trace_emit(&sink, &item->event);
	}
	free(events->items);
	*events = (struct import_events){ 0 };
	return 0;
}

int import_add_part(struct trace_import *import, struct trace_log *log, const char *host,
		    bool alerted, struct error *error)
{
	void *parts = reallocarray(import->parts, import->count + 1, sizeof *import->parts);

	if (!parts) {
		trace_log_free(log);
		return error_set(error, ERROR_MEMORY, NULL, "no memory for an import");
	}
	import->parts = parts;
	struct trace_import_part *part = &import->parts[import->count++];
	*part = (struct trace_import_part){ .log = log, .alerted = alerted };
	snprintf(part->host, sizeof part->host, "%s", host);
	return 0;
}

/* --- what the texts of logs mean --- */

/* Days since 1970-01-01 in the Gregorian calendar, by counting from 1 March of the year 0. */
static int64_t days_of(int64_t year, int month, int day)
{
	if (month <= 2) {
		year--;
		month += 12;
	}
	return 365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day -
	       719469;
}

/* "+02", "+0200", "+02:00", "Z", "": seconds east of Greenwich. */
static int64_t zone_of(const char *text)
{
	int hours = 0, minutes = 0;

	if ((*text != '+' && *text != '-') ||
	    sscanf(text + 1, "%2d%*1[:]%2d", &hours, &minutes) < 1)
		return 0;
	if (!strchr(text, ':') && sscanf(text + 1, "%2d%2d", &hours, &minutes) < 1)
		return 0;
	int64_t seconds = hours * 3600 + minutes * 60;
	return *text == '-' ? -seconds : seconds;
}

int64_t import_time(const char *text)
{
	int year, month, day, hour, minute, second, used = 0;
	int64_t fraction = 0, unit = 1000000000;

	if (!text ||
	    sscanf(text, "%4d-%2d-%2d%*1[T ]%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute,
		   &second, &used) != 6 ||
	    used == 0 || year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 ||
	    hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
		return IMPORT_NEVER;
	if (year > 2200) /* beyond what 64 bits of nanoseconds hold */
		return IMPORT_NEVER;
	text += used;
	if (*text == '.' || *text == ',')
		for (text++; *text >= '0' && *text <= '9'; text++)
			if (unit > 1) {
				unit /= 10;
				fraction += (*text - '0') * unit;
			}
	int64_t seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second -
			  zone_of(text);
	return seconds * 1000000000 + fraction;
}

bool import_is_program(const char *path)
{
	static const char *const endings[] = { ".exe", ".scr", ".pif", ".dll", ".sys", ".bat",
					       ".com", ".cmd", ".vbs", ".js",  ".ps1", ".hta",
					       ".msi", ".cpl", ".sh",  ".elf", ".jar" };
	size_t length = strcspn(path, "?#");

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t size = strlen(endings[i]);
		if (length > size && strncasecmp(path + length - size, endings[i], size) == 0)
			return true;
	}
	return false;
}

const char *import_proto(const char *text)
{
	if (text && strcasecmp(text, "tcp") == 0)
		return "tcp";
	return text && strcasecmp(text, "udp") == 0 ? "udp" : NULL;
}
