/* msvcrt: heap, random numbers, time, sorting, files by name, processes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "win32/api/models.h"
#include "win32/api/msvcrt.h"
#include "win32/files.h"

static uint32_t malloc_model(struct call *call)
{
	return win32_heap_take(call->w, arg(call, 0));
}

static uint32_t calloc_model(struct call *call)
{
	uint64_t size = (uint64_t)arg(call, 0) * arg(call, 1);
	return size > UINT32_MAX ? 0 : win32_heap_take(call->w, (uint32_t)size);
}

static uint32_t realloc_model(struct call *call)
{
	return win32_heap_resize(call->w, arg(call, 0), arg(call, 1));
}

static uint32_t free_model(struct call *call)
{
	win32_heap_give(call->w, arg(call, 0));
	return 0;
}

static uint32_t msize_model(struct call *call)
{
	return win32_heap_size(call->w, arg(call, 0));
}

/* The generator of Microsoft's run-time since its first version. */
static uint32_t rand_model(struct call *call)
{
	struct win32_msvcrt *c = win32_msvcrt(call->w);

	if (!c)
		return 0;
	c->seed = c->seed * 214013u + 2531011u;
	uint32_t value = c->seed >> 16 & 0x7fff;
	EMIT(call->w, RANDOM_DRAW, trace_text("rand"), trace_number(value));
	return value;
}

static uint32_t srand_model(struct call *call)
{
	struct win32_msvcrt *c = win32_msvcrt(call->w);

	if (c)
		c->seed = arg(call, 0);
	EMIT(call->w, RANDOM_SEED, trace_text("rand"), trace_number(arg(call, 0)));
	return 0;
}

static int64_t seconds(struct win32 *w)
{
	w->waited += 1000; /* asking costs time, see kernel32_time.c */
	return w->clock_start + (int64_t)(win32_now(w) / 1000000);
}

static uint32_t time_model(struct call *call)
{
	int64_t now = seconds(call->w);
	bool wide = strstr(call->slot->name, "64") != NULL;

	if (arg(call, 0)) {
		win32_put_u32(call->w, arg(call, 0), (uint32_t)now);
		if (wide)
			win32_put_u32(call->w, arg(call, 0) + 4, 0);
	}
	call->has_high = wide;
	return (uint32_t)now;
}

static uint32_t clock_model(struct call *call)
{
	call->w->waited += 1000;
	return (uint32_t)(win32_now(call->w) / 1000);
}

static uint32_t broken_down_time(struct call *call)
{
	struct win32_msvcrt *c = win32_msvcrt(call->w);
	time_t time = (time_t)win32_u32(call->w, arg(call, 0));
	struct tm tm;

	if (!c || !gmtime_r(&time, &tm))
		return 0;
	const int words[] = { tm.tm_sec,  tm.tm_min,  tm.tm_hour, tm.tm_mday, tm.tm_mon,
			      tm.tm_year, tm.tm_wday, tm.tm_yday, 0 };
	for (uint32_t i = 0; i < 9; i++)
		win32_put_u32(call->w, c->small + 64 + 4 * i, (uint32_t)words[i]);
	return c->small + 64;
}

static void take_time(struct win32 *w, uint32_t at, struct tm *tm)
{
	int *const fields[] = { &tm->tm_sec, &tm->tm_min,  &tm->tm_hour, &tm->tm_mday,
				&tm->tm_mon, &tm->tm_year, &tm->tm_wday, &tm->tm_yday };

	memset(tm, 0, sizeof *tm);
	for (uint32_t i = 0; i < 8; i++)
		*fields[i] = (int)(win32_u32(w, at + 4 * i) % 10000);
	tm->tm_wday %= 7;
	tm->tm_mon %= 12;
}

static uint32_t mktime_model(struct call *call)
{
	struct tm tm;

	take_time(call->w, arg(call, 0), &tm);
	return (uint32_t)timegm(&tm);
}

