/* Exceptions: which, where, with what error code, and with nothing changed. What the host judges as
 * well is in test_differential.c; here is what it cannot: traps, the owner's events, Intel's ways.
 */
#include "guest.h"

#define AC	       (UINT64_C(1) << 18)
#define NT	       (UINT64_C(1) << 14)
#define TRAP	       X86_FLAG_TF
#define IN(mode, code) at_fault(mode, code, sizeof(code) - 1)

/* Runs one instruction (or a few) to the first stop. */
static struct x86_exit at_fault(enum x86_mode mode, const char *code, size_t size)
{
	struct x86 *machine = guest_new(mode);
	struct x86_exit end;

	guest_load(machine, code, size);
	end = x86_run(machine, 100);
	x86_free(machine);
	return end;
}

static void faults(struct x86_exit end, enum x86_vector vector, uint32_t error_code,
		   unsigned offset)
{
	assert_int_equal(end.reason, X86_STOP_FAULT);
	assert_int_equal(end.vector, vector);
	assert_int_equal(end.error_code, error_code);
	assert_int_equal(end.address, CODE + offset);
}

static void undefined_ones(void **state)
{
	(void)state;
	const enum x86_mode narrow = X86_MODE_32, wide = X86_MODE_64;

	faults(IN(narrow, "\x0f\x0b"), X86_VECTOR_UD, 0, 0);	     /* ud2 */
	faults(IN(narrow, "\x0f\xff\xc0"), X86_VECTOR_UD, 0, 0);     /* ud0 */
	faults(IN(narrow, "\x0f\xb9\xc0"), X86_VECTOR_UD, 0, 0);     /* ud1 */
	faults(IN(narrow, "\x0f\xaa"), X86_VECTOR_UD, 0, 0);	     /* rsm */
	faults(IN(narrow, "\x0f\x05"), X86_VECTOR_UD, 0, 0);	     /* syscall */
	faults(IN(narrow, "\x0f\x07"), X86_VECTOR_UD, 0, 0);	     /* sysret */
	faults(IN(narrow, "\x0f\x0e"), X86_VECTOR_UD, 0, 0);	     /* femms */
	faults(IN(narrow, "\x0f\x01\xc1"), X86_VECTOR_UD, 0, 0);     /* vmcall */
	faults(IN(narrow, "\x8e\xc8"), X86_VECTOR_UD, 0, 0);	     /* mov cs, ax */
	faults(IN(narrow, "\xf0\x90"), X86_VECTOR_UD, 0, 0);	     /* lock nop */
	faults(IN(narrow, "\xf0\x01\xc0"), X86_VECTOR_UD, 0, 0);     /* lock add eax, eax */
	faults(IN(narrow, "\xf0\x39\x00"), X86_VECTOR_UD, 0, 0);     /* lock cmp [eax], eax */
	faults(IN(narrow, "\x8d\xc0"), X86_VECTOR_UD, 0, 0);	     /* lea eax, eax */
	faults(IN(narrow, "\x0f\xc7\xc8"), X86_VECTOR_UD, 0, 0);     /* cmpxchg8b eax */
	faults(IN(wide, "\x06"), X86_VECTOR_UD, 0, 0);		     /* push es */
	faults(IN(wide, "\x82\xc0\x01"), X86_VECTOR_UD, 0, 0);	     /* the alias of 80 */
	faults(IN(wide, "\xd6"), X86_VECTOR_UD, 0, 0);		     /* salc */
	faults(IN(wide, "\xce"), X86_VECTOR_UD, 0, 0);		     /* into */
	faults(IN(wide, "\x9a\0\0\0\0\x33\0"), X86_VECTOR_UD, 0, 0); /* call far */
	faults(IN(wide, "\x62\xc0"), X86_VECTOR_UD, 0, 0);
}

