/* Jumps, calls, returns, loops, interrupts and system calls. */
#include "x86/flags.h"
#include "x86/handlers.h"
#include "x86/segment.h"
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

/* --- far transfers: within the code segment, or the owner's business --- */

/* Leaves to the owner, with a selector or zero. */
static struct operation *system_call(struct x86 *cpu, struct operation *op, uint64_t selector)
{
	if (UNLIKELY(cpu->follow.asks))
		return follow_stop(cpu, op);
	leave(cpu, op);
	cpu->exit = (struct x86_exit){ .reason = X86_STOP_SYSCALL,
				       .vector = (uint16_t)selector,
				       .address = op->address };
	cpu->event = EVENT_DONE;
	return NULL;
}

/* Direct far pointers carry their selector as the immediate; relative branches have none. */
INLINE bool is_far(const struct operation *op)
{
	return op->third_kind == OPERAND_OTHER;
}

/* Offset and selector of a far call or jump; false after a memory fault. */
static bool far_pointer(struct x86 *cpu, const struct operation *op, uint64_t *offset,
			uint64_t *selector)
{
	*offset = (uint64_t)op->displacement;
	*selector = op->immediate & 0xffff;
	return op->target_kind != OPERAND_MEMORY ||
	       (memory_read(cpu, linear_address(cpu, op), op->width, offset) &&
		memory_read(cpu, (linear_address(cpu, op) + op->width) & cpu->linear_mask, 2,
			    selector));
}

/* Is it the code segment that is executing? There is no other of this mode and privilege. */
static bool same_code(const struct x86 *cpu, uint64_t selector)
{
	return (selector | 3) == (cpu->registers.selector[X86_CS] | 3u) &&
	       !segment_is_null(selector);
}

static struct operation *far_transfer(struct x86 *cpu, struct operation *op, bool call)
{
	uint64_t offset, selector, low = (stack_pointer(cpu) - 2u * op->width) & cpu->linear_mask;

	if (!far_pointer(cpu, op, &offset, &selector))
		return memory_fault(cpu, op);
	/* a local descriptor may be a gate: System V's lcall $7,$0 */
	if (!same_code(cpu, selector))
		return selector & 4 && !segment_find(cpu, (uint16_t)selector)
			       ? system_call(cpu, op, selector)
			       : segment_fault(cpu, op, selector);
	offset = zero_extend(offset, op->width);
	if (!canonical(cpu, offset))
		return raise_fault(cpu, op, X86_VECTOR_GP, 0);
	if (call && (!memory_probe(cpu, stack_linear(cpu, low + op->width), op->width) ||
		     !push(cpu, op->width, cpu->registers.selector[X86_CS])))
		return push_fault(cpu, op);
	if (call && !push(cpu, op->width, op->address + op->length)) {
		drop(cpu, op->width);
		return push_fault(cpu, op);
	}
	return go_to(cpu, offset);
}

struct operation *run_jmp(struct x86 *cpu, struct operation *op)
{
	uint64_t target;

	if (is_far(op))
		return far_transfer(cpu, op, false);
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
		return far_transfer(cpu, op, true);
	if (op->target_kind != OPERAND_IMMEDIATE && !read_target(cpu, op, &target))
		return memory_fault(cpu, op);
	if (!canonical(cpu, target))
		return raise_fault(cpu, op, X86_VECTOR_GP, 0);
	if (!push(cpu, op->width, op->address + op->length))
		return push_fault(cpu, op);
	return op->target_kind == OPERAND_IMMEDIATE ? branch(cpu, op) : go_to(cpu, target);
}

/* The code selector that a far return or iret took off the stack: null is #GP(0), any but this
 * privilege level's own #GP with the selector. */
static bool returns_here(const struct x86 *cpu, uint64_t selector)
{
	return (uint16_t)selector == cpu->registers.selector[X86_CS];
}

static struct operation *return_far(struct x86 *cpu, struct operation *op)
{
	uint64_t target, selector;

