/* What time is it? SNTP (RFC 4330), the Time protocol (RFC 868) and Daytime (RFC 867), all from the
 * simulated clock. A program that only wakes on some date is shown another one by changing
 * fakenet_config.clock. */
#include "fakenet/net.h"

#include <string.h>
#include <time.h>

#define SECONDS_1900_TO_1970 2208988800u

static void put_time(uint8_t *at, const struct conversation *conversation)
{
	uint32_t seconds = (uint32_t)net_clock(conversation->net) + SECONDS_1900_TO_1970;

	at[0] = (uint8_t)(seconds >> 24);
	at[1] = (uint8_t)(seconds >> 16);
	at[2] = (uint8_t)(seconds >> 8);
	at[3] = (uint8_t)seconds;
}

static size_t ntp_hear(struct conversation *conversation, struct bytes datagram)
{
	uint8_t reply[48] = { 0 };

	if (datagram.length < sizeof reply)
		return datagram.length;
	reply[0] = (uint8_t)((datagram.data[0] & 0x38) | 4); /* same version, mode: server */
	reply[1] = 2;					     /* stratum */
	reply[2] = datagram.data[2];			     /* poll interval */
	reply[3] = 0xec;				     /* precision: 2^-20 s */
	reply[12] = 'G';				     /* where the time comes from: "GPS" */
	reply[13] = 'P';
	reply[14] = 'S';
	put_time(reply + 16, conversation);	   /* reference */
	memcpy(reply + 24, datagram.data + 40, 8); /* originate: the client's transmit */
	put_time(reply + 32, conversation);	   /* receive */
	put_time(reply + 40, conversation);	   /* transmit */
	say_datagram(conversation, (struct bytes){ reply, sizeof reply });
	return datagram.length;
}

const struct responder responder_ntp = {
	.name = "ntp",
	.protocol = PROTOCOL_UDP,
	.ports = { 123 },
	.hear = ntp_hear,
};

static size_t swallow(struct conversation *conversation, struct bytes said)
{
	(void)conversation;
	return said.length;
}

static void time_begin(struct conversation *conversation)
{
	uint8_t reply[4];

	put_time(reply, conversation);
	say_bytes(conversation, (struct bytes){ reply, sizeof reply });
	conversation->finished = true;
}

const struct responder responder_time = {
	.name = "time",
	.protocol = PROTOCOL_TCP,
	.ports = { 37 },
	.begin = time_begin,
	.hear = swallow,
};

static void daytime_begin(struct conversation *conversation)
{
	time_t now = (time_t)net_clock(conversation->net);
	char text[64];
	struct tm parts;

	gmtime_r(&now, &parts);
	strftime(text, sizeof text, "%A, %B %d, %Y %H:%M:%S-UTC", &parts);
	say(conversation, "%s\r\n", text);
	conversation->finished = true;
}

const struct responder responder_daytime = {
	.name = "daytime",
	.protocol = PROTOCOL_TCP,
	.ports = { 13 },
	.begin = daytime_begin,
	.hear = swallow,
};
