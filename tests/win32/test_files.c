#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "win32/files.h"

static void names_ignore_case_and_parents_are_made(void **state)
{
	(void)state;
	struct win32_files *files = win32_files_new(1 << 20);
	int file = win32_files_add(files, "C:\\Windows\\System32\\a.TXT", bytes_of("hello"), 0x20);

	assert_true(file >= 0);
	assert_int_equal(win32_files_find(files, "c:\\windows\\SYSTEM32\\A.txt"), file);
	int folder = win32_files_find(files, "C:\\WINDOWS");
	assert_true(folder >= 0);
	assert_int_equal(win32_files_attributes(files, folder), FILE_ATTRIBUTE_DIRECTORY);
	assert_int_equal(win32_files_find(files, "C:\\nosuch"), ERROR_INPUT);
	win32_files_free(files);
}

static void writing_copies_first(void **state)
{
	(void)state;
	char original[] = "hello";
	struct win32_files *files = win32_files_new(1 << 20);
	int file = win32_files_add(files, "C:\\a", bytes_of(original), 0);

	assert_false(win32_files_changed(files, file));
	assert_int_equal(win32_files_write(files, file, 7, bytes_of("J")), 0);
	assert_true(win32_files_changed(files, file));
	assert_string_equal(original, "hello");
	struct bytes content = win32_files_content(files, file);
	assert_int_equal(content.length, 8);
	assert_memory_equal(content.data, "hello\0\0J", 8);
	win32_files_free(files);
}

static void the_disk_has_an_end(void **state)
{
	(void)state;
	struct win32_files *files = win32_files_new(1000);

	win32_files_add(files, "C:\\", (struct bytes){ 0 }, FILE_ATTRIBUTE_DIRECTORY);
	int file = win32_files_create(files, "C:\\a", 0);
	assert_true(file >= 0);
	assert_int_equal(win32_files_resize(files, file, 900), 0);
	assert_int_equal(win32_files_resize(files, file, 1u << 31), ERROR_LIMIT);
	assert_int_equal(win32_files_write(files, file, UINT64_C(1) << 40, bytes_of("x")),
			 ERROR_LIMIT);
	assert_int_equal(win32_files_create(files, "C:\\no\\such", 0), ERROR_INPUT);
	win32_files_free(files);
}

static void renamed_and_removed_files(void **state)
{
	(void)state;
	struct win32_files *files = win32_files_new(1 << 20);
	int file = win32_files_add(files, "C:\\a\\b.txt", bytes_of("b"), 0x20);

	assert_false(win32_files_folder_empty(files, win32_files_find(files, "C:\\a")));
	int moved = win32_files_rename(files, file, "C:\\a\\c.exe");
	assert_true(moved >= 0);
	assert_false(win32_files_exists(files, file));
	assert_int_equal(win32_files_find(files, "C:\\a\\c.exe"), moved);
	win32_files_remove(files, moved);
	assert_int_equal(win32_files_find(files, "C:\\a\\c.exe"), ERROR_INPUT);
	assert_true(win32_files_folder_empty(files, win32_files_find(files, "C:\\a")));
	win32_files_free(files);
}

static void patterns(void **state)
{
	(void)state;
	assert_true(win32_name_fits("a.exe", "*.exe"));
	assert_true(win32_name_fits("A.EXE", "*.e?e"));
	assert_true(win32_name_fits("readme", "*.*"));
	assert_true(win32_name_fits("abcabd", "*abd"));
	assert_false(win32_name_fits("a.exe.txt", "*.exe"));
	assert_false(win32_name_fits("", "?"));

	struct win32_files *files = win32_files_new(1 << 20);
	int a = win32_files_add(files, "C:\\x\\a.exe", (struct bytes){ 0 }, 0x20);
	win32_files_add(files, "C:\\x\\y\\b.exe", (struct bytes){ 0 }, 0x20);
	int found = win32_files_match(files, "c:\\X\\*.exe", 0);
	assert_int_equal(found, a);
	assert_int_equal(win32_files_match(files, "c:\\X\\*.exe", found + 1), ERROR_INPUT);
	win32_files_free(files);
}

static void paths_become_absolute(void **state)
{
	(void)state;
	char directory[] = "C:\\Program Files\\App", path[WIN32_PATH];
	struct win32 w = { .directory = directory };

	assert_string_equal(win32_path_absolute(&w, "a.txt", path),
			    "C:\\Program Files\\App\\a.txt");
	assert_string_equal(win32_path_absolute(&w, "..\\a.txt", path), "C:\\Program Files\\a.txt");
	assert_string_equal(win32_path_absolute(&w, "\\a/b", path), "C:\\a\\b");
	assert_string_equal(win32_path_absolute(&w, "\\\\?\\D:\\x\\.\\y", path), "D:\\x\\y");
	assert_string_equal(win32_path_absolute(&w, "C:\\..\\..\\..", path), "C:\\");
	assert_string_equal(win32_path_absolute(&w, "\"C:\\a b.exe\"", path), "C:\\a b.exe");
	assert_string_equal(win32_path_absolute(&w, "\\\\.\\PhysicalDrive0", path),
			    "\\\\.\\PhysicalDrive0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_ignore_case_and_parents_are_made),
		cmocka_unit_test(writing_copies_first),
		cmocka_unit_test(the_disk_has_an_end),
		cmocka_unit_test(renamed_and_removed_files),
		cmocka_unit_test(patterns),
		cmocka_unit_test(paths_become_absolute),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
