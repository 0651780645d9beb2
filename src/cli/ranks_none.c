/* Without MPI: one rank. */
#include "cli/ranks.h"

int cli_ranks_open(struct cli_ranks *ranks, struct error *error)
{
	(void)error;
	*ranks = (struct cli_ranks){ .ranks = { .count = 1 } };
	return 0;
}

int cli_ranks_agree(const struct cli_ranks *ranks, int code, struct error *error)
{
	(void)ranks;
	(void)error;
	return code;
}

int cli_ranks_compare(const struct cli_ranks *ranks, const struct outbreak_scenario *scenario,
		      const json_t *provenance, struct error *error)
{
	(void)ranks;
	(void)scenario;
	(void)provenance;
	(void)error;
	return 0;
}

bool cli_ranks_tell(const struct cli_ranks *ranks)
{
	(void)ranks;
	return true;
}

void cli_ranks_close(struct cli_ranks *ranks, int result)
{
	(void)ranks;
	(void)result;
}
