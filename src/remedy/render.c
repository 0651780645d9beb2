#include "remedy/format.h"
#include "remedy/render.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

const struct render_binding *render_binding(const struct render_values *values, const char *name)
{
	for (size_t i = 0; i < values->count; i++)
		if (strcmp(values->bindings[i].name, name) == 0)
			return &values->bindings[i];
	return NULL;
}

/* --- placeholders --- */

struct placeholder {
	char name[32], part[32]; /* part "" for the value itself */
	size_t length;		 /* of the whole "${…}" */
};

static bool read_placeholder(const char *at, struct placeholder *placeholder)
{
	int length = 0;

	placeholder->part[0] = 0;
	if (sscanf(at, "${%31[a-z_]}%n", placeholder->name, &length) == 1 && length) {
		placeholder->length = (size_t)length;
		return true;
	}
	if (sscanf(at, "${%31[a-z_].%31[a-z]}%n", placeholder->name, placeholder->part, &length) !=
		    2 ||
	    !length)
		return false;
	placeholder->length = (size_t)length;
	return true;
}

static bool is_rule_number(const struct placeholder *placeholder)
{
	return strcmp(placeholder->name, "rule") == 0 && strcmp(placeholder->part, "number") == 0;
}

static int need_type(const struct remedy_entry *entry, const char *name)
{
	for (unsigned i = 0; i < entry->answers_count; i++)
		for (unsigned j = 0; j < entry->answers[i].needs_count; j++)
			if (strcmp(entry->answers[i].needs[j].parameter, name) == 0)
				return parameter_type_find(entry->answers[i].needs[j].type);
	return ERROR_INPUT;
}

static bool part_exists(int type, const char *part)
{
	return !*part || (type == PARAMETER_ADDRESS && strcmp(part, "family") == 0) ||
	       (type == PARAMETER_PORT && strcmp(part, "service") == 0) ||
	       (type == PARAMETER_BULLETIN &&
		(strcmp(part, "update") == 0 || strcmp(part, "title") == 0));
}

const char *render_check(const char *template, const struct remedy_entry *entry)
{
	struct placeholder placeholder;

	for (const char *at = template; (at = strstr(at, "${")); at += placeholder.length) {
		if (!read_placeholder(at, &placeholder))
			return "a placeholder looks like ${port} or ${port.service}";
		if (is_rule_number(&placeholder))
			continue;
		int type = need_type(entry, placeholder.name);
		if (type < 0)
			return "a placeholder names a parameter that no answer of the entry needs";
		if (!part_exists(type, placeholder.part))
			return "after the dot: 'family' of an address, 'service' of a port, "
			       "'update' or "
			       "'title' of a bulletin";
	}
	return NULL;
}

static const char *service_of(const struct render_values *values, const char *port)
{
	const struct remedy_knowledge *knowledge = values->knowledge;
	const struct render_binding *proto = render_binding(values, "proto");

	for (size_t i = 0; i < knowledge->service_count; i++) {
		char number[16];
		snprintf(number, sizeof number, "%u", knowledge->services[i].port);
		if (strcmp(number, port) == 0 &&
		    (!proto || strcmp(proto->text, knowledge->services[i].proto) == 0))
			return knowledge->services[i].service;
	}
	return "what else uses this port";
}

/* Text of ours, not of a sample: nothing to escape. NULL: not known. */
static const char *part_of(const struct render_values *values, const struct render_binding *binding,
			   const char *part)
{
	const struct remedy_knowledge *knowledge = values->knowledge;

	if (strcmp(part, "family") == 0)
		return strchr(binding->text, ':') ? "ip6" : "ip";
	if (strcmp(part, "service") == 0)
		return service_of(values, binding->text);
	for (size_t i = 0; i < knowledge->bulletin_count; i++)
		if (strcmp(knowledge->bulletins[i].bulletin, binding->text) == 0)
			return strcmp(part, "update") == 0 ? knowledge->bulletins[i].update
							   : knowledge->bulletins[i].title;
	return NULL;
}

/* Types whose canonical form consists of letters, digits, dots, colons and hyphens only. */
static bool is_strict(enum parameter_type type)
{
	return type <= PARAMETER_HASH;
}

static bool append_escaped(struct buffer *buffer, const struct format *format, const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~' || !format->escape(buffer, *text))
			return false;
	return true;
}

static bool append_value(struct buffer *buffer, const struct format *format,
			 const struct render_values *values, const struct placeholder *placeholder)
{
	const struct render_binding *binding = render_binding(values, placeholder->name);

	if (is_rule_number(placeholder))
		return buffer_printf(buffer, "%u", values->number) == 0;
	if (!binding)
		return false;
	if (*placeholder->part) {
		const char *text = part_of(values, binding, placeholder->part);
		return text && buffer_append_text(buffer, text) == 0;
	}
	/* Between square brackets at the beginning of a line a .reg file escapes nothing; what
	 * could end them is no registry key. */
	if (is_strict(binding->type) ||
	    (binding->type == PARAMETER_KEY && format->escape == format_escape_reg))
		return buffer_append_text(buffer, binding->text) == 0;
	return append_escaped(buffer, format, binding->text);
}

bool render_rule(const char *template, int format, const struct render_values *values,
		 struct buffer *buffer)
{
	struct placeholder placeholder;

	for (const char *at; (at = strstr(template, "${")); template = at + placeholder.length) {
		buffer_append(buffer, template, (size_t)(at - template));
		if (!read_placeholder(at, &placeholder) ||
		    !append_value(buffer, format_at((size_t)format), values, &placeholder))
			return false;
	}
	buffer_append_text(buffer, template);
	return !buffer_failed(buffer);
}
