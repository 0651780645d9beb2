/* FTP control connection (RFC 959, RFC 2428) on any port, and its data connection. Paths may be
 * UTF-8 (RFC 2640); what follows AUTH TLS (RFC 4217) is read as TLS.
 *
 * Lines of both sides are read in the order of time, so that a transfer command finds the address
 * that PORT, EPRT or the answer to PASV, EPSV named before; together they announce the data
 * connection. Deviations: commands that are no text or no verb, replies without a code, addresses
 * that do not parse or name a third host (the bounce attack of RFC 2577). */
#include "stream/protocol.h"

#include <string.h>

#define COMMAND_MOST  1024u  /* longer than a path and its command need */
#define SECURITY_MOST 65536u /* tokens and wrapped commands of RFC 2228 */

static const char *const verbs[] = { "USER", "PASS", "ACCT", "CWD",  "CDUP", "QUIT", "REIN", "PORT",
				     "PASV", "TYPE", "STRU", "MODE", "RETR", "STOR", "STOU", "APPE",
				     "ALLO", "REST", "RNFR", "RNTO", "ABOR", "DELE", "RMD",  "MKD",
				     "PWD",  "LIST", "NLST", "SITE", "SYST", "STAT", "HELP", "NOOP",
				     "SMNT", "FEAT", "OPTS", "MDTM", "SIZE", "MLST", "MLSD", "EPRT",
				     "EPSV", "AUTH", "PBSZ", "PROT", "CCC",  "ADAT", "MIC",  "CONF",
				     "ENC",  "LANG", "HOST", "CLNT", "XPWD", "XCWD", "XMKD", "XRMD",
				     "XCUP" };

static bool is_verb(struct bytes word)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (text_equal_ignoring_case(word, verbs[i]))
			return true;
	return false;
}

static bool is_reply(struct bytes line)
{
	if (line.length < 3)
		return false;
	for (size_t i = 0; i < 3; i++)
		if (line.data[i] < '0' || line.data[i] > '9')
			return false;
	return line.data[0] >= '1' && line.data[0] <= '6' &&
	       (line.length == 3 || line.data[3] == ' ' || line.data[3] == '-');
}

static struct bytes first_line(const struct stream_session *session, enum stream_side side)
{
	struct reader reader = reader_of(side_data(session, side));
	return reader_line(&reader);
}

int ftp_recognise(const struct stream_session *session)
{
	struct bytes greeting = first_line(session, STREAM_SERVER);
	struct bytes command = first_line(session, STREAM_CLIENT);
	struct bytes rest = command;
	bool greets = is_reply(greeting) && bytes_start_with(greeting, "220");
	bool commands = is_verb(text_word(&rest));

	if (greets && commands)
		return SURE_BY_DIALOGUE + 10;
	if (greets && bytes_find(greeting, bytes_of("FTP"), 0) != SIZE_MAX)
		return SURE_BY_DIALOGUE;
	if (commands && text_starts_ignoring_case(command, "USER ") && greeting.length == 0)
		return SURE_BY_FORM;
	return SURE_NOT;
}

/* --- addresses --- */

/* "h1,h2,h3,h4,p1,p2" (RFC 959, section 5.3.2). */
static bool parse_host_port(struct bytes text, struct address *address, uint16_t *port)
{
	uint8_t values[6];
	struct reader reader = reader_of(text);
	for (int i = 0; i < 6; i++) {
		unsigned value = 0, digits = 0;
		while (reader_left(&reader) && digits < 4) {
			uint8_t byte = reader.bytes.data[reader.offset];
			if (byte < '0' || byte > '9')
				break;
			value = value * 10 + (unsigned)(byte - '0');
			digits++;
			reader_skip(&reader, 1);
		}
		if (digits == 0 || value > 255 || (i < 5 && reader_u8(&reader) != ','))
			return false;
		values[i] = (uint8_t)value;
	}
	*address = address_v4((uint32_t)values[0] << 24 | (uint32_t)values[1] << 16 |
			      (uint32_t)values[2] << 8 | values[3]);
	*port = (uint16_t)(values[4] << 8 | values[5]);
	return true;
}

