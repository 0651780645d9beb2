/* Is the kind of a shellcode the same under every encoding, and another for another payload?
 *
 * usage: bench_kinds [--json] [--list] [--every=N/M] [FOLDER [NAME-PART]]
 *
 * Payloads: those of FOLDER (see recall.c) of quality A that are not encoded themselves and are
 * found as they are. Each is written through every encoder of tests/shellcode/encoder.c for its
 * width, three times with other keys, ports and addresses and with slides before it. Printed: how
 * many of these were found, how many have the payload's own kind, and how many pairs of different
 * payloads share a kind (--list names them: files of a corpus may well hold the same code). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "encoder.h"
#include "shellcode/shellcode.h"

enum { PAYLOADS = 1024, FINDINGS = 8, ROUNDS = 3 };

struct payload {
	char name[128], kind[17];
	struct buffer code;
	bool wide;
	uint32_t address; /* in the code's order; 0: none */
	uint16_t port;	  /* 0: none */
};

static struct payload payloads[PAYLOADS];
static size_t payload_count;
static struct shellcode_detector *detector;
static bool json, list;

static void fail(const struct error *error)
{
	char text[800];

	fprintf(stderr, "bench: %s\n", error_text(error, text, sizeof text));
	exit(2);
}

static void figure(const char *name, double value, const char *unit)
{
	if (json)
		printf("{\"bench\":\"kinds\",\"case\":\"%s\",\"value\":%g,\"unit\":\"%s\","
		       "\"peer\":null,\"peer_value\":null,\"ratio\":null}\n",
		       name, value, unit);
	else
		printf("%-48s %10.6g %s\n", name, value, unit);
}

/* The first finding's kind; false: none. */
static bool kind_of(struct bytes bytes, char kind[17], bool *wide, json_t **actions)
{
	struct shellcode_finding findings[FINDINGS];
	struct error error;
	int count = shellcode_scan(detector, bytes, (struct bytes){ NULL, 0 }, findings, FINDINGS,
				   NULL, &error);

	if (count < 0)
		fail(&error);
	if (count > 0) {
		memcpy(kind, findings[0].kind, 17);
		if (wide)
			*wide = strcmp(findings[0].arch, "x86_64") == 0;
		if (actions)
			*actions = json_incref(findings[0].actions);
	}
	for (int i = 0; i < count; i++)
		shellcode_finding_fini(&findings[i]);
	return count > 0;
}

/* Which port and address the code holds, so that they can be changed. */
static void find_constants(struct payload *payload, const json_t *actions)
{
	const json_t *action;
	size_t index;

	json_array_foreach(actions, index, action)
	{
		json_int_t port = json_integer_value(json_object_get(action, "port"));
		const char *text = json_string_value(json_object_get(action, "address"));
		struct address address;
		if (port && !payload->port)
			payload->port = (uint16_t)port;
		if (text && !payload->address && address_parse(text, &address) == 0 &&
		    address.family == 4)
			memcpy(&payload->address, address.bytes, 4);
	}
}

static void take(const char *folder, const char *name)
{
	struct payload *payload = &payloads[payload_count];
	struct error error;
	json_t *actions = NULL;
	char path[4300];

	if (payload_count == PAYLOADS)
		return;
	snprintf(path, sizeof path, "%s/%s.bin", folder, name);
	if (file_read(path, 1 << 16, &payload->code, &error) < 0)
		fail(&error);
	snprintf(payload->name, sizeof payload->name, "%s", name);
	if (!kind_of(buffer_bytes(&payload->code), payload->kind, &payload->wide, &actions)) {
		buffer_fini(&payload->code);
		return;
	}
	find_constants(payload, actions);
	json_decref(actions);
	payload_count++;
}

/* A copy with another port and address wherever these stand in the code. */
static void vary(const struct payload *payload, struct random *random, struct buffer *into)
{
	uint8_t port[2] = { (uint8_t)(payload->port >> 8), (uint8_t)payload->port };
	uint8_t new_port[2] = { (uint8_t)(4 + random_below(random, 200)),
				(uint8_t)(1 + random_below(random, 254)) };
	uint32_t address = 0x01010a0a + random_below(random, 0xffff) * 0x10001u;

	buffer_clear(into);
	buffer_append(into, payload->code.data, payload->code.length);
	buffer_append(into, "", 1); /* texts at the end are terminated, as in the string it was */
	for (size_t i = 0; i + 4 <= into->length; i++) {
		if (payload->address && memcmp(into->data + i, &payload->address, 4) == 0)
			memcpy(into->data + i, &address, 4);
		else if (payload->port && memcmp(into->data + i, port, 2) == 0)
			memcpy(into->data + i, new_port, 2);
	}
}

struct count {
	unsigned tried, found, same;
};

static void one_encoding(const struct payload *payload, const struct encoder *encoder,
			 struct random *random, struct count *count)
{
	struct buffer varied, encoded;
	char kind[17];
	bool found, same;

