/* Frames from an interface, through a ring of blocks that the kernel fills (TPACKET_V3, Linux
 * Documentation/networking/packet_mmap.rst), shared among sources by PACKET_FANOUT.
 *
 * A block belongs to us until every frame of it was asked for; then the kernel has it back. Frames
 * that this machine itself sends have no transport checksum yet where the card writes it: the
 * kernel says so, and they are not called wrong. A VLAN tag that the card has taken off is not put
 * back: nothing here needs it. */
#include "packet/decode.h"

#include <errno.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <pcap/dlt.h>

#define BLOCK_SIZE	(1u << 20)
#define RING_DEFAULT	(64u << 20)
#define RING_MOST	((size_t)4 << 30)
#define TIMEOUT_DEFAULT 100
#define RETIRE_MS	20 /* a block that is not full is ours after this time */

struct live {
	struct frames frames; /* first: the two are one object */
	char name[IFNAMSIZ];
	int descriptor;
	int link_type;
	int timeout_ms;
	uint8_t *ring;
	size_t blocks, block; /* number of them, the present one */
	bool holding;	      /* the present block is ours */
	uint32_t left;	      /* frames of it that were not asked for yet */
	const struct tpacket3_hdr *next;
	uint64_t bytes;
	struct packet_kernel_counters kernel;
};

static struct live *live_of(struct frames *frames)
{
	return (struct live *)frames;
}

static struct tpacket_block_desc *block_of(const struct live *live)
{
	return (struct tpacket_block_desc *)(live->ring + live->block * BLOCK_SIZE);
}

static void give_back(struct live *live)
{
	__atomic_store_n(&block_of(live)->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	live->block = (live->block + 1) % live->blocks;
	live->holding = false;
}

/* 1: a block with frames is ours; PACKET_IDLE; ERROR_SYSTEM. */
static int wait_for_block(struct live *live, struct error *error)
{
	for (;;) {
		struct tpacket_block_desc *block = block_of(live);
		if (__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) &
		    TP_STATUS_USER) {
			live->holding = true;
			live->left = block->hdr.bh1.num_pkts;
			live->next = (const void *)((const uint8_t *)block +
						    block->hdr.bh1.offset_to_first_pkt);
			if (live->left)
				return 1;
			give_back(live);
			continue;
		}
		struct pollfd wait = { .fd = live->descriptor, .events = POLLIN | POLLERR };
		int ready = poll(&wait, 1, live->timeout_ms);
		if (ready < 0 && errno != EINTR)
			return error_system(error, live->name, "cannot wait for frames");
		if (ready <= 0)
			return PACKET_IDLE;
		if (wait.revents & POLLERR) {
			int reason = 0;
			socklen_t size = sizeof reason;
			getsockopt(live->descriptor, SOL_SOCKET, SO_ERROR, &reason, &size);
			errno = reason ? reason : ENETDOWN;
			return error_system(error, live->name,
					    "the interface gives no more frames");
		}
	}
}

static int live_next(struct frames *frames, struct frame *frame, struct error *error)
{
	struct live *live = live_of(frames);

	if (live->holding && live->left == 0)
		give_back(live);
	if (!live->holding) {
		int status = wait_for_block(live, error);
		if (status != 1)
			return status;
	}
	const struct tpacket3_hdr *header = live->next;
	*frame = (struct frame){
		.time_ns = (uint64_t)header->tp_sec * 1000000000u + header->tp_nsec,
		.link_type = live->link_type,
		.bytes = { (const uint8_t *)header + header->tp_mac, header->tp_snaplen },
		.checksum_unfinished = header->tp_status & TP_STATUS_CSUMNOTREADY,
	};
	live->left--;
	live->next = (const void *)((const uint8_t *)header + header->tp_next_offset);
	live->bytes += header->tp_len;
	return 1;
}

static uint64_t live_position(const struct frames *frames)
{
	return ((const struct live *)frames)->bytes;
}

/* Reading resets the kernel's own counters. */
static struct packet_kernel_counters live_kernel(struct frames *frames)
{
	struct live *live = live_of(frames);
	struct tpacket_stats_v3 since;
	socklen_t size = sizeof since;

	if (getsockopt(live->descriptor, SOL_PACKET, PACKET_STATISTICS, &since, &size) == 0) {
		live->kernel.received += since.tp_packets;
		live->kernel.dropped += since.tp_drops;
		live->kernel.freezes += since.tp_freeze_q_cnt;
	}
	return live->kernel;
}

static void live_close(struct frames *frames)
{
	struct live *live = live_of(frames);

	if (live->ring)
		munmap(live->ring, live->blocks * BLOCK_SIZE);
	if (live->descriptor >= 0)
		close(live->descriptor);
	free(live);
}

/* --- opening --- */

