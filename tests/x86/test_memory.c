#include "guest.h"

static void maps_and_protects(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	uint8_t byte = 7;
	assert_int_equal(x86_map(machine, 0x10000, 0x40000000, X86_READ), 0);
	assert_int_equal(x86_protection(machine, 0x20000000), X86_READ);
	assert_int_equal(x86_protect(machine, 0x20000000, 1, X86_READ | X86_WRITE), 0);
	assert_int_equal(x86_protection(machine, 0x1fffffff), X86_READ);
	assert_int_equal(x86_protection(machine, 0x20000fff), X86_READ | X86_WRITE);
	assert_int_equal(x86_protection(machine, 0x20001000), X86_READ);
	assert_int_equal(x86_write(machine, 0x20000123, &byte, 1), 0);
	assert_int_equal(x86_unmap(machine, 0x20000000, 0x1000), 0);
	assert_int_equal(x86_protection(machine, 0x20000123), ERROR_INPUT);
	assert_int_equal(x86_read(machine, 0x20000123, &byte, 1), ERROR_INPUT);
	assert_int_equal(x86_protect(machine, 0x1ffff000, 0x3000, X86_WRITE), ERROR_INPUT);
	assert_int_equal(x86_protection(machine, 0x20001000), X86_WRITE);
	assert_int_equal(x86_map(machine, 0x20000000, 0x1000, X86_READ), 0);
	assert_int_equal(x86_read(machine, 0x20000123, &byte, 1), 0);
	assert_int_equal(byte, 0);
	assert_int_equal(x86_map(machine, 0xfffff000, 0x2000, X86_READ), ERROR_INPUT);
	x86_free(machine);
}

static void limits_what_is_materialised(void **state)
{
	(void)state;
	struct x86 *machine = x86_new(X86_MODE_32, 2 * 4096);
	uint8_t byte = 1;
	assert_int_equal(x86_map(machine, 0x1000, 0x10000, X86_READ | X86_WRITE), 0);
	assert_int_equal(x86_write(machine, 0x1000, &byte, 1), 0);
	assert_int_equal(x86_write(machine, 0x2000, &byte, 1), 0);
	assert_int_equal(x86_write(machine, 0x3000, &byte, 1), ERROR_LIMIT);
	assert_int_equal(x86_unmap(machine, 0x1000, 1), 0);
	assert_int_equal(x86_write(machine, 0x3000, &byte, 1), 0);
	x86_free(machine);
}

static void crosses_pages(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	/* mov dword [0x500ffe], 0x11223344; mov eax, [0x500ffe]; mov [0x501ffe], eax */
	GUEST_LOAD(machine, "\xc7\x05\xfe\x0f\x50\0\x44\x33\x22\x11\xa1\xfe\x0f\x50\0"
			    "\xa3\xfe\x1f\x50\0");
	struct x86_exit end = x86_run(machine, 10);
	assert_int_equal(x86_get(machine, X86_AX), 0x11223344);
	assert_int_equal(end.vector, X86_VECTOR_PF);
	assert_int_equal(end.fault_address, 0x502000);
	assert_int_equal(end.error_code, 2);
	assert_int_equal(x86_read_u32(machine, 0x501ffc), 0); /* nothing was written */
	assert_true(x86_written(machine, 0x501001));
	assert_false(x86_written(machine, 0x501002));
	x86_free(machine);
}

static void sees_code_change_at_once(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	/* mov byte [next], 0x40 (inc eax); next: nop; inc ecx */
	GUEST_LOAD(machine, "\xc6\x05\x07\x10\x40\0\x40\x90\x41");
	x86_watch_start(machine, CODE, CODE + 9);
	assert_int_equal(x86_run(machine, 3).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_get(machine, X86_AX), 1);
	assert_int_equal(x86_get(machine, X86_CX), 1);
	struct x86_watch watch = x86_watch_counts(machine);
	assert_int_equal(watch.written, 1);
	assert_int_equal(watch.read, 0);
	assert_int_equal(watch.executed_written, 1);
	assert_int_equal(watch.first_written_ip, CODE + 7);
	/* the owner takes it back: no longer the guest's */
	assert_int_equal(x86_write(machine, CODE + 7, "\x42", 1), 0);
	assert_false(x86_written(machine, CODE + 7));
	x86_set_ip(machine, CODE + 7);
	assert_int_equal(x86_run(machine, 2).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_get(machine, X86_DX), 1);
	assert_int_equal(x86_watch_counts(machine).executed_written, 1);
	x86_free(machine);
}

static void does_not_count_what_stays_the_same(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	/* mov ecx, 10; mov esi, edi = CODE; rep movsb; mov byte [CODE + 0x101], 1; jmp CODE + 0x101
	 */
	GUEST_LOAD(machine, "\xb9\x0a\0\0\0\xbe\0\x10\x40\0\xbf\0\x10\x40\0\xf3\xa4"
			    "\xc6\x05\x01\x11\x40\0\x40\xe9\xe4\0\0\0");
	x86_watch_start(machine, CODE, CODE + 0x200);
	assert_int_equal(x86_run(machine, 3 + 10 + 3).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_get(machine, X86_AX), 1);
	struct x86_watch watch = x86_watch_counts(machine);
	assert_int_equal(watch.written, 11);
	assert_int_equal(watch.executed_written, 1);
	assert_false(x86_written(machine, CODE));
	assert_true(x86_written(machine, CODE + 0x101));
	assert_int_equal(x86_written_bytes(machine, CODE, CODE + 0x200), 1);
	assert_int_equal(x86_written_bytes(machine, CODE + 0x101, CODE + 0x102), 1);
	assert_int_equal(x86_written_bytes(machine, CODE + 0x102, CODE + 0x4000), 0);
	x86_free(machine);
}

