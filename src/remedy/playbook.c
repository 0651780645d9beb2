/* A combination of remedies as one CACAO playbook (OASIS, CACAO Security Playbooks 2.0).
 *
 * start → an action per remedy, in the given order → end. An action that fails goes to one that
 * takes its rule back, and that to the end. Of a remedy with rules in several languages, the one of
 * the preferred format is taken, else the first: the others are alternatives, and commands of one
 * action would all be carried out. What a shell can load becomes a `bash` command, scripts, YARA
 * rules and OpenC2 their own types, everything else is `manual` work with the text to load.
 *
 * Identifiers are UUIDs of version 4 whose bits come from the digest of what they name, not from
 * chance: the same remedies at the same time give the same playbook. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "remedy/remedy.h"

enum { UUID_SIZE = 37, ID_SIZE = 64 };

struct playbook {
	const struct remedy_playbook_about *about;
	json_t *workflow, *agents, *targets;
	char operators[ID_SIZE]; /* the agent of manual steps */
	char end[ID_SIZE];
};

/* --- identifiers, times, base64 --- */

static void make_id(const char *type, const char *seed, const char *what, char id[ID_SIZE])
{
	char name[1200], hex[DIGEST_TEXT_SIZE], uuid[UUID_SIZE];

	snprintf(name, sizeof name, "kenbi\n%.40s\n%.500s\n%.500s", type, seed, what);
	digest_text(bytes_of(name), hex);
	hex[12] = '4'; /* version */
	hex[16] = "89ab"[hex[16] % 4];
	snprintf(uuid, sizeof uuid, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
		 hex + 20);
	snprintf(id, ID_SIZE, "%.24s--%s", type, uuid);
}

static json_t *timestamp(uint64_t seconds)
{
	time_t time = (time_t)seconds;
	struct tm utc;
	char text[40];

	if (!gmtime_r(&time, &utc) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000Z", &utc))
		return NULL;
	return json_string(text);
}

static json_t *base64(const char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t length = strlen(text), at = 0;
	char *coded = malloc(4 * (length / 3 + 1) + 1);

	if (!coded)
		return NULL;
	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		uint32_t word = (uint32_t)(uint8_t)text[i] << 16;
		word |= left > 1 ? (uint32_t)(uint8_t)text[i + 1] << 8 : 0;
		word |= left > 2 ? (uint8_t)text[i + 2] : 0;
		for (size_t j = 0; j < 4; j++)
			coded[at++] = j <= left ? digits[word >> (18 - 6 * j) & 63] : '=';
	}
	json_t *value = json_stringn(coded, at);
	free(coded);
	return value;
}

/* --- commands --- */

/* The text on the standard input of a program. The word that ends it is none of ours or of a
 * sample's: rules have no line that consists of it. */
static json_t *shell_command(const char *program, const char *text)
{
	size_t length = strlen(text);

	if (strstr(text, "KENBI-END"))
		return NULL;
	return json_sprintf("%s <<'KENBI-END'\n%s%sKENBI-END\n", program, text,
			    length && text[length - 1] == '\n' ? "" : "\n");
}

static json_t *manual(const struct remedy_format *format, const char *text)
{
	return json_pack("{s:s, s:o}", "type", "manual", "command",
			 json_sprintf("%s (%s):\n%s", format ? format->loaded_by : "By hand",
				      format ? format->name : "text", text));
}

static json_t *command_of(const char *format, const char *text)
{
	static const struct {
		const char *format, *program;
	} programs[] = { { "nftables", "nft -f -" },
			 { "iptables", "iptables-restore --noflush" },
			 { "ip6tables", "ip6tables-restore --noflush" } };

	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		if (strcmp(format, programs[i].format) == 0) {
			json_t *line = shell_command(programs[i].program, text);
			return line ? json_pack("{s:s, s:o}", "type", "bash", "command", line)
				    : manual(remedy_format_find(format), text);
		}
	if (strcmp(format, "powershell") == 0 || strcmp(format, "yara") == 0)
		return json_pack("{s:s, s:o}", "type", format, "command_b64", base64(text));
	return manual(remedy_format_find(format), text);
}

/* OpenC2 over HTTPS takes one command a request (OASIS, Transfer of OpenC2 Messages via HTTPS). */
static json_t *openc2_commands(const char *text)
{
	json_t *commands = json_array();

	while (*text) {
		size_t length = strcspn(text, "\n");
		char *line = strndup(text, length);
		if (line && length)
			json_array_append_new(
				commands,
				json_pack("{s:s, s:s, s:{s:[s]}, s:o}", "type", "openc2-http",
					  "command", "POST /.well-known/openc2 HTTP/1.1", "headers",
					  "Content-Type", "application/openc2+json;version=1.0",
					  "content_b64", base64(line)));
		free(line);
		text += length + (text[length] == '\n');
	}
	return commands;
}

