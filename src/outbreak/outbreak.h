/* outbreak - infection simulation: what an outbreak does in a world, and what each remedy changes.
 *
 * Hosts are individuals in subnets, subnets belong to providers. Only scans that hit matter: the
 * process is simulated exactly in distribution by thinning (Lewis & Shedler 1979,
 * DOI 10.1002/nav.3800260304) with counter-based random numbers, so that a seed and a replica
 * number fix the result bit for bit on any number of threads, and runs with and without a remedy
 * share their randomness. */
#ifndef KENBI_OUTBREAK_H
#define KENBI_OUTBREAK_H

#include "base/base.h"
#include "remedy/remedy.h"

enum outbreak_scan {
	OUTBREAK_RANDOM,     /* every scan draws from the whole scanned space; Poisson in time */
	OUTBREAK_SEQUENTIAL, /* walks upwards from the first address of the own subnet, evenly in
				time */
	OUTBREAK_LOCAL, /* a mixture: the own subnet or prefix, or the whole space; Poisson in time
			 */
	OUTBREAK_PERMUTATION, /* walks along an order of all addresses that all hosts share, from a
				 random place; leaps to another where it meets an infected host.
				 Staniford, Paxson & Weaver 2002 */
	OUTBREAK_HIT_LIST,    /* addresses known before; who is infected takes half of the rest */
	OUTBREAK_FLAWED, /* a linear congruential generator, from a random state, evenly in time:
			    every scan is drawn */
	OUTBREAK_MAIL,	 /* messages to the contacts of a host, opened after a while */
	OUTBREAK_SHARES	 /* draws from the live hosts of the own subnet; Poisson in time */
};
/* "random", "sequential", "local", "permutation", "hit-list", "flawed", "mail", "shares". */
const char *outbreak_scan_name(enum outbreak_scan scan);

#define OUTBREAK_INCREMENTS 4
#define OUTBREAK_VECTORS    8

/* One way in which a worm finds hosts. Fields of other ways are 0. */
struct outbreak_vector {
	enum outbreak_scan scan;
	uint32_t multiplier;	/* FLAWED: next = multiplier * state + increment, modulo the least
				   power of two that holds the scanned space */
	double rate;		/* scans per second of one infected host; > 0; MAIL: no matter */
	double local_share;	/* LOCAL: chance that a scan stays in the own subnet, 0 … 1 */
	double prefix_share[3]; /* LOCAL: … in the own /8, /16, /24; all four at most 1 */
	double random_start;	/* SEQUENTIAL: chance that a walk starts anywhere, 0 … 1 */
	uint32_t increments[OUTBREAK_INCREMENTS]; /* FLAWED: a host has one of these */
	uint32_t increment_count;
	uint32_t draw_bits; /* FLAWED: 1 … 16: a state gives so many bits of an address, those from
			       its bit 16 on, the upper ones of the address first, and its modulus
			       is 2^32, as where rand() is called for each octet; 0: the state is
			       the address */
	uint32_t list_size;	 /* HIT_LIST: hosts on the list; > 0 */
	double contacts;	 /* MAIL: a host has floor(contacts * u^(-1 / (exponent - 1))), */
	double contact_exponent; /* … u uniform in (0, 1); ≥ 1, > 1 */
	double contacts_most;	 /* … but at most so many; ≥ contacts */
	double open_share;	 /* MAIL: chance that a message is opened, 0 … 1 */
	double reading;		 /* MAIL: mean seconds until then; exponential; ≥ 0 */
};

struct outbreak_worm {
	enum outbreak_scan scan;
	double rate;	    /* scans per second of one infected host; > 0 */
	double local_share; /* OUTBREAK_LOCAL: chance that a scan stays in the own subnet, 0 … 1 */
	double random_start; /* OUTBREAK_SEQUENTIAL: chance that a walk starts anywhere instead, 0 …
				1 */
	uint16_t port;
	uint32_t initially_infected; /* > 0 */
	const char *origin;	     /* subnet of the first infected; NULL: anywhere */
	double latency;		     /* seconds from hit to the first own scan; ≥ 0 */
	/* Several ways at once, or one with fields of its own; where there are any, scan, rate,
	 * local_share and random_start must be those of the first. A hit list comes first, and a
	 * host uses the other ways when its part of the list is used up. */
	const struct outbreak_vector *vectors;
	size_t vector_count;
	/* What hosts are like. */
	double rate_spread; /* σ of their rates: lognormal, of mean 1 times the rate; 0 … 2 */
	double unreachable_share; /* of those counted as vulnerable, no scan reaches; 0 … 1 */
	double private_share; /* … scans of the own subnet only (address translation); 0 … 1 */
	double online, offline; /* mean seconds that hosts stay and are away; exponential; 0:
				   always there */
	double scan_bytes;	/* of one scan on the wire; 0: links do not matter */
	bool every_scan;	/* explicit: no thinning, every scan is drawn. Slow; the same
				   distribution */
};
/* The ways of a worm, its own four fields where it has no vectors: returns how many. */
size_t outbreak_worm_vectors(const struct outbreak_worm *worm,
			     struct outbreak_vector vectors[OUTBREAK_VECTORS]);

