/* pipeline - which record goes to which stage: from input bytes to ranked countermeasures.
 *
 * A case is fed inputs (captures, executables, raw bytes) and finished once; every finding leaves as a
 * record (docs/records.md) through the sink, in the order of the chain. The pipeline opens no file, no socket and
 * no data base: it runs in a confined process and its owner does that. */
#ifndef KENBI_PIPELINE_H
#define KENBI_PIPELINE_H

#include <jansson.h>

#include "base/base.h"

struct pipeline_sink {
	void *context;
	/* A finished record, borrowed. */
	int (*record)(void *context, const json_t *record);
	/* The body of a sample, for the sample store. */
	int (*sample)(void *context, struct bytes content);
	/* `what` is being done; done of total (total 0: not known). May be NULL. */
	void (*progress)(void *context, const char *what, uint64_t done, uint64_t total);
};

struct pipeline_options {
	const char *topology;        /* path; NULL: the default one */
	uint64_t seed;
	uint32_t replicas;           /* 0: default */
	uint64_t sample_budget;      /* instructions a sample may execute; 0: 200 million */
	bool events;                 /* also emit every trace event as a record */
};

struct pipeline;
MUST_CHECK int pipeline_new(const struct pipeline_options *options,
			    const struct pipeline_sink *sink, struct pipeline **pipeline,
			    struct error *error);
void pipeline_free(struct pipeline *pipeline);
/* Reads one input from an open descriptor (taken). `name` is how people know it. What is wrong with an
 * input is an error here and an "error" record for the case; other inputs go on. */
MUST_CHECK int pipeline_feed(struct pipeline *pipeline, int descriptor, const char *name,
			     struct error *error);
/* Links what was found into the story, derives remedies, runs the forecast. */
MUST_CHECK int pipeline_finish(struct pipeline *pipeline, struct error *error);

#endif
