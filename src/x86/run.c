/* The loop: operations return the next one; when one cannot, the event says why. */
#include "x86/flags.h"
#include "x86/memory.h"
#include "x86/segment.h"

struct operation *leave(struct x86 *cpu, struct operation *op)
{
	cpu->registers.ip = (op->address + op->length) & cpu->linear_mask;
	cpu->from = NULL;
	cpu->event = EVENT_NEXT;
	return NULL;
}

struct operation *raise_fault(struct x86 *cpu, const struct operation *op, enum x86_vector vector,
			      uint32_t error_code)
{
	cpu->registers.ip = op->address;
	cpu->exit = (struct x86_exit){ .reason = X86_STOP_FAULT,
				       .vector = (uint16_t)vector,
				       .error_code = error_code,
				       .address = op->address };
	cpu->event = EVENT_STOP;
	return NULL;
}

struct operation *memory_fault(struct x86 *cpu, const struct operation *op)
{
	cpu->registers.ip = op->address;
	if (cpu->exit.reason == X86_STOP_FAULT && cpu->exit.vector == X86_VECTOR_GP &&
	    op->prefixes & PREFIX_STACK)
		cpu->exit.vector = X86_VECTOR_SS;
	cpu->exit.address = op->address;
	cpu->event = EVENT_STOP;
	return NULL;
}

static bool at_block(const struct x86 *cpu)
{
	uint64_t ip = cpu->registers.ip;

	return ip >= cpu->blocks.start && ip < cpu->blocks.end;
}

/* Stops in front of a block; when the budget ends here too, the next run begins with that. */
static bool stop_at_block(struct x86 *cpu)
{
	cpu->exit = (struct x86_exit){ .reason = X86_STOP_BLOCK, .address = cpu->registers.ip };
	cpu->block_waits = cpu->left == 0;
	return cpu->block_waits;
}

/* Executes operations until none are left, or one sets TF or a segment; true to go on at
 * registers.ip, false to stop with cpu->exit. */
static bool run_some(struct x86 *cpu)
{
	struct operation *op;

	cpu->from = NULL;
	do {
		cpu->code_changed = false;
		cpu->event = EVENT_NEXT;
		op = code_find(cpu);
		if (!op)
			return false;
		for (;;) {
			struct operation *next;
			cpu->present = op;
			next = op->run(cpu, op);
			if (UNLIKELY(!next))
				break;
			op = next;
			if (UNLIKELY(--cpu->left == 0)) {
				cpu->registers.ip = op->address;
				return true;
			}
		}
		if (cpu->event == EVENT_DONE || cpu->event == EVENT_STOP) {
			cpu->left -= cpu->event == EVENT_DONE;
			return false;
		}
		cpu->left -= cpu->event == EVENT_NEXT || cpu->event == EVENT_BRANCH;
		if (UNLIKELY(cpu->follow.records != NULL) && cpu->event != EVENT_RESOLVE)
			cpu->follow.came_from = cpu->present->address;
		if ((cpu->event == EVENT_BRANCH || cpu->event == EVENT_BLOCK) && at_block(cpu))
			return stop_at_block(cpu);
	} while (cpu->left > 0 && !(cpu->registers.flags & X86_FLAG_TF) && !cpu->segments_changed);
	return true;
}

/* The debug trap behind an instruction that began with TF set. */
static void single_step(struct x86 *cpu, uint64_t address)
{
	cpu->exit = (struct x86_exit){ .reason = X86_STOP_FAULT,
				       .vector = X86_VECTOR_DB,
				       .address = address };
}

struct x86_exit x86_run(struct x86 *machine, uint64_t budget)
{
	if (machine->block_waits && budget > 0) {
		machine->block_waits = false;
		return (struct x86_exit){ .reason = X86_STOP_BLOCK,
					  .address = machine->registers.ip };
	}
	follow_begin(machine, budget);
	while (budget > 0) {
		uint64_t address = machine->registers.ip, now = instructions_now(machine), executed;
		bool stepping = machine->registers.flags & X86_FLAG_TF, go_on;
		uint64_t part = stepping ? 1 : budget;

		if (UNLIKELY(machine->segments_changed))
			segment_settle(machine);

		machine->deadline = now + part;
		machine->left = part;
		go_on = run_some(machine);
		executed = instructions_now(machine) - now;
		budget -= executed;
		if (!go_on)
			return machine->exit;
		if (stepping && executed && !machine->trap_delayed) {
			single_step(machine, address);
			return machine->exit;
		}
		machine->trap_delayed = false;
		if (UNLIKELY(machine->follow.full))
			return (struct x86_exit){ .reason = X86_STOP_FOLLOW,
						  .address = machine->registers.ip };
	}
	return (struct x86_exit){ .reason = X86_STOP_BUDGET, .address = machine->registers.ip };
}