static void privileged_ones(void **state)
{
	(void)state;
	static const struct {
		char code[4];
		unsigned length;
	} codes[] = { { "\xf4", 1 },	     { "\xfa", 1 },	    { "\xfb", 1 },
		      { "\xe4\x01", 2 },     { "\xed", 1 },	    { "\xee", 1 },
		      { "\x6c", 1 },	     { "\x6f", 1 },	    { "\x0f\x06", 2 },
		      { "\x0f\x08", 2 },     { "\x0f\x09", 2 },	    { "\x0f\x30", 2 },
		      { "\x0f\x32", 2 },     { "\x0f\x33", 2 },	    { "\x0f\x20\xc0", 3 },
		      { "\x0f\x21\xc0", 3 }, { "\x0f\x22\xd8", 3 }, { "\x0f\x01\x10", 3 },
		      { "\x0f\x01\xf0", 3 }, { "\x0f\x01\x38", 3 }, { "\x0f\x00\xd0", 3 },
		      { "\x0f\x00\xd8", 3 }, { "\x0f\x35", 2 } };

	for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		faults(at_fault(X86_MODE_32, codes[i].code, codes[i].length), X86_VECTOR_GP, 0, 0);
		faults(at_fault(X86_MODE_64, codes[i].code, codes[i].length), X86_VECTOR_GP, 0, 0);
	}
	faults(IN(X86_MODE_64, "\x0f\x01\xf8"), X86_VECTOR_GP, 0, 0); /* swapgs */
	faults(IN(X86_MODE_64, "\x0f\x07"), X86_VECTOR_GP, 0, 0);     /* sysret */
	/* 15 bytes are an instruction, 16 are too many */
	faults(IN(X86_MODE_32,
		  "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90\x0f\x0b"),
	       X86_VECTOR_UD, 0, 15);
	faults(IN(X86_MODE_32, "\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90"),
	       X86_VECTOR_GP, 0, 0);
}

/* Undocumented but working encodings, and what the processor of cpuid makes of later ones. */
static void odd_ones_work(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);

	/* mov al, 2; 82 /0: add al, 3; f6 /1: test al, 5; c0 /6: shl al, 1; d6; stc; d6; ud2 */
	GUEST_LOAD(machine, "\xb0\x02\x82\xc0\x03\xf6\xc8\x05\xc0\xf0\x01\x0f\x0b");
	assert_int_equal(x86_run(machine, 20).vector, X86_VECTOR_UD);
	assert_int_equal(x86_get(machine, X86_AX) & 0xff, 10);
	GUEST_LOAD(machine, "\xf9\xd6\x0f\x0b");
	assert_int_equal(x86_run(machine, 20).vector, X86_VECTOR_UD);
	assert_int_equal(x86_get(machine, X86_AX) & 0xff, 0xff);
	/* hint nops touch nothing: 0f 0d, 0f 18 … 0f 1f with any modrm, endbr32, cldemote, bndmov
	 */
	GUEST_LOAD(machine,
		   "\x0f\x0d\x38\x0f\x18\xff\x0f\x19\x00\x0f\x1a\xc1\x0f\x1b\x00\x0f\x1c\x00"
		   "\x0f\x1d\x00\x0f\x1e\xfb\xf3\x0f\x1e\xfb\x0f\x1f\x40\x00\x0f\x0b");
	x86_set(machine, X86_AX, 0);
	faults(x86_run(machine, 20), X86_VECTOR_UD, 0, 32);
	x86_free(machine);
}

static void interrupts_are_the_owners(void **state)
{
	(void)state;
	static const struct {
		char code[2];
		unsigned length, vector;
	} codes[] = { { "\xcc", 1, 3 }, { "\xcd\x2e", 2, 0x2e }, { "\xf1", 1, 1 } };

	for (unsigned i = 0; i < 3; i++) {
		struct x86 *machine = guest_new(X86_MODE_32);
		struct x86_exit end;
		guest_load(machine, codes[i].code, codes[i].length);
		/* with TF set too: an interrupt clears it before it could trap */
		x86_set_flags(machine, TRAP);
		end = x86_run(machine, 10);
		assert_int_equal(end.reason, X86_STOP_INTERRUPT);
		assert_int_equal(end.vector, codes[i].vector);
		assert_int_equal(end.address, CODE);
		assert_int_equal(x86_ip(machine), CODE + codes[i].length);
		x86_free(machine);
	}
}