static uint32_t strftime_model(struct call *call)
{
	struct tm tm;
	char text[512];
	const char *given = text_at(call->w, arg(call, 2), false);
	char format[256];

	/* Only conversions of C89 reach the host's strftime. */
	size_t length = 0;
	for (; *given && length + 2 < sizeof format; given++) {
		if (*given == '%' && (!given[1] || !strchr("aAbBcdHIjmMpSUwWxXyYZ%", given[1])))
			continue;
		format[length++] = *given;
		if (*given == '%')
			format[length++] = *++given;
	}
	format[length] = 0;
	take_time(call->w, arg(call, 3), &tm);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (strftime(text, sizeof text, format, &tm) == 0)
		return 0;
#pragma GCC diagnostic pop
	return text_put(call->w, arg(call, 0), arg(call, 1), text, false);
}

static uint32_t asctime_model(struct call *call)
{
	struct win32_msvcrt *c = win32_msvcrt(call->w);
	struct tm tm;
	char text[64];

	if (!c)
		return 0;
	if (strstr(call->slot->name, "ctime")) {
		time_t time = (time_t)win32_u32(call->w, arg(call, 0));
		gmtime_r(&time, &tm);
	} else {
		take_time(call->w, arg(call, 0), &tm);
	}
	if (strftime(text, sizeof text, "%a %b %d %H:%M:%S %Y\n", &tm) == 0)
		return 0;
	text_put(call->w, c->small + 128, 64, text, false);
	return c->small + 128;
}

/* --- qsort and bsearch: the comparison is the guest's. Insertion sort: words are base, size,
 * compare, outer and inner index, count. --- */

enum { BASE, SIZE, COMPARE, OUTER, INNER, COUNT };

static void swap(struct win32 *w, uint32_t a, uint32_t b, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++) {
		uint8_t x = win32_u8(w, a + i), y = win32_u8(w, b + i);
		win32_put_u8(w, a + i, y);
		win32_put_u8(w, b + i, x);
	}
}

static uint32_t sort_step(struct call *call, uint32_t result);

static uint32_t sort_compare(struct call *call, const uint32_t words[8])
{
	uint32_t here = words[BASE] + words[SIZE] * words[INNER];
	uint32_t arguments[] = { here - words[SIZE], here };

	return call_guest(call, words[COMPARE], sort_step, words, 2, arguments);
}

static uint32_t sort_step(struct call *call, uint32_t result)
{
	uint32_t *words = call->words;
	uint32_t here = words[BASE] + words[SIZE] * words[INNER];

	if ((int32_t)result > 0) {
		swap(call->w, here - words[SIZE], here, words[SIZE]);
		words[INNER]--;
	}
	if ((int32_t)result <= 0 || words[INNER] == 0)
		words[INNER] = ++words[OUTER];
	if (words[OUTER] < words[COUNT])
		return sort_compare(call, words);
	call->outcome = API_RETURN;
	return 0;
}

static uint32_t qsort_model(struct call *call)
{
	uint32_t words[8] = { arg(call, 0), arg(call, 2), arg(call, 3), 1, 1, arg(call, 1) };
	return words[COUNT] > 1 ? sort_compare(call, words) : 0;
}

/* words: key, base, low, high, size, compare, middle */
static uint32_t search_step(struct call *call, uint32_t result)
{
	uint32_t *words = call->words;

	if (words[7]) {
		if (result == 0) {
			call->outcome = API_RETURN;
			return words[1] + words[4] * words[6];
		}
		if ((int32_t)result < 0)
			words[3] = words[6];
		else
			words[2] = words[6] + 1;
	}
	if (words[2] >= words[3]) {
		call->outcome = API_RETURN;
		return 0;
	}
	words[6] = (words[2] + words[3]) / 2;
	words[7] = 1;
	uint32_t arguments[] = { words[0], words[1] + words[4] * words[6] };
	return call_guest(call, words[5], search_step, words, 2, arguments);
}

