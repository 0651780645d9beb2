/* Benign: arithmetic, the heap, and a file of its own in the temporary folder that it removes
 * again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static unsigned *sieve(unsigned limit, unsigned *count)
{
	unsigned char *composite = calloc(limit + 1, 1);
	unsigned *primes = malloc(limit * sizeof *primes);
	*count = 0;
	if (composite == NULL || primes == NULL)
		exit(1);
	for (unsigned n = 2; n <= limit; n++) {
		if (composite[n])
			continue;
		primes[(*count)++] = n;
		for (unsigned multiple = 2 * n; multiple <= limit; multiple += n)
			composite[multiple] = 1;
	}
	free(composite);
	return primes;
}

int main(void)
{
	char folder[MAX_PATH], path[MAX_PATH], line[64];
	unsigned count;
	unsigned *primes = sieve(1000, &count);
	if (GetTempPathA(sizeof folder, folder) == 0 ||
	    GetTempFileNameA(folder, "sum", 0, path) == 0)
		return 1;
	FILE *file = fopen(path, "w+");
	if (file == NULL)
		return 1;
	for (unsigned i = 0; i < count; i++)
		fprintf(file, "%u\n", primes[i]);
	rewind(file);
	unsigned long sum = 0;
	while (fgets(line, sizeof line, file) != NULL)
		sum += strtoul(line, NULL, 10);
	fclose(file);
	remove(path);
	free(primes);
	printf("%u primes, sum %lu, mean %.2f\n", count, sum, (double)sum / count);
	return sum == 76127 ? 0 : 1;
}