/* --- TF --- */

static void steps_from_the_next_instruction(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	struct x86_exit end;

	/* push 0x102; popf; nop; nop: popf sets TF, the first nop traps */
	GUEST_LOAD(machine, "\x68\x02\x01\0\0\x9d\x90\x90");
	end = x86_run(machine, 10);
	faults(end, X86_VECTOR_DB, 0, 6);
	assert_int_equal(x86_ip(machine), CODE + 7);
	/* push 2; popf with TF set: popf itself still traps, the nop does not */
	GUEST_LOAD(machine, "\x6a\x02\x9d\x90\x0f\x0b");
	x86_set_flags(machine, 0);
	assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET);
	x86_set_flags(machine, TRAP);
	faults(x86_run(machine, 10), X86_VECTOR_DB, 0, 2);
	faults(x86_run(machine, 10), X86_VECTOR_UD, 0, 4);
	x86_free(machine);
}

static void steps_through_repetitions(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);

	GUEST_LOAD(machine, "\xf3\xaa\x90"); /* rep stosb */
	x86_set(machine, X86_CX, 2);
	x86_set(machine, X86_DI, DATA);
	x86_set_flags(machine, TRAP);
	faults(x86_run(machine, 10), X86_VECTOR_DB, 0, 0);
	assert_int_equal(x86_ip(machine), CODE);
	assert_int_equal(x86_get(machine, X86_CX), 1);
	faults(x86_run(machine, 10), X86_VECTOR_DB, 0, 0);
	assert_int_equal(x86_ip(machine), CODE + 2);
	/* an instruction that faults does not trap */
	GUEST_LOAD(machine, "\x0f\x0b");
	faults(x86_run(machine, 10), X86_VECTOR_UD, 0, 0);
	/* a taken branch traps at its target: jmp +1 */
	GUEST_LOAD(machine, "\xeb\x01\x90\x90");
	faults(x86_run(machine, 10), X86_VECTOR_DB, 0, 0);
	assert_int_equal(x86_ip(machine), CODE + 3);
	x86_free(machine);
}

/* --- alignment --- */

static void checks_alignment_while_ac_is_set(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);

	/* mov eax, [0x500001] is fine; then pushf; or [esp], AC; popf; and it is not */
	GUEST_LOAD(machine, "\xa1\x01\0\x50\0\x9c\x81\x0c\x24\0\0\x04\0\x9d"
			    "\xa0\x01\0\x50\0\x66\xa1\x02\0\x50\0\xa1\x04\0\x50\0\xa1\x02\0\x50\0");
	faults(x86_run(machine, 100), X86_VECTOR_AC, 0, 30);
	/* fld of ten bytes wants eight */
	GUEST_LOAD(machine, "\xdb\x2d\x08\0\x50\0\xdb\x2d\x04\0\x50\0");
	faults(x86_run(machine, 100), X86_VECTOR_AC, 0, 6);
	/* the environment wants the size of its elements */
	GUEST_LOAD(machine, "\xd9\x35\x04\0\x50\0\x66\xd9\x35\x02\0\x50\0\xd9\x35\x02\0\x50\0");
	faults(x86_run(machine, 100), X86_VECTOR_AC, 0, 13);
	/* before the page is looked for */
	GUEST_LOAD(machine, "\xa1\x01\0\0\0");
	faults(x86_run(machine, 100), X86_VECTOR_AC, 0, 0);
	GUEST_LOAD(machine, "\xa1\x04\0\0\0");
	faults(x86_run(machine, 100), X86_VECTOR_PF, 0, 0);
	/* sgdt wants four, its base lies at six */
	GUEST_LOAD(machine, "\x0f\x01\x05\x04\0\x50\0\x0f\x01\x05\x02\0\x50\0");
	faults(x86_run(machine, 100), X86_VECTOR_AC, 0, 7);
	assert_int_equal(x86_read_u32(machine, DATA + 6), 0x8003f000);
	/* the stack */
	GUEST_LOAD(machine, "\x50");
	x86_set(machine, X86_SP, STACK - 0x1002);
	faults(x86_run(machine, 100), X86_VECTOR_AC, 0, 0);
	/* and not once it is clear */
	x86_set_flags(machine, x86_flags(machine) & ~AC);
	assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET);
	x86_free(machine);
}

