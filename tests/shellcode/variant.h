/* The set that kinds are measured by: payloads of tests/vectors, each with several sets of
 * parameters, under every encoder, behind slides and before what happens to follow. */
#ifndef KENBI_TESTS_SHELLCODE_VARIANT_H
#define KENBI_TESTS_SHELLCODE_VARIANT_H

#include "base/base.h"

enum { VARIANTS = 20 }; /* of each payload that a measurement takes; there may be more */

/* Name of payload `index`; NULL past the end. */
const char *variant_payload(unsigned index);

/* How variant `number` of that payload is made. */
struct variant {
	const char *payload, *encoder;
	unsigned parameters; /* which set */
	bool slide;	     /* before the decoder */
	bool trail;	     /* text or other bytes behind the payload */
};

/* Makes it: appends to `into` what an attacker would send. `folder` holds the assembled payloads
 * (kind_NAME_SET.bin). ERROR_INPUT when it does not. */
MUST_CHECK int variant_make(const char *folder, unsigned payload, unsigned number,
			    struct buffer *into, struct variant *variant, struct error *error);

#endif
