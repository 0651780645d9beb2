/* What filters of all languages share. */
#include "remedy/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int family_of(const char *address)
{
	if (!address)
		return 0;
	return strchr(address, ':') ? 6 : 4;
}

int filter_family(const struct filter_line *line)
{
	int to = family_of(line->to), from = family_of(line->from);

	if (to && from && to != from)
		return -1;
	return to ? to : from;
}

bool filter_needs_state(const struct filter_line *line)
{
	return line->fresh && (!line->port || strtoul(line->port, NULL, 10) >= 1024);
}

void filter_name(const struct packet_filter *filter, char name[64])
{
	snprintf(name, 64, "kenbi-%.40s-%u", filter->what, filter->number);
}
