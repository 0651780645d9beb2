/* Where two outcomes may differ and both be right: what the manuals leave undefined, results that
 * are approximations, and the places where AMD does otherwise than Intel and we. */
#include <math.h>
#include <string.h>

#include "compared.h"
#include "outcome.h"

enum {
	VECTOR_UD = 6,
	FLAG_TF = 0x100,
	FLAGS_COMPARED = 0x244fd5,
	VECTOR_PF = 14,
	VECTOR_GP = 13,
	VECTOR_SS = 12,
	VECTOR_AC = 17
};

/* Instructions with several accesses: which comes first, and so which faults, is nobody's business.
 */
static bool several_accesses(const struct case_plan *plan)
{
	switch (plan->instruction.mnemonic) {
	case ZYDIS_MNEMONIC_CMPSB:
	case ZYDIS_MNEMONIC_CMPSW:
	case ZYDIS_MNEMONIC_CMPSD:
	case ZYDIS_MNEMONIC_CMPSQ:
	case ZYDIS_MNEMONIC_ENTER:
	case ZYDIS_MNEMONIC_PUSHA:
	case ZYDIS_MNEMONIC_PUSHAD:
	case ZYDIS_MNEMONIC_POPA:
	case ZYDIS_MNEMONIC_POPAD:
	case ZYDIS_MNEMONIC_IRET:
	case ZYDIS_MNEMONIC_IRETD:
	case ZYDIS_MNEMONIC_IRETQ:
	case ZYDIS_MNEMONIC_FNSTENV:
	case ZYDIS_MNEMONIC_FNSAVE:
	case ZYDIS_MNEMONIC_FLDENV:
	case ZYDIS_MNEMONIC_FRSTOR:
	case ZYDIS_MNEMONIC_FXSAVE:
	case ZYDIS_MNEMONIC_FXSAVE64:
	case ZYDIS_MNEMONIC_FXRSTOR:
	case ZYDIS_MNEMONIC_FXRSTOR64:
	case ZYDIS_MNEMONIC_LDS:
	case ZYDIS_MNEMONIC_LES:
	case ZYDIS_MNEMONIC_LFS:
	case ZYDIS_MNEMONIC_LGS:
	case ZYDIS_MNEMONIC_LSS: return true;
	default: return plan->instruction.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR;
	}
}

void outcome_normalise(struct native_case *one, const struct case_plan *plan)
{
	uint16_t status;

	one->state.flags &= FLAGS_COMPARED & ~(uint64_t)FLAG_TF & ~(uint64_t)plan->undefined_flags;
	one->error_code &= ~4u; /* every access is the user's */
	if (one->fault_address >> 63)
		one->error_code &= ~1u; /* the kernel hides what it has mapped */
	if (one->vector != VECTOR_PF || plan->kind == CASE_SEQUENCE || several_accesses(plan))
		one->fault_address = 0;
	if (one->vector != VECTOR_PF && one->vector != VECTOR_GP)
		one->error_code = 0;
	/* a null selector loses its privilege bits on the way through the kernel (SDM vol. 2, IRET)
	 */
	for (unsigned i = 0; i < NATIVE_SEGMENTS; i++)
		if (one->state.selector[i] < 4)
			one->state.selector[i] = 0;
	/* last instruction and operand, reserved bytes */
	memset(one->state.fxsave + 5, 0, 19);
	memset(one->state.fxsave + 28, 0, 4);
	for (unsigned i = 0; i < 8; i++)
		memset(one->state.fxsave + 32 + 16 * i + 10, 0, 6);
	memcpy(&status, one->state.fxsave + 2, 2);
	status &= (uint16_t)~plan->undefined_status;
	memcpy(one->state.fxsave + 2, &status, 2);
}

/* --- approximations --- */

/* Reciprocal estimates: within a relative error of 1.5 * 2^-12 of the true value (SDM vol. 2,
 * RCPPS), so twice that from each other. */
static void accept_estimates(const struct native_case *host, struct native_case *ours)
{
	const uint8_t *from = host->state.fxsave + 160;
	uint8_t *at = ours->state.fxsave + 160;

	for (unsigned i = 0; i < 256; i += 4) {
		float theirs, our;
		memcpy(&theirs, from + i, 4);
		memcpy(&our, at + i, 4);
		/* around the smallest normal number tiny results are zero for one, not the other */
		if (fabsf(theirs - our) <= fabsf(theirs) * (3.0f / 4096) ||
		    (signbit(theirs) == signbit(our) && fabsf(theirs) + fabsf(our) < 1.18e-38f))
			memcpy(at + i, from + i, 4);
	}
}

/* Transcendental functions: two units in the last place (SDM vol. 1, 8.3.10: one from the true
 * value), and PE and C1 tell of the processor's own approximation. */
static void accept_transcendental(const struct native_case *before, struct native_case *host,
				  struct native_case *ours, ZydisMnemonic mnemonic)
{
	uint16_t exponent;

