/* What is packed with deflate: gzip (RFC 1952), zlib (RFC 1950), bare deflate (RFC 1951), and the
 * members of zip files (PKWARE APPNOTE 6.3.10). Bounded by what it may give and by what a byte may
 * give. */
#ifndef KENBI_STREAM_UNPACK_H
#define KENBI_STREAM_UNPACK_H

#include "stream/protocol.h"

/* What stands at the beginning of `packed`, as far as it is whole, at most the buffer's limit.
 * Returns whether it came to its end and was right. */
bool unpack_inflate(struct bytes packed, enum inflate_form form, struct buffer *into);
/* Does what is packed begin like something that is worth it? */
bool unpack_look(struct describer *describer, struct bytes packed, enum inflate_form form);
/* The same as unpack_inflate, within what a conversation may cost; initialises the buffer. */
bool unpack_whole(struct describer *describer, struct bytes packed, enum inflate_form form,
		  struct buffer *into);
/* Is the media type one that is worth unpacking: a program, a document, another archive? */
bool unpack_is_worth(const char *media);
/* Programs, documents and archives packed in a zip or gzip file that was just described become
 * files of their own, with the same sender, offset and carrier. */
void unpack_file(struct describer *describer, const struct stream_file *file);

#endif
