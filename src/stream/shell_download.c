/* What a command line typed into a shell will fetch: scripts for ftp ("echo open HOST PORT >> o",
 * "echo get NAME >> o"), tftp ("tftp -i HOST get NAME"), and URLs (wget, curl, fetch and others).
 * Each becomes an announcement of the conversation that will follow. Only numeric addresses are
 * announced: a name does not say where it leads. */
#include "stream/protocol.h"

#include <string.h>

#define PORT_FTP  21
#define PORT_TFTP 69
#define PORT_HTTP 80

static bool parse_address(struct bytes text, struct address *address)
{
	char copy[ADDRESS_TEXT_SIZE] = "";
	if (text.length == 0 || text.length >= sizeof copy)
		return false;
	memcpy(copy, text.data, text.length);
	return address_parse(copy, address) == 0;
}

/* Words end at blanks and at what a shell joins or redirects with. */
static struct bytes shell_word(struct reader *reader)
{
	struct bytes all = reader->bytes;
	size_t start = reader->offset;
	while (start < all.length && strchr(" \t&|;>\"'()`", all.data[start]))
		start++;
	size_t end = start;
	while (end < all.length && (all.data[end] == 0 || !strchr(" \t&|;>\"'()`", all.data[end])))
		end++;
	reader_seek(reader, end);
	return bytes_slice(all, start, end - start);
}

static bool port_follows(const struct reader *reader, uint16_t *port)
{
	struct reader ahead = *reader;
	int64_t number = text_number(shell_word(&ahead));
	if (number < 1 || number > 65535)
		return false;
	*port = (uint16_t)number;
	return true;
}

static void announce_url(struct describer *describer, struct bytes url)
{
	struct stream_announcement next = { .port = PORT_HTTP, .protocol = 6, .purpose = "http" };
	if (text_starts_ignoring_case(url, "ftp://")) {
		next.port = PORT_FTP;
		next.purpose = "ftp";
	}
	size_t start = bytes_find(url, bytes_of("://"), 0) + 3;
	struct bytes rest = bytes_slice(url, start, SIZE_MAX);
	size_t slash = bytes_find(rest, bytes_of("/"), 0);
	struct bytes host = bytes_slice(rest, 0, slash);
	struct bytes path = slash == SIZE_MAX ? (struct bytes){ NULL, 0 }
					      : bytes_slice(rest, slash + 1, SIZE_MAX);
	size_t colon = bytes_find(host, bytes_of(":"), 0);
	int64_t port =
		colon == SIZE_MAX ? next.port : text_number(bytes_slice(host, colon + 1, SIZE_MAX));
	if (port < 1 || port > 65535 || !parse_address(bytes_slice(host, 0, colon), &next.address))
		return;
	next.port = (uint16_t)port;
	describe_announcement(describer, &next, path);
}

static bool is_url(struct bytes word)
{
	return text_starts_ignoring_case(word, "http://") ||
	       text_starts_ignoring_case(word, "ftp://");
}

static bool is_program(struct bytes word, const char *name)
{
	size_t length = strlen(name);
	return text_equal_ignoring_case(word, name) ||
	       (text_starts_ignoring_case(word, name) &&
		text_equal_ignoring_case(bytes_slice(word, length, SIZE_MAX), ".exe"));
}

void shell_downloads(struct describer *describer, struct bytes line, struct shell_script *script)
{
	struct reader reader = reader_of(line);
	struct stream_announcement tftp = { .port = PORT_TFTP, .protocol = 17, .purpose = "tftp" };
	bool in_tftp = false, has_host = false;

	for (struct bytes word; (word = shell_word(&reader)).length;) {
		struct reader ahead = reader;
		if (is_url(word)) {
			announce_url(describer, word);
		} else if (is_program(word, "tftp")) {
			in_tftp = true;
		} else if (in_tftp && !has_host) {
			has_host = parse_address(word, &tftp.address);
		} else if (in_tftp && (text_equal_ignoring_case(word, "get") ||
				       text_equal_ignoring_case(word, "put"))) {
			tftp.to_server = text_equal_ignoring_case(word, "put");
			describe_announcement(describer, &tftp, shell_word(&ahead));
			in_tftp = false;
		} else if (text_equal_ignoring_case(word, "open") &&
			   parse_address(shell_word(&ahead), &script->address)) {
			script->has_address = true;
			script->port = PORT_FTP;
			port_follows(&ahead, &script->port);
		} else if (script->has_address && (text_equal_ignoring_case(word, "get") ||
						   text_equal_ignoring_case(word, "recv"))) {
			struct stream_announcement ftp = { .address = script->address,
							   .port = script->port,
							   .protocol = 6,
							   .purpose = "ftp" };
			describe_announcement(describer, &ftp, shell_word(&ahead));
		}
	}
}
