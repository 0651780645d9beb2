/* Packet filters as values, and the languages of packet filters that rules are written in.
 *
 * Every text here is canonical already (remedy/parameter.h): "tcp" or "udp", digits, what inet_ntop
 * prints. So nothing that a sample chose can leave its place in a rule. */
#ifndef KENBI_REMEDY_FILTER_H
#define KENBI_REMEDY_FILTER_H

#include "remedy/remedy.h"

#define FILTER_LINES 4

/* One condition: all of what is not NULL must hold. */
struct filter_line {
	const char *proto, *port, *to, *from;
	bool fresh; /* connections that are being opened only */
};

struct packet_filter {
	struct filter_line lines[FILTER_LINES]; /* packets that fit one of them are dropped … */
	size_t count;
	double per_second;	   /* … beyond so many a second and source address; 0: all */
	enum remedy_device device; /* on hosts: what comes in; elsewhere: what is forwarded */
	const char *what;	   /* of ours: the countermeasure's name */
	unsigned number;	   /* the rule's */
};

/* iptables-restore and ip6tables-restore (netfilter); a filter with addresses is of one of them. */
bool filter_iptables(struct buffer *buffer, const struct packet_filter *filter);
bool filter_ip6tables(struct buffer *buffer, const struct packet_filter *filter);
/* Extended access lists of Cisco IOS, named, for IPv4 and IPv6. No rates. */
bool filter_cisco(struct buffer *buffer, const struct packet_filter *filter);
/* Firewall filters of Junos, as the text that `load merge` reads. No rates. */
bool filter_junos(struct buffer *buffer, const struct packet_filter *filter);
/* BGP Flow Specification (RFC 8955, RFC 8956 for IPv6): the route for ExaBGP's configuration, with
 * the NLRI's bytes in a comment. No rates, no state. */
bool filter_flowspec(struct buffer *buffer, const struct packet_filter *filter);
/* OpenC2 commands (Language Specification 1.0) of the Stateless Packet Filtering profile (SLPF
 * 1.0), one JSON object a line. No rates, no state. */
bool filter_openc2(struct buffer *buffer, const struct packet_filter *filter);

/* What takes such a rule back, in the same language. */
bool undo_iptables(struct buffer *buffer, const struct packet_filter *filter);
bool undo_ip6tables(struct buffer *buffer, const struct packet_filter *filter);
bool undo_cisco(struct buffer *buffer, const struct packet_filter *filter);
bool undo_junos(struct buffer *buffer, const struct packet_filter *filter);
bool undo_flowspec(struct buffer *buffer, const struct packet_filter *filter);
bool undo_openc2(struct buffer *buffer, const struct packet_filter *filter);
/* Of a rule text of nftables: its chains and sets leave the table inet kenbi again. */
bool undo_nftables(struct buffer *buffer, const char *rule);

/* The number that an OpenC2 consumer is asked to give to a command's rule, so that it can be
 * deleted. */
unsigned filter_openc2_number(const struct packet_filter *filter, size_t line, int family);
/* The family that the addresses of a line ask for: 0 any, 4, 6; -1: both, which no packet is. */
int filter_family(const struct filter_line *line);
/* A line that only means connections being opened, at a port where answers arrive too: languages
 * without state cannot say it. Below port 1024 nobody waits for answers. */
bool filter_needs_state(const struct filter_line *line);
/* "kenbi-block-download-server-1234567": names the rule wherever a format wants a name. */
void filter_name(const struct packet_filter *filter, char name[64]);

#endif
