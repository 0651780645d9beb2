/* The description of one conversation: asks every protocol, lets the surest read, and judges.
 *
 * Everything found lives in one arena with a limit; at the limit the description is cut and the
 * caller is told (ERROR_LIMIT), never silently. */
#include "stream/protocol.h"
#include "stream/targets.h"
#include "stream/unpack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_LIMIT   (192u << 20) /* both sides once as files and some more */
#define LIST_MOST     10000u	   /* entries of one kind */
#define FIRST_ENTRIES 16u
#define UNPACK_LEVELS 2u	  /* archives in archives */
#define UNPACK_MOST   (32u << 20) /* packed and unpacked bytes of a conversation */

/* Room for one more entry in an array that the arena holds; NULL at the limit. */
static void *next_entry(struct describer *describer, const void **array, size_t *count,
			size_t *room, size_t size)
{
	if (*count == LIST_MOST) {
		describer->cut = true;
		return NULL;
	}
	if (*count == *room) {
		size_t grown_room = *room ? *room * 2 : FIRST_ENTRIES;
		void *grown = arena_take(describer->description->arena, grown_room * size);
		if (!grown) {
			describer->cut = true;
			return NULL;
		}
		if (*count)
			memcpy(grown, *array, *count * size);
		*array = grown;
		*room = grown_room;
	}
	/* The arrays are the arena's own, const only to the caller of stream_describe. */
	uintptr_t base = (uintptr_t)*array;
	return (void *)(base + (*count)++ * size);
}

void describe_deviation(struct describer *describer, enum stream_side side, size_t offset,
			const char *what)
{
	struct stream_description *description = describer->description;
	size_t until = describer->whole_until[side];
	if (offset > until ||
	    (offset == until && until < describer->session->half[side].data.length))
		return;
	struct stream_deviation *entry = next_entry(
		describer, (const void **)&description->deviations, &description->deviation_count,
		&describer->deviation_room, sizeof *entry);
	if (entry)
		*entry = (struct stream_deviation){ side, offset, what };
}

static void say(struct describer *describer, enum stream_side side, size_t offset, const char *what,
		const char *text)
{
	struct stream_description *description = describer->description;
	struct stream_utterance *entry = next_entry(
		describer, (const void **)&description->utterances, &description->utterance_count,
		&describer->utterance_room, sizeof *entry);
	if (entry)
		*entry = (struct stream_utterance){
			side, offset, side_time(&describer->session->half[side], offset), what, text
		};
}

void describe_say(struct describer *describer, enum stream_side side, size_t offset,
		  const char *what, struct bytes text)
{
	say(describer, side, offset, what, describe_text(describer, text));
}

void describe_say_format(struct describer *describer, enum stream_side side, size_t offset,
			 const char *what, const char *format, ...)
{
	char text[1024];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	say(describer, side, offset, what, describe_text(describer, bytes_of(text)));
}

void describe_announcement(struct describer *describer, const struct stream_announcement *what,
			   struct bytes name)
{
	struct stream_description *description = describer->description;
	struct stream_announcement *entry = next_entry(
		describer, (const void **)&description->announcements,
		&description->announcement_count, &describer->announcement_room, sizeof *entry);
	if (!entry)
		return;
	*entry = *what;
	entry->name = describe_text(describer, name);
}

/* Is that part of what was said? Then it lives as long as the session. */
static bool was_said(const struct stream_session *session, struct bytes content)
{
	for (int side = 0; side < STREAM_SIDES; side++) {
		struct bytes said = session->half[side].data;
		uintptr_t begin = (uintptr_t)said.data, first = (uintptr_t)content.data;
		if (first >= begin && first - begin <= said.length &&
		    content.length <= said.length - (first - begin))
			return true;
	}
	return false;
}

static void add_file(struct describer *describer, const struct stream_file *file)
{
	struct stream_description *description = describer->description;
	struct stream_file *entry =
		next_entry(describer, (const void **)&description->files, &description->file_count,
			   &describer->file_room, sizeof *entry);

	if (!entry)
		return;
	*entry = *file;
	if (!describer->stays_packed && describer->unpacking < UNPACK_LEVELS) {
		describer->unpacking++;
		unpack_file(describer, file); /* the list may move */
		describer->unpacking--;
	}
}

void describe_joined_file(struct describer *describer, enum stream_side sender, size_t offset,
			  struct bytes content, const struct stream_piece *pieces, size_t count,
			  struct bytes name, const char *carrier, bool complete)
{
	struct stream_file file = { .sender = sender,
				    .offset = offset,
				    .content = content,
				    .carrier = carrier,
				    .media = stream_media(content),
				    .complete = complete,
				    .pieces = pieces,
				    .piece_count = pieces ? count : 0 };

	file.name = describe_text(describer, name);
	add_file(describer, &file);
}

void describe_file(struct describer *describer, enum stream_side sender, size_t offset,
		   struct bytes content, struct bytes name, const char *carrier, bool complete)
{
	if (content.length == 0)
		return;
	if (!was_said(describer->session, content)) {
		char *copy = arena_copy(describer->description->arena, content);
		if (!copy) {
			describer->cut = true;
			return;
		}
		content.data = (uint8_t *)copy;
	}
	describe_joined_file(describer, sender, offset, content, NULL, 0, name, carrier, complete);
}

void describe_sealed(struct describer *describer, enum stream_side side, size_t offset,
		     size_t length)
{
	struct stream_description *description = describer->description;
	struct stream_range *last = describer->last_sealed;

	if (last && last->side == side && last->offset + last->length == offset) {
		last->length += length;
		return;
	}
	last = next_entry(describer, (const void **)&description->sealed,
			  &description->sealed_count, &describer->sealed_room, sizeof *last);
	if (last)
		*last = (struct stream_range){ side, offset, length };
	describer->last_sealed = last;
}

