/* user32 (and what of gdi32 programs need to start): windows, messages, timers, hooks, keys.
 *
 * Nobody sits at the machine: no input ever arrives. A window exists as far as its procedure is
 * called with what the program itself sends, posts and times. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "win32/api/models.h"
#include "win32/api/shared.h"
#include "win32/api/user.h"
#include "win32/machine.h"

enum { WM_CREATE = 1, WM_DESTROY = 2, WM_QUIT = 0x12, WM_TIMER = 0x113 };
enum { MB_TYPE = 15, IDOK = 1, IDYES = 6 };
#define DESKTOP 0x10010u

static struct win32_user *user_of(struct win32 *w)
{
	if (!w->user) {
		w->user = calloc(1, sizeof *w->user);
		if (w->user)
			w->user->next_window = 0x20020;
	}
	return w->user;
}

void win32_user_free(struct win32 *w)
{
	free(w->user);
	w->user = NULL;
}

static struct user_window *window_of(struct win32 *w, uint32_t handle)
{
	struct win32_user *user = user_of(w);

	for (unsigned i = 0; user && i < user->window_count; i++)
		if (user->windows[i].handle == handle)
			return &user->windows[i];
	return NULL;
}

static uint32_t class_number(struct call *call, uint32_t name)
{
	uint32_t hash = 5381;

	if (name < 0x10000)
		return name;
	for (const char *text = text_at(call->w, name, call->wide); *text; text++)
		hash = hash * 33 + (uint8_t)(*text | 0x20);
	return hash | 0x10000;
}

static uint32_t remember_class(struct call *call, uint32_t name, uint32_t procedure)
{
	struct win32_user *user = user_of(call->w);

	if (!user || user->class_count == USER_CLASSES)
		return 0;
	user->classes[user->class_count].name = class_number(call, name);
	user->classes[user->class_count++].procedure = procedure;
	return 0xc100 + user->class_count;
}

static uint32_t register_class(struct call *call)
{
	uint32_t at = arg(call, 0);
	return remember_class(call, win32_u32(call->w, at + 36), win32_u32(call->w, at + 4));
}

static uint32_t register_class_ex(struct call *call)
{
	uint32_t at = arg(call, 0);
	return remember_class(call, win32_u32(call->w, at + 40), win32_u32(call->w, at + 8));
}

static uint32_t created(struct call *call, uint32_t result)
{
	return result == UINT32_MAX ? 0 : call->words[0];
}

static uint32_t create_window(struct call *call)
{
	struct win32_user *user = user_of(call->w);
	uint32_t class = class_number(call, arg(call, 1)), procedure = 0;

	if (!user || user->window_count == USER_WINDOWS)
		return 0;
	for (unsigned i = 0; i < user->class_count; i++)
		if (user->classes[i].name == class || class == 0xc101 + i)
			procedure = user->classes[i].procedure;
	struct user_window *window = &user->windows[user->window_count++];
	*window = (struct user_window){ user->next_window, procedure, 0 };
	user->next_window += 2;
	if (!procedure)
		return window->handle;
	uint32_t words[8] = { window->handle };
	uint32_t arguments[] = { window->handle, WM_CREATE, 0, call->stack };
	return call_guest(call, procedure, created, words, 4, arguments);
}

static uint32_t post(struct win32 *w, uint32_t window, uint32_t message, uint32_t a, uint32_t b)
{
	struct win32_user *user = user_of(w);

	if (!user || user->message_count == USER_MESSAGES)
		return 0;
	user->messages[user->message_count++] = (struct user_message){ window, message, a, b };
	/* Whoever waits for messages looks again. */
	for (unsigned i = 0; i < w->thread_count; i++)
		if (w->threads[i]->waits_for_message)
			w->threads[i]->wake = 1;
	return 1;
}

static uint32_t post_message(struct call *call)
{
	return post(call->w, arg(call, 0), arg(call, 1), arg(call, 2), arg(call, 3));
}

static uint32_t post_thread_message(struct call *call)
{
	return post(call->w, 0, arg(call, 1), arg(call, 2), arg(call, 3));
}

