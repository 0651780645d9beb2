/* kernel32: file mappings. A view is a copy; a view of a file is written back when it is unmapped
 * or flushed. */
#include "win32/api/models.h"
#include "win32/api/shared.h"
#include "win32/files.h"
#include "win32/memory.h"

static uint32_t create_mapping(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_object *file = win32_file_of(w, arg(call, 0)), *object;
	const char *name = arg_text(call, 5);
	struct win32_object *found =
		name && *name ? win32_object_named(w, OBJECT_MAPPING, name) : NULL;

	set_last_error(w, found ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
	if (found)
		return win32_object_share(w, found);
	if (!file && arg(call, 0) != INVALID_HANDLE)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	uint32_t size = arg(call, 4);
	if (file && size == 0)
		size = (uint32_t)win32_files_content(w->files, file->file).length;
	if (size == 0)
		return fail(call, 1006, 0); /* ERROR_FILE_INVALID */
	uint32_t handle = win32_object_new(w, OBJECT_MAPPING, name, &object);
	if (!handle)
		return 0;
	object->words[0] = size;
	object->words[2] = arg(call, 2) & 0xff;
	if (file) {
		object->file = file->file;
		if (size > win32_files_content(w->files, file->file).length &&
		    win32_files_resize(w->files, file->file, size) < 0)
			return fail(call, ERROR_NOT_ENOUGH_MEMORY, 0);
	}
	return handle;
}

static uint32_t open_mapping(struct call *call)
{
	const char *name = arg_text(call, 2);
	struct win32_object *found =
		name ? win32_object_named(call->w, OBJECT_MAPPING, name) : NULL;

	return found ? win32_object_share(call->w, found) : fail(call, ERROR_FILE_NOT_FOUND, 0);
}

static uint32_t map_view(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_object *mapping = win32_object_of(w, arg(call, 0), OBJECT_MAPPING);
	uint32_t offset = arg(call, 3), size = arg(call, 4);

	if (!mapping)
		return fail(call, ERROR_INVALID_HANDLE, 0);
	if (offset >= mapping->words[0])
		return fail(call, ERROR_INVALID_PARAMETER, 0);
	if (size == 0 || size > mapping->words[0] - offset)
		size = mapping->words[0] - offset;
	/* Memory without a file is shared by all its views. */
	if (mapping->file < 0 && mapping->words[1])
		return mapping->words[1] + offset;
	uint32_t base = win32_allocate(w, 0, size, PAGE_READWRITE, MEM_MAPPED);
	if (!base)
		return fail(call, ERROR_NOT_ENOUGH_MEMORY, 0);
	if (mapping->file < 0) {
		mapping->words[1] = base;
		return base;
	}
	if (win32_files_exists(w->files, mapping->file)) {
		struct bytes part =
			bytes_slice(win32_files_content(w->files, mapping->file), offset, size);
		if (!win32_put(w, base, part.data, part.length))
			return fail(call, ERROR_NOT_ENOUGH_MEMORY, 0);
		EMIT(w, FILE_READ, trace_text(win32_files_path(w->files, mapping->file)),
		     trace_number(offset), trace_number(part.length));
	}
	bool writable = arg(call, 1) & 2;
	win32_view_add(w, base, size, writable ? mapping->file : -1, offset);
	return base;
}

static void write_view(struct win32 *w, uint32_t base)
{
	struct win32_view *view = win32_view_of(w, base);
	uint8_t chunk[4096];
	uint32_t changed = 0, first = 0;

	if (!view || view->file < 0 || !win32_files_exists(w->files, view->file))
		return;
	for (uint32_t done = 0; done < view->size; done += WIN32_PAGE) {
		uint32_t part = view->size - done < WIN32_PAGE ? view->size - done : WIN32_PAGE;
		struct bytes old = bytes_slice(win32_files_content(w->files, view->file),
					       view->offset + done, part);
		if (!win32_fetch(w, base + done, chunk, part))
			break;
		if (bytes_equal(old, (struct bytes){ chunk, part }))
			continue;
		if (!changed)
			first = done;
		changed += part;
		if (win32_files_write(w->files, view->file, view->offset + done,
				      (struct bytes){ chunk, part }) < 0)
			break;
	}
	if (!changed)
		return;
	struct bytes data = bytes_slice(win32_files_content(w->files, view->file),
					view->offset + first, changed);
	EMIT(w, FILE_WRITE, trace_text(win32_files_path(w->files, view->file)),
	     trace_number(view->offset + first), trace_number(changed),
	     trace_text(win32_event_data(w, data)));
}

static uint32_t unmap_view(struct call *call)
{
	struct win32 *w = call->w;
	struct win32_view *view = win32_view_of(w, arg(call, 0));

	write_view(w, arg(call, 0));
	if (!view)
		return win32_region_of(w, arg(call, 0)) != NULL;
	view->base = 0;
	return win32_release(w, arg(call, 0)) == 0;
}

static uint32_t flush_view(struct call *call)
{
	write_view(call->w, arg(call, 0));
	return 1;
}

void win32_view_add(struct win32 *w, uint32_t base, uint32_t size, int file, uint32_t offset)
{
	for (unsigned i = 0; i < WIN32_VIEWS; i++)
		if (w->views[i].base == 0) {
			w->views[i] = (struct win32_view){ base, size, offset, file };
			return;
		}
}

struct win32_view *win32_view_of(struct win32 *w, uint32_t base)
{
	for (unsigned i = 0; base && i < WIN32_VIEWS; i++)
		if (w->views[i].base == base)
			return &w->views[i];
	return NULL;
}

const struct api_model win32_kernel32_mapping_models[] = {
	API_TEXT("CreateFileMapping", 6, create_mapping),
	API_TEXT("OpenFileMapping", 3, open_mapping),
	API("MapViewOfFile", 5, map_view),
	API("UnmapViewOfFile", 1, unmap_view),
	API("FlushViewOfFile", 2, flush_view),
	API_END
};