static uint32_t bsearch_model(struct call *call)
{
	call->words[0] = arg(call, 0);
	call->words[1] = arg(call, 1);
	call->words[3] = arg(call, 2);
	call->words[4] = arg(call, 3);
	call->words[5] = arg(call, 4);
	return search_step(call, 0);
}

/* --- files by name --- */

static uint32_t remove_model(struct call *call)
{
	char path[WIN32_PATH];

	win32_path_absolute(call->w, text_at(call->w, arg(call, 0), false), path);
	int file = win32_files_find(call->w->files, path);
	if (file < 0 || strcasecmp(path, call->w->modules[0].path) == 0)
		return UINT32_MAX;
	EMIT(call->w, FILE_DELETE, trace_text(path));
	win32_files_remove(call->w->files, file);
	return 0;
}

static uint32_t rename_model(struct call *call)
{
	char from[WIN32_PATH], to[WIN32_PATH];

	win32_path_absolute(call->w, text_at(call->w, arg(call, 0), false), from);
	win32_path_absolute(call->w, text_at(call->w, arg(call, 1), false), to);
	int file = win32_files_find(call->w->files, from);
	if (file < 0 || win32_files_find(call->w->files, to) >= 0)
		return UINT32_MAX;
	EMIT(call->w, FILE_MOVE, trace_text(from), trace_text(to));
	return win32_files_rename(call->w->files, file, to) < 0 ? UINT32_MAX : 0;
}

static uint32_t access_model(struct call *call)
{
	char path[WIN32_PATH];

	win32_path_absolute(call->w, text_at(call->w, arg(call, 0), false), path);
	return win32_files_find(call->w->files, path) < 0 ? UINT32_MAX : 0;
}

static uint32_t mkdir_model(struct call *call)
{
	char path[WIN32_PATH];

	win32_path_absolute(call->w, text_at(call->w, arg(call, 0), false), path);
	if (win32_files_find(call->w->files, path) >= 0 ||
	    win32_files_create(call->w->files, path, FILE_ATTRIBUTE_DIRECTORY) < 0)
		return UINT32_MAX;
	EMIT(call->w, FILE_CREATE, trace_text(path));
	return 0;
}

static uint32_t getcwd_model(struct call *call)
{
	if (!arg(call, 0))
		return text_new(call->w, call->w->directory, false);
	text_put(call->w, arg(call, 0), arg(call, 1), call->w->directory, false);
	return arg(call, 0);
}

static uint32_t getenv_model(struct call *call)
{
	const char *value = win32_variable(call->w, text_at(call->w, arg(call, 0), false));
	return value ? text_new(call->w, value, false) : 0;
}

static uint32_t putenv_model(struct call *call)
{
	char text[1024];

	snprintf(text, sizeof text, "%s", text_at(call->w, arg(call, 0), false));
	char *equals = strchr(text, '=');
	if (!equals)
		return UINT32_MAX;
	*equals = 0;
	return win32_variable_set(call->w, text, equals[1] ? equals + 1 : NULL) ? 0 : UINT32_MAX;
}

static uint32_t system_model(struct call *call)
{
	char command[2048];
	struct win32_object *process;
	uint32_t id;

	if (!arg(call, 0))
		return 1;
	snprintf(command, sizeof command, "cmd.exe /c %s", text_at(call->w, arg(call, 0), false));
	uint32_t handle = win32_start_program(call->w, "C:\\WINDOWS\\system32\\cmd.exe", command,
					      &id, &process);
	win32_object_close(call->w, handle);
	return 0;
}

static uint32_t spawn_model(struct call *call)
{
	struct win32_object *process;
	uint32_t id;
	uint32_t handle = win32_start_program(call->w, text_at(call->w, arg(call, 1), false), NULL,
					      &id, &process);
	return handle ? handle : UINT32_MAX;
}

static uint32_t sleep_model(struct call *call)
{
	win32_event_sleep(call->w, arg(call, 0));
	return sleep_then(call, arg(call, 0), 0);
}

static uint32_t strerror_model(struct call *call)
{
	struct win32_msvcrt *c = win32_msvcrt(call->w);

	if (!c)
		return 0;
	text_put(call->w, c->small + 192, 64, "No such file or directory", false);
	return c->small + 192;
}

