/* Headers of a PE file. What Windows XP would refuse is refused with its reason; what it tolerates
 * (sections that lie about their sizes, too many directories, no section at all) is cut to what is
 * there. */
#include "win32/pe.h"

#include <string.h>

#define WHERE "PE file"

#define BAD(error, ...) error_set(error, ERROR_INPUT, WHERE, __VA_ARGS__)

static void read_section(struct reader *reader, struct pe *pe, struct pe_section *section)
{
	struct bytes name = reader_take(reader, 8);
	uint32_t alignment = pe->file_alignment < 0x200 ? 1 : 0x200;

	if (name.length)
		memcpy(section->name, name.data, name.length);
	section->virtual_size = reader_u32le(reader);
	section->rva = reader_u32le(reader);
	section->file_size = reader_u32le(reader);
	section->offset = reader_u32le(reader);
	reader_skip(reader, 12);
	section->characteristics = reader_u32le(reader);
	if (section->virtual_size == 0)
		section->virtual_size = section->file_size;
	/* The loader rounds the file offset down to a disk sector. */
	section->offset &= ~(alignment - 1);
	if (section->offset > pe->file.length)
		section->file_size = 0;
	else if (section->file_size > pe->file.length - section->offset)
		section->file_size = (uint32_t)(pe->file.length - section->offset);
	if (section->file_size > ((section->virtual_size + 0xfff) & ~0xfffu))
		section->file_size = (section->virtual_size + 0xfff) & ~0xfffu;
}

static int read_optional(struct reader *reader, struct pe *pe, uint32_t limit, struct error *error)
{
	uint16_t magic = reader_u16le(reader);

	if (magic == 0x20b)
		return BAD(error, "is a 64-bit executable; only 32-bit ones are simulated");
	if (magic != 0x10b)
		return BAD(error, "has no optional header: magic is %#x instead of 0x10b", magic);
	reader_skip(reader, 14);
	pe->entry = reader_u32le(reader);
	reader_skip(reader, 8);
	pe->base = reader_u32le(reader);
	pe->section_alignment = reader_u32le(reader);
	pe->file_alignment = reader_u32le(reader);
	reader_skip(reader, 16);
	pe->size = reader_u32le(reader);
	pe->headers_size = reader_u32le(reader);
	reader_skip(reader, 4);
	pe->subsystem = reader_u16le(reader);
	reader_skip(reader, 2);
	pe->stack_reserve = reader_u32le(reader);
	reader_skip(reader, 16);
	uint32_t count = reader_u32le(reader);
	for (unsigned i = 0; i < PE_DIRECTORIES && i < count && reader_left(reader) >= 8; i++) {
		pe->directories[i].rva = reader_u32le(reader);
		pe->directories[i].size = reader_u32le(reader);
	}
	if (reader_failed(reader))
		return BAD(error, "ends inside its optional header");
	if (pe->base & 0xffff)
		return BAD(error, "has an image base that is not a multiple of 64 KiB: %#x",
			   pe->base);
	if (pe->size == 0 || pe->size > limit)
		return BAD(error, "claims an image of %u bytes, which cannot be mapped", pe->size);
	if (pe->entry >= pe->size)
		return BAD(error, "has its entry point outside its image: %#x", pe->entry);
	return 0;
}

static int check_sections(const struct pe *pe, struct error *error)
{
	uint64_t previous = 0;

	for (unsigned i = 0; i < pe->section_count; i++) {
		const struct pe_section *section = &pe->sections[i];
		if ((uint64_t)section->rva + section->virtual_size >
		    ((uint64_t)pe->size + 0xfff) / 0x1000 * 0x1000)
			return BAD(error, "has a section outside its image: number %u", i + 1u);
		if (section->rva < previous && section->virtual_size)
			return BAD(error, "has sections that overlap: number %u", i + 1u);
		previous = (uint64_t)section->rva + section->virtual_size;
	}
	return 0;
}

int win32_pe_read(struct bytes file, uint32_t limit, struct pe *pe, struct error *error)
{
	struct reader reader = reader_of(file);

	memset(pe, 0, sizeof *pe);
	pe->file = file;
	if (reader_u16le(&reader) != 0x5a4d)
		return BAD(error, "does not begin with MZ");
	reader_seek(&reader, 60);
	uint32_t headers = reader_u32le(&reader);
	reader_seek(&reader, headers);
	if (reader_failed(&reader) || reader_u32le(&reader) != 0x4550)
		return BAD(error, "has no PE header at offset %u", headers);
	uint16_t machine = reader_u16le(&reader);
	if (machine != 0x14c)
		return BAD(error, "is for machine %#x; only IA-32 (0x14c) is simulated", machine);
	pe->section_count = reader_u16le(&reader);
	pe->timestamp = reader_u32le(&reader);
	reader_skip(&reader, 8);
	uint16_t optional_size = reader_u16le(&reader), flags = reader_u16le(&reader);
	if (!(flags & 2))
		return BAD(error, "is not marked as executable: characteristics are %#x", flags);
	if (pe->section_count > PE_SECTIONS)
		return BAD(error, "claims %u sections, more than Windows loads", pe->section_count);
	pe->dll = flags & 0x2000;
	pe->relocations_stripped = flags & 1;
	size_t optional = reader.offset;
	int result = read_optional(&reader, pe, limit, error);
	if (result < 0)
		return result;
	reader_seek(&reader, optional + optional_size);
	for (unsigned i = 0; i < pe->section_count; i++)
		read_section(&reader, pe, &pe->sections[i]);
	if (reader_failed(&reader))
		return BAD(error, "ends inside its section table");
	return check_sections(pe, error);
}