static void alignment_comes_back_with_a_snapshot(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);

	GUEST_LOAD(machine, "\xa1\x01\0\x50\0\xa1\x01\0\x50\0");
	x86_set_flags(machine, AC);
	assert_int_equal(x86_snapshot(machine), 0);
	x86_set_flags(machine, 0);
	assert_int_equal(x86_run(machine, 2).reason, X86_STOP_BUDGET);
	x86_rollback(machine);
	faults(x86_run(machine, 2), X86_VECTOR_AC, 0, 0);
	x86_free(machine);
}

/* Whatever the run before it ended with. */
static void alignment_faults_behind_a_stop(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);

	GUEST_LOAD(machine, "\xcd\x80\x8b\x03");
	x86_set_flags(machine, AC);
	x86_set(machine, X86_BX, DATA);
	assert_int_equal(x86_run(machine, 10).reason, X86_STOP_INTERRUPT);
	assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET);
	x86_set_ip(machine, CODE);
	x86_set(machine, X86_BX, DATA + 1);
	assert_int_equal(x86_run(machine, 10).reason, X86_STOP_INTERRUPT);
	faults(x86_run(machine, 10), X86_VECTOR_AC, 0, 2);
	x86_free(machine);
}

/* --- far transfers --- */

static void transfers_within_its_segment(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);
	uint64_t stack = x86_get(machine, X86_SP);

	/* lcall 0x23:CODE+9; ud2; retf */
	GUEST_LOAD(machine, "\x9a\x09\x10\x40\0\x23\0\x0f\x0b\xcb");
	assert_int_equal(x86_run(machine, 1).reason, X86_STOP_BUDGET);
	assert_int_equal(x86_ip(machine), CODE + 9);
	assert_int_equal(x86_read_u32(machine, stack - 4), 0x23);
	assert_int_equal(x86_read_u32(machine, stack - 8), CODE + 7);
	faults(x86_run(machine, 5), X86_VECTOR_UD, 0, 7);
	assert_int_equal(x86_get(machine, X86_SP), stack);
	/* through memory: ljmp [0x500000]; the RPL does not matter */
	static const uint8_t pointer[] = { 0x07, 0x10, 0x40, 0, 0x20, 0 };
	assert_int_equal(x86_write(machine, DATA, pointer, sizeof pointer), 0);
	GUEST_LOAD(machine, "\xff\x2d\0\0\x50\0\x90\x0f\x0b");
	faults(x86_run(machine, 5), X86_VECTOR_UD, 0, 7);
	x86_free(machine);
}

static void refuses_other_segments(void **state)
{
	(void)state;
	struct x86_exit end;

	faults(IN(X86_MODE_32, "\xea\0\0\0\0\0\0"), X86_VECTOR_GP, 0, 0);	 /* null */
	faults(IN(X86_MODE_32, "\xea\0\0\0\0\x2b\0"), X86_VECTOR_GP, 0x28, 0);	 /* data */
	faults(IN(X86_MODE_32, "\x9a\0\0\0\0\x33\0"), X86_VECTOR_GP, 0x30, 0);	 /* nothing */
	faults(IN(X86_MODE_32, "\x6a\x33\x6a\x00\xcb"), X86_VECTOR_GP, 0x30, 4); /* retf */
	faults(IN(X86_MODE_32, "\x6a\x20\x6a\x00\xcb"), X86_VECTOR_GP, 0x20, 4); /* its RPL */
	faults(IN(X86_MODE_32, "\x6a\x02\x6a\x33\x6a\x00\xcf"), X86_VECTOR_GP, 0x30, 6); /* iret */
	/* a local descriptor may be a gate: the owner knows */
	end = IN(X86_MODE_32, "\x9a\0\0\0\0\x07\0");
	assert_int_equal(end.reason, X86_STOP_SYSCALL);
	assert_int_equal(end.vector, 7);
}

