#include "differential.h"

#include <stdlib.h>
#include <string.h>

#include "compared.h"
#include "outcome.h"
#include "x86/memory.h"

enum { REPORTS_EACH = 3, REPORTS = 60, MOST_LOSSES = 20 };

/* The forms seen, by a number that says what makes a form: open addressing, zero is free. */
struct forms {
	uint64_t *keys;
	size_t size, used;
};

struct differential {
	struct native *native;
	struct x86 *machine;
	struct cases cases;
	uint8_t memory[NATIVE_PAGES][NATIVE_PAGE];
	struct forms forms;
	struct differential_row rows[ZYDIS_MNEMONIC_MAX_VALUE + 1];
	struct differential_totals totals;
	FILE *reports;
	unsigned reported, losses;
	struct case_plan plans[NATIVE_BATCH];
	struct native_case before[NATIVE_BATCH];
};

static const struct native_page map[NATIVE_PAGES] = NATIVE_MAP;

/* --- what was covered --- */

static bool forms_add(struct forms *forms, uint64_t key)
{
	size_t at;

	if (forms->used * 2 >= forms->size) {
		struct forms larger = { calloc(forms->size ? forms->size * 2 : 4096, 8),
					forms->size ? forms->size * 2 : 4096, 0 };
		if (!larger.keys)
			abort();
		for (size_t i = 0; i < forms->size; i++)
			if (forms->keys[i])
				forms_add(&larger, forms->keys[i]);
		free(forms->keys);
		*forms = larger;
	}
	at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (forms->size - 1);
	while (forms->keys[at] && forms->keys[at] != key)
		at = (at + 1) & (forms->size - 1);
	if (forms->keys[at])
		return false;
	forms->keys[at] = key;
	forms->used++;
	return true;
}

/* Mnemonic, opcode, operand and address size, memory or register, lock and repetition. */
static uint64_t form_key(const ZydisDecodedInstruction *instruction)
{
	bool memory =
		instruction->attributes & ZYDIS_ATTRIB_HAS_MODRM && instruction->raw.modrm.mod != 3;
	unsigned prefixes =
		(instruction->attributes & ZYDIS_ATTRIB_HAS_LOCK ? 1u : 0) |
		(instruction->attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE) ? 2u
											  : 0) |
		(instruction->attributes & ZYDIS_ATTRIB_HAS_REPNE ? 4u : 0);

	return (uint64_t)instruction->mnemonic << 40 | (uint64_t)instruction->opcode_map << 36 |
	       (uint64_t)instruction->opcode << 28 | (uint64_t)prefixes << 24 |
	       (uint64_t)instruction->operand_width << 12 |
	       (uint64_t)instruction->address_width << 4 | (uint64_t)memory << 1 | 1;
}

static const char *group_of(const ZydisDecodedInstruction *instruction)
{
	ZydisISAExt extension = instruction->meta.isa_ext;

	return extension == ZYDIS_ISA_EXT_BASE || extension == ZYDIS_ISA_EXT_LONGMODE
		       ? ZydisCategoryGetString(instruction->meta.category)
		       : ZydisISAExtGetString(extension);
}

static struct differential_row *count(struct differential *run, const struct case_plan *plan)
{
	struct differential_row *row = &run->rows[plan->instruction.mnemonic];

	run->totals.cases++;
	run->totals.by_kind[plan->kind]++;
	if (plan->kind == CASE_INVALID)
		return &run->rows[ZYDIS_MNEMONIC_INVALID];
	if (plan->kind == CASE_INSTRUCTION) {
		row->cases++;
		row->group = group_of(&plan->instruction);
		if (forms_add(&run->forms, form_key(&plan->instruction))) {
			row->forms++;
			run->totals.forms++;
		}
	}
	return row;
}

/* --- the simulated side --- */

static void load_fxsave(struct registers *registers, const uint8_t *area)
{
	memcpy(&registers->x87.control, area, 2);
	memcpy(&registers->x87.status, area + 2, 2);
	registers->x87.valid = area[4];
	memcpy(&registers->mxcsr, area + 24, 4);
	for (unsigned i = 0; i < 8; i++) {
		struct x87_value *value =
			&registers->x87.values[((registers->x87.status >> 11 & 7) + i) & 7];
		memcpy(&value->mantissa, area + 32 + 16 * i, 8);
		memcpy(&value->sign_exponent, area + 32 + 16 * i + 8, 2);
	}
	memcpy(registers->xmm, area + 160, 256);
}

static void save_fxsave(const struct registers *registers, uint8_t *area)
{
	memset(area, 0, 512);
	memcpy(area, &registers->x87.control, 2);
	memcpy(area + 2, &registers->x87.status, 2);
	area[4] = registers->x87.valid;
	memcpy(area + 24, &registers->mxcsr, 4);
	for (unsigned i = 0; i < 8; i++) {
		const struct x87_value *value =
			&registers->x87.values[((registers->x87.status >> 11 & 7) + i) & 7];
		memcpy(area + 32 + 16 * i, &value->mantissa, 8);
		memcpy(area + 32 + 16 * i + 8, &value->sign_exponent, 2);
	}
	memcpy(area + 160, registers->xmm, 256);
}

