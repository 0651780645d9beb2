/* What CPUID announces is what is executed: each feature's instruction runs, and what is not
 * announced is #UD. Known answers of the bit manipulation instructions. */
#include "guest.h"

static void cpuid(struct x86 *machine, uint32_t leaf, uint32_t subleaf, uint32_t answer[4])
{
	static const enum x86_register order[] = { X86_AX, X86_BX, X86_CX, X86_DX };

	x86_set(machine, X86_AX, leaf);
	x86_set(machine, X86_CX, subleaf);
	GUEST_LOAD(machine, "\x0f\xa2");
	assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET);
	for (unsigned i = 0; i < 4; i++)
		answer[i] = (uint32_t)x86_get(machine, order[i]);
}

struct feature {
	const char *name;
	uint32_t leaf;
	uint8_t answer, bit; /* 0 eax … 3 edx */
	uint8_t size;
	const char *code;
	bool wide_only;
};

static const struct feature features[] = {
	{ "tsc", 1, 3, 4, 2, "\x0f\x31" },
	{ "cx8", 1, 3, 8, 3, "\x0f\xc7\x0b" },
	{ "cmov", 1, 3, 15, 3, "\x0f\x44\xc3" },
	{ "clflush", 1, 3, 19, 3, "\x0f\xae\x3b" },
	{ "mmx", 1, 3, 23, 3, "\x0f\xfe\xc1" },
	{ "fxsr", 1, 3, 24, 3, "\x0f\xae\x03" },
	{ "sse", 1, 3, 25, 3, "\x0f\x58\xc1" },
	{ "sse2", 1, 3, 26, 4, "\x66\x0f\x58\xc1" },
	{ "sse3", 1, 2, 0, 4, "\xf2\x0f\x7c\xc1" },
	{ "pclmulqdq", 1, 2, 1, 6, "\x66\x0f\x3a\x44\xc1\x00" },
	{ "ssse3", 1, 2, 9, 5, "\x66\x0f\x38\x00\xc1" },
	{ "cx16", 1, 2, 13, 4, "\x48\x0f\xc7\x0b", true },
	{ "sse4.1", 1, 2, 19, 5, "\x66\x0f\x38\x40\xc1" },
	{ "sse4.2", 1, 2, 20, 5, "\x66\x0f\x38\x37\xc1" },
	{ "movbe", 1, 2, 22, 4, "\x0f\x38\xf0\x03" },
	{ "popcnt", 1, 2, 23, 4, "\xf3\x0f\xb8\xc3" },
	{ "aes", 1, 2, 25, 5, "\x66\x0f\x38\xdc\xc1" },
	{ "bmi1", 7, 1, 3, 5, "\xc4\xe2\x60\xf2\xc1" },
	{ "bmi2", 7, 1, 8, 5, "\xc4\xe2\x63\xf5\xc1" },
	{ "adx", 7, 1, 19, 5, "\x66\x0f\x38\xf6\xc3" },
	{ "lzcnt", 0x80000001, 2, 5, 4, "\xf3\x0f\xbd\xc3" },
	{ "prefetchw", 0x80000001, 2, 8, 3, "\x0f\x0d\x0b" },
	{ "rdtscp", 0x80000001, 3, 27, 3, "\x0f\x01\xf9" },
	/* not there; of AVX and AVX2 a part is (avx.c), and not announced */
	{ "monitor", 1, 2, 3, 3, "\x0f\x01\xc8" },
	{ "fma", 1, 2, 12, 5, "\xc4\xe2\x71\x98\xc2" },
	{ "osxsave", 1, 2, 27, 3, "\x0f\x01\xd0" },
	{ "avx", 1, 2, 28, 4, "\xc5\xf8\x58\xc1" },
	{ "f16c", 1, 2, 29, 5, "\xc4\xe2\x79\x13\xc1" },
	{ "rdrand", 1, 2, 30, 3, "\x0f\xc7\xf0" },
	{ "avx2", 7, 1, 5, 5, "\xc4\xe2\x71\x8c\x03" },
	{ "rdseed", 7, 1, 18, 3, "\x0f\xc7\xf8" },
	{ "sha", 7, 1, 29, 4, "\x0f\x38\xc8\xc1" },
	{ "gfni", 7, 2, 8, 5, "\x66\x0f\x38\xcf\xc1" },
	{ "rdpid", 7, 2, 22, 4, "\xf3\x0f\xc7\xf8" },
	{ "sse4a", 0x80000001, 2, 6, 4, "\x66\x0f\x79\xc1" },
	{ "xop", 0x80000001, 2, 11, 5, "\x8f\xe9\x78\xc1\xc1" },
};

