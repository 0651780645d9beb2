/* Covered: the one-byte opcodes that are printable, but for decimal adjustment and what goes
 * through fs: or gs:, with operands in registers and memory; as memory, the code's first bytes and
 * what surrounds the stack pointer. Encodings and flags: Intel SDM vol. 2. */
#include "shellcode/rehearse.h"

#include <string.h>

#include "shellcode/instruction.h"

enum {
	BEFORE = 64, /* bytes before the entry, and all, that are gone through and may be changed */
	CODE = 512,
	STACK = 256, /* on both sides of the stack pointer */
	STEPS = 128,
	LONGEST_COMMON =
		5,	  /* bytes of prefixes and opcode: no instruction is too long with these */
	BEHIND = 1 << 16, /* zeros behind the piece, see probe.c */
	DECODER = 8,	  /* bytes of itself that one writes at least, see probe.c */
	WORD = 64,	  /* bits */
	/* nanoseconds, see share.h */
	BEGIN_COST = 60,
	STEP_COST = 8
};

enum verdict { GOES_ON, FAULT, OPEN /* for a probe to decide */ };

struct actor {
	const struct x86 *machine;
	enum x86_mode mode;
	enum verdict verdict;
	unsigned flags; /* enum x86_flag */
	struct bytes piece;
	uint64_t start, window, stack; /* addresses of `piece`, `code` and `words` */
	size_t length, at, next; /* of the code; the present instruction, and what is read next */
	uint64_t jump;		 /* from behind it */
	uint64_t registers[X86_REGISTERS];
	uint8_t code[CODE], words[2 * STACK];
	uint64_t written[CODE / WORD], told[2 * STACK / WORD]; /* bytes that are known, of words */
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
static void judge(struct actor *actor, enum verdict verdict)
{
	if (actor->verdict == GOES_ON)
		actor->verdict = verdict;
}

static uint64_t mask_of(unsigned size)
{
	return size == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * size) - 1;
}

static uint64_t extend(uint64_t value, unsigned size)
{
	unsigned unused = 64 - 8 * size;

	return (uint64_t)((int64_t)(value << unused) >> unused);
}

static unsigned word_of(const struct actor *actor)
{
	return actor->mode == X86_MODE_64 ? 8 : 4;
}

/* --- memory --- */

static void mark(uint64_t *bits, size_t first, unsigned size)
{
	for (size_t i = first; i < first + size; i++)
		bits[i / WORD] |= (uint64_t)1 << i % WORD;
}

static bool is_marked(const uint64_t *bits, size_t at)
{
	return bits[at / WORD] >> at % WORD & 1;
}

/* Where among `length` bytes at `start` an operand lies; SIZE_MAX: not there. */
static size_t inside(uint64_t start, size_t length, uint64_t address, unsigned size)
{
	uint64_t at = address - start;

	return at < length && size <= length - at ? (size_t)at : SIZE_MAX;
}

/* Neither here nor there: a fault where the process has no memory. */
static void elsewhere(struct actor *actor, uint64_t address)
{
	judge(actor, x86_protection(actor->machine, address) < 0 ? FAULT : OPEN);
}

/* What was pushed, over what lay there. */
static void add_pushed(const struct actor *actor, uint64_t address, uint8_t *bytes, unsigned size)
{
	for (unsigned i = 0; i < size; i++) {
		uint64_t at = address + i - actor->stack;
		if (at < sizeof actor->words && is_marked(actor->told, at))
			bytes[i] = actor->words[at];
	}
}

/* From outside the window, of which the operand must have no part. */
static void fetch(struct actor *actor, uint64_t address, uint8_t *bytes, unsigned size)
{
	size_t at = inside(actor->start, actor->piece.length + BEHIND, address, size);

	if (address + size > actor->window && address < actor->window + actor->length)
		judge(actor, OPEN);
	else if (at != SIZE_MAX && at + size <= actor->piece.length)
		memcpy(bytes, actor->piece.data + at, size);
	else if (at != SIZE_MAX && at < actor->piece.length)
		judge(actor, OPEN);
	else if (at == SIZE_MAX && x86_read(actor->machine, address, bytes, size) < 0)
		elsewhere(actor, address);
	else
		add_pushed(actor, address, bytes, size);
}

