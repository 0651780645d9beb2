/* Programs, processes, files and libraries, and what answers a call that has no model. */
#include "shellcode/win64_call.h"

#include <stdio.h>
#include <string.h>

#include "shellcode/native.h"

enum { TOLD = 8, /* arguments that are looked at for texts */ SHORTEST = 3 };

uint64_t win64_argument(const struct win64_call *call, unsigned index)
{
	static const enum x86_register order[] = { X86_CX, X86_DX, X86_R8, X86_R9 };
	uint64_t value = 0;

	if (index < 4)
		return x86_get(call->machine, order[index]);
	if (x86_read(call->machine, x86_get(call->machine, X86_SP) + 8 + 8 * index, &value,
		     sizeof value) < 0)
		return 0;
	return value;
}

const char *win64_text(const struct win64_call *call, unsigned index, char *into)
{
	if (x86_read_text(call->machine, win64_argument(call, index), into, WIN64_TEXT) < 0)
		into[0] = 0;
	return into;
}

const char *win64_wide(const struct win64_call *call, unsigned index, char *into)
{
	if (x86_read_wide(call->machine, win64_argument(call, index), into, WIN64_TEXT) < 0)
		into[0] = 0;
	return into;
}

void win64_tell(struct win64_call *call, enum trace_kind kind, const struct trace_value *values,
		unsigned count)
{
	struct trace_event event = { .kind = kind,
				     .time = x86_instructions(call->machine),
				     .process = 1 };

	for (unsigned i = 0; i < TRACE_FIELDS; i++)
		event.values[i] = i < count ? values[i] : trace_text("");
	trace_emit(&call->session->trace, &event);
}

