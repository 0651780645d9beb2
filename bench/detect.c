/* From a capture to the verdict: how many bits of mixed traffic a second become conversations that
 * were described and searched, with attacks inside; reconstruction alone beside it, and libnids and
 * tshark (which only reconstruct) on the same file in the same run. Prints a table, or with --json
 * one record a line.
 *
 * The traffic is made here, the same every time, 64 conversations at once. By bytes about: a third
 * pages and scripts, a third pictures and archives (bytes without order), a fifth programs (this
 * machine's), the rest mail with attachments in base64. One conversation of 100 carries code that
 * starts a shell, half of it behind a decoder. Every program runs as a process of its own; "one
 * core" is bits by processor time of all its threads together, start included. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "cost.h"
#include "frames.h"
#include "pipeline/pipeline.h"

enum {
	RUNS = 3,
	TSHARK_FRAMES = 50000,
	TOGETHER = 64,
	CONVERSATIONS = 3000, /* for reconstruction */
	SEARCHED = 200,	      /* to the verdict */
	PATIENCE = 5,	      /* seconds; what takes longer is run once */
	ATTACK_EVERY = 100,
	BODY_MOST = 1 << 18,
	SEGMENT = 1460,
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

/* --- traffic --- */

static uint64_t noise_state = 88172645463325252u;

static uint32_t noise(void)
{
	noise_state ^= noise_state << 13;
	noise_state ^= noise_state >> 7;
	noise_state ^= noise_state << 17;
	return (uint32_t)(noise_state >> 16);
}

static struct buffer programs_bytes; /* what is transferred as programs */

static void put_text(struct buffer *into, size_t length)
{
	static const char *const words[] = {
		"the",	    "of",
		"<p>",	    "</p>\n",
		"and",	    "measure",
		"a",	    "network",
		"report",   "<a href=\"/page/",
		"\">",	    "</a>",
		"in",	    "result",
		"it",	    "is",
		"for",	    "with",
		"on",	    "system",
		"page",	    "<div class=\"box\">",
		"</div>\n", "time",
		"new",	    "first",
		"people",   "function(",
		") {\n",    "return ",
		"var x = ", ";\n",
		"2009",	    "which",
		"their",    "under",
		"&nbsp;",   "weather",
		"street",   "river",
		"window",   "history",
	};
	size_t end = into->length + length;

	while (into->length < end) {
		buffer_append_text(into, words[noise() % (sizeof words / sizeof *words)]);
		buffer_append_text(into, " ");
	}
	into->length = end;
}

static void put_noise(struct buffer *into, size_t length)
{
	for (size_t i = 0; i < length; i += 4) {
		uint32_t four = noise();
		buffer_append(into, &four, length - i < 4 ? length - i : 4);
	}
}

static void put_program(struct buffer *into, size_t length)
{
	size_t from = noise() % (programs_bytes.length - length);

	buffer_append(into, programs_bytes.data + from, length);
}

static void put_base64(struct buffer *into, size_t length)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < length; i++)
		buffer_append(into,
			      i % 78 == 76   ? "\r"
			      : i % 78 == 77 ? "\n"
					     : &digits[noise() % 64],
			      1);
}

/* execve("/bin/sh") as in tests/vectors/linux_execve.asm; `key`: behind a loop that decodes it in
 * place. */
static void put_code(struct buffer *into, uint8_t key)
{
	static const uint8_t code[] =
		"\x31\xc0\x50\x68//sh\x68/bin\x89\xe3\x50\x53\x89\xe1\x99\xb0\x0b\xcd\x80";
	enum { LENGTH = sizeof code - 1 };
	/* jmp call; pop esi; xor ecx, ecx; mov cl, LENGTH; xor byte [esi], key; inc esi; loop; jmp
	 * code; call pop */
	uint8_t decoder[] = { 0xeb, 0x0d, 0x5e, 0x31, 0xc9, 0xb1, LENGTH, 0x80, 0x36, key,
			      0x46, 0xe2, 0xfa, 0xeb, 0x05, 0xe8, 0xee,	  0xff, 0xff, 0xff };
	uint8_t hidden[LENGTH];

	for (size_t i = 0; i < LENGTH; i++)
		hidden[i] = code[i] ^ key;
	if (key)
		buffer_append(into, decoder, sizeof decoder);
	buffer_append(into, hidden, LENGTH);
}

