/* Code that is text, and is told by a register or by the stack where it lies: found whatever the
 * place, bare, between text, and in a request. And functions of Windows that are looked for by any
 * hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "encoder_text.h"
#include "with_detector.h"

enum { ROOM = 1 << 18, HASHES = 7 };

static const struct payload {
	const char *vector, *action, *detail;
} payloads[] = {
	{ "linux_reverse", "connect", "192.0.2.33" },
	{ "freebsd_bind", "bind", "4447" },
	{ "windows_exec", "execute", "cmd.exe /c ver" },
};

static void read_vector(const char *name, struct buffer *content)
{
	const char *folder = getenv("KENBI_VECTORS");
	char path[1024];
	struct error error;

	assert_non_null(folder);
	snprintf(path, sizeof path, "%s/%s.bin", folder, name);
	assert_int_equal(file_read(path, ROOM, content, &error), 0);
}

/* `payload` without an action: any finding will do. */
static bool acts(const struct shellcode_finding *finding, const struct payload *payload)
{
	size_t index;
	json_t *value;
	bool found = !payload->action;

	json_array_foreach(finding->actions, index, value)
	{
		char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		found |= strstr(text, payload->action) && strstr(text, payload->detail);
		free(text);
	}
	return found;
}

/* Is the payload found in the bytes, and told? `kind` (may be NULL) is filled. */
static bool is_told(const struct payload *payload, struct bytes bytes, char kind[17])
{
	struct shellcode_finding findings[4];
	struct error error;
	bool told = false;
	int count = shellcode_scan(detector, bytes, (struct bytes){ NULL, 0 }, findings, 4, NULL,
				   &error);

	for (int i = 0; i < count; i++) {
		if (kind && acts(&findings[i], payload))
			memcpy(kind, findings[i].kind, 17);
		told |= acts(&findings[i], payload);
		shellcode_finding_fini(&findings[i]);
	}
	return told;
}

/* As the body of a request. Directly behind other text is not tried: only its exploit knows where
 * such code begins there. */
static void in_request(struct buffer *into, struct bytes code)
{
	buffer_clear(into);
	buffer_printf(into,
		      "POST /form HTTP/1.1\r\nHost: www.example.com\r\nContent-Type: "
		      "text/plain\r\nContent-Length: %zu\r\n\r\n",
		      code.length);
	buffer_append(into, code.data, code.length);
}

static unsigned missed_printable(const struct payload *payload, struct bytes code, unsigned place)
{
	struct buffer request;
	unsigned missed = 0;

	buffer_init(&request, ROOM);
	in_request(&request, code);
	if (!is_told(payload, code, NULL)) {
		print_error("%s, place %u: missed\n", payload->vector, place);
		missed++;
	}
	if (!is_told(payload, buffer_bytes(&request), NULL)) {
		print_error("%s, place %u, in a request: missed\n", payload->vector, place);
		missed++;
	}
	buffer_fini(&request);
	return missed;
}

static void is_printable(struct bytes code)
{
	for (size_t i = 0; i < code.length; i++)
		assert_in_range(code.data[i], 0x21, 0x7e);
}

static void printable_code_is_found_whatever_points_at_it(void **state)
{
	unsigned missed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
		struct buffer code, text;
		read_vector(payloads[i].vector, &code);
		buffer_init(&text, ROOM);
		for (unsigned place = 0; place < TEXT_PLACES; place++) {
			if (place == TEXT_ESP)
				continue;
			buffer_clear(&text);
			encoder_text_printable(&text, buffer_bytes(&code), place);
			is_printable(buffer_bytes(&text));
			missed += missed_printable(&payloads[i], buffer_bytes(&text), place);
		}
		buffer_fini(&text);
		buffer_fini(&code);
	}
	assert_int_equal(missed, 0);
}

static void utf16_code_is_found(void **state)
{
	unsigned missed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
		struct buffer code, text;
		read_vector(payloads[i].vector, &code);
		buffer_init(&text, ROOM);
		encoder_text_wide(&text, buffer_bytes(&code));
		for (size_t at = 1; at < text.length; at += 2)
			assert_int_equal(text.data[at], 0);
		if (!is_told(&payloads[i], buffer_bytes(&text), NULL)) {
			print_error("%s in UTF-16: missed\n", payloads[i].vector);
			missed++;
		}
		buffer_fini(&text);
		buffer_fini(&code);
	}
	assert_int_equal(missed, 0);
}

/* Whatever the hash, the functions are found and the program is told; each hash is another kind. */
static void every_hash_is_searched_with(void **state)
{
	static const struct payload wanted = { "", "execute", "cmd.exe /c ver" };
	char kinds[HASHES][17] = { "" };
	unsigned wrong = 0;

	(void)state;
	for (unsigned i = 0; i < HASHES; i++) {
		struct buffer code;
		char name[32];
		snprintf(name, sizeof name, "windows_hash_%u", i);
		read_vector(name, &code);
		if (!is_told(&wanted, buffer_bytes(&code), kinds[i])) {
			print_error("%s: not told\n", name);
			wrong++;
		}
		for (unsigned j = 0; j < i; j++)
			if (kinds[i][0] && strcmp(kinds[i], kinds[j]) == 0) {
				print_error("hashes %u and %u are one kind\n", i, j);
				wrong++;
			}
		buffer_fini(&code);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printable_code_is_found_whatever_points_at_it),
		cmocka_unit_test(utf16_code_is_found),
		cmocka_unit_test(every_hash_is_searched_with),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
