/* The same payloads under decoders of many kinds (tests/vectors/decoder*.asm, and one that is
 * generated): found, told as bare, and of the same kind. Limits of the kind: code that is put
 * together by no loop, and a decoder whose tables are used as long as its payload runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "with_detector.h"

enum { ROOM = 1 << 16, KEY = 16 };

static const uint8_t key[KEY] = { 0x5a, 0x13, 0xc7, 0x88, 0x21, 0x9d, 0x6e, 0xf4,
				  0x5a, 0x13, 0xc7, 0x88, 0x21, 0x9d, 0x6e, 0xf4 };

static void read_vector(const char *name, struct buffer *content)
{
	const char *folder = getenv("KENBI_VECTORS");
	char path[1024];
	struct error error;

	assert_non_null(folder);
	snprintf(path, sizeof path, "%s/%s.bin", folder, name);
	assert_int_equal(file_read(path, ROOM, content, &error), 0);
	content->limit = ROOM;
}

/* --- encoders: change `count` bytes (room for the next multiple of 16) in place --- */

static void encode_key(uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < (count + 15) / 16 * 16; i++)
		bytes[i] ^= key[i % KEY];
}

static void encode_not(uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)~bytes[i];
}

static void encode_rotated(uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)(bytes[i] >> (i & 7) | bytes[i] << (8 - (i & 7)));
}

/* from the last to the first: each plus the decoded one behind it */
static void encode_backwards(uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i + 1 < count; i++)
		bytes[i] = (uint8_t)(bytes[i] + bytes[i + 1]);
}

static void encode_twice(uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)(bytes[i] - 0x11) ^ 0x33;
}

static void encode_rc4(uint8_t *bytes, size_t count)
{
	static const char secret[] = "kenbi-k1";
	uint8_t state[256], j = 0, swapped;

	for (unsigned i = 0; i < 256; i++)
		state[i] = (uint8_t)i;
	for (unsigned i = 0; i < 256; i++) {
		j = (uint8_t)(j + secret[i & 7] + state[i]);
		swapped = state[i];
		state[i] = state[j];
		state[j] = swapped;
	}
	j = 0;
	for (size_t n = 0; n < count; n++) {
		uint8_t i = (uint8_t)(n + 1);
		j = (uint8_t)(j + state[i]);
		swapped = state[i];
		state[i] = state[j];
		state[j] = swapped;
		bytes[n] ^= state[(uint8_t)(state[i] + state[j])];
	}
}

static void encode_77(uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] ^= 0x77;
}

/* "Genu" of GenuineIntel, as cpuid leaves it in ebx */
static void encode_cpuid(uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < (count + 3) / 4 * 4; i++)
		bytes[i] ^= (uint8_t) "Genu"[i & 3];
}

static void encode_countdown(uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] ^= (uint8_t)(count - i);
}

static void encode_feedback(uint8_t *bytes, size_t count)
{
	uint64_t grown = 0x1122334455667788;

	for (size_t i = 0; i < count; i += 8) {
		uint64_t word, encoded;
		memcpy(&word, bytes + i, 8);
		encoded = word ^ grown;
		grown += word;
		memcpy(bytes + i, &encoded, 8);
	}
}

/* XTEA with the stub's key, block by block. */
static void encode_tea(uint8_t *bytes, size_t count)
{
	static const uint32_t words[4] = { 0x6b656e62, 0x692d6b65, 0x792d3031, 0x32333435 };

	for (size_t at = 0; at < count; at += 8) {
		uint32_t v[2], sum = 0;
		memcpy(v, bytes + at, 8);
		for (unsigned cycle = 0; cycle < 32; cycle++) {
			v[0] += ((v[1] << 4 ^ v[1] >> 5) + v[1]) ^ (sum + words[sum & 3]);
			sum += 0x9e3779b9;
			v[1] += ((v[0] << 4 ^ v[0] >> 5) + v[0]) ^ (sum + words[sum >> 11 & 3]);
		}
		memcpy(bytes + at, v, 8);
	}
}

/* --- encoders that change the length: return that of `into` --- */

static size_t pack_base64(const uint8_t *bytes, size_t count, uint8_t *into)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789+/";
	size_t length = 0;

	for (size_t i = 0; i < count; i += 3) {
		uint32_t group =
			(uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8 | bytes[i + 2];
		for (unsigned shift = 24; shift > 0; shift -= 6)
			into[length++] = (uint8_t)letters[group >> (shift - 6) & 63];
	}
	return length;
}

/* The longest earlier copy, at most 256 back and 257 long, of what begins at `at`; 0: none of two.
 */
