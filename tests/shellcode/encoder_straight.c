/* Encoders whose decoders have no loop, patch their loop first, end at a mark, or copy: what those
 * of encoder.c do not do. */
#include "encoder.h"

#include <string.h>

#define CODE(into, text) buffer_append(into, text, sizeof(text) - 1)

static void u8(struct buffer *into, unsigned value)
{
	uint8_t byte = (uint8_t)value;
	buffer_append(into, &byte, 1);
}

static void u32(struct buffer *into, uint32_t value)
{
	buffer_append(into, &value, 4);
}

static uint32_t word_at(struct bytes payload, size_t index)
{
	uint32_t word = 0;

	for (size_t i = 0; i < 4; i++) {
		size_t at = index * 4 + i;
		word |= (uint32_t)(at < payload.length ? payload.data[at] : 0x90) << 8 * i;
	}
	return word;
}

static size_t words_of(struct bytes payload)
{
	return (payload.length + 3) / 4;
}

/* jmp to a call behind the decoder, which leaves the payload's address; the decoder pops it. */
static void around_call(struct buffer *into, const struct buffer *decoder)
{
	u8(into, 0xe9);
	u32(into, (uint32_t)decoder->length);
	buffer_append(into, decoder->data, decoder->length);
	u8(into, 0xe8);
	u32(into, (uint32_t) - (int32_t)(decoder->length + 5));
}

/* jmp over the call at the end, into what was decoded */
static void over_call(struct buffer *decoder)
{
	CODE(decoder, "\xeb\x05");
}

/* --- without a loop --- */

/* pop ebx; for each word: OP dword [ebx + D], key, by chance one of xor, add, sub and rol */
static void patches(struct buffer *into, struct bytes payload, struct random *random)
{
	static const uint8_t forms[] = { 0xb3, 0x83, 0xab }; /* xor, add, sub */
	size_t words = words_of(payload);
	struct buffer decoder, encoded;

	buffer_init(&decoder, 1 << 20);
	buffer_init(&encoded, 1 << 20);
	u8(&decoder, 0x5b);
	for (size_t i = 0; i < words; i++) {
		uint32_t word = word_at(payload, i), key = random_u32(random);
		unsigned form = random_below(random, 4);
		u8(&decoder, form == 3 ? 0xc1 : 0x81);
		u8(&decoder, form == 3 ? 0x83 : forms[form]);
		u32(&decoder, (uint32_t)(4 * i));
		if (form == 3) {
			unsigned turn = 1 + key % 31;
			u8(&decoder, turn);
			u32(&encoded, word >> turn | word << (32 - turn));
			continue;
		}
		u32(&decoder, key);
		u32(&encoded, form == 0 ? word ^ key : form == 1 ? word - key : word + key);
	}
	over_call(&decoder);
	around_call(into, &decoder);
	buffer_append(into, encoded.data, encoded.length);
	buffer_fini(&decoder);
	buffer_fini(&encoded);
}

/* From the last word to the first: xor eax, eax; three sub eax, K; push eax; at the end jmp esp */
static void subtractions(struct buffer *into, struct bytes payload, struct random *random)
{
	for (size_t i = words_of(payload); i-- > 0;) {
		uint32_t first = random_u32(random), second = random_u32(random);
		CODE(into, "\x31\xc0\x2d");
		u32(into, first);
		u8(into, 0x2d);
		u32(into, second);
		u8(into, 0x2d);
		u32(into, 0u - word_at(payload, i) - first - second);
		u8(into, 0x50);
	}
	CODE(into, "\xff\xe4");
}

/* --- loops of other makes --- */

/* pop esi; words of 16 bit: xor word [esi], key; add esi, 2; dec ecx; jnz */
static void xor_words(struct buffer *into, struct bytes payload, struct random *random)
{
	unsigned key = 1 + random_below(random, 0xffff), words = (unsigned)words_of(payload) * 2;
	struct buffer decoder;

	buffer_init(&decoder, 256);
	u8(&decoder, 0x5e);
	u8(&decoder, 0xb9);
	u32(&decoder, words);
	CODE(&decoder, "\x66\x81\x36");
	u8(&decoder, key & 0xff);
	u8(&decoder, key >> 8);
	CODE(&decoder, "\x83\xc6\x02\x49\x75\xf5");
	over_call(&decoder);
	around_call(into, &decoder);
	buffer_fini(&decoder);
	for (unsigned i = 0; i < words * 2; i++) {
		unsigned byte = i < payload.length ? payload.data[i] : 0x90;
		u8(into, byte ^ (key >> (i % 2 * 8) & 0xff));
	}
}

