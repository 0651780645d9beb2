#include "shellcode/handler.h"

#include <string.h>

enum {
	HANDLED_MAX = 64,
	CONTEXT_SIZE = 0x2cc,
	RECORD_SIZE = 0x50,
	RETURN = 0x0000fff0, /* where handlers return to: nothing is mapped there */
	CONTEXT_EIP = 0xb8,
	CONTEXT_FLAGS = 0xc0
};

static const uint32_t access_violation = 0xc0000005, illegal_instruction = 0xc000001d,
		      divide_by_zero = 0xc0000094;

/* Offsets of the general registers in CONTEXT, by enum x86_register. */
static const uint8_t context_registers[] = {
	[X86_AX] = 0xb0, [X86_CX] = 0xac, [X86_DX] = 0xa8, [X86_BX] = 0xa4,
	[X86_SP] = 0xc4, [X86_BP] = 0xb4, [X86_SI] = 0xa0, [X86_DI] = 0x9c,
};

void handler_init(struct handler *handler, const struct x86 *machine)
{
	memset(handler, 0, sizeof *handler);
	if (x86_mode(machine) == X86_MODE_32)
		handler->first = x86_read_u32(machine, x86_segment_base(machine, X86_FS));
}

static int put(struct x86 *machine, uint32_t address, uint32_t value)
{
	return x86_write(machine, address, &value, sizeof value);
}

static int store_context(struct x86 *machine, uint32_t context)
{
	static const uint8_t zeros[CONTEXT_SIZE];
	int failed = x86_write(machine, context, zeros, sizeof zeros);

	failed |= put(machine, context, 0x10007); /* CONTEXT_FULL */
	for (unsigned i = 0; i < sizeof context_registers; i++)
		failed |= put(machine, context + context_registers[i],
			      (uint32_t)x86_get(machine, (enum x86_register)i));
	failed |= put(machine, context + CONTEXT_EIP, (uint32_t)x86_ip(machine));
	return failed | put(machine, context + CONTEXT_FLAGS, (uint32_t)x86_flags(machine));
}

static void load_context(struct x86 *machine, uint32_t context)
{
	for (unsigned i = 0; i < sizeof context_registers; i++)
		x86_set(machine, (enum x86_register)i,
			x86_read_u32(machine, context + context_registers[i]));
	x86_set_ip(machine, x86_read_u32(machine, context + CONTEXT_EIP));
}

static int store_record(struct x86 *machine, uint32_t record, const struct x86_exit *stop)
{
	static const uint8_t zeros[RECORD_SIZE];
	uint32_t code = stop->vector == X86_VECTOR_DE	? divide_by_zero
			: stop->vector == X86_VECTOR_UD ? illegal_instruction
							: access_violation;
	int failed = x86_write(machine, record, zeros, sizeof zeros);

	failed |= put(machine, record, code);
	failed |= put(machine, record + 12, (uint32_t)x86_ip(machine));
	failed |= put(machine, record + 16, code == access_violation ? 2 : 0);
	failed |= put(machine, record + 20, stop->error_code & 2 ? 1 : 0);
	return failed | put(machine, record + 24, (uint32_t)stop->fault_address);
}

static void count(struct handler *handler, const struct x86_exit *stop)
{
	bool grows = stop->vector == X86_VECTOR_PF && stop->fault_address > handler->fault;

	handler->growing = grows ? handler->growing + 1 : 0;
	handler->fault = stop->fault_address;
	handler->handled++;
}

/* The handler has returned: 0 (ExceptionContinueExecution) takes the context over. */
static bool take_over(struct handler *handler, struct x86 *machine)
{
	uint32_t context = handler->context;

	handler->context = 0;
	if (x86_get(machine, X86_AX) != 0)
		return false;
	load_context(machine, context);
	return true;
}

bool handler_goes_on(struct handler *handler, struct x86 *machine, const struct x86_exit *stop)
{
	uint32_t frame, entry, context, record, stack;

	if (x86_mode(machine) != X86_MODE_32 || handler->handled >= HANDLED_MAX)
		return false;
	if (handler->context)
		return stop->address == RETURN && take_over(handler, machine);
	frame = x86_read_u32(machine, x86_segment_base(machine, X86_FS));
	if (frame == handler->first || x86_protection(machine, frame) < 0)
		return false;
	entry = x86_read_u32(machine, frame + 4);
	context = (((uint32_t)x86_get(machine, X86_SP) & ~15u) - 0x20) - CONTEXT_SIZE;
	record = context - RECORD_SIZE;
	stack = record - 20; /* return address; record, frame, context, dispatcher's context */
	if (store_context(machine, context) | store_record(machine, record, stop) |
	    put(machine, stack, RETURN) | put(machine, stack + 4, record) |
	    put(machine, stack + 8, frame) | put(machine, stack + 12, context) |
	    put(machine, stack + 16, 0))
		return false;
	count(handler, stop);
	handler->context = context;
	x86_set(machine, X86_SP, stack);
	x86_set_ip(machine, entry);
	return true;
}
