/* kernel32: virtual memory, heaps, Global/Local memory, and the questions whether pointers are
 * good. */
#include <string.h>

#include "win32/api/models.h"

static uint32_t own_process(struct call *call, uint32_t handle, struct win32_object **other)
{
	*other = win32_object_of(call->w, handle, OBJECT_PROCESS);
	return handle == UINT32_MAX || (*other && (*other)->id == call->w->process_id);
}

static uint32_t virtual_alloc_at(struct call *call, uint32_t address, uint32_t size, uint32_t type,
				 uint32_t protection)
{
	struct win32 *w = call->w;

	if (size == 0 || !(type & (MEM_COMMIT | MEM_RESERVE)))
		return fail(call, ERROR_INVALID_PARAMETER, 0);
	struct win32_region *region = address ? win32_region_of(w, address) : NULL;
	if (region) {
		uint32_t room = region->base + region->size - address;
		if (!(type & MEM_COMMIT) || (type & MEM_RESERVE && address == 0) || size > room)
			return fail(call, ERROR_INVALID_ADDRESS, 0);
		if (win32_commit(w, address, size, protection) < 0)
			return fail(call, ERROR_NOT_ENOUGH_MEMORY, 0);
		return address & ~(WIN32_PAGE - 1);
	}
	if (address)
		size += address & (WIN32_GRANULE - 1);
	address &= ~(WIN32_GRANULE - 1);
	uint32_t base = type & MEM_COMMIT
				? win32_allocate(w, address, size, protection, MEM_PRIVATE)
				: win32_reserve(w, address, size, protection, MEM_PRIVATE);
	return base ? base
		    : fail(call, address ? ERROR_INVALID_ADDRESS : ERROR_NOT_ENOUGH_MEMORY, 0);
}

static uint32_t virtual_alloc(struct call *call)
{
	return virtual_alloc_at(call, arg(call, 0), arg(call, 1), arg(call, 2), arg(call, 3));
}

static uint32_t virtual_alloc_ex(struct call *call)
{
	struct win32_object *other;

	if (own_process(call, arg(call, 0), &other))
		return virtual_alloc_at(call, arg(call, 1), arg(call, 2), arg(call, 3),
					arg(call, 4));
	if (!other)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	/* Another process' memory is not simulated; addresses in it are. */
	uint32_t base = other->words[0] ? other->words[0] : 0x00a00000;
	other->words[0] = base + ((arg(call, 2) + WIN32_GRANULE - 1) & ~(WIN32_GRANULE - 1));
	return arg(call, 1) ? arg(call, 1) : base;
}

static uint32_t virtual_free_at(struct call *call, uint32_t address, uint32_t size, uint32_t type)
{
	struct win32 *w = call->w;

	if (type & MEM_RELEASE)
		return win32_release(w, address) == 0 ? 1 : fail(call, ERROR_INVALID_ADDRESS, 0);
	struct win32_region *region = win32_region_of(w, address);
	if (!region)
		return fail(call, ERROR_INVALID_ADDRESS, 0);
	if (size == 0)
		size = region->size;
	for (uint32_t page = address & ~(WIN32_PAGE - 1);
	     page < address + size && page < region->base + region->size; page += WIN32_PAGE)
		if (x86_protection(w->x86, page) >= 0 && x86_unmap(w->x86, page, WIN32_PAGE) < 0)
			return fail(call, ERROR_INVALID_ADDRESS, 0);
	return 1;
}

static uint32_t virtual_free(struct call *call)
{
	return virtual_free_at(call, arg(call, 0), arg(call, 1), arg(call, 2));
}

static uint32_t virtual_free_ex(struct call *call)
{
	struct win32_object *other;

	if (!own_process(call, arg(call, 0), &other))
		return other ? 1 : fail(call, ERROR_INVALID_HANDLE, 0);
	return virtual_free_at(call, arg(call, 1), arg(call, 2), arg(call, 3));
}

static uint32_t virtual_protect_at(struct call *call, uint32_t address, uint32_t size,
				   uint32_t protection, uint32_t old)
{
	struct win32 *w = call->w;
	int before = x86_protection(w->x86, address);

	if (before < 0 ||
	    x86_protect(w->x86, address, size ? size : 1, win32_protection_to_x86(protection)) < 0)
		return fail(call, ERROR_INVALID_ADDRESS, 0);
	if (old)
		win32_put_u32(w, old, win32_protection_from_x86((unsigned)before));
	return 1;
}

static uint32_t virtual_protect(struct call *call)
{
	return virtual_protect_at(call, arg(call, 0), arg(call, 1), arg(call, 2), arg(call, 3));
}

static uint32_t virtual_protect_ex(struct call *call)
{
	struct win32_object *other;

	if (!own_process(call, arg(call, 0), &other))
		return other ? 1 : fail(call, ERROR_INVALID_HANDLE, 0);
	return virtual_protect_at(call, arg(call, 1), arg(call, 2), arg(call, 3), arg(call, 4));
}

