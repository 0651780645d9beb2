/* What watched code asks the system and libraries for: which call it is, how often one place makes
 * it, and whether one place asks about memory, one address behind the other. */
#include "shellcode/observer_state.h"

#include <stdlib.h>
#include <string.h>

#include "shellcode/api.h"
#include "shellcode/native.h"

enum {
	CALL_COST = 200,       /* of watching a call, in nanoseconds, see share.h */
	HUNT_STEP = 1 << 16,   /* bytes between two questions of a hunt at most */
	SURE_WEIGHT = 2,       /* of arguments: how they came there does not matter */
	SHORT_WAY = 64,	       /* instructions that lead to a call, at most, that are weighed */
	WAY_COST = 12000,      /* of that, in nanoseconds, see share.h */
	WINDOWS_CALLS = 0x2000 /* numbers of system calls: two tables of 0x1000 */
};

/* NULL: there are too many. */
static struct call_site *count_site(struct observer *observer, uint64_t ip)
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
		return site;
	}
	return NULL;
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

/* By FNV-1a of the name. */
void observer_note_call(struct observer *observer, const char *name)
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

static bool makes_process(const char *name)
{
	static const char *const names[] = { "fork", "fork1", "vfork", "clone" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Puts the call last: in a loop, what stands behind it came before it. */
static void turn_to(const struct executed **order, size_t count, const struct executed *call)
{
	size_t place = 0;

	while (place < count && order[place] != call)
		place++;
	for (size_t behind = place + 1; behind < count; behind++) {
		const struct executed *first = order[count - 1];
		memmove(order + 1, order, (count - 1) * sizeof(const struct executed *));
		order[0] = first;
	}
}

/* A place calls for the first time: how much of what has been executed serves that? A long way is
 * not asked, and proves nothing by it. Returns what is left over from before. */
static uint32_t weigh_way(struct observer *observer)
{
	const struct executed **order;
	size_t count;

	observer->seen.way = (struct serving){ 0, observer->seen.executed, ~0u };
	if (observer->seen.executed > SHORT_WAY)
		return 0;
	observer->cost += WAY_COST;
	order = footprint_order(observer->footprint, &count);
	if (order)
		turn_to(order, count,
			footprint_executed(observer->footprint, x86_ip(observer->machine)));
	if (order)
		observer->seen.way = serving_of((const struct executed *const *)order, count);
	free(order);
	return observer->seen.way.leftover;
}

/* Asked often enough from one place, about one address behind the other, it is a hunt. `call`:
 * which system call it is; `behind`: where the code goes on. */
static void count_question(struct observer *observer, uint64_t ip, uint64_t behind, uint64_t call)
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
	if (asked->count < HUNT_QUESTIONS)
		return;
	observer_evidence(observer, SHELLCODE_EGG_HUNT_BIT);
	observer->seen.asked_from = behind;
}

/* The same in Windows, where the call is a number. */
static void count_windows_question(struct observer *observer, uint64_t ip, uint64_t behind)
{
	uint64_t number = x86_get(observer->machine, X86_AX);

	if (number < WINDOWS_CALLS)
		count_question(observer, ip, behind, number);
	else
		count_site(observer, ip);
}

/* The register that holds argument `index`; X86_REGISTERS: none, it lies on the stack. */
static enum x86_register argument_register(const struct observer *observer, unsigned index,
					   bool interrupt)
{
	static const enum x86_register narrow[] = {
		X86_BX, X86_CX, X86_DX, X86_SI, X86_DI, X86_BP
	};
	static const enum x86_register wide[] = { X86_DI, X86_SI, X86_DX, X86_R10, X86_R8, X86_R9 };

	if (index >= 6)
		return X86_REGISTERS;
	if (!interrupt && world_mode(observer->kind) == X86_MODE_64)
		return wide[index];
	return observer->kind == WORLD_LINUX_32 || observer->kind == WORLD_LINUX_64 ? narrow[index]
										    : X86_REGISTERS;
}

/* The call takes so many arguments: the registers that hold them are read. */
static void read_by_call(struct observer *observer, unsigned arguments, bool interrupt)
{
	struct executed *executed =
		footprint_executed(observer->footprint, x86_ip(observer->machine));

	for (unsigned i = 0; executed && i < arguments; i++)
		if (argument_register(observer, i, interrupt) < X86_REGISTERS)
			executed->effect.reads |= 1u << argument_register(observer, i, interrupt);
}

/* The call's numbers that are the code's own doing: none when the call's own number is not, or was
 * made of what another register was left with, and none that an argument's register was left with.
 */
static void count_numbers(struct observer *observer, const struct unix_judgement *judgement,
			  uint32_t leftover, bool interrupt)
{
	uint64_t given = 0;

	for (unsigned i = 0; i < judgement->arguments; i++)
		given |= UINT64_C(1) << argument_register(observer, i, interrupt);
	for (unsigned i = 0; i < judgement->arguments && !(leftover & ~given); i++) {
		if (!(judgement->which >> i & 1) ||
		    leftover >> argument_register(observer, i, interrupt) & 1)
			continue;
		observer->seen.numbers++;
		observer->seen.settings += !(judgement->descriptors >> i & 1);
	}
}

static void follow_native(struct observer *observer, uint64_t ip)
{
	observer_evidence(observer, SHELLCODE_SYSCALL_BIT);
	observer->seen.natives++;
	observer->seen.calls++;
	observer->seen.weight += 2;
	count_site(observer, ip);
}

void observer_system_call(struct observer *observer, const uint8_t *bytes)
{
	enum unix_system system = world_unix(observer->kind);
	uint64_t ip = x86_ip(observer->machine);
	struct x86_exit stop = stop_of(bytes, ip);
	struct unix_judgement judgement;
	struct call_site *site;

	observer->cost += CALL_COST;
	if (system == UNIX_SYSTEMS) {
		if (stop.vector == 0x2e)
			count_windows_question(observer, ip, ip + 2);
		else if (stop.reason == X86_STOP_SYSCALL && native_sensible(observer->machine))
			follow_native(observer, ip);
		else if (stop.reason == X86_STOP_SYSCALL)
			count_windows_question(observer, ip, ip + 2);
		return;
	}
	if (!unix_judge_call(observer->machine, &stop, system, &judgement)) {
		if (judgement.name) {
			observer_note_call(observer, judgement.name);
			if (observer->named) /* a kind does not ask what arguments are worth */
				read_by_call(observer, judgement.arguments, bytes[0] == 0xcd);
		}
		if (judgement.name && asks_about_memory(judgement.name))
			count_question(observer, ip, ip + (bytes[0] == 0x9a ? 7 : 2),
				       (uint64_t)(uintptr_t)judgement.name);
		return;
	}
	observer_note_call(observer, judgement.name);
	read_by_call(observer, judgement.arguments, bytes[0] == 0xcd);
	if (!judgement.sensible)
		return;
	observer_evidence(observer, SHELLCODE_SYSCALL_BIT);
	observer->seen.calls++;
	observer->seen.weight += judgement.weight;
	observer->seen.exits |= judgement.ends && judgement.weight == 0;
	observer->seen.forks += makes_process(judgement.name);
	/* again and again with nothing but addresses: a wrapper that someone else calls */
	if (judgement.arguments && !judgement.numbers && !judgement.weight)
		return;
	site = count_site(observer, ip);
	if (site && site->count == 1 && observer->seen.weight < SURE_WEIGHT)
		site->leftover = weigh_way(observer);
	count_numbers(observer, &judgement, site ? site->leftover : 0, bytes[0] == 0xcd);
}

bool observer_asks_library(struct observer *observer, uint64_t ip)
{
	uint64_t back = x86_read_u32(observer->machine, x86_get(observer->machine, X86_SP));

	if (!api_asks_about_memory(observer->machine, observer->start,
				   observer->end - observer->start))
		return false;
	observer->cost += CALL_COST;
	count_question(observer, back, back, ip);
	api_answer_bad(observer->machine);
	return true;
}

void observer_gate(struct observer *observer)
{
	uint64_t back = 0;

	if (x86_read(observer->machine, x86_get(observer->machine, X86_SP), &back, 4) == 0)
		count_windows_question(observer, back, back);
}

void observer_api(struct observer *observer, const char *name)
{
	observer->cost += CALL_COST + world_call_cost(observer->world);
	observer_evidence(observer, SHELLCODE_API_BIT);
	observer_note_call(observer, name);
	observer->seen.apis++;
	if (api_sensible(observer->machine, name))
		observer->seen.apis_sensible++;
}
