/* The library's string routines against naive ones, over alignments and lengths, up to the edge of
 * a page. Which routines the library takes depends on the processor it sees; the answers do not. */
#include "programs.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <wchar.h>

enum { PAGE = 4096, LONGEST = 140 };

static uint8_t *left, *right; /* two mapped pages each, behind which nothing is mapped */
static uint32_t random_state = 31337;
static int wrong;

static void expect(int right_answer)
{
	wrong += !right_answer;
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static uint8_t *map_edge(void)
{
	uint8_t *pages =
		mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return pages == MAP_FAILED || munmap(pages + 2 * PAGE, PAGE) < 0 ? NULL : pages;
}

/* Letters of a small alphabet, terminated, ending `behind` bytes before the edge. */
static char *text_at(uint8_t *pages, size_t length, size_t behind)
{
	char *text = (char *)pages + 2 * PAGE - behind - length - 1;

	for (size_t i = 0; i < length; i++)
		text[i] = (char)('a' + (next_random(&random_state) >> 9) % 5);
	text[length] = 0;
	return text;
}

static void check_search(const char *text, size_t length)
{
	for (char c = 'a'; c <= 'f'; c++) {
		const char *first = NULL, *last = NULL;
		for (size_t i = 0; i < length; i++) {
			if (text[i] != c)
				continue;
			last = text + i;
			if (!first)
				first = last;
		}
		expect(strchr(text, c) == first && strrchr(text, c) == last &&
		       memchr(text, c, length) == first);
		expect(strchrnul(text, c) == (first ? first : text + length) &&
		       memrchr(text, c, length) == last);
	}
	expect(strlen(text) == length && strnlen(text, length / 2) == length / 2);
	expect(strchr(text, 0) == text + length && rawmemchr(text, 0) == text + length);
	size_t span = 0, other = 0;
	while (text[span] == 'a' || text[span] == 'b')
		span++;
	while (text[other] && text[other] != 'e' && text[other] != 'd')
		other++;
	expect(strspn(text, "ab") == span && strcspn(text, "de") == other);
	expect(strpbrk(text, "de") == (text[other] ? text + other : NULL));
}

static void check_compare(const char *a, const char *b, size_t length)
{
	size_t at = 0;

	while (a[at] && a[at] == b[at])
		at++;
	int order = sign((uint8_t)a[at] - (uint8_t)b[at]);
	expect(sign(strcmp(a, b)) == order && sign(strncmp(a, b, length + 1)) == order);
	expect(strncmp(a, b, at) == 0 && sign(strncmp(a, b, at + 1)) == order);
	expect(sign(memcmp(a, b, length)) == (at < length ? order : 0));
	expect(sign(strcasecmp(a, b)) == order);
}

static void check_copy(size_t length, size_t from, size_t to)
{
	uint8_t *source = left + PAGE - 70 + from, *target = right + 2 * PAGE - length - to;
	uint8_t image[2 * LONGEST];

	for (size_t i = 0; i < length; i++)
		source[i] = (uint8_t)next_random(&random_state);
	expect(memcpy(target, source, length) == target &&
	       mempcpy(target, source, length) == target + length);
	for (size_t i = 0; i < length; i++)
		wrong += target[i] != source[i];
	/* forwards and backwards over itself */
	for (int shift = -3; shift <= 40; shift += 43) {
		for (size_t i = 0; i < length; i++)
			image[i] = source[i];
		memmove(source + shift, source, length);
		for (size_t i = 0; i < length; i++)
			wrong += source[(ptrdiff_t)i + shift] != image[i];
	}
	memset(target, (int)length, length);
	for (size_t i = 0; i < length; i++)
		wrong += target[i] != (uint8_t)length;
	expect(target[-1] == 0xee);
}

static void check_strings(size_t length, size_t behind)
{
	char *a = text_at(left, length, behind), *b = text_at(right, length, behind * 7 % 33);
	char needle[8];

	check_search(a, length);
	check_compare(a, b, length);
	expect(strcpy(b, a) == b && strcmp(a, b) == 0);
	check_compare(a, b, length);
	if (length > 0) {
		b[length - 1] = (char)(b[length - 1] ^ 0x80);
		check_compare(a, b, length);
		expect(stpcpy(b, a) == b + length);
	}
	if (length > 12) {
		memcpy(needle, a + length / 2, 5);
		needle[5] = 0;
		const char *found = strstr(a, needle);
		expect(found && found <= a + length / 2 && memcmp(found, needle, 5) == 0);
		expect(memmem(a, length, needle, 5) == found);
		memset(b, 'x', length);
		expect(strncpy(b, a, length / 2) == b && b[length / 2] == 'x' &&
		       memcmp(a, b, length / 2) == 0);
		b[length / 2] = 0;
		expect(strlen(strcat(b, needle)) == length / 2 + 5);
	}
}

static void check_wide(void)
{
	wchar_t text[80], copy[80];

	for (int length = 0; length < 79; length += 3) {
		for (int i = 0; i < length; i++)
			text[i] = 0x100 + i;
		text[length] = 0;
		expect(wcslen(text) == (size_t)length && wcscpy(copy, text) == copy &&
		       wcscmp(copy, text) == 0);
		expect(wmemset(copy, L'z', (size_t)length) == copy &&
		       (length == 0 || copy[length - 1] == L'z'));
		expect(wcschr(text, 0x105) == (length > 5 ? text + 5 : NULL));
	}
}

int program_strings(void)
{
	left = map_edge();
	right = map_edge();
	if (!left || !right)
		return 1;
	for (size_t length = 0; length < LONGEST; length += 1 + length / 40) {
		for (size_t shift = 0; shift < 33; shift += length % 3 ? 4 : 3)
			check_strings(length, shift);
		memset(right, 0xee, 2 * PAGE);
		for (size_t shift = 0; shift < 17; shift += 2) {
			check_copy(length, shift, shift * 5 % 17);
			memset(right, 0xee, 2 * PAGE);
		}
	}
	for (size_t length = 1000; length < 4000; length += 700) {
		memset(left, (int)length, length);
		memcpy(right + 1, left, length);
		memmove(right + 9, right + 1, length);
		printf("%08x ", checksum(right, 2 * PAGE));
	}
	check_wide();
	printf("wrong %d\n", wrong);
	return wrong != 0;
}