static size_t longest(const uint8_t *bytes, size_t at, size_t count, size_t *distance)
{
	size_t best = 0;

	for (size_t back = 1; back <= 256 && back <= at; back++) {
		size_t length = 0;
		while (length < 257 && at + length < count &&
		       bytes[at + length] == bytes[at + length - back])
			length++;
		if (length > best) {
			best = length;
			*distance = back;
		}
	}
	return best >= 2 ? best : 0;
}

static size_t pack_lz(const uint8_t *bytes, size_t count, uint8_t *into)
{
	size_t length = 0, at = 0;

	while (at < count) {
		size_t flags = length++;
		into[flags] = 0;
		for (unsigned bit = 0; bit < 8 && at < count; bit++) {
			size_t distance = 0, copied = longest(bytes, at, count, &distance);
			if (copied) {
				into[flags] |= (uint8_t)(1 << bit);
				into[length++] = (uint8_t)(distance - 1);
				into[length++] = (uint8_t)(copied - 2);
			} else {
				into[length++] = bytes[at];
				copied = 1;
			}
			at += copied;
		}
	}
	return length;
}

static const struct decoder {
	const char *stub;
	bool wide;
	unsigned length_at; /* of the payload's length, two bytes, in the stub */
	void (*encode)(uint8_t *bytes, size_t count);
	bool other_kind; /* the kind may differ from the bare one's */
	bool unix_only;	 /* the decoder asks Linux for memory */
	size_t (*pack)(const uint8_t *bytes, size_t count, uint8_t *into);
	bool packed_length; /* the stub wants the length of what is packed */
} decoders[] = {
	{ "decoder_mmx", false, 2, encode_key },
	{ "decoder_sse", false, 2, encode_key },
	{ "decoder_fnsave", false, 2, encode_not },
	{ "decoder_fxsave", false, 2, encode_rotated },
	{ "decoder_backwards", false, 2, encode_backwards },
	{ "decoder_twice_over", false, 2, encode_twice },
	{ "decoder_rc4", false, 2, encode_rc4, true },
	{ "decoder_bitmap", false, 4, encode_77 },
	{ "decoder_cpuid", false, 2, encode_cpuid },
	{ "decoder_copy", false, 2, encode_countdown },
	{ "decoder_tea", false, 2, encode_tea },
	{ "decoder_lz", false, 2, .pack = pack_lz },
	{ "decoder_base64", false, 2, .pack = pack_base64, .packed_length = true },
	{ "decoder64_sse", true, 2, encode_key },
	{ "decoder64_rc4", true, 2, encode_rc4, .other_kind = true },
	{ "decoder64_mmap", true, 2, encode_not, .unix_only = true },
	{ "decoder64_feedback", true, 2, encode_feedback },
};

static const struct payload {
	const char *vector;
	bool wide;
	const char *action, *detail;
} payloads[] = {
	{ "linux_reverse", false, "connect", "192.0.2.33" },
	{ "freebsd_bind", false, "bind", "4447" },
	{ "windows_exec", false, "execute", "cmd.exe /c ver" },
	{ "linux64_reverse", true, "connect", "203.0.113.5" },
	{ "windows64_exec", true, "execute", "cmd /c ver" },
};

/* --- looking --- */

static bool acts(const struct shellcode_finding *finding, const char *action, const char *detail)
{
	size_t index;
	json_t *value;
	bool found = false;

	json_array_foreach(finding->actions, index, value)
	{
		char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		found |= strcmp(json_string_value(json_object_get(value, "action")), action) == 0 &&
			 strstr(text, detail);
		free(text);
	}
	return found;
}

/* The kind of the finding when it is told as the payload, "" otherwise. What a decoder writes may
 * be seen by a view, too: then all are of that kind. */
static void kind_of(const struct payload *payload, struct bytes bytes, bool decodes, char kind[17])
{
	struct shellcode_finding findings[4];
	struct error error;
	int count = shellcode_scan(detector, bytes, (struct bytes){ NULL, 0 }, findings, 4, NULL,
				   &error);
	bool good = count >= 1 && (!decodes || findings[0].evidence & 1u << SHELLCODE_DECODES_BIT);

	for (int i = 0; i < count; i++)
		good = good && acts(&findings[i], payload->action, payload->detail) &&
		       strcmp(findings[i].kind, findings[0].kind) == 0;

	snprintf(kind, 17, "%s", good ? findings[0].kind : "");
	for (int i = 0; i < count; i++)
		shellcode_finding_fini(&findings[i]);
}