struct outbreak_subnet {
	const char *name;
	uint32_t provider;	 /* index */
	uint64_t addresses;	 /* size of the address block; > 0 */
	double live_share;	 /* chance that an address is a live host */
	double vulnerable_share; /* of live hosts */
	double patched_share;	 /* of vulnerable hosts, immune from the start */
};

struct outbreak_provider {
	const char *name;
	double uplink; /* bit/s that leave it; what is more is lost, from all alike; 0: no limit */
};

#define OUTBREAK_TOP UINT32_MAX

/* Links of providers that peer; both ways of each. peering.h says which routes cross them. */
struct outbreak_peering {
	const uint32_t *enter; /* of each provider: its place in an order in which those below
				  stand behind it … */
	const uint32_t *leave; /* … up to here */
	const uint32_t *at;    /* … who is at each place */
	const uint32_t *climb; /* … itself or the first above it that has peers; OUTBREAK_TOP */
	const uint32_t *first; /* … its links are first[i] … first[i + 1] - 1 */
	const uint32_t *place; /* of each link: where its other side enters; ascending */
	const uint64_t *lead;  /* of each provider: a bit for each part of the order that its peers
				  and those below them are in; part p << shift … */
	unsigned shift;
	const uint32_t *outer; /* … the same provider's link to the first peer above that one;
				  UINT32_MAX: there is none */
};

struct outbreak_world {
	const char *name;
	struct arena *arena; /* owns names and arrays */
	const struct outbreak_provider *providers;
	size_t provider_count;
	const struct outbreak_subnet *subnets; /* in address order: sequential scans run along it */
	size_t subnet_count;
	/* Of each provider: through whom it reaches the others; OUTBREAK_TOP: it is at the top,
	 * where all are connected. NULL: every two providers are connected. */
	const uint32_t *parents;
	const uint32_t *top_down; /* all providers, each behind its parent; NULL without parents */
	const struct outbreak_peering *peering; /* NULL: nobody peers */
	uint64_t scanned_space; /* addresses that a random scan draws from; ≥ sum of addresses */
};
/* A YAML topology (data/topology/, schema in docs/topology.md); NULL: the default one,
 * providers.yaml. ERROR_INPUT says file, key, what is wrong and what is allowed. On failure `world`
 * is empty. */
MUST_CHECK int outbreak_world_load(const char *path, struct outbreak_world *world,
				   struct error *error);
/* The same from text in memory; `name` is for messages. */
MUST_CHECK int outbreak_world_parse(struct bytes text, const char *name,
				    struct outbreak_world *world, struct error *error);
void outbreak_world_fini(struct outbreak_world *world);
/* Expected live hosts of a subnet, and expected hosts that can be infected (vulnerable, not
 * patched). */
double outbreak_subnet_hosts(const struct outbreak_subnet *subnet);
double outbreak_subnet_vulnerable(const struct outbreak_subnet *subnet);

/* Copies of the program that share a run: each simulates every count-th replica, and all of them
 * come to the same result. All must call outbreak_rank() with the same world, worm, run and
 * candidates. What is called here every rank calls, in the same order, from the thread that called
 * outbreak_rank(); what it returns all of them return. */
struct outbreak_ranks {
	unsigned rank, count; /* rank < count */
	/* Every value becomes its sum over all ranks. */
	int (*sum)(void *context, uint64_t *values, size_t count, struct error *error);
	/* `code` is 0 or this rank's failure, told in `error`; returns 0 if no rank failed, else
	 * the first failing rank's code, its message in `error`. */
	int (*agree)(void *context, int code, struct error *error);
	void *context;
};