static uint32_t post_quit(struct call *call)
{
	post(call->w, 0, WM_QUIT, arg(call, 0), 0);
	return 0;
}

static uint32_t send_message(struct call *call)
{
	struct user_window *window = window_of(call->w, arg(call, 0));
	uint32_t arguments[] = { arg(call, 0), arg(call, 1), arg(call, 2), arg(call, 3) };

	if (!window || !window->procedure)
		return 0;
	return call_guest(call, window->procedure, resume_result, NULL, 4, arguments);
}

static uint32_t destroy_window(struct call *call)
{
	struct user_window *window = window_of(call->w, arg(call, 0));
	uint32_t arguments[] = { arg(call, 0), WM_DESTROY, 0, 0 };

	if (!window)
		return 0;
	uint32_t procedure = window->procedure;
	*window = call->w->user->windows[--call->w->user->window_count];
	if (!procedure)
		return 1;
	return call_guest(call, procedure, resume_result, NULL, 4, arguments);
}

/* The timer that is due first. */
static struct user_timer *next_timer(struct win32_user *user)
{
	struct user_timer *next = NULL;

	for (unsigned i = 0; i < USER_TIMERS; i++)
		if (user->timers[i].period && (!next || user->timers[i].due < next->due))
			next = &user->timers[i];
	return next;
}

static bool take_message(struct win32 *w, uint32_t at, bool remove)
{
	struct win32_user *user = user_of(w);
	struct user_timer *timer = next_timer(user);
	struct user_message message;

	if (user->message_count) {
		message = user->messages[0];
		if (remove)
			memmove(user->messages, user->messages + 1,
				--user->message_count * sizeof *user->messages);
	} else if (timer && timer->due <= win32_now(w)) {
		message = (struct user_message){ timer->window, WM_TIMER, timer->id,
						 timer->procedure };
		timer->due = win32_now(w) + timer->period;
	} else {
		return false;
	}
	const uint32_t words[] = {
		message.window, message.message, message.a, message.b, win32_ticks(w), 0, 0
	};
	for (uint32_t i = 0; i < 7; i++)
		win32_put_u32(w, at + 4 * i, words[i]);
	return true;
}

static uint32_t get_message(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_user *user = user_of(w);

	if (!user)
		return UINT32_MAX;
	if (take_message(w, arg(call, 0), true))
		return win32_u32(w, arg(call, 0) + 4) != WM_QUIT;
	struct user_timer *timer = next_timer(user);
	win32_wait(w, NULL, 0, false, UINT32_MAX);
	w->current->wake_sets_result = false;
	w->current->waits_for_message = true;
	if (timer)
		w->current->wake = timer->due;
	call->outcome = API_AGAIN;
	return 0;
}

static uint32_t peek_message(struct call *call)
{
	if (user_of(call->w) && take_message(call->w, arg(call, 0), arg(call, 4) & 1))
		return 1;
	/* Loops that look without waiting let time pass. */
	call->w->waited += 1000;
	return 0;
}

static uint32_t wait_message(struct call *call)
{
	struct win32_user *user = user_of(call->w);
	struct user_timer *timer = user ? next_timer(user) : NULL;

	if (!user || user->message_count)
		return 1;
	sleep_then(call, UINT32_MAX, 1);
	if (timer)
		call->w->current->wake = timer->due;
	return 1;
}

static uint32_t dispatch_message(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t at = arg(call, 0);
	uint32_t arguments[] = { win32_u32(w, at), win32_u32(w, at + 4), win32_u32(w, at + 8),
				 win32_u32(w, at + 12) };
	struct user_window *window = window_of(w, arguments[0]);

	if (arguments[1] == WM_TIMER && arguments[3]) {
		uint32_t procedure = arguments[3];
		arguments[3] = win32_ticks(w);
		return call_guest(call, procedure, resume_result, NULL, 4, arguments);
	}
	if (!window || !window->procedure)
		return 0;
	return call_guest(call, window->procedure, resume_result, NULL, 4, arguments);
}