	memcpy(&exponent, before->state.fxsave + 40, 2);
	/* fyl2xp1 is only defined near zero */
	if (mnemonic == ZYDIS_MNEMONIC_FYL2XP1 && (exponent & 0x7fff) >= 0x3ffd)
		memcpy(host->state.fxsave, ours->state.fxsave, OUTCOME_FXSAVE);
	host->state.fxsave[2] &= 0xdf;
	ours->state.fxsave[2] &= 0xdf;
	host->state.fxsave[3] &= 0xfd;
	ours->state.fxsave[3] &= 0xfd;
	for (unsigned i = 0; i < 8; i++) {
		uint8_t *theirs = host->state.fxsave + 32 + 16 * i;
		const uint8_t *mine = ours->state.fxsave + 32 + 16 * i;
		uint64_t a, b;
		memcpy(&a, theirs, 8);
		memcpy(&b, mine, 8);
		if (memcmp(theirs + 8, mine + 8, 2) == 0 && (a > b ? a - b : b - a) <= 2)
			memcpy(theirs, mine, 8);
	}
}

static bool address_fault(const struct native_case *one)
{
	return one->vector == VECTOR_SS || one->vector == VECTOR_GP || one->vector == VECTOR_PF ||
	       one->vector == VECTOR_AC;
}

/* --- AMD --- */

/* An area of fxsave that is not aligned, while alignment is checked: #AC or #GP, as the processor
 * likes (SDM vol. 2, FXSAVE). */
static bool unaligned_area(const struct native_case *host, const struct native_case *ours)
{
	return host->vector == VECTOR_AC && ours->vector == VECTOR_GP;
}

/* An exception that is not masked does not keep AMD from loading a denormal, nor from answering a
 * comparison (SDM vol. 1, 8.5.2; vol. 2, FCOM and FCOMI). MXCSR has one bit more there. A call
 * touches its stack before it looks at its target, a far return the outer stack before it refuses
 * the selector, and an environment around the end of the space
 * is read part by part. */
static bool other_on_amd(const struct native_case *host, const struct native_case *ours,
			 const struct case_plan *plan)
{
	unsigned raised = host->state.fxsave[2] & ~host->state.fxsave[0] & 3u;

	switch (plan->instruction.mnemonic) {
	case ZYDIS_MNEMONIC_LDMXCSR:
	case ZYDIS_MNEMONIC_FXRSTOR:
	case ZYDIS_MNEMONIC_FXRSTOR64:
		return host->state.fxsave[26] & 2 || unaligned_area(host, ours);
	case ZYDIS_MNEMONIC_FXSAVE:
	case ZYDIS_MNEMONIC_FXSAVE64: return unaligned_area(host, ours);
	/* a frame that is refused for more than one reason */
	case ZYDIS_MNEMONIC_IRETQ:
		return host->vector == VECTOR_GP && ours->vector == VECTOR_GP &&
		       host->error_code == 0;
	/* the outer stack, as by a far return */
	case ZYDIS_MNEMONIC_IRET:
	case ZYDIS_MNEMONIC_IRETD: return host->vector == VECTOR_PF && ours->vector == VECTOR_GP;
	case ZYDIS_MNEMONIC_FLDENV:
	case ZYDIS_MNEMONIC_FRSTOR: return host->vector == VECTOR_AC && ours->vector == VECTOR_GP;
	case ZYDIS_MNEMONIC_CALL: return host->vector != 1 && ours->vector == VECTOR_GP;
	case ZYDIS_MNEMONIC_RET:
		return plan->instruction.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR &&
		       address_fault(host) &&
		       (ours->vector == VECTOR_GP || ours->vector == VECTOR_SS);
	case ZYDIS_MNEMONIC_FLD: return raised & 2;
	case ZYDIS_MNEMONIC_FTST:
	case ZYDIS_MNEMONIC_FCOM:
	case ZYDIS_MNEMONIC_FCOMP:
	case ZYDIS_MNEMONIC_FCOMPP:
	case ZYDIS_MNEMONIC_FICOM:
	case ZYDIS_MNEMONIC_FICOMP:
	case ZYDIS_MNEMONIC_FUCOM:
	case ZYDIS_MNEMONIC_FUCOMP:
	case ZYDIS_MNEMONIC_FUCOMPP:
	case ZYDIS_MNEMONIC_FCOMI:
	case ZYDIS_MNEMONIC_FCOMIP:
	case ZYDIS_MNEMONIC_FUCOMI:
	case ZYDIS_MNEMONIC_FUCOMIP: return raised;
	default: return false;
	}
}

/* An operand around the end of a 32-bit segment: whether its limit, the page or the alignment is
 * looked at first differs between instructions. In a sequence it may be any operand. */
static bool wraps(const struct native_case *host, const struct native_case *ours,
		  const struct case_plan *plan)
{
	if (host->wide || !address_fault(host) || !address_fault(ours))
		return false;
	return plan->near_limit || plan->kind == CASE_SEQUENCE ||
	       (host->vector == VECTOR_PF && host->fault_address >= 0xffffff00);
}

/* Bytes that are no instruction: how many the processor wants to see before it says so is its own
 * business. So it may meet the end of the page, or the limit of fifteen bytes. */
