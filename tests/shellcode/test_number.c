/* Where numbers of system calls come from: by hand, and against execution. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "shellcode/glance.h"
#include "shellcode/number.h"

enum { CODE = 0x250000, STACK = 0x130000, ROOM = 0x10000, SEQUENCES = 300000, LONGEST = 6 };

/* Before straight code. */
static struct number before(enum x86_mode mode, struct bytes code)
{
	struct number number = number_at_call();
	size_t offsets[64], count = 0;

	for (size_t at = 0; at < code.length; count++) {
		struct step step = glance_length(mode, bytes_slice(code, at, INSTRUCTION_MAX));
		assert_true(step.length > 0 && count < 64);
		offsets[count] = at;
		at += step.length;
	}
	while (count-- > 0)
		number = number_before(mode, bytes_slice(code, offsets[count], INSTRUCTION_MAX),
				       number);
	return number;
}

#define BEFORE(mode, text) before(mode, (struct bytes){ (const uint8_t *)(text), sizeof(text) - 1 })

static void follows_the_number(void **state)
{
	struct number number;

	(void)state;
	/* xor eax, eax; mov al, 11 */
	assert_int_equal(BEFORE(X86_MODE_32, "\x31\xc0\xb0\x0b").kind, NUMBER_MADE);
	/* mov al, 11: what the rest of eax is was there before */
	number = BEFORE(X86_MODE_32, "\xb0\x0b");
	assert_int_equal(number.kind, NUMBER_IN_REGISTER);
	assert_int_equal(number.place, X86_AX);
	assert_true(number.changed);
	assert_false(number_possible(number, false));
	assert_true(number_possible(number, true));
	/* push 11; push ebx; pop ecx; pop eax */
	assert_int_equal(BEFORE(X86_MODE_32, "\x6a\x0b\x53\x59\x58").kind, NUMBER_MADE);
	/* push ebx; pop eax; xchg eax, ecx; mov edx, ebx; xchg eax, ecx */
	number = BEFORE(X86_MODE_32, "\x53\x58\x91\x89\xda\x91");
	assert_int_equal(number.kind, NUMBER_IN_REGISTER);
	assert_int_equal(number.place, X86_BX);
	/* pop edx; pop eax: the second word */
	number = BEFORE(X86_MODE_32, "\x5a\x58");
	assert_int_equal(number.kind, NUMBER_ON_STACK);
	assert_int_equal(number.place, 1);
	/* int 80h; inc ecx: its result */
	assert_int_equal(BEFORE(X86_MODE_32, "\xcd\x80\x41").kind, NUMBER_MADE);
	/* mov rax, r9 */
	number = BEFORE(X86_MODE_64, "\x4c\x89\xc8");
	assert_int_equal(number.place, 9);
}

static void knows_numbers_that_no_system_has(void **state)
{
	(void)state;
	/* mov eax, 11; mov eax, 2000003bh; mov eax, 12345678h; push 7fffffffh, pop eax */
	assert_int_equal(BEFORE(X86_MODE_32, "\xb8\x0b\0\0\0").kind, NUMBER_MADE);
	assert_int_equal(BEFORE(X86_MODE_64, "\xb8\x3b\0\0\x02").kind, NUMBER_MADE);
	assert_int_equal(BEFORE(X86_MODE_32, "\xb8\x78\x56\x34\x12").kind, NUMBER_WRONG);
	assert_int_equal(BEFORE(X86_MODE_32, "\x68\xff\xff\xff\x7f\x58").kind, NUMBER_WRONG);
	/* unless it is changed: mov eax, -11; neg eax */
	assert_int_equal(BEFORE(X86_MODE_32, "\xb8\xf5\xff\xff\xff\xf7\xd8").kind, NUMBER_MADE);
	assert_false(number_possible(BEFORE(X86_MODE_32, "\xb8\x78\x56\x34\x12"), true));
}

/* A machine whose registers and stack point at the code. */
static struct x86 *pointers(enum x86_mode mode)
{
	struct x86 *machine = x86_new(mode, 1 << 20);

	assert_non_null(machine);
	assert_int_equal(x86_map(machine, CODE, ROOM, X86_READ | X86_WRITE | X86_EXECUTE), 0);
	assert_int_equal(x86_map(machine, STACK, ROOM, X86_READ | X86_WRITE), 0);
	for (unsigned i = 0; i < ROOM; i += 8) {
		uint64_t word = mode == X86_MODE_64 ? CODE : (uint64_t)CODE << 32 | CODE;
		assert_int_equal(x86_write(machine, STACK + i, &word, sizeof word), 0);
	}
	for (int reg = 0; reg < (mode == X86_MODE_64 ? 16 : 8); reg++)
		x86_set(machine, reg, CODE);
	x86_set(machine, X86_SP, STACK + ROOM / 2);
	x86_set_flags(machine, 0x202);
	x86_set_ip(machine, CODE);
	return machine;
}

/* A few random instructions that go straight on; their length. */
static size_t random_code(struct random *random, enum x86_mode mode, uint8_t *code)
{
	unsigned count = 1 + random_below(random, LONGEST);
	size_t length = 0;

	for (unsigned done = 0; done < count;) {
		uint8_t bytes[INSTRUCTION_MAX];
		struct step step;
		for (unsigned i = 0; i < sizeof bytes; i++)
			bytes[i] = (uint8_t)random_below(random, 256);
		step = glance_length(mode, (struct bytes){ bytes, sizeof bytes });
		if (step.length == 0 || step.flow != FLOW_NEXT)
			continue;
		memcpy(code + length, bytes, step.length);
		length += step.length;
		done++;
	}
	return length;
}

/* What is said to be no number must be none when it is executed. */
static void is_right_where_it_says_no(void **state)
{
	uint8_t code[LONGEST * INSTRUCTION_MAX];
	struct random random;
	unsigned refused = 0;

	(void)state;
	random_init(&random, 71, 0);
	for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64; mode++) {
		struct x86 *machine = pointers(mode);
		assert_int_equal(x86_snapshot(machine), 0);
		for (unsigned i = 0; i < SEQUENCES; i++) {
			size_t length = random_code(&random, mode, code);
			if (number_possible(before(mode, (struct bytes){ code, length }), false))
				continue;
			assert_int_equal(x86_write(machine, CODE, code, length), 0);
			for (unsigned steps = 0; steps < 64 * LONGEST &&
						 x86_ip(machine) - CODE < length &&
						 x86_run(machine, 1).reason == X86_STOP_BUDGET;)
				steps++;
			/* but for what became other code on the way */
			if (x86_ip(machine) == CODE + length &&
			    x86_written_bytes(machine, CODE, CODE + length) == 0) {
				refused++;
				assert_false((uint32_t)x86_get(machine, X86_AX) < 0x2000);
			}
			x86_rollback(machine);
		}
		x86_free(machine);
	}
	assert_true(refused > SEQUENCES / 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_number),
		cmocka_unit_test(knows_numbers_that_no_system_has),
		cmocka_unit_test(is_right_where_it_says_no),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
