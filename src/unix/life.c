/* Programs, processes, time: what starts, ends, waits or takes the machine down. */
#include <stdio.h>
#include <string.h>

#include "unix/model.h"

static bool is_text(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
			return false;
	return true;
}

/* argv as one line, arguments that hold blanks in quotes; what is no text in place of the program's
 * name is left out for its path. */
static void command_text(const struct unix_process *process, uint64_t vector, unsigned word,
			 const char *path, char *text, size_t size)
{
	size_t used = 0;

	text[0] = 0;
	for (unsigned i = 0; vector && i < 32 && used + 2 < size; i++) {
		char argument[UNIX_TEXT], shown[UNIX_TEXT];
		uint64_t address = unix_abi_word(process->machine, vector + i * word, word);
		if (address == 0 ||
		    x86_read_text(process->machine, address, argument, sizeof argument) < 0)
			break;
		if (i == 0 && !is_text(argument))
			snprintf(argument, sizeof argument, "%s", path);
		unix_data_text(process, address, strlen(argument), shown, sizeof shown);
		used += (size_t)snprintf(text + used, size - used,
					 strchr(shown, ' ') ? "%s'%s'" : "%s%s", i ? " " : "",
					 shown);
	}
	if (text[0] == 0)
		snprintf(text, size, "%s", path);
}

static int64_t execute(struct unix_process *process, const char *path, uint64_t vector,
		       unsigned word)
{
	char command[2 * UNIX_TEXT];

	command_text(process, vector, word, path, command, sizeof command);
	struct trace_value values[] = { trace_text(path), trace_text(command) };
	unix_tell(process, TRACE_PROCESS_CREATE, values, 2);
	process->ended = true; /* the image of this process is another program now */
	return 0;
}

int64_t unix_execve(struct unix_process *process, const struct unix_request *request)
{
	char guest[UNIX_TEXT], path[UNIX_TEXT];
	int length = x86_read_text(process->machine, request->arguments[0], guest, sizeof guest);

	if (length < 0)
		return -UNIX_EFAULT;
	if (length == 0)
		return -UNIX_ENOENT;
	unix_data_text(process, request->arguments[0], (uint64_t)length, path, sizeof path);
	return execute(process, path, request->arguments[1], request->word);
}

int64_t unix_fexecve(struct unix_process *process, const struct unix_request *request)
{
	struct descriptor *file = unix_descriptor(process, request->arguments[0]);

	return file ? execute(process, file->path, request->arguments[1], request->word)
		    : -UNIX_EBADF;
}

int64_t unix_exit(struct unix_process *process, const struct unix_request *request)
{
	struct trace_value values[] = { trace_number(request->arguments[0] & UINT32_MAX) };

	unix_tell(process, TRACE_EXIT, values, 1);
	process->ended = true;
	return 0;
}

int64_t unix_kill(struct unix_process *process, const struct unix_request *request)
{
	int32_t target = (int32_t)(uint32_t)request->arguments[0];
	char text[32];

	snprintf(text, sizeof text, target == -1 ? "every process" : "process %d", target);
	struct trace_value values[] = { trace_text(text) };
	unix_tell(process, TRACE_PROCESS_TERMINATE, values, 1);
	return 0;
}

int64_t unix_wait(struct unix_process *process, const struct unix_request *request)
{
	unix_tell_call(process, request);
	return process->forks ? 4001 + (int64_t)process->forks : -UNIX_ECHILD;
}

int64_t unix_reboot(struct unix_process *process, const struct unix_request *request)
{
	struct trace_value values[] = { trace_text(unix_table_name(request->call)) };

	unix_tell(process, TRACE_SYSTEM_SHUTDOWN, values, 1);
	process->ended = true;
	return 0;
}

int64_t unix_nanosleep(struct unix_process *process, const struct unix_request *request)
{
	uint64_t seconds = unix_abi_word(process->machine, request->arguments[0], request->word);
	struct trace_value values[] = { trace_number(seconds * 1000) };

	unix_tell(process, TRACE_SLEEP, values, 1);
	return 0;
}

int64_t unix_pause(struct unix_process *process, const struct unix_request *request)
{
	unix_tell_call(process, request);
	process->idle = true;
	return 0;
}

int64_t unix_getpid(struct unix_process *process, const struct unix_request *request)
{
	unix_tell_call(process, request);
	return 4000 + (int64_t)process->id;
}

/* Who asks is root: shell code that would give up otherwise goes on. */
int64_t unix_zero(struct unix_process *process, const struct unix_request *request)
{
	unix_tell_call(process, request);
	return 0;
}

/* struct new_utsname of Linux: six texts of 65 bytes (uapi/linux/utsname.h), five of the older
 * call; what the other systems have is longer, and is not written. */
static int64_t write_names(struct x86 *machine, enum unix_system system,
			   const struct unix_request *request)
{
	enum { FIELD = 65, OLD_FIELDS = 5, FIELDS = 6 };
	bool wide = system == UNIX_LINUX_64;
	const char *texts[FIELDS] = {
		"Linux", "server", "2.6.32", "#1 SMP", wide ? "x86_64" : "i686", "(none)"
	};
	char names[FIELDS * FIELD] = { 0 };
	unsigned fields = request->call == UNIX_CALL_olduname ? OLD_FIELDS : FIELDS;

	if (!wide && system != UNIX_LINUX_32)
		return 0;
	for (unsigned i = 0; i < fields; i++)
		snprintf(names + i * FIELD, FIELD, "%s", texts[i]);
	return x86_write(machine, request->arguments[0], names, fields * FIELD) < 0 ? -UNIX_EFAULT
										    : 0;
}

int64_t unix_uname(struct unix_process *process, const struct unix_request *request)
{
	unix_tell_call(process, request);
	return write_names(process->machine, process->system, request);
}

void unix_answer_names(struct x86 *machine, const struct x86_exit *stop, enum unix_system system)
{
	struct unix_request request;

	if (unix_abi_request(machine, stop, system, &request) &&
	    (request.call == UNIX_CALL_uname || request.call == UNIX_CALL_olduname))
		(void)write_names(machine, system, &request);
}
