/* Templates that find values in text: "open {address:address} {port:port}".
 *
 * A template matches anywhere in the text; letters without regard to case, a space stands for one
 * or more spaces or tabs, {name:type} takes as many bytes as can belong to the type. */
#ifndef KENBI_REMEDY_EXTRACT_H
#define KENBI_REMEDY_EXTRACT_H

#include "remedy/parameter.h"

#define EXTRACT_NAMES 4	   /* values of one template */
#define EXTRACT_TEXT  8192 /* bytes of a text that are searched */

struct extract_value {
	char name[32];
	enum parameter_type type;
	char text[PARAMETER_SIZE];
};

/* NULL when the template is well formed, else what is wrong with it. */
const char *extract_check(const char *template);
/* Number of values found (0: no match or none asked for); *matched says whether it matched. */
size_t extract_find(const char *template, struct bytes text,
		    struct extract_value values[EXTRACT_NAMES], bool *matched);
/* Undoes \xHH of a trace's data field; writes at most `size` bytes, returns how many. */
size_t extract_unescape(const char *text, uint8_t *into, size_t size);

#endif
