/* msvcrt: start and end of a program, exported variables, signals, jumps. */
#include <stdlib.h>
#include <string.h>

#include "win32/api/models.h"
#include "win32/api/msvcrt.h"

enum {
	VAR_ERRNO = 0,
	VAR_FMODE = 4,
	VAR_COMMODE = 8,
	VAR_ACMDLN = 12,
	VAR_WCMDLN = 16,
	VAR_ENVIRON = 20,
	VAR_WENVIRON = 24,
	VAR_ARGC = 28,
	VAR_ARGV = 32,
	VAR_WARGV = 36,
	VAR_PGMPTR = 40,
	VAR_WINVER = 44,
	VAR_TIMEZONE = 48,
	VAR_DAYLIGHT = 52,
	VAR_DOSERRNO = 56,
	VAR_OSVER = 60,
	VAR_SIZE = 64
};

/* Splits the command line by the rules of the C run-time: blanks, quotes, backslashes before
 * quotes. */
static unsigned split(const char *line, char *out, char **arguments, unsigned limit)
{
	unsigned count = 0;

	while (*line) {
		while (*line == ' ' || *line == '\t')
			line++;
		if (!*line || count == limit)
			break;
		bool quoted = false;
		arguments[count++] = out;
		for (; *line && (quoted || (*line != ' ' && *line != '\t')); line++) {
			if (*line == '\\' && line[1] == '"')
				*out++ = *++line;
			else if (*line == '"')
				quoted = !quoted;
			else
				*out++ = *line;
		}
		*out++ = 0;
	}
	return count;
}

static uint32_t text_array(struct win32 *w, char **texts, unsigned count, bool wide)
{
	uint32_t array = win32_heap_take(w, 4 * (count + 1));

	for (unsigned i = 0; array && i < count; i++)
		win32_put_u32(w, array + 4 * i, text_new(w, texts[i], wide));
	return array;
}

static void make_arguments(struct win32 *w, struct win32_msvcrt *c)
{
	const char *line = text_at(w, w->command_w, true);
	char *out = malloc(strlen(line) + 2), *texts[64];

	if (!out)
		return;
	unsigned count = split(line, out, texts, sizeof texts / sizeof *texts);
	c->argc = count;
	c->argv = text_array(w, texts, count, false);
	c->wargv = text_array(w, texts, count, true);
	c->environ = text_array(w, w->variables, w->variable_count, false);
	c->wenviron = text_array(w, w->variables, w->variable_count, true);
	free(out);
}

