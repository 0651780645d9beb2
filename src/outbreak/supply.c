#include "outbreak/supply.h"

void supply_waits_init(struct supply_waits *waits, uint64_t seed, uint32_t replica,
		       uint32_t purpose)
{
	waits->seed = seed;
	waits->stream = noise_stream(replica, purpose);
	waits->batch = 0;
	waits->used = SUPPLY_WAITS;
}

void supply_words_init(struct supply_words *words, uint64_t seed, uint32_t replica,
		       uint32_t purpose)
{
	words->seed = seed;
	words->stream = noise_stream(replica, purpose);
	words->batch = 0;
	words->used = NOISE_WORDS;
}

void supply_more_waits(struct supply_waits *waits)
{
	uint32_t words[NOISE_WORDS];

	noise_words(waits->seed, waits->stream, waits->batch++, words);
	noise_exponentials(words, waits->values);
	waits->used = 0;
}

void supply_more_words(struct supply_words *words)
{
	noise_words(words->seed, words->stream, words->batch++, words->words);
	words->used = 0;
}
