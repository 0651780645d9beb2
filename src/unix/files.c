/* Files and descriptors. Every file that is opened exists; what is read from it is one line of the
 * kind that /etc/passwd has, so that code that copies or sends a file shows that it does. */
#include <stdio.h>
#include <string.h>

#include "unix/model.h"

static const char file_content[] = "root:x:0:0:root:/root:/bin/sh\n";

/* The access mode and creation flag of open(2) in each system's numbers (fcntl.h). */
static bool makes_file(const struct unix_process *process, uint64_t flags)
{
	bool bsd = process->system == UNIX_FREEBSD_32 || process->system == UNIX_FREEBSD_64 ||
		   process->system == UNIX_MACOS_64;
	uint64_t create = bsd ? 0x200 : process->system == UNIX_SOLARIS_32 ? 0x100 : 0100;

	return (flags & create) != 0;
}

struct descriptor *unix_descriptor(struct unix_process *process, uint64_t number)
{
	number &= UINT32_MAX;
	if (number >= UNIX_DESCRIPTORS || process->descriptors[number].kind == DESCRIPTOR_FREE)
		return NULL;
	return &process->descriptors[number];
}

int64_t unix_descriptor_take(struct unix_process *process, enum descriptor_kind kind, unsigned from)
{
	for (unsigned i = from; i < UNIX_DESCRIPTORS; i++) {
		struct descriptor *descriptor = &process->descriptors[i];
		if (descriptor->kind != DESCRIPTOR_FREE)
			continue;
		memset(descriptor, 0, sizeof *descriptor);
		descriptor->kind = kind;
		return i;
	}
	return -UNIX_EMFILE;
}

/* The path at `address`, as text for events, or NULL when there is none. */
static const char *path_at(const struct unix_process *process, uint64_t address, char *text,
			   size_t size)
{
	char guest[UNIX_TEXT];
	int length = x86_read_text(process->machine, address, guest, sizeof guest);

	return length < 0 ? NULL : unix_data_text(process, address, (uint64_t)length, text, size);
}

static int64_t open_path(struct unix_process *process, uint64_t address, uint64_t flags,
			 bool create)
{
	static const char *const access[] = { "read", "write", "read-write", "read-write" };
	char path[UNIX_TEXT];
	int64_t number;

	if (!path_at(process, address, path, sizeof path))
		return -UNIX_EFAULT;
	struct trace_value values[] = { trace_text(path), trace_text(access[flags & 3]) };
	if (create)
		unix_tell(process, TRACE_FILE_CREATE, values, 1);
	else
		unix_tell(process, TRACE_FILE_OPEN, values, 2);
	number = unix_descriptor_take(process, DESCRIPTOR_FILE, 0);
	if (number >= 0)
		snprintf(process->descriptors[number].path, sizeof process->descriptors[0].path,
			 "%.127s", path);
	return number;
}

int64_t unix_open(struct unix_process *process, const struct unix_request *request)
{
	return open_path(process, request->arguments[0], request->arguments[1],
			 makes_file(process, request->arguments[1]));
}

int64_t unix_openat(struct unix_process *process, const struct unix_request *request)
{
	return open_path(process, request->arguments[1], request->arguments[2],
			 makes_file(process, request->arguments[2]));
}

int64_t unix_creat(struct unix_process *process, const struct unix_request *request)
{
	return open_path(process, request->arguments[0], 1, true);
}

int64_t unix_close(struct unix_process *process, const struct unix_request *request)
{
	struct descriptor *descriptor = unix_descriptor(process, request->arguments[0]);

	if (!descriptor)
		return -UNIX_EBADF;
	if (descriptor->connected && process->peer && process->peer->close)
		process->peer->close(process->peer->context, descriptor->conversation);
	memset(descriptor, 0, sizeof *descriptor);
	return 0;
}

static int64_t read_file(struct unix_process *process, struct descriptor *file, uint64_t into,
			 uint64_t length)
{
	uint64_t left =
		file->offset < sizeof file_content - 1 ? sizeof file_content - 1 - file->offset : 0;
	uint64_t count = length < left ? length : left;
	struct trace_value values[] = { trace_text(file->path), trace_number(file->offset),
					trace_number(count) };

	if (count && x86_write(process->machine, into, file_content + file->offset, count) < 0)
		return -UNIX_EFAULT;
	unix_tell(process, TRACE_FILE_READ, values, 3);
	file->offset += count;
	return (int64_t)count;
}

