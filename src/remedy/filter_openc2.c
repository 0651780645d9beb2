/* Filters as OpenC2 commands: "deny" of an ipv4_connection or ipv6_connection by an actuator of the
 * Stateless Packet Filtering profile (OASIS SLPF 1.0, sections 2.1 and 2.2). The profile
 * has no state. A filter without addresses gives
 * one command per family. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "remedy/filter.h"

static json_t *connection_of(const struct filter_line *line, int family)
{
	json_t *connection = json_object();
	char prefix[80];
	int bits = family == 4 ? 32 : 128;

	if (line->proto)
		json_object_set_new(connection, "protocol", json_string(line->proto));
	if (line->from) {
		snprintf(prefix, sizeof prefix, "%s/%d", line->from, bits);
		json_object_set_new(connection, "src_addr", json_string(prefix));
	}
	if (line->to) {
		snprintf(prefix, sizeof prefix, "%s/%d", line->to, bits);
		json_object_set_new(connection, "dst_addr", json_string(prefix));
	}
	if (line->port)
		json_object_set_new(connection, "dst_port",
				    json_integer(strtol(line->port, NULL, 10)));
	return connection;
}

static bool append_command(struct buffer *buffer, const struct packet_filter *filter,
			   const struct filter_line *line, int family)
{
	json_t *command = json_pack(
		"{s:s, s:{s:o}, s:{s:s, s:{s:s, s:s}}, s:{s:{}}}", "action", "deny", "target",
		family == 4 ? "ipv4_connection" : "ipv6_connection", connection_of(line, family),
		"args", "response_requested", "complete", "slpf", "drop_process", "none",
		"direction", filter->device == REMEDY_ON_HOST ? "ingress" : "both", "actuator",
		"slpf");
	char *text = command ? json_dumps(command, JSON_COMPACT) : NULL;
	bool said = text && buffer_append_text(buffer, text) == 0 &&
		    buffer_append_text(buffer, "\n") == 0;

	free(text);
	json_decref(command);
	return said;
}

bool filter_openc2(struct buffer *buffer, const struct packet_filter *filter)
{
	if (filter->per_second > 0 || filter->count == 0)
		return false;
	for (size_t i = 0; i < filter->count; i++) {
		const struct filter_line *line = &filter->lines[i];
		int own = filter_family(line);
		if (filter_needs_state(line) || own < 0 || (line->port && !line->proto))
			return false;
		for (int family = 4; family <= 6; family += 2)
			if ((own == 0 || own == family) &&
			    !append_command(buffer, filter, line, family))
				return false;
	}
	return true;
}
