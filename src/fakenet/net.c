/* The pseudo-Internet as a whole: its settings, what it counts, the mail it keeps. */
#include "fakenet/net.h"
#include "fakenet/blank.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_CLOCK	   1245067200 /* 2009-06-15 12:00 UTC */
#define DEFAULT_LIVE_SHARE 4096
#define MAIL_LIMIT	   ((size_t)16 << 20)

struct fakenet *fakenet_new(const struct fakenet_config *config)
{
	struct fakenet *net = calloc(1, sizeof *net);

	if (!net)
		return NULL;
	net->config = *config;
	if (net->config.clock == 0)
		net->config.clock = DEFAULT_CLOCK;
	if (net->config.live_share == 0)
		net->config.live_share = DEFAULT_LIVE_SHARE;
	net->download = config->download.length > 0 ? config->download : blank_program();
	net->peers = peer_state_new();
	if (!net->peers) {
		fakenet_free(net);
		return NULL;
	}
	peer_fill(net);
	return net;
}

void fakenet_free(struct fakenet *net)
{
	if (!net)
		return;
	peer_state_free(net->peers);
	for (size_t i = 0; i < net->mail_count; i++)
		free((void *)(uintptr_t)net->mails[i].from);
	for (size_t i = 0; i < NET_NAMES; i++)
		free(net->names[i]);
	free(net);
}

const struct peer *fakenet_peer(struct fakenet *net)
{
	return &net->peer;
}

struct bytes net_download(const struct fakenet *net)
{
	return net->download;
}

int64_t net_clock(const struct fakenet *net)
{
	return net->config.clock;
}

const char *net_operator_line(const struct fakenet *net)
{
	return net->config.operator_line ? net->config.operator_line : "";
}

void net_count_cut(struct fakenet *net)
{
	net->counters.cut++;
}

void net_count_dropped(struct fakenet *net)
{
	net->counters.dropped++;
}

void net_count_connection(struct fakenet *net)
{
	net->counters.connections++;
}

struct fakenet_counters fakenet_counters(const struct fakenet *net)
{
	return net->counters;
}

/* One allocation per message: sender, recipients, content, each terminated. */
void net_keep_mail(struct fakenet *net, const char *from, const char *to, struct bytes content)
{
	size_t from_size = strlen(from) + 1, to_size = strlen(to) + 1;
	size_t size = from_size + to_size + content.length + 1;

	if (net->mail_count == NET_MAILS || size > MAIL_LIMIT - net->mail_bytes) {
		net_count_dropped(net);
		return;
	}
	char *memory = calloc(1, size);
	if (!memory) {
		net_count_dropped(net);
		return;
	}
	memcpy(memory, from, from_size);
	memcpy(memory + from_size, to, to_size);
	if (content.length > 0)
		memcpy(memory + from_size + to_size, content.data, content.length);
	net->mails[net->mail_count++] = (struct fakenet_mail){
		.from = memory,
		.to = memory + from_size,
		.content = { (uint8_t *)memory + from_size + to_size, content.length },
	};
	net->mail_bytes += size;
}

const struct fakenet_mail *fakenet_mail(const struct fakenet *net, size_t index)
{
	return index < net->mail_count ? &net->mails[index] : NULL;
}
