/* What clients say to every pseudo-server. The first byte chooses the protocol; a 0xff byte in the
 * rest ends a piece, so that the input is heard in pieces, and answers are taken in between. */
#include "fakenet/fakenet.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	uint16_t port;
	uint8_t protocol;
} services[] = { { 80, 6 }, { 25, 6 },	 { 6667, 6 }, { 21, 6 },  { 110, 6 }, { 23, 6 },  { 13, 6 },
		 { 37, 6 }, { 4711, 6 }, { 445, 6 },  { 53, 17 }, { 69, 17 }, { 123, 17 } };

static void exchange(const struct peer *peer, uint32_t conversation, struct bytes piece)
{
	uint8_t chunk[1500];

	peer->send(peer->context, conversation, piece);
	while (peer->receive(peer->context, conversation, chunk, sizeof chunk) > 0)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes left = { data, size };
	struct address server = address_v4(0xc6336407);
	uint32_t conversation;

	if (size == 0)
		return 0;
	struct fakenet *net = fakenet_new(&(struct fakenet_config){ .operator_line = ".status" });
	if (!net)
		return 0;
	const struct peer *peer = fakenet_peer(net);
	size_t service = data[0] % (sizeof services / sizeof *services);
	left = bytes_slice(left, 1, size);
	if (peer->connect(peer->context, &server, services[service].port,
			  services[service].protocol, &conversation) == 0) {
		while (left.length > 0) {
			size_t end =
				bytes_find(left, (struct bytes){ (const uint8_t *)"\xff", 1 }, 0);
			exchange(peer, conversation, bytes_slice(left, 0, end));
			left = end == SIZE_MAX ? (struct bytes){ 0 }
					       : bytes_slice(left, end + 1, left.length);
		}
		peer->close(peer->context, conversation);
	}
	fakenet_free(net);
	return 0;
}
