#include "guest.h"

static void counts_exactly(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	/* mov ecx, 10; again: inc eax; loop again; int 0x80 */
	GUEST_LOAD(machine, "\xb9\x0a\0\0\0\x40\xe2\xfd\xcd\x80");
	struct x86_exit end = x86_run(machine, 5);
	assert_int_equal(end.reason, X86_STOP_BUDGET);
	assert_int_equal(x86_get(machine, X86_AX), 2);
	assert_int_equal(x86_instructions(machine), 5);
	end = x86_run(machine, 1000);
	assert_int_equal(end.reason, X86_STOP_INTERRUPT);
	assert_int_equal(end.vector, 0x80);
	assert_int_equal(end.address, CODE + 8);
	assert_int_equal(x86_ip(machine), CODE + 10);
	assert_int_equal(x86_get(machine, X86_AX), 10);
	assert_int_equal(x86_instructions(machine), 22);
	x86_free(machine);
}

static void stops_at_hooks(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	/* mov eax, 0x70000010; call eax; nop; jmp $ */
	GUEST_LOAD(machine, "\xb8\x10\0\0\x70\xff\xd0\x90\xeb\xfe");
	assert_int_equal(x86_hook(machine, 0x70000000, 0x70001000), 0);
	assert_int_equal(x86_hook(machine, 0x70000fff, 0x70002000), ERROR_INPUT);
	struct x86_exit end = x86_run(machine, 1000);
	assert_int_equal(end.reason, X86_STOP_HOOK);
	assert_int_equal(x86_ip(machine), 0x70000010);
	assert_int_equal(x86_instructions(machine), 2);
	assert_int_equal(x86_read_u32(machine, x86_get(machine, X86_SP)), CODE + 7);
	x86_set_ip(machine, CODE + 7);
	assert_int_equal(x86_run(machine, 3).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_ip(machine), CODE + 8);
	/* a hook over code that was decoded already */
	assert_int_equal(x86_hook(machine, CODE + 8, CODE + 9), 0);
	assert_int_equal(x86_run(machine, 3).reason, X86_STOP_HOOK);
	x86_free(machine);
}

static void faults_exactly(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	/* push dword [0x12345678] */
	GUEST_LOAD(machine, "\xff\x35\x78\x56\x34\x12");
	uint64_t stack = x86_get(machine, X86_SP);
	struct x86_exit end = x86_run(machine, 10);
	assert_int_equal(end.reason, X86_STOP_FAULT);
	assert_int_equal(end.vector, X86_VECTOR_PF);
	assert_int_equal(end.error_code, 0);
	assert_int_equal(end.fault_address, 0x12345678);
	assert_int_equal(end.address, CODE);
	assert_int_equal(x86_ip(machine), CODE);
	assert_int_equal(x86_get(machine, X86_SP), stack);
	/* jmp 0x12345678 */
	GUEST_LOAD(machine, "\xb8\x78\x56\x34\x12\xff\xe0");
	end = x86_run(machine, 10);
	assert_int_equal(end.vector, X86_VECTOR_PF);
	assert_int_equal(end.error_code, 16);
	assert_int_equal(end.fault_address, 0x12345678);
	assert_int_equal(x86_instructions(machine), 2);
	GUEST_LOAD(machine, "\x0f\x0b");
	assert_int_equal(x86_run(machine, 10).vector, X86_VECTOR_UD);
	GUEST_LOAD(machine, "\xf4");
	assert_int_equal(x86_run(machine, 10).vector, X86_VECTOR_GP);
	GUEST_LOAD(machine, "\x31\xc9\xf7\xf1");
	assert_int_equal(x86_run(machine, 10).vector, X86_VECTOR_DE);
	x86_free(machine);
}

static void steps_singly(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	/* pushfd; or dword [esp], 0x100; popfd; nop; nop */
	GUEST_LOAD(machine, "\x9c\x81\x0c\x24\0\x01\0\0\x9d\x90\x90");
	struct x86_exit end = x86_run(machine, 10);
	assert_int_equal(end.reason, X86_STOP_FAULT);
	assert_int_equal(end.vector, X86_VECTOR_DB);
	assert_int_equal(end.address, CODE + 9);
	assert_int_equal(x86_ip(machine), CODE + 10);
	x86_free(machine);
}

static void time_is_the_count(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	GUEST_LOAD(machine, "\x90\x90\x0f\x31\x90");
	assert_int_equal(x86_run(machine, 4).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_get(machine, X86_AX), 3);
	x86_free(machine);
}

static void leaves_for_system_calls(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	GUEST_LOAD(machine, "\x9a\0\0\0\0\x07\0"); /* lcall 7,0 */
	struct x86_exit end = x86_run(machine, 10);
	assert_int_equal(end.reason, X86_STOP_SYSCALL);
	assert_int_equal(end.vector, 7);
	assert_int_equal(end.address, CODE);
	assert_int_equal(x86_ip(machine), CODE + 7);
	GUEST_LOAD(machine, "\x0f\x34");
	assert_int_equal(x86_run(machine, 10).reason, X86_STOP_SYSCALL);
	x86_free(machine);
	machine = guest_new(X86_MODE_64);
	GUEST_LOAD(machine, "\x0f\x05");
	assert_int_equal(x86_run(machine, 10).reason, X86_STOP_SYSCALL);
	assert_int_equal(x86_ip(machine), CODE + 2);
	assert_int_equal(x86_get(machine, X86_CX), CODE + 2);
	x86_free(machine);
}

/* More code than the store of decoded operations holds, twice. */
static void forgets_what_it_decoded(void **state)
{
	(void)state;
	enum { BYTES = 1 << 18 };
	static uint8_t code[BYTES];
	struct x86 *machine = x86_new(X86_MODE_32, 4u << 20);
	assert_non_null(machine);
	assert_int_equal(x86_map(machine, 0x1000000, BYTES, X86_READ | X86_EXECUTE), 0);
	memset(code, 0x40, sizeof code); /* inc eax */
	assert_int_equal(x86_write(machine, 0x1000000, code, sizeof code), 0);
	for (unsigned round = 1; round <= 2; round++) {
		x86_set_ip(machine, 0x1000000);
		assert_int_equal(x86_run(machine, BYTES).reason, X86_STOP_BUDGET);
		assert_int_equal(x86_get(machine, X86_AX), round * BYTES);
	}
	x86_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_exactly),	  cmocka_unit_test(stops_at_hooks),
		cmocka_unit_test(faults_exactly),	  cmocka_unit_test(steps_singly),
		cmocka_unit_test(time_is_the_count),	  cmocka_unit_test(leaves_for_system_calls),
		cmocka_unit_test(forgets_what_it_decoded)
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
