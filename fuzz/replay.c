/* Runs every file of a folder through a fuzz target, and an empty input first: the corpus as a
 * test. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int count, char **arguments)
{
	int replayed = 1;

	if (count != 2) {
		fprintf(stderr, "usage: %s CORPUS-FOLDER\n", arguments[0]);
		return 2;
	}
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	DIR *folder = opendir(arguments[1]);
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		char path[4096];
		struct buffer content;
		struct error error;
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", arguments[1], entry->d_name);
		if (file_read(path, 64u << 20, &content, &error) < 0) {
			log_error(&error);
			return 2;
		}
		LLVMFuzzerTestOneInput(content.data, content.length);
		buffer_fini(&content);
		replayed++;
	}
	if (folder)
		closedir(folder);
	printf("%d inputs replayed\n", replayed);
	return 0;
}
