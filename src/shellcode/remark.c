#include "shellcode/remark.h"

#include <stdio.h>
#include <string.h>

#include "shellcode/api.h"
#include "shellcode/native.h"
#include "win32/win32.h"

enum { TEXT_SHORTEST = 4, TEXT_SHOWN = 96, ARGUMENTS_SHOWN = 10, TEXTS_TRIED = 4 };

/* A terminated text of printable characters, at least `shortest`; in quotes, cut when it is long.
 */
static bool quote(const struct x86 *machine, uint64_t address, int shortest, char *text,
		  size_t size)
{
	char guest[512];
	int length = x86_read_text(machine, address, guest, sizeof guest);

	if (length < shortest)
		return false;
	for (int i = 0; i < length; i++)
		if ((guest[i] < 0x20 || guest[i] > 0x7e) && !strchr("\r\n\t", guest[i]))
			return false;
	for (int i = 0; i < length; i++)
		if (guest[i] < 0x20)
			guest[i] = ' ';
	snprintf(text, size, length > TEXT_SHOWN ? "\"%.*s…\"" : "\"%.*s\"", TEXT_SHOWN, guest);
	return true;
}

/* --- calls --- */

static uint64_t argument_of(const struct x86 *machine, unsigned index)
{
	static const enum x86_register order[] = { X86_CX, X86_DX, X86_R8, X86_R9 };
	uint64_t stack = x86_get(machine, X86_SP), value = 0;

	if (x86_mode(machine) == X86_MODE_32)
		return x86_read_u32(machine, stack + 4 + 4 * index);
	if (index < 4)
		return x86_get(machine, order[index]);
	return x86_read(machine, stack + 8 + 8 * index, &value, sizeof value) < 0 ? 0 : value;
}

/* sockaddr_in, of which the family and a port that is not 0 make sure. */
static bool socket_address(const struct x86 *machine, uint64_t address, char *text, size_t size)
{
	struct address where = { .family = 4 };
	char numbers[ADDRESS_TEXT_SIZE];
	uint8_t bytes[8];

	if (x86_read(machine, address, bytes, sizeof bytes) < 0 || bytes[0] != 2 || bytes[1] != 0 ||
	    (bytes[2] | bytes[3]) == 0)
		return false;
	memcpy(where.bytes, bytes + 4, 4);
	snprintf(text, size, "%s:%u", address_text(&where, numbers),
		 (unsigned)(bytes[2] << 8 | bytes[3]));
	return true;
}

static bool telling_argument(const struct x86 *machine, const char *function, unsigned index,
			     char *text, size_t size)
{
	uint64_t value = argument_of(machine, index);
	char wide[2 * TEXT_SHOWN];
	bool address =
		index == 1 && (strcmp(function, "connect") == 0 || strcmp(function, "bind") == 0 ||
			       strcmp(function, "WSAConnect") == 0);

	if (address && socket_address(machine, value, text, size))
		return true;
	if (quote(machine, value, 2, text, size))
		return true;
	if (x86_read_wide(machine, value, wide, sizeof wide) < TEXT_SHORTEST)
		return false;
	snprintf(text, size, "L\"%.*s\"", TEXT_SHOWN, wide);
	return true;
}

static void any_argument(const struct x86 *machine, const char *function, unsigned index,
			 char *text, size_t size)
{
	uint64_t value = argument_of(machine, index);

	if (telling_argument(machine, function, index, text, size))
		return;
	snprintf(text, size, value < 4096 ? "%llu" : "0x%llx", (unsigned long long)value);
}

bool remark_api(const struct x86 *machine, const char *name, char *text)
{
	const char *function = strchr(name, '!');
	int count = win32_export_arguments(name);
	bool known = count >= 0, any = false;
	size_t used = (size_t)snprintf(text, REMARK_SIZE, "%.80s(", name);

	function = function ? function + 1 : name;
	if (!known || count > ARGUMENTS_SHOWN)
		count = known ? ARGUMENTS_SHOWN : TEXTS_TRIED;
	for (unsigned i = 0; i < (unsigned)count && used + 8 < REMARK_SIZE; i++) {
		char one[TEXT_SHOWN + 16];
		int more;
		if (known)
			any_argument(machine, function, i, one, sizeof one);
		else if (!telling_argument(machine, function, i, one, sizeof one))
			continue;
		more = snprintf(text + used, REMARK_SIZE - used, "%s%s", any ? ", " : "", one);
		used += more < 0 ? 0 : (size_t)more;
		any = true;
	}
	if (used + 2 <= REMARK_SIZE)
		snprintf(text + used, REMARK_SIZE - used, ")");
	return true;
}

