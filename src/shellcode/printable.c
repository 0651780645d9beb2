/* Runs are counted by vectors, instructions by a table of the opcodes that are printable: text
 * without blanks, above all base64, asks this of every line, and nothing else of most. */
#include "shellcode/printable.h"

#include <string.h>

#include "shellcode/glance_form.h"

enum {
	LOOK = 160, /* instructions: alphanumeric decoders build themselves at length */
	SHORTEST = 20,
	KINDS = 8,   /* different opcodes in a decoder at least */
	PATCHES = 2, /* and changes of what lies behind it */
	PUSHES = 3,  /* words that code built on the stack has at least */
	SUMS = 2 * PUSHES,
	LANE = 16, /* bytes to a vector, vectors to a block */
	LANES = 4,
	PREFIXES = 3, /* before an instruction that is known here */
	WALK_COST = 4 /* of an instruction, in nanoseconds, see share.h */
};

typedef uint8_t lane __attribute__((vector_size(LANE)));

/* --- what a run holds, by bytes alone --- */

struct ingredients {
	unsigned patches; /* xor [register + distance], register */
	unsigned sums;	  /* eax combined with 32 bits: that is how any value is made */
	unsigned pushes;
};

static bool builds(const struct ingredients *seen)
{
	return seen->sums >= SUMS && seen->pushes >= PUSHES;
}

/* Sum of sixteen counters of at most LANES each. */
static unsigned sum_of(lane counters)
{
	uint64_t words[2];

	memcpy(words, &counters, sizeof words);
	return (unsigned)((words[0] + words[1]) * 0x0101010101010101u >> 56);
}

static lane lane_of(const uint8_t *data)
{
	lane value;

	memcpy(&value, data, sizeof value);
	return value;
}

/* Counts what LANE * LANES bytes hold, which one more follows. */
static void count_block(struct ingredients *seen, const uint8_t *data)
{
	lane patches = { 0 }, sums = { 0 }, pushes = { 0 };

	for (unsigned i = 0; i < LANES; i++, data += LANE) {
		lane byte = lane_of(data), next = lane_of(data + 1);
		/* masks are -1 */
		patches -= (lane)((byte | 1) == 0x31) & (lane)((next & 0xc0) == 0x40) &
			   (lane)((next & 7) != 4);
		sums -= (lane)(byte == 0x25) | (lane)(byte == 0x2d) | (lane)(byte == 0x35);
		pushes -= (lane)(byte == 0x50);
	}
	seen->patches += sum_of(patches);
	seen->sums += sum_of(sums);
	seen->pushes += sum_of(pushes);
}

enum printable printable_run(struct bytes run)
{
	uint8_t last[LANE * LANES + 1] = { 0 }; /* zeros are nothing of it */
	struct ingredients seen = { 0 };
	size_t at = 0;

	for (; at + LANE * LANES < run.length && !builds(&seen); at += LANE * LANES)
		count_block(&seen, run.data + at);
	if (at < run.length && !builds(&seen)) {
		memcpy(last, run.data + at, run.length - at);
		count_block(&seen, last);
	}
	return builds(&seen)		 ? PRINTABLE_BUILDS
	       : seen.patches >= PATCHES ? PRINTABLE_WRITES
					 : PRINTABLE_NOT;
}

/* --- its instructions --- */

enum {
	M = 1,	/* ModRM follows */
	B = 2,	/* an immediate byte */
	Z = 4,	/* an immediate of the operand size, 32 bits at most */
	X = 8,	/* not in 64-bit mode */
	P = 16, /* prefix */
	N = 32, /* nobody's: privileged, bound; arpl, which is movsxd in 64-bit mode */
	A = 64	/* needs a closer look */
};

/* clang-format off */
static const uint8_t shapes[128] = {
	/* 00 */ A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
	/* 10 */ A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A,
	/* 20 */ M, M, M, M, B, Z, P, X, M, M, M, M, B, Z, P, X,
	/* 30 */ M, M, M, M, B, Z, P, X, M, M, M, M, B, Z, P, X,
	/* 40 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	/* 50 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	/* 60 */ X, X, N, M, P, P, P, A, Z, M | Z, B, M | B, N, N, N, N,
	/* 70 */ B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, A,
};
/* clang-format on */

unsigned printable_length(enum x86_mode mode, const uint8_t *at)
{
	unsigned end = 0, shape;
	bool narrow = false, wide = false;

	while (at[end] < 128 && shapes[at[end]] == P && end < PREFIXES)
		narrow |= at[end++] == 0x66;
	/* the last REX counts */
	for (unsigned rex = 0; mode == X86_MODE_64 && (at[end] & 0xf0) == 0x40; rex++) {
		if (rex == PREFIXES)
			return INSTRUCTION_MAX + 1;
		wide = (at[end++] & 8) != 0;
	}
	if (at[end] >= 128)
		return INSTRUCTION_MAX + 1;
	shape = shapes[at[end]];
	if (shape == N || (shape == X && mode == X86_MODE_64) ||
	    (at[end] == 0x63 && mode == X86_MODE_32))
		return 0;
	if (shape & (A | P) || (narrow && at[end] >= 0x70))
		return INSTRUCTION_MAX + 1;
	end++;
	return end + (shape & M ? form_quick_address(at + end) : 0) + (shape & B ? 1 : 0) +
	       (shape & Z ? (narrow && !wide ? 2 : 4) : 0);
}

struct straight {
	struct ingredients seen;
	uint64_t kinds[4]; /* opcodes or prefixes, one bit each */
	unsigned kinds_count, steps;
};

static void count_instruction(struct straight *straight, uint8_t first, unsigned length)
{
	uint64_t *kinds = &straight->kinds[first >> 6], bit = (uint64_t)1 << (first & 63);

	straight->kinds_count += !(*kinds & bit);
	*kinds |= bit;
	straight->seen.patches += (first | 1) == 0x31 && length == 3;
	straight->seen.sums += first == 0x25 || first == 0x2d || first == 0x35;
	straight->seen.pushes += first == 0x50;
	straight->steps++;
}

static bool enough(const struct straight *straight)
{
	const struct ingredients *seen = &straight->seen;

	return straight->steps >= SHORTEST &&
	       (builds(seen) || (seen->patches >= PATCHES && straight->kinds_count >= KINDS));
}

bool printable_works(struct sweep *sweep, enum x86_mode mode, size_t offset)
{
	struct bytes bytes = sweep_bytes(sweep);
	struct straight straight = { .steps = 0 };

	while (straight.steps < LOOK && offset < bytes.length) {
		uint8_t first = bytes.data[offset];
		unsigned length = offset + INSTRUCTION_MAX < bytes.length
					  ? printable_length(mode, bytes.data + offset)
					  : INSTRUCTION_MAX + 1;
		if (length > INSTRUCTION_MAX) {
			struct step step = sweep_pass(sweep, offset);
			if (step.flow != FLOW_NEXT && step.flow != FLOW_BRANCH)
				break;
			length = step.length;
		}
		if (length == 0)
			break;
		count_instruction(&straight, first, length);
		if (enough(&straight))
			break;
		offset += length;
	}
	sweep_pay(sweep, (uint64_t)WALK_COST * straight.steps);
	return enough(&straight);
}
