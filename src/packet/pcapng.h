/* pcapng files, and what the readers of files share. */
#ifndef KENBI_PACKET_PCAPNG_H
#define KENBI_PACKET_PCAPNG_H

#include "packet/decode.h"

#define PCAPNG_MAGIC "\x0a\x0d\x0d\x0a"

static inline bool pcapng_is_magic(const uint8_t magic[4])
{
	return bytes_equal((struct bytes){ magic, 4 }, bytes_of(PCAPNG_MAGIC));
}

/* The descriptor (taken) stands behind the magic number. */
MUST_CHECK int pcapng_open(int descriptor, const char *name, struct frames **frames,
			   struct error *error);
/* The message for a link type that is not taken apart. */
int link_refuse(int link_type, const char *name, struct error *error);

#endif
