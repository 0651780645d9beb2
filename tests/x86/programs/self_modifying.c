/* Code that is written, run, patched and run again, on pages that are writable and executable at
 * once. The bytes mean the same on IA-32 and x86-64: mov eax, imm32; add eax, imm32; ret, and a
 * loop. */
#include "programs.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

typedef int function(void);

/* The function that begins at a byte: C has no cast for that. */
static function *function_at(uint8_t *bytes)
{
	function *result;

	memcpy(&result, &bytes, sizeof result);
	return result;
}

/* mov eax, 1000; dec eax; jnz -4 (or what it was patched to); mov eax, 77; ret */
static const uint8_t loop[] = { 0xb8, 0xe8, 0x03, 0,  0, 0x83, 0xe8, 0x01,
				0x75, 0xfb, 0xb8, 77, 0, 0,    0,    0xc3 };

/* Encoded as an unpacker meets it: every byte xored with a key. */
static void decode(uint8_t *at, size_t size, uint8_t key)
{
	for (size_t i = 0; i < size; i++)
		at[i] = loop[i] ^ key;
	__asm__ volatile("" ::: "memory");
	for (size_t i = 0; i < size; i++)
		at[i] ^= key;
	__builtin___clear_cache((char *)at, (char *)at + size);
}

int program_self_modifying(void)
{
	static const uint8_t code[] = { 0xb8, 1, 0, 0, 0, 0x05, 2, 0, 0, 0, 0xc3 };
	uint8_t *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long total = 0;

	if (pages == MAP_FAILED)
		return 1;
	memcpy(pages, code, sizeof code);
	for (int32_t i = 0; i < 2000; i++) {
		memcpy(pages + 6, &i, sizeof i);
		pages[1] = (uint8_t)(i * 3);
		__builtin___clear_cache((char *)pages, (char *)pages + sizeof code);
		total += function_at(pages)();
	}
	printf("patched %ld\n", total);
	for (uint8_t key = 0; key < 40; key++) {
		/* across the border of the two pages, too */
		uint8_t *at = pages + 4096 - key;
		decode(at, sizeof loop, key);
		total += function_at(at)();
	}
	printf("decoded %ld\n", total);
	/* copies of a function at every offset, the last of which overwrites the first */
	for (int i = 0; i < 4000; i++) {
		memcpy(pages + i, code, sizeof code);
		pages[i + 1] = (uint8_t)i;
		total += function_at(pages + i)();
	}
	printf("moved %ld\n", total);
	return munmap(pages, 8192);
}