struct talk {
	struct endpoint ends[2]; /* client, server */
	struct buffer said[2];
	size_t sent[2];
	bool open;
};

static void web(struct talk *talk, const char *type, void (*put)(struct buffer *, size_t),
		size_t length)
{
	buffer_printf(&talk->said[0],
		      "GET /item%u HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: Mozilla/5.0\r\n"
		      "Accept: */*\r\n\r\n",
		      noise());
	buffer_printf(&talk->said[1],
		      "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", type,
		      length);
	put(&talk->said[1], length);
}

static void mail(struct talk *talk, size_t length)
{
	talk->ends[1].port = 25;
	buffer_append_text(&talk->said[1], "220 mail.example.org ESMTP\r\n250 hello\r\n250 ok\r\n"
					   "250 ok\r\n354 go on\r\n250 taken\r\n221 bye\r\n");
	buffer_append_text(&talk->said[0],
			   "EHLO home.example.org\r\nMAIL FROM:<a@example.org>\r\nRCPT "
			   "TO:<b@example.org>\r\nDATA\r\nSubject: report\r\nMIME-Version: 1.0\r\n"
			   "Content-Type: application/zip\r\nContent-Transfer-Encoding: "
			   "base64\r\n\r\n");
	put_base64(&talk->said[0], length);
	buffer_append_text(&talk->said[0], "\r\n.\r\nQUIT\r\n");
}

static void attack(struct talk *talk, uint8_t key)
{
	talk->ends[1].port = 143;
	buffer_append_text(&talk->said[1], "* OK IMAP4rev1 ready\r\n");
	buffer_append_text(&talk->said[0], "a LOGIN ");
	for (size_t i = 0; i < 600; i++)
		buffer_append(&talk->said[0], "\x90", 1);
	put_code(&talk->said[0], key);
	put_text(&talk->said[0], 200);
}

static void begin(struct writer *writer, struct talk *talk, uint32_t number)
{
	*talk = (struct talk){ .open = true };
	buffer_init(&talk->said[0], 2 * BODY_MOST);
	buffer_init(&talk->said[1], 2 * BODY_MOST);
	talk->ends[0] = (struct endpoint){ 0x0a000000u + number / 50000,
					   (uint16_t)(1024 + number % 50000), noise() };
	talk->ends[1] = (struct endpoint){ 0xc6336400u + noise() % 250, 80, noise() };
	size_t length = BODY_MOST / 8 + noise() % (BODY_MOST / 2);
	if (number % ATTACK_EVERY == ATTACK_EVERY / 2)
		attack(talk, number / ATTACK_EVERY % 2 ? (uint8_t)(1 + noise() % 255) : 0);
	else if (number % 20 < 7)
		web(talk, "text/html", put_text, length);
	else if (number % 20 < 14)
		web(talk, "image/jpeg", put_noise, length);
	else if (number % 20 < 18)
		web(talk, "application/octet-stream", put_program, length);
	else
		mail(talk, length);
	put_frame(writer, &talk->ends[0], &talk->ends[1], 2, nothing, 0);
	talk->ends[0].sequence++;
	put_frame(writer, &talk->ends[1], &talk->ends[0], 18, nothing, 0);
	talk->ends[1].sequence++;
	put_frame(writer, &talk->ends[0], &talk->ends[1], 16, nothing, 0);
}

/* One segment of the client, else of the server, else the end. */
static void go_on(struct writer *writer, struct talk *talk)
{
	for (int side = 0; side < 2; side++) {
		struct bytes part =
			bytes_slice(buffer_bytes(&talk->said[side]), talk->sent[side], SEGMENT);
		if (part.length == 0)
			continue;
		put_frame(writer, &talk->ends[side], &talk->ends[!side], 24, part.data,
			  part.length);
		talk->ends[side].sequence += (uint32_t)part.length;
		talk->sent[side] += part.length;
		if (talk->sent[side] / SEGMENT % 2 == 0)
			put_frame(writer, &talk->ends[!side], &talk->ends[side], 16, nothing, 0);
		return;
	}
	for (int side = 0; side < 2; side++) {
		put_frame(writer, &talk->ends[side], &talk->ends[!side], 17, nothing, 0);
		talk->ends[side].sequence++;
		buffer_fini(&talk->said[side]);
	}
	put_frame(writer, &talk->ends[0], &talk->ends[1], 16, nothing, 0);
	talk->open = false;
}

