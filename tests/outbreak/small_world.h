/* The world of 72 addresses, and the ways of scanning, that are held against the oracle. */
#ifndef KENBI_TESTS_SMALL_WORLD_H
#define KENBI_TESTS_SMALL_WORLD_H

#include "outbreak/outbreak.h"

static const struct outbreak_provider open_providers[] = { { "a", 0 }, { "b", 0 } };
/* Two scans a second leave each, of one byte. */
static const struct outbreak_provider narrow_providers[] = { { "a", 16 }, { "b", 16 } };
static const struct outbreak_subnet subnets[] = {
	{ "a-1", 0, 24, 0.6, 0.7, 0.2 },
	{ "a-2", 0, 8, 0.9, 0.9, 0.0 },
	{ "b-1", 1, 40, 0.5, 0.6, 0.1 },
};
static const struct outbreak_world small_world = { .name = "small",
						   .providers = open_providers,
						   .provider_count = 2,
						   .subnets = subnets,
						   .subnet_count = 3,
						   .scanned_space = 88 };

static const struct outbreak_vector mixture[] = {
	{ .scan = OUTBREAK_LOCAL, .rate = 1, .local_share = 0.3, .prefix_share = { 0, 0, 0.2 } }
};
static const struct outbreak_vector permutation[] = { { .scan = OUTBREAK_PERMUTATION, .rate = 2 } };
static const struct outbreak_vector hit_list[] = {
	{ .scan = OUTBREAK_HIT_LIST, .rate = 1, .list_size = 12 },
	{ .scan = OUTBREAK_RANDOM, .rate = 1 }
};
/* rand() of Microsoft's C library, once for each four bits of an address. */
static const struct outbreak_vector pieces[] = { { .scan = OUTBREAK_FLAWED,
						   .rate = 1.5,
						   .multiplier = 214013,
						   .increments = { 2531011 },
						   .increment_count = 1,
						   .draw_bits = 4 } };
static const struct outbreak_vector flawed[] = { { .scan = OUTBREAK_FLAWED,
						   .rate = 2,
						   .multiplier = 5,
						   .increments = { 12, 3, 7 },
						   .increment_count = 3 } };
static const struct outbreak_vector several[] = {
	{ .scan = OUTBREAK_LOCAL, .rate = 0.6, .local_share = 0.5 },
	{ .scan = OUTBREAK_SEQUENTIAL, .rate = 1, .random_start = 0.5 },
	{ .scan = OUTBREAK_MAIL,
	  .contacts = 1,
	  .contact_exponent = 3,
	  .contacts_most = 5,
	  .open_share = 0.5,
	  .reading = 8 },
	{ .scan = OUTBREAK_SHARES, .rate = 0.1 }
};

#define WAYS(array) .vectors = (array), .vector_count = sizeof(array) / sizeof *(array)

#endif
