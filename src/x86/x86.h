/* x86 - a user-mode IA-32 and x86-64 machine as a library, made to be fed with bytes that an
 * attacker chose.
 *
 * Zydis decodes, what executes is ours. The machine has no callbacks: x86_run returns whenever the
 * owner has something to do (an address range it claimed, a system call, a fault, the budget), the
 * owner changes state or memory as it likes and calls x86_run again. The exact instruction count is
 * the only clock. Machines are independent objects without global state: one thread at a time per
 * machine.
 *
 * Source of the semantics: Intel 64 and IA-32 Architectures Software Developer's Manual, vol. 1-3.
 */
#ifndef KENBI_X86_H
#define KENBI_X86_H

#include "base/base.h"

struct x86;

enum x86_mode { X86_MODE_32, X86_MODE_64 };

enum x86_register {
	X86_AX,
	X86_CX,
	X86_DX,
	X86_BX,
	X86_SP,
	X86_BP,
	X86_SI,
	X86_DI,
	X86_R8,
	X86_R9,
	X86_R10,
	X86_R11,
	X86_R12,
	X86_R13,
	X86_R14,
	X86_R15,
	X86_REGISTERS
};

enum x86_segment { X86_ES, X86_CS, X86_SS, X86_DS, X86_FS, X86_GS, X86_SEGMENTS };

enum x86_protection { X86_READ = 1, X86_WRITE = 2, X86_EXECUTE = 4, X86_GUARD = 8 };

enum x86_flag {
	X86_FLAG_CF = 1 << 0,
	X86_FLAG_PF = 1 << 2,
	X86_FLAG_AF = 1 << 4,
	X86_FLAG_ZF = 1 << 6,
	X86_FLAG_SF = 1 << 7,
	X86_FLAG_TF = 1 << 8,
	X86_FLAG_IF = 1 << 9,
	X86_FLAG_DF = 1 << 10,
	X86_FLAG_OF = 1 << 11
};

/* Exception vectors (SDM vol. 3, table 6-1). */
enum x86_vector {
	X86_VECTOR_DE = 0,
	X86_VECTOR_DB = 1,
	X86_VECTOR_BP = 3,
	X86_VECTOR_OF = 4,
	X86_VECTOR_BR = 5,
	X86_VECTOR_UD = 6,
	X86_VECTOR_NM = 7,
	X86_VECTOR_SS = 12,
	X86_VECTOR_GP = 13,
	X86_VECTOR_PF = 14,
	X86_VECTOR_MF = 16,
	X86_VECTOR_AC = 17,
	X86_VECTOR_XM = 19
};

enum x86_stop {
	X86_STOP_BUDGET, /* the instructions that were allowed have been executed */
	X86_STOP_HOOK,	 /* ip is inside a range claimed by x86_hook; nothing there was executed */
	X86_STOP_INTERRUPT, /* int n (vector says n), int3, into; ip is behind the instruction */
	X86_STOP_SYSCALL, /* syscall, sysenter, or a far call or jmp to an unknown local descriptor,
			     which may be a gate (lcall 7,0: selector in vector); ip is behind the
			     instruction, address is the instruction's own */
	X86_STOP_TOUCH,	  /* the first access to a page, see x86_touch; state is as before the
			     instruction */
	X86_STOP_BLOCK,	  /* a block begins at ip, see x86_stop_at_blocks; nothing of it was
			     executed */
	X86_STOP_FOLLOW,  /* an instruction at ip that is new, or the list is full, see x86_follow;
			     nothing of it was executed */
	X86_STOP_FAULT	  /* an exception; state is as before the instruction, ip points at it */
};

struct x86_exit {
	enum x86_stop reason;
	uint16_t vector;	/* exception or interrupt number, or far selector; of a touch the
				   access: X86_READ, X86_WRITE or X86_EXECUTE */
	uint32_t error_code;	/* of #PF (P, W, I bits as in hardware); of #GP the selector */
	uint64_t address;	/* of the instruction that stopped */
	uint64_t fault_address; /* the linear address of a #PF or a touch */
};

/* `memory_limit`: most bytes of guest memory that may be materialised; beyond it writes fault (#PF)
 * and x86_map returns ERROR_LIMIT. NULL: no memory. */
struct x86 *x86_new(enum x86_mode mode, size_t memory_limit);
void x86_free(struct x86 *machine);
enum x86_mode x86_mode(const struct x86 *machine);

/* --- memory: 4 KiB pages; address and length are rounded outward to pages --- */

/* Maps zeroed pages (replacing what was there). Pages cost host memory only when written. */
MUST_CHECK int x86_map(struct x86 *machine, uint64_t address, uint64_t length, unsigned protection);
MUST_CHECK int x86_unmap(struct x86 *machine, uint64_t address, uint64_t length);
/* ERROR_INPUT when a page of the range is not mapped (the others are changed). */
MUST_CHECK int x86_protect(struct x86 *machine, uint64_t address, uint64_t length,
			   unsigned protection);
