#include "flood.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void repeat(uint8_t *data, size_t length, const char *unit, size_t size)
{
	for (size_t i = 0; i < length; i++)
		data[i] = (uint8_t)unit[i % size];
}

#define UNIT(name, text)                                                      \
	static void name(uint8_t *data, size_t length, struct random *random) \
	{                                                                     \
		(void)random;                                                 \
		repeat(data, length, text, sizeof(text) - 1);                 \
	}

UNIT(fill_calls, "\xe8\x00\x00\x00\x00\x58")		     /* call next; pop */
UNIT(fill_fpu, "\xd9\xee\xd9\x74\x24\xf4\x5b\x80\x33\x01")   /* GetPC, then a store */
UNIT(fill_int80, "\x31\xc0\xb0\x7f\xcd\x80")		     /* calls without sense */
UNIT(fill_syscall, "\x31\xc0\x54\x5f\xb0\xff\x0f\x05")	     /* the same, 64 bit */
UNIT(fill_peb, "\x64\xa1\x30\x00\x00\x00\x8b\x40\x0c")	     /* reads of the PEB */
UNIT(fill_jumps, "\x54\x50\x50\x50\xff\xe4")		     /* to what is built */
UNIT(fill_zeros, "\x30\x30\x30\x41\x42\x43\x44\x31\x31\x50") /* printable, writes */
UNIT(fill_locks, "\xf0\xcd\x80\xf0")			     /* what tables do not answer */
UNIT(fill_bytes_call, "\xe8")				     /* every byte a call */

/* Loops in loops that last as long as they may, each before a seed. */
static void fill_loops(uint8_t *data, size_t length, struct random *random)
{
	static const char unit[] = "\x31\xc9\x31\xd2\x42\xe2\xfd\x49\x75\xfa\x31\xc0\xcd\x80";

	(void)random;
	repeat(data, length, unit, sizeof unit - 1);
}

/* Decoders that decode nothing: each walks and changes memory for as long as it may. */
static void fill_decoders(uint8_t *data, size_t length, struct random *random)
{
	static const char unit[] =
		"\xd9\xee\xd9\x74\x24\xf4\x5b\x31\xc9\x66\xb9\xff\xff\x80\x73\x20"
		"\x55\x43\xe2\xf9";

	(void)random;
	repeat(data, length, unit, sizeof unit - 1);
}

/* A loop that rewrites its own next instruction each time around. */
static void fill_rewriters(uint8_t *data, size_t length, struct random *random)
{
	static const char unit[] =
		"\xe8\x00\x00\x00\x00\x5b\x80\x73\x05\x01\x80\x73\x05\x01\x90\x90"
		"\xeb\xf4";

	(void)random;
	repeat(data, length, unit, sizeof unit - 1);
}

/* Seeds of every kind behind instructions that prepare for them, in random order. */
static void fill_mixture(uint8_t *data, size_t length, struct random *random)
{
	static const char *const units[] = { "\x31\xc0", "\xb0\x0b", "\xcd\x80", "\x6a\x0b",
					     "\x58",	 "\x54\x5b", "\xd9\xee", "\xd9\x74\x24\xf4",
					     "\x5e",	 "\x30\x06", "\xff\xe6", "\x0f\x05",
					     "\x50",	 "\x89\xe3", "\xe2\xf0", "\xaf" };
	size_t at = 0;

	while (at < length) {
		const char *unit = units[random_u32(random) % 16];
		for (size_t i = 0; unit[i] && at < length; i++)
			data[at++] = (uint8_t)unit[i];
	}
}

/* A seed on every page border, entered from the page before. */
static void fill_borders(uint8_t *data, size_t length, struct random *random)
{
	fill_mixture(data, length, random);
	for (size_t i = 4095; i + 8 < length; i += 4096)
		memcpy(data + i - 6, "\x31\xc0\x40\xb0\x04\x66\xcd\x80", 8);
}

/* Fills with units in which every '?' is a random byte: none looks like the one before. */
static void scatter(uint8_t *data, size_t length, struct random *random, const char *unit,
		    size_t size)
{
	for (size_t i = 0; i < length; i++)
		data[i] = unit[i % size] == '?' ? (uint8_t)random_u32(random)
						: (uint8_t)unit[i % size];
}

#define SCATTER(name, text)                                                   \
	static void name(uint8_t *data, size_t length, struct random *random) \
	{                                                                     \
		scatter(data, length, random, text, sizeof(text) - 1);        \
	}

