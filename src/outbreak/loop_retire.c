/* Who scans in vain for the rest of a run with remedies: where filters let nothing through and
 * hosts are immune, scans go on for long that can infect nobody. Those hosts are stopped. */
#include "outbreak/loop.h"

#include <math.h>
#include <string.h>

/* A filter between places that nothing passes, by which hosts are parted; NULL: there is none. Of
 * several one is enough: they part hosts even more. Where it is not known what links between peers
 * join, it parts nobody. */
static const struct effect *loop_parting(const struct loop *loop)
{
	for (const struct effect *effect = loop->effect; effect; effect = effect->also)
		if (effect->candidate->effect == REMEDY_FILTER && effect->candidate->pass <= 0 &&
		    effect->candidate->place != REMEDY_AT_HOST &&
		    (!effect->opens || effect->island))
			return effect;
	return NULL;
}

/* The part of all hosts that this one is in: others cannot be reached from there. */
static size_t loop_part(const struct loop *loop, const struct effect *parting, uint32_t host)
{
	uint32_t subnet = loop->population->subnet[host];

	if (!parting)
		return 0;
	if (parting->island)
		return parting->island[subnet];
	if (parting->zone)
		return parting->zone[subnet];
	if (!parting->part[subnet])
		return 0;
	return (size_t)1 + (parting->candidate->place == REMEDY_AT_SUBNET
				    ? subnet
				    : loop->population->world->subnets[subnet].provider);
}

size_t loop_most_parts(const struct outbreak_world *world)
{
	size_t places = world->subnet_count > world->provider_count ? world->subnet_count
								    : world->provider_count;
	return places + 2;
}

#define INFECTED 1 /* somebody is, in that part of the hosts */
#define OPEN	 2 /* … can be */

/* What is left of a hit list goes from host to host, and a limited link is shared by all who scan.
 */
static bool loop_may_retire(const struct loop *loop)
{
	for (unsigned i = 0; i < loop->kernel_count; i++)
		if (loop->kernels[i].does == &kernel_list)
			return false;
	return !link_limited(&loop->link);
}

bool loop_retire(struct loop *loop)
{
	const struct population *population = loop->population;
	const struct history *history = loop->history;
	const struct effect *parting = loop_parting(loop);
	bool may_retire = loop_may_retire(loop), spent = true;

	if (!loop->effect || loop->next_force < INFINITY)
		return false;
	memset(loop->parts, 0, loop_most_parts(population->world));
	for (uint32_t i = 0; i < history->count; i++)
		loop->parts[loop_part(loop, parting, history->host[i])] |= INFECTED;
	for (uint32_t host = 0; host < population->count; host++) {
		uint8_t *part = &loop->parts[loop_part(loop, parting, host)];
		if (*part == INFECTED && !loop_infected(loop, host) &&
		    hosts_reach(&loop->hosts, host) != HOSTS_UNREACHABLE &&
		    !loop_any_immune(loop, host)) {
			*part |= OPEN;
			spent = false;
		}
	}
	for (uint32_t i = 0; may_retire && !spent && i < history->count; i++) {
		uint32_t host = history->host[i];
		if (loop->parts[loop_part(loop, parting, host)] == INFECTED &&
		    !(loop->state[host] & LOOP_STOPPED))
			loop_stop(loop, host);
	}
	return spent;
}
