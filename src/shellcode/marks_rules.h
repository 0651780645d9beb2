/* Where a seed may begin, as an expression over the byte there (a) and those behind it (b the next,
 * then c, d, e; g the seventh). Included by marks.c only.
 *
 * Most forms are judged by two or three bytes whose upper and lower digits each come from a set:
 * eight such forms at once by looking up each digit in a table of sixteen bytes, one bit for each
 * form. The others are comparisons, for which marks.c defines IS(v, value), MASKED(v, mask, value),
 * SAME(v, w), BELOW(v, limit), PLUS(v, number) and NEGATIVE(v) for bytes or for vectors of them. */

#define DIGIT(n)  (1u << (n))
#define ANY_DIGIT 0xffffu
#define TO_7	  0x00ffu /* 0 to 7 */
/* loads and stores behind fs: and gs: a1 a3 a5 ad 89 8b 8f ff, and a few more */
#define MOVES_LOW  (DIGIT(1) | DIGIT(3) | DIGIT(5) | DIGIT(9) | DIGIT(0xb) | DIGIT(0xd) | DIGIT(0xf))
#define MOVES_HIGH (DIGIT(8) | DIGIT(0xa) | DIGIT(0xf))
#define SUMS_HIGH  (DIGIT(0) | DIGIT(1) | DIGIT(2) | DIGIT(3))

/* FORM(n, bit, lower and upper digits of a, of b, of c), for table entry n */
#define MARKS_FORMS(FORM, n)                                                                    \
	/* fnstenv, fnsave */                                                                   \
	FORM(n, 0, DIGIT(9) | DIGIT(0xd), DIGIT(0xd), TO_7, DIGIT(3) | DIGIT(7) | DIGIT(0xb),   \
	     ANY_DIGIT, ANY_DIGIT)                                                              \
	/* int 80h, 91h, 2eh */                                                                 \
	FORM(n, 1, DIGIT(0xd), DIGIT(0xc), DIGIT(0) | DIGIT(1) | DIGIT(0xe),                    \
	     DIGIT(2) | DIGIT(8) | DIGIT(9), ANY_DIGIT, ANY_DIGIT)                              \
	/* syscall, sysenter, fxsave */                                                         \
	FORM(n, 2, DIGIT(0xf), DIGIT(0), DIGIT(4) | DIGIT(5) | DIGIT(0xe),                      \
	     DIGIT(0) | DIGIT(3) | DIGIT(0xa), ANY_DIGIT, ANY_DIGIT)                            \
	/* call and jmp through a register */                                                   \
	FORM(n, 3, DIGIT(0xf), DIGIT(0xf), TO_7, DIGIT(0xd) | DIGIT(0xe), ANY_DIGIT, ANY_DIGIT) \
	/* fs: and gs: before arithmetic that reads memory: 03, 13, 23, 33 */                   \
	FORM(n, 4, DIGIT(4) | DIGIT(5), DIGIT(6), DIGIT(3), SUMS_HIGH, ANY_DIGIT, ANY_DIGIT)    \
	/* 0b, 1b, 2b */                                                                        \
	FORM(n, 5, DIGIT(4) | DIGIT(5), DIGIT(6), DIGIT(0xb), DIGIT(0) | DIGIT(1) | DIGIT(2),   \
	     ANY_DIGIT, ANY_DIGIT)                                                              \
	/* before moves */                                                                      \
	FORM(n, 6, DIGIT(4) | DIGIT(5), DIGIT(6), MOVES_LOW, MOVES_HIGH, ANY_DIGIT, ANY_DIGIT)  \
	/* gs: and REX before both */                                                           \
	FORM(n, 7, DIGIT(5), DIGIT(6), ANY_DIGIT, DIGIT(4), MOVES_LOW, SUMS_HIGH | MOVES_HIGH)

#define BIT_IF(set, n, bit)		       (((set) >> (n)&1) << (bit))
#define A_LOW(n, bit, al, ah, bl, bh, cl, ch)  | BIT_IF(al, n, bit)
#define A_HIGH(n, bit, al, ah, bl, bh, cl, ch) | BIT_IF(ah, n, bit)
#define B_LOW(n, bit, al, ah, bl, bh, cl, ch)  | BIT_IF(bl, n, bit)
#define B_HIGH(n, bit, al, ah, bl, bh, cl, ch) | BIT_IF(bh, n, bit)
#define C_LOW(n, bit, al, ah, bl, bh, cl, ch)  | BIT_IF(cl, n, bit)
#define C_HIGH(n, bit, al, ah, bl, bh, cl, ch) | BIT_IF(ch, n, bit)
#define ENTRY(column, n)		       (uint8_t)(0 MARKS_FORMS(column, n))
#define TABLE(column)                                                                              \
	{                                                                                          \
		ENTRY(column, 0), ENTRY(column, 1), ENTRY(column, 2), ENTRY(column, 3),            \
			ENTRY(column, 4), ENTRY(column, 5), ENTRY(column, 6), ENTRY(column, 7),    \
			ENTRY(column, 8), ENTRY(column, 9), ENTRY(column, 10), ENTRY(column, 11),  \
			ENTRY(column, 12), ENTRY(column, 13), ENTRY(column, 14), ENTRY(column, 15) \
	}

/* call rel32 within 64 KiB */
#define RULE_CALL (IS(a, 0xe8) & SAME(d, e) & BELOW(PLUS(e, 1), 2))
/* fs: and gs: before 16-bit addresses, and a1, 8b or ff */
#define RULE_SHORT (MASKED(a, 0xfe, 0x64) & IS(b, 0x67) & NEGATIVE(c))
/* far call to a gate: the selector's high byte is 0 */
#define RULE_GATE (IS(a, 0x9a) & IS(g, 0x00))
/* push esp, ret */
#define RULE_PUSH (IS(a, 0x54) & IS(b, 0xc3))
/* mov r, an address in a library */
#define RULE_LIBRARY (MASKED(a, 0xf8, 0xb8) & MASKED(e, 0xf0, 0x70))
/* lea r, [rip + distance], the distance between -0x200 and 0x1ff by its second byte */
#define RULE_LEA \
	(MASKED(a, 0xfb, 0x48) & IS(b, 0x8d) & MASKED(c, 0xc7, 0x05) & BELOW(PLUS(e, 2), 4))

/* What the forms above do not say. None of these where a, b and c are ASCII. */
#define RULE_OTHERS (RULE_CALL | RULE_SHORT | RULE_GATE | RULE_PUSH | RULE_LIBRARY | RULE_LEA)

/* A necessary condition for seeds that chance hardly makes (seed_is_rare). */
#define RULE_RARE                                                                    \
	(RULE_CALL | (MASKED(a, 0xfb, 0xd9) & MASKED(b, 0x38, 0x30) & IS(c, 0x24)) | \
	 (MASKED(a, 0xfe, 0x64) & (IS(b, 0x8b) | IS(b, 0xa1) | (IS(b, 0x48) & IS(c, 0x8b)))))

/* A necessary condition for the forms, where digits cannot be looked up at once. */
#define RULE_FORMS                                                                     \
	((MASKED(a, 0xfb, 0xd9) & MASKED(b, 0x38, 0x30)) | IS(a, 0xcd) | IS(a, 0x0f) | \
	 (IS(a, 0xff) & MASKED(b, 0xc8, 0xc0)) |                                       \
	 (MASKED(a, 0xfe, 0x64) & (MASKED(b, 0xc7, 0x03) | MASKED(b, 0xf0, 0x40) | NEGATIVE(b))))
