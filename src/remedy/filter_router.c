/* Filters for routers: access lists of Cisco IOS and firewall filters of Junos. Both are written
 * for the families that the filter can be of; an operator applies them to interfaces, which nobody
 * here can know, and the first lines say how. IOS: "IP Access List Configuration"; Junos: "Routing
 * Policies, Firewall Filters, and Traffic Policers User Guide", match conditions. */
#include <stdio.h>

#include "remedy/filter.h"

static bool covers(const struct packet_filter *filter, int family)
{
	for (size_t i = 0; i < filter->count; i++) {
		int own = filter_family(&filter->lines[i]);
		if (own == 0 || own == family)
			return true;
	}
	return false;
}

/* Rates of single hosts are beyond both, and a port needs its protocol. */
static bool can_say(const struct packet_filter *filter)
{
	for (size_t i = 0; i < filter->count; i++)
		if (filter->lines[i].port && !filter->lines[i].proto)
			return false;
	return filter->per_second <= 0 && filter->count > 0;
}

/* --- Cisco IOS --- */

static void cisco_address(struct buffer *buffer, const char *address)
{
	if (address)
		buffer_printf(buffer, " host %s", address);
	else
		buffer_append_text(buffer, " any");
}

static void cisco_list(struct buffer *buffer, const struct packet_filter *filter, int family)
{
	const char *ip = family == 4 ? "ip" : "ipv6";
	char name[64];

	filter_name(filter, name);
	buffer_printf(buffer, "%s %s\n",
		      family == 4 ? "ip access-list extended" : "ipv6 access-list", name);
	for (size_t i = 0; i < filter->count; i++) {
		const struct filter_line *line = &filter->lines[i];
		int own = filter_family(line);
		if (own && own != family)
			continue;
		/* No state in an access list: answers to connections from inside are those with ACK
		 * or RST. */
		if (line->fresh && line->proto && line->proto[0] == 't') {
			buffer_append_text(buffer, " permit tcp");
			cisco_address(buffer, line->from);
			cisco_address(buffer, line->to);
			buffer_append_text(buffer, " established\n");
		}
		buffer_printf(buffer, " deny %s", line->proto ? line->proto : ip);
		cisco_address(buffer, line->from);
		cisco_address(buffer, line->to);
		if (line->port)
			buffer_printf(buffer, " eq %s", line->port);
		buffer_append_text(buffer, "\n");
	}
	buffer_printf(buffer, " permit %s any any\n", ip);
}

bool filter_cisco(struct buffer *buffer, const struct packet_filter *filter)
{
	char name[64];

	if (!can_say(filter))
		return false;
	filter_name(filter, name);
	buffer_printf(
		buffer,
		"! on the interfaces: ip access-group %s in, ipv6 traffic-filter %s in\n"
		"! undo: take these from the interfaces, then no ip access-list extended %s, no "
		"ipv6 access-list %s\n",
		name, name, name, name);
	for (int family = 4; family <= 6; family += 2)
		if (covers(filter, family))
			cisco_list(buffer, filter, family);
	return true;
}

/* --- Junos --- */

static void junos_term(struct buffer *buffer, const struct filter_line *line, size_t number,
		       int family, const char *counter)
{
	const char *protocol = family == 4 ? "protocol" : "next-header";

	if (line->fresh && line->proto && line->proto[0] == 't')
		buffer_printf(buffer,
			      "            term answers-%zu {\n                from {\n"
			      "                    %s tcp;\n                    tcp-established;\n"
			      "                }\n                then accept;\n            }\n",
			      number, protocol);
	buffer_printf(buffer, "            term attack-%zu {\n                from {\n", number);
	if (line->from)
		buffer_printf(buffer,
			      "                    source-address {\n"
			      "                        %s/%d;\n                    }\n",
			      line->from, family == 4 ? 32 : 128);
	if (line->to)
		buffer_printf(buffer,
			      "                    destination-address {\n"
			      "                        %s/%d;\n                    }\n",
			      line->to, family == 4 ? 32 : 128);
	if (line->proto)
		buffer_printf(buffer, "                    %s %s;\n", protocol, line->proto);
	if (line->port)
		buffer_printf(buffer, "                    destination-port %s;\n", line->port);
	buffer_printf(buffer,
		      "                }\n                then {\n                    count %s;\n"
		      "                    discard;\n                }\n            }\n",
		      counter);
}

bool filter_junos(struct buffer *buffer, const struct packet_filter *filter)
{
	char name[64];

	if (!can_say(filter))
		return false;
	filter_name(filter, name);
	buffer_printf(
		buffer,
		"/* load merge FILE; then on the interfaces: family inet filter input %s (and "
		"inet6).\n   undo: delete firewall family inet filter %s (and inet6) */\n"
		"firewall {\n",
		name, name);
	for (int family = 4; family <= 6; family += 2) {
		if (!covers(filter, family))
			continue;
		buffer_printf(buffer, "    family inet%s {\n        filter %s {\n",
			      family == 4 ? "" : "6", name);
		for (size_t i = 0; i < filter->count; i++) {
			int own = filter_family(&filter->lines[i]);
			if (own == 0 || own == family)
				junos_term(buffer, &filter->lines[i], i + 1, family, name);
		}
		buffer_append_text(buffer, "            term rest {\n                then accept;\n"
					   "            }\n        }\n    }\n");
	}
	buffer_append_text(buffer, "}\n");
	return true;
}