/* Ranges of every size and place within 0x1f00 bytes: many short ones, some over a page border. */
static void random_range(struct random *random, unsigned *first, unsigned *size)
{
	*size = 1 + random_below(random, random_below(random, 4) ? 24 : 0x1000);
	*first = random_below(random, 0x1f00 - *size + 1);
}

static void forgets_what_the_owner_writes_over(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	static const uint8_t nothing[0x2000];
	bool by_guest[0x1f00];
	struct random random;
	/* mov ecx, 0x1f00; mov edi, DATA; rep stosb; jmp CODE */
	GUEST_LOAD(machine, "\xb9\0\x1f\0\0\xbf\0\0\x50\0\xf3\xaa\xeb\xf2");
	random_init(&random, 4, 0);
	for (unsigned round = 0; round < 40; round++) {
		x86_run(machine, 3 + 0x1f00);
		x86_set_ip(machine, CODE);
		memset(by_guest, true, sizeof by_guest);
		for (unsigned i = 0; i < 10; i++) {
			unsigned first, size;
			random_range(&random, &first, &size);
			assert_int_equal(x86_write(machine, DATA + first, nothing, size), 0);
			memset(&by_guest[first], false, size);
		}
		for (unsigned i = 0; i < sizeof by_guest; i++)
			assert_int_equal(x86_written(machine, DATA + i), by_guest[i]);
		for (unsigned i = 0, first, size; i < 10; i++) {
			unsigned count = 0;
			random_range(&random, &first, &size);
			for (unsigned at = first; at < first + size; at++)
				count += by_guest[at];
			assert_int_equal(
				x86_written_bytes(machine, DATA + first, DATA + first + size),
				count);
		}
	}
	x86_free(machine);
}

static void executes_what_the_owner_writes_over(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	static const uint8_t change[2] = { 0x43, 0x40 }; /* inc ebx, inc eax */
	uint8_t code[0x1f00];
	struct random random;
	random_init(&random, 5, 0);
	memset(code, 0x40, sizeof code);
	guest_load(machine, code, sizeof code);
	for (unsigned round = 0; round < 200; round++) {
		unsigned first, size, expected = 0;
		random_range(&random, &first, &size);
		memset(&code[first], change[round % 3 == 0], size);
		assert_int_equal(x86_write(machine, CODE + first, &code[first], size), 0);
		for (unsigned i = 0; i < sizeof code; i++)
			expected += code[i] == 0x40;
		x86_set(machine, X86_AX, 0);
		x86_set_ip(machine, CODE);
		assert_int_equal(x86_run(machine, sizeof code).reason, X86_STOP_BUDGET);
		assert_int_equal(x86_get(machine, X86_AX), expected);
	}
	x86_free(machine);
}

static void decodes_itself(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	/* jmp 2f; 1: pop esi; mov ecx, 3; xor byte [esi+ecx-1], 0x55; loop -8; jmp esi; 2: call 1b
	 */
	GUEST_LOAD(machine,
		   "\xeb\x0f\x5e\xb9\x03\0\0\0\x80\x74\x0e\xff\x55\xe2\xf9\xff\xe6\xe8\xec\xff"
		   "\xff\xff\x15\x16\xa1");
	x86_watch_start(machine, CODE, CODE + 25);
	assert_int_equal(x86_run(machine, 13).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_get(machine, X86_AX), 1);
	assert_int_equal(x86_get(machine, X86_BX), 1);
	struct x86_watch watch = x86_watch_counts(machine);
	assert_int_equal(watch.read, 3);
	assert_int_equal(watch.written, 3);
	assert_int_equal(watch.first_written_ip, CODE + 22);
	x86_free(machine);
}

static void reads_text(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	char text[16];
	assert_int_equal(x86_write(machine, DATA + 0xffe, "abcd", 5), 0);
	assert_int_equal(x86_read_text(machine, DATA + 0xffe, text, sizeof text), 4);
	assert_string_equal(text, "abcd");
	assert_int_equal(x86_read_text(machine, DATA + 0xffe, text, 4), ERROR_INPUT);
	assert_string_equal(text, "abc");
	assert_int_equal(x86_write(machine, DATA, "a\0\xe9\0\x3d\xd8\0\xde\0\0", 10), 0);
	assert_int_equal(x86_read_wide(machine, DATA, text, sizeof text), 7);
	assert_string_equal(text, "a\xc3\xa9\xf0\x9f\x98\x80");
	x86_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_and_protects),
		cmocka_unit_test(limits_what_is_materialised),
		cmocka_unit_test(crosses_pages),
		cmocka_unit_test(sees_code_change_at_once),
		cmocka_unit_test(does_not_count_what_stays_the_same),
		cmocka_unit_test(forgets_what_the_owner_writes_over),
		cmocka_unit_test(executes_what_the_owner_writes_over),
		cmocka_unit_test(decodes_itself),
		cmocka_unit_test(reads_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
