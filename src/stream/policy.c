/* What a receiver does where RFC 9293 leaves it free, by personality.
 *
 * Overlaps of waiting segments: Novak and Sturges, "Target-Based TCP Stream Reassembly"
 * (Sourcefire, 2007), who measured the systems; the names after Shankar and Paxson ("Active
 * Mapping", IEEE S&P 2003). Linux's rule is that of its tcp_data_queue_ofo(), and
 * tests/stream/test_kernel.c asks the running kernel. Resets: the same authors; Linux since 3.6
 * takes only the exact number (RFC 5961, section 3.2). Limits: the papers' tables are known here
 * through the analysers that were built on them (Snort, Suricata), which differ on HP-UX 10 and
 * IRIX; Snort's, by the same authors, is taken. HP-UX 11 and Solaris keep the first of two equal
 * segments in a case that the paper describes by the segment before them; here the last one stays.
 */
#include "stream/policy.h"

bool policy_new_wins(enum packet_personality personality, struct extent old, struct extent new)
{
	switch (personality) {
	case PACKET_LAST: return true;
	case PACKET_WINDOWS:
	case PACKET_WINDOWS_2003:
	case PACKET_BSD:
	case PACKET_MACOS: return new.begin < old.begin;
	case PACKET_BSD_RIGHT: return new.begin >= old.begin;
	case PACKET_LINUX:
	case PACKET_LINUX_24:
	case PACKET_HPUX10:
	case PACKET_IRIX:
		return new.begin < old.begin || (new.begin == old.begin &&new.end > old.end);
	case PACKET_LINUX_22:
		return new.begin < old.begin || (new.begin == old.begin &&new.end >= old.end);
	case PACKET_SOLARIS:
	case PACKET_HPUX11:
		return new.end > old.end || (new.end == old.end &&new.begin <= old.begin);
	case PACKET_VISTA:
	case PACKET_FIRST:
	case PACKET_PERSONALITY_COUNT: break;
	}
	return false;
}

bool policy_trims(enum packet_personality personality)
{
	return personality == PACKET_WINDOWS || personality == PACKET_WINDOWS_2003 ||
	       personality == PACKET_BSD || personality == PACKET_MACOS;
}

bool policy_reset_counts(enum packet_personality personality, uint64_t position, uint64_t next,
			 uint64_t edge)
{
	switch (personality) {
	case PACKET_HPUX11: return position >= next;
	case PACKET_BSD:
	case PACKET_BSD_RIGHT:
	case PACKET_LINUX_24:
	case PACKET_LINUX_22:
	case PACKET_SOLARIS: return position == next || (position > next && position < edge);
	default: return position == next;
	}
}

/* Servers that set SO_OOBINLINE: Telnet (RFC 854 needs it for its Synch), FTP's commands (RFC 959,
 * section 4.1.3) and rlogin. */
bool policy_urgent_in_line(uint16_t server_port)
{
	return server_port == 23 || server_port == 21 || server_port == 513;
}
