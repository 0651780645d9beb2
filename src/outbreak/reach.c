#include "outbreak/reach.h"

#include <stdlib.h>
#include <string.h>

void reach_init(struct reach *reach, const struct population *population)
{
	*reach = (struct reach){ .population = population };
}

void reach_fini(struct reach *reach)
{
	free(reach->class_of);
	free(reach->next);
	free(reach->left);
	free(reach->open);
	free(reach->numbers);
	free(reach->keys);
	*reach = (struct reach){ 0 };
}

static int make_room(struct reach *reach, struct error *error)
{
	size_t subnets = reach->population->world->subnet_count, hosts = reach->population->count;

	if (subnets > reach->subnets) {
		for (reach->bits = 4; (size_t)1 << reach->bits < 2 * subnets;)
			reach->bits++;
		reach->class_of = malloc(subnets * sizeof *reach->class_of);
		reach->next = malloc(subnets * sizeof *reach->next);
		reach->left = malloc(subnets * sizeof *reach->left);
		reach->numbers = malloc(sizeof *reach->numbers << reach->bits);
		reach->keys = malloc(sizeof *reach->keys << reach->bits);
		if (!reach->class_of || !reach->next || !reach->left || !reach->numbers ||
		    !reach->keys)
			return error_set(error, ERROR_MEMORY, "", "no memory for %zu subnets",
					 subnets);
		reach->subnets = subnets;
	}
	if (hosts + 1 > reach->capacity) {
		free(reach->open);
		reach->capacity = hosts + hosts / 8 + 1;
		reach->open = malloc(reach->capacity * sizeof *reach->open);
		if (!reach->open) {
			reach->capacity = 0;
			return error_set(error, ERROR_MEMORY, "", "no memory for %zu hosts", hosts);
		}
	}
	return 0;
}

/* The number of a key, from 0; a new one gets the next. */
static uint32_t number_of(struct reach *reach, uint64_t key, uint32_t *count)
{
	size_t mask = ((size_t)1 << reach->bits) - 1;
	size_t at = (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> (64 - reach->bits));

	while (reach->numbers[at] != REACH_NOBODY && reach->keys[at] != key)
		at = (at + 1) & mask;
	if (reach->numbers[at] == REACH_NOBODY) {
		reach->keys[at] = key;
		reach->numbers[at] = (*count)++;
	}
	return reach->numbers[at];
}

/* Parts the classes by one filter more. */
static void part(struct reach *reach, const struct effect *effect)
{
	const struct outbreak_world *world = reach->population->world;
	bool subnets = effect->candidate->place == REMEDY_AT_SUBNET;
	uint32_t count = 0;

	memset(reach->numbers, 0xff, sizeof *reach->numbers << reach->bits);
	for (uint32_t i = 0; i < world->subnet_count; i++) {
		uint32_t place = subnets ? i : world->subnets[i].provider;
		uint32_t group = effect->zone ? effect->zone[i] : effect->part[i] ? place + 1 : 0;
		reach->class_of[i] =
			number_of(reach, (uint64_t)reach->class_of[i] << 32 | group, &count);
	}
}

/* From the last subnet to the first, and once more around the end; `left` holds the one last seen
 * of each class. */
static void link_subnets(struct reach *reach)
{
	const uint32_t *first = reach->population->first;
	uint32_t subnets = (uint32_t)reach->population->world->subnet_count;

	for (uint32_t i = 0; i < subnets; i++)
		reach->left[reach->class_of[i]] = i;
	for (uint32_t twice = 0; twice < 2; twice++)
		for (uint32_t i = subnets; i-- > 0;) {
			reach->next[i] = reach->left[reach->class_of[i]];
			if (first[i] < first[i + 1])
				reach->left[reach->class_of[i]] = i;
		}
}

/* Who comes behind a host, along its class. */
static uint32_t successor(const struct reach *reach, uint32_t host)
{
	const struct population *population = reach->population;
	uint32_t subnet = population->subnet[host];

	if (host + 1 < population->first[subnet + 1])
		return host + 1;
	return population->first[reach->next[subnet]];
}

int reach_reset(struct reach *reach, const struct effect *effect, struct error *error)
{
	const struct population *population = reach->population;
	const struct outbreak_world *world = population->world;
	int result = make_room(reach, error);

	if (result < 0)
		return result;
	memset(reach->class_of, 0, world->subnet_count * sizeof *reach->class_of);
	for (const struct effect *one = effect; one; one = one->also)
		if (one->candidate->effect == REMEDY_FILTER &&
		    one->candidate->place != REMEDY_AT_HOST)
			part(reach, one);
	link_subnets(reach);
	memset(reach->left, 0, world->subnet_count * sizeof *reach->left);
	for (uint32_t i = 0; i < world->subnet_count; i++)
		reach->left[reach->class_of[i]] += population->first[i + 1] - population->first[i];
	for (uint32_t host = 0; host < population->count; host++)
		reach->open[host] = host;
	for (uint32_t host = 0; effect && host < population->count; host++)
		if (effect_all_immune(effect, host))
			reach_close(reach, host);
	return 0;
}

void reach_close(struct reach *reach, uint32_t host)
{
	uint32_t *left = &reach->left[reach->class_of[reach->population->subnet[host]]];

	/* Nobody is left where one who is alone in its class has been closed. */
	if (*left == 0 || reach->open[host] != host)
		return;
	reach->open[host] = successor(reach, host);
	--*left;
}

/* `host` or the next along its class who can be infected. */
static uint32_t find_open(struct reach *reach, uint32_t host)
{
	uint32_t *open = reach->open;

	if (reach->left[reach->class_of[reach->population->subnet[host]]] == 0)
		return REACH_NOBODY;
	while (open[host] != host) {
		open[host] = open[open[host]];
		host = open[host];
	}
	return host;
}

uint32_t reach_behind(struct reach *reach, uint32_t host)
{
	return find_open(reach, successor(reach, host));
}

uint32_t reach_from(struct reach *reach, uint32_t walker, uint64_t address)
{
	const struct population *population = reach->population;
	uint32_t subnets = (uint32_t)population->world->subnet_count;
	uint32_t host = population_host_from(population, address);
	uint32_t own = population->subnet[walker], subnet = population->subnet[host];

	if (reach->class_of[subnet] == reach->class_of[own])
		return find_open(reach, host);
	if (reach->next[own] == own)
		subnet = own;
	while (reach->class_of[subnet] != reach->class_of[own] ||
	       population->first[subnet] == population->first[subnet + 1])
		subnet = subnet + 1 == subnets ? 0 : subnet + 1;
	return find_open(reach, population->first[subnet]);
}
