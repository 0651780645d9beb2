/* A small guest for the tests: code at CODE, data at DATA, a stack below STACK. */
#ifndef KENBI_TEST_X86_GUEST_H
#define KENBI_TEST_X86_GUEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "x86/x86.h"

#define CODE  UINT64_C(0x00401000)
#define DATA  UINT64_C(0x00500000)
#define STACK UINT64_C(0x00600000)

static inline struct x86 *guest_new(enum x86_mode mode)
{
	struct x86 *machine = x86_new(mode, 16u << 20);

	assert_non_null(machine);
	assert_int_equal(x86_map(machine, CODE, 0x2000, X86_READ | X86_WRITE | X86_EXECUTE), 0);
	assert_int_equal(x86_map(machine, DATA, 0x2000, X86_READ | X86_WRITE), 0);
	assert_int_equal(x86_map(machine, STACK - 0x4000, 0x4000, X86_READ | X86_WRITE), 0);
	x86_set(machine, X86_SP, STACK - 0x1000);
	return machine;
}

static inline void guest_load(struct x86 *machine, const void *code, size_t size)
{
	assert_int_equal(x86_write(machine, CODE, code, size), 0);
	x86_set_ip(machine, CODE);
}

/* Code from a string literal, without its terminator. */
#define GUEST_LOAD(machine, code) guest_load(machine, code, sizeof(code) - 1)

#endif
