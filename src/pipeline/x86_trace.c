/* Bytes as code, one instruction at a time: what changed becomes a record.
 *
 * The machine is asked before each step what it will access, run by one instruction, and compared
 * with what it was. Values are told as hexadecimal text: JSON numbers end at 2^53 in many readers.
 */
#include "pipeline/pipeline.h"

#include <stdio.h>
#include <string.h>

#include "pipeline/x86_end.h"
#include "x86/x86.h"

#define PAGE	     UINT64_C(4096)
#define STACK_START  UINT64_C(0x100000)
#define STACK_END    UINT64_C(0x200000)
#define STACK_ROOM   UINT64_C(0x1000) /* above the first stack pointer */
#define CALLER	     (STACK_START - PAGE)
#define MEMORY_LIMIT ((size_t)128 << 20)

enum { LONGEST = 15, LARGEST_ACCESS = 512 };

struct tracer {
	const struct pipeline_x86_trace *options;
	const struct pipeline_sink *sink;
	struct x86 *machine;
	uint64_t base, end; /* of the bytes */
};

/* The machine before an instruction. */
struct before {
	uint64_t address;
	int length; /* of the instruction; negative: none */
	char text[128];
	uint8_t bytes[LONGEST];
	bool written; /* by the code itself */
	struct x86_value values[X86_MOST_VALUES];
	struct x86_access accesses[X86_MOST_ACCESSES];
	int access_count;
	uint8_t memory[X86_MOST_ACCESSES][LARGEST_ACCESS];
	bool readable[X86_MOST_ACCESSES];
};

static int emit(const struct tracer *tracer, json_t *record)
{
	int result = record ? tracer->sink->record(tracer->sink->context, record) : ERROR_MEMORY;

	json_decref(record);
	return result;
}

/* A little-endian number of up to 16 bytes; longer ones are bytes in the order of memory, without
 * 0x. */
static json_t *hex_bytes(const uint8_t *bytes, size_t size)
{
	char text[2 * LARGEST_ACCESS + 3] = "0x";
	size_t at = size <= 16 ? 2 : 0, skipped = 0;

	while (size <= 8 && size - skipped > 1 && bytes[size - 1 - skipped] == 0)
		skipped++;
	for (size_t i = skipped; i < size; i++, at += 2)
		snprintf(text + at, sizeof text - at, "%02x",
			 size <= 16 ? bytes[size - 1 - i] : bytes[i]);
	/* no leading zero of a number that is one */
	if (size <= 8 && text[2] == '0' && text[3])
		memmove(text + 2, text + 3, strlen(text + 3) + 1);
	return json_string(text);
}

/* --- a step --- */

static void look_before(const struct tracer *tracer, struct before *before)
{
	const struct x86 *machine = tracer->machine;

	before->address = x86_ip(machine);
	before->length =
		x86_disassemble(machine, before->address, before->text, sizeof before->text);
	before->written = false;
	for (int i = 0; i < before->length; i++) {
		if (x86_read(machine, before->address + (uint64_t)i, &before->bytes[i], 1) < 0)
			before->bytes[i] = 0;
		before->written |= x86_written(machine, before->address + (uint64_t)i);
	}
	x86_values(machine, before->values);
	before->access_count = x86_accesses(machine, before->accesses);
	for (int i = 0; i < before->access_count; i++)
		before->readable[i] = before->accesses[i].size <= LARGEST_ACCESS &&
				      x86_read(machine, before->accesses[i].address,
					       before->memory[i], before->accesses[i].size) == 0;
}

/* MMX writes ones into the exponent, and no x87 number has that above a significand without its top
 * bit. (An MMX value with the top bit set looks like a NaN and is told as one.) */
static bool is_mmx(const struct x86_value *value)
{
	return value->kind == X86_VALUE_X87 && value->bytes[8] == 0xff && value->bytes[9] == 0xff &&
	       !(value->bytes[7] & 0x80);
}

static json_t *register_change(const struct x86_value *old, const struct x86_value *now)
{
	long double number = 0;
	char name[8];

	if (is_mmx(now)) {
		snprintf(name, sizeof name, "mm%c", now->name[2]);
		return json_pack("{s:s, s:o, s:o}", "name", name, "old", hex_bytes(old->bytes, 8),
				 "new", hex_bytes(now->bytes, 8));
	}
	json_t *change = json_pack("{s:s, s:o, s:o}", "name", now->name, "old",
				   hex_bytes(old->bytes, old->size), "new",
				   hex_bytes(now->bytes, now->size));
	if (now->kind == X86_VALUE_X87) {
		memcpy(&number, now->bytes, 10);
		json_object_set_new(change, "number", json_sprintf("%.19Lg", number));
	}
	return change;
}

