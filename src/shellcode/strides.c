/* A way is a number of steps by table, all with the same few operations, so that several ways are
 * gone at once without a branch. One that has ended takes steps of no length, and is left behind
 * when the leg is over. Those that come to where code would have had its twenty instructions are
 * gone again from their beginning, until it is clear whether they are worth enough. */
#include "shellcode/strides.h"

#include <string.h>

#include "shellcode/printable.h"

enum {
	/* A stride: its length, and what it is worth. Zero: the way ends here. */
	LENGTH = 0xf,
	WORTH = 0x10,
	SUM = 1 * WORTH,
	PATCH = 3 * WORTH,
	UNTOLD = 15 * WORTH, /* two bytes do not tell: the way stays here until its leg is over */
	ENOUGH = 6 * WORTH,  /* for two patches or six sums, see ingredients.h */
	TOGETHER = 8,	     /* ways, as many as there are registers for */
	TOGETHER_SUMMED = 4,
	LEGS = 2,
	/* steps; at the end of each leg one more may go over what was not told */
	LEG = (PRINTABLE_SHORTEST - 1) / LEGS - 1,
	SUMMED_LEG = 20,
	FARTHEST = (LEGS * (LEG + 1 + SUMMED_LEG + 1) + 1) * INSTRUCTION_MAX
};

static uint8_t worth_of(uint8_t first, unsigned length)
{
	if ((first | 1) == 0x31 && length == 3)
		return PATCH;
	return ingredients_is_sum(first) ? SUM : 0;
}

static uint8_t stride_of(enum x86_mode mode, uint8_t first, uint8_t second)
{
	unsigned length;

	if (first <= ' ' || first >= 0x7f)
		return 0; /* the run has ended */
	length = printable_stride(mode, first, second);
	if (length > INSTRUCTION_MAX)
		return UNTOLD;
	return length ? (uint8_t)(length | worth_of(first, length)) : 0;
}

void strides_init(struct strides *strides)
{
	for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64; mode++)
		for (unsigned word = 0; word < 1 << 16; word++)
			strides->by_two[mode][word] =
				stride_of(mode, (uint8_t)word, (uint8_t)(word >> 8));
}

/* Ways of one width. */
struct ways {
	enum x86_mode mode;
	const uint8_t *by_two, *data;
	size_t count;
	struct seed_run *run[STRIDES_RUNS];
	uint32_t at[STRIDES_RUNS], sum[STRIDES_RUNS]; /* of strides: of lengths and worths */
};

static inline uint8_t stride_of_bytes(const struct ways *ways, const uint8_t *two)
{
	return ways->by_two[two[0] | two[1] << 8];
}

static inline uint8_t stride_at(const struct ways *ways, uint32_t at)
{
	return stride_of_bytes(ways, ways->data + at);
}

static void go_together(struct ways *ways, size_t first)
{
	const uint8_t *at[TOGETHER];

	for (unsigned i = 0; i < TOGETHER; i++)
		at[i] = ways->data + ways->at[first + i];
	for (unsigned steps = 0; steps < LEG; steps++)
		for (unsigned i = 0; i < TOGETHER; i++)
			at[i] += stride_of_bytes(ways, at[i]) & LENGTH;
	for (unsigned i = 0; i < TOGETHER; i++)
		ways->at[first + i] = (uint32_t)(at[i] - ways->data);
}

static void go_summed(struct ways *ways, size_t first)
{
	const uint8_t *at[TOGETHER_SUMMED];
	uint32_t sum[TOGETHER_SUMMED];

	memcpy(sum, ways->sum + first, sizeof sum);
	for (unsigned i = 0; i < TOGETHER_SUMMED; i++)
		at[i] = ways->data + ways->at[first + i];
	for (unsigned steps = 0; steps < SUMMED_LEG; steps++)
		for (unsigned i = 0; i < TOGETHER_SUMMED; i++) {
			uint8_t stride = stride_of_bytes(ways, at[i]);
			sum[i] += stride;
			at[i] += stride & LENGTH;
		}
	memcpy(ways->sum + first, sum, sizeof sum);
	for (unsigned i = 0; i < TOGETHER_SUMMED; i++)
		ways->at[first + i] = (uint32_t)(at[i] - ways->data);
}

