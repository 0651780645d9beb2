/* What x86_accesses tells before an instruction runs, held against what the instruction then did:
 * every byte that changed was announced, every page fault happened at an announced place, and the
 * data read is as much as was announced. */
#include "guest.h"

enum { CASES = 60000 };

static void tells_reads_and_writes(void **state)
{
	/* add [ebx+4], eax; push [ebx]; movsd; fstp tbyte [ebx]; xchg [ebx], al; pop [esp+4]; leave
	 */
	static const struct {
		const char *code;
		size_t length;
		int count;
		struct x86_access accesses[2];
	} cases[] = {
		{ "\x01\x43\x04", 3, 1, { { DATA + 4, 4, true, true } } },
		{ "\xff\x33",
		  2,
		  2,
		  { { DATA, 4, true, false }, { STACK - 0x1004, 4, false, true } } },
		{ "\xa5",
		  1,
		  2,
		  { { DATA + 0x20, 4, false, true }, { DATA + 0x10, 4, true, false } } },
		{ "\xdb\x3b", 2, 1, { { DATA, 10, false, true } } },
		{ "\x86\x03", 2, 1, { { DATA, 1, true, true } } },
		{ "\x8f\x44\x24\x04",
		  4,
		  2,
		  { { STACK - 0xff8, 4, false, true }, { STACK - 0x1000, 4, true, false } } },
		{ "\xc9", 1, 1, { { STACK - 0x800, 4, true, false } } },
		{ "\x0f\xab\x03", 3, 1, { { DATA - 4, 4, true, true } } }, /* bit -1 */
		{ "\x8d\x03", 2, 0, { { 0 } } },
		{ "\x0f\x1f\x03", 3, 0, { { 0 } } },
		{ "\xd7", 1, 1, { { DATA + 0xff, 1, true, false } } },
	};
	struct x86 *machine = guest_new(X86_MODE_32);
	struct x86_access accesses[X86_MOST_ACCESSES];

	(void)state;
	x86_set(machine, X86_AX, UINT32_MAX);
	x86_set(machine, X86_BX, DATA);
	x86_set(machine, X86_BP, STACK - 0x800);
	x86_set(machine, X86_SI, DATA + 0x10);
	x86_set(machine, X86_DI, DATA + 0x20);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		guest_load(machine, cases[i].code, cases[i].length);
		assert_int_equal(x86_accesses(machine, accesses), cases[i].count);
		for (int k = 0; k < cases[i].count; k++) {
			const struct x86_access *given = &accesses[k],
						*wanted = &cases[i].accesses[k];
			assert_int_equal(given->address, wanted->address);
			assert_int_equal(given->size, wanted->size);
			assert_int_equal(given->reads, wanted->reads);
			assert_int_equal(given->writes, wanted->writes);
		}
	}
	GUEST_LOAD(machine, "\xf3\xaa"); /* rep stosb with a count of zero */
	x86_set(machine, X86_CX, 0);
	assert_int_equal(x86_accesses(machine, accesses), 0);
	x86_set_ip(machine, 0x1000);
	assert_int_equal(x86_accesses(machine, accesses), ERROR_INPUT);
	x86_free(machine);
}

static void random_state(struct x86 *machine, struct random *random)
{
	uint8_t code[24];

	for (size_t i = 0; i < sizeof code; i++)
		code[i] = (uint8_t)random_below(random, 256);
	if (random_below(random, 3) == 0)
		code[0] = 0x0f;
	/* small displacements, so that most accesses are to mapped memory */
	if (random_below(random, 2) == 0)
		memset(code + 4, 0, 8);
	guest_load(machine, code, sizeof code);
	for (unsigned i = 0; i < X86_REGISTERS; i++)
		x86_set(machine, (enum x86_register)i,
			random_below(random, 4) ? DATA + 0x800 + random_below(random, 0x1000)
						: random_below(random, 16));
	x86_set(machine, X86_SP, STACK - 0x2000 + random_below(random, 64));
	x86_set_flags(machine, random_below(random, 2) ? X86_FLAG_DF : 0);
}

static bool announced(const struct x86_access *accesses, int count, uint64_t address, bool writes)
{
	for (int i = 0; i < count; i++)
		if (address - accesses[i].address < accesses[i].size &&
		    (accesses[i].writes || !writes))
			return true;
	return false;
}

static void check_changes(struct x86 *machine, uint64_t start, size_t size, const uint8_t *before,
			  const struct x86_access *accesses, int count)
{
	static uint8_t after[0x4000];

	assert_int_equal(x86_read(machine, start, after, size), 0);
	for (size_t i = 0; i < size; i++)
		if (before[i] != after[i] && !announced(accesses, count, start + i, true))
			fail_msg("a write to %#llx was not announced",
				 (unsigned long long)(start + i));
}

