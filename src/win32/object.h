/* Objects behind handles: files, keys, sockets, threads, events … in one table, counted by
 * references. */
#ifndef KENBI_WIN32_OBJECT_H
#define KENBI_WIN32_OBJECT_H

#include "win32/process.h"

enum win32_object_kind {
	OBJECT_ANY, /* only as an argument: any kind */
	OBJECT_FILE,
	OBJECT_CONSOLE,
	OBJECT_FIND, /* FindFirstFile */
	OBJECT_MAPPING,
	OBJECT_PIPE,
	OBJECT_EVENT,
	OBJECT_MUTEX,
	OBJECT_SEMAPHORE,
	OBJECT_TIMER,
	OBJECT_THREAD,
	OBJECT_PROCESS,	 /* another process, or this one */
	OBJECT_SNAPSHOT, /* Toolhelp */
	OBJECT_KEY,
	OBJECT_SOCKET,
	OBJECT_INTERNET, /* wininet, winhttp */
	OBJECT_SERVICE,	 /* a service or the service manager (no text) */
	OBJECT_CRYPT,
	OBJECT_TOKEN,
	OBJECT_RESOURCE /* enumerations and other small things */
};

enum win32_socket_state {
	SOCKET_NEW,
	SOCKET_BOUND,
	SOCKET_LISTENING,
	SOCKET_CONNECTED,
	SOCKET_SHUT
};

struct win32_object {
	enum win32_object_kind kind;
	uint32_t references;
	char *name;		   /* of a named kernel object, owned */
	struct win32_object *next; /* among named ones */
	char *text;		   /* path, key, URL, service name: owned */
	bool signalled;		   /* event, timer, ended thread or process */
	bool manual;		   /* manual reset event */
	uint32_t count, maximum;   /* semaphore; recursion of a mutex */
	struct win32_thread
		*owner; /* of a mutex; the thread of OBJECT_THREAD, NULL when it is gone */
	uint64_t due;	/* timer: microseconds */
	uint32_t id;	/* process, thread id; exit status in `status` */
	uint32_t status;
	int file;	   /* index in win32_files, -1: none */
	uint64_t position; /* in a file, a list, a pattern */
	uint32_t access;
	uint32_t words[4];     /* whatever else the owner's models keep */
	struct buffer content; /* answer of a server, bytes in a pipe, generated lists */
	/* sockets */
	enum win32_socket_state state;
	uint8_t protocol;	/* 6, 17; 1: raw */
	struct address address; /* of the other end */
	uint16_t port, local_port;
	uint32_t conversation;
	bool non_blocking, has_conversation, end_of_data;
	uint8_t mail_state; /* progress of an SMTP dialogue, see api/ws2_32.c */
	char *mail_from;
};

/* A new handle (multiple of 4, never 0) to a new object; 0 when there is no memory. */
uint32_t win32_object_new(struct win32 *w, enum win32_object_kind kind, const char *name,
			  struct win32_object **object);
/* Another handle to an object. */
uint32_t win32_object_share(struct win32 *w, struct win32_object *object);
/* The object of that kind behind a handle, or NULL. */
struct win32_object *win32_object_of(struct win32 *w, uint32_t handle, enum win32_object_kind kind);
struct win32_object *win32_object_named(struct win32 *w, enum win32_object_kind kind,
					const char *name);
bool win32_object_close(struct win32 *w, uint32_t handle);
void win32_object_keep(struct win32_object *object);
void win32_object_drop(struct win32 *w, struct win32_object *object);
/* Would a wait for it end at once for `thread`? And: takes it (auto-reset, mutex, semaphore). */
bool win32_object_ready(struct win32 *w, const struct win32_object *object,
			const struct win32_thread *thread);
void win32_object_acquire(struct win32_object *object, struct win32_thread *thread);

#endif
