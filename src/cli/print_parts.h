/* What the printers of a case share: members of records, and small pieces of output. */
#ifndef KENBI_CLI_PRINT_PARTS_H
#define KENBI_CLI_PRINT_PARTS_H

#include "cli/cli.h"

/* Members of a record; "" and 0 where there is none. */
static inline const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return text ? text : "";
}

static inline json_int_t number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static inline double real_of(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

void print_text(const char *text); /* of foreign origin */
void print_styled(enum cli_style style, const char *text);
/* The title of a section, with a count unless that is SIZE_MAX. */
void print_heading(const char *title, size_t count);
/* The time of a day, or as many blanks where it is not known. */
void print_time(double seconds);
/* A whole number with commas between thousands. */
void print_grouped(double number);

/* --- print_wire.c --- */
void print_sessions(const json_t *sessions, const json_t *shellcodes, bool all);
void print_shellcodes(const json_t *shellcodes, bool all);

#endif
