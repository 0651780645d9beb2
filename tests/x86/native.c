#include "native.h"

#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

struct native {
	pid_t child;
	int to_child, from_child;
	uint8_t memory[2][NATIVE_REGION];
	struct native_case cases[NATIVE_BATCH];
};

struct native_case *native_cases(struct native *native)
{
	return native->cases;
}

#ifdef __x86_64__

/* The child's: a signal handler has no other way to know them. */
static struct native_case *current;
static ucontext_t resume;
static uint8_t resume_fxsave[512];

static const int general_registers[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
					   REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
					   REG_R12, REG_R13, REG_R14, REG_R15 };

/* Offset of XSTATE_BV in the frame's XSAVE area: the parts that are not in their initial state. */
enum { XSTATE_BV = 512, XSTATE_X87_SSE = 3 };

static void enter_case(ucontext_t *context)
{
	greg_t *general = context->uc_mcontext.gregs;
	uint8_t *area = (uint8_t *)context->uc_mcontext.fpregs;

	resume = *context;
	memcpy(resume_fxsave, area, 464);
	for (int i = 0; i < 16; i++)
		general[general_registers[i]] = (greg_t)current->state.general[i];
	general[REG_RIP] = (greg_t)current->state.ip;
	general[REG_EFL] = (greg_t)(current->state.flags | 0x100);
	if (!current->wide)
		general[REG_CSGSFS] = (general[REG_CSGSFS] & ~0xffffll) | 0x23;
	memcpy(area, current->state.fxsave, 464);
	area[XSTATE_BV] |= XSTATE_X87_SSE;
}

static void leave_case(ucontext_t *context)
{
	greg_t *general = context->uc_mcontext.gregs;
	uint8_t *area = (uint8_t *)context->uc_mcontext.fpregs;

	for (int i = 0; i < 16; i++)
		current->state.general[i] = (uint64_t)general[general_registers[i]];
	current->state.ip = (uint64_t)general[REG_RIP];
	current->state.flags = (uint64_t)general[REG_EFL];
	memcpy(current->state.fxsave, area, 464);
	current->vector = (int)general[REG_TRAPNO];
	current->error_code = (uint32_t)general[REG_ERR];
	current->fault_address = (uint64_t)general[REG_CR2];
	memcpy(general, resume.uc_mcontext.gregs, sizeof resume.uc_mcontext.gregs);
	memcpy(area, resume_fxsave, 464);
	area[XSTATE_BV] |= XSTATE_X87_SSE;
	current = NULL;
}

static void handle(int number, siginfo_t *info, void *context)
{
	static bool inside;

	(void)info;
	/* the kernel leaves NT, AC and ID as the case set them, and does not put them back either
	 */
	__builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~UINT64_C(0x244000));
	if (inside) {
		inside = false;
		leave_case(context);
	} else if (number == SIGTRAP && current) {
		inside = true;
		enter_case(context);
	} else {
		_exit(1); /* a fault of the child itself */
	}
}

static bool map_region(uint64_t address, int protection)
{
	return mmap((void *)(uintptr_t)address, NATIVE_REGION, protection,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		    0) == (void *)(uintptr_t)address;
}

static void run_case(struct native *native, struct native_case *one)
{
	memcpy((void *)(uintptr_t)NATIVE_DATA, native->memory[0], NATIVE_REGION);
	memcpy((void *)(uintptr_t)NATIVE_STACK, native->memory[1], NATIVE_REGION);
	memset((void *)(uintptr_t)NATIVE_CODE, 0, NATIVE_REGION);
	memcpy((void *)(uintptr_t)one->state.ip, one->code, one->code_length);
	current = one;
	__asm__ volatile("int3" : : : "memory");
	memcpy(one->data, (void *)(uintptr_t)NATIVE_DATA, NATIVE_REGION);
	memcpy(one->stack, (void *)(uintptr_t)NATIVE_STACK, NATIVE_REGION);
}

