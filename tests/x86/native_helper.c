/* Executes the cases of native.h: a program that does nothing else.
 *
 * usage: x86_native_helper MEMORY COMMANDS ANSWERS (numbers of open descriptors). It answers one
 * byte with what the host can do; then each command, a number of cases, with the same number.
 *
 * The segment registers, FS among them, belong to the case while it runs and while the signal
 * handler saves what came out: nothing here may use thread-local storage, so there is no stack
 * protector, and symbols are bound before the start. */
#include "native.h"

#include <stdlib.h>

#ifdef __x86_64__

#include <asm/ldt.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum {
	HWCAP2_BASES = 1 << 1, /* wrfsbase and its like are allowed */
	FLAG_TF = 1 << 8,
	FLAG_NT = 1 << 14,
	FLAG_AC = 1 << 18,
	FLAG_ID = 1 << 21,
	/* what the kernel leaves to the handler as the case set it */
	FLAGS_LEFT = FLAG_NT | FLAG_AC | FLAG_ID,
	/* what the return from a handler takes from the handler, not from the frame */
	FLAGS_TAKEN = FLAG_NT | FLAG_ID,
	/* offset of the frame's XSTATE_BV: the parts that are not in their initial state */
	XSTATE_BV = 512,
	XSTATE_X87_SSE = 3,
	FXSAVE_USED = 464
};

static const struct native_page pages[NATIVE_PAGES] = NATIVE_MAP;
static const int general_registers[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
					   REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
					   REG_R12, REG_R13, REG_R14, REG_R15 };

/* What the signal handler knows. */
static struct native_shared *shared;
static bool running;
static unsigned current, last, steps_left;
static ucontext_t resume;
static uint8_t resume_fxsave[FXSAVE_USED];
static uint64_t own_base[2];

static uint8_t *page_bytes(unsigned page)
{
	return (uint8_t *)(uintptr_t)pages[page].address;
}

static void load_segments(const struct native_state *state)
{
	__asm__ volatile("mov %0, %%ds" : : "rm"(state->selector[NATIVE_DS]));
	__asm__ volatile("mov %0, %%es" : : "rm"(state->selector[NATIVE_ES]));
	__asm__ volatile("mov %0, %%fs" : : "rm"(state->selector[NATIVE_FS]));
	__asm__ volatile("mov %0, %%gs" : : "rm"(state->selector[NATIVE_GS]));
}

static void load_bases(const uint64_t base[2])
{
	__asm__ volatile("wrfsbase %0\n\twrgsbase %1" : : "r"(base[0]), "r"(base[1]));
}

static void read_bases(uint64_t base[2])
{
	__asm__ volatile("rdfsbase %0\n\trdgsbase %1" : "=r"(base[0]), "=r"(base[1]));
}

static void write_memory(uint64_t address, const uint8_t *bytes, unsigned length)
{
	while (length > 0) {
		int page;
		unsigned piece = native_piece(address, length, &page);
		if (page >= 0)
			memcpy((void *)(uintptr_t)address, bytes, piece);
		address += piece;
		bytes += piece;
		length -= piece;
	}
}

static void enter_case(ucontext_t *context)
{
	const struct native_case *one = &shared->cases[current];
	greg_t *general = context->uc_mcontext.gregs;
	uint8_t *area = (uint8_t *)context->uc_mcontext.fpregs;

	write_memory(one->patch_address, one->patch, one->patch_length);
	write_memory(one->state.ip, one->code, one->code_length);
	steps_left = one->steps;
	for (int i = 0; i < 16; i++)
		general[general_registers[i]] = (greg_t)one->state.general[i];
	general[REG_RIP] = (greg_t)one->state.ip;
	general[REG_EFL] = (greg_t)(one->state.flags | FLAG_TF);
	/* cs is the lowest of four selectors, ss the highest */
	general[REG_CSGSFS] = (greg_t)((one->wide ? 0x33u : 0x23u) |
				       (uint64_t)one->state.selector[NATIVE_SS] << 48);
	memcpy(area, one->state.fxsave, FXSAVE_USED);
	area[XSTATE_BV] |= XSTATE_X87_SSE;
	load_segments(&one->state);
	if (one->wide)
		load_bases(one->state.base);
}

static void save_memory(struct native_case *one)
{
	one->dirty = 0;
	for (unsigned i = 0; i < NATIVE_PAGES; i++) {
		if (!(pages[i].protection & NATIVE_WRITE) ||
		    memcmp(page_bytes(i), shared->memory[i], NATIVE_PAGE) == 0)
			continue;
		one->dirty |= 1u << i;
		memcpy(one->pages[i], page_bytes(i), NATIVE_PAGE);
		memcpy(page_bytes(i), shared->memory[i], NATIVE_PAGE);
	}
}

