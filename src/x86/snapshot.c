/* Snapshots: registers and counters are copied, pages and regions are journaled by whoever changes
 * them first. */
#include <stdlib.h>

#include "x86/decode.h"
#include "x86/memory.h"

struct snapshot {
	struct registers registers;
	struct x86_watch watch;
	unsigned hook_count;
};

static void flush_writes(struct x86 *cpu)
{
	for (unsigned i = 0; i < WRITE_CACHE; i++)
		cpu->write_cache[i].page = NO_PAGE;
	cpu->code_store.page = NO_PAGE;
}

int x86_snapshot(struct x86 *machine)
{
	struct snapshot *snapshot;

	if (machine->depth == MOST_SNAPSHOTS)
		return ERROR_LIMIT;
	if (!machine->snapshots)
		machine->snapshots = calloc(MOST_SNAPSHOTS, sizeof *machine->snapshots);
	if (!machine->snapshots)
		return ERROR_MEMORY;
	snapshot = &machine->snapshots[machine->depth++];
	snapshot->registers = machine->registers;
	snapshot->watch = machine->watch;
	snapshot->hook_count = machine->hook_count;
	/* pages of the level below are shared from now on */
	flush_writes(machine);
	return 0;
}

static void pages_restore(struct x86 *cpu)
{
	struct journal *journal = &cpu->memory->journals[cpu->depth];
	bool code = false;

	while (journal->count > 0) {
		const struct page *old = &journal->entries[--journal->count];
		struct page *page = memory_page(cpu->memory, old->number);
		code = code || (page->frame && page->frame->code) ||
		       (old->frame && old->frame->code);
		memory_give_frame(cpu->memory, page->frame);
		*page = *old;
		memory_forget_page(cpu, old->number);
	}
	if (code)
		code_abandon(cpu);
}

static void regions_restore(struct x86 *cpu)
{
	struct memory *memory = cpu->memory;
	struct regions *saved = &memory->saved[cpu->depth];

	if (!memory->regions_saved[cpu->depth])
		return;
	free(memory->regions.list);
	memory->regions = *saved;
	*saved = (struct regions){ 0 };
	memory->regions_saved[cpu->depth] = false;
	memory_flush_caches(cpu);
}

void x86_rollback(struct x86 *machine)
{
	const struct snapshot *snapshot;
	bool rewatched;

	if (machine->depth == 0)
		return;
	snapshot = &machine->snapshots[machine->depth - 1];
	rewatched = machine->watch.start != snapshot->watch.start ||
		    machine->watch.end != snapshot->watch.end;
	pages_restore(machine);
	regions_restore(machine);
	machine->registers = snapshot->registers;
	machine->watch = snapshot->watch;
	machine->trap_delayed = false;
	machine->block_waits = false;
	machine->segments_changed = true;
	memory_flags_loaded(machine);
	if (rewatched)
		memory_flush_caches(machine);
	if (machine->hook_count != snapshot->hook_count) {
		machine->hook_count = snapshot->hook_count;
		code_drop_all(machine);
	}
}

/* The pages of the newest level become the level below's; what that level had remembered already
 * wins. */
static void pages_commit(struct x86 *cpu)
{
	struct journal *journal = &cpu->memory->journals[cpu->depth];
	unsigned below = cpu->depth - 1;

	for (size_t i = 0; i < journal->count; i++) {
		struct page old = journal->entries[i];
		struct page *page = memory_page(cpu->memory, old.number);
		struct journal *under = &cpu->memory->journals[below];

		page->level = below;
		if (old.level == below) {
			memory_give_frame(cpu->memory, old.frame);
			continue;
		}
		under->entries[under->count++] = old; /* memory_journal made room */
	}
	journal->count = 0;
}

static void regions_commit(struct x86 *cpu)
{
	struct memory *memory = cpu->memory;
	unsigned below = cpu->depth - 1;

	if (!memory->regions_saved[cpu->depth])
		return;
	if (below > 0 && !memory->regions_saved[below]) {
		memory->saved[below] = memory->saved[cpu->depth];
		memory->regions_saved[below] = true;
	} else {
		free(memory->saved[cpu->depth].list);
	}
	memory->saved[cpu->depth] = (struct regions){ 0 };
	memory->regions_saved[cpu->depth] = false;
}

void x86_commit(struct x86 *machine)
{
	if (machine->depth == 0)
		return;
	pages_commit(machine);
	regions_commit(machine);
	machine->depth--;
}
