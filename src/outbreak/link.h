/* link - what the providers' connections carry, as a fluid: of all scans that leave a provider, its
 * connection carries so many a second, and each has the same chance to be among them.
 *
 * Every scan of a provider's hosts counts as load; those that stay inside are never lost. Hosts
 * that come and go count with the share of time that they are there. */
#ifndef KENBI_OUTBREAK_LINK_H
#define KENBI_OUTBREAK_LINK_H

#include "outbreak/hosts.h"
#include "outbreak/sum_tree.h"

struct link {
	const struct hosts *hosts; /* borrowed */
	double rate;		   /* scans per second of a host of weight 1, over all its ways */
	double *capacity;     /* of each provider, in scans per second; NULL: links do not matter */
	uint32_t *first;      /* of each provider: its hosts' range of `place` */
	uint32_t *place;      /* of each host; hosts in the order of their providers */
	uint32_t *host_at;    /* of each place */
	struct sum_tree load; /* scans per second of each place */
	size_t room;
};

MUST_CHECK int link_init(struct link *link, const struct hosts *hosts, double rate,
			 struct error *error);
void link_fini(struct link *link);
/* Nobody scans, in the replica that the population now holds. */
MUST_CHECK int link_reset(struct link *link, struct error *error);
/* From now on the host scans at `factor` times its own rate. */
void link_load(struct link *link, uint32_t host, double factor);
/* Scans per second of the provider's hosts. */
double link_demand(const struct link *link, uint32_t provider);
/* Chance that a scan which leaves the provider is carried. */
double link_share(const struct link *link, uint32_t provider);
/* One of the provider's hosts, in proportion to its load; it must have some. */
uint32_t link_draw(const struct link *link, uint32_t provider, struct random *random);

static inline bool link_limited(const struct link *link)
{
	return link->capacity != NULL;
}

#endif
