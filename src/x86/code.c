/* The store of decoded operations, and the way from an address to its operation. */
#include <stdlib.h>

#include "x86/decode.h"
#include "x86/memory.h"

static struct operation *operation_number(const struct code *code, unsigned number)
{
	return &code->chunks[number / CHUNK_OPERATIONS][number % CHUNK_OPERATIONS];
}

static struct operation *chunk_take(struct code_pool *pool)
{
	struct operation *chunk = pool->free;

	if (pool->taken == MOST_TAKEN)
		return NULL;
	if (chunk)
		pool->free = chunk->link;
	else
		chunk = malloc(CHUNK_OPERATIONS * sizeof *chunk);
	if (chunk)
		pool->taken++;
	return chunk;
}

void code_pool_fini(struct code_pool *pool)
{
	while (pool->free) {
		struct operation *chunk = pool->free;
		pool->free = chunk->link;
		free(chunk);
	}
}

void code_free(struct code_pool *pool, struct code *code)
{
	if (!code)
		return;
	for (unsigned i = 0; i < MOST_CHUNKS && code->chunks[i]; i++) {
		code->chunks[i]->link = pool->free;
		pool->free = code->chunks[i];
		pool->taken--;
	}
	free(code);
}

void code_flush_jumps(struct x86 *cpu)
{
	for (unsigned i = 0; i < JUMP_CACHE; i++)
		cpu->jump_cache[i].operation = NULL;
	cpu->last_code = NULL;
	cpu->from = NULL;
}

void code_abandon(struct x86 *cpu)
{
	code_flush_jumps(cpu);
	cpu->code_changed = true;
}

void code_drop_all(struct x86 *cpu)
{
	for (size_t i = 0; i < cpu->memory->table_size; i++) {
		struct frame *frame = cpu->memory->table[i].frame;
		if (!frame)
			continue;
		code_free(&cpu->memory->code_pool, frame->code);
		frame->code = NULL;
	}
	for (unsigned level = 0; level <= cpu->depth; level++) {
		const struct journal *journal = &cpu->memory->journals[level];
		for (size_t i = 0; i < journal->count; i++) {
			if (!journal->entries[i].frame)
				continue;
			code_free(&cpu->memory->code_pool, journal->entries[i].frame->code);
			journal->entries[i].frame->code = NULL;
		}
	}
	code_abandon(cpu);
}

/* --- pseudo operations --- */

static handler run_resolve, run_patched, run_patched_written;

static struct operation *run_resolve_unlinked(struct x86 *cpu, struct operation *op)
{
	cpu->registers.ip = op->address;
	cpu->from = NULL;
	cpu->event = EVENT_RESOLVE;
	return NULL;
}

/* Behind a branch, where the entries of blocks stop. */
static struct operation *run_block(struct x86 *cpu, struct operation *op)
{
	run_resolve_unlinked(cpu, op);
	cpu->event = EVENT_BLOCK;
	return NULL;
}

/* A resolved one: the operation is elsewhere in the store. Shortens the way for the next time, and
 * takes none. */
static struct operation *run_goto(struct x86 *cpu, struct operation *op)
{
	if (op->link->run == run_goto)
		op->link = op->link->link;
	cpu->left++;
	return op->link;
}

/* In front of an instruction with bytes that the guest wrote. */
static struct operation *run_written(struct x86 *cpu, struct operation *op)
{
	struct operation *next;

	if (cpu->watch.executed_written++ == 0)
		cpu->watch.first_written_ip = op->address;
	next = op[1].run(cpu, &op[1]);
	/* unless just this one was not executed after all */
	if (UNLIKELY(!next) && cpu->event == EVENT_STOP && cpu->exit.address == op->address &&
	    --cpu->watch.executed_written == 0)
		cpu->watch.first_written_ip = 0;
	return next;
}

