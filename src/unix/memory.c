/* brk, mmap and their like, on the machine's pages. */
#include "unix/model.h"

enum { PAGE = 4096, MAP_FIXED_FLAG = 0x10 }; /* MAP_FIXED is 0x10 in all three systems */

static uint64_t page_up(uint64_t value)
{
	return (value + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

/* PROT_READ, PROT_WRITE, PROT_EXEC are 1, 2, 4 everywhere, as the machine's own. */
static unsigned protection_of(uint64_t value)
{
	return (unsigned)value & (X86_READ | X86_WRITE | X86_EXECUTE);
}

int64_t unix_brk(struct unix_process *process, const struct unix_request *request)
{
	uint64_t wanted = request->arguments[0];

	unix_tell_call(process, request);
	if (wanted < process->break_start || wanted > process->break_start + (16 << 20))
		return (int64_t)process->break_end;
	uint64_t end = page_up(wanted), old = page_up(process->break_end);
	if (end > old && x86_map(process->machine, old, end - old, X86_READ | X86_WRITE) < 0)
		return (int64_t)process->break_end;
	process->break_end = wanted;
	return (int64_t)wanted;
}

static int64_t map(struct unix_process *process, uint64_t address, uint64_t length,
		   uint64_t protection, uint64_t flags)
{
	length = page_up(length & UINT32_MAX);
	if (length == 0 || length > 64 << 20)
		return -UNIX_EINVAL;
	if (!(flags & MAP_FIXED_FLAG) || address == 0) {
		address = process->next_mapping;
		process->next_mapping += length + PAGE;
	}
	if (x86_map(process->machine, address, length, protection_of(protection)) < 0)
		return -UNIX_ENOMEM;
	return (int64_t)address;
}

int64_t unix_mmap(struct unix_process *process, const struct unix_request *request)
{
	const uint64_t *arguments = request->arguments;

	unix_tell_call(process, request);
	return map(process, arguments[0], arguments[1], arguments[2], arguments[3]);
}

int64_t unix_munmap(struct unix_process *process, const struct unix_request *request)
{
	unix_tell_call(process, request);
	if (request->arguments[1] > 64 << 20)
		return -UNIX_EINVAL;
	return x86_unmap(process->machine, request->arguments[0], request->arguments[1]) < 0
		       ? -UNIX_EINVAL
		       : 0;
}

int64_t unix_mprotect(struct unix_process *process, const struct unix_request *request)
{
	unix_tell_call(process, request);
	if (request->arguments[1] > 64 << 20)
		return -UNIX_ENOMEM;
	return x86_protect(process->machine, request->arguments[0], request->arguments[1],
			   protection_of(request->arguments[2])) < 0
		       ? -UNIX_ENOMEM
		       : 0;
}
