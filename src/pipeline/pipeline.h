/* pipeline - which record goes to which stage: from input bytes to ranked countermeasures.
 *
 * A case is fed inputs (captures, executables, raw bytes) and finished once; every finding leaves
 * as a record (docs/records.md) through the sink, in the order of the chain. pipeline_new …
 * pipeline_free run in this process and open nothing but kenbi's own data; pipeline_run does the
 * same in a confined process, and that is what programs use for foreign input. */
#ifndef KENBI_PIPELINE_H
#define KENBI_PIPELINE_H

#include <jansson.h>

#include "base/base.h"

enum pipeline_stage {
	PIPELINE_SESSIONS = 1,	/* emit session records */
	PIPELINE_SHELLCODE = 2, /* search bytes and conversations for shellcode */
	PIPELINE_SAMPLES = 4,	/* run executables and judge them */
	PIPELINE_REMEDIES = 8,	/* story, behaviours, remedies, forecast */
	PIPELINE_ALL = 15
};

struct pipeline_sink {
	void *context;
	/* A finished record, borrowed. A negative result stops the work and is returned. */
	int (*record)(void *context, const json_t *record);
	/* The body of a sample, for the sample store. */
	int (*sample)(void *context, struct bytes content);
	/* `what` is being done; done of total (total 0: not known). May be NULL. */
	void (*progress)(void *context, const char *what, uint64_t done, uint64_t total);
};

struct pipeline_options {
	unsigned stages;	/* enum pipeline_stage; 0: all */
	bool raw;		/* every input is plain bytes, whatever it looks like */
	bool events;		/* also emit every trace event as a record */
	const char *topology;	/* path; NULL: the default one */
	uint64_t seed;		/* 0: 1 */
	uint32_t replicas;	/* of the forecast; 0: default */
	uint64_t sample_budget; /* instructions a sample may execute; 0: 200 million */
};

struct pipeline;
MUST_CHECK int pipeline_new(const struct pipeline_options *options,
			    const struct pipeline_sink *sink, struct pipeline **pipeline,
			    struct error *error);
void pipeline_free(struct pipeline *pipeline);
/* Reads one input from an open descriptor (taken). `name` is how people know it. What is wrong with
 * an input is the error here and an "error" record of the case; what was read before stands, and
 * other inputs can follow. */
MUST_CHECK int pipeline_feed(struct pipeline *pipeline, int descriptor, const char *name,
			     struct error *error);
/* Links what was found into the story, derives remedies, runs the forecast. */
MUST_CHECK int pipeline_finish(struct pipeline *pipeline, struct error *error);

/* The whole of the above in a confined process of its own. `next` gives the inputs one after the
 * other: 1 and a name (borrowed until the next call) with a descriptor (taken), 0 at the end,
 * negative to skip one that could not be opened (it has said so itself). `failed` is told of every
 * input that was not read to its end. Returns 0, or the error that ended the case; an input that
 * kills the process is one failed input. */
struct pipeline_inputs {
	void *context;
	int (*next)(void *context, const char **name, int *descriptor);
	void (*failed)(void *context, const struct error *error);
};
MUST_CHECK int pipeline_run(const struct pipeline_options *options,
			    const struct pipeline_inputs *inputs, const struct pipeline_sink *sink,
			    struct error *error);
/* The other side of pipeline_run: the main function of the role "pipeline". Returns an exit status.
 */
int pipeline_role(void);

/* Records of worlds and forecasts, for commands that run a forecast alone. Declared here because
 * their shape is the pipeline's; see docs/records.md. */
struct outbreak_world;
struct outbreak_worm;
struct outbreak_run;
struct remedy_candidate;
MUST_CHECK int pipeline_forecast(const struct outbreak_world *world,
				 const struct outbreak_worm *worm, const char *derived_from,
				 const struct outbreak_run *run,
				 const struct remedy_candidate *candidates, size_t count,
				 const struct pipeline_sink *sink, struct error *error);
/* --- traces that were recorded before (kenbi remedy) --- */

struct pipeline_remedy_options {
	const char *host; /* of an EVE log: this machine alone; NULL: those that stand out */
	/* Benign flows, whose share each packet filter touches: a capture, an EVE log, a profile as
	 * in data/benign; NULL: nothing is estimated. The descriptor is taken. */
	const char *benign;
	int benign_descriptor;
	/* A playbook of these remedies, by their ids, in this order: a "playbook" record at the
	 * end. NULL: none. */
	const uint32_t *chosen;
	size_t chosen_count;
	uint64_t time;	    /* of the playbook's making: seconds since 1970 */
	const char *format; /* preferred in the playbook; NULL: each remedy's first */
};
/* Behaviours and remedies of traces: emits behaviour and remedy records. `names` says whose trace
 * each is; `profile` may be NULL; of the options, those of the playbook count. ERROR_USAGE for a
 * chosen remedy that does not exist. */
struct trace_log;
struct remedy_profile;
MUST_CHECK int pipeline_remedies(const struct pipeline_remedy_options *options,
				 const struct trace_log *const *traces, const char *const *names,
				 size_t count, const struct remedy_profile *profile,
				 const struct pipeline_sink *sink, struct error *error);
/* The same for files of any format that trace_import knows, read in a confined process. An input
 * that cannot be read, or is of no known format, ends the work with its error. What was left out
 * because of a limit is an "error" record. */
MUST_CHECK int pipeline_remedies_run(const struct pipeline_remedy_options *options,
				     const struct pipeline_inputs *inputs,
				     const struct pipeline_sink *sink, struct error *error);
/* The main function of the role "remedy". Returns an exit status. */
int pipeline_remedies_role(void);

/* --- bytes as code, instruction by instruction (kenbi x86 trace) --- */

struct pipeline_x86_register {
	char name[8]; /* as in x86_values */
	uint64_t value;
};
struct pipeline_x86_trace {
	bool wide;	 /* 64-bit code */
	uint64_t base;	 /* where the bytes lie; 0: PIPELINE_X86_BASE */
	uint64_t entry;	 /* offset of the first instruction */
	uint64_t budget; /* instructions; at least 1 */
	bool quiet;	 /* only the records of the beginning and the end */
	const struct pipeline_x86_register *registers;
	size_t register_count;
};
#define PIPELINE_X86_BASE  UINT64_C(0x400000)
#define PIPELINE_X86_LIMIT ((size_t)16 << 20) /* most bytes of code */

/* Runs the bytes in the simulator and emits the records x86_start, x86_step, x86_end. They lie on
 * pages that can be read, written and executed, with a stack of 1 MiB that can, too; a return to
 * where the code was called from ends the trace. ERROR_USAGE for an address or a register that is
 * not possible, ERROR_INPUT without bytes. */
MUST_CHECK int pipeline_x86_trace(const struct pipeline_x86_trace *options, struct bytes code,
				  const char *name, const struct pipeline_sink *sink,
				  struct error *error);
/* The same in a confined process: `descriptor` (taken) is read there. */
MUST_CHECK int pipeline_x86_trace_run(const struct pipeline_x86_trace *options, const char *name,
				      int descriptor, const struct pipeline_sink *sink,
				      struct error *error);
/* The main function of the role "x86-trace". Returns an exit status. */
int pipeline_x86_trace_role(void);

#endif
