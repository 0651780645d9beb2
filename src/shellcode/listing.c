#include "shellcode/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shellcode/api.h"
#include "shellcode/fixed.h"
#include "shellcode/footprint.h"
#include "shellcode/remark.h"

enum {
	SLOTS = 2 * LISTING_INSTRUCTIONS,
	LAYERS_MAX = 250,
	LAYER_OUTSIDE = 255,
	TEXT_SIZE = 96,
	LOOKED_AT = 4096,    /* executions of one instruction whose results are looked at */
	DECODED_SHORTEST = 4 /* bytes whose writing is worth a remark */
};

struct line {
	uint64_t address;
	uint64_t from; /* where control came from at first, unless from right before; 0: there */
	uint64_t times;
	uint64_t write_first, write_end, written; /* extent and bytes of what it wrote */
	struct instruction instruction;
	uint8_t bytes[INSTRUCTION_MAX];
	uint8_t layer;
	char text[TEXT_SIZE];
	char *remarks[LISTING_REMARKS];
	unsigned remarks_count, remarks_left_out;
};

struct listing {
	struct world *world;
	struct x86 *machine; /* while it is the world's */
	enum world_kind kind;
	uint64_t start;
	size_t length;
	struct footprint *layers; /* its "steps" are layers */
	struct line *lines[LISTING_INSTRUCTIONS];
	unsigned count, left_out;
	struct line *slots[SLOTS];
	struct line *previous;		/* the instruction before; NULL: it is not listed */
	uint64_t before[X86_REGISTERS]; /* registers in front of it */
	uint64_t entry;
	bool called; /* control is in a library */
};

struct listing *listing_new(struct world *world, enum world_kind kind, size_t length)
{
	struct listing *listing = calloc(1, sizeof *listing);

	if (!listing)
		return NULL;
	listing->layers = footprint_new();
	if (!listing->layers) {
		free(listing);
		return NULL;
	}
	listing->world = world;
	listing->machine = world_machine(world);
	listing->kind = kind;
	listing->start = world_code(world);
	listing->length = length;
	listing->entry = x86_ip(listing->machine);
	return listing;
}

void listing_free(struct listing *listing)
{
	if (!listing)
		return;
	for (unsigned i = 0; i < listing->count; i++) {
		for (unsigned j = 0; j < listing->lines[i]->remarks_count; j++)
			free(listing->lines[i]->remarks[j]);
		free(listing->lines[i]);
	}
	footprint_free(listing->layers);
	free(listing);
}

static void add_remark(struct line *line, const char *text)
{
	for (unsigned i = 0; i < line->remarks_count; i++)
		if (strcmp(line->remarks[i], text) == 0)
			return;
	if (line->remarks_count == LISTING_REMARKS) {
		line->remarks_left_out++;
		return;
	}
	line->remarks[line->remarks_count] = strdup(text);
	if (line->remarks[line->remarks_count])
		line->remarks_count++;
}

/* --- lines --- */

static size_t slot_of(const struct listing *listing, uint64_t address, uint8_t layer)
{
	size_t slot = ((address ^ (uint64_t)layer << 56) * 0x9e3779b97f4a7c15u >> 40) % SLOTS;

	while (listing->slots[slot] &&
	       (listing->slots[slot]->address != address || listing->slots[slot]->layer != layer))
		slot = (slot + 1) % SLOTS;
	return slot;
}

static struct line *line_at(const struct listing *listing, uint64_t address, uint8_t layer)
{
	return listing->slots[slot_of(listing, address, layer)];
}

static uint8_t layer_at(const struct listing *listing, uint64_t address, size_t length)
{
	uint32_t layer = footprint_written(listing->layers, address, length).step;

	if (layer)
		return (uint8_t)layer;
	return address - listing->start < listing->length ? 0 : LAYER_OUTSIDE;
}

/* The line of the instruction at `ip` when it is there as it was; NULL: look closer. */
static struct line *same_line(struct listing *listing, uint64_t ip)
{
	struct line *line = line_at(listing, ip, layer_at(listing, ip, 1));
	uint8_t bytes[INSTRUCTION_MAX];

	if (!line || x86_read(listing->machine, ip, bytes, line->instruction.length) < 0 ||
	    memcmp(bytes, line->bytes, line->instruction.length) != 0 ||
	    layer_at(listing, ip, line->instruction.length) != line->layer)
		return NULL;
	return line;
}

/* The instruction at `ip`, as it is now; NULL when there is none or no room for it. */
static struct line *make_line(struct listing *listing, uint64_t ip)
{
	struct line found = { .address = ip };
	struct line *line;
	int length = x86_disassemble(listing->machine, ip, found.text, sizeof found.text);