static json_t *commands_of(const char *format, const char *text)
{
	if (strcmp(format, "openc2") == 0)
		return openc2_commands(text);
	return json_pack("[o]", command_of(format, text));
}

/* --- who does it --- */

static const char *category_of(enum remedy_device device)
{
	static const char *const categories[REMEDY_DEVICE_COUNT] = {
		[REMEDY_ON_HOST] = "endpoint",
		[REMEDY_ON_SWITCH] = "switch",
		[REMEDY_ON_ROUTER] = "router",
		[REMEDY_ON_FIREWALL] = "firewall",
		[REMEDY_ON_EDGE] = "router",
		[REMEDY_ON_DNS] = "server",
		[REMEDY_ON_PROXY] = "content-gateway",
		[REMEDY_ON_MAIL] = "content-gateway",
		[REMEDY_ON_IDS] = "ips"
	};
	return categories[device];
}

static void name_machine(const struct playbook *playbook, enum remedy_device device, json_t *into,
			 char id[ID_SIZE])
{
	make_id("security-category", playbook->about->name, remedy_device_name(device), id);
	json_object_set_new(into, id,
			    json_pack("{s:s, s:s, s:[s]}", "type", "security-category", "name",
				      remedy_device_name(device), "category", category_of(device)));
}

/* A machine carries out its own commands; people carry out manual ones on it. */
static void set_agent(struct playbook *playbook, json_t *step, enum remedy_device device)
{
	const json_t *first = json_array_get(json_object_get(step, "commands"), 0);
	const char *type = json_string_value(json_object_get(first, "type"));
	bool by_hand = !type || strcmp(type, "manual") == 0;
	char id[ID_SIZE];

	name_machine(playbook, device, by_hand ? playbook->targets : playbook->agents, id);
	json_object_set_new(step, "agent", json_string(by_hand ? playbook->operators : id));
	if (!by_hand)
		return;
	json_object_set_new(step, "targets", json_pack("[s]", id));
	json_object_set_new(playbook->agents, playbook->operators,
			    json_pack("{s:s, s:s}", "type", "group", "name", "network operators"));
}

/* --- steps --- */

static const struct remedy_rule *rule_of(const struct remedy_candidate *candidate,
					 const char *preferred)
{
	for (size_t i = 0; preferred && i < candidate->rule_count; i++)
		if (strcmp(candidate->rules[i].format, preferred) == 0)
			return &candidate->rules[i];
	return candidate->rules;
}

/* `where`: what comes before the identifier in its address, which has a slash for the dot of
 * T1547.001; NULL: no address follows from the identifier. */
static void add_references(json_t *list, const char *joined, const char *source, const char *where)
{
	while (joined && *joined) {
		char path[32];
		size_t length = strcspn(joined, ",");
		json_t *reference = json_pack("{s:s, s:o}", "name", source, "external_id",
					      json_stringn(joined, length));
		snprintf(path, sizeof path, "%.*s", (int)length, joined);
		for (char *c = path; *c; c++)
			if (*c == '.')
				*c = '/';
		if (where)
			json_object_set_new(reference, "url", json_sprintf("%s%s/", where, path));
		json_array_append_new(list, reference);
		joined += length + strspn(joined + length, ", ");
	}
}

static json_t *references_of(const struct remedy_candidate *candidate)
{
	json_t *list = json_array();

	add_references(list, candidate->attack, "MITRE ATT&CK",
		       "https://attack.mitre.org/techniques/");
	add_references(list, candidate->defend, "MITRE D3FEND", NULL);
	return list;
}

static json_t *description_of(const struct remedy_candidate *candidate)
{
	const struct {
		const char *label, *text;
	} parts[] = { { "Against: ", candidate->why },
		      { "Costs: ", candidate->collateral },
		      { "Limits: ", candidate->limits },
		      { "Undo: ", candidate->undo } };
	struct buffer buffer;

	buffer_init(&buffer, 8192);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (parts[i].text && *parts[i].text)
			buffer_printf(&buffer, "%s%s%s", buffer.length ? "\n" : "", parts[i].label,
				      parts[i].text);
	json_t *text = json_string(buffer_text(&buffer));
	buffer_fini(&buffer);
	return text ? text : json_string("");
}

