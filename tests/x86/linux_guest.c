/* The loader: program headers to pages, and the first stack (System V ABI, "Process
 * Initialization"). */
#include "linux_guest.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_LIMIT ((size_t)128 << 20)
#define STACK_SIZE   (1u << 20)
#define PAGE	     4096u

/* Places of a 32-bit process, used in both modes; position-independent programs go to PIE_BASE. */
#define PIE_BASE  0x56555000u
#define STACK_END 0xbffff000u
#define MAP_END	  0xb7fff000u

/* The parts of the ELF header and program headers that both classes have. */
struct image {
	struct bytes file;
	bool wide;
	uint64_t base, entry, headers;
	unsigned header_count, header_size;
	uint64_t end; /* behind the highest segment */
};

struct segment {
	uint32_t type, flags;
	uint64_t offset, address, in_file, in_memory;
};

static bool read_image(struct bytes file, struct image *image)
{
	image->file = file;
	if (file.length < sizeof(Elf64_Ehdr) || memcmp(file.data, ELFMAG, SELFMAG) != 0)
		return false;
	image->wide = file.data[EI_CLASS] == ELFCLASS64;
	if (image->wide) {
		Elf64_Ehdr header;
		memcpy(&header, file.data, sizeof header);
		image->base = header.e_type == ET_DYN ? PIE_BASE : 0;
		image->entry = header.e_entry;
		image->headers = header.e_phoff;
		image->header_count = header.e_phnum;
		image->header_size = sizeof(Elf64_Phdr);
	} else {
		Elf32_Ehdr header;
		memcpy(&header, file.data, sizeof header);
		image->base = header.e_type == ET_DYN ? PIE_BASE : 0;
		image->entry = header.e_entry;
		image->headers = header.e_phoff;
		image->header_count = header.e_phnum;
		image->header_size = sizeof(Elf32_Phdr);
	}
	return image->headers + (uint64_t)image->header_count * image->header_size <= file.length;
}

static struct segment read_segment(const struct image *image, unsigned number)
{
	const uint8_t *at = image->file.data + image->headers + number * image->header_size;

	if (image->wide) {
		Elf64_Phdr header;
		memcpy(&header, at, sizeof header);
		return (struct segment){ header.p_type,	 header.p_flags,  header.p_offset,
					 header.p_vaddr, header.p_filesz, header.p_memsz };
	}
	Elf32_Phdr header;
	memcpy(&header, at, sizeof header);
	return (struct segment){ header.p_type,	 header.p_flags,  header.p_offset,
				 header.p_vaddr, header.p_filesz, header.p_memsz };
}

static bool load_segment(struct x86 *machine, struct image *image, const struct segment *segment)
{
	uint64_t address = image->base + segment->address;
	unsigned protection = (segment->flags & PF_R ? X86_READ : 0) |
			      (segment->flags & PF_W ? X86_WRITE : 0) |
			      (segment->flags & PF_X ? X86_EXECUTE : 0);

	if (segment->offset > image->file.length ||
	    segment->in_file > image->file.length - segment->offset)
		return false;
	if (address + segment->in_memory > image->end)
		image->end = address + segment->in_memory;
	return x86_map(machine, address, segment->in_memory, protection) == 0 &&
	       x86_write(machine, address, image->file.data + segment->offset, segment->in_file) ==
		       0;
}

static bool load_segments(struct x86 *machine, struct image *image)
{
	for (unsigned i = 0; i < image->header_count; i++) {
		struct segment segment = read_segment(image, i);
		if (segment.type == PT_LOAD && !load_segment(machine, image, &segment))
			return false;
	}
	return image->end != 0;
}

/* Where the program headers lie in memory. */
static uint64_t headers_address(const struct image *image)
{
	for (unsigned i = 0; i < image->header_count; i++) {
		struct segment segment = read_segment(image, i);
		if (segment.type == PT_LOAD && segment.offset <= image->headers &&
		    image->headers < segment.offset + segment.in_file)
			return image->base + segment.address + image->headers - segment.offset;
	}
	return 0;
}

static uint64_t push_bytes(struct x86 *machine, uint64_t *top, const void *bytes, size_t size)
{
	*top -= size;
	return x86_write(machine, *top, bytes, size) == 0 ? *top : 0;
}

