/* Our own payloads, twenty variants of each: kinds counted, pairs judged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"
#include "variant.h"

static unsigned payloads(void)
{
	unsigned count = 0;

	while (variant_payload(count))
		count++;
	return count;
}

static void make(const struct kinds_options *options, struct kinds_specimen *specimen,
		 unsigned payload, unsigned number)
{
	struct variant variant;
	struct error error;

	specimen->payload = payload;
	buffer_init(&specimen->bytes, 1 << 20);
	if (variant_make(KIND_VECTORS, payload, number, &specimen->bytes, &variant, &error) < 0)
		kinds_fail(&error);
	if (!kinds_of(buffer_bytes(&specimen->bytes), specimen->kind, NULL, NULL))
		specimen->kind[0] = 0;
	if (options->list)
		printf("%-16s %s, %s, parameters %u%s%s\n",
		       specimen->kind[0] ? specimen->kind : "not found", variant.payload,
		       variant.encoder, variant.parameters, variant.slide ? ", slide" : "",
		       variant.trail ? ", trail" : "");
}

static struct kinds_grouping by_kind(const struct kinds_specimen *specimens, size_t count)
{
	size_t together = 0, right = 0, belong = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++) {
			bool same = specimens[i].payload == specimens[j].payload;
			bool put = specimens[i].kind[0] &&
				   strcmp(specimens[i].kind, specimens[j].kind) == 0;
			together += put;
			right += put && same;
			belong += same;
		}
	return (struct kinds_grouping){ together ? 100.0 * (double)right / (double)together : 0,
					belong ? 100.0 * (double)right / (double)belong : 0, true };
}

static size_t different_kinds(const struct kinds_specimen *specimens, size_t count)
{
	size_t different = 0;

	for (size_t i = 0; i < count; i++) {
		size_t before = 0;
		while (before < i && strcmp(specimens[i].kind, specimens[before].kind) != 0)
			before++;
		different += specimens[i].kind[0] && before == i;
	}
	return different;
}

static void beside(const struct kinds_options *options, struct kinds_grouping ours,
		   struct kinds_grouping peer, const char *name)
{
	if (!peer.measured)
		return;
	kinds_figure(options, "pairs put together that belong together", ours.precision, "%", name,
		     peer.precision);
	kinds_figure(options, "pairs that belong together, put together", ours.recall, "%", name,
		     peer.recall);
}

void kinds_own(const struct kinds_options *options)
{
	unsigned count = payloads();
	size_t all = (size_t)count * VARIANTS, found = 0;
	struct kinds_specimen *specimens = calloc(all, sizeof *specimens);
	struct kinds_grouping ours, ssdeep, tlsh;

	if (!specimens) {
		fprintf(stderr, "bench: no memory\n");
		exit(2);
	}
	for (size_t i = 0; i < all; i++) {
		make(options, &specimens[i], (unsigned)(i / VARIANTS), (unsigned)(i % VARIANTS));
		found += specimens[i].kind[0] != 0;
	}
	ours = by_kind(specimens, all);
	ssdeep = kinds_ssdeep(specimens, all);
	tlsh = kinds_tlsh(specimens, all);
	kinds_figure(options, "payloads", count, "", NULL, 0);
	kinds_figure(options, "variants of them", (double)all, "", NULL, 0);
	kinds_figure(options, "found", 100.0 * (double)found / (double)all, "%", NULL, 0);
	kinds_figure(options, "kinds", (double)different_kinds(specimens, all), "", NULL, 0);
	if (!ssdeep.measured && !tlsh.measured) {
		kinds_figure(options, "pairs put together that belong together", ours.precision,
			     "%", NULL, 0);
		kinds_figure(options, "pairs that belong together, put together", ours.recall, "%",
			     NULL, 0);
	}
	beside(options, ours, ssdeep, "ssdeep");
	beside(options, ours, tlsh, "tlsh");
	for (size_t i = 0; i < all; i++)
		buffer_fini(&specimens[i].bytes);
	free(specimens);
}
