/* Ways of hiding code from the eye, for tests and benchmarks: each writes a decoder and the encoded
 * payload behind it. The techniques are those of public encoders; nothing in them does more than
 * decode. */
#ifndef KENBI_TESTS_SHELLCODE_ENCODER_H
#define KENBI_TESTS_SHELLCODE_ENCODER_H

#include "base/base.h"

struct encoder {
	const char *name;
	bool wide; /* for 64-bit code; else for 32-bit code */
	void (*encode)(struct buffer *into, struct bytes payload, struct random *random);
};

/* Encoder `index`, NULL past the end. */
const struct encoder *encoder_at(unsigned index);

/* The further ones of encoder_straight.c and encoder_poly.c, which encoder_at goes on with. */
const struct encoder *encoder_straight_at(unsigned index);
const struct encoder *encoder_poly_at(unsigned index);

/* Instructions without effect before the code, as slides are made of; 4 … 40 bytes. */
void encoder_slide(struct buffer *into, bool wide, struct random *random);

#endif