static void executes_what_it_announces(enum x86_mode mode)
{
	struct x86 *machine = guest_new(mode);
	for (unsigned i = 0; i < sizeof features / sizeof features[0]; i++) {
		const struct feature *feature = &features[i];
		struct x86_exit end;
		uint32_t answer[4];
		bool announced;
		if (feature->wide_only && mode == X86_MODE_32)
			continue;
		cpuid(machine, feature->leaf, 0, answer);
		announced = answer[feature->answer] >> feature->bit & 1;
		guest_load(machine, feature->code, feature->size);
		x86_set(machine, X86_BX, DATA);
		end = x86_run(machine, 1);
		if (announced != (end.reason == X86_STOP_BUDGET))
			print_message("%s\n", feature->name);
		assert_int_equal(announced, end.reason == X86_STOP_BUDGET);
		if (!announced)
			assert_int_equal(end.vector, X86_VECTOR_UD);
	}
	x86_free(machine);
}

static void executes_what_it_announces_in_32_bit_mode(void **state)
{
	(void)state;
	executes_what_it_announces(X86_MODE_32);
}

static void executes_what_it_announces_in_64_bit_mode(void **state)
{
	(void)state;
	executes_what_it_announces(X86_MODE_64);
}

static void answers_every_leaf(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	uint32_t answer[4], last[4];
	cpuid(machine, 0, 0, answer);
	assert_int_equal(answer[0], 7);
	cpuid(machine, 0x80000000, 0, answer);
	assert_int_equal(answer[0], 0x80000004);
	/* in between, and other sub-leaves: nothing; beyond: as the highest basic one */
	cpuid(machine, 4, 0, answer);
	assert_int_equal(answer[0] | answer[1] | answer[2] | answer[3], 0);
	cpuid(machine, 7, 1, answer);
	assert_int_equal(answer[0] | answer[1] | answer[2] | answer[3], 0);
	cpuid(machine, 7, 0, last);
	cpuid(machine, 8, 0, answer);
	assert_memory_equal(answer, last, sizeof answer);
	cpuid(machine, 0x80000005, 0, answer);
	assert_memory_equal(answer, last, sizeof answer);
	cpuid(machine, 0x40000000, 0, answer);
	assert_memory_equal(answer, last, sizeof answer);
	/* syscall: not in 32-bit mode */
	cpuid(machine, 0x80000001, 0, answer);
	assert_int_equal(answer[3] & 0x800, 0);
	x86_free(machine);
}

struct bits_case {
	const char *code;
	unsigned size;
	uint64_t b, c;	/* ebx, ecx */
	uint64_t a;	/* eax after it; 0x12345678 before */
	unsigned flags; /* after it; all clear before */
};