	if (!peek(cpu, 0, op->width, &target) || !peek(cpu, op->width, op->width, &selector))
		return push_fault(cpu, op);
	if (!returns_here(cpu, selector))
		return segment_fault(cpu, op, selector);
	if (!canonical(cpu, target))
		return raise_fault(cpu, op, X86_VECTOR_GP, 0);
	drop(cpu, 2u * op->width);
	drop(cpu, op->target_kind == OPERAND_IMMEDIATE ? op->immediate & 0xffff : 0);
	return go_to(cpu, target);
}

struct operation *run_ret(struct x86 *cpu, struct operation *op)
{
	uint64_t target;

	if (is_far(op))
		return return_far(cpu, op);
	if (!peek(cpu, 0, op->width, &target))
		return push_fault(cpu, op);
	if (!canonical(cpu, target))
		return raise_fault(cpu, op, X86_VECTOR_GP, 0);
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
		return push_fault(cpu, op);
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
		return push_fault(cpu, op);
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
	if (UNLIKELY(cpu->follow.asks))
		return follow_stop(cpu, op);
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

/* Leaves its return address and the flags behind (SDM vol. 2, SYSCALL). In 32-bit mode there is
 * none (AMD has one). */
struct operation *run_syscall(struct x86 *cpu, struct operation *op)
{
	struct operation *next;

	if (cpu->mode == X86_MODE_32)
		return raise_fault(cpu, op, X86_VECTOR_UD, 0);
	next = system_call(cpu, op, 0);
	cpu->registers.general[X86_CX] = cpu->registers.ip;
	cpu->registers.general[X86_R11] = x86_flags(cpu);
	return next;
}

struct operation *run_sysenter(struct x86 *cpu, struct operation *op)
{
	return system_call(cpu, op, 0);
}

/* --- iret, within the same privilege level --- */

/* What iret takes off the stack; the last two in 64-bit mode only. */
struct interrupt_frame {
	uint64_t ip, code, flags, pointer, stack;
};

static bool frame_read(struct x86 *cpu, const struct operation *op, struct interrupt_frame *frame)
{
	unsigned size = op->width;

	return peek(cpu, 0, size, &frame->ip) && peek(cpu, size, size, &frame->code) &&
	       peek(cpu, 2u * size, size, &frame->flags) &&
	       (cpu->mode == X86_MODE_32 || (peek(cpu, 3u * size, size, &frame->pointer) &&
					     peek(cpu, 4u * size, size, &frame->stack)));
}

/* The flags that iret and popf may change; 16 bits of them leave the upper ones alone. */
static void frame_flags(struct x86 *cpu, const struct operation *op, uint64_t flags)
{
	uint64_t mask = op->width == 2 ? FLAGS_USER & 0xffff : FLAGS_USER | FLAG_RF;

	x86_set_flags(cpu, (x86_flags(cpu) & ~mask) | (flags & mask));
}

struct operation *run_iret(struct x86 *cpu, struct operation *op)
{
	struct interrupt_frame frame;

	/* to another task: there is none (SDM vol. 2, IRET: #GP(0) where the system is 64 bits) */
	if (cpu->registers.flags & FLAG_NT)
		return raise_fault(cpu, op, X86_VECTOR_GP, 0);
	if (!frame_read(cpu, op, &frame))
		return push_fault(cpu, op);
	if (!returns_here(cpu, frame.code))
		return segment_fault(cpu, op, frame.code);
	if (cpu->mode == X86_MODE_64 && !segment_load(cpu, X86_SS, (uint16_t)frame.stack))
		return segment_fault(cpu, op, frame.stack);
	if (!canonical(cpu, frame.ip))
		return raise_fault(cpu, op, X86_VECTOR_GP, 0);
	if (cpu->mode == X86_MODE_64)
		cpu->registers.general[X86_SP] = frame.pointer;
	else
		drop(cpu, 3u * op->width);
	frame_flags(cpu, op, frame.flags);
	cpu->registers.ip = frame.ip & cpu->linear_mask;
	cpu->from = NULL;
	cpu->event = EVENT_NEXT;
	return NULL;
}
