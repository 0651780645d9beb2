/* figure - what is measured of one simulated outbreak, so that it can be held against what was
 * recorded of a real one: its curve's times, rates and numbers. */
#ifndef KENBI_OUTBREAK_FIGURE_H
#define KENBI_OUTBREAK_FIGURE_H

#include <cyaml/cyaml.h>

#include "outbreak/replica.h"

/* Instead of a time that is never reached: finite, so that bands can be drawn from it. */
#define FIGURE_NEVER 1e300

/* A figure as it stands in the file; NULL: the key is not there. */
struct figure_file {
	char *what, *source;
	enum outbreak_measure measure;
	bool calibrated;
	double *at, *share, *hosts, *from, *to, *low, *high;
};
/* The value of one entry of `figures`. */
extern const cyaml_schema_value_t figure_value;
/* Checks it: what is asked for after `duration` would be answered by the end. Texts go to `arena`.
 * `path` is for messages. */
MUST_CHECK int figure_take(const struct figure_file *file, const char *path, double duration,
			   struct arena *arena, struct outbreak_figure *figure,
			   struct error *error);

/* How many were infected at `time`, those infected first included. */
uint32_t figure_infected(const struct history *history, double time);
/* When so many were; FIGURE_NEVER where they never were. */
double figure_time(const struct history *history, double hosts);
/* Most infections in a whole minute, counted from the start; those infected first are none. */
double figure_peak(const struct history *history);
/* Mean seconds of a doubling between `from` and `to` hosts; FIGURE_NEVER as above. */
double figure_doubling(const struct history *history, double from, double to);
/* Scans per second that the hosts infected until `time`, less the latency, send and their
 * providers' links carry. Hosts that come and go count with the share of time that they are there;
 * cost goes with infections. */
MUST_CHECK int figure_scans(const struct replica *replica, double time, double *scans,
			    struct error *error);
/* Any of them, of the outbreak without remedy. */
MUST_CHECK int figure_measure(const struct outbreak_figure *figure, const struct replica *replica,
			      double *value, struct error *error);

#endif
