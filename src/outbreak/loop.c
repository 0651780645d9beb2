#include "outbreak/loop.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "outbreak/draw.h"
#include "outbreak/walk.h"

/* Instead of a kernel's number: the host is cleaned; `from` infects `to`; the host is held. */
#define LOOP_CLEANS  UINT8_MAX
#define LOOP_INFECTS (UINT8_MAX - 1)
#define LOOP_HOLDS   (UINT8_MAX - 2)

#define LEAST_STEPS 64 /* from one look at who scans in vain to the next */

static const struct kernel_operations *loop_operations(const struct outbreak_worm *worm,
						       enum outbreak_scan scan)
{
	switch (scan) {
	case OUTBREAK_RANDOM:
	case OUTBREAK_LOCAL:
	case OUTBREAK_SHARES: return worm->every_scan ? &kernel_drawn : &kernel_near;
	case OUTBREAK_SEQUENTIAL:
	case OUTBREAK_PERMUTATION:
	case OUTBREAK_FLAWED: return &kernel_walker;
	case OUTBREAK_HIT_LIST: return &kernel_list;
	case OUTBREAK_MAIL: return &kernel_mail;
	}
	return &kernel_near;
}

static bool loop_has_limits(const struct outbreak_worm *worm, const struct outbreak_world *world)
{
	for (size_t i = 0; worm->scan_bytes > 0 && i < world->provider_count; i++)
		if (world->providers[i].uplink > 0)
			return true;
	return false;
}

bool loop_needed(const struct outbreak_worm *worm, const struct outbreak_world *world)
{
	struct outbreak_vector vectors[OUTBREAK_VECTORS];
	size_t count = outbreak_worm_vectors(worm, vectors);
	const double *prefix = vectors[0].prefix_share;

	return count > 1 || vectors[0].scan > OUTBREAK_LOCAL ||
	       (vectors[0].scan == OUTBREAK_LOCAL && prefix[0] + prefix[1] + prefix[2] > 0) ||
	       worm->rate_spread > 0 || worm->unreachable_share > 0 || worm->private_share > 0 ||
	       (worm->online > 0 && worm->offline > 0) || worm->every_scan ||
	       loop_has_limits(worm, world);
}

bool loop_needed_for(const struct remedy_candidate *candidate)
{
	return candidate->effect == REMEDY_CLEAN || candidate->effect == REMEDY_BLOCK;
}

bool loop_follows(const struct outbreak_worm *worm, const struct outbreak_world *world)
{
	struct outbreak_vector vectors[OUTBREAK_VECTORS];
	size_t count = outbreak_worm_vectors(worm, vectors);
	bool limited = loop_has_limits(worm, world);

	for (size_t i = 0; i < count; i++) {
		const struct outbreak_vector *vector = &vectors[i];
		const double *prefix = vector->prefix_share;
		bool uniform =
			vector->scan == OUTBREAK_RANDOM || vector->scan == OUTBREAK_SHARES ||
			(vector->scan == OUTBREAK_LOCAL && prefix[0] + prefix[1] + prefix[2] <= 0);
		bool walks =
			!uniform && vector->scan != OUTBREAK_LOCAL && vector->scan != OUTBREAK_MAIL;
		if (vector->scan == OUTBREAK_PERMUTATION ||
		    (vector->scan == OUTBREAK_HIT_LIST && (count > 1 || worm->latency > 0)) ||
		    /* A walk that comes later may meet somebody who was away. */
		    (walks && worm->offline > 0) ||
		    (limited && (!uniform || worm->every_scan || worm->offline > 0)))
			return false;
	}
	return true;
}

bool loop_settles(const struct effect *effect, const struct outbreak_worm *worm,
		  const struct outbreak_world *world)
{
	for (const struct effect *each = effect; each; each = each->also)
		if (loop_needed_for(each->candidate))
			return false;
	return !effect || !loop_has_limits(worm, world);
}

