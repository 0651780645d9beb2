/* Many instructions at once: the machine runs what is known and keeps a record of what that read
 * and wrote, from which the same is told as from single steps. */
#include "shellcode/observer_state.h"

enum { ACCESS_COST = 15 }; /* nanoseconds, see share.h: of an access of a known instruction */

static bool is_ours(const struct observer *observer, uint64_t ip)
{
	return observer_inside(observer, ip) || footprint_written(observer->footprint, ip, 1).step;
}

/* The instruction that stands at an address where one has been executed. */
static struct decoded *decoded_before(struct observer *observer, uint64_t ip)
{
	struct decoded *decoded = &observer->decoded[ip % DECODED];

	if (decoded->valid && decoded->address == ip)
		return decoded;
	decoded = observer_decoded(observer, ip); /* another one was kept in its place */
	if (decoded && is_ours(observer, ip)) {
		struct written written =
			footprint_written(observer->footprint, ip, decoded->instruction.length);
		decoded->ours = true;
		decoded->writes.step = 1;
		decoded->writes.generation =
			(uint8_t)(written.generation + (written.generation < UINT8_MAX));
	}
	return decoded;
}

/* What an instruction read that had been executed before. */
static void follow_recorded_read(struct observer *observer, const struct decoded *decoded,
				 const struct x86_record *record)
{
	const struct instruction *instruction = &decoded->instruction;

	observer_read(observer, instruction, record->ip, record->address, record->size);
	if (observer->compared) {
		const struct decoded *next =
			decoded_before(observer, record->ip + instruction->length);
		observer->hunt_branches += next && observer_branches_by_flags(next);
		observer->compared = false;
	}
}

static void follow_record(struct observer *observer, const struct x86_record *record, uint32_t step)
{
	const struct decoded *decoded = decoded_before(observer, record->ip);
	struct written writes;

	if (!decoded || !decoded->ours)
		return;
	if (!record->writes) {
		follow_recorded_read(observer, decoded, record);
		return;
	}
	writes = decoded->writes;
	writes.step |= step;
	observer_write(observer, &decoded->instruction, record->address, record->size, writes);
}

/* A fault may have led elsewhere than behind the instruction before: the next step sees to it. */
static bool led_elsewhere(const struct observer *observer, uint64_t ip)
{
	return observer->previous_length &&
	       ip != observer->previous_ip + observer->previous_length &&
	       ip != observer->previous_ip;
}

/* So often has it jumped to itself, if that is what stands there. */
static void note_waiting(struct observer *observer, uint64_t ip, uint32_t times)
{
	const struct decoded *decoded = decoded_before(observer, ip);
	struct executed *executed;

	if (!decoded || !observer_jumps_to_itself(decoded))
		return;
	executed = footprint_executed(observer->footprint, ip);
	if (executed)
		executed->repeats += times;
}

uint32_t observer_run(struct observer *observer, uint32_t most)
{
	struct x86 *machine = observer->machine;
	uint64_t ip, first;
	uint32_t before = observer->steps, steps;

	if (world_machine(observer->world) != machine)
		return 0;
	ip = x86_ip(machine);
	if (most < 2 || !observer->follows || led_elsewhere(observer, ip) ||
	    observer->steps < observer->closely_until)
		return 0; /* a run of one asks nobody */
	observer_note_result(observer);
	first = x86_instructions(machine);
	(void)x86_run(machine, most); /* why it stopped the next step sees */
	steps = (uint32_t)(x86_instructions(machine) - first);
	for (size_t i = 0; i < x86_followed(machine); i++) {
		uint64_t time = observer->records[i].time - first;
		if (time < steps) /* not of one that has faulted */
			follow_record(observer, &observer->records[i],
				      before + 2 * ((uint32_t)time + 1));
	}
	observer->cost += ACCESS_COST * x86_followed(machine);
	observer->steps += 2 * steps;
	if (steps == 0)
		return 0;
	observer->previous_length = 0;
	observer->compared = false;
	observer->previous_ours = is_ours(observer, x86_came_from(machine));
	if (x86_ip(machine) == ip)
		note_waiting(observer, ip, steps);
	return steps;
}
