/* Doors and registers of the personalities.
 *
 * Linux: System V ABI supplements (i386: int 80h; AMD64: section A.2.1) and arch/x86/entry; BSD:
 * the FreeBSD Developers' Handbook, chapter 11.3.1; Solaris: lcall $7/$0x27 and int $0x91 in
 * uts/i86pc/ml/syscall_asm.s; macOS: osfmk/mach/i386/syscall_sw.h. */
#include "unix/abi.h"

#include <string.h>

enum door { DOOR_NONE, DOOR_INT_80, DOOR_INT_91, DOOR_SYSCALL, DOOR_SYSENTER, DOOR_FAR };

enum { CLASS_SHIFT = 24, CLASS_UNIX = 2, CLASS_NUMBER = 0xffffff }; /* of macOS' numbers */

static enum door door_of(const struct x86 *machine, const struct x86_exit *stop)
{
	uint8_t opcode[2];

	if (stop->reason == X86_STOP_INTERRUPT)
		return stop->vector == 0x80   ? DOOR_INT_80
		       : stop->vector == 0x91 ? DOOR_INT_91
					      : DOOR_NONE;
	if (stop->reason != X86_STOP_SYSCALL ||
	    x86_read(machine, stop->address, opcode, sizeof opcode) < 0)
		return DOOR_NONE;
	if (opcode[0] == 0x0f)
		return opcode[1] == 0x05 ? DOOR_SYSCALL : DOOR_SYSENTER;
	return stop->vector == 0x07 || stop->vector == 0x27 ? DOOR_FAR : DOOR_NONE;
}

static bool has_door(enum unix_system system, enum door door)
{
	switch (system) {
	case UNIX_LINUX_32: return door == DOOR_INT_80 || door == DOOR_SYSENTER;
	case UNIX_LINUX_64: return door == DOOR_SYSCALL || door == DOOR_INT_80;
	case UNIX_FREEBSD_32: return door == DOOR_INT_80 || door == DOOR_FAR;
	case UNIX_FREEBSD_64:
	case UNIX_MACOS_64: return door == DOOR_SYSCALL;
	case UNIX_SOLARIS_32: return door == DOOR_FAR || door == DOOR_INT_91;
	case UNIX_SYSTEMS: break;
	}
	return false;
}

static void arguments_in_registers(const struct x86 *machine, const enum x86_register *order,
				   uint64_t mask, uint64_t *arguments)
{
	for (unsigned i = 0; i < UNIX_ARGUMENTS; i++)
		arguments[i] = x86_get(machine, order[i]) & mask;
}

static void arguments_in_memory(const struct x86 *machine, uint64_t address, uint64_t *arguments)
{
	for (unsigned i = 0; i < UNIX_ARGUMENTS; i++)
		arguments[i] = x86_read_u32(machine, address + 4 * i);
}

/* socketcall(2): what each of its numbers stands for. */
static const uint16_t socketcalls[] = {
	[1] = UNIX_CALL_socket,	     [2] = UNIX_CALL_bind,	  [3] = UNIX_CALL_connect,
	[4] = UNIX_CALL_listen,	     [5] = UNIX_CALL_accept,	  [6] = UNIX_CALL_getsockname,
	[7] = UNIX_CALL_getpeername, [8] = UNIX_CALL_socketpair,  [9] = UNIX_CALL_send,
	[10] = UNIX_CALL_recv,	     [11] = UNIX_CALL_sendto,	  [12] = UNIX_CALL_recvfrom,
	[13] = UNIX_CALL_shutdown,   [14] = UNIX_CALL_setsockopt, [15] = UNIX_CALL_getsockopt,
	[16] = UNIX_CALL_sendmsg,    [17] = UNIX_CALL_recvmsg,	  [18] = UNIX_CALL_accept4,
};

static void open_socketcall(const struct x86 *machine, struct unix_request *request)
{
	uint64_t operation = request->arguments[0];

	if (operation == 0 || operation >= sizeof socketcalls / sizeof socketcalls[0]) {
		request->call = ERROR_INPUT;
		return;
	}
	request->call = socketcalls[operation];
	arguments_in_memory(machine, request->arguments[1], request->arguments);
}

static void request_linux(const struct x86 *machine, enum door door, enum unix_system system,
			  struct unix_request *request)
{
	static const enum x86_register order_32[] = {
		X86_BX, X86_CX, X86_DX, X86_SI, X86_DI, X86_BP
	};
	static const enum x86_register order_64[] = { X86_DI,  X86_SI, X86_DX,
						      X86_R10, X86_R8, X86_R9 };