	if (length <= 0 || length > INSTRUCTION_MAX ||
	    x86_read(listing->machine, ip, found.bytes, (size_t)length) < 0 ||
	    !instruction_decode(world_mode(listing->kind),
				(struct bytes){ found.bytes, (size_t)length }, &found.instruction))
		return NULL;
	found.layer = layer_at(listing, ip, (size_t)length);
	line = line_at(listing, ip, found.layer);
	if (line)
		return line;
	if (listing->count == LISTING_INSTRUCTIONS) {
		listing->left_out++;
		return NULL;
	}
	line = malloc(sizeof *line);
	if (!line)
		return NULL;
	*line = found;
	listing->slots[slot_of(listing, ip, line->layer)] = line;
	return listing->lines[listing->count++] = line;
}

/* --- what the last instruction did --- */

static bool loads_word(const struct instruction *instruction)
{
	for (unsigned i = 0; i < instruction->references_count; i++)
		if (instruction->references[i].reads && instruction->references[i].size <= 8)
			return true;
	return false;
}

static void look_at_registers(struct listing *listing)
{
	int registers = world_mode(listing->kind) == X86_MODE_64 ? X86_REGISTERS : X86_R8;
	struct line *line = listing->previous;
	char remark[REMARK_SIZE];

	for (int reg = 0; reg < registers; reg++) {
		uint64_t value = x86_get(listing->machine, (enum x86_register)reg);
		if (reg == X86_SP || value == listing->before[reg])
			continue;
		if (remark_register(listing->world, listing->kind, (enum x86_register)reg, value,
				    listing->length, line->times == 1,
				    loads_word(&line->instruction), remark))
			add_remark(line, remark);
	}
}

/* The call that leads here is the instruction in front of the return address, or, where there is
 * none, the last one. */
static struct line *caller(const struct listing *listing)
{
	uint64_t back = 0;
	size_t word = world_mode(listing->kind) == X86_MODE_64 ? 8 : 4;

	if (x86_read(listing->machine, x86_get(listing->machine, X86_SP), &back, word) < 0)
		return listing->previous;
	for (unsigned length = 2; length <= INSTRUCTION_MAX; length++) {
		struct line *line =
			line_at(listing, back - length, layer_at(listing, back - length, length));
		if (line && line->instruction.length == length &&
		    (line->instruction.flow == FLOW_CALL ||
		     line->instruction.flow == FLOW_INDIRECT))
			return line;
	}
	return listing->previous;
}

/* Control has come to a library. */
static void note_call(struct listing *listing, uint64_t ip, const char *name)
{
	const char *hopped = name ? NULL : world_export_at(listing->world, ip - WORLD_HOOK);
	struct line *line = hopped ? listing->previous : caller(listing);
	const struct fixed_function *fixed = name ? NULL : fixed_function_at(ip);
	char remark[REMARK_SIZE];

	if (!line)
		return;
	if (hopped) {
		snprintf(remark, sizeof remark, "%.120s, behind its first bytes", hopped);
		add_remark(line, remark);
		return;
	}
	if (name) {
		if (remark_api(listing->machine, name, remark))
			add_remark(line, remark);
		return;
	}
	snprintf(remark, sizeof remark,
		 fixed ? "%.60s!%.60s of some Windows" : "into a library of some Windows",
		 fixed ? fixed->library : "", fixed ? fixed->function : "");
	add_remark(line, remark);
}

static void note_writes(struct listing *listing, struct line *line)
{
	struct x86_access accesses[X86_MOST_ACCESSES];
	int count = x86_accesses(listing->machine, accesses);
	uint32_t layer = line->layer == LAYER_OUTSIDE ? 1
			 : line->layer < LAYERS_MAX   ? line->layer + 1u
						      : LAYERS_MAX;

	for (int i = 0; i < count; i++) {
		uint64_t end = accesses[i].address + accesses[i].size;
		if (!accesses[i].writes)
			continue;
		footprint_write(listing->layers, accesses[i].address, accesses[i].size,
				(struct written){ .step = layer });
		if (line->written == 0 || accesses[i].address < line->write_first)
			line->write_first = accesses[i].address;
		if (end > line->write_end)
			line->write_end = end;
		line->written += accesses[i].size;
	}
}

static bool writes(const struct instruction *instruction)
{
	return (instruction->references_count > 0 && instruction->references[0].writes) ||
	       (instruction->references_count > 1 && instruction->references[1].writes);
}

static void list_instruction(struct listing *listing, uint64_t ip)
{
	struct line *previous = listing->previous, *line = same_line(listing, ip);
	char remark[REMARK_SIZE];

	if (!line)
		line = make_line(listing, ip);
	listing->previous = line;
	if (!line)
		return;
	if (line->times++ == 0) {
		if (previous && previous->address + previous->instruction.length != ip)
			line->from = previous->address;
		if (remark_immediate(&line->instruction, line->bytes, remark))
			add_remark(line, remark);
	}
	if (line->instruction.flow == FLOW_SYSTEM &&
	    remark_system_call(listing->machine, listing->kind, line->bytes, remark))
		add_remark(line, remark);
	if (writes(&line->instruction))
		note_writes(listing, line);
	for (int reg = 0; reg < X86_REGISTERS; reg++)
		listing->before[reg] = x86_get(listing->machine, (enum x86_register)reg);
}