static uint32_t set_timer(struct call *call)
{
	struct win32_user *user = user_of(call->w);

	for (unsigned i = 0; user && i < USER_TIMERS; i++) {
		struct user_timer *timer = &user->timers[i];
		bool same =
			timer->period && timer->window == arg(call, 0) && timer->id == arg(call, 1);
		if (timer->period && !same)
			continue;
		uint64_t period = 1000ull * (arg(call, 2) < 10 ? 10 : arg(call, 2));
		*timer = (struct user_timer){ arg(call, 0), arg(call, 1) ? arg(call, 1) : i + 1,
					      arg(call, 3), period, win32_now(call->w) + period };
		return timer->id;
	}
	return 0;
}

static uint32_t kill_timer(struct call *call)
{
	struct win32_user *user = user_of(call->w);

	for (unsigned i = 0; user && i < USER_TIMERS; i++)
		if (user->timers[i].window == arg(call, 0) && user->timers[i].id == arg(call, 1))
			user->timers[i].period = 0;
	return 1;
}

static uint32_t window_long(struct call *call)
{
	struct user_window *window = window_of(call->w, arg(call, 0));
	bool set = call->slot->name[0] == 'S';
	uint32_t *word = NULL, zero = 0;

	if (window)
		word = arg(call, 1) == (uint32_t)-4    ? &window->procedure
		       : arg(call, 1) == (uint32_t)-21 ? &window->data
						       : NULL;
	if (!word)
		word = &zero;
	uint32_t before = *word;
	if (set)
		*word = arg(call, 2);
	return before;
}

/* --- other programs' windows --- */

static const struct win32_window *find(struct call *call, const char *class, const char *title,
				       unsigned *index)
{
	const struct win32_window *window;

	for (unsigned i = 0; (window = win32_machine_window(call->w->machine, i)); i++)
		if ((!class || strcasecmp(class, window->class) == 0) &&
		    (!title || strcasecmp(title, window->title) == 0)) {
			*index = i;
			return window;
		}
	return NULL;
}

static void look_for_tools(struct win32 *w, const char *class, const char *title)
{
	static const char *const debuggers[] = {
		"OLLYDBG",	 "WinDbgFrameClass",	 "ID",	     "FileMonClass",
		"RegmonClass",	 "PROCMON_WINDOW_CLASS", "18467-41", "Zeta Debugger",
		"Rock Debugger", "ObsidianGUI"
	};

	for (size_t i = 0; i < sizeof debuggers / sizeof *debuggers; i++)
		if ((class && strcasecmp(class, debuggers[i]) == 0) ||
		    (title && strcasecmp(title, debuggers[i]) == 0))
			EMIT(w, ANTI_DEBUG, trace_text(class ? class : title));
	if ((class && strncasecmp(class, "VBoxTray", 8) == 0) ||
	    (class && strncasecmp(class, "VMwareTray", 10) == 0))
		EMIT(w, ANTI_EMULATION, trace_text(class));
}

static uint32_t find_by(struct call *call, unsigned first)
{
	uint32_t class_at = arg(call, first);
	const char *class = class_at >= 0x10000 ? arg_text(call, first) : NULL;
	const char *title = arg_text(call, first + 1);
	unsigned index;

	look_for_tools(call->w, class, title);
	return find(call, class, title, &index) ? 0x10100 + 2 * index
						: fail(call, ERROR_FILE_NOT_FOUND, 0);
}

static uint32_t find_window(struct call *call)
{
	return find_by(call, 0);
}

static uint32_t find_window_ex(struct call *call)
{
	return find_by(call, 2);
}

static uint32_t get_window_process(struct call *call)
{
	const struct win32_window *window =
		win32_machine_window(call->w->machine, (arg(call, 0) - 0x10100) / 2);
	uint32_t id = window ? window->process : call->w->process_id;

	if (arg(call, 1))
		win32_put_u32(call->w, arg(call, 1), id);
	return window ? id + 4 : call->w->current->id;
}