static int find_interface(struct live *live, struct sockaddr_ll *address, struct error *error)
{
	struct ifreq request = { .ifr_ifindex = 0 };

	memcpy(request.ifr_name, live->name, sizeof request.ifr_name);
	if (ioctl(live->descriptor, SIOCGIFINDEX, &request) < 0)
		return error_system(error, live->name, "no such interface");
	*address = (struct sockaddr_ll){ .sll_family = AF_PACKET,
					 .sll_protocol = htons(ETH_P_ALL),
					 .sll_ifindex = request.ifr_ifindex };
	if (ioctl(live->descriptor, SIOCGIFHWADDR, &request) < 0)
		return error_system(error, live->name, "the kind of the interface is not known");
	switch (request.ifr_hwaddr.sa_family) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK: live->link_type = DLT_EN10MB; return 0;
	case ARPHRD_PPP:
	case ARPHRD_NONE:
	case ARPHRD_TUNNEL:
	case ARPHRD_SIT: live->link_type = DLT_RAW; return 0;
	default:
		return error_set(error, ERROR_INPUT, live->name,
				 "interfaces of kind %u (linux/if_arp.h) are not supported; "
				 "supported are Ethernet, loopback, PPP and tunnels",
				 request.ifr_hwaddr.sa_family);
	}
}

static int map_ring(struct live *live, size_t size, struct error *error)
{
	int version = TPACKET_V3;
	struct tpacket_req3 request = { .tp_block_size = BLOCK_SIZE,
					.tp_frame_size = 2048,
					.tp_retire_blk_tov = RETIRE_MS };

	live->blocks = (size + BLOCK_SIZE - 1) / BLOCK_SIZE;
	if (live->blocks < 2)
		live->blocks = 2;
	request.tp_block_nr = (unsigned)live->blocks;
	request.tp_frame_nr = request.tp_block_nr * (BLOCK_SIZE / request.tp_frame_size);
	if (setsockopt(live->descriptor, SOL_PACKET, PACKET_VERSION, &version, sizeof version) <
		    0 ||
	    setsockopt(live->descriptor, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) < 0)
		return error_system(error, live->name, "the kernel makes no ring of %zu MiB",
				    live->blocks);
	void *ring = mmap(NULL, live->blocks * BLOCK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			  live->descriptor, 0);
	if (ring == MAP_FAILED)
		return error_system(error, live->name, "the ring cannot be mapped");
	live->ring = ring;
	return 0;
}

static int join(struct live *live, const struct packet_live *options,
		const struct sockaddr_ll *address, struct error *error)
{
	struct packet_mreq promiscuous = { .mr_ifindex = address->sll_ifindex,
					   .mr_type = PACKET_MR_PROMISC };
	unsigned fanout = options->fanout_group |
			  (unsigned)(PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_DEFRAG) << 16;

	if (bind(live->descriptor, (const struct sockaddr *)address, sizeof *address) < 0)
		return error_system(error, live->name, "cannot listen on the interface");
	if (options->promiscuous && setsockopt(live->descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP,
					       &promiscuous, sizeof promiscuous) < 0)
		return error_system(error, live->name, "the interface does not become promiscuous");
	if (options->fanout_group &&
	    setsockopt(live->descriptor, SOL_PACKET, PACKET_FANOUT, &fanout, sizeof fanout) < 0)
		return error_system(error, live->name, "cannot join fan-out group %u",
				    options->fanout_group);
	return 0;
}

static int set_up(struct live *live, const struct packet_live *options, struct error *error)
{
	struct sockaddr_ll address;
	size_t ring = options->ring ? options->ring : RING_DEFAULT;

	if (strlen(options->interface) >= sizeof live->name)
		return error_set(error, ERROR_USAGE, options->interface,
				 "the name of an interface has at most %zu characters",
				 sizeof live->name - 1);
	strcpy(live->name, options->interface);
	if (ring > RING_MOST)
		return error_set(error, ERROR_USAGE, live->name, "a ring has at most 4 GiB");
	/* Nothing arrives before the socket is bound to its interface. */
	live->descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (live->descriptor < 0)
		return error_system(error, live->name,
				    "no packet socket (needs root or CAP_NET_RAW)");
	int status = find_interface(live, &address, error);
	if (status == 0)
		status = map_ring(live, ring, error);
	return status == 0 ? join(live, options, &address, error) : status;
}

int live_open(const struct packet_live *options, struct frames **frames, struct error *error)
{
	struct live *live = calloc(1, sizeof *live);

	*frames = NULL;
	if (!live)
		return error_set(error, ERROR_MEMORY, options->interface, "no memory");
	live->descriptor = -1;
	live->timeout_ms = options->timeout_ms ? (int)options->timeout_ms : TIMEOUT_DEFAULT;
	live->frames = (struct frames){ .next = live_next,
					.position = live_position,
					.kernel = live_kernel,
					.close = live_close };
	int status = set_up(live, options, error);
	if (status < 0) {
		live_close(&live->frames);
		return status;
	}
	*frames = &live->frames;
	return 0;
}
