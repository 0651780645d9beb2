/* When which byte of guest memory was last written, and which instructions were executed first
 * when. */
#ifndef KENBI_SHELLCODE_FOOTPRINT_H
#define KENBI_SHELLCODE_FOOTPRINT_H

#include "shellcode/effect.h"

enum { FOOTPRINT_PAGES = 64, FOOTPRINT_EXECUTED = 8192 };

struct footprint;

struct footprint *footprint_new(void);
void footprint_free(struct footprint *footprint);
/* [address, address + length) is written at `step` (from 1). Pages past FOOTPRINT_PAGES are not
 * kept. */
void footprint_write(struct footprint *footprint, uint64_t address, uint64_t length, uint32_t step);
/* The latest step at which one of these bytes was written; 0: never. */
uint32_t footprint_written(const struct footprint *footprint, uint64_t address, uint64_t length);

struct executed {
	uint64_t address;
	uint64_t form;	  /* shape of the instruction there */
	uint64_t shape;	  /* the same; 0 when it means nothing: nop, jmp */
	uint32_t step;	  /* of the first execution in this shape; 0: free slot */
	uint32_t written; /* step at which the code had written it; 0: it had not. Odd: by an
			     instruction of a loop, which had been executed before */
	bool push_text;	  /* see ROLE_PUSH_TEXT */
	uint32_t repeats; /* executions after the first */
	struct effect effect;
};
/* The slot of that instruction, new ones with step 0 (to be filled); NULL when the table is full.
 */
struct executed *footprint_executed(struct footprint *footprint, uint64_t address);
/* Filled slots in order of step; returned owned (free), *count of them. NULL: none, or no memory.
 */
const struct executed **footprint_order(const struct footprint *footprint, size_t *count);

#endif
