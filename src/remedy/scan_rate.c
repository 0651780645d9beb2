/* How fast a program scans. The rate needs seconds, but a trace counts instructions; the basis says
 * which of these was used:
 * - "sleep": the program sleeps between connections; seconds are the time slept plus instructions
 *   at a nominal 10^9 per second;
 * - "timeout": it never sleeps, so it waits for answers: a TCP connection to nobody ends after 21 s
 *   on Windows XP (three SYNs, 3 + 6 + 12 s: TcpMaxConnectRetransmissions 2), times the threads
 * that it started;
 * - "instructions": UDP, which does not wait: instructions at 10^9 per second, at most RATE_LINE
 *   packets;
 * - "clock": the trace is a log of a real machine, whose times are those of a clock.
 *
 * The interval is that of the mean gap between connections (95 %, normal); gaps that follow a plan
 * (bursts, then sleep) make it too narrow or too wide. A rate that is assumed has none. */
#include <math.h>
#include <stdlib.h>

#include "remedy/scan.h"

#define RATE_SPEED   1e9
#define RATE_TIMEOUT 21.0
/* Small packets per second of a 100 Mbit/s line, less than its maximum. */
#define RATE_LINE 10000.0

static double number_of(const struct trace_value *value)
{
	return value->text ? (double)strtoull(value->text, NULL, 10) : (double)value->number;
}

struct clock {
	const struct trace_log *trace;
	size_t next;  /* event */
	double slept; /* seconds so far */
	double unit;  /* of the trace's time */
};

/* Seconds at a time of the trace, with what was slept before it. Times must not go back. */
static double seconds_at(struct clock *clock, uint64_t time)
{
	for (; clock->next < trace_log_count(clock->trace); clock->next++) {
		const struct trace_event *event = trace_log_event(clock->trace, clock->next);
		if (event->time > time)
			break;
		if (event->kind == TRACE_SLEEP && number_of(&event->values[0]) < UINT32_MAX)
			clock->slept += number_of(&event->values[0]) / 1000;
	}
	return clock->slept + (double)time * clock->unit;
}

/* Mean and variance of the gaps. */
static void read_gaps(struct clock *clock, const struct scan_targets *targets, double *mean,
		      double *deviation)
{
	double sum = 0, squares = 0, last = seconds_at(clock, targets->items[0].time);
	double count = (double)(targets->count - 1);

	for (size_t i = 1; i < targets->count; i++) {
		double now = seconds_at(clock, targets->items[i].time);
		sum += now - last;
		squares += (now - last) * (now - last);
		last = now;
	}
	*mean = sum / count;
	*deviation = sqrt(fmax(0, squares / count - *mean * *mean));
}

static void rate_of_gaps(struct scan_rate *rate, double mean, double deviation, double count)
{
	double error = 1.96 * deviation / sqrt(count);

	rate->rate = 1 / mean;
	rate->low = 1 / (mean + error);
	/* Where the error reaches the mean, no upper end is known. */
	rate->high = error < mean ? 1 / (mean - error) : 0;
	if (rate->high <= 0)
		rate->low = 0;
}

static double threads_of(const struct trace_log *trace)
{
	double threads = 1;

	for (size_t i = 0; i < trace_log_count(trace); i++)
		threads += trace_log_event(trace, i)->kind == TRACE_THREAD_CREATE;
	return threads;
}

void scan_measure_rate(const struct trace_log *trace, const struct scan_targets *targets,
		       struct scan_rate *rate)
{
	bool real = trace_log_clock(trace) == TRACE_CLOCK_NANOSECONDS;
	struct clock clock = { .trace = trace, .unit = 1 / RATE_SPEED };
	double mean = 0, deviation = 0;

	*rate = (struct scan_rate){ .basis = "clock" };
	if (real)
		clock.next = trace_log_count(trace); /* its sleeps are in its times already */
	if (targets->count > 1)
		read_gaps(&clock, targets, &mean, &deviation);
	if (!real)
		rate->basis = clock.slept > 0	      ? "sleep"
			      : targets->items[0].udp ? "instructions"
						      : "timeout";
	if (rate->basis[0] == 't') {
		rate->rate = threads_of(trace) / RATE_TIMEOUT;
	} else if (mean > 0) {
		rate_of_gaps(rate, mean, deviation, (double)(targets->count - 1));
	} else {
		rate->rate = real ? 0 : RATE_LINE;
	}
	if (rate->basis[0] == 'i' && rate->rate >= RATE_LINE)
		*rate = (struct scan_rate){ .rate = RATE_LINE, .basis = rate->basis };
}
