/* Any bytes, with every view of them, two deep. */
#include "shellcode/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(struct bytes bytes, uint64_t *budget, unsigned depth)
{
	for (enum views_of of = VIEWS_PACKED; of <= VIEWS_OTHERS; of++) {
		struct views views;
		struct view view;
		views_init(&views, of, bytes, budget);
		while (views_next(&views, &view) == 1) {
			for (size_t i = 0; i <= view.length; i += 7)
				if (view_origin(&view, i) > bytes.length)
					__builtin_trap();
			if (view.whole && (view.packed < view.start || view.packed > view.end))
				__builtin_trap();
			if (depth < 2)
				look((struct bytes){ view.data, view.length }, budget, depth + 1);
			view_fini(&view);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t budget = 1 << 20;

	look((struct bytes){ data, size }, &budget, 0);
	return 0;
}
