#include "guest.h"

static void tells_where_it_is(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	/* nop; fldz; nop; fnstenv [esp-12]; pop ebx */
	GUEST_LOAD(machine, "\x90\xd9\xee\x90\xd9\x74\x24\xf4\x5b");
	assert_int_equal(x86_run(machine, 5).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_get(machine, X86_BX), CODE + 1);
	/* fxch; fnsave [0x500000]: the address at offset 12 */
	GUEST_LOAD(machine, "\xd9\xc9\xdd\x35\0\0\x50\0");
	assert_int_equal(x86_run(machine, 2).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_read_u32(machine, DATA + 12), CODE);
	/* fld1; fxsave [0x500000]: the address at offset 8 */
	GUEST_LOAD(machine, "\xd9\xe8\x0f\xae\x05\0\0\x50\0");
	assert_int_equal(x86_run(machine, 2).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_read_u32(machine, DATA + 8), CODE);
	/* control instructions do not count: fnstcw [0x500200]; fnstenv [0x500000] */
	GUEST_LOAD(machine, "\xd9\x3d\0\x02\x50\0\xd9\x35\0\0\x50\0");
	assert_int_equal(x86_run(machine, 2).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_read_u32(machine, DATA + 12), CODE);
	x86_free(machine);
}

static void waits_with_an_exception(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	static const uint16_t unmasked = 0x37b; /* division by zero */
	assert_int_equal(x86_write(machine, DATA, &unmasked, 2), 0);
	/* fldcw [0x500000]; fld1; fldz; fdivp; nop; fnstsw ax; fwait */
	GUEST_LOAD(machine, "\xd9\x2d\0\0\x50\0\xd9\xe8\xd9\xee\xde\xf9\x90\xdf\xe0\x9b");
	struct x86_exit end = x86_run(machine, 10);
	assert_int_equal(end.reason, X86_STOP_FAULT);
	assert_int_equal(end.vector, X86_VECTOR_MF);
	assert_int_equal(end.address, CODE + 15);
	assert_int_equal(x86_get(machine, X86_AX) & 0x8084, 0x8084); /* B, ES, ZE */
	x86_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(tells_where_it_is),
					    cmocka_unit_test(waits_with_an_exception) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
