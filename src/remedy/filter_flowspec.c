/* Filters as BGP Flow Specification routes: ExaBGP's configuration text, and the bytes that a BGP
 * UPDATE carries, for whoever feeds them to something else.
 *
 * NLRI: length, then components in the order of their types (RFC 8955 section 4.2): 1 destination
 * prefix, 2 source prefix, 3 IP protocol, 5 destination port; of IPv6 the prefixes have an offset
 * beside their length (RFC 8956 section 3.1). Numbers are pairs of operator and value, the operator
 * with bits end-of-list 0x80, length 0x30, equal 0x01 (section 4.2.1.1). Discarding is the extended
 * community traffic-rate-bytes, 0x8006, with AS 0 and rate 0.0 (section 7.1). */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "remedy/filter.h"

#define OPERATOR_EQUAL_1 0x81 /* end of list, one byte, equal */
#define OPERATOR_EQUAL_2 0x91 /* … two bytes */
#define NLRI_SIZE	 64

struct nlri {
	uint8_t bytes[NLRI_SIZE]; /* the longest: two IPv6 prefixes, protocol, port: 46 */
	size_t length;
};

static void put(struct nlri *nlri, unsigned byte)
{
	nlri->bytes[nlri->length++] = (uint8_t)byte;
}

static bool put_prefix(struct nlri *nlri, unsigned type, const char *address)
{
	uint8_t raw[16];
	bool six = strchr(address, ':') != NULL;

	if (inet_pton(six ? AF_INET6 : AF_INET, address, raw) != 1)
		return false;
	put(nlri, type);
	put(nlri, six ? 128 : 32);
	if (six)
		put(nlri, 0);
	for (size_t i = 0; i < (six ? 16u : 4u); i++)
		put(nlri, raw[i]);
	return true;
}

static bool nlri_of(const struct filter_line *line, struct nlri *nlri)
{
	*nlri = (struct nlri){ .length = 1 };
	if (line->to && !put_prefix(nlri, 1, line->to))
		return false;
	if (line->from && !put_prefix(nlri, 2, line->from))
		return false;
	if (line->proto) {
		put(nlri, 3);
		put(nlri, OPERATOR_EQUAL_1);
		put(nlri, line->proto[0] == 't' ? 6 : 17);
	}
	if (line->port) {
		unsigned long port = strtoul(line->port, NULL, 10);
		put(nlri, 5);
		put(nlri, port < 256 ? OPERATOR_EQUAL_1 : OPERATOR_EQUAL_2);
		if (port >= 256)
			put(nlri, (unsigned)(port >> 8));
		put(nlri, port & 0xff);
	}
	nlri->bytes[0] = (uint8_t)(nlri->length - 1);
	return nlri->length > 1;
}

static bool append_route(struct buffer *buffer, const struct packet_filter *filter, size_t index)
{
	const struct filter_line *line = &filter->lines[index];
	char name[64], hex[2 * NLRI_SIZE + 1];
	int bits = filter_family(line) == 6 ? 128 : 32;
	struct nlri nlri;

	if (filter_needs_state(line) || (line->port && !line->proto) || !nlri_of(line, &nlri))
		return false;
	filter_name(filter, name);
	digest_hex((struct bytes){ nlri.bytes, nlri.length }, hex);
	buffer_printf(buffer,
		      "# AFI %d SAFI 133, NLRI %s, extended community 8006000000000000\n"
		      "flow {\n\troute %s-%zu {\n\t\tmatch {\n",
		      bits == 32 ? 1 : 2, hex, name, index + 1);
	if (line->to)
		buffer_printf(buffer, "\t\t\tdestination %s/%d;\n", line->to, bits);
	if (line->from)
		buffer_printf(buffer, "\t\t\tsource %s/%d;\n", line->from, bits);
	if (line->proto)
		buffer_printf(buffer, "\t\t\t%s %s;\n", bits == 32 ? "protocol" : "next-header",
			      line->proto);
	if (line->port)
		buffer_printf(buffer, "\t\t\tdestination-port =%s;\n", line->port);
	buffer_append_text(buffer, "\t\t}\n\t\tthen {\n\t\t\tdiscard;\n\t\t}\n\t}\n}\n");
	return true;
}

bool filter_flowspec(struct buffer *buffer, const struct packet_filter *filter)
{
	if (filter->per_second > 0 || filter->count == 0)
		return false;
	buffer_append_text(buffer,
			   "# into the neighbor section of exabgp.conf; undo: take it out and "
			   "send SIGUSR1\n");
	for (size_t i = 0; i < filter->count; i++)
		if (!append_route(buffer, filter, i))
			return false;
	return true;
}
