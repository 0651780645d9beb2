/* Hand-assembled code of our own in a placed process: walks, exceptions, memory, limits. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/base.h"
#include "win32/files.h"
#include "win32/machine.h"
#include "win32/memory.h"
#include "win32/module.h"
#include "win32/win32.h"

/* Finds kernel32 through PEB and initialisation order, exports by hash (ror 13, add); calls
 * WinExec("calc.exe", 1) and ExitProcess(0). */
static const uint8_t walk[] = {
	0x31, 0xc9, 0x64, 0x8b, 0x41, 0x30, 0x8b, 0x40, 0x0c, 0x8b, 0x70, 0x1c, 0xad, 0x8b, 0x58,
	0x08, 0x6a, 0x00, 0x68, 0x2e, 0x65, 0x78, 0x65, 0x68, 0x63, 0x61, 0x6c, 0x63, 0x89, 0xe7,
	0x6a, 0x01, 0x57, 0x68, 0x98, 0xfe, 0x8a, 0x0e, 0xe8, 0x10, 0x00, 0x00, 0x00, 0xff, 0xd0,
	0x6a, 0x00, 0x68, 0x7e, 0xd8, 0xe2, 0x73, 0xe8, 0x02, 0x00, 0x00, 0x00, 0xff, 0xd0, 0x60,
	0x8b, 0x43, 0x3c, 0x8b, 0x54, 0x03, 0x78, 0x01, 0xda, 0x8b, 0x4a, 0x18, 0x8b, 0x72, 0x20,
	0x01, 0xde, 0x49, 0x8b, 0x3c, 0x8e, 0x01, 0xdf, 0x31, 0xed, 0x0f, 0xb6, 0x07, 0x84, 0xc0,
	0x74, 0x08, 0xc1, 0xcd, 0x0d, 0x01, 0xc5, 0x47, 0xeb, 0xf1, 0x3b, 0x6c, 0x24, 0x24, 0x75,
	0xe3, 0x8b, 0x72, 0x24, 0x01, 0xde, 0x0f, 0xb7, 0x0c, 0x4e, 0x8b, 0x72, 0x1c, 0x01, 0xde,
	0x8b, 0x04, 0x8e, 0x01, 0xd8, 0x89, 0x44, 0x24, 0x1c, 0x61, 0xc2, 0x04, 0x00
};

/* Registers a handler that sets ebx of the context to 42 and steps over `mov [eax], eax` with eax =
 * 0; then pushes ebx and calls the address that is patched in at 48. */
static const uint8_t handled[] = {
	0xe8, 0x18, 0x00, 0x00, 0x00, 0x8b, 0x44, 0x24, 0x0c, 0xc7, 0x80, 0xa4, 0x00, 0x00,
	0x00, 0x2a, 0x00, 0x00, 0x00, 0x83, 0x80, 0xb8, 0x00, 0x00, 0x00, 0x02, 0x31, 0xc0,
	0xc3, 0x64, 0xff, 0x35, 0x00, 0x00, 0x00, 0x00, 0x64, 0x89, 0x25, 0x00, 0x00, 0x00,
	0x00, 0x31, 0xc0, 0x89, 0x00, 0x53, 0xb8, 0x11, 0x11, 0x11, 0x11, 0xff, 0xd0
};
#define PATCH 49

/* For 0x500000: a __try block whose filter takes the exception and whose handler calls
 * ExitProcess(77); the addresses of _except_handler3 and ExitProcess are patched in. */
