/* Rule text from templates. "${port}" stands for a parameter; what a sample chose is escaped for
 * the format, or the rule is not made: text from a sample can never say anything in a rule but
 * itself.
 *
 * Derived: ${address.family} ("ip", "ip6": what nftables calls it), ${port.service} (what else uses
 * the port),
 * ${vulnerability.update}, ${vulnerability.title} (of a bulletin), ${rule.number} (for formats
 * whose rules are numbered: the same countermeasure with the same parameters has the same number
 * everywhere). */
#ifndef KENBI_REMEDY_RENDER_H
#define KENBI_REMEDY_RENDER_H

#include "remedy/knowledge.h"

#define RENDER_BINDINGS 8

struct render_binding {
	const char *name;
	enum parameter_type type;
	char text[PARAMETER_SIZE];
};

struct render_values {
	const struct remedy_knowledge *knowledge;
	struct render_binding bindings[RENDER_BINDINGS];
	size_t count;
	unsigned number; /* ${rule.number} */
};

/* NULL when every placeholder is well formed and a parameter that some answer of the entry brings.
 */
const char *render_check(const char *template, const struct remedy_entry *entry);
/* Appends the template filled in. False: a value is missing or cannot be written in that format. */
bool render_rule(const char *template, int format, const struct render_values *values,
		 struct buffer *buffer);
const struct render_binding *render_binding(const struct render_values *values, const char *name);

#endif
