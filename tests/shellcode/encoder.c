#include "encoder.h"

#include <string.h>

static void bytes_put(struct buffer *into, const void *data, size_t length)
{
	buffer_append(into, data, length);
}

#define CODE(into, text) bytes_put(into, text, sizeof(text) - 1)

static void u8(struct buffer *into, unsigned value)
{
	uint8_t byte = (uint8_t)value;
	buffer_append(into, &byte, 1);
}

static void u32(struct buffer *into, uint32_t value)
{
	buffer_append(into, &value, 4);
}

static uint32_t key_of(struct random *random)
{
	return random_u32(random) | 0x01010101;
}

/* Payload bytes in whole words, filled with nops. */
static size_t words_of(struct bytes payload, size_t size)
{
	return (payload.length + size - 1) / size;
}

static uint64_t word_at(struct bytes payload, size_t index, size_t size)
{
	uint64_t word = 0;

	for (size_t i = 0; i < size; i++) {
		size_t at = index * size + i;
		word |= (uint64_t)(at < payload.length ? payload.data[at] : 0x90) << 8 * i;
	}
	return word;
}

/* jmp to the call at the end of the decoder, which leaves the payload's address; `decoder` begins
 * with a pop of it. */
static void around_call(struct buffer *into, const struct buffer *decoder)
{
	u8(into, 0xeb);
	u8(into, (unsigned)decoder->length);
	bytes_put(into, decoder->data, decoder->length);
	u8(into, 0xe8);
	u32(into, (uint32_t) - (int32_t)(decoder->length + 5));
}

/* --- byte by byte --- */

enum operation { XOR, ADD, SUB };

/* pop esi; xor ecx, ecx; mov cx, n; OP byte [esi], key; inc esi; loop */
static void bytes_after_call(struct buffer *into, struct bytes payload, struct random *random,
			     enum operation operation)
{
	static const uint8_t forms[] = { [XOR] = 0x36, [ADD] = 0x06, [SUB] = 0x2e };
	uint8_t key = (uint8_t)(1 + random_below(random, 255));
	struct buffer decoder;

	buffer_init(&decoder, 256);
	CODE(&decoder, "\x5e\x31\xc9\x66\xb9");
	u8(&decoder, (unsigned)payload.length & 0xff);
	u8(&decoder, (unsigned)payload.length >> 8);
	u8(&decoder, 0x80);
	u8(&decoder, forms[operation]);
	u8(&decoder, key);
	CODE(&decoder, "\x46\xe2\xfa\xeb\x05");
	around_call(into, &decoder);
	buffer_fini(&decoder);
	for (size_t i = 0; i < payload.length; i++)
		u8(into, operation == XOR   ? payload.data[i] ^ key
			 : operation == ADD ? payload.data[i] - key
					    : payload.data[i] + key);
}

static void xor_call(struct buffer *into, struct bytes payload, struct random *random)
{
	bytes_after_call(into, payload, random, XOR);
}

static void add_call(struct buffer *into, struct bytes payload, struct random *random)
{
	bytes_after_call(into, payload, random, ADD);
}

static void sub_call(struct buffer *into, struct bytes payload, struct random *random)
{
	bytes_after_call(into, payload, random, SUB);
}

/* Complemented and turned: not, then ror by a random count. */
static void not_rotate(struct buffer *into, struct bytes payload, struct random *random)
{
	unsigned count = 1 + random_below(random, 7);
	struct buffer decoder;

	buffer_init(&decoder, 256);
	CODE(&decoder, "\x5f\x31\xd2\x66\xba"); /* pop edi; xor edx, edx; mov dx, n */
	u8(&decoder, (unsigned)payload.length & 0xff);
	u8(&decoder, (unsigned)payload.length >> 8);
	CODE(&decoder, "\xf6\x17\xc0\x0f"); /* not byte [edi]; ror byte [edi], count */
	u8(&decoder, count);
	CODE(&decoder, "\x47\x4a\x75\xf7\xeb\x05"); /* inc edi; dec edx; jnz; jmp payload */
	around_call(into, &decoder);
	buffer_fini(&decoder);
	for (size_t i = 0; i < payload.length; i++) {
		uint8_t turned =
			(uint8_t)(payload.data[i] << count | payload.data[i] >> (8 - count));
		u8(into, (unsigned)~turned & 0xff);
	}
}

