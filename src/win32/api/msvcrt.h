/* State of the emulated C run-time, shared by its models. */
#ifndef KENBI_WIN32_API_MSVCRT_H
#define KENBI_WIN32_API_MSVCRT_H

#include "win32/api/shared.h"
#include "win32/module.h"

#define MSVCRT_STREAMS 64u
#define MSVCRT_EXITS   64u

struct msvcrt_stream {
	bool open, append, text, writable, end, error;
	uint32_t handle; /* 0: console */
	uint8_t chunk[4096];
	uint32_t start, length; /* unread bytes of the chunk */
	struct buffer out;	/* bytes not yet written */
	int pushed;		/* ungetc, -1: none */
};

struct win32_msvcrt {
	struct msvcrt_stream streams[MSVCRT_STREAMS]; /* by descriptor; 0-2 are the console */
	uint32_t variables;  /* guest memory of what __p__… functions point at */
	uint32_t iob;	     /* _iob[20] */
	uint32_t streams_at; /* FILEs beyond _iob, 32 bytes each */
	uint32_t argc, argv, wargv, environ, wenviron;
	uint32_t seed;	/* of rand */
	uint32_t token; /* where strtok goes on */
	uint32_t exits[MSVCRT_EXITS];
	unsigned exit_count;
	uint32_t small; /* 256 bytes for asctime, strerror, localtime, … */
};

/* The state, made at first use; NULL: no memory. */
struct win32_msvcrt *win32_msvcrt(struct win32 *w);
void win32_msvcrt_free(struct win32 *w);
/* Writes initial values into the exported variables of a C run-time library. */
void win32_msvcrt_prepare(struct win32 *w, struct win32_module *module);
/* Writes what all streams still hold. */
void win32_msvcrt_flush(struct win32 *w);
void win32_msvcrt_set_errno(struct win32 *w, uint32_t code);

#endif
