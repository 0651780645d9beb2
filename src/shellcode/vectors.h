/* Which vectors the processor has. Functions that have a form for each give the same answers by all
 * of them; tests ask for them one by one. */
#ifndef KENBI_SHELLCODE_VECTORS_H
#define KENBI_SHELLCODE_VECTORS_H

enum vectors {
	VECTORS_PLAIN,	/* the compiler's, on every processor */
	VECTORS_AVX2,	/* and popcnt */
	VECTORS_AVX512, /* with BW */
	VECTORS_VBMI	/* and with that, too */
};

/* The widest that there is, or what KENBI_SIMD names, see marks.h; "sse2" and "portable" are plain.
 */
enum vectors vectors_best(void);
/* From now on, in every thread, none wider than these; VECTORS_VBMI: any. For tests. */
void vectors_limit(enum vectors most);

#endif
