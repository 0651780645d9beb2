/* Is the kind of a shellcode the same under every encoding, and another for another payload?
 *
 * usage: bench_kinds [--json] [--list] [--own] [--every=N/M] [FOLDER [NAME-PART]]
 *
 * First with our own payloads (tests/vectors) under our own encoders (tests/shellcode), twenty of
 * each, with other parameters, behind slides and before other bytes: how many kinds there are, and
 * how many pairs are put together rightly, beside fuzzy hashes of the same bytes. Then (not with
 * --own) with the payloads of FOLDER, a corpus as recall.c takes it, if there is one. --list names
 * what is wrong; --every takes each Mth payload of the corpus. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kinds/kinds.h"
#include "shellcode/shellcode.h"

enum { FINDINGS = 8 };

static struct shellcode_detector *detector;

void kinds_fail(const struct error *error)
{
	char text[800];

	fprintf(stderr, "bench: %s\n", error_text(error, text, sizeof text));
	exit(2);
}

void kinds_figure(const struct kinds_options *options, const char *name, double value,
		  const char *unit, const char *peer, double peer_value)
{
	if (options->json)
		printf(peer ? "{\"bench\":\"kinds\",\"case\":\"%s\",\"value\":%g,\"unit\":\"%s\","
			      "\"peer\":\"%s\",\"peer_value\":%g,\"ratio\":%g}\n"
			    : "{\"bench\":\"kinds\",\"case\":\"%s\",\"value\":%g,\"unit\":\"%s\","
			      "\"peer\":null,\"peer_value\":null,\"ratio\":null}\n",
		       name, value, unit, peer, peer_value,
		       peer_value > 0 ? value / peer_value : 0);
	else if (peer)
		printf("%-48s %10.6g %s (%s: %.4g)\n", name, value, unit, peer, peer_value);
	else
		printf("%-48s %10.6g %s\n", name, value, unit);
}

bool kinds_of(struct bytes bytes, char kind[17], bool *wide, json_t **actions)
{
	struct shellcode_finding findings[FINDINGS];
	struct error error;
	int count = shellcode_scan(detector, bytes, (struct bytes){ NULL, 0 }, findings, FINDINGS,
				   NULL, &error);

	if (count < 0)
		kinds_fail(&error);
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

int main(int count, char **arguments)
{
	const char *corpus = getenv("KENBI_CORPUS");
	struct kinds_options options = { .parts = 1 };
	bool own_only = false;
	struct error error;
	char given[4096];

	snprintf(given, sizeof given, "%s/shellcode", corpus ? corpus : "../shared/corpus");
	for (int i = 1; i < count; i++) {
		if (strcmp(arguments[i], "--json") == 0)
			options.json = true;
		else if (strcmp(arguments[i], "--list") == 0)
			options.list = true;
		else if (strcmp(arguments[i], "--own") == 0)
			own_only = true;
		else if (strncmp(arguments[i], "--every=", 8) == 0 &&
			 sscanf(arguments[i] + 8, "%u/%u", &options.part, &options.parts) == 2 &&
			 options.parts)
			options.part %= options.parts;
		else if (!options.folder)
			options.folder = arguments[i];
		else
			options.only = arguments[i];
	}
	if (shellcode_new(&detector, &error) < 0)
		kinds_fail(&error);
	if (!options.folder)
		kinds_own(&options);
	options.folder = options.folder ? options.folder : given;
	if (own_only) {
		options.folder = NULL;
	} else if (access(options.folder, R_OK) != 0) {
		fprintf(stderr, "bench kinds: no corpus at %s (set KENBI_CORPUS); not measured\n",
			options.folder);
		options.folder = NULL;
	}
	if (options.folder)
		kinds_corpus(&options);
	shellcode_free(detector);
	return 0;
}
