/* Where figures come from, as a record: version, command, and the files that the command read, with
 * their text where that is short. Whoever has the record can repeat the run. */
#include "cli/cli.h"

#include <string.h>

#define FILE_LIMIT ((size_t)64 << 20)
#define TEXT_LIMIT ((size_t)64 << 10) /* longer files are told by their digest only */

static json_t *provenance_file(const char *path, struct error *error)
{
	struct buffer content;
	char digest[DIGEST_TEXT_SIZE];

	if (file_read(path, FILE_LIMIT, &content, error) < 0)
		return NULL;
	struct bytes bytes = buffer_bytes(&content);
	json_t *text = bytes.length <= TEXT_LIMIT
			       ? json_stringn((const char *)bytes.data, bytes.length)
			       : NULL;
	json_t *file =
		json_pack("{s:s, s:I, s:s, s:o}", "name", path, "bytes", (json_int_t)bytes.length,
			  "sha256", digest_text(bytes, digest), "text", text ? text : json_null());
	buffer_fini(&content);
	return file;
}

int cli_provenance(int count, char *const *words, const char *path, json_t **record,
		   struct error *error)
{
	json_t *command = json_array();

	json_array_append_new(command, json_string("kenbi"));
	for (int i = 0; i < count; i++)
		json_array_append_new(command, json_string(words[i]));
	json_t *file = provenance_file(path, error);
	*record = file ? json_pack("{s:s, s:s, s:s, s:O, s:[o]}", "type", "provenance", "program",
				   "kenbi", "version", KENBI_VERSION, "command", command, "files",
				   file)
		       : NULL;
	json_decref(command);
	if (*record)
		return 0;
	return file ? error_set(error, ERROR_INPUT, path, "the command is not UTF-8 text")
		    : error->code;
}
