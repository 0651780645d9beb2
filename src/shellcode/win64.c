#include "shellcode/win64.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "shellcode/native.h"
#include "shellcode/win64_exports.h"
#include "shellcode/win64_model.h"

enum { MEMORY_LIMIT = 64 << 20, STACK_SIZE = 1 << 20, IMAGE_SIZE = 1 << 20, HEADERS = 0x1000 };

static const uint64_t thread_block = 0x7fffffde000, process_block = 0x7fffffdf000,
		      loader_data = 0x77000000, heap = 0x00200000, stack_top = 0x00150000,
		      code_at = 0x00400000, first_image = 0x77100000, stubs = 0x78f00000,
		      program = 0x140000000;

#define LIBRARY_ENUM(id, file) LIBRARY_##id,
enum library { WIN64_LIBRARIES(LIBRARY_ENUM) LIBRARIES };
#define LIBRARY_FILE(id, file) file,
static const char *const files[] = { WIN64_LIBRARIES(LIBRARY_FILE) };

#define EXPORT_ROW(id, function) { LIBRARY_##id, #function, WIN64_FILE_##id "!" #function },
static const struct export_row {
	enum library library;
	const char *function;
	const char *name; /* "KERNEL32.DLL!WinExec" */
} exports[] = { WIN64_EXPORTS(EXPORT_ROW) };
enum {
	EXPORTS = sizeof exports / sizeof exports[0],
	STUB_SIZE = 32,
	STUB_SYSCALL = 18 /* where the stub of a system call has the instruction */
};

/* Behind the last stub is where what a call has started returns to. */
enum { STUBS_SIZE = (EXPORTS + 1) * STUB_SIZE };

static uint64_t landing(void)
{
	return stubs + (uint64_t)EXPORTS * STUB_SIZE;
}

struct win64 {
	struct x86 *machine;
	struct win64_session session;
};

static uint64_t image_base(enum library library)
{
	return first_image + (uint64_t)library * IMAGE_SIZE;
}

static int put(struct win64 *process, uint64_t address, const void *data, size_t length)
{
	return x86_write(process->machine, address, data, length);
}

static int put_u64(struct win64 *process, uint64_t address, uint64_t value)
{
	return put(process, address, &value, 8);
}

static int put_u32(struct win64 *process, uint64_t address, uint32_t value)
{
	return put(process, address, &value, 4);
}

/* What begins a function that is a system call, as code that wants its number reads it. */
static int build_stub(struct win64 *process, uint64_t stub, const char *function)
{
	uint8_t code[] = {
		0x4c, 0x8b, 0xd1,				/* mov r10, rcx */
		0xb8, 0,    0,	  0,	0,			/* mov eax, number */
		0xf6, 0x04, 0x25, 0x08, 0x03, 0xfe, 0x7f, 0x01, /* test byte [7ffe0308h], 1 */
		0x75, 0x03,					/* jne, to the int */
		0x0f, 0x05, 0xc3,				/* syscall, ret */
		0xcd, 0x2e, 0xc3				/* int 2eh, ret */
	};
	int number = native_number(function);

	if (number < 0)
		return 0;
	code[4] = (uint8_t)number;
	code[5] = (uint8_t)(number >> 8);
	return put(process, stub, code, sizeof code);
}

/* A library's directory is put together here and written at once. */
struct export_block {
	uint8_t bytes[1 << 14];
	uint32_t used;
};

static void set_u32(struct export_block *block, uint32_t at, uint32_t value)
{
	memcpy(block->bytes + at, &value, sizeof value);
}

/* Its address relative to the library's base. What does not fit fails the process in the end. */
static uint32_t add_text(struct export_block *block, const char *text)
{
	uint32_t at = block->used, size = (uint32_t)strlen(text) + 1;

	if (at + size <= sizeof block->bytes)
		memcpy(block->bytes + at, text, size);
	block->used += size;
	return HEADERS + at;
}

/* Export directory (40 bytes) at HEADERS, then functions, names, ordinals, and the texts.
 * A function's RVA leads to a jump into the claimed range, as the code of a real one would begin
 * there. */
static int build_exports(struct win64 *process, enum library library)
{
	enum { FUNCTIONS = 40 };
	uint64_t base = image_base(library);
	struct export_block block = { { 0 }, 0 };
	uint32_t count = 0, first = 0, names, ordinals;
	int failed = 0;

	while (exports[first].library != library)
		first++;
	while (first + count < EXPORTS && exports[first + count].library == library)
		count++;
	names = FUNCTIONS + 4 * count;
	ordinals = names + 4 * count;
	block.used = ordinals + 2 * count;
	set_u32(&block, 12, add_text(&block, files[library]));
	set_u32(&block, 16, 1);
	set_u32(&block, 20, count);
	set_u32(&block, 24, count);
	set_u32(&block, 28, HEADERS + FUNCTIONS);
	set_u32(&block, 32, HEADERS + names);
	set_u32(&block, 36, HEADERS + ordinals);
	for (uint32_t i = 0; i < count; i++) {
		const char *function = exports[first + i].function;
		uint64_t stub = stubs + (uint64_t)(first + i) * STUB_SIZE;
		uint16_t ordinal = (uint16_t)i;
		failed |= build_stub(process, stub, function);
		set_u32(&block, FUNCTIONS + 4 * i, (uint32_t)(stub - base));
		set_u32(&block, names + 4 * i, add_text(&block, function));
		memcpy(block.bytes + ordinals + 2 * i, &ordinal, sizeof ordinal);
	}
	if (block.used > sizeof block.bytes)
		return ERROR_INTERNAL;
	failed |= put(process, base + HEADERS, block.bytes, block.used);
	failed |= put_u32(process, base + 0x80 + 136, HEADERS);
	return failed | put_u32(process, base + 0x80 + 140, block.used);
}

