/* policy - the language that says what behaviour is forbidden, its compiler, and the machine that
 * runs it.
 *
 * Policies are text (data/policy/ NAME.policy, grammar in docs/policy-language.md). They compile to
 * a small bytecode that runs over trace events, apart from any simulator: the same policies judge a
 * live simulation, a stored trace, or a foreign sandbox's log. A set is immutable and may be shared
 * by threads; a machine is not. */
#ifndef KENBI_POLICY_H
#define KENBI_POLICY_H

#include "base/base.h"
#include "trace/trace.h"

enum policy_severity { POLICY_NOTE, POLICY_SUSPICIOUS, POLICY_MALICIOUS };
const char *
policy_severity_name(enum policy_severity severity); /* "note", "suspicious", "malicious" */

struct policy_set;
/* Compiles every *.policy file of a folder (NULL: kenbi's data/policy), in name order. ERROR_INPUT
 * with "file:line:column: what is wrong, what was expected". */
MUST_CHECK int policy_load(const char *folder, struct policy_set **set, struct error *error);
MUST_CHECK int policy_compile(struct bytes text, const char *name, struct policy_set **set,
			      struct error *error);
void policy_set_free(struct policy_set *set);
size_t policy_count(const struct policy_set *set);

struct policy_machine;
struct policy_machine *policy_machine_new(const struct policy_set *set); /* set borrowed */
void policy_machine_free(struct policy_machine *machine);
/* A sink that can be given to a simulator directly. */
struct trace_sink policy_machine_sink(struct policy_machine *machine);

struct policy_finding {
	const char *name, *title;
	const char *reference; /* ATT&CK identifier or other source; "" for none */
	enum policy_severity severity;
	uint64_t matches;	 /* how often its condition became true */
	size_t evidence_count;	 /* at most 8 kept */
	const char *evidence[8]; /* "file.copy source=… path=… (at instruction 12,345)" */
};
/* How many partial matches, counter groups and ends of long texts were given up because the
 * machine's state is bounded (docs/policy-language.md says where); 0: the judgement is exact. */
uint64_t policy_machine_given_up(const struct policy_machine *machine);

/* Finding `index` of what has matched so far, most severe first; NULL past the end. */
const struct policy_finding *policy_finding(struct policy_machine *machine, size_t index);

enum policy_verdict {
	POLICY_UNKNOWN,
	POLICY_CLEAN,
	POLICY_VERDICT_SUSPICIOUS,
	POLICY_VERDICT_MALICIOUS
};
/* Malicious: a malicious policy matched, or three suspicious ones. Suspicious: one did. Clean: none
 * did and the program was seen to end or idle (`finished`). Unknown otherwise. */
enum policy_verdict policy_judge(struct policy_machine *machine, bool finished);
const char *policy_verdict_name(enum policy_verdict verdict); /* "malicious", … */

#endif
