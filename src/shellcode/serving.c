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

struct serving serving_of(const struct executed *const *order, size_t count)
{
	struct serving found = { 0, 0, 0 };
	uint32_t live = 0;

	for (size_t i = count; i-- > 0;) {
		const struct effect *effect = &order[i]->effect;
		if (!leads_on(effect) && !(effect->touches & live)) {
			found.idle++;
			continue;
		}
		live = (live & ~effect->writes) | needs(order[i]);
		found.serving++;
	}
	found.leftover = live & ~(uint32_t)(EFFECT_FLAGS | 1 << X86_SP);
	return found;
}
