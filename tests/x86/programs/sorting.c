/* qsort and bsearch of the library, and heap, merge and shell sorts that must agree with it. */
#include "programs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 1500 };

static int by_value(const void *left, const void *right)
{
	int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;

	return (a > b) - (a < b);
}

static int by_text(const void *left, const void *right)
{
	return strcmp(left, right);
}

static void sink(int32_t *items, int at, int count)
{
	for (int child; (child = 2 * at + 1) < count; at = child) {
		if (child + 1 < count && items[child + 1] > items[child])
			child++;
		if (items[at] >= items[child])
			return;
		int32_t kept = items[at];
		items[at] = items[child];
		items[child] = kept;
	}
}

static void heap_sort(int32_t *items, int count)
{
	for (int i = count / 2; i >= 0; i--)
		sink(items, i, count);
	for (int i = count - 1; i > 0; i--) {
		int32_t kept = items[0];
		items[0] = items[i];
		items[i] = kept;
		sink(items, 0, i);
	}
}

static void merge_sort(int32_t *items, int32_t *room, int count)
{
	int half = count / 2, left = 0, right = half;

	if (count < 2)
		return;
	merge_sort(items, room, half);
	merge_sort(items + half, room, count - half);
	for (int i = 0; i < count; i++)
		room[i] = right == count || (left < half && items[left] <= items[right])
				  ? items[left++]
				  : items[right++];
	memcpy(items, room, (size_t)count * sizeof *items);
}

static void shell_sort(int32_t *items, int count)
{
	for (int gap = count / 2; gap > 0; gap /= 2)
		for (int i = gap; i < count; i++) {
			int32_t kept = items[i];
			int at = i;
			for (; at >= gap && items[at - gap] > kept; at -= gap)
				items[at] = items[at - gap];
			items[at] = kept;
		}
}

int program_sorting(void)
{
	static int32_t items[4][COUNT], room[COUNT];
	static char texts[200][12];
	uint32_t random = 2024;
	int found = 0, wrong = 0;

	for (int i = 0; i < COUNT; i++)
		items[0][i] = (int32_t)next_random(&random) >> (i % 24);
	for (int i = 1; i < 4; i++)
		memcpy(items[i], items[0], sizeof items[0]);
	qsort(items[0], COUNT, sizeof **items, by_value);
	heap_sort(items[1], COUNT);
	merge_sort(items[2], room, COUNT);
	shell_sort(items[3], COUNT);
	for (int i = 1; i < 4; i++)
		wrong += memcmp(items[0], items[i], sizeof items[0]) != 0;
	for (int32_t key = -500; key < 500; key++)
		found += bsearch(&key, items[0], COUNT, sizeof key, by_value) != NULL;
	for (int i = 0; i < 200; i++)
		snprintf(texts[i], sizeof texts[i], "%x", next_random(&random) >> 8);
	qsort(texts, 200, sizeof *texts, by_text);
	printf("%08x found %d wrong %d %s %s %s\n", checksum(items[0], sizeof items[0]), found,
	       wrong, texts[0], texts[100], texts[199]);
	return wrong;
}
