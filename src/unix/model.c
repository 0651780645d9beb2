/* Which model answers which call. What has none is told as it was asked and succeeds with 0, which
 * is what setuid, setreuid, ioctl, signal and their like return to a program that has the right to
 * them. */
#include "unix/model.h"

static unix_model_function *const models[UNIX_CALL_COUNT] = {
	[UNIX_CALL_open] = unix_open,
	[UNIX_CALL_openat] = unix_openat,
	[UNIX_CALL_creat] = unix_creat,
	[UNIX_CALL_close] = unix_close,
	[UNIX_CALL_read] = unix_read,
	[UNIX_CALL_write] = unix_write,
	[UNIX_CALL_pread] = unix_pread,
	[UNIX_CALL_pwrite] = unix_pwrite,
	[UNIX_CALL_lseek] = unix_lseek,
	[UNIX_CALL_dup] = unix_dup,
	[UNIX_CALL_dup2] = unix_dup2,
	[UNIX_CALL_dup3] = unix_dup2,
	[UNIX_CALL_fcntl] = unix_fcntl,
	[UNIX_CALL_pipe] = unix_pipe,
	[UNIX_CALL_pipe2] = unix_pipe,
	[UNIX_CALL_unlink] = unix_unlink,
	[UNIX_CALL_rmdir] = unix_unlink,
	[UNIX_CALL_rename] = unix_rename,
	[UNIX_CALL_link] = unix_link,
	[UNIX_CALL_symlink] = unix_link,
	[UNIX_CALL_chmod] = unix_chmod,
	[UNIX_CALL_chown] = unix_chown,
	[UNIX_CALL_lchown] = unix_chown,
	[UNIX_CALL_mkdir] = unix_mkdir,
	[UNIX_CALL_access] = unix_access,
	[UNIX_CALL_sendfile] = unix_sendfile,
	[UNIX_CALL_socket] = unix_socket,
	[UNIX_CALL_so_socket] = unix_socket,
	[UNIX_CALL_socketpair] = unix_socketpair,
	[UNIX_CALL_bind] = unix_bind,
	[UNIX_CALL_connect] = unix_connect,
	[UNIX_CALL_listen] = unix_listen,
	[UNIX_CALL_accept] = unix_accept,
	[UNIX_CALL_accept4] = unix_accept,
	[UNIX_CALL_send] = unix_send,
	[UNIX_CALL_sendto] = unix_send,
	[UNIX_CALL_recv] = unix_receive,
	[UNIX_CALL_recvfrom] = unix_receive,
	[UNIX_CALL_getpeername] = unix_getpeername,
	[UNIX_CALL_getsockname] = unix_getsockname,
	[UNIX_CALL_execve] = unix_execve,
	[UNIX_CALL_exec] = unix_execve,
	[UNIX_CALL_fexecve] = unix_fexecve,
	[UNIX_CALL_exit] = unix_exit,
	[UNIX_CALL_exit_group] = unix_exit,
	[UNIX_CALL_kill] = unix_kill,
	[UNIX_CALL_wait] = unix_wait,
	[UNIX_CALL_wait4] = unix_wait,
	[UNIX_CALL_waitpid] = unix_wait,
	[UNIX_CALL_reboot] = unix_reboot,
	[UNIX_CALL_uadmin] = unix_reboot,
	[UNIX_CALL_nanosleep] = unix_nanosleep,
	[UNIX_CALL_pause] = unix_pause,
	[UNIX_CALL_getpid] = unix_getpid,
	[UNIX_CALL_getuid] = unix_zero,
	[UNIX_CALL_geteuid] = unix_zero,
	[UNIX_CALL_getgid] = unix_zero,
	[UNIX_CALL_getegid] = unix_zero,
	[UNIX_CALL_uname] = unix_uname,
	[UNIX_CALL_olduname] = unix_uname,
	[UNIX_CALL_brk] = unix_brk,
	[UNIX_CALL_mmap] = unix_mmap,
	[UNIX_CALL_mmap2] = unix_mmap,
	[UNIX_CALL_munmap] = unix_munmap,
	[UNIX_CALL_mprotect] = unix_mprotect,
};

static bool forks(const struct unix_request *request)
{
	switch (request->call) {
	case UNIX_CALL_fork:
	case UNIX_CALL_vfork:
	case UNIX_CALL_fork1:
	case UNIX_CALL_clone:
	case UNIX_CALL_rfork: return true;
	default: return false;
	}
}

int64_t unix_model(struct unix_process *process, const struct unix_request *request,
		   const struct x86_exit *stop)
{
	if (request->call < 0)
		return unix_no_call(process);
	if (forks(request)) {
		unix_tell_call(process, request);
		return unix_fork(process, stop);
	}
	if (models[request->call])
		return models[request->call](process, request);
	unix_tell_call(process, request);
	return 0;
}
