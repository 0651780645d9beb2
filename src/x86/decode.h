/* Decoded code: a store of operations per page, kept until the bytes under them change.
 *
 * Instructions are decoded one by one as execution reaches them. Operations of a straight run lie
 * one behind the other and end in a pseudo operation that decodes on. A write into decoded bytes
 * changes who executes the operations over them: it decodes them again, into the same place where
 * they fit, so that whoever points at them need not know. */
#ifndef KENBI_X86_DECODE_H
#define KENBI_X86_DECODE_H

#include "x86/machine.h"

enum {
	CHUNK_OPERATIONS = 64,
	MOST_TAKEN = 320, /* chunks of a machine (0.9 MiB): then all of its code is forgotten */
	MOST_ADDED = 4,	  /* operations for an instruction: a follower's stop, that it was written,
			     itself, the tail */
	MOST_CHUNKS = 192 /* 4096 starts, each with a pseudo operation, and room to decode anew */
};

struct code {
	uint64_t page;
	struct frame *frame;	   /* whose bytes these are */
	bool hooked;		   /* some hook's range meets the page */
	bool blocks;		   /* so does the range where blocks stop */
	struct operation *tail;	   /* the pseudo operation behind the newest one */
	unsigned used;		   /* operations, the tail included */
	uint16_t index[PAGE_SIZE]; /* operation number + 1 at a byte offset; 0: not decoded */
	uint8_t covered[PAGE_SIZE / 8 + 4]; /* bytes that decoded instructions are made of */
	struct operation *chunks[MOST_CHUNKS];
};

void code_free(struct code_pool *pool, struct code *code);
void code_pool_fini(struct code_pool *pool);
/* Bytes [offset, offset + size) of the page changed. */
void code_written(struct code *code, unsigned offset, unsigned size);
/* The code of some page is no longer what is executed there (its frame was copied or given up). */
void code_abandon(struct x86 *cpu);
void code_flush_jumps(struct x86 *cpu);
/* Forgets all decoded code: the hooks changed. */
void code_drop_all(struct x86 *cpu);

/* Translates the instruction at `address` from the bytes there. Returns how many of them the result
 * depends on (its length, or what made it invalid); 0 when more are needed. */
unsigned decode(struct x86 *cpu, uint64_t address, const uint8_t *bytes, unsigned length,
		struct operation *op);
/* Its two ways. The everyday encodings without Zydis, from LONGEST_INSTRUCTION bytes (0: not one of
 * them) … */
unsigned decode_quick(const struct x86 *cpu, uint64_t address, const uint8_t *bytes,
		      struct operation *op);
/* … and all with it. */
unsigned decode_full(const struct x86 *cpu, uint64_t address, const uint8_t *bytes, unsigned length,
		     struct operation *op);

#endif
