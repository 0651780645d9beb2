/* The proof: run a promising start to its end in a fresh process, watch every instruction, and
 * decide. */
#ifndef KENBI_SHELLCODE_PROVE_H
#define KENBI_SHELLCODE_PROVE_H

#include "shellcode/observer.h"

struct proof {
	enum world_kind kind;
	struct observation observation;
	uint64_t shape;		 /* see observer_shape */
	struct trace_log *trace; /* owned */
	uint64_t instructions;
	enum world_end end;
	bool shellcode; /* the verdict */
};

/* What a proof may cost until the verdict and behind it, and what it did cost; see share.h. */
struct proof_cost {
	uint64_t judging, explaining; /* at most, about */
	uint64_t judged, explained;   /* filled */
};

/* Runs piece + entry in a world of `kind`. `strict` (code inside an executable image) asks for
 * evidence that compiled programs never give. */
MUST_CHECK int prove(struct bytes piece, size_t entry, enum convention convention,
		     enum world_kind kind, struct bytes follow_up, bool strict, struct proof *proof,
		     struct proof_cost *cost, struct error *error);
void proof_fini(struct proof *proof);

/* The word of 16 hexadecimal digits that names the payload under its encodings: its instructions'
 * shapes and the sequence of what it did, without addresses, ports, paths and keys. */
void proof_kind(const struct proof *proof, char kind[17]);

#endif
