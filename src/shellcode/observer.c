#include "shellcode/observer.h"

#include <stdlib.h>
#include <string.h>

#include "shellcode/api.h"
#include "shellcode/footprint.h"
#include "shellcode/modules.h"
#include "shellcode/payload.h"

enum {
	OWN_ADDRESSES = 8,  /* places where the code's own address lies, newest win */
	DECODED = 1024,	    /* instructions that are kept decoded */
	HUNT_LENGTH = 1024, /* bytes that one comparison must walk over to be a hunt */
	HUNT_STRIDE = 4096,
	HUNT_BRANCHES = 16, /* that must have followed such a comparison at once */
	CALL_SITES = 64,
	SHAPES = 8
};

struct decoded {
	uint64_t address;
	uint8_t bytes[INSTRUCTION_MAX];
	bool valid;
	struct instruction instruction;
};

struct call_site {
	uint64_t address;
	unsigned count;
};

struct observer {
	struct world *world;
	struct x86 *machine;
	enum world_kind kind;
	uint64_t start, end;	/* of the code */
	uint64_t thread_block;	/* TEB */
	unsigned loader_offset; /* in the PEB: of the pointer to the loader's lists */
	uint64_t process_block; /* PEB */
	uint32_t steps;
	bool previous_ours; /* the instruction before belonged to the code */
	uint64_t own_addresses[OWN_ADDRESSES];
	unsigned own_next;
	unsigned push_texts;
	uint64_t hunt_ip, hunt_at, hunt_length;
	unsigned hunt_branches;
	bool compared;	      /* the instruction before was such a comparison */
	uint64_t first, last; /* extent that was touched */
	struct call_site sites[CALL_SITES];
	struct footprint *footprint;
	struct modules modules;
	uint64_t written_shapes[SHAPES];
	struct observation seen;
	struct decoded decoded[DECODED];
};

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

void observer_free(struct observer *observer)
{
	if (!observer)
		return;
	footprint_free(observer->footprint);
	free(observer);
}

static bool inside(const struct observer *observer, uint64_t address)
{
	return address >= observer->start && address < observer->end;
}

static void evidence(struct observer *observer, enum shellcode_evidence bit)
{
	observer->seen.evidence |= 1u << bit;
}

static void touch(struct observer *observer, uint64_t address, uint64_t length)
{
	if (!inside(observer, address))
		return;
	if (address < observer->first)
		observer->first = address;
	if (address + length > observer->last)
		observer->last = address + length;
}

/* --- what the code learns about where it is --- */

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

/* A comparison that walks through memory in small steps of one sign looks for something. */
static void follow_hunt(struct observer *observer, uint64_t ip, uint64_t address)
{
	uint64_t stride = address - observer->hunt_at;

	if (ip != observer->hunt_ip) {
		observer->hunt_ip = ip;
		observer->hunt_length = 0;
		observer->hunt_branches = 0;
	} else if (stride > 0 && stride <= HUNT_STRIDE) {
		observer->hunt_length += stride;
		if (observer->hunt_length >= HUNT_LENGTH &&
		    observer->hunt_branches >= HUNT_BRANCHES) {
			evidence(observer, SHELLCODE_EGG_HUNT_BIT);
			observer->seen.hunt_at = ip;
		}
	} else if (stride != 0) {
		observer->hunt_length = 0;
	}
	observer->hunt_at = address;
	observer->compared = true;
}

static void follow_read(struct observer *observer, const struct instruction *instruction,
			uint64_t address, unsigned size)
{
	if (holds_own_address(observer, address) && instruction->role != ROLE_RETURN)
		evidence(observer, SHELLCODE_GETPC_BIT);
	if (inside(observer, address)) {
		evidence(observer, SHELLCODE_SELF_READ_BIT);
		touch(observer, address, size);
	}
	if (observer->process_block && address - observer->process_block < 0x20)
		evidence(observer, SHELLCODE_PEB_BIT);
	if (observer->process_block && address == observer->process_block + observer->loader_offset)
		observer->seen.loader = true;
	if (observer->thread_block &&
	    modules_export_directory(&observer->modules, observer->machine, address))
		evidence(observer, SHELLCODE_EXPORTS_BIT);
	if (instruction->role == ROLE_COMPARE)
		follow_hunt(observer, x86_ip(observer->machine), address);
}

