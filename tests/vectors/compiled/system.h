/* What the compiled codes share: system calls of Linux, 32 and 64 bit.
 *
 * With CALLS_APART one function calls the system, and stands behind all that use it (system.c);
 * else each call is compiled in its place. */
#ifndef COMPILED_SYSTEM_H
#define COMPILED_SYSTEM_H

#ifdef __x86_64__
enum { READ = 0, WRITE = 1, OPEN = 2, CLOSE = 3, DUP2 = 33, EXECVE = 59, EXIT = 60, CHMOD = 90 };
enum { SOCKET = 41, CONNECT = 42, ACCEPT = 43, BIND = 49, LISTEN = 50 };
#else
enum { EXIT = 1, READ = 3, WRITE = 4, OPEN = 5, CLOSE = 6, EXECVE = 11, CHMOD = 15, DUP2 = 63 };
enum { SOCKETCALL = 102, SOCKET = 1, BIND = 2, CONNECT = 3, LISTEN = 4, ACCEPT = 5 };
#endif

#ifdef CALLS_APART
long call_system(long number, long a, long b, long c);
#else
static inline __attribute__((always_inline))
#define SYSTEM_CALL_HERE
#include "system.c"
#endif

/* Calls of sockets, which have one number of their own with 32 bits. */
static inline long call_socket(long number, long a, long b, long c)
{
#ifdef __x86_64__
	return call_system(number, a, b, c);
#else
	long arguments[] = { a, b, c };

	return call_system(SOCKETCALL, number, (long)arguments, 0);
#endif
}

/* Where the code begins; with BEGINS_APART a function that only calls it is there (begin.c). */
#ifdef BEGINS_APART
#define ENTRY
#else
#define ENTRY __attribute__((section(".text.first")))
#endif

/* What is called with a list of texts: a list that the compiler made would hold addresses that only
 * a loader puts right. */
static inline __attribute__((always_inline)) void execute(const char *path, const char *option,
							  const char *argument)
{
	const char *volatile arguments[] = { 0, 0, 0, 0 };

	arguments[0] = path;
	arguments[1] = option;
	arguments[2] = argument;
	call_system(EXECVE, (long)path, (long)arguments, 0);
}

struct address {
	unsigned short family, port; /* the port in network order */
	unsigned char host[4];
	unsigned char rest[8];
};

#endif
