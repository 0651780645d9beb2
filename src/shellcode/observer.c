#include "shellcode/observer.h"

#include <stdlib.h>
#include <string.h>

#include "shellcode/api.h"
#include "shellcode/footprint.h"
#include "shellcode/modules.h"
#include "shellcode/native.h"
#include "shellcode/payload.h"

enum {
	OWN_ADDRESSES = 8,  /* places where the code's own address lies, newest win */
	DECODED = 1024,	    /* instructions that are kept decoded */
	HUNT_LENGTH = 1024, /* bytes that one comparison must walk over to be a hunt */
	HUNT_STRIDE = 4096,
	HUNT_BRANCHES = 16, /* that must have followed such a comparison at once */
	CALL_SITES = 64,
	CALL_NAMES = 256,
	HUNT_QUESTIONS = 8,  /* about memory, from one place, that make a hunt */
	HUNT_STEP = 1 << 16, /* bytes between them at most */
	HUNT_WORDS = 6,	     /* of the stack that may hold what is asked about */
	QUESTION_PLACES = 6 + HUNT_WORDS,
	WINDOWS_CALLS = 0x2000, /* numbers of system calls: two tables of 0x1000 */
	SHAPES = 8,
	RECORDS = 2048, /* accesses between two looks at them */
	/* nanoseconds, see share.h */
	ROOM_COST = 60000, /* of an observer: memory that is new and cleared */
	STEP_COST = 100,   /* of a single step */
	DECODE_COST = 350, /* of an instruction that is decoded for it */
	EFFECT_COST = 350, /* and one that is executed for the first time */
	ACCESS_COST = 15,  /* of an access of a known one */
	CALL_COST = 200,   /* of watching a call of the system or a library */
	WAITS = 1 << 14	   /* jumps to itself that are waiting */
};

struct decoded {
	uint64_t address;
	uint8_t bytes[INSTRUCTION_MAX];
	bool valid;
	bool ours;	       /* the code's own, when it was executed last under single steps */
	struct written writes; /* what it writes, from its second execution on */
	struct instruction instruction;
};

struct call_site {
	uint64_t address;
	unsigned count;
};

/* Questions about memory that one place asks the system, one after the other: what is asked about
 * must walk upwards in one register, or one word of the stack. */
struct questions {
	uint64_t address;
	uint64_t call; /* which one: always the same */
	uint64_t values[QUESTION_PLACES];
	unsigned walking; /* of the places, one bit each: those that have gone up every time */
	unsigned count;
};

struct observer {
	struct world *world;
	struct x86 *machine;
	enum world_kind kind;
	unsigned loader_offset; /* in the PEB: of the pointer to the loader's lists */
	uint64_t start, end;	/* of the code */
	uint64_t thread_block;	/* TEB */
	uint64_t process_block; /* PEB */
	uint32_t steps;
	bool previous_ours; /* the instruction before belonged to the code */
	uint64_t previous_ip;
	uint8_t previous_length; /* of the instruction before when it goes on behind itself; 0 */
	uint64_t faulted_ip;
	unsigned faults; /* of that instruction */
	uint64_t own_addresses[OWN_ADDRESSES];
	unsigned own_next;
	unsigned push_texts;
	uint64_t hunt_ip, hunt_at, hunt_length;
	unsigned hunt_branches;
	bool compared;	      /* the instruction before was such a comparison */
	uint64_t first, last; /* extent that was touched */
	struct call_site sites[CALL_SITES];
	struct questions questions;
	struct footprint *footprint;
	struct modules modules;
	uint64_t written_shapes[SHAPES];
	struct executed *first_time; /* the instruction before, when it was executed for the first
					time, or has only left zeros: what it left in registers is
					to be seen */
	uint64_t call_names[CALL_NAMES]; /* hashes, in order of the first call */
	unsigned call_names_count;
	uint32_t last_call; /* step */
	struct observation seen;
	struct decoded decoded[DECODED];
	uint64_t cost;
	uint64_t effort, effort_before; /* the machine's, since and at the beginning */
	bool follows;			/* the machine is followed: records is used */
	struct x86_record records[RECORDS];
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
			uint64_t ip, uint64_t address, unsigned size)
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
		follow_hunt(observer, ip, address);
}

