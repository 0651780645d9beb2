#include "outbreak/population.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "outbreak/binomial.h"
#include "outbreak/supply.h"

#define FEW 32.0 /* expected hosts of a subnet that are counted one by one */

int population_init(struct population *population, const struct outbreak_world *world,
		    struct error *error)
{
	*population = (struct population){ .world = world };
	population->first = calloc(world->subnet_count + 1, sizeof *population->first);
	population->base = calloc(world->subnet_count + 1, sizeof *population->base);
	if (!population->first || !population->base) {
		population_fini(population);
		return error_set(error, ERROR_MEMORY, world->name, "no memory for its subnets");
	}
	for (size_t i = 0; i < world->subnet_count; i++)
		population->base[i + 1] = population->base[i] + world->subnets[i].addresses;
	return 0;
}

void population_fini(struct population *population)
{
	free(population->first);
	free(population->base);
	free(population->live_in);
	free(population->subnet);
	free(population->block);
	free(population->address);
	free(population->below);
	free(population->chosen);
	*population = (struct population){ 0 };
}

/* Makes room for `count` items of `size` in *array; the content is lost. */
static int make_room(void **array, size_t *capacity, size_t count, size_t size, struct error *error)
{
	if (count <= *capacity)
		return 0;
	size_t wanted = count + count / 1024 + 1024; /* replicas differ a little */
	free(*array);
	*array = calloc(wanted, size);
	*capacity = *array ? wanted : 0;
	if (!*array)
		return error_set(error, ERROR_MEMORY, "", "no memory for %zu hosts", count);
	return 0;
}

/* Chance that an address is somebody who can be infected. */
static double chance_of_one(const struct outbreak_subnet *subnet)
{
	return subnet->live_share * subnet->vulnerable_share * (1 - subnet->patched_share);
}

/* Where subnets have few hosts each: hazard runs on from address to address and from subnet to
 * subnet, and somebody is at each address in which a unit exponential is used up. That is a trial
 * of its own for each address, at the cost of one number for each who is there. */
struct count_walk {
	struct supply_waits waits;
	double left;	       /* of the present exponential */
	double chance, hazard; /* of an address */
};

static void count_walk_init(struct count_walk *walk, const struct population *population)
{
	supply_waits_init(&walk->waits, population->seed, population->replica, DRAW_FEW);
	walk->left = supply_wait(&walk->waits);
	walk->chance = walk->hazard = 0;
}

static uint64_t count_few(struct count_walk *walk, uint64_t addresses, double chance)
{
	double room = (double)addresses;
	uint64_t count = 0;

	if (chance != walk->chance) {
		walk->chance = chance;
		walk->hazard = -log1p(-chance);
	}
	for (;;) {
		double gap = floor(walk->left / walk->hazard) + 1;
		if (gap > room)
			break;
		room -= gap;
		walk->left = supply_wait(&walk->waits);
		count++;
	}
	walk->left = fmax(0, walk->left - room * walk->hazard);
	return count;
}

/* Who can be infected. */
static int draw_counts(struct population *population, struct error *error)
{
	const struct outbreak_world *world = population->world;
	struct count_walk walk;
	struct random random;
	uint64_t total = 0;

	draw_init(&random, population->seed, population->replica, DRAW_COUNTS);
	count_walk_init(&walk, population);
	for (size_t i = 0; i < world->subnet_count; i++) {
		const struct outbreak_subnet *subnet = &world->subnets[i];
		double chance = chance_of_one(subnet);
		population->first[i] = (uint32_t)total;
		if (chance > 0 && chance < 0.5 && (double)subnet->addresses * chance < FEW)
			total += count_few(&walk, subnet->addresses, chance);
		else
			total += binomial_draw(&random, subnet->addresses, chance);
		if (total > POPULATION_MOST)
			return error_set(
				error, ERROR_LIMIT, world->name,
				"more than %u hosts can be infected; make the world smaller",
				POPULATION_MOST);
	}
	population->first[world->subnet_count] = (uint32_t)total;
	population->count = (uint32_t)total;
	return 0;
}

