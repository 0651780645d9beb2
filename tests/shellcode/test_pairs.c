/* Places of pairs, against a search byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "shellcode/pairs.h"
#include "shellcode/vectors.h"

static size_t slowly(const char *text, unsigned count, struct bytes bytes, size_t from)
{
	for (size_t at = from; at + 1 < bytes.length; at++)
		for (unsigned i = 0; i < count; i++)
			if (memcmp(bytes.data + at, text + 2 * (size_t)i, 2) == 0)
				return at;
	return bytes.length;
}

/* Bytes of few values, so that every other is half of a pair; lengths around those of vectors, each
 * in a piece of memory of its own, so that a sanitizer sees what is read behind it. */
static void every_place_is_found(void **state)
{
	static const char text[] = "MZ\177E`\n\x1f\x8bK\3";
	uint32_t noise = 1;

	(void)state;
	for (unsigned count = 1; count <= 5; count++) {
		struct pairs pairs;
		pairs_init(&pairs, text, count);
		for (size_t length = 0; length < 200; length++) {
			uint8_t *data = malloc(length + !length);
			assert_non_null(data);
			for (size_t i = 0; i < length; i++) {
				noise = noise * 1664525 + 1013904223;
				data[i] = noise >> 29 ? (uint8_t)(noise >> 16)
						      : (uint8_t)text[(noise >> 16) % 10];
			}
			struct bytes bytes = { data, length };
			for (size_t from = 0; from <= length; from++)
				assert_int_equal(pairs_next(&pairs, bytes, from),
						 slowly(text, count, bytes, from));
			free(data);
		}
	}
}

/* A pair across the border of two vectors, at the end, and half of one at the end. */
static void pairs_at_borders(void **state)
{
	struct pairs pairs;

	(void)state;
	pairs_init(&pairs, "MZ", 1);
	for (size_t at = 0; at < 99; at++) {
		uint8_t *data = calloc(1, 100);
		assert_non_null(data);
		data[at] = 'M';
		assert_int_equal(pairs_next(&pairs, (struct bytes){ data, 100 }, 0), 100);
		data[at + 1] = 'Z';
		assert_int_equal(pairs_next(&pairs, (struct bytes){ data, 100 }, 0), at);
		assert_int_equal(pairs_next(&pairs, (struct bytes){ data, 100 }, at + 1), 100);
		assert_int_equal(pairs_next(&pairs, (struct bytes){ data, at + 1 }, 0), at + 1);
		free(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_place_is_found),
		cmocka_unit_test(pairs_at_borders),
	};
	int failed = 0;

	for (enum vectors most = VECTORS_PLAIN; most <= VECTORS_VBMI; most++) {
		vectors_limit(most);
		failed += cmocka_run_group_tests(tests, NULL, NULL);
	}
	return failed;
}