static void follow_write(struct observer *observer, const struct instruction *instruction,
			 uint64_t address, unsigned size, struct written writes)
{
	if (inside(observer, address) &&
	    footprint_written(observer->footprint, address, size).step == 0)
		observer->seen.rewritten += size;
	footprint_write(observer->footprint, address, size, writes);
	touch(observer, address, size);
	if (instruction->role == ROLE_CALL)
		remember_own_address(observer, address);
	if (instruction->role == ROLE_STORE_ENVIRONMENT) /* FIP (SDM vol. 1, fig. 8-9) */
		remember_own_address(observer, address + (size >= 255 ? 8 : 12));
}

static void follow_references(struct observer *observer, const struct instruction *instruction,
			      struct written writes)
{
	for (unsigned i = 0; i < instruction->references_count; i++) {
		const struct reference *reference = &instruction->references[i];
		uint64_t address = instruction_address(observer->machine, instruction, reference);
		if (reference->reads)
			follow_read(observer, instruction, x86_ip(observer->machine), address,
				    reference->size);
		if (reference->writes)
			follow_write(observer, instruction, address, reference->size, writes);
	}
}

/* --- what it asks the system for --- */

static unsigned count_site(struct observer *observer, uint64_t ip)
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
		return site->count;
	}
	return 0;
}