/* Bytes of the watched range that the announced reads take. */
static uint64_t announced_reads(const struct x86_access *accesses, int count)
{
	uint64_t sum = 0;

	for (int i = 0; i < count; i++)
		for (unsigned k = 0; accesses[i].reads && k < accesses[i].size; k++)
			sum += accesses[i].address + k - DATA < 0x2000;
	return sum;
}

static void check_case(struct x86 *machine, struct random *random)
{
	static uint8_t data[0x2000], stack[0x4000];
	struct x86_access accesses[X86_MOST_ACCESSES];
	char text[128] = "";

	random_state(machine, random);
	x86_disassemble(machine, CODE, text, sizeof text);
	assert_int_equal(x86_read(machine, DATA, data, sizeof data), 0);
	assert_int_equal(x86_read(machine, STACK - sizeof stack, stack, sizeof stack), 0);
	x86_watch_start(machine, DATA, DATA + 0x2000);
	int count = x86_accesses(machine, accesses);
	struct x86_exit exit = x86_run(machine, 1);
	uint64_t read = x86_watch_counts(machine).read;
	bool page_fault = exit.reason == X86_STOP_FAULT && exit.vector == X86_VECTOR_PF;

	if (count < 0)
		count = 0;
	check_changes(machine, DATA, sizeof data, data, accesses, count);
	check_changes(machine, STACK - sizeof stack, sizeof stack, stack, accesses, count);
	/* enter also tries the place of its final stack pointer, and reads as it tries */
	if (strncmp(text, "enter", 5) == 0)
		return;
	if (page_fault && exit.fault_address - CODE >= 0x2000 &&
	    !announced(accesses, count, exit.fault_address, false))
		fail_msg("%s: a fault at %#llx was not announced", text,
			 (unsigned long long)exit.fault_address);
	if (exit.reason == X86_STOP_BUDGET && read != announced_reads(accesses, count))
		fail_msg("%s: read %llu bytes, announced %llu", text, (unsigned long long)read,
			 (unsigned long long)announced_reads(accesses, count));
}

static void agrees_with_what_happens(void **state)
{
	struct random random;

	(void)state;
	random_init(&random, 3, 0);
	for (int mode = 0; mode < 2; mode++) {
		struct x86 *machine = guest_new(mode ? X86_MODE_64 : X86_MODE_32);
		for (int i = 0; i < CASES; i++)
			check_case(machine, &random);
		x86_free(machine);
	}
}

static void names_every_register(void **state)
{
	struct x86_value before[X86_MOST_VALUES], after[X86_MOST_VALUES];
	struct x86 *machine = guest_new(X86_MODE_32);
	uint32_t value;

	(void)state;
	assert_int_equal(x86_set_value(machine, "EDX", 77), 0);
	assert_int_equal(x86_set_value(machine, "fs_base", DATA), 0);
	assert_int_equal(x86_set_value(machine, "eflags", X86_FLAG_CF), 0);
	assert_int_equal(x86_set_value(machine, "rdx", 1), ERROR_USAGE);
	assert_int_equal(x86_get(machine, X86_DX), 77);
	assert_int_equal(x86_segment_base(machine, X86_FS), DATA);
	assert_int_equal(x86_flags(machine) & X86_FLAG_CF, X86_FLAG_CF);
	unsigned count = x86_values(machine, before);
	GUEST_LOAD(machine, "\xd9\xe8"); /* fld1 */
	x86_run(machine, 1);
	assert_int_equal(x86_values(machine, after), count);
	unsigned changed = 0;
	for (unsigned i = 0; i < count; i++) {
		if (memcmp(before[i].bytes, after[i].bytes, 16) == 0)
			continue;
		changed++;
		if (after[i].kind != X86_VALUE_X87)
			continue;
		assert_string_equal(before[i].name, "st7");
		assert_string_equal(after[i].name, "st0");
		assert_memory_equal(after[i].bytes, "\0\0\0\0\0\0\0\x80\xff\x3f", 10);
	}
	assert_int_equal(changed, 3); /* st0, fstat, ftag */
	assert_string_equal(before[2].name, "edx");
	memcpy(&value, before[2].bytes, sizeof value);
	assert_int_equal(value, 77);
	x86_free(machine);
	machine = guest_new(X86_MODE_64);
	assert_true(x86_values(machine, before) <= X86_MOST_VALUES);
	assert_int_equal(x86_set_value(machine, "r15", 5), 0);
	assert_int_equal(x86_get(machine, X86_R15), 5);
	x86_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(tells_reads_and_writes),
					    cmocka_unit_test(agrees_with_what_happens),
					    cmocka_unit_test(names_every_register) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
