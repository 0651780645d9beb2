/* Encoders whose result is text: for filters that let nothing else through. Such code does not find
 * out where it lies; the exploit leaves its address in a register, or on the stack. */
#ifndef KENBI_TESTS_SHELLCODE_ENCODER_TEXT_H
#define KENBI_TESTS_SHELLCODE_ENCODER_TEXT_H

#include "base/base.h"

enum {
	TEXT_ESP = 4,	/* the register that cannot be one of the places */
	TEXT_STACK = 8, /* plus which word of the stack holds the address; below: which register */
	TEXT_PLACES = 12
};

/* Printable: lays the stack over its own end and pushes the payload there, word by word, each made
 * by sums. 32 bit. */
void encoder_text_printable(struct buffer *into, struct bytes payload, unsigned place);

/* UTF-16: every second byte is a zero, until the code has added to those of its payload. Its
 * address is in eax, and ebp points at something. 32 bit; at most some thousand bytes. */
void encoder_text_wide(struct buffer *into, struct bytes payload);

#endif