/* An account appears when somebody writes a line of /etc/passwd's form. */
static void tell_account(struct unix_process *process, const struct descriptor *file,
			 const char *data)
{
	char name[64];
	size_t length = strcspn(data, ":");

	if (strcmp(file->path + (strlen(file->path) < 6 ? 0 : strlen(file->path) - 6), "passwd") ||
	    length == 0 || length >= sizeof name || data[length] != ':')
		return;
	memcpy(name, data, length);
	name[length] = 0;
	struct trace_value values[] = { trace_text(name), trace_text("") };
	unix_tell(process, TRACE_USER_CREATE, values, 2);
}

static int64_t write_file(struct unix_process *process, struct descriptor *file, uint64_t from,
			  uint64_t length)
{
	char data[1100];

	unix_data_text(process, from, length, data, sizeof data);
	struct trace_value values[] = { trace_text(file->path), trace_number(file->offset),
					trace_number(length), trace_text(data) };
	unix_tell(process, TRACE_FILE_WRITE, values, 4);
	tell_account(process, file, data);
	file->offset += length;
	return (int64_t)length;
}

int64_t unix_read(struct unix_process *process, const struct unix_request *request)
{
	struct descriptor *descriptor = unix_descriptor(process, request->arguments[0]);

	if (descriptor && descriptor->kind == DESCRIPTOR_FILE)
		return read_file(process, descriptor, request->arguments[1], request->arguments[2]);
	if ((descriptor && descriptor->kind == DESCRIPTOR_SOCKET) || unix_comes_with_more(process))
		return unix_receive(process, request);
	if (!descriptor)
		return -UNIX_EBADF;
	unix_tell_call(process, request);
	return 0;
}

int64_t unix_pread(struct unix_process *process, const struct unix_request *request)
{
	struct descriptor *descriptor = unix_descriptor(process, request->arguments[0]);

	if (!descriptor || descriptor->kind != DESCRIPTOR_FILE)
		return -UNIX_EBADF;
	descriptor->offset = request->arguments[3];
	return read_file(process, descriptor, request->arguments[1], request->arguments[2]);
}

int64_t unix_write(struct unix_process *process, const struct unix_request *request)
{
	struct descriptor *descriptor = unix_descriptor(process, request->arguments[0]);

	if (!descriptor)
		return -UNIX_EBADF;
	if (descriptor->kind == DESCRIPTOR_FILE)
		return write_file(process, descriptor, request->arguments[1],
				  request->arguments[2]);
	if (descriptor->kind == DESCRIPTOR_SOCKET)
		return unix_send(process, request);
	unix_tell_call(process, request);
	return (int64_t)(request->arguments[2] & INT32_MAX);
}

int64_t unix_pwrite(struct unix_process *process, const struct unix_request *request)
{
	struct descriptor *descriptor = unix_descriptor(process, request->arguments[0]);

	if (!descriptor || descriptor->kind != DESCRIPTOR_FILE)
		return -UNIX_EBADF;
	descriptor->offset = request->arguments[3];
	return write_file(process, descriptor, request->arguments[1], request->arguments[2]);
}

int64_t unix_lseek(struct unix_process *process, const struct unix_request *request)
{
	struct descriptor *descriptor = unix_descriptor(process, request->arguments[0]);

	if (!descriptor || descriptor->kind != DESCRIPTOR_FILE)
		return -UNIX_EBADF;
	descriptor->offset =
		request->arguments[2] == 0 ? request->arguments[1] : sizeof file_content - 1;
	return (int64_t)descriptor->offset;
}

static int64_t duplicate(struct unix_process *process, uint64_t from, uint64_t to)
{
	struct descriptor *source = unix_descriptor(process, from);

	to &= UINT32_MAX;
	if (!source || to >= UNIX_DESCRIPTORS)
		return -UNIX_EBADF;
	process->descriptors[to] = *source;
	return (int64_t)to;
}

static int64_t duplicate_from(struct unix_process *process, uint64_t from, unsigned lowest)
{
	int64_t number;

	if (!unix_descriptor(process, from))
		return -UNIX_EBADF;
	number = unix_descriptor_take(process, DESCRIPTOR_STANDARD, lowest);
	return number < 0 ? number : duplicate(process, from, (uint64_t)number);
}

int64_t unix_dup(struct unix_process *process, const struct unix_request *request)
{
	unix_tell_call(process, request);
	return duplicate_from(process, request->arguments[0], 0);
}

int64_t unix_dup2(struct unix_process *process, const struct unix_request *request)
{
	unix_tell_call(process, request);
	return duplicate(process, request->arguments[0], request->arguments[1]);
}

