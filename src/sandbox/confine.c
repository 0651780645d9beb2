/* Giving up rights, from the widest to the narrowest: limits, Landlock (file system), seccomp
 * (system calls).
 *
 * The filter answers EPERM instead of killing, so that a library that tries something harmless but
 * unneeded goes on; nothing outside the list is ever executed. Sources: landlock(7), seccomp(2). */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER 0
#endif

static int limit(int resource, rlim_t soft, rlim_t hard, struct error *error)
{
	struct rlimit value = { soft, hard };

	if (setrlimit(resource, &value) < 0)
		return error_system(error, "sandbox", "cannot set a resource limit");
	return 0;
}

static int set_limits(const struct sandbox_limits *limits, struct error *error)
{
	int result = limit(RLIMIT_CORE, 0, 0, error);

	if (result == 0)
		result = limit(RLIMIT_FSIZE, 0, 0, error);
	if (result == 0 && limits->memory && !UNDER_SANITIZER)
		result = limit(RLIMIT_AS, limits->memory, limits->memory, error);
	if (result == 0 && limits->cpu_seconds)
		result = limit(RLIMIT_CPU, limits->cpu_seconds, limits->cpu_seconds + 5, error);
	return result;
}

/* Denies every file system right that the running kernel knows, then allows reading below the
 * folders. */
static int restrict_files(const char *const *folders, struct error *error)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (version < 1)
		return 0;
	uint64_t handled = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
	if (version >= 2)
		handled |= LANDLOCK_ACCESS_FS_REFER;
	struct landlock_ruleset_attr attributes = { .handled_access_fs = handled };
	int rules = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
	if (rules < 0)
		return error_system(error, "sandbox", "cannot make Landlock rules");
	for (; *folders; folders++) {
		int folder = open(*folders, O_PATH | O_CLOEXEC);
		if (folder < 0)
			continue; /* what does not exist needs no permission */
		struct stat status;
		struct landlock_path_beneath_attr rule = {
			.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
			.parent_fd = folder,
		};
		if (fstat(folder, &status) == 0 && S_ISDIR(status.st_mode))
			rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
		long added =
			syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
		close(folder);
		if (added < 0) {
			close(rules);
			return error_system(error, *folders, "cannot allow reading in the sandbox");
		}
	}
	long result = syscall(SYS_landlock_restrict_self, rules, 0);
	close(rules);
	return result < 0 ? error_system(error, "sandbox", "cannot restrict files") : 0;
}

static const int allowed_calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(readv),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(recvmsg),
	SCMP_SYS(recvfrom),
	SCMP_SYS(close),
	SCMP_SYS(dup),
	SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(lseek),
	SCMP_SYS(getdents64),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(brk),
	SCMP_SYS(mmap),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(mprotect),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getrandom),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(getrlimit),
	SCMP_SYS(prlimit64),
	SCMP_SYS(sysinfo),
	SCMP_SYS(uname),
	SCMP_SYS(getcpu),
	SCMP_SYS(poll),
	SCMP_SYS(getsockopt), /* what a packet socket that was opened before counts */
	SCMP_SYS(restart_syscall),
	SCMP_SYS(set_tid_address),
};

static int allow(scmp_filter_ctx filter)
{
	int failed = 0;

	for (size_t i = 0; i < sizeof allowed_calls / sizeof *allowed_calls; i++)
		failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0);
	/* Descriptors: duplicate and ask, nothing else. */
	failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				   SCMP_A1(SCMP_CMP_EQ, F_GETFL));
	failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				   SCMP_A1(SCMP_CMP_EQ, F_GETFD));
	failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				   SCMP_A1(SCMP_CMP_EQ, F_SETFD));
	failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
				   SCMP_A1(SCMP_CMP_EQ, F_DUPFD_CLOEXEC));
	/* Files are opened for reading only. */
	failed |= seccomp_rule_add(
		filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
		SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND, O_RDONLY));
	/* Threads, not processes; clone3 hides its flags, so the library falls back to clone. */
	failed |= seccomp_rule_add(
		filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_VM | CLONE_THREAD, CLONE_VM | CLONE_THREAD));
	failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return failed;
}

static int filter_calls(struct error *error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (!filter)
		return error_set(error, ERROR_MEMORY, "sandbox",
				 "no memory for the system call filter");
	int failed = allow(filter);
	if (!failed)
		failed = seccomp_load(filter);
	seccomp_release(filter);
	if (failed)
		return error_set(error, ERROR_SYSTEM, "sandbox",
				 "cannot load the system call filter: the kernel lacks seccomp or "
				 "something outside forbids it");
	return 0;
}

int sandbox_confine(const char *const *folders, const struct sandbox_limits *limits,
		    struct error *error)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_system(error, "sandbox", "cannot give up new privileges");
	int result = set_limits(limits, error);
	if (result == 0)
		result = restrict_files(folders, error);
	if (result == 0)
		result = filter_calls(error);
	return result;
}
