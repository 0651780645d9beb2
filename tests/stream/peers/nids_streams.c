/* What libnids rebuilds from a capture, one conversation a line, for comparing:
 *   client port server port bytes-to-server hash bytes-to-client hash
 * With --quiet only the last line: conversations and bytes. A program of its own, since libnids is
 * GPL: nothing of kenbi is linked with it. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <nids.h>

struct conversation {
	struct tuple4 addresses;
	unsigned long long bytes[2], hash[2];
};

static int quiet;
static unsigned long long conversations, all_bytes;

/* FNV-1a, 64 bit. */
static void add(struct conversation *conversation, int side, const char *data, int length)
{
	if (!quiet)
		for (int i = 0; i < length; i++)
			conversation->hash[side] =
				(conversation->hash[side] ^ (unsigned char)data[i]) *
				0x100000001b3ull;
	conversation->bytes[side] += (unsigned long long)length;
	all_bytes += (unsigned long long)length;
}

static void print(const struct conversation *conversation)
{
	struct in_addr client = { conversation->addresses.saddr };
	struct in_addr server = { conversation->addresses.daddr };

	conversations++;
	if (quiet)
		return;
	printf("%s %u ", inet_ntoa(client), conversation->addresses.source);
	printf("%s %u %llu %016llx %llu %016llx\n", inet_ntoa(server), conversation->addresses.dest,
	       conversation->bytes[0], conversation->hash[0], conversation->bytes[1],
	       conversation->hash[1]);
}

static void on_tcp(struct tcp_stream *stream, void **own)
{
	struct conversation *conversation = *own;

	if (stream->nids_state == NIDS_JUST_EST) {
		conversation = calloc(1, sizeof *conversation);
		if (!conversation)
			exit(3);
		conversation->addresses = stream->addr;
		conversation->hash[0] = conversation->hash[1] = 0xcbf29ce484222325ull;
		stream->client.collect = stream->server.collect = 1;
		*own = conversation;
		return;
	}
	if (stream->nids_state == NIDS_DATA) {
		if (stream->server.count_new)
			add(conversation, 0, stream->server.data, stream->server.count_new);
		if (stream->client.count_new)
			add(conversation, 1, stream->client.data, stream->client.count_new);
		return;
	}
	print(conversation);
	free(conversation);
}

static void no_log(int type, int error, struct ip *header, void *data)
{
	(void)type, (void)error, (void)header, (void)data;
}

int main(int argc, char **argv)
{
	static struct nids_chksum_ctl checksums;
	char *file = argv[argc - 1];

	quiet = argc > 2 && strcmp(argv[1], "--quiet") == 0;
	if (argc < 2)
		return 2;
	nids_params.filename = file;
	nids_params.syslog = no_log;
	nids_params.scan_num_hosts = 0;
	nids_params.n_tcp_streams = 1 << 20;
	nids_params.multiproc = 0;
	/* It checks every checksum, as kenbi does; offloaded captures need it off. */
	checksums.netaddr = 0;
	checksums.mask = 0;
	checksums.action = getenv("NIDS_NO_CHECKSUMS") ? NIDS_DONT_CHKSUM : NIDS_DO_CHKSUM;
	nids_register_chksum_ctl(&checksums, 1);
	if (!nids_init()) {
		fprintf(stderr, "nids_streams: %s\n", nids_errbuf);
		return 2;
	}
	nids_register_tcp((void *)on_tcp);
	nids_run();
	nids_exit();
	printf("%llu conversations, %llu bytes\n", conversations, all_bytes);
	return 0;
}