/* Each byte is xored with the encoded one before: mov dl, [esi]; xor [esi], al; mov al, dl */
static void rolling(struct buffer *into, struct bytes payload, struct random *random)
{
	uint8_t before = (uint8_t)random_u32(random);
	struct buffer decoder;

	buffer_init(&decoder, 256);
	CODE(&decoder, "\x5e\xb0");
	u8(&decoder, before);
	u8(&decoder, 0xb9);
	u32(&decoder, (uint32_t)payload.length);
	CODE(&decoder, "\x8a\x16\x30\x06\x88\xd0\x46\xe2\xf7");
	over_call(&decoder);
	around_call(into, &decoder);
	buffer_fini(&decoder);
	for (size_t i = 0; i < payload.length; i++) {
		before ^= payload.data[i];
		u8(into, before);
	}
}

/* call into its own last byte (ff c0: inc eax); pop; xor dword [esi + D], key; sub esi, -4; loop */
static void call_into_itself(struct buffer *into, struct bytes payload, struct random *random)
{
	uint32_t key = random_u32(random);
	size_t words = words_of(payload);

	u8(into, 0xb9);
	u32(into, (uint32_t)words);
	CODE(into, "\xe8\xff\xff\xff\xff\xc0\x5e\x81\x76\x0e");
	u32(into, key);
	CODE(into, "\x83\xee\xfc\xe2\xf4");
	for (size_t i = 0; i < words; i++)
		u32(into, word_at(payload, i) ^ key);
}

/* pop esi; xor [esi], ebx; add ebx, [esi]; lodsd; until what was decoded is the key's first value
 */
static void until_mark(struct buffer *into, struct bytes payload, struct random *random)
{
	uint32_t key = random_u32(random), mark = random_u32(random);
	size_t words = words_of(payload);
	struct buffer decoder;

	buffer_init(&decoder, 256);
	CODE(&decoder, "\x5e\xbb");
	u32(&decoder, key);
	CODE(&decoder, "\x31\x1e\x03\x1e\xad\x3d");
	u32(&decoder, mark);
	CODE(&decoder, "\x75\xf4");
	over_call(&decoder);
	around_call(into, &decoder);
	buffer_fini(&decoder);
	for (size_t i = 0; i <= words; i++) {
		uint32_t word = i < words ? word_at(payload, i) : mark;
		u32(into, word ^ key);
		key += word;
	}
}

/* Copied below the stack and turned there: rep movsb, then not and neg of each byte */
static void copies(struct buffer *into, struct bytes payload, struct random *random)
{
	struct buffer decoder;

	(void)random;
	buffer_init(&decoder, 256);
	CODE(&decoder, "\x5e\x81\xec"); /* pop esi; sub esp, n; mov edi, esp; mov ecx, n */
	u32(&decoder, 4 * (uint32_t)words_of(payload));
	CODE(&decoder, "\x89\xe7\xb9");
	u32(&decoder, (uint32_t)payload.length);
	CODE(&decoder, "\x51\xf3\xa4\x59"); /* push ecx; rep movsb; pop ecx */
	/* dec edi; not byte [edi]; neg byte [edi]; loop; jmp esp */
	CODE(&decoder, "\x4f\xf6\x17\xf6\x1f\xe2\xf9\xff\xe4");
	around_call(into, &decoder);
	buffer_fini(&decoder);
	for (size_t i = 0; i < payload.length; i++)
		u8(into, (unsigned)(payload.data[i] - 1) & 0xff);
}

/* --- letters and digits --- */

static const char letters[] = "BCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/* The branch back is no letter: it is put there first (xor [esi + D], al). Then imul eax, [esi +
 * 41h], 30h; xor al, [esi + 42h]; xor [edi + 41h], al over what is there; until the mark "A". */
static void text(struct buffer *into, struct bytes payload, struct random *random)
{
	unsigned length = sizeof letters - 1;
	struct buffer decoder;

	buffer_init(&decoder, 256);
	/* pop esi; push 61h; pop eax; xor [esi - 8], al: the branch ends there;
	 * sub esi, 41h; push esi; pop edi */
	CODE(&decoder, "\x5e\x6a\x61\x58\x30\x46\xf8\x83\xee\x41\x56\x5f");
	/* imul; xor al, [esi + 42h]; mov [edi + 41h], al; inc edi; inc esi twice; push 41h; pop
	 * eax; cmp [esi + 41h], al; jnz */
	CODE(&decoder, "\x6b\x46\x41\x30\x32\x46\x42\x88\x47\x41\x47\x46\x46\x6a\x41\x58"
		       "\x38\x46\x41\x75");
	u8(&decoder, 0xeb ^ 0x61);
	over_call(&decoder);
	around_call(into, &decoder);
	buffer_fini(&decoder);
	for (size_t i = 0; i < payload.length; i++) {
		uint8_t first, second;
		do {
			first = (uint8_t)letters[random_below(random, length)];
			second = (uint8_t)(payload.data[i] ^ (first * 0x30 & 0xff));
		} while (second == 0 || !strchr(letters, second));
		u8(into, first);
		u8(into, second);
	}
	u8(into, 'A');
}

