/* An instruction's encoding taken apart as far as a glance needs it: what glance.c reads and
 * glance_traits.c judges. */
#ifndef KENBI_SHELLCODE_GLANCE_FORM_H
#define KENBI_SHELLCODE_GLANCE_FORM_H

#include "shellcode/glance.h"

struct form {
	enum x86_mode mode;
	struct bytes code;
	size_t at; /* what has been read */
	uint8_t opcode, modrm;
	bool two_bytes, has_modrm;
	bool narrow_operand, narrow_address, wide; /* 66, 67, REX.W */
	bool locked;
	bool brief; /* nobody asks for the traits */
};

static inline uint8_t form_byte(const struct form *form, size_t at)
{
	return at < form->code.length ? form->code.data[at] : 0;
}

/* enum glance_trait of it; see glance_sets. */
uint16_t form_traits(const struct form *form);
unsigned form_sets(const struct form *form);

#endif