static void manipulates_bits(void **state)
{
	(void)state;
	enum { CF = X86_FLAG_CF, ZF = X86_FLAG_ZF, SF = X86_FLAG_SF, OF = X86_FLAG_OF };
	static const struct bits_case cases[] = {
		{ "\xc4\xe2\x63\xf5\xc1", 5, 0x5, 0xf0f00000, 0x500000, 0 },	/* pdep */
		{ "\xc4\xe2\x62\xf5\xc1", 5, 0xabcdef01, 0xf0f00000, 0xac, 0 }, /* pext */
		{ "\xc4\xe2\x70\xf7\xc3", 5, 0xabcdef01, 0x0c08, 0xdef, 0 },	/* bextr */
		{ "\xc4\xe2\x70\xf7\xc3", 5, 0xabcdef01, 0x0840, 0, ZF },	/* beyond it */
		{ "\xc4\xe2\x70\xf5\xc3", 5, 0xabcdef01, 0x112, 0x1ef01, 0 },	/* bzhi */
		{ "\xc4\xe2\x70\xf5\xc3", 5, 0xabcdef01, 32, 0xabcdef01, CF | SF },
		{ "\xc4\xe2\x60\xf2\xc1", 5, 0x0f0f0f0f, 0xabcdef01, 0xa0c0e000, SF }, /* andn */
		{ "\xc4\xe3\x7b\xf0\xc3\x04", 6, 0xabcdef01, 0, 0x1abcdef0, 0 },       /* rorx 4 */
		{ "\xc4\xe2\x72\xf7\xc3", 5, 0xabcdef01, 36, 0xfabcdef0, 0 },	       /* sarx */
		{ "\xc4\xe2\x73\xf7\xc3", 5, 0xabcdef01, 36, 0x0abcdef0, 0 },	       /* shrx */
		{ "\xc4\xe2\x71\xf7\xc3", 5, 0xabcdef01, 36, 0xbcdef010, 0 },	       /* shlx */
		{ "\xc4\xe2\x78\xf3\xdb", 5, 0x00000a80, 0, 0x80, CF },		       /* blsi */
		{ "\xc4\xe2\x78\xf3\xd3", 5, 0x00000a80, 0, 0xff, 0 },		       /* blsmsk */
		{ "\xc4\xe2\x78\xf3\xcb", 5, 0x00000a80, 0, 0xa00, 0 },		       /* blsr */
		{ "\xc4\xe2\x78\xf3\xcb", 5, 0, 0, 0, CF | ZF },
		{ "\xf3\x0f\xbd\xc3", 4, 0x0000ffff, 0, 16, 0 }, /* lzcnt */
		{ "\xf3\x0f\xbd\xc3", 4, 0, 0, 32, CF },
		{ "\xf3\x0f\xbc\xc3", 4, 0x80000000, 0, 31, 0 }, /* tzcnt */
		{ "\xf3\x0f\xbc\xc3", 4, 1, 0, 0, ZF },
		{ "\x66\x0f\x38\xf6\xc3", 5, 0xf0000000, 0, 0x02345678, CF }, /* adcx */
		{ "\xf3\x0f\x38\xf6\xc3", 5, 0xf0000000, 0, 0x02345678, OF }, /* adox */
	};
	struct x86 *machine = guest_new(X86_MODE_32);
	/* blsi, blsmsk and blsr write the register of VEX.vvvv: eax here */
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		guest_load(machine, cases[i].code, cases[i].size);
		x86_set(machine, X86_AX, 0x12345678);
		x86_set(machine, X86_BX, cases[i].b);
		x86_set(machine, X86_CX, cases[i].c);
		x86_set_flags(machine, 2);
		assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET);
		assert_int_equal(x86_get(machine, X86_AX), cases[i].a);
		assert_int_equal(x86_flags(machine) & (CF | ZF | SF | OF), cases[i].flags);
	}
	/* mulx ebx, eax, ecx: edx * ecx, no flags */
	GUEST_LOAD(machine, "\xc4\xe2\x7b\xf6\xd9");
	x86_set(machine, X86_DX, 0xffffffff);
	x86_set(machine, X86_CX, 0x10001);
	assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_get(machine, X86_BX), 0x10000);
	assert_int_equal(x86_get(machine, X86_AX), 0xfffeffff);
	x86_free(machine);
}

/* VEX forbids what the general encoding allows, and is les and lds in 32-bit mode. */
static void refuses_wrong_vex(void **state)
{
	(void)state;
	static const struct {
		const char *code;
		unsigned size;
	} cases[] = {
		{ "\x66\xc4\xe2\x60\xf2\xc1", 6 }, /* 66 */
		{ "\xf2\xc4\xe2\x60\xf2\xc1", 6 }, /* f2 */
		{ "\xf3\xc4\xe2\x60\xf2\xc1", 6 }, /* f3 */
		{ "\xf0\xc4\xe2\x60\xf2\xc1", 6 }, /* lock */
		{ "\x48\xc4\xe2\x60\xf2\xc1", 6 }, /* rex */
		{ "\xc4\xe2\x64\xf2\xc1", 5 },	   /* andn with L = 1 */
		{ "\xc4\xe3\x73\xf0\xc3\x04", 6 }, /* rorx with vvvv in use */
		{ "\xc4\xe2\x78\xf3\xc3", 5 },	   /* no such group member */
	};
	struct x86 *machine = guest_new(X86_MODE_64);
	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct x86_exit end;
		guest_load(machine, cases[i].code, cases[i].size);
		end = x86_run(machine, 1);
		assert_int_equal(end.reason, X86_STOP_FAULT);
		assert_int_equal(end.vector, X86_VECTOR_UD);
		assert_int_equal(end.address, CODE);
	}
	x86_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(executes_what_it_announces_in_32_bit_mode),
		cmocka_unit_test(executes_what_it_announces_in_64_bit_mode),
		cmocka_unit_test(answers_every_leaf), cmocka_unit_test(manipulates_bits),
		cmocka_unit_test(refuses_wrong_vex)
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
