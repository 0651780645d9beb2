/* Memory is the code's first bytes and what surrounds the stack pointer, which may change, and all
 * else that the process has, which may not. Encodings: Intel SDM vol. 2. */
#include "shellcode/rehearse_actor.h"

#include <string.h>

#include "shellcode/probe.h"

/* --- memory --- */

static void mark(uint64_t *bits, size_t first, unsigned size)
{
	for (size_t i = first; i < first + size; i++)
		bits[i / ACTOR_WORD] |= (uint64_t)1 << i % ACTOR_WORD;
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
	actor_judge(actor, x86_protection(actor->machine, address) < 0 ? FAULT : OPEN);
}

/* What was pushed, over what lay there. */
static void add_pushed(const struct actor *actor, uint64_t address, uint8_t *bytes, unsigned size)
{
	for (unsigned i = 0; i < size; i++) {
		uint64_t at = address + i - actor->stack;
		if (at < sizeof actor->words && actor_is_marked(actor->told, at))
			bytes[i] = actor->words[at];
	}
}

/* From outside the window, of which the operand must have no part. */
static void fetch(struct actor *actor, uint64_t address, uint8_t *bytes, unsigned size)
{
	size_t at = inside(actor->start, actor->piece.length + PROBE_SLACK, address, size);

	if (address + size > actor->window && address < actor->window + actor->length)
		actor_judge(actor, OPEN);
	else if (at != SIZE_MAX && at + size <= actor->piece.length)
		memcpy(bytes, actor->piece.data + at, size);
	else if (at != SIZE_MAX && at < actor->piece.length)
		actor_judge(actor, OPEN);
	else if (address + size > actor->process_block &&
		 address < actor->process_block + PROBE_BLOCK)
		actor_judge(actor, OPEN); /* it looks for libraries */
	else if (at == SIZE_MAX && x86_read(actor->machine, address, bytes, size) < 0)
		elsewhere(actor, address);
	else
		add_pushed(actor, address, bytes, size);
}

uint64_t actor_load(struct actor *actor, uint64_t address, unsigned size)
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

void actor_store(struct actor *actor, uint64_t address, uint64_t value, unsigned size)
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
	return bytes->size == 2 ? 2 : actor_word(actor);
}

void actor_push(struct actor *actor, const struct instruction_bytes *bytes, uint64_t value)
{
	unsigned size = stack_size(actor, bytes);
	uint64_t *top = &actor->registers[X86_SP];

	*top = (*top - size) & actor_mask(actor_word(actor));
	actor_store(actor, *top, value, size);
}

uint64_t actor_pop(struct actor *actor, const struct instruction_bytes *bytes)
{
	unsigned size = stack_size(actor, bytes);
	uint64_t *top = &actor->registers[X86_SP], value = actor_load(actor, *top, size);

	*top = (*top + size) & actor_mask(actor_word(actor));
	return value;
}

/* --- an instruction's bytes --- */

/* Of 1, 2 or 4 bytes, sign-extended. */
uint64_t actor_immediate(struct actor *actor, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)actor_next_byte(actor) << 8 * i;
	return actor_extend(value, size);
}

/* Base and index behind a SIB byte. */
static uint64_t address_by_sib(struct actor *actor, const struct instruction_bytes *bytes)
{
	uint8_t sib = actor_next_byte(actor);
	unsigned index = actor_register(bytes, sib >> 3, 2), base = actor_register(bytes, sib, 1);
	uint64_t address = index == X86_SP ? 0 : actor->registers[index] << (sib >> 6);

	if ((sib & 7) == 5 && bytes->modrm < 0x40)
		return address + actor_immediate(actor, 4);
	return address + actor->registers[base];
}

static uint64_t address_of(struct actor *actor, const struct instruction_bytes *bytes)
{
	unsigned mode = bytes->modrm >> 6, base = bytes->modrm & 7;
	uint64_t address;

	if (base == 4)
		address = address_by_sib(actor, bytes);
	else if (mode == 0 && base == 5)
		address = actor_immediate(actor, 4);
	else
		address = actor->registers[actor_register(bytes, base, 1)];
	if (mode == 0 && base == 5 && actor->mode == X86_MODE_64)
		address += actor->window + actor->next + bytes->behind;
	if (mode == 1 || mode == 2)
		address += actor_immediate(actor, mode == 1 ? 1 : 4);
	address &= actor_mask(bytes->narrow_address ? 4 : actor_word(actor));
	return (address + bytes->segment) & actor_mask(actor_word(actor));
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
		address = actor_immediate(actor, 2);
	if (mode == 1 || mode == 2)
		address += actor_immediate(actor, mode);
	return ((address & 0xffff) + bytes->segment) & actor_mask(4);
}

/* Reads ModRM, and finds the address where it means memory. */
void actor_read_modrm(struct actor *actor, struct instruction_bytes *bytes)
{
	bytes->modrm = actor_next_byte(actor);
	if (bytes->modrm >= 0xc0)
		return;
	if (bytes->null_segment)
		actor_judge(actor, FAULT);
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

uint64_t actor_get(const struct actor *actor, const struct instruction_bytes *bytes, unsigned reg)
{
	if (is_high(bytes, reg))
		return actor->registers[reg - 4] >> 8 & 0xff;
	return actor->registers[reg] & actor_mask(bytes->size);
}

void actor_set(struct actor *actor, const struct instruction_bytes *bytes, unsigned reg,
	       uint64_t value)
{
	uint64_t *whole = &actor->registers[is_high(bytes, reg) ? reg - 4 : reg];
	uint64_t mask = actor_mask(bytes->size);

	if (bytes->size >= 4)
		*whole = value & mask;
	else if (is_high(bytes, reg))
		*whole = (*whole & ~(mask << 8)) | (value & mask) << 8;
	else
		*whole = (*whole & ~mask) | (value & mask);
}

unsigned actor_reg(const struct instruction_bytes *bytes)
{
	return actor_register(bytes, bytes->modrm >> 3, 4);
}

/* The operand that ModRM tells. */
uint64_t actor_get_other(struct actor *actor, const struct instruction_bytes *bytes)
{
	return bytes->modrm >= 0xc0
		       ? actor_get(actor, bytes, actor_register(bytes, bytes->modrm, 1))
		       : actor_load(actor, bytes->address, bytes->size);
}

void actor_set_other(struct actor *actor, const struct instruction_bytes *bytes, uint64_t value)
{
	if (bytes->modrm >= 0xc0)
		actor_set(actor, bytes, actor_register(bytes, bytes->modrm, 1), value);
	else
		actor_store(actor, bytes->address, value, bytes->size);
}
