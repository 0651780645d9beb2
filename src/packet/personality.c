/* How systems differ where the standards leave it open: which of two overlapping fragments stays.
 *
 * The rules for fragments are those of Novak, "Target-based fragmentation reassembly" (Sourcefire,
 * 2005), who measured them, under the names that Shankar and Paxson gave ("Active mapping",
 * IEEE S&P 2003). The rules for TCP are in stream/policy.c. */
#include "packet/decode.h"

#include <string.h>

static const char *const names[PACKET_PERSONALITY_COUNT] = {
#define NAME(symbol, name, systems) name,
	PACKET_PERSONALITIES(NAME)
#undef NAME
};

const char *packet_personality_name(enum packet_personality personality)
{
	return names[personality];
}

int packet_personality_parse(const char *name, enum packet_personality *personality)
{
	for (int i = 0; i < PACKET_PERSONALITY_COUNT; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*personality = (enum packet_personality)i;
		return 0;
	}
	return ERROR_USAGE;
}

static bool is_in(const struct address *address, const struct packet_host *host)
{
	unsigned whole = host->prefix / 8, rest = host->prefix % 8;

	if (address->family != host->address.family ||
	    memcmp(address->bytes, host->address.bytes, whole) != 0)
		return false;
	return rest == 0 || (address->bytes[whole] ^ host->address.bytes[whole]) >> (8 - rest) == 0;
}

enum packet_personality packet_personality_of(const struct packet_hosts *hosts,
					      const struct address *address)
{
	const struct packet_host *best = NULL;

	for (size_t i = 0; i < hosts->count; i++)
		if (is_in(address, &hosts->hosts[i]) &&
		    (!best || hosts->hosts[i].prefix > best->prefix))
			best = &hosts->hosts[i];
	return best ? best->personality : hosts->others;
}

bool packet_hosts_name(const struct packet_hosts *hosts, const struct address *address)
{
	for (size_t i = 0; i < hosts->count; i++)
		if (is_in(address, &hosts->hosts[i]))
			return true;
	return false;
}

bool packet_personality_guess(const struct packet *packet, enum packet_personality *personality)
{
	if (packet->protocol != 6 || !(packet->flags & PACKET_SYN) || packet->ttl <= 32)
		return false;
	if (packet->ttl > 128)
		*personality = PACKET_SOLARIS;
	else if (packet->ttl > 64)
		*personality = packet->has_window_scale ? PACKET_VISTA : PACKET_WINDOWS;
	else
		*personality = packet->window == 65535 ? PACKET_BSD : PACKET_LINUX;
	return true;
}

/* `old` and `new` are where the two fragments lie in the datagram. */
bool fragment_new_wins(enum packet_personality personality, struct fragment_extent old,
		       struct fragment_extent new)
{
	switch (personality) {
	case PACKET_LAST: return true;
	case PACKET_BSD:
	case PACKET_HPUX10:
	case PACKET_IRIX: return new.first < old.first;
	case PACKET_BSD_RIGHT: return new.first >= old.first;
	case PACKET_LINUX:
	case PACKET_LINUX_24:
	case PACKET_LINUX_22: return new.first <= old.first;
	case PACKET_WINDOWS:
	case PACKET_WINDOWS_2003:
	case PACKET_VISTA: return new.first<old.first &&new.behind> old.behind;
	case PACKET_SOLARIS: return new.first < old.first &&new.behind >= old.behind;
	case PACKET_FIRST:
	case PACKET_MACOS:
	case PACKET_HPUX11:
	case PACKET_PERSONALITY_COUNT: break;
	}
	return false;
}