/* Decoders with keys and lengths of their own. */
SCATTER(fill_many_decoders, "\xd9\xee\xd9\x74\x24\xf4\x5b\xb1?\x80\x73??\x43\xe2\xf9")
/* Loops in loops with counts of their own, in front of system calls with numbers of their own. */
SCATTER(fill_many_loops, "\x31\xc9\xb5?\xba????\x42\xe2\xfd\x49\x75\xfa\x31\xc0\xb0?\xcd\x80")
/* Slow x87 instructions in loops. */
SCATTER(fill_sines, "\xd9\xeb\xd9\x74\x24\xf4\x5b\xb1?\xd9\xff\xd9\xfe\xd9\xf0\x00\x43?\xe2\xf5")
/* Searches from the PEB on that never end. */
SCATTER(fill_searches, "\x64\xa1\x30\x00\x00\x00\x8b\x40\x0c\x8b\x40\x1c\x8b\x00\x35????\xeb\xf9")
/* Long ways, each step of which the full decoder must be asked for. */
SCATTER(fill_vectors, "\xd9\x30\x0f\x28?\x66\x0f\x6f?\xf3\x0f\x7f?")
/* Two bytes to a seed, and a long way behind each. */
UNIT(fill_loads, "\x65\xad\x64\xad")
/* FPU environments wherever two bytes make one. */
SCATTER(fill_grid, "\xd9?\xd9\x30")
/* The same code over and over, which is found. */
UNIT(fill_codes, "\x31\xc0\x50\x68//sh\x68/bin\x89\xe3\x50\x53\x89\xe1\x99\xb0\x0b\xcd\x80")

/* Two floods at once: searches from the PEB, and decoders with keys of their own. */
SCATTER(fill_two, "\x64\xa1\x30\x00\x00\x00\x8b\x40\x0c\x8b\x40\x1c\x8b\x00\x35????\xeb\xf9"
		  "\xd9\xee\xd9\x74\x24\xf4\x5b\xb1?\x80\x73??\x43\xe2\xf9")
/* 64-bit code, which is found: execve. */
UNIT(fill_wide_codes, "\x48\x31\xd2\x48\xbb//bin/sh\x48\xc1\xeb\x08\x53\x48\x89\xe7\x48\x31\xc0\x50"
		      "\x57\x48\x89\xe6\xb0\x3b\x0f\x05")
/* WinExec, where Windows XP has it, of a text of its own, over and over. */
SCATTER(fill_calls_of_libraries, "\x6a\x00\x68??xe\x68"
				 "calc\x89\xe1\x6a\x01\x51\xb8\xad\x23\x86\x7c\xff\xd0\xeb\xe6")

/* Decoders that decode what the one before it does, each with a key of its own. */
static void fill_real_decoders(uint8_t *data, size_t length, struct random *random)
{
	static const char code[] = "\x31\xc0\x50\x68//sh\x68/bin\x89\xe3\x50\x53\x89\xe1\x99"
				   "\xb0\x0b\xcd\x80";
	/* call 1f; 1: pop esi; push 23; pop ecx; 2: xor byte [esi + ecx + 12], key; loop 2b */
	static const char decoder[] =
		"\xe8\x00\x00\x00\x00\x5e\x6a\x18\x59\x80\x74\x0e\x0a?\xe2\xf9";
	enum { DECODER = sizeof decoder - 1, UNIT_SIZE = DECODER + sizeof code - 1 };

	for (size_t at = 0; at < length; at += UNIT_SIZE) {
		uint8_t key = (uint8_t)(random_u32(random) | 1);
		for (size_t i = 0; i < UNIT_SIZE && at + i < length; i++)
			data[at + i] = i >= DECODER	   ? (uint8_t)code[i - DECODER] ^ key
				       : decoder[i] == '?' ? key
							   : (uint8_t)decoder[i];
	}
}

/* What alphanumeric decoders are made of, in random order. */
static void fill_alphanumeric(uint8_t *data, size_t length, struct random *random)
{
	static const char letters[] = "PYIIIQZVTX30VX4AP0A3HH0A00ABAABTAAQ2AB2BB0BBXP8ACJJI01AkBQ";

	for (size_t i = 0; i < length; i++)
		data[i] = (uint8_t)letters[random_u32(random) % (sizeof letters - 1)];
}

/* Random bytes as %uXXXX, whose percent signs are escaped again where `twice`. */
static void escape(uint8_t *data, size_t length, struct random *random, bool twice)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	while (at < length) {
		const char *sign = twice ? "%25u" : "%u";
		for (; *sign && at < length; sign++)
			data[at++] = (uint8_t)*sign;
		for (unsigned i = 0; i < 4 && at < length; i++)
			data[at++] = (uint8_t)digits[random_u32(random) % 16];
	}
}

