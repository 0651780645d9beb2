/* What is compared with the host's processor, and what is not, with the reason. */
#ifndef KENBI_TEST_X86_COMPARED_H
#define KENBI_TEST_X86_COMPARED_H

#include <Zydis/Zydis.h>

#include "base/base.h"

/* Has the simulator a row for it? */
bool compared_row(ZydisMnemonic mnemonic);
/* Why the mnemonic is never compared, or NULL. */
const char *compared_not(ZydisMnemonic mnemonic);
/* The feature that this host lacks for a mnemonic that was met, or NULL. */
const char *compared_host_lacks(ZydisMnemonic mnemonic);
/* May this instruction be compared here? Rows, hosts, and the forms where processors differ. */
bool compared(const ZydisDecodedInstruction *instruction);
/* Is it bytes that both sides must refuse in user code? */
bool compared_refusal(ZyanStatus status, const ZydisDecodedInstruction *instruction,
		      const uint8_t *bytes);
/* Legacy and REX prefixes in front. */
unsigned compared_prefixes(const uint8_t bytes[16], bool wide);

#endif
