/* The forecast for people: the outbreak, the ranking of remedies, and the best together. Curves are
 * drawn in a line of eight-level blocks. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/print_parts.h"

#define CURVE_WIDTH 32

static const char *string_at(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text ? text : "";
}

static double number_at(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

static double median_at(const json_t *object, const char *name)
{
	return number_at(json_object_get(object, name), "median");
}

static const json_t *remedy_with(const json_t *remedies, const json_t *id)
{
	size_t index;
	json_t *remedy;

	json_array_foreach(remedies, index,
			   remedy) if (json_is_integer(id) &&
				       json_equal(json_object_get(remedy, "id"), id)) return remedy;
	return NULL;
}

/* A share of 0 … 1 as one block; nothing at all is a blank. */
static void print_block(double share)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	double level = ceil(fmin(fmax(share, 0), 1) * 8 - 1e-9);

	fputs(blocks[(int)level], stdout);
}

static void print_seconds(double seconds)
{
	if (seconds < 120)
		printf("%.3g s", seconds);
	else if (seconds < 7200)
		printf("%.3g min", seconds / 60);
	else if (seconds < 172800)
		printf("%.3g h", seconds / 3600);
	else
		printf("%.3g d", seconds / 86400);
}

/* The infected over time, of all who can be. */
static void print_curve(const json_t *forecast, double vulnerable)
{
	const json_t *curve = json_object_get(forecast, "curve");
	size_t points = json_array_size(curve);

	for (size_t i = 0; points > 0 && i < CURVE_WIDTH; i++) {
		const json_t *point = json_array_get(curve, i * (points - 1) / (CURVE_WIDTH - 1));
		double infected = json_number_value(json_array_get(point, 2));
		print_block(vulnerable > 0 ? infected / vulnerable : 0);
	}
}

static void print_without(const json_t *without)
{
	double infected = median_at(without, "infected");
	double vulnerable = number_at(without, "vulnerable");

	printf("\n%sForecast%s\n  nothing is done: ", cli_style(CLI_BOLD), cli_style(CLI_PLAIN));
	print_grouped(infected);
	printf(" hosts infected after %.3g h, %.0f %% of the vulnerable (median of %.0f runs, seed "
	       "%.0f)\n  ▕",
	       number_at(without, "duration") / 3600,
	       vulnerable > 0 ? fmin(100, 100 * infected / vulnerable) : 0,
	       number_at(without, "replicas"), number_at(without, "seed"));
	print_curve(without, vulnerable);
	printf("▏\n\n");
}

/* Its heading has eight letters. */
static size_t column_width(size_t columns)
{
	return columns > 8 ? columns : 8;
}

/* Saved after each reaction time, of those infected without. */
static void print_deadline(const json_t *forecast, size_t width, double infected)
{
	const json_t *deadline = json_object_get(forecast, "deadline");
	size_t index;
	json_t *point;

	json_array_foreach(deadline, index, point)
		print_block(infected > 0 ? median_at(point, "saved") / infected : 0);
	printf("%*s", (int)(column_width(width) - json_array_size(deadline)), "");
}

/* Two lines: the figures fill eighty columns. */
static void print_rank(const json_t *forecast, const json_t *remedy, size_t delays, double infected)
{
	const json_t *saved = json_object_get(forecast, "saved");
	const json_t *interval = json_object_get(forecast, "interval");
	const json_t *at_once = json_object_get(forecast, "saved_at_once");
	char range[64], mean[64] = "-", once[32] = "-";

	snprintf(range, sizeof range, "%.0f-%.0f", number_at(saved, "low"),
		 number_at(saved, "high"));
	if (json_is_object(interval))
		snprintf(mean, sizeof mean, "%.0f±%.0f", number_at(forecast, "mean_saved"),
			 (number_at(interval, "high") - number_at(interval, "low")) / 2);
	if (json_is_object(at_once))
		snprintf(once, sizeof once, "%.0f", number_at(at_once, "median"));
	/* "±" is two bytes and one column. */
	printf("  %4.0f %c %11.0f  %-15s  %-*s %9s  ", number_at(forecast, "rank"),
	       json_is_true(json_object_get(forecast, "pareto")) ? '*' : ' ',
	       number_at(saved, "median"), range, json_is_object(interval) ? 15 : 14, mean, once);
	print_deadline(forecast, delays, infected);
	printf(" %4.1f %%\n         ", 100 * number_at(forecast, "disturbed"));
	if (remedy)
		printf("#%.0f ", number_at(remedy, "id"));
	cli_print_text(stdout, remedy ? string_at(remedy, "title") : string_at(forecast, "name"));
	if (remedy) {
		printf(" (after ");
		print_seconds(number_at(remedy, "delay"));
		putchar(')');
	}
	putchar('\n');
}

static void print_ranking(const json_t *forecasts, const json_t *remedies, const json_t *ranking)
{
	const json_t *delays = json_object_get(ranking, "delays");
	double infected = median_at(json_array_get(forecasts, 0), "infected");
	size_t columns = json_array_size(delays), index;
	json_t *forecast;

	printf("  %srank   hosts saved  (5-95 %%)         (mean, 95 %%)    at once  %*s "
	       "disturbs%s\n",
	       cli_style(CLI_BOLD), (int)column_width(columns), "by delay", cli_style(CLI_PLAIN));
	json_array_foreach(forecasts, index, forecast)
	{
		const json_t *id = json_object_get(forecast, "remedy");
		if (!json_is_null(id))
			print_rank(forecast, remedy_with(remedies, id), columns, infected);
	}
	printf("\n  *: nothing saves as much and disturbs less\n  by delay: what is saved when it "
	       "is in "
	       "force after");
	for (size_t i = 0; i < columns; i++) {
		printf(i ? ", " : " ");
		print_seconds(json_number_value(json_array_get(delays, i)));
	}
	putchar('\n');
}

static void print_combinations(const json_t *combinations)
{
	size_t index, m;
	json_t *combination, *member;

	printf("\n%sTogether%s\n", cli_style(CLI_BOLD), cli_style(CLI_PLAIN));
	json_array_foreach(combinations, index, combination)
	{
		const json_t *saved = json_object_get(combination, "saved");
		printf("  %11.0f  (%.0f-%.0f)  ", number_at(saved, "median"),
		       number_at(saved, "low"), number_at(saved, "high"));
		json_array_foreach(json_object_get(combination, "members"), m, member)
		{
			fputs(m ? " + " : "", stdout);
			cli_print_text(stdout, json_string_value(member));
		}
		putchar('\n');
	}
}

static void print_race(const json_t *ranking)
{
	const json_t *rounds = json_object_get(ranking, "rounds");
	double left_out = number_at(ranking, "left_out");
	size_t index;
	json_t *round;

	if (json_array_size(rounds) > 1) {
		printf("  raced: ");
		json_array_foreach(rounds, index, round)
			printf("%s%.0f candidates in %.0f worlds", index ? ", " : "",
			       number_at(round, "candidates"), number_at(round, "replicas"));
		putchar('\n');
	}
	if (left_out > 0)
		printf("  not tried: %.0f further places and sets of places\n", left_out);
}

void cli_print_forecast(const json_t *forecasts, const json_t *remedies, const json_t *combinations,
			const json_t *ranking)
{
	print_without(json_array_get(forecasts, 0));
	print_ranking(forecasts, remedies, ranking);
	print_race(ranking);
	if (json_array_size(combinations))
		print_combinations(combinations);
}
