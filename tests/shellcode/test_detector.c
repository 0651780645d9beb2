#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "with_detector.h"

static void read_vector(const char *name, struct buffer *content)
{
	const char *folder = getenv("KENBI_VECTORS");
	char path[1024];
	struct error error;

	assert_non_null(folder);
	snprintf(path, sizeof path, "%s/%s.bin", folder, name);
	assert_int_equal(file_read(path, 1 << 16, content, &error), 0);
}

/* The one finding in bytes; fini it. */
static struct shellcode_finding find_one(struct bytes bytes, const char *follow_up)
{
	struct shellcode_finding findings[4];
	struct error error;
	bool exhausted;
	int count = shellcode_scan(detector, bytes, bytes_of(follow_up), findings, 4, &exhausted,
				   &error);

	if (count < 0)
		print_error("%s: %s\n", error.where, error.message);
	assert_int_equal(count, 1);
	assert_false(exhausted);
	return findings[0];
}

static bool has(const struct shellcode_finding *finding, enum shellcode_evidence bit)
{
	return (finding->evidence & 1u << bit) != 0;
}

/* Is there an action whose text form contains both? */
static bool acts(const struct shellcode_finding *finding, const char *action, const char *detail)
{
	size_t index;
	json_t *value;
	bool found = false;

	json_array_foreach(finding->actions, index, value)
	{
		char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		if (strcmp(json_string_value(json_object_get(value, "action")), action) == 0 &&
		    strstr(text, detail))
			found = true;
		free(text);
	}
	return found;
}

static const struct expectation {
	const char *vector, *os, *arch;
	unsigned evidence;
	const char *action, *detail;
} expectations[] = {
#define BIT(name) (1u << SHELLCODE_##name##_BIT)
	{ "linux_execve", "linux", "x86", BIT(SYSCALL) | BIT(STACK_STRING), "execute", "/bin//sh" },
	{ "linux_execve_call", "linux", "x86", BIT(SYSCALL) | BIT(GETPC), "execute", "/bin/id" },
	{ "linux_bind", "linux", "x86", BIT(SYSCALL), "bind", "4444" },
	{ "linux_reverse", "linux", "x86", BIT(SYSCALL), "connect", "192.0.2.33" },
	{ "linux_stage", "linux", "x86", BIT(SYSCALL), "connect", "198.51.100.20" },
	{ "linux_egg", "linux", "x86", 0, NULL, NULL },
	{ "linux64_execve", "linux", "x86_64", BIT(SYSCALL), "execute", "/bin//sh" },
	{ "linux64_reverse", "linux", "x86_64", BIT(SYSCALL), "connect", "203.0.113.5" },
	{ "freebsd_execve", "freebsd", "x86", BIT(SYSCALL), "execute", "/bin//sh" },
	{ "freebsd_reverse", "freebsd", "x86", BIT(SYSCALL), "connect", "192.0.2.66" },
	{ "solaris_execve", "solaris", "x86", BIT(SYSCALL), "execute", "/bin//sh" },
	{ "windows_exec", "windows", "x86", BIT(PEB) | BIT(EXPORTS) | BIT(API), "execute",
	  "cmd.exe /c ver" },
	{ "windows64_exec", "windows", "x86_64", BIT(PEB) | BIT(EXPORTS) | BIT(API), "execute",
	  "cmd /c ver" },
#undef BIT
};

static void check(const struct expectation *expected, struct bytes bytes, size_t entry)
{
	struct shellcode_finding finding = find_one(bytes, "");

	print_message("%s: %s %s kind %s\n", expected->vector, finding.os, finding.arch,
		      finding.kind);
	assert_string_equal(finding.os, expected->os);
	assert_string_equal(finding.arch, expected->arch);
	assert_int_equal(finding.evidence & expected->evidence, expected->evidence);
	if (expected->action) { /* a hunt can be entered at several places */
		assert_int_equal(finding.entry, entry);
		assert_true(acts(&finding, expected->action, expected->detail));
	}
	shellcode_finding_fini(&finding);
}

static void explains_every_technique(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof expectations / sizeof expectations[0]; i++) {
		struct buffer code;
		read_vector(expectations[i].vector, &code);
		check(&expectations[i], buffer_bytes(&code), 0);
		buffer_fini(&code);
	}
}

static void finds_codes_inside_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof expectations / sizeof expectations[0]; i++) {
		struct buffer code, text;
		read_vector(expectations[i].vector, &code);
		buffer_init(&text, 1 << 16);
		buffer_append_text(&text, "USER somebody with a long name and nothing to hide; "
					  "it goes on for a while. ");
		size_t before = text.length;
		buffer_append(&text, code.data, code.length);
		buffer_append_text(&text, " and then more text follows, as in a long request\r\n");
		check(&expectations[i], buffer_bytes(&text), before);
		buffer_fini(&code);
		buffer_fini(&text);
	}
}

/* --- the same payload under decoders --- */

static uint8_t encode_xor(uint8_t byte, uint8_t *key)
{
	(void)key;
	return byte ^ 0x55;
}

