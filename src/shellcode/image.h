/* Executable images (ELF, PE, objects in archives) inside a stream, by their own headers. Compiled
 * programs contain system calls and position-independent code of their own, so that code inside an
 * image is judged more strictly; being an image never hides anything, since a sender may claim
 * whatever he likes.
 */
#ifndef KENBI_SHELLCODE_IMAGE_H
#define KENBI_SHELLCODE_IMAGE_H

#include "base/base.h"

/* Does an image begin at `offset`? Its extent in the stream (cut at the end of bytes) or 0. */
size_t image_length(struct bytes bytes, size_t offset);

/* Walks a stream: where the present or next image lies. */
struct image_cursor {
	struct bytes bytes;
	size_t start, end; /* of the image; start SIZE_MAX: no more */
};
/* `inside`: the first bytes belong to an image that began before; 0: none do. */
void image_cursor_init(struct image_cursor *cursor, struct bytes bytes, uint64_t inside);
/* Is `offset` inside an image? Offsets must not go backwards. */
bool image_cursor_inside(struct image_cursor *cursor, size_t offset);

/* How many bytes of an image lie at and behind `offset`, also behind the end of the bytes, if it is
 * inside one; `inside` as above. */
uint64_t image_behind(struct bytes bytes, uint64_t inside, size_t offset);

#endif
