/* From a capture to the verdict: how many bits of mixed traffic a second become conversations that
 * were described and searched, with attacks inside; reconstruction alone beside it, and libnids and
 * tshark (which only reconstruct) on the same file in the same run. Prints a table, or with --json
 * one record a line.
 *
 * What the traffic consists of, mix.h says; each sort of content is also measured alone. Every
 * program runs as a process of its own; "one core" is bits by processor time of all its threads
 * together, start included, with all of them on one hardware thread: on two of one core each
 * would slow the other down, and the sum be that of no core. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "cost.h"
#include "mix.h"
#include "pipeline/pipeline.h"

enum {
	RUNS = 3,
	TSHARK_FRAMES = 50000,
	CONVERSATIONS =
		4000, /* so many that the start and what is kept of the first weigh little */
	OF_A_SORT = 400,
	PATIENCE = 5, /* seconds; what takes longer is run once */
};

#define HARDWARE 0.7 /* Gbit/s of the hardware that the original of this system used */

static bool json;
static char folder[] = "/tmp/kenbi-bench-XXXXXX";
static char programs[4096];

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "bench detect: %s\n", what);
	exit(3);
}

/* --- our side, as a process: --run|--confined samples|shellcode WORKERS FILE --- */

static int take_record(void *context, const json_t *record)
{
	const char *type = json_string_value(json_object_get(record, "type"));

	*(unsigned *)context += strcmp(type, "shellcode") == 0;
	return 0;
}

static int take_sample(void *context, struct bytes content)
{
	(void)context;
	(void)content;
	return 0;
}

/* All threads to come stay on the hardware thread that this one is on. */
static void confine(void)
{
	cpu_set_t one;
	int here = sched_getcpu();

	CPU_ZERO(&one);
	if (here >= 0)
		CPU_SET((size_t)here, &one);
	if (here < 0 || sched_setaffinity(0, sizeof one, &one) < 0)
		give_up("cannot stay on one processor");
}

static int run_pipeline(unsigned stages, unsigned workers, const char *path)
{
	struct pipeline_options options = { .stages = stages, .workers = workers };
	unsigned found = 0;
	struct pipeline_sink sink = { &found, take_record, take_sample, NULL };
	struct pipeline *pipeline;
	struct error error;
	char text[800];
	int file = open(path, O_RDONLY | O_CLOEXEC);
	int result = pipeline_new(&options, &sink, &pipeline, &error);

	if (result == 0)
		result = pipeline_feed(pipeline, file, path, &error);
	if (result == 0)
		result = pipeline_finish(pipeline, &error);
	if (result < 0)
		fprintf(stderr, "bench detect: %s\n", error_text(&error, text, sizeof text));
	pipeline_free(pipeline);
	printf("%u\n", found);
	return result < 0 ? 3 : 0;
}

/* --- measuring --- */

static void figure(const char *name, double value, const char *unit, const char *peer,
		   double peer_value)
{
	if (json) {
		printf("{\"bench\":\"detect\",\"case\":\"%s\",\"value\":%g,\"unit\":\"%s\",", name,
		       value, unit);
		if (peer)
			printf("\"peer\":\"%s\",\"peer_value\":%g,\"ratio\":%g}\n", peer,
			       peer_value, value / peer_value);
		else
			printf("\"peer\":null,\"peer_value\":null,\"ratio\":null}\n");
		return;
	}
	printf("%-52s %10.4g %-8s", name, value, unit);
	if (peer)
		printf(" %s %.4g, ratio %.2f", peer, peer_value, value / peer_value);
	printf("\n");
	fflush(stdout);
}

static struct cost measure(const char *how, const char *stages, const char *workers,
			   const char *path)
{
	char self[4200];
	snprintf(self, sizeof self, "%s/bench_detect", programs);
	const char *const arguments[] = { self, how, stages, workers, path, NULL };
	struct cost first = run(arguments);

	if (first.known && first.elapsed < PATIENCE)
		first = best(arguments, RUNS);
	if (!first.known)
		give_up("our own run failed");
	return first;
}

