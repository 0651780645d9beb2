#include "guest.h"

#include "x86/decode.h"

/* Bytes of which many are an everyday instruction, whole or cut. */
static void random_bytes(struct random *random, uint8_t *bytes, bool wide)
{
	unsigned at = 0;

	for (unsigned i = 0; i < LONGEST_INSTRUCTION; i++)
		bytes[i] = (uint8_t)random_u32(random);
	if (wide && random_below(random, 2))
		bytes[at++] = (uint8_t)(0x40 | random_below(random, 16));
	if (random_below(random, 4) == 0)
		bytes[at] = 0x0f;
}

static void quick_is_full(enum x86_mode mode)
{
	struct x86 *machine = guest_new(mode);
	struct random random;
	unsigned quick = 0;

	random_init(&random, 3, mode);
	for (unsigned i = 0; i < 300000; i++) {
		uint8_t bytes[LONGEST_INSTRUCTION];
		struct operation fast, full;
		unsigned fast_used, full_used;
		random_bytes(&random, bytes, mode == X86_MODE_64);
		fast_used = decode_quick(machine, CODE + i, bytes, &fast);
		if (fast_used == 0)
			continue;
		quick++;
		full_used = decode_full(machine, CODE + i, bytes, sizeof bytes, &full);
		if (memcmp(&fast, &full, sizeof fast) != 0 || fast_used != full_used)
			print_message("byte %02x %02x %02x %02x\n", bytes[0], bytes[1], bytes[2],
				      bytes[3]);
		assert_int_equal(fast.prefixes, full.prefixes);
		assert_memory_equal(&fast, &full, sizeof fast);
		assert_int_equal(fast_used, full_used);
	}
	assert_true(quick > 50000);
	x86_free(machine);
}

static void quick_is_full_in_32_bit_mode(void **state)
{
	(void)state;
	quick_is_full(X86_MODE_32);
}

static void quick_is_full_in_64_bit_mode(void **state)
{
	(void)state;
	quick_is_full(X86_MODE_64);
}

static void disassembles(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	char text[64];
	GUEST_LOAD(machine, "\x8b\x45\x08\x0f\xff");
	assert_int_equal(x86_disassemble(machine, CODE, text, sizeof text), 3);
	assert_string_equal(text, "mov eax, [ebp+0x8]");
	assert_int_equal(x86_disassemble(machine, 0x100, text, sizeof text), ERROR_INPUT);
	x86_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(quick_is_full_in_32_bit_mode),
					    cmocka_unit_test(quick_is_full_in_64_bit_mode),
					    cmocka_unit_test(disassembles) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
