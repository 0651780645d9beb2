/* An instruction's encoding taken apart as far as a glance needs it: what glance.c reads and
 * glance_traits.c judges. */
#ifndef KENBI_SHELLCODE_GLANCE_FORM_H
#define KENBI_SHELLCODE_GLANCE_FORM_H

#include "shellcode/glance.h"

struct form {
	enum x86_mode mode;
	struct bytes code;
	size_t at;		    /* what has been read */
	uint8_t opcode, modrm, rex; /* rex: 0: none */
	bool two_bytes, has_modrm;
	bool narrow_operand, narrow_address, wide; /* 66, 67, REX.W */
	bool locked;
	bool closer; /* more than this must be looked at to tell what it is */
	bool brief;  /* nobody asks for the traits */
};

static inline uint8_t form_byte(const struct form *form, size_t at)
{
	return at < form->code.length ? form->code.data[at] : 0;
}

/* Bytes of ModRM, SIB and displacement by ModRM (32-bit addresses), but for a SIB without a base.
 */
static inline unsigned form_quick_address(const uint8_t *at)
{
	unsigned mode = at[0] >> 6, base = at[0] & 7;

	if (mode == 3)
		return 1;
	if (base == 4)
		return (mode == 0 && (at[1] & 7) == 5 ? 6u : 2u) + (mode == 2 ? 4u : mode);
	return (mode == 0 && base == 5 ? 5u : 1u) + (mode == 2 ? 4u : mode);
}

/* Prefixes and opcode, and ModRM where that follows: `at` is behind the opcode. False: there is
 * none.
 */
bool form_of(enum x86_mode mode, struct bytes code, struct form *form);
/* enum glance_trait of it; see glance_sets. */
uint16_t form_traits(const struct form *form);
unsigned form_sets(const struct form *form);

#endif
