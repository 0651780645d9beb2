/* Windows, messages and timers of the present process. */
#ifndef KENBI_WIN32_API_USER_H
#define KENBI_WIN32_API_USER_H

#include "win32/process.h"

#define USER_CLASSES  64u
#define USER_WINDOWS  64u
#define USER_MESSAGES 256u
#define USER_TIMERS   32u

struct user_window {
	uint32_t handle, procedure, data;
};

struct user_message {
	uint32_t window, message, a, b;
};

struct user_timer {
	uint32_t window, id, procedure;
	uint64_t period, due; /* microseconds; period 0: free */
};

struct win32_user {
	struct {
		uint32_t name, procedure;
	} classes[USER_CLASSES];
	struct user_window windows[USER_WINDOWS];
	struct user_message messages[USER_MESSAGES];
	struct user_timer timers[USER_TIMERS];
	unsigned class_count, window_count, message_count;
	uint32_t next_window;
};

void win32_user_free(struct win32 *w);

#endif
