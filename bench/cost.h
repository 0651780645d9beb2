/* What a program costs: it is run as a process of its own, and its processor time, its time by the
 * clock and its largest resident set are taken. */
#ifndef KENBI_BENCH_COST_H
#define KENBI_BENCH_COST_H

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct cost {
	bool known;
	double seconds; /* processor */
	double elapsed; /* by the clock */
	double mebibytes;
	char output[2000];
};

static inline struct cost run(const char *const arguments[])
{
	struct cost cost = { .known = false };
	struct rusage usage;
	struct timespec begin, end;
	int ends[2], status;
	size_t length = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return cost;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	pid_t child = fork();
	if (child == 0) {
		int null = open("/dev/null", O_WRONLY);
		dup2(ends[1], 1);
		dup2(null, 2);
		execvp(arguments[0], (char *const *)(uintptr_t)arguments);
		_exit(127);
	}
	close(ends[1]);
	char more[512];
	ssize_t got;
	while ((got = read(ends[0], more, sizeof more)) > 0) {
		size_t room = sizeof cost.output - 1 - length;
		size_t kept = (size_t)got < room ? (size_t)got : room;
		memcpy(cost.output + length, more, kept);
		length += kept;
	}
	cost.output[length] = 0;
	close(ends[0]);
	if (wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) || WEXITSTATUS(status))
		return cost;
	clock_gettime(CLOCK_MONOTONIC, &end);
	cost.known = true;
	cost.elapsed =
		(double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
	cost.seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		       1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
	cost.mebibytes = (double)usage.ru_maxrss / 1024;
	return cost;
}

/* The fastest of some runs: everything else on the machine only makes it slower. */
static inline struct cost best(const char *const arguments[], int runs)
{
	struct cost best = run(arguments);

	for (int i = 1; i < runs && best.known; i++) {
		struct cost next = run(arguments);
		if (next.known && next.seconds < best.seconds)
			best = next;
	}
	return best;
}

#endif
