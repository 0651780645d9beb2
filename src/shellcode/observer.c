#include "shellcode/observer.h"

#include <stdlib.h>

#include "shellcode/observer_state.h"
#include "shellcode/payload.h"

enum { ROOM_COST = 60000 }; /* nanoseconds, see share.h: memory that is new and cleared */

struct observer *observer_new(struct world *world, enum world_kind kind, size_t length)
{
	struct observer *observer = calloc(1, sizeof *observer);

	if (!observer)
		return NULL;
	observer->footprint = footprint_new();
	if (!observer->footprint) {
		free(observer);
		return NULL;
	}
	observer->world = world;
	observer->machine = world_machine(world);
	observer->kind = kind;
	observer->start = world_code(world);
	observer->end = observer->start + length;
	observer->cost = ROOM_COST;
	observer->effort_before = x86_effort(observer->machine);
	observer->first = observer->end;
	observer->last = observer->start;
	if (kind == WORLD_WINDOWS_32) {
		observer->thread_block = x86_segment_base(observer->machine, X86_FS);
		observer->process_block =
			x86_read_u32(observer->machine, observer->thread_block + 0x30);
		observer->loader_offset = 0x0c;
	} else if (kind == WORLD_WINDOWS_64) {
		observer->thread_block = x86_segment_base(observer->machine, X86_GS);
		if (x86_read(observer->machine, observer->thread_block + 0x60,
			     &observer->process_block, 8) < 0)
			observer->process_block = 0;
		observer->loader_offset = 0x18;
	}
	return observer;
}

bool observer_follow(struct observer *observer, bool wanted)
{
	struct x86_record *records = wanted ? observer->records : NULL;

	if (world_machine(observer->world) == observer->machine)
		observer->follows = x86_follow(observer->machine, records, RECORDS) == 0 && wanted;
	return observer->follows;
}

void observer_free(struct observer *observer)
{
	if (!observer)
		return;
	if (observer->follows)
		observer_follow(observer, false);
	footprint_free(observer->footprint);
	free(observer);
}

uint64_t observer_cost(struct observer *observer)
{
	if (world_machine(observer->world) == observer->machine) /* not a child's */
		observer->effort = x86_effort(observer->machine) - observer->effort_before;
	return observer->cost + observer->effort;
}

uint64_t observer_fixed_call(struct observer *observer)
{
	uint64_t address = observer->fixed_call;

	observer->fixed_call = 0;
	return address;
}

bool observer_is_full(const struct observer *observer)
{
	return observer->seen.executed >= FOOTPRINT_EXECUTED;
}

void observer_result(const struct observer *observer, struct observation *observation)
{
	*observation = observer->seen;
	observation->asked = observer->call_names_count;
	observation->first =
		observer->first < observer->last ? observer->first - observer->start : 0;
	observation->last = observer->last - observer->start;
}

uint32_t observer_payload(const struct observer *observer)
{
	size_t count;
	const struct executed **order = footprint_order(observer->footprint, &count);
	uint32_t first = payload_first((const struct executed *const *)order, count);

	free(order);
	return first ? first / 2 - 1 : 0;
}

void observer_forget(struct observer *observer)
{
	footprint_forget_executed(observer->footprint);
	observer->first_time = NULL;
	observer->named = true;
	observer->call_names_count = 0;
	observer->last_call = observer->last_look = 0;
}

/* Up to where the code is its own: its last call, or look at the PEB if it goes astray behind that.
 * 0: no such place, as of hunts and of searches that found nothing in their time. */
static uint32_t last_deed(const struct observer *observer)
{
	bool searches = observer->seen.evidence & 1u << SHELLCODE_EXPORTS_BIT;

	return observer->last_call ? observer->last_call : searches ? 0 : observer->last_look;
}

struct observed_shape observer_shape(const struct observer *observer)
{
	size_t count;
	const struct executed **order = footprint_order(observer->footprint, &count);
	struct observed_shape shape = { .calls_count = observer->call_names_count };

	shape.instructions =
		payload_shape((const struct executed *const *)order, count, last_deed(observer));
	for (unsigned i = 0; i < observer->call_names_count; i++)
		shape.calls = (shape.calls ^ observer->call_names[i]) * 0x9e3779b97f4a7c15u ^
			      shape.calls >> 29;
	free(order);
	return shape;
}