static const enum x86_segment segments[NATIVE_SEGMENTS] = { [NATIVE_ES] = X86_ES,
							    [NATIVE_DS] = X86_DS,
							    [NATIVE_SS] = X86_SS,
							    [NATIVE_FS] = X86_FS,
							    [NATIVE_GS] = X86_GS };

static void load_state(struct x86 *machine, const struct native_state *state)
{
	struct registers *registers = &machine->registers;

	for (unsigned i = 0; i < 16; i++)
		x86_set(machine, (enum x86_register)i, state->general[i]);
	x86_set_ip(machine, state->ip);
	x86_set_flags(machine, state->flags);
	load_fxsave(registers, state->fxsave);
	for (unsigned i = 0; i < NATIVE_SEGMENTS; i++) {
		uint64_t base = state->selector[i] == NATIVE_SEGMENT_A	 ? NATIVE_BASE_A
				: state->selector[i] == NATIVE_SEGMENT_B ? NATIVE_BASE_B
									 : 0;
		/* in 64-bit mode only FS and GS have one, and it can be set apart */
		if (machine->mode == X86_MODE_64)
			base = i >= NATIVE_FS ? state->base[i - NATIVE_FS] : 0;
		registers->selector[segments[i]] = state->selector[i];
		registers->segment_base[segments[i]] = base;
	}
}

static void save_state(const struct x86 *machine, struct native_state *state)
{
	for (unsigned i = 0; i < 16; i++)
		state->general[i] = x86_get(machine, (enum x86_register)i);
	state->ip = x86_ip(machine);
	state->flags = x86_flags(machine);
	save_fxsave(&machine->registers, state->fxsave);
	for (unsigned i = 0; i < NATIVE_SEGMENTS; i++)
		state->selector[i] = machine->registers.selector[segments[i]];
	if (machine->mode == X86_MODE_64)
		for (unsigned i = 0; i < 2; i++)
			state->base[i] = machine->registers.segment_base[segments[NATIVE_FS + i]];
}

/* The exception that a process under Linux would see. */
static void save_exit(struct native_case *one, const struct x86_exit *end)
{
	one->vector = end->reason == X86_STOP_BUDGET ? 1 : end->vector;
	one->error_code = end->error_code;
	one->fault_address = end->fault_address;
	/* of the interrupts only #DB, #BP and #OF are open to user code: others are #GP with the
	 * gate's selector error code (SDM vol. 3, 6.12.1.1) */
	if (end->reason == X86_STOP_INTERRUPT && end->vector != X86_VECTOR_BP &&
	    end->vector != X86_VECTOR_OF &&
	    !(end->vector == X86_VECTOR_DB && one->state.ip == end->address + 1)) {
		one->vector = X86_VECTOR_GP;
		one->error_code = end->vector * 8u + 2;
		one->state.ip = end->address;
	}
}

static void write_piecewise(struct x86 *machine, uint64_t address, const uint8_t *bytes,
			    unsigned length)
{
	while (length > 0) {
		int page;
		unsigned piece = native_piece(address, length, &page);
		if (page >= 0 && x86_write(machine, address, bytes, piece) < 0)
			abort(); /* the page is mapped, and there is memory for all of them */
		address += piece;
		bytes += piece;
		length -= piece;
	}
}

/* One instruction runs with TF, as on the host; several run as they would without a debugger. */
static void simulate(struct x86 *machine, struct native_case *one)
{
	struct x86_exit end;

	x86_rollback(machine);
	write_piecewise(machine, one->patch_address, one->patch, one->patch_length);
	write_piecewise(machine, one->state.ip, one->code, one->code_length);
	load_state(machine, &one->state);
	if (one->steps == 1) {
		end = x86_run(machine, 2);
	} else {
		x86_set_flags(machine, one->state.flags & ~(uint64_t)X86_FLAG_TF);
		end = x86_run(machine, one->steps);
	}
	save_state(machine, &one->state);
	save_exit(one, &end);
}

static struct x86 *machine_new(bool wide, const uint8_t memory[NATIVE_PAGES][NATIVE_PAGE])
{
	struct x86 *machine = x86_new(wide ? X86_MODE_64 : X86_MODE_32, 1u << 20);
	bool good = machine != NULL;

	for (unsigned i = 0; good && i < NATIVE_PAGES; i++)
		good = x86_map(machine, map[i].address, NATIVE_PAGE, map[i].protection) == 0 &&
		       x86_write(machine, map[i].address, memory[i], NATIVE_PAGE) == 0;
	if (good) {
		x86_set_segment(machine, X86_FS, NATIVE_SEGMENT_A, NATIVE_BASE_A);
		x86_set_segment(machine, X86_GS, NATIVE_SEGMENT_B, NATIVE_BASE_B);
		good = x86_snapshot(machine) == 0;
	}
	if (good)
		return machine;
	x86_free(machine);
	return NULL;
}

