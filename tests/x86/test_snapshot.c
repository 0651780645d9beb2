#include "guest.h"

static void put(struct x86 *machine, uint64_t address, uint32_t value)
{
	assert_int_equal(x86_write(machine, address, &value, sizeof value), 0);
}

static void rolls_back(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	/* inc dword [0x500000]; push eax; inc eax; jmp start */
	GUEST_LOAD(machine, "\xff\x05\0\0\x50\0\x50\x40\xeb\xf6");
	put(machine, DATA, 5);
	assert_int_equal(x86_snapshot(machine), 0);
	for (int round = 0; round < 3; round++) {
		assert_int_equal(x86_run(machine, 40).reason, X86_STOP_BUDGET);
		assert_int_equal(x86_read_u32(machine, DATA), 15);
		assert_int_equal(x86_get(machine, X86_AX), 10);
		x86_rollback(machine);
		assert_int_equal(x86_read_u32(machine, DATA), 5);
		assert_int_equal(x86_get(machine, X86_AX), 0);
		assert_int_equal(x86_ip(machine), CODE);
		assert_false(x86_written(machine, DATA));
	}
	assert_int_equal(x86_instructions(machine), 120);
	x86_free(machine);
}

static void nests(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	put(machine, DATA, 1);
	assert_int_equal(x86_snapshot(machine), 0);
	put(machine, DATA, 2);
	assert_int_equal(x86_snapshot(machine), 0);
	put(machine, DATA, 3);
	put(machine, DATA + 0x1000, 3);
	assert_int_equal(x86_map(machine, 0x900000, 0x1000, X86_READ | X86_WRITE), 0);
	assert_int_equal(x86_unmap(machine, STACK - 0x1000, 0x1000), 0);
	x86_rollback(machine);
	assert_int_equal(x86_read_u32(machine, DATA), 2);
	assert_int_equal(x86_read_u32(machine, DATA + 0x1000), 0);
	assert_int_equal(x86_protection(machine, 0x900000), ERROR_INPUT);
	assert_int_equal(x86_protection(machine, STACK - 1), X86_READ | X86_WRITE);
	put(machine, DATA, 4);
	assert_int_equal(x86_map(machine, 0x900000, 0x1000, X86_READ | X86_WRITE), 0);
	x86_commit(machine);
	assert_int_equal(x86_read_u32(machine, DATA), 4);
	x86_rollback(machine);
	assert_int_equal(x86_read_u32(machine, DATA), 1);
	assert_int_equal(x86_protection(machine, 0x900000), ERROR_INPUT);
	x86_commit(machine);
	for (int i = 0; i < 16; i++)
		assert_int_equal(x86_snapshot(machine), 0);
	assert_int_equal(x86_snapshot(machine), ERROR_LIMIT);
	x86_free(machine);
}

static void code_comes_back(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	/* mov byte [next], 0x40 (inc eax); next: inc ecx; jmp $ */
	GUEST_LOAD(machine, "\xc6\x05\x07\x10\x40\0\x40\x41\xeb\xfe");
	assert_int_equal(x86_snapshot(machine), 0);
	for (int round = 0; round < 3; round++) {
		assert_int_equal(x86_run(machine, 3).reason, X86_STOP_BUDGET);
		assert_int_equal(x86_get(machine, X86_AX), 1);
		assert_int_equal(x86_get(machine, X86_CX), 0);
		x86_rollback(machine);
		x86_set_ip(machine, CODE + 7);
		assert_int_equal(x86_run(machine, 3).reason, X86_STOP_BUDGET);
		assert_int_equal(x86_get(machine, X86_AX), 0);
		assert_int_equal(x86_get(machine, X86_CX), 1);
		x86_rollback(machine);
	}
	x86_free(machine);
}

static void hooks_come_back(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	GUEST_LOAD(machine, "\x90\x90\xeb\xfe");
	assert_int_equal(x86_snapshot(machine), 0);
	assert_int_equal(x86_hook(machine, CODE + 1, CODE + 2), 0);
	assert_int_equal(x86_run(machine, 5).reason, X86_STOP_HOOK);
	x86_rollback(machine);
	assert_int_equal(x86_run(machine, 5).reason, X86_STOP_BUDGET);
	x86_free(machine);
}

static void forgets_code_behind_a_page_border(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	/* nop; nop at the end of the first page; what follows is the second one's */
	assert_int_equal(x86_write(machine, CODE + 0xffe, "\x90\x90", 2), 0);
	x86_set_ip(machine, CODE + 0xffe);
	assert_int_equal(x86_run(machine, 2).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_snapshot(machine), 0);
	for (unsigned round = 0; round < 4; round++) {
		/* inc eax, inc ecx, inc edx, inc ebx */
		uint8_t step[] = { (uint8_t)(0x40 + round), 0x90 };
		assert_int_equal(x86_write(machine, CODE + 0x1000, step, sizeof step), 0);
		x86_set_ip(machine, CODE + 0xffe);
		assert_int_equal(x86_run(machine, 4).reason, X86_STOP_BUDGET);
		assert_int_equal(x86_ip(machine), CODE + 0x1002);
		assert_int_equal(x86_get(machine, (enum x86_register)round), 1);
		x86_rollback(machine);
		assert_int_equal(x86_get(machine, (enum x86_register)round), 0);
	}
	x86_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(forgets_code_behind_a_page_border),
					    cmocka_unit_test(rolls_back), cmocka_unit_test(nests),
					    cmocka_unit_test(code_comes_back),
					    cmocka_unit_test(hooks_come_back) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
