/* How a model of an API function is written.
 *
 *	static uint32_t set_text(struct call *call)
 *	{
 *		const char *text = arg_text(call, 1);
 *		…
 *		return 1;                       // eax
 *	}
 *	const struct api_model win32_xyz_models[] = {
 *		API_TEXT("SetThing", 2, set_text),    // SetThingA and SetThingW
 *		API("GetThing", 1, get_thing),
 *		API_END
 *	};
 *
 * The argument count is checked against the generated table by a test. A model answers only from
 *the emulated Windows; it says what happens by EMIT. Texts are UTF-8 inside the simulator. */
#ifndef KENBI_WIN32_API_H
#define KENBI_WIN32_API_H

#include "win32/event.h"
#include "win32/memory.h"
#include "win32/thread.h"

enum api_outcome {
	API_RETURN,  /* pop the arguments, eax = result */
	API_AGAIN,   /* the thread waits; the same call is made again when it wakes */
	API_SUSPEND, /* a guest function was called; its frame resumes the model */
	API_JUMP     /* the model has set ip and stack itself */
};

struct call {
	struct win32 *w;
	struct win32_slot *slot;
	uint32_t stack; /* guest address of the first argument */
	bool wide;
	enum api_outcome outcome;
	uint32_t high; /* edx, when has_high */
	bool has_high;
	uint32_t *words; /* of the frame, when a model is resumed; otherwise zeros */
};

typedef uint32_t api_handler(struct call *call);

enum api_flag { API_FLAG_TEXT = 1, API_FLAG_CDECL = 2 };

struct api_model {
	const char *name;
	api_handler *handler;
	int8_t arguments; /* words; the guest's stack is popped by these unless cdecl */
	uint8_t flags;
};

#define API(name, arguments, handler)       \
	{                                   \
		name, handler, arguments, 0 \
	}
#define API_TEXT(name, arguments, handler)              \
	{                                               \
		name, handler, arguments, API_FLAG_TEXT \
	}
#define API_CDECL(name, handler)                 \
	{                                        \
		name, handler, 0, API_FLAG_CDECL \
	}
#define API_END            \
	{                  \
		0, 0, 0, 0 \
	}

enum {
	ERROR_SUCCESS = 0,
	ERROR_FILE_NOT_FOUND = 2,
	ERROR_PATH_NOT_FOUND = 3,
	ERROR_ACCESS_DENIED = 5,
	ERROR_INVALID_HANDLE = 6,
	ERROR_NOT_ENOUGH_MEMORY = 8,
	ERROR_NO_MORE_FILES = 18,
	ERROR_WRITE_FAULT = 29,
	ERROR_HANDLE_EOF = 38,
	ERROR_NOT_SUPPORTED = 50,
	ERROR_FILE_EXISTS = 80,
	ERROR_INVALID_PARAMETER = 87,
	ERROR_INSUFFICIENT_BUFFER = 122,
	ERROR_INVALID_NAME = 123,
	ERROR_MOD_NOT_FOUND = 126,
	ERROR_PROC_NOT_FOUND = 127,
	ERROR_ALREADY_EXISTS = 183,
	ERROR_ENVVAR_NOT_FOUND = 203,
	ERROR_MORE_DATA = 234,
	ERROR_NO_MORE_ITEMS = 259,
	ERROR_INVALID_ADDRESS = 487,
	ERROR_SERVICE_DOES_NOT_EXIST = 1060,
	ERROR_NOT_FOUND = 1168,
	ERROR_RESOURCE_NAME_NOT_FOUND = 1814
};
#define INVALID_HANDLE UINT32_MAX

static inline uint32_t arg(const struct call *call, unsigned index)
{
	return win32_u32(call->w, call->stack + 4 * index);
}

/* A text argument (ANSI or wide as the call is) in scratch memory; NULL for a NULL pointer. */
const char *arg_text(struct call *call, unsigned index);
/* The text at a guest address, in scratch memory; "" when it cannot be read. */
const char *text_at(struct win32 *w, uint32_t address, bool wide);
/* UTF-8 of bytes in the ANSI code page (1252, taken as Latin-1). */
const char *text_from_ansi(struct win32 *w, const char *bytes, size_t length);
/* Writes text with terminator, cut to `capacity` characters. Returns characters without terminator.
 */
uint32_t text_put(struct win32 *w, uint32_t address, uint32_t capacity, const char *text,
		  bool wide);
/* Characters that the text has as ANSI or UTF-16. */
uint32_t text_length(const char *text);
/* The text in new heap memory of the guest; 0: no memory. */
uint32_t text_new(struct win32 *w, const char *text, bool wide);
/* The GetXyz(buffer, size) convention: written and its length returned; when it does not fit
 * nothing is written and the size with terminator is returned. */
uint32_t text_give(struct call *call, uint32_t address, uint32_t capacity, const char *text);

void set_last_error(struct win32 *w, uint32_t code);
uint32_t last_error(struct win32 *w);
/* Sets the last error and returns `result`. */
uint32_t fail(struct call *call, uint32_t code, uint32_t result);

/* Calls a guest function with `count` words; `resume` goes on when it returns, with the frame's
 * words copied from `words` (8, may be NULL). Its value is the model's value. */
uint32_t call_guest(struct call *call, uint32_t function,
		    uint32_t (*resume)(struct call *call, uint32_t result), const uint32_t *words,
		    unsigned count, const uint32_t *arguments);
/* resume function for models that end with the guest function's result. */
uint32_t resume_result(struct call *call, uint32_t result);

/* The thread sleeps; the call then returns `result`. UINT32_MAX: for ever. */
uint32_t sleep_then(struct call *call, uint32_t milliseconds, uint32_t result);
/* Waits and makes the call again, once: true at the first attempt, false when the wait was in vain.
 */
bool poll_again(struct call *call, uint32_t milliseconds);

/* Models of a library, by its file name without extension; NULL: none. */
const struct api_model *const *api_models(const char *library);
/* The model of an export: exact name, or the A/W pair (then *wide says which). */
const struct api_model *api_find(const char *library, const char *name, bool *wide);
/* Table for tests: library `index` and its list of model arrays; NULL past the end. */
const char *api_library(unsigned index, const struct api_model *const **lists);

#endif