/* The counter is the key: call $+4 (its last byte and the next are inc eax), then xor [eax + ecx],
 * cl. */
static void countdown(struct buffer *into, struct bytes payload, struct random *random)
{
	(void)random;
	CODE(into, "\x31\xc9\x66\xb9");
	u8(into, (unsigned)payload.length & 0xff);
	u8(into, (unsigned)payload.length >> 8);
	CODE(into, "\xe8\xff\xff\xff\xff\xc1\x5e"); /* call $+4; inc ecx … */
	/* inc ecx (ff c1) raised the counter by one: n + 1 … 1, the byte at esi + ecx + 6 */
	CODE(into, "\x30\x4c\x0e\x06\xe2\xfa");
	for (size_t i = 0; i < payload.length; i++)
		u8(into, payload.data[i] ^ ((i + 2) & 0xff));
}

/* --- words, found by the FPU --- */

/* fldz; fnstenv [esp - 12]; pop esi; n words: OP dword [esi + D], key; add esi, 4; dec; jnz. The
 * register that counts, and the order, differ by chance. */
static void words_after_fpu(struct buffer *into, struct bytes payload, struct random *random,
			    enum operation operation)
{
	static const uint8_t forms[] = { [XOR] = 0x76, [ADD] = 0x46, [SUB] = 0x6e };
	static const char fpu[][3] = { "\xd9\xee", "\xd9\xe8", "\xd9\xeb", "\xda\xc2" };
	uint32_t key = key_of(random), words = (uint32_t)words_of(payload, 4);
	bool loop = random_below(random, 2);

	bytes_put(into, fpu[random_below(random, 4)], 2);
	CODE(into, "\xd9\x74\x24\xf4\x5e\x31\xc9\x66\xb9"); /* from the FPU instruction: 7 + 6 */
	u8(into, words & 0xff);
	u8(into, words >> 8);
	u8(into, 0x81);
	u8(into, forms[operation]);
	u8(into, loop ? 0x19 + 6 - 6 : 0x1a);
	u32(into, key);
	CODE(into, "\x83\xee\xfc"); /* sub esi, -4 */
	if (loop)
		CODE(into, "\xe2\xf4");
	else
		CODE(into, "\x49\x75\xf3");
	for (uint32_t i = 0; i < words; i++) {
		uint32_t word = (uint32_t)word_at(payload, i, 4);
		u32(into, operation == XOR   ? word ^ key
			  : operation == ADD ? word - key
					     : word + key);
	}
}

static void xor_fpu(struct buffer *into, struct bytes payload, struct random *random)
{
	words_after_fpu(into, payload, random, XOR);
}

static void add_fpu(struct buffer *into, struct bytes payload, struct random *random)
{
	words_after_fpu(into, payload, random, ADD);
}

static void sub_fpu(struct buffer *into, struct bytes payload, struct random *random)
{
	words_after_fpu(into, payload, random, SUB);
}

/* The key grows by what was decoded: mov ebx, key; xor [esi + D], ebx; add ebx, [esi + D]. */
static void feedback_fpu(struct buffer *into, struct bytes payload, struct random *random)
{
	uint32_t key = key_of(random), words = (uint32_t)words_of(payload, 4);

	u8(into, 0xbb);
	u32(into, key);
	CODE(into, "\xdb\xd2\xd9\x74\x24\xf4\x5e\x2b\xc9\x66\xb9"); /* fcmovnbe: the address */
	u8(into, words & 0xff);
	u8(into, words >> 8);
	CODE(into, "\x31\x5e\x18\x03\x5e\x18\x83\xc6\x04\xe2\xf5");
	for (uint32_t i = 0; i < words; i++) {
		uint32_t word = (uint32_t)word_at(payload, i, 4);
		u32(into, word ^ key);
		key += word;
	}
}