/* Protection of the page of `address`, or ERROR_INPUT when it is not mapped. */
int x86_protection(const struct x86 *machine, uint64_t address);
/* The owner's access: ignores protection, does not count as the guest's doing.
 * ERROR_INPUT when a page is missing (what lies before it was copied). */
MUST_CHECK int x86_read(const struct x86 *machine, uint64_t address, void *into, size_t length);
MUST_CHECK int x86_write(struct x86 *machine, uint64_t address, const void *from, size_t length);
/* A terminated guest string of at most `size` - 1 bytes into `text`; its length, or ERROR_INPUT. */
int x86_read_text(const struct x86 *machine, uint64_t address, char *text, size_t size);
/* UTF-16LE likewise, converted to UTF-8. */
int x86_read_wide(const struct x86 *machine, uint64_t address, char *text, size_t size);
uint32_t x86_read_u32(const struct x86 *machine, uint64_t address); /* 0 when unmapped */

/* --- registers --- */
uint64_t x86_get(const struct x86 *machine, enum x86_register reg);
void x86_set(struct x86 *machine, enum x86_register reg, uint64_t value);
uint64_t x86_ip(const struct x86 *machine);
void x86_set_ip(struct x86 *machine, uint64_t ip);
uint64_t x86_flags(const struct x86 *machine);
void x86_set_flags(struct x86 *machine, uint64_t flags);
void x86_set_segment(struct x86 *machine, enum x86_segment segment, uint16_t selector,
		     uint64_t base);
uint64_t x86_segment_base(const struct x86 *machine, enum x86_segment segment);
/* The whole register file (general, ip, flags, segments, x87, SSE) as an opaque copy, for threads,
 * exceptions and longjmp-like work of the owner. */
struct x86_context {
	uint64_t words[128];
};
void x86_save(const struct x86 *machine, struct x86_context *context);
void x86_load(struct x86 *machine, const struct x86_context *context);

/* --- running --- */

/* Claims [start, end) for the owner: execution that reaches it stops with X86_STOP_HOOK. Ranges may
 * not overlap. ERROR_INPUT / ERROR_LIMIT (64 ranges). */
MUST_CHECK int x86_hook(struct x86 *machine, uint64_t start, uint64_t end);
/* Stops with X86_STOP_TOUCH before the first access of each page of the range, for each kind in
 * `accesses` (X86_READ, X86_WRITE, X86_EXECUTE): once each; going on executes the instruction. What
 * was set for the range before is replaced, mapping it again clears it. An access that faults is no
 * access. ERROR_INPUT when a page is not mapped (the others are set), ERROR_MEMORY. */
MUST_CHECK int x86_touch(struct x86 *machine, uint64_t address, uint64_t length, unsigned accesses);
/* Stops with X86_STOP_BLOCK in front of each basic block that is entered inside [start, end): the
 * target of a branch, and what is behind a relative one. Where a run begins does not stop. One
 * range; an empty one ends it. Execution inside is slower. ERROR_INPUT when start > end. */
MUST_CHECK int x86_stop_at_blocks(struct x86 *machine, uint64_t start, uint64_t end);

/* A guest can be followed at far more than the speed of single steps: what is new about an
 * instruction is its first execution; after that, only what it does to memory. */
struct x86_record {
	uint64_t ip;	  /* the instruction */
	uint64_t address; /* what it accessed */
	uint64_t time;	  /* instructions executed before it */
	uint32_t size;
	bool writes;
};
enum { X86_RECORDS_LEAST = 256 };
/* From now on every access of an instruction to memory is put into `records` (in order; each run
 * begins an empty list; what an instruction did that faults behind it is listed, too), and runs
 * stop with X86_STOP_FOLLOW in front of each instruction that has not been stopped at since then or
 * since its bytes changed, in front of interrupts, system calls and what lies in two pages each
 * time, and when the list may have no room for another instruction. A run of one instruction does
 * not stop, and what it executes does not count as stopped at. Borrows `records` until it is ended
 * by NULL. ERROR_INPUT: less than X86_RECORDS_LEAST. */
MUST_CHECK int x86_follow(struct x86 *machine, struct x86_record *records, size_t capacity);
/* How many records the last run has put into the list. */
size_t x86_followed(const struct x86 *machine);
/* While followed: the instruction from which control left its page last. */
uint64_t x86_came_from(const struct x86 *machine);

/* Runs until something of enum x86_stop happens, at most `budget` instructions. */
struct x86_exit x86_run(struct x86 *machine, uint64_t budget);
/* Instructions executed since x86_new; not changed by x86_rollback. A REP iteration counts as one.
 */