/* Calls that hunters ask which memory is there: they answer EFAULT where none is. */
static bool asks_about_memory(const char *name)
{
	static const char *const names[] = { "access", "sigaction", "rt_sigaction", "chdir",
					     "mkdir",  "link",	    "unlink" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* FNV-1a of a name. */
static void note_call(struct observer *observer, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 0x100000001b3u;
	observer->last_call = observer->steps;
	for (unsigned i = 0; i < observer->call_names_count; i++)
		if (observer->call_names[i] == hash)
			return;
	if (observer->call_names_count < CALL_NAMES)
		observer->call_names[observer->call_names_count++] = hash;
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

/* What may be asked about: arguments in registers, and on the stack. */
static void question_values(const struct observer *observer, uint64_t values[QUESTION_PLACES])
{
	static const enum x86_register registers[] = { X86_BX, X86_CX, X86_DX,
						       X86_SI, X86_DI, X86_BP };
	unsigned size = world_mode(observer->kind) == X86_MODE_64 ? 8 : 4;
	uint64_t stack = x86_get(observer->machine, X86_SP);

	for (unsigned i = 0; i < 6; i++)
		values[i] = x86_get(observer->machine, registers[i]);
	for (unsigned i = 0; i < HUNT_WORDS; i++) {
		values[6 + i] = 0;
		if (x86_read(observer->machine, stack + (uint64_t)i * size, &values[6 + i], size) <
		    0)
			values[6 + i] = 0;
	}
}

/* Asked often enough from one place, about one address behind the other, it is a hunt. `call`:
 * which system call it is. */
static void count_question(struct observer *observer, uint64_t ip, uint64_t call)
{
	struct questions *asked = &observer->questions;
	uint64_t values[QUESTION_PLACES];

	count_site(observer, ip);
	question_values(observer, values);
	if (asked->address != ip || asked->call != call) {
		asked->address = ip;
		asked->call = call;
		asked->walking = ~0u;
		asked->count = 0;
	}
	for (unsigned i = 0; i < QUESTION_PLACES && asked->count; i++)
		if (values[i] - asked->values[i] - 1 >= HUNT_STEP)
			asked->walking &= ~(1u << i);
	memcpy(asked->values, values, sizeof values);
	asked->count = asked->walking & ((1u << QUESTION_PLACES) - 1) ? asked->count + 1 : 0;
	if (asked->count > observer->seen.questions)
		observer->seen.questions = asked->count;
	if (asked->count >= HUNT_QUESTIONS)
		evidence(observer, SHELLCODE_EGG_HUNT_BIT);
}

/* The same in Windows, where the call is a number. */
static void count_windows_question(struct observer *observer, uint64_t ip)
{
	uint64_t number = x86_get(observer->machine, X86_AX);

	if (number < WINDOWS_CALLS)
		count_question(observer, ip, number);
	else
		count_site(observer, ip);
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

static void follow_native(struct observer *observer, uint64_t ip)
{
	evidence(observer, SHELLCODE_SYSCALL_BIT);
	observer->seen.natives++;
	observer->seen.calls++;
	observer->seen.weight += 2;
	count_site(observer, ip);
}

static void follow_system_call(struct observer *observer, const uint8_t *bytes)
{
	enum unix_system system = world_unix(observer->kind);
	uint64_t ip = x86_ip(observer->machine);
	struct x86_exit stop = stop_of(bytes, ip);
	struct unix_judgement judgement;

	observer->cost += CALL_COST;
	if (system == UNIX_SYSTEMS) {
		if (stop.vector == 0x2e)
			count_windows_question(observer, ip);
		else if (stop.reason == X86_STOP_SYSCALL && native_sensible(observer->machine))
			follow_native(observer, ip);
		return;
	}
	if (!unix_judge_call(observer->machine, &stop, system, &judgement)) {
		if (judgement.name)
			note_call(observer, judgement.name);
		if (judgement.name && asks_about_memory(judgement.name))
			count_question(observer, ip, (uint64_t)(uintptr_t)judgement.name);
		return;
	}
	note_call(observer, judgement.name);
	read_by_call(observer, judgement.arguments, bytes[0] == 0xcd);
	if (!judgement.sensible)
		return;
	evidence(observer, SHELLCODE_SYSCALL_BIT);
	observer->seen.calls++;
	observer->seen.weight += judgement.weight;
	observer->seen.numbers += judgement.numbers;
	/* again and again with nothing but addresses: a wrapper that someone else calls */
	if (judgement.arguments == 0 || judgement.numbers || judgement.weight)
		count_site(observer, ip);
}

/* In the gate: whoever called it is told by where it returns to. */
static void follow_gate(struct observer *observer)
{
	uint64_t back = 0;

	if (x86_read(observer->machine, x86_get(observer->machine, X86_SP), &back, 4) == 0)
		count_windows_question(observer, back);
}

static void follow_api(struct observer *observer, const char *name)
{
	observer->cost += CALL_COST + world_call_cost(observer->world);
	evidence(observer, SHELLCODE_API_BIT);
	note_call(observer, name);
	observer->seen.apis++;
	if (api_sensible(observer->machine, name))
		observer->seen.apis_sensible++;
}

/* --- one step --- */

static struct decoded *decoded_at(struct observer *observer, uint64_t ip)
{
	struct decoded *decoded = &observer->decoded[ip % DECODED];
	uint8_t bytes[INSTRUCTION_MAX] = { 0 };
	size_t length = sizeof bytes;

	if (x86_read(observer->machine, ip, bytes, sizeof bytes) < 0)
		length = 4096 - ip % 4096; /* up to the last byte of the last page */
	if (decoded->valid && decoded->address == ip &&
	    memcmp(decoded->bytes, bytes, sizeof bytes) == 0)
		return decoded;
	observer->cost += DECODE_COST;
	memcpy(decoded->bytes, bytes, sizeof bytes);
	decoded->address = ip;
	decoded->ours = false;
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
			  struct written written)
{
	const struct instruction *instruction = &decoded->instruction;
	struct executed *executed =
		footprint_executed(observer->footprint, x86_ip(observer->machine));

	if (!executed)
		return true;
	if (executed->step && executed->form == instruction->shape) {
		executed->repeats++;
		if (executed->cleared) /* by chance, or always? */
			observer->first_time = executed;
		return true;
	}
	if (!executed->step) {
		observer->seen.executed++;
		observer->seen.executed_written += written.step != 0;
		observer->seen.decoded += written.step & 1;
		if (written.step)
			note_written_shape(observer, instruction->shape);
	}
	observer->cost += EFFECT_COST;
	executed->step = observer->steps;
	executed->form = instruction->shape;
	executed->shape = instruction->role == ROLE_NOTHING || instruction->flow == FLOW_JUMP
				  ? 0
				  : instruction->shape;
	executed->written = written;
	executed->effect = effect_here(observer, decoded);
	executed->constant = instruction->role == ROLE_PUSH_TEXT || instruction->role == ROLE_PUSH;
	executed->slides = instruction->role == ROLE_SLIDE;
	executed->zeros = decoded->bytes[0] == 0 && decoded->bytes[1] == 0;
	observer->first_time = executed;
	if ((instruction->role == ROLE_PUSH_TEXT || instruction->role == ROLE_MOVE_TEXT) &&
	    ++observer->push_texts == 2)
		evidence(observer, SHELLCODE_STACK_STRING_BIT);
	return false;
}

/* Did the instruction before leave 0 in all the registers that it changed? */
static void note_result(struct observer *observer)
{
	struct executed *executed = observer->first_time;

	observer->first_time = NULL;
	if (!executed)
		return;
	executed->cleared = (executed->effect.touches & ~(uint32_t)EFFECT_FLAGS) != 0;
	for (int reg = 0; reg < X86_REGISTERS; reg++)
		if (executed->effect.touches >> reg & 1 &&
		    x86_get(observer->machine, (enum x86_register)reg) != 0)
			executed->cleared = false;
}

/* An instruction that does not jump was followed by something else than the next: it has faulted,
 * and a handler goes on. A hunter's comparison does so page after page. */
static void follow_faults(struct observer *observer, uint64_t ip, const struct decoded *decoded)
{
	uint64_t before = observer->previous_ip;

	if (observer->previous_length && ip != before + observer->previous_length && ip != before) {
		observer->faults = observer->faulted_ip == before ? observer->faults + 1 : 1;
		observer->faulted_ip = before;
		if (observer->faults > observer->seen.walked_over)
			observer->seen.walked_over = observer->faults;
		if (observer->faults >= HUNT_QUESTIONS)
			evidence(observer, SHELLCODE_EGG_HUNT_BIT);
	}
	observer->previous_ip = ip;
	observer->previous_length =
		decoded->instruction.flow == FLOW_NEXT && decoded->instruction.references_count
			? decoded->instruction.length
			: 0;
}

static bool jumps_to_itself(const struct decoded *decoded)
{
	return decoded->bytes[0] == 0xeb && decoded->bytes[1] == 0xfe;
}

/* A jump to itself that has been executed so often that other threads had their turns. */
static bool waits(struct observer *observer, const struct decoded *decoded)
{
	const struct executed *executed;

	if (!jumps_to_itself(decoded))
		return false;
	executed = footprint_executed(observer->footprint, x86_ip(observer->machine));
	observer->seen.waits = executed && executed->step && executed->repeats >= WAITS;
	return observer->seen.waits;
}

/* A branch that asks what a comparison said: loop and jecxz do not. */
static bool branches_by_flags(const struct decoded *decoded)
{
	return decoded->instruction.flow == FLOW_BRANCH && decoded->bytes[0] != 0xe2 &&
	       decoded->bytes[0] != 0xe3;
}

bool observer_step(struct observer *observer)
{
	uint64_t ip = x86_ip(observer->machine);
	const char *name = world_export_at(observer->world, ip);
	struct decoded *decoded;
	struct written written = { 0 }, writes;

	note_result(observer);
	observer->cost += STEP_COST;
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
		observer->previous_length = 0;
		return true;
	}
	if (observer->kind == WORLD_WINDOWS_32 && observer->previous_ours && api_in_libraries(ip) &&
	    world_export_at(observer->world, ip - WORLD_HOOK)) {
		evidence(observer, SHELLCODE_API_BIT);
		observer->seen.apis++;
		observer->previous_ours = false;
		observer->previous_length = 0;
		return true;
	}
	if (observer->kind == WORLD_WINDOWS_32 && observer->previous_ours && api_in_libraries(ip)) {
		observer->seen.fixed_address = ip;
		observer->seen.fixed_sensible = api_sensible_stack(
			observer->machine, observer->start, observer->end - observer->start);
		return false;
	}
	if (observer->kind == WORLD_WINDOWS_32 && observer->previous_ours && ip == WORLD_GATE)
		follow_gate(observer);
	decoded = decoded_at(observer, ip);
	if (decoded)
		written = footprint_written(observer->footprint, ip, decoded->instruction.length);
	observer->previous_ours = decoded && (inside(observer, ip) || written.step);
	if (decoded)
		decoded->ours = observer->previous_ours;
	if (!observer->previous_ours) {
		observer->previous_length = 0;
		return true;
	}
	follow_faults(observer, ip, decoded);
	if (written.step)
		evidence(observer, SHELLCODE_DECODES_BIT);
	observer->hunt_branches += observer->compared && branches_by_flags(decoded);
	observer->compared = false;
	observer->seen.indirect |= decoded->instruction.flow == FLOW_INDIRECT;
	touch(observer, ip, decoded->instruction.length);
	if (waits(observer, decoded))
		return false;
	writes.step = observer->steps | note_executed(observer, decoded, written);
	writes.generation = (uint8_t)(written.generation + (written.generation < UINT8_MAX));
	decoded->writes = (struct written){ 1, writes.generation };
	follow_references(observer, &decoded->instruction, writes);
	if (decoded->instruction.flow == FLOW_SYSTEM)
		follow_system_call(observer, decoded->bytes);
	return true;
}

/* --- many steps at once --- */

static bool is_ours(const struct observer *observer, uint64_t ip)
{
	return inside(observer, ip) || footprint_written(observer->footprint, ip, 1).step;
}

/* The instruction that stands at an address where one has been executed. */
static struct decoded *decoded_before(struct observer *observer, uint64_t ip)
{
	struct decoded *decoded = &observer->decoded[ip % DECODED];

	if (decoded->valid && decoded->address == ip)
		return decoded;
	decoded = decoded_at(observer, ip); /* another one was kept in its place */
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

	follow_read(observer, instruction, record->ip, record->address, record->size);
	if (observer->compared) {
		const struct decoded *next =
			decoded_before(observer, record->ip + instruction->length);
		observer->hunt_branches += next && branches_by_flags(next);
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
	follow_write(observer, &decoded->instruction, record->address, record->size, writes);
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

	if (!decoded || !jumps_to_itself(decoded))
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
	if (most < 2 || !observer->follows || led_elsewhere(observer, ip))
		return 0; /* a run of one asks nobody */
	note_result(observer);
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

uint64_t observer_cost(struct observer *observer)
{
	if (world_machine(observer->world) == observer->machine) /* not a child's */
		observer->effort = x86_effort(observer->machine) - observer->effort_before;
	return observer->cost + observer->effort;
}

bool observer_is_full(const struct observer *observer)
{
	return observer->seen.executed >= FOOTPRINT_EXECUTED;
}

void observer_result(const struct observer *observer, struct observation *observation)
{
	*observation = observer->seen;
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
	observer->call_names_count = 0;
	observer->last_call = 0;
}

struct observed_shape observer_shape(const struct observer *observer)
{
	size_t count;
	const struct executed **order = footprint_order(observer->footprint, &count);
	struct observed_shape shape = { .calls_count = observer->call_names_count };

	shape.instructions =
		payload_shape((const struct executed *const *)order, count, observer->last_call);
	for (unsigned i = 0; i < observer->call_names_count; i++)
		shape.calls = (shape.calls ^ observer->call_names[i]) * 0x9e3779b97f4a7c15u ^
			      shape.calls >> 29;
	free(order);
	return shape;
}