static const uint8_t try_block[] = { 0x55, 0x89, 0xe5, 0x6a, 0x00, 0x68, 0x39, 0x00, 0x50, 0x00,
				     0x68, 0x22, 0x22, 0x22, 0x22, 0x64, 0xff, 0x35, 0x00, 0x00,
				     0x00, 0x00, 0x64, 0x89, 0x25, 0x00, 0x00, 0x00, 0x00, 0x83,
				     0xec, 0x08, 0x89, 0x65, 0xe8, 0x31, 0xc0, 0x89, 0x00, 0xb8,
				     0x01, 0x00, 0x00, 0x00, 0xc3, 0x8b, 0x65, 0xe8, 0x6a, 0x4d,
				     0xb8, 0x11, 0x11, 0x11, 0x11, 0xff, 0xd0, 0xff, 0xff, 0xff,
				     0xff, 0x27, 0x00, 0x50, 0x00, 0x2d, 0x00, 0x50, 0x00 };
#define TRY_ADDRESS 0x500000
#define TRY_HANDLER 11
#define TRY_EXIT    51

/* NtTerminateProcess(-1, 5) by int 2Eh */
static const uint8_t service[] = { 0x6a, 0x05, 0x6a, 0xff, 0x6a, 0x00, 0x8d, 0x54, 0x24,
				   0x04, 0xb8, 0x01, 0x01, 0x00, 0x00, 0xcd, 0x2e };

/* For 0x500000: opens "C:\f", behind the code, with CreateFileA, moves its pointer to 2^63 - 1 and
 * then one further with SetFilePointerEx, and calls ExitProcess(GetLastError()); the four addresses
 * are patched in. */
static const uint8_t far_seek[] = {
	0x6a, 0x00, 0x68, 0x80, 0x00, 0x00, 0x00, 0x6a, 0x02, 0x6a, 0x00, 0x6a, 0x00, 0x68,
	0x00, 0x00, 0x00, 0xc0, 0x68, 0x4d, 0x00, 0x50, 0x00, 0xb8, 0x11, 0x11, 0x11, 0x11,
	0xff, 0xd0, 0x89, 0xc6, 0xbb, 0x22, 0x22, 0x22, 0x22, 0x6a, 0x00, 0x6a, 0x00, 0x68,
	0xff, 0xff, 0xff, 0x7f, 0x6a, 0xff, 0x56, 0xff, 0xd3, 0x6a, 0x01, 0x6a, 0x00, 0x6a,
	0x00, 0x6a, 0x01, 0x56, 0xff, 0xd3, 0xb8, 0x33, 0x33, 0x33, 0x33, 0xff, 0xd0, 0x50,
	0xb8, 0x44, 0x44, 0x44, 0x44, 0xff, 0xd0, 0x43, 0x3a, 0x5c, 0x66, 0x00
};
#define SEEK_ADDRESS 0x500000

struct run {
	struct trace_log *log;
	enum win32_end end;
	struct win32 *process;
};

static struct run run(const uint8_t *code, size_t size, uint64_t budget)
{
	struct run run = { .log = trace_log_new(1 << 20) };
	struct win32_config config = { .trace = trace_log_sink(run.log), .memory_limit = 64 << 20 };
	struct error error;
	uint64_t placed;

	assert_int_equal(win32_new(&config, &run.process, &error), 0);
	assert_int_equal(
		win32_place(run.process, (struct bytes){ code, size }, 0, 0, &placed, &error), 0);
	run.end = win32_run(run.process, budget);
	return run;
}

static void finish(struct run *run)
{
	win32_free(run->process);
	trace_log_free(run->log);
}

static const struct trace_event *find(const struct run *run, enum trace_kind kind)
{
	for (size_t i = 0; i < trace_log_count(run->log); i++)
		if (trace_log_event(run->log, i)->kind == kind)
			return trace_log_event(run->log, i);
	return NULL;
}

static void hash_walk_reaches_exports(void **state)
{
	(void)state;
	struct run result = run(walk, sizeof walk, 5000000);

	assert_int_equal(result.end, WIN32_END_EXIT);
	const struct trace_event *event = find(&result, TRACE_PROCESS_CREATE);
	assert_non_null(event);
	assert_string_equal(event->values[0].text, "C:\\WINDOWS\\system32\\calc.exe");
	assert_non_null(find(&result, TRACE_EXIT));
	finish(&result);
}

