#include "guest.h"

/* mov ecx, 2; 1: mov eax, [DATA]; mov [DATA], eax; dec ecx; jnz 1b; call 2f; 2: nop; nop */
#define LOOP "\xb9\x02\0\0\0\xa1\0\0\x50\0\xa3\0\0\x50\0\x49\x75\xf3\xe8\0\0\0\0\x90\x90"

static void stops_once_at_each_touch(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	GUEST_LOAD(machine, LOOP);
	assert_int_equal(x86_touch(machine, DATA, 0x2000, X86_READ | X86_WRITE), 0);
	struct x86_exit end = x86_run(machine, 100);
	assert_int_equal(end.reason, X86_STOP_TOUCH);
	assert_int_equal(end.vector, X86_READ);
	assert_int_equal(end.address, CODE + 5);
	assert_int_equal(end.fault_address, DATA);
	assert_int_equal(x86_ip(machine), CODE + 5);
	assert_int_equal(x86_instructions(machine), 1);
	end = x86_run(machine, 100);
	assert_int_equal(end.reason, X86_STOP_TOUCH);
	assert_int_equal(end.vector, X86_WRITE);
	assert_int_equal(end.address, CODE + 10);
	end = x86_run(machine, 7);
	assert_int_equal(end.reason, X86_STOP_BUDGET);
	assert_int_equal(x86_ip(machine), CODE + 18);
	x86_free(machine);
}

static void touches_count_for_code_too(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	GUEST_LOAD(machine, "\x90\xe9\xfa\x0f\0\0"); /* nop; jmp CODE + 0x1000 */
	assert_int_equal(x86_write(machine, CODE + 0x1000, "\x90", 1), 0);
	assert_int_equal(x86_touch(machine, CODE + 0x1000, 1, X86_EXECUTE), 0);
	struct x86_exit end = x86_run(machine, 10);
	assert_int_equal(end.reason, X86_STOP_TOUCH);
	assert_int_equal(end.vector, X86_EXECUTE);
	assert_int_equal(end.fault_address, CODE + 0x1000);
	assert_int_equal(x86_instructions(machine), 2);
	assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_touch(machine, 0x100, 1, X86_READ), ERROR_INPUT);
	x86_free(machine);
}

static void an_update_touches_by_reading(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	/* mov [DATA], eax; inc dword [DATA] */
	GUEST_LOAD(machine, "\xa3\0\0\x50\0\xff\x05\0\0\x50\0");
	assert_int_equal(x86_touch(machine, DATA, 1, X86_READ), 0);
	struct x86_exit end = x86_run(machine, 10);
	assert_int_equal(end.reason, X86_STOP_TOUCH);
	assert_int_equal(end.address, CODE + 5);
	assert_int_equal(x86_read_u32(machine, DATA), 0);
	assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_read_u32(machine, DATA), 1);
	x86_free(machine);
}

static void touches_are_rolled_back(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	GUEST_LOAD(machine, LOOP);
	assert_int_equal(x86_touch(machine, DATA, 1, X86_READ), 0);
	assert_int_equal(x86_snapshot(machine), 0);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(x86_run(machine, 100).reason, X86_STOP_TOUCH);
		assert_int_equal(x86_run(machine, 3).reason, X86_STOP_BUDGET);
		x86_rollback(machine);
	}
	x86_free(machine);
}

static void stops_in_front_of_blocks(void **state)
{
	(void)state;
	static const uint8_t entries[] = { 5, 18, 23 };
	struct x86 *machine = guest_new(X86_MODE_32);
	GUEST_LOAD(machine, LOOP);
	/* once over it, so that everything is decoded and linked */
	assert_int_equal(x86_run(machine, 12).reason, X86_STOP_BUDGET);
	x86_set_ip(machine, CODE);
	assert_int_equal(x86_stop_at_blocks(machine, CODE, CODE + 0x1000), 0);
	for (unsigned round = 0; round < 2; round++) {
		x86_set_ip(machine, CODE);
		for (unsigned i = 0; i < sizeof entries; i++) {
			struct x86_exit end = x86_run(machine, 100);
			assert_int_equal(end.reason, X86_STOP_BLOCK);
			assert_int_equal(end.address, CODE + entries[i]);
			assert_int_equal(x86_ip(machine), CODE + entries[i]);
		}
		assert_int_equal(x86_run(machine, 2).reason, X86_STOP_BUDGET);
	}
	/* the budget ends where a block begins: the next run says so */
	x86_set_ip(machine, CODE);
	assert_int_equal(x86_run(machine, 5).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_run(machine, 5).reason, X86_STOP_BLOCK);
	assert_int_equal(x86_ip(machine), CODE + 5);
	assert_int_equal(x86_stop_at_blocks(machine, 0, 0), 0);
	assert_int_equal(x86_run(machine, 7).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_stop_at_blocks(machine, 1, 0), ERROR_INPUT);
	x86_free(machine);
}

