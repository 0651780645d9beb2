/* The other end of a payload's conversations while it is being explained: connections succeed, one
 * stranger connects to every port that it opens, and what it reads is what the sender said next. */
#ifndef KENBI_SHELLCODE_WIRE_H
#define KENBI_SHELLCODE_WIRE_H

#include "base/base.h"

struct wire {
	struct bytes follow_up; /* borrowed */
	size_t said;		/* bytes of it that were read */
	uint32_t conversations;
	uint64_t accepted[1024]; /* one bit per port: its stranger has been there */
	struct peer peer;	 /* hand &wire->peer to a world */
};

void wire_init(struct wire *wire, struct bytes follow_up);

#endif
