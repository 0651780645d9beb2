/* Are the arguments of a system call sensible? Judged by the letters of unix/calls.h, without
 * executing.
 *
 * `weight` counts what cannot be chance: a pointer that leads to a path, a socket address of a
 * family that exists, a magic number. A call whose arguments merely are small numbers has weight 0.
 */
#include <string.h>

#include "unix/abi.h"
#include "unix/address.h"
#include "unix/process.h"

enum {
	DESCRIPTORS = 1 << 16,	/* code that looks for its connection tries them all */
	SIGNAL_CHILD = 17,	/* Linux' SIGCHLD */
	SHARE_MEMORY = 0x100,	/* its CLONE_VM */
	REAL_TIME_SIGNALS = 32, /* the first of them */
	KIND_OF_FILE = 0170000, /* in a mode, above the permission bits */
	REGULAR_FILE = 0100000
};

static int32_t as_signed(uint64_t value)
{
	return (int32_t)(uint32_t)value;
}

/* Length of a terminated text of printable characters (and line ends), or ERROR_INPUT. */
static int printable(const struct x86 *machine, uint64_t address)
{
	char text[256];
	int length = x86_read_text(machine, address, text, sizeof text);

	for (int i = 0; i < length; i++)
		if ((text[i] < 0x20 || text[i] > 0x7e) && !strchr("\n\r\t", text[i]))
			return ERROR_INPUT;
	return length;
}

/* 0 … 65535, or -1. */
static bool is_small(const struct x86 *machine, uint64_t value)
{
	int64_t number = x86_mode(machine) == X86_MODE_64 ? (int64_t)value : as_signed(value);

	return number >= -1 && number < 1 << 16;
}

/* A path names something from the root, from here, or a plain file name of more than a letter. What
 * the program was started with is not its own: who walks up the stack comes by. */
static int weigh_path(const struct x86 *machine, uint64_t address)
{
	char text[256];
	int length = printable(machine, address);

	if (length <= 0 || x86_read_text(machine, address, text, sizeof text) < 0)
		return ERROR_INPUT;
	if (unix_was_handed(machine, address))
		return 0;
	if (text[0] == '/')
		return length > 2 ? 3 : 1;
	for (int i = 0; i < length; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/+~",
			    text[i]))
			return length > 3 ? 1 : 0;
	return length > 2 ? 2 : 1;
}

static int weigh_vector(const struct x86 *machine, uint64_t address, unsigned word)
{
	uint64_t first;

	if (address == 0)
		return 0;
	if (x86_protection(machine, address) < 0)
		return ERROR_INPUT;
	first = unix_abi_word(machine, address, word);
	if (first == 0)
		return 0;
	if (printable(machine, first) >= 0)
		return 1;
	/* programs do not look at their own names */
	return x86_protection(machine, first) >= 0 ? 0 : ERROR_INPUT;
}

static bool span_mapped(const struct x86 *machine, uint64_t address, uint64_t length)
{
	return x86_protection(machine, address) >= 0 &&
	       (length == 0 || x86_protection(machine, address + length - 1) >= 0);
}

static int weigh_bytes(const struct x86 *machine, uint64_t address, uint64_t length)
{
	if (length > 1 << 16 || !span_mapped(machine, address, length))
		return ERROR_INPUT;
	return length > 0 ? 1 : 0;
}

static int weigh_family(const uint64_t *arguments)
{
	/* AF_UNIX, AF_INET, the AF_INET6 of all, AF_NETLINK, AF_PACKET; then a type with Linux'
	 * flags */
	static const uint8_t families[] = { 1, 2, 10, 16, 17, 24, 26, 28 };
	uint64_t type = arguments[1] & ~(uint64_t)02004000;

	if (!memchr(families, (int)(arguments[0] & 0xff), sizeof families) || arguments[0] > 28)
		return ERROR_INPUT;
	return type >= 1 && type <= 5 && arguments[2] <= 255 ? 1 : ERROR_INPUT;
}

/* reboot(2) of Linux: LINUX_REBOOT_MAGIC1 and its four second magics. */
static int weigh_magic(uint64_t value)
{
	static const uint32_t magics[] = { 0xfee1dead, 672274793, 85072278, 369367448, 537993216 };

	for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
		if ((uint32_t)value == magics[i])
			return 2;
	return (uint32_t)value < 0x10000 ? 0 : ERROR_INPUT; /* BSD's howto flags */
}

static int weigh_optional(const struct x86 *machine, uint64_t address)
{
	return address == 0 || x86_protection(machine, address) >= 0 ? 0 : ERROR_INPUT;
}

/* Who is asked is in the second byte; above the lower half are direction bits, if anything
 * (ioctl(2), Linux and BSD alike). */
static bool is_request(uint64_t value)
{
	uint32_t request = (uint32_t)value;

	return (value == request || value == (uint64_t)as_signed(value)) && request >> 8 & 0xff &&
	       (request <= UINT16_MAX || request >> 29);
}

