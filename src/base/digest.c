#include "base/base.h"

#include <sodium.h>

void digest_sha256(struct bytes bytes, uint8_t digest[DIGEST_SIZE])
{
	crypto_hash_sha256(digest, bytes.data, bytes.length);
}

char *digest_hex(struct bytes bytes, char *text)
{
	return sodium_bin2hex(text, 2 * bytes.length + 1, bytes.data, bytes.length);
}

char *digest_text(struct bytes bytes, char text[DIGEST_TEXT_SIZE])
{
	uint8_t digest[DIGEST_SIZE];
	digest_sha256(bytes, digest);
	return digest_hex((struct bytes){ digest, sizeof digest }, text);
}
