/* Instructions, looked at without executing them: how control goes on, what memory they touch, and
 * a shape that stays the same when constants and addresses change. Zydis decodes. */
#ifndef KENBI_SHELLCODE_INSTRUCTION_H
#define KENBI_SHELLCODE_INSTRUCTION_H

#include "base/base.h"
#include "x86/x86.h"

enum { INSTRUCTION_MAX = 15 }; /* longest encoding, bytes (SDM vol. 2, 2.3.11) */

enum flow {
	FLOW_INVALID,  /* no instruction, or one that a user program may not execute */
	FLOW_NEXT,     /* goes on behind itself */
	FLOW_BRANCH,   /* conditional: both ways */
	FLOW_JUMP,     /* to the target */
	FLOW_CALL,     /* to the target, returns perhaps */
	FLOW_INDIRECT, /* jmp or call to where only execution knows */
	FLOW_RETURN,
	FLOW_SYSTEM /* interrupts and system calls: goes on behind itself */
};

/* What a linear sweep needs: 8 bytes, so that a memo of a whole stream stays small. */
struct step {
	uint8_t length;	 /* 0: FLOW_INVALID */
	uint8_t flow;	 /* enum flow */
	uint16_t traits; /* enum glance_trait; filled by glance */
	int32_t target;	 /* of FLOW_BRANCH, JUMP, CALL: relative to the instruction's first byte */
};

struct step instruction_step(enum x86_mode mode, struct bytes code);

/* A memory operand. */
struct reference {
	bool reads, writes;
	bool thread_segment; /* through fs (32 bit) or gs (64 bit) */
	enum x86_segment segment;
	int8_t base, index; /* enum x86_register; -1: none; REFERENCE_IP: relative to ip */
	uint8_t scale;
	uint8_t size; /* bytes; 255: 255 or more */
	int64_t displacement;
};
enum { REFERENCE_IP = 127, INSTRUCTION_REFERENCES = 2 };

enum instruction_role {
	ROLE_OTHER,
	ROLE_NOTHING, /* nop and its like: changes no register and no memory */
	ROLE_CALL,
	ROLE_RETURN,
	ROLE_PUSH_TEXT,		/* push of an immediate that holds printable characters */
	ROLE_PUSH,		/* other pushes of immediates */
	ROLE_STORE_ENVIRONMENT, /* fnstenv, fnsave, fxsave */
	ROLE_COMPARE		/* cmp or scas of memory: what a search loop does */
};

struct instruction {
	uint8_t length;
	enum flow flow;
	enum instruction_role role;
	uint8_t references_count;
	struct reference references[INSTRUCTION_REFERENCES];
	uint64_t
		shape; /* hash of mnemonic and operand forms without immediates and displacements */
};

/* False when the bytes are no instruction. */
bool instruction_decode(enum x86_mode mode, struct bytes code, struct instruction *instruction);

/* Linear address of a reference, with the machine's registers as they are. */
uint64_t instruction_address(const struct x86 *machine, const struct instruction *instruction,
			     const struct reference *reference);

#endif