struct outbreak_run {
	double duration; /* simulated seconds */
	uint32_t replicas;
	uint64_t seed;
	uint32_t curve_points; /* ≥ 2, evenly spaced from 0 to duration */
	unsigned threads;      /* 0: all cores; the result does not depend on it */
	const double *delays;  /* borrowed: reaction times for deadline curves, in seconds,
				  ascending; NULL: none */
	size_t delay_count;
	uint32_t finalists;  /* more candidates than this are raced; 0: never */
	uint32_t combine;    /* most members of a combination; below 2: none is sought */
	uint32_t candidates; /* for outbreak_candidates_at_places(), by its callers */
	const struct outbreak_ranks *ranks; /* borrowed; NULL: this process does all */
};
#define OUTBREAK_MOST_DELAYS  64
#define OUTBREAK_MOST_COMBINE 16
/* 24 h, 20 replicas, seed 1, 97 points; no deadline curves, no race, no combination. */
struct outbreak_run outbreak_default_run(void);
/* What a person wants to see: up to eight usual reaction times below the duration, the first of
 * them 0 (constants), 12 finalists, combinations of up to three, 200 candidates. */
void outbreak_ask_all(struct outbreak_run *run);
/* The time of point `index` of a curve, in simulated seconds. */
double outbreak_point_time(const struct outbreak_run *run, uint32_t index);

struct outbreak_band {
	double low, median, high; /* 5 %, 50 %, 95 % over replicas */
};

struct outbreak_interval {
	double low, high; /* 95 %, of a mean; not a number with one replica */
};

struct outbreak_forecast {
	const struct remedy_candidate *remedy; /* NULL: nothing is done, or a combination */
	uint32_t replicas;		       /* that were simulated: fewer where it was dropped */
	unsigned dropped;		       /* after that round of the race, from 1; 0: never */
	double hosts, vulnerable;      /* mean over replicas: live; live, vulnerable, not patched */
	struct outbreak_band infected; /* at the end */
	struct outbreak_band saved;    /* paired: same replica without minus with */
	double mean_saved;
	struct outbreak_interval interval; /* of mean_saved */
	struct outbreak_band *deadline;	   /* saved, when it is in force after each of run.delays
					      instead of its own; NULL where it was dropped */
	double disturbed; /* expected share of live hosts behind places that take part, times the
			     share of benign flows that stop there (all of them where only words
			     tell) */
	bool pareto;	  /* no other saves as much and disturbs less, or saves more and disturbs as
			     little; of those never dropped */
	struct outbreak_band *curve; /* curve_points entries */
	double *subnet_infected;     /* mean at the end, one per subnet */
	double *subnet_vulnerable;   /* mean, of the same replicas */
};

/* Remedies together, each member the one that saves most on top of those before it. */
struct outbreak_combination {
	const struct remedy_candidate **members; /* borrowed each, in the order of choice */
	size_t member_count;
	struct outbreak_forecast forecast;
};

/* A round of the race: so many candidates started it, and had so many replicas at its end. */
struct outbreak_round {
	size_t candidates;
	uint32_t replicas;
};

/* Results, ranked: forecasts[0] is without remedy, then by median saved, best first; of equals
 * those that would save more after the first of run.delays, then those without known collateral,
 * then by name, then as given. Those dropped in the race come after the others, the last round's
 * first. What each effect means at each place, and how all this is computed: docs/topology.md. */
struct outbreak_result {
	struct outbreak_forecast *forecasts;
	size_t count;
	uint32_t curve_points;
	size_t subnet_count;
	size_t delay_count;
	struct outbreak_round *rounds;
	size_t round_count;
	struct outbreak_combination *combinations; /* of two members, of three, … */
	size_t combination_count;
};
/* After each simulated run; from any thread, but never from two at once. How many there will be is
 * an estimate that changes while candidates are raced and combined. */
typedef void outbreak_progress(void *context, size_t done, size_t total);
/* ERROR_USAGE names an impossible value of worm, run or candidate; ERROR_LIMIT: too many hosts or
 * results. `candidates` are borrowed as long as the result lives. */
MUST_CHECK int outbreak_rank(const struct outbreak_world *world, const struct outbreak_worm *worm,
			     const struct outbreak_run *run,
			     const struct remedy_candidate *candidates, size_t candidate_count,
			     outbreak_progress *progress, void *context,
			     struct outbreak_result *result, struct error *error);
void outbreak_result_fini(struct outbreak_result *result);

/* Candidates for the places of a world: those given, and each of them that is enforced at subnets,
 * providers or their border also at single places and at the 2, 4, 8 … largest together, `most` in
 * all (0: those given). Texts and rules of those given are borrowed. */
struct outbreak_candidates {
	struct arena *arena;
	struct remedy_candidate *items; /* first those given, in their order */
	size_t count;
	size_t left_out; /* that would be more than `most` */
};
MUST_CHECK int outbreak_candidates_at_places(const struct outbreak_world *world,
					     const struct remedy_candidate *candidates,
					     size_t count, size_t most,
					     struct outbreak_candidates *out, struct error *error);
