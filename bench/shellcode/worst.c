/* Inputs that are made to be slow: every cheap judgement says yes, every run goes on for as long as
 * it may. */
#include <stdlib.h>
#include <string.h>

#include "shellcode/parts.h"

struct filler {
	const char *name;
	void (*fill)(uint8_t *data, size_t length, struct random *random);
};

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

static const struct filler fillers[] = {
	{ "GetPC calls", fill_calls },
	{ "every byte a call", fill_bytes_call },
	{ "FPU environments", fill_fpu },
	{ "int 80h everywhere", fill_int80 },
	{ "syscall everywhere", fill_syscall },
	{ "PEB reads everywhere", fill_peb },
	{ "jumps to the stack", fill_jumps },
	{ "printable writers", fill_zeros },
	{ "rare prefixes", fill_locks },
	{ "nested loops", fill_loops },
	{ "decoders of nothing", fill_decoders },
	{ "self-rewriting loops", fill_rewriters },
	{ "mixture", fill_mixture },
	{ "page borders", fill_borders },
};
enum { FILLERS = sizeof fillers / sizeof fillers[0] };

struct data_class worst_inputs(size_t length, const char *const **names)
{
	static const char *list[FILLERS];
	struct data_class class = { .name = "worst inputs",
				    .streams = calloc(FILLERS, sizeof *class.streams) };
	uint8_t *data = malloc(length);
	struct random random;

	random_init(&random, 99, 0);
	for (size_t i = 0; data && class.streams && i < FILLERS; i++) {
		fillers[i].fill(data, length, &random);
		buffer_init(&class.streams[i], length);
		buffer_append(&class.streams[i], data, length);
		list[i] = fillers[i].name;
		class.bytes += length;
		class.count++;
	}
	free(data);
	*names = list;
	return class;
}
