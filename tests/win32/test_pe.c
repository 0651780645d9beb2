/* Headers that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "win32/pe.h"
#include "win32/win32.h"

#define NT	 0x80
#define OPTIONAL (NT + 24)
#define SECTION	 (OPTIONAL + 224)
#define SIZE	 0x600

static void put(uint8_t *file, size_t at, uint32_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		file[at + i] = (uint8_t)(value >> 8 * i);
}

/* A small program with one section whose code is one byte: ret. */
static void make(uint8_t file[SIZE])
{
	memset(file, 0, SIZE);
	put(file, 0, 0x5a4d, 2);
	put(file, 60, NT, 4);
	put(file, NT, 0x4550, 4);
	put(file, NT + 4, 0x14c, 2);
	put(file, NT + 6, 1, 2);
	put(file, NT + 20, 224, 2);
	put(file, NT + 22, 0x102, 2);
	put(file, OPTIONAL, 0x10b, 2);
	put(file, OPTIONAL + 16, 0x1000, 4);
	put(file, OPTIONAL + 28, 0x400000, 4);
	put(file, OPTIONAL + 32, 0x1000, 4);
	put(file, OPTIONAL + 36, 0x200, 4);
	put(file, OPTIONAL + 56, 0x2000, 4);
	put(file, OPTIONAL + 60, 0x200, 4);
	put(file, OPTIONAL + 68, 2, 2);
	put(file, OPTIONAL + 92, 16, 4);
	memcpy(file + SECTION, ".text", 5);
	put(file, SECTION + 8, 0x1000, 4);
	put(file, SECTION + 12, 0x1000, 4);
	put(file, SECTION + 16, 0x200, 4);
	put(file, SECTION + 20, 0x200, 4);
	put(file, SECTION + 36, 0x60000020, 4);
	file[0x200] = 0xc3;
}

static int load(const uint8_t *file, size_t size, struct error *error)
{
	struct win32_config config = { .memory_limit = 64 << 20 };
	struct win32 *process;

	memset(error, 0, sizeof *error);
	assert_int_equal(win32_new(&config, &process, error), 0);
	int result = win32_load(process, (struct bytes){ file, size }, error);
	if (result == 0) {
		enum win32_end end = win32_run(process, 100000);
		assert_int_equal(end, WIN32_END_EXIT);
	}
	win32_free(process);
	return result;
}

static void loads_and_returns(void **state)
{
	(void)state;
	uint8_t file[SIZE];
	struct error error;

	make(file);
	assert_true(win32_is_pe((struct bytes){ file, SIZE }));
	assert_int_equal(load(file, SIZE, &error), 0);
}

static void refuses_with_a_reason(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		uint32_t value;
		unsigned bytes;
		const char *says;
	} lies[] = {
		{ 0, 0x4d5a, 2, "MZ" },
		{ 60, 0xffffff00, 4, "no PE header" },
		{ NT, 0x454e, 4, "no PE header" },
		{ NT + 4, 0x8664, 2, "machine" },
		{ NT + 6, 0xffff, 2, "sections" },
		{ NT + 22, 0, 2, "executable" },
		{ OPTIONAL, 0x20b, 2, "64-bit" },
		{ OPTIONAL, 0x107, 2, "optional header" },
		{ OPTIONAL + 16, 0xfffffff0, 4, "entry point" },
		{ OPTIONAL + 28, 0x400123, 4, "64 KiB" },
		{ OPTIONAL + 56, 0xfffff000, 4, "cannot be mapped" },
		{ OPTIONAL + 56, 0, 4, "cannot be mapped" },
		{ SECTION + 12, 0xfffff000, 4, "outside its image" },
		{ SECTION + 8, 0xfffffff0, 4, "outside its image" },
	};
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		uint8_t file[SIZE];
		struct error error;
		make(file);
		put(file, lies[i].at, lies[i].value, lies[i].bytes);
		assert_int_equal(load(file, SIZE, &error), ERROR_INPUT);
		assert_non_null(strstr(error.message, lies[i].says));
	}
}

static void tolerates_what_windows_does(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		uint32_t value;
		unsigned bytes;
	} oddities[] = {
		{ SECTION + 16, 0xfffffff0, 4 },  /* more bytes than the file has */
		{ OPTIONAL + 92, 0xffffffff, 4 }, /* more directories than exist */
		{ OPTIONAL + 60, 0xffffffff, 4 }, /* headers larger than the image */
		{ OPTIONAL + 28, 0x7c800000, 4 }, /* needs relocation, see below */
	};
	for (size_t i = 0; i + 1 < sizeof oddities / sizeof *oddities; i++) {
		uint8_t file[SIZE];
		struct error error;
		make(file);
		put(file, oddities[i].at, oddities[i].value, oddities[i].bytes);
		assert_int_equal(load(file, SIZE, &error), 0);
	}
	/* kernel32 lies there already, and the file cannot be moved. */
	uint8_t file[SIZE];
	struct error error;
	make(file);
	put(file, oddities[3].at, oddities[3].value, 4);
	assert_int_equal(load(file, SIZE, &error), ERROR_INPUT);
	assert_non_null(strstr(error.message, "moved"));
}

static void import_tables_may_point_anywhere(void **state)
{
	(void)state;
	static const uint32_t where[] = { 0x1ff0, 0xffffff00, 0x1000, 0x3c };
	for (size_t i = 0; i < sizeof where / sizeof *where; i++) {
		uint8_t file[SIZE];
		struct error error;
		make(file);
		memset(file + 0x210, 0x41, 0x100);
		put(file, OPTIONAL + 104, where[i], 4);
		put(file, OPTIONAL + 108, 0x1000, 4);
		int result = load(file, SIZE, &error);
		assert_true(result == 0 || result == ERROR_INPUT);
	}
}

static void every_cut_is_survived(void **state)
{
	(void)state;
	uint8_t file[SIZE];
	struct pe pe;
	struct error error;

	make(file);
	for (size_t size = 0; size < SIZE; size++) {
		int result = win32_pe_read((struct bytes){ file, size }, 1 << 28, &pe, &error);
		assert_true(result == 0 || (result == ERROR_INPUT && error.message[0]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_and_returns),
		cmocka_unit_test(refuses_with_a_reason),
		cmocka_unit_test(tolerates_what_windows_does),
		cmocka_unit_test(import_tables_may_point_anywhere),
		cmocka_unit_test(every_cut_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
