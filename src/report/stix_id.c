/* Identifiers of STIX objects: names hashed to UUIDs of version 5.
 *
 * SHA-1 stands here and nowhere else: RFC 4122 asks for it, and nothing is protected by it. */
#include "report/stix.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- SHA-1 (FIPS 180-4, section 6.1) --- */

enum { BLOCK = 64, DIGEST = 20 };

struct sha1 {
	uint32_t state[5];
	uint8_t block[BLOCK];
	uint64_t length;
};

static uint32_t turn(uint32_t word, unsigned bits)
{
	return word << bits | word >> (32 - bits);
}

static void sha1_round(const uint32_t words[80], unsigned at, uint32_t v[5])
{
	static const uint32_t constants[] = { 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6 };
	uint32_t mixed;

	if (at < 20)
		mixed = (v[1] & v[2]) | (~v[1] & v[3]);
	else if (at >= 40 && at < 60)
		mixed = (v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3]);
	else
		mixed = v[1] ^ v[2] ^ v[3];
	uint32_t next = turn(v[0], 5) + mixed + v[4] + constants[at / 20] + words[at];
	v[4] = v[3];
	v[3] = v[2];
	v[2] = turn(v[1], 30);
	v[1] = v[0];
	v[0] = next;
}

static void sha1_block(struct sha1 *sha1)
{
	uint32_t words[80], v[5];

	for (unsigned i = 0; i < 16; i++)
		words[i] = (uint32_t)sha1->block[4 * i] << 24 |
			   (uint32_t)sha1->block[4 * i + 1] << 16 |
			   (uint32_t)sha1->block[4 * i + 2] << 8 | sha1->block[4 * i + 3];
	for (unsigned i = 16; i < 80; i++)
		words[i] = turn(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
	memcpy(v, sha1->state, sizeof v);
	for (unsigned i = 0; i < 80; i++)
		sha1_round(words, i, v);
	for (unsigned i = 0; i < 5; i++)
		sha1->state[i] += v[i];
}

static void sha1_add(struct sha1 *sha1, struct bytes bytes)
{
	for (size_t i = 0; i < bytes.length; i++) {
		sha1->block[sha1->length++ % BLOCK] = bytes.data[i];
		if (sha1->length % BLOCK == 0)
			sha1_block(sha1);
	}
}

static void sha1_finish(struct sha1 *sha1, uint8_t digest[DIGEST])
{
	static const uint8_t stop = 0x80, zero = 0;
	uint64_t bits = sha1->length * 8;
	uint8_t length[8];

	for (unsigned i = 0; i < 8; i++)
		length[i] = (uint8_t)(bits >> (56 - 8 * i));
	sha1_add(sha1, (struct bytes){ &stop, 1 });
	while (sha1->length % BLOCK != BLOCK - sizeof length)
		sha1_add(sha1, (struct bytes){ &zero, 1 });
	sha1_add(sha1, (struct bytes){ length, sizeof length });
	for (unsigned i = 0; i < DIGEST; i++)
		digest[i] = (uint8_t)(sha1->state[i / 4] >> (24 - 8 * (i % 4)));
}

/* --- UUIDs --- */

void stix_uuid(const uint8_t space[16], struct bytes name, char uuid[37])
{
	struct sha1 sha1 = { .state = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
					0xc3d2e1f0 } };
	uint8_t digest[DIGEST];
	char hex[33];

	sha1_add(&sha1, (struct bytes){ space, 16 });
	sha1_add(&sha1, name);
	sha1_finish(&sha1, digest);
	digest[6] = (uint8_t)((digest[6] & 0x0f) | 0x50); /* version 5 */
	digest[8] = (uint8_t)((digest[8] & 0x3f) | 0x80); /* the variant of RFC 4122 */
	digest_hex((struct bytes){ digest, 16 }, hex);
	snprintf(uuid, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

bool stix_observable_id(const char *type, const json_t *contributing, char id[STIX_ID_SIZE])
{
	/* 00abedb4-aa42-466c-9c01-fed23315a9b7, which section 2.9 reserves for observables */
	static const uint8_t space[16] = { 0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c,
					   0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7 };
	char uuid[37];
	/* Sorted keys, no space between: RFC 8785 for objects of texts without control characters
	 * and whole numbers, and others do not come here. */
	char *name = json_dumps(contributing, JSON_COMPACT | JSON_SORT_KEYS);

	if (!name)
		return false;
	stix_uuid(space, bytes_of(name), uuid);
	free(name);
	snprintf(id, STIX_ID_SIZE, "%.24s--%s", type, uuid);
	return true;
}

void stix_object_id(const char *type, const char *created, const char *key, char id[STIX_ID_SIZE])
{
	/* c524c89c-8757-449d-b47c-a95c840ac7ed: kenbi's own */
	static const uint8_t space[16] = { 0xc5, 0x24, 0xc8, 0x9c, 0x87, 0x57, 0x44, 0x9d,
					   0xb4, 0x7c, 0xa9, 0x5c, 0x84, 0x0a, 0xc7, 0xed };
	struct buffer name;
	char uuid[37];

	buffer_init(&name, (size_t)1 << 20);
	/* a key beyond the limit would only be cut */
	buffer_printf(&name, "%s\n%s\n", type, created);
	buffer_append_text(&name, key);
	stix_uuid(space, buffer_bytes(&name), uuid);
	buffer_fini(&name);
	snprintf(id, STIX_ID_SIZE, "%.24s--%s", type, uuid);
}

void stix_time(double seconds, char text[STIX_TIME_SIZE])
{
	/* From 1970 to 9999, which four digits can say. */
	double kept = seconds > 0 && seconds < 253402300799.0 ? seconds : 0;
	time_t whole = (time_t)kept;
	struct tm utc;
	char day[24];

	if (!gmtime_r(&whole, &utc) || !strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc))
		snprintf(day, sizeof day, "1970-01-01T00:00:00");
	snprintf(text, STIX_TIME_SIZE, "%s.%03uZ", day,
		 (unsigned)((kept - (double)whole) * 1000) % 1000);
}
