/* ranks - the processes that mpirun or srun started together as one `kenbi outbreak`.
 *
 * ranks_mpi.c joins them by MPI; ranks_none.c stands in where kenbi is built without it: there
 * every process is the only one. MPI begins only where the environment says that such a launcher
 * started this process, and never in a role. Messages carry numbers and error messages, no records.
 */
#ifndef KENBI_CLI_RANKS_H
#define KENBI_CLI_RANKS_H

#include "cli/cli.h"
#include "outbreak/outbreak.h"

struct cli_ranks {
	struct outbreak_ranks ranks; /* count is 1 where this process is alone */
	unsigned threads;	     /* this rank's share of the processors */
	bool open;		     /* MPI has begun */
	bool agreed;		     /* all ranks know of the failure; else only this one */
};

/* `ranks` must stay where it is until cli_ranks_close(). */
MUST_CHECK int cli_ranks_open(struct cli_ranks *ranks, struct error *error);
/* All ranks meet here, each with its own code: 0, or the first failure of any (outbreak.h). */
MUST_CHECK int cli_ranks_agree(const struct cli_ranks *ranks, int code, struct error *error);
/* ERROR_INPUT on all ranks, unless all have read the same files and options. */
MUST_CHECK int cli_ranks_compare(const struct cli_ranks *ranks,
				 const struct outbreak_scenario *scenario, const json_t *provenance,
				 struct error *error);
/* Whether this rank is the one to print a failure. */
bool cli_ranks_tell(const struct cli_ranks *ranks);
/* After a failure that other ranks do not know of, ends them all and does not return. */
void cli_ranks_close(struct cli_ranks *ranks, int result);

#endif
