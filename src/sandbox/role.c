/* Starting and ending roles: fork, then the program again by /proc/self/exe, with the channel as
 * descriptor 3. */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROLE_CHANNEL 3

/* Only async-signal-safe calls: the parent may have threads. */
static void become_role(const char *role, int channel, int parent)
{
	char *arguments[] = { (char[]){ "kenbi" }, (char[]){ "--role" }, NULL, NULL };
	char name[32] = "";

	strncpy(name, role, sizeof name - 1);
	arguments[2] = name;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(3);
	if (channel == ROLE_CHANNEL)
		fcntl(channel, F_SETFD, 0);
	else if (dup2(channel, ROLE_CHANNEL) < 0)
		_exit(3);
	int null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
	}
	close_range(ROLE_CHANNEL + 1, ~0u, 0);
	execv("/proc/self/exe", arguments);
	_exit(3);
}

int sandbox_start(const char *role, struct sandbox_child *child, struct error *error)
{
	int pair[2];

	*child = (struct sandbox_child){ .channel = -1, .process = -1 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_system(error, role, "cannot make a channel");
	int parent = getpid();
	pid_t process = fork();
	if (process == 0)
		become_role(role, pair[1], parent);
	close(pair[1]);
	if (process < 0) {
		close(pair[0]);
		return error_system(error, role, "cannot start a process");
	}
	child->channel = pair[0];
	child->process = process;
	return 0;
}

int sandbox_role_channel(void)
{
	int type;
	socklen_t length = sizeof type;

	if (getsockopt(ROLE_CHANNEL, SOL_SOCKET, SO_TYPE, &type, &length) < 0)
		return ERROR_USAGE;
	return ROLE_CHANNEL;
}

static int explain_end(int status, struct error *error)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status))
		return error_set(error, ERROR_INTERNAL, NULL,
				 "the analysis process ended with status %d", WEXITSTATUS(status));
	int number = WTERMSIG(status);
	if (number == SIGXCPU || number == SIGKILL)
		return error_set(error, ERROR_LIMIT, NULL,
				 "the analysis process was ended: it used up its processor time or "
				 "memory");
	return error_set(error, ERROR_INTERNAL, NULL,
			 "the analysis process crashed (%s); please report "
			 "this with the input",
			 strsignal(number));
}

int sandbox_stop(struct sandbox_child *child, struct error *error)
{
	int status = 0;

	if (child->process < 0)
		return 0;
	close(child->channel);
	pid_t ended;
	/* A role ends by itself when its channel closes; one that hangs does not get to stay. */
	for (int tenths = 0; (ended = waitpid(child->process, &status, WNOHANG)) == 0; tenths++) {
		if (tenths == 50)
			kill(child->process, SIGKILL);
		usleep(tenths < 5 ? 2000 : 100000);
	}
	*child = (struct sandbox_child){ .channel = -1, .process = -1 };
	if (ended < 0)
		return error_system(error, NULL, "cannot wait for the analysis process");
	return explain_end(status, error);
}
