/* A way is a number of steps by table, all with the same few operations, so that four ways are gone
 * at once without a branch. One that has ended takes steps of no length. After a dozen steps, and
 * where code would have had its twenty, those that have ended are left behind. */
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
	TOGETHER = 4,
	FIRST_LEG = 12,					     /* steps */
	SECOND_LEG = PRINTABLE_SHORTEST - 1 - FIRST_LEG - 2, /* with what is stepped over */
	LAST_LEG = 22,
	LEGS = 3, /* each with one step over what was not told */
	FARTHEST = (FIRST_LEG + SECOND_LEG + LAST_LEG + LEGS + 1) * INSTRUCTION_MAX
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

/* Ways of one width. `sum` adds the strides up: lengths, which are known from `at`, and worths. */
struct ways {
	enum x86_mode mode;
	const uint8_t *by_two, *data;
	size_t count;
	uint32_t at[STRIDES_RUNS], sum[STRIDES_RUNS], start[STRIDES_RUNS];
	uint8_t run[STRIDES_RUNS];
};

static inline uint8_t stride_at(const struct ways *ways, uint32_t at)
{
	const uint8_t *two = ways->data + at;

	return ways->by_two[two[0] | two[1] << 8];
}

static void go_together(struct ways *ways, size_t first, unsigned steps)
{
	uint32_t at[TOGETHER], sum[TOGETHER];

	memcpy(at, ways->at + first, sizeof at);
	memcpy(sum, ways->sum + first, sizeof sum);
	for (; steps > 0; steps--)
		for (unsigned i = 0; i < TOGETHER; i++) {
			uint8_t stride = stride_at(ways, at[i]);
			sum[i] += stride;
			at[i] += stride & LENGTH;
		}
	memcpy(ways->at + first, at, sizeof at);
	memcpy(ways->sum + first, sum, sizeof sum);
}

static void go(struct ways *ways, unsigned steps)
{
	for (size_t i = 0; i < ways->count; i += TOGETHER)
		go_together(ways, i, steps);
}

/* Goes a way again, and over what was not told, adding up what it is worth. False: it ends there.
 */
static bool step_over(struct ways *ways, size_t way)
{
	uint32_t at = ways->start[way], worth = 0;
	unsigned length;

	do {
		uint8_t stride = stride_at(ways, at);
		length = stride == UNTOLD ? printable_length(ways->mode, ways->data + at)
					  : stride & LENGTH;
		worth += worth_of(ways->data[at], length);
		if (length > INSTRUCTION_MAX)
			return true; /* stays, and is worth enough */
		at += length;
	} while (at <= ways->at[way] && length);
	ways->at[way] = at;
	ways->sum[way] = at - ways->start[way] + worth;
	return length != 0;
}

/* Does a way go on? */
static bool goes_on(struct ways *ways, size_t way)
{
	uint8_t stride = stride_at(ways, ways->at[way]);

	return stride == UNTOLD ? step_over(ways, way) : stride != 0;
}

/* Leaves those behind that have ended. */
static void drop_ended(struct ways *ways)
{
	size_t kept = 0;

	for (size_t i = 0; i < ways->count; i++) {
		bool on = goes_on(ways, i);
		ways->at[kept] = ways->at[i];
		ways->sum[kept] = ways->sum[i];
		ways->start[kept] = ways->start[i];
		ways->run[kept] = ways->run[i];
		kept += on;
	}
	ways->count = kept;
}

static void add_way(struct ways *ways, size_t start, size_t run)
{
	ways->at[ways->count] = ways->start[ways->count] = (uint32_t)start;
	ways->run[ways->count++] = (uint8_t)run;
}

/* Is there enough of what code needs on the way, or may there be behind it? */
static bool may_have_enough(struct ways *ways, size_t way, size_t end)
{
	bool on = goes_on(ways, way);

	return ways->sum[way] - (ways->at[way] - ways->start[way]) >= ENOUGH ||
	       (on && ways->at[way] < end);
}

static void judge_width(const struct strides *strides, enum x86_mode mode, struct bytes bytes,
			struct ingredients_run *runs, size_t count)
{
	struct ways ways = { .mode = mode, .by_two = strides->by_two[mode], .data = bytes.data };

	for (size_t i = 0; i < count; i++)
		if (bytes.length - runs[i].start > FARTHEST)
			add_way(&ways, runs[i].start, i);
		else
			runs[i].widths |= 1u << mode;
	go(&ways, FIRST_LEG);
	drop_ended(&ways);
	go(&ways, SECOND_LEG);
	drop_ended(&ways);
	go(&ways, LAST_LEG);
	for (size_t i = 0; i < ways.count; i++)
		if (may_have_enough(&ways, i, runs[ways.run[i]].end))
			runs[ways.run[i]].widths |= 1u << mode;
}

void strides_judge(const struct strides *strides, struct bytes bytes, struct ingredients_run *runs,
		   size_t count)
{
	for (size_t i = 0; i < count; i++)
		runs[i].widths = 0;
	for (enum x86_mode mode = X86_MODE_32; mode <= X86_MODE_64; mode++)
		judge_width(strides, mode, bytes, runs, count);
}