/* In front of an instruction while someone follows (x86_follow), when it has been stopped at … */
static struct operation *run_known(struct x86 *cpu, struct operation *op)
{
	return op[1].run(cpu, &op[1]);
}

/* … and before that. */
static struct operation *run_new(struct x86 *cpu, struct operation *op)
{
	if (!cpu->follow.asks)
		return run_known(cpu, op);
	op->run = run_known;
	return follow_stop(cpu, op);
}

static struct operation pseudo(handler *run, uint64_t address)
{
	return (struct operation){ .run = run, .address = address };
}

/* --- changes --- */

static bool any_covered(const struct code *code, unsigned offset, unsigned size)
{
	unsigned end = offset + size;
	uint32_t word;

	if (size <= 16) {
		memcpy(&word, &code->covered[offset / 8], sizeof word);
		return word >> offset % 8 & ((1u << size) - 1);
	}
	for (; offset < end; offset = (offset / 8 + 1) * 8)
		if (code->covered[offset / 8] >> offset % 8 &
		    (end - offset < 8 ? (1u << (end - offset)) - 1 : 0xff))
			return true;
	return false;
}

void code_written(struct code *code, unsigned offset, unsigned size)
{
	unsigned first = offset < LONGEST_INSTRUCTION ? 0 : offset - LONGEST_INSTRUCTION + 1;

	if (!any_covered(code, offset, size))
		return;
	for (unsigned at = first; at < offset + size; at++) {
		struct operation *op;
		if (at % 8 == 0 && code->covered[at / 8] == 0)
			at += 7; /* no instruction begins in these eight */
		if (code->index[at] == 0)
			continue;
		op = operation_number(code, code->index[at] - 1u);
		if (at + op->length > offset)
			op->run = op->run == run_written || op->run == run_patched_written
					  ? run_patched_written
					  : run_patched;
	}
}

/* --- finding --- */

static bool fetch_fault(struct x86 *cpu, uint64_t address, bool present)
{
	cpu->exit.reason = X86_STOP_FAULT;
	cpu->exit.vector = X86_VECTOR_PF;
	cpu->exit.error_code = 16u | (present ? 1u : 0u);
	cpu->exit.fault_address = address;
	return false;
}

static bool executable(struct x86 *cpu, uint64_t address)
{
	const struct region *region = memory_region(cpu->memory, address >> PAGE_BITS);

	if (!region || !(region->protection & X86_EXECUTE) || region->protection & X86_GUARD)
		return fetch_fault(cpu, address, region != NULL);
	return !memory_touched(cpu, region, address, X86_EXECUTE);
}

/* Does a hook's range meet [address, address + length)? */
static bool meets(const struct hook *hook, uint64_t address, uint64_t length)
{
	return address + length > hook->start && address < hook->end;
}

static bool hooked(const struct x86 *cpu, uint64_t address, uint64_t length)
{
	for (unsigned i = 0; i < cpu->hook_count; i++)
		if (meets(&cpu->hooks[i], address, length))
			return true;
	return false;
}

static struct code *code_new(struct x86 *cpu, uint64_t page, struct frame *frame)
{
	struct code *code = calloc(1, sizeof *code);

	cpu->effort += EFFORT_CODE;
	if (code) {
		code->page = page;
		code->frame = frame;
		code->hooked = hooked(cpu, page << PAGE_BITS, PAGE_SIZE);
		code->blocks = meets(&cpu->blocks, page << PAGE_BITS, PAGE_SIZE);
	}
	return code;
}

/* The decoded code of a page that may be executed; NULL without memory. */
static struct code *page_code(struct x86 *cpu, uint64_t number)
{
	struct frame *frame;

