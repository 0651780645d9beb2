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

static handler run_resolve;

static struct operation *run_resolve_unlinked(struct x86 *cpu, struct operation *op)
{
	cpu->registers.ip = op->address;
	cpu->from = NULL;
	cpu->event = EVENT_RESOLVE;
	return NULL;
}

/* A resolved one: the operation is elsewhere in the store. */
static struct operation *run_goto(struct x86 *cpu, struct operation *op)
{
	return op->link->run(cpu, op->link);
}

/* In front of an instruction with bytes that the guest wrote. */
static struct operation *run_written(struct x86 *cpu, struct operation *op)
{
	struct operation *next = op[1].run(cpu, &op[1]);

	if (next || cpu->event != EVENT_STOP) {
		if (cpu->watch.executed_written++ == 0)
			cpu->watch.first_written_ip = op->address;
	}
	return next;
}

static struct operation pseudo(handler *run, uint64_t address)
{
	return (struct operation){ .run = run, .address = address };
}

/* --- changes --- */

static bool any_covered(const struct code *code, unsigned offset, unsigned size)
{
	for (unsigned i = offset; i < offset + size; i++)
		if (code->covered[i / 8] >> i % 8 & 1)
			return true;
	return false;
}

void code_written(struct x86 *cpu, struct code *code, unsigned offset, unsigned size)
{
	unsigned first = offset < LONGEST_INSTRUCTION ? 0 : offset - LONGEST_INSTRUCTION + 1;

	if (!any_covered(code, offset, size))
		return;
	for (unsigned at = first; at < offset + size; at++) {
		struct operation *op;
		if (code->index[at] == 0)
			continue;
		op = operation_number(code, code->index[at] - 1u);
		if (at + op->length <= offset)
			continue;
		if (cpu->jump_cache[op->address % JUMP_CACHE].operation == op)
			cpu->jump_cache[op->address % JUMP_CACHE].operation = NULL;
		/* the rest stays: it may be the very instruction that writes */
		op->run = run_resolve;
		code->index[at] = 0;
	}
	cpu->code_changed = true;
}

/* --- finding --- */

static bool fetch_fault(struct x86 *cpu, uint64_t address, bool present)
{
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
	return true;
}

/* Does a hook's range meet [address, address + length)? */
static bool hooked(const struct x86 *cpu, uint64_t address, uint64_t length)
{
	for (unsigned i = 0; i < cpu->hook_count; i++)
		if (address + length > cpu->hooks[i].start && address < cpu->hooks[i].end)
			return true;
	return false;
}

static struct code *code_new(const struct x86 *cpu, uint64_t page, struct frame *frame)
{
	struct code *code = calloc(1, sizeof *code);

	if (code) {
		code->page = page;
		code->frame = frame;
		code->hooked = hooked(cpu, page << PAGE_BITS, PAGE_SIZE);
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
	struct operation *op = &cpu->scratch[1];
	struct decoded decoded;

	if (!executable(cpu, next))
		return NULL;
	if (x86_read(cpu, address, bytes, first) < 0 ||
	    x86_read(cpu, next, bytes + first, sizeof bytes - first) < 0)
		return NULL;
	decode(cpu, address, bytes, sizeof bytes, &decoded);
	*op = decoded.operation;
	op[1] = pseudo(run_resolve_unlinked, (address + op->length) & cpu->linear_mask);
	if (!written_across(cpu, address, decoded.bytes))
		return op;
	op[-1] = pseudo(run_written, address);
	return op - 1;
}

/* Room for `count` operations one behind the other, or NULL when the store is full. */
static struct operation *code_room(struct x86 *cpu, struct code *code, unsigned count)
{
	unsigned left = CHUNK_OPERATIONS - code->used % CHUNK_OPERATIONS;
	unsigned chunk;