/* --- comparing --- */

static void compare(struct differential *run, unsigned number)
{
	const struct case_plan *plan = &run->plans[number];
	const struct native_case *before = &run->before[number];
	struct native_case *host = &native_cases(run->native)[number];
	static struct native_case ours;
	struct outcome_memory host_memory, our_memory;
	struct differential_row *row = count(run, plan);

	memcpy(&ours, before, offsetof(struct native_case, pages));
	simulate(run->machine, &ours);
	for (unsigned i = 0; i < NATIVE_PAGES; i++) {
		host_memory.pages[i] = host->dirty >> i & 1 ? host->pages[i] : run->memory[i];
		our_memory.pages[i] =
			memory_frame(run->machine->memory, map[i].address / NATIVE_PAGE)->bytes;
	}
	outcome_normalise(host, plan);
	outcome_normalise(&ours, plan);
	if (outcome_equal(host, &host_memory, &ours, &our_memory, plan))
		return;
	if (!outcome_tolerate(before, host, &ours, plan)) {
		run->totals.excused++;
		return;
	}
	if (outcome_equal(host, &host_memory, &ours, &our_memory, plan)) {
		run->totals.approximate++;
		return;
	}
	run->totals.mismatches++;
	if (row->mismatches++ < REPORTS_EACH && run->reported++ < REPORTS)
		outcome_report(run->reports, before, host, &host_memory, &ours, &our_memory, plan);
}

/* --- running --- */

static bool start_host(struct differential *run, const char **reason)
{
	run->native = native_start((const uint8_t(*)[NATIVE_PAGE])run->memory, reason);
	if (!run->native)
		return false;
	if (run->cases.wide || native_features(run->native) & NATIVE_HAS_32)
		return true;
	*reason = "the host runs no 32-bit code";
	return false;
}

/* The helper died in a batch: case after case, to find out which. */
static bool find_killer(struct differential *run, unsigned count)
{
	const char *reason;

	for (unsigned i = 0; i < count; i++) {
		native_stop(run->native);
		if (!start_host(run, &reason))
			return false;
		memcpy(native_cases(run->native), &run->before[i],
		       offsetof(struct native_case, pages));
		if (native_run(run->native, 1))
			continue;
		run->totals.mismatches++;
		run->losses++;
		fprintf(run->reports, "the helper died of:");
		for (unsigned k = 0; k < run->before[i].code_length; k++)
			fprintf(run->reports, " %02x", run->before[i].code[k]);
		fprintf(run->reports, "\n");
	}
	native_stop(run->native);
	return start_host(run, &reason) && run->losses < MOST_LOSSES;
}

static bool run_batch(struct differential *run, unsigned count)
{
	struct native_case *host = native_cases(run->native);

	for (unsigned i = 0; i < count; i++) {
		if (!cases_walk(&run->cases, &run->before[i], &run->plans[i])) {
			run->totals.walked = true;
			cases_random(&run->cases, &run->before[i], &run->plans[i]);
		}
		memcpy(&host[i], &run->before[i], offsetof(struct native_case, pages));
	}
	if (!native_run(run->native, count))
		return find_killer(run, count);
	for (unsigned i = 0; i < count; i++)
		compare(run, i);
	return true;
}

bool differential_run(struct differential *run, uint64_t count)
{
	while (count > 0) {
		unsigned batch = count < NATIVE_BATCH ? (unsigned)count : NATIVE_BATCH;
		if (!run_batch(run, batch))
			return false;
		count -= batch;
	}
	return true;
}

struct differential *differential_new(bool wide, uint64_t seed, bool thorough, FILE *reports,
				      const char **reason)
{
	struct differential *run = calloc(1, sizeof *run);
	struct random random;

	*reason = "no memory";
	if (!run)
		return NULL;
	random_init(&random, seed, 2u + wide);
	for (unsigned page = 0; page < NATIVE_PAGES; page++)
		for (unsigned i = 0; i < NATIVE_PAGE; i += 16)
			if (!(map[page].protection & NATIVE_EXECUTE))
				case_vector(&random, &run->memory[page][i]);
	run->reports = reports;
	run->cases.wide = wide;
	if (start_host(run, reason)) {
		*reason = "no memory";
		run->machine = machine_new(wide, (const uint8_t(*)[NATIVE_PAGE])run->memory);
	}
	if (run->machine) {
		cases_init(&run->cases, &run->machine->decoder, seed, native_features(run->native),
			   thorough, (const uint8_t(*)[NATIVE_PAGE])run->memory);
		return run;
	}
	differential_free(run);
	return NULL;
}

const struct differential_row *differential_row(const struct differential *run,
						ZydisMnemonic mnemonic)
{
	return &run->rows[mnemonic];
}

struct differential_totals differential_totals(const struct differential *run)
{
	return run->totals;
}

void differential_free(struct differential *run)
{
	if (!run)
		return;
	native_stop(run->native);
	x86_free(run->machine);
	free(run->forms.keys);
	free(run);
}
