/* store - the attack data base: every record of every case, and the samples themselves, in one
 * SQLite file.
 *
 * Records (docs/records.md) are kept as they are, with the columns that questions need beside them.
 * Samples are blobs inside the data base, never files on disk. A store is used by one thread;
 * processes may share it. */
#ifndef KENBI_STORE_H
#define KENBI_STORE_H

#include <jansson.h>

#include "base/base.h"

struct store;

/* Opens or makes the data base. `path` NULL: $KENBI_STORE, else $XDG_DATA_HOME/kenbi/attacks.db,
 * else
 * ~/.local/share/kenbi/attacks.db. ERROR_INPUT: not a kenbi data base, or made by a newer kenbi
 * (both versions are named); ERROR_SYSTEM: cannot be opened or written. */
MUST_CHECK int store_open(const char *path, struct store **store, struct error *error);
void store_close(struct store *store);
const char *store_path(const struct store *store);

/* A case groups what one run of analysis found. All of it is written or nothing: begin, put…, end.
 */
MUST_CHECK int store_begin_case(struct store *store, const char *title, int64_t *number,
				struct error *error);
MUST_CHECK int store_put(struct store *store, const json_t *record, struct error *error);
MUST_CHECK int store_put_sample(struct store *store, struct bytes content, struct error *error);
MUST_CHECK int store_end_case(struct store *store, struct error *error);
void store_abandon_case(struct store *store);

/* The body of a sample by its SHA-256 in lower-case hexadecimal, or by the first STORE_PREFIX or
 * more of these digits. Returns owned content (buffer_fini, also after an error). ERROR_INPUT: not
 * here, not a digest, or several begin so. */
#define STORE_PREFIX 6
MUST_CHECK int store_get_sample(struct store *store, const char *sha256, struct buffer *content,
				struct error *error);

/* Named questions: "cases", "attempts", "codes", "kinds", "sources", "ports", "samples", "records",
 * … Each gives rows as JSON objects to `row`; a negative result stops and is returned. `limit` 0:
 * all. `filter` (may be NULL) narrows "records" to a type. */
typedef int store_row(void *context, const json_t *row);
MUST_CHECK int store_query(struct store *store, const char *question, const char *filter,
			   unsigned limit, store_row *row, void *context, struct error *error);
/* Name and meaning of question `index`; NULL past the end. */
const char *store_question(size_t index, const char **meaning);

#endif
