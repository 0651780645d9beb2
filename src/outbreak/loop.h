/* loop - the event loop of outbreaks that need more than the fast paths (whole.h, birth.h, walk.h):
 * several ways of scanning at once, hosts that differ, links that saturate, remedies of every kind.
 *
 * Kernels (kernel.h) say who hits whom. The loop keeps time: an agenda of what is due, and a clock
 * of unit exponentials for what is memoryless. Whether a hit infects is decided by thinning: the
 * chance is what reach, presence, links and the remedy leave of it (Lewis & Shedler 1979, DOI
 * 10.1002/nav.3800260304). A rate limit thins memoryless scans and slows down walks.
 *
 * With a remedy the loop runs again from time 0. Timed kernels do what they did, as far as they
 * can: their randomness belongs to hosts. Infections by memoryless kernels are followed from the
 * run without, as birth.h does it: they happen again if their infector scans and the remedy lets
 * them, else the victim is exposed to hits of its own. So whoever is infected was infected without
 * the remedy at that time or before, with the exceptions that loop_follows() and docs/topology.md
 * name.
 *
 * Of several remedies each counts from its own delay on. The outbreak that is followed may be one
 * with some of them, if loop_settles() says so: its infections have passed these already. */
#ifndef KENBI_OUTBREAK_LOOP_H
#define KENBI_OUTBREAK_LOOP_H

#include "outbreak/effect.h"
#include "outbreak/history.h"
#include "outbreak/kernel.h"
#include "outbreak/link.h"
#include "outbreak/agenda.h"

/* Hosts of a replica: a kernel needs some hundred bytes for each. */
#define LOOP_MOST_HOSTS 20000000u

enum loop_state { LOOP_SCANS = 1, LOOP_STOPPED = 2, LOOP_HELD = 4 };

/* A remedy may cut infected hosts off from all but their subnet, or provider: most of what they
 * scan is in vain, and kernels need not draw it. */
enum loop_hold { LOOP_HOLDS_NOBODY, LOOP_HOLDS_BY_SUBNET, LOOP_HOLDS_BY_PROVIDER };

struct loop {
	const struct population *population; /* borrowed */
	const struct outbreak_worm *worm;    /* borrowed */
	double duration;
	struct outbreak_vector vectors[OUTBREAK_VECTORS];
	struct kernel kernels[OUTBREAK_VECTORS];
	unsigned kernel_count;
	struct hosts hosts;
	struct link link, base_link;  /* load now; load in the base at this time */
	const struct effect *effect;  /* borrowed, with those behind it; NULL: nothing is done */
	const struct effect *settled; /* … of them, those from here on are in the base, too */
	const struct history *base;   /* borrowed; followed; NULL: none is */
	struct history *history;      /* borrowed */
	double now, left;	      /* time; what is left of the clock's exponential */
	struct random clock;
	double *infected_at; /* of each host; -1: not infected */
	double *without;     /* of each host, with a remedy: when the base has it infected; see
				loop_hit() */
	uint32_t *rank;	     /* of each infected host: its place in history */
	uint8_t *state;	     /* of each host: enum loop_state */
	uint8_t *parts;	     /* of each part of the hosts, while loop_retire() looks at them */
	uint32_t started;    /* so many of history have started to scan */
	uint32_t base_next, base_started;
	enum loop_hold hold;
	double first_force; /* the first of what is not settled is in force */
	double next_force;  /* so is the next of all; INFINITY: all are */
	uint64_t scans;	    /* drawn one by one */
	struct agenda agenda;
	size_t capacity;
};

/* The worm needs the loop: the fast paths do not know all that it does. */
bool loop_needed(const struct outbreak_worm *worm, const struct outbreak_world *world);
/* The fast paths do not know this effect. */
bool loop_needed_for(const struct remedy_candidate *candidate);
/* Runs with a remedy follow the run without, and its infections are among those without. Else (a
 * permutation, whose walks leap away from infected hosts; links that carry more of one host's scans
 * when another's stop, unless hosts are always there and all scans that leave a subnet are
 * uniform; a hit list before other
 * ways) both share the world and what belongs to hosts, and only the mean is known to be better. */