static void leave_case(const ucontext_t *context)
{
	struct native_case *one = &shared->cases[current];
	const greg_t *general = context->uc_mcontext.gregs;

	__asm__ volatile("mov %%ds, %0" : "=rm"(one->state.selector[NATIVE_DS]));
	__asm__ volatile("mov %%es, %0" : "=rm"(one->state.selector[NATIVE_ES]));
	__asm__ volatile("mov %%fs, %0" : "=rm"(one->state.selector[NATIVE_FS]));
	__asm__ volatile("mov %%gs, %0" : "=rm"(one->state.selector[NATIVE_GS]));
	one->state.selector[NATIVE_SS] = (uint16_t)((uint64_t)general[REG_CSGSFS] >> 48);
	if (one->wide)
		read_bases(one->state.base);
	for (int i = 0; i < 16; i++)
		one->state.general[i] = (uint64_t)general[general_registers[i]];
	one->state.ip = (uint64_t)general[REG_RIP];
	one->state.flags = (uint64_t)general[REG_EFL];
	memcpy(one->state.fxsave, context->uc_mcontext.fpregs, FXSAVE_USED);
	one->vector = (int)general[REG_TRAPNO];
	one->error_code = (uint32_t)general[REG_ERR];
	one->fault_address = (uint64_t)general[REG_CR2];
	save_memory(one);
}

static void begin(const ucontext_t *context)
{
	resume = *context;
	memcpy(resume_fxsave, context->uc_mcontext.fpregs, FXSAVE_USED);
	running = true;
}

static void finish(ucontext_t *context)
{
	static const struct native_state flat = {
		.selector = { [NATIVE_DS] = NATIVE_FLAT, [NATIVE_ES] = NATIVE_FLAT }
	};
	uint8_t *area = (uint8_t *)context->uc_mcontext.fpregs;

	memcpy(context->uc_mcontext.gregs, resume.uc_mcontext.gregs,
	       sizeof resume.uc_mcontext.gregs);
	memcpy(area, resume_fxsave, FXSAVE_USED);
	area[XSTATE_BV] |= XSTATE_X87_SSE;
	load_segments(&flat);
	load_bases(own_base);
	running = false;
}

static void set_own_flags(uint64_t flags)
{
	__builtin_ia32_writeeflags_u64((__builtin_ia32_readeflags_u64() & ~(uint64_t)FLAGS_LEFT) |
				       flags);
}

/* One trap further: the first of a batch, a step within a case, the end of a case. */
static void advance(int number, ucontext_t *context)
{
	greg_t *general = context->uc_mcontext.gregs;

	if (!running) {
		if (number != SIGTRAP)
			syscall(SYS_exit, 1); /* a fault of the helper itself */
		begin(context);
	} else if (number == SIGTRAP && general[REG_TRAPNO] == 1 && steps_left > 1) {
		steps_left--;
		general[REG_EFL] |= FLAG_TF;
		return;
	} else {
		leave_case(context);
		if (++current == last) {
			finish(context);
			return;
		}
	}
	enter_case(context);
}

static void handle(int number, siginfo_t *info, void *frame)
{
	ucontext_t *context = frame;

	(void)info;
	set_own_flags(0);
	advance(number, context);
	set_own_flags((uint64_t)context->uc_mcontext.gregs[REG_EFL] & FLAGS_TAKEN);
}

static bool map_page(const struct native_page *page, const uint8_t *bytes)
{
	void *address = (void *)(uintptr_t)page->address;

	if (mmap(address, NATIVE_PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != address)
		return false;
	memcpy(address, bytes, NATIVE_PAGE);
	return mprotect(address, NATIVE_PAGE, (int)page->protection) == 0;
}

static bool define_segment(unsigned number, uint32_t base)
{
	struct user_desc descriptor = { .entry_number = number,
					.base_addr = base,
					.limit = 0xfffff,
					.seg_32bit = 1,
					.limit_in_pages = 1,
					.useable = 1 };

	return syscall(SYS_modify_ldt, 1, &descriptor, sizeof descriptor) == 0;
}

static bool prepare(void)
{
	static const int signals[] = { SIGTRAP, SIGSEGV, SIGILL, SIGFPE, SIGBUS };
	static uint8_t stack[64 * 1024];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof stack };
	struct sigaction action = { .sa_sigaction = handle,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };

	if (sigaltstack(&alternate, NULL) < 0)
		return false;
	for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++)
		if (sigaction(signals[i], &action, NULL) < 0)
			return false;
	for (unsigned i = 0; i < NATIVE_PAGES; i++)
		if (!map_page(&pages[i], shared->memory[i]))
			return false;
	return true;
}

static void serve(int commands, int answers)
{
	uint8_t count;

	while (read(commands, &count, 1) == 1) {
		current = 0;
		last = count;
		if (count > 0)
			__asm__ volatile("int3" : : : "memory");
		if (write(answers, &count, 1) != 1)
			return;
	}
}

int main(int count, char **arguments)
{
	uint8_t features = 0;

	if (count != 4)
		return 2;
	/* without wrfsbase nobody could give FS back to the C library */
	if (!(getauxval(AT_HWCAP2) & HWCAP2_BASES))
		return NATIVE_NO_BASES;
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, atoi(arguments[1]),
		      0);
	if (shared == MAP_FAILED || !prepare())
		return 2;
	read_bases(own_base);
	if (define_segment(0, NATIVE_BASE_A) && define_segment(1, NATIVE_BASE_B))
		features |= NATIVE_HAS_SEGMENTS;
	/* from here on only read, write, exit and the return from signals */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) < 0 ||
	    write(atoi(arguments[3]), &features, 1) != 1)
		return 2;
	serve(atoi(arguments[2]), atoi(arguments[3]));
	syscall(SYS_exit, 0);
	return 0;
}

#else

int main(void)
{
	return NATIVE_NO_X86_64;
}

#endif
