/* Profiles of benign flows: which share of honest traffic a packet filter would touch.
 *
 * A profile has weights per service: protocol, port and, when it was counted from the user's own
 * flows, the server's address. A published one knows no addresses, so a filter that names one
 * cannot be judged by it. An estimate is a share of the profile's flows, whatever way they go: a
 * filter at a place that only some of them pass costs less. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remedy/profile.h"

struct service {
	struct address server; /* family 0: any */
	uint16_t port;	       /* 0: this place is free */
	bool udp;
	double weight;
};

struct remedy_profile {
	char *basis;
	struct service *services; /* by hash; `places` is a power of two, at most half are taken */
	size_t count, places;
	double total;
	uint64_t flows;
	bool has_servers;
};

struct remedy_profile *remedy_profile_new(const char *basis)
{
	struct remedy_profile *profile = calloc(1, sizeof *profile);

	if (!profile)
		return NULL;
	profile->places = 1024;
	profile->services = calloc(profile->places, sizeof *profile->services);
	profile->basis = strdup(basis);
	if (!profile->services || !profile->basis) {
		remedy_profile_free(profile);
		return NULL;
	}
	return profile;
}

void remedy_profile_free(struct remedy_profile *profile)
{
	if (!profile)
		return;
	free(profile->services);
	free(profile->basis);
	free(profile);
}

uint64_t remedy_profile_flows(const struct remedy_profile *profile)
{
	return profile->flows;
}

const char *profile_basis(const struct remedy_profile *profile)
{
	return profile->basis;
}

static uint64_t hash_of(bool udp, uint16_t port, const struct address *server)
{
	uint64_t hash = UINT64_C(14695981039346656037) ^ (uint64_t)(port * 2 + udp);

	for (size_t i = 0; i < sizeof server->bytes; i++)
		hash = (hash ^ server->bytes[i]) * UINT64_C(1099511628211);
	return hash ^ hash >> 29;
}

static struct service *place_of(struct service *services, size_t places, bool udp, uint16_t port,
				const struct address *server)
{
	for (uint64_t at = hash_of(udp, port, server);; at++) {
		struct service *service = &services[at & (places - 1)];
		if (service->port == 0 || (service->port == port && service->udp == udp &&
					   address_equal(&service->server, server)))
			return service;
	}
}

static bool make_room(struct remedy_profile *profile)
{
	if (profile->count < profile->places / 2)
		return true;
	if (profile->count >= REMEDY_PROFILE_LIMIT)
		return false;
	size_t places = 2 * profile->places;
	struct service *services = calloc(places, sizeof *services);
	if (!services)
		return false;
	for (size_t i = 0; i < profile->places; i++) {
		const struct service *old = &profile->services[i];
		if (old->port)
			*place_of(services, places, old->udp, old->port, &old->server) = *old;
	}
	free(profile->services);
	profile->services = services;
	profile->places = places;
	return true;
}

static int add_weight(struct remedy_profile *profile, bool udp, uint16_t port,
		      const struct address *server, double weight)
{
	if (port == 0)
		return 0;
	struct service *service = place_of(profile->services, profile->places, udp, port, server);
	if (service->port == 0) {
		if (!make_room(profile))
			return ERROR_LIMIT;
		service = place_of(profile->services, profile->places, udp, port, server);
		*service = (struct service){ .server = *server, .port = port, .udp = udp };
		profile->count++;
	}
	service->weight += weight;
	return 0;
}

int remedy_profile_add(struct remedy_profile *profile, bool udp, uint16_t port,
		       const struct address *server)
{
	profile->flows++;
	profile->total++;
	profile->has_servers = true;
	return add_weight(profile, udp, port, server, 1);
}

/* --- published shares --- */

static int take_shares(struct remedy_profile *profile, const struct benign_profile *file,
		       const char *path, struct error *error)
{
	const struct address any = { .family = 0 };
	double sum = 0;

	for (unsigned i = 0; i < file->shares_count; i++) {
		const struct benign_share *share = &file->shares[i];
		bool udp = strcmp(share->proto, "udp") == 0;
		if ((!udp && strcmp(share->proto, "tcp") != 0) || share->port == 0 ||
		    share->port > 65535 || !(share->share >= 0 && share->share <= 1))
			return error_set(error, ERROR_INPUT, path,
					 "%.60s: entry %u of shares: expected proto tcp or udp, a "
					 "port from 1 to 65535, and a share between 0 and 1",
					 file->name, i + 1);
		sum += share->share;
		if (add_weight(profile, udp, (uint16_t)share->port, &any, share->share) < 0)
			return error_set(error, ERROR_MEMORY, path, "no memory for a profile");
	}
	if (sum > 1 + 1e-9)
		return error_set(error, ERROR_INPUT, path,
				 "%.60s: the shares add up to %.4f, more than everything",
				 file->name, sum);
	profile->total = 1;
	return 0;
}

int remedy_profile_read(struct bytes text, const char *path, struct remedy_profile **profile,
			struct error *error)
{
	struct benign_profile *file;
	void *data;
	unsigned count;
	char basis[512];
	int result = knowledge_load_bytes(text, path, &schema_benign, &data, &count, error);

	*profile = NULL;
	if (result < 0)
		return result;
	file = data;
	snprintf(basis, sizeof basis, "%.200s (shares of %.60s)", file->title, file->unit);
	struct remedy_profile *made = remedy_profile_new(basis);
	if (count != 1)
		result = error_set(error, ERROR_INPUT, path, "expected one profile, found %u",
				   count);
	else if (!made)
		result = error_set(error, ERROR_MEMORY, path, "no memory for a profile");
	else
		result = take_shares(made, file, path, error);
	knowledge_free(&schema_benign, data, count);
	if (result < 0)
		remedy_profile_free(made);
	else
		*profile = made;
	return result;
}

/* --- filters --- */

static bool touches(const struct filter_line *line, const struct service *service)
{
	const char *address = line->to ? line->to : line->from;
	struct address named;

	if (line->proto && strcmp(line->proto, service->udp ? "udp" : "tcp") != 0)
		return false;
	if (line->port && strtoul(line->port, NULL, 10) != service->port)
		return false;
	return !address ||
	       (address_parse(address, &named) == 0 && address_equal(&named, &service->server));
}

bool profile_share(const struct remedy_profile *profile, const struct packet_filter *filter,
		   double *share)
{
	double touched = 0;
	bool listed = profile->has_servers; /* what was counted and not seen is nothing */

	if (filter->count == 0 || profile->total <= 0)
		return false;
	for (size_t i = 0; i < filter->count; i++)
		if ((filter->lines[i].to || filter->lines[i].from) && !profile->has_servers)
			return false;
	for (size_t i = 0; i < profile->places; i++) {
		const struct service *service = &profile->services[i];
		bool any = false;
		for (size_t j = 0; service->port && j < filter->count; j++)
			any |= touches(&filter->lines[j], service);
		touched += any ? service->weight : 0;
		listed |= any;
	}
	/* A published list ends somewhere: what is not in it is not known. */
	if (!listed)
		return false;
	*share = touched / profile->total;
	return true;
}
