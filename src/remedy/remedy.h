/* remedy - from traces to behaviour to candidate countermeasures. Knowledge is data, not code.
 *
 * data/behaviour/ *.yaml: patterns over trace events → named behaviours with parameters (D2);
 * data/remedy/ *.yaml: which behaviour an entry answers, where it is enforced, how it changes the
 * infection model, and templates of rule text (D3). Loaded knowledge is immutable and may be shared
 * by threads. */
#ifndef KENBI_REMEDY_H
#define KENBI_REMEDY_H

#include <jansson.h>

#include "base/base.h"
#include "trace/trace.h"

struct remedy_knowledge;
/* `folder` holds behaviour/ and remedy/; NULL: kenbi's data. ERROR_INPUT names file, line and key.
 */
MUST_CHECK int remedy_load(const char *folder, struct remedy_knowledge **knowledge,
			   struct error *error);
void remedy_knowledge_free(struct remedy_knowledge *knowledge);

/* Behaviours seen in traces (of the wire, of shellcode, of samples): an array of
 * {"type":"behaviour","name","title","source","parameters":{…},"evidence":[…]} ordered by name.
 * `sources[i]` says whose trace it is ("session 2", "shellcode 1", a sample's SHA-256). Returns
 * owned. */
MUST_CHECK int remedy_behaviours(const struct remedy_knowledge *knowledge,
				 const struct trace_log *const *traces, const char *const *sources,
				 size_t count, json_t **behaviours, struct error *error);

/* How a program chooses its targets, from the addresses it tried to reach: NULL when it does not
 * scan, else
 * {"strategy":"random"|"sequential"|"local"|"generator"|"permutation"|"hit_list","confidence" (0 …
 * 1), "port","proto","targets","distinct","rate" (per second),"rate_low","rate_high" (95 %; null:
 * not known),"rate_basis":"sleep"|"timeout"|"instructions"|"clock","sequential_share","local_share"
 * {"8":…,"16":…,"24":…},"blocks":{"excluded":[…],"reached":[…]}, "histogram":[256 counts by first
 * octet]} and what was fitted to the strategy (docs/knowledge.md). Returns owned. Own prefixes in
 * local_share are null where `self` (may be NULL) is not known. How strategy and rate are computed
 * is said in remedy/scan.c and the files beside it. */
json_t *remedy_scan_pattern(const struct trace_log *trace, const struct address *self);

/* How a remedy changes the infection model (outbreak reads it). */
enum remedy_effect {
	REMEDY_FILTER, /* packets of the attack pass an enforcement point with probability `pass` */
	REMEDY_PATCH,  /* a share of vulnerable hosts becomes immune */
	REMEDY_RATE,   /* scans of a host behind the point are multiplied by `pass` */
	REMEDY_CONTROL, /* the infected lose their control server: no change of the spread itself */
	REMEDY_CLEAN, /* infected hosts are cleaned, and immune, `reaction_seconds` after infection
		       */
	REMEDY_BLOCK  /* as REMEDY_FILTER, but only what comes from addresses infected for
			 `reaction_seconds` */
};
enum remedy_place { REMEDY_AT_HOST, REMEDY_AT_SUBNET, REMEDY_AT_PROVIDER, REMEDY_AT_BORDER };
const char *remedy_place_name(enum remedy_place place); /* "host", "subnet", "provider", "border" */
const char *remedy_effect_name(enum remedy_effect effect);

/* What kind of machine a rule is loaded into. DEVICE(identifier, "name", meaning). */
#define REMEDY_DEVICES(DEVICE)                                                         \
	DEVICE(HOST, "host", "the hosts themselves")                                   \
	DEVICE(SWITCH, "switch", "the access switch, between hosts of one subnet")     \
	DEVICE(ROUTER, "router", "the router of a subnet")                             \
	DEVICE(FIREWALL, "firewall", "the packet filter at the organisation's border") \
	DEVICE(EDGE, "edge", "the provider's edge routers")                            \
	DEVICE(DNS, "dns", "the resolver that hosts ask")                              \
	DEVICE(PROXY, "proxy", "the Web proxy")                                        \
	DEVICE(MAIL, "mail", "the mail gateway")                                       \
	DEVICE(IDS, "ids", "the intrusion prevention system in the line")

enum remedy_device {
#define REMEDY_DEVICE_ENUM(id, name, meaning) REMEDY_ON_##id,
	REMEDY_DEVICES(REMEDY_DEVICE_ENUM)
#undef REMEDY_DEVICE_ENUM
		REMEDY_DEVICE_COUNT
};
const char *remedy_device_name(enum remedy_device device);

