/* 64-bit Windows' memory: what is allocated, copied and filled. Other processes are not simulated:
 * what code allocates and writes in one lies in its own, so that a thread it starts there is seen.
 */
#include <string.h>

#include "shellcode/win64_call.h"

enum { ALLOCATIONS = 0x10000000, MOST_BYTES = 16 << 20, MOST_COPIED = 1 << 20, CHUNK = 4096 };

static uint64_t room(struct win64_call *call, uint64_t size)
{
	uint64_t at = ALLOCATIONS + (x86_instructions(call->machine) << 12 & 0xfffff000);

	size &= UINT32_MAX;
	while (x86_protection(call->machine, at) >= 0) /* twice in a few instructions */
		at += MOST_BYTES;
	return size && size <= MOST_BYTES &&
			       x86_map(call->machine, at, size,
				       X86_READ | X86_WRITE | X86_EXECUTE) == 0
		       ? at
		       : 0;
}

static void allocate_first(struct win64_call *call)
{
	call->result = room(call, win64_argument(call, 0));
}

static void allocate_second(struct win64_call *call)
{
	call->result = room(call, win64_argument(call, 1));
}

static void allocate_third(struct win64_call *call)
{
	call->result = room(call, win64_argument(call, 2));
}

/* In a process by its handle. */
static void allocate_in_process(struct win64_call *call)
{
	win64_tell_call(call);
	call->result = room(call, win64_argument(call, 2));
}

static void copy_bytes(struct win64_call *call, uint64_t to, uint64_t from, uint64_t left)
{
	uint8_t chunk[CHUNK];

	for (uint64_t size; left && left <= MOST_COPIED; left -= size, to += size, from += size) {
		size = left < sizeof chunk ? left : sizeof chunk;
		if (x86_read(call->machine, from, chunk, size) < 0 ||
		    x86_write(call->machine, to, chunk, size) < 0)
			return;
	}
}

static void copy(struct win64_call *call)
{
	call->result = win64_argument(call, 0);
	copy_bytes(call, call->result, win64_argument(call, 1), win64_argument(call, 2));
}

static void write_process(struct win64_call *call)
{
	win64_tell_call(call);
	copy_bytes(call, win64_argument(call, 1), win64_argument(call, 2), win64_argument(call, 3));
}

/* The same byte over and over. */
static void fill_with(struct win64_call *call, uint64_t to, uint8_t byte, uint64_t left)
{
	uint8_t chunk[CHUNK];

	memset(chunk, byte, sizeof chunk);
	for (uint64_t size; left && left <= MOST_COPIED; left -= size, to += size) {
		size = left < sizeof chunk ? left : sizeof chunk;
		if (x86_write(call->machine, to, chunk, size) < 0)
			return;
	}
}

static void fill(struct win64_call *call)
{
	call->result = win64_argument(call, 0);
	fill_with(call, call->result, (uint8_t)win64_argument(call, 1), win64_argument(call, 2));
}

static void clear(struct win64_call *call)
{
	fill_with(call, win64_argument(call, 0), 0, win64_argument(call, 1));
}

static void length_of_text(struct win64_call *call)
{
	char text[WIN64_TEXT];

	call->result = strlen(win64_text(call, 0, text));
}

static const struct {
	const char *function;
	win64_function_model *model;
} models[] = {
	{ "VirtualAlloc", allocate_second },
	{ "VirtualAllocEx", allocate_in_process },
	{ "VirtualAllocExNuma", allocate_in_process },
	{ "HeapAlloc", allocate_third },
	{ "RtlAllocateHeap", allocate_third },
	{ "GlobalAlloc", allocate_second },
	{ "LocalAlloc", allocate_second },
	{ "malloc", allocate_first },
	{ "WriteProcessMemory", write_process },
	{ "memcpy", copy },
	{ "RtlCopyMemory", copy },
	{ "RtlMoveMemory", copy },
	{ "memset", fill },
	{ "RtlZeroMemory", clear },
	{ "lstrlenA", length_of_text },
	{ "strlen", length_of_text },
};

win64_function_model *win64_memory_model(const char *function)
{
	for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
		if (strcmp(models[i].function, function) == 0)
			return models[i].model;
	return NULL;
}