	buffer_init(&varied, 1 << 20);
	buffer_init(&encoded, 1 << 20);
	vary(payload, random, &varied);
	encoder_slide(&encoded, encoder->wide, random);
	encoder->encode(&encoded, buffer_bytes(&varied), random);
	found = kind_of(buffer_bytes(&encoded), kind, NULL, NULL);
	same = found && strcmp(kind, payload->kind) == 0;
	count->tried++;
	count->found += found;
	count->same += same;
	if (list && !same)
		printf("%s %s: %s\n", found ? "other kind" : "not found", payload->name,
		       encoder->name);
	buffer_fini(&varied);
	buffer_fini(&encoded);
}

static void every_encoding(void)
{
	struct count all = { 0 };
	const struct encoder *encoder;
	struct random random;

	random_init(&random, 2026, 0);
	for (unsigned i = 0; (encoder = encoder_at(i)); i++) {
		struct count count = { 0 };
		char name[96];
		for (size_t j = 0; j < payload_count; j++)
			for (unsigned round = 0; round < ROUNDS; round++)
				if (payloads[j].wide == encoder->wide)
					one_encoding(&payloads[j], encoder, &random, &count);
		snprintf(name, sizeof name, "same kind, %s, %s (of %u)",
			 encoder->wide ? "64 bit" : "32 bit", encoder->name, count.tried);
		figure(name, count.tried ? 100.0 * count.same / count.tried : 0, "%");
		all.tried += count.tried;
		all.found += count.found;
		all.same += count.same;
	}
	figure("encodings tried", all.tried, "");
	figure("found", all.tried ? 100.0 * all.found / all.tried : 0, "%");
	figure("same kind, of all found", all.found ? 100.0 * all.same / all.found : 0, "%");
}

static void pairs(void)
{
	size_t same = 0, all = payload_count * (payload_count - 1) / 2;

	for (size_t i = 0; i < payload_count; i++)
		for (size_t j = 0; j < i; j++) {
			if (strcmp(payloads[i].kind, payloads[j].kind) != 0)
				continue;
			same++;
			if (list)
				printf("same kind %s: %s = %s\n", payloads[i].kind,
				       payloads[i].name, payloads[j].name);
		}
	figure("payloads", (double)payload_count, "");
	figure("pairs of payloads with one kind", (double)same, "");
	figure("of all pairs", all ? 100.0 * (double)same / (double)all : 0, "%");
}

static void every_payload(const char *folder, const char *only, unsigned part, unsigned parts)
{
	struct buffer manifest;
	struct reader reader;
	struct error error;
	char path[4200];
	unsigned number = 0;

	snprintf(path, sizeof path, "%s/manifest.tsv", folder);
	if (file_read(path, 16 << 20, &manifest, &error) < 0)
		fail(&error);
	reader = reader_of(buffer_bytes(&manifest));
	while (reader_left(&reader)) {
		struct bytes line = reader_line(&reader);
		char row[2048], name[128], platform[32], quality[8];
		snprintf(row, sizeof row, "%.*s", (int)line.length, (const char *)line.data);
		if (sscanf(row, "%127[^\t]\t%*[^\t]\t%31[^\t]\t%*[^\t]\t%*[^\t]\t%7[^\t]", name,
			   platform, quality) == 3 &&
		    strcmp(quality, "A") == 0 && !strstr(platform, "encoded") &&
		    strcmp(platform, "other") != 0 && (!only || strstr(name, only)) &&
		    number++ % parts == part)
			take(folder, name);
	}
	buffer_fini(&manifest);
}

int main(int count, char **arguments)
{
	const char *corpus = getenv("KENBI_CORPUS"), *folder = NULL, *only = NULL;
	unsigned part = 0, parts = 1;
	struct error error;
	char given[4096];

	snprintf(given, sizeof given, "%s/shellcode", corpus ? corpus : "../shared/corpus");
	for (int i = 1; i < count; i++) {
		if (strcmp(arguments[i], "--json") == 0)
			json = true;
		else if (strcmp(arguments[i], "--list") == 0)
			list = true;
		else if (strncmp(arguments[i], "--every=", 8) == 0 &&
			 sscanf(arguments[i] + 8, "%u/%u", &part, &parts) == 2 && parts)
			part %= parts;
		else if (!folder)
			folder = arguments[i];
		else
			only = arguments[i];
	}
	folder = folder ? folder : given;
	if (access(folder, R_OK) != 0) {
		fprintf(stderr, "bench kinds: no corpus at %s (set KENBI_CORPUS); not measured\n",
			folder);
		return 0;
	}
	if (shellcode_new(&detector, &error) < 0)
		fail(&error);
	every_payload(folder, only, part, parts);
	pairs();
	every_encoding();
	for (size_t i = 0; i < payload_count; i++)
		buffer_fini(&payloads[i].code);
	shellcode_free(detector);
	return 0;
}
