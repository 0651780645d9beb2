/* Every technique of tests/vectors is found, bare and inside a request, and told: for which system,
 * by what, and what it does. So is every code of tests/vectors/variants, which says itself what
 * must be told, also between text; and what decoders_*.asm hide is one kind for each width, behind
 * all of them and everywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "with_detector.h"

#define BIT(name) (1u << SHELLCODE_##name##_BIT)

/* `action`: a word of an action and a part of its text; NULL: none is asked for. `os` NULL: any. */
static const struct technique {
	const char *vector, *os, *arch;
	unsigned evidence;
	const char *action, *detail;
} techniques[] = {
	{ "linux_sysenter", "linux", "x86", BIT(SYSCALL), "execute", "/bin//sh" },
	{ "linux_findsock", "linux", "x86", BIT(SYSCALL), "call", "getpeername" },
	{ "linux_find_tag", "linux", "x86", BIT(SYSCALL), "call", "recv" },
	{ "linux_egg_sigaction", "linux", "x86", BIT(EGG_HUNT), "call", "sigaction" },
	{ "linux_egg_stack", "unknown", "x86", BIT(EGG_HUNT) | BIT(GETPC), NULL, NULL },
	{ "decoder_egg", "unknown", "x86", BIT(EGG_HUNT) | BIT(DECODES), NULL, NULL },
	{ "linux_egg", "linux", "x86", BIT(EGG_HUNT), "call", "access" },
	{ "linux_chmod", "linux", "x86", BIT(SYSCALL) | BIT(STACK_STRING), "call", "/etc//shadow" },
	{ "linux_chmod_word", "linux", "x86", BIT(SYSCALL) | BIT(STACK_STRING), "call",
	  "//etc/shadow" },
	{ "linux_add_user", "linux", "x86", BIT(SYSCALL) | BIT(GETPC), "user", "kenbi" },
	{ "linux_read_file", "linux", "x86", BIT(SYSCALL), "call", "/etc//passwd" },
	{ "linux_chroot", "linux", "x86", BIT(SYSCALL), "call", "chroot" },
	{ "linux_command", "linux", "x86", BIT(SYSCALL) | BIT(GETPC), "execute", "192.0.2.9" },
	{ "linux_reverse_ipv6", "linux", "x86", BIT(SYSCALL), "connect", "2001:db8::5" },
	{ "linux_fork_bomb", "linux", "x86", BIT(SYSCALL), "call", "fork" },
	{ "linux_mmap_stage", "linux", "x86", BIT(SYSCALL), "call", "mmap" },
	{ "linux64_rip", "linux", "x86_64", BIT(SYSCALL), "execute", "/usr/bin/id" },
	{ "linux64_int80", "linux", "x86", BIT(SYSCALL), "call", "/etc/shadow" },
	{ "linux64_egg", "linux", "x86_64", BIT(EGG_HUNT), "call", "access" },
	{ "linux64_bind", "linux", "x86_64", BIT(SYSCALL), "bind", "4445" },
	{ "linux64_memfd", "linux", "x86_64", BIT(SYSCALL), "call", "execveat" },
	{ "linux64_high_jump", "linux", "x86_64", BIT(SYSCALL) | BIT(DECODES), "execute",
	  "/bin/sh" },
	{ "macos64_execve", "macos", "x86_64", BIT(SYSCALL), "execute", "/bin//sh" },
	{ "macos64_reverse", "macos", "x86_64", BIT(SYSCALL), "connect", "203.0.113.8" },
	{ "freebsd_bind", "freebsd", "x86", BIT(SYSCALL), "bind", "4447" },
	{ "freebsd64_reverse", "freebsd", "x86_64", BIT(SYSCALL), "connect", "203.0.113.9" },
	{ "solaris_bind", "solaris", "x86", BIT(SYSCALL), "bind", "4449" },
	{ "windows_add_user", "windows", "x86", BIT(API), "user", "kenbi" },
	{ "windows_bind", "windows", "x86", BIT(API), "bind", "4451" },
	{ "windows_bitsadmin", "windows", "x86", BIT(API), "execute", "192.0.2.81" },
	{ "windows_download", "windows", "x86", BIT(API), "download", "http://192.0.2.77/a.exe" },
	{ "windows_egg_access", "windows", "x86", BIT(EGG_HUNT), NULL, NULL },
	{ "windows_egg_seh", "windows", "x86", BIT(EGG_HUNT), NULL, NULL },
	{ "windows_egg_wow64", "windows", "x86", BIT(EGG_HUNT), NULL, NULL },
	{ "windows_findsock", "windows", "x86", BIT(API) | BIT(EXPORTS), NULL, NULL },
	{ "windows_hook_hop", "windows", "x86", BIT(API) | BIT(EXPORTS), "execute", "calc.exe" },
	{ "windows_omelette", "windows", "x86", BIT(DECODES) | BIT(SELF_READ), "execute", "calc" },
	{ "windows_powershell", "windows", "x86", BIT(API), "execute", "powershell" },
	{ "windows_procedure", "windows", "x86", BIT(API), "execute", "echo kenbi" },
	{ "windows_reverse", "windows", "x86", BIT(API), "connect", "192.0.2.82" },
	{ "windows_seh_chain", "windows", "x86", BIT(EXPORTS) | BIT(API), "execute", "calc" },
	{ "windows_seh_getpc", "windows", "x86", BIT(DECODES), "execute", "calc" },
	{ "windows_top_stack", "windows", "x86", BIT(EXPORTS) | BIT(API), "execute", "calc" },
	{ "windows_winhttp", "windows", "x86", BIT(API), "call", "WinHttpConnect" },
	{ "windows_wininet", "windows", "x86", BIT(API), "download", "http://192.0.2.78:8080" },
	{ "windows64_reverse", "windows", "x86_64", BIT(PEB) | BIT(EXPORTS) | BIT(API), "connect",
	  "192.0.2.83" },
	{ "windows64_stage", "windows", "x86_64", BIT(API), "connect", "192.0.2.84" },
	{ "windows64_download", "windows", "x86_64", BIT(API), "download",
	  "http://192.0.2.85/a.exe" },
	{ "windows64_winhttp", "windows", "x86_64", BIT(API), "download",
	  "http://192.0.2.86:8443/s" },
	{ "windows64_native", "windows", "x86_64", BIT(SYSCALL) | BIT(DECODES), "call",
	  "NtAllocateVirtualMemory" },
};