struct win32_msvcrt *win32_msvcrt(struct win32 *w)
{
	if (w->msvcrt)
		return w->msvcrt;
	struct win32_msvcrt *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	w->msvcrt = c;
	for (unsigned i = 0; i < MSVCRT_STREAMS; i++) {
		buffer_init(&c->streams[i].out, 65536);
		c->streams[i].open = i < 3;
		c->streams[i].writable = i == 1 || i == 2;
		c->streams[i].pushed = -1;
	}
	c->seed = 1;
	c->variables = win32_heap_take(w, VAR_SIZE);
	c->iob = win32_heap_take(w, 32 * 20);
	c->streams_at = win32_heap_take(w, 32 * MSVCRT_STREAMS);
	c->small = win32_heap_take(w, 512);
	make_arguments(w, c);
	const uint32_t words[][2] = {
		{ VAR_FMODE, 0x4000 },
		{ VAR_ACMDLN, w->command_a },
		{ VAR_WCMDLN, w->command_w },
		{ VAR_ENVIRON, c->environ },
		{ VAR_WENVIRON, c->wenviron },
		{ VAR_ARGC, c->argc },
		{ VAR_ARGV, c->argv },
		{ VAR_WARGV, c->wargv },
		{ VAR_PGMPTR, win32_u32(w, c->argv) },
		{ VAR_WINVER, 0x501 },
		{ VAR_OSVER, 2600 },
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		win32_put_u32(w, c->variables + words[i][0], words[i][1]);
	return c;
}

void win32_msvcrt_free(struct win32 *w)
{
	for (unsigned i = 0; w->msvcrt && i < MSVCRT_STREAMS; i++)
		buffer_fini(&w->msvcrt->streams[i].out);
	free(w->msvcrt);
	w->msvcrt = NULL;
}

/* FILE structures: descriptor at 16, flags at 12. */
static void put_streams(struct win32 *w, uint32_t iob)
{
	for (uint32_t i = 0; i < 3; i++) {
		win32_put_u32(w, iob + 32 * i + 12, i ? 2 : 1);
		win32_put_u32(w, iob + 32 * i + 16, i);
	}
}

/* _pctype: type bits of characters -1 … 255 */
static uint32_t make_types(struct win32 *w)
{
	uint32_t table = win32_heap_take(w, 2 * 257);

	for (uint32_t i = 0; table && i < 128; i++) {
		bool upper = i >= 'A' && i <= 'Z', lower = i >= 'a' && i <= 'z';
		bool digit = i >= '0' && i <= '9',
		     hex = digit || ((i | 32) >= 'a' && (i | 32) <= 'f');
		uint32_t bits = (upper ? 1u : 0) | (lower ? 2u : 0) | (digit ? 4u : 0) |
				((i >= 9 && i <= 13) || i == ' ' ? 8u : 0) |
				(i > ' ' && i < 127 && !upper && !lower && !digit ? 16u : 0) |
				(i < 32 || i == 127 ? 32u : 0) | (i == ' ' ? 64u : 0) |
				(hex ? 128u : 0) | (upper || lower ? 0x100u : 0);
		win32_put_u16(w, table + 2 + 2 * i, bits);
	}
	return table + 2;
}

void win32_msvcrt_prepare(struct win32 *w, struct win32_module *module)
{
	struct win32_msvcrt *c = win32_msvcrt(w);

	if (!c)
		return;
	const struct {
		const char *name;
		uint32_t value;
	} values[] = {
		{ "_acmdln", w->command_a },
		{ "_wcmdln", w->command_w },
		{ "__argc", c->argc },
		{ "__argv", c->argv },
		{ "__wargv", c->wargv },
		{ "__initenv", c->environ },
		{ "__winitenv", c->wenviron },
		{ "_environ", c->environ },
		{ "_wenviron", c->wenviron },
		{ "__mb_cur_max", 1 },
		{ "_fmode", 0x4000 },
		{ "_winver", 0x501 },
		{ "_winmajor", 5 },
		{ "_winminor", 1 },
		{ "_osver", 2600 },
		{ "_osplatform", 2 },
		{ "_pctype", 0 },
		{ "_pgmptr", win32_u32(w, c->argv) },
		{ "_iob", 0 },
	};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		uint32_t at = win32_module_export(w, module, values[i].name, 0);
		if (!at)
			continue;
		if (strcmp(values[i].name, "_iob") == 0) {
			c->iob = at;
			put_streams(w, at);
		} else if (strcmp(values[i].name, "_pctype") == 0) {
			win32_put_u32(w, at, make_types(w));
		} else {
			win32_put_u32(w, at, values[i].value);
		}
	}
}

void win32_msvcrt_set_errno(struct win32 *w, uint32_t code)
{
	struct win32_msvcrt *c = win32_msvcrt(w);
	if (c)
		win32_put_u32(w, c->variables + VAR_ERRNO, code);
}

#define VARIABLE(function, offset)                              \
	static uint32_t function(struct call *call)             \
	{                                                       \
		struct win32_msvcrt *c = win32_msvcrt(call->w); \
		return c ? c->variables + (offset) : 0;         \
	}
VARIABLE(errno_address, VAR_ERRNO)
VARIABLE(dos_errno_address, VAR_DOSERRNO)
VARIABLE(fmode_address, VAR_FMODE)
VARIABLE(commode_address, VAR_COMMODE)
VARIABLE(acmdln_address, VAR_ACMDLN)
VARIABLE(wcmdln_address, VAR_WCMDLN)
VARIABLE(environ_address, VAR_ENVIRON)
VARIABLE(wenviron_address, VAR_WENVIRON)
VARIABLE(argc_address, VAR_ARGC)
VARIABLE(argv_address, VAR_ARGV)
VARIABLE(wargv_address, VAR_WARGV)
VARIABLE(pgmptr_address, VAR_PGMPTR)
VARIABLE(winver_address, VAR_WINVER)
VARIABLE(timezone_address, VAR_TIMEZONE)
VARIABLE(daylight_address, VAR_DAYLIGHT)

static uint32_t iob_address(struct call *call)
{
	struct win32_msvcrt *c = win32_msvcrt(call->w);

	if (c && win32_u32(call->w, c->iob + 32 + 16) == 0)
		put_streams(call->w, c->iob);
	return c ? c->iob : 0;
}

static uint32_t get_arguments(struct call *call, bool wide)
{
	struct win32 *w = call->w;
	struct win32_msvcrt *c = win32_msvcrt(w);

	if (!c)
		return UINT32_MAX;
	win32_put_u32(w, arg(call, 0), c->argc);
	win32_put_u32(w, arg(call, 1), wide ? c->wargv : c->argv);
	win32_put_u32(w, arg(call, 2), wide ? c->wenviron : c->environ);
	return 0;
}

