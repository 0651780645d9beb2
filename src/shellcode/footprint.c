#include "shellcode/footprint.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, SLOTS = 2 * FOOTPRINT_EXECUTED };

struct page {
	uint64_t number;
	uint32_t steps[PAGE];
	uint8_t generations[PAGE];
};

struct footprint {
	struct page *pages[FOOTPRINT_PAGES];
	unsigned pages_count;
	unsigned last; /* page of the last write: most writes stay on it */
	unsigned executed_count;
	struct executed executed[SLOTS];
};

struct footprint *footprint_new(void)
{
	return calloc(1, sizeof(struct footprint));
}

void footprint_free(struct footprint *footprint)
{
	if (!footprint)
		return;
	for (unsigned i = 0; i < footprint->pages_count; i++)
		free(footprint->pages[i]);
	free(footprint);
}

static struct page *find_page(const struct footprint *footprint, uint64_t number)
{
	if (footprint->pages_count && footprint->pages[footprint->last]->number == number)
		return footprint->pages[footprint->last];
	for (unsigned i = 0; i < footprint->pages_count; i++)
		if (footprint->pages[i]->number == number)
			return footprint->pages[i];
	return NULL;
}

static struct page *make_page(struct footprint *footprint, uint64_t number)
{
	struct page *page = find_page(footprint, number);

	if (page || footprint->pages_count == FOOTPRINT_PAGES)
		return page;
	page = calloc(1, sizeof *page);
	if (!page)
		return NULL;
	page->number = number;
	footprint->last = footprint->pages_count;
	footprint->pages[footprint->pages_count++] = page;
	return page;
}

void footprint_write(struct footprint *footprint, uint64_t address, uint64_t length,
		     struct written written)
{
	for (uint64_t i = 0; i < length; i++) {
		struct page *page = make_page(footprint, (address + i) / PAGE);
		if (!page)
			continue;
		page->steps[(address + i) % PAGE] = written.step;
		page->generations[(address + i) % PAGE] = written.generation;
	}
}

struct written footprint_written(const struct footprint *footprint, uint64_t address,
				 uint64_t length)
{
	struct written latest = { 0 };

	for (uint64_t i = 0; i < length; i++) {
		const struct page *page = find_page(footprint, (address + i) / PAGE);
		unsigned at = (unsigned)((address + i) % PAGE);
		if (page && page->steps[at] > latest.step)
			latest.step = page->steps[at];
		if (page && page->generations[at] > latest.generation)
			latest.generation = page->generations[at];
	}
	return latest;
}

struct executed *footprint_executed(struct footprint *footprint, uint64_t address)
{
	size_t slot = (address * 0x9e3779b97f4a7c15u >> 40) % SLOTS;

	for (;; slot = (slot + 1) % SLOTS) {
		struct executed *executed = &footprint->executed[slot];
		if (executed->step && executed->address == address)
			return executed;
		if (executed->step)
			continue;
		if (footprint->executed_count == FOOTPRINT_EXECUTED)
			return NULL;
		footprint->executed_count++;
		executed->address = address;
		return executed;
	}
}

void footprint_forget_executed(struct footprint *footprint)
{
	memset(footprint->executed, 0, sizeof footprint->executed);
	footprint->executed_count = 0;
}

static int by_step(const void *a, const void *b)
{
	const struct executed *first = *(const struct executed *const *)a;
	const struct executed *second = *(const struct executed *const *)b;

	return (first->step > second->step) - (first->step < second->step);
}

const struct executed **footprint_order(const struct footprint *footprint, size_t *count)
{
	const struct executed **order = calloc(FOOTPRINT_EXECUTED, sizeof *order);

	*count = 0;
	if (!order)
		return NULL;
	for (size_t i = 0; i < SLOTS; i++)
		if (footprint->executed[i].step)
			order[(*count)++] = &footprint->executed[i];
	qsort(order, *count, sizeof *order, by_step);
	return order;
}
