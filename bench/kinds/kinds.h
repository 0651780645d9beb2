/* What the parts of the measurement of kinds share. */
#ifndef KENBI_BENCH_KINDS_H
#define KENBI_BENCH_KINDS_H

#include <jansson.h>

#include "base/base.h"

struct kinds_options {
	bool json, list;
	const char *folder; /* the corpus; NULL: none */
	const char *only;   /* part of the names of what is taken; NULL: all */
	unsigned part, parts;
};

/* The first finding's kind; false: none. `wide` (64-bit code) and `actions` (returned owned) may be
 * NULL. Ends the program when there is no memory. */
bool kinds_of(struct bytes bytes, char kind[17], bool *wide, json_t **actions);
void kinds_fail(const struct error *error);

/* One figure, beside its floor and a peer's; negative: there is none. */
void kinds_figure(const struct kinds_options *options, const char *name, double value,
		  const char *unit, const char *peer, double peer_value);

/* Our own payloads under our own encoders. */
void kinds_own(const struct kinds_options *options);
/* Payloads of a corpus under our own encoders. */
void kinds_corpus(const struct kinds_options *options);

/* How a way of grouping does: of the pairs that it puts together, those that belong together, and
 * of those that belong together, the pairs that it puts so; in percent. */
struct kinds_grouping {
	double precision, recall;
	bool measured;
};
struct kinds_specimen {
	unsigned payload;
	char kind[17]; /* "": not found */
	struct buffer bytes;
};
/* ssdeep (any likeness) and TLSH (a distance of at most 100) on the bytes as they were sent, where
 * these are installed. */
struct kinds_grouping kinds_ssdeep(const struct kinds_specimen *specimens, size_t count);
struct kinds_grouping kinds_tlsh(const struct kinds_specimen *specimens, size_t count);

#endif
