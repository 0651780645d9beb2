/* The tests' side of the driver of the host's processor: starts the helper, hands it cases. */
#include "native.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "native_helper.h"

enum { PATIENCE = 120 * 1000 /* milliseconds for a batch */ };

struct native {
	pid_t helper;
	int to_helper, from_helper;
	struct native_shared *shared;
	unsigned features;
};

struct native_case *native_cases(struct native *native)
{
	return native->shared->cases;
}

unsigned native_features(const struct native *native)
{
	return native->features;
}

static _Noreturn void become_helper(int memory, int commands, int answers)
{
	char numbers[3][16];

	snprintf(numbers[0], sizeof numbers[0], "%d", memory);
	snprintf(numbers[1], sizeof numbers[1], "%d", commands);
	snprintf(numbers[2], sizeof numbers[2], "%d", answers);
	execl(NATIVE_HELPER, NATIVE_HELPER, numbers[0], numbers[1], numbers[2], (char *)NULL);
	_exit(127);
}

static const char *why(struct native *native)
{
	int status = 0;

	if (native->helper > 0)
		kill(native->helper, SIGKILL); /* no effect on one that has ended */
	if (native->helper < 0 || waitpid(native->helper, &status, 0) != native->helper)
		return "no process for the helper";
	native->helper = -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NATIVE_NO_BASES)
		return "the host gives user code no wrfsbase (Linux before 5.9, or an old "
		       "processor)";
	if (WIFEXITED(status) && WEXITSTATUS(status) == NATIVE_NO_X86_64)
		return "the host is no x86-64";
	return "the helper could not start: its memory or seccomp was refused";
}

static bool answer(struct native *native, uint8_t *byte)
{
	struct pollfd wait = { .fd = native->from_helper, .events = POLLIN };

	return poll(&wait, 1, PATIENCE) == 1 && read(native->from_helper, byte, 1) == 1;
}

bool native_run(struct native *native, unsigned count)
{
	uint8_t byte = (uint8_t)count;

	return write(native->to_helper, &byte, 1) == 1 && answer(native, &byte);
}

/* Is the byte 40 "inc eax", as in 32-bit mode, or a prefix? */
static bool runs_32(struct native *native)
{
	struct native_case *one = &native->shared->cases[0];

	memset(one, 0, sizeof *one);
	one->state.ip = NATIVE_CODE;
	one->state.flags = 0x202;
	one->state.general[4] = NATIVE_STACK + 4096;
	one->state.selector[NATIVE_DS] = one->state.selector[NATIVE_ES] = NATIVE_FLAT;
	one->state.selector[NATIVE_SS] = NATIVE_FLAT;
	one->state.fxsave[0] = 0x7f;
	one->state.fxsave[1] = 3;
	one->state.fxsave[24] = 0x80;
	one->state.fxsave[25] = 0x1f;
	one->code[0] = 0x40;
	one->code_length = 1;
	one->steps = 1;
	return native_run(native, 1) && one->vector == 1 && one->state.general[0] == 1;
}

struct native *native_start(const uint8_t memory[NATIVE_PAGES][NATIVE_PAGE], const char **reason)
{
	int down[2] = { -1, -1 }, up[2] = { -1, -1 };
	int shared = memfd_create("kenbi-x86-cases", 0);
	struct native *native = calloc(1, sizeof *native);
	uint8_t features;

	*reason = "no shared memory or pipes";
	if (!native || shared < 0 || ftruncate(shared, sizeof *native->shared) < 0 ||
	    pipe(down) < 0 || pipe(up) < 0)
		goto failed;
	native->shared =
		mmap(NULL, sizeof *native->shared, PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0);
	if (native->shared == MAP_FAILED)
		goto failed;
	memcpy(native->shared->memory, memory, sizeof native->shared->memory);
	signal(SIGPIPE, SIG_IGN); /* a helper that died is an answer, not the end */
	native->helper = fork();
	if (native->helper == 0) {
		close(down[1]);
		close(up[0]);
		become_helper(shared, down[0], up[1]);
	}
	close(shared);
	close(down[0]);
	close(up[1]);
	native->to_helper = down[1];
	native->from_helper = up[0];
	if (native->helper < 0 || !answer(native, &features)) {
		*reason = why(native);
		native_stop(native);
		return NULL;
	}
	native->features = features;
	if (runs_32(native))
		native->features |= NATIVE_HAS_32;
	return native;
failed:
	for (unsigned i = 0; i < 2; i++) {
		if (down[i] >= 0)
			close(down[i]);
		if (up[i] >= 0)
			close(up[i]);
	}
	if (shared >= 0)
		close(shared);
	free(native);
	return NULL;
}

void native_stop(struct native *native)
{
	if (!native)
		return;
	close(native->to_helper);
	close(native->from_helper);
	if (native->helper > 0) {
		kill(native->helper, SIGKILL);
		waitpid(native->helper, NULL, 0);
	}
	munmap(native->shared, sizeof *native->shared);
	free(native);
}
