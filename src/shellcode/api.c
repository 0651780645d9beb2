#include "shellcode/api.h"

#include <string.h>
#include <strings.h>

enum {
	PUSHED = 256,	  /* bytes of the stack that texts are pushed to */
	MOST_ASKED = 4096 /* that a question about memory is about */
};

/* t: text, u: UTF-16 text, a: socket address, i: anything. Only functions whose arguments tell
 * something. */
static const struct {
	const char *name;
	const char *letters;
} functions[] = {
	{ "LoadLibraryA", "t" },
	{ "LoadLibraryExA", "tii" },
	{ "LoadLibraryW", "u" },
	{ "GetModuleHandleA", "t" },
	{ "GetProcAddress", "it" },
	{ "WinExec", "ti" },
	{ "CreateProcessA", "it" },
	{ "CreateProcessW", "iu" },
	{ "URLDownloadToFileA", "itt" },
	{ "URLDownloadToCacheFileA", "it" },
	{ "ShellExecuteA", "iit" },
	{ "CreateFileA", "t" },
	{ "CreateFileW", "u" },
	{ "MessageBoxA", "itt" },
	{ "SetEnvironmentVariableA", "t" },
	{ "MoveFileA", "tt" },
	{ "CopyFileA", "tt" },
	{ "DeleteFileA", "t" },
	{ "system", "t" },
	{ "fopen", "t" },
	{ "connect", "ia" },
	{ "bind", "ia" },
	{ "gethostbyname", "t" },
	{ "InternetOpenA", "t" },
	{ "InternetOpenUrlA", "it" },
	{ "InternetConnectA", "it" },
	{ "RegCreateKeyA", "it" },
	{ "RegSetValueExA", "it" },
	{ "NetUserAdd", "ii" },
	{ "WSAStartup", "i" },
};

static uint64_t argument(const struct x86 *machine, unsigned index)
{
	static const enum x86_register order[] = { X86_CX, X86_DX, X86_R8, X86_R9 };
	uint64_t stack = x86_get(machine, X86_SP);

	if (x86_mode(machine) == X86_MODE_32)
		return x86_read_u32(machine, stack + 4 + 4 * index);
	if (index < 4)
		return x86_get(machine, order[index]);
	return x86_read_u32(machine, stack + 8 + 8 * index) |
	       (uint64_t)x86_read_u32(machine, stack + 12 + 8 * index) << 32;
}

/* At least `shortest` printable characters up to the terminator. */
static bool is_text(const struct x86 *machine, uint64_t address, int shortest)
{
	char text[512];
	int length = x86_read_text(machine, address, text, sizeof text);

	for (int i = 0; i < length; i++)
		if ((text[i] < 0x20 || text[i] > 0x7e) && text[i] != '\n' && text[i] != '\r')
			return false;
	return length >= shortest;
}

static bool is_wide(const struct x86 *machine, uint64_t address)
{
	char text[512];

	return x86_read_wide(machine, address, text, sizeof text) >= 3;
}

/* AF_INET, then a port that is not 0. */
static bool is_socket_address(const struct x86 *machine, uint64_t address)
{
	uint32_t word = x86_read_u32(machine, address);

	return (word & 0xffff) == 2 && word >> 16 != 0;
}

static bool fits(const struct x86 *machine, char letter, uint64_t value)
{
	switch (letter) {
	case 't': return is_text(machine, value, 3);
	case 'u': return is_wide(machine, value);
	case 'a': return is_socket_address(machine, value);
	default: return false;
	}
}

bool api_sensible(const struct x86 *machine, const char *name)
{
	const char *function = strchr(name, '!');

	function = function ? function + 1 : name;
	for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
		if (strcmp(functions[i].name, function) != 0)
			continue;
		for (unsigned j = 0; functions[i].letters[j]; j++)
			if (fits(machine, functions[i].letters[j], argument(machine, j)))
				return true;
	}
	return false;
}

/* A name of a program, library, file, or a URL rather than any four characters. */
static bool names_something(const struct x86 *machine, uint64_t address)
{
	static const char *const signs[] = { "cmd",  ".exe", ".dll", "://", "net ",
					     "calc", "32",   "\\",   "ftp", "msiexec" };
	char text[512];

	if (!is_text(machine, address, 3) || x86_read_text(machine, address, text, sizeof text) < 0)
		return false;
	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
		if (strcasestr(text, signs[i]))
			return true;
	return false;
}

/* A text that the code has put on the stack itself, for a message or a title. */
static bool is_pushed_text(const struct x86 *machine, uint64_t address)
{
	return address - x86_get(machine, X86_SP) < PUSHED && is_text(machine, address, 4);
}

bool api_sensible_stack(const struct x86 *machine, uint64_t code, uint64_t length)
{
	uint64_t stack = x86_get(machine, X86_SP), back = x86_read_u32(machine, stack);

	if (x86_mode(machine) != X86_MODE_32 ||
	    back - code > length) /* a call may be the last instruction */
		return false;
	for (unsigned i = 0; i < 4; i++) {
		uint64_t text = argument(machine, i);
		/* where it returns to is no text: the stack was full of pointers to the code */
		if (text != back &&
		    (names_something(machine, text) || is_pushed_text(machine, text)))
			return true;
	}
	return false;
}

bool api_asks_about_memory(const struct x86 *machine, uint64_t code, uint64_t length)
{
	uint32_t size = (uint32_t)argument(machine, 1);
	uint64_t back = x86_read_u32(machine, x86_get(machine, X86_SP));

	return x86_mode(machine) == X86_MODE_32 && back - code < length && size > 0 &&
	       size <= MOST_ASKED;
}

void api_answer_bad(struct x86 *machine)
{
	uint64_t stack = x86_get(machine, X86_SP);

	x86_set_ip(machine, x86_read_u32(machine, stack));
	x86_set(machine, X86_SP, stack + 4 + 2 * 4);
	x86_set(machine, X86_AX, 1);
}

bool api_in_libraries(uint64_t address)
{
	return address >= API_LIBRARIES_START && address < API_LIBRARIES_END;
}