static void remembers_who_wrote_when(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	struct x86_page_history history;
	/* nop; mov byte [CODE + 0x1000], 0x90; jmp there */
	GUEST_LOAD(machine, "\x90\xc6\x05\0\x20\x40\0\x90\xe9\xf3\x0f\0\0");
	/* there, behind it: mov byte [CODE + 0x1000], 0x40; jmp there */
	assert_int_equal(x86_write(machine, CODE + 0x1001, "\xc6\x05\0\x20\x40\0\x40\xeb\xf6", 9),
			 0);
	assert_true(x86_page_history(machine, CODE + 0x1000, &history));
	assert_int_equal(history.written_at, 0);
	assert_int_equal(x86_run(machine, 7).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_get(machine, X86_AX), 1);
	assert_true(x86_page_history(machine, CODE + 0x1fff, &history));
	assert_int_equal(history.written_at, 2);
	assert_int_equal(history.written_by, CODE + 1);
	assert_int_equal(history.executed_at, 4);
	assert_int_equal(history.unpacked_at, 4);
	assert_int_equal(history.unpacked_ip, CODE + 0x1000);
	assert_int_equal(history.rewritten_at, 5);
	assert_int_equal(history.rewritten_by, CODE + 0x1001);
	assert_true(x86_page_history(machine, CODE, &history));
	assert_int_equal(history.executed_at, 1);
	assert_int_equal(history.written_at, 0);
	assert_false(x86_page_history(machine, DATA, &history));
	x86_free(machine);
}

/* A loop whose instruction changes its length and meaning each time: as every byte pair in turn. */
static void patches_of_every_length(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	/* 1: mov eax, [esi]; mov [2f], eax; add esi, 4; 2: nop x 4; loop 1b */
	GUEST_LOAD(machine, "\x8b\x06\xa3\x0a\x10\x40\0\x83\xc6\x04\x90\x90\x90\x90\xe2\xf0");
	/* inc ebx x 4; add ebx, 4 and inc ebx; add bx, 1; add ebx, 1 with inc ebx */
	static const uint8_t patches[][4] = { { 0x43, 0x43, 0x43, 0x43 },
					      { 0x83, 0xc3, 0x04, 0x43 },
					      { 0x66, 0x83, 0xc3, 0x01 },
					      { 0x43, 0x83, 0xc3, 0x01 } };
	static const unsigned sums[] = { 4, 5, 1, 2 }, steps[] = { 4, 2, 1, 2 };
	uint32_t rounds = 4000, instructions = 0, sum = 0;

	assert_int_equal(x86_map(machine, 0x700000, 0x10000, X86_READ | X86_WRITE), 0);
	for (uint32_t i = 0; i < rounds; i++) {
		unsigned which = (i * i / 3) % 4;
		assert_int_equal(x86_write(machine, 0x700000 + 4 * i, patches[which], 4), 0);
		sum += sums[which];
		instructions += 4 + steps[which];
	}
	x86_set(machine, X86_SI, 0x700000);
	x86_set(machine, X86_CX, rounds);
	assert_int_equal(x86_run(machine, instructions).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_ip(machine), CODE + 16);
	assert_int_equal(x86_get(machine, X86_BX), sum);
	x86_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stops_once_at_each_touch),
		cmocka_unit_test(touches_count_for_code_too),
		cmocka_unit_test(an_update_touches_by_reading),
		cmocka_unit_test(touches_are_rolled_back),
		cmocka_unit_test(stops_in_front_of_blocks),
		cmocka_unit_test(remembers_who_wrote_when),
		cmocka_unit_test(patches_of_every_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
