/* Instructions at a glance by their first two bytes, which tell all about nine of ten.
 *
 * For every pair of bytes the table has the kind of instruction that begins with it: length, flow
 * and traits, of which there are not many together. Some kinds tell the length alone, where the
 * rest depends on a third byte (most SIBs, fixed addresses); what does altogether (prefixes, 0F) is
 * of no kind. In 64-bit mode REX changes nothing of that but where the opcode is. */
#ifndef KENBI_SHELLCODE_GLANCE_TABLE_H
#define KENBI_SHELLCODE_GLANCE_TABLE_H

#include "shellcode/glance.h"

enum {
	GLANCE_TABLE_UNKNOWN = 0,   /* the kind of those that are of none */
	GLANCE_TABLE_LENGTHS = 240, /* and more: kinds that tell this plus the length that falls
				       through */
	GLANCE_TABLE_UNTOLD = 255   /* of falls: an unknown kind, or a jump */
};

struct glance_table {
	uint8_t kinds[1 << 16]; /* by the first two bytes; the first is the lower */
	struct step steps[GLANCE_TABLE_LENGTHS]; /* targets are 0 */
	uint8_t falls[256];			 /* lengths of what goes on behind itself, else 0 */
	uint8_t plain[256]; /* lengths of what is told in full, goes on to the next or branches, and
			       is not rare, else 0 */
	enum x86_mode mode;
};

void glance_table_init(struct glance_table *table, enum x86_mode mode);

static inline uint8_t glance_table_kind(const struct glance_table *table, const uint8_t *code)
{
	return table->kinds[code[0] | code[1] << 8];
}

/* Is the first byte a REX, of which what follows is of the kind that its own bytes tell? */
static inline bool glance_table_rex(const struct glance_table *table, const uint8_t *code)
{
	return table->mode == X86_MODE_64 && (code[0] & 0xf0) == 0x40 &&
	       !(code[0] & 8 && (code[1] & 0xf8) == 0xb8); /* mov r, imm64 */
}

/* Its length where it goes on behind itself, 0 where not, or GLANCE_TABLE_UNTOLD. */
static inline uint8_t glance_table_falls(const struct glance_table *table, const uint8_t *code)
{
	bool rex = glance_table_rex(table, code);
	uint8_t length = table->falls[glance_table_kind(table, code + rex)];

	return rex && length && length != GLANCE_TABLE_UNTOLD ? length + 1 : length;
}

/* The length of what is told in full, goes on to the next or branches, and is not rare; 0: it may
 * be anything. */
static inline uint8_t glance_table_plain(const struct glance_table *table, const uint8_t *code)
{
	bool rex = glance_table_rex(table, code);
	uint8_t length = table->plain[glance_table_kind(table, code + rex)];

	return length ? (uint8_t)(length + rex) : 0;
}

/* The same as glance for what is of a kind that tells all; false: it is not. `code` has
 * INSTRUCTION_MAX bytes. */
static inline bool glance_by_table(const struct glance_table *table, const uint8_t *code,
				   struct step *step)
{
	bool rex = glance_table_rex(table, code);
	uint8_t kind = glance_table_kind(table, code += rex);

	if (kind == GLANCE_TABLE_UNKNOWN || kind >= GLANCE_TABLE_LENGTHS)
		return false;
	*step = table->steps[kind];
	if (step->flow == FLOW_BRANCH || step->flow == FLOW_JUMP || step->flow == FLOW_CALL)
		step->target =
			rex + step->length +
			(step->length == 2
				 ? (int8_t)code[1]
				 : (int32_t)((uint32_t)code[1] | (uint32_t)code[2] << 8 |
					     (uint32_t)code[3] << 16 | (uint32_t)code[4] << 24));
	if (step->length)
		step->length = (uint8_t)(step->length + rex);
	return true;
}

#endif
