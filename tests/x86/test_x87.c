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

/* An environment of 28 bytes at DATA + 0x100, as fnstenv leaves it. */
static void looks_at(struct x86 *machine, unsigned status, unsigned tags, uint64_t instruction,
		     unsigned opcode, uint64_t operand)
{
	assert_int_equal(x86_read_u32(machine, DATA + 0x104) & 0xffff, status);
	assert_int_equal(x86_read_u32(machine, DATA + 0x108) & 0xffff, tags);
	assert_int_equal(x86_read_u32(machine, DATA + 0x10c), instruction);
	assert_int_equal(x86_read_u32(machine, DATA + 0x110) >> 16, opcode);
	assert_int_equal(x86_read_u32(machine, DATA + 0x110) & 0xffff, 0x23);
	assert_int_equal(x86_read_u32(machine, DATA + 0x114), operand);
}

#define FNSTENV "\xd9\x35\0\x01\x50\0"

static struct x86 *with_control(uint16_t control)
{
	struct x86 *machine = guest_new(X86_MODE_32);

	assert_int_equal(x86_write(machine, DATA, &control, 2), 0);
	/* fldcw [0x500000] */
	GUEST_LOAD(machine, "\xd9\x2d\0\0\x50\0");
	assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET);
	return machine;
}

static void leaves_memory_alone(void **state)
{
	(void)state;
	struct x86 *machine = with_control(0x377); /* overflow */
	static const uint8_t large[] = { 0, 0, 0, 0, 0, 0, 0, 0x80, 0x00, 0x60 };

	assert_int_equal(x86_write(machine, DATA + 8, large, sizeof large), 0);
	/* fld tbyte [0x500008]; fstp qword [0x500020]; fnstenv; fwait */
	GUEST_LOAD(machine, "\xdb\x2d\x08\0\x50\0\xdd\x1d\x20\0\x50\0" FNSTENV "\x9b");
	assert_int_equal(x86_run(machine, 3).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_read_u32(machine, DATA + 0x24), 0);
	/* not popped either; ES, B, OE; the opcode is kept for the handler */
	looks_at(machine, 0xb888, 0x3fff, CODE + 6, 0x51d, DATA + 0x20);
	/* fnstenv masks what waits */
	assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET);
	x86_free(machine);
}

static void wraps_an_exponent(void **state)
{
	(void)state;
	struct x86 *machine = with_control(0x377);
	static const uint8_t large[] = { 0, 0, 0, 0, 0, 0, 0, 0x80, 0x00, 0x70 };

	assert_int_equal(x86_write(machine, DATA + 8, large, sizeof large), 0);
	/* fld tbyte [0x500008]; fmul st, st; fnclex; fstp tbyte [0x500020] */
	GUEST_LOAD(machine, "\xdb\x2d\x08\0\x50\0\xd8\xc8\xdb\xe2\xdb\x3d\x20\0\x50\0");
	assert_int_equal(x86_run(machine, 4).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_read_u32(machine, DATA + 0x28), 2 * 0x7000 - 0x3fff - 24576);
	x86_free(machine);
}

static void raises_at_the_next_that_waits(void **state)
{
	(void)state;
	struct x86 *machine = with_control(0x37e); /* invalid */
	struct x86_exit end;

	/* fadd st, st(1) on an empty stack; nop; fnstenv; fldcw [0x500000]; fld1 */
	GUEST_LOAD(machine, "\xd8\xc1\x90" FNSTENV "\xd9\x2d\0\0\x50\0\xd9\xe8");
	assert_int_equal(x86_run(machine, 3).reason, X86_STOP_BUDGET);
	/* IE, SF, ES, B; C1 clear: an underflow; the stack as it was */
	looks_at(machine, 0x80c1, 0xffff, CODE, 0x0c1, 0);
	/* the control word unmasks it again: the next one raises it */
	end = x86_run(machine, 2);
	assert_int_equal(end.reason, X86_STOP_FAULT);
	assert_int_equal(end.vector, X86_VECTOR_MF);
	assert_int_equal(end.address, CODE + 15);
	x86_free(machine);
}

