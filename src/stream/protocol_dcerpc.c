/* DCE/RPC straight over TCP: the endpoint mapper on 135 and every dynamic port. Who speaks to 135
 * without a word of it is an attempt all the same. */
#include "stream/dcerpc.h"

#define PORT_MAPPER 135

int dcerpc_recognise(const struct stream_session *session)
{
	struct bytes client = side_data(session, STREAM_CLIENT);
	struct bytes server = side_data(session, STREAM_SERVER);
	bool asks = dcerpc_looks_like(client), answers = dcerpc_looks_like(server);

	if ((asks && (answers || !server.length)) || (answers && !client.length))
		return SURE_BY_MAGIC;
	if (asks || answers)
		return SURE_WEAKLY;
	return session->half[STREAM_SERVER].port == PORT_MAPPER && client.length ? SURE_WEAKLY
										 : SURE_NOT;
}

void dcerpc_read(struct describer *describer)
{
	struct dcerpc rpc;

	dcerpc_init(&rpc, describer, "");
	for (int side = 0; side < STREAM_SIDES; side++)
		dcerpc_feed(&rpc, (enum stream_side)side, 0,
			    bytes_slice(describer->session->half[side].data, 0,
					describer->whole_until[side]));
	dcerpc_fini(&rpc);
}