uint64_t x86_instructions(const struct x86 *machine);
/* What running has cost since x86_new, about a nanosecond of a common processor to the unit: an
 * instruction that runs from decoded code is worth 3, one that must be decoded 25 or more, a page
 * that must be copied 600. Counted, not measured: the same bytes cost the same. For owners who
 * share time among guests that want it all. */
uint64_t x86_effort(const struct x86 *machine);

/* --- snapshots: nestable, cost what was touched since --- */

/* Remembers memory, registers and hooks. ERROR_LIMIT (16 deep) / ERROR_MEMORY. */
MUST_CHECK int x86_snapshot(struct x86 *machine);
/* Back to the newest snapshot, which stays. */
void x86_rollback(struct x86 *machine);
/* Forgets the newest snapshot and keeps the present state. */
void x86_commit(struct x86 *machine);

/* --- what the guest did, as answers instead of guesses --- */

/* Was the byte written by guest instructions since it was mapped (or since the owner wrote it)? A
 * store that changes nothing of a page that holds code, or is watched, is none. */
bool x86_written(const struct x86 *machine, uint64_t address);
/* How many bytes of [start, end) were. */
uint64_t x86_written_bytes(const struct x86 *machine, uint64_t start, uint64_t end);

/* The history of a page since it was mapped, as far as the guest made it. Times are numbers of
 * instructions, the first one executed by the machine being 1; 0: never. */
struct x86_page_history {
	uint64_t written_at, written_by; /* the first store into it; the instruction's address */
	uint64_t executed_at;		 /* the first instruction fetched from it */
	uint64_t rewritten_at, rewritten_by; /* the newest store since then */
	uint64_t unpacked_at, unpacked_ip;   /* the first instruction executed from bytes that the
						guest had written */
};
/* Of the page of `address`; rolled back with snapshots. False when nothing ever happened there. */
MUST_CHECK bool x86_page_history(const struct x86 *machine, uint64_t address,
				 struct x86_page_history *history);

struct x86_watch {
	uint64_t start, end;	   /* the range that is watched */
	uint64_t read;		   /* data bytes that instructions read inside it (not fetches) */
	uint64_t written;	   /* bytes that instructions wrote inside it */
	uint64_t executed_written; /* instructions executed anywhere whose bytes the guest had
				      written */
	uint64_t first_written_ip; /* address of the first of these; 0: none */
};
/* Starts counting for one range (a payload); the former range's counts are lost. Rolled back with
 * snapshots. */
void x86_watch_start(struct x86 *machine, uint64_t start, uint64_t end);
struct x86_watch x86_watch_counts(const struct x86 *machine);

/* --- looking --- */

/* The instruction at `address` as text ("mov eax, [ebp+0x8]"); its length in bytes, or ERROR_INPUT
 * when the bytes are no instruction or not mapped. */
int x86_disassemble(const struct x86 *machine, uint64_t address, char *text, size_t size);

/* Memory that an instruction reads, writes, or both (then the read comes first). */
struct x86_access {
	uint64_t address;
	unsigned size; /* bytes: 1 … 512 */
	bool reads, writes;
};
enum { X86_MOST_ACCESSES = 4 };
/* What the instruction at ip will access with the registers as they are, the stack included; of a
 * repeated string instruction the next iteration. A write that the instruction may leave out
 * (cmpxchg, a masked move) is told, a descriptor table is not. Their number (0 for an instruction
 * that only faults), or ERROR_INPUT when the bytes at ip are no instruction or not mapped. */
int x86_accesses(const struct x86 *machine, struct x86_access accesses[X86_MOST_ACCESSES]);

enum x86_value_kind {
	X86_VALUE_GENERAL,
	X86_VALUE_FLAGS,
	X86_VALUE_SEGMENT, /* a selector */
	X86_VALUE_BASE,	   /* of fs or gs */
	X86_VALUE_CONTROL, /* x87 control, status, full tag word; mxcsr */
	X86_VALUE_X87,	   /* 10 bytes: an 80-bit number, or MMX's 8 and ff ff */
	X86_VALUE_XMM
};
/* A register by name, for people. */
struct x86_value {
	char name[8];
	enum x86_value_kind kind;
	unsigned size;	   /* bytes */
	uint8_t bytes[16]; /* little-endian */
};
enum { X86_MOST_VALUES = 56 };
/* All registers but ip, in an order that does not change; their number. x87 registers stand in the
 * order of the chip and are named as the stack is at the moment, so that the same place of two
 * lists is the same register. */
unsigned x86_values(const struct x86 *machine, struct x86_value values[X86_MOST_VALUES]);
/* Sets a general register, eflags, fs_base or gs_base by its name in x86_values (upper case is
 * accepted). ERROR_USAGE when there is no such register or it cannot be set so. */
MUST_CHECK int x86_set_value(struct x86 *machine, const char *name, uint64_t value);

#endif
