/* The worm of a scenario, and the ways in which it finds hosts. */
#include "outbreak/scenario_file.h"

static int take_increments(struct scenario_builder *builder, const struct scenario_file_way *file,
			   struct outbreak_vector *vector)
{
	int result = 0;

	vector->increment_count = file->increments_count;
	for (unsigned i = 0; result == 0 && i < file->increments_count; i++)
		result = scenario_count(builder, "worm.increments", &file->increments[i], 0,
					UINT32_MAX, &vector->increments[i]);
	return result;
}

static int take_way(struct scenario_builder *builder, const struct scenario_file_way *file,
		    struct outbreak_vector *vector)
{
	*vector = (struct outbreak_vector){
		.scan = file->scan,
		.rate = scenario_number(file->rate, 0),
		.local_share = scenario_number(file->local_share, 0),
		.prefix_share = { scenario_number(file->share_8, 0),
				  scenario_number(file->share_16, 0),
				  scenario_number(file->share_24, 0) },
		.random_start = scenario_number(file->random_start, 0),
		.contacts = scenario_number(file->contacts, 1),
		.contact_exponent = scenario_number(file->contact_exponent, 2),
		.contacts_most = scenario_number(file->contacts_most, 1000),
		.open_share = scenario_number(file->open_share, 1),
		.reading = scenario_number(file->reading, 0),
	};
	int result = scenario_count(builder, "worm.list_size", file->list_size, 0, UINT32_MAX,
				    &vector->list_size);
	if (result == 0)
		result = scenario_count(builder, "worm.multiplier", file->multiplier, 1, UINT32_MAX,
					&vector->multiplier);
	if (result == 0)
		result = scenario_count(builder, "worm.draw_bits", file->draw_bits, 0, 16,
					&vector->draw_bits);
	return result < 0 ? result : take_increments(builder, file, vector);
}

/* The four fields of a worm are enough for its ways. */
static bool is_plain(const struct scenario_file_worm *file)
{
	return file->also_count == 0 && file->way.scan <= OUTBREAK_LOCAL && !file->way.share_8 &&
	       !file->way.share_16 && !file->way.share_24;
}

static int take_ways(struct scenario_builder *builder, const struct scenario_file_worm *file,
		     struct outbreak_worm *worm)
{
	size_t count = file->also_count + 1;
	struct outbreak_vector *vectors =
		arena_take(builder->scenario->arena, count * sizeof *vectors);

	if (!vectors)
		return error_set(builder->error, ERROR_LIMIT, builder->path,
				 "its worm needs more than %zu MiB", SCENARIO_MOST_MEMORY >> 20);
	int result = take_way(builder, &file->way, &vectors[0]);
	for (unsigned i = 0; result == 0 && i < file->also_count; i++)
		result = take_way(builder, &file->also[i].way, &vectors[i + 1]);
	worm->scan = vectors[0].scan;
	worm->rate = vectors[0].rate;
	worm->local_share = vectors[0].local_share;
	worm->random_start = vectors[0].random_start;
	if (!is_plain(file)) {
		worm->vectors = vectors;
		worm->vector_count = count;
	}
	return result;
}

int scenario_take_worm(struct scenario_builder *builder)
{
	const struct scenario_file_worm *file = builder->file->worm;
	struct outbreak_worm *worm = &builder->scenario->worm;
	uint32_t port = 0;

	*worm = (struct outbreak_worm){
		.latency = scenario_number(file->latency, 0),
		.rate_spread = scenario_number(file->rate_spread, 0),
		.unreachable_share = scenario_number(file->unreachable_share, 0),
		.private_share = scenario_number(file->private_share, 0),
		.online = scenario_number(file->online, 0),
		.offline = scenario_number(file->offline, 0),
		.scan_bytes = scenario_number(file->scan_bytes, 0),
		.every_scan = file->explicit && *file->explicit,
	};
	int result = take_ways(builder, file, worm);
	if (result == 0)
		result = scenario_count(builder, "worm.port", file->port, 0, UINT16_MAX, &port);
	if (result < 0)
		return result;
	worm->port = (uint16_t)port;
	result = scenario_count(builder, "worm.initially_infected", file->initially_infected, 1,
				UINT32_MAX, &worm->initially_infected);
	if (result == 0 && file->origin)
		result = scenario_keep(builder, file->origin, &worm->origin);
	return result;
}