static int loop_add_kernel(struct loop *loop, const struct outbreak_vector *vector,
			   struct error *error)
{
	struct kernel *kernel = &loop->kernels[loop->kernel_count];

	*kernel = (struct kernel){ .does = loop_operations(loop->worm, vector->scan),
				   .loop = loop,
				   .vector = vector,
				   .number = (uint8_t)loop->kernel_count };
	kernel->walks = kernel->does == &kernel_walker || kernel->does == &kernel_list;
	kernel->by_mail = kernel->does == &kernel_mail;
	loop->kernel_count++;
	return kernel->does->init(kernel, error);
}

int loop_init(struct loop *loop, const struct population *population,
	      const struct outbreak_worm *worm, double duration, struct error *error)
{
	double rate = 0;

	*loop = (struct loop){ .population = population, .worm = worm, .duration = duration };
	size_t count = outbreak_worm_vectors(worm, loop->vectors);
	hosts_init(&loop->hosts, population, worm);
	for (size_t i = 0; i < count; i++)
		rate += loop->vectors[i].scan == OUTBREAK_MAIL ? 0 : loop->vectors[i].rate;
	loop->parts = malloc(loop_most_parts(population->world));
	int result = loop->parts ? link_init(&loop->link, &loop->hosts, rate, error)
				 : error_set(error, ERROR_MEMORY, "", "no memory for places");
	if (result == 0)
		result = link_init(&loop->base_link, &loop->hosts, rate, error);
	for (size_t i = 0; result == 0 && i < count; i++)
		result = loop_add_kernel(loop, &loop->vectors[i], error);
	if (result < 0)
		loop_fini(loop);
	return result;
}

void loop_fini(struct loop *loop)
{
	for (unsigned i = 0; i < loop->kernel_count; i++)
		loop->kernels[i].does->fini(&loop->kernels[i]);
	hosts_fini(&loop->hosts);
	link_fini(&loop->link);
	link_fini(&loop->base_link);
	free(loop->infected_at);
	free(loop->without);
	free(loop->rank);
	free(loop->state);
	free(loop->parts);
	agenda_fini(&loop->agenda);
	*loop = (struct loop){ 0 };
}

int loop_push(struct loop *loop, const struct kernel_event *event, struct error *error)
{
	return event->time < loop->duration ? agenda_push(&loop->agenda, event, error) : 0;
}

/* --- the beginning --- */

static int loop_make_room(struct loop *loop, size_t count, struct error *error)
{
	if (count <= loop->capacity)
		return 0;
	size_t wanted = count + count / 8;
	free(loop->infected_at);
	free(loop->without);
	free(loop->rank);
	free(loop->state);
	loop->infected_at = malloc(wanted * sizeof *loop->infected_at);
	loop->without = malloc(wanted * sizeof *loop->without);
	loop->rank = malloc(wanted * sizeof *loop->rank);
	loop->state = malloc(wanted * sizeof *loop->state);
	bool enough = loop->infected_at && loop->without && loop->rank && loop->state;
	loop->capacity = enough ? wanted : 0;
	return loop->capacity
		       ? 0
		       : error_set(error, ERROR_MEMORY, "", "no memory for %zu hosts", wanted);
}

static void loop_plan_force(struct loop *loop)
{
	loop->next_force = loop_force_after(loop, -1);
	loop->first_force = INFINITY;
	for (const struct effect *effect = loop->effect; effect != loop->settled;
	     effect = effect->also)
		loop->first_force = fmin(loop->first_force, effect->candidate->delay_seconds);
}

/* `base`: with a remedy that cannot make anything sooner; NULL: else. */
static int loop_reset(struct loop *loop, const struct history *base, struct history *history,
		      struct error *error)
{
	uint32_t count = loop->population->count;