static uint32_t localeconv_model(struct call *call)
{
	struct win32_msvcrt *c = win32_msvcrt(call->w);

	if (!c)
		return 0;
	/* struct lconv: ten pointers to texts; "." first, "" else */
	text_put(call->w, c->small + 400, 4, ".", false);
	for (uint32_t i = 0; i < 10; i++)
		win32_put_u32(call->w, c->small + 256 + 4 * i, c->small + (i ? 402 : 400));
	return c->small + 256;
}

static uint32_t setlocale_model(struct call *call)
{
	struct win32_msvcrt *c = win32_msvcrt(call->w);

	if (!c)
		return 0;
	text_put(call->w, c->small + 408, 4, "C", false);
	return c->small + 408;
}

static uint32_t abs_model(struct call *call)
{
	uint32_t value = arg(call, 0);
	return (int32_t)value < 0 ? 0 - value : value;
}

static uint32_t rotate_left(struct call *call)
{
	uint32_t value = arg(call, 0), count = arg(call, 1) & 31;
	return count ? value << count | value >> (32 - count) : value;
}

static uint32_t rotate_right(struct call *call)
{
	uint32_t value = arg(call, 0), count = arg(call, 1) & 31;
	return count ? value >> count | value << (32 - count) : value;
}

const struct api_model win32_msvcrt_misc_models[] = { API_CDECL("malloc", malloc_model),
						      API_CDECL("??2@YAPAXI@Z", malloc_model),
						      API_CDECL("??_U@YAPAXI@Z", malloc_model),
						      API_CDECL("calloc", calloc_model),
						      API_CDECL("realloc", realloc_model),
						      API_CDECL("free", free_model),
						      API_CDECL("??3@YAXPAX@Z", free_model),
						      API_CDECL("??_V@YAXPAX@Z", free_model),
						      API_CDECL("_msize", msize_model),
						      API_CDECL("rand", rand_model),
						      API_CDECL("srand", srand_model),
						      API_CDECL("time", time_model),
						      API_CDECL("_time32", time_model),
						      API_CDECL("_time64", time_model),
						      API_CDECL("clock", clock_model),
						      API_CDECL("localtime", broken_down_time),
						      API_CDECL("gmtime", broken_down_time),
						      API_CDECL("_localtime32", broken_down_time),
						      API_CDECL("_gmtime32", broken_down_time),
						      API_CDECL("_localtime64", broken_down_time),
						      API_CDECL("_gmtime64", broken_down_time),
						      API_CDECL("mktime", mktime_model),
						      API_CDECL("strftime", strftime_model),
						      API_CDECL("asctime", asctime_model),
						      API_CDECL("ctime", asctime_model),
						      API_CDECL("qsort", qsort_model),
						      API_CDECL("bsearch", bsearch_model),
						      API_CDECL("remove", remove_model),
						      API_CDECL("_unlink", remove_model),
						      API_CDECL("rename", rename_model),
						      API_CDECL("_access", access_model),
						      API_CDECL("_mkdir", mkdir_model),
						      API_CDECL("_getcwd", getcwd_model),
						      API_CDECL("getenv", getenv_model),
						      API_CDECL("_putenv", putenv_model),
						      API_CDECL("system", system_model),
						      API_CDECL("_spawnl", spawn_model),
						      API_CDECL("_spawnv", spawn_model),
						      API_CDECL("_sleep", sleep_model),
						      API_CDECL("strerror", strerror_model),
						      API_CDECL("localeconv", localeconv_model),
						      API_CDECL("setlocale", setlocale_model),
						      API_CDECL("abs", abs_model),
						      API_CDECL("labs", abs_model),
						      API_CDECL("_rotl", rotate_left),
						      API_CDECL("_lrotl", rotate_left),
						      API_CDECL("_rotr", rotate_right),
						      API_CDECL("_lrotr", rotate_right),
						      API_END };
