#include "shellcode/wire.h"

#include <string.h>

/* Who answers and who calls: documentation addresses (RFC 5737). */
static const struct address server = { .family = 4, .bytes = { 192, 0, 2, 80 } };
static const struct address stranger = { .family = 4, .bytes = { 198, 51, 100, 7 } };

static int resolve(void *context, const char *name, struct address *address)
{
	(void)context;
	(void)name;
	*address = server;
	return 0;
}

static int connect_out(void *context, const struct address *address, uint16_t port,
		       uint8_t protocol, uint32_t *conversation)
{
	struct wire *wire = context;

	(void)address;
	(void)port;
	(void)protocol;
	*conversation = ++wire->conversations;
	return 0;
}

static int accept_in(void *context, uint16_t port, struct address *from, uint16_t *from_port,
		     uint32_t *conversation)
{
	struct wire *wire = context;
	uint64_t bit = (uint64_t)1 << (port & 63);

	if (wire->accepted[port >> 6] & bit)
		return ERROR_INPUT;
	wire->accepted[port >> 6] |= bit;
	*from = stranger;
	*from_port = 1024;
	*conversation = ++wire->conversations;
	return 0;
}

static size_t receive(void *context, uint32_t conversation, uint8_t *into, size_t size)
{
	struct wire *wire = context;
	struct bytes next = bytes_slice(wire->follow_up, wire->said, size);

	(void)conversation;
	if (next.length)
		memcpy(into, next.data, next.length);
	wire->said += next.length;
	return next.length;
}

static int origin(void *context, uint32_t *conversation)
{
	const struct wire *wire = context;

	if (wire->said >= wire->follow_up.length)
		return ERROR_INPUT;
	*conversation = 0;
	return 0;
}

void wire_init(struct wire *wire, struct bytes follow_up)
{
	memset(wire, 0, sizeof *wire);
	wire->follow_up = follow_up;
	wire->peer = (struct peer){ .context = wire,
				    .resolve = resolve,
				    .connect = connect_out,
				    .accept = accept_in,
				    .receive = receive,
				    .origin = origin };
}
