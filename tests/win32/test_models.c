/* Every model against the generated table: it exists, and pops what the import library says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* before cmocka, whose fail() is a macro */
#include "win32/api.h"
#include "win32/exports.h"

#include <cmocka.h>

static unsigned checked, wrong;

static void check(const struct win32_library *library, const char *name,
		  const struct api_model *model, unsigned *found)
{
	int index = win32_export_find(library, name);

	if (index < 0)
		return;
	(*found)++;
	checked++;
	int stack = library->exports[index].stack;
	bool cdecl = model->flags & API_FLAG_CDECL;
	if (stack == WIN32_STACK_UNKNOWN)
		return;
	if (cdecl ? stack != WIN32_STACK_CDECL : stack != 4 * model->arguments) {
		print_error("%s!%s: the model has %d words, the table %d bytes\n", library->name,
			    name, cdecl ? -1 : model->arguments, stack);
		wrong++;
	}
}

static void models_fit_the_export_table(void **state)
{
	(void)state;
	const struct api_model *const *lists;
	const char *name;

	for (unsigned i = 0; (name = api_library(i, &lists)); i++) {
		const struct win32_library *library = win32_library_find(name);
		assert_non_null(library);
		/* Relatives that share a list have fewer exports. */
		bool relative = strcmp(name, "wsock32") == 0 || strcmp(name, "crtdll") == 0 ||
				strncmp(name, "msvcr", 5) == 0;
		for (; *lists; lists++)
			for (const struct api_model *model = *lists; model->name; model++) {
				char text[128];
				unsigned found = 0;
				if (model->flags & API_FLAG_TEXT) {
					snprintf(text, sizeof text, "%sA", model->name);
					check(library, text, model, &found);
					snprintf(text, sizeof text, "%sW", model->name);
				} else {
					snprintf(text, sizeof text, "%s", model->name);
				}
				check(library, text, model, &found);
				if (!found && !relative) {
					print_error("%s has no export %s\n", name, text);
					wrong++;
				}
			}
	}
	assert_true(checked > 900);
	assert_int_equal(wrong, 0);
}

static void finds_exports(void **state)
{
	(void)state;
	const struct win32_library *winsock = win32_library_find("WS2_32");
	int index = win32_export_find_ordinal(winsock, 23);

	assert_string_equal(winsock->names + winsock->exports[index].name, "socket");
	assert_int_equal(winsock->exports[index].stack, 12);
	index = win32_export_find_ordinal(win32_library_find("wsock32.dll"), 10);
	assert_string_equal(win32_library_find("wsock32")->names +
				    win32_library_find("wsock32")->exports[index].name,
			    "inet_addr");
	assert_null(win32_library_find("nosuch.dll"));
	assert_int_equal(win32_export_find(winsock, "nosuch"), -1);
	for (unsigned i = 1; i < winsock->count; i++)
		assert_true(strcmp(winsock->names + winsock->exports[i - 1].name,
				   winsock->names + winsock->exports[i].name) < 0);
}

static void pairs_share_a_model(void **state)
{
	(void)state;
	bool wide;

	const struct api_model *narrow = api_find("kernel32.dll", "CreateFileA", &wide);
	assert_false(wide);
	assert_ptr_equal(api_find("kernel32.dll", "CreateFileW", &wide), narrow);
	assert_true(wide);
	assert_null(api_find("kernel32.dll", "CreateFile", &wide));
	assert_null(api_find("nosuch.dll", "CreateFileA", &wide));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(models_fit_the_export_table),
					    cmocka_unit_test(finds_exports),
					    cmocka_unit_test(pairs_share_a_model) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