	if (count > LOOP_MOST_HOSTS)
		return error_set(error, ERROR_LIMIT, loop->population->world->name,
				 "more than %u hosts can be infected, too many for this worm or "
				 "remedy; make the world smaller",
				 LOOP_MOST_HOSTS);
	int result = loop_make_room(loop, (size_t)count + 1, error);

	if (result == 0)
		result = history_reset(history, (size_t)count + 1, error);
	if (result == 0)
		result = history_name(history, error);
	if (result == 0)
		result = history_tell_ways(history, error);
	if (result == 0)
		result = hosts_draw(&loop->hosts, error);
	if (result == 0)
		result = link_reset(&loop->link, error);
	if (result == 0 && loop->base)
		result = link_reset(&loop->base_link, error);
	if (result == 0)
		result = agenda_reset(&loop->agenda, loop->duration, count, error);
	if (result < 0)
		return result;
	loop->history = history;
	loop->now = 0;
	loop->started = loop->base_next = loop->base_started = 0;
	loop_plan_force(loop);
	loop->hold = loop_choose_hold(loop);
	loop->scans = 0;
	memset(loop->state, 0, count);
	for (uint32_t host = 0; host < count; host++) {
		loop->infected_at[host] = -1;
		loop->without[host] = base ? INFINITY : 0;
	}
	for (uint32_t i = 0; base && i < base->count; i++)
		loop->without[base->host[i]] = base->time[i];
	for (unsigned i = 0; result == 0 && i < loop->kernel_count; i++)
		result = loop->kernels[i].does->reset(&loop->kernels[i], !loop->base, error);
	return result;
}

/* --- infection, start, cleaning --- */

static void loop_close(struct loop *loop, uint32_t host, bool open)
{
	for (unsigned i = 0; i < loop->kernel_count; i++)
		if (loop->kernels[i].does->expose)
			loop->kernels[i].does->expose(&loop->kernels[i], host, open);
}

static int loop_infect(struct loop *loop, uint32_t host, uint32_t infector, uint8_t way,
		       struct error *error)
{
	loop->infected_at[host] = loop->now;
	loop->rank[host] = loop->history->count;
	loop->history->way[loop->history->count] = way;
	history_add(loop->history, host, infector, loop->now);
	loop_close(loop, host, false);
	struct kernel_event cleans = { .time = loop_clean_time(loop, host),
				       .from = host,
				       .kernel = LOOP_CLEANS };
	struct kernel_event holds = { .time = loop_hold_time(loop, host),
				      .from = host,
				      .kernel = LOOP_HOLDS };
	int result = loop_push(loop, &cleans, error);
	return result < 0 ? result : loop_push(loop, &holds, error);
}

static void loop_hold(struct loop *loop, uint32_t host)
{
	for (unsigned i = 0; i < loop->kernel_count; i++)
		if (loop->kernels[i].does->hold)
			loop->kernels[i].does->hold(&loop->kernels[i], host);
	loop->state[host] |= LOOP_HELD;
}

void loop_stop(struct loop *loop, uint32_t host)
{
	loop->state[host] |= LOOP_STOPPED;
	link_load(&loop->link, host, 0);
	for (unsigned i = 0; i < loop->kernel_count; i++)
		if (loop->kernels[i].does->stop)
			loop->kernels[i].does->stop(&loop->kernels[i], host);
}

int loop_start_rest(struct loop *loop, uint32_t host, struct error *error)
{
	int result = 0;

	for (unsigned i = 1; result == 0 && i < loop->kernel_count; i++)
		result = loop->kernels[i].does->start(&loop->kernels[i], host, error);
	return result;
}

static double loop_next_start(const struct loop *loop)
{
	if (loop->started == loop->history->count)
		return INFINITY;
	return loop->history->time[loop->started] + loop->worm->latency;
}