	if (cpu->last_code && cpu->last_code_page == number)
		return cpu->last_code;
	frame = memory_frame(cpu->memory, number);
	if (!frame)
		frame = memory_own_frame(cpu, number);
	if (!frame)
		return NULL;
	if (!frame->code) {
		frame->code = code_new(cpu, number, frame);
		if (!frame->code)
			return NULL;
		/* stores must see from now on that they hit code */
		memory_forget_page(cpu, number);
	}
	if (frame->history.executed_at == 0)
		frame->history.executed_at = instructions_now(cpu) + 1;
	cpu->last_code = frame->code;
	cpu->last_code_page = number;
	return frame->code;
}

/* Did the guest write one of these bytes, all of one page? */
static bool written_within(const struct frame *frame, unsigned offset, unsigned length)
{
	uint32_t word;

	memcpy(&word, &frame->written[offset / 8], sizeof word);
	return word >> offset % 8 & ((1u << length) - 1);
}

static bool written_across(const struct x86 *cpu, uint64_t address, unsigned length)
{
	for (unsigned i = 0; i < length; i++)
		if (x86_written(cpu, (address + i) & cpu->linear_mask))
			return true;
	return false;
}

/* An instruction that reaches into the next page is decoded each time: two pages would have to tell
 * it of changes. NULL when the next page is not there. */
static struct operation *decode_across(struct x86 *cpu, uint64_t address)
{
	uint8_t bytes[LONGEST_INSTRUCTION];
	unsigned first = PAGE_SIZE - (unsigned)(address % PAGE_SIZE);
	uint64_t next = (address + first) & cpu->linear_mask;
	struct operation *op = &cpu->scratch[2];
	unsigned used;

	if (!executable(cpu, next))
		return NULL;
	if (x86_read(cpu, address, bytes, first) < 0 ||
	    x86_read(cpu, next, bytes + first, sizeof bytes - first) < 0)
		return NULL;
	used = decode(cpu, address, bytes, sizeof bytes, op);
	op[1] = pseudo(run_resolve_unlinked, (address + op->length) & cpu->linear_mask);
	if (written_across(cpu, address, used))
		*--op = pseudo(run_written, address);
	if (cpu->follow.records)
		*--op = pseudo(run_new, address);
	return op;
}

/* Makes room for an instruction: its mark as written, itself, and the tail. In place of the present
 * tail when that led here and its chunk has room, so that straight code lies straight. Returns the
 * operation's number, or a negative one when the store is full. */
static int code_room(struct x86 *cpu, struct code *code, bool follows)
{
	unsigned number = follows ? code->used - 1 : code->used;
	unsigned chunk;

	if (number % CHUNK_OPERATIONS > CHUNK_OPERATIONS - MOST_ADDED)
		number += CHUNK_OPERATIONS - number % CHUNK_OPERATIONS;
	chunk = number / CHUNK_OPERATIONS;
	if (chunk == MOST_CHUNKS)
		return -1;
	if (!code->chunks[chunk])
		code->chunks[chunk] = chunk_take(&cpu->memory->code_pool);
	return code->chunks[chunk] ? (int)number : -1;
}

/* Puts the mark that the guest wrote its bytes in front of the operation at `op`. Returns the
 * operation's new place. */
static __attribute__((noinline)) struct operation *note_unpacked(struct x86 *cpu, struct code *code,
								 struct operation *op)
{
	struct x86_page_history *history = &code->frame->history;

	if (history->unpacked_at == 0) {
		history->unpacked_at = instructions_now(cpu) + 1;
		history->unpacked_ip = op->address;
	}
	op[1] = *op;
	op[0] = pseudo(run_written, op[1].address);
	op[0].length = op[1].length;
	return op + 1;
}

/* Puts the stop of a follower in front of the operation at `op`, or of its mark before it. Returns
 * the operation's new place. */
static __attribute__((noinline)) struct operation *note_new(struct operation *op, bool marked)
{
	op[1] = op[0];
	if (marked)
		op[0] = op[-1];
	op -= marked;
	op[0] = pseudo(run_new, op[1].address);
	op[0].length = op[1].length;
	return op + 1 + marked;
}

