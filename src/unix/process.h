/* The inside of a process: machine, descriptors, memory, and the parents that wait while a child
 * runs. */
#ifndef KENBI_UNIX_PROCESS_H
#define KENBI_UNIX_PROCESS_H

#include "unix/abi.h"
#include "unix/address.h"

enum {
	UNIX_DESCRIPTORS = 64,
	UNIX_FORKS = 4,	     /* depth of nested forks; deeper ones fail with EAGAIN */
	UNIX_FORKS_ALL = 64, /* forks in all */
	UNIX_TEXT = 512	     /* longest path or argument list that is told, bytes */
};

enum descriptor_kind {
	DESCRIPTOR_FREE,
	DESCRIPTOR_STANDARD, /* what the attacked service had: goes nowhere */
	DESCRIPTOR_FILE,
	DESCRIPTOR_SOCKET,
	DESCRIPTOR_PIPE
};

struct descriptor {
	enum descriptor_kind kind;
	char path[128]; /* of a file */
	uint64_t offset;
	uint8_t protocol; /* of a socket: 6 or 17 */
	uint16_t local_port, port;
	struct address address; /* the other end */
	uint32_t conversation;	/* with the peer; meaningful when `connected` */
	bool connected;
};

struct unix_process {
	enum unix_system system;
	struct x86 *machine;
	const struct peer *peer; /* borrowed, or NULL */
	struct trace_sink trace;
	struct descriptor descriptors[UNIX_DESCRIPTORS];
	struct descriptor origin; /* what the code came over; not one of its own */
	uint64_t break_start, break_end, next_mapping;
	uint64_t calls;
	uint32_t id;	 /* process number in events; 1 is the shellcode itself */
	uint32_t forks;	 /* so far */
	unsigned depth;	 /* parents that wait */
	uint64_t caller; /* address of the system call being answered */
	bool ended;	 /* the present (child) process is over */
	bool idle;	 /* it waits for what cannot come */
	struct parent {
		uint32_t id, child;
		struct x86_exit stop; /* of its fork */
		struct descriptor descriptors[UNIX_DESCRIPTORS];
		uint64_t break_start, break_end, next_mapping;
	} parents[UNIX_FORKS];
};

/* Error numbers that all three systems share, and those that differ (asm-generic/errno.h,
 * sys/errno.h). */
enum unix_error {
	UNIX_EPERM = 1,
	UNIX_ENOENT = 2,
	UNIX_ESRCH = 3,
	UNIX_EIO = 5,
	UNIX_EBADF = 9,
	UNIX_ECHILD = 10,
	UNIX_ENOMEM = 12,
	UNIX_EFAULT = 14,
	UNIX_EINVAL = 22,
	UNIX_EMFILE = 24
};
int64_t unix_again(const struct unix_process *process);	  /* -EAGAIN of the system */
int64_t unix_refused(const struct unix_process *process); /* -ECONNREFUSED */
int64_t unix_not_socket(const struct unix_process *process);
int64_t unix_no_call(const struct unix_process *process); /* -ENOSYS */

/* One event with the caller and process filled in; missing values are empty texts. */
void unix_tell(struct unix_process *process, enum trace_kind kind, const struct trace_value *values,
	       unsigned count);
/* system.call with the arguments as text. */
void unix_tell_call(struct unix_process *process, const struct unix_request *request);
/* The arguments of a request as text, see describe.c. */
void unix_describe_request(const struct x86 *machine, const struct unix_request *request,
			   char *text, size_t size);
/* At most 256 bytes of guest memory, non-printing ones as \xHH. Returns text. */
char *unix_memory_text(const struct x86 *machine, uint64_t address, uint64_t length, char *text,
		       size_t size);
char *unix_data_text(const struct unix_process *process, uint64_t address, uint64_t length,
		     char *text, size_t size);

/* NULL when `number` is no open descriptor. */
struct descriptor *unix_descriptor(struct unix_process *process, uint64_t number);
/* The lowest free number at or above `from`, or -EMFILE. */
int64_t unix_descriptor_take(struct unix_process *process, enum descriptor_kind kind,
			     unsigned from);

/* Has the sender of the code more to say where that came from? Any descriptor that is not the
 * process' own is then read from there. */
bool unix_comes_with_more(struct unix_process *process);

/* fork: the child runs first, the parent's state waits in a snapshot. 0, or an error. */
int64_t unix_fork(struct unix_process *process, const struct x86_exit *stop);

/* Answers one call; what it returns goes to the program (negative: an error number). */
int64_t unix_model(struct unix_process *process, const struct unix_request *request,
		   const struct x86_exit *stop);

/* Did the system put it onto the stack when the program began (arguments, environment), and has the
 * program not written there? */
bool unix_was_handed(const struct x86 *machine, uint64_t address);

#endif
