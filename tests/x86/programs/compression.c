/* A round trip through LZ77 (matches found by a hash of three bytes) and canonical Huffman codes.
 */
#include "programs.h"

#include <stdio.h>
#include <string.h>

enum { SIZE = 24000, SYMBOLS = 256, LONGEST_MATCH = 130, SHORTEST_MATCH = 3 };

static uint8_t original[SIZE], tokens[2 * SIZE], packed[2 * SIZE], unpacked_tokens[2 * SIZE],
	restored[SIZE];

/* Text with repetitions, then noise. */
static void make_text(void)
{
	static const char *const words[] = { "the ", "virus ",	"opens ",   "a ",      "port, ",
					     "and ", "writes ", "itself; ", "nobody ", "\n" };
	uint32_t random = 42;
	size_t at = 0;

	while (at < SIZE - 2000) {
		const char *word = words[next_random(&random) % 10];
		size_t length = strlen(word);
		memcpy(original + at, word, length);
		at += length;
	}
	while (at < SIZE)
		original[at++] = (uint8_t)(next_random(&random) >> 8);
}

static size_t match_length(const uint8_t *from, const uint8_t *at, const uint8_t *end)
{
	size_t length = 0;

	while (at + length < end && length < LONGEST_MATCH && from[length] == at[length])
		length++;
	return length;
}

/* Tokens: 0..127 literals follow; 128 + length - 3 and a distance of two bytes. */
static size_t find_matches(void)
{
	static int32_t heads[4096];
	size_t used = 0, at = 0, literals = 0;

	memset(heads, 0xff, sizeof heads);
	while (at < SIZE) {
		size_t length = 0;
		int32_t candidate = -1;
		if (at + SHORTEST_MATCH <= SIZE) {
			unsigned hash =
				(original[at] << 16 | original[at + 1] << 8 | original[at + 2]) *
					2654435761u >>
				20;
			candidate = heads[hash];
			heads[hash] = (int32_t)at;
			if (candidate >= 0 && at - (size_t)candidate < 65536)
				length = match_length(original + candidate, original + at,
						      original + SIZE);
		}
		if (length >= SHORTEST_MATCH) {
			size_t distance = at - (size_t)candidate;
			tokens[used++] = (uint8_t)(128 + length - SHORTEST_MATCH);
			tokens[used++] = (uint8_t)distance;
			tokens[used++] = (uint8_t)(distance >> 8);
			at += length;
			literals = 0;
			continue;
		}
		if (literals == 0 || tokens[used - literals - 1] == 127) {
			literals = 0;
			tokens[used++] = 0;
		} else {
			tokens[used - literals - 1]++;
		}
		tokens[used++] = original[at++];
		literals++;
	}
	return used;
}

static size_t expand_matches(const uint8_t *from, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < size;) {
		unsigned token = from[i++];
		if (token < 128) {
			memcpy(restored + at, from + i, token + 1);
			at += token + 1;
			i += token + 1;
			continue;
		}
		size_t distance = from[i] | (size_t)from[i + 1] << 8;
		i += 2;
		for (unsigned n = token - 128 + SHORTEST_MATCH; n > 0; n--, at++)
			restored[at] = restored[at - distance];
	}
	return at;
}

/* Code lengths from a tree that is built by joining the two rarest nodes. */
static void code_lengths(const uint8_t *bytes, size_t size, uint8_t lengths[SYMBOLS])
{
	unsigned weight[2 * SYMBOLS] = { 0 };
	int parent[2 * SYMBOLS], nodes = SYMBOLS;

	for (size_t i = 0; i < size; i++)
		weight[bytes[i]]++;
	for (int i = 0; i < 2 * SYMBOLS; i++)
		parent[i] = -1;
	for (;;) {
		int rarest = -1, second = -1;
		for (int i = 0; i < nodes; i++) {
			if (parent[i] >= 0 || weight[i] == 0)
				continue;
			if (rarest < 0 || weight[i] < weight[rarest]) {
				second = rarest;
				rarest = i;
			} else if (second < 0 || weight[i] < weight[second]) {
				second = i;
			}
		}
		if (second < 0)
			break;
		weight[nodes] = weight[rarest] + weight[second];
		parent[rarest] = parent[second] = nodes++;
	}
	for (int i = 0; i < SYMBOLS; i++) {
		lengths[i] = 0;
		for (int node = i; weight[i] && parent[node] >= 0; node = parent[node])
			lengths[i]++;
	}
}

/* Canonical codes: shorter first, then by symbol. */
static void assign_codes(const uint8_t lengths[SYMBOLS], uint32_t codes[SYMBOLS])
{
	uint32_t code = 0;

	for (unsigned length = 1; length < 32; length++, code <<= 1)
		for (unsigned i = 0; i < SYMBOLS; i++)
			if (lengths[i] == length)
				codes[i] = code++;
}

static size_t encode(const uint8_t *bytes, size_t size, const uint8_t lengths[SYMBOLS])
{
	uint32_t codes[SYMBOLS];
	uint64_t bits = 0;
	unsigned count = 0;
	size_t used = 0;

	assign_codes(lengths, codes);
	for (size_t i = 0; i < size; i++) {
		bits = bits << lengths[bytes[i]] | codes[bytes[i]];
		for (count += lengths[bytes[i]]; count >= 8; count -= 8)
			packed[used++] = (uint8_t)(bits >> (count - 8));
	}
	if (count)
		packed[used++] = (uint8_t)(bits << (8 - count));
	return used;
}

static void decode(size_t size, const uint8_t lengths[SYMBOLS])
{
	uint8_t order[SYMBOLS];
	unsigned first[33] = { 0 }, offset[33] = { 0 }, amount[33] = { 0 }, placed = 0;
	size_t bit = 0;

	for (unsigned length = 1; length < 33; length++) {
		first[length] = (first[length - 1] + amount[length - 1]) << 1;
		offset[length] = placed;
		for (unsigned i = 0; i < SYMBOLS; i++)
			if (lengths[i] == length)
				order[placed++] = (uint8_t)i;
		amount[length] = placed - offset[length];
	}
	for (size_t i = 0; i < size; i++) {
		unsigned code = 0, length = 0;
		do {
			code = code << 1 | (packed[bit / 8] >> (7 - bit % 8) & 1);
			bit++;
			length++;
		} while (code - first[length] >= amount[length]);
		unpacked_tokens[i] = order[offset[length] + code - first[length]];
	}
}

int program_compression(void)
{
	uint8_t lengths[SYMBOLS];

	make_text();
	size_t token_count = find_matches();
	code_lengths(tokens, token_count, lengths);
	size_t packed_size = encode(tokens, token_count, lengths);
	decode(token_count, lengths);
	size_t restored_size = expand_matches(unpacked_tokens, token_count);
	printf("%d bytes, %zu as tokens, %zu packed (%08x), %zu restored (%08x)\n", SIZE,
	       token_count, packed_size, checksum(packed, packed_size), restored_size,
	       checksum(restored, restored_size));
	return memcmp(original, restored, SIZE) != 0;
}
