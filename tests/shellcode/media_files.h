/* Well-formed files of the formats that media.h knows, around any content: nobody could decode it,
 * but everything that says of itself that it is right, is. */
#ifndef KENBI_TESTS_SHELLCODE_MEDIA_FILES_H
#define KENBI_TESTS_SHELLCODE_MEDIA_FILES_H

#include "base/base.h"

/* Appends the file; returns where in it the content begins. The content holds no 0xff. */
typedef size_t media_file(struct buffer *into, struct bytes content);
struct media_kind {
	const char *name;
	media_file *make;
};
extern const struct media_kind media_kinds[];
extern const size_t media_kind_count;

#endif
