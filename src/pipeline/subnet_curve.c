/* Where the infected are over time, as records: one for the outbreak without remedy and two for
 * each of the best ones, in force after its delay and from the first moment, which are the
 * outbreaks that people play.
 *
 * A share is written as two characters of twelve bits, in the alphabet of base64 (RFC 4648, section
 * 4): a fiftieth of what JSON numbers of all subnets at all times would take. */
#include "pipeline/case.h"

#include <math.h>
#include <stdlib.h>

#define SHARE_STEPS 4095

/* shares: frames after each other, in each the groups in the order of the world. Returns owned. */
static json_t *share_text(const double *shares, size_t count)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = malloc(2 * count + 1);

	if (!text)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		unsigned level = (unsigned)lround(fmin(fmax(shares[i], 0), 1) * SHARE_STEPS);
		text[2 * i] = digits[level >> 6];
		text[2 * i + 1] = digits[level & 63];
	}
	json_t *string = json_stringn(text, 2 * count);
	free(text);
	return string;
}

static json_t *subnet_curve_record(const struct outbreak_spread *spread, size_t outbreak,
				   int64_t remedy, bool at_once)
{
	size_t cells = spread->frames * spread->groups;
	json_t *times = json_array();

	for (uint32_t i = 0; i < spread->frames; i++)
		json_array_append_new(times, json_real(spread->time[i]));
	return json_pack("{s:s, s:o, s:b, s:I, s:I, s:o, s:o}", "type", "subnet_curve", "remedy",
			 remedy ? json_integer(remedy) : json_null(), "at_once", at_once,
			 "replicas", (json_int_t)spread->replicas, "group",
			 (json_int_t)spread->group_size, "times", times, "shares",
			 share_text(spread->share + outbreak * cells, cells));
}

int case_give_subnet_curves(const struct outbreak_world *world, const struct outbreak_worm *worm,
			    const struct outbreak_run *run,
			    const struct remedy_candidate *candidates,
			    const struct remedy_candidate *const *best, size_t count,
			    const struct pipeline_sink *sink, struct error *error)
{
	struct remedy_candidate prompt[CASE_PLAYED];
	const struct remedy_candidate *played[2 * CASE_PLAYED];
	struct outbreak_spread spread;

	for (size_t i = 0; i < count; i++) {
		prompt[i] = *best[i];
		prompt[i].delay_seconds = 0;
		played[i] = best[i];
		played[count + i] = &prompt[i];
	}
	int result = outbreak_follow(world, worm, run, played, 2 * count, &spread, error);
	for (size_t i = 0; result == 0 && i <= 2 * count; i++) {
		int64_t remedy = i > 0 ? best[(i - 1) % count] - candidates + 1 : 0;
		result = case_give(sink, subnet_curve_record(&spread, i, remedy, i > count), error);
	}
	outbreak_spread_fini(&spread);
	return result;
}