static int weigh_number(char letter, uint64_t value)
{
	int32_t number = as_signed(value);
	bool fits = true;

	switch (letter) {
	case 'd': fits = number >= 0 && number < DESCRIPTORS; break;
	case 'D': fits = number == -100 || (number >= 0 && number < DESCRIPTORS); break;
	case 's': fits = number >= -256 && number < 1 << 16; break;
	case 'l': fits = number >= 0 && number <= 1 << 24; break;
	case 'L': fits = number > 0 && number <= 1 << 24; break;
	case 'u': fits = number >= -1 && number < 1 << 16; break;
	case 'k':
		if (number == -1) /* every process */
			return 2;
		fits = number >= 0 && number < 1 << 16;
		break;
	case 'g': fits = number >= 0 && number <= 64; break;
	case 'e': fits = number >= 0 && number <= 3; break;
	case 'q': fits = is_request(value); break;
	case 'n':
		fits = (value & 0xff) == SIGNAL_CHILD ||
		       (value & (0xff | SHARE_MEMORY)) == SHARE_MEMORY;
		break;
	case 'z': fits = (value & 0xfff) == 0; break;
	default: break;
	}
	return fits ? 0 : ERROR_INPUT;
}

/* Systems look at the lower half of the word alone: code that pushes two bytes and takes four has
 * anything above them, but for a pointer. */
static bool is_mode(const struct x86 *machine, uint64_t value, bool makes_node)
{
	unsigned kind = value & KIND_OF_FILE;

	return (makes_node || kind == 0 || kind == REGULAR_FILE) &&
	       ((uint32_t)value <= UINT16_MAX || x86_protection(machine, value) < 0);
}

static int weigh(const struct x86 *machine, const struct unix_request *request, const char *letters,
		 unsigned index)
{
	uint64_t value = request->arguments[index];
	uint64_t next = index + 1 < UNIX_ARGUMENTS ? request->arguments[index + 1] : 0;
	struct unix_address address;

	switch (letters[index]) {
	case 'p': return weigh_path(machine, value);
	case 't': return printable(machine, value) > 0 ? 1 : ERROR_INPUT;
	case 'v': return weigh_vector(machine, value, request->word);
	case 'b':
	case 'o': return weigh_bytes(machine, value, next);
	case 'a': return unix_address_read(machine, value, next, &address) ? 2 : ERROR_INPUT;
	case 'y': return weigh_family(request->arguments);
	case 'h': return weigh_magic(value);
	case 'r':
	case 'w':
	case 'A': return weigh_optional(machine, value);
	case 'm': /* open looks at them only when it makes a file */
		return is_mode(machine, value, letters[index + 1] == 'i') ||
				       (index && letters[index - 1] == 'f')
			       ? 0
			       : ERROR_INPUT;
	case 'k': /* every process; but nobody sends all of them nothing, or a real-time signal */
		if (letters[index + 1] == 'g' && (next == 0 || next >= REAL_TIME_SIGNALS))
			return weigh_number('g', value);
		return weigh_number('k', value);
	default: return weigh_number(letters[index], value);
	}
}

/* Flags that are an address are no flags. */
static bool is_address(const struct x86 *machine, char letter, uint64_t value)
{
	return (letter == 'f' || letter == 'n') && (uint32_t)value > UINT16_MAX &&
	       x86_protection(machine, value) >= 0;
}

/* How many arguments of a call count: reboot has one but on Linux. */
static unsigned arguments_of(int call, const char *letters, enum unix_system system)
{
	bool linux_call = system == UNIX_LINUX_32 || system == UNIX_LINUX_64;

	return call == UNIX_CALL_reboot && !linux_call ? 1 : (unsigned)strlen(letters);
}

/* A call that takes places for results and nothing else: that one of them is NULL is no number that
 * somebody put there, the stack is full of zeros. */
static bool takes_places_alone(const char *letters)
{
	return letters[0] && letters[strspn(letters, "rwA")] == 0;
}

bool unix_judge_call(const struct x86 *machine, const struct x86_exit *stop,
		     enum unix_system system, struct unix_judgement *judgement)
{
	struct unix_request request;
	const char *letters;
	bool mistaken = false;

	memset(judgement, 0, sizeof *judgement);
	/* where arguments lie on the stack, who has lost it cannot have put them there */
	if (system != UNIX_LINUX_32 && system != UNIX_LINUX_64 &&
	    x86_protection(machine, x86_get(machine, X86_SP)) < 0)
		return false;
	if (!unix_abi_request(machine, stop, system, &request) || request.call < 0)
		return false;
	judgement->name = unix_table_name(request.call);
	letters = unix_table_letters(request.call);
	if (letters[0] == '?')
		return true;
	judgement->arguments = arguments_of(request.call, letters, system);
	for (unsigned i = 0; i < judgement->arguments; i++) {
		int weight = weigh(machine, &request, letters, i);
		if (weight < 0)
			return false;
		judgement->weight += (unsigned)weight;
		mistaken |= is_address(machine, letters[i], request.arguments[i]);
		if (weight == 0 && letters[i] != 'i' && letters[i] != 'c' &&
		    is_small(machine, request.arguments[i])) {
			judgement->numbers++;
			judgement->which |= 1u << i;
			judgement->descriptors |= (unsigned)(letters[i] == 'd') << i;
		}
	}
	if (takes_places_alone(letters))
		judgement->numbers = 0;
	if (mistaken &&
	    judgement->weight == 0) /* a path is one, whatever the flags behind it are */
		return false;
	judgement->ends = request.call == UNIX_CALL_execve || request.call == UNIX_CALL_exit ||
			  request.call == UNIX_CALL_exit_group;
	judgement->sensible = true;
	return true;
}

const char *unix_sensible_call(const struct x86 *machine, const struct x86_exit *stop,
			       enum unix_system system)
{
	struct unix_judgement judgement;

	return unix_judge_call(machine, stop, system, &judgement) && judgement.sensible
		       ? judgement.name
		       : NULL;
}
