/* Jumps, calls, returns, loops, interrupts and system calls. */
#include "x86/flags.h"
#include "x86/handlers.h"
#include "x86/shapes.h"
#include "x86/stack.h"

/* A 16-bit operand size cuts the instruction pointer. */
INLINE uint64_t branch_mask(const struct x86 *cpu, const struct operation *op)
{
	return op->width == 2 ? 0xffff : cpu->linear_mask;
}

/* A branch to an address that is none faults itself, before it has done anything. */
INLINE bool canonical(const struct x86 *cpu, uint64_t address)
{
	return cpu->mode == X86_MODE_32 || (uint64_t)((int64_t)address >> 47) + 1 < 2;
}

/* To the target of a relative branch, over its link when there is one. */
INLINE struct operation *branch(struct x86 *cpu, struct operation *op)
{
	if (LIKELY(op->link && !cpu->code_changed))
		return op->link;
	cpu->registers.ip =
		(op->address + op->length + (uint64_t)op->displacement) & branch_mask(cpu, op);
	cpu->from = cpu->code_changed ? NULL : op;
	cpu->event = EVENT_BRANCH;
	return NULL;
}

INLINE struct operation *branch_if(struct x86 *cpu, struct operation *op, unsigned code)
{
	return condition(cpu, code) ? branch(cpu, op) : done(op);
}

CONDITIONS(jcc, branch_if)

struct operation *run_jcc(struct x86 *cpu, struct operation *op)
{
	return branch_if(cpu, op, op->third);
}

/* Leaves to the owner: a far transfer, with its selector. */
static struct operation *far_transfer(struct x86 *cpu, struct operation *op, uint64_t selector)
{
	leave(cpu, op);
	cpu->exit = (struct x86_exit){ .reason = X86_STOP_SYSCALL,
				       .vector = (uint16_t)selector,
				       .address = op->address };
	cpu->event = EVENT_DONE;
	return NULL;
}

/* A far pointer in memory: the offset (which the owner can find itself), and the selector behind
 * it. */
static struct operation *far_indirect(struct x86 *cpu, struct operation *op)
{
	uint64_t selector;

	if (!memory_read(cpu, (linear_address(cpu, op) + op->width) & cpu->linear_mask, 2,
			 &selector))
		return memory_fault(cpu, op);
	return far_transfer(cpu, op, selector);
}

/* Direct far pointers carry their selector as the immediate; relative branches have none. */
INLINE bool is_far(const struct operation *op)
{
	return op->third_kind == OPERAND_OTHER;
}

struct operation *run_jmp(struct x86 *cpu, struct operation *op)
{
	uint64_t target;

	if (is_far(op))
		return op->target_kind == OPERAND_MEMORY ? far_indirect(cpu, op)
							 : far_transfer(cpu, op, op->immediate);
	if (op->target_kind == OPERAND_IMMEDIATE)
		return branch(cpu, op);
	if (!read_target(cpu, op, &target))
		return memory_fault(cpu, op);
	if (!canonical(cpu, target))
		return raise_fault(cpu, op, X86_VECTOR_GP, 0);
	return go_to(cpu, target);
}

struct operation *run_call(struct x86 *cpu, struct operation *op)
{
	uint64_t target = 0;

	if (is_far(op))
		return op->target_kind == OPERAND_MEMORY ? far_indirect(cpu, op)
							 : far_transfer(cpu, op, op->immediate);
	if (op->target_kind != OPERAND_IMMEDIATE && !read_target(cpu, op, &target))
		return memory_fault(cpu, op);
	if (!canonical(cpu, target))
		return raise_fault(cpu, op, X86_VECTOR_GP, 0);
	if (!push(cpu, op->width, op->address + op->length))
		return memory_fault(cpu, op);
	return op->target_kind == OPERAND_IMMEDIATE ? branch(cpu, op) : go_to(cpu, target);
}

struct operation *run_ret(struct x86 *cpu, struct operation *op)
{
	uint64_t target, selector;

	if (!peek(cpu, 0, op->width, &target))
		return memory_fault(cpu, op);
	if (!canonical(cpu, target))
		return raise_fault(cpu, op, X86_VECTOR_GP, 0);
	if (is_far(op)) {
		if (!peek(cpu, op->width, op->width, &selector))
			return memory_fault(cpu, op);
		/* within the code segment it is a return like any other */
		if ((uint16_t)selector != cpu->registers.selector[X86_CS])
			return raise_fault(cpu, op, X86_VECTOR_GP, (uint16_t)selector & 0xfffcu);
		drop(cpu, op->width);
	}
	drop(cpu, op->width + (op->target_kind == OPERAND_IMMEDIATE ? op->immediate & 0xffff : 0));
	return go_to(cpu, target);
}

/* --- the near forms in their usual sizes --- */

static struct operation *jmp_i(struct x86 *cpu, struct operation *op)
{
	return branch(cpu, op);
}

INLINE struct operation *call_relative(struct x86 *cpu, struct operation *op, unsigned size)
{
	if (!push(cpu, size, op->address + op->length))
		return memory_fault(cpu, op);
	return branch(cpu, op);
}

static struct operation *call_i4(struct x86 *cpu, struct operation *op)
{
	return call_relative(cpu, op, 4);
}

static struct operation *call_i8(struct x86 *cpu, struct operation *op)
{
	return call_relative(cpu, op, 8);
}