static void fill_escapes(uint8_t *data, size_t length, struct random *random)
{
	escape(data, length, random, false);
}

static void fill_escaped_escapes(uint8_t *data, size_t length, struct random *random)
{
	escape(data, length, random, true);
}

/* base64 of base64 of base64 of noise. */
static void fill_base64(uint8_t *data, size_t length, struct random *random)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789+/";
	uint8_t *inner = malloc(length + 3);

	if (!inner)
		return;
	for (size_t i = 0; i < length + 3; i++)
		inner[i] = (uint8_t)random_u32(random);
	for (unsigned layer = 0; layer < 3; layer++) {
		for (size_t i = 0; i < length; i++) {
			const uint8_t *from = &inner[i / 4 * 3];
			unsigned bits = (unsigned)from[0] << 16 | (unsigned)from[1] << 8 | from[2];
			data[i] = (uint8_t)letters[bits >> (18 - 6 * (i % 4)) & 63];
		}
		memcpy(inner, data, length);
	}
	free(inner);
}

/* gzip of seeds, which grows as far as it may, over and over. */
static void fill_bombs(uint8_t *data, size_t length, struct random *random)
{
	enum { INSIDE = 1 << 20 };
	uint8_t *inside = malloc(INSIDE);
	z_stream stream = { .next_in = inside, .avail_in = INSIDE };
	size_t made = 0;

	memset(data, 0, length);
	if (!inside || deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(inside);
		return;
	}
	fill_many_loops(inside, 4096, random);
	for (size_t i = 4096; i < INSIDE; i++)
		inside[i] = inside[i - 4096];
	stream.next_out = data;
	stream.avail_out = (unsigned)length;
	if (deflate(&stream, Z_FINISH) == Z_STREAM_END)
		made = length - stream.avail_out;
	for (size_t i = made; made && i < length; i++)
		data[i] = data[i - made];
	deflateEnd(&stream);
	free(inside);
}

const struct flood floods[] = {
	{ "GetPC calls", fill_calls, HIDES_NOTHING },
	{ "every byte a call", fill_bytes_call, HIDES_NOTHING },
	{ "FPU environments", fill_fpu, HIDES_NOTHING },
	{ "int 80h everywhere", fill_int80, HIDES_NOTHING },
	{ "syscall everywhere", fill_syscall, HIDES_NOTHING },
	{ "PEB reads everywhere", fill_peb, HIDES_NOTHING },
	{ "jumps to the stack", fill_jumps, HIDES_NOTHING },
	{ "printable writers", fill_zeros, HIDES_NOTHING },
	{ "rare prefixes", fill_locks, HIDES_NOTHING },
	{ "nested loops", fill_loops, HIDES_NOTHING },
	{ "decoders of nothing", fill_decoders, HIDES_NOTHING },
	{ "self-rewriting loops", fill_rewriters, HIDES_NOTHING },
	{ "mixture", fill_mixture, HIDES_ALL },
	{ "page borders", fill_borders, HIDES_ALL },
	{ "decoders of many keys", fill_many_decoders, HIDES_NOTHING },
	{ "loops of many counts", fill_many_loops, HIDES_NOTHING },
	{ "loops of sines", fill_sines, HIDES_NOTHING },
	{ "searches without end", fill_searches, HIDES_NOTHING },
	{ "ways of vectors", fill_vectors, HIDES_NOTHING },
	{ "loads everywhere", fill_loads, HIDES_NOTHING },
	{ "FPU grid", fill_grid, HIDES_NOTHING },
	{ "alphanumeric code", fill_alphanumeric, HIDES_NOTHING },
	{ "%u escapes", fill_escapes, HIDES_NOTHING },
	{ "escaped escapes", fill_escaped_escapes, HIDES_NOTHING },
	{ "base64 in base64", fill_base64, HIDES_NOTHING },
	{ "packed seeds", fill_bombs, HIDES_NOTHING },
	{ "the same shellcode", fill_codes, HIDES_NOTHING },
	{ "searches and decoders", fill_two, HIDES_NOTHING },
	{ "64-bit codes", fill_wide_codes, HIDES_NOTHING },
	{ "calls of libraries", fill_calls_of_libraries, HIDES_SEARCHES },
	{ "decoders of shellcode", fill_real_decoders, HIDES_NOTHING },
	{ NULL, NULL, HIDES_NOTHING },
};