static struct writer write_traffic(const char *path, uint32_t conversations)
{
	static struct talk talks[TOGETHER];
	struct writer writer = writer_open(path);
	struct error error;
	uint32_t number = 0, open = TOGETHER;

	if (!writer.file || file_read("/bin/bash", 1 << 26, &programs_bytes, &error) < 0)
		give_up("cannot make the traffic");
	while (open) {
		open = 0;
		for (size_t i = 0; i < TOGETHER; i++) {
			if (!talks[i].open && number < conversations)
				begin(&writer, &talks[i], number++);
			else if (talks[i].open)
				go_on(&writer, &talks[i]);
			open += talks[i].open;
		}
	}
	buffer_fini(&programs_bytes);
	FILE *file = writer.file;
	writer.file = NULL;
	if (fclose(file) != 0)
		give_up("no room for the traffic");
	return writer;
}

/* --- our side, as a process: --run samples|shellcode WORKERS FILE --- */

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

static struct cost measure(const char *stages, const char *workers, const char *path)
{
	char self[4200];
	snprintf(self, sizeof self, "%s/bench_detect", programs);
	const char *const arguments[] = { self, "--run", stages, workers, path, NULL };
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
	figure("mixed traffic, reconstruction alone, one core", speed, "Gbit/s",
	       libnids.known ? "libnids" : NULL, gigabits / libnids.seconds);
	if (tshark.known)
		figure("mixed traffic, reconstruction alone, one core", speed, "Gbit/s", "tshark",
		       gigabits * TSHARK_FRAMES / frames / tshark.seconds);
	struct cost described = measure("samples", "1", path);
	figure("mixed traffic through both units, described only", gigabits / described.seconds,
	       "Gbit/s", NULL, 0);
	figure("mixed traffic through both units, memory", described.mebibytes, "MiB", NULL, 0);
}

static void print_verdict(const char *path, double gigabits)
{
	const double put_in = SEARCHED / ATTACK_EVERY;
	struct cost one = measure("shellcode", "1", path);
	struct cost two = measure("shellcode", "2", path);

	figure("mixed traffic, attacks found", strtod(one.output, NULL), "", "put in", put_in);
	figure("mixed traffic, attacks found by two workers", strtod(two.output, NULL), "",
	       "put in", put_in);
	figure("mixed traffic to verdict, one core", gigabits / one.seconds, "Gbit/s",
	       "the original's hardware", HARDWARE);
	figure("mixed traffic to verdict, one worker by the clock", gigabits / one.elapsed,
	       "Gbit/s", NULL, 0);
	figure("mixed traffic to verdict, two workers by the clock", gigabits / two.elapsed,
	       "Gbit/s", "one worker", gigabits / one.elapsed);
}

int main(int count, char **arguments)
{
	char path[64];
	ssize_t length = readlink("/proc/self/exe", programs, sizeof programs - 1);

	if (count == 5 && strcmp(arguments[1], "--run") == 0)
		return run_pipeline(strcmp(arguments[2], "samples") == 0 ? PIPELINE_SAMPLES
									 : PIPELINE_SHELLCODE,
				    (unsigned)strtoul(arguments[3], NULL, 10), arguments[4]);
	json = count > 1 && strcmp(arguments[1], "--json") == 0;
	if (length < 0 || !mkdtemp(folder))
		give_up("no temporary folder");
	*strrchr(programs, '/') = 0;
	snprintf(path, sizeof path, "%s/traffic.pcap", folder);
	struct writer writer = write_traffic(path, CONVERSATIONS);
	print_reconstruction(path, (double)writer.bytes * 8 / 1e9, (double)writer.frames);
	writer = write_traffic(path, SEARCHED);
	print_verdict(path, (double)writer.bytes * 8 / 1e9);
	unlink(path);
	rmdir(folder);
	return 0;
}