static uint8_t encode_add(uint8_t byte, uint8_t *key)
{
	(void)key;
	return (uint8_t)(byte + 7);
}

static uint8_t encode_chain(uint8_t byte, uint8_t *key)
{
	uint8_t encoded = byte ^ *key;

	*key = (uint8_t)(*key + byte);
	return encoded;
}

static const struct encoder {
	const char *stub;
	uint8_t (*encode)(uint8_t byte, uint8_t *key);
} encoders[] = {
	{ "decoder_xor_call", encode_xor },
	{ "decoder_add_fnstenv", encode_add },
	{ "decoder_chain_fnstenv", encode_chain },
};

static void encode(const struct encoder *encoder, struct bytes payload, struct buffer *into)
{
	uint8_t key = 0x3c;

	read_vector(encoder->stub, into);
	into->limit = 1 << 16;
	into->data[2] = (uint8_t)payload.length;
	into->data[3] = (uint8_t)(payload.length >> 8);
	for (size_t i = 0; i < payload.length; i++) {
		uint8_t byte = encoder->encode(payload.data[i], &key);
		assert_int_equal(buffer_append(into, &byte, 1), 0);
	}
}

static void names_a_payload_under_its_encodings(void **state)
{
	static const char *const payloads[] = { "linux_execve", "linux_bind", "freebsd_reverse",
						"windows_exec" };

	(void)state;
	for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
		struct shellcode_finding bare;
		struct buffer code;
		read_vector(payloads[i], &code);
		bare = find_one(buffer_bytes(&code), "");
		for (size_t j = 0; j < sizeof encoders / sizeof encoders[0]; j++) {
			struct shellcode_finding finding;
			struct buffer encoded;
			encode(&encoders[j], buffer_bytes(&code), &encoded);
			finding = find_one(buffer_bytes(&encoded), "");
			print_message("%s under %s: kind %s\n", payloads[i], encoders[j].stub,
				      finding.kind);
			assert_string_equal(finding.kind, bare.kind);
			assert_string_equal(finding.os, bare.os);
			assert_true(has(&finding, SHELLCODE_DECODES_BIT));
			assert_true(has(&finding, SHELLCODE_GETPC_BIT));
			shellcode_finding_fini(&finding);
			buffer_fini(&encoded);
		}
		shellcode_finding_fini(&bare);
		buffer_fini(&code);
	}
}

static void kinds_ignore_parameters_and_tell_payloads_apart(void **state)
{
	static const char *const names[] = { "linux_bind", "linux_bind_5555", "linux_reverse",
					     "linux_execve" };
	struct shellcode_finding findings[4];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct buffer code;
		read_vector(names[i], &code);
		findings[i] = find_one(buffer_bytes(&code), "");
		buffer_fini(&code);
	}
	assert_string_equal(findings[0].kind, findings[1].kind);
	assert_string_not_equal(findings[0].kind, findings[2].kind);
	assert_string_not_equal(findings[0].kind, findings[3].kind);
	assert_string_not_equal(findings[2].kind, findings[3].kind);
	for (size_t i = 0; i < 4; i++)
		shellcode_finding_fini(&findings[i]);
}

static void feeds_what_the_sender_said_next(void **state)
{
	struct shellcode_finding finding;
	struct buffer code;

	(void)state;
	read_vector("linux_bind", &code);
	finding = find_one(buffer_bytes(&code), "uname -a\nid\n");
	assert_true(acts(&finding, "bind", "4444"));
	assert_true(acts(&finding, "execute", "uname -a"));
	assert_true(acts(&finding, "execute", "id"));
	shellcode_finding_fini(&finding);
	buffer_fini(&code);
}

static void runs_a_stage_from_the_wire(void **state)
{
	struct shellcode_finding findings[2];
	struct buffer code, stage;
	struct error error;

	(void)state;
	read_vector("linux_stage", &code);
	read_vector("linux_execve", &stage);
	assert_int_equal(shellcode_scan(detector, buffer_bytes(&code), buffer_bytes(&stage),
					findings, 2, NULL, &error),
			 1);
	assert_true(acts(&findings[0], "receive", "24"));
	assert_true(acts(&findings[0], "execute", "/bin//sh"));
	shellcode_finding_fini(&findings[0]);
	buffer_fini(&code);
	buffer_fini(&stage);
}

static void stays_silent_on_what_is_no_code(void **state)
{
	static uint8_t noise[1 << 20];
	struct shellcode_finding findings[2];
	struct random random;
	struct error error;
	bool exhausted;

	(void)state;
	random_init(&random, 11, 0);
	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = (uint8_t)random_u32(&random);
	assert_int_equal(shellcode_scan(detector, (struct bytes){ noise, sizeof noise },
					bytes_of(""), findings, 2, &exhausted, &error),
			 0);
	assert_false(exhausted);
	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = (uint8_t) "etaoin shrdlu\n"[noise[i] % 14];
	assert_int_equal(shellcode_scan(detector, (struct bytes){ noise, sizeof noise },
					bytes_of(""), findings, 2, &exhausted, &error),
			 0);
	assert_int_equal(shellcode_scan(detector, bytes_of(""), bytes_of(""), findings, 2,
					&exhausted, &error),
			 0);
}

