/* Where a seed may begin, as an expression over the byte there (a), the next (b) and the fourth to
 * seventh (d, e, g). Included by marks.c only, which defines IS(v, value), MASKED(v, mask, value),
 * SAME(v, w) and NEGATIVE(v) for bytes or for vectors of bytes. */

/* call rel32 within 64 KiB */
#define RULE_CALL (IS(a, 0xe8) & SAME(d, e) & (IS(e, 0x00) | IS(e, 0xff)))
/* fnstenv, fnsave */
#define RULE_FPU (MASKED(a, 0xfb, 0xd9) & MASKED(b, 0x38, 0x30))
/* fs: and gs: before loads, stores and REX */
#define RULE_SEGMENT_TEXT \
	(MASKED(a, 0xfe, 0x64) & (MASKED(b, 0xc7, 0x03) | MASKED(b, 0xf0, 0x40) | IS(b, 0x67)))
#define RULE_SEGMENT (RULE_SEGMENT_TEXT | (MASKED(a, 0xfe, 0x64) & NEGATIVE(b)))
/* syscall, sysenter, fxsave */
#define RULE_TWO_TEXT (IS(a, 0x0f) & (IS(b, 0x05) | IS(b, 0x34)))
#define RULE_TWO      (RULE_TWO_TEXT | (IS(a, 0x0f) & IS(b, 0xae)))
/* int 80h, 91h, 2eh */
#define RULE_INTERRUPT (IS(a, 0xcd) & (IS(b, 0x80) | IS(b, 0x91) | IS(b, 0x2e)))
/* far call to a gate: the selector's high byte is 0 */
#define RULE_GATE (IS(a, 0x9a) & IS(g, 0x00))
/* call and jmp through a register; push esp, ret */
#define RULE_JUMP ((IS(a, 0xff) & MASKED(b, 0xc8, 0xc0)) | (IS(a, 0x54) & IS(b, 0xc3)))
/* mov r, an address in a library */
#define RULE_LIBRARY (MASKED(a, 0xf8, 0xb8) & MASKED(e, 0xf0, 0x70))
/* lea r, [rip + distance], the second byte of the distance near 0 */
#define RULE_LEA \
	(MASKED(a, 0xfb, 0x48) & IS(b, 0x8d) & (MASKED(e, 0xfe, 0x00) | MASKED(e, 0xfe, 0xfe)))

#define RULE_ANY                                                                                   \
	(RULE_CALL | RULE_FPU | RULE_SEGMENT | RULE_TWO | RULE_INTERRUPT | RULE_GATE | RULE_JUMP | \
	 RULE_LIBRARY | RULE_LEA)
/* What is left where both bytes are ASCII: blocks of text need no more. */
#define RULE_TEXT (RULE_SEGMENT_TEXT | RULE_TWO_TEXT)
