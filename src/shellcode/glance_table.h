/* Instructions at a glance by their first two bytes, which tell all about five of six.
 *
 * For every pair of bytes the table has the kind of instruction that begins with it: length, flow
 * and traits, of which there are fewer than 256 together. What depends on a third byte (prefixes,
 * 0F, REX, a SIB, fixed addresses) is of no kind, and is left to glance.h. */
#ifndef KENBI_SHELLCODE_GLANCE_TABLE_H
#define KENBI_SHELLCODE_GLANCE_TABLE_H

#include "shellcode/glance.h"

enum {
	GLANCE_TABLE_KINDS = 256,
	GLANCE_TABLE_UNKNOWN = 0, /* the kind of those that are of none */
	GLANCE_TABLE_UNTOLD = 255 /* of falls: an unknown kind, or a jump */
};

struct glance_table {
	uint8_t kinds[1 << 16];		       /* by the first two bytes; the first is the lower */
	struct step steps[GLANCE_TABLE_KINDS]; /* targets are 0 */
	uint8_t falls[GLANCE_TABLE_KINDS];     /* lengths of what goes on behind itself, else 0 */
};

void glance_table_init(struct glance_table *table, enum x86_mode mode);

static inline uint8_t glance_table_kind(const struct glance_table *table, const uint8_t *code)
{
	return table->kinds[code[0] | code[1] << 8];
}

/* Its length where it goes on behind itself, 0 where not, or GLANCE_TABLE_UNTOLD. */
static inline uint8_t glance_table_falls(const struct glance_table *table, const uint8_t *code)
{
	return table->falls[glance_table_kind(table, code)];
}

/* The same as glance for what is of a kind; false: it is not. `code` has INSTRUCTION_MAX bytes. */
static inline bool glance_by_table(const struct glance_table *table, const uint8_t *code,
				   struct step *step)
{
	uint8_t kind = glance_table_kind(table, code);

	*step = table->steps[kind];
	if (step->flow == FLOW_BRANCH || step->flow == FLOW_JUMP || step->flow == FLOW_CALL)
		step->target =
			step->length +
			(step->length == 2
				 ? (int8_t)code[1]
				 : (int32_t)((uint32_t)code[1] | (uint32_t)code[2] << 8 |
					     (uint32_t)code[3] << 16 | (uint32_t)code[4] << 24));
	return kind != GLANCE_TABLE_UNKNOWN;
}

#endif
