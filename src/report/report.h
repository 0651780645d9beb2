/* report - the story of a case as one self-contained page, and the same as JSON.
 *
 * Reads the records of a case (docs/records.md) and nothing else; writes FOLDER/index.html (no
 * outside resource: styles, script and pictures are inside) and FOLDER/case.json. */
#ifndef KENBI_REPORT_H
#define KENBI_REPORT_H

#include <jansson.h>

#include "base/base.h"

/* `records` is an array of records as docs/records.md describes them, in the order they were made.
 * Every text in them is hostile until escaped. The folder is made if need be. `now` (seconds since
 * 1970) is the time of STIX objects where no record has one. */
MUST_CHECK int report_write(const json_t *records, const char *folder, double now,
			    struct error *error);

/* The case as a bundle of STIX 2.1 (report/stix.c says how). Returns owned; NULL: no memory. */
json_t *report_stix(const json_t *records, double now);

#endif