static bool is_printable(const char *text)
{
	if (strlen(text) < SHORTEST)
		return false;
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

void win64_tell_call(struct win64_call *call)
{
	char texts[2 * WIN64_TEXT] = "", one[WIN64_TEXT];
	size_t used = 0;

	for (unsigned i = 0; i < TOLD; i++) {
		if (!is_printable(win64_text(call, i, one)) &&
		    !is_printable(win64_wide(call, i, one)))
			continue;
		if (used + strlen(one) + 2 > sizeof texts)
			break;
		used += (size_t)snprintf(texts + used, sizeof texts - used, "%s%s", used ? " " : "",
					 one);
	}
	struct trace_value values[] = { trace_text("windows"), trace_text(call->function),
					trace_text(texts) };
	win64_tell(call, TRACE_API_UNKNOWN, values, 3);
}

/* --- libraries --- */

static void load(struct win64_call *call, const char *name)
{
	struct trace_value values[] = { trace_text(name) };

	call->result = win64_library(name);
	win64_tell(call, TRACE_MODULE_LOAD, values, 1);
}

static void load_library(struct win64_call *call)
{
	char name[WIN64_TEXT];

	load(call, win64_text(call, 0, name));
}

static void load_library_wide(struct win64_call *call)
{
	char name[WIN64_TEXT];

	load(call, win64_wide(call, 0, name));
}

static void get_proc_address(struct win64_call *call)
{
	char name[WIN64_TEXT];
	struct trace_value values[] = { trace_text(""), trace_text(win64_text(call, 1, name)) };

	call->result = win64_function(win64_argument(call, 0), name);
	win64_tell(call, TRACE_MODULE_RESOLVE, values, 2);
}

/* --- programs --- */

static void start(struct win64_call *call, const char *path, const char *command)
{
	struct trace_value values[] = { trace_text(path), trace_text(command) };

	win64_tell(call, TRACE_PROCESS_CREATE, values, 2);
}

static void win_exec(struct win64_call *call)
{
	char command[WIN64_TEXT];

	call->result = 33;
	start(call, win64_text(call, 0, command), command);
}

static void create_process(struct win64_call *call)
{
	char path[WIN64_TEXT], command[WIN64_TEXT];

	start(call, win64_text(call, 0, path), win64_text(call, 1, command));
}

static void create_process_wide(struct win64_call *call)
{
	char path[WIN64_TEXT], command[WIN64_TEXT];

	start(call, win64_wide(call, 0, path), win64_wide(call, 1, command));
}

static void execute(struct win64_call *call, const char *path, const char *parameters)
{
	char command[2 * WIN64_TEXT];

	snprintf(command, sizeof command, "%s %s", path, parameters);
	call->result = 33;
	start(call, path, command);
}

static void shell_execute(struct win64_call *call)
{
	char path[WIN64_TEXT], parameters[WIN64_TEXT];

	execute(call, win64_text(call, 2, path), win64_text(call, 3, parameters));
}

static void shell_execute_wide(struct win64_call *call)
{
	char path[WIN64_TEXT], parameters[WIN64_TEXT];

	execute(call, win64_wide(call, 2, path), win64_wide(call, 3, parameters));
}

static void exit_process(struct win64_call *call)
{
	struct trace_value values[] = { trace_number(win64_argument(call, 0)) };

	win64_tell(call, TRACE_EXIT, values, 1);
	call->ends = true;
}

static void create_service(struct win64_call *call)
{
	char name[WIN64_TEXT], path[WIN64_TEXT];
	struct trace_value values[] = { trace_text(win64_text(call, 1, name)),
					trace_text(win64_text(call, 7, path)) };

	win64_tell(call, TRACE_SERVICE_CREATE, values, 2);
}

/* NetUserAdd(server, level, information, …): every level begins with the name. */
static void add_user(struct win64_call *call)
{
	char name[WIN64_TEXT] = "";
	uint64_t at;

	if (x86_read(call->machine, win64_argument(call, 2), &at, sizeof at) < 0 ||
	    x86_read_wide(call->machine, at, name, sizeof name) < 0)
		name[0] = 0;
	struct trace_value values[] = { trace_text(name), trace_text("") };
	call->result = 0;
	win64_tell(call, TRACE_USER_CREATE, values, 2);
}

/* --- files --- */

static void open_path(struct win64_call *call, const char *path)
{
	enum { CREATE_ALWAYS = 2, OPEN_EXISTING = 3 };
	bool opens = (win64_argument(call, 4) & UINT32_MAX) == OPEN_EXISTING;
	struct trace_value values[] = { trace_text(path), trace_text("") };

	call->result = 0x40;
	win64_tell(call, opens ? TRACE_FILE_OPEN : TRACE_FILE_CREATE, values, opens ? 2 : 1);
}

static void create_file(struct win64_call *call)
{
	char path[WIN64_TEXT];

	open_path(call, win64_text(call, 0, path));
}

static void create_file_wide(struct win64_call *call)
{
	char path[WIN64_TEXT];

	open_path(call, win64_wide(call, 0, path));
}

/* --- what needs no answer but that it went well --- */

static void return_zero(struct win64_call *call)
{
	call->result = 0;
}

static void succeed(struct win64_call *call)
{
	call->result = 1;
}

static const struct {
	const char *function;
	win64_function_model *model;
} models[] = {
	{ "LoadLibraryA", load_library },
	{ "LoadLibraryExA", load_library },
	{ "LoadLibraryW", load_library_wide },
	{ "LoadLibraryExW", load_library_wide },
	{ "GetModuleHandleA", load_library },
	{ "GetModuleHandleW", load_library_wide },
	{ "GetProcAddress", get_proc_address },
	{ "WinExec", win_exec },
	{ "system", win_exec },
	{ "CreateProcessA", create_process },
	{ "CreateProcessW", create_process_wide },
	{ "ShellExecuteA", shell_execute },
	{ "ShellExecuteW", shell_execute_wide },
	{ "CreateServiceA", create_service },
	{ "NetUserAdd", add_user },
	{ "ExitProcess", exit_process },
	{ "ExitThread", exit_process },
	{ "TerminateProcess", exit_process },
	{ "RtlExitUserThread", exit_process },
	{ "RtlExitUserProcess", exit_process },
	{ "FatalExit", exit_process },
	{ "NtTerminateProcess", exit_process },
	{ "WinHttpOpen", succeed },
	{ "WinHttpSendRequest", succeed },
	{ "WinHttpReceiveResponse", succeed },
	{ "WinHttpSetOption", succeed },
	{ "InternetOpenA", succeed },
	{ "InternetOpenW", succeed },
	{ "InternetSetOptionA", succeed },
	{ "HttpSendRequestA", succeed },
	{ "HttpSendRequestW", succeed },
	{ "GetLastError", return_zero },
	{ "WaitForSingleObject", return_zero },
	{ "CreateFileA", create_file },
	{ "CreateFileW", create_file_wide },
};

static win64_function_model *find_model(const char *function)
{
	win64_function_model *model = win64_net_model(function);

	for (size_t i = 0; !model && i < sizeof models / sizeof models[0]; i++)
		if (strcmp(models[i].function, function) == 0)
			model = models[i].model;
	return model ? model : win64_memory_model(function);
}

/* ntdll's functions that are system calls have these answer. */
static bool calls_system(struct win64_call *call, enum win64_answer *answer)
{
	int number = native_number(call->function);

	if (number < 0)
		return false;
	x86_set(call->machine, X86_AX, (uint64_t)number);
	x86_set(call->machine, X86_R10, x86_get(call->machine, X86_CX));
	*answer = native_answer(call->machine, &call->session->trace) ? WIN64_RETURNS : WIN64_ENDS;
	return true;
}

enum win64_answer win64_answer(struct x86 *machine, struct win64_session *session,
			       const char *function)
{
	struct win64_call call = {
		.machine = machine, .session = session, .function = function, .result = 1
	};
	win64_function_model *model = find_model(function);
	enum win64_answer answer;

	if (!model && calls_system(&call, &answer))
		return answer;
	if (model)
		model(&call);
	else
		win64_tell_call(&call);
	if (call.ends)
		return win64_comes_back(machine, session) ? WIN64_GOES_ON : WIN64_ENDS;
	if (!model && win64_enters(&call))
		return WIN64_GOES_ON;
	x86_set(machine, X86_AX, call.result);
	return WIN64_RETURNS;
}