static json_t *register_changes(const struct before *before, const struct x86_value *now,
				unsigned count)
{
	json_t *changes = json_array();

	for (unsigned i = 0; i < count; i++)
		if (now[i].kind != X86_VALUE_FLAGS &&
		    memcmp(before->values[i].bytes, now[i].bytes, sizeof now[i].bytes) != 0)
			json_array_append_new(changes,
					      register_change(&before->values[i], &now[i]));
	return changes;
}

static json_t *flag_changes(const struct before *before, const struct x86_value *now,
			    unsigned count)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} flags[] = { { "cf", X86_FLAG_CF }, { "pf", X86_FLAG_PF }, { "af", X86_FLAG_AF },
		      { "zf", X86_FLAG_ZF }, { "sf", X86_FLAG_SF }, { "tf", X86_FLAG_TF },
		      { "if", X86_FLAG_IF }, { "df", X86_FLAG_DF }, { "of", X86_FLAG_OF },
		      { "nt", 1u << 14 },    { "rf", 1u << 16 },    { "ac", 1u << 18 },
		      { "id", 1u << 21 } };
	json_t *changes = json_object();
	uint32_t old = 0, new = 0;

	for (unsigned i = 0; i < count; i++) {
		if (now[i].kind != X86_VALUE_FLAGS)
			continue;
		memcpy(&old, before->values[i].bytes, sizeof old);
		memcpy(&new, now[i].bytes, sizeof new);
	}
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if ((old ^ new) & flags[i].bit)
			json_object_set_new(changes, flags[i].name,
					    json_integer((new &flags[i].bit) != 0));
	return changes;
}

static json_t *memory_accesses(const struct tracer *tracer, const struct before *before)
{
	json_t *accesses = json_array();

	for (int i = 0; i < before->access_count; i++) {
		const struct x86_access *access = &before->accesses[i];
		uint8_t after[LARGEST_ACCESS];
		bool known = access->size <= LARGEST_ACCESS &&
			     x86_read(tracer->machine, access->address, after, access->size) == 0;
		json_array_append_new(
			accesses,
			json_pack("{s:o, s:i, s:o, s:o}", "address", x86_hex(access->address),
				  "size", (int)access->size, "read",
				  access->reads && before->readable[i]
					  ? hex_bytes(before->memory[i], access->size)
					  : json_null(),
				  "written",
				  access->writes && known ? hex_bytes(after, access->size)
							  : json_null()));
	}
	return accesses;
}

static json_t *byte_text(const struct before *before)
{
	char text[2 * LONGEST + 1] = "";

	for (int i = 0; i < before->length; i++)
		snprintf(text + 2 * i, sizeof text - 2u * (size_t)i, "%02x", before->bytes[i]);
	return json_string(text);
}

static int emit_step(const struct tracer *tracer, const struct before *before)
{
	struct x86_value now[X86_MOST_VALUES];
	unsigned count = x86_values(tracer->machine, now);

	return emit(tracer,
		    json_pack("{s:s, s:I, s:o, s:o, s:s, s:b, s:o, s:o, s:o}", "type", "x86_step",
			      "number", (json_int_t)x86_instructions(tracer->machine), "address",
			      x86_hex(before->address), "bytes", byte_text(before), "text",
			      before->text, "self_written", before->written, "registers",
			      register_changes(before, now, count), "flags",
			      flag_changes(before, now, count), "memory",
			      memory_accesses(tracer, before)));
}

/* --- the whole --- */

static uint64_t page_up(uint64_t address)
{
	return (address + PAGE - 1) & ~(PAGE - 1);
}

/* On the bytes' own pages, but outside of them, where the code has written nothing. */
static bool has_left(const struct tracer *tracer)
{
	uint64_t ip = x86_ip(tracer->machine);
	bool around = ip >= (tracer->base & ~(PAGE - 1)) && ip < page_up(tracer->end);

	return around && (ip < tracer->base || ip >= tracer->end) &&
	       !x86_written(tracer->machine, ip);
}

