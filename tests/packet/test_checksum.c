/* The checksum against one that adds word by word, as RFC 1071 has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "packet/decode.h"

static uint16_t slowly(const uint8_t *data, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++) {
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

/* Every length around those of vectors, each in memory of its own; random bytes, and nothing but
 * ones, whose carries go furthest. */
static void every_length_is_summed(void **state)
{
	uint32_t noise = 1;

	(void)state;
	for (size_t length = 0; length < 1600; length += length < 400 ? 1 : 97) {
		uint8_t *data = malloc(length + !length);
		assert_non_null(data);
		memset(data, 0xff, length);
		assert_int_equal(checksum_fold(checksum_add(0, (struct bytes){ data, length })),
				 slowly(data, length));
		for (size_t i = 0; i < length; i++) {
			noise = noise * 1664525 + 1013904223;
			data[i] = (uint8_t)(noise >> 24);
		}
		struct bytes bytes = { data, length };
		assert_int_equal(checksum_fold(checksum_add(0, bytes)), slowly(data, length));
		/* in two parts, of which the first is even */
		size_t half = length / 4 * 2;
		uint32_t first = checksum_add(0, bytes_slice(bytes, 0, half));
		assert_int_equal(
			checksum_fold(checksum_add(first, bytes_slice(bytes, half, length))),
			slowly(data, length));
		free(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_length_is_summed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
