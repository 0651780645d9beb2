/* The inside of a machine: registers, decoded instructions, the page tables and the caches over
 * them.
 *
 * Little-endian hosts with an 80-bit long double only (x86 and x86-64): sub-registers are addressed
 * by their byte offset in the register file, x87 arithmetic is the compiler's. */
#ifndef KENBI_X86_MACHINE_H
#define KENBI_X86_MACHINE_H

#include <Zydis/Zydis.h>

#include "x86/x86.h"

#define LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define INLINE		    static inline __attribute__((always_inline))

enum {
	PAGE_BITS = 12,
	PAGE_SIZE = 1 << PAGE_BITS,
	READ_CACHE = 256, /* entries of the flat page caches; powers of two */
	WRITE_CACHE = 32,
	JUMP_CACHE = 256,
	MOST_HOOKS = 64,
	MOST_SNAPSHOTS = 16,
	MOST_DESCRIPTORS = 16,
	LONGEST_INSTRUCTION = 15,
	NO_REGISTER = X86_REGISTERS, /* reads as zero: an absent base or index */
	NO_SEGMENT = X86_SEGMENTS    /* base zero: all but FS and GS in 64-bit mode */
};

/* eflags bits that only the inside knows. */
enum {
	FLAG_FIXED = 1 << 1,
	FLAG_IOPL = 3 << 12,
	FLAG_NT = 1 << 14,
	FLAG_RF = 1 << 16,
	FLAG_VM = 1 << 17,
	FLAG_AC = 1 << 18,
	FLAG_ID = 1 << 21,
	FLAGS_ARITHMETIC =
		X86_FLAG_CF | X86_FLAG_PF | X86_FLAG_AF | X86_FLAG_ZF | X86_FLAG_SF | X86_FLAG_OF,
	/* what popf may change in user mode (CPL 3, IOPL 0) */
	FLAGS_USER = FLAGS_ARITHMETIC | X86_FLAG_TF | X86_FLAG_DF | FLAG_NT | FLAG_AC | FLAG_ID
};

struct x87_value {
	uint64_t mantissa; /* an MMX register is this half */
	uint16_t sign_exponent;
};

struct x87 {
	struct x87_value values[8]; /* physical registers; ST(i) is values[(top + i) & 7] */
	uint16_t control, status;
	uint8_t valid;	 /* bit n: physical register n is not empty */
	uint16_t opcode; /* FOP: of the last one with an exception that was not masked */
	uint16_t last_opcode, code_selector, data_selector;
	uint64_t code_address, data_address; /* FIP and FDP: the last x87 instruction */
};

union xmm {
	uint8_t u8[16];
	int8_t s8[16];
	uint16_t u16[8];
	int16_t s16[8];
	uint32_t u32[4];
	int32_t s32[4];
	uint64_t u64[2];
	int64_t s64[2];
	float f32[4];
	double f64[2];
};

/* Everything that x86_save copies. The arithmetic flags are lazy, see flags.h. */
struct registers {
	uint64_t general[X86_REGISTERS + 1]; /* the last one stays 0: NO_REGISTER */
	uint64_t ip;
	uint64_t result, carries;
	uint64_t flags;				 /* the other flags: TF, IF, DF, NT, AC, ID */
	uint64_t segment_base[X86_SEGMENTS + 1]; /* the last one stays 0: NO_SEGMENT */
	uint16_t selector[X86_SEGMENTS];
	uint32_t mxcsr;
	struct x87 x87;
	union xmm xmm[16];
	union xmm upper[16]; /* of the same registers, 128 bits each, see avx.c */
};

enum operand_kind {
	OPERAND_NONE,
	OPERAND_REGISTER, /* the operand's number is a byte offset into registers.general */
	OPERAND_MEMORY,	  /* linear address from base, index, scale, displacement, segment */
	OPERAND_IMMEDIATE,
	OPERAND_SEGMENT,
	OPERAND_X87,
	OPERAND_MMX,
	OPERAND_XMM,
	OPERAND_OTHER /* control, debug: not for user code */
};

/* What is done beside executing, in nanoseconds of a common processor, see x86_effort. */
enum effort {
	EFFORT_INSTRUCTION = 3,
	EFFORT_DECODE = 25,	  /* an instruction by table */
	EFFORT_DECODE_FULL = 250, /* and by Zydis */
	EFFORT_ACCESS = 20,	  /* one that the flat caches do not answer */
	EFFORT_FRAME = 600,	  /* a page of one's own */
	EFFORT_CODE = 1000,	  /* room for the decoded code of a page */
	EFFORT_FLUSH = 400,	  /* forgetting what the caches hold */
	EFFORT_FUNCTION = 600	  /* a sine, a logarithm and so on */
};

/* Repetition; whether the memory operand is in the stack segment: its faults are #SS, not #GP;
 * whether the instruction is a relative branch. */
enum prefix { PREFIX_REP = 1, PREFIX_REPNE = 2, PREFIX_STACK = 4, PREFIX_BRANCH = 8 };

struct operation;
/* Executes one instruction and returns the next, or NULL with x86.event set. */
typedef struct operation *handler(struct x86 *cpu, struct operation *op);

