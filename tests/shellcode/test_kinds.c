/* The kinds of payloads are theirs alone, whatever they are wrapped in and aimed at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "variant.h"
#include "with_detector.h"

enum { PAYLOADS = 64, TRIED = 5 }; /* of each payload's variants; ./dev bench kinds takes all */

/* The first finding's kind, "" when there is none. */
static void kind_of(struct bytes bytes, char kind[17])
{
	struct shellcode_finding findings[4];
	struct error error;
	int count = shellcode_scan(detector, bytes, bytes_of(""), findings, 4, NULL, &error);

	assert_true(count >= 0);
	kind[0] = 0;
	for (int i = 0; i < count; i++) {
		if (i == 0)
			memcpy(kind, findings[i].kind, sizeof findings[i].kind);
		shellcode_finding_fini(&findings[i]);
	}
}

static void variant_kind(unsigned payload, unsigned number, char kind[17], struct variant *variant)
{
	struct buffer bytes;
	struct error error;

	buffer_init(&bytes, 1 << 20);
	assert_int_equal(
		variant_make(getenv("KENBI_VECTORS"), payload, number, &bytes, variant, &error), 0);
	kind_of(buffer_bytes(&bytes), kind);
	buffer_fini(&bytes);
}

static void every_payload_is_one_kind(void **state)
{
	char kinds[PAYLOADS][17];
	unsigned wrong = 0, count = 0;

	(void)state;
	for (; variant_payload(count); count++) {
		assert_true(count < PAYLOADS);
		for (unsigned number = 0; number < TRIED; number++) {
			struct variant variant;
			char kind[17];
			variant_kind(count, number, kind, &variant);
			if (number == 0)
				memcpy(kinds[count], kind, sizeof kind);
			if (kind[0] && strcmp(kind, kinds[count]) == 0)
				continue;
			wrong++;
			print_error("%s, %s, parameters %u%s%s: kind \"%s\", before \"%s\"\n",
				    variant.payload, variant.encoder, variant.parameters,
				    variant.slide ? ", slide" : "", variant.trail ? ", trail" : "",
				    kind, kinds[count]);
		}
	}
	for (unsigned i = 0; i < count; i++)
		for (unsigned j = 0; j < i; j++)
			if (strcmp(kinds[i], kinds[j]) == 0) {
				wrong++;
				print_error("%s and %s are one kind\n", variant_payload(i),
					    variant_payload(j));
			}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_payload_is_one_kind),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
