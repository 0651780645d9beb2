/* What conversations for measurements carry: text, pictures, archives, documents, made anew the
 * same way every time. Formats are well formed, as far as whoever does not decode them can tell:
 * pictures are JPEGs whose scans hold noise, 7z archives have right checksums, documents are zip
 * files that unpack. */
#ifndef KENBI_BENCH_MIX_CONTENT_H
#define KENBI_BENCH_MIX_CONTENT_H

#include "base/base.h"

_Noreturn void give_up(const char *what);

/* Numbers from here on are those that always follow. */
void noise_begin(void);
uint32_t noise(void);
/* least … most - 1 */
size_t between(size_t least, size_t most);

/* Each appends, or ends the program where the buffer's limit does not allow it. */
void put(struct buffer *into, const void *data, size_t length);
void put_text(struct buffer *into, size_t length);
void put_noise(struct buffer *into, size_t length);
void put_base64(struct buffer *into, struct bytes content);
void put_gzip(struct buffer *into, struct bytes content);
/* At least 1 KiB. */
void put_picture(struct buffer *into, size_t length);
void put_7z(struct buffer *into, size_t length);
/* A zip file of a text, packed, and a picture of that length, stored. */
void put_document(struct buffer *into, size_t text, size_t picture);

#endif
