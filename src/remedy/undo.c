/* What takes a rule back, in the language that it was written in. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "remedy/filter.h"

/* --- nftables: from the rule's own text --- */

/* "chain NAME {" or "set NAME {" alone on its line. */
static bool read_name(const char *line, const char *word, char name[64])
{
	size_t length = strlen(word), used = 0;

	while (*line == '\t' || *line == ' ')
		line++;
	if (strncmp(line, word, length) != 0 || line[length] != ' ')
		return false;
	for (line += length + 1; (isalnum((unsigned char)*line) || *line == '_') && used < 63;)
		name[used++] = *line++;
	name[used] = 0;
	return used > 0 && strncmp(line, " {", 2) == 0;
}

/* Chains first: a set that a rule uses cannot go. */
bool undo_nftables(struct buffer *buffer, const char *rule)
{
	static const char *const words[] = { "chain", "set" };
	unsigned found = 0;

	for (int i = 0; i < 2; i++)
		for (const char *line = rule; line; line = strchr(line, '\n')) {
			char name[64];
			line += *line == '\n';
			if (!read_name(line, words[i], name))
				continue;
			buffer_printf(buffer, "delete %s inet kenbi %s\n", words[i], name);
			found++;
		}
	return found > 0;
}

/* --- packet filters --- */

static bool undo_chain(struct buffer *buffer, const struct packet_filter *filter)
{
	buffer_printf(buffer, "*filter\n-D %s -j KENBI-%u\n-F KENBI-%u\n-X KENBI-%u\nCOMMIT\n",
		      filter->device == REMEDY_ON_HOST ? "INPUT" : "FORWARD", filter->number,
		      filter->number, filter->number);
	return true;
}

bool undo_iptables(struct buffer *buffer, const struct packet_filter *filter)
{
	return undo_chain(buffer, filter);
}

bool undo_ip6tables(struct buffer *buffer, const struct packet_filter *filter)
{
	return undo_chain(buffer, filter);
}

static bool has_family(const struct packet_filter *filter, int family)
{
	for (size_t i = 0; i < filter->count; i++) {
		int own = filter_family(&filter->lines[i]);
		if (own == 0 || own == family)
			return true;
	}
	return false;
}

bool undo_cisco(struct buffer *buffer, const struct packet_filter *filter)
{
	char name[64];

	filter_name(filter, name);
	buffer_printf(buffer,
		      "! first, on the interfaces: no ip access-group %s in, no ipv6 "
		      "traffic-filter %s in\n",
		      name, name);
	if (has_family(filter, 4))
		buffer_printf(buffer, "no ip access-list extended %s\n", name);
	if (has_family(filter, 6))
		buffer_printf(buffer, "no ipv6 access-list %s\n", name);
	return true;
}

bool undo_junos(struct buffer *buffer, const struct packet_filter *filter)
{
	char name[64];

	filter_name(filter, name);
	buffer_append_text(buffer, "# first, on the interfaces: delete family inet filter input\n");
	for (int family = 4; family <= 6; family += 2)
		if (has_family(filter, family))
			buffer_printf(buffer, "delete firewall family inet%s filter %s\n",
				      family == 4 ? "" : "6", name);
	return true;
}

/* For ExaBGP's API; in its configuration file the route is taken out. */
bool undo_flowspec(struct buffer *buffer, const struct packet_filter *filter)
{
	for (size_t i = 0; i < filter->count; i++) {
		const struct filter_line *line = &filter->lines[i];
		int bits = filter_family(line) == 6 ? 128 : 32;
		buffer_append_text(buffer, "withdraw flow route { match {");
		if (line->to)
			buffer_printf(buffer, " destination %s/%d;", line->to, bits);
		if (line->from)
			buffer_printf(buffer, " source %s/%d;", line->from, bits);
		if (line->proto)
			buffer_printf(buffer, " %s %s;", bits == 32 ? "protocol" : "next-header",
				      line->proto);
		if (line->port)
			buffer_printf(buffer, " destination-port =%s;", line->port);
		buffer_append_text(buffer, " } then { discard; } }\n");
	}
	return true;
}