static void returns_from_interrupts(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);

	/* push 0x0ed7 (all arithmetic flags, DF, IF, not TF); push 0x23; push CODE+16; iret; ud2 */
	GUEST_LOAD(machine,
		   "\x68\xd7\x0e\0\0\x6a\x23\x68\x10\x10\x40\0\xcf\x0f\x0b\x90\x90\x0f\x0b");
	faults(x86_run(machine, 10), X86_VECTOR_UD, 0, 17);
	assert_int_equal(x86_flags(machine) & 0xed7, 0xed7);
	/* to another task there is no way */
	GUEST_LOAD(machine, "\xcf");
	x86_set_flags(machine, NT);
	faults(x86_run(machine, 10), X86_VECTOR_GP, 0, 0);
	x86_free(machine);
	/* 64 bits: the stack comes back too; push 0x2b; push 0x600000-0x2000; pushf; push 0x33;
	 * push CODE+19; iretq */
	machine = guest_new(X86_MODE_64);
	GUEST_LOAD(machine, "\x6a\x2b\x68\x00\xe0\x5f\x00\x9c\x6a\x33\x68\x13\x10\x40\0\x48\xcf\x0f"
			    "\x0b\x90\x0f\x0b");
	faults(x86_run(machine, 10), X86_VECTOR_UD, 0, 20);
	assert_int_equal(x86_get(machine, X86_SP), STACK - 0x2000);
	x86_free(machine);
}

static void answers_about_descriptors(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);

	/* mov ecx, 0x23; lar eax, ecx; lsl edx, ecx; verw cx; setz bl; verr cx; setz bh; ud2 */
	GUEST_LOAD(machine, "\xb9\x23\0\0\0\x0f\x02\xc1\x0f\x03\xd1\x0f\x00\xe9\x0f\x94\xc3"
			    "\x0f\x00\xe1\x0f\x94\xc7\x0f\x0b");
	faults(x86_run(machine, 20), X86_VECTOR_UD, 0, 23);
	assert_int_equal(x86_get(machine, X86_AX), 0x00cffb00);
	assert_int_equal(x86_get(machine, X86_DX), 0xffffffff);
	assert_int_equal(x86_get(machine, X86_BX) & 0xffff, 0x0100);
	/* mov eax, 0x10; mov edx, 3; arpl ax, dx; setz cl; xor ebx, ebx; lar ebx, ax; ud2 */
	GUEST_LOAD(machine,
		   "\xb8\x10\0\0\0\xba\x03\0\0\0\x63\xd0\x0f\x94\xc1\x31\xdb\x0f\x02\xd8\x0f\x0b");
	faults(x86_run(machine, 20), X86_VECTOR_UD, 0, 20);
	assert_int_equal(x86_get(machine, X86_AX), 0x13);
	assert_int_equal(x86_get(machine, X86_CX) & 0xff, 1);
	assert_int_equal(x86_get(machine, X86_BX), 0); /* the system's own: not to be seen */
	assert_int_equal(x86_flags(machine) & X86_FLAG_ZF, 0);
	x86_free(machine);
}