/* Decoded into the stack and entered there. */
static void onto_stack(struct buffer *into, struct bytes payload, struct random *random)
{
	uint32_t key = key_of(random), words = (uint32_t)words_of(payload, 4);
	struct buffer decoder;

	buffer_init(&decoder, 256);
	CODE(&decoder, "\x5e\x31\xc9\x66\xb9"); /* pop esi; xor ecx, ecx; mov cx, n */
	u8(&decoder, words & 0xff);
	u8(&decoder, words >> 8);
	CODE(&decoder, "\x8b\x44\x8e\xfc\x35"); /* mov eax, [esi + 4 * ecx - 4]; xor eax, key */
	u32(&decoder, key);
	CODE(&decoder, "\x50\xe2\xf4\xff\xe4"); /* push eax; loop; jmp esp */
	around_call(into, &decoder);
	buffer_fini(&decoder);
	for (uint32_t i = 0; i < words; i++)
		u32(into, (uint32_t)word_at(payload, i, 4) ^ key);
}

/* Two letters a byte: the low nibbles, put together in place. */
static void letters(struct buffer *into, struct bytes payload, struct random *random)
{
	struct buffer decoder;

	buffer_init(&decoder, 256);
	CODE(&decoder, "\x5e\x56\x89\xf7\x31\xc9\x66\xb9"); /* pop esi; push esi; mov edi, esi … */
	u8(&decoder, (unsigned)payload.length & 0xff);
	u8(&decoder, (unsigned)payload.length >> 8);
	/* lodsw; shl al, 4; and ah, 15; or al, ah; stosb; loop; ret */
	CODE(&decoder, "\x66\xad\xc0\xe0\x04\x80\xe4\x0f\x08\xe0\xaa\xe2\xf3\xc3");
	around_call(into, &decoder);
	buffer_fini(&decoder);
	for (size_t i = 0; i < payload.length; i++) {
		u8(into, (0x40 + 0x10 * random_below(random, 3)) | payload.data[i] >> 4);
		u8(into, (0x40 + 0x10 * random_below(random, 3)) | (payload.data[i] & 15));
	}
}

static void twice(struct buffer *into, struct bytes payload, struct random *random)
{
	struct buffer inner;

	buffer_init(&inner, 1 << 20);
	feedback_fpu(&inner, payload, random);
	xor_call(into, buffer_bytes(&inner), random);
	buffer_fini(&inner);
}

static void thrice(struct buffer *into, struct bytes payload, struct random *random)
{
	struct buffer inner;

	buffer_init(&inner, 1 << 20);
	twice(&inner, payload, random);
	sub_fpu(into, buffer_bytes(&inner), random);
	buffer_fini(&inner);
}

/* --- 64-bit code --- */

/* lea rsi, [rip + D]; xor ecx, ecx; mov cx, n; xor byte [rsi], key; inc rsi; loop */
static void wide_xor_lea(struct buffer *into, struct bytes payload, struct random *random)
{
	uint8_t key = (uint8_t)(1 + random_below(random, 255));

	CODE(into, "\x31\xc9\x66\xb9");
	u8(into, (unsigned)payload.length & 0xff);
	u8(into, (unsigned)payload.length >> 8);
	CODE(into, "\x48\x8d\x35\x08\x00\x00\x00\x80\x36");
	u8(into, key);
	CODE(into, "\x48\xff\xc6\xe2\xf8");
	for (size_t i = 0; i < payload.length; i++)
		u8(into, payload.data[i] ^ key);
}

