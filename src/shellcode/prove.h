/* The proof: run a promising start to its end in a fresh process, watch every instruction, and
 * decide. */
#ifndef KENBI_SHELLCODE_PROVE_H
#define KENBI_SHELLCODE_PROVE_H

#include "shellcode/observer.h"

struct proof {
	enum world_kind kind;
	struct observation observation;
	uint32_t payload;	 /* see observer_payload */
	struct trace_log *trace; /* owned */
	uint64_t instructions;
	enum world_end end;
	bool shellcode;	 /* the verdict */
	json_t *listing; /* owned; NULL: none was asked for */
};

/* How a start is proven. */
struct prove_how {
	enum convention convention;
	enum world_kind kind;
	struct bytes follow_up;
	bool strict; /* inside an executable image: asks for evidence that compiled programs never
			give */
	bool list;   /* make the listing, too */
	bool brief;  /* end with the verdict */
};

/* What a proof may cost until the verdict and behind it, and what it did cost; see share.h. */
struct proof_cost {
	uint64_t judging, explaining; /* at most, about */
	uint64_t judged, explained;   /* filled */
};

/* In nanoseconds, see share.h: of a process to run it in. */
uint64_t prove_world_cost(enum world_kind kind);

/* Runs piece + entry in a world of that kind. */
MUST_CHECK int prove(struct bytes piece, size_t entry, const struct prove_how *how,
		     struct proof *proof, struct proof_cost *cost, struct error *error);
void proof_fini(struct proof *proof);

#endif
