/* SHA-256 (libsodium) and hexadecimal text. */
#ifndef KENBI_BASE_DIGEST_H
#define KENBI_BASE_DIGEST_H

#include "base/bytes.h"

#define DIGEST_SIZE	 32
#define DIGEST_TEXT_SIZE 65

void digest_sha256(struct bytes bytes, uint8_t digest[DIGEST_SIZE]);
/* The digest of bytes as lower-case text. Returns text. */
char *digest_text(struct bytes bytes, char text[DIGEST_TEXT_SIZE]);
/* 2 * bytes.length + 1 characters are written. Returns text. */
char *digest_hex(struct bytes bytes, char *text);

#endif