static int follow(const struct tracer *tracer)
{
	struct x86_exit exit = { .reason = X86_STOP_BUDGET };
	static _Thread_local struct before before;

	for (uint64_t step = 0; step < tracer->options->budget; step++) {
		uint64_t executed = x86_instructions(tracer->machine);
		if (has_left(tracer))
			return emit(tracer, x86_end_left(tracer->machine, tracer->end));
		if (!tracer->options->quiet)
			look_before(tracer, &before);
		exit = x86_run(tracer->machine, 1);
		if (x86_instructions(tracer->machine) != executed && !tracer->options->quiet) {
			int result = emit_step(tracer, &before);
			if (result < 0)
				return result;
		}
		if (exit.reason != X86_STOP_BUDGET)
			break;
	}
	return emit(tracer, x86_end_record(tracer->machine, &exit));
}

static int check_place(const struct pipeline_x86_trace *options, uint64_t base, size_t length,
		       struct error *error)
{
	uint64_t top = options->wide ? UINT64_C(0x800000000000) : UINT64_C(0x100000000);

	if (options->entry >= length)
		return error_set(error, ERROR_USAGE, NULL,
				 "the entry at offset %llu lies behind the %zu bytes",
				 (unsigned long long)options->entry, length);
	if (base < PAGE || base >= top - PAGE || length > top - PAGE - base)
		return error_set(
			error, ERROR_USAGE, NULL,
			"the base address has to be from 0x1000 and leave room below 0x%llx",
			(unsigned long long)top);
	if ((base & ~(PAGE - 1)) < STACK_END && page_up(base + length) > CALLER)
		return error_set(
			error, ERROR_USAGE, NULL,
			"the bytes would lie on the stack (0x%llx to 0x%llx); choose another base",
			(unsigned long long)CALLER, (unsigned long long)STACK_END);
	return 0;
}

static int set_registers(const struct tracer *tracer, struct error *error)
{
	for (size_t i = 0; i < tracer->options->register_count; i++) {
		const struct pipeline_x86_register *wanted = &tracer->options->registers[i];
		if (x86_set_value(tracer->machine, wanted->name, wanted->value) < 0)
			return error_set(
				error, ERROR_USAGE, wanted->name,
				"no such register in %d-bit code; there are general registers "
				"(%s, …), eflags, fs_base and gs_base",
				tracer->options->wide ? 64 : 32,
				tracer->options->wide ? "rax" : "eax");
	}
	return 0;
}

static int prepare(struct tracer *tracer, struct bytes code, struct error *error)
{
	const unsigned all = X86_READ | X86_WRITE | X86_EXECUTE;
	uint64_t stack = STACK_END - STACK_ROOM, caller = CALLER;
	unsigned width = tracer->options->wide ? 8 : 4;

	tracer->machine = x86_new(tracer->options->wide ? X86_MODE_64 : X86_MODE_32, MEMORY_LIMIT);
	if (!tracer->machine || x86_map(tracer->machine, tracer->base, code.length, all) < 0 ||
	    x86_map(tracer->machine, STACK_START, STACK_END - STACK_START, all) < 0 ||
	    x86_write(tracer->machine, tracer->base, code.data, code.length) < 0 ||
	    x86_write(tracer->machine, stack, &caller, width) < 0 ||
	    x86_hook(tracer->machine, CALLER, CALLER + 1) < 0)
		return error_set(error, ERROR_MEMORY, NULL, "no memory for the simulator");
	x86_set(tracer->machine, X86_SP, stack);
	x86_set_ip(tracer->machine, tracer->base + tracer->options->entry);
	x86_watch_start(tracer->machine, tracer->base, tracer->end);
	return set_registers(tracer, error);
}

int pipeline_x86_trace(const struct pipeline_x86_trace *options, struct bytes code,
		       const char *name, const struct pipeline_sink *sink, struct error *error)
{
	uint64_t base = options->base ? options->base : PIPELINE_X86_BASE;
	struct tracer tracer = { options, sink, NULL, base, base + code.length };
	int result;

	if (code.length == 0)
		return error_set(error, ERROR_INPUT, name,
				 "the file is empty: there is nothing to run");
	result = check_place(options, base, code.length, error);
	if (result == 0)
		result = prepare(&tracer, code, error);
	if (result == 0) {
		result = emit(&tracer,
			      json_pack("{s:s, s:s, s:I, s:i, s:o, s:o, s:I}", "type", "x86_start",
					"file", name, "bytes", (json_int_t)code.length, "mode",
					options->wide ? 64 : 32, "base", x86_hex(base), "entry",
					x86_hex(base + options->entry), "budget",
					(json_int_t)options->budget));
		if (result == 0)
			result = follow(&tracer);
		if (result < 0)
			error_set(error, result, name, "the trace cannot be delivered");
	}
	x86_free(tracer.machine);
	return result;
}
