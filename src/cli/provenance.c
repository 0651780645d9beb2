/* Where figures come from, as a record: version, command, and the files that the command read, with
 * their text where that is short. Whoever has the record can repeat the run. */
#include "cli/cli.h"

#define FILE_LIMIT ((size_t)64 << 20)
#define TEXT_LIMIT ((size_t)64 << 10) /* longer files are told by their digest only */

/* null for what is not UTF-8, as the name of a file may be. */
static json_t *word_or_null(const char *word)
{
	json_t *string = json_string(word);
	return string ? string : json_null();
}

static int add_file(json_t *files, const char *path, struct error *error)
{
	struct buffer content;
	char digest[DIGEST_TEXT_SIZE];

	int result = file_read(path, FILE_LIMIT, &content, error);
	if (result < 0)
		return result;
	struct bytes bytes = buffer_bytes(&content);
	json_t *text = bytes.length <= TEXT_LIMIT
			       ? json_stringn((const char *)bytes.data, bytes.length)
			       : NULL;
	result = json_array_append_new(
		files, json_pack("{s:o, s:I, s:s, s:o}", "name", word_or_null(path), "bytes",
				 (json_int_t)bytes.length, "sha256", digest_text(bytes, digest),
				 "text", text ? text : json_null()));
	buffer_fini(&content);
	return result < 0 ? error_set(error, ERROR_MEMORY, path, "no memory for the records") : 0;
}

int cli_provenance(int count, char *const *words, const char *path, const char *title,
		   json_t **record, struct error *error)
{
	json_t *command = json_array(), *files = json_array();
	int result = 0;

	*record = NULL;
	json_array_append_new(command, json_string("kenbi"));
	for (int i = 0; i < count; i++)
		json_array_append_new(command, word_or_null(words[i]));
	if (path)
		result = add_file(files, path, error);
	if (result == 0) {
		*record = json_pack("{s:s, s:s, s:s, s:s, s:O, s:O}", "type", "provenance",
				    "program", "kenbi", "version", KENBI_VERSION, "title", title,
				    "command", command, "files", files);
		if (!*record)
			result = error_set(error, ERROR_MEMORY, path, "no memory for the records");
	}
	json_decref(command);
	json_decref(files);
	return result;
}
