/* Random bytes through the fuzz target of the CPU simulator until so many instructions have been
 * executed. Deterministic: the same seed gives the same inputs. `./dev fuzz x86 --instructions N`
 * runs it under AddressSanitizer and UBSan.
 *
 * usage: fuzz_x86_random INSTRUCTIONS [SEED] */
#include "x86.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"

enum { LONGEST = 4096, PROGRESS = 100000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Purely random; every other input with short jumps backwards strewn in, so that there are loops.
 */
static size_t random_input(struct random *random, uint8_t *bytes)
{
	size_t size = 16 + random_below(random, LONGEST - 16);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)random_u32(random);
	if (random_below(random, 2) == 0)
		return size;
	for (size_t i = 0; i + 2 < size; i += 8 + random_below(random, 24)) {
		bytes[i] = (uint8_t)(0x70 + random_below(random, 16));
		bytes[i + 1] = (uint8_t)(0xc0 + random_below(random, 0x3e));
	}
	return size;
}

int main(int count, char **arguments)
{
	static uint8_t bytes[LONGEST];
	uint64_t wanted, seed, inputs = 0, said = 0;
	struct random random;

	if (count < 2 || count > 3) {
		fprintf(stderr, "usage: %s INSTRUCTIONS [SEED]\n", arguments[0]);
		return 2;
	}
	wanted = strtoull(arguments[1], NULL, 0);
	seed = count == 3 ? strtoull(arguments[2], NULL, 0) : 1;
	random_init(&random, seed, 0);
	for (; fuzz_x86_instructions() < wanted; inputs++) {
		LLVMFuzzerTestOneInput(bytes, random_input(&random, bytes));
		if (fuzz_x86_instructions() / PROGRESS > said) {
			said = fuzz_x86_instructions() / PROGRESS;
			fprintf(stderr, "%llu00 million instructions\n", (unsigned long long)said);
		}
	}
	printf("%llu instructions from %llu random inputs (seed %llu), no finding\n",
	       (unsigned long long)fuzz_x86_instructions(), (unsigned long long)inputs,
	       (unsigned long long)seed);
	return 0;
}
