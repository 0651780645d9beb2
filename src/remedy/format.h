/* The one table of rule formats: what a format is called, which files hold it, who loads and who
 * checks it, how free text is written in it, and, for packet filters, the function that writes a
 * rule from a filter. */
#ifndef KENBI_REMEDY_FORMAT_H
#define KENBI_REMEDY_FORMAT_H

#include "remedy/filter.h"
#include "remedy/remedy.h"

/* Appends one printable ASCII byte as the format needs it; false: the format has no way to say it.
 */
typedef bool format_escape(struct buffer *buffer, char c);
/* Appends a whole rule; false: the format cannot say this filter. */
typedef bool format_filter(struct buffer *buffer, const struct packet_filter *filter);

struct format {
	struct remedy_format about;
	format_escape
		*escape; /* of values that may hold more than letters, digits, dots, hyphens */
	format_filter *filter; /* NULL: rules of this format come from templates only */
	unsigned devices;      /* 1 << enum remedy_device: where such rules are loaded */
	format_filter *undo;   /* of what `filter` wrote; NULL with it */
	/* Of a rule from a template; NULL: the template brings its own. */
	bool (*undo_rule)(struct buffer *buffer, const char *rule);
};

/* Between double quotes in a .reg file. */
bool format_escape_reg(struct buffer *buffer, char c);

/* Number of a format, or ERROR_INPUT. */
int format_find(const char *name);
size_t format_count(void);
const struct format *format_at(size_t index);

#endif