/* argc, argv, no environment, the auxiliary vector. */
static bool build_stack(struct linux_guest *guest, const struct image *image,
			const char *const *words)
{
	static const uint8_t random[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	uint64_t top = STACK_END, cells[64], word_addresses[8];
	size_t count = 0, word_count = 0, width = image->wide ? 8 : 4;

	if (x86_map(guest->machine, STACK_END - STACK_SIZE, STACK_SIZE, X86_READ | X86_WRITE) < 0)
		return false;
	for (; words[word_count] && word_count < 8; word_count++)
		word_addresses[word_count] = push_bytes(guest->machine, &top, words[word_count],
							strlen(words[word_count]) + 1);
	const uint64_t vector[][2] = {
		{ AT_PHDR, headers_address(image) },
		{ AT_PHENT, image->header_size },
		{ AT_PHNUM, image->header_count },
		{ AT_PAGESZ, PAGE },
		{ AT_ENTRY, image->base + image->entry },
		{ AT_UID, 0 },
		{ AT_EUID, 0 },
		{ AT_GID, 0 },
		{ AT_EGID, 0 },
		{ AT_SECURE, 0 },
		{ AT_CLKTCK, 100 },
		{ AT_RANDOM, push_bytes(guest->machine, &top, random, sizeof random) },
		{ AT_NULL, 0 },
	};
	cells[count++] = word_count;
	for (size_t i = 0; i < word_count; i++)
		cells[count++] = word_addresses[i];
	cells[count++] = 0; /* behind argv */
	cells[count++] = 0; /* the environment */
	for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
		cells[count++] = vector[i][0];
		cells[count++] = vector[i][1];
	}
	top = (top - count * width) & ~UINT64_C(15);
	for (size_t i = 0; i < count; i++)
		if (x86_write(guest->machine, top + i * width, &cells[i], width) < 0)
			return false;
	x86_set(guest->machine, X86_SP, top);
	return true;
}

bool linux_guest_init(struct linux_guest *guest, const char *path, const char *const *words,
		      char *reason, size_t size)
{
	struct buffer file;
	struct error error = { 0 };
	struct image image = { 0 };
	bool loaded = false;

	*guest = (struct linux_guest){ 0 };
	buffer_init(&guest->output, 16u << 20);
	buffer_init(&file, 64u << 20);
	if (file_read(path, 64u << 20, &file, &error) == 0 &&
	    read_image(buffer_bytes(&file), &image)) {
		guest->machine = x86_new(image.wide ? X86_MODE_64 : X86_MODE_32, MEMORY_LIMIT);
		loaded = guest->machine && load_segments(guest->machine, &image) &&
			 build_stack(guest, &image, words);
	}
	buffer_fini(&file);
	if (!loaded) {
		snprintf(reason, size, "%s cannot be loaded: %s", path,
			 error.code ? error.message : "not an ELF program of this shape");
		return false;
	}
	guest->brk_start = guest->brk = (image.end + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	guest->map_next = MAP_END;
	x86_set_ip(guest->machine, image.base + image.entry);
	return true;
}

void linux_guest_fini(struct linux_guest *guest)
{
	x86_free(guest->machine);
	buffer_fini(&guest->output);
}

static bool is_call(const struct x86 *machine, const struct x86_exit *exit)
{
	return x86_mode(machine) == X86_MODE_64
		       ? exit->reason == X86_STOP_SYSCALL
		       : exit->reason == X86_STOP_INTERRUPT && exit->vector == 0x80;
}

bool linux_guest_run(struct linux_guest *guest, uint64_t budget, char *reason, size_t size)
{
	while (!guest->exited) {
		uint64_t used = x86_instructions(guest->machine);
		struct x86_exit exit = { .reason = X86_STOP_BUDGET };
		if (used < budget)
			exit = x86_run(guest->machine, budget - used);
		if (exit.reason == X86_STOP_BUDGET) {
			snprintf(reason, size, "not finished after %llu instructions",
				 (unsigned long long)budget);
			return false;
		}
		if (is_call(guest->machine, &exit)) {
			linux_guest_call(guest);
			continue;
		}
		char text[128] = "no instruction";
		x86_disassemble(guest->machine, exit.address, text, sizeof text);
		snprintf(reason, size,
			 "stopped (reason %d, vector %u, error %#x, access to %#llx) at %#llx: %s",
			 exit.reason, exit.vector, exit.error_code,
			 (unsigned long long)exit.fault_address, (unsigned long long)exit.address,
			 text);
		return false;
	}
	return true;
}