static uint64_t load(struct actor *actor, uint64_t address, unsigned size)
{
	size_t at = inside(actor->window, actor->length, address, size);
	uint8_t bytes[8] = { 0 };
	uint64_t value;

	if (at != SIZE_MAX)
		memcpy(bytes, actor->code + at, size);
	else
		fetch(actor, address, bytes, size);
	memcpy(&value, bytes, sizeof value);
	return value;
}

/* A store that changes nothing is none. */
static void store_code(struct actor *actor, size_t at, const uint8_t *bytes, unsigned size)
{
	if (memcmp(actor->code + at, bytes, size) == 0)
		return;
	memcpy(actor->code + at, bytes, size);
	mark(actor->written, at, size);
}

static void store(struct actor *actor, uint64_t address, uint64_t value, unsigned size)
{
	size_t at = inside(actor->window, actor->length, address, size);
	uint8_t bytes[8];

	memcpy(bytes, &value, sizeof bytes);
	if (at != SIZE_MAX) {
		store_code(actor, at, bytes, size);
		return;
	}
	at = inside(actor->stack, sizeof actor->words, address, size);
	if (at == SIZE_MAX) {
		elsewhere(actor, address);
		return;
	}
	memcpy(actor->words + at, bytes, size);
	mark(actor->told, at, size);
}

/* The size of what push and pop move. */
static unsigned stack_size(const struct actor *actor, const struct instruction_bytes *bytes)
{
	return bytes->size == 2 ? 2 : word_of(actor);
}

static void push(struct actor *actor, const struct instruction_bytes *bytes, uint64_t value)
{
	unsigned size = stack_size(actor, bytes);
	uint64_t *top = &actor->registers[X86_SP];

	*top = (*top - size) & mask_of(word_of(actor));
	store(actor, *top, value, size);
}

static uint64_t pop(struct actor *actor, const struct instruction_bytes *bytes)
{
	unsigned size = stack_size(actor, bytes);
	uint64_t *top = &actor->registers[X86_SP], value = load(actor, *top, size);

	*top = (*top + size) & mask_of(word_of(actor));
	return value;
}

/* --- an instruction's bytes --- */

/* The next; past the end of what is gone through the rest is for a probe, as is what was written.
 */
static uint8_t next_byte(struct actor *actor)
{
	if (actor->next < actor->length && !is_marked(actor->written, actor->next))
		return actor->code[actor->next++];
	judge(actor, OPEN);
	return 0;
}

/* Of 1, 2 or 4 bytes, sign-extended. */
static uint64_t immediate(struct actor *actor, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)next_byte(actor) << 8 * i;
	return extend(value, size);
}

static uint64_t immediate_of_operand(struct actor *actor, const struct instruction_bytes *bytes)
{
	return immediate(actor, bytes->size < 4 ? bytes->size : 4);
}

static unsigned extended(const struct instruction_bytes *bytes, unsigned number, unsigned rex_bit)
{
	return (number & 7) | (bytes->rex & rex_bit ? 8u : 0);
}

/* Base and index behind a SIB byte. */
static uint64_t address_by_sib(struct actor *actor, const struct instruction_bytes *bytes)
{
	uint8_t sib = next_byte(actor);
	unsigned index = extended(bytes, sib >> 3, 2), base = extended(bytes, sib, 1);
	uint64_t address = index == X86_SP ? 0 : actor->registers[index] << (sib >> 6);

	if ((sib & 7) == 5 && bytes->modrm < 0x40)
		return address + immediate(actor, 4);
	return address + actor->registers[base];
}

static uint64_t address_of(struct actor *actor, const struct instruction_bytes *bytes)
{
	unsigned mode = bytes->modrm >> 6, base = bytes->modrm & 7;
	uint64_t address;

	if (base == 4)
		address = address_by_sib(actor, bytes);
	else if (mode == 0 && base == 5)
		address = immediate(actor, 4);
	else
		address = actor->registers[extended(bytes, base, 1)];
	if (mode == 0 && base == 5 && actor->mode == X86_MODE_64)
		address += actor->window + actor->next + bytes->behind;
	if (mode == 1 || mode == 2)
		address += immediate(actor, mode == 1 ? 1 : 4);
	address &= mask_of(bytes->narrow_address ? 4 : word_of(actor));
	return (address + bytes->segment) & mask_of(word_of(actor));
}