/* --- 64-bit code --- */

/* lea rdi, [rip + D]; for each word: OP dword [rdi + D], key */
static void wide_patches(struct buffer *into, struct bytes payload, struct random *random)
{
	size_t words = words_of(payload);
	uint32_t key = random_u32(random) | 1;

	CODE(into, "\x48\x8d\x3d");
	u32(into, (uint32_t)(words * 10));
	for (size_t i = 0; i < words; i++) {
		CODE(into, "\x81\xb7");
		u32(into, (uint32_t)(4 * i));
		u32(into, key * (uint32_t)(i + 1));
	}
	for (size_t i = 0; i < words; i++)
		u32(into, word_at(payload, i) ^ key * (uint32_t)(i + 1));
}

/* xor rcx, rcx; sub rcx, -n; lea rax, [rip - 17]; mov rbx, key; xor [rax + 27h], rbx; sub rax, -8
 */
static void wide_before(struct buffer *into, struct bytes payload, struct random *random)
{
	uint32_t low = random_u32(random), high = random_u32(random);
	size_t words = (words_of(payload) + 1) / 2;

	CODE(into, "\x48\x31\xc9\x48\x81\xe9");
	u32(into, 0u - (uint32_t)words);
	CODE(into, "\x48\x8d\x05\xef\xff\xff\xff\x48\xbb");
	u32(into, low);
	u32(into, high);
	CODE(into, "\x48\x31\x58\x27\x48\x2d\xf8\xff\xff\xff\xe2\xf4");
	for (size_t i = 0; i < words; i++) {
		u32(into, word_at(payload, 2 * i) ^ low);
		u32(into, word_at(payload, 2 * i + 1) ^ high);
	}
}

/* mov rax, A; mov rdx, B; xor rax, rdx; push rax, from the last to the first; jmp rsp */
static void wide_pushes(struct buffer *into, struct bytes payload, struct random *random)
{
	for (size_t i = (words_of(payload) + 1) / 2; i-- > 0;) {
		uint32_t low = random_u32(random), high = random_u32(random);
		CODE(into, "\x48\xb8");
		u32(into, low);
		u32(into, high);
		CODE(into, "\x48\xba");
		u32(into, word_at(payload, 2 * i) ^ low);
		u32(into, word_at(payload, 2 * i + 1) ^ high);
		CODE(into, "\x48\x31\xd0\x50");
	}
	CODE(into, "\xff\xe4");
}

/* call; pop rsi: each byte with the encoded one before */
static void wide_rolling(struct buffer *into, struct bytes payload, struct random *random)
{
	uint8_t before = (uint8_t)random_u32(random);
	struct buffer decoder;

	buffer_init(&decoder, 256);
	CODE(&decoder, "\x5e\xb0");
	u8(&decoder, before);
	u8(&decoder, 0xb9);
	u32(&decoder, (uint32_t)payload.length);
	CODE(&decoder, "\x8a\x16\x30\x06\x88\xd0\x48\xff\xc6\xe2\xf5");
	over_call(&decoder);
	around_call(into, &decoder);
	buffer_fini(&decoder);
	for (size_t i = 0; i < payload.length; i++) {
		before ^= payload.data[i];
		u8(into, before);
	}
}

static const struct encoder encoders[] = {
	{ "patches, no loop", false, patches },
	{ "subtractions, pushed", false, subtractions },
	{ "xor of words", false, xor_words },
	{ "rolling xor", false, rolling },
	{ "call into itself", false, call_into_itself },
	{ "until a mark", false, until_mark },
	{ "copied, turned", false, copies },
	{ "letters and digits", false, text },
	{ "patches, no loop", true, wide_patches },
	{ "xor, from before", true, wide_before },
	{ "pushed", true, wide_pushes },
	{ "rolling xor", true, wide_rolling },
};

const struct encoder *encoder_straight_at(unsigned index)
{
	unsigned count = sizeof encoders / sizeof encoders[0];

	return index < count ? &encoders[index] : encoder_poly_at(index - count);
}