/* What a way is worth up to where it is, step by step. */
static uint32_t worth_until(const struct ways *ways, size_t way)
{
	uint32_t at = (uint32_t)ways->run[way]->start, worth = 0;

	while (at < ways->at[way]) {
		uint8_t stride = stride_at(ways, at);
		unsigned length = stride == UNTOLD ? printable_length(ways->mode, ways->data + at)
						   : stride & LENGTH;
		worth += worth_of(ways->data[at], length);
		at += length;
	}
	return worth;
}

/* Does a way go on? If two bytes did not tell it goes over what is there, unless more do not tell
 * it either. */
static bool goes_on(struct ways *ways, size_t way)
{
	uint8_t stride = stride_at(ways, ways->at[way]);
	unsigned length;

	if (stride != UNTOLD)
		return stride != 0;
	length = printable_length(ways->mode, ways->data + ways->at[way]);
	if (length <= INSTRUCTION_MAX)
		ways->at[way] += length;
	return length != 0;
}

static inline void keep(struct ways *ways, size_t *kept, size_t way, bool goes_on)
{
	ways->at[*kept] = ways->at[way];
	ways->sum[*kept] = ways->sum[way];
	ways->run[*kept] = ways->run[way];
	*kept += goes_on;
}

/* Leaves those behind that end before code would. */
static void go_far_enough(struct ways *ways)
{
	for (unsigned leg = 0; leg < LEGS; leg++) {
		size_t kept = 0;
		for (size_t i = 0; i < ways->count; i += TOGETHER)
			go_together(ways, i);
		for (size_t i = 0; i < ways->count; i++)
			keep(ways, &kept, i, goes_on(ways, i));
		ways->count = kept;
	}
}

/* At the end of a leg: what is worth enough is told. Does it need another leg to tell? */
static bool is_undecided(struct ways *ways, size_t way)
{
	struct seed_run *run = ways->run[way];
	bool untold = stride_at(ways, ways->at[way]) == UNTOLD, on = goes_on(ways, way);
	uint32_t length = ways->at[way] - (uint32_t)run->start;

	if (untold) /* which has spoilt the sum */
		ways->sum[way] = length + worth_until(ways, way);
	if (ways->sum[way] - length >= ENOUGH) {
		run->widths |= 1u << ways->mode;
		return false;
	}
	return on && ways->at[way] < run->end;
}

/* From their beginning again, up to the end of a line. */
static void go_to_the_end(struct ways *ways)
{
	for (size_t i = 0; i < ways->count; i++) {
		ways->at[i] = (uint32_t)ways->run[i]->start;
		ways->sum[i] = 0;
	}
	for (unsigned leg = 0; leg < LEGS; leg++) {
		size_t kept = 0;
		for (size_t i = 0; i < ways->count; i += TOGETHER_SUMMED)
			go_summed(ways, i);
		for (size_t i = 0; i < ways->count; i++)
			keep(ways, &kept, i, is_undecided(ways, i));
		ways->count = kept;
	}
	for (size_t i = 0; i < ways->count; i++)
		ways->run[i]->widths |= 1u << ways->mode;
}

static void judge_width(const struct strides *strides, enum x86_mode mode, struct bytes bytes,
			struct seed_run *runs, size_t count)
{
	struct ways ways = { .mode = mode, .by_two = strides->by_two[mode], .data = bytes.data };

	for (size_t i = 0; i < count; i++) {
		bool near = bytes.length - runs[i].start <= FARTHEST;
		runs[i].widths |= (unsigned)near << mode;
		ways.at[ways.count] = (uint32_t)runs[i].start;
		ways.run[ways.count] = &runs[i];
		ways.count += !near;
	}
	go_far_enough(&ways);
	go_to_the_end(&ways);
}

void strides_judge(const struct strides *strides, struct bytes bytes, struct seed_run *runs,
		   size_t count)
{
	for (size_t i = 0; i < count; i++)
		runs[i].widths = 0;
	for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64; mode++)
		judge_width(strides, mode, bytes, runs, count);
}
