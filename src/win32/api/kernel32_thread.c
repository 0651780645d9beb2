/* kernel32: threads, waiting, synchronisation, thread-local storage. */
#include <stdlib.h>
#include <string.h>

#include "win32/api/models.h"

static uint32_t create_thread_at(struct call *call, uint32_t start, uint32_t parameter,
				 uint32_t stack, uint32_t flags, uint32_t id_at)
{
	struct win32 *w = call->w;
	uint32_t handle;

	EMIT(w, THREAD_CREATE, trace_text("self"), trace_number(start));
	struct win32_thread *thread = win32_thread_new(w, start, parameter, stack, &handle);
	if (!thread)
		return fail(call, ERROR_NOT_ENOUGH_MEMORY, 0);
	thread->suspended = flags & 4 ? 1 : 0;
	if (id_at)
		win32_put_u32(w, id_at, thread->id);
	return handle;
}

static uint32_t create_thread(struct call *call)
{
	return create_thread_at(call, arg(call, 2), arg(call, 3), arg(call, 1), arg(call, 4),
				arg(call, 5));
}

static uint32_t create_remote_thread(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_object *other = win32_object_of(w, arg(call, 0), OBJECT_PROCESS), *thread;

	if (arg(call, 0) == UINT32_MAX || (other && other->id == w->process_id))
		return create_thread_at(call, arg(call, 3), arg(call, 4), arg(call, 2),
					arg(call, 5), arg(call, 6));
	if (!other)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	EMIT(w, THREAD_CREATE, trace_text(other->text ? other->text : ""),
	     trace_number(arg(call, 3)));
	uint32_t handle = win32_object_new(w, OBJECT_THREAD, NULL, &thread);
	if (thread)
		thread->signalled = true;
	return handle;
}

static uint32_t exit_thread(struct call *call)
{
	win32_thread_exit(call->w, call->w->current, arg(call, 0));
	call->outcome = API_JUMP;
	return 0;
}

static struct win32_object *thread_of(struct call *call, uint32_t handle)
{
	if (handle == UINT32_MAX - 1)
		return call->w->current->object;
	return win32_object_of(call->w, handle, OBJECT_THREAD);
}

static uint32_t terminate_thread(struct call *call)
{
	struct win32_object *object = thread_of(call, arg(call, 0));

	if (!object)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	if (object->owner) {
		if (object->owner == call->w->current)
			call->outcome = API_JUMP;
		win32_thread_exit(call->w, object->owner, arg(call, 1));
	}
	return 1;
}

static uint32_t get_exit_code_thread(struct call *call)
{
	struct win32_object *object = thread_of(call, arg(call, 0));

	if (!object)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	win32_put_u32(call->w, arg(call, 1), object->status);
	return 1;
}

static uint32_t suspend_thread(struct call *call)
{
	struct win32_object *object = thread_of(call, arg(call, 0));
	return object && object->owner ? object->owner->suspended++ : UINT32_MAX;
}

static uint32_t resume_thread(struct call *call)
{
	struct win32_object *object = thread_of(call, arg(call, 0));

	if (!object)
		return fail(call, ERROR_INVALID_HANDLE, UINT32_MAX);
	if (!object->owner || object->owner->suspended == 0)
		return 0;
	return object->owner->suspended--;
}

static uint32_t get_current_thread(struct call *call)
{
	(void)call;
	return UINT32_MAX - 1;
}

static uint32_t get_current_thread_id(struct call *call)
{
	return call->w->current->id;
}

static uint32_t return_true(struct call *call)
{
	(void)call;
	return 1;
}

static uint32_t return_zero(struct call *call)
{
	(void)call;
	return 0;
}

static uint32_t get_thread_context(struct call *call)
{
	struct win32_object *object = thread_of(call, arg(call, 0));

	if (!object)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	struct win32_thread *before = call->w->current;
	uint32_t at = arg(call, 1);
	if (object->owner)
		win32_thread_switch(call->w, object->owner);
	win32_context_store(call->w, at);
	win32_thread_switch(call->w, before);
	return 1;
}

static uint32_t set_thread_context(struct call *call)
{
	struct win32_object *object = thread_of(call, arg(call, 0));

	if (!object)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	struct win32_thread *before = call->w->current;
	uint32_t at = arg(call, 1);
	/* A thread of another process has no registers here. */
	if (!object->owner || object->owner == before)
		return 1;
	win32_thread_switch(call->w, object->owner);
	bool done = win32_context_load(call->w, at);
	win32_thread_switch(call->w, before);
	return done;
}

/* --- waiting --- */

static uint32_t sleep_model(struct call *call)
{
	win32_event_sleep(call->w, arg(call, 0));
	return sleep_then(call, arg(call, 0), 0);
}

