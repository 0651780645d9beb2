/* DCE/RPC, connection-oriented (The Open Group C706, chapter 12; [MS-RPCE]), over any carrier of
 * bytes: a TCP connection or an SMB named pipe. */
#ifndef KENBI_STREAM_DCERPC_H
#define KENBI_STREAM_DCERPC_H

#include "stream/protocol.h"
#include "stream/targets.h"

#define DCERPC_CONTEXTS 64

struct dcerpc_context {
	uint16_t id;
	uint8_t uuid[UUID_SIZE];
	uint16_t major, minor;
	bool other_syntax; /* its calls are not in NDR (NDR64, [MS-RPCE] 2.2.5) */
};

struct dcerpc_side {
	struct buffer pdu;  /* the one that is being received */
	size_t pdu_offset;  /* of its first byte in the session's side */
	struct buffer stub; /* of a call that comes in several fragments */
	bool in_call;
	bool lost_track; /* what came is not DCE/RPC */
};

struct dcerpc {
	struct describer *describer;
	const char *pipe; /* name of the pipe, "" over TCP; borrowed */
	bool begun;	  /* something was fed */
	struct dcerpc_side side[STREAM_SIDES];
	struct dcerpc_context contexts[DCERPC_CONTEXTS];
	size_t context_count;
};

void dcerpc_init(struct dcerpc *rpc, struct describer *describer, const char *pipe);
/* Ends the conversation: what is incomplete then is a deviation if the session was seen to its end.
 */
void dcerpc_fini(struct dcerpc *rpc);
/* The next bytes of a side; `offset` is where they lie in the session's side. */
void dcerpc_feed(struct dcerpc *rpc, enum stream_side side, size_t offset, struct bytes bytes);
/* Does this look like the beginning of a PDU? */
bool dcerpc_looks_like(struct bytes bytes);

/* Tells a call and whom it concerns. `context` may be NULL: never bound. */
struct dcerpc_call {
	enum stream_side side;
	size_t offset; /* in the session's side */
	const struct dcerpc_context *context;
	uint16_t opnum;
	bool little_endian;
	bool sealed; /* the stub is encrypted */
	struct bytes stub;
	const char *over; /* "", " over …" */
};
void dcerpc_describe_call(struct describer *describer, const struct dcerpc_call *call);
/* A UUID of the other byte order as little-endian machines write it. */
void dcerpc_swap_uuid(uint8_t uuid[UUID_SIZE]);

/* Checks a stub against what is known of the operation's arguments. */
void ndr_check(struct describer *describer, enum stream_side side, size_t offset, struct bytes stub,
	       bool little_endian, const struct target_operation *operation);

#endif