static uint32_t get_window_text(struct call *call)
{
	const struct win32_window *window =
		win32_machine_window(call->w->machine, (arg(call, 0) - 0x10100) / 2);
	bool class = strstr(call->slot->name, "Class") != NULL;

	return text_put(call->w, arg(call, 1), arg(call, 2),
			!window ? ""
			: class ? window->class
				: window->title,
			call->wide);
}

static uint32_t enum_windows_step(struct call *call, uint32_t result)
{
	uint32_t words[8] = { call->words[0], call->words[1], call->words[2] + 1 };

	if (!result || !win32_machine_window(call->w->machine, words[2])) {
		call->outcome = API_RETURN;
		return result != 0;
	}
	uint32_t arguments[] = { 0x10100 + 2 * words[2], words[1] };
	return call_guest(call, words[0], enum_windows_step, words, 2, arguments);
}

static uint32_t enum_windows(struct call *call)
{
	call->words[0] = arg(call, 0);
	call->words[1] = arg(call, 1);
	call->words[2] = UINT32_MAX;
	return enum_windows_step(call, 1);
}

/* --- input --- */

static uint32_t set_hook(struct call *call)
{
	static const char *const kinds[] = {
		"WH_JOURNALRECORD",  "WH_JOURNALPLAYBACK", "WH_KEYBOARD",
		"WH_GETMESSAGE",     "WH_CALLWNDPROC",	   "WH_CBT",
		"WH_SYSMSGFILTER",   "WH_MOUSE",	   "WH_HARDWARE",
		"WH_DEBUG",	     "WH_SHELL",	   "WH_FOREGROUNDIDLE",
		"WH_CALLWNDPROCRET", "WH_KEYBOARD_LL",	   "WH_MOUSE_LL"
	};
	uint32_t kind = arg(call, 0);

	EMIT(call->w, HOOK_SET,
	     trace_text(kind < sizeof kinds / sizeof *kinds ? kinds[kind] : "unknown"));
	return 0x30000 + kind;
}

/* Asking for single keys again and again is how a key logger without a hook works: said once per
 * place. */
static uint32_t get_key_state(struct call *call)
{
	if (!call->slot->said)
		EMIT(call->w, HOOK_SET, trace_text(call->slot->name));
	call->slot->said = true;
	return 0;
}

static uint32_t get_cursor(struct call *call)
{
	win32_put_u32(call->w, arg(call, 0), 412);
	win32_put_u32(call->w, arg(call, 0) + 4, 307);
	return 1;
}

static uint32_t last_input(struct call *call)
{
	return win32_put_u32(call->w, arg(call, 0) + 4, win32_ticks(call->w) - 2000);
}

/* --- the rest --- */

static uint32_t message_box(struct call *call)
{
	uint32_t type = arg(call, 3) & MB_TYPE;
	return type == 3 || type == 4 ? IDYES : IDOK;
}

static uint32_t wsprintf_model(struct call *call)
{
	struct buffer out;
	bool wide = call->slot->name[8] == 'W';
	bool list = call->slot->name[0] == 'w' && call->slot->name[1] == 'v';

	if (list)
		wide = call->slot->name[9] == 'W';
	buffer_init(&out, 65536);
	win32_format(call->w, text_at(call->w, arg(call, 1), wide),
		     list ? arg(call, 2) : call->stack + 8, wide, &out);
	uint32_t length = text_put(call->w, arg(call, 0), 1025, buffer_text(&out), wide);
	buffer_fini(&out);
	return length;
}

static uint32_t exit_windows(struct call *call)
{
	EMIT(call->w, SYSTEM_SHUTDOWN, trace_text(call->slot->name));
	return 1;
}

static uint32_t get_system_metrics(struct call *call)
{
	switch (arg(call, 0)) {
	case 0: return 1024;
	case 1: return 768;
	case 67: return 0; /* clean boot: no */
	default: return 1;
	}
}

static uint32_t load_string(struct call *call)
{
	text_put(call->w, arg(call, 2), arg(call, 3), "", call->wide);
	return 0;
}

