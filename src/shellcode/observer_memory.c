/* What watched code reads and writes: itself, where it is, the structures of thread and process,
 * export tables, and memory at growing addresses, where it hunts for a mark. */
#include "shellcode/observer_state.h"

#include <stdlib.h>

enum {
	HUNT_LENGTH = 1024, /* bytes that one comparison must walk over to be a hunt */
	HUNT_STRIDE = 4096,
	HUNT_BRANCHES = 16 /* that must have followed such a comparison at once */
};

static void remember_own_address(struct observer *observer, uint64_t place)
{
	observer->own_addresses[observer->own_next++ % OWN_ADDRESSES] = place;
}

static bool holds_own_address(const struct observer *observer, uint64_t place)
{
	for (unsigned i = 0; i < OWN_ADDRESSES; i++)
		if (observer->own_addresses[i] == place && place)
			return true;
	return false;
}

/* What the comparison compares with: a constant in it, or registers that the code has set. Those
 * that are part of the address are not asked. */
static bool mark_is_own(const struct observer *observer, const struct instruction *instruction,
			uint64_t ip)
{
	uint8_t bytes[INSTRUCTION_MAX] = { 0 };
	const struct executed **order;
	uint32_t mark, set = UINT32_C(1) << X86_SP; /* out of constants, and what these gave */
	size_t count;

	if (x86_read(observer->machine, ip, bytes, sizeof bytes) < 0)
		return false;
	mark = effect_of(world_mode(observer->kind), (struct bytes){ bytes, sizeof bytes }).reads;
	mark &= (UINT32_C(1) << X86_REGISTERS) - 1;
	for (unsigned i = 0; i < instruction->references_count; i++) {
		const struct reference *reference = &instruction->references[i];
		if (reference->base >= 0 && reference->base < X86_REGISTERS)
			mark &= ~(UINT32_C(1) << reference->base);
		if (reference->index >= 0 && reference->index < X86_REGISTERS)
			mark &= ~(UINT32_C(1) << reference->index);
	}
	order = footprint_order(observer->footprint, &count);
	for (size_t i = 0; order && i < count; i++)
		if (order[i]->address != ip && !(order[i]->effect.reads & ~set))
			set |= order[i]->effect.writes;
	free(order);
	return (mark & ~set) == 0;
}

/* A comparison that walks through memory in small steps of one sign looks for something. */
static void follow_hunt(struct observer *observer, const struct instruction *instruction,
			uint64_t ip, uint64_t address)
{
	uint64_t stride = address - observer->hunt_at;

	if (ip != observer->hunt_ip) {
		observer->hunt_ip = ip;
		observer->hunt_length = 0;
		observer->hunt_branches = 0;
	} else if (stride > 0 && stride <= HUNT_STRIDE) {
		observer->hunt_length += stride;
		if (observer->hunt_length >= HUNT_LENGTH &&
		    observer->hunt_branches >= HUNT_BRANCHES && observer->seen.hunt_at != ip) {
			observer_evidence(observer, SHELLCODE_EGG_HUNT_BIT);
			observer->seen.hunt_at = ip;
			observer->seen.own_mark = mark_is_own(observer, instruction, ip);
		}
	} else if (stride != 0) {
		observer->hunt_length = 0;
	}
	observer->hunt_at = address;
	observer->compared = true;
}

/* From the PEB to the loader's data, and from there to the lists (PEB_LDR_DATA: three heads behind
 * a handle). One instruction that reads both goes through all memory. */
static void follow_loader(struct observer *observer, uint64_t ip, uint64_t address)
{
	unsigned word = world_mode(observer->kind) == X86_MODE_64 ? 8 : 4;
	uint64_t place = observer->process_block + observer->loader_offset, data = 0;

	if (address == place) {
		observer->seen.loader = true;
		observer->loader_ip = observer->loader_ip ? observer->loader_ip : ip;
	} else if (observer->seen.loader && ip != observer->loader_ip &&
		   x86_read(observer->machine, place, &data, word) == 0) {
		uint64_t heads = data + (word == 8 ? 0x10 : 0x0c);
		observer->seen.lists |= data && address - heads < 6u * word;
	}
}

static bool is_of_process_block(const struct observer *observer, uint64_t address)
{
	return observer->process_block && address - observer->process_block < 0x20;
}

void observer_read(struct observer *observer, const struct instruction *instruction, uint64_t ip,
		   uint64_t address, unsigned size)
{
	if (holds_own_address(observer, address) && instruction->role != ROLE_RETURN)
		observer_evidence(observer, SHELLCODE_GETPC_BIT);
	if (observer_inside(observer, address)) {
		observer_evidence(observer, SHELLCODE_SELF_READ_BIT);
		observer_touch(observer, address, size);
	}
	if (is_of_process_block(observer, address))
		observer_evidence(observer, SHELLCODE_PEB_BIT);
	if (observer->process_block)
		follow_loader(observer, ip, address);
	if (observer->thread_block &&
	    modules_export_directory(&observer->modules, observer->machine, address))
		observer_evidence(observer, SHELLCODE_EXPORTS_BIT);
	if (instruction->role == ROLE_COMPARE)
		follow_hunt(observer, instruction, ip, address);
}

void observer_write(struct observer *observer, const struct instruction *instruction,
		    uint64_t address, unsigned size, struct written writes)
{
	if (observer_inside(observer, address) &&
	    footprint_written(observer->footprint, address, size).step == 0)
		observer->seen.rewritten += size;
	observer->seen.handler |= observer->thread_block && address == observer->thread_block;
	footprint_write(observer->footprint, address, size, writes);
	observer_touch(observer, address, size);
	if (instruction->role == ROLE_CALL)
		remember_own_address(observer, address);
	if (instruction->role == ROLE_STORE_ENVIRONMENT) /* FIP (SDM vol. 1, fig. 8-9) */
		remember_own_address(observer, address + (size >= 255 ? 8 : 12));
}

void observer_references(struct observer *observer, const struct instruction *instruction,
			 struct written writes)
{
	for (unsigned i = 0; i < instruction->references_count; i++) {
		const struct reference *reference = &instruction->references[i];
		uint64_t address = instruction_address(observer->machine, instruction, reference);
		if (reference->reads)
			observer_read(observer, instruction, x86_ip(observer->machine), address,
				      reference->size);
		if (reference->reads && is_of_process_block(observer, address))
			observer->last_look = observer->steps;
		if (reference->writes)
			observer_write(observer, instruction, address, reference->size, writes);
	}
}
