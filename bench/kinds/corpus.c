/* Payloads of a corpus: those of quality A that are not encoded themselves and are found as they
 * are. Each is written through every encoder for its width, three times with other keys, ports and
 * addresses and with slides before it. How many pairs of different files share a kind is only told:
 * files of a corpus may well hold the same code. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encoder.h"
#include "kinds.h"

enum { PAYLOADS = 1024, ROUNDS = 3 };

struct payload {
	char name[128], kind[17];
	struct buffer code;
	struct buffer varied[ROUNDS]; /* with other parameters */
	bool wide;
	uint32_t address; /* in the code's order; 0: none */
	uint16_t port;	  /* 0: none */
};

static struct payload payloads[PAYLOADS];
static size_t payload_count;

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

/* Do both do the same, but for where and with what? */
static bool same_actions(const json_t *one, const json_t *other)
{
	const json_t *action;
	size_t index;

	if (json_array_size(one) != json_array_size(other))
		return false;
	json_array_foreach(one, index, action)
	{
		if (!json_equal(json_object_get(action, "action"),
				json_object_get(json_array_get(other, index), "action")))
			return false;
	}
	return true;
}

static void copy(const struct payload *payload, struct buffer *into)
{
	buffer_clear(into);
	buffer_append(into, payload->code.data, payload->code.length);
	buffer_append(into, "", 1); /* texts at the end are terminated, as in the string it was */
}

/* A copy with another port and address wherever these stand in the code; as it is when that changes
 * more than these (their bytes may stand elsewhere by chance). */
static void vary(const struct payload *payload, const json_t *actions, struct random *random,
		 struct buffer *into)
{
	uint8_t port[2] = { (uint8_t)(payload->port >> 8), (uint8_t)payload->port };
	uint8_t new_port[2] = { (uint8_t)(4 + random_below(random, 200)),
				(uint8_t)(1 + random_below(random, 254)) };
	uint32_t address = 0x01010a0a + random_below(random, 0xffff) * 0x10001u;
	json_t *varied = NULL;
	char kind[17];

	copy(payload, into);
	for (size_t i = 0; i + 4 <= into->length; i++) {
		if (payload->address && memcmp(into->data + i, &payload->address, 4) == 0)
			memcpy(into->data + i, &address, 4);
		else if (payload->port && memcmp(into->data + i, port, 2) == 0)
			memcpy(into->data + i, new_port, 2);
	}
	if (!kinds_of(buffer_bytes(into), kind, NULL, &varied) || !same_actions(actions, varied))
		copy(payload, into);
	json_decref(varied);
}

static void take(const char *folder, const char *name, struct random *random)
{
	struct payload *payload = &payloads[payload_count];
	struct error error;
	json_t *actions = NULL;
	char path[4300];

	if (payload_count == PAYLOADS)
		return;
	snprintf(path, sizeof path, "%s/%s.bin", folder, name);
	if (file_read(path, 1 << 16, &payload->code, &error) < 0)
		kinds_fail(&error);
	snprintf(payload->name, sizeof payload->name, "%s", name);
	if (!kinds_of(buffer_bytes(&payload->code), payload->kind, &payload->wide, &actions)) {
		buffer_fini(&payload->code);
		return;
	}
	find_constants(payload, actions);
	for (unsigned round = 0; round < ROUNDS; round++) {
		buffer_init(&payload->varied[round], 1 << 20);
		vary(payload, actions, random, &payload->varied[round]);
	}
	json_decref(actions);
	payload_count++;
}

struct count {
	unsigned tried, found, same;
};

static void one_encoding(const struct kinds_options *options, const struct payload *payload,
			 unsigned round, const struct encoder *encoder, struct random *random,
			 struct count *count)
{
	struct buffer encoded;
	char kind[17];
	bool found, same;

