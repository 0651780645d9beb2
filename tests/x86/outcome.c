/* Comparing, and telling of differences. What may differ is in tolerance.c. */
#include "outcome.h"

#include <string.h>

/* --- the parts of memory that nobody defines --- */

/* Bytes of a stored environment that tell of the last instruction: FIP, FDP, FOP and their
 * selectors. AMD only keeps them while an exception waits. */
static bool last_instruction(const struct case_plan *plan, uint64_t offset)
{
	unsigned wide = plan->instruction.operand_width == 16 ? 2 : 4;

	switch (plan->instruction.mnemonic) {
	case ZYDIS_MNEMONIC_FNSTENV:
	case ZYDIS_MNEMONIC_FNSAVE: return offset >= 3 * wide && offset < 7 * wide;
	case ZYDIS_MNEMONIC_FXSAVE:
	case ZYDIS_MNEMONIC_FXSAVE64:
		/* and the mask of MXCSR, and what is reserved between and behind */
		return (offset >= 5 && offset < 24) || (offset >= 28 && offset < 32) ||
		       offset >= OUTCOME_FXSAVE ||
		       (offset >= 32 && offset < 160 && offset % 16 >= 10);
	default: return false;
	}
}

static bool undefined_memory(const struct case_plan *plan, uint64_t address)
{
	return plan->operand_address && address - plan->operand_address < 512 &&
	       last_instruction(plan, address - plan->operand_address);
}

static bool equal_page(const uint8_t *a, const uint8_t *b, uint32_t address,
		       const struct case_plan *plan)
{
	if (memcmp(a, b, NATIVE_PAGE) == 0)
		return true;
	for (unsigned i = 0; i < NATIVE_PAGE; i++)
		if (a[i] != b[i] && !undefined_memory(plan, address + i))
			return false;
	return true;
}

bool outcome_equal(const struct native_case *host, const struct outcome_memory *host_memory,
		   const struct native_case *ours, const struct outcome_memory *our_memory,
		   const struct case_plan *plan)
{
	static const struct native_page map[NATIVE_PAGES] = NATIVE_MAP;
	const struct native_state *a = &host->state, *b = &ours->state;

	if (memcmp(a->general, b->general, sizeof a->general) != 0 || a->ip != b->ip ||
	    a->flags != b->flags || memcmp(a->base, b->base, sizeof a->base) != 0 ||
	    memcmp(a->selector, b->selector, sizeof a->selector) != 0 ||
	    memcmp(a->fxsave, b->fxsave, OUTCOME_FXSAVE) != 0 || host->vector != ours->vector ||
	    host->error_code != ours->error_code || host->fault_address != ours->fault_address)
		return false;
	for (unsigned i = 0; i < NATIVE_PAGES; i++)
		if (!equal_page(host_memory->pages[i], our_memory->pages[i], map[i].address, plan))
			return false;
	return true;
}

/* --- the report --- */

static const char *name_of(const struct case_plan *plan)
{
	static const char *const kinds[CASE_KINDS] = {
		[CASE_INVALID] = "refused bytes", [CASE_SEQUENCE] = "sequence"
	};

	return kinds[plan->kind] ? kinds[plan->kind]
				 : ZydisMnemonicGetString(plan->instruction.mnemonic);
}

static void report_number(FILE *file, const char *name, unsigned number, uint64_t before,
			  uint64_t host, uint64_t ours)
{
	if (host != ours)
		fprintf(file, "  %s%u %llx -> %llx/%llx\n", name, number,
			(unsigned long long)before, (unsigned long long)host,
			(unsigned long long)ours);
}

static void report_memory(FILE *file, const struct outcome_memory *host,
			  const struct outcome_memory *ours)
{
	enum { MOST_BYTES = 40 };
	static const struct native_page map[NATIVE_PAGES] = NATIVE_MAP;
	unsigned count = 0;

	for (unsigned page = 0; page < NATIVE_PAGES; page++)
		for (unsigned i = 0; i < NATIVE_PAGE; i++)
			if (host->pages[page][i] != ours->pages[page][i] && count++ < MOST_BYTES)
				fprintf(file, "  [%x] %02x/%02x\n", map[page].address + i,
					host->pages[page][i], ours->pages[page][i]);
	if (count > MOST_BYTES)
		fprintf(file, "  and %u bytes more\n", count - MOST_BYTES);
}

void outcome_report(FILE *file, const struct native_case *before, const struct native_case *host,
		    const struct outcome_memory *host_memory, const struct native_case *ours,
		    const struct outcome_memory *our_memory, const struct case_plan *plan)
{
	const struct native_state *was = &before->state, *a = &host->state, *b = &ours->state;

	fprintf(file, "%s-bit %s (before -> host/ours), %u steps:", before->wide ? "64" : "32",
		name_of(plan), before->steps);
	for (unsigned i = 0; i < before->code_length; i++)
		fprintf(file, " %02x", before->code[i]);
	fprintf(file,
		"\n  vector %d/%d error %x/%x at %llx/%llx ip %llx -> %llx/%llx flags %llx -> "
		"%llx/%llx operand at %llx\n",
		host->vector, ours->vector, host->error_code, ours->error_code,
		(unsigned long long)host->fault_address, (unsigned long long)ours->fault_address,
		(unsigned long long)was->ip, (unsigned long long)a->ip, (unsigned long long)b->ip,
		(unsigned long long)was->flags, (unsigned long long)a->flags,
		(unsigned long long)b->flags, (unsigned long long)plan->operand_address);
	fprintf(file, "  registers before:");
	for (unsigned i = 0; i < (before->wide ? 16u : 8u); i++)
		fprintf(file, " %llx", (unsigned long long)was->general[i]);
	fprintf(file, "\n");
	for (unsigned i = 0; i < 16; i++)
		report_number(file, "r", i, was->general[i], a->general[i], b->general[i]);
	for (unsigned i = 0; i < 2; i++)
		report_number(file, "base", i, was->base[i], a->base[i], b->base[i]);
	for (unsigned i = 0; i < NATIVE_SEGMENTS; i++)
		report_number(file, "selector", i, was->selector[i], a->selector[i],
			      b->selector[i]);
	if (memcmp(a->fxsave, b->fxsave, OUTCOME_FXSAVE) != 0)
		fprintf(file, "  control %02x%02x status %02x%02x valid %02x\n", was->fxsave[1],
			was->fxsave[0], was->fxsave[3], was->fxsave[2], was->fxsave[4]);
	for (unsigned i = 0; i < OUTCOME_FXSAVE; i += 2)
		if (memcmp(a->fxsave + i, b->fxsave + i, 2) != 0)
			fprintf(file, "  fxsave+%u %02x%02x -> %02x%02x/%02x%02x\n", i,
				was->fxsave[i + 1], was->fxsave[i], a->fxsave[i + 1], a->fxsave[i],
				b->fxsave[i + 1], b->fxsave[i]);
	report_memory(file, host_memory, our_memory);
}
