/* Unpacking: deflate (RFC 1951), bare or inside gzip (RFC 1952) or zlib (RFC 1950), a part at a
 * time. ISA-L does it. Nothing here limits what comes out: who calls says how much may.
 *
 * What came out before the packed bytes end or turn out to be damaged is right and stays. */
#ifndef KENBI_BASE_INFLATE_H
#define KENBI_BASE_INFLATE_H

#include <stdint.h>

#include "base/bytes.h"

enum inflate_form { INFLATE_GZIP, INFLATE_ZLIB, INFLATE_BARE };

enum inflate_status {
	INFLATE_GOES_ON,
	INFLATE_ENDED,	/* and the checksum was right; bare deflate has none */
	INFLATE_SHORT,	/* the packed bytes end before */
	INFLATE_DAMAGED /* or a wrong checksum, or a dictionary that nobody has */
};

struct inflate;
/* Borrows `packed`, of which it reads 4 GiB at most. NULL: no memory. */
struct inflate *inflate_new(struct bytes packed, enum inflate_form form);
void inflate_free(struct inflate *inflate);
/* Unpacks at most `room` bytes; *made says how many. */
enum inflate_status inflate_step(struct inflate *inflate, uint8_t *into, size_t room, size_t *made);
/* Before the first step: unpacks all at once, which is faster, if it comes to its end (as
 * INFLATE_ENDED) within `room` bytes. False: it does not; what `into` has is of no use, and
 * inflate_step begins at the beginning. */
bool inflate_whole(struct inflate *inflate, uint8_t *into, size_t room, size_t *made);
/* Packed bytes that were read so far; at the end, those that belong to it. */
size_t inflate_read(const struct inflate *inflate);

/* CRC-32 as in gzip and zip files. */
uint32_t inflate_crc32(struct bytes bytes);

#endif