static void follow_references(struct observer *observer, const struct instruction *instruction,
			      bool again)
{
	for (unsigned i = 0; i < instruction->references_count; i++) {
		const struct reference *reference = &instruction->references[i];
		uint64_t address = instruction_address(observer->machine, instruction, reference);
		if (reference->reads)
			follow_read(observer, instruction, address, reference->size);
		if (!reference->writes)
			continue;
		if (inside(observer, address) &&
		    footprint_written(observer->footprint, address, reference->size) == 0)
			observer->seen.rewritten += reference->size;
		footprint_write(observer->footprint, address, reference->size,
				observer->steps | again);
		touch(observer, address, reference->size);
		if (instruction->role == ROLE_CALL)
			remember_own_address(observer, address);
		if (instruction->role == ROLE_STORE_ENVIRONMENT) /* FIP (SDM vol. 1, fig. 8-9) */
			remember_own_address(observer, address + (reference->size == 255 ? 8 : 12));
	}
}

/* --- what it asks the system for --- */

static void count_site(struct observer *observer, uint64_t ip)
{
	for (unsigned i = 0; i < CALL_SITES; i++) {
		struct call_site *site = &observer->sites[i];
		if (site->address && site->address != ip)
			continue;
		if (!site->address)
			observer->seen.call_sites++;
		site->address = ip;
		if (++site->count > observer->seen.most_repeated)
			observer->seen.most_repeated = site->count;
		return;
	}
}

/* The stop that the machine would report, were the instruction executed. */
static struct x86_exit stop_of(const uint8_t *bytes, uint64_t ip)
{
	struct x86_exit stop = { .reason = X86_STOP_SYSCALL, .address = ip };

	if (bytes[0] == 0xcd) {
		stop.reason = X86_STOP_INTERRUPT;
		stop.vector = bytes[1];
	} else if (bytes[0] == 0x9a) {
		stop.vector = bytes[5];
	}
	return stop;
}

/* The call takes so many arguments: the registers that hold them are read. */
static void read_by_call(struct observer *observer, unsigned arguments, bool interrupt)
{
	static const enum x86_register narrow[] = {
		X86_BX, X86_CX, X86_DX, X86_SI, X86_DI, X86_BP
	};
	static const enum x86_register wide[] = { X86_DI, X86_SI, X86_DX, X86_R10, X86_R8, X86_R9 };
	bool is_wide = !interrupt && world_mode(observer->kind) == X86_MODE_64;
	struct executed *executed =
		footprint_executed(observer->footprint, x86_ip(observer->machine));

	if (!executed ||
	    (!is_wide && observer->kind != WORLD_LINUX_32 && observer->kind != WORLD_LINUX_64))
		return; /* the others find them on the stack */
	for (unsigned i = 0; i < arguments && i < 6; i++)
		executed->effect.reads |= 1u << (is_wide ? wide[i] : narrow[i]);
}

static void follow_system_call(struct observer *observer, const uint8_t *bytes)
{
	enum unix_system system = world_unix(observer->kind);
	uint64_t ip = x86_ip(observer->machine);
	struct x86_exit stop = stop_of(bytes, ip);
	struct unix_judgement judgement;

	if (system == UNIX_SYSTEMS)
		return;
	if (!unix_judge_call(observer->machine, &stop, system, &judgement)) {
		if (judgement.name && strcmp(judgement.name, "access") == 0)
			count_site(observer, ip);
		return;
	}
	read_by_call(observer, judgement.arguments, bytes[0] == 0xcd);
	if (!judgement.sensible)
		return;
	evidence(observer, SHELLCODE_SYSCALL_BIT);
	observer->seen.calls++;
	observer->seen.weight += judgement.weight;
	observer->seen.numbers += judgement.numbers;
	count_site(observer, ip);
}

static void follow_api(struct observer *observer, const char *name)
{
	evidence(observer, SHELLCODE_API_BIT);
	observer->seen.apis++;
	if (api_sensible(observer->machine, name))
		observer->seen.apis_sensible++;
}

/* --- one step --- */

static const struct decoded *decoded_at(struct observer *observer, uint64_t ip)
{
	struct decoded *decoded = &observer->decoded[ip % DECODED];
	uint8_t bytes[INSTRUCTION_MAX] = { 0 };
	size_t length = sizeof bytes;

	if (x86_read(observer->machine, ip, bytes, sizeof bytes) < 0)
		length = 4096 - ip % 4096; /* up to the last byte of the last page */
	if (decoded->valid && decoded->address == ip &&
	    memcmp(decoded->bytes, bytes, sizeof bytes) == 0)
		return decoded;
	memcpy(decoded->bytes, bytes, sizeof bytes);
	decoded->address = ip;
	decoded->valid = instruction_decode(world_mode(observer->kind),
					    (struct bytes){ bytes, length }, &decoded->instruction);
	return decoded->valid ? decoded : NULL;
}

