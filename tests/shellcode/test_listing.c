#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "shellcode/shellcode.h"

static struct shellcode_detector *detector;

static void read_vector(const char *name, struct buffer *content)
{
	const char *folder = getenv("KENBI_VECTORS");
	char path[1024];
	struct error error;

	assert_non_null(folder);
	snprintf(path, sizeof path, "%s/%s.bin", folder, name);
	assert_int_equal(file_read(path, 1 << 16, content, &error), 0);
	content->limit = 1 << 16;
}

static struct shellcode_finding find_one(struct bytes bytes)
{
	struct shellcode_finding findings[2];
	struct error error;

	assert_int_equal(shellcode_scan(detector, bytes, (struct bytes){ NULL, 0 }, findings, 2,
					NULL, &error),
			 1);
	return findings[0];
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* The instruction with a remark that contains `part`; NULL: none. */
static const json_t *remarked(const json_t *listing, const char *part)
{
	const json_t *instruction, *remark;
	size_t i, j;

	json_array_foreach(json_object_get(listing, "instructions"), i, instruction)
	{
		json_array_foreach(json_object_get(instruction, "remarks"), j, remark)
		{
			if (strstr(json_string_value(remark), part))
				return instruction;
		}
	}
	return NULL;
}

static void is_made_only_when_asked_for(void **state)
{
	struct shellcode_finding finding;
	struct buffer code;

	(void)state;
	read_vector("linux_execve", &code);
	shellcode_explain(detector, false);
	finding = find_one(buffer_bytes(&code));
	assert_null(finding.listing);
	shellcode_finding_fini(&finding);
	shellcode_explain(detector, true);
	finding = find_one(buffer_bytes(&code));
	assert_non_null(finding.listing);
	shellcode_finding_fini(&finding);
	buffer_fini(&code);
}

static void names_functions_libraries_and_arguments(void **state)
{
	static const char *const vectors[] = { "windows_exec", "windows64_exec" };
	static const char *const calls[] = { "WinExec(\"cmd.exe /c ver\", 1)",
					     "WinExec(\"cmd /c ver\", " };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct shellcode_finding finding;
		struct buffer code;
		const json_t *found;
		read_vector(vectors[i], &code);
		finding = find_one(buffer_bytes(&code));
		found = remarked(finding.listing, calls[i]);
		assert_non_null(found);
		assert_string_equal(text_of(found, "origin"), "sent");
		assert_memory_equal(text_of(found, "text"), "call", 4);
		found = remarked(finding.listing, "base of ");
		assert_non_null(found);
		assert_non_null(remarked(finding.listing, "!WinExec"));
		assert_non_null(remarked(finding.listing, "the PEB"));
		shellcode_finding_fini(&finding);
		buffer_fini(&code);
	}
}

static void tells_layers_apart_and_what_decodes(void **state)
{
	struct shellcode_finding finding;
	struct buffer stub, payload;
	const json_t *found;
	char expected[64];

	(void)state;
	read_vector("decoder_xor_call", &stub);
	read_vector("linux_reverse", &payload);
	stub.data[2] = (uint8_t)payload.length;
	stub.data[3] = (uint8_t)(payload.length >> 8);
	for (size_t i = 0; i < payload.length; i++) {
		uint8_t byte = payload.data[i] ^ 0x55;
		assert_int_equal(buffer_append(&stub, &byte, 1), 0);
	}
	finding = find_one(buffer_bytes(&stub));
	snprintf(expected, sizeof expected, "decodes %zu bytes at ", payload.length);
	found = remarked(finding.listing, expected);
	assert_non_null(found);
	assert_int_equal(json_integer_value(json_object_get(found, "layer")), 0);
	assert_int_equal(json_integer_value(json_object_get(found, "times")), payload.length);
	found = remarked(finding.listing, "connect(3, 192.0.2.33:8080, 16)");
	assert_non_null(found);
	assert_string_equal(text_of(found, "origin"), "decoded");
	assert_int_equal(json_integer_value(json_object_get(found, "layer")), 1);
	assert_non_null(remarked(finding.listing, "execve(\"/bin//sh\", [\"/bin//sh\"], 0)"));
	shellcode_finding_fini(&finding);
	buffer_fini(&stub);
	buffer_fini(&payload);
}

/* Code without end in memory that it makes: the listing stays as large as it may be. */
static void is_bounded(void **state)
{
	/* call $+5; pop esi; then a stack of pushes that is longer than the listing, system calls
	 * in between */
	static uint8_t code[12000];
	struct shellcode_finding finding;
	size_t used = 0;

	(void)state;
	while (used + 16 < sizeof code) /* push 'ab..'; pop eax */
		for (const char *c = "hab/b\x58"; *c; c++)
			code[used++] = (uint8_t)*c;
	memcpy(code + used, "\x31\xdb\x31\xc0\x40\xcd\x80", 7); /* exit(0) */
	memcpy(code, "\x31\xc0\x50\x68//shh/bin\x89\xe3\x31\xc9\x99\xb0\x05\xcd\x80\x90\x90", 24);
	finding = find_one((struct bytes){ code, used + 7 });
	assert_int_equal(json_array_size(json_object_get(finding.listing, "instructions")), 2048);
	assert_true(json_integer_value(json_object_get(finding.listing, "left_out")) > 1000);
	shellcode_finding_fini(&finding);
}

static int set_up(void **state)
{
	struct error error;

	(void)state;
	if (shellcode_new(&detector, &error) < 0)
		return -1;
	shellcode_explain(detector, true);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	shellcode_free(detector);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_made_only_when_asked_for),
		cmocka_unit_test(names_functions_libraries_and_arguments),
		cmocka_unit_test(tells_layers_apart_and_what_decodes),
		cmocka_unit_test(is_bounded),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