int64_t unix_fcntl(struct unix_process *process, const struct unix_request *request)
{
	uint64_t command = request->arguments[1] & UINT32_MAX;
	uint64_t dup2_command = process->system == UNIX_SOLARIS_32 ? 9 : 10; /* F_DUP2FD */
	bool linux_system = process->system == UNIX_LINUX_32 || process->system == UNIX_LINUX_64;

	unix_tell_call(process, request);
	if (command == 0) /* F_DUPFD */
		return duplicate_from(process, request->arguments[0],
				      (unsigned)request->arguments[2]);
	if (command == dup2_command && !linux_system)
		return duplicate(process, request->arguments[0], request->arguments[2]);
	return 0;
}

int64_t unix_pipe(struct unix_process *process, const struct unix_request *request)
{
	int64_t reading = unix_descriptor_take(process, DESCRIPTOR_PIPE, 0);
	int64_t writing = unix_descriptor_take(process, DESCRIPTOR_PIPE, 0);
	int32_t pair[2] = { (int32_t)reading, (int32_t)writing };

	unix_tell_call(process, request);
	if (reading < 0 || writing < 0)
		return -UNIX_EMFILE;
	if (process->system == UNIX_SOLARIS_32 || process->system == UNIX_FREEBSD_32) {
		x86_set(process->machine, X86_DX, (uint64_t)writing); /* both in registers */
		return reading;
	}
	return x86_write(process->machine, request->arguments[0], pair, sizeof pair) < 0
		       ? -UNIX_EFAULT
		       : 0;
}

static int64_t tell_path(struct unix_process *process, enum trace_kind kind, uint64_t address)
{
	char path[UNIX_TEXT];

	if (!path_at(process, address, path, sizeof path))
		return -UNIX_EFAULT;
	struct trace_value values[] = { trace_text(path) };
	unix_tell(process, kind, values, 1);
	return 0;
}

static int64_t tell_paths(struct unix_process *process, enum trace_kind kind,
			  const struct unix_request *request)
{
	char source[UNIX_TEXT], path[UNIX_TEXT];

	if (!path_at(process, request->arguments[0], source, sizeof source) ||
	    !path_at(process, request->arguments[1], path, sizeof path))
		return -UNIX_EFAULT;
	struct trace_value values[] = { trace_text(source), trace_text(path) };
	unix_tell(process, kind, values, 2);
	return 0;
}

int64_t unix_unlink(struct unix_process *process, const struct unix_request *request)
{
	return tell_path(process, TRACE_FILE_DELETE, request->arguments[0]);
}

int64_t unix_mkdir(struct unix_process *process, const struct unix_request *request)
{
	return tell_path(process, TRACE_FILE_CREATE, request->arguments[0]);
}

int64_t unix_rename(struct unix_process *process, const struct unix_request *request)
{
	return tell_paths(process, TRACE_FILE_MOVE, request);
}

int64_t unix_link(struct unix_process *process, const struct unix_request *request)
{
	return tell_paths(process, TRACE_FILE_COPY, request);
}

static int64_t tell_attributes(struct unix_process *process, uint64_t address, const char *format,
			       unsigned first, unsigned second)
{
	char path[UNIX_TEXT], attributes[64];

	if (!path_at(process, address, path, sizeof path))
		return -UNIX_EFAULT;
	if (strcmp(format, "mode") == 0)
		snprintf(attributes, sizeof attributes, "mode 0%o", first & 0177777);
	else
		snprintf(attributes, sizeof attributes, "owner %u:%u", first, second);
	struct trace_value values[] = { trace_text(path), trace_text(attributes) };
	unix_tell(process, TRACE_FILE_ATTRIBUTES, values, 2);
	return 0;
}

int64_t unix_chmod(struct unix_process *process, const struct unix_request *request)
{
	return tell_attributes(process, request->arguments[0], "mode",
			       (unsigned)request->arguments[1], 0);
}

int64_t unix_chown(struct unix_process *process, const struct unix_request *request)
{
	return tell_attributes(process, request->arguments[0], "owner",
			       (unsigned)request->arguments[1], (unsigned)request->arguments[2]);
}

/* access(2) is how egg hunters ask whether a page is mapped; anything readable exists. */
int64_t unix_access(struct unix_process *process, const struct unix_request *request)
{
	if (x86_protection(process->machine, request->arguments[0]) < 0)
		return -UNIX_EFAULT;
	unix_tell_call(process, request);
	return -UNIX_ENOENT;
}

int64_t unix_sendfile(struct unix_process *process, const struct unix_request *request)
{
	struct descriptor *out = unix_descriptor(process, request->arguments[0]);

	unix_tell_call(process, request);
	if (!out || !unix_descriptor(process, request->arguments[1]))
		return -UNIX_EBADF;
	if (out->kind == DESCRIPTOR_SOCKET && out->connected && process->peer &&
	    process->peer->send)
		process->peer->send(process->peer->context, out->conversation,
				    bytes_of(file_content));
	return (int64_t)sizeof file_content - 1;
}
