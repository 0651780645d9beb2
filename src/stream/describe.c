/* The description of one conversation: asks every protocol, lets the surest read, and judges.
 *
 * Everything found lives in one arena with a limit; at the limit the description is cut and the
 * caller is told (ERROR_LIMIT), never silently. */
#include "stream/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_LIMIT   (192u << 20) /* both sides once as files and some more */
#define LIST_MOST     10000u	   /* entries of one kind */
#define FIRST_ENTRIES 16u

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
	if (offset > describer->whole_until[side])
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

void describe_file(struct describer *describer, enum stream_side sender, size_t offset,
		   struct bytes content, struct bytes name, const char *carrier, bool complete)
{
	struct stream_description *description = describer->description;
	if (content.length == 0)
		return;
	char *copy = arena_copy(description->arena, content);
	if (!copy) {
		describer->cut = true;
		return;
	}
	struct stream_file *entry =
		next_entry(describer, (const void **)&description->files, &description->file_count,
			   &describer->file_room, sizeof *entry);
	if (entry)
		*entry = (struct stream_file){ .sender = sender,
					       .offset = offset,
					       .content = { (uint8_t *)copy, content.length },
					       .name = describe_text(describer, name),
					       .carrier = carrier,
					       .media = stream_media(content),
					       .complete = complete };
}

void describe_target(struct describer *describer, const char *target)
{
	if (!describer->description->target)
		describer->description->target = describe_text(describer, bytes_of(target));
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
	return session->picked_up || describer->cut ? STREAM_UNJUDGED : STREAM_CONFORMS;
}

int stream_describe(const struct stream_session *session, struct stream_description *description)
{
	struct describer describer = { .session = session, .description = description };

	*description = (struct stream_description){ .protocol = "unknown",
						    .conformance = STREAM_UNJUDGED };
	description->arena = arena_new(ARENA_LIMIT);
	if (!description->arena)
		return ERROR_MEMORY;
	for (int side = 0; side < STREAM_SIDES; side++)
		describer.whole_until[side] = side_whole_until(&session->half[side]);
	const struct protocol *protocol = surest(session);
	if (protocol) {
		description->protocol = protocol->name;
		protocol->read(&describer);
	} else {
		for (int side = 0; side < STREAM_SIDES; side++)
			raw_carve(&describer, (enum stream_side)side);
	}
	description->conformance = conformance(&describer, protocol);
	return describer.cut ? ERROR_LIMIT : 0;
}

void stream_description_fini(struct stream_description *description)
{
	if (!description)
		return;
	arena_free(description->arena);
	*description = (struct stream_description){ .protocol = "unknown",
						    .conformance = STREAM_UNJUDGED };
}