static int build_headers(struct win64 *process, uint64_t base)
{
	static const uint8_t optional_magic[] = { 0x0b, 0x02 }, machine[] = { 0x64, 0x86 };
	int failed = x86_map(process->machine, base, IMAGE_SIZE, X86_READ | X86_WRITE);

	failed |= put(process, base, "MZ", 2);
	failed |= put_u32(process, base + 0x3c, 0x80);
	failed |= put(process, base + 0x80, "PE\0", 4);
	failed |= put(process, base + 0x84, machine, 2);
	failed |= put(process, base + 0x98, optional_magic, 2);
	return failed | put_u32(process, base + 0x80 + 80, IMAGE_SIZE);
}

/* UNICODE_STRING: length, capacity, pointer; the text is written at `text`. Behind it lies what is
 * not 0, as behind a heap's blocks: code asks how long a name is by whether it is over. */
static int put_name(struct win64 *process, uint64_t at, uint64_t text, const char *name)
{
	uint16_t wide[64];
	uint16_t length = 0, size[2];

	for (; length < 63 && name[length]; length++)
		wide[length] = (uint8_t)name[length];
	memset(&wide[length], 0xab, sizeof wide - length * sizeof wide[0]);
	wide[length] = 0;
	size[0] = (uint16_t)(2 * length);
	size[1] = (uint16_t)(2 * length + 2);
	return put(process, text, wide, sizeof wide) | put(process, at, size, 4) |
	       put_u64(process, at + 8, text);
}

/* The loader's three lists (load, memory, initialisation order) over the program and the first
 * three libraries; entries are 0x200 bytes apart. Initialisation starts with ntdll and has
 * KERNELBASE before kernel32. */
enum { LISTED = 4, ENTRY_SIZE = 0x200, LIST_HEADS = 0x10 };

static uint64_t entry_at(unsigned index)
{
	return loader_data + 0x1000 + (uint64_t)index * ENTRY_SIZE;
}

static int link_list(struct win64 *process, unsigned list, const unsigned *order, unsigned count)
{
	uint64_t head = loader_data + LIST_HEADS + 16 * list, previous = head;
	int failed = 0;

	for (unsigned i = 0; i < count; i++) {
		uint64_t link = entry_at(order[i]) + 16 * list;
		failed |= put_u64(process, previous, link) | put_u64(process, link + 8, previous);
		previous = link;
	}
	return failed | put_u64(process, previous, head) | put_u64(process, head + 8, previous);
}

static int build_loader(struct win64 *process)
{
	static const unsigned load_order[] = { 0, 1, 2, 3 }, initialisation_order[] = { 1, 3, 2 };
	int failed = x86_map(process->machine, loader_data, 0x4000, X86_READ | X86_WRITE);

	for (unsigned i = 0; i < LISTED; i++) {
		uint64_t entry = entry_at(i);
		const char *name = i ? files[i - 1] : "service.exe";
		failed |= put_u64(process, entry + 0x30, i ? image_base(i - 1) : program);
		failed |= put_u32(process, entry + 0x40, IMAGE_SIZE);
		failed |= put_name(process, entry + 0x48, entry + 0x100, name);
		failed |= put_name(process, entry + 0x58, entry + 0x180, name);
	}
	return failed | link_list(process, 0, load_order, 4) |
	       link_list(process, 1, load_order, 4) |
	       link_list(process, 2, initialisation_order, 3);
}

static int build_process(struct win64 *process)
{
	struct x86 *machine = process->machine;
	int failed = x86_map(machine, thread_block, 0x2000, X86_READ | X86_WRITE);

	failed |= x86_map(machine, stack_top - STACK_SIZE, STACK_SIZE,
			  X86_READ | X86_WRITE | X86_EXECUTE);
	failed |= x86_map(machine, heap, 0x10000, X86_READ | X86_WRITE);
	failed |= x86_map(machine, stubs, STUBS_SIZE, X86_READ | X86_EXECUTE);
	failed |= put_u64(process, thread_block + 0x08, stack_top);
	failed |= put_u64(process, thread_block + 0x10, stack_top - STACK_SIZE);
	failed |= put_u64(process, thread_block + 0x30, thread_block);
	failed |= put_u64(process, thread_block + 0x60, process_block);
	failed |= put_u64(process, process_block + 0x10, program);
	failed |= put_u64(process, process_block + 0x18, loader_data);
	failed |= put_u64(process, process_block + 0x30, heap);
	failed |= build_loader(process);
	for (enum library library = 0; library < LIBRARIES; library++)
		failed |= build_headers(process, image_base(library)) |
			  build_exports(process, library);
	failed |= build_headers(process, program);
	failed |= x86_hook(machine, stubs, stubs + STUBS_SIZE);
	x86_set_segment(machine, X86_CS, 0x33, 0);
	x86_set_segment(machine, X86_GS, 0x2b, thread_block);
	x86_set(machine, X86_SP, stack_top - 0x1000);
	x86_set(machine, X86_BP, stack_top - 0xf00);
	x86_set_flags(machine, 0x202);
	return failed;
}