/* Finds itself, reads itself, and maps memory: a proof with a page's length, none with 0, as chance
 * has it in ciphertext. */
static void a_call_that_asks_for_nothing_proves_nothing(void **state)
{
	static const uint8_t begin[] = "\xe8\0\0\0\0\x5e\x8b\x06\x31\xc0\x31\xdb\x31\xc9\x31\xd2"
				       "\x31\xf6\x31\xff\x31\xed";
	static const uint8_t length[] = "\xb5\x10"; /* mov ch, 10h */
	static const uint8_t call[] = "\xb0\xc0\xcd\x80\xf4";

	(void)state;
	for (size_t sensible = 0; sensible < 2; sensible++) {
		struct shellcode_finding findings[2];
		struct buffer code;
		struct error error;
		bool exhausted;
		buffer_init(&code, 1 << 10);
		buffer_append_text(&code, "letters letters letters letters ");
		assert_int_equal(buffer_append(&code, begin, sizeof begin - 1), 0);
		assert_int_equal(buffer_append(&code, length, sensible ? 2 : 0), 0);
		assert_int_equal(buffer_append(&code, call, sizeof call - 1), 0);
		buffer_append_text(&code, " letters letters letters letters");
		int count = shellcode_scan(detector, buffer_bytes(&code), bytes_of(""), findings, 2,
					   &exhausted, &error);
		assert_int_equal(count, sensible);
		for (int i = 0; i < count; i++)
			shellcode_finding_fini(&findings[i]);
		buffer_fini(&code);
	}
}

/* A loop that copies itself onto itself and asks for sigaltstack with what lies on the stack:
 * nothing is decoded, and that a place for a result is NULL is nobody's doing. */
static void copies_onto_themselves_and_empty_places_prove_nothing(void **state)
{
	static const uint8_t loop[] = "\x59\x56\xa5\x5a\x31\xc0\x98\x89\xea\x0c\xba\xcd\x80"
				      "\xd4\xc8\xfc\x49\xeb\xed";
	struct shellcode_finding findings[2];
	struct buffer code;
	struct error error;
	bool exhausted;

	(void)state;
	buffer_init(&code, 1 << 10);
	buffer_append_text(&code, "letters letters letters letters ");
	assert_int_equal(buffer_append(&code, loop, sizeof loop - 1), 0);
	buffer_append_text(&code, " letters letters letters letters");
	int count = shellcode_scan(detector, buffer_bytes(&code), bytes_of(""), findings, 2,
				   &exhausted, &error);
	for (int i = 0; i < count; i++)
		shellcode_finding_fini(&findings[i]);
	assert_int_equal(count, 0);
	buffer_fini(&code);
}

/* A worm's datagrams are all alike: the second costs nothing and is told as the first, as often as
 * it comes; one that differs in a byte, or is heard more of, is searched. */
static void what_repeats_itself_is_searched_once(void **state)
{
	(void)state;
	struct shellcode_work first, second, third, fourth;
	struct buffer code;

	read_vector("windows_bind", &code);
	assert_int_equal(buffer_append(&code, "AAAA", 4), 0);
	struct shellcode_finding a = find_one(buffer_bytes(&code), "");
	shellcode_work(detector, &first);
	struct shellcode_finding b = find_one(buffer_bytes(&code), "");
	shellcode_work(detector, &second);
	assert_int_equal(second.proofs, first.proofs);
	assert_int_equal(second.spent, first.spent);
	assert_string_equal(a.kind, b.kind);
	assert_int_equal(a.offset, b.offset);
	assert_int_equal(a.instructions, b.instructions);
	assert_true(json_equal(a.actions, b.actions));
	assert_ptr_not_equal(a.actions, b.actions);
	assert_int_equal(trace_log_count(a.trace), trace_log_count(b.trace));
	shellcode_finding_fini(&a);
	assert_true(trace_log_count(b.trace) > 0);
	shellcode_finding_fini(&b);

	a = find_one(buffer_bytes(&code), "dir\n");
	shellcode_work(detector, &third);
	assert_true(third.proofs > second.proofs);
	shellcode_finding_fini(&a);
	code.data[code.length - 1] = 'B';
	a = find_one(buffer_bytes(&code), "");
	shellcode_work(detector, &fourth);
	assert_true(fourth.proofs > third.proofs);
	shellcode_finding_fini(&a);
	buffer_fini(&code);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(explains_every_technique),
		cmocka_unit_test(finds_codes_inside_text),
		cmocka_unit_test(names_a_payload_under_its_encodings),
		cmocka_unit_test(kinds_ignore_parameters_and_tell_payloads_apart),
		cmocka_unit_test(feeds_what_the_sender_said_next),
		cmocka_unit_test(runs_a_stage_from_the_wire),
		cmocka_unit_test(stays_silent_on_what_is_no_code),
		cmocka_unit_test(a_call_that_asks_for_nothing_proves_nothing),
		cmocka_unit_test(copies_onto_themselves_and_empty_places_prove_nothing),
		cmocka_unit_test(what_repeats_itself_is_searched_once),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