static bool fetches_further(const struct native_case *before, const struct native_case *host,
			    const struct native_case *ours, const struct case_plan *plan)
{
	enum { FETCH = 16, MANY_PREFIXES = 3 };

	if (plan->kind != CASE_INVALID)
		return false;
	if (host->vector == VECTOR_PF && host->error_code & FETCH)
		return ours->vector == VECTOR_UD || ours->vector == VECTOR_GP;
	if (ours->vector == VECTOR_PF && ours->error_code & FETCH)
		return host->vector == VECTOR_UD || host->vector == VECTOR_GP;
	return (host->vector == VECTOR_GP || host->vector == VECTOR_UD) &&
	       (ours->vector == VECTOR_GP || ours->vector == VECTOR_UD) &&
	       compared_prefixes(before->code, before->wide) >= MANY_PREFIXES;
}

/* lock before verr and its like, which AMD executes, and before the moves of control registers,
 * where it has lock mov cr0 as another name of cr8. */
static bool locked_refusal(const struct native_case *before, const struct case_plan *plan)
{
	unsigned prefixes = compared_prefixes(before->code, before->wide);
	const uint8_t *opcode = before->code + prefixes;

	return plan->kind == CASE_INVALID && memchr(before->code, 0xf0, prefixes) &&
	       opcode[0] == 0x0f && (opcode[1] == 0 || (opcode[1] & 0xfc) == 0x20);
}

/* vmcall and vmmcall with prefixes that they do not take: a hypervisor has its own mind. */
static bool hypervisor_call(const struct native_case *before, const struct case_plan *plan)
{
	const uint8_t *opcode = before->code + compared_prefixes(before->code, before->wide);

	return plan->kind == CASE_INVALID && opcode[0] == 0x0f && opcode[1] == 1 &&
	       (opcode[2] == 0xc1 || opcode[2] == 0xd9);
}

/* The end of an fxsave image is reserved; whether it is touched where a page begins there is the
 * processor's business. */
static bool reserved_tail(const struct case_plan *plan)
{
	switch (plan->instruction.mnemonic) {
	case ZYDIS_MNEMONIC_FXSAVE:
	case ZYDIS_MNEMONIC_FXSAVE64:
	case ZYDIS_MNEMONIC_FXRSTOR:
	case ZYDIS_MNEMONIC_FXRSTOR64:
		return plan->operand_address % NATIVE_PAGE > NATIVE_PAGE - 512;
	default: return false;
	}
}

/* The kernel has descriptors that the simulated machine does not: of the other kind of code, and
 * of the processor's number. */
static bool kernel_descriptor(const struct native_case *host, const struct native_case *ours)
{
	return host->vector == 1 && ours->vector == VECTOR_GP &&
	       (ours->error_code == 0x20 || ours->error_code == 0x30 || ours->error_code == 0x78);
}

/* AMD leaves these half done where they fault in the middle: some pushed, some popped, and the
 * order differs, so the exception does too. Here a fault changes nothing (SDM vol. 3, 6.6). */
static bool half_done(const struct native_case *host, const struct native_case *ours,
		      const struct case_plan *plan)
{
	switch (plan->instruction.mnemonic) {
	case ZYDIS_MNEMONIC_ENTER:
	case ZYDIS_MNEMONIC_PUSHA:
	case ZYDIS_MNEMONIC_PUSHAD:
	case ZYDIS_MNEMONIC_POPA:
	case ZYDIS_MNEMONIC_POPAD: return host->vector != 1 && ours->vector != 1;
	default: return false;
	}
}

bool outcome_tolerate(const struct native_case *before, struct native_case *host,
		      struct native_case *ours, const struct case_plan *plan)
{
	if (wraps(host, ours, plan) || fetches_further(before, host, ours, plan) ||
	    locked_refusal(before, plan) || hypervisor_call(before, plan) || reserved_tail(plan) ||
	    kernel_descriptor(host, ours) || half_done(host, ours, plan))
		return false;
	if (plan->kind != CASE_INSTRUCTION)
		return true;
	switch (plan->instruction.mnemonic) {
	case ZYDIS_MNEMONIC_RCPPS:
	case ZYDIS_MNEMONIC_RCPSS:
	case ZYDIS_MNEMONIC_RSQRTPS:
	case ZYDIS_MNEMONIC_RSQRTSS: accept_estimates(host, ours); break;
	case ZYDIS_MNEMONIC_F2XM1:
	case ZYDIS_MNEMONIC_FSIN:
	case ZYDIS_MNEMONIC_FCOS:
	case ZYDIS_MNEMONIC_FSINCOS:
	case ZYDIS_MNEMONIC_FPTAN:
	case ZYDIS_MNEMONIC_FPATAN:
	case ZYDIS_MNEMONIC_FYL2X:
	case ZYDIS_MNEMONIC_FYL2XP1:
		accept_transcendental(before, host, ours, plan->instruction.mnemonic);
		break;
	default: break;
	}
	return !other_on_amd(host, ours, plan);
}
