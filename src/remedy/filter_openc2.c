/* Filters as OpenC2 commands: "deny" of an ipv4_connection or ipv6_connection by an actuator of the
 * Stateless Packet Filtering profile (OASIS SLPF 1.0, sections 2.1 and 2.2). The profile
 * has no state. A filter without addresses gives one command per family.
 *
 * Each command asks for a rule number of ours (insert_rule, which needs response_requested
 * "complete": section 2.3.2), so that "delete slpf:rule_number" (2.3.4.1) takes it back. */
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

unsigned filter_openc2_number(const struct packet_filter *filter, size_t line, int family)
{
	return filter->number * 2 * FILTER_LINES + 2 * (unsigned)line + (family == 6);
}

static bool append_json(struct buffer *buffer, json_t *command)
{
	char *text = command ? json_dumps(command, JSON_COMPACT) : NULL;
	bool said = text && buffer_append_text(buffer, text) == 0 &&
		    buffer_append_text(buffer, "\n") == 0;

	free(text);
	json_decref(command);
	return said;
}

static bool append_command(struct buffer *buffer, const struct packet_filter *filter, size_t index,
			   int family)
{
	const struct filter_line *line = &filter->lines[index];
	json_t *command = json_pack(
		"{s:s, s:{s:o}, s:{s:s, s:{s:s, s:s, s:I}}, s:{s:{}}}", "action", "deny", "target",
		family == 4 ? "ipv4_connection" : "ipv6_connection", connection_of(line, family),
		"args", "response_requested", "complete", "slpf", "drop_process", "none",
		"direction", filter->device == REMEDY_ON_HOST ? "ingress" : "both", "insert_rule",
		(json_int_t)filter_openc2_number(filter, index, family), "actuator", "slpf");

	return append_json(buffer, command);
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
			    !append_command(buffer, filter, i, family))
				return false;
	}
	return true;
}

bool undo_openc2(struct buffer *buffer, const struct packet_filter *filter)
{
	for (size_t i = 0; i < filter->count; i++) {
		int own = filter_family(&filter->lines[i]);
		for (int family = 4; family <= 6; family += 2) {
			if (own != 0 && own != family)
				continue;
			json_int_t number = filter_openc2_number(filter, i, family);
			if (!append_json(buffer,
					 json_pack("{s:s, s:{s:I}, s:{s:s}, s:{s:{}}}", "action",
						   "delete", "target", "slpf:rule_number", number,
						   "args", "response_requested", "complete",
						   "actuator", "slpf")))
				return false;
		}
	}
	return true;
}
