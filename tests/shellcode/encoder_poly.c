/* Polymorphic encoders: registers, order, forms of the same instruction and junk differ from one to
 * the next, and the end of the loop is itself encoded. The key is fed back with what was decoded.
 */
#include "encoder.h"

#include <string.h>

#define CODE(into, text) buffer_append(into, text, sizeof(text) - 1)

enum { AX, CX, DX, BX, SP, BP, SI, DI };

static void u8(struct buffer *into, unsigned value)
{
	uint8_t byte = (uint8_t)value;
	buffer_append(into, &byte, 1);
}

static void u32(struct buffer *into, uint32_t value)
{
	buffer_append(into, &value, 4);
}

struct poly {
	struct buffer *into;
	struct random *random;
	bool wide;
	unsigned pointer, key, counter, junk; /* registers */
	uint32_t words, first_key;
	size_t origin; /* where the address that `pointer` gets lies */
};

static void choose_registers(struct poly *poly)
{
	unsigned registers[] = { AX, CX, DX, BX, SI, DI };

	for (unsigned i = 5; i > 0; i--) {
		unsigned j = random_below(poly->random, i + 1), kept = registers[i];
		registers[i] = registers[j];
		registers[j] = kept;
	}
	poly->pointer = registers[0];
	poly->key = registers[1];
	poly->counter = registers[2];
	poly->junk = registers[3];
}

/* Nothing, or an instruction on a register that nobody uses; flags may change. */
static void junk(struct poly *poly)
{
	switch (random_below(poly->random, 8)) {
	case 0: u8(poly->into, 0x90); break;
	case 1:
		u8(poly->into, 0xb8 + poly->junk);
		u32(poly->into, random_u32(poly->random));
		break;
	case 2:
		u8(poly->into, 0x31);
		u8(poly->into, 0xc0 | poly->junk * 9);
		break;
	case 3:
		u8(poly->into, 0x85); /* test */
		u8(poly->into, 0xc0 | poly->junk << 3 | poly->pointer);
		break;
	case 4:
		u8(poly->into, 0x81); /* add junk, K */
		u8(poly->into, 0xc0 | poly->junk);
		u32(poly->into, random_u32(poly->random));
		break;
	case 5:
		u8(poly->into, 0xf8 + random_below(poly->random, 2)); /* clc, stc */
		break;
	default: break;
	}
}

static void set(struct poly *poly, unsigned reg, uint32_t value)
{
	switch (random_below(poly->random, 3)) {
	case 0:
		u8(poly->into, 0x68); /* push; pop: the sign extension does not matter */
		u32(poly->into, value);
		u8(poly->into, 0x58 + reg);
		break;
	case 1:
		u8(poly->into, 0x29 + 8 * random_below(poly->random, 2)); /* sub or xor */
		u8(poly->into, 0xc0 | reg * 9);
		u8(poly->into, 0x81); /* add reg, value */
		u8(poly->into, 0xc0 | reg);
		u32(poly->into, value);
		break;
	default:
		u8(poly->into, 0xb8 + reg);
		u32(poly->into, value);
		break;
	}
}

/* Leaves the address of `origin` in the pointer. */
static void find_itself(struct poly *poly)
{
	static const char fpu[][3] = { "\xd9\xee", "\xd9\xe8", "\xd9\xeb", "\xda\xc2",
				       "\xdb\xc3", "\xdd\xc1", "\xd9\xc4", "\xd9\xf6" };

	if (poly->wide) { /* lea pointer, [rip - 7] */
		poly->origin = poly->into->length;
		u8(poly->into, 0x48);
		u8(poly->into, 0x8d);
		u8(poly->into, 0x05 | poly->pointer << 3);
		u32(poly->into, 0xfffffff9);
		return;
	}
	poly->origin = poly->into->length;
	buffer_append(poly->into, fpu[random_below(poly->random, 8)], 2);
	junk(poly);
	CODE(poly->into, "\xd9\x74\x24\xf4");
	junk(poly);
	u8(poly->into, 0x58 + poly->pointer);
}

static void prologue(struct poly *poly)
{
	unsigned first = random_below(poly->random, 3);

	for (unsigned i = 0; i < 3; i++) {
		junk(poly);
		switch ((first + i) % 3) {
		case 0: set(poly, poly->key, poly->first_key); break;
		case 1: set(poly, poly->counter, poly->words); break;
		default: find_itself(poly); break;
		}
	}
}