static uint32_t wait_for(struct call *call, const uint32_t *handles, unsigned count, bool all,
			 uint32_t milliseconds)
{
	struct win32 *w = call->w;
	struct win32_object *objects[WIN32_WAITS];

	for (unsigned i = 0; i < count; i++) {
		objects[i] = thread_of(call, handles[i]);
		if (!objects[i])
			objects[i] = win32_object_of(w, handles[i], OBJECT_ANY);
		if (!objects[i] && handles[i] != UINT32_MAX)
			return fail(call, ERROR_INVALID_HANDLE, UINT32_MAX);
		/* Waiting for one's own process is waiting for ever. */
		if (!objects[i])
			return sleep_then(call, milliseconds, WAIT_TIMEOUT);
	}
	win32_wait(w, objects, count, all, milliseconds);
	return 0;
}

static uint32_t wait_for_single(struct call *call)
{
	uint32_t handle = arg(call, 0);
	return wait_for(call, &handle, 1, false, arg(call, 1));
}

static uint32_t wait_for_multiple(struct call *call)
{
	uint32_t count = arg(call, 0), handles[WIN32_WAITS];

	if (count == 0 || count > WIN32_WAITS)
		return fail(call, ERROR_INVALID_PARAMETER, UINT32_MAX);
	for (uint32_t i = 0; i < count; i++)
		handles[i] = win32_u32(call->w, arg(call, 1) + 4 * i);
	return wait_for(call, handles, count, arg(call, 2) != 0, arg(call, 3));
}

/* --- named and unnamed objects --- */

static uint32_t create_named(struct call *call, enum win32_object_kind kind, const char *name,
			     struct win32_object **object, bool *existed)
{
	struct win32 *w = call->w;
	struct win32_object *found = name && *name ? win32_object_named(w, kind, name) : NULL;

