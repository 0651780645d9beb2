#include "shellcode/glance_table.h"

#include <string.h>

#include "shellcode/glance_form.h"

/* What the instruction is, as far as its first two bytes tell. */
enum told { TOLD_NOTHING, TOLD_LENGTH, TOLD_ALL };

static enum told told_by_two(const struct form *form)
{
	bool memory = form->has_modrm && form->modrm < 0xc0;

	if (form->two_bytes) /* jumps over 32 bits; others have ModRM, or are looked at closer */
		return form->at == 2 && (form->opcode & 0xf0) == 0x80 ? TOLD_LENGTH : TOLD_NOTHING;
	if (form->at != 1) /* prefixes */
		return TOLD_NOTHING;
	if (memory && (form->modrm & 7) == 4) /* a SIB, which may have no base */
		return form->modrm < 0x40 ? TOLD_NOTHING : TOLD_LENGTH;
	/* fixed addresses, of which some are nowhere */
	return (memory && (form->modrm & 0xc7) == 5) || (form->opcode & 0xfc) == 0xa0 ? TOLD_LENGTH
										      : TOLD_ALL;
}

static uint8_t falls_of(const struct step *step)
{
	switch (step->flow) {
	case FLOW_NEXT:
	case FLOW_BRANCH:
	case FLOW_CALL:
	case FLOW_SYSTEM: return step->length;
	case FLOW_JUMP: return GLANCE_TABLE_UNTOLD;
	default: return 0;
	}
}

static bool is_such(const struct step *one, const struct step *other)
{
	return one->length == other->length && one->flow == other->flow &&
	       one->traits == other->traits;
}

/* The kind of such steps, a new one where there is room; `like`: the one before, which is often the
 * same. */
static uint8_t kind_of(struct glance_table *table, const struct step *step, uint8_t like,
		       unsigned *count)
{
	if (like != GLANCE_TABLE_UNKNOWN && is_such(&table->steps[like], step))
		return like;
	for (unsigned kind = GLANCE_TABLE_UNKNOWN + 1; kind < *count; kind++)
		if (is_such(&table->steps[kind], step))
			return (uint8_t)kind;
	if (*count == GLANCE_TABLE_LENGTHS)
		return GLANCE_TABLE_UNKNOWN;
	table->steps[*count] = *step;
	return (uint8_t)(*count)++;
}

/* The kinds of all that begins with `first`. */
static void add_opcode(struct glance_table *table, enum x86_mode mode, unsigned first,
		       unsigned *count)
{
	uint8_t *kinds = table->kinds + first, like = GLANCE_TABLE_UNKNOWN;

	for (unsigned second = 0; second < 256; second++) {
		const uint8_t code[INSTRUCTION_MAX] = { (uint8_t)first, (uint8_t)second };
		struct bytes bytes = { code, sizeof code };
		enum told told;
		struct form form;
		struct step step;
		if (!form_of(mode, bytes, &form) || (told = told_by_two(&form)) == TOLD_NOTHING)
			continue;
		step = glance(mode, bytes);
		step.target = 0;
		if (step.traits & GLANCE_ASKED)
			continue;
		if (told == TOLD_LENGTH) {
			kinds[second << 8] = (uint8_t)(GLANCE_TABLE_LENGTHS + falls_of(&step));
			continue;
		}
		kinds[second << 8] = like = kind_of(table, &step, like, count);
		/* without ModRM the second byte says nothing, unless it is an interrupt's number */
		while (!form.has_modrm && !form.closer && first != 0xcd && ++second < 256)
			kinds[second << 8] = like;
	}
}

static uint8_t plain_of(const struct step *step)
{
	bool goes_on = step->flow == FLOW_NEXT || step->flow == FLOW_BRANCH;

	return goes_on && !(step->traits & GLANCE_RARE) ? step->length : 0;
}

void glance_table_init(struct glance_table *table, enum x86_mode mode)
{
	unsigned count = GLANCE_TABLE_UNKNOWN + 1;

	memset(table, 0, sizeof *table);
	table->mode = mode;
	for (unsigned first = 0; first < 256; first++)
		add_opcode(table, mode, first, &count);
	table->falls[GLANCE_TABLE_UNKNOWN] = GLANCE_TABLE_UNTOLD;
	for (unsigned kind = GLANCE_TABLE_UNKNOWN + 1; kind < count; kind++) {
		table->falls[kind] = falls_of(&table->steps[kind]);
		table->plain[kind] = plain_of(&table->steps[kind]);
	}
	for (unsigned length = 0; length < INSTRUCTION_MAX; length++)
		table->falls[GLANCE_TABLE_LENGTHS + length] = (uint8_t)length;
}