static _Noreturn void child(struct native *native, int commands, int answers)
{
	static const int signals[] = { SIGTRAP, SIGSEGV, SIGILL, SIGFPE, SIGBUS };
	static uint8_t stack[64 * 1024];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
	struct sigaction action = { .sa_sigaction = handle,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	uint8_t count;

	sigaltstack(&alternate, NULL);
	for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++)
		sigaction(signals[i], &action, NULL);
	if (!map_region(NATIVE_CODE, PROT_READ | PROT_WRITE | PROT_EXEC) ||
	    !map_region(NATIVE_DATA, PROT_READ | PROT_WRITE) ||
	    !map_region(NATIVE_STACK, PROT_READ | PROT_WRITE))
		_exit(2);
	/* 32-bit code needs data segments; 64-bit code does not look at them */
	__asm__ volatile("mov %0, %%ds\n\tmov %0, %%es" : : "r"(0x2b));
	/* from here on only read, write, exit and the return from signals */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) < 0)
		_exit(2);
	while (read(commands, &count, 1) == 1) {
		for (unsigned i = 0; i < count; i++)
			run_case(native, &native->cases[i]);
		if (write(answers, &count, 1) != 1)
			break;
	}
	_exit(0);
}

/* The shadow of AddressSanitizer lies where the cases' wild accesses must find nothing. */
#if defined(__SANITIZE_ADDRESS__)
#define SHADOWED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SHADOWED 1
#endif
#endif
#ifndef SHADOWED
#define SHADOWED 0
#endif

struct native *native_start(const uint8_t memory[2][NATIVE_REGION], const char **reason)
{
	int down[2], up[2];
	struct native *native = mmap(NULL, sizeof *native, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*reason = SHADOWED ? "AddressSanitizer occupies low memory" : "no shared memory or pipes";
	if (SHADOWED || native == MAP_FAILED)
		return NULL;
	memcpy(native->memory, memory, sizeof native->memory);
	if (pipe(down) < 0 || pipe(up) < 0)
		return NULL;
	native->child = fork();
	if (native->child == 0) {
		close(down[1]);
		close(up[0]);
		child(native, down[0], up[1]);
	}
	close(down[0]);
	close(up[1]);
	native->to_child = down[1];
	native->from_child = up[0];
	*reason = "the child could not start";
	return native_run(native, 0) ? native : NULL;
}

bool native_run(struct native *native, unsigned count)
{
	uint8_t byte = (uint8_t)count;

	return write(native->to_child, &byte, 1) == 1 && read(native->from_child, &byte, 1) == 1;
}

bool native_has_32(struct native *native)
{
	struct native_case *one = &native->cases[0];

	memset(one, 0, sizeof *one);
	one->state.ip = NATIVE_CODE;
	one->state.general[4] = NATIVE_STACK + 4096;
	one->state.fxsave[0] = 0x7f;
	one->state.fxsave[1] = 3;
	one->state.fxsave[24] = 0x80;
	one->state.fxsave[25] = 0x1f;
	one->code[0] = 0x40; /* inc eax: a prefix in 64-bit mode */
	one->code_length = 1;
	return native_run(native, 1) && one->vector == 1 && one->state.general[0] == 1;
}

void native_stop(struct native *native)
{
	if (!native)
		return;
	close(native->to_child);
	close(native->from_child);
	waitpid(native->child, NULL, 0);
	munmap(native, sizeof *native);
}

#else

struct native *native_start(const uint8_t memory[2][NATIVE_REGION], const char **reason)
{
	(void)memory;
	*reason = "the host is no x86-64";
	return NULL;
}

bool native_run(struct native *native, unsigned count)
{
	(void)native;
	(void)count;
	return false;
}

bool native_has_32(struct native *native)
{
	(void)native;
	return false;
}

void native_stop(struct native *native)
{
	(void)native;
}

#endif
