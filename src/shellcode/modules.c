#include "shellcode/modules.h"

enum { BLOCK = 1 << 16, LARGEST_IMAGE = 1 << 23 };

static bool read_headers(const struct x86 *machine, uint64_t base, struct module_range *range)
{
	uint8_t magic[2] = { 0 };
	uint64_t header = base + (x86_read_u32(machine, base + 0x3c) & 0xffff), directory;

	if (x86_read(machine, base, magic, sizeof magic) < 0 || magic[0] != 'M' ||
	    magic[1] != 'Z' || x86_read_u32(machine, header) != 0x4550)
		return false;
	/* The optional header's magic tells the two widths apart; the directory lies behind it. */
	directory = header + ((x86_read_u32(machine, header + 24) & 0xffff) == 0x20b ? 136 : 120);
	range->base = base;
	range->size = x86_read_u32(machine, header + 80);
	range->exports_start = base + x86_read_u32(machine, directory);
	range->exports_end = range->exports_start + x86_read_u32(machine, directory + 4);
	return range->size != 0;
}

static struct module_range *find(struct modules *modules, const struct x86 *machine,
				 uint64_t address)
{
	uint64_t block = address & ~(uint64_t)(BLOCK - 1);

	for (unsigned i = 0; i < modules->count; i++)
		if (address - modules->ranges[i].base < modules->ranges[i].size)
			return &modules->ranges[i];
	for (unsigned i = 0; i < 8; i++)
		if (modules->nothing[i] == (block | 1))
			return NULL;
	for (uint64_t back = 0; back < LARGEST_IMAGE && back <= block; back += BLOCK) {
		struct module_range *range = &modules->ranges[modules->count];
		if (x86_protection(machine, block - back) < 0)
			break;
		if (modules->count < MODULES_MAX && read_headers(machine, block - back, range) &&
		    address - range->base < range->size) {
			modules->count++;
			return range;
		}
	}
	modules->nothing[modules->nothing_next++ % 8] = block | 1;
	return NULL;
}

bool modules_export_directory(struct modules *modules, const struct x86 *machine, uint64_t address)
{
	const struct module_range *range = find(modules, machine, address);

	return range && address >= range->exports_start && address < range->exports_end;
}
