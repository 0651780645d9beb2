/* Following a guest: each instruction stops once, each access is written down.
 *
 * While someone follows, every decoded instruction has a pseudo operation in front that stops the
 * first time (code.c), and the flat caches stay empty, so that every access comes to memory.c. */
#include "x86/decode.h"
#include "x86/memory.h"

/* Records that one instruction may need: fnsave, pusha and popa have one for each value that they
 * move, enter one for each level, xlat and what else there is fewer. */
enum { MOST_RECORDS = 128 };

int x86_follow(struct x86 *machine, struct x86_record *records, size_t capacity)
{
	if (records && capacity < X86_RECORDS_LEAST)
		return ERROR_INPUT;
	machine->follow = (struct follow){ .records = records,
					   .enough = records ? capacity - MOST_RECORDS : 0 };
	memory_flush_caches(machine);
	code_drop_all(machine);
	return 0;
}

size_t x86_followed(const struct x86 *machine)
{
	return machine->follow.count;
}

uint64_t x86_came_from(const struct x86 *machine)
{
	return machine->follow.came_from;
}

/* The run ends behind the present instruction: no other one is left to it. The clock stays. */
static void follow_end_run(struct x86 *cpu)
{
	cpu->follow.full = true;
	if (cpu->left > 1) {
		cpu->deadline -= cpu->left - 1;
		cpu->left = 1;
	}
}

void follow_record(struct x86 *cpu, uint64_t address, unsigned size, bool writes)
{
	struct follow *follow = &cpu->follow;

	follow->records[follow->count++] = (struct x86_record){ .ip = cpu->present->address,
								.address = address,
								.time = instructions_now(cpu),
								.size = size,
								.writes = writes };
	if (follow->count >= follow->enough)
		follow_end_run(cpu);
}

struct operation *follow_stop(struct x86 *cpu, const struct operation *op)
{
	cpu->registers.ip = op->address;
	cpu->exit = (struct x86_exit){ .reason = X86_STOP_FOLLOW, .address = op->address };
	cpu->event = EVENT_STOP;
	return NULL;
}
