#include "shellcode/getpc.h"

enum { LOOK = 16 }; /* instructions behind the target */

/* How the instruction moves the stack's depth (words), or takes the word at depth 0. */
enum effect { EFFECT_NONE, EFFECT_PUSH, EFFECT_POP, EFFECT_READS_TOP, EFFECT_TAKES_ALL };

static enum effect effect_of(struct bytes code)
{
	uint8_t first = code.length ? code.data[0] : 0, second = code.length > 1 ? code.data[1] : 0;
	uint8_t third = code.length > 2 ? code.data[2] : 0;

	if ((first & 0xf0) == 0x40 && code.length > 3 && second != 0x24) /* REX, or inc/dec */
		return effect_of(bytes_slice(code, 1, SIZE_MAX)) == EFFECT_READS_TOP
			       ? EFFECT_READS_TOP
			       : EFFECT_NONE;
	if ((first & 0xf8) == 0x50 || first == 0x68 || first == 0x6a || first == 0x60 ||
	    first == 0x9c)
		return EFFECT_PUSH;
	if ((first & 0xf8) == 0x58 || first == 0x8f)
		return EFFECT_POP;
	if (first == 0x61 || first == 0x83 || first == 0x81 || first == 0x89 || first == 0xc9)
		return first == 0x61 ? EFFECT_TAKES_ALL : EFFECT_NONE;
	/* mov, xchg, add, sub, xor, lea-like forms with [esp] and no index */
	if ((second & 0xc7) == 0x04 && third == 0x24 &&
	    (first == 0x8b || first == 0x87 || first == 0x03 || first == 0x2b || first == 0x33 ||
	     first == 0xff || first == 0x01 || first == 0x29 || first == 0x31))
		return EFFECT_READS_TOP;
	return EFFECT_NONE;
}

/* Does what lies there fetch the word on top of the stack? */
static bool fetches_top(struct sweep *sweep, int64_t at)
{
	struct bytes bytes = sweep_bytes(sweep);
	int depth = 0;

	for (unsigned i = 0; i < LOOK && at >= 0 && (size_t)at < bytes.length; i++) {
		struct step step = sweep_step(sweep, (size_t)at);
		enum effect effect = effect_of(bytes_slice(bytes, (size_t)at, step.length));
		if (step.length == 0 || step.traits & GLANCE_RARE)
			return false;
		if (effect == EFFECT_TAKES_ALL ||
		    (depth == 0 && (effect == EFFECT_POP || effect == EFFECT_READS_TOP)))
			return true;
		depth += effect == EFFECT_PUSH ? 1 : effect == EFFECT_POP ? -1 : 0;
		if (step.flow == FLOW_RETURN || step.flow == FLOW_INDIRECT ||
		    step.flow == FLOW_SYSTEM)
			return false;
		if (step.flow == FLOW_CALL)
			depth++;
		at += step.flow == FLOW_JUMP || step.flow == FLOW_CALL ? step.target : step.length;
	}
	return false;
}

/* Compiled code calls the same functions again and again. */
bool getpc_call(struct sweep *sweep, size_t offset)
{
	struct step step = sweep_step(sweep, offset);
	int64_t at = (int64_t)offset + step.target;
	int known;

	if (step.flow != FLOW_CALL || at < 0 || (size_t)at >= sweep_bytes(sweep).length)
		return false;
	known = sweep_recall(sweep, (size_t)at);
	if (known < 0) {
		known = fetches_top(sweep, at);
		sweep_remember(sweep, (size_t)at, known);
	}
	return known;
}