	if (system == UNIX_LINUX_64 && door == DOOR_SYSCALL) {
		arguments_in_registers(machine, order_64, UINT64_MAX, request->arguments);
		request->call = unix_table_find(UNIX_LINUX_64, request->number);
		return;
	}
	request->number &= UINT32_MAX;
	request->word = 4;
	arguments_in_registers(machine, order_32, UINT32_MAX, request->arguments);
	request->call = unix_table_find(UNIX_LINUX_32, request->number);
	if (request->call == UNIX_CALL_socketcall)
		open_socketcall(machine, request);
	if (request->call == UNIX_CALL_mmap_old) { /* its arguments are in memory */
		request->call = UNIX_CALL_mmap;
		arguments_in_memory(machine, request->arguments[0], request->arguments);
	}
}

static void request_stack(const struct x86 *machine, enum unix_system system,
			  struct unix_request *request)
{
	uint64_t stack = x86_get(machine, X86_SP) + 4;

	if (system == UNIX_FREEBSD_32 &&
	    request->number == 0) { /* syscall(2): the number is first */
		request->number = x86_read_u32(machine, stack);
		stack += 4;
	}
	arguments_in_memory(machine, stack, request->arguments);
	request->call = unix_table_find(system, request->number);
}

bool unix_abi_request(const struct x86 *machine, const struct x86_exit *stop,
		      enum unix_system system, struct unix_request *request)
{
	static const enum x86_register order_64[] = { X86_DI,  X86_SI, X86_DX,
						      X86_R10, X86_R8, X86_R9 };
	enum door door = door_of(machine, stop);

	if (!has_door(system, door))
		return false;
	memset(request, 0, sizeof *request);
	request->number = x86_get(machine, X86_AX);
	request->word = unix_abi_word_size(machine);
	if (system == UNIX_LINUX_32 || system == UNIX_LINUX_64) {
		request_linux(machine, door, system, request);
	} else if (system == UNIX_MACOS_64) {
		arguments_in_registers(machine, order_64, UINT64_MAX, request->arguments);
		request->call = (request->number & UINT32_MAX) >> CLASS_SHIFT == CLASS_UNIX
					? unix_table_find(system, request->number & CLASS_NUMBER)
					: ERROR_INPUT;
	} else if (system == UNIX_FREEBSD_64) {
		arguments_in_registers(machine, order_64, UINT64_MAX, request->arguments);
		request->call = unix_table_find(system, request->number);
	} else {
		request_stack(machine, system, request);
	}
	return true;
}

/* SYSENTER_RETURN of the vdso: the caller has pushed ecx, edx, ebp and keeps the stack in ebp. */
static void return_from_sysenter(struct x86 *machine)
{
	uint64_t stack = x86_get(machine, X86_BP);

	x86_set(machine, X86_BP, x86_read_u32(machine, stack));
	x86_set(machine, X86_DX, x86_read_u32(machine, stack + 4));
	x86_set(machine, X86_CX, x86_read_u32(machine, stack + 8));
	x86_set_ip(machine, x86_read_u32(machine, stack + 12));
	x86_set(machine, X86_SP, stack + 16);
}

void unix_abi_answer(struct x86 *machine, const struct x86_exit *stop, enum unix_system system,
		     int64_t result)
{
	uint64_t mask = x86_mode(machine) == X86_MODE_64 ? UINT64_MAX : UINT32_MAX;
	uint64_t flags = x86_flags(machine);

	if (system == UNIX_LINUX_32 || system == UNIX_LINUX_64) {
		x86_set(machine, X86_AX, (uint64_t)result & mask);
		if (door_of(machine, stop) == DOOR_SYSENTER)
			return_from_sysenter(machine);
	} else if (result < 0) {
		x86_set(machine, X86_AX, (uint64_t)-result);
		x86_set_flags(machine, flags | X86_FLAG_CF);
	} else {
		x86_set(machine, X86_AX, (uint64_t)result & mask);
		x86_set_flags(machine, flags & ~(uint64_t)X86_FLAG_CF);
	}
	if (x86_mode(machine) == X86_MODE_64 && door_of(machine, stop) == DOOR_SYSCALL) {
		x86_set(machine, X86_CX, x86_ip(machine)); /* SDM: RCX and R11 keep RIP, RFLAGS */
		x86_set(machine, X86_R11, flags);
	}
}

unsigned unix_abi_word_size(const struct x86 *machine)
{
	return x86_mode(machine) == X86_MODE_64 ? 8 : 4;
}

uint64_t unix_abi_word(const struct x86 *machine, uint64_t address, unsigned size)
{
	uint64_t low = x86_read_u32(machine, address);

	if (size == 4)
		return low;
	return low | (uint64_t)x86_read_u32(machine, address + 4) << 32;
}