	buffer_init(&encoded, 1 << 20);
	encoder_slide(&encoded, encoder->wide, random);
	encoder->encode(&encoded, buffer_bytes(&payload->varied[round]), random);
	found = kinds_of(buffer_bytes(&encoded), kind, NULL, NULL);
	same = found && strcmp(kind, payload->kind) == 0;
	count->tried++;
	count->found += found;
	count->same += same;
	if (options->list && !same)
		printf("%s %s: %s\n", found ? "other kind" : "not found", payload->name,
		       encoder->name);
	buffer_fini(&encoded);
}

static void every_encoding(const struct kinds_options *options, struct random *random)
{
	struct count all = { 0 };
	const struct encoder *encoder;

	for (unsigned i = 0; (encoder = encoder_at(i)); i++) {
		struct count count = { 0 };
		char name[96];
		for (size_t j = 0; j < payload_count; j++)
			for (unsigned round = 0; round < ROUNDS; round++)
				if (payloads[j].wide == encoder->wide)
					one_encoding(options, &payloads[j], round, encoder, random,
						     &count);
		if (!count.tried)
			continue;
		snprintf(name, sizeof name, "same kind, %s, %s (of %u)",
			 encoder->wide ? "64 bit" : "32 bit", encoder->name, count.tried);
		kinds_figure(options, name, 100.0 * count.same / count.tried, "%", NULL, 0);
		all.tried += count.tried;
		all.found += count.found;
		all.same += count.same;
	}
	kinds_figure(options, "encodings tried", all.tried, "", NULL, 0);
	kinds_figure(options, "found", all.tried ? 100.0 * all.found / all.tried : 0, "%", NULL, 0);
	kinds_figure(options, "same kind, of all found",
		     all.found ? 100.0 * all.same / all.found : 0, "%", NULL, 0);
}

static void pairs(const struct kinds_options *options)
{
	size_t same = 0, all = payload_count * (payload_count - 1) / 2;

	for (size_t i = 0; i < payload_count; i++)
		for (size_t j = 0; j < i; j++) {
			if (strcmp(payloads[i].kind, payloads[j].kind) != 0)
				continue;
			same++;
			if (options->list)
				printf("same kind %s: %s = %s\n", payloads[i].kind,
				       payloads[i].name, payloads[j].name);
		}
	kinds_figure(options, "files of the corpus", (double)payload_count, "", NULL, 0);
	kinds_figure(options, "pairs of files with one kind", (double)same, "", NULL, 0);
	kinds_figure(options, "of all pairs", all ? 100.0 * (double)same / (double)all : 0, "%",
		     NULL, 0);
}

static void every_payload(const struct kinds_options *options, struct random *random)
{
	struct buffer manifest;
	struct reader reader;
	struct error error;
	char path[4200];
	unsigned number = 0;

	snprintf(path, sizeof path, "%s/manifest.tsv", options->folder);
	if (file_read(path, 16 << 20, &manifest, &error) < 0)
		kinds_fail(&error);
	reader = reader_of(buffer_bytes(&manifest));
	while (reader_left(&reader)) {
		struct bytes line = reader_line(&reader);
		char row[2048], name[128], platform[32], quality[8];
		snprintf(row, sizeof row, "%.*s", (int)line.length, (const char *)line.data);
		if (sscanf(row, "%127[^\t]\t%*[^\t]\t%31[^\t]\t%*[^\t]\t%*[^\t]\t%7[^\t]", name,
			   platform, quality) == 3 &&
		    strcmp(quality, "A") == 0 && !strstr(platform, "encoded") &&
		    strcmp(platform, "other") != 0 &&
		    (!options->only || strstr(name, options->only)) &&
		    number++ % options->parts == options->part)
			take(options->folder, name, random);
	}
	buffer_fini(&manifest);
}

void kinds_corpus(const struct kinds_options *options)
{
	struct random random;

	random_init(&random, 2026, 0);
	every_payload(options, &random);
	pairs(options);
	every_encoding(options, &random);
	for (size_t i = 0; i < payload_count; i++) {
		buffer_fini(&payloads[i].code);
		for (unsigned round = 0; round < ROUNDS; round++)
			buffer_fini(&payloads[i].varied[round]);
	}
}
