/* Throughput, in processor time, medians of several rounds. Hyperscan is given the same forms where
 * it is installed; libemu is in no Debian that we know of. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shellcode/marks.h"
#include "shellcode/parts.h"
#include "shellcode/seed.h"
#include "flood.h"
#ifdef HAVE_HYPERSCAN
#include <hs/hs.h>
#endif

enum {
	CLASS_BYTES = 16 << 20,
	ROUNDS = 5,
	WORST_BYTES = 1 << 20,
	WORST_SMALL = 4096,
	MAP_PIECE = 1 << 17,
	FINDINGS = 16
};

double processor_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double rate(size_t bytes, double seconds)
{
	return 8e-9 * (double)bytes / seconds;
}

static int by_value(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;

	return (first > second) - (first < second);
}

static double median(double *values, unsigned count)
{
	qsort(values, count, sizeof *values, by_value);
	return values[count / 2];
}

/* --- seeds --- */

static uint64_t scan_seeds(struct seed_map *map, const struct marks_path *path,
			   const struct data_class *class)
{
	uint64_t seeds = 0;

	for (size_t i = 0; i < class->count; i++) {
		struct bytes all = buffer_bytes(&class->streams[i]);
		for (size_t at = 0; at < all.length; at += MAP_PIECE) {
			struct seed seed = { .offset = 0 };
			map->bytes = bytes_slice(all, at, MAP_PIECE);
			marks_fill(path, map->bytes, 0, marks_words(map->bytes.length), map->seeds,
				   map->breaks);
			for (size_t from = 0; seed_map_next(map, from, &seed);
			     from = seed.offset + 1)
				seeds++;
		}
	}
	return seeds;
}

#ifdef HAVE_HYPERSCAN
static int count_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
		       void *context)
{
	(void)id, (void)from, (void)to, (void)flags;
	++*(uint64_t *)context;
	return 0;
}

/* The forms of seed.c as expressions. */
static double hyperscan_rate(const struct data_class *class)
{
	static const char *const forms[] = {
		"\\xe8..(\\x00\\x00|\\xff\\xff)",
		"[\\xd9\\xdd][\\x30-\\x37\\x70-\\x77\\xb0-\\xb7]",
		"\\x0f\\xae",
		"[\\x64\\x65]([\\x40-\\x4f])?[\\xa1\\xa3\\x8b\\x89\\xff\\x8f\\xad"
		"\\x03\\x0b\\x13\\x1b\\x23\\x2b\\x33]",
		"\\xcd[\\x80\\x91\\x2e]",
		"\\x0f[\\x05\\x34]",
		"\\x9a....[\\x07\\x27]\\x00",
		"\\xff[\\xd0-\\xd7\\xe0-\\xe7]",
		"\\x54\\xc3",
		"[\\xb8-\\xbf]...[\\x70-\\x7f]",
		"[\\x48\\x4c]\\x8d[\\x05\\x0d\\x15\\x1d\\x25\\x2d"
		"\\x35\\x3d].(\\x00|\\x01|\\xfe|\\xff)(\\x00\\x00|\\xff\\xff)"
	};
	enum { FORMS = sizeof forms / sizeof forms[0] };
	unsigned flags[FORMS], ids[FORMS];
	double rounds[ROUNDS];
	hs_compile_error_t *problem = NULL;
	hs_database_t *database = NULL;
	hs_scratch_t *scratch = NULL;

	for (unsigned i = 0; i < FORMS; i++) {
		flags[i] = HS_FLAG_DOTALL;
		ids[i] = i;
	}
	if (hs_compile_multi(forms, flags, ids, FORMS, HS_MODE_BLOCK, NULL, &database, &problem) !=
		    HS_SUCCESS ||
	    hs_alloc_scratch(database, &scratch) != HS_SUCCESS) {
		fprintf(stderr, "bench: Hyperscan: %s\n", problem ? problem->message : "no memory");
		return 0;
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t matches = 0;
		double start = processor_time();
		for (size_t i = 0; i < class->count; i++)
			hs_scan(database, (const char *)class->streams[i].data,
				(unsigned)class->streams[i].length, 0, scratch, count_match,
				&matches);
		rounds[round] = rate(class->bytes, processor_time() - start);
	}
	hs_free_scratch(scratch);
	hs_free_database(database);
	return median(rounds, ROUNDS);
}
#else
static double hyperscan_rate(const struct data_class *class)
{
	(void)class;
	return 0;
}
#endif

static void report_seeds(const struct data_class *class, struct seed_map *map)
{
	double peer = hyperscan_rate(class);
	char name[128];
	uint64_t seeds = 0;

	for (const struct marks_path *path = marks_paths; path->name; path++) {
		double rounds[ROUNDS];
		if (!path->supported())
			continue;
		for (unsigned round = 0; round < ROUNDS; round++) {
			double start = processor_time();
			seeds = scan_seeds(map, path, class);
			rounds[round] = rate(class->bytes, processor_time() - start);
		}
		snprintf(name, sizeof name, "seed scan, %s, %s", class->name, path->name);
		figure_beside(name, median(rounds, ROUNDS), "Gbit/s", peer > 0 ? "hyperscan" : NULL,
			      peer);
	}
	snprintf(name, sizeof name, "seeds, %s", class->name);
	figure(name, (double)seeds / ((double)class->bytes / 1e6), "per MB");
}

