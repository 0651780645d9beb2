/* Which responder listens where. To add a protocol: write its responder, name it in net.h and here.
 */
#include "fakenet/net.h"

static const struct responder *const catalogue[] = {
	&responder_http,    &responder_smtp, &responder_irc,	&responder_ftp,
	&responder_dns,	    &responder_tftp, &responder_ntp,	&responder_time,
	&responder_daytime, &responder_pop3, &responder_telnet, &responder_silent,
};

const struct responder *responder_at(size_t index)
{
	return index < sizeof catalogue / sizeof *catalogue ? catalogue[index] : NULL;
}

const char *fakenet_protocol(size_t index)
{
	const struct responder *responder = responder_at(index);
	return responder ? responder->name : NULL;
}

const struct responder *responder_for(uint16_t port, uint8_t protocol)
{
	for (size_t i = 0; i < sizeof catalogue / sizeof *catalogue; i++) {
		const struct responder *responder = catalogue[i];
		if (responder->protocol != protocol)
			continue;
		for (size_t j = 0; responder->ports[j]; j++) {
			if (responder->ports[j] == port)
				return responder;
		}
	}
	return protocol == PROTOCOL_TCP ? &responder_guess : NULL;
}