/* Results of calls are no addresses, and loops have said what they say. */
static bool looks(const struct line *line)
{
	return line && line->times <= LOOKED_AT && line->instruction.flow != FLOW_SYSTEM;
}

void listing_step(struct listing *listing)
{
	uint64_t ip;
	const char *name;

	if (world_machine(listing->world) != listing->machine)
		return; /* another process' */
	ip = x86_ip(listing->machine);
	name = world_export_at(listing->world, ip);
	if (looks(listing->previous))
		look_at_registers(listing);
	if (name || (world_unix(listing->kind) == UNIX_SYSTEMS && api_in_libraries(ip))) {
		if (!listing->called)
			note_call(listing, ip, name);
		listing->called = true;
		listing->previous = NULL;
		return;
	}
	listing->called = false;
	list_instruction(listing, ip);
}

void listing_end(struct listing *listing)
{
	if (world_machine(listing->world) == listing->machine && looks(listing->previous))
		look_at_registers(listing);
}

/* --- telling --- */

/* What a line wrote and others executed is decoding; what it wrote elsewhere is its own business.
 */
static bool decodes(const struct listing *listing, const struct line *line, char *remark)
{
	uint64_t span = line->write_end - line->write_first;
	const struct line *first = NULL;

	for (unsigned i = 0; i < listing->count; i++) {
		const struct line *other = listing->lines[i];
		if (other->layer == (line->layer == LAYER_OUTSIDE ? 1 : line->layer + 1) &&
		    other->address >= line->write_first && other->address < line->write_end &&
		    (!first || other->address < first->address))
			first = other;
	}
	if (!first || line->written < DECODED_SHORTEST)
		return false;
	snprintf(remark, REMARK_SIZE, "decodes %llu bytes at 0x%llx",
		 (unsigned long long)(span < line->written ? span : line->written),
		 (unsigned long long)line->write_first);
	return true;
}

static json_t *address_json(uint64_t address)
{
	char text[24];

	snprintf(text, sizeof text, "0x%llx", (unsigned long long)address);
	return json_string(text);
}

static json_t *remarks_json(const struct listing *listing, const struct line *line)
{
	json_t *remarks = json_array();
	char remark[REMARK_SIZE];

	for (unsigned i = 0; i < line->remarks_count; i++)
		json_array_append_new(remarks, json_string(line->remarks[i]));
	if (line->remarks_left_out) {
		snprintf(remark, sizeof remark, "and %u more", line->remarks_left_out);
		json_array_append_new(remarks, json_string(remark));
	}
	if (decodes(listing, line, remark))
		json_array_append_new(remarks, json_string(remark));
	return remarks;
}

static json_t *line_json(const struct listing *listing, const struct line *line)
{
	char bytes[2 * INSTRUCTION_MAX + 1];

	for (unsigned i = 0; i < line->instruction.length; i++)
		snprintf(bytes + 2 * i, 3, "%02x", line->bytes[i]);
	return json_pack("{s:o, s:i, s:s, s:s, s:s, s:I, s:o, s:o}", "address",
			 address_json(line->address), "layer",
			 line->layer == LAYER_OUTSIDE ? 0 : (int)line->layer, "origin",
			 line->layer == LAYER_OUTSIDE ? "outside"
			 : line->layer		      ? "decoded"
						      : "sent",
			 "bytes", bytes, "text", line->text, "times", (json_int_t)line->times,
			 "from", line->from ? address_json(line->from) : json_null(), "remarks",
			 remarks_json(listing, line));
}

static int by_layer(const void *a, const void *b)
{
	const struct line *first = *(const struct line *const *)a;
	const struct line *second = *(const struct line *const *)b;

	if (first->layer != second->layer)
		return first->layer - second->layer;
	return (first->address > second->address) - (first->address < second->address);
}

json_t *listing_json(const struct listing *listing)
{
	json_t *lines = json_array();
	const struct line *order[LISTING_INSTRUCTIONS] = { NULL };

	for (unsigned i = 0; i < listing->count; i++)
		order[i] = listing->lines[i];
	qsort(order, listing->count, sizeof order[0], by_layer);
	for (unsigned i = 0; i < listing->count; i++)
		json_array_append_new(lines, line_json(listing, order[i]));
	return json_pack("{s:o, s:o, s:i}", "entry", address_json(listing->entry), "instructions",
			 lines, "left_out", (int)listing->left_out);
}