	if (left < count)
		code->used += left;
	chunk = code->used / CHUNK_OPERATIONS;
	if (chunk == MOST_CHUNKS)
		return NULL;
	if (!code->chunks[chunk]) {
		code->chunks[chunk] = chunk_take(&cpu->memory->code_pool);
		if (!code->chunks[chunk])
			return NULL;
	}
	return operation_number(code, code->used);
}

/* Keeps a decoded instruction; NULL when there is no room. */
static struct operation *code_add(struct x86 *cpu, struct code *code, uint64_t address,
				  const struct decoded *decoded)
{
	struct operation *from = cpu->from;
	struct operation *op, *room;
	uint32_t covered;
	unsigned offset = (unsigned)(address % PAGE_SIZE);
	bool written = written_within(code->frame, offset, decoded->bytes);

	/* the pseudo operation that led here is the newest: take its place */
	if (from && from->run == run_resolve && code->used % CHUNK_OPERATIONS != 0 &&
	    from == operation_number(code, code->used - 1) &&
	    CHUNK_OPERATIONS - code->used % CHUNK_OPERATIONS >= 2u)
		code->used--;
	room = code_room(cpu, code, 3);
	if (!room)
		return NULL;
	op = room;
	code->index[offset] = (uint16_t)(code->used + 1);
	if (written) {
		*op = pseudo(run_written, address);
		op->length = (uint8_t)decoded->bytes;
		op++;
	}
	*op++ = decoded->operation;
	*op++ = pseudo(run_resolve, (address + decoded->operation.length) & cpu->linear_mask);
	code->used += (unsigned)(op - room);
	memcpy(&covered, &code->covered[offset / 8], sizeof covered);
	covered |= ((1u << decoded->bytes) - 1) << offset % 8;
	memcpy(&code->covered[offset / 8], &covered, sizeof covered);
	return room;
}

/* Lets the operation that led here come straight next time, when both are in the same page. */
static void code_link(struct x86 *cpu, const struct code *code, struct operation *found)
{
	struct operation *from = cpu->from;

	if (!from || from == found || from->address >> PAGE_BITS != code->page)
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
	unsigned offset = (unsigned)(op->address % PAGE_SIZE);
	struct operation *found = NULL;
	struct decoded decoded;

	cpu->registers.ip = op->address;
	cpu->from = cpu->code_changed ? NULL : op;
	cpu->event = EVENT_RESOLVE;
	if (cpu->from && code && code->page == op->address >> PAGE_BITS &&
	    code->index[offset] == 0 && op == operation_number(code, code->used - 1) &&
	    offset <= PAGE_SIZE - LONGEST_INSTRUCTION &&
	    !(code->hooked && hooked(cpu, op->address, 1)) &&
	    decode(cpu, op->address, code->frame->bytes + offset, LONGEST_INSTRUCTION, &decoded))
		found = code_add(cpu, code, op->address, &decoded);
	return found ? found->run(cpu, found) : NULL;
}

static struct operation *find_in_page(struct x86 *cpu, uint64_t address)
{
	struct code *code = page_code(cpu, address >> PAGE_BITS);
	unsigned offset = (unsigned)(address % PAGE_SIZE);
	struct decoded decoded;
	struct operation *found;

	if (!code) {
		fetch_fault(cpu, address, true);
		return NULL;
	}
	if (code->index[offset]) {
		found = operation_number(code, code->index[offset] - 1u);
	} else {
		unsigned left = PAGE_SIZE - offset;
		if (!decode(cpu, address, code->frame->bytes + offset,
			    left < LONGEST_INSTRUCTION ? left : LONGEST_INSTRUCTION, &decoded))
			return decode_across(cpu, address);
		found = code_add(cpu, code, address, &decoded);
		if (!found) {
			/* full: start again, as nobody executes in it between instructions */
			code_drop_all(cpu);
			code = page_code(cpu, address >> PAGE_BITS);
			found = code ? code_add(cpu, code, address, &decoded) : NULL;
		}
		if (!found) {
			fetch_fault(cpu, address, true);
			return NULL;
		}
	}
	code_link(cpu, code, found);
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