static bool is_recognised(const struct payload *payload, const char *how, struct bytes encoded,
			  bool same_kind)
{
	char bare[17], under[17];
	struct buffer code;

	read_vector(payload->vector, &code);
	kind_of(payload, buffer_bytes(&code), false, bare);
	kind_of(payload, encoded, true, under);
	buffer_fini(&code);
	if (bare[0] && under[0] && (!same_kind || strcmp(bare, under) == 0))
		return true;
	print_error("%s under %s: \"%s\", bare \"%s\"\n", payload->vector, how, under, bare);
	return false;
}

static bool under(const struct payload *payload, const struct decoder *decoder)
{
	uint8_t bytes[4096] = { 0 }, packed[8192];
	struct buffer stub, code;
	size_t length;
	bool good;

	read_vector(payload->vector, &code);
	read_vector(decoder->stub, &stub);
	assert_true(code.length + 16 < sizeof bytes);
	memcpy(bytes, code.data, code.length);
	memset(bytes + code.length, 0x90, 16);
	if (decoder->encode)
		decoder->encode(bytes, code.length);
	length = decoder->pack ? decoder->pack(bytes, code.length, packed)
			       : (code.length + 15) / 16 * 16;
	code.length = decoder->packed_length ? length : code.length;
	stub.data[decoder->length_at] = (uint8_t)code.length;
	stub.data[decoder->length_at + 1] = (uint8_t)(code.length >> 8);
	assert_int_equal(buffer_append(&stub, decoder->pack ? packed : bytes, length), 0);
	good = is_recognised(payload, decoder->stub, buffer_bytes(&stub), !decoder->other_kind);
	buffer_fini(&stub);
	buffer_fini(&code);
	return good;
}

static void every_decoder_is_seen_through(void **state)
{
	unsigned missed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof decoders / sizeof decoders[0]; i++)
		for (size_t j = 0; j < sizeof payloads / sizeof payloads[0]; j++)
			if (decoders[i].wide == payloads[j].wide &&
			    (!decoders[i].unix_only || !strstr(payloads[j].vector, "windows")))
				missed += !under(&payloads[j], &decoders[i]);
	assert_int_equal(missed, 0);
}

/* --- code that builds its payload on the stack by sums of printable words --- */

static void put(struct buffer *into, const void *data, size_t length)
{
	assert_int_equal(buffer_append(into, data, length), 0);
}

/* Three printable words whose sum is `wanted`, byte by byte with carries. */
static void split(uint32_t wanted, uint32_t parts[3])
{
	unsigned carry = 0;

	parts[0] = parts[1] = parts[2] = 0;
	for (unsigned byte = 0; byte < 4; byte++) {
		unsigned sum = (wanted >> (8 * byte) & 0xff);
		unsigned rest = (sum + 0x200 - carry) & 0xff, a, b;
		/* three bytes of 0x21 … 0x7e: sums of 0x63 … 0x17a */
		if (rest < 0x63)
			rest += 0x100;
		a = rest / 3;
		b = (rest - a) / 2;
		parts[0] |= a << (8 * byte);
		parts[1] |= b << (8 * byte);
		parts[2] |= (rest - a - b) << (8 * byte);
		carry = (rest + carry) >> 8;
	}
}

static void build_on_stack(struct buffer *into, struct bytes payload)
{
	size_t words = (payload.length + 3) / 4;

	for (size_t i = words; i-- > 0;) {
		uint32_t word = 0x90909090, parts[3];
		size_t left = payload.length - 4 * i;
		memcpy(&word, payload.data + 4 * i, left < 4 ? left : 4);
		put(into, "%JMNU%521*", 10); /* and eax, …; and eax, …: 0 */
		split(-word, parts);
		for (unsigned part = 0; part < 3; part++) {
			put(into, "-", 1); /* sub eax, … */
			put(into, &parts[part], 4);
		}
		put(into, "P", 1); /* push eax */
	}
	put(into, "\xff\xe4", 2); /* jmp esp */
}

static void printable_sums_are_seen_through(void **state)
{
	unsigned missed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
		struct buffer code, built;
		if (payloads[i].wide)
			continue;
		read_vector(payloads[i].vector, &code);
		buffer_init(&built, ROOM);
		build_on_stack(&built, buffer_bytes(&code));
		missed +=
			!is_recognised(&payloads[i], "printable sums", buffer_bytes(&built), false);
		buffer_fini(&built);
		buffer_fini(&code);
	}
	assert_int_equal(missed, 0);
}

/* --- printable code that writes its payload behind itself, in the middle of text --- */

enum { FIRST = 0x21, FLIP = 0x5a, SETUP = 26, TEXT = 1 << 18 };