/* Cuts the field before the next delimiter off `text`. */
static struct bytes cut_field(struct bytes *text, uint8_t delimiter)
{
	size_t end = bytes_find(*text, (struct bytes){ &delimiter, 1 }, 0);
	struct bytes field = bytes_slice(*text, 0, end);
	*text = end == SIZE_MAX ? (struct bytes){ NULL, 0 } : bytes_slice(*text, end + 1, SIZE_MAX);
	return field;
}

/* "|1|192.0.2.1|6275|" with any delimiter (RFC 2428, section 2); "|||6446|" from EPSV. */
static bool parse_extended(struct bytes text, struct address *address, uint16_t *port)
{
	char host[ADDRESS_TEXT_SIZE] = "";
	if (text.length < 4)
		return false;
	uint8_t delimiter = text.data[0];
	text = bytes_slice(text, 1, SIZE_MAX);
	cut_field(&text, delimiter);
	struct bytes host_text = cut_field(&text, delimiter);
	int64_t number = text_number(cut_field(&text, delimiter));
	if (number < 1 || number > 65535 || host_text.length >= sizeof host)
		return false;
	*port = (uint16_t)number;
	if (host_text.length == 0)
		return true;
	memcpy(host, host_text.data, host_text.length);
	return address_parse(host, address) == 0;
}

/* --- the dialogue --- */

struct ftp {
	struct describer *describer;
	bool asks_tls, in_tls;
	bool has_address;
	struct stream_announcement next; /* where the next transfer goes */
};

static void announce(struct ftp *ftp, struct bytes name, bool to_server)
{
	if (!ftp->has_address)
		return;
	ftp->next.to_server = to_server;
	describe_announcement(ftp->describer, &ftp->next, name);
	ftp->has_address = false;
}

/* The speaker names where the next transfer goes. `parse` leaves `address` alone where none is
 * named. */
static void take_address(struct ftp *ftp, const struct dialogue_line *line, struct bytes text,
			 bool (*parse)(struct bytes, struct address *, uint16_t *))
{
	const struct stream_half *speaker = &ftp->describer->session->half[line->side];
	struct stream_announcement next = { .address = speaker->address,
					    .protocol = 6,
					    .purpose = "ftp-data" };

	if (!parse(text, &next.address, &next.port)) {
		describe_deviation(ftp->describer, line->side, line->offset,
				   "FTP address that does not parse");
		return;
	}
	/* A server behind an address translator names itself as it sees itself. */
	if (line->side == STREAM_CLIENT && !address_equal(&next.address, &speaker->address))
		describe_deviation(ftp->describer, line->side, line->offset,
				   "FTP data address names a third host (RFC 2577)");
	ftp->has_address = true;
	ftp->next = next;
}

static void read_command(struct ftp *ftp, const struct dialogue_line *line)
{
	struct bytes argument = line->text;
	struct bytes verb = text_word(&argument);

	describe_say(ftp->describer, line->side, line->offset, "command", line->text);
	bool wrapped =
		text_equal_ignoring_case(verb, "ADAT") || text_equal_ignoring_case(verb, "MIC") ||
		text_equal_ignoring_case(verb, "CONF") || text_equal_ignoring_case(verb, "ENC");
	if (text_has_controls(line->text))
		describe_deviation(ftp->describer, line->side, line->offset,
				   "FTP command with bytes that are no text");
	if (line->text.length > (wrapped ? SECURITY_MOST : COMMAND_MOST))
		describe_deviation(ftp->describer, line->side, line->offset,
				   wrapped ? "FTP security command longer than 65536 bytes"
					   : "FTP command longer than 1024 bytes");
	if (verb.length && !is_verb(verb))
		describe_deviation(ftp->describer, line->side, line->offset, "unknown FTP command");
	if (text_equal_ignoring_case(verb, "AUTH"))
		ftp->asks_tls = text_starts_ignoring_case(argument, "TLS") ||
				text_starts_ignoring_case(argument, "SSL");
	else if (text_equal_ignoring_case(verb, "PORT"))
		take_address(ftp, line, argument, parse_host_port);
	else if (text_equal_ignoring_case(verb, "EPRT"))
		take_address(ftp, line, argument, parse_extended);
	else if (text_equal_ignoring_case(verb, "RETR"))
		announce(ftp, argument, false);
	else if (text_equal_ignoring_case(verb, "STOR") || text_equal_ignoring_case(verb, "APPE") ||
		 text_equal_ignoring_case(verb, "STOU"))
		announce(ftp, argument, true);
	else if (text_equal_ignoring_case(verb, "LIST") || text_equal_ignoring_case(verb, "NLST") ||
		 text_equal_ignoring_case(verb, "MLSD"))
		announce(ftp, (struct bytes){ NULL, 0 }, false);
}