void describe_target(struct describer *describer, const char *target)
{
	if (!describer->description->target)
		describer->description->target = describe_text(describer, bytes_of(target));
}

void describe_unjudged(struct describer *describer)
{
	describer->unjudged = true;
}

struct arena *describe_arena(struct describer *describer)
{
	return describer->description->arena;
}

static const struct protocol *surest(const struct stream_session *session)
{
	const struct protocol *best = NULL;
	int best_sureness = SURE_NOT;

	for (const struct protocol *protocol = protocols; protocol->name; protocol++) {
		if (protocol->transport != session->protocol)
			continue;
		int sureness = protocol->recognise(session);
		if (sureness > best_sureness) {
			best = protocol;
			best_sureness = sureness;
		}
		if (best_sureness == SURE_BY_MAGIC) /* nothing is surer */
			break;
	}
	return best;
}

/* Silence proves conformance only where the whole conversation was there to be read. */
static enum stream_conformance conformance(const struct describer *describer,
					   const struct protocol *protocol)
{
	const struct stream_session *session = describer->session;

	if (!protocol || !protocol->has_specification)
		return STREAM_UNJUDGED;
	if (describer->description->deviation_count)
		return STREAM_DEVIATES;
	for (int side = 0; side < STREAM_SIDES; side++)
		if (session->half[side].lost || session->half[side].beyond_limit)
			return STREAM_UNJUDGED;
	return session->picked_up || describer->cut || describer->unjudged ? STREAM_UNJUDGED
									   : STREAM_CONFORMS;
}

/* Merges two runs that are sorted by time; of equal ones the first run's stand first. */
static void merge(const struct stream_utterance *from, size_t middle, size_t end,
		  struct stream_utterance *into)
{
	size_t left = 0, right = middle;
	for (size_t i = 0; i < end; i++) {
		bool take_left = left < middle &&
				 (right >= end || from[left].time_ns <= from[right].time_ns);
		into[i] = from[take_left ? left++ : right++];
	}
}

/* Protocols may read one side after the other: what was said is put in the order of time. Stable.
 */
static void sort_utterances(struct describer *describer)
{
	struct stream_description *description = describer->description;
	size_t count = description->utterance_count;
	struct stream_utterance *from = arena_take(description->arena, count * sizeof *from);
	struct stream_utterance *into = arena_take(description->arena, count * sizeof *into);

	if (count < 2)
		return;
	if (!from || !into) {
		describer->cut = true;
		return;
	}
	memcpy(from, description->utterances, count * sizeof *from);
	for (size_t width = 1; width < count; width *= 2) {
		for (size_t start = 0; start < count; start += 2 * width) {
			size_t left = count - start;
			size_t end = left < 2 * width ? left : 2 * width;
			merge(from + start, end < width ? end : width, end, into + start);
		}
		struct stream_utterance *swap = from;
		from = into;
		into = swap;
	}
	description->utterances = from;
}

int stream_prepare(struct error *error)
{
	return targets_get(error) ? 0 : error->code;
}

static int begin(struct describer *describer)
{
	*describer->description = (struct stream_description){ .protocol = "unknown",
							       .conformance = STREAM_UNJUDGED };
	describer->description->arena = arena_new(ARENA_LIMIT);
	describer->unpack_left = UNPACK_MOST;
	for (int side = 0; side < STREAM_SIDES; side++)
		describer->whole_until[side] = side_whole_until(&describer->session->half[side]);
	return describer->description->arena ? 0 : ERROR_MEMORY;
}

static int finish(struct describer *describer, const struct protocol *protocol)
{
	sort_utterances(describer);
	describer->description->conformance = conformance(describer, protocol);
	return describer->cut || describer->left_packed ? ERROR_LIMIT : 0;
}

static int describe(struct describer *describer)
{
	if (begin(describer) < 0)
		return ERROR_MEMORY;
	const struct protocol *protocol = surest(describer->session);
	if (protocol) {
		describer->description->protocol = protocol->name;
		protocol->read(describer);
	} else {
		for (int side = 0; side < STREAM_SIDES; side++)
			raw_carve(describer, (enum stream_side)side);
	}
	return finish(describer, protocol);
}

int stream_describe(const struct stream_session *session, struct stream_description *description)
{
	struct describer describer = { .session = session, .description = description };

	return describe(&describer);
}

int stream_describe_packed(const struct stream_session *session,
			   struct stream_description *description)
{
	struct describer describer = { .session = session,
				       .description = description,
				       .stays_packed = true };

	return describe(&describer);
}

int stream_describe_announced(const struct stream_session *session,
			      const struct stream_announcement *announcement,
			      struct stream_description *description)
{
	struct describer describer = { .session = session, .description = description };
	bool tftp = session->protocol == 17 && strcmp(announcement->purpose, "tftp") == 0;

	if (!tftp && strcmp(announcement->purpose, "ftp-data") != 0)
		return stream_describe(session, description);
	if (begin(&describer) < 0)
		return ERROR_MEMORY;
	if (tftp) {
		description->protocol = "tftp";
		tftp_read_named(&describer, bytes_of(announcement->name));
		return finish(&describer, NULL);
	}
	description->protocol = "ftp-data";
	for (int side = 0; side < STREAM_SIDES; side++)
		raw_carve_whole(&describer, (enum stream_side)side, bytes_of(announcement->name),
				"ftp-data");
	return finish(&describer, NULL);
}

void stream_description_fini(struct stream_description *description)
{
	if (!description)
		return;
	arena_free(description->arena);
	*description = (struct stream_description){ .protocol = "unknown",
						    .conformance = STREAM_UNJUDGED };
}