INLINE struct operation *ret_plain(struct x86 *cpu, struct operation *op, unsigned size)
{
	uint64_t target;

	if (!peek(cpu, 0, size, &target))
		return memory_fault(cpu, op);
	if (size == 8 && !canonical(cpu, target))
		return raise_fault(cpu, op, X86_VECTOR_GP, 0);
	drop(cpu, size);
	return go_to(cpu, target);
}

static struct operation *ret_4(struct x86 *cpu, struct operation *op)
{
	return ret_plain(cpu, op, 4);
}

static struct operation *ret_8(struct x86 *cpu, struct operation *op)
{
	return ret_plain(cpu, op, 8);
}

shape_table shapes_jmp = { [2] = { [SHAPE_I] = jmp_i }, [3] = { [SHAPE_I] = jmp_i } };
shape_table shapes_call = { [2] = { [SHAPE_I] = call_i4 }, [3] = { [SHAPE_I] = call_i8 } };
shape_table shapes_ret = { [2] = { [SHAPE_NONE] = ret_4 }, [3] = { [SHAPE_NONE] = ret_8 } };

/* --- counted loops --- */

static uint64_t counter(const struct x86 *cpu, const struct operation *op)
{
	return cpu->registers.general[X86_CX] << op->address_unused >> op->address_unused;
}

INLINE struct operation *run_counted(struct x86 *cpu, struct operation *op, bool wanted)
{
	uint64_t count = counter(cpu, op) - 1;

	put(cpu, X86_CX, 8 - op->address_unused / 8u, count);
	return counter(cpu, op) != 0 && wanted ? branch(cpu, op) : done(op);
}

struct operation *run_loop(struct x86 *cpu, struct operation *op)
{
	return run_counted(cpu, op, true);
}

struct operation *run_loope(struct x86 *cpu, struct operation *op)
{
	return run_counted(cpu, op, flag_zf(cpu));
}

struct operation *run_loopne(struct x86 *cpu, struct operation *op)
{
	return run_counted(cpu, op, !flag_zf(cpu));
}

struct operation *run_jcxz(struct x86 *cpu, struct operation *op)
{
	return counter(cpu, op) == 0 ? branch(cpu, op) : done(op);
}

/* --- interrupts and system calls --- */

static struct operation *interrupt(struct x86 *cpu, struct operation *op, uint64_t vector)
{
	leave(cpu, op);
	cpu->exit = (struct x86_exit){ .reason = X86_STOP_INTERRUPT,
				       .vector = (uint16_t)vector,
				       .address = op->address };
	cpu->event = EVENT_DONE;
	return NULL;
}

struct operation *run_int(struct x86 *cpu, struct operation *op)
{
	return interrupt(cpu, op, op->immediate & 0xff);
}

struct operation *run_int3(struct x86 *cpu, struct operation *op)
{
	return interrupt(cpu, op, X86_VECTOR_BP);
}

/* icebp: a #DB trap whose address is behind it. */
struct operation *run_int1(struct x86 *cpu, struct operation *op)
{
	return interrupt(cpu, op, X86_VECTOR_DB);
}

struct operation *run_into(struct x86 *cpu, struct operation *op)
{
	return flag_of(cpu) ? interrupt(cpu, op, X86_VECTOR_OF) : done(op);
}

struct operation *run_bound(struct x86 *cpu, struct operation *op)
{
	uint64_t address = linear_address(cpu, op), low, high;
	int64_t index;

	if (!memory_read(cpu, address, op->width, &low) ||
	    !memory_read(cpu, (address + op->width) & cpu->linear_mask, op->width, &high))
		return memory_fault(cpu, op);
	index = (int64_t)sign_extend(register_read(cpu, op->target, op->width), op->width);
	if (index < (int64_t)sign_extend(low, op->width) ||
	    index > (int64_t)sign_extend(high, op->width))
		return raise_fault(cpu, op, X86_VECTOR_BR, 0);
	return done(op);
}

struct operation *run_syscall(struct x86 *cpu, struct operation *op)
{
	struct operation *next = far_transfer(cpu, op, 0);

	/* syscall leaves its return address and the flags behind (SDM vol. 2, SYSCALL) */
	if (cpu->mode == X86_MODE_64 && op->length == 2) {
		cpu->registers.general[X86_CX] = cpu->registers.ip;
		cpu->registers.general[X86_R11] = x86_flags(cpu);
	}
	return next;
}

/* Within the same privilege level and code segment. */
struct operation *run_iret(struct x86 *cpu, struct operation *op)
{
	uint64_t target, selector, flags, mask = FLAGS_USER,
					  values = cpu->mode == X86_MODE_64 ? 5 : 3;
	uint64_t pointer = 0;

	if (!peek(cpu, 0, op->width, &target) || !peek(cpu, op->width, op->width, &selector) ||
	    !peek(cpu, 2u * op->width, op->width, &flags) ||
	    (values == 5 && !peek(cpu, 3u * op->width, op->width, &pointer)))
		return memory_fault(cpu, op);
	if ((uint16_t)selector != cpu->registers.selector[X86_CS])
		return raise_fault(cpu, op, X86_VECTOR_GP, (uint16_t)selector & 0xfffcu);
	if (op->width == 2)
		mask &= 0xffff;
	if (values == 5)
		cpu->registers.general[X86_SP] = pointer;
	else
		drop(cpu, 3u * op->width);
	x86_set_flags(cpu, (x86_flags(cpu) & ~mask) | (flags & mask));
	cpu->registers.ip = target & cpu->linear_mask;
	cpu->from = NULL;
	cpu->event = EVENT_NEXT;
	return NULL;
}