/* Addresses of 16 bits (SDM vol. 2, table 2-1). */
static uint64_t narrow_address_of(struct actor *actor, const struct instruction_bytes *bytes)
{
	static const uint8_t bases[8] = { X86_BX, X86_BX, X86_BP, X86_BP,
					  X86_SI, X86_DI, X86_BP, X86_BX };
	unsigned mode = bytes->modrm >> 6, form = bytes->modrm & 7;
	uint64_t address = actor->registers[bases[form]];

	if (form < 4)
		address += actor->registers[form & 1 ? X86_DI : X86_SI];
	if (mode == 0 && form == 6)
		address = immediate(actor, 2);
	if (mode == 1 || mode == 2)
		address += immediate(actor, mode);
	return ((address & 0xffff) + bytes->segment) & mask_of(4);
}

/* Reads ModRM, and finds the address where it means memory. */
static void read_modrm(struct actor *actor, struct instruction_bytes *bytes)
{
	bytes->modrm = next_byte(actor);
	if (bytes->modrm >= 0xc0)
		return;
	if (bytes->null_segment)
		judge(actor, FAULT);
	bytes->address = bytes->narrow_address && actor->mode == X86_MODE_32
				 ? narrow_address_of(actor, bytes)
				 : address_of(actor, bytes);
}

/* --- operands --- */

/* Is it the second byte of a register: ah, ch, dh, bh? */
static bool is_high(const struct instruction_bytes *bytes, unsigned reg)
{
	return bytes->size == 1 && reg >= 4 && reg < 8 && !bytes->rex;
}

static uint64_t get(const struct actor *actor, const struct instruction_bytes *bytes, unsigned reg)
{
	if (is_high(bytes, reg))
		return actor->registers[reg - 4] >> 8 & 0xff;
	return actor->registers[reg] & mask_of(bytes->size);
}

static void set(struct actor *actor, const struct instruction_bytes *bytes, unsigned reg,
		uint64_t value)
{
	uint64_t *whole = &actor->registers[is_high(bytes, reg) ? reg - 4 : reg];
	uint64_t mask = mask_of(bytes->size);

	if (bytes->size >= 4)
		*whole = value & mask;
	else if (is_high(bytes, reg))
		*whole = (*whole & ~(mask << 8)) | (value & mask) << 8;
	else
		*whole = (*whole & ~mask) | (value & mask);
}

static unsigned reg_of(const struct instruction_bytes *bytes)
{
	return extended(bytes, bytes->modrm >> 3, 4);
}

/* The operand that ModRM tells. */
static uint64_t get_other(struct actor *actor, const struct instruction_bytes *bytes)
{
	return bytes->modrm >= 0xc0 ? get(actor, bytes, extended(bytes, bytes->modrm, 1))
				    : load(actor, bytes->address, bytes->size);
}

static void set_other(struct actor *actor, const struct instruction_bytes *bytes, uint64_t value)
{
	if (bytes->modrm >= 0xc0)
		set(actor, bytes, extended(bytes, bytes->modrm, 1), value);
	else
		store(actor, bytes->address, value, bytes->size);
}

/* --- flags --- */

static void set_flag(struct actor *actor, unsigned flag, bool value)
{
	actor->flags = value ? actor->flags | flag : actor->flags & ~flag;
}

static void set_flags(struct actor *actor, uint64_t result, unsigned size, bool carry,
		      bool overflow)
{
	uint64_t value = result & mask_of(size);

	set_flag(actor, X86_FLAG_ZF, value == 0);
	set_flag(actor, X86_FLAG_SF, value >> (8 * size - 1));
	set_flag(actor, X86_FLAG_PF, !__builtin_parity((unsigned)value & 0xff));
	set_flag(actor, X86_FLAG_CF, carry);
	set_flag(actor, X86_FLAG_OF, overflow);
}