static void reaches_nothing_through_null(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_32);

	/* mov eax, [0x500000]; mov ds, dx; mov eax, [0x500000] */
	GUEST_LOAD(machine, "\xa1\0\0\x50\0\x8e\xda\xa1\0\0\x50\0");
	x86_set(machine, X86_DX, 3);
	faults(x86_run(machine, 10), X86_VECTOR_GP, 0, 7);
	/* its address is no access, a nop is none, the stack is another segment, and cs: too:
	 * lea eax, [0x500000]; nop [eax]; mov ecx, [esp]; mov ecx, [ebp]; mov ecx, cs:[eax];
	 * mov [eax], ecx */
	GUEST_LOAD(machine,
		   "\x8d\x05\0\0\x50\0\x0f\x1f\x00\x8b\x0c\x24\x8b\x4d\0\x2e\x8b\x08\x89\x08");
	x86_set(machine, X86_BP, STACK - 0x100);
	faults(x86_run(machine, 10), X86_VECTOR_GP, 0, 18);
	/* rep stosb with ES null: nothing to do, then something */
	GUEST_LOAD(machine, "\x8e\xc2\x31\xc9\xf3\xaa\x41\xf3\xaa");
	faults(x86_run(machine, 10), X86_VECTOR_GP, 0, 7);
	/* push ss; pop ds: and it is back; FS never was */
	GUEST_LOAD(machine, "\x16\x1f\xa1\0\0\x50\0\x64\xa1\0\0\x50\0");
	faults(x86_run(machine, 10), X86_VECTOR_GP, 0, 7);
	x86_set_segment(machine, X86_FS, 0x3b, DATA);
	x86_set_ip(machine, CODE + 7);
	assert_int_equal(x86_run(machine, 1).vector, X86_VECTOR_PF); /* twice the base */
	x86_free(machine);
	/* in 64-bit mode all of them are flat */
	machine = guest_new(X86_MODE_64);
	GUEST_LOAD(machine, "\x8e\xda\x8b\x04\x25\0\0\x50\0");
	assert_int_equal(x86_run(machine, 2).reason, X86_STOP_BUDGET);
	x86_free(machine);
}

static void leaves_system_calls_to_the_owner(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_64);
	struct x86_exit end;

	GUEST_LOAD(machine, "\x48\x0f\x05"); /* prefixed */
	end = x86_run(machine, 10);
	assert_int_equal(end.reason, X86_STOP_SYSCALL);
	assert_int_equal(x86_get(machine, X86_CX), CODE + 3);
	/* sysenter leaves nothing behind */
	GUEST_LOAD(machine, "\x0f\x34");
	x86_set(machine, X86_CX, 1);
	end = x86_run(machine, 10);
	assert_int_equal(end.reason, X86_STOP_SYSCALL);
	assert_int_equal(x86_get(machine, X86_CX), 1);
	x86_free(machine);
}

static void faults_of_the_stack_are_its_own(void **state)
{
	(void)state;
	struct x86 *machine = guest_new(X86_MODE_64);

	/* push [0x500000] and call [0x500000] with a stack that is no address */
	GUEST_LOAD(machine, "\xff\x34\x25\0\0\x50\0");
	x86_set(machine, X86_SP, UINT64_C(1) << 60);
	faults(x86_run(machine, 10), X86_VECTOR_SS, 0, 0);
	GUEST_LOAD(machine, "\xff\x14\x25\0\0\x50\0");
	faults(x86_run(machine, 10), X86_VECTOR_SS, 0, 0);
	assert_int_equal(x86_get(machine, X86_SP), UINT64_C(1) << 60);
	/* mov eax, [rcx] with a base that is none */
	GUEST_LOAD(machine, "\x8b\x01");
	x86_set(machine, X86_CX, UINT64_C(1) << 60);
	faults(x86_run(machine, 10), X86_VECTOR_GP, 0, 0);
	x86_free(machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undefined_ones),
		cmocka_unit_test(privileged_ones),
		cmocka_unit_test(odd_ones_work),
		cmocka_unit_test(interrupts_are_the_owners),
		cmocka_unit_test(steps_from_the_next_instruction),
		cmocka_unit_test(steps_through_repetitions),
		cmocka_unit_test(checks_alignment_while_ac_is_set),
		cmocka_unit_test(alignment_comes_back_with_a_snapshot),
		cmocka_unit_test(alignment_faults_behind_a_stop),
		cmocka_unit_test(transfers_within_its_segment),
		cmocka_unit_test(refuses_other_segments),
		cmocka_unit_test(returns_from_interrupts),
		cmocka_unit_test(answers_about_descriptors),
		cmocka_unit_test(reaches_nothing_through_null),
		cmocka_unit_test(leaves_system_calls_to_the_owner),
		cmocka_unit_test(faults_of_the_stack_are_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