static uint32_t getmainargs(struct call *call)
{
	return get_arguments(call, false);
}

static uint32_t wgetmainargs(struct call *call)
{
	return get_arguments(call, true);
}

static uint32_t return_zero(struct call *call)
{
	(void)call;
	return 0;
}

static uint32_t return_one(struct call *call)
{
	(void)call;
	return 1;
}

static uint32_t return_first(struct call *call)
{
	return arg(call, 0);
}

/* Calls every function of a table [first, last): words 0 and 1 are the cursor and the end. */
static uint32_t run_table(struct call *call, uint32_t result)
{
	uint32_t words[8] = { call->words[0], call->words[1], call->words[2] };

	if (call->words[2] && result)
		return result; /* _initterm_e stops at the first failure */
	while (words[0] < words[1]) {
		uint32_t function = win32_u32(call->w, words[0]);
		words[0] += 4;
		if (function)
			return call_guest(call, function, run_table, words, 0, NULL);
	}
	call->outcome = API_RETURN;
	return 0;
}

static uint32_t initterm(struct call *call)
{
	call->words[0] = arg(call, 0);
	call->words[1] = arg(call, 1);
	return run_table(call, 0);
}

static uint32_t initterm_e(struct call *call)
{
	call->words[2] = 1;
	return initterm(call);
}

/* Functions given to atexit, the last first; words[0]: the exit status, words[1]: only these, no
 * end. */
static uint32_t run_exits(struct call *call, uint32_t result)
{
	struct win32 *w = call->w;
	struct win32_msvcrt *c = win32_msvcrt(w);
	uint32_t words[8] = { call->words[0], call->words[1] };

	(void)result;
	if (c && c->exit_count) {
		uint32_t function = c->exits[--c->exit_count];
		return call_guest(call, function, run_exits, words, 0, NULL);
	}
	win32_msvcrt_flush(w);
	call->outcome = API_RETURN;
	if (words[1])
		return 0;
	call->outcome = API_JUMP;
	win32_process_end(w, WIN32_END_EXIT, words[0]);
	return 0;
}

static uint32_t exit_model(struct call *call)
{
	call->words[0] = arg(call, 0);
	return run_exits(call, 0);
}

static uint32_t cexit_model(struct call *call)
{
	call->words[1] = 1;
	return run_exits(call, 0);
}

static uint32_t exit_at_once(struct call *call)
{
	call->outcome = API_JUMP;
	win32_process_end(call->w, WIN32_END_EXIT, arg(call, 0));
	return 0;
}

static uint32_t abort_model(struct call *call)
{
	call->outcome = API_JUMP;
	win32_process_end(call->w, WIN32_END_EXIT, 3);
	return 0;
}

static uint32_t at_exit(struct call *call)
{
	struct win32_msvcrt *c = win32_msvcrt(call->w);

	if (!c || c->exit_count == MSVCRT_EXITS)
		return 1;
	c->exits[c->exit_count++] = arg(call, 0);
	return 0;
}

static uint32_t on_exit_model(struct call *call)
{
	return at_exit(call) == 0 ? arg(call, 0) : 0;
}

/* jmp_buf of the i386 run-time: ebp, ebx, edi, esi, esp, eip, registration, try level. */
static const uint8_t saved[] = { X86_BP, X86_BX, X86_DI, X86_SI };

static uint32_t set_jump(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t at = arg(call, 0);

	for (uint32_t i = 0; i < 4; i++)
		win32_put_u32(w, at + 4 * i, (uint32_t)x86_get(w->x86, saved[i]));
	win32_put_u32(w, at + 16, call->stack);
	win32_put_u32(w, at + 20, win32_u32(w, call->stack - 4));
	win32_put_u32(w, at + 24, win32_u32(w, w->current->teb));
	return 0;
}

static uint32_t long_jump(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t at = arg(call, 0), value = arg(call, 1);

	for (uint32_t i = 0; i < 4; i++)
		x86_set(w->x86, saved[i], win32_u32(w, at + 4 * i));
	x86_set(w->x86, X86_SP, win32_u32(w, at + 16));
	x86_set_ip(w->x86, win32_u32(w, at + 20));
	win32_put_u32(w, w->current->teb, win32_u32(w, at + 24));
	x86_set(w->x86, X86_AX, value ? value : 1);
	call->outcome = API_JUMP;
	return 0;
}

