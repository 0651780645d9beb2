/* The checksum of IP, TCP and UDP (RFC 1071). The sum does not depend on how it is grouped (section
 * 2): words of 32 bits, as many at once as a vector holds, carries kept above them, bytes swapped
 * once at the end. */
#include "packet/decode.h"

#include <endian.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>

__attribute__((target("avx2"))) static uint64_t groups_by_avx2(const uint8_t *data, size_t count)
{
	const __m256i low = _mm256_set1_epi64x(0xffffffff);
	__m256i total = _mm256_setzero_si256();
	uint64_t parts[4];

	for (size_t i = 0; i < count; i++) {
		__m256i group = _mm256_loadu_si256((const __m256i *)(data + 32 * i));
		total = _mm256_add_epi64(total, _mm256_and_si256(group, low));
		total = _mm256_add_epi64(total, _mm256_srli_epi64(group, 32));
	}
	_mm256_storeu_si256((__m256i *)parts, total);
	return parts[0] + parts[1] + parts[2] + parts[3];
}

/* The sum of the words of `count` groups of 32 bytes: at most 2^32 of them. */
static uint64_t groups(const uint8_t *data, size_t count, size_t *done)
{
	*done = count >= 4 && __builtin_cpu_supports("avx2") ? 32 * count : 0;
	return *done ? groups_by_avx2(data, count) : 0;
}
#else
static uint64_t groups(const uint8_t *data, size_t count, size_t *done)
{
	(void)data, (void)count;
	*done = 0;
	return 0;
}
#endif

uint32_t checksum_add(uint32_t sum, struct bytes bytes)
{
	size_t i;
	uint64_t total = groups(bytes.data, bytes.length / 32, &i);

	for (; i < bytes.length; i += 4) {
		uint32_t word = 0;
		if (bytes.length - i >= 4)
			memcpy(&word, bytes.data + i, 4);
		else
			memcpy(&word, bytes.data + i, bytes.length - i);
		total += word;
	}
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	total = (uint64_t)sum + be16toh((uint16_t)total);
	while (total >> 32)
		total = (total & 0xffffffff) + (total >> 32);
	return (uint32_t)total;
}

uint16_t checksum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}
