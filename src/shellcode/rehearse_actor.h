/* Who plays the processor in a rehearsal (rehearse.h): its state, what it reads and writes, and the
 * instructions that it knows. */
#ifndef KENBI_SHELLCODE_REHEARSE_ACTOR_H
#define KENBI_SHELLCODE_REHEARSE_ACTOR_H

#include "shellcode/instruction.h"
#include "shellcode/world.h"

enum {
	ACTOR_CODE = 512,  /* bytes that are gone through, and may be changed */
	ACTOR_STACK = 256, /* on both sides of the stack pointer */
	ACTOR_WORD = 64	   /* bits */
};

enum verdict { GOES_ON, FAULT, OPEN /* for a probe to decide */ };

struct actor {
	const struct x86 *machine;
	enum x86_mode mode;
	enum verdict verdict;
	unsigned flags; /* enum x86_flag */
	struct bytes piece;
	uint64_t start, window, stack; /* addresses of `piece`, `code` and `words` */
	uint64_t process_block;	       /* and of the PEB */
	size_t length, at, next; /* of the code; the present instruction, and what is read next */
	uint64_t jump;		 /* from behind it */
	uint64_t registers[X86_REGISTERS];
	uint8_t code[ACTOR_CODE], words[2 * ACTOR_STACK];
	/* one bit for each byte: of the code, that was written; of the words, that is known */
	uint64_t written[ACTOR_CODE / ACTOR_WORD], told[2 * ACTOR_STACK / ACTOR_WORD];
};

/* The present instruction. */
struct instruction_bytes {
	uint8_t opcode, modrm, rex;
	uint64_t segment;    /* base of fs: or gs:, if it goes through these */
	bool narrow_address; /* prefix 67 */
	bool null_segment;   /* gs: in 32-bit mode */
	unsigned size;	     /* of its operands */
	uint64_t address;    /* of that in memory */
	unsigned behind;     /* bytes that follow the address */
};

/* The first verdict counts. */
static inline void actor_judge(struct actor *actor, enum verdict verdict)
{
	if (actor->verdict == GOES_ON)
		actor->verdict = verdict;
}

static inline uint64_t actor_mask(unsigned size)
{
	return size == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * size) - 1;
}

static inline uint64_t actor_extend(uint64_t value, unsigned size)
{
	unsigned unused = 64 - 8 * size;

	return (uint64_t)((int64_t)(value << unused) >> unused);
}

static inline unsigned actor_word(const struct actor *actor)
{
	return actor->mode == X86_MODE_64 ? 8 : 4;
}

static inline bool actor_is_marked(const uint64_t *bits, size_t at)
{
	return bits[at / ACTOR_WORD] >> at % ACTOR_WORD & 1;
}

/* --- rehearse_actor.c: memory and operands --- */

/* Numbers of 1 to 8 bytes at an address; FAULT where the process has no memory, OPEN where what is
 * there is not known, or its change could not be. */
uint64_t actor_load(struct actor *actor, uint64_t address, unsigned size);
void actor_store(struct actor *actor, uint64_t address, uint64_t value, unsigned size);
void actor_push(struct actor *actor, const struct instruction_bytes *bytes, uint64_t value);
uint64_t actor_pop(struct actor *actor, const struct instruction_bytes *bytes);

/* The next byte of the code; past the end of what is gone through the rest is for a probe, as is
 * what was written. */
static inline uint8_t actor_next_byte(struct actor *actor)
{
	if (actor->next < actor->length && !actor_is_marked(actor->written, actor->next))
		return actor->code[actor->next++];
	actor_judge(actor, OPEN);
	return 0;
}
/* Of 1, 2 or 4 bytes, sign-extended. */
uint64_t actor_immediate(struct actor *actor, unsigned size);
/* Reads ModRM, and finds the address where it means memory. */
void actor_read_modrm(struct actor *actor, struct instruction_bytes *bytes);
/* Three bits of an opcode, ModRM or SIB, and the bit of REX that makes them four. */
static inline unsigned actor_register(const struct instruction_bytes *bytes, unsigned number,
				      unsigned rex_bit)
{
	return (number & 7) | (bytes->rex & rex_bit ? 8u : 0);
}
/* The register, and the other operand, that ModRM tells. */
unsigned actor_reg(const struct instruction_bytes *bytes);
uint64_t actor_get_other(struct actor *actor, const struct instruction_bytes *bytes);
void actor_set_other(struct actor *actor, const struct instruction_bytes *bytes, uint64_t value);
/* Registers, by the size of the operands. */
uint64_t actor_get(const struct actor *actor, const struct instruction_bytes *bytes, unsigned reg);
void actor_set(struct actor *actor, const struct instruction_bytes *bytes, unsigned reg,
	       uint64_t value);

/* --- rehearse_execute.c --- */

/* Does what the opcode says; what follows it in the code is read. */
void actor_execute(struct actor *actor, struct instruction_bytes *bytes);

#endif