bool remark_system_call(const struct x86 *machine, enum world_kind kind, const uint8_t *bytes,
			char *text)
{
	struct x86_exit stop = { .reason = X86_STOP_SYSCALL, .address = x86_ip(machine) };

	if (bytes[0] == 0xcd) {
		stop.reason = X86_STOP_INTERRUPT;
		stop.vector = bytes[1];
	} else if (bytes[0] == 0x9a) {
		stop.vector = bytes[5];
	}
	if (world_unix(kind) != UNIX_SYSTEMS)
		return unix_describe_call(machine, &stop, world_unix(kind), text, REMARK_SIZE);
	if (kind == WORLD_WINDOWS_64 && native_name(machine))
		snprintf(text, REMARK_SIZE, "%s(0x%llx, 0x%llx, …)", native_name(machine),
			 (unsigned long long)x86_get(machine, X86_R10),
			 (unsigned long long)x86_get(machine, X86_DX));
	else
		snprintf(text, REMARK_SIZE, "system call %llu of Windows",
			 (unsigned long long)(x86_get(machine, X86_AX) & UINT32_MAX));
	return true;
}

/* --- values --- */

bool remark_immediate(const struct instruction *instruction, const uint8_t *bytes, char *text)
{
	/* the immediate is what an instruction ends with; movabs has eight bytes of it */
	size_t size = instruction->length == 10 && (bytes[0] & 0xf8) == 0x48 ? 8 : 4, used = 0;

	if (instruction->role != ROLE_PUSH_TEXT || instruction->length <= size)
		return false;
	text[used++] = '"';
	for (size_t i = instruction->length - size; i < instruction->length; i++)
		if (bytes[i] >= 0x20 && bytes[i] < 0x7f)
			text[used++] = (char)bytes[i];
	text[used++] = '"';
	text[used] = 0;
	return used > 3;
}

static const char *register_name(enum x86_mode mode, enum x86_register reg)
{
	static const char *const narrow[] = {
		"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"
	};
	static const char *const wide[] = {
		"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
		"r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"
	};

	return mode == X86_MODE_64 ? wide[reg] : narrow[reg & 7];
}

/* The name that an image has in its export directory (PE/COFF specification, 6.3.1). */
static bool library_name(const struct x86 *machine, uint64_t base, char *name, size_t size)
{
	uint64_t header = base + (x86_read_u32(machine, base + 0x3c) & 0xffff), directory;

	if ((x86_read_u32(machine, base) & 0xffff) != 0x5a4d ||
	    x86_read_u32(machine, header) != 0x4550)
		return false;
	directory = x86_read_u32(
		machine,
		header + ((x86_read_u32(machine, header + 24) & 0xffff) == 0x20b ? 136 : 120));
	return directory &&
	       x86_read_text(machine, base + x86_read_u32(machine, base + directory + 12), name,
			     size) > 3;
}

static bool is_process_block(const struct x86 *machine, uint64_t value)
{
	uint64_t block = 0;

	if (x86_mode(machine) == X86_MODE_32) {
		block = x86_read_u32(machine, x86_segment_base(machine, X86_FS) + 0x30);
	} else if (x86_read(machine, x86_segment_base(machine, X86_GS) + 0x60, &block, 8) < 0) {
		return false;
	}
	return block && block == value;
}

/* What in Windows lies at the address. */
static bool place_in_windows(struct world *world, uint64_t value, char *text, size_t size)
{
	const struct x86 *machine = world_machine(world);
	const char *export = world_export_at(world, value);
	char name[64];

	if (export) {
		snprintf(text, size, "%s", export);
		return true;
	}
	if ((value & 0xfff) == 0 && library_name(machine, value, name, sizeof name)) {
		snprintf(text, size, "base of %.60s", name);
		return true;
	}
	if (!is_process_block(machine, value))
		return false;
	snprintf(text, size, "the PEB");
	return true;
}

bool remark_register(struct world *world, enum world_kind kind, enum x86_register reg,
		     uint64_t value, size_t length, bool first, bool loaded, char *text)
{
	const struct x86 *machine = world_machine(world);
	char what[REMARK_SIZE - 16];
	bool windows = world_unix(kind) == UNIX_SYSTEMS;
	uint64_t code = world_code(world);

	if (value < 0x1000)
		return false;
	if (windows && place_in_windows(world, value, what, sizeof what)) {
		snprintf(text, REMARK_SIZE, "%s = %s", register_name(x86_mode(machine), reg), what);
		return true;
	}
	if (!first || api_in_libraries(value))
		return false;
	if (!quote(machine, value, TEXT_SHORTEST, what, sizeof what)) {
		if (!loaded || value - code >= length)
			return false;
		snprintf(what, sizeof what, "its own address");
	}
	snprintf(text, REMARK_SIZE, "%s = %s", register_name(x86_mode(machine), reg), what);
	return true;
}