/* MEMORY_BASIC_INFORMATION for the run of equal pages that begins at `address`. */
static uint32_t virtual_query_at(struct call *call, uint32_t address, uint32_t into,
				 uint32_t length)
{
	struct win32 *w = call->w;
	uint32_t page = address & ~(WIN32_PAGE - 1), end, protection = 0, state = MEM_FREE;

	if (length < 28 || address >= WIN32_USER_END)
		return fail(call, ERROR_INVALID_PARAMETER, 0);
	struct win32_region *region = win32_region_of(w, address);
	if (region) {
		int bits = x86_protection(w->x86, page);
		end = page + WIN32_PAGE;
		while (end < region->base + region->size && x86_protection(w->x86, end) == bits)
			end += WIN32_PAGE;
		state = bits < 0 ? MEM_RESERVE : MEM_COMMIT;
		protection = bits < 0 ? 0 : win32_protection_from_x86((unsigned)bits);
		/* What was allocated without execution is reported so. */
		if (protection == PAGE_EXECUTE_READWRITE && region->protection == PAGE_READWRITE)
			protection = PAGE_READWRITE;
	} else {
		struct win32_region *above = win32_region_above(w, address);
		end = above ? above->base : WIN32_USER_END;
		protection = PAGE_NOACCESS;
	}
	win32_put_u32(w, into, page);
	win32_put_u32(w, into + 4, region ? region->base : 0);
	win32_put_u32(w, into + 8, region ? region->protection : 0);
	win32_put_u32(w, into + 12, end - page);
	win32_put_u32(w, into + 16, state);
	win32_put_u32(w, into + 20, protection);
	win32_put_u32(w, into + 24, region ? region->kind : 0);
	return 28;
}

static uint32_t virtual_query(struct call *call)
{
	return virtual_query_at(call, arg(call, 0), arg(call, 1), arg(call, 2));
}

static uint32_t virtual_query_ex(struct call *call)
{
	return virtual_query_at(call, arg(call, 1), arg(call, 2), arg(call, 3));
}

static uint32_t return_one(struct call *call)
{
	(void)call;
	return 1;
}

static uint32_t return_zero(struct call *call)
{
	(void)call;
	return 0;
}

static uint32_t get_process_heap(struct call *call)
{
	return call->w->process_heap;
}

/* All heaps share one allocator; a heap's handle only has to differ. */
static uint32_t heap_create(struct call *call)
{
	return win32_reserve(call->w, 0, WIN32_GRANULE, PAGE_READWRITE, MEM_PRIVATE);
}

static uint32_t heap_alloc(struct call *call)
{
	uint32_t block = win32_heap_take(call->w, arg(call, 2));
	return block ? block : fail(call, ERROR_NOT_ENOUGH_MEMORY, 0);
}

static uint32_t heap_realloc(struct call *call)
{
	uint32_t block = win32_heap_resize(call->w, arg(call, 2), arg(call, 3));
	return block ? block : fail(call, ERROR_NOT_ENOUGH_MEMORY, 0);
}

static uint32_t heap_free(struct call *call)
{
	return win32_heap_give(call->w, arg(call, 2));
}

static uint32_t heap_size(struct call *call)
{
	return win32_heap_size(call->w, arg(call, 2));
}

static uint32_t local_alloc(struct call *call)
{
	uint32_t block = win32_heap_take(call->w, arg(call, 1));
	return block ? block : fail(call, ERROR_NOT_ENOUGH_MEMORY, 0);
}

static uint32_t local_realloc(struct call *call)
{
	return win32_heap_resize(call->w, arg(call, 0), arg(call, 1));
}

static uint32_t local_free(struct call *call)
{
	return win32_heap_give(call->w, arg(call, 0)) ? 0 : arg(call, 0);
}

static uint32_t local_size(struct call *call)
{
	uint32_t size = win32_heap_size(call->w, arg(call, 0));
	return size == UINT32_MAX ? 0 : size;
}

/* Memory handles are pointers here, as those of fixed memory are. */
static uint32_t local_lock(struct call *call)
{
	return arg(call, 0);
}

static uint32_t is_bad(struct call *call, unsigned needed)
{
	uint32_t address = arg(call, 0), length = arg(call, 1);

	for (uint64_t page = address & ~(WIN32_PAGE - 1);
	     length && page < (uint64_t)address + length; page += WIN32_PAGE) {
		int bits = x86_protection(call->w->x86, page);
		if (bits < 0 || !((unsigned)bits & needed))
			return 1;
	}
	return 0;
}

static uint32_t is_bad_read(struct call *call)
{
	return is_bad(call, X86_READ);
}

static uint32_t is_bad_write(struct call *call)
{
	return is_bad(call, X86_WRITE);
}

static uint32_t is_bad_code(struct call *call)
{
	return x86_protection(call->w->x86, arg(call, 0)) < 0;
}

static uint32_t global_memory_status(struct call *call)
{
	uint32_t at = arg(call, 0), mega = 1u << 20;
	const uint32_t words[] = { 32,		41,	     512 * mega,  302 * mega,
				   1248 * mega, 1010 * mega, 2047 * mega, 2020 * mega };

	for (uint32_t i = 0; i < 8; i++)
		win32_put_u32(call->w, at + 4 * i, words[i]);
	return 0;
}