/* A language that rules are written in. */
struct remedy_format {
	const char *name;      /* "nftables" */
	const char *extension; /* of a file with one rule: "nft" */
	const char *loaded_by; /* for people: "nft -f FILE" */
	const char *check; /* a shell command in which "$1" is the file; 0: it would load. NULL: no
			      tool is known that runs everywhere */
};
/* Format `index` of the table, NULL past the last; the format of that name, NULL: none. */
const struct remedy_format *remedy_format(size_t index);
const struct remedy_format *remedy_format_find(const char *name);

struct remedy_rule {
	const char *format; /* "nftables", …: a name of the table of formats */
	const char *text;   /* ready to load, parameters filled in */
	const char *undo;   /* what takes it back, in the same language where that has words for
			       it; "" when the candidate's `undo` says all */
};

struct remedy_candidate {
	const char *name, *title, *why; /* why: which behaviour, with its parameters, it answers */
	enum remedy_effect effect;
	enum remedy_place place;
	enum remedy_device device;
	double pass;		 /* probability or multiplier, 0 … 1 */
	double share;		 /* of hosts, subnets or providers that take part, 0 … 1 */
	double delay_seconds;	 /* from first infection until it is in force */
	double reaction_seconds; /* CLEAN, BLOCK: from a host's infection until it is dealt with */
	const uint32_t *places;	 /* the subnets or providers (by `place`) of a topology that take
				    part, ascending, instead of a share of all; NULL: see share */
	size_t place_count;
	const struct remedy_candidate *whole; /* the same remedy at all places, of which this is at
						 some; NULL: this is no part of another */
	const char *collateral;		      /* what else stops working; "" for nothing known */
	double collateral_share; /* of the benign flows at its places that stop, 0 … 1; 0: not
				    known */
	const char *collateral_basis; /* whose benign flows those are; "": not known */
	const char *limits; /* what it does not stop, where its model might suggest more; "" */
	const char *undo;   /* how to take it back; "" for nothing to do */
	const char *attack; /* MITRE ATT&CK techniques that it answers: "T1210, T1595" */
	const char *defend; /* MITRE D3FEND techniques that it is: "D3-NTF" */
	const struct remedy_rule *rules;
	size_t rule_count;
};

#define REMEDY_CANDIDATES 256 /* most of one derivation */

struct remedy_candidates {
	struct arena *arena;
	struct remedy_candidate *items;
	size_t count;
	size_t dropped; /* candidates over the limit, which are not in items */
};
MUST_CHECK int remedy_derive(const struct remedy_knowledge *knowledge, const json_t *behaviours,
			     struct remedy_candidates *candidates, struct error *error);
/* Likewise, and estimates what packet filters cost: the share of the profile's flows that they
 * would touch. NULL: nothing is estimated. */
struct remedy_profile;
MUST_CHECK int remedy_derive_beside(const struct remedy_knowledge *knowledge,
				    const struct remedy_profile *profile, const json_t *behaviours,
				    struct remedy_candidates *candidates, struct error *error);
void remedy_candidates_fini(struct remedy_candidates *candidates);

/* Several remedies, in that order, as a playbook of OASIS CACAO 2.0 (remedy/playbook.c says how).
 * Returns owned; NULL without remedies, without a rule in one of them, or without memory. */
struct remedy_playbook_about {
	const char *name;
	uint64_t time;	    /* of its making: seconds since 1970 */
	const char *format; /* preferred where a remedy has it; NULL: each remedy's first */
};
json_t *remedy_playbook(const struct remedy_playbook_about *about,
			const struct remedy_candidate *const *candidates, size_t count);

/* --- benign flows, for estimates of collateral --- */

/* A profile from the text of data/benign/NAME.yaml, whose shares are published, … */
MUST_CHECK int remedy_profile_read(struct bytes text, const char *path,
				   struct remedy_profile **profile, struct error *error);
/* … or an empty one, to be filled flow by flow. `basis` says whose flows they are. NULL: no memory.
 */
struct remedy_profile *remedy_profile_new(const char *basis);
void remedy_profile_free(struct remedy_profile *profile);
/* One flow to that server. At most REMEDY_PROFILE_LIMIT services are told apart; ERROR_LIMIT
 * beyond (the flow is then counted in the total only). */
#define REMEDY_PROFILE_LIMIT (1u << 20)
int remedy_profile_add(struct remedy_profile *profile, bool udp, uint16_t port,
		       const struct address *server);
uint64_t remedy_profile_flows(const struct remedy_profile *profile);

#endif