	*existed = found != NULL;
	set_last_error(w, found ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
	if (found) {
		*object = found;
		return win32_object_share(w, found);
	}
	return win32_object_new(w, kind, name, object);
}

static uint32_t create_mutex(struct call *call)
{
	const char *name = arg_text(call, 2);
	struct win32_object *object;
	bool existed;
	uint32_t handle = create_named(call, OBJECT_MUTEX, name, &object, &existed);

	if (name)
		EMIT(call->w, MUTEX_CREATE, trace_text(name));
	if (handle && !existed && arg(call, 1))
		win32_object_acquire(object, call->w->current);
	return handle;
}

static uint32_t open_named(struct call *call, enum win32_object_kind kind)
{
	const char *name = arg_text(call, 2);
	struct win32_object *found = name ? win32_object_named(call->w, kind, name) : NULL;

	if (!found)
		return fail(call, ERROR_FILE_NOT_FOUND, 0);
	return win32_object_share(call->w, found);
}

static uint32_t open_mutex(struct call *call)
{
	return open_named(call, OBJECT_MUTEX);
}

static uint32_t open_event(struct call *call)
{
	return open_named(call, OBJECT_EVENT);
}

static uint32_t open_semaphore(struct call *call)
{
	return open_named(call, OBJECT_SEMAPHORE);
}

static uint32_t release_mutex(struct call *call)
{
	struct win32_object *object = win32_object_of(call->w, arg(call, 0), OBJECT_MUTEX);

	if (!object || object->owner != call->w->current)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	if (--object->count == 0)
		object->owner = NULL;
	return 1;
}

static uint32_t create_event(struct call *call)
{
	struct win32_object *object;
	bool existed;
	uint32_t handle = create_named(call, OBJECT_EVENT, arg_text(call, 3), &object, &existed);

	if (handle && !existed) {
		object->manual = arg(call, 1) != 0;
		object->signalled = arg(call, 2) != 0;
	}
	return handle;
}

static uint32_t set_event_to(struct call *call, bool signalled)
{
	struct win32_object *object = win32_object_of(call->w, arg(call, 0), OBJECT_EVENT);

	if (!object)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	object->signalled = signalled;
	return 1;
}

static uint32_t set_event(struct call *call)
{
	return set_event_to(call, true);
}

static uint32_t reset_event(struct call *call)
{
	return set_event_to(call, false);
}

static uint32_t create_semaphore(struct call *call)
{
	struct win32_object *object;
	bool existed;
	uint32_t handle =
		create_named(call, OBJECT_SEMAPHORE, arg_text(call, 3), &object, &existed);

	if (handle && !existed) {
		object->count = arg(call, 1);
		object->maximum = arg(call, 2);
	}
	return handle;
}

static uint32_t release_semaphore(struct call *call)
{
	struct win32_object *object = win32_object_of(call->w, arg(call, 0), OBJECT_SEMAPHORE);

	if (!object || arg(call, 1) > object->maximum - object->count)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	if (arg(call, 2))
		win32_put_u32(call->w, arg(call, 2), object->count);
	object->count += arg(call, 1);
	return 1;
}

static uint32_t create_timer(struct call *call)
{
	struct win32_object *object;
	bool existed;
	uint32_t handle = create_named(call, OBJECT_TIMER, arg_text(call, 2), &object, &existed);

	if (handle && !existed) {
		object->manual = arg(call, 1) != 0;
		object->due = WIN32_NEVER;
	}
	return handle;
}

static uint32_t set_timer(struct call *call)
{
	struct win32_object *object = win32_object_of(call->w, arg(call, 0), OBJECT_TIMER);
	uint64_t due = win32_u32(call->w, arg(call, 1)) |
		       (uint64_t)win32_u32(call->w, arg(call, 1) + 4) << 32;

	if (!object)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	uint64_t now = win32_file_time(call->w);
	/* negative: 100 ns from now; positive: a point in time */
	uint64_t wait = (int64_t)due < 0 ? (uint64_t) - (int64_t)due : due > now ? due - now : 0;
	object->due = win32_now(call->w) + wait / 10;
	object->signalled = false;
	return 1;
}

static uint32_t close_handle(struct call *call)
{
	if (arg(call, 0) >= UINT32_MAX - 1)
		return 1;
	return win32_object_close(call->w, arg(call, 0)) ? 1 : fail(call, ERROR_INVALID_HANDLE, 0);
}

static uint32_t duplicate_handle(struct call *call)
{
	struct win32_object *object = thread_of(call, arg(call, 1));

	if (!object)
		object = win32_object_of(call->w, arg(call, 1), OBJECT_ANY);
	uint32_t handle = object ? win32_object_share(call->w, object) : arg(call, 1);
	if (arg(call, 3))
		win32_put_u32(call->w, arg(call, 3), handle);
	if (arg(call, 6) & 1)
		win32_object_close(call->w, arg(call, 1));
	return 1;
}

/* --- critical sections: RTL_CRITICAL_SECTION, lock count at 4, recursion at 8, owner at 12 --- */

static uint32_t initialize_section(struct call *call)
{
	uint32_t at = arg(call, 0);

	win32_fill(call->w, at, 0, 24);
	win32_put_u32(call->w, at + 4, UINT32_MAX);
	return 1;
}

static uint32_t enter_section(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t at = arg(call, 0), owner = win32_u32(w, at + 12), count = win32_u32(w, at + 8);

	if (owner && owner != w->current->id && count && win32_thread_find(w, owner)) {
		/* Held by another thread: look again shortly. */
		win32_wait(w, NULL, 0, false, 1);
		w->current->wake_sets_result = false;
		call->outcome = API_AGAIN;
		return 0;
	}
	win32_put_u32(w, at + 12, w->current->id);
	win32_put_u32(w, at + 8, owner == w->current->id ? count + 1 : 1);
	win32_put_u32(w, at + 4, 0);
	return 0;
}

static uint32_t try_enter_section(struct call *call)
{
	uint32_t at = arg(call, 0), owner = win32_u32(call->w, at + 12);

	if (owner && owner != call->w->current->id && win32_u32(call->w, at + 8))
		return 0;
	enter_section(call);
	return 1;
}

static uint32_t leave_section(struct call *call)
{
	uint32_t at = arg(call, 0), count = win32_u32(call->w, at + 8);

	if (count > 1) {
		win32_put_u32(call->w, at + 8, count - 1);
		return 0;
	}
	win32_put_u32(call->w, at + 4, UINT32_MAX);
	win32_put_u32(call->w, at + 8, 0);
	win32_put_u32(call->w, at + 12, 0);
	return 0;
}

/* --- interlocked --- */

static uint32_t interlocked_increment(struct call *call)
{
	uint32_t value = win32_u32(call->w, arg(call, 0)) + 1;
	win32_put_u32(call->w, arg(call, 0), value);
	return value;
}

static uint32_t interlocked_decrement(struct call *call)
{
	uint32_t value = win32_u32(call->w, arg(call, 0)) - 1;
	win32_put_u32(call->w, arg(call, 0), value);
	return value;
}

static uint32_t interlocked_exchange(struct call *call)
{
	uint32_t value = win32_u32(call->w, arg(call, 0));
	win32_put_u32(call->w, arg(call, 0), arg(call, 1));
	return value;
}

static uint32_t interlocked_exchange_add(struct call *call)
{
	uint32_t value = win32_u32(call->w, arg(call, 0));
	win32_put_u32(call->w, arg(call, 0), value + arg(call, 1));
	return value;
}

static uint32_t interlocked_compare_exchange(struct call *call)
{
	uint32_t value = win32_u32(call->w, arg(call, 0));
	if (value == arg(call, 2))
		win32_put_u32(call->w, arg(call, 0), arg(call, 1));
	return value;
}

/* --- thread-local storage: 64 slots in the TEB --- */

static uint32_t tls_alloc(struct call *call)
{
	struct win32 *w = call->w;

	for (uint32_t i = 0; i < 64; i++) {
		if (w->tls_used[i / 32] & 1u << i % 32)
			continue;
		w->tls_used[i / 32] |= 1u << i % 32;
		for (unsigned t = 0; t < w->thread_count; t++)
			win32_put_u32(w, w->threads[t]->teb + 0xe10 + 4 * i, 0);
		return i;
	}
	return fail(call, ERROR_NO_MORE_ITEMS, UINT32_MAX);
}

static uint32_t tls_free(struct call *call)
{
	if (arg(call, 0) >= 64)
		return fail(call, ERROR_INVALID_PARAMETER, 0);
	call->w->tls_used[arg(call, 0) / 32] &= ~(1u << arg(call, 0) % 32);
	return 1;
}

static uint32_t tls_get(struct call *call)
{
	if (arg(call, 0) >= 64)
		return fail(call, ERROR_INVALID_PARAMETER, 0);
	set_last_error(call->w, ERROR_SUCCESS);
	return win32_u32(call->w, call->w->current->teb + 0xe10 + 4 * arg(call, 0));
}

static uint32_t tls_set(struct call *call)
{
	if (arg(call, 0) >= 64)
		return fail(call, ERROR_INVALID_PARAMETER, 0);
	return win32_put_u32(call->w, call->w->current->teb + 0xe10 + 4 * arg(call, 0),
			     arg(call, 1));
}

const struct api_model win32_kernel32_thread_models[] = {
	API("CreateThread", 6, create_thread),
	API("CreateRemoteThread", 7, create_remote_thread),
	API("ExitThread", 1, exit_thread),
	API("TerminateThread", 2, terminate_thread),
	API("GetExitCodeThread", 2, get_exit_code_thread),
	API("SuspendThread", 1, suspend_thread),
	API("ResumeThread", 1, resume_thread),
	API("GetCurrentThread", 0, get_current_thread),
	API("GetCurrentThreadId", 0, get_current_thread_id),
	API("SetThreadPriority", 2, return_true),
	API("GetThreadPriority", 1, return_zero),
	API("SetThreadAffinityMask", 2, return_true),
	API("SwitchToThread", 0, return_zero),
	API("GetThreadContext", 2, get_thread_context),
	API("SetThreadContext", 2, set_thread_context),
	API("Sleep", 1, sleep_model),
	API("SleepEx", 2, sleep_model),
	API("WaitForSingleObject", 2, wait_for_single),
	API("WaitForSingleObjectEx", 3, wait_for_single),
	API("WaitForMultipleObjects", 4, wait_for_multiple),
	API("WaitForMultipleObjectsEx", 5, wait_for_multiple),
	API_TEXT("CreateMutex", 3, create_mutex),
	API_TEXT("OpenMutex", 3, open_mutex),
	API("ReleaseMutex", 1, release_mutex),
	API_TEXT("CreateEvent", 4, create_event),
	API_TEXT("OpenEvent", 3, open_event),
	API("SetEvent", 1, set_event),
	API("ResetEvent", 1, reset_event),
	API("PulseEvent", 1, set_event),
	API_TEXT("CreateSemaphore", 4, create_semaphore),
	API_TEXT("OpenSemaphore", 3, open_semaphore),
	API("ReleaseSemaphore", 3, release_semaphore),
	API_TEXT("CreateWaitableTimer", 3, create_timer),
	API("SetWaitableTimer", 6, set_timer),
	API("CloseHandle", 1, close_handle),
	API("DuplicateHandle", 7, duplicate_handle),
	API("InitializeCriticalSection", 1, initialize_section),
	API("InitializeCriticalSectionAndSpinCount", 2, initialize_section),
	API("InitializeCriticalSectionEx", 3, initialize_section),
	API("DeleteCriticalSection", 1, return_zero),
	API("EnterCriticalSection", 1, enter_section),
	API("TryEnterCriticalSection", 1, try_enter_section),
	API("LeaveCriticalSection", 1, leave_section),
	API("InterlockedIncrement", 1, interlocked_increment),
	API("InterlockedDecrement", 1, interlocked_decrement),
	API("InterlockedExchange", 2, interlocked_exchange),
	API("InterlockedExchangeAdd", 2, interlocked_exchange_add),
	API("InterlockedCompareExchange", 3, interlocked_compare_exchange),
	API("TlsAlloc", 0, tls_alloc),
	API("TlsFree", 1, tls_free),
	API("TlsGetValue", 1, tls_get),
	API("TlsSetValue", 2, tls_set),
	API("FlsAlloc", 1, tls_alloc),
	API("FlsFree", 1, tls_free),
	API("FlsGetValue", 1, tls_get),
	API("FlsSetValue", 2, tls_set),
	API_END
};