/* --- detection --- */

static int detect(struct shellcode_detector *detector, struct bytes bytes, bool *exhausted)
{
	struct shellcode_finding findings[FINDINGS];
	struct error error;
	char text[800];
	int count = shellcode_scan(detector, bytes, (struct bytes){ NULL, 0 }, findings, FINDINGS,
				   exhausted, &error);

	if (count < 0) {
		fprintf(stderr, "bench: %s\n", error_text(&error, text, sizeof text));
		exit(2);
	}
	for (int i = 0; i < count; i++)
		shellcode_finding_fini(&findings[i]);
	return count;
}

static void report_work(const char *class, const struct shellcode_work *before,
			const struct shellcode_work *after)
{
	double megabytes = (double)(after->bytes - before->bytes) / 1e6;
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = { { "candidates", after->candidates - before->candidates },
		     { "probes", after->probes - before->probes },
		     { "proofs", after->proofs - before->proofs } };
	char name[128];

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		snprintf(name, sizeof name, "%s, %s", rows[i].name, class);
		figure(name, (double)rows[i].value / megabytes, "per MB");
	}
}

static void report_detection(struct shellcode_detector *detector, const struct data_class *class)
{
	struct shellcode_work before, after;
	double rounds[ROUNDS];
	int findings = 0;
	char name[128];

	shellcode_work(detector, &before);
	for (unsigned round = 0; round < ROUNDS; round++) {
		double start = processor_time();
		findings = 0;
		for (size_t i = 0; i < class->count; i++) {
			bool exhausted;
			findings += detect(detector, buffer_bytes(&class->streams[i]), &exhausted);
		}
		rounds[round] = rate(class->bytes, processor_time() - start);
	}
	shellcode_work(detector, &after);
	snprintf(name, sizeof name, "full detection, %s", class->name);
	figure(name, median(rounds, ROUNDS), "Gbit/s");
	report_work(class->name, &before, &after);
	snprintf(name, sizeof name, "findings, %s", class->name);
	figure(name, findings, "");
}

struct slowest {
	double large, small; /* Mbit/s, seconds */
};

static void report_flood(struct shellcode_detector *detector, const struct flood *flood,
			 struct bytes bytes, struct slowest *slowest)
{
	struct shellcode_work before, after;
	bool exhausted;
	double start = processor_time(), seconds, speed;
	char name[128];
	int findings;

	shellcode_work(detector, &before);
	findings = detect(detector, bytes, &exhausted);
	seconds = processor_time() - start;
	shellcode_work(detector, &after);
	speed = 1000 * rate(bytes.length, seconds);
	snprintf(name, sizeof name, "worst of 1 MiB, %s%s%s", flood->name,
		 exhausted ? " (budget used up)" : "", findings ? " (found)" : "");
	figure(name, speed, "Mbit/s");
	snprintf(name, sizeof name, "worst of 1 MiB, %s, time as counted", flood->name);
	figure(name, (double)(after.spent - before.spent) / 1e9 / seconds, "of measured");
	if (findings == 0 && speed < slowest->large)
		slowest->large = speed;
	start = processor_time();
	detect(detector, bytes_slice(bytes, 0, WORST_SMALL), &exhausted);
	seconds = processor_time() - start;
	if (seconds > slowest->small)
		slowest->small = seconds;
}

static void report_worst(struct shellcode_detector *detector, const char *only)
{
	uint8_t *data = malloc(WORST_BYTES);
	struct slowest slowest = { .large = 1e9 };
	struct random random;

	random_init(&random, 99, 0);
	for (const struct flood *flood = floods; data && flood->name; flood++) {
		flood->fill(data, WORST_BYTES, &random);
		if (!only || strstr(flood->name, only))
			report_flood(detector, flood, (struct bytes){ data, WORST_BYTES },
				     &slowest);
	}
	figure("worst of 1 MiB, slowest in which nothing is found", slowest.large, "Mbit/s");
	figure("worst of 4 KiB, longest of all", 1000 * slowest.small, "ms");
	free(data);
}

int speed_report(struct shellcode_detector *detector, const char *only)
{
	struct data_class classes[DATA_CLASSES];
	struct seed_map map;
	struct error error;
	char text[800];
	unsigned count = data_classes_make(classes, CLASS_BYTES);

	if (seed_map_init(&map, MAP_PIECE, &error) < 0) {
		fprintf(stderr, "bench: %s\n", error_text(&error, text, sizeof text));
		return 2;
	}
#ifndef HAVE_HYPERSCAN
	fprintf(stderr, "bench shellcode: Hyperscan is not installed\n");
#endif
	fprintf(stderr, "bench shellcode: libemu is not installed\n");
	for (unsigned i = 0; i < count; i++) {
		if (!only || strstr(classes[i].name, only)) {
			report_seeds(&classes[i], &map);
			report_detection(detector, &classes[i]);
		}
		data_class_fini(&classes[i]);
	}
	report_worst(detector, only);
	seed_map_fini(&map);
	return 0;
}
