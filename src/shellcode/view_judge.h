/* What 64 bytes consist of: which encodings may lie there. */
#ifndef KENBI_SHELLCODE_VIEW_JUDGE_H
#define KENBI_SHELLCODE_VIEW_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VIEW_BLOCK = 64 };

struct view_block {
	bool escapes; /* three of % and \, or six of = and & */
	bool token;   /* 32 letters of base64, at 0 or 32 */
	bool list;    /* 32 of what lists of numbers consist of */
	bool wide;    /* 32 bytes of UTF-16's ASCII */
};

typedef struct view_block view_judge_function(const uint8_t *data);

/* By the vectors of the compiler, on every processor. */
view_judge_function view_judge_plainly;
/* The same answers by AVX-512 or AVX2 where the processor has them. */
view_judge_function view_judge;
/* Of `blocks` blocks, how many from the first on may hold nothing; *next is the one behind them. */
size_t view_judge_nothing(const uint8_t *data, size_t blocks, struct view_block *next);

#endif