static void read_vector(const char *name, struct buffer *content)
{
	const char *folder = getenv("KENBI_VECTORS");
	char path[1024];
	struct error error;

	assert_non_null(folder);
	snprintf(path, sizeof path, "%s/%s.bin", folder, name);
	assert_int_equal(file_read(path, 1 << 16, content, &error), 0);
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

static bool is_told(const struct technique *technique, const struct shellcode_finding *finding)
{
	return (!technique->os || strcmp(finding->os, technique->os) == 0) &&
	       strcmp(finding->arch, technique->arch) == 0 &&
	       (finding->evidence & technique->evidence) == technique->evidence &&
	       (!technique->action || acts(finding, technique->action, technique->detail));
}

/* The kind that the last finding of is_found had. */
static char kind_found[17];

/* The bytes hold that technique and nothing else. Returns whether it is told as it should. */
static bool is_found(const struct technique *technique, struct bytes bytes, const char *where)
{
	struct shellcode_finding findings[4];
	struct error error;
	int count = shellcode_scan(detector, bytes, (struct bytes){ NULL, 0 }, findings, 4, NULL,
				   &error);
	bool good = count == 1 && is_told(technique, &findings[0]);

	if (count > 0)
		memcpy(kind_found, findings[0].kind, sizeof kind_found);
	if (!good)
		print_error("%s, %s: %d findings\n", technique->vector, where, count);
	for (int i = 0; i < count; i++) {
		char *actions = good ? NULL : json_dumps(findings[i].actions, JSON_COMPACT);
		if (!good)
			print_error("  %s %s evidence %x: %s\n", findings[i].os, findings[i].arch,
				    findings[i].evidence, actions);
		free(actions);
		shellcode_finding_fini(&findings[i]);
	}
	return good;
}

static void every_technique_is_found_bare(void **state)
{
	unsigned missed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof techniques / sizeof techniques[0]; i++) {
		struct buffer code;
		read_vector(techniques[i].vector, &code);
		missed += !is_found(&techniques[i], buffer_bytes(&code), "bare");
		buffer_fini(&code);
	}
	assert_int_equal(missed, 0);
}

static bool is_found_in_a_request(const struct technique *technique, struct bytes code)
{
	struct buffer request;
	bool found;

	buffer_init(&request, 1 << 17);
	buffer_printf(&request,
		      "POST /upload HTTP/1.1\r\nHost: www.example.com\r\nContent-Type: "
		      "application/octet-stream\r\nContent-Length: %zu\r\n\r\n",
		      code.length);
	buffer_append(&request, code.data, code.length);
	found = is_found(technique, buffer_bytes(&request), "in a request");
	buffer_fini(&request);
	return found;
}

static void every_technique_is_found_in_a_request(void **state)
{
	unsigned missed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof techniques / sizeof techniques[0]; i++) {
		struct buffer code;
		read_vector(techniques[i].vector, &code);
		missed += !is_found_in_a_request(&techniques[i], buffer_bytes(&code));
		buffer_fini(&code);
	}
	assert_int_equal(missed, 0);
}

static bool is_found_between_text(const struct technique *technique, struct bytes code)
{
	static const char words[] = "It was raining on the market square, and nobody had come to "
				    "buy the 24 geese. ";
	struct buffer text;
	bool found;

	buffer_init(&text, 1 << 17);
	for (unsigned i = 0; i < 3; i++)
		buffer_append(&text, words, sizeof words - 1);
	buffer_append(&text, code.data, code.length);
	for (unsigned i = 0; i < 3; i++)
		buffer_append(&text, words, sizeof words - 1);
	found = is_found(technique, buffer_bytes(&text), "between text");
	buffer_fini(&text);
	return found;
}