static void advance(struct poly *poly)
{
	bool down = random_below(poly->random, 2);

	if (poly->wide)
		u8(poly->into, 0x48);
	u8(poly->into, 0x83);
	u8(poly->into, (down ? 0xe8 : 0xc0) | poly->pointer);
	u8(poly->into, down ? 0xfc : 4);
}

/* Back to `start` while the counter is not 0; two to four bytes. */
static void repeat(struct poly *poly, size_t start)
{
	if (poly->counter == CX && random_below(poly->random, 2)) {
		u8(poly->into, 0xe2);
	} else if (poly->wide) {
		u8(poly->into, 0xff);
		u8(poly->into, 0xc8 | poly->counter);
		u8(poly->into, 0x75);
	} else {
		u8(poly->into, 0x48 + poly->counter);
		u8(poly->into, 0x75);
	}
	u8(poly->into, (unsigned)(start - poly->into->length - 1) & 0xff);
}

/* Encodes the words from `start` of the buffer on. */
static void encode_from(struct poly *poly, size_t start)
{
	uint32_t key = poly->first_key;

	for (size_t at = start; at + 4 <= poly->into->length; at += 4) {
		uint32_t word, encoded;
		memcpy(&word, poly->into->data + at, 4);
		encoded = word ^ key;
		memcpy(poly->into->data + at, &encoded, 4);
		key += word;
	}
}

/* OP [pointer + D], key; the distance is filled in when it is known. Returns its place. */
static size_t on_word(struct poly *poly, unsigned operation)
{
	u8(poly->into, operation);
	u8(poly->into, 0x40 | poly->key << 3 | poly->pointer);
	u8(poly->into, 0);
	return poly->into->length - 1;
}

static void polymorphic(struct buffer *into, struct bytes payload, struct random *random, bool wide)
{
	struct poly poly = { .into = into, .random = random, .wide = wide };
	size_t start, decoded, fed, end;

	poly.words = (uint32_t)(payload.length + 4 + 3) / 4; /* with the end of the loop */
	poly.first_key = random_u32(random) | 1;
	choose_registers(&poly);
	prologue(&poly);
	start = into->length;
	decoded = on_word(&poly, 0x31); /* xor */
	junk(&poly);
	fed = on_word(&poly, 0x03); /* add */
	junk(&poly);
	advance(&poly);
	junk(&poly);
	end = into->length;
	repeat(&poly, start);
	buffer_append(into, payload.data, payload.length);
	while (into->length < end + 4 * poly.words)
		u8(into, 0x90);
	into->data[decoded] = into->data[fed] = (uint8_t)(end - poly.origin);
	encode_from(&poly, end);
}

static void narrow(struct buffer *into, struct bytes payload, struct random *random)
{
	polymorphic(into, payload, random, false);
}

static void wide(struct buffer *into, struct bytes payload, struct random *random)
{
	polymorphic(into, payload, random, true);
}

static void narrow_thrice(struct buffer *into, struct bytes payload, struct random *random)
{
	struct buffer once, again;

	buffer_init(&once, 1 << 20);
	buffer_init(&again, 1 << 20);
	narrow(&once, payload, random);
	narrow(&again, buffer_bytes(&once), random);
	narrow(into, buffer_bytes(&again), random);
	buffer_fini(&once);
	buffer_fini(&again);
}

static void wide_thrice(struct buffer *into, struct bytes payload, struct random *random)
{
	struct buffer once, again;

	buffer_init(&once, 1 << 20);
	buffer_init(&again, 1 << 20);
	wide(&once, payload, random);
	wide(&again, buffer_bytes(&once), random);
	wide(into, buffer_bytes(&again), random);
	buffer_fini(&once);
	buffer_fini(&again);
}

static const struct encoder encoders[] = {
	{ "polymorphic", false, narrow },
	{ "polymorphic, thrice", false, narrow_thrice },
	{ "polymorphic", true, wide },
	{ "polymorphic, thrice", true, wide_thrice },
};

const struct encoder *encoder_poly_at(unsigned index)
{
	return index < sizeof encoders / sizeof encoders[0] ? &encoders[index] : NULL;
}