static bool holds(const struct actor *actor, unsigned condition)
{
	bool carry = actor->flags & X86_FLAG_CF, zero = actor->flags & X86_FLAG_ZF;
	bool sign = actor->flags & X86_FLAG_SF, overflow = actor->flags & X86_FLAG_OF;
	const bool held[8] = { overflow,
			       carry,
			       zero,
			       carry || zero,
			       sign,
			       actor->flags & X86_FLAG_PF,
			       sign != overflow,
			       zero || sign != overflow };

	return held[condition >> 1] != (condition & 1);
}

/* --- instructions --- */

enum operation { ADD, OR, ADC, SBB, AND, SUB, XOR, CMP };

static uint64_t combine(struct actor *actor, enum operation operation, uint64_t first,
			uint64_t second, unsigned size)
{
	bool in = (operation == ADC || operation == SBB) && actor->flags & X86_FLAG_CF;
	bool carry = false, overflow = false;
	uint64_t result, sign = (uint64_t)1 << (8 * size - 1);

	switch (operation) {
	case OR: result = first | second; break;
	case AND: result = first & second; break;
	case XOR: result = first ^ second; break;
	case ADD:
	case ADC:
		result = (first + second + in) & mask_of(size);
		carry = result < first || (in && result == first);
		overflow = (first ^ result) & (second ^ result) & sign;
		break;
	default:
		result = (first - second - in) & mask_of(size);
		carry = first < second || (in && first == second);
		overflow = (first ^ second) & (first ^ result) & sign;
		break;
	}
	set_flags(actor, result, size, carry, overflow);
	return result;
}

/* Eight operations in six forms. */
static void arithmetic(struct actor *actor, struct instruction_bytes *bytes)
{
	enum operation operation = bytes->opcode >> 3;
	unsigned form = bytes->opcode & 7, reg = X86_AX;
	uint64_t value, other, result;

	if (!(form & 1))
		bytes->size = 1;
	if (form < 4) {
		read_modrm(actor, bytes);
		reg = reg_of(bytes);
		other = get_other(actor, bytes);
	} else {
		other = immediate_of_operand(actor, bytes) & mask_of(bytes->size);
	}
	value = get(actor, bytes, reg);
	result = form < 2 ? combine(actor, operation, other, value, bytes->size)
			  : combine(actor, operation, value, other, bytes->size);
	if (operation != CMP && form < 2)
		set_other(actor, bytes, result);
	else if (operation != CMP)
		set(actor, bytes, reg, result);
}

/* inc and dec, which leave the carry flag alone. */
static void count(struct actor *actor, const struct instruction_bytes *bytes)
{
	bool carry = actor->flags & X86_FLAG_CF;
	unsigned reg = bytes->opcode & 7;

	set(actor, bytes, reg,
	    combine(actor, bytes->opcode < 0x48 ? ADD : SUB, get(actor, bytes, reg), 1,
		    bytes->size));
	set_flag(actor, X86_FLAG_CF, carry);
}

/* imul register, operand, immediate. The flags that it leaves undefined are the result's, as in
 * x86/multiply.c. */
static void multiply(struct actor *actor, struct instruction_bytes *bytes)
{
	int64_t first, second, product;
	bool lost;

	bytes->behind = bytes->opcode == 0x6b ? 1 : bytes->size < 4 ? 2 : 4;
	read_modrm(actor, bytes);
	second = (int64_t)immediate(actor, bytes->behind);
	first = (int64_t)extend(get_other(actor, bytes), bytes->size);
	lost = __builtin_mul_overflow(first, second, &product);
	lost |= (int64_t)extend((uint64_t)product, bytes->size) != product;
	set(actor, bytes, reg_of(bytes), (uint64_t)product);
	set_flags(actor, (uint64_t)product, bytes->size, lost, lost);
}

static void pop_all(struct actor *actor, struct instruction_bytes *bytes)
{
	for (unsigned reg = X86_R8; reg-- > 0;) {
		uint64_t value = pop(actor, bytes);
		if (reg != X86_SP)
			set(actor, bytes, reg, value);
	}
}

