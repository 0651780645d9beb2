/* Whole programs (programs/), each run on the host's processor and in the simulator: what they
 * print and their exit status must be the same, byte for byte.
 *
 * The first argument is the binary, the second what has to be there ("" or features of the
 * processor); or
 * "--missing" and the reason why there is no binary. Where the host or the simulator's CPUID lacks
 * something the test says so and is skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "linux_guest.h"
#include "programs/programs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUDGET	100000000u /* instructions: several times what any of them needs */
#define SKIPPED 77	   /* meson's exit status for a skipped test */

static const char *binary;
static uint64_t instructions;

struct outcome {
	struct buffer output;
	int status; /* of exit; -1: died */
};

/* The host's library would choose FMA variants of its mathematical functions, which round once
 * where the simulated processor, that has no FMA, rounds twice. */
static void become_program(const char *name, int output)
{
	const char *const words[] = { "program", name, NULL };
	const char *const environment[] = {
		"GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-FMA4,-AVX2,-AVX512F", NULL
	};
	int null = open("/dev/null", O_RDONLY);

	if (dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
		_exit(126);
	execve(binary, (char *const *)(uintptr_t)words, (char *const *)(uintptr_t)environment);
	_exit(errno == ENOEXEC ? 125 : 126);
}

static void run_native(const char *name, struct outcome *outcome)
{
	char part[4096];
	ssize_t got;
	int pair[2], status;

	buffer_init(&outcome->output, 16u << 20);
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	pid_t process = fork();
	assert_true(process >= 0);
	if (process == 0)
		become_program(name, pair[1]);
	close(pair[1]);
	while ((got = read(pair[0], part, sizeof part)) > 0)
		assert_int_equal(buffer_append(&outcome->output, part, (size_t)got), 0);
	close(pair[0]);
	assert_int_equal(waitpid(process, &status, 0), process);
	outcome->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void print_first_difference(const char *name, struct bytes expected, struct bytes given)
{
	struct reader left = reader_of(expected), right = reader_of(given);

	for (unsigned line = 1; reader_left(&left) > 0 || reader_left(&right) > 0; line++) {
		struct bytes a = reader_line(&left), b = reader_line(&right);
		if (bytes_equal(a, b))
			continue;
		print_error("%s, line %u:\n  native    %.*s\n  simulated %.*s\n", name, line,
			    (int)a.length, (const char *)a.data, (int)b.length,
			    (const char *)b.data);
		return;
	}
}

static void says_the_same_as_the_host(void **state)
{
	const char *name = *state;
	const char *const words[] = { "program", name, NULL };
	char reason[512] = "";
	struct outcome native;
	struct linux_guest guest;

	run_native(name, &native);
	bool ended = linux_guest_init(&guest, binary, words, reason, sizeof reason) &&
		     linux_guest_run(&guest, BUDGET, reason, sizeof reason);
	if (guest.machine)
		instructions += x86_instructions(guest.machine);
	if (guest.unknown_calls)
		print_error("%s: %u system calls unknown, the first %u\n", name,
			    guest.unknown_calls, guest.unknown_call);
	if (!ended)
		print_error("%s: %s\n", name, reason);
	print_first_difference(name, buffer_bytes(&native.output), buffer_bytes(&guest.output));
	assert_true(ended);
	assert_true(native.output.length > 0);
	assert_true(bytes_equal(buffer_bytes(&native.output), buffer_bytes(&guest.output)));
	assert_int_equal(native.status, guest.status);
	assert_int_equal(guest.unknown_calls, 0);
	linux_guest_fini(&guest);
	buffer_fini(&native.output);
}

/* A leaf of CPUID as the simulator answers it. */
static void simulated_cpuid(uint32_t leaf, uint32_t *bx, uint32_t *cx)
{
	static const uint8_t code[] = { 0x0f, 0xa2 };
	struct x86 *machine = x86_new(X86_MODE_64, 1u << 20);

	*bx = *cx = 0;
	if (machine && x86_map(machine, 0x1000, 0x1000, X86_READ | X86_EXECUTE) == 0 &&
	    x86_write(machine, 0x1000, code, sizeof code) == 0) {
		x86_set_ip(machine, 0x1000);
		x86_set(machine, X86_AX, 0);
		x86_run(machine, 1);
		uint64_t highest = x86_get(machine, X86_AX);
		x86_set_ip(machine, 0x1000);
		x86_set(machine, X86_AX, leaf);
		x86_set(machine, X86_CX, 0);
		x86_run(machine, 1);
		*bx = leaf <= highest ? (uint32_t)x86_get(machine, X86_BX) : 0;
		*cx = leaf <= highest ? (uint32_t)x86_get(machine, X86_CX) : 0;
	}
	x86_free(machine);
}

/* What "-msse4.2 -mpopcnt -mbmi -mbmi2" makes the compiler use; NULL, or what is missing where. */
static const char *missing_extensions(void)
{
	const uint32_t wanted1 =
		1u << 0 | 1u << 9 | 1u << 19 | 1u << 20 | 1u << 23; /* leaf 1, ecx */
	const uint32_t wanted7 = 1u << 3 | 1u << 8;		    /* leaf 7, ebx */
	uint32_t bx, cx, unused;

	if (!__builtin_cpu_supports("sse4.2") || !__builtin_cpu_supports("bmi2"))
		return "this host lacks SSE4.2 or BMI2";
	simulated_cpuid(1, &unused, &cx);
	simulated_cpuid(7, &bx, &unused);
	if ((cx & wanted1) != wanted1 || (bx & wanted7) != wanted7)
		return "the simulator's CPUID does not announce SSE4.2, BMI1 and BMI2";
	return NULL;
}

static const char *missing_host(void)
{
	struct outcome outcome;

	run_native("recursion", &outcome);
	buffer_fini(&outcome.output);
	return outcome.status == 125 ? "this host does not execute programs of this kind" : NULL;
}

static int say_skipped(const char *reason)
{
	print_message("skipped: %s\n", reason);
	return SKIPPED;
}

#define ROW(name) { #name, says_the_same_as_the_host, NULL, NULL, (void *)(uintptr_t) #name },

int main(int count, char **words)
{
	const struct CMUnitTest tests[] = { PROGRAMS(ROW) };
	const char *reason = NULL;

	if (count < 2)
		return 2;
	if (strcmp(words[1], "--missing") == 0)
		return say_skipped(count > 2 ? words[2] : "no binary");
	binary = words[1];
	if (count > 2 && strcmp(words[2], "extensions") == 0)
		reason = missing_extensions();
	if (!reason)
		reason = missing_host();
	if (reason)
		return say_skipped(reason);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	print_message("%llu instructions simulated\n", (unsigned long long)instructions);
	return failed;
}
