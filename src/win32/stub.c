/* Generated stubs: what happens when no model exists.
 *
 * Stack: the generated table knows how many bytes nearly every export pops. For the rest the call
 * site tells: `add esp, N` or `pop ecx` behind the call means that the caller cleans up (pop
 * nothing); `sub esp, N` behind it (gcc restores its outgoing area) means that the function popped
 * N; otherwise the pushes right before the call are counted, one word each.
 *
 * Result: 0 where 0 is success (ntdll's NTSTATUS, COM's HRESULT, the error codes of registry,
 * network and multimedia functions, all of the C run-time) and for questions (Is…); 1 elsewhere,
 * which is TRUE and a handle that is not NULL. */
#include "win32/stub.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "win32/module.h"

enum { SHORTEST_TEXT = 3, SHOWN_TEXT = 128 };

static bool starts(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool zero_is_success(const char *library, const char *name)
{
	static const char *const libraries[] = {
		"ntdll.dll",   "msvcrt.dll",   "crtdll.dll",  "ole32.dll",    "oleaut32.dll",
		"mpr.dll",     "netapi32.dll", "rpcrt4.dll",  "iphlpapi.dll", "dnsapi.dll",
		"winmm.dll",   "rasapi32.dll", "secur32.dll", "ws2_32.dll",   "wsock32.dll",
		"odbc32.dll",  "urlmon.dll",   "mapi32.dll",  "gdiplus.dll",  "pdh.dll",
		"msvcr70.dll", "msvcr71.dll",  "msvcr80.dll", "msvcr90.dll",  "uxtheme.dll"
	};
	static const char *const prefixes[] = { "Is", "Reg", "Co",  "Dll",  "SH",	"Str", "Nt",
						"Zw", "Rtl", "Lsa", "Find", "GetAsync", "Peek" };

	for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
		if (strcasecmp(library, libraries[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (starts(name, prefixes[i]))
			return true;
	return false;
}

/* --- what it was given --- */

static bool is_printable(const char *text)
{
	for (const char *at = text; *at; at++)
		if (*at < 0x20 || *at > 0x7e)
			return false;
	return strlen(text) >= SHORTEST_TEXT;
}

/* The texts among its arguments, with a blank between them; as far as it is known how many those
 * are. */
static const char *texts_of(struct call *call, char *texts, size_t size)
{
	unsigned count = call->slot->stack > 0 ? (unsigned)call->slot->stack / 4 : 0;
	size_t used = 0;

	texts[0] = 0;
	for (unsigned i = 0; i < count; i++) {
		char text[SHOWN_TEXT];
		uint32_t address = arg(call, i);
		if ((x86_read_text(call->w->x86, address, text, sizeof text) < 0 ||
		     !is_printable(text)) &&
		    (x86_read_wide(call->w->x86, address, text, sizeof text) < 0 ||
		     !is_printable(text)))
			continue;
		if (used + strlen(text) + 2 > size)
			break;
		used += (size_t)snprintf(texts + used, size - used, "%s%s", used ? " " : "", text);
	}
	return texts;
}

/* --- callbacks: functions whose whole point is to call what they are given --- */

static const struct {
	const char *name;
	uint8_t routine, count; /* which argument; how many it is called with */
} callers[] = {
	{ "EnumSystemLocalesA", 0, 1 },	   { "EnumSystemLocalesW", 0, 1 },
	{ "EnumSystemCodePagesA", 0, 1 },  { "EnumSystemCodePagesW", 0, 1 },
	{ "EnumDateFormatsA", 0, 1 },	   { "EnumDateFormatsW", 0, 1 },
	{ "EnumTimeFormatsA", 0, 1 },	   { "EnumTimeFormatsW", 0, 1 },
	{ "EnumUILanguagesA", 0, 2 },	   { "EnumResourceTypesA", 1, 3 },
	{ "EnumChildWindows", 1, 2 },	   { "EnumThreadWindows", 1, 2 },
	{ "EnumDesktopWindows", 1, 2 },	   { "EnumDesktopsA", 1, 2 },
	{ "EnumWindowStationsA", 0, 2 },   { "CallWindowProcA", 0, 4 },
	{ "QueueUserWorkItem", 0, 1 },	   { "QueueUserAPC", 0, 1 },
	{ "CreateTimerQueueTimer", 2, 2 },
};

static bool calls_back(struct call *call)
{
	for (size_t i = 0; i < sizeof callers / sizeof *callers; i++) {
		static const uint32_t arguments[4] = { 0 };
		if (strcmp(callers[i].name, call->slot->name) != 0)
			continue;
		uint32_t routine = arg(call, callers[i].routine);
		if (x86_protection(call->w->x86, routine) < 0)
			return false;
		call_guest(call, routine, resume_result, NULL, callers[i].count, arguments);
		return true;
	}
	return false;
}

uint32_t win32_stub_answer(struct call *call)
{
	struct win32 *w = call->w;
	const char *library = w->modules[call->slot->module].name;
	char texts[4 * SHOWN_TEXT];

	if (!call->slot->said)
		EMIT(w, API_UNKNOWN, trace_text(library), trace_text(call->slot->name),
		     trace_text(texts_of(call, texts, sizeof texts)));
	call->slot->said = true;
	if (calls_back(call))
		return 0;
	return zero_is_success(library, call->slot->name) ? 0 : 1;
}

/* Bytes of the push instruction that ends at `end` of `code`; 0: there is none. */
static unsigned push_before(const uint8_t *code, unsigned end)
{
	if (end >= 5 && code[end - 5] == 0x68)
		return 5;
	if (end >= 6 && code[end - 6] == 0xff &&
	    (code[end - 5] == 0x35 || (code[end - 5] & 0xf8) == 0xb0))
		return 6;
	if (end >= 3 && code[end - 3] == 0xff && (code[end - 2] & 0xf8) == 0x70)
		return 3;
	if (end >= 2 && code[end - 2] == 0x6a)
		return 2;
	if (end >= 1 && (code[end - 1] & 0xf8) == 0x50)
		return 1;
	return 0;
}

uint32_t win32_stub_guess(struct win32 *w, uint32_t return_address)
{
	uint8_t after[3], before[64];
	unsigned end = sizeof before, count = 0, length;

	if (win32_fetch(w, return_address, after, sizeof after)) {
		if ((after[0] == 0x83 && after[1] == 0xc4) || after[0] == 0x59)
			return 0;
		if (after[0] == 0x83 && after[1] == 0xec && (after[2] & 3) == 0)
			return after[2];
	}
	if (!win32_fetch(w, return_address - (uint32_t)sizeof before, before, sizeof before))
		return 0;
	/* The call itself: E8 rel32, FF 15 [address], FF /2 register or [register + 8 bits]. */
	if (before[end - 6] == 0xff && before[end - 5] == 0x15)
		end -= 6;
	else if (before[end - 5] == 0xe8)
		end -= 5;
	else if (before[end - 3] == 0xff && (before[end - 2] & 0xf8) == 0x50)
		end -= 3;
	else if (before[end - 2] == 0xff)
		end -= 2;
	while ((length = push_before(before, end)) > 0 && count < 12) {
		end -= length;
		count++;
	}
	return 4 * count;
}

/* Numbers of Windows XP SP2 (M. Jurczyk, "Windows X86 System Call Table",
 * j00ru.vexillium.org/syscalls), by name. */
static const struct {
	uint16_t number;
	const char *name;
} services[] = { { 0x11, "NtAllocateVirtualMemory" },
		 { 0x19, "NtClose" },
		 { 0x25, "NtCreateFile" },
		 { 0x29, "NtCreateKey" },
		 { 0x2f, "NtCreateProcess" },
		 { 0x30, "NtCreateProcessEx" },
		 { 0x32, "NtCreateSection" },
		 { 0x35, "NtCreateThread" },
		 { 0x3b, "NtDelayExecution" },
		 { 0x3e, "NtDeleteFile" },
		 { 0x3f, "NtDeleteKey" },
		 { 0x53, "NtFreeVirtualMemory" },
		 { 0x6c, "NtMapViewOfSection" },
		 { 0x74, "NtOpenFile" },
		 { 0x77, "NtOpenKey" },
		 { 0x7a, "NtOpenProcess" },
		 { 0x89, "NtProtectVirtualMemory" },
		 { 0x9a, "NtQueryInformationProcess" },
		 { 0xad, "NtQuerySystemInformation" },
		 { 0xb7, "NtReadFile" },
		 { 0xf7, "NtSetValueKey" },
		 { 0x101, "NtTerminateProcess" },
		 { 0x102, "NtTerminateThread" },
		 { 0x10b, "NtUnmapViewOfSection" },
		 { 0x112, "NtWriteFile" },
		 { 0x115, "NtWriteVirtualMemory" } };

uint32_t win32_service_number(const char *name)
{
	size_t low = 0, high = sizeof services / sizeof *services;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name + 2, services[middle].name + 2);
		if (order == 0)
			return services[middle].number;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return 0;
}

struct win32_slot *win32_service_slot(struct win32 *w, uint32_t number)
{
	struct win32_module *ntdll = win32_module_named(w, "ntdll.dll");

	for (size_t i = 0; ntdll && i < sizeof services / sizeof *services; i++) {
		if (services[i].number != number)
			continue;
		int index = win32_export_find(ntdll->library, services[i].name);
		return index < 0 ? NULL : &w->slots[ntdll->first_slot + (unsigned)index];
	}
	return NULL;
}

/* Says it once per page. Pages beyond the list's end are covered by those before: a program that
 * runs self-made code on 64 pages has shown it. */
static void say(struct win32 *w, uint32_t address)
{
	uint32_t page = address & ~(WIN32_PAGE - 1);
	unsigned limit = sizeof w->code_pages / sizeof *w->code_pages;

	for (unsigned i = 0; i < w->code_page_count; i++)
		if (w->code_pages[i] == page)
			return;
	if (w->code_page_count == limit)
		return;
	w->code_pages[w->code_page_count++] = page;
	uint32_t site = w->call_site;
	w->call_site = address;
	EMIT(w, CODE_WRITTEN, trace_number(address));
	w->call_site = site;
}

void win32_code_watch(struct win32 *w)
{
	struct x86_watch watch = x86_watch_counts(w->x86);

	if (watch.executed_written == 0)
		return;
	say(w, (uint32_t)watch.first_written_ip);
	x86_watch_start(w->x86, watch.start, watch.end);
}

void win32_code_seen(struct win32 *w, uint32_t address)
{
	struct win32_region *region = win32_region_of(w, address);

	/* Code in private memory did not come from any file: the program put it there. */
	if (region && region->kind == MEM_PRIVATE && !w->placed)
		say(w, address);
	else if (x86_written(w->x86, address))
		say(w, address);
}