/* Enters the operation at `op`, of that number and decoded from `used` bytes at `offset`. */
INLINE void code_enter(struct x86 *cpu, struct code *code, unsigned number, struct operation *op,
		       uint64_t address, unsigned used)
{
	unsigned offset = (unsigned)(address % PAGE_SIZE);
	uint64_t next = (address + used) & cpu->linear_mask;
	uint32_t covered;
	bool written = written_within(code->frame, offset, used);

	code->index[offset] = (uint16_t)(number + 1);
	memcpy(&covered, &code->covered[offset / 8], sizeof covered);
	covered |= ((1u << used) - 1) << offset % 8;
	memcpy(&code->covered[offset / 8], &covered, sizeof covered);
	if (UNLIKELY(written)) {
		op = note_unpacked(cpu, code, op);
		number++;
	}
	if (UNLIKELY(cpu->follow.records != NULL)) {
		op = note_new(op, written);
		number++;
	}
	/* never linked to another page: its code comes and goes without this one */
	op[1].run = next >> PAGE_BITS != code->page ? run_resolve_unlinked : run_resolve;
	if (UNLIKELY(code->blocks) && op->prefixes & PREFIX_BRANCH)
		op[1].run = run_block;
	op[1].address = next;
	code->tail = op + 1;
	code->used = number + 2;
}

enum added { ADDED, ADDED_NOTHING, ADDED_NO_ROOM };

/* Decodes the instruction at `address` into the store; *found is its operation. ADDED_NOTHING: it
 * reaches into the next page. */
static enum added code_add(struct x86 *cpu, struct code *code, uint64_t address, bool follows,
			   struct operation **found)
{
	unsigned offset = (unsigned)(address % PAGE_SIZE), left = PAGE_SIZE - offset, used;
	int number = code_room(cpu, code, follows);

	if (number < 0)
		return ADDED_NO_ROOM;
	*found = operation_number(code, (unsigned)number);
	used = decode(cpu, address, code->frame->bytes + offset,
		      left < LONGEST_INSTRUCTION ? left : LONGEST_INSTRUCTION, *found);
	if (used > 0) {
		code_enter(cpu, code, (unsigned)number, *found, address, used);
		return ADDED;
	}
	if (follows)
		**found = pseudo(run_resolve, address);
	return ADDED_NOTHING;
}

/* The common case of the above, in place of the tail: false when it is not that. */
INLINE bool code_extend(struct x86 *cpu, struct code *code, struct operation *tail)
{
	uint64_t address = tail->address;
	unsigned offset = (unsigned)(address % PAGE_SIZE), number = code->used - 1, used;

	if (UNLIKELY(address >> PAGE_BITS != code->page || code->index[offset] != 0 ||
		     code->hooked || code->blocks || cpu->follow.records ||
		     offset > PAGE_SIZE - LONGEST_INSTRUCTION ||
		     number % CHUNK_OPERATIONS > CHUNK_OPERATIONS - MOST_ADDED))
		return false;
	cpu->effort += EFFORT_DECODE;
	used = decode_quick(cpu, address, code->frame->bytes + offset, tail);
	if (UNLIKELY(used == 0)) {
		cpu->effort += EFFORT_DECODE_FULL;
		used = decode_full(cpu, address, code->frame->bytes + offset, LONGEST_INSTRUCTION,
				   tail);
	}
	code_enter(cpu, code, number, tail, address, used);
	return true;
}

/* Lets the operation that led here come straight next time, when both are in the same page. */
static void code_link(struct x86 *cpu, const struct code *code, struct operation *found)
{
	struct operation *from = cpu->from;

	if (!from || from == found || from->address >> PAGE_BITS != code->page || code->blocks)
		return;
	from->link = found;
	if (from->run == run_resolve)
		from->run = run_goto;
}

/* Not decoded yet, or no longer. A straight run that has just come to its end goes on decoding
 * here; everything else is looked up by the loop. */
