/* What chance makes, beside what somebody wrote: each pair of codes does the same, but that one has
 * come to it by way of what nobody would write. The first kind are what gigabytes of random bytes
 * had that once were findings; none may be one, and their twins must be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "with_detector.h"

#define CODE(text)                                        \
	{                                                 \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

static const struct pair {
	const char *idea;
	struct bytes chance, meant;
} pairs[] = {
	/* cdq; dec ebp; xor ebx, ebx; xchg edx, eax; or, sbb, mov, add, inc esp; inc eax; or, or,
	 * scasd; int 80h */
	{ "exit(0) out of the sign of what eax was",
	  CODE("\x99\x4d\x33\xdb\x92\x0a\x4f\x24\x18\xfb\x89\x7f\x33\x03\xf8\x44\x40\x09\x12\x80"
	       "\x4d\xe8\x7b\xaf\xcd\x80"),
	  /* push 110; pop eax; push 3; pop ebx; int 80h; cli: iopl(3) */
	  CODE("\x6a\x6e\x58\x6a\x03\x5b\xcd\x80\xfa") },
	/* sbb eax, eax; fcomip; cdq; syscall: read(what rdi was, what rsi was, 0) */
	{ "numbers that registers were left with", CODE("\x1b\xc0\xdf\xf1\x99\x90\x90\x0f\x05"),
	  /* push 105; pop rax; xor edi, edi; syscall; push 106; pop rax; syscall: setuid(0),
	   * setgid(0) */
	  CODE("\x6a\x69\x58\x31\xff\x0f\x05\x6a\x6a\x58\x0f\x05") },
	/* xor eax, eax; mov al, 36; int 80h; jmp to the beginning: sync */
	{ "one call without arguments in a loop", CODE("\x31\xc0\x31\xdb\xb0\x24\xcd\x80\xeb\xf6"),
	  /* the same with fork */
	  CODE("\x31\xc0\x31\xdb\xb0\x02\xcd\x80\xeb\xf6") },
	/* and ah, bh; and eax, d70531c2h; into; int 80h; ret */
	{ "fork out of what eax was, where the stack leads back",
	  CODE("\x20\xfc\x25\xc2\x31\x05\xd7\xce\xcd\x80\xc3"),
	  CODE("\x6a\x02\x58\xcd\x80\xeb\xf9") },
	/* push 66; pop ecx; lea ebp, [eax]; xchg ecx, eax; int 80h; ret: vfork */
	{ "a loop that the stack closes", CODE("\x6a\x42\x59\x8d\x28\x91\xcd\x80\xc3"),
	  /* the same without ebp, and closed by a jump */
	  CODE("\x6a\x42\x59\x91\xcd\x80\xeb\xf8") },
	/* inc edx; push 67; pop eax; int 2eh; jmp to the beginning */
	{ "asks Windows about one address after the other, and does not listen",
	  CODE("\x42\x6a\x43\x58\xcd\x2e\xeb\xf8"),
	  /* or dx, fffh; inc edx; push edx; push 67; pop eax; int 2eh; cmp al, 5; pop edx;
	   * je to the beginning; mov eax, mark; mov edi, edx; scasd; jne to the inc; scasd; jne;
	   * jmp edi */
	  CODE("\x66\x81\xca\xff\x0f\x42\x52\x6a\x43\x58\xcd\x2e\x3c\x05\x5a\x74\xef\xb8\x77\x30"
	       "\x30\x74\x8b\xfa\xaf\x75\xea\xaf\x75\xe7\xff\xe7") },
	/* scasd; jne into it; stc; or, and, cmp; cwde; jmp rdi */
	{ "a loop looks for what eax happens to hold",
	  CODE("\x47\xaf\x75\xfd\xf9\x43\x09\x98\x2b\x19\x12\x3d\x98\xff\xe7"),
	  /* mov eax, mark; inc edx; cmp [edx], eax; jne to the inc; jmp edx */
	  CODE("\xb8\x90\x50\x90\x50\x42\x39\x02\x75\xfb\xff\xe2") },
	/* mov ecx, fs:[30h] with offset in ecx; mov ecx, [ecx + 0ch]; and no further */
	{ "reads where the loader's data lie, and no list in them",
	  CODE("\x31\xc9\x64\x8b\x49\x30\x8b\x49\x0c\x41\x41\x41\xf4"),
	  /* the same, then [ecx + 1ch], its first entry's base, the next entry */
	  CODE("\x31\xc9\x64\x8b\x49\x30\x8b\x49\x0c\x8b\x71\x1c\x8b\x46\x08\x8b\x36\xf4") },
};

static int findings_in(struct bytes code)
{
	static const char letters[] = "letters letters letters letters ";
	struct shellcode_finding findings[2];
	struct buffer bytes;
	struct error error;
	int count;

	buffer_init(&bytes, 1 << 10);
	assert_int_equal(buffer_append_text(&bytes, letters), 0);
	assert_int_equal(buffer_append(&bytes, code.data, code.length), 0);
	assert_int_equal(buffer_append_text(&bytes, letters), 0);
	count = shellcode_scan(detector, buffer_bytes(&bytes), (struct bytes){ NULL, 0 }, findings,
			       2, NULL, &error);
	assert_true(count >= 0);
	for (int i = 0; i < count; i++)
		shellcode_finding_fini(&findings[i]);
	buffer_fini(&bytes);
	return count;
}

static void chance_proves_nothing(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		if (findings_in(pairs[i].chance) != 0) {
			print_error("chance: %s\n", pairs[i].idea);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}

static void what_is_meant_is_found(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		if (findings_in(pairs[i].meant) != 1) {
			print_error("meant, against: %s\n", pairs[i].idea);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chance_proves_nothing),
		cmocka_unit_test(what_is_meant_is_found),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
