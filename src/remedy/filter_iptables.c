/* Filters for iptables-restore and ip6tables-restore: one chain per countermeasure, so that taking
 * it back is two commands, which the rule's first lines tell. A chain's name may have 28
 * characters.
 *
 * Rates are counted per source by the match `hashlimit` (iptables-extensions(8)). */
#include <stdio.h>

#include "remedy/filter.h"

static const char *hook_of(const struct packet_filter *filter)
{
	return filter->device == REMEDY_ON_HOST ? "INPUT" : "FORWARD";
}

static void append_line(struct buffer *buffer, const struct packet_filter *filter,
			const struct filter_line *line, const char *chain)
{
	buffer_printf(buffer, "-A %s", chain);
	if (line->from)
		buffer_printf(buffer, " -s %s", line->from);
	if (line->to)
		buffer_printf(buffer, " -d %s", line->to);
	if (line->proto)
		buffer_printf(buffer, " -p %s", line->proto);
	if (line->proto && line->port)
		buffer_printf(buffer, " --dport %s", line->port);
	if (line->fresh)
		buffer_append_text(buffer, " -m conntrack --ctstate NEW");
	if (filter->per_second > 0)
		buffer_printf(buffer,
			      " -m hashlimit --hashlimit-above %.0f/sec --hashlimit-burst 20 "
			      "--hashlimit-mode srcip --hashlimit-name %s",
			      filter->per_second < 1 ? 1.0 : filter->per_second, chain);
	buffer_printf(buffer, " -m comment --comment \"kenbi: %s\" -j DROP\n", filter->what);
}

static bool write_table(struct buffer *buffer, const struct packet_filter *filter, int family)
{
	const char *tool = family == 4 ? "iptables" : "ip6tables", *hook = hook_of(filter);
	char chain[32];
	size_t written = 0;

	snprintf(chain, sizeof chain, "KENBI-%u", filter->number);
	buffer_printf(buffer,
		      "# load: %s-restore --noflush FILE\n"
		      "# undo: %s -D %s -j %s; %s -F %s; %s -X %s\n"
		      "*filter\n:%s - [0:0]\n-I %s -j %s\n",
		      tool, tool, hook, chain, tool, chain, tool, chain, chain, hook, chain);
	for (size_t i = 0; i < filter->count; i++) {
		int own = filter_family(&filter->lines[i]);
		if (own && own != family)
			continue;
		/* A port without a transport protocol means nothing here. */
		if (filter->lines[i].port && !filter->lines[i].proto)
			return false;
		append_line(buffer, filter, &filter->lines[i], chain);
		written++;
	}
	buffer_append_text(buffer, "COMMIT\n");
	return written > 0;
}

bool filter_iptables(struct buffer *buffer, const struct packet_filter *filter)
{
	return write_table(buffer, filter, 4);
}

bool filter_ip6tables(struct buffer *buffer, const struct packet_filter *filter)
{
	return write_table(buffer, filter, 6);
}