/* Taking a rule back: in its own language, or in words. */
static void add_undo(struct playbook *playbook, const struct remedy_candidate *candidate,
		     const struct remedy_rule *rule, const char *id)
{
	bool own = rule->undo && *rule->undo;
	json_t *commands =
		own ? commands_of(rule->format, rule->undo)
		    : json_pack("[o]", manual(NULL, candidate->undo && *candidate->undo
							    ? candidate->undo
							    : "Nothing is left behind."));
	json_t *step = json_pack("{s:s, s:o, s:o, s:s}", "type", "action", "name",
				 json_sprintf("Take back: %s", candidate->title), "commands",
				 commands, "on_completion", playbook->end);

	set_agent(playbook, step, candidate->device);
	json_object_set_new(playbook->workflow, id, step);
}

static void add_action(struct playbook *playbook, const struct remedy_candidate *candidate,
		       const char *id, const char *undo, const char *next)
{
	const struct remedy_rule *rule = rule_of(candidate, playbook->about->format);
	json_t *references = references_of(candidate);
	json_t *step = json_pack("{s:s, s:s, s:o, s:o, s:s, s:s}", "type", "action", "name",
				 candidate->title, "description", description_of(candidate),
				 "commands", commands_of(rule->format, rule->text), "on_success",
				 next, "on_failure", undo);

	if (json_array_size(references))
		json_object_set(step, "external_references", references);
	json_decref(references);
	set_agent(playbook, step, candidate->device);
	json_object_set_new(playbook->workflow, id, step);
	add_undo(playbook, candidate, rule, undo);
}

/* Two remedies of one name differ in their rules. */
static void step_ids(const struct playbook *playbook, const struct remedy_candidate *candidate,
		     size_t index, char id[ID_SIZE], char undo[ID_SIZE])
{
	char what[600];

	snprintf(what, sizeof what, "%zu %.200s %.300s", index, candidate->name, candidate->title);
	make_id("action", playbook->about->name, what, id);
	snprintf(what, sizeof what, "undo %zu %.200s %.300s", index, candidate->name,
		 candidate->title);
	make_id("action", playbook->about->name, what, undo);
}

static void add_steps(struct playbook *playbook, const struct remedy_candidate *const *candidates,
		      size_t count, const char *start)
{
	char id[ID_SIZE], undo[ID_SIZE], next[ID_SIZE] = "", next_undo[ID_SIZE] = "";

	step_ids(playbook, candidates[0], 0, id, undo);
	json_object_set_new(playbook->workflow, start,
			    json_pack("{s:s, s:s}", "type", "start", "on_completion", id));
	for (size_t i = 0; i < count; i++) {
		if (i + 1 < count)
			step_ids(playbook, candidates[i + 1], i + 1, next, next_undo);
		add_action(playbook, candidates[i], id, undo, i + 1 < count ? next : playbook->end);
		memcpy(id, next, sizeof id);
		memcpy(undo, next_undo, sizeof undo);
	}
	json_object_set_new(playbook->workflow, playbook->end, json_pack("{s:s}", "type", "end"));
}

json_t *remedy_playbook(const struct remedy_playbook_about *about,
			const struct remedy_candidate *const *candidates, size_t count)
{
	struct playbook playbook = { .about = about };
	char id[ID_SIZE], author[ID_SIZE], start[ID_SIZE], moment[32];

	for (size_t i = 0; i < count; i++)
		if (candidates[i]->rule_count == 0)
			return NULL;
	if (count == 0)
		return NULL;
	snprintf(moment, sizeof moment, "%llu", (unsigned long long)about->time);
	make_id("playbook", about->name, moment, id);
	make_id("identity", "", "kenbi", author);
	make_id("start", about->name, moment, start);
	make_id("end", about->name, moment, playbook.end);
	make_id("group", about->name, "operators", playbook.operators);
	playbook.workflow = json_object();
	playbook.agents = json_object();
	playbook.targets = json_object();
	add_steps(&playbook, candidates, count, start);
	json_t *made = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:[s], s:[s, s], s:s, s:o, s:o, s:s, s:o, s:o}", "type",
		"playbook", "spec_version", "cacao-2.0", "id", id, "name", about->name,
		"description",
		"Countermeasures derived by kenbi from recorded behaviour. Read each step's costs "
		"and "
		"limits before it is carried out.",
		"playbook_types", "mitigation", "playbook_activities", "restrict-access",
		"configure-systems", "created_by", author, "created", timestamp(about->time),
		"modified", timestamp(about->time), "workflow_start", start, "workflow",
		playbook.workflow, "agent_definitions", playbook.agents);
	if (made && json_object_size(playbook.targets))
		json_object_set(made, "target_definitions", playbook.targets);
	json_decref(playbook.targets);
	return made;
}
