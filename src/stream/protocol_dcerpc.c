/* DCE/RPC straight over TCP: the endpoint mapper on 135 and every dynamic port. */
#include "stream/dcerpc.h"

int dcerpc_recognise(const struct stream_session *session)
{
	return dcerpc_looks_like(session->half[STREAM_CLIENT].data) ||
			       dcerpc_looks_like(session->half[STREAM_SERVER].data)
		       ? SURE_BY_MAGIC
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