/* movsxd */
static void extend_sign(struct actor *actor, struct instruction_bytes *bytes)
{
	unsigned size = bytes->size;
	uint64_t value;

	read_modrm(actor, bytes);
	bytes->size = 4;
	value = extend(get_other(actor, bytes), 4);
	bytes->size = size;
	set(actor, bytes, reg_of(bytes), value);
}

/* arpl */
static void raise_level(struct actor *actor, struct instruction_bytes *bytes)
{
	uint64_t selector, level;

	bytes->size = 2;
	read_modrm(actor, bytes);
	selector = get_other(actor, bytes);
	level = get(actor, bytes, reg_of(bytes)) & 3;
	set_flag(actor, X86_FLAG_ZF, (selector & 3) < level);
	if ((selector & 3) < level)
		set_other(actor, bytes, (selector & ~(uint64_t)3) | level);
}

/* bound */
static void check_bounds(struct actor *actor, struct instruction_bytes *bytes)
{
	int64_t index, low, high;

	read_modrm(actor, bytes);
	if (bytes->modrm >= 0xc0) {
		judge(actor, OPEN);
		return;
	}
	index = (int64_t)extend(get(actor, bytes, reg_of(bytes)), bytes->size);
	low = (int64_t)extend(load(actor, bytes->address, bytes->size), bytes->size);
	high = (int64_t)extend(
		load(actor, (bytes->address + bytes->size) & mask_of(4), bytes->size), bytes->size);
	if (index < low || index > high)
		judge(actor, FAULT);
}

/* An EVEX prefix, of which most bytes are none (SDM vol. 2, 2.7.1: bits that are fixed, maps). */
static void read_evex(struct actor *actor)
{
	uint8_t first = next_byte(actor), second = next_byte(actor);
	unsigned map = first & 7;

	judge(actor, first & 8 || map == 0 || map == 4 || map == 7 || !(second & 4) ? FAULT : OPEN);
}

static void branch(struct actor *actor, const struct instruction_bytes *bytes)
{
	uint64_t distance = immediate(actor, 1);

	if (bytes->size == 2)
		judge(actor, OPEN);
	if (holds(actor, bytes->opcode & 15))
		actor->jump = distance;
}

/* Opcodes from 60 to 6f. */
static void execute_60(struct actor *actor, struct instruction_bytes *bytes)
{
	bool wide = actor->mode == X86_MODE_64;

	switch (bytes->opcode) {
	case 0x61: wide ? judge(actor, FAULT) : pop_all(actor, bytes); break;
	case 0x62: wide ? read_evex(actor) : check_bounds(actor, bytes); break;
	case 0x63: wide ? extend_sign(actor, bytes) : raise_level(actor, bytes); break;
	case 0x68: push(actor, bytes, immediate_of_operand(actor, bytes)); break;
	case 0x69:
	case 0x6b: multiply(actor, bytes); break;
	case 0x6a: push(actor, bytes, immediate(actor, 1)); break;
	case 0x6c: /* input and output are the system's */
	case 0x6d:
	case 0x6e:
	case 0x6f: judge(actor, FAULT); break;
	default: judge(actor, OPEN);
	}
}

static void execute(struct actor *actor, struct instruction_bytes *bytes)
{
	unsigned reg = extended(bytes, bytes->opcode, 1);

	switch (bytes->opcode >> 4) {
	case 0:
	case 1:
	case 2:
	case 3:
		if ((bytes->opcode & 7) < 6)
			arithmetic(actor, bytes);
		else
			judge(actor, OPEN);
		break;
	case 4: count(actor, bytes); break;
	case 5:
		if (bytes->opcode < 0x58)
			push(actor, bytes, actor->registers[reg]);
		else if (bytes->size == 2)
			set(actor, bytes, reg, pop(actor, bytes));
		else
			actor->registers[reg] = pop(actor, bytes);
		break;
	case 6: execute_60(actor, bytes); break;
	case 7: branch(actor, bytes); break;
	default: judge(actor, OPEN);
	}
}