static void print_reconstruction(const char *path, double gigabits, double frames)
{
	char streams[4200], nids[4200], limit[32];
	snprintf(streams, sizeof streams, "%s/kenbi_streams", programs);
	snprintf(nids, sizeof nids, "%s/nids_streams", programs);
	snprintf(limit, sizeof limit, "%d", TSHARK_FRAMES);
	struct cost alone = best((const char *const[]){ streams, "--quiet", path, NULL }, RUNS);
	struct cost libnids = best((const char *const[]){ nids, "--quiet", path, NULL }, RUNS);
	struct cost tshark = best((const char *const[]){ "tshark", "-n", "-q", "-r", path, "-c",
							 limit, "-z", "conv,tcp", NULL },
				  1);
	if (!alone.known)
		give_up("our own run failed");
	double speed = gigabits / alone.seconds;
	figure("web, mail, files, reconstruction alone, one core", speed, "Gbit/s",
	       libnids.known ? "libnids" : NULL, gigabits / libnids.seconds);
	if (tshark.known)
		figure("web, mail, files, reconstruction alone, one core", speed, "Gbit/s",
		       "tshark", gigabits * TSHARK_FRAMES / frames / tshark.seconds);
	struct cost described = measure("--confined", "samples", "1", path);
	figure("web, mail, files through both units, described only", gigabits / described.seconds,
	       "Gbit/s", NULL, 0);
	figure("web, mail, files through both units, memory", described.mebibytes, "MiB", NULL, 0);
}

static double gigabits_of(const struct writer *writer)
{
	return (double)writer->bytes * 8 / 1e9;
}

static void print_verdict(const char *name, const char *path, double gigabits)
{
	const double put_in = CONVERSATIONS / MIX_ATTACK_EVERY;
	struct cost core = measure("--confined", "shellcode", "1", path);
	struct cost one = measure("--run", "shellcode", "1", path);
	struct cost two = measure("--run", "shellcode", "2", path);
	char label[100];

#define FIGURE(what, value, unit, peer, peer_value)          \
	snprintf(label, sizeof label, "%s, %s", name, what); \
	figure(label, value, unit, peer, peer_value)
	FIGURE("attacks found", strtod(core.output, NULL), "", "put in", put_in);
	FIGURE("attacks found by two workers", strtod(two.output, NULL), "", "put in", put_in);
	FIGURE("to verdict, one core", gigabits / core.seconds, "Gbit/s", "the original's hardware",
	       HARDWARE);
	FIGURE("one worker by the clock", gigabits / one.elapsed, "Gbit/s", NULL, 0);
	FIGURE("two workers by the clock", gigabits / two.elapsed, "Gbit/s", "one worker",
	       gigabits / one.elapsed);
#undef FIGURE
}

static void print_sorts(const char *path)
{
	for (enum sort sort = 0; sort < SORTS; sort++) {
		struct writer writer = mix_write_sort(path, sort, OF_A_SORT);
		struct cost cost = measure("--confined", "shellcode", "1", path);
		char label[100];
		snprintf(label, sizeof label, "%s alone, to verdict, one core", sort_name(sort));
		figure(label, gigabits_of(&writer) / cost.seconds, "Gbit/s", NULL, 0);
	}
}

int main(int count, char **arguments)
{
	char path[64];
	ssize_t length = readlink("/proc/self/exe", programs, sizeof programs - 1);

	if (count == 5 && strcmp(arguments[1], "--confined") == 0)
		confine();
	if (count == 5)
		return run_pipeline(strcmp(arguments[2], "samples") == 0 ? PIPELINE_SAMPLES
									 : PIPELINE_SHELLCODE,
				    (unsigned)strtoul(arguments[3], NULL, 10), arguments[4]);
	json = count > 1 && strcmp(arguments[1], "--json") == 0;
	if (length < 0 || !mkdtemp(folder))
		give_up("no temporary folder");
	*strrchr(programs, '/') = 0;
	snprintf(path, sizeof path, "%s/traffic.pcap", folder);
	struct writer writer = mix_write(path, MIX_CLEAR, CONVERSATIONS);
	print_reconstruction(path, gigabits_of(&writer), (double)writer.frames);
	print_verdict("web, mail, files", path, gigabits_of(&writer));
	writer = mix_write(path, MIX_CAMPUS, CONVERSATIONS);
	print_verdict("campus with TLS", path, gigabits_of(&writer));
	print_sorts(path);
	unlink(path);
	rmdir(folder);
	return 0;
}