static int loop_start(struct loop *loop, struct error *error)
{
	uint32_t host = loop->history->host[loop->started++];

	if (loop->state[host] & LOOP_STOPPED)
		return 0;
	loop->state[host] |= LOOP_SCANS;
	link_load(&loop->link, host, loop_speed(loop, host));
	int result = loop->kernels[0].does->start(&loop->kernels[0], host, error);
	if (result < 0 || loop->kernels[0].does == &kernel_list)
		return result;
	return loop_start_rest(loop, host, error);
}

/* --- thinning --- */

static bool loop_crosses(const struct loop *loop, uint32_t from, uint32_t to)
{
	const struct population *population = loop->population;
	const struct outbreak_subnet *subnets = population->world->subnets;

	return subnets[population->subnet[from]].provider !=
	       subnets[population->subnet[to]].provider;
}

static uint32_t loop_provider(const struct loop *loop, uint32_t host)
{
	const struct population *population = loop->population;
	return population->world->subnets[population->subnet[host]].provider;
}

/* What addresses, presence and links leave of it. */
static double loop_world_chance(struct loop *loop, const struct kernel *kernel, uint32_t from,
				uint32_t to)
{
	const uint32_t *subnet = loop->population->subnet;
	enum hosts_reach reach = hosts_reach(&loop->hosts, to);

	if (reach == HOSTS_UNREACHABLE)
		return 0;
	if (kernel->by_mail)
		return 1;
	if (reach == HOSTS_PRIVATE && subnet[from] != subnet[to])
		return 0;
	if (!hosts_online(&loop->hosts, from, loop->now) ||
	    !hosts_online(&loop->hosts, to, loop->now))
		return 0;
	if (link_limited(&loop->link) && loop_crosses(loop, from, to))
		return link_share(&loop->link, loop_provider(loop, from));
	return 1;
}

int loop_hit(struct loop *loop, const struct kernel *kernel, uint32_t from, uint32_t to,
	     double luck, bool *through, struct error *error)
{
	*through = false;
	if (loop->state[from] & LOOP_STOPPED)
		return 0;
	double chance = loop_effect_chance(loop, kernel, NULL, from, to);
	if (chance > 0)
		chance *= loop_world_chance(loop, kernel, from, to);
	*through = luck < chance;
	if (!*through || loop_infected(loop, to))
		return 0;
	if (loop->now < loop->without[to]) {
		/* Sooner than without the remedy is it only by rounding, where walks that began
		 * apart meet at one instant. */
		struct kernel_event late = { .time = loop->without[to],
					     .count = kernel->number,
					     .from = from,
					     .to = to,
					     .kernel = LOOP_INFECTS };
		return loop_push(loop, &late, error);
	}
	return loop_infect(loop, to, loop->rank[from], kernel->number, error);
}

/* --- following --- */

/* Where the base is without remedies, all combinations share what passes: the more there are, the
 * fewer infections of the base happen again. */
static enum draw_purpose loop_draws(const struct loop *loop, enum draw_purpose purpose)
{
	return loop->settled ? effect_draws(loop->effect, purpose) : purpose;
}

/* Hosts of the base that scan by now are load there. */
static void loop_follow_load(struct loop *loop)
{
	const struct history *base = loop->base;

	while (link_limited(&loop->link) && loop->base_started < base->count &&
	       base->time[loop->base_started] + loop->worm->latency <= loop->now)
		link_load(&loop->base_link, base->host[loop->base_started++], 1);
}

/* Who hits `to` in the place of `from`, over a link that fewer share than in the base: together
 * they hit it less often, though each of them may more often. False: nobody does. */
static bool loop_take_over(struct loop *loop, uint32_t *from, uint32_t index)
{
	uint32_t provider = loop_provider(loop, *from);
	double demand = link_demand(&loop->link, provider);
	double base_demand = link_demand(&loop->base_link, provider);
	struct random random;

	draw_init(&random, loop->population->seed, loop->population->replica, DRAW_HEIR);
	random.position = (uint64_t)index << 32;
	if (demand <= 1e-9 * base_demand ||
	    random_unit(&random) * base_demand * link_share(&loop->base_link, provider) >=
		    demand * link_share(&loop->link, provider))
		return false;
	*from = link_draw(&loop->link, provider, &random);
	return true;
}