static bool needs_live(const struct outbreak_worm *worm)
{
	struct outbreak_vector vectors[OUTBREAK_VECTORS];
	size_t count = outbreak_worm_vectors(worm, vectors);

	for (size_t i = 0; i < count; i++)
		if (vectors[i].scan == OUTBREAK_SHARES)
			return true;
	return false;
}

static bool alike(const struct outbreak_subnet *a, const struct outbreak_subnet *b)
{
	return a->live_share == b->live_share && a->vulnerable_share == b->vulnerable_share &&
	       a->patched_share == b->patched_share;
}

/* Live hosts are those and, of the other addresses, so many. Neighbours with the same shares are
 * drawn together, unless it matters who has how many. */
static int draw_live(struct population *population, const struct outbreak_worm *worm,
		     struct error *error)
{
	const struct outbreak_world *world = population->world;
	bool each = needs_live(worm);
	struct random random;

	if (each && !population->live_in) {
		population->live_in = calloc(world->subnet_count + 1, sizeof *population->live_in);
		if (!population->live_in)
			return error_set(error, ERROR_MEMORY, world->name,
					 "no memory for its subnets");
	}
	draw_init(&random, population->seed, population->replica, DRAW_LIVE);
	population->live = population->count;
	for (size_t i = 0, end; i < world->subnet_count; i = end) {
		const struct outbreak_subnet *subnet = &world->subnets[i];
		double one = chance_of_one(subnet);
		for (end = i + 1; !each && end < world->subnet_count; end++)
			if (!alike(subnet, &world->subnets[end]))
				break;
		uint64_t able = population->first[end] - population->first[i];
		uint64_t rest = population->base[end] - population->base[i] - able;
		uint64_t unable = one < 1 ? binomial_draw(&random, rest,
							  (subnet->live_share - one) / (1 - one))
					  : 0;
		population->live += unable;
		if (each)
			population->live_in[i] = able + unable;
	}
	return 0;
}

/* About as many blocks as subnets. */
static int index_subnets(struct population *population, struct error *error)
{
	size_t subnets = population->world->subnet_count, subnet = 0;

	population->named = false;
	population->host_bits = 0;
	while (population->count >> population->host_bits > subnets)
		population->host_bits++;
	size_t blocks = (population->count >> population->host_bits) + (size_t)2;
	int result = make_room((void **)&population->block, &population->block_capacity, blocks,
			       sizeof *population->block, error);
	for (size_t i = 0; result == 0 && i < blocks; i++) {
		while (subnet + 1 < subnets &&
		       population->first[subnet + 1] <= i << population->host_bits)
			subnet++;
		population->block[i] = (uint32_t)subnet;
	}
	return result;
}

