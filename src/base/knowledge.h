/* YAML files into C structs by libcyaml schemas, with errors that say file, line and key. */
#ifndef KENBI_BASE_KNOWLEDGE_H
#define KENBI_BASE_KNOWLEDGE_H

#include <cyaml/cyaml.h>

#include "base/bytes.h"
#include "base/error.h"

/* Loads `path` by `schema` (top level must be a pointer type). Returns owned data in *data, freed
 * with knowledge_free and the same schema. For a sequence at top level, *count is its length (NULL
 * otherwise). ERROR_INPUT with "file: what is wrong (key, line)" when the text does not fit the
 * schema. */
MUST_CHECK int knowledge_load(const char *path, const cyaml_schema_value_t *schema, void **data,
			      unsigned *count, struct error *error);
MUST_CHECK int knowledge_load_bytes(struct bytes text, const char *name,
				    const cyaml_schema_value_t *schema, void **data,
				    unsigned *count, struct error *error);
void knowledge_free(const cyaml_schema_value_t *schema, void *data, unsigned count);

#endif