/* A printable byte that becomes `wanted` when it is xored with 5ah, ffh, both, or nothing. */
static uint8_t hidden(uint8_t wanted, bool *inverted, bool *flipped)
{
	uint8_t byte = wanted;

	*inverted = byte >= 0x80;
	byte = *inverted ? (uint8_t)~byte : byte;
	*flipped = byte < FIRST || byte > 0x7e;
	return *flipped ? byte ^ FLIP : byte;
}

/* sub eax, …, three times: eax is the payload's address, less 21h; push eax; pop ecx; push 5ah;
 * pop ebx; push 41h; pop eax; xor al, 41h; dec eax; for each byte what it needs of
 * xor [ecx + 21h + i], al and xor [ecx + 21h + i], bl */
static void patch_in_place(struct buffer *into, struct bytes payload)
{
	unsigned patches = 0;
	bool inverted, flipped;
	uint32_t parts[3];

	assert_true(payload.length <= 0x7e - FIRST);
	for (size_t i = 0; i < payload.length; i++) {
		hidden(payload.data[i], &inverted, &flipped);
		patches += inverted + flipped;
	}
	split(0u - (SETUP + 3 * patches - FIRST), parts);
	for (unsigned part = 0; part < 3; part++) {
		put(into, "-", 1);
		put(into, &parts[part], 4);
	}
	put(into, "PYjZ[jAX4AH", 11);
	for (size_t i = 0; i < payload.length; i++) {
		uint8_t at = (uint8_t)(FIRST + i);
		hidden(payload.data[i], &inverted, &flipped);
		if (inverted) {
			put(into, "0A", 2);
			put(into, &at, 1);
		}
		if (flipped) {
			put(into, "0Y", 2);
			put(into, &at, 1);
		}
	}
	for (size_t i = 0; i < payload.length; i++) {
		uint8_t byte = hidden(payload.data[i], &inverted, &flipped);
		put(into, &byte, 1);
	}
}

static void put_base64(struct buffer *into, struct random *random)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789+/";

	for (size_t i = 0; i < TEXT; i++)
		put(into, i % 77 == 76 ? "\n" : &letters[random_u32(random) % 64], 1);
	put(into, "\n", 1);
}

/* Long words without blanks among others, as links and identifiers are. */
static void put_html(struct buffer *into, struct random *random)
{
	static const char *const words[] = {
		"<p class=\"note\">",
		"<a href=\"https://www.example.org/manual/chapter-12.html#",
		"</a>",
		"some",
		"more",
		"words",
		"&amp;",
		"&nbsp;",
		"\n",
		"%20",
		"\">",
		"child_process_asynchronous_process_creation_options_and_callbacks"
	};
	size_t start = into->length;

	while (into->length - start < TEXT) {
		const char *word = words[random_u32(random) % (sizeof words / sizeof words[0])];
		put(into, word, strlen(word));
		if (random_u32(random) % 3)
			put(into, " ", 1);
	}
	put(into, "\n", 1);
}

static void printable_code_is_found_in_text(void **state)
{
	void (*const around[])(struct buffer *, struct random *) = { put_base64, put_html };
	struct buffer code, patched, text;
	struct random random;

	(void)state;
	read_vector("linux_execve", &code);
	buffer_init(&patched, ROOM);
	patch_in_place(&patched, buffer_bytes(&code));
	for (size_t i = 0; i < patched.length; i++)
		assert_in_range(patched.data[i], 0x21, 0x7e);
	for (size_t i = 0; i < sizeof around / sizeof around[0]; i++) {
		struct shellcode_finding findings[4];
		struct error error;
		size_t at;
		random_init(&random, 51, i);
		buffer_init(&text, 4 * TEXT);
		around[i](&text, &random);
		at = text.length;
		put(&text, patched.data, patched.length);
		put(&text, "\n", 1);
		around[i](&text, &random);
		assert_int_equal(shellcode_scan(detector, buffer_bytes(&text),
						(struct bytes){ NULL, 0 }, findings, 4, NULL,
						&error),
				 1);
		assert_int_equal(findings[0].entry, at);
		assert_true(acts(&findings[0], "execute", "/bin"));
		assert_true(findings[0].evidence & 1u << SHELLCODE_DECODES_BIT);
		shellcode_finding_fini(&findings[0]);
		buffer_fini(&text);
	}
	buffer_fini(&patched);
	buffer_fini(&code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_decoder_is_seen_through),
		cmocka_unit_test(printable_sums_are_seen_through),
		cmocka_unit_test(printable_code_is_found_in_text),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
