/* hosts - what the hosts of a replica are like: how fast, from where they can be reached, and when
 * they are there. All of it is a function of seed, replica and host, so it is the same with every
 * remedy. */
#ifndef KENBI_OUTBREAK_HOSTS_H
#define KENBI_OUTBREAK_HOSTS_H

#include "outbreak/population.h"

enum hosts_reach { HOSTS_OPEN, HOSTS_PRIVATE, HOSTS_UNREACHABLE };

struct hosts {
	const struct population *population; /* borrowed */
	const struct outbreak_worm *worm;    /* borrowed */
	double *weight;			     /* of each: factor of its rate; NULL: all 1 */
	uint8_t *reach;			     /* of each: enum hosts_reach; NULL: all open */
	uint32_t reachable; /* how many are not HOSTS_UNREACHABLE, or infected first */
	uint8_t *online;    /* of each, as far as it has been asked; NULL: all, always */
	double *until;	    /* … and until when */
	uint32_t *moves;    /* … and how often it has come or gone */
	size_t capacity;
};

void hosts_init(struct hosts *hosts, const struct population *population,
		const struct outbreak_worm *worm);
void hosts_fini(struct hosts *hosts);
/* For the replica that the population now holds, at time 0. */
MUST_CHECK int hosts_draw(struct hosts *hosts, struct error *error);
/* Whether the host is there. Times must not fall until the next hosts_draw(). */
bool hosts_online(struct hosts *hosts, uint32_t host, double time);

static inline double hosts_weight(const struct hosts *hosts, uint32_t host)
{
	return hosts->weight ? hosts->weight[host] : 1;
}

static inline enum hosts_reach hosts_reach(const struct hosts *hosts, uint32_t host)
{
	return hosts->reach ? (enum hosts_reach)hosts->reach[host] : HOSTS_OPEN;
}

#endif
