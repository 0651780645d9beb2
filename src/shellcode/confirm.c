#include "shellcode/confirm.h"

enum { RUN_AT_LEAST = 1000000 }; /* nanoseconds, as counted, that a run may cost */

/* What one run may cost: not much more than the proof did, which is run up to its verdict again. */
static uint64_t run_limit(const struct proof_cost *proven)
{
	return RUN_AT_LEAST + 2 * proven->judged;
}

int confirm(struct bytes piece, size_t entry, const struct prove_how *how,
	    const struct proof_cost *proven, uint64_t allowed, uint64_t *cost, struct error *error)
{
	struct prove_how again = *how;
	int last = world_mode(how->kind) == X86_MODE_64 ? X86_REGISTERS : X86_R8;
	bool stands = false;

	again.brief = true;
	*cost = 0;
	for (int place = CONVENTION_FOREIGN; place < CONVENTION_ALONE + last && !stands; place++) {
		struct proof_cost limit = { .judging = run_limit(proven),
					    .explaining = run_limit(proven) };
		struct proof proof;
		int code;
		if (place == CONVENTION_ALONE + X86_SP)
			continue;
		if (*cost >= allowed)
			return 1;
		again.convention = (enum convention)place;
		code = prove(piece, entry, &again, &proof, &limit, error);
		*cost += limit.judged + limit.explained;
		if (code < 0)
			return code;
		stands = proof.shellcode;
		proof_fini(&proof);
	}
	return stands;
}