/* The last override counts; in 64-bit mode only those of fs: and gs: do. */
static void read_segment(const struct actor *actor, struct instruction_bytes *bytes, uint8_t byte)
{
	bool narrow = actor->mode == X86_MODE_32;

	if (byte == 0x64 || byte == 0x65) {
		bytes->segment = x86_segment_base(actor->machine, byte == 0x64 ? X86_FS : X86_GS);
		bytes->null_segment = byte == 0x65 && narrow;
	} else if (narrow && (byte == 0x26 || byte == 0x36 || byte == 0x3e)) {
		bytes->segment = 0;
		bytes->null_segment = false;
	}
}

static bool read_prefix(const struct actor *actor, struct instruction_bytes *bytes, uint8_t byte)
{
	bool rex = actor->mode == X86_MODE_64 && (byte & 0xf0) == 0x40;

	if (!rex && byte != 0x26 && byte != 0x36 && byte != 0x3e && (byte < 0x64 || byte > 0x67))
		return false;
	bytes->rex = rex ? byte : 0; /* only one that the opcode follows counts */
	read_segment(actor, bytes, byte);
	bytes->narrow_address |= byte == 0x67;
	if (byte == 0x66)
		bytes->size = 2;
	return true;
}

/* One instruction. Where it goes before the beginning is past every end. */
static void go_on(struct actor *actor)
{
	struct instruction_bytes bytes = { .size = 4 };
	bool common;

	actor->at = actor->next;
	actor->jump = 0;
	do
		bytes.opcode = next_byte(actor);
	while (read_prefix(actor, &bytes, bytes.opcode) && actor->verdict == GOES_ON);
	common = actor->next - actor->at <= LONGEST_COMMON;
	if (bytes.rex & 8)
		bytes.size = 8;
	if (actor->verdict == GOES_ON)
		execute(actor, &bytes);
	if (!common && actor->next - actor->at > INSTRUCTION_MAX)
		actor->verdict = OPEN;
	actor->next += actor->jump;
}

static void begin(struct actor *actor, const struct world *world, struct bytes piece, size_t entry,
		  enum convention convention)
{
	size_t first = entry < BEFORE ? 0 : entry - BEFORE;
	struct bytes code = bytes_slice(piece, first, CODE);
	uint64_t stack = world_stack(world), address = world_code(world) + entry;
	unsigned word = word_of(actor);

	actor->piece = piece;
	actor->start = world_code(world);
	actor->window = actor->start + first;
	actor->next = entry - first;
	actor->length = code.length;
	memcpy(actor->code, code.data, code.length);
	memset(actor->written, 0, sizeof actor->written);
	memset(actor->told, 0, sizeof actor->told);
	memset(actor->registers, 0, sizeof actor->registers);
	if (convention == CONVENTION_POINTERS) {
		for (unsigned i = 0; i < X86_REGISTERS; i++)
			actor->registers[i] = address;
		for (unsigned i = STACK; i < 2 * STACK; i += word)
			memcpy(actor->words + i, &address, word);
		memset(actor->told + STACK / WORD, 0xff, STACK / 8);
	}
	actor->stack = stack - STACK;
	actor->registers[X86_SP] = stack;
}

struct rehearsal rehearse(struct world *world, struct bytes piece, size_t entry,
			  enum convention convention)
{
	struct rehearsal rehearsal = { .end = REHEARSAL_OPEN };
	unsigned steps = 0, written = 0;
	struct actor actor;
	size_t first;

	x86_rollback(world_machine(world)); /* to what a run begins with */
	actor.machine = world_machine(world);
	actor.mode = x86_mode(actor.machine);
	actor.verdict = GOES_ON;
	actor.flags = 0;
	begin(&actor, world, piece, entry, convention);
	first = actor.next;
	for (; steps < STEPS && actor.verdict == GOES_ON; steps++)
		go_on(&actor);
	for (size_t i = 0; i < CODE / WORD; i++)
		written += (unsigned)__builtin_popcountll(actor.written[i]);
	if (actor.verdict == FAULT)
		rehearsal.end = written < DECODER ? REHEARSAL_FAILS : REHEARSAL_DECODES;
	rehearsal.at = actor.at - first;
	rehearsal.cost = BEGIN_COST + (uint64_t)STEP_COST * steps;
	return rehearsal;
}
