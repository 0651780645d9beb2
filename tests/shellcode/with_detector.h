/* What the tests of the search share: one detector for all tests of a program. */
#ifndef KENBI_TESTS_SHELLCODE_WITH_DETECTOR_H
#define KENBI_TESTS_SHELLCODE_WITH_DETECTOR_H

#include "shellcode/shellcode.h"

static struct shellcode_detector *detector;

static int set_up(void **state)
{
	struct error error;

	(void)state;
	return shellcode_new(&detector, &error);
}

static int tear_down(void **state)
{
	(void)state;
	shellcode_free(detector);
	return 0;
}

#endif
