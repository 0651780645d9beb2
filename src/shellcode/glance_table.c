#include "shellcode/glance_table.h"

#include <string.h>

#include "shellcode/glance_form.h"

/* Does what the instruction is depend on more than its first two bytes? */
static bool depends_on_more(const struct form *form)
{
	if (form->two_bytes || form->at != 1)
		return true;
	if (form->has_modrm && form->modrm < 0xc0 && (form->modrm & 7) == 4) /* a SIB */
		return true;
	/* fixed addresses, of which some are nowhere */
	return (form->has_modrm && (form->modrm & 0xc7) == 5) || (form->opcode & 0xfc) == 0xa0;
}

/* The kind of such steps, a new one where there is room; `like`: the one before, which is often the
 * same. */
static uint8_t kind_of(struct glance_table *table, const struct step *step, uint8_t like,
		       unsigned *count)
{
	for (unsigned i = 0, kind = like; i < *count; kind = i++)
		if (kind != GLANCE_TABLE_UNKNOWN && table->steps[kind].length == step->length &&
		    table->steps[kind].flow == step->flow &&
		    table->steps[kind].traits == step->traits)
			return (uint8_t)kind;
	if (*count == GLANCE_TABLE_KINDS)
		return GLANCE_TABLE_UNKNOWN;
	table->steps[*count] = *step;
	return (uint8_t)(*count)++;
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

/* The kinds of all that begins with `first`. */
static void add_opcode(struct glance_table *table, enum x86_mode mode, unsigned first,
		       unsigned *count)
{
	uint8_t *kinds = table->kinds + first, like = GLANCE_TABLE_UNKNOWN;

	for (unsigned second = 0; second < 256; second++) {
		const uint8_t code[INSTRUCTION_MAX] = { (uint8_t)first, (uint8_t)second };
		struct bytes bytes = { code, sizeof code };
		struct form form;
		struct step step;
		if (!form_of(mode, bytes, &form) || depends_on_more(&form))
			continue;
		step = glance(mode, bytes);
		step.target = 0;
		if (step.traits & GLANCE_ASKED)
			continue;
		kinds[second << 8] = like = kind_of(table, &step, like, count);
		/* without ModRM the second byte says nothing */
		while (!form.has_modrm && !form.closer && ++second < 256)
			kinds[second << 8] = like;
	}
}

void glance_table_init(struct glance_table *table, enum x86_mode mode)
{
	unsigned count = GLANCE_TABLE_UNKNOWN + 1;

	memset(table, 0, sizeof *table);
	for (unsigned first = 0; first < 256; first++)
		add_opcode(table, mode, first, &count);
	table->falls[GLANCE_TABLE_UNKNOWN] = GLANCE_TABLE_UNTOLD;
	for (unsigned kind = GLANCE_TABLE_UNKNOWN + 1; kind < count; kind++)
		table->falls[kind] = falls_of(&table->steps[kind]);
}