/* call $+5; pop rax; n words: xor [rax + D], rbx; add rax, 8 */
static void wide_words_call(struct buffer *into, struct bytes payload, struct random *random)
{
	uint64_t key = (uint64_t)key_of(random) << 32 | key_of(random);
	uint32_t words = (uint32_t)words_of(payload, 8);

	CODE(into, "\x31\xc9\x66\xb9");
	u8(into, words & 0xff);
	u8(into, words >> 8);
	CODE(into, "\x48\xbb");
	bytes_put(into, &key, 8);
	CODE(into, "\xe8\x00\x00\x00\x00\x58\x48\x31\x58\x0b\x48\x83\xc0\x08\xe2\xf6");
	for (uint32_t i = 0; i < words; i++) {
		uint64_t word = word_at(payload, i, 8) ^ key;
		bytes_put(into, &word, 8);
	}
}

/* jmp; call; pop rsi: each byte less the one before */
static void wide_difference(struct buffer *into, struct bytes payload, struct random *random)
{
	uint8_t before = (uint8_t)random_u32(random);
	struct buffer decoder;

	buffer_init(&decoder, 256);
	CODE(&decoder, "\x5e\x31\xc9\x66\xb9");
	u8(&decoder, (unsigned)payload.length & 0xff);
	u8(&decoder, (unsigned)payload.length >> 8);
	u8(&decoder, 0xb0); /* mov al, before */
	u8(&decoder, before);
	/* add [rsi], al; mov al, [rsi]; inc rsi; loop; jmp payload */
	CODE(&decoder, "\x00\x06\x8a\x06\x48\xff\xc6\xe2\xf7\xeb\x05");
	around_call(into, &decoder);
	buffer_fini(&decoder);
	for (size_t i = 0; i < payload.length; i++) {
		u8(into, (unsigned)(payload.data[i] - before) & 0xff);
		before = payload.data[i];
	}
}

static void wide_twice(struct buffer *into, struct bytes payload, struct random *random)
{
	struct buffer inner;

	buffer_init(&inner, 1 << 20);
	wide_difference(&inner, payload, random);
	wide_words_call(into, buffer_bytes(&inner), random);
	buffer_fini(&inner);
}

static void plain(struct buffer *into, struct bytes payload, struct random *random)
{
	(void)random;
	bytes_put(into, payload.data, payload.length);
}

static const struct encoder encoders[] = {
	{ "plain", false, plain },
	{ "xor, call", false, xor_call },
	{ "add, call", false, add_call },
	{ "sub, call", false, sub_call },
	{ "not and rotate", false, not_rotate },
	{ "countdown", false, countdown },
	{ "xor, fpu", false, xor_fpu },
	{ "add, fpu", false, add_fpu },
	{ "sub, fpu", false, sub_fpu },
	{ "feedback, fpu", false, feedback_fpu },
	{ "onto the stack", false, onto_stack },
	{ "letters", false, letters },
	{ "twice", false, twice },
	{ "thrice", false, thrice },
	{ "plain", true, plain },
	{ "xor, lea", true, wide_xor_lea },
	{ "words, call", true, wide_words_call },
	{ "difference", true, wide_difference },
	{ "twice", true, wide_twice },
};

const struct encoder *encoder_at(unsigned index)
{
	unsigned count = sizeof encoders / sizeof encoders[0];

	return index < count ? &encoders[index] : encoder_straight_at(index - count);
}

void encoder_slide(struct buffer *into, bool wide, struct random *random)
{
	static const char narrow_words[] = "\x90\x41\x42\x49\x4a\x46\x4f\xf8\xfc\x98\x27\x37";
	static const char wide_words[] = "\x90\xf8\xfc\x98\x90\x99\x90\xf9";
	unsigned length = 4 + random_below(random, 37);

	for (unsigned i = 0; i < length; i++)
		u8(into,
		   (uint8_t)(wide ? wide_words[random_below(random, sizeof wide_words - 1)]
				  : narrow_words[random_below(random, sizeof narrow_words - 1)]));
}