static void note_written_shape(struct observer *observer, uint64_t shape)
{
	for (unsigned i = 0; i < observer->seen.written_shapes; i++)
		if (observer->written_shapes[i] == shape)
			return;
	if (observer->seen.written_shapes < SHAPES)
		observer->written_shapes[observer->seen.written_shapes++] = shape;
}

/* The effect of the instruction at hand, with what its callee takes. */
static struct effect effect_here(const struct observer *observer, const struct decoded *decoded)
{
	struct effect effect = effect_of(world_mode(observer->kind),
					 (struct bytes){ decoded->bytes, sizeof decoded->bytes });

	if (decoded->instruction.flow == FLOW_SYSTEM) { /* arguments: see read_by_call */
		effect.reads |= 1u << X86_AX;
		effect.writes |= 1u << X86_AX;
	}
	if (decoded->instruction.flow == FLOW_INDIRECT && observer->kind == WORLD_WINDOWS_64)
		effect.reads |= 1u << X86_CX | 1u << X86_DX | 1u << X86_R8 | 1u << X86_R9;
	return effect;
}

/* True when the instruction there has been executed before. */
static bool note_executed(struct observer *observer, const struct decoded *decoded,
			  uint32_t written)
{
	const struct instruction *instruction = &decoded->instruction;
	struct executed *executed =
		footprint_executed(observer->footprint, x86_ip(observer->machine));

	if (!executed)
		return true;
	if (executed->step && executed->form == instruction->shape) {
		executed->repeats++;
		return true;
	}
	if (!executed->step) {
		observer->seen.executed++;
		observer->seen.executed_written += written != 0;
		observer->seen.decoded += written & 1;
		if (written)
			note_written_shape(observer, instruction->shape);
	}
	executed->step = observer->steps;
	executed->form = instruction->shape;
	executed->shape = instruction->role == ROLE_NOTHING || instruction->flow == FLOW_JUMP
				  ? 0
				  : instruction->shape;
	executed->written = written;
	executed->effect = effect_here(observer, decoded);
	executed->push_text = instruction->role == ROLE_PUSH_TEXT || instruction->role == ROLE_PUSH;
	if (instruction->role == ROLE_PUSH_TEXT && ++observer->push_texts == 2)
		evidence(observer, SHELLCODE_STACK_STRING_BIT);
	return false;
}

bool observer_step(struct observer *observer)
{
	uint64_t ip = x86_ip(observer->machine);
	const char *name = world_export_at(observer->world, ip);
	const struct decoded *decoded;
	uint32_t written;
	bool again;

	observer->steps += 2; /* odd steps mark writes, see footprint.h */
	if (!name && observer->previous_ours && api_in_libraries(ip) &&
	    world_lead_to_function(observer->world)) {
		observer->seen.fixed_known++;
		ip = x86_ip(observer->machine);
		name = world_export_at(observer->world, ip);
	}
	if (name) {
		if (observer->previous_ours)
			follow_api(observer, name);
		observer->previous_ours = false;
		return true;
	}
	if (observer->kind == WORLD_WINDOWS_32 && observer->previous_ours && api_in_libraries(ip)) {
		observer->seen.fixed_address = ip;
		observer->seen.fixed_sensible = api_sensible_stack(
			observer->machine, observer->start, observer->end - observer->start);
		return false;
	}
	decoded = decoded_at(observer, ip);
	written = decoded ? footprint_written(observer->footprint, ip, decoded->instruction.length)
			  : 0;
	observer->previous_ours = decoded && (inside(observer, ip) || written);
	if (!observer->previous_ours)
		return true;
	if (written)
		evidence(observer, SHELLCODE_DECODES_BIT);
	observer->hunt_branches += observer->compared && decoded->instruction.flow == FLOW_BRANCH;
	observer->compared = false;
	observer->seen.indirect |= decoded->instruction.flow == FLOW_INDIRECT;
	touch(observer, ip, decoded->instruction.length);
	again = note_executed(observer, decoded, written);
	follow_references(observer, &decoded->instruction, again);
	if (decoded->instruction.flow == FLOW_SYSTEM)
		follow_system_call(observer, decoded->bytes);
	return true;
}

void observer_result(const struct observer *observer, struct observation *observation)
{
	*observation = observer->seen;
	observation->first =
		observer->first < observer->last ? observer->first - observer->start : 0;
	observation->last = observer->last - observer->start;
}

uint64_t observer_shape(const struct observer *observer)
{
	size_t count;
	const struct executed **order = footprint_order(observer->footprint, &count);
	uint64_t shape = payload_shape(order, count);

	free(order);
	return shape;
}
