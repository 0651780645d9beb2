/* Virtual time: a billion instructions a second, and whatever the program waits. Nothing of the
 * host's. */
#include "win32/process.h"

#define INSTRUCTIONS_PER_MICROSECOND 1000u
#define UPTIME_MILLISECONDS	     1834093u /* the machine was booted half an hour before */
#define SECONDS_1601_TO_1970	     11644473600ull

uint64_t win32_instructions(const struct win32 *w)
{
	return w->instructions + (w->x86 ? x86_instructions(w->x86) : 0);
}

uint64_t win32_now(const struct win32 *w)
{
	return win32_instructions(w) / INSTRUCTIONS_PER_MICROSECOND + w->waited;
}

uint64_t win32_file_time(const struct win32 *w)
{
	return ((uint64_t)w->clock_start + SECONDS_1601_TO_1970) * 10000000u + win32_now(w) * 10u;
}

uint32_t win32_ticks(const struct win32 *w)
{
	return (uint32_t)(win32_now(w) / 1000u + UPTIME_MILLISECONDS);
}
