#include "encoder_text.h"

#include <string.h>

static void put(struct buffer *into, const void *data, size_t length)
{
	buffer_append(into, data, length);
}

static void u8(struct buffer *into, unsigned value)
{
	uint8_t byte = (uint8_t)value;
	put(into, &byte, 1);
}

/* --- printable --- */

enum { HEAD = 18, PER_WORD = 26 }; /* bytes behind the pops, and that push a word */

/* sub eax, A; sub eax, B; sub eax, C: bytes of 0x21 … 0x7e, which together add `amount`. */
static void add_to_eax(struct buffer *into, uint32_t amount)
{
	uint32_t wanted = 0u - amount, parts[3] = { 0 };
	unsigned carry = 0;

	for (unsigned shift = 0; shift < 32; shift += 8) {
		unsigned rest = ((wanted >> shift & 0xff) + 0x200 - carry) & 0xff, a, b;
		if (rest < 0x63)
			rest += 0x100;
		a = rest / 3;
		b = (rest - a) / 2;
		parts[0] |= a << shift;
		parts[1] |= b << shift;
		parts[2] |= (rest - a - b) << shift;
		carry = (rest + carry) >> 8;
	}
	for (unsigned i = 0; i < 3; i++) {
		u8(into, 0x2d);
		put(into, &parts[i], 4);
	}
}

void encoder_text_printable(struct buffer *into, struct bytes payload, unsigned place)
{
	size_t words = (payload.length + 3) / 4, start = into->length;

	if (place < TEXT_STACK)
		u8(into, 0x50 + place); /* push register */
	for (unsigned i = TEXT_STACK; i < place; i++)
		u8(into, 0x59); /* pop ecx */
	u8(into, 0x58);		/* pop eax */
	add_to_eax(into, (uint32_t)(into->length - start + HEAD - 1 + words * (PER_WORD + 4)));
	put(into, "P\\", 2); /* push eax; pop esp */
	for (size_t i = words; i-- > 0;) {
		uint32_t word = 0x90909090;
		size_t left = payload.length - 4 * i;
		memcpy(&word, payload.data + 4 * i, left < 4 ? left : 4);
		put(into, "%JMNU%521*", 10); /* and eax, …; and eax, …: 0 */
		add_to_eax(into, word);
		u8(into, 0x50); /* push eax */
	}
	for (size_t i = 0; i < 4 * words; i++) /* where the payload is pushed */
		u8(into, 'A');
}

/* --- UTF-16 --- */

enum { BETWEEN = 0x6d }; /* of zeros: add [ebp], ch */

/* Each byte with a zero behind it. */
static void wide(struct buffer *into, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		u8(into, bytes[i]);
		u8(into, 0);
	}
}

/* An instruction of one byte, and what lies between it and the next. */
static void alone(struct buffer *into, uint8_t opcode)
{
	wide(into, (const uint8_t[]){ opcode, BETWEEN }, 2);
}

/* add byte [eax], value */
static void add_there(struct buffer *into, uint8_t value)
{
	wide(into, (const uint8_t[]){ 0x80, value, BETWEEN }, 3);
}

/* Makes the payload of its even bytes, to which eax points: what is a zero and should not be, is
 * added to; what should be a zero has been sent as 1. */
static void complete(struct buffer *into, struct bytes payload)
{
	for (size_t i = 0; i < payload.length; i++) {
		uint8_t byte = payload.data[i];
		if (i % 2 == 1 && byte)
			add_there(into, byte);
		if (i % 2 == 0 && !byte)
			add_there(into, 0xff);
		alone(into, 0x40); /* inc eax */
	}
}

void encoder_text_wide(struct buffer *into, struct bytes payload)
{
	uint8_t head[] = { 0x05, 0, 1, BETWEEN, 0x2d, 1, 1, BETWEEN };
	size_t start = into->length, end;
	struct buffer code;

	buffer_init(&code, 1 << 20);
	complete(&code, payload);
	end = (2 * sizeof head + code.length) / 256 + 1;
	head[1] = (uint8_t)(end + 1); /* add eax, 01000100h + 256 end; sub eax, 01000100h */
	wide(into, head, sizeof head);
	put(into, code.data, code.length);
	end = start + 256 * end;
	if ((end - into->length) % 4)
		wide(into, (const uint8_t[]){ 0x3c }, 1); /* cmp al, 0 */
	while (into->length < end)
		alone(into, 0x46); /* inc esi */
	for (size_t i = 0; i < payload.length; i += 2)
		wide(into, (const uint8_t[]){ payload.data[i] ? payload.data[i] : 1 }, 1);
	buffer_fini(&code);
}