uint32_t population_find_subnet(const struct population *population, uint32_t host)
{
	const uint32_t *block = &population->block[host >> population->host_bits];
	uint32_t low = block[0], high = block[1];

	while (low < high) {
		uint32_t middle = low + (high - low + 1) / 2;
		if (population->first[middle] <= host)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

int population_name_subnets(struct population *population, struct error *error)
{
	const uint32_t *first = population->first;
	size_t subnets = population->world->subnet_count;
	int result = population->named
			     ? 0
			     : make_room((void **)&population->subnet, &population->capacity,
					 (size_t)population->count + 1, sizeof *population->subnet,
					 error);

	if (result < 0 || population->named)
		return result;
	population->named = true;
	/* One subnet is number 0 of all hosts: that memory is never touched. */
	for (size_t i = 0; subnets > 1 && i < subnets; i++)
		for (uint32_t host = first[i]; host < first[i + 1]; host++)
			population->subnet[host] = (uint32_t)i;
	return 0;
}

static void draw_addresses(struct population *population)
{
	const struct outbreak_world *world = population->world;
	struct random random;

	draw_init(&random, population->seed, population->replica, DRAW_ADDRESSES);
	for (size_t i = 0; i < world->subnet_count; i++) {
		uint32_t first = population->first[i], end = population->first[i + 1];
		subset_draw(&random, world->subnets[i].addresses, end - first,
			    population->address + first);
		for (uint32_t host = first; host < end; host++)
			population->address[host] += population->base[i];
	}
}

/* About as many blocks as hosts. */
static int index_addresses(struct population *population, struct error *error)
{
	uint64_t end = population->base[population->world->subnet_count];

	population->block_bits = 0;
	while (end >> population->block_bits > (uint64_t)population->count + 1)
		population->block_bits++;
	size_t blocks = (size_t)(end >> population->block_bits) + 2;
	int result = make_room((void **)&population->below, &population->below_capacity, blocks,
			       sizeof *population->below, error);
	if (result < 0)
		return result;
	size_t block = 0;
	for (uint32_t host = 0; host < population->count; host++)
		while (block <= population->address[host] >> population->block_bits)
			population->below[block++] = host;
	while (block < blocks)
		population->below[block++] = population->count;
	return 0;
}

uint32_t population_host_from(const struct population *population, uint64_t address)
{
	if (address >= population->base[population->world->subnet_count])
		return 0;
	size_t block = (size_t)(address >> population->block_bits);
	uint32_t low = population->below[block], high = population->below[block + 1];

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (population->address[middle] < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low == population->count ? 0 : low;
}

/* The range of individuals that the outbreak starts from. */
static void find_origin(const struct population *population, const char *origin, uint32_t *first,
			uint32_t *end)
{
	const struct outbreak_world *world = population->world;

	*first = 0;
	*end = population->count;
	for (size_t i = 0; origin && i < world->subnet_count; i++)
		if (strcmp(world->subnets[i].name, origin) == 0) {
			*first = population->first[i];
			*end = population->first[i + 1];
			return;
		}
}

static int draw_first_infected(struct population *population, const struct outbreak_worm *worm,
			       struct error *error)
{
	struct random random;
	uint32_t first, end;

	find_origin(population, worm->origin, &first, &end);
	uint32_t count =
		worm->initially_infected < end - first ? worm->initially_infected : end - first;
	int result = make_room((void **)&population->chosen, &population->chosen_capacity,
			       (size_t)count + 1, sizeof *population->chosen, error);
	if (result < 0)
		return result;
	draw_init(&random, population->seed, population->replica, DRAW_FIRST_INFECTED);
	subset_draw(&random, end - first, count, population->chosen);
	for (uint32_t i = 0; i < count; i++)
		population->chosen[i] += first;
	population->chosen_count = count;
	return 0;
}

/* Only where they matter: they cost 8 bytes and some time for each host. */
static bool needs_addresses(const struct outbreak_worm *worm)
{
	struct outbreak_vector vectors[OUTBREAK_VECTORS];
	size_t count = outbreak_worm_vectors(worm, vectors);
	bool needs = worm->every_scan;

	for (size_t i = 0; i < count; i++) {
		const double *prefix = vectors[i].prefix_share;
		needs = needs || vectors[i].scan == OUTBREAK_SEQUENTIAL ||
			vectors[i].scan == OUTBREAK_FLAWED ||
			(vectors[i].scan == OUTBREAK_LOCAL &&
			 prefix[0] + prefix[1] + prefix[2] > 0);
	}
	return needs;
}

int population_draw(struct population *population, const struct outbreak_worm *worm, uint64_t seed,
		    uint32_t replica, struct error *error)
{
	population->seed = seed;
	population->replica = replica;
	int result = draw_counts(population, error);
	if (result == 0)
		result = draw_live(population, worm, error);
	if (result == 0)
		result = index_subnets(population, error);
	if (result < 0)
		return result;
	if (needs_addresses(worm)) {
		result = make_room((void **)&population->address, &population->address_capacity,
				   (size_t)population->count + 1, sizeof *population->address,
				   error);
		if (result < 0)
			return result;
		draw_addresses(population);
		result = index_addresses(population, error);
		if (result < 0)
			return result;
	}
	return draw_first_infected(population, worm, error);
}