/* The next field of a line, terminated in place. */
static char *field(char **line)
{
	return strsep(line, "\t");
}

static int digit(char letter)
{
	return letter <= '9' ? letter - '0' : letter - 'a' + 10;
}

/* A line of variants.tsv, see tests/vectors/variants/assemble.py. `code`: room for half of it;
 * *source: where it is from. */
static struct bytes read_variant(char *line, struct technique *variant, const char **source,
				 uint8_t *code)
{
	const char *hexadecimal;
	size_t length = 0;

	*variant = (struct technique){ .vector = field(&line) };
	variant->os = field(&line);
	variant->arch = field(&line);
	variant->action = field(&line);
	variant->detail = field(&line);
	*source = field(&line);
	hexadecimal = line;
	assert_non_null(hexadecimal);
	if (strcmp(variant->os, "-") == 0)
		variant->os = NULL;
	if (strcmp(variant->action, "-") == 0)
		variant->action = NULL;
	for (; hexadecimal[2 * length]; length++)
		code[length] = (uint8_t)(digit(hexadecimal[2 * length]) << 4 |
					 digit(hexadecimal[2 * length + 1]));
	return (struct bytes){ code, length };
}

/* Decoders of one width hide the same: whatever leads to it is the same kind. `kinds`: of each
 * width, empty before the first. */
static bool is_the_same_kind(const struct technique *variant, const char *source,
			     char kinds[2][sizeof kind_found])
{
	char *kind = kinds[strcmp(variant->arch, "x86_64") == 0];

	if (strncmp(source, "decoders_", strlen("decoders_")) != 0)
		return true;
	if (kind[0] == 0)
		memcpy(kind, kind_found, sizeof kind_found);
	if (strcmp(kind, kind_found) == 0)
		return true;
	print_error("%s: kind %s, not %s\n", variant->vector, kind_found, kind);
	return false;
}

static void every_variant_is_found_anywhere(void **state)
{
	char kinds[2][sizeof kind_found] = { { 0 } };
	struct buffer lines;
	unsigned count = 0, missed = 0;
	char path[1024], *rest, *line;
	struct error error;

	(void)state;
	snprintf(path, sizeof path, "%s/variants.tsv", getenv("KENBI_VECTORS"));
	assert_int_equal(file_read(path, 1 << 20, &lines, &error), 0);
	rest = strdup(buffer_text(&lines));
	assert_non_null(rest);
	for (char *next = rest; (line = strsep(&next, "\n")) && *line; count++) {
		uint8_t code[1 << 14];
		struct technique variant;
		const char *source;
		struct bytes bytes;
		assert_true(strlen(line) < sizeof code);
		bytes = read_variant(line, &variant, &source, code);
		missed += !is_found(&variant, bytes, "bare") ||
			  !is_the_same_kind(&variant, source, kinds);
		missed += !is_found_between_text(&variant, bytes) ||
			  !is_the_same_kind(&variant, source, kinds);
		missed += !is_found_in_a_request(&variant, bytes) ||
			  !is_the_same_kind(&variant, source, kinds);
	}
	free(rest);
	buffer_fini(&lines);
	assert_true(count >= 230);
	assert_true(kinds[0][0] && kinds[1][0]);
	assert_int_equal(missed, 0);
}

/* What the sender says next is the stage, or the tag that a code looks for its connection by: it is
 * read from whatever descriptor is asked, and what it leads to is told. */
static void stages_are_run_from_the_wire(void **state)
{
	static const struct {
		const char *code, *stage, *tag, *action, *detail;
	} cases[] = {
		{ "windows64_stage", "windows64_exec", NULL, "execute", "cmd /c ver" },
		{ "linux_stage", "linux_execve", NULL, "execute", "/bin//sh" },
		{ "linux_mmap_stage", "linux_execve", NULL, "execute", "/bin//sh" },
		{ "linux_find_tag", NULL, "kenb", "execute", "/bin//sh" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct shellcode_finding findings[2];
		struct buffer code, stage;
		struct error error;
		read_vector(cases[i].code, &code);
		if (cases[i].stage) {
			read_vector(cases[i].stage, &stage);
		} else {
			buffer_init(&stage, 1 << 16);
			buffer_append(&stage, cases[i].tag, strlen(cases[i].tag));
		}
		assert_int_equal(shellcode_scan(detector, buffer_bytes(&code), buffer_bytes(&stage),
						findings, 2, NULL, &error),
				 1);
		assert_true(acts(&findings[0], "receive", ""));
		assert_true(acts(&findings[0], cases[i].action, cases[i].detail));
		shellcode_finding_fini(&findings[0]);
		buffer_fini(&code);
		buffer_fini(&stage);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_technique_is_found_bare),
		cmocka_unit_test(every_technique_is_found_in_a_request),
		cmocka_unit_test(every_variant_is_found_anywhere),
		cmocka_unit_test(stages_are_run_from_the_wire),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
