#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each check runs in a child that confines itself; the bit it exits with says what it could still
 * do. */
enum {
	COULD_SOCKET = 1,
	COULD_FORK = 2,
	COULD_WRITE = 4,
	COULD_READ_OUTSIDE = 8,
	COULD_NOT_READ = 16,
	COULD_EXEC = 32,
	NOT_CONFINED = 64
};

static int try_everything(const char *folder)
{
	const char *folders[] = { folder, NULL };
	struct sandbox_limits limits = { .cpu_seconds = 10 };
	struct error error;
	int could = 0;

	if (sandbox_confine(folders, &limits, &error) < 0)
		return NOT_CONFINED;
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0)
		could |= COULD_SOCKET;
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	if (child > 0)
		could |= COULD_FORK;
	if (open("/tmp/kenbi-sandbox-test", O_WRONLY | O_CREAT, 0600) >= 0)
		could |= COULD_WRITE;
	if (open("/etc/hostname", O_RDONLY) >= 0)
		could |= COULD_READ_OUTSIDE;
	if (open(folder, O_RDONLY | O_DIRECTORY) < 0)
		could |= COULD_NOT_READ;
	execl("/bin/true", "true", (char *)NULL);
	if (errno != EPERM && errno != EACCES)
		could |= COULD_EXEC;
	return could;
}

static void gives_up_everything_but_reading(void **state)
{
	(void)state;
	int status;
	const char *data = getenv("KENBI_DATA");

	assert_non_null(data);
	pid_t child = fork();
	if (child == 0)
		_exit(try_everything(data));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	/* Without Landlock in the kernel files stay readable; with it they must not. */
	int accepted =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1
			? COULD_READ_OUTSIDE
			: 0;
	assert_int_equal(WEXITSTATUS(status) & ~accepted, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(gives_up_everything_but_reading) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
