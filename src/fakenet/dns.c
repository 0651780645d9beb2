/* DNS over UDP (RFC 1035): every name exists (but .invalid), and its mail is handled by mail.NAME.
 * Answers A, MX, NS, PTR, TXT and ANY; for other types the name exists without such a record. One
 * question per query. */
#include "fakenet/net.h"

#include <stdio.h>
#include <string.h>

enum { TYPE_A = 1, TYPE_NS = 2, TYPE_PTR = 12, TYPE_MX = 15, TYPE_TXT = 16, TYPE_ANY = 255 };
enum { NO_ERROR = 0, FORMAT_ERROR = 1, NAME_ERROR = 3, NOT_IMPLEMENTED = 4 };

struct question {
	uint16_t id, flags, type;
	char name[256];
	struct bytes bytes; /* as asked, to be repeated */
};

#define TIME_TO_LIVE 300

static void put16(struct buffer *buffer, unsigned value)
{
	buffer_append(buffer, (uint8_t[2]){ (uint8_t)(value >> 8), (uint8_t)value }, 2);
}

/* Labels of a name with their lengths. A label that is too long was refused when the name was
 * resolved. */
static void put_name(struct buffer *buffer, const char *name)
{
	while (*name) {
		size_t length = strcspn(name, ".");
		uint8_t octet = (uint8_t)length;
		buffer_append(buffer, &octet, 1);
		buffer_append(buffer, name, length);
		name += length + (name[length] == '.');
	}
	buffer_append(buffer, "", 1);
}

/* The name of a question; compression never occurs in the first name of a message. */
static void read_name(struct reader *reader, char *name, size_t size)
{
	size_t used = 0;

	name[0] = '\0';
	for (;;) {
		uint8_t length = reader_u8(reader);
		if (length == 0 || reader_failed(reader))
			return;
		struct bytes label = reader_take(reader, length);
		if (length > 63 || used + length + 2 > size) {
			reader->failed = true;
			return;
		}
		if (used > 0)
			name[used++] = '.';
		plain_text(label, name + used, size - used);
		used += strlen(name + used);
	}
}

static int read_question(struct bytes datagram, struct question *question)
{
	struct reader reader = reader_of(datagram);

	question->id = reader_u16be(&reader);
	question->flags = reader_u16be(&reader);
	uint16_t questions = reader_u16be(&reader);
	reader_skip(&reader, 6);
	size_t start = reader.offset;
	read_name(&reader, question->name, sizeof question->name);
	question->type = reader_u16be(&reader);
	reader_u16be(&reader);
	if (reader_failed(&reader) || questions != 1)
		return ERROR_INPUT;
	question->bytes = bytes_slice(datagram, start, reader.offset - start);
	return 0;
}

/* A record for the name of the question (by pointer to offset 12), with `data` as its content. */
static void put_record(struct buffer *answer, unsigned type, const struct buffer *data)
{
	put16(answer, 0xc00c);
	put16(answer, type);
	put16(answer, 1); /* class IN */
	put16(answer, 0);
	put16(answer, TIME_TO_LIVE);
	put16(answer, (unsigned)data->length);
	buffer_append(answer, data->data, data->length);
}

static void put_prefixed(struct buffer *data, const char *prefix, const char *name)
{
	char text[300];
	snprintf(text, sizeof text, "%s%s", prefix, name);
	put_name(data, text);
}

/* "20.2.0.192.in-addr.arpa" → the name that was resolved to 192.0.2.20. */
static bool put_pointer(struct fakenet *net, const char *name, struct buffer *data)
{
	unsigned part[4];
	char text[256], end[16] = "";

	if (sscanf(name, "%3u.%3u.%3u.%3u.%15s", &part[3], &part[2], &part[1], &part[0], end) !=
		    5 ||
	    strcasecmp(end, "in-addr.arpa") != 0 || (part[0] | part[1] | part[2] | part[3]) > 255)
		return false;
	struct address address = address_v4(part[0] << 24 | part[1] << 16 | part[2] << 8 | part[3]);
	put_name(data, net_name_of(net, &address, text, sizeof text));
	return true;
}

/* Appends the records that answer; how many, or -1 when the name does not exist. */
static int put_answers(struct fakenet *net, const struct question *question, struct buffer *answer)
{
	struct address address;
	struct buffer data;
	int type = question->type == TYPE_ANY ? TYPE_A : question->type;
	bool has = true;

	if (net_resolve(net, question->name, &address) < 0)
		return -1;
	buffer_init(&data, 600);
	switch (type) {
	case TYPE_A: buffer_append(&data, address.bytes, 4); break;
	case TYPE_NS: put_prefixed(&data, "ns.", question->name); break;
	case TYPE_PTR: has = put_pointer(net, question->name, &data); break;
	case TYPE_MX:
		put16(&data, 10);
		put_prefixed(&data, "mail.", question->name);
		break;
	case TYPE_TXT: buffer_append(&data, "\013v=spf1 +all", 12); break;
	default: has = false; break;
	}
	if (has)
		put_record(answer, (unsigned)type, &data);
	buffer_fini(&data);
	return has;
}

static size_t dns_hear(struct conversation *conversation, struct bytes datagram)
{
	struct question question = { 0 };
	struct buffer records, answer;
	unsigned code = NO_ERROR;
	int count = 0;

	if (datagram.length < 12 || (datagram.data[2] & 0x80))
		return datagram.length; /* not a query: silence */
	buffer_init(&records, 1024);
	buffer_init(&answer, 2048);
	if (read_question(datagram, &question) < 0)
		code = FORMAT_ERROR;
	else if ((question.flags >> 11 & 0xf) != 0)
		code = NOT_IMPLEMENTED;
	else if ((count = put_answers(conversation->net, &question, &records)) < 0)
		code = NAME_ERROR;
	put16(&answer, question.id);
	put16(&answer,
	      0x8080u | (question.flags & 0x7900u) | code); /* answer, recursion available */
	put16(&answer, question.bytes.length > 0);
	put16(&answer, count > 0 ? (unsigned)count : 0);
	put16(&answer, 0);
	put16(&answer, 0);
	buffer_append(&answer, question.bytes.data, question.bytes.length);
	buffer_append(&answer, records.data, records.length);
	say_datagram(conversation, buffer_bytes(&answer));
	buffer_fini(&records);
	buffer_fini(&answer);
	return datagram.length;
}

const struct responder responder_dns = {
	.name = "dns",
	.protocol = PROTOCOL_UDP,
	.ports = { 53 },
	.hear = dns_hear,
};
