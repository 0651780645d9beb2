/* The parts of the report: what the page carries of a case, and how it is written. Private to the
 * room. */
#ifndef KENBI_REPORT_PAGE_H
#define KENBI_REPORT_PAGE_H

#include <jansson.h>

#include "base/base.h"

/* The page around the case, made at build time by tools/embed_report.py from ui/report/. */
extern const unsigned char report_page_before[];
extern const size_t report_page_before_length;
extern const unsigned char report_page_after[];
extern const size_t report_page_after_length;

/* What a page carries, so that a browser stays quick. The whole case is in case.json, and the page
 * says what it leaves out. */
struct report_budget {
	size_t sessions;       /* records */
	size_t others;	       /* records of each other type; `event` records are never carried */
	size_t utterances;     /* and deviations, of one session */
	size_t said_bytes;     /* of all that was said, in all sessions */
	size_t subnet_figures; /* of all forecasts: one for each subnet */
};
/* 20,000 sessions, 5,000 of each other type, 200 utterances a session, 16 MiB said, 500,000
 * figures of subnets. */
struct report_budget report_default_budget(void);

/* {"version": text, "records": […], "omitted": {type or "said" or "deviations" or
 * "subnet_infected": number, …}}.
 * Sessions that the story refers to are kept first, then those that deviate, then the rest in their
 * order. Unchanged records are shared with `records`. Returns owned; NULL: no memory. */
json_t *report_page_case(const json_t *records, const struct report_budget *budget);

/* Appends compact JSON that can stand inside an HTML script element: pure ASCII, and <, > and &
 * only as \u escapes. ERROR_LIMIT or ERROR_MEMORY as buffer_append, ERROR_INTERNAL for what is not
 * JSON. */
MUST_CHECK int report_append_safe(struct buffer *buffer, const json_t *value);
/* Appends compact JSON as it is, in UTF-8. */
MUST_CHECK int report_append_plain(struct buffer *buffer, const json_t *value);

#endif
