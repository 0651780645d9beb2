/* System calls as text, from the letters of unix/calls.h: paths and other texts in quotes, socket
 * addresses as people write them, vectors as lists, small numbers in decimal, the rest in
 * hexadecimal. Bytes that do not print are \xHH; long texts are cut. */
#include <stdio.h>
#include <string.h>

#include "unix/process.h"

enum { VECTOR_SHOWN = 6, DATA_SHOWN = 48 };

char *unix_memory_text(const struct x86 *machine, uint64_t address, uint64_t length, char *text,
		       size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t used = 0;

	for (uint64_t i = 0; i < length && i < 256 && used + 5 < size; i++) {
		uint8_t byte;
		if (x86_read(machine, address + i, &byte, 1) < 0)
			break;
		if (byte >= 0x20 && byte < 0x7f && byte != '\\') {
			text[used++] = (char)byte;
			continue;
		}
		text[used++] = '\\';
		text[used++] = 'x';
		text[used++] = digits[byte >> 4];
		text[used++] = digits[byte & 15];
	}
	text[used] = 0;
	return text;
}

/* Digits of `value` behind `sign`, as printf has them; code that looks for its connection makes a
 * hundred thousand calls, and each is told. */
static void put_digits(const char *sign, uint64_t value, unsigned base, char *text, size_t size)
{
	char digits[24];
	size_t first = sizeof digits, length = strlen(sign);

	do {
		digits[--first] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	if (length + sizeof digits - first >= size)
		return;
	memcpy(text, sign, length);
	memcpy(text + length, digits + first, sizeof digits - first);
	text[length + sizeof digits - first] = 0;
}

/* `text` has room for 32 characters. */
static void describe_number(char letter, uint64_t value, char *text, size_t size)
{
	int32_t number = (int32_t)(uint32_t)value;

	if (letter == 'm')
		put_digits("0", (uint32_t)number, 8, text, size);
	else if (strchr("sugdDlk", letter) || (number >= -4096 && number < 4096))
		put_digits(number < 0 ? "-" : "", number < 0 ? -(uint64_t)number : (uint64_t)number,
			   10, text, size);
	else
		put_digits("0x", value, 16, text, size);
}

static bool describe_text(const struct x86 *machine, uint64_t value, char *text, size_t size)
{
	char guest[128], shown[160];

	if (x86_read_text(machine, value, guest, sizeof guest) <= 0)
		return false;
	snprintf(text, size, "\"%s\"",
		 unix_memory_text(machine, value, strlen(guest), shown, sizeof shown));
	return true;
}

static bool describe_vector(const struct x86 *machine, uint64_t value, unsigned word, char *text,
			    size_t size)
{
	size_t used = 0;

	if (value == 0 || x86_protection(machine, value) < 0)
		return false;
	for (unsigned i = 0; i < VECTOR_SHOWN && used + 8 < size; i++) {
		uint64_t element = unix_abi_word(machine, value + (uint64_t)i * word, word);
		char one[170] = "…";
		if (element == 0)
			break;
		if (!describe_text(machine, element, one, sizeof one))
			snprintf(one, sizeof one, "0x%llx", (unsigned long long)element);
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "[", one);
	}
	if (used == 0)
		used = (size_t)snprintf(text, size, "[");
	if (used + 2 <= size)
		snprintf(text + used, size - used, "]");
	return true;
}

static bool describe_address(const struct x86 *machine, uint64_t value, uint64_t length, char *text,
			     size_t size)
{
	struct unix_address address;
	char numbers[ADDRESS_TEXT_SIZE];

	if (!unix_address_read(machine, value, length & UINT32_MAX, &address))
		return false;
	if (address.address.family == 0)
		snprintf(text, size, "\"%s\"", address.path);
	else
		snprintf(text, size, address.address.family == 6 ? "[%s]:%u" : "%s:%u",
			 address_text(&address.address, numbers), (unsigned)address.port);
	return true;
}

static void describe_argument(const struct x86 *machine, const struct unix_request *request,
			      const char *letters, unsigned index, char *text, size_t size)
{
	uint64_t value = request->arguments[index];
	uint64_t next = index + 1 < UNIX_ARGUMENTS ? request->arguments[index + 1] : 0;
	char shown[4 * DATA_SHOWN + 1];

	switch (letters[index]) {
	case 'p':
	case 't':
		if (describe_text(machine, value, text, size))
			return;
		break;
	case 'v':
		if (describe_vector(machine, value, request->word, text, size))
			return;
		break;
	case 'a':
		if (describe_address(machine, value, next, text, size))
			return;
		break;
	case 'b':
		if (next == 0 || x86_protection(machine, value) < 0)
			break;
		unix_memory_text(machine, value, next < DATA_SHOWN ? next : DATA_SHOWN, shown,
				 sizeof shown);
		snprintf(text, size, "\"%s\"%s", shown, next > DATA_SHOWN ? "…" : "");
		return;
	default: break;
	}
	describe_number(letters[index], value, text, size);
}

void unix_describe_request(const struct x86 *machine, const struct unix_request *request,
			   char *text, size_t size)
{
	const char *letters = unix_table_letters((enum unix_call)request->call);
	size_t used = 0;

	text[0] = 0;
	for (unsigned i = 0; letters[i] && letters[i] != '?' && used + 2 < size; i++) {
		char one[256];
		size_t more;
		describe_argument(machine, request, letters, i, one, sizeof one);
		if (i)
			memcpy(text + used, ", ", 2);
		used += i ? 2 : 0;
		more = strlen(one);
		more = more < size - used - 1 ? more : size - used - 1;
		memcpy(text + used, one, more);
		used += more;
		text[used] = 0;
	}
}

bool unix_describe_call(const struct x86 *machine, const struct x86_exit *stop,
			enum unix_system system, char *text, size_t size)
{
	struct unix_request request;
	char arguments[UNIX_TEXT];

	if (!unix_abi_request(machine, stop, system, &request))
		return false;
	if (request.call < 0) {
		snprintf(text, size, "no system call: number %llu",
			 (unsigned long long)request.number);
		return true;
	}
	unix_describe_request(machine, &request, arguments, sizeof arguments);
	snprintf(text, size, "%s(%s)", unix_table_name((enum unix_call)request.call), arguments);
	return true;
}
