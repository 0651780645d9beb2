/* The tables of unix/calls.h and unix/numbers_*.h, made into arrays. */
#include "unix/table.h"

#include "unix/numbers_freebsd.h"
#include "unix/numbers_linux_32.h"
#include "unix/numbers_linux_64.h"
#include "unix/numbers_solaris.h"

/* Call plus one at its number; 0: the system has no such call. */
#define AT_NUMBER(number, call) [number] = UNIX_CALL_##call + 1,
static const uint16_t linux_32[] = { NUMBERS_LINUX_32(AT_NUMBER) };
static const uint16_t linux_64[] = { NUMBERS_LINUX_64(AT_NUMBER) };
static const uint16_t freebsd[] = { NUMBERS_FREEBSD(AT_NUMBER) };
static const uint16_t solaris[] = { NUMBERS_SOLARIS(AT_NUMBER) };

/* macOS has BSD's numbers up to here (bsd/kern/syscalls.master of xnu): lseek is 199. */
enum { BSD_COMMON = 200 };

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const struct numbers {
	const uint16_t *calls;
	size_t count;
} numbers[UNIX_SYSTEMS] = {
	[UNIX_LINUX_32] = { linux_32, LENGTH(linux_32) },
	[UNIX_LINUX_64] = { linux_64, LENGTH(linux_64) },
	[UNIX_FREEBSD_32] = { freebsd, LENGTH(freebsd) },
	[UNIX_FREEBSD_64] = { freebsd, LENGTH(freebsd) },
	[UNIX_MACOS_64] = { freebsd, BSD_COMMON },
	[UNIX_SOLARIS_32] = { solaris, LENGTH(solaris) },
};

#define CALL_ENTRY(name, letters) { #name, letters },
static const struct {
	const char *name;
	const char *letters;
} calls[UNIX_CALL_COUNT] = { UNIX_CALLS(CALL_ENTRY) };

int unix_table_find(enum unix_system system, uint64_t number)
{
	const struct numbers *table = &numbers[system];

	if (number >= table->count || table->calls[number] == 0)
		return ERROR_INPUT;
	return table->calls[number] - 1;
}

const char *unix_table_name(enum unix_call call)
{
	return calls[call].name;
}

const char *unix_table_letters(enum unix_call call)
{
	return calls[call].letters;
}