static uint32_t global_memory_status_ex(struct call *call)
{
	uint32_t at = arg(call, 0);
	const uint64_t mega = 1u << 20;
	const uint64_t sizes[] = { 512 * mega,	302 * mega, 1248 * mega, 1010 * mega, 2047 * mega,
				   2020 * mega, 0 };

	win32_put_u32(call->w, at + 4, 41);
	for (uint32_t i = 0; i < 7; i++)
		win32_put_u64(call->w, at + 8 + 8 * i, sizes[i]);
	return 1;
}

static uint32_t read_process_memory(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_object *other;
	uint32_t size = arg(call, 3), done = 0;
	uint8_t chunk[4096];

	if (!own_process(call, arg(call, 0), &other)) {
		if (!other)
			return fail(call, ERROR_INVALID_HANDLE, 0);
		/* Another process' memory reads as zeros. */
		win32_fill(w, arg(call, 2), 0, size);
		done = size;
	}
	while (done < size) {
		uint32_t part = size - done < sizeof chunk ? size - done : (uint32_t)sizeof chunk;
		if (!win32_fetch(w, arg(call, 1) + done, chunk, part) ||
		    !win32_put(w, arg(call, 2) + done, chunk, part))
			return fail(call, ERROR_INVALID_ADDRESS, 0);
		done += part;
	}
	if (arg(call, 4))
		win32_put_u32(w, arg(call, 4), done);
	return 1;
}

static uint32_t write_process_memory(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_object *other;
	uint32_t size = arg(call, 3), done = 0;
	uint8_t chunk[4096];

	if (!own_process(call, arg(call, 0), &other)) {
		if (!other)
			return fail(call, ERROR_INVALID_HANDLE, 0);
		EMIT(w, PROCESS_WRITE, trace_text(other->text ? other->text : ""),
		     trace_number(arg(call, 1)), trace_number(size));
		done = size;
	}
	while (done < size) {
		uint32_t part = size - done < sizeof chunk ? size - done : (uint32_t)sizeof chunk;
		if (!win32_fetch(w, arg(call, 2) + done, chunk, part) ||
		    !win32_put(w, arg(call, 1) + done, chunk, part))
			return fail(call, ERROR_INVALID_ADDRESS, 0);
		done += part;
	}
	if (arg(call, 4))
		win32_put_u32(w, arg(call, 4), done);
	return 1;
}

const struct api_model win32_kernel32_memory_models[] = {
	API("VirtualAlloc", 4, virtual_alloc),
	API("VirtualAllocEx", 5, virtual_alloc_ex),
	API("VirtualFree", 3, virtual_free),
	API("VirtualFreeEx", 4, virtual_free_ex),
	API("VirtualProtect", 4, virtual_protect),
	API("VirtualProtectEx", 5, virtual_protect_ex),
	API("VirtualQuery", 3, virtual_query),
	API("VirtualQueryEx", 4, virtual_query_ex),
	API("VirtualLock", 2, return_one),
	API("VirtualUnlock", 2, return_one),
	API("FlushInstructionCache", 3, return_one),
	API("GetProcessHeap", 0, get_process_heap),
	API("HeapCreate", 3, heap_create),
	API("HeapDestroy", 1, return_one),
	API("HeapAlloc", 3, heap_alloc),
	API("HeapReAlloc", 4, heap_realloc),
	API("HeapFree", 3, heap_free),
	API("HeapSize", 3, heap_size),
	API("HeapValidate", 3, return_one),
	API("HeapCompact", 2, return_zero),
	API("HeapSetInformation", 4, return_one),
	API("LocalAlloc", 2, local_alloc),
	API("LocalReAlloc", 3, local_realloc),
	API("LocalFree", 1, local_free),
	API("LocalSize", 1, local_size),
	API("LocalLock", 1, local_lock),
	API("LocalUnlock", 1, return_one),
	API("LocalHandle", 1, local_lock),
	API("GlobalAlloc", 2, local_alloc),
	API("GlobalReAlloc", 3, local_realloc),
	API("GlobalFree", 1, local_free),
	API("GlobalSize", 1, local_size),
	API("GlobalLock", 1, local_lock),
	API("GlobalUnlock", 1, return_one),
	API("GlobalHandle", 1, local_lock),
	API("IsBadReadPtr", 2, is_bad_read),
	API("IsBadHugeReadPtr", 2, is_bad_read),
	API("IsBadWritePtr", 2, is_bad_write),
	API("IsBadHugeWritePtr", 2, is_bad_write),
	API("IsBadCodePtr", 1, is_bad_code),
	API("IsBadStringPtrA", 2, is_bad_code),
	API("IsBadStringPtrW", 2, is_bad_code),
	API("GlobalMemoryStatus", 1, global_memory_status),
	API("GlobalMemoryStatusEx", 1, global_memory_status_ex),
	API("ReadProcessMemory", 5, read_process_memory),
	API("WriteProcessMemory", 5, write_process_memory),
	API_END
};