static uint32_t change_case(struct call *call)
{
	bool lower = strncmp(call->slot->name, "CharLower", 9) == 0;
	uint32_t at = arg(call, 0), unit = call->wide ? 2 : 1;

	if (at < 0x10000)
		return lower && at >= 'A' && at <= 'Z'	  ? at + 32
		       : !lower && at >= 'a' && at <= 'z' ? at - 32
							  : at;
	for (uint32_t i = 0; i < 65536; i++) {
		uint32_t value =
			call->wide ? win32_u16(call->w, at + 2 * i) : win32_u8(call->w, at + i);
		if (!value)
			break;
		if (lower ? value >= 'A' && value <= 'Z' : value >= 'a' && value <= 'z')
			win32_put_u8(call->w, at + unit * i, value ^ 0x20);
	}
	return at;
}

static uint32_t desktop_window(struct call *call)
{
	(void)call;
	return DESKTOP;
}

static uint32_t return_true(struct call *call)
{
	(void)call;
	return 1;
}

static uint32_t return_zero(struct call *call)
{
	(void)call;
	return 0;
}

const struct api_model win32_user32_models[] = {
	API_TEXT("RegisterClass", 1, register_class),
	API_TEXT("RegisterClassEx", 1, register_class_ex),
	API_TEXT("CreateWindowEx", 12, create_window),
	API("DestroyWindow", 1, destroy_window),
	API_TEXT("PostMessage", 4, post_message),
	API_TEXT("PostThreadMessage", 4, post_thread_message),
	API("PostQuitMessage", 1, post_quit),
	API_TEXT("SendMessage", 4, send_message),
	API_TEXT("DefWindowProc", 4, return_zero),
	API_TEXT("GetMessage", 4, get_message),
	API_TEXT("PeekMessage", 5, peek_message),
	API("WaitMessage", 0, wait_message),
	API_TEXT("DispatchMessage", 1, dispatch_message),
	API("TranslateMessage", 1, return_zero),
	API("SetTimer", 4, set_timer),
	API("KillTimer", 2, kill_timer),
	API_TEXT("GetWindowLong", 2, window_long),
	API_TEXT("SetWindowLong", 3, window_long),
	API_TEXT("FindWindow", 2, find_window),
	API_TEXT("FindWindowEx", 4, find_window_ex),
	API("GetWindowThreadProcessId", 2, get_window_process),
	API_TEXT("GetWindowText", 3, get_window_text),
	API_TEXT("GetClassName", 3, get_window_text),
	API("EnumWindows", 2, enum_windows),
	API_TEXT("SetWindowsHookEx", 4, set_hook),
	API("UnhookWindowsHookEx", 1, return_true),
	API("CallNextHookEx", 4, return_zero),
	API("GetAsyncKeyState", 1, get_key_state),
	API("GetKeyState", 1, get_key_state),
	API("GetKeyboardState", 1, get_key_state),
	API("GetCursorPos", 1, get_cursor),
	API("GetLastInputInfo", 1, last_input),
	API_TEXT("MessageBox", 4, message_box),
	API_TEXT("MessageBoxEx", 5, message_box),
	API_CDECL("wsprintfA", wsprintf_model),
	API_CDECL("wsprintfW", wsprintf_model),
	API("wvsprintfA", 3, wsprintf_model),
	API("wvsprintfW", 3, wsprintf_model),
	API("ExitWindowsEx", 2, exit_windows),
	API("GetSystemMetrics", 1, get_system_metrics),
	API_TEXT("LoadString", 4, load_string),
	API_TEXT("CharLower", 1, change_case),
	API_TEXT("CharUpper", 1, change_case),
	API("GetDesktopWindow", 0, desktop_window),
	API("GetForegroundWindow", 0, desktop_window),
	API("ShowWindow", 2, return_true),
	API("UpdateWindow", 1, return_true),
	API("IsWindow", 1, return_true),
	API("MessageBeep", 1, return_true),
	API("GetInputState", 0, return_zero),
	API("AttachThreadInput", 3, return_true),
	API_END
};