static uint32_t export_address(struct win32 *process, const char *library, const char *name)
{
	return win32_module_export(process, win32_module_named(process, library), name, 0);
}

static void handlers_repair_faults(void **state)
{
	(void)state;
	uint8_t code[sizeof handled];
	struct win32_config config = { 0 };
	struct win32 *process;
	struct error error;

	assert_int_equal(win32_new(&config, &process, &error), 0);
	uint32_t exit = export_address(process, "kernel32", "ExitProcess");
	win32_free(process);
	memcpy(code, handled, sizeof code);
	for (unsigned i = 0; i < 4; i++)
		code[PATCH + i] = (uint8_t)(exit >> 8 * i);
	struct run result = run(code, sizeof code, 100000);
	assert_int_equal(result.end, WIN32_END_EXIT);
	assert_int_equal(find(&result, TRACE_CODE_FAULT)->values[1].number, X86_VECTOR_PF);
	assert_int_equal(find(&result, TRACE_EXIT)->values[0].number, 42);
	finish(&result);
}

static void patch(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static void try_blocks_take_exceptions(void **state)
{
	(void)state;
	uint8_t code[sizeof try_block];
	struct run result = { .log = trace_log_new(1 << 20) };
	struct win32_config config = { .trace = trace_log_sink(result.log) };
	struct error error;
	uint64_t placed;

	assert_int_equal(win32_new(&config, &result.process, &error), 0);
	struct win32_module *msvcrt;
	assert_int_equal(win32_module_load(result.process, "msvcrt", &msvcrt), 0);
	memcpy(code, try_block, sizeof code);
	patch(code + TRY_HANDLER,
	      win32_module_export(result.process, msvcrt, "_except_handler3", 0));
	patch(code + TRY_EXIT, export_address(result.process, "kernel32", "ExitProcess"));
	assert_int_equal(win32_place(result.process, (struct bytes){ code, sizeof code }, 0,
				     TRY_ADDRESS, &placed, &error),
			 0);
	assert_int_equal(placed, TRY_ADDRESS);
	assert_int_equal(win32_run(result.process, 100000), WIN32_END_EXIT);
	assert_int_equal(find(&result, TRACE_EXIT)->values[0].number, 77);
	finish(&result);
}

static void system_services_have_numbers(void **state)
{
	(void)state;
	struct run result = run(service, sizeof service, 100000);

	assert_int_equal(result.end, WIN32_END_EXIT);
	assert_int_equal(find(&result, TRACE_EXIT)->values[0].number, 5);
	/* and ntdll's stub for it looks as it does in Windows: mov eax, 101h; mov edx, 7FFE0300h */
	uint8_t stub[10];
	uint32_t address = export_address(result.process, "ntdll", "ZwTerminateProcess");
	assert_int_equal(x86_read(win32_machine(result.process), address, stub, 10), 0);
	assert_memory_equal(stub, "\xb8\x01\x01\x00\x00\xba\x00\x03\xfe\x7f", 10);
	finish(&result);
}

static void services_are_entered_through_ntdll(void **state)
{
	(void)state;
	/* push 6; push -1; mov eax, ADDRESS; call eax */
	uint8_t code[] = { 0x6a, 6, 0x6a, 0xff, 0xb8, 0, 0, 0, 0, 0xff, 0xd0 };
	struct run result = run(code + 4, 0, 0);

	patch(code + 5, export_address(result.process, "ntdll", "NtTerminateProcess"));
	finish(&result);
	result = run(code, sizeof code, 100000);
	assert_int_equal(result.end, WIN32_END_EXIT);
	assert_int_equal(find(&result, TRACE_EXIT)->values[0].number, 6);
	finish(&result);
}

static void faults_without_handler_end_the_program(void **state)
{
	(void)state;
	static const uint8_t code[] = { 0x31, 0xc0, 0xff, 0xe0 }; /* xor eax, eax; jmp eax */
	struct run result = run(code, sizeof code, 100000);

	assert_int_equal(result.end, WIN32_END_FAULT);
	assert_string_equal(find(&result, TRACE_CODE_ILLEGAL)->values[1].text, "unmapped");
	finish(&result);
}

static void budgets_end_runs_that_may_go_on(void **state)
{
	(void)state;
	static const uint8_t code[] = { 0xeb, 0xfe }; /* jmp $ */
	struct run result = run(code, sizeof code, 1000);

	assert_int_equal(result.end, WIN32_END_BUDGET);
	assert_int_equal(x86_instructions(win32_machine(result.process)), 1000);
	assert_int_equal(win32_run(result.process, 500), WIN32_END_BUDGET);
	assert_int_equal(x86_instructions(win32_machine(result.process)), 1500);
	finish(&result);
}

static void same_run_same_trace(void **state)
{
	(void)state;
	struct run a = run(walk, sizeof walk, 5000000), b = run(walk, sizeof walk, 5000000);

	assert_int_equal(trace_log_count(a.log), trace_log_count(b.log));
	for (size_t i = 0; i < trace_log_count(a.log); i++) {
		json_t *x = trace_event_json(trace_log_event(a.log, i));
		json_t *y = trace_event_json(trace_log_event(b.log, i));
		assert_true(json_equal(x, y));
		json_decref(x);
		json_decref(y);
	}
	finish(&a);
	finish(&b);
}

static void exports_are_named_by_address(void **state)
{
	(void)state;
	struct win32_config config = { 0 };
	struct win32 *process;
	struct error error;
	uint8_t prologue[5];

	assert_int_equal(win32_new(&config, &process, &error), 0);
	uint32_t address = export_address(process, "kernel32", "CreateFileA");
	assert_string_equal(win32_export_at(process, address), "kernel32.dll!CreateFileA");
	assert_null(win32_export_at(process, address + 3));
	assert_int_equal(x86_read(win32_machine(process), address, prologue, 5), 0);
	assert_memory_equal(prologue, "\x8b\xff\x55\x8b\xec", 5);
	assert_int_equal(export_address(process, "kernel32", "NoSuchFunction"), 0);
	win32_free(process);
}

static void heap_blocks_and_regions(void **state)
{
	(void)state;
	struct win32_config config = { .memory_limit = 32 << 20 };
	struct win32 *process;
	struct error error;

	assert_int_equal(win32_new(&config, &process, &error), 0);
	uint32_t block = win32_heap_take(process, 100);
	assert_int_equal(win32_heap_size(process, block), 100);
	win32_put_u32(process, block, 0x12345678);
	uint32_t moved = win32_heap_resize(process, block, 100000);
	assert_int_equal(win32_u32(process, moved), 0x12345678);
	assert_int_equal(win32_heap_size(process, block), UINT32_MAX);
	assert_true(win32_heap_give(process, moved));
	assert_false(win32_heap_give(process, moved));
	assert_int_equal(win32_heap_take(process, 0xffffff00), 0);
	uint32_t region = win32_allocate(process, 0, 0x2345, PAGE_READWRITE, MEM_PRIVATE);
	assert_true(region && region % WIN32_GRANULE == 0);
	assert_int_equal(win32_region_of(process, region + 0x2fff)->size, 0x3000);
	assert_int_equal(win32_allocate(process, region + 0x1000, 16, PAGE_READWRITE, MEM_PRIVATE),
			 0);
	assert_int_equal(win32_release(process, region), 0);
	assert_int_equal(win32_release(process, region), ERROR_INPUT);
	win32_free(process);
}

static void file_pointers_do_not_wrap(void **state)
{
	(void)state;
	static const struct {
		unsigned at;
		const char *name;
	} calls[] = { { 0x18, "CreateFileA" },
		      { 0x21, "SetFilePointerEx" },
		      { 0x3f, "GetLastError" },
		      { 0x47, "ExitProcess" } };
	uint8_t code[sizeof far_seek];
	struct run result = { .log = trace_log_new(1 << 20) };
	struct win32_config config = { .trace = trace_log_sink(result.log) };
	struct error error;
	uint64_t placed;

	assert_int_equal(win32_new(&config, &result.process, &error), 0);
	memcpy(code, far_seek, sizeof code);
	for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
		patch(code + calls[i].at,
		      export_address(result.process, "kernel32", calls[i].name));
	assert_int_equal(win32_place(result.process, (struct bytes){ code, sizeof code }, 0,
				     SEEK_ADDRESS, &placed, &error),
			 0);
	assert_int_equal(win32_run(result.process, 100000), WIN32_END_EXIT);
	/* ERROR_INVALID_PARAMETER */
	assert_int_equal(find(&result, TRACE_EXIT)->values[0].number, 87);
	finish(&result);
}

/* Slashes lengthen the folder until the path of one file after the other is too long; what was
 * loaded before it is freed once. */
static void machines_need_a_path_for_every_file(void **state)
{
	(void)state;
	char buffer[PATH_MAX], folder[PATH_MAX];
	const char *from = file_data_path("machine", buffer, sizeof buffer);
	struct win32_machine *machine;
	struct error error;

	for (size_t length = PATH_MAX - sizeof "/registry.yaml"; length < sizeof folder; length++) {
		memset(folder, '/', length);
		memcpy(folder, from, strlen(from));
		folder[length] = 0;
		int result = win32_machine_load(folder, &machine, &error);
		assert_int_equal(result,
				 length + strlen("/registry.yaml") < PATH_MAX ? 0 : ERROR_INPUT);
		win32_machine_free(machine);
	}
}

/* Two processes on one machine: each has files of its own, whichever goes first. */
static void processes_share_a_machine(void **state)
{
	(void)state;
	struct win32_machine *machine;
	struct win32 *first, *second;
	struct error error;

	assert_int_equal(win32_machine_load(NULL, &machine, &error), 0);
	struct win32_config config = { .machine = machine };
	assert_int_equal(win32_new(&config, &first, &error), 0);
	assert_int_equal(win32_new(&config, &second, &error), 0);
	int made = win32_files_create(first->files, "C:\\WINDOWS\\only_here.txt", 0);
	assert_true(made >= 0);
	assert_true(win32_files_find(second->files, "C:\\WINDOWS\\only_here.txt") < 0);
	int hosts = win32_files_find(first->files, "C:\\WINDOWS\\system32\\drivers\\etc\\hosts");
	int same = win32_files_find(second->files, "C:\\WINDOWS\\system32\\drivers\\etc\\hosts");
	assert_true(hosts >= 0 && same >= 0);
	struct bytes text = win32_files_content(second->files, same);
	assert_int_equal(win32_files_write(first->files, hosts, 0,
					   (struct bytes){ (const uint8_t *)"changed", 7 }),
			 0);
	win32_free(first);
	assert_true(text.length > 7 &&
		    memcmp(win32_files_content(second->files, same).data, "changed", 7) != 0);
	win32_free(second);
	win32_machine_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_walk_reaches_exports),
		cmocka_unit_test(handlers_repair_faults),
		cmocka_unit_test(try_blocks_take_exceptions),
		cmocka_unit_test(processes_share_a_machine),
		cmocka_unit_test(system_services_have_numbers),
		cmocka_unit_test(services_are_entered_through_ntdll),
		cmocka_unit_test(faults_without_handler_end_the_program),
		cmocka_unit_test(budgets_end_runs_that_may_go_on),
		cmocka_unit_test(same_run_same_trace),
		cmocka_unit_test(exports_are_named_by_address),
		cmocka_unit_test(heap_blocks_and_regions),
		cmocka_unit_test(file_pointers_do_not_wrap),
		cmocka_unit_test(machines_need_a_path_for_every_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