void outbreak_candidates_fini(struct outbreak_candidates *candidates);

/* Where the infected are while outbreaks run, for people who look on: means over replicas. Very
 * many subnets are told in groups of neighbours. */
struct outbreak_spread {
	uint32_t frames;   /* 2 … OUTBREAK_SPREAD_FRAMES */
	uint32_t replicas; /* the first ones of the run: at most OUTBREAK_SPREAD_REPLICAS, fewer
			      where hosts are many */
	size_t group_size; /* subnets of one group, in the order of the world; the last may have
			      fewer */
	size_t groups;	   /* at most OUTBREAK_SPREAD_GROUPS */
	size_t outbreaks;  /* the first is without remedy */
	double *time;	   /* of each frame, ascending from 0 to the duration: half of them even in
			      time, half of them where infections happen without remedy */
	double *share;	   /* [outbreak][frame][group]: infected until then, of those who can be */
};
#define OUTBREAK_SPREAD_FRAMES	 48
#define OUTBREAK_SPREAD_GROUPS	 8192
#define OUTBREAK_SPREAD_REPLICAS 20
/* Runs outbreaks that were ranked once more, without remedy and with each of `remedies` (borrowed):
 * the same seed, so the same infections. Errors as outbreak_rank. */
MUST_CHECK int outbreak_follow(const struct outbreak_world *world, const struct outbreak_worm *worm,
			       const struct outbreak_run *run,
			       const struct remedy_candidate *const *remedies, size_t remedy_count,
			       struct outbreak_spread *spread, struct error *error);
void outbreak_spread_fini(struct outbreak_spread *spread);

/* What is measured of an outbreak, to be held against what was recorded of a real one. */
enum outbreak_measure {
	OUTBREAK_INFECTED,	  /* hosts until `at` */
	OUTBREAK_INFECTED_SHARE,  /* … of the vulnerable, 0 … 1 */
	OUTBREAK_TIME_TO_HOSTS,	  /* seconds until `hosts` are infected */
	OUTBREAK_TIME_TO_SHARE,	  /* … until `share` of the vulnerable are */
	OUTBREAK_PEAK_PER_MINUTE, /* most infections in a whole minute from the start */
	OUTBREAK_DOUBLING,	  /* mean seconds of a doubling between `from` and `to` hosts */
	OUTBREAK_SCANS		  /* scans per second at `at` that the providers' links carry */
};
/* As in files: "infected", "infected-share", …; and "hosts", "share", "seconds", … */
const char *outbreak_measure_name(enum outbreak_measure measure);
const char *outbreak_measure_unit(enum outbreak_measure measure);

struct outbreak_figure {
	const char *what, *source; /* for people; who recorded it, where and when */
	enum outbreak_measure measure;
	double at, share, hosts, from, to; /* as the measure needs them; seconds, 0 … 1, hosts */
	double low, high;		   /* what was recorded; infinite where open */
	bool calibrated; /* parameters were chosen to meet it; else it is a check */
};

/* What `kenbi outbreak SCENARIO.yaml` simulates (data/scenario/, schema in docs/topology.md). */
struct outbreak_scenario {
	const char *name, *title; /* title: "" where none is given */
	struct arena *arena;	  /* owns texts and remedies */
	struct outbreak_world world;
	struct outbreak_worm worm;
	struct outbreak_run run;
	struct remedy_candidate *remedies;
	size_t remedy_count;
	struct outbreak_figure *figures;
	size_t figure_count;
};
/* A topology named in the file is looked for beside the file. On failure `scenario` is empty. */
MUST_CHECK int outbreak_scenario_load(const char *path, struct outbreak_scenario *scenario,
				      struct error *error);
/* The same from text in memory; `path` is for messages, and says beside what a topology lies. */
MUST_CHECK int outbreak_scenario_parse(struct bytes text, const char *path,
				       struct outbreak_scenario *scenario, struct error *error);
void outbreak_scenario_fini(struct outbreak_scenario *scenario);

/* A figure as simulated: over replicas; infinite: never. */
struct outbreak_recalled {
	struct outbreak_band simulated;
	bool within; /* its band meets what was recorded: history is one replica more */
};
/* Simulates the scenario without remedies and measures its figures, into `recalled`: room for
 * scenario->figure_count. ERROR_USAGE names an impossible value; ERROR_LIMIT: too many hosts or
 * replicas. */
MUST_CHECK int outbreak_recall(const struct outbreak_scenario *scenario,
			       struct outbreak_recalled *recalled, struct error *error);

#endif
