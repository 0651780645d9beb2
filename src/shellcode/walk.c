#include "shellcode/walk.h"

enum { WALK_COST = 6 /* nanoseconds of a step, see share.h, beside what the sweep counts */ };

bool walk_on(struct walk *walk)
{
	if (walk->next >= sweep_bytes(walk->sweep).length)
		return false;
	sweep_pay(walk->sweep, WALK_COST);
	walk->at = walk->next;
	walk->step = sweep_step(walk->sweep, walk->at);
	if (walk->step.length == 0)
		return false;
	walk->steps++;
	walk->next = walk->step.flow == FLOW_JUMP || walk->step.flow == FLOW_CALL
			     ? (size_t)((int64_t)walk->at + walk->step.target)
			     : walk->at + walk->step.length;
	return true;
}

/* Could it be a legacy prefix, or REX? */
static bool may_be_prefix(uint8_t byte)
{
	return (byte & 0xe7) == 0x26 || (byte & 0xfc) == 0x64 || (byte & 0xfc) == 0xf0 ||
	       (byte & 0xf0) == 0x40;
}

struct opcode opcode_at(struct sweep *sweep, enum x86_mode mode, size_t offset)
{
	struct bytes code = bytes_slice(sweep_bytes(sweep), offset, INSTRUCTION_MAX);
	size_t at = code.length && !may_be_prefix(code.data[0]) ? 0 : glance_opcode(mode, code);
	struct opcode opcode = { .at = offset + at };

	if (at < code.length)
		opcode.first = code.data[at];
	if (at + 1 < code.length)
		opcode.modrm = code.data[at + 1];
	if (at + 2 < code.length)
		opcode.sib = code.data[at + 2];
	opcode.memory = opcode.modrm < 0xc0;
	return opcode;
}

unsigned opcode_registers(const struct opcode *opcode)
{
	unsigned mode = opcode->modrm >> 6, base = opcode->modrm & 7, registers = 0;

	if (mode == 3)
		return 0;
	if (base != 4)
		return mode == 0 && base == 5 ? 0 : 1u << base;
	if ((opcode->sib & 0x38) != 0x20)
		registers = 1u << (opcode->sib >> 3 & 7);
	base = opcode->sib & 7;
	return mode == 0 && base == 5 ? registers : registers | 1u << base;
}

bool opcode_has_operand(const struct opcode *opcode)
{
	uint8_t byte = opcode->first;

	return (byte < 0x40 && (byte & 7) < 4) || byte == 0x69 || byte == 0x6b ||
	       (byte >= 0x80 && byte < 0x90) || byte == 0xc0 || byte == 0xc1 || byte == 0xc6 ||
	       byte == 0xc7 || (byte >= 0xd0 && byte < 0xd4) || byte == 0xf6 || byte == 0xf7 ||
	       byte == 0xfe || byte == 0xff || byte == 0x62 || byte == 0x63;
}

void taint_move(struct taint *taint, const struct opcode *opcode)
{
	unsigned one = 1u << (opcode->modrm & 7), other = 1u << (opcode->modrm >> 3 & 7);

	if ((opcode->first & 0xf8) == 0x50)
		taint->pushed |= (taint->registers & 1u << (opcode->first & 7)) != 0;
	else if (opcode->first == 0x60) /* pushad */
		taint->pushed |= taint->registers != 0;
	else if ((opcode->first & 0xf8) == 0x58 && taint->pushed)
		taint->registers |= 1u << (opcode->first & 7);
	else if ((opcode->first & 0xf8) == 0x90 &&
		 taint->registers & (1u | 1u << (opcode->first & 7)))
		taint->registers |= 1u | 1u << (opcode->first & 7);
	else if (!opcode->memory && opcode_has_operand(opcode) && opcode->first < 0x90 &&
		 taint->registers & (one | other))
		taint->registers |= one | other;
	else if (opcode->first == 0x8d && taint->registers & opcode_registers(opcode))
		taint->registers |= other;
}
