/* Random bytes: three generators of different families, so that no finding (and no absence of
 * findings) is one generator's doing. All are pure functions of the seed and the stream's number.
 *
 * - Philox4x32-10, as all of kenbi draws (base/random.h);
 * - xoshiro256** (Blackman and Vigna, 2021), seeded from the former;
 * - RC4 (drop 3072) with a key of the former: bytes, not words, and biased ones. */
#include <stdlib.h>
#include <string.h>

#include "benign.h"

static void fill_philox(struct random *random, uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i += 4) {
		uint32_t word = random_u32(random);
		memcpy(bytes + i, &word, 4);
	}
}

static uint64_t rotate(uint64_t word, unsigned count)
{
	return word << count | word >> (64 - count);
}

static void fill_xoshiro(struct random *random, uint8_t *bytes, size_t count)
{
	uint64_t s[4] = { random_u64(random), random_u64(random), random_u64(random),
			  random_u64(random) | 1 };

	for (size_t i = 0; i < count; i += 8) {
		uint64_t word = rotate(s[1] * 5, 7) * 9, shifted = s[1] << 17;
		s[2] ^= s[0];
		s[3] ^= s[1];
		s[1] ^= s[2];
		s[0] ^= s[3];
		s[2] ^= shifted;
		s[3] = rotate(s[3], 45);
		memcpy(bytes + i, &word, 8);
	}
}

static void fill_rc4(struct random *random, uint8_t *bytes, size_t count)
{
	enum { DROP = 3072, KEY = 16 };
	uint8_t state[256], key[KEY], i = 0, j = 0, swapped;

	fill_philox(random, key, KEY);
	for (unsigned k = 0; k < 256; k++)
		state[k] = (uint8_t)k;
	for (unsigned k = 0; k < 256; k++) {
		j = (uint8_t)(j + state[k] + key[k % KEY]);
		swapped = state[k];
		state[k] = state[j];
		state[j] = swapped;
	}
	j = 0;
	for (size_t k = 0; k < DROP + count; k++) {
		i++;
		j = (uint8_t)(j + state[i]);
		swapped = state[i];
		state[i] = state[j];
		state[j] = swapped;
		if (k >= DROP)
			bytes[k - DROP] = state[(uint8_t)(state[i] + state[j])];
	}
}

static const struct generator {
	const char *name;
	void (*fill)(struct random *random, uint8_t *bytes, size_t count);
} generators[] = { { "philox", fill_philox }, { "xoshiro", fill_xoshiro }, { "rc4", fill_rc4 } };

static const size_t lengths[] = { BENIGN_WINDOW, 1 << 20, 1 << 16 };

/* One window, searched in streams of `length`. */
static bool search_window(struct benign *benign, const char *name, struct bytes window,
			  size_t length)
{
	for (size_t at = 0; at < window.length; at += length)
		if (!benign_search(benign, name, at, bytes_slice(window, at, length)))
			return false;
	return true;
}

int benign_random(struct benign *benign, uint64_t seed, struct error *error)
{
	uint8_t *noise = malloc(BENIGN_WINDOW);
	struct random random;
	bool go_on = true;

	if (!noise)
		return error_set(error, ERROR_MEMORY, "bench", "no memory for random bytes");
	for (uint64_t stream = 0; go_on; stream++) {
		const struct generator *generator = &generators[stream % 3];
		char name[64];
		random_init(&random, seed, stream);
		generator->fill(&random, noise, BENIGN_WINDOW);
		snprintf(name, sizeof name, "%s-%llu-%llu", generator->name,
			 (unsigned long long)seed, (unsigned long long)stream);
		go_on = search_window(benign, name, (struct bytes){ noise, BENIGN_WINDOW },
				      lengths[stream / 3 % 3]);
	}
	free(noise);
	return 0;
}
