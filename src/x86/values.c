/* The registers as a list of names and bytes, for people who look at a machine. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "x86/machine.h"

static const char *const general_names[2][X86_REGISTERS] = {
	{ "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi" },
	{ "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
	  "r13", "r14", "r15" }
};

struct value_list {
	struct x86_value *values;
	unsigned count;
};

static void value_add(struct value_list *list, enum x86_value_kind kind, const char *name,
		      const void *bytes, unsigned size)
{
	struct x86_value *value = &list->values[list->count++];

	*value = (struct x86_value){ .kind = kind, .size = size };
	snprintf(value->name, sizeof value->name, "%s", name);
	memcpy(value->bytes, bytes, size);
}

static void values_x87(struct value_list *list, const struct x87 *x87)
{
	unsigned top = x87->status >> 11 & 7;
	uint16_t tags = 0;

	for (unsigned i = 0; i < 8; i++) {
		char name[8];
		uint8_t bytes[10];
		memcpy(bytes, &x87->values[i].mantissa, 8);
		memcpy(bytes + 8, &x87->values[i].sign_exponent, 2);
		snprintf(name, sizeof name, "st%u", (i - top) & 7);
		value_add(list, X86_VALUE_X87, name, bytes, sizeof bytes);
		if (!(x87->valid & 1u << i))
			tags |= (uint16_t)(3u << 2 * i); /* empty */
	}
	value_add(list, X86_VALUE_CONTROL, "fctrl", &x87->control, 2);
	value_add(list, X86_VALUE_CONTROL, "fstat", &x87->status, 2);
	value_add(list, X86_VALUE_CONTROL, "ftag", &tags, 2);
}

unsigned x86_values(const struct x86 *machine, struct x86_value values[X86_MOST_VALUES])
{
	static const char *const segments[] = { "es", "cs", "ss", "ds", "fs", "gs" };
	const struct registers *registers = &machine->registers;
	struct value_list list = { values, 0 };
	bool wide = machine->mode == X86_MODE_64;
	unsigned count = wide ? 16 : 8, size = wide ? 8 : 4;
	uint64_t flags = x86_flags(machine);

	for (unsigned i = 0; i < count; i++)
		value_add(&list, X86_VALUE_GENERAL, general_names[wide][i], &registers->general[i],
			  size);
	value_add(&list, X86_VALUE_FLAGS, "eflags", &flags, 4);
	for (unsigned i = 0; i < X86_SEGMENTS; i++)
		value_add(&list, X86_VALUE_SEGMENT, segments[i], &registers->selector[i], 2);
	value_add(&list, X86_VALUE_BASE, "fs_base", &registers->segment_base[X86_FS], size);
	value_add(&list, X86_VALUE_BASE, "gs_base", &registers->segment_base[X86_GS], size);
	values_x87(&list, &registers->x87);
	value_add(&list, X86_VALUE_CONTROL, "mxcsr", &registers->mxcsr, 4);
	for (unsigned i = 0; i < count; i++) {
		char name[8];
		snprintf(name, sizeof name, "xmm%u", i);
		value_add(&list, X86_VALUE_XMM, name, &registers->xmm[i], 16);
	}
	return list.count;
}

int x86_set_value(struct x86 *machine, const char *name, uint64_t value)
{
	bool wide = machine->mode == X86_MODE_64;

	for (unsigned i = 0; i < X86_REGISTERS; i++) {
		if (general_names[wide][i] && strcasecmp(name, general_names[wide][i]) == 0) {
			x86_set(machine, (enum x86_register)i, value);
			return 0;
		}
	}
	if (strcasecmp(name, "eflags") == 0) {
		x86_set_flags(machine, value);
		return 0;
	}
	for (unsigned i = X86_FS; i <= X86_GS; i++) {
		if (strcasecmp(name, i == X86_FS ? "fs_base" : "gs_base") == 0) {
			machine->registers.segment_base[i] = value & machine->linear_mask;
			return 0;
		}
	}
	return ERROR_USAGE;
}
