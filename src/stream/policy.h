/* Where TCP leaves a receiver free, and what each system does there. */
#ifndef KENBI_STREAM_POLICY_H
#define KENBI_STREAM_POLICY_H

#include "packet/packet.h"

/* Positions [begin, end) of a segment. */
struct extent {
	uint64_t begin, end;
};

/* Two waiting segments hold the same bytes: does the newcomer's stay? */
bool policy_new_wins(enum packet_personality personality, struct extent old, struct extent new);
/* Does a waiting segment that lost its front begin where what is left of it begins? Otherwise its
 * extent is compared as it arrived. */
bool policy_trims(enum packet_personality personality);
/* Does a reset at `position` count, where `next` is expected and the window ends at `edge`? */
bool policy_reset_counts(enum packet_personality personality, uint64_t position, uint64_t next,
			 uint64_t edge);
/* Does the server of that port read urgent data in line? Others never see the urgent byte. */
bool policy_urgent_in_line(uint16_t server_port);

#endif