/* A decoded instruction. Operations of straight code lie one behind the other. */
struct operation {
	handler *run;
	uint64_t address;
	int64_t displacement; /* of the memory operand; a relative branch's distance */
	union {
		uint64_t immediate;
		struct operation
			*link; /* relative branches: the target within the page, once known */
	};
	uint8_t base, index, scale; /* register numbers; scale is a shift count */
	uint8_t segment;
	uint8_t target, source; /* register operands: byte offset, or the number for x87 … XMM */
	uint8_t target_kind, source_kind;
	uint8_t size;	     /* bytes of the first operand; of the element of a string operation */
	uint8_t source_size; /* bytes of the second operand */
	uint8_t address_unused; /* bits of a 64-bit number above the address size: 48, 32, 0 */
	uint8_t length;
	uint8_t prefixes;
	uint8_t third; /* a third operand's register, or the opcode's condition */
	uint8_t third_kind;
	uint8_t width; /* bytes of the operand size attribute: what push and pop move */
};

enum event {
	EVENT_NEXT,    /* the instruction is done; go on at registers.ip */
	EVENT_BRANCH,  /* likewise: by a branch, that is where a block begins */
	EVENT_RESOLVE, /* nothing was executed; go on at registers.ip */
	EVENT_BLOCK,   /* likewise: where a block begins */
	EVENT_DONE,    /* stop with x86.exit; the instruction counts as executed */
	EVENT_STOP     /* stop with x86.exit; the instruction does not count */
};

struct page_cache_entry {
	uint64_t page; /* number; NO_PAGE when unused */
	uint8_t *bytes;
};
#define NO_PAGE UINT64_MAX

struct jump_cache_entry {
	uint64_t address;
	struct operation *operation;
};

struct hook {
	uint64_t start, end;
};

/* Memory for decoded operations, by the chunk. What pages give back is used again. */
struct code_pool {
	struct operation *free; /* chunks, linked by their first operation */
	unsigned taken;
};

/* See x86_follow. */
struct follow {
	struct x86_record *records; /* NULL: nobody follows */
	size_t count, enough;	    /* enough: room for one more instruction is left */
	bool full;
	bool asks;	    /* the run has more than one instruction */
	uint64_t came_from; /* the last instruction that did not lead on within its page */
};

struct descriptor {
	uint16_t selector;
	bool code;
	uint64_t base;
};

struct code;	 /* decode.h */
struct memory;	 /* memory.h */
struct snapshot; /* snapshot.c */

struct x86 {
	struct registers registers;
	enum event event;
	bool code_changed;     /* a page that holds decoded code was written */
	bool segments_changed; /* a segment register may have become null, or no longer is */
	uint8_t null_segments; /* bits by enum x86_segment: what code was decoded for, segment.c */
	bool trap_delayed; /* mov ss / pop ss: no single-step trap behind the next instruction */
	struct operation *from; /* the branch that waits for its link */
	uint64_t linear_mask;	/* 32 bits in 32-bit mode */
	struct x86_exit exit;
	const struct operation *present; /* the one that is executed */
	uint64_t left;	   /* instructions that may still be executed, the present one included */
	uint64_t deadline; /* the clock when none are left; see instructions_now */
	enum x86_mode mode;
	struct memory *memory;
	struct page_cache_entry read_cache[READ_CACHE];
	struct page_cache_entry write_cache[WRITE_CACHE];
	struct page_cache_entry code_store; /* the page with code that was written last */
	struct jump_cache_entry jump_cache[JUMP_CACHE];
	struct code *last_code; /* the page that was decoded last */
	uint64_t last_code_page;
	struct hook hooks[MOST_HOOKS];
	unsigned hook_count;
	struct hook blocks; /* where the entry of a block stops */
	bool block_waits;   /* … the next run, because the budget was at its end */
	struct descriptor descriptors[MOST_DESCRIPTORS];
	unsigned descriptor_count;
	struct x86_watch watch;
	struct follow follow;
	struct snapshot *snapshots;
	unsigned depth;		     /* of snapshots */
	uint64_t effort;	     /* beside the instructions themselves, see x86_effort */
	struct operation scratch[5]; /* an instruction across a page border, never kept */
	ZydisDecoder decoder;
};

/* Instructions executed before the present one: the clock. */
INLINE uint64_t instructions_now(const struct x86 *cpu)
{
	return cpu->deadline - cpu->left;
}

INLINE void follow_begin(struct x86 *cpu, uint64_t budget)
{
	cpu->follow.count = 0;
	cpu->follow.full = false;
	cpu->follow.asks = cpu->follow.records && budget > 1;
}

/* From a handler of straight code to the next one, without the way over the loop. It does not cross
 * from chunk to chunk of the store, so the stack stays small where the compiler makes no jump of
 * it. */
INLINE struct operation *onward(struct x86 *cpu, const struct operation *op, struct operation *next)
{
	if (next != op + 1 || cpu->left == 1)
		return next;
	cpu->left--;
	cpu->present = next;
	return next->run(cpu, next);
}

/* Runs `op` after an event of the kind EVENT_NEXT; see run.c. */
struct operation *leave(struct x86 *cpu, struct operation *op);
/* The exception `vector` at op; its state must be untouched. Always NULL. */
struct operation *raise_fault(struct x86 *cpu, const struct operation *op, enum x86_vector vector,
			      uint32_t error_code);
/* As above with what the memory access left in cpu->exit. */
struct operation *memory_fault(struct x86 *cpu, const struct operation *op);
/* Puts an access into the list, if someone follows; see x86_follow. */
void follow_record(struct x86 *cpu, uint64_t address, unsigned size, bool writes);
INLINE void follow_access(struct x86 *cpu, uint64_t address, unsigned size, bool writes)
{
	if (UNLIKELY(cpu->follow.records != NULL))
		follow_record(cpu, address, size, writes);
}
/* Stops in front of op, see x86_follow. Always NULL. */
struct operation *follow_stop(struct x86 *cpu, const struct operation *op);
/* Finds or decodes the operation at registers.ip; NULL with x86.exit filled. */
struct operation *code_find(struct x86 *cpu);

#endif
