/* The handle table. A handle is 4 * (index + 1), as in Windows; a closed place is used again. */
#include "win32/object.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "win32/thread.h"

#define HANDLE_LIMIT 16384u /* a program that leaks more gets failures, as with a quota */

static uint32_t place(struct win32 *w, struct win32_object *object)
{
	unsigned i = 0;

	while (i < w->handle_count && w->handles[i])
		i++;
	if (i == w->handle_count) {
		unsigned count = w->handle_count ? 2 * w->handle_count : 64;
		if (count > HANDLE_LIMIT)
			return 0;
		struct win32_object **grown = realloc(w->handles, count * sizeof(*grown));
		if (!grown)
			return 0;
		memset(grown + w->handle_count, 0, (count - w->handle_count) * sizeof(*grown));
		w->handles = grown;
		w->handle_count = count;
	}
	w->handles[i] = object;
	object->references++;
	return 4 * (i + 1);
}

uint32_t win32_object_new(struct win32 *w, enum win32_object_kind kind, const char *name,
			  struct win32_object **result)
{
	struct win32_object *object = calloc(1, sizeof *object);

	*result = object;
	if (!object)
		return 0;
	object->kind = kind;
	object->file = -1;
	buffer_init(&object->content, 16u << 20);
	if (name && *name) {
		object->name = strdup(name);
		object->next = w->named;
		w->named = object;
	}
	uint32_t handle = place(w, object);
	if (!handle) {
		object->references = 1;
		win32_object_drop(w, object);
		*result = NULL;
	}
	return handle;
}

uint32_t win32_object_share(struct win32 *w, struct win32_object *object)
{
	return place(w, object);
}

struct win32_object *win32_object_of(struct win32 *w, uint32_t handle, enum win32_object_kind kind)
{
	uint32_t index = handle / 4 - 1;

	/* The low two bits of a handle belong to the program, which may set them. */
	if (handle < 4 || index >= w->handle_count)
		return NULL;
	struct win32_object *object = w->handles[index];
	return object && (kind == OBJECT_ANY || object->kind == kind) ? object : NULL;
}

struct win32_object *win32_object_named(struct win32 *w, enum win32_object_kind kind,
					const char *name)
{
	for (struct win32_object *object = w->named; object; object = object->next)
		if (object->kind == kind && object->name && strcmp(object->name, name) == 0)
			return object;
	return NULL;
}

void win32_object_keep(struct win32_object *object)
{
	object->references++;
}

void win32_object_drop(struct win32 *w, struct win32_object *object)
{
	if (!object || --object->references)
		return;
	for (struct win32_object **link = &w->named; *link; link = &(*link)->next)
		if (*link == object) {
			*link = object->next;
			break;
		}
	if (object->has_conversation && w->peer && w->peer->close)
		w->peer->close(w->peer->context, object->conversation);
	buffer_fini(&object->content);
	free(object->name);
	free(object->text);
	free(object->mail_from);
	free(object);
}

bool win32_object_close(struct win32 *w, uint32_t handle)
{
	struct win32_object *object = win32_object_of(w, handle, OBJECT_ANY);

	if (!object)
		return false;
	w->handles[handle / 4 - 1] = NULL;
	win32_object_drop(w, object);
	return true;
}

bool win32_object_ready(struct win32 *w, const struct win32_object *object,
			const struct win32_thread *thread)
{
	switch (object->kind) {
	case OBJECT_MUTEX: return !object->owner || object->owner == thread;
	case OBJECT_SEMAPHORE: return object->count > 0;
	case OBJECT_TIMER: return object->signalled || object->due <= win32_now(w);
	case OBJECT_EVENT:
	case OBJECT_THREAD:
	case OBJECT_PROCESS: return object->signalled;
	default: return true; /* files, pipes, sockets: their work is done when the call returns */
	}
}

void win32_object_acquire(struct win32_object *object, struct win32_thread *thread)
{
	switch (object->kind) {
	case OBJECT_MUTEX:
		object->owner = thread;
		object->count++;
		break;
	case OBJECT_SEMAPHORE: object->count--; break;
	case OBJECT_TIMER:
		if (!object->manual) {
			object->signalled = false;
			object->due = WIN32_NEVER;
		}
		break;
	case OBJECT_EVENT:
		if (!object->manual)
			object->signalled = false;
		break;
	default: break;
	}
}
