/* When which byte of guest memory was last written, and which instructions were executed first
 * when. */
#ifndef KENBI_SHELLCODE_FOOTPRINT_H
#define KENBI_SHELLCODE_FOOTPRINT_H

#include "shellcode/effect.h"

enum { FOOTPRINT_PAGES = 64, FOOTPRINT_EXECUTED = 8192 };

struct footprint;

struct footprint *footprint_new(void);
void footprint_free(struct footprint *footprint);
/* When bytes were last written, and by what. */
struct written {
	uint32_t step;	    /* 0: never. Odd: by an instruction that had been executed before */
	uint8_t generation; /* 0: never; 1: by code that came as it is, 2: by code that this wrote,
			       and so on, up to 255 */
};
/* [address, address + length) is written. Pages past FOOTPRINT_PAGES are not kept. */
void footprint_write(struct footprint *footprint, uint64_t address, uint64_t length,
		     struct written written);
/* The latest step and the highest generation of these bytes. */
struct written footprint_written(const struct footprint *footprint, uint64_t address,
				 uint64_t length);

struct executed {
	uint64_t address;
	uint64_t form;		/* shape of the instruction there */
	uint64_t shape;		/* the same; 0 when it means nothing: nop, jmp */
	uint32_t step;		/* of the first execution in this shape; 0: free slot */
	struct written written; /* of its bytes, by then */
	bool constant;		/* see ROLE_PUSH */
	bool slides;		/* one byte that pushes or pops a register: slides hold such */
	bool zeros;		/* two zero bytes, which no code means */
	bool cleared;		/* all registers that it changed were 0 behind it */
	uint32_t repeats;	/* executions after the first */
	struct effect effect;
};
/* The slot of that instruction, new ones with step 0 (to be filled); NULL when the table is full.
 */
struct executed *footprint_executed(struct footprint *footprint, uint64_t address);
/* Forgets what was executed; what was written stays. */
void footprint_forget_executed(struct footprint *footprint);
/* Filled slots in order of step; returned owned (free), *count of them. NULL: none, or no memory.
 */
const struct executed **footprint_order(const struct footprint *footprint, size_t *count);

#endif
