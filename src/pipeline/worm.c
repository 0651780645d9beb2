/* The worm of a case: what the forecast spreads, from the scan that was seen in a trace.
 *
 * What the trace cannot tell is assumed, and said. A generator of addresses that comes to all of
 * them covers them as random draws do, as long as hosts start from random states; a short cycle is
 * told. */
#include "pipeline/case.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define ASSUMED_RATE	 10.0 /* scans per second of an infected host */
#define ASSUMED_INFECTED 10   /* hosts infected at the beginning */
#define ASSUMED_LATENCY	 1.0  /* seconds from hit to first own scan */
#define PERMUTATION_HITS 2e5  /* of one run: a tenth of a second */

__attribute__((format(printf, 2, 3))) static void say(struct case_worm *worm, const char *format,
						      ...)
{
	size_t length = strlen(worm->why);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(worm->why + length, sizeof worm->why - length, format, arguments);
	va_end(arguments);
}

/* The model's local scan draws from the own subnet, a worm's from a prefix of its own address.
 * Scans of a wider prefix hit the own subnet as often as its size says; the rest of them count as
 * scans of the whole space. */
static double local_share(const json_t *scan, const struct outbreak_world *world)
{
	static const struct {
		const char *prefix;
		double addresses;
	} levels[] = { { "24", 0x1p8 }, { "16", 0x1p16 }, { "8", 0x1p24 } };
	const json_t *shares = json_object_get(scan, "local_share");
	double addresses = 0, share = 0, inner = 0;

	for (size_t i = 0; i < world->subnet_count; i++)
		addresses += (double)world->subnets[i].addresses / (double)world->subnet_count;
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		double within = json_number_value(json_object_get(shares, levels[i].prefix));
		if (within > inner) {
			share += (within - inner) * fmin(1, addresses / levels[i].addresses);
			inner = within;
		}
	}
	return share;
}

static void use_local(struct case_worm *derived, const json_t *scan,
		      const struct outbreak_world *world)
{
	derived->worm.local_share = local_share(scan, world);
	if (derived->worm.local_share > 0)
		derived->worm.scan = OUTBREAK_LOCAL;
	say(derived,
	    "; %.2g of the scans stay in the own subnet, the others count as scans of the whole "
	    "space",
	    derived->worm.local_share);
}

static void use_way(struct case_worm *derived, struct outbreak_vector way)
{
	derived->way = way;
	derived->way.rate = derived->worm.rate;
	derived->worm.scan = way.scan;
	derived->worm.vectors = &derived->way;
	derived->worm.vector_count = 1;
}

static void use_list(struct case_worm *derived, const json_t *scan)
{
	double size = json_number_value(json_object_get(scan, "list_size"));

	use_way(derived, (struct outbreak_vector){
				 .scan = OUTBREAK_HIT_LIST,
				 .list_size = (uint32_t)fmin(fmax(round(size), 1), UINT32_MAX) });
	say(derived,
	    "; a list of some %.0f addresses, which count as hosts that can be infected; each is "
	    "attacked once, by whoever holds that part of the list, and nobody else is",
	    size);
}

/* Every walker meets every host, again and again: hits of a day, at most. */
static void use_permutation(struct case_worm *derived, const struct outbreak_world *world)
{
	double hosts = 0, day = 86400;

	for (size_t i = 0; i < world->subnet_count; i++)
		hosts += outbreak_subnet_vulnerable(&world->subnets[i]);
	if (hosts * hosts * derived->worm.rate * day / (double)world->scanned_space <=
	    PERMUTATION_HITS)
		use_way(derived, (struct outbreak_vector){ .scan = OUTBREAK_PERMUTATION });
	else
		say(derived, "; in a world of this size it is simulated as random, which is slower "
			     "at the end (`scan: permutation` of a scenario walks)");
}

static void tell_generator(struct case_worm *derived, const json_t *scan)
{
	const json_t *generator = json_object_get(scan, "generator");
	json_int_t bits = json_integer_value(json_object_get(generator, "cycle_bits"));

	say(derived, "; the generator's states from random seeds cover addresses as random draws "
		     "do: so it is simulated");
	if (bits > 0 && bits < 32)
		say(derived,
		    "; its cycle of 2^%d addresses is over after %.3g h: from then on a host finds "
		    "nobody new, and the forecast is too high (`scan: flawed` of a scenario draws "
		    "every scan)",
		    (int)bits, ldexp(1, (int)bits) / derived->worm.rate / 3600);
}

static void use_strategy(struct case_worm *derived, const char *strategy, const json_t *scan,
			 const struct outbreak_world *world)
{
	if (strcmp(strategy, "sequential") == 0)
		derived->worm.scan = OUTBREAK_SEQUENTIAL;
	else if (strcmp(strategy, "local") == 0)
		use_local(derived, scan, world);
	else if (strcmp(strategy, "permutation") == 0)
		use_permutation(derived, world);
	else if (strcmp(strategy, "hit_list") == 0)
		use_list(derived, scan);
	else if (strcmp(strategy, "generator") == 0)
		tell_generator(derived, scan);
}

void case_derive_worm(const json_t *scan, const char *source, uint16_t attacked_port,
		      const struct outbreak_world *world, struct case_worm *derived)
{
	*derived = (struct case_worm){ .worm = { .scan = OUTBREAK_RANDOM,
						 .rate = ASSUMED_RATE,
						 .port = attacked_port,
						 .initially_infected = ASSUMED_INFECTED,
						 .latency = ASSUMED_LATENCY } };
	struct outbreak_worm *worm = &derived->worm;

	if (!scan) {
		say(derived,
		    "no scan was seen; assumed: uniform random scan of the attacked port %u at "
		    "%.0f scans/s",
		    worm->port, worm->rate);
	} else {
		const char *strategy = json_string_value(json_object_get(scan, "strategy"));
		double rate = json_number_value(json_object_get(scan, "rate"));
		worm->port = (uint16_t)json_integer_value(json_object_get(scan, "port"));
		if (rate > 0)
			worm->rate = rate;
		say(derived, "%s: %s scan of port %u seen in the simulator; rate %.3g scans/s %s",
		    source, strategy ? strategy : "random", worm->port, worm->rate,
		    rate > 0 ? "measured there" : "assumed");
		use_strategy(derived, strategy ? strategy : "random", scan, world);
	}
	say(derived, "%s %d hosts infected at the start, %.0f s from hit to first scan",
	    scan ? "; assumed:" : ";", ASSUMED_INFECTED, ASSUMED_LATENCY);
}