static void keeps_the_top_on_a_stack_fault(void **state)
{
	(void)state;
	struct x86 *machine = with_control(0x37e);

	/* fld st(0) of nothing; fnstenv */
	GUEST_LOAD(machine, "\xd9\xc0" FNSTENV);
	assert_int_equal(x86_run(machine, 2).reason, X86_STOP_BUDGET);
	looks_at(machine, 0x80c1, 0xffff, CODE, 0x1c0, 0);
	x86_free(machine);
	/* eight times fld1, and a ninth: an overflow, C1 set */
	machine = with_control(0x37e);
	GUEST_LOAD(machine, "\xd9\xe8\xd9\xe8\xd9\xe8\xd9\xe8\xd9\xe8\xd9\xe8\xd9\xe8\xd9\xe8"
			    "\xd9\xe8" FNSTENV);
	assert_int_equal(x86_run(machine, 10).reason, X86_STOP_BUDGET);
	looks_at(machine, 0x82c1, 0, CODE + 16, 0x1e8, 0);
	x86_free(machine);
}

/* SDM vol. 1, figures 8-9 to 8-12; vol. 2, FXSAVE. */
static void lays_out_environments(void **state)
{
	(void)state;
	struct x86 *machine = with_control(0x37f);
	uint16_t words[7];
	uint64_t pointer;

	/* fild word [0x500010]; 16-bit fnstenv [0x500100] */
	GUEST_LOAD(machine, "\xdf\x05\x10\0\x50\0\x66\xd9\x35\0\x01\x50\0");
	assert_int_equal(x86_run(machine, 2).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_read(machine, DATA + 0x100, words, sizeof words), 0);
	assert_int_equal(words[0], 0x37f);
	assert_int_equal(words[1], 0x3800);
	assert_int_equal(words[2], 0x7fff); /* zero in register 7 */
	assert_int_equal(words[3], CODE & 0xffff);
	assert_int_equal(words[4], 0x23);
	assert_int_equal(words[5], (DATA + 0x10) & 0xffff);
	assert_int_equal(words[6], 0x2b);
	x86_free(machine);
	machine = guest_new(X86_MODE_64);
	assert_int_equal(x86_map(machine, UINT64_C(0x700000000000), 0x1000, X86_READ | X86_WRITE),
			 0);
	x86_set(machine, X86_CX, UINT64_C(0x700000000010));
	x86_set(machine, X86_DX, DATA);
	/* fild word [rcx]; fxsave64 [rdx]; fxsave [rdx + 0x200] */
	GUEST_LOAD(machine, "\xdf\x01\x48\x0f\xae\x02\x0f\xae\x82\0\x02\0\0");
	assert_int_equal(x86_run(machine, 3).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_read(machine, DATA + 16, &pointer, 8), 0);
	assert_int_equal(pointer, UINT64_C(0x700000000010));
	assert_int_equal(x86_read(machine, DATA + 0x200 + 16, &pointer, 8), 0);
	assert_int_equal(pointer, UINT64_C(0x2b00000010)); /* cut, and a selector */
	assert_int_equal(x86_read(machine, DATA + 0x200 + 8, &pointer, 8), 0);
	assert_int_equal(pointer, UINT64_C(0x3300000000) + CODE);
	x86_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(tells_where_it_is),
					    cmocka_unit_test(waits_with_an_exception),
					    cmocka_unit_test(leaves_memory_alone),
					    cmocka_unit_test(wraps_an_exponent),
					    cmocka_unit_test(raises_at_the_next_that_waits),
					    cmocka_unit_test(keeps_the_top_on_a_stack_fault),
					    cmocka_unit_test(lays_out_environments) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
