#include "shellcode/serving.h"

/* Does it leave traces by which what is behind it may be reached, or find its arguments? */
static bool leads_on(const struct effect *effect)
{
	return effect->lasting && !effect->stores;
}

/* What it needs. One that left only zeros, as a product with 0, needs nothing of what it wrote
 * over; where the zeros come from another register, as a sign, that must be somebody's. */
static uint32_t needs(const struct executed *executed)
{
	const struct effect *effect = &executed->effect;

	return executed->cleared ? effect->reads & ~effect->touches : effect->reads;
}

/* What is needed before it, when that is needed behind it. An exchange of two registers leads what
 * is needed of the one to the other. */
static uint32_t needed_before(const struct executed *executed, uint32_t live)
{
	const struct effect *effect = &executed->effect;
	uint32_t both = effect->writes;

	if (!effect->lasting && effect->reads == both && __builtin_popcount(both) == 2 &&
	    __builtin_popcount(live & both) == 1)
		return live ^ both;
	return (live & ~effect->writes) | needs(executed);
}

struct serving serving_of(const struct executed *const *order, size_t count)
{
	struct serving found = { 0, 0, 0 };
	uint32_t live = 0, mine = 0; /* what is read behind by any call, and by the last */

	for (size_t i = count; i-- > 0;) {
		const struct effect *effect = &order[i]->effect;
		bool last = i + 1 == count;
		if (!leads_on(effect) && !(effect->touches & live)) {
			found.idle++;
			continue;
		}
		found.serving++;
		live = needed_before(order[i], live);
		if (effect->asks && !last) /* what an earlier call was given was for that */
			mine &= ~effect->writes;
		else if (last || leads_on(effect) || effect->touches & mine)
			mine = needed_before(order[i], mine);
	}
	found.leftover = mine & ~(uint32_t)(EFFECT_FLAGS | 1 << X86_SP);
	return found;
}
