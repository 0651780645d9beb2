/* Strings of the guest, across pages until their terminator. */
#include "x86/memory.h"

enum { READ_AHEAD = 64 }; /* bytes of a text that are read at once, of one page */

uint32_t x86_read_u32(const struct x86 *machine, uint64_t address)
{
	uint32_t value;

	return x86_read(machine, address, &value, sizeof value) < 0 ? 0 : value;
}

int x86_read_text(const struct x86 *machine, uint64_t address, char *text, size_t size)
{
	size_t length = 0;

	if (size == 0)
		return ERROR_INPUT;
	text[0] = 0;
	while (length + 1 < size) {
		uint64_t at = (address + length) & machine->linear_mask;
		size_t part = PAGE_SIZE - at % PAGE_SIZE;
		const char *end;
		if (part > READ_AHEAD)
			part = READ_AHEAD;
		if (part > size - 1 - length)
			part = size - 1 - length;
		if (x86_read(machine, at, text + length, part) < 0)
			break;
		end = memchr(text + length, 0, part);
		if (end)
			return (int)(end - text);
		length += part;
	}
	text[length] = 0;
	return ERROR_INPUT;
}

/* The code point at `address`, and how many units it took; surrogates that stand alone become
 * U+FFFD. */
static int read_code_point(const struct x86 *machine, uint64_t address, uint32_t *point)
{
	uint16_t unit[2];

	if (x86_read(machine, address & machine->linear_mask, &unit[0], 2) < 0)
		return ERROR_INPUT;
	*point = unit[0];
	if (unit[0] < 0xd800 || unit[0] > 0xdfff)
		return 1;
	if (unit[0] < 0xdc00 &&
	    x86_read(machine, (address + 2) & machine->linear_mask, &unit[1], 2) == 0 &&
	    unit[1] >= 0xdc00 && unit[1] <= 0xdfff) {
		*point = 0x10000u + ((uint32_t)(unit[0] - 0xd800) << 10) + (unit[1] - 0xdc00u);
		return 2;
	}
	*point = 0xfffd;
	return 1;
}

/* UTF-8 (RFC 3629); the number of bytes. */
static size_t encode(uint32_t point, char bytes[4])
{
	size_t count = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = count - 1; i > 0; i--, point >>= 6)
		bytes[i] = (char)(0x80 | (point & 0x3f));
	bytes[0] = (char)(lead[count] | point);
	return count;
}

int x86_read_wide(const struct x86 *machine, uint64_t address, char *text, size_t size)
{
	size_t length = 0;

	if (size == 0)
		return ERROR_INPUT;
	for (;;) {
		char bytes[4];
		uint32_t point;
		int units = read_code_point(machine, address, &point);
		size_t count;
		if (units < 0)
			break;
		if (point == 0) {
			text[length] = 0;
			return (int)length;
		}
		count = encode(point, bytes);
		if (length + count >= size)
			break;
		memcpy(text + length, bytes, count);
		length += count;
		address += 2u * (unsigned)units;
	}
	text[length] = 0;
	return ERROR_INPUT;
}
