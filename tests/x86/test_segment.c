#include "guest.h"

static void reads_through_fs(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	static const uint32_t value = 0x7ffdf000;
	assert_int_equal(x86_write(machine, DATA + 0x18, &value, 4), 0);
	x86_set_segment(machine, X86_FS, 0x3b, DATA);
	/* mov eax, fs:[0x18]; mov cx, fs; mov es, cx; mov edx, es:[0x18] */
	GUEST_LOAD(machine, "\x64\xa1\x18\0\0\0\x66\x8c\xe1\x8e\xc1\x26\x8b\x15\x18\0\0\0");
	assert_int_equal(x86_run(machine, 4).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_get(machine, X86_AX), 0x7ffdf000);
	assert_int_equal(x86_get(machine, X86_CX), 0x3b);
	assert_int_equal(x86_get(machine, X86_DX), 0x7ffdf000);
	assert_int_equal(x86_segment_base(machine, X86_ES), DATA);
	x86_free(machine);
}

static void refuses_unknown_selectors(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	/* push 0x1234; pop ds */
	GUEST_LOAD(machine, "\x68\x34\x12\0\0\x1f");
	struct x86_exit end = x86_run(machine, 2);
	assert_int_equal(end.reason, X86_STOP_FAULT);
	assert_int_equal(end.vector, X86_VECTOR_GP);
	assert_int_equal(end.error_code, 0x1234);
	assert_int_equal(x86_ip(machine), CODE + 5);
	assert_int_equal(x86_get(machine, X86_SP), STACK - 0x1004);
	/* xor eax, eax; mov ss, ax */
	GUEST_LOAD(machine, "\x31\xc0\x8e\xd0");
	assert_int_equal(x86_run(machine, 2).vector, X86_VECTOR_GP);
	x86_free(machine);
}

static void delays_the_trap_behind_ss(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	/* push ss; pop ss; inc eax; inc eax: with TF set the trap comes behind the first inc */
	GUEST_LOAD(machine, "\x16\x17\x40\x40");
	assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET);
	x86_set_flags(machine, x86_flags(machine) | X86_FLAG_TF);
	struct x86_exit end = x86_run(machine, 10);
	assert_int_equal(end.vector, X86_VECTOR_DB);
	assert_int_equal(x86_ip(machine), CODE + 3);
	assert_int_equal(x86_get(machine, X86_AX), 1);
	x86_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(reads_through_fs),
					    cmocka_unit_test(refuses_unknown_selectors),
					    cmocka_unit_test(delays_the_trap_behind_ss) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