int win64_new(struct trace_sink trace, const struct peer *peer, struct win64 **result,
	      struct error *error)
{
	struct win64 *process = calloc(1, sizeof *process);

	*result = NULL;
	if (process)
		process->machine = x86_new(X86_MODE_64, MEMORY_LIMIT);
	if (!process || !process->machine || build_process(process) != 0) {
		win64_free(process);
		return error_set(error, ERROR_MEMORY, "shellcode",
				 "no memory for a 64-bit Windows process");
	}
	process->session.trace = trace;
	process->session.peer = peer;
	process->session.landing = landing();
	*result = process;
	return 0;
}

void win64_free(struct win64 *process)
{
	if (!process)
		return;
	x86_free(process->machine);
	free(process);
}

int win64_place(struct win64 *process, struct bytes code, uint64_t *placed, struct error *error)
{
	if (x86_map(process->machine, code_at, code.length, X86_READ | X86_WRITE | X86_EXECUTE) <
		    0 ||
	    x86_write(process->machine, code_at, code.data, code.length) < 0)
		return error_set(error, ERROR_LIMIT, "shellcode", "%zu bytes of code do not fit",
				 code.length);
	*placed = code_at;
	return 0;
}

struct x86 *win64_machine(struct win64 *process)
{
	return process->machine;
}

const char *win64_export_at(uint64_t address)
{
	if (address < stubs || address >= stubs + (uint64_t)EXPORTS * STUB_SIZE ||
	    (address - stubs) % STUB_SIZE)
		return NULL;
	return exports[(address - stubs) / STUB_SIZE].name;
}

uint64_t win64_library(const char *name)
{
	for (enum library library = 0; library < LIBRARIES; library++) {
		size_t stem = strcspn(files[library], ".");
		if (strncasecmp(files[library], name, stem) == 0 &&
		    (name[stem] == 0 || name[stem] == '.'))
			return image_base(library);
	}
	return 0;
}

uint64_t win64_function(uint64_t base, const char *name)
{
	for (size_t i = 0; i < EXPORTS; i++)
		if (image_base(exports[i].library) == base &&
		    strcmp(exports[i].function, name) == 0)
			return stubs + i * STUB_SIZE;
	return 0;
}

/* In the middle of a stub: its system call. */
static bool at_system_call(uint64_t ip)
{
	return ip > stubs && ip < landing() && (ip - stubs) % STUB_SIZE == STUB_SYSCALL;
}

/* At the entry of a function, or where its system call is: answers, and returns to the caller. */
static enum win64_answer answer(struct win64 *process, uint64_t ip)
{
	const char *name = win64_export_at(ip);
	uint64_t stack = x86_get(process->machine, X86_SP), back;
	enum win64_answer answer;

	if (ip == landing())
		return win64_comes_back(process->machine, &process->session) ? WIN64_GOES_ON
									     : WIN64_ENDS;
	if (x86_read(process->machine, stack, &back, sizeof back) < 0)
		return WIN64_ENDS;
	answer = name ? win64_answer(process->machine, &process->session, strchr(name, '!') + 1)
		 : native_answer(process->machine, &process->session.trace) ? WIN64_RETURNS
									    : WIN64_ENDS;
	if (answer == WIN64_RETURNS) {
		x86_set(process->machine, X86_SP, stack + sizeof back);
		x86_set_ip(process->machine, back);
	}
	return answer;
}

enum world_end win64_run(struct win64 *process, uint64_t budget)
{
	uint64_t first = x86_instructions(process->machine), used;

	while ((used = x86_instructions(process->machine) - first) < budget) {
		struct x86_exit stop = x86_run(process->machine, budget - used);
		uint64_t ip = x86_ip(process->machine);
		if (stop.reason == X86_STOP_BUDGET)
			break;
		if (stop.reason == X86_STOP_SYSCALL) {
			if (!native_answer(process->machine, &process->session.trace))
				return WORLD_EXIT;
			continue;
		}
		if (stop.reason != X86_STOP_HOOK ||
		    (!win64_export_at(ip) && ip != landing() && !at_system_call(ip)))
			return WORLD_FAULT;
		if (answer(process, ip) == WIN64_ENDS)
			return WORLD_EXIT;
	}
	return WORLD_BUDGET;
}