static struct operation *run_resolve(struct x86 *cpu, struct operation *op)
{
	struct code *code = cpu->last_code;

	if (LIKELY(code && code->tail == op) && code_extend(cpu, code, op))
		return op->run(cpu, op);
	cpu->registers.ip = op->address;
	cpu->from = cpu->code_changed ? NULL : op;
	cpu->event = EVENT_RESOLVE;
	return NULL;
}

/* Bytes of the instruction changed. It is decoded into its own place again, when it is as long as
 * before and as far written by the guest; otherwise elsewhere. */
static struct operation *decode_again(struct x86 *cpu, struct operation *op, bool written)
{
	struct code *code = page_code(cpu, op->address >> PAGE_BITS);
	unsigned offset = (unsigned)(op->address % PAGE_SIZE), left = PAGE_SIZE - offset, used;
	struct operation fresh;

	if (!code)
		return run_resolve_unlinked(cpu, op);
	used = decode(cpu, op->address, code->frame->bytes + offset,
		      left < LONGEST_INSTRUCTION ? left : LONGEST_INSTRUCTION, &fresh);
	if (!cpu->follow.records && used == op->length &&
	    written_within(code->frame, offset, used) == written) {
		op[written] = fresh;
		if (written)
			op->run = run_written;
	} else {
		code->index[offset] = 0;
		cpu->jump_cache[op->address % JUMP_CACHE].operation = NULL;
		op->run = run_resolve;
	}
	return op->run(cpu, op);
}

static struct operation *run_patched(struct x86 *cpu, struct operation *op)
{
	return decode_again(cpu, op, false);
}

static struct operation *run_patched_written(struct x86 *cpu, struct operation *op)
{
	return decode_again(cpu, op, true);
}

static struct operation *find_in_page(struct x86 *cpu, uint64_t address)
{
	struct code *code = page_code(cpu, address >> PAGE_BITS);
	unsigned offset = (unsigned)(address % PAGE_SIZE);
	struct operation *found = NULL;

	if (code && code->index[offset]) {
		found = operation_number(code, code->index[offset] - 1u);
	} else if (code) {
		enum added added =
			code_add(cpu, code, address, cpu->from && cpu->from == code->tail, &found);
		if (added == ADDED_NO_ROOM) {
			/* start again, as nobody executes in it between instructions */
			code_drop_all(cpu);
			code = page_code(cpu, address >> PAGE_BITS);
			added = code ? code_add(cpu, code, address, false, &found) : ADDED_NO_ROOM;
		}
		if (added == ADDED_NOTHING)
			return decode_across(cpu, address);
	}
	if (!found) {
		fetch_fault(cpu, address, true);
		return NULL;
	}
	code_link(cpu, code, found);
	if (!code->blocks)
		cpu->jump_cache[address % JUMP_CACHE] = (struct jump_cache_entry){ address, found };
	return found;
}

struct operation *code_find(struct x86 *cpu)
{
	uint64_t address = cpu->registers.ip;
	const struct jump_cache_entry *entry = &cpu->jump_cache[address % JUMP_CACHE];
	int64_t high = (int64_t)address >> 47;

	if (LIKELY(entry->operation && entry->address == address)) {
		if (cpu->from && cpu->from->address >> PAGE_BITS == address >> PAGE_BITS)
			code_link(cpu, page_code(cpu, address >> PAGE_BITS), entry->operation);
		return entry->operation;
	}
	cpu->exit = (struct x86_exit){ .reason = X86_STOP_FAULT, .address = address };
	if (hooked(cpu, address, 1)) {
		cpu->exit.reason = X86_STOP_HOOK;
		return NULL;
	}
	if (high != 0 && high != -1) {
		cpu->exit.vector = X86_VECTOR_GP;
		return NULL;
	}
	if (!executable(cpu, address))
		return NULL;
	return find_in_page(cpu, address);
}
