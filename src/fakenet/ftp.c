/* FTP (RFC 959, RFC 2428): everybody may log in, every file exists and is the download, uploads are
 * swallowed. Data connections in both directions: the client connects to us (PASV, EPSV) or we to
 * the client (PORT, EPRT; only ever to the client's own address, whatever it says, so that nobody
 * is bounced off this server). */
#include "fakenet/net.h"

#include <stdio.h>
#include <string.h>

struct ftp_state {
	uint16_t active_port; /* where the client listens; 0: passive */
	bool ready;	      /* a data connection is arranged */
};

static void ftp_begin(struct conversation *conversation)
{
	say(conversation, "220 FTP server ready\r\n");
}

/* "192,0,2,20,4,5" (PORT) → 1029; 0: not well formed. */
static uint16_t port_of(struct bytes argument)
{
	char text[64];
	unsigned part[6];

	plain_text(argument, text, sizeof text);
	if (sscanf(text, "%3u,%3u,%3u,%3u,%3u,%3u", &part[0], &part[1], &part[2], &part[3],
		   &part[4], &part[5]) != 6 ||
	    part[4] > 255 || part[5] > 255)
		return 0;
	return (uint16_t)(part[4] << 8 | part[5]);
}

/* "|1|192.0.2.20|1029|" (EPRT) → 1029; any delimiter. */
static uint16_t extended_port_of(struct bytes argument)
{
	char text[96];
	unsigned port = 0;

	plain_text(argument, text, sizeof text);
	char *at = text;
	for (unsigned i = 0; i < 2 && at; i++)
		at = strchr(*at ? at + 1 : at, text[0]);
	if (text[0] && at && sscanf(at + 1, "%5u", &port) == 1 && port <= 65535)
		return (uint16_t)port;
	return 0;
}

static void go_active(struct conversation *conversation, uint16_t port)
{
	struct ftp_state *state = conversation->state;

	state->active_port = port;
	state->ready = port != 0;
	say(conversation, port ? "200 Command okay\r\n" : "501 Bad port\r\n");
}

static void go_passive(struct conversation *conversation, bool extended)
{
	struct ftp_state *state = conversation->state;
	const struct carrier *carrier = conversation->carrier;
	const uint8_t *host = conversation->server.bytes;
	uint16_t port = 0;

	if (carrier)
		port = carrier->open_data(conversation->carrier_context, conversation);
	state->active_port = 0;
	state->ready = port != 0;
	if (!port)
		say(conversation, "425 No data connection\r\n");
	else if (extended)
		say(conversation, "229 Extended passive (|||%u|)\r\n", port);
	else
		say(conversation, "227 Entering passive mode (%u,%u,%u,%u,%u,%u)\r\n", host[0],
		    host[1], host[2], host[3], port >> 8, port & 0xff);
}

static void transfer(struct conversation *conversation, const char *what, struct bytes content)
{
	struct ftp_state *state = conversation->state;

	if (!state->ready || !conversation->carrier) {
		say(conversation, "425 Use PORT or PASV first\r\n");
		return;
	}
	say(conversation, "150 Opening data connection for %s\r\n", what);
	conversation->carrier->send_data(conversation->carrier_context, conversation,
					 state->active_port, content);
	say(conversation, "226 Transfer complete\r\n");
	state->ready = false;
}

struct reply {
	const char *verb, *text;
};

/* Commands whose answer never depends on anything. */
static const struct reply replies[] = {
	{ "USER", "331 Any password will do" },
	{ "PASS", "230 Logged in" },
	{ "ACCT", "230 Logged in" },
	{ "SYST", "215 UNIX Type: L8" },
	{ "TYPE", "200 Type set" },
	{ "MODE", "200 Mode set" },
	{ "STRU", "200 Structure set" },
	{ "OPTS", "200 Fine" },
	{ "NOOP", "200 Fine" },
	{ "ALLO", "200 Fine" },
	{ "SITE", "200 Fine" },
	{ "FEAT", "211 No features" },
	{ "PWD", "257 \"/\" is the current folder" },
	{ "XPWD", "257 \"/\" is the current folder" },
	{ "CWD", "250 Fine" },
	{ "CDUP", "250 Fine" },
	{ "MKD", "257 \"/new\" made" },
	{ "DELE", "250 Fine" },
	{ "RMD", "250 Fine" },
	{ "REST", "350 Restarting at 0" },
	{ "ABOR", "226 Nothing to abort" },
};

static void command(struct conversation *conversation, struct bytes line)
{
	char verb[8], listing[128];
	struct bytes argument = take_word(line, verb, sizeof verb);
	struct bytes download = net_download(conversation->net);

	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
		if (strcmp(verb, replies[i].verb) == 0) {
			say(conversation, "%s\r\n", replies[i].text);
			return;
		}
	}
	if (strcmp(verb, "PORT") == 0) {
		go_active(conversation, port_of(argument));
	} else if (strcmp(verb, "EPRT") == 0) {
		go_active(conversation, extended_port_of(argument));
	} else if (strcmp(verb, "PASV") == 0 || strcmp(verb, "EPSV") == 0) {
		go_passive(conversation, verb[0] == 'E');
	} else if (strcmp(verb, "RETR") == 0) {
		transfer(conversation, "file", download);
	} else if (strcmp(verb, "LIST") == 0 || strcmp(verb, "NLST") == 0) {
		snprintf(listing, sizeof listing,
			 verb[0] == 'L' ? "-rw-r--r-- 1 ftp ftp %9zu Jun 15 2009 setup.exe\r\n"
					: "setup.exe\r\n",
			 download.length);
		transfer(conversation, "list", bytes_of(listing));
	} else if (strcmp(verb, "STOR") == 0 || strcmp(verb, "APPE") == 0) {
		transfer(conversation, "upload", (struct bytes){ 0 });
	} else if (strcmp(verb, "SIZE") == 0) {
		say(conversation, "213 %zu\r\n", download.length);
	} else if (strcmp(verb, "QUIT") == 0) {
		say(conversation, "221 Goodbye\r\n");
		conversation->finished = true;
	} else {
		say(conversation, "502 Not implemented\r\n");
	}
}

static size_t ftp_hear(struct conversation *conversation, struct bytes said)
{
	struct bytes line;
	size_t used = take_line(said, &line);

	if (used > 0)
		command(conversation, line);
	return used;
}

const struct responder responder_ftp = {
	.name = "ftp",
	.protocol = PROTOCOL_TCP,
	.ports = { 21, 2121 },
	.state_size = sizeof(struct ftp_state),
	.begin = ftp_begin,
	.hear = ftp_hear,
};