/* Infection `index` of the base, by a memoryless kernel, when a remedy is in force that the base is
 * without: whether it happens here. */
static bool loop_happens_again(struct loop *loop, const struct kernel *kernel, uint32_t index,
			       uint32_t *from)
{
	const struct population *population = loop->population;
	uint32_t to = loop->base->host[index];
	double luck =
		draw_at(population->seed, population->replica, loop_draws(loop, DRAW_PASS), index);
	const struct effect *settled = loop->settled;

	*from = loop->base->host[loop->base->infector[index]];
	if (link_limited(&loop->link) && loop_crosses(loop, *from, to)) {
		loop_follow_load(loop);
		/* A limited rate is in the load that is compared. */
		return loop_take_over(loop, from, index) &&
		       luck * loop_speed(loop, *from) <
			       loop_effect_chance(loop, kernel, settled, *from, to);
	}
	return (loop->state[*from] & (LOOP_SCANS | LOOP_STOPPED)) == LOOP_SCANS &&
	       luck < loop_effect_chance(loop, kernel, settled, *from, to);
}

static int loop_follow(struct loop *loop, struct error *error)
{
	const struct history *base = loop->base;
	uint32_t index = loop->base_next++, host = base->host[index], from;
	uint8_t way = base->way ? base->way[index] : 0;

	if (loop_infected(loop, host))
		return 0;
	if (base->infector[index] == HISTORY_NOBODY)
		return loop_infect(loop, host, HISTORY_NOBODY, 0, error);
	const struct kernel *kernel = &loop->kernels[way];
	bool differs = loop->now >= loop->first_force;
	if (!kernel->does->rate || (differs && !loop_happens_again(loop, kernel, index, &from))) {
		if (!loop_any_immune(loop, host))
			loop_close(loop, host, true);
		return 0;
	}
	if (!differs)
		from = base->host[base->infector[index]];
	return loop_infect(loop, host, loop->rank[from], way, error);
}

/* --- the loop --- */

static double loop_total_rate(const struct loop *loop)
{
	double rate = 0;

	for (unsigned i = 0; i < loop->kernel_count; i++)
		if (loop->kernels[i].does->rate)
			rate += loop->kernels[i].does->rate(&loop->kernels[i]);
	return rate;
}

static int loop_strike(struct loop *loop, double rate, struct error *error)
{
	double point = random_unit(&loop->clock) * rate;
	const struct kernel *struck = NULL;
	uint32_t from, to;
	bool through;

	loop->left = random_exponential(&loop->clock);
	for (unsigned i = 0; i < loop->kernel_count; i++) {
		const struct kernel *kernel = &loop->kernels[i];
		double part = kernel->does->rate ? kernel->does->rate(kernel) : 0;
		if (part <= 0)
			continue;
		struck = kernel;
		if (point < part)
			break;
		point -= part;
	}
	if (!struck)
		return 0;
	struck->does->strike(struck, &loop->clock, &from, &to);
	return loop_hit(loop, struck, from, to, random_unit(&loop->clock), &through, error);
}

/* A remedy's delay is over: limited hosts are less load. */
static void loop_enforce(struct loop *loop)
{
	loop->next_force = loop_force_after(loop, loop->now);
	if (!link_limited(&loop->link))
		return;
	for (uint32_t i = 0; i < loop->started; i++) {
		uint32_t host = loop->history->host[i];
		if (!(loop->state[host] & LOOP_STOPPED))
			link_load(&loop->link, host, loop_speed(loop, host));
	}
}