/* The text in the last parentheses of a reply; servers that leave them out are read from the
 * digits. */
static struct bytes address_text_in(struct bytes line)
{
	size_t open = bytes_find(line, bytes_of("("), 4);
	if (open != SIZE_MAX)
		return bytes_slice(line, open + 1, SIZE_MAX);
	for (size_t i = 4; i < line.length; i++)
		if (line.data[i] >= '0' && line.data[i] <= '9')
			return bytes_slice(line, i, SIZE_MAX);
	return (struct bytes){ NULL, 0 };
}

/* `in_text`: inside a reply of several lines, which ends with its code and a blank. */
static void read_reply(struct ftp *ftp, const struct dialogue_line *line, char in_text[4])
{
	describe_say(ftp->describer, line->side, line->offset, "reply", line->text);
	if (in_text[0]) {
		if (bytes_start_with(line->text, in_text) &&
		    (line->text.length == 3 || line->text.data[3] == ' '))
			in_text[0] = 0;
		return;
	}
	if (!is_reply(line->text)) {
		describe_deviation(ftp->describer, line->side, line->offset,
				   "FTP reply without a reply code");
		return;
	}
	if (line->text.length > 3 && line->text.data[3] == '-')
		memcpy(in_text, line->text.data, 3);
	ftp->in_tls = ftp->asks_tls && bytes_start_with(line->text, "234");
	if (bytes_start_with(line->text, "227"))
		take_address(ftp, line, address_text_in(line->text), parse_host_port);
	else if (bytes_start_with(line->text, "229"))
		take_address(ftp, line, address_text_in(line->text), parse_extended);
}

void ftp_read(struct describer *describer)
{
	struct dialogue dialogue = dialogue_of(describer);
	struct dialogue_line line;
	struct ftp ftp = { .describer = describer };
	char in_text[4] = "";

	while (!describer->cut && !ftp.in_tls && dialogue_next(&dialogue, &line)) {
		if (line.side == STREAM_CLIENT)
			read_command(&ftp, &line);
		else
			read_reply(&ftp, &line, in_text);
	}
	announce(&ftp, (struct bytes){ NULL, 0 }, false);
	if (ftp.in_tls)
		tls_read_behind(describer, dialogue.offset);
}

/* --- the data connection --- */

#define PORT_FTP_DATA 20

/* Nothing in the bytes says what it is: only the well-known port does, and one side must be silent.
 * Connections to other ports are known by their announcement. */
int ftp_data_recognise(const struct stream_session *session)
{
	const struct stream_half *half = session->half;
	bool one_way = (half[0].data.length == 0) != (half[1].data.length == 0);
	return one_way && (half[0].port == PORT_FTP_DATA || half[1].port == PORT_FTP_DATA)
		       ? SURE_BY_FORM
		       : SURE_NOT;
}

void ftp_data_read(struct describer *describer)
{
	for (int side = 0; side < STREAM_SIDES; side++)
		raw_carve_whole(describer, (enum stream_side)side, (struct bytes){ NULL, 0 },
				"ftp-data");
}
