/* A stack machine that sieves primes and runs Collatz sequences: what an interpreter's loop does to
 * a processor. */
#include "programs.h"

#include <stdio.h>

enum opcode {
	PUSH,
	LOAD,
	STORE,
	ADD,
	SUBTRACT,
	MULTIPLY,
	DIVIDE,
	REMAINDER,
	LESS,
	JUMP,
	JUMP_ZERO,
	FETCH,
	PUT,
	EMIT,
	HALT
};

struct instruction {
	uint8_t opcode;
	int32_t value;
};

static int32_t cells[4096];

static long execute(const struct instruction *code)
{
	int32_t stack[32], variables[8] = { 0 }, *top = stack;
	long count = 0;

	for (const struct instruction *at = code;; count++) {
		const struct instruction *now = at++;
		switch ((enum opcode)now->opcode) {
		case PUSH: *++top = now->value; break;
		case LOAD: *++top = variables[now->value]; break;
		case STORE: variables[now->value] = *top--; break;
		case ADD:
			top--;
			*top += top[1];
			break;
		case SUBTRACT:
			top--;
			*top -= top[1];
			break;
		case MULTIPLY:
			top--;
			*top *= top[1];
			break;
		case DIVIDE:
			top--;
			*top /= top[1];
			break;
		case REMAINDER:
			top--;
			*top %= top[1];
			break;
		case LESS:
			top--;
			*top = *top < top[1];
			break;
		case JUMP: at = code + now->value; break;
		case JUMP_ZERO:
			if (*top-- == 0)
				at = code + now->value;
			break;
		case FETCH: *top = cells[*top]; break;
		case PUT:
			cells[top[0]] = top[-1];
			top -= 2;
			break;
		case EMIT: printf("%d ", *top--); break;
		case HALT: return count;
		}
	}
}

int program_interpreter(void)
{
	/* variables: 0 the candidate, 1 a multiple */
	static const struct instruction sieve[] = {
		{ PUSH, 2 }, { STORE, 0 },	{ LOAD, 0 },	   { PUSH, 3000 },
		{ LESS, 0 }, { JUMP_ZERO, 32 },			   /* 2 */
		{ LOAD, 0 }, { FETCH, 0 },	{ JUMP_ZERO, 14 }, /* 6 */
		{ LOAD, 0 }, { PUSH, 1 },	{ ADD, 0 },	   { STORE, 0 },
		{ JUMP, 2 }, /* 9 */
		{ LOAD, 0 }, { PUSH, 100 },	{ REMAINDER, 0 },  { PUSH, 8 },
		{ LESS, 0 }, { JUMP_ZERO, 22 },					     /* 14 */
		{ LOAD, 0 }, { EMIT, 0 },					     /* 20 */
		{ LOAD, 0 }, { STORE, 1 },					     /* 22 */
		{ LOAD, 1 }, { PUSH, 3000 },	{ LESS, 0 },	   { JUMP_ZERO, 9 }, /* 24 */
		{ PUSH, 1 }, { LOAD, 1 },	{ PUT, 0 },	   { JUMP, 33 },     /* 28 */
		{ HALT, 0 },							     /* 32 */
		{ LOAD, 1 }, { LOAD, 0 },	{ ADD, 0 },	   { STORE, 1 },
		{ JUMP, 24 } /* 33 */
	};
	/* variables: 0 the number, 1 its steps */
	static const struct instruction collatz[] = {
		{ PUSH, 27 }, { STORE, 0 },	 { PUSH, 1 },	   { LOAD, 0 },
		{ LESS, 0 },  { JUMP_ZERO, 27 },				      /* 2 */
		{ LOAD, 1 },  { PUSH, 1 },	 { ADD, 0 },	   { STORE, 1 },      /* 6 */
		{ LOAD, 0 },  { PUSH, 2 },	 { REMAINDER, 0 }, { JUMP_ZERO, 21 }, /* 10 */
		{ LOAD, 0 },  { PUSH, 3 },	 { MULTIPLY, 0 },  { PUSH, 1 },
		{ ADD, 0 },   { STORE, 0 },	 { JUMP, 2 }, /* 14 */
		{ LOAD, 0 },  { PUSH, 2 },	 { DIVIDE, 0 },	   { STORE, 0 },
		{ JUMP, 2 },  { HALT, 0 },		     /* 21 */
		{ LOAD, 1 },  { EMIT, 0 },	 { HALT, 0 } /* 27 */
	};

	printf("%ld instructions\n", execute(sieve));
	printf("%ld instructions\n", execute(collatz));
	return 0;
}