bool loop_follows(const struct outbreak_worm *worm, const struct outbreak_world *world);
/* Whether an outbreak with all these effects (NULL: none) can be followed with more of them: not
 * where what they do depends on when a host was infected, or on who else scans, as that differs
 * between the two. */
bool loop_settles(const struct effect *effect, const struct outbreak_worm *worm,
		  const struct outbreak_world *world);

MUST_CHECK int loop_init(struct loop *loop, const struct population *population,
			 const struct outbreak_worm *worm, double duration, struct error *error);
void loop_fini(struct loop *loop);
/* The outbreak without remedy. */
MUST_CHECK int loop_run(struct loop *loop, struct history *history, struct error *error);
/* The outbreak that `base` tells, of this worm in this replica, with the remedy and all behind it
 * (effect->also). From `settled` on they are in the base (NULL: none is); see loop_settles(). */
MUST_CHECK int loop_run_with(struct loop *loop, const struct effect *effect,
			     const struct effect *settled, const struct history *base,
			     struct history *history, struct error *error);

/* For kernels. */
MUST_CHECK int loop_push(struct loop *loop, const struct kernel_event *event, struct error *error);
/* Host `from` hits `to` now, in a scan of this luck. Whether it gets through; then `to` is infected
 * if it was not. */
MUST_CHECK int loop_hit(struct loop *loop, const struct kernel *kernel, uint32_t from, uint32_t to,
			double luck, bool *through, struct error *error);
/* The host starts to scan in all ways but the first. */
MUST_CHECK int loop_start_rest(struct loop *loop, uint32_t host, struct error *error);
/* When a walk that began at `begin` makes its scan number `scans` at `rate`; INFINITY: a remedy
 * stops it before. */
double loop_scan_time(const struct loop *loop, uint32_t host, double begin, double scans,
		      double rate);

/* What the remedies do now; loop_effect.c. */
/* When the next of them is in force, past `time`. */
double loop_force_after(const struct loop *loop, double time);
/* What they leave of the host's rate; */
double loop_speed(const struct loop *loop, uint32_t host);
/* … of the chance of a scan: those before `end` (NULL: all). */
double loop_effect_chance(const struct loop *loop, const struct kernel *kernel,
			  const struct effect *end, uint32_t from, uint32_t to);
/* By what this run holds hosts; when the host, infected now, will be, if it is (INFINITY: never);
 * and the number that it shares with those it can still reach, who are its neighbours. */
enum loop_hold loop_choose_hold(const struct loop *loop);
double loop_hold_time(const struct loop *loop, uint32_t host);
uint32_t loop_hold_group(const struct loop *loop, uint32_t host);
/* From `time` on they let no scan of the infected host reach anybody in the subnet. */
bool loop_cuts_off(const struct loop *loop, uint32_t host, uint32_t subnet, double time);
/* The host, not infected, cannot be. */
bool loop_any_immune(const struct loop *loop, uint32_t host);
/* When the host, infected now, is cleaned; INFINITY: never. */
double loop_clean_time(const struct loop *loop, uint32_t host);

/* The host scans no more. */
void loop_stop(struct loop *loop, uint32_t host);
/* Stops those who can infect nobody any more, past the remedies that are in force; true: nobody
 * can. Time goes with the number of hosts. loop_retire.c. */
bool loop_retire(struct loop *loop);
/* Room that it needs in `parts`. */
size_t loop_most_parts(const struct outbreak_world *world);

static inline bool loop_infected(const struct loop *loop, uint32_t host)
{
	return loop->infected_at[host] >= 0;
}

static inline double loop_rate(const struct kernel *kernel, uint32_t host)
{
	return kernel->vector->rate * hosts_weight(&kernel->loop->hosts, host);
}

#endif
