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
	if (cpu->exit.vector == X86_VECTOR_GP && op->prefixes & PREFIX_STACK)
		cpu->exit.vector = X86_VECTOR_SS;
	cpu->exit.reason = X86_STOP_FAULT;
	cpu->exit.address = op->address;
	cpu->event = EVENT_STOP;
	return NULL;
}

/* Executes at most `budget` operations; true to go on, false to stop with cpu->exit. */
static bool run_some(struct x86 *cpu, uint64_t budget, uint64_t *executed)
{
	struct operation *op = code_find(cpu);
	uint64_t left = budget;

	cpu->from = NULL;
	cpu->code_changed = false;
	cpu->event = EVENT_NEXT;
	*executed = 0;
	if (!op)
		return false;
	while (left > 0) {
		struct operation *next = op->run(cpu, op);
		if (UNLIKELY(!next))
			break;
		op = next;
		left--;
	}
	*executed = budget - left;
	if (left == 0) {
		cpu->registers.ip = op->address;
		return true;
	}
	if (cpu->event != EVENT_RESOLVE && cpu->event != EVENT_STOP)
		++*executed;
	return cpu->event != EVENT_DONE && cpu->event != EVENT_STOP;
}

/* rdtsc: the instructions executed so far are the time stamp. */
static void read_clock(struct x86 *cpu)
{
	cpu->registers.general[X86_AX] = (uint32_t)cpu->instructions;
	cpu->registers.general[X86_DX] = cpu->instructions >> 32;
	cpu->event = EVENT_NEXT;
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
	uint64_t executed;

	machine->from = NULL;
	while (budget > 0) {
		bool stepping = machine->registers.flags & X86_FLAG_TF, go_on;
		uint64_t address = machine->registers.ip;
		if (UNLIKELY(machine->segments_changed))
			segment_settle(machine);
		go_on = run_some(machine, stepping ? 1 : budget, &executed);

		machine->instructions += executed;
		budget -= executed;
		if (!go_on)
			return machine->exit;
		if (executed && machine->event == EVENT_CLOCK)
			read_clock(machine);
		if (stepping && executed && !machine->trap_delayed) {
			single_step(machine, address);
			return machine->exit;
		}
		machine->trap_delayed = false;
	}
	return (struct x86_exit){ .reason = X86_STOP_BUDGET, .address = machine->registers.ip };
}
