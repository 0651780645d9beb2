/* Models of system calls, by theme. A model returns the call's result, negative: an error number.
 */
#ifndef KENBI_UNIX_MODEL_H
#define KENBI_UNIX_MODEL_H

#include "unix/process.h"

typedef int64_t unix_model_function(struct unix_process *process,
				    const struct unix_request *request);

unix_model_function unix_open, unix_openat, unix_creat, unix_close, unix_read, unix_write,
	unix_pread, unix_pwrite, unix_lseek, unix_dup, unix_dup2, unix_fcntl, unix_pipe,
	unix_unlink, unix_rename, unix_link, unix_chmod, unix_chown, unix_mkdir, unix_access,
	unix_sendfile;
unix_model_function unix_socket, unix_bind, unix_connect, unix_listen, unix_accept, unix_send,
	unix_receive, unix_getpeername, unix_getsockname, unix_socketpair;
unix_model_function unix_execve, unix_fexecve, unix_exit, unix_kill, unix_wait, unix_reboot,
	unix_nanosleep, unix_pause, unix_getpid, unix_zero, unix_uname;
unix_model_function unix_brk, unix_mmap, unix_munmap, unix_mprotect;

#endif