static uint32_t begin_thread(struct call *call, uint32_t start, uint32_t parameter, uint32_t flags,
			     uint32_t id_at)
{
	uint32_t handle;

	EMIT(call->w, THREAD_CREATE, trace_text("self"), trace_number(start));
	struct win32_thread *thread = win32_thread_new(call->w, start, parameter, 0, &handle);
	if (!thread)
		return UINT32_MAX;
	thread->suspended = flags & 4 ? 1 : 0;
	if (id_at)
		win32_put_u32(call->w, id_at, thread->id);
	return handle;
}

static uint32_t begin_thread_plain(struct call *call)
{
	return begin_thread(call, arg(call, 0), arg(call, 2), 0, 0);
}

static uint32_t begin_thread_ex(struct call *call)
{
	uint32_t handle =
		begin_thread(call, arg(call, 2), arg(call, 3), arg(call, 4), arg(call, 5));
	return handle == UINT32_MAX ? 0 : handle;
}

static uint32_t end_thread(struct call *call)
{
	win32_thread_exit(call->w, call->w->current, 0);
	call->outcome = API_JUMP;
	return 0;
}

static uint32_t signal_model(struct call *call)
{
	(void)call;
	return 0; /* SIG_DFL was in force */
}

static uint32_t control_fp(struct call *call)
{
	(void)call;
	return 0x9001f; /* the default control word */
}

static uint32_t xcpt_filter(struct call *call)
{
	(void)call;
	return 0; /* EXCEPTION_CONTINUE_SEARCH */
}

const struct api_model win32_msvcrt_start_models[] = {
	API_CDECL("__getmainargs", getmainargs),
	API_CDECL("__wgetmainargs", wgetmainargs),
	API_CDECL("__set_app_type", return_zero),
	API_CDECL("__setusermatherr", return_zero),
	API_CDECL("_initterm", initterm),
	API_CDECL("_initterm_e", initterm_e),
	API_CDECL("_errno", errno_address),
	API_CDECL("__doserrno", dos_errno_address),
	API_CDECL("__p__fmode", fmode_address),
	API_CDECL("__p__commode", commode_address),
	API_CDECL("__p__acmdln", acmdln_address),
	API_CDECL("__p__wcmdln", wcmdln_address),
	API_CDECL("__p__environ", environ_address),
	API_CDECL("__p__wenviron", wenviron_address),
	API_CDECL("__p___initenv", environ_address),
	API_CDECL("__p___winitenv", wenviron_address),
	API_CDECL("__p___argc", argc_address),
	API_CDECL("__p___argv", argv_address),
	API_CDECL("__p___wargv", wargv_address),
	API_CDECL("__p__pgmptr", pgmptr_address),
	API_CDECL("__p__winver", winver_address),
	API_CDECL("__p__timezone", timezone_address),
	API_CDECL("__p__daylight", daylight_address),
	API_CDECL("__p__iob", iob_address),
	API_CDECL("__iob_func", iob_address),
	API_CDECL("exit", exit_model),
	API_CDECL("_exit", exit_at_once),
	API_CDECL("_cexit", cexit_model),
	API_CDECL("_c_exit", return_zero),
	API_CDECL("_amsg_exit", exit_at_once),
	API_CDECL("abort", abort_model),
	API_CDECL("atexit", at_exit),
	API_CDECL("_onexit", on_exit_model),
	API_CDECL("__dllonexit", on_exit_model),
	API_CDECL("_setjmp", set_jump),
	API_CDECL("_setjmp3", set_jump),
	API_CDECL("longjmp", long_jump),
	API_CDECL("_beginthread", begin_thread_plain),
	API_CDECL("_beginthreadex", begin_thread_ex),
	API_CDECL("_endthread", end_thread),
	API_CDECL("_endthreadex", end_thread),
	API_CDECL("signal", signal_model),
	API_CDECL("raise", return_zero),
	API_CDECL("_controlfp", control_fp),
	API_CDECL("_control87", control_fp),
	API_CDECL("_clearfp", return_zero),
	API_CDECL("_fpreset", return_zero),
	API_CDECL("_XcptFilter", xcpt_filter),
	API_CDECL("_lock", return_zero),
	API_CDECL("_unlock", return_zero),
	API_CDECL("_set_error_mode", return_zero),
	API_CDECL("_set_invalid_parameter_handler", return_zero),
	API_CDECL("_encode_pointer", return_first),
	API_CDECL("_decode_pointer", return_first),
	API_CDECL("__lconv_init", return_zero),
	API_CDECL("_setmbcp", return_zero),
	API_CDECL("_configthreadlocale", return_one),
	API_END
};
