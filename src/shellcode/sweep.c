#include "shellcode/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "shellcode/glance_table.h"

enum {
	BLOCK = 16,  /* offsets that are prepared at once */
	SLOTS = 512, /* blocks that are remembered: what is near fits into a near cache */
	ANSWERS = 2048,
	UNKNOWN_FLOW = 255,
	NO_TRAITS = 1 << 15, /* a step's, that have not been asked for */
	/* nanoseconds, see share.h */
	STEP_COST = 3,
	GLANCE_COST = 10,
	ASK_COST = 200
};

struct sweep {
	enum x86_mode mode;
	struct bytes bytes;
	uint64_t cost;
	struct glance_table table;
	bool answered;			  /* one of these is there */
	uint32_t answers[ANSWERS];	  /* twice the offset and 2, and the answer; 0: none */
	uint32_t blocks[SLOTS];		  /* of the piece, and 1, whose steps are there; 0: none */
	struct step steps[SLOTS * BLOCK]; /* flow UNKNOWN_FLOW: not looked at yet */
};

struct sweep *sweep_new(enum x86_mode mode)
{
	struct sweep *sweep = calloc(1, sizeof *sweep);

	if (!sweep)
		return NULL;
	sweep->mode = mode;
	glance_table_init(&sweep->table, mode);
	return sweep;
}

void sweep_free(struct sweep *sweep)
{
	free(sweep);
}

void sweep_load(struct sweep *sweep, struct bytes bytes)
{
	sweep->bytes = bytes;
	memset(sweep->blocks, 0, sizeof sweep->blocks);
	if (sweep->answered)
		memset(sweep->answers, 0, sizeof sweep->answers);
	sweep->answered = false;
}

int sweep_recall(const struct sweep *sweep, size_t offset)
{
	uint32_t answer = sweep->answers[offset % ANSWERS];

	return answer / 2 == offset + 1 ? (int)(answer & 1) : -1;
}

void sweep_remember(struct sweep *sweep, size_t offset, bool answer)
{
	sweep->answered = true;
	sweep->answers[offset % ANSWERS] = (uint32_t)(2 * (offset + 1)) | answer;
}

struct bytes sweep_bytes(const struct sweep *sweep)
{
	return sweep->bytes;
}

enum x86_mode sweep_mode(const struct sweep *sweep)
{
	return sweep->mode;
}

void sweep_pay(struct sweep *sweep, uint64_t cost)
{
	sweep->cost += cost;
}

uint64_t sweep_cost(const struct sweep *sweep)
{
	return sweep->cost;
}

static struct bytes code_at(const struct sweep *sweep, size_t offset)
{
	return bytes_slice(sweep->bytes, offset, INSTRUCTION_MAX);
}

/* False: the table does not tell, or the piece ends. */
static bool step_by_table(const struct sweep *sweep, size_t offset, struct step *step)
{
	return offset + INSTRUCTION_MAX <= sweep->bytes.length &&
	       glance_by_table(&sweep->table, sweep->bytes.data + offset, step);
}

/* Looks closer, for the traits as well or not, unless that was done before. */
static struct step look_closer(struct sweep *sweep, size_t offset, bool traits)
{
	size_t block = offset / BLOCK, slot = block % SLOTS;
	struct step *steps = &sweep->steps[slot * BLOCK], *step = &steps[offset % BLOCK];

	if (sweep->blocks[slot] != block + 1) {
		memset(steps, UNKNOWN_FLOW, BLOCK * sizeof *steps);
		sweep->blocks[slot] = (uint32_t)block + 1;
	}
	if (step->flow == UNKNOWN_FLOW || (traits && step->traits & NO_TRAITS)) {
		struct bytes code = code_at(sweep, offset);
		*step = traits ? glance(sweep->mode, code) : glance_length(sweep->mode, code);
		sweep->cost += step->traits & GLANCE_ASKED ? ASK_COST : GLANCE_COST;
		step->traits |= traits ? 0 : NO_TRAITS;
	}
	return *step;
}

struct step sweep_step(struct sweep *sweep, size_t offset)
{
	struct step step;

	sweep->cost += STEP_COST;
	return step_by_table(sweep, offset, &step) ? step : look_closer(sweep, offset, true);
}

uint8_t sweep_plain(struct sweep *sweep, size_t offset)
{
	uint8_t length = 0;

	if (offset + INSTRUCTION_MAX <= sweep->bytes.length)
		length = glance_table_plain(&sweep->table, sweep->bytes.data + offset);
	sweep->cost += length ? STEP_COST : 0;
	return length;
}

struct step sweep_pass(struct sweep *sweep, size_t offset)
{
	struct step step;

	if (step_by_table(sweep, offset, &step)) {
		sweep->cost += STEP_COST;
		return step;
	}
	step = glance_length(sweep->mode, code_at(sweep, offset));
	sweep->cost += step.traits & GLANCE_ASKED ? ASK_COST : GLANCE_COST;
	return step;
}

/* Does it go on behind itself, be it by a jump to there? */
static bool falls_through(const struct step *step)
{
	return step->flow == FLOW_NEXT || step->flow == FLOW_BRANCH || step->flow == FLOW_CALL ||
	       step->flow == FLOW_SYSTEM ||
	       (step->flow == FLOW_JUMP && step->target == step->length);
}

void sweep_falls(struct sweep *sweep, size_t end, unsigned wanted, uint8_t falls[SWEEP_LANE])
{
	bool near_end = end + INSTRUCTION_MAX > sweep->bytes.length;

	for (; wanted; wanted &= wanted - 1) {
		unsigned i = (unsigned)__builtin_ctz(wanted);
		size_t offset = end - SWEEP_LANE + i;
		uint8_t length =
			near_end ? GLANCE_TABLE_UNTOLD
				 : glance_table_falls(&sweep->table, sweep->bytes.data + offset);
		if (length == GLANCE_TABLE_UNTOLD) {
			struct step step = look_closer(sweep, offset, false);
			length = falls_through(&step) ? step.length : 0;
		}
		falls[i] = length;
	}
}
