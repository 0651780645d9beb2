/* Which responder listens where. To add a protocol: write its responder, name it in net.h and here.
 */
#include "fakenet/net.h"

static const struct responder *const catalogue[] = {
	&responder_http,
	&responder_smtp,
	&responder_irc,
	&responder_ftp,
	&responder_dns,
	&responder_tftp,
	&responder_ntp,
	&responder_time,
	&responder_daytime,
	&responder_pop3,
	&responder_telnet,
	&responder_silent,
	NULL,
};

const struct responder *responder_at(size_t index)
{
	const struct responder *const *at = catalogue;

	while (*at && index-- > 0)
		at++;
	return *at;
}

const char *fakenet_protocol(size_t index)
{
	const struct responder *responder = responder_at(index);
	return responder ? responder->name : NULL;
}

const struct responder *responder_for(uint16_t port, uint8_t protocol)
{
	for (const struct responder *const *at = catalogue; *at; at++) {
		if ((*at)->protocol != protocol)
			continue;
		for (size_t j = 0; (*at)->ports[j]; j++) {
			if ((*at)->ports[j] == port)
				return *at;
		}
	}
	return protocol == PROTOCOL_TCP ? &responder_guess : NULL;
}
