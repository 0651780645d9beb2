/* With MPI: ranks join by collective calls of the main thread; threads of a rank never call MPI.
 *
 * MPI itself ends all processes when a message cannot be sent (its default error handler), so its
 * return codes after MPI_Init_thread() say nothing. */
#include <mpi.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/ranks.h"

/* Open MPI's mpirun, MPICH's, srun with PMI or PMIx. */
static bool is_launched(void)
{
	static const char *const names[] = { "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMI_RANK",
					     "PMIX_RANK" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (getenv(names[i]))
			return true;
	return false;
}

static int sum(void *context, uint64_t *values, size_t count, struct error *error)
{
	(void)context;
	if (count > INT32_MAX)
		return error_set(error, ERROR_INTERNAL, "MPI", "too many values at once");
	MPI_Allreduce(MPI_IN_PLACE, values, (int)count, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
	return 0;
}

static int agree(void *context, int code, struct error *error)
{
	struct cli_ranks *ranks = context;
	int count = (int)ranks->ranks.count;
	int mine = code < 0 ? (int)ranks->ranks.rank : count, first = count;
	struct error told = { 0 };

	MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
	if (first == count)
		return 0;
	if (first == mine && error)
		told = *error;
	MPI_Bcast(&code, 1, MPI_INT, first, MPI_COMM_WORLD);
	MPI_Bcast(&told, sizeof told, MPI_BYTE, first, MPI_COMM_WORLD);
	if (error)
		*error = told;
	ranks->agreed = true;
	return code;
}

/* Where the launcher has bound this rank to some processors, these; else an even share of all that
 * this machine has. */
static unsigned share_of_processors(void)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	int here = 1, bound = 0;
	MPI_Comm machine;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		bound = CPU_COUNT(&set);
	if (bound > 0 && bound < online)
		return (unsigned)bound;
	MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
	MPI_Comm_size(machine, &here);
	MPI_Comm_free(&machine);
	return online > here ? (unsigned)(online / here) : 1;
}

int cli_ranks_open(struct cli_ranks *ranks, struct error *error)
{
	int provided, rank, count;

	*ranks = (struct cli_ranks){ .ranks = { .count = 1 } };
	if (!is_launched())
		return 0;
	if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
		return error_set(error, ERROR_SYSTEM, "MPI", "the processes cannot be joined");
	ranks->open = true;
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &count);
	ranks->ranks = (struct outbreak_ranks){
		.rank = (unsigned)rank, .count = (unsigned)count, sum, agree, ranks
	};
	int result = provided < MPI_THREAD_FUNNELED
			     ? error_set(error, ERROR_SYSTEM, "MPI",
					 "this MPI library does not allow threads")
			     : 0;
	result = cli_ranks_agree(ranks, result, error);
	if (result == 0)
		ranks->threads = share_of_processors();
	return result;
}

int cli_ranks_agree(const struct cli_ranks *ranks, int code, struct error *error)
{
	return ranks->open ? ranks->ranks.agree(ranks->ranks.context, code, error) : code;
}

/* A digest of what decides the course of a run: the files, and the world that came of them. */
static void describe(const struct outbreak_scenario *scenario, const json_t *provenance,
		     char digest[DIGEST_TEXT_SIZE])
{
	json_t *seen = json_pack("{s:s, s:O?, s:O?, s:I, s:I, s:I, s:f, s:f}", "version",
				 KENBI_VERSION, "command", json_object_get(provenance, "command"),
				 "files", json_object_get(provenance, "files"), "seed",
				 (json_int_t)scenario->run.seed, "subnets",
				 (json_int_t)scenario->world.subnet_count, "space",
				 (json_int_t)scenario->world.scanned_space, "duration",
				 scenario->run.duration, "rate", scenario->worm.rate);
	json_t *subnets = json_array();

	for (size_t i = 0; i < scenario->world.subnet_count; i++) {
		const struct outbreak_subnet *subnet = &scenario->world.subnets[i];
		json_array_append_new(subnets,
				      json_pack("[I, I, f, f]", (json_int_t)subnet->provider,
						(json_int_t)subnet->addresses,
						outbreak_subnet_hosts(subnet),
						outbreak_subnet_vulnerable(subnet)));
	}
	json_object_set_new(seen, "world", subnets);
	char *text = json_dumps(seen, JSON_COMPACT | JSON_SORT_KEYS);
	digest_text(bytes_of(text ? text : ""), digest);
	free(text);
	json_decref(seen);
}

int cli_ranks_compare(const struct cli_ranks *ranks, const struct outbreak_scenario *scenario,
		      const json_t *provenance, struct error *error)
{
	char own[DIGEST_TEXT_SIZE] = "", first[DIGEST_TEXT_SIZE];
	int result = 0;

	if (!ranks->open)
		return 0;
	describe(scenario, provenance, own);
	memcpy(first, own, sizeof first);
	MPI_Bcast(first, sizeof first, MPI_BYTE, 0, MPI_COMM_WORLD);
	if (memcmp(first, own, sizeof first) != 0)
		result =
			error_set(error, ERROR_INPUT, "MPI",
				  "rank %u reads another scenario, topology or command than rank 0",
				  ranks->ranks.rank);
	return cli_ranks_agree(ranks, result, error);
}

bool cli_ranks_tell(const struct cli_ranks *ranks)
{
	return !ranks->open || !ranks->agreed || ranks->ranks.rank == 0;
}

void cli_ranks_close(struct cli_ranks *ranks, int result)
{
	if (!ranks->open)
		return;
	if (result < 0 && !ranks->agreed)
		MPI_Abort(MPI_COMM_WORLD, error_exit_status(result));
	MPI_Finalize();
	ranks->open = false;
}