static int loop_fire(struct loop *loop, struct error *error)
{
	struct kernel_event event = agenda_pop(&loop->agenda);

	if (event.kernel == LOOP_CLEANS) {
		loop_stop(loop, event.from);
		return 0;
	}
	if (event.kernel == LOOP_HOLDS) {
		loop_hold(loop, event.from);
		return 0;
	}
	if (event.kernel == LOOP_INFECTS)
		return loop_infected(loop, event.to)
			       ? 0
			       : loop_infect(loop, event.to, loop->rank[event.from],
					     (uint8_t)event.count, error);
	return loop->kernels[event.kernel].does->fire(&loop->kernels[event.kernel], &event, error);
}

static bool loop_is_over(const struct loop *loop)
{
	return loop->now >= loop->duration || loop->history->count >= loop->hosts.reachable;
}

/* One step: to what comes next. Starts come before what is due at the same time, and that before
 * what is followed. */
static int loop_step(struct loop *loop, bool *over, struct error *error)
{
	double force = loop->next_force;
	double start = loop_next_start(loop);
	double due = agenda_next(&loop->agenda);
	double followed = loop->base && loop->base_next < loop->base->count
				  ? loop->base->time[loop->base_next]
				  : INFINITY;
	double next = fmin(fmin(force, start), fmin(due, fmin(followed, loop->duration)));
	double rate = loop_total_rate(loop);
	double hit = rate > 0 ? loop->now + loop->left / rate : INFINITY;

	*over = start == INFINITY && due == INFINITY && followed == INFINITY && rate <= 0;
	if (*over)
		return 0;
	if (hit < next) {
		loop->now = hit;
		return loop_strike(loop, rate, error);
	}
	loop->left = fmax(0, loop->left - rate * (next - loop->now));
	loop->now = next;
	if (next >= loop->duration)
		return 0;
	if (force <= next)
		loop_enforce(loop);
	else if (start <= next)
		return loop_start(loop, error);
	else if (due <= next)
		return loop_fire(loop, error);
	else if (loop->base)
		return loop_follow(loop, error);
	return 0;
}

static int loop_go(struct loop *loop, enum draw_purpose purpose, struct error *error)
{
	const struct population *population = loop->population;
	bool over = false;
	int result = 0;

	draw_init(&loop->clock, population->seed, population->replica, purpose);
	loop->left = random_exponential(&loop->clock);
	for (uint32_t i = 0; !loop->base && result == 0 && i < population->chosen_count; i++)
		result = loop_infect(loop, (uint32_t)population->chosen[i], HISTORY_NOBODY, 0,
				     error);
	/* As many steps as there are hosts pay for a look at all of them. */
	for (uint32_t steps = 1; result == 0 && !over && !loop_is_over(loop); steps++) {
		if (steps > population->count + LEAST_STEPS) {
			if (loop_retire(loop))
				break;
			steps = 0;
		}
		result = loop_step(loop, &over, error);
	}
	return result;
}

int loop_run(struct loop *loop, struct history *history, struct error *error)
{
	loop->effect = loop->settled = NULL;
	loop->base = NULL;
	int result = loop_reset(loop, NULL, history, error);
	return result < 0 ? result : loop_go(loop, DRAW_SPREAD, error);
}

int loop_run_with(struct loop *loop, const struct effect *effect, const struct effect *settled,
		  const struct history *base, struct history *history, struct error *error)
{
	bool memoryless = false;

	for (unsigned i = 0; i < loop->kernel_count; i++)
		memoryless = memoryless || loop->kernels[i].does->rate;
	bool follows = loop_follows(loop->worm, loop->population->world);
	loop->effect = effect;
	loop->settled = settled;
	loop->base = memoryless && follows ? base : NULL;
	int result = loop_reset(loop, follows ? base : NULL, history, error);
	/* Without following, both runs are the same until a remedy is in force. */
	return result < 0
		       ? result
		       : loop_go(loop, loop->base ? loop_draws(loop, DRAW_DEFERRED) : DRAW_SPREAD,
				 error);
}
