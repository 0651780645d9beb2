#include "outbreak/hosts.h"

#include <math.h>
#include <stdlib.h>

#include "outbreak/draw.h"

void hosts_init(struct hosts *hosts, const struct population *population,
		const struct outbreak_worm *worm)
{
	*hosts = (struct hosts){ .population = population, .worm = worm };
}

void hosts_fini(struct hosts *hosts)
{
	free(hosts->weight);
	free(hosts->reach);
	free(hosts->online);
	free(hosts->until);
	free(hosts->moves);
	*hosts = (struct hosts){ 0 };
}

static bool hosts_differ_in_reach(const struct outbreak_worm *worm)
{
	return worm->unreachable_share > 0 || worm->private_share > 0;
}

static bool hosts_come_and_go(const struct outbreak_worm *worm)
{
	return worm->offline > 0 && worm->online > 0;
}

static int hosts_make_room(struct hosts *hosts, size_t count, struct error *error)
{
	const struct outbreak_worm *worm = hosts->worm;

	if (count <= hosts->capacity)
		return 0;
	size_t wanted = count + count / 8;
	struct hosts larger = { .population = hosts->population, .worm = worm };
	hosts_fini(hosts);
	bool enough = true;
	if (worm->rate_spread > 0)
		enough = (larger.weight = malloc(wanted * sizeof *larger.weight));
	if (enough && hosts_differ_in_reach(worm))
		enough = (larger.reach = malloc(wanted * sizeof *larger.reach));
	if (enough && hosts_come_and_go(worm)) {
		larger.online = malloc(wanted * sizeof *larger.online);
		larger.until = malloc(wanted * sizeof *larger.until);
		larger.moves = malloc(wanted * sizeof *larger.moves);
		enough = larger.online && larger.until && larger.moves;
	}
	larger.capacity = enough ? wanted : 0;
	*hosts = larger;
	return enough ? 0 : error_set(error, ERROR_MEMORY, "", "no memory for %zu hosts", wanted);
}

/* exp(σ z - σ² / 2), z normal (Box & Muller 1958, DOI 10.1214/aoms/1177706645): lognormal, of mean
 * 1. */
static void hosts_draw_weights(struct hosts *hosts)
{
	const struct population *population = hosts->population;
	double spread = hosts->worm->rate_spread;
	struct random random;

	draw_init(&random, population->seed, population->replica, DRAW_WEIGHT);
	for (uint32_t host = 0; host < population->count; host++) {
		double radius = sqrt(-2 * log(random_unit(&random)));
		double normal = radius * cos(6.283185307179586 * random_unit(&random));
		hosts->weight[host] = exp(spread * normal - spread * spread / 2);
	}
}

static void hosts_draw_reach(struct hosts *hosts)
{
	const struct population *population = hosts->population;
	double unreachable = hosts->worm->unreachable_share;
	double private = unreachable + (1 - unreachable) * hosts->worm->private_share;
	struct random random;

	draw_init(&random, population->seed, population->replica, DRAW_REACH);
	for (uint32_t host = 0; host < population->count; host++) {
		double point = random_unit(&random);
		hosts->reach[host] = (uint8_t)(point < unreachable ? HOSTS_UNREACHABLE
					       : point < private   ? HOSTS_PRIVATE
								   : HOSTS_OPEN);
		hosts->reachable -= point < unreachable;
	}
	for (uint32_t i = 0; i < population->chosen_count; i++)
		hosts->reachable += hosts->reach[population->chosen[i]] == HOSTS_UNREACHABLE;
}

/* The next draw about the host's coming and going. */
static double hosts_next_unit(struct hosts *hosts, uint32_t host)
{
	const struct population *population = hosts->population;
	return draw_at(population->seed, population->replica, DRAW_PRESENCE,
		       (uint64_t)host << 32 | hosts->moves[host]++);
}

static double hosts_next_stay(struct hosts *hosts, uint32_t host)
{
	double mean = hosts->online[host] ? hosts->worm->online : hosts->worm->offline;
	return -log(hosts_next_unit(hosts, host)) * mean;
}

int hosts_draw(struct hosts *hosts, struct error *error)
{
	const struct outbreak_worm *worm = hosts->worm;
	uint32_t count = hosts->population->count;
	int result = hosts_make_room(hosts, (size_t)count + 1, error);

	if (result < 0)
		return result;
	hosts->reachable = count;
	if (hosts->weight)
		hosts_draw_weights(hosts);
	if (hosts->reach)
		hosts_draw_reach(hosts);
	for (uint32_t host = 0; hosts->online && host < count; host++) {
		hosts->moves[host] = 0;
		hosts->online[host] = hosts_next_unit(hosts, host) <
				      worm->online / (worm->online + worm->offline);
		hosts->until[host] = hosts_next_stay(hosts, host);
	}
	return 0;
}

bool hosts_online(struct hosts *hosts, uint32_t host, double time)
{
	if (!hosts->online)
		return true;
	while (hosts->until[host] <= time) {
		hosts->online[host] ^= 1;
		hosts->until[host] += hosts_next_stay(hosts, host);
	}
	return hosts->online[host];
}
