/* msvcrt: streams and descriptors over the emulated files, buffered as the run-time buffers them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "win32/api/models.h"
#include "win32/api/msvcrt.h"
#include "win32/files.h"

#define END UINT32_MAX /* EOF */

/* FILE of a descriptor in guest memory; the first 20 are _iob. */
static uint32_t file_address(const struct win32_msvcrt *c, unsigned descriptor)
{
	return descriptor < 20 ? c->iob + 32 * descriptor : c->streams_at + 32 * descriptor;
}

static struct msvcrt_stream *stream_of(struct win32 *w, uint32_t file)
{
	struct win32_msvcrt *c = win32_msvcrt(w);
	uint32_t descriptor = file ? win32_u32(w, file + 16) : MSVCRT_STREAMS;

	if (!c || descriptor >= MSVCRT_STREAMS || !c->streams[descriptor].open)
		return NULL;
	return &c->streams[descriptor];
}

static struct msvcrt_stream *stream_at(struct win32 *w, uint32_t descriptor)
{
	struct win32_msvcrt *c = win32_msvcrt(w);

	return c && descriptor < MSVCRT_STREAMS && c->streams[descriptor].open
		       ? &c->streams[descriptor]
		       : NULL;
}

static struct win32_object *object_of(struct win32 *w, const struct msvcrt_stream *stream)
{
	struct win32_object *object =
		stream->handle ? win32_object_of(w, stream->handle, OBJECT_FILE) : NULL;

	return object && win32_files_exists(w->files, object->file) ? object : NULL;
}

static void flush(struct win32 *w, struct msvcrt_stream *stream)
{
	struct win32_object *object = object_of(w, stream);

	if (stream->out.length && object) {
		if (stream->append)
			object->position = win32_files_content(w->files, object->file).length;
		if (win32_files_write(w->files, object->file, object->position,
				      buffer_bytes(&stream->out)) < 0)
			stream->error = true;
		EMIT(w, FILE_WRITE, trace_text(object->text), trace_number(object->position),
		     trace_number(stream->out.length),
		     trace_text(win32_event_data(w, buffer_bytes(&stream->out))));
		object->position += stream->out.length;
	}
	buffer_clear(&stream->out);
}

void win32_msvcrt_flush(struct win32 *w)
{
	for (unsigned i = 0; w->msvcrt && i < MSVCRT_STREAMS; i++)
		if (w->msvcrt->streams[i].open)
			flush(w, &w->msvcrt->streams[i]);
}

static bool refill(struct win32 *w, struct msvcrt_stream *stream)
{
	struct win32_object *object = object_of(w, stream);

	flush(w, stream);
	if (!object) {
		stream->end = true;
		return false;
	}
	struct bytes part = bytes_slice(win32_files_content(w->files, object->file),
					(size_t)object->position, sizeof stream->chunk);
	if (part.length == 0) {
		stream->end = true;
		return false;
	}
	memcpy(stream->chunk, part.data, part.length);
	EMIT(w, FILE_READ, trace_text(object->text), trace_number(object->position),
	     trace_number(part.length));
	object->position += part.length;
	stream->start = 0;
	stream->length = (uint32_t)part.length;
	return true;
}

/* The next byte, or -1; in text mode "\r\n" is one. */
static int get_byte(struct win32 *w, struct msvcrt_stream *stream)
{
	if (stream->pushed >= 0) {
		int byte = stream->pushed;
		stream->pushed = -1;
		return byte;
	}
	for (;;) {
		if (stream->start == stream->length && !refill(w, stream))
			return -1;
		int byte = stream->chunk[stream->start++];
		if (byte != '\r' || !stream->text)
			return byte;
	}
}

static void put_bytes(struct win32 *w, struct msvcrt_stream *stream, const char *data,
		      size_t length)
{
	/* Bytes read ahead are given back: writing goes on where the program believes to be. */
	struct win32_object *object = object_of(w, stream);
	if (object && stream->length > stream->start)
		object->position -= stream->length - stream->start;
	stream->start = stream->length = 0;
	for (size_t i = 0; i < length; i++) {
		if (stream->text && data[i] == '\n')
			buffer_append(&stream->out, "\r", 1);
		buffer_append(&stream->out, data + i, 1);
		if (stream->out.length >= 4096)
			flush(w, stream);
	}
}

static int new_descriptor(struct win32_msvcrt *c)
{
	for (int i = 3; i < (int)MSVCRT_STREAMS; i++)
		if (!c->streams[i].open)
			return i;
	return -1;
}

/* Opens by a mode string; the descriptor, or -1. */
static int open_mode(struct win32 *w, const char *name, const char *mode)
{
	struct win32_msvcrt *c = win32_msvcrt(w);
	char path[WIN32_PATH];
	bool existed, update = strchr(mode, '+') != NULL;
	uint32_t disposition = mode[0] == 'w' ? 2 : mode[0] == 'a' ? 4 : 3;
	uint32_t access = (mode[0] != 'r' || update ? 0x40000000u : 0) | 0x80000000u;
	int descriptor = c ? new_descriptor(c) : -1;

	if (descriptor < 0 || !*name)
		return -1;
	win32_path_absolute(w, name, path);
	uint32_t handle = win32_open_file(w, path, access, disposition, 0, &existed);
	if (!handle) {
		win32_msvcrt_set_errno(w, 2);
		return -1;
	}
	struct msvcrt_stream *stream = &c->streams[descriptor];
	buffer_clear(&stream->out);
	stream->open = true;
	stream->handle = handle;
	stream->append = mode[0] == 'a';
	stream->text = strchr(mode, 'b') == NULL;
	stream->writable = mode[0] != 'r' || update;
	stream->end = stream->error = false;
	stream->start = stream->length = 0;
	stream->pushed = -1;
	uint32_t file = file_address(c, (unsigned)descriptor);
	win32_fill(w, file, 0, 32);
	win32_put_u32(w, file + 12, stream->writable ? 2 : 1);
	win32_put_u32(w, file + 16, (uint32_t)descriptor);
	return descriptor;
}

static uint32_t fopen_model(struct call *call)
{
	bool wide = strstr(call->slot->name, "wf") != NULL;
	const char *name = text_at(call->w, arg(call, 0), wide);
	int descriptor = open_mode(call->w, name, text_at(call->w, arg(call, 1), wide));

	return descriptor < 0 ? 0 : file_address(call->w->msvcrt, (unsigned)descriptor);
}

static void close_stream(struct win32 *w, struct msvcrt_stream *stream)
{
	flush(w, stream);
	if (stream->handle)
		win32_object_close(w, stream->handle);
	stream->handle = 0;
	stream->open = false;
}

static uint32_t fclose_model(struct call *call)
{
	struct msvcrt_stream *stream = stream_of(call->w, arg(call, 0));

	if (!stream)
		return END;
	close_stream(call->w, stream);
	return 0;
}

static uint32_t fcloseall_model(struct call *call)
{
	win32_msvcrt_flush(call->w);
	return 0;
}

static uint32_t fflush_model(struct call *call)
{
	struct msvcrt_stream *stream = stream_of(call->w, arg(call, 0));

	if (stream)
		flush(call->w, stream);
	else
		win32_msvcrt_flush(call->w);
	return 0;
}

static uint32_t fread_model(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t size = arg(call, 1), count = arg(call, 2), to = arg(call, 0), done = 0;
	struct msvcrt_stream *stream = stream_of(w, arg(call, 3));
	uint64_t wanted = (uint64_t)size * count;

	if (!stream || !wanted)
		return 0;
	while (done < wanted) {
		int byte = get_byte(w, stream);
		if (byte < 0 || !win32_put_u8(w, to + done, (uint32_t)byte))
			break;
		done++;
		/* the rest of the chunk at once, where nothing has to be translated */
		uint32_t part = stream->length - stream->start;
		if (!stream->text && part) {
			if (part > wanted - done)
				part = (uint32_t)(wanted - done);
			if (!win32_put(w, to + done, stream->chunk + stream->start, part))
				break;
			stream->start += part;
			done += part;
		}
	}
	return done / size;
}

static uint32_t fwrite_model(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t size = arg(call, 1), count = arg(call, 2), from = arg(call, 0), done = 0;
	struct msvcrt_stream *stream = stream_of(w, arg(call, 3));
	uint64_t wanted = (uint64_t)size * count;
	char chunk[4096];

	if (!stream || !wanted || !stream->writable)
		return 0;
	while (done < wanted) {
		uint32_t part = wanted - done < sizeof chunk ? (uint32_t)(wanted - done)
							     : (uint32_t)sizeof chunk;
		if (!win32_fetch(w, from + done, chunk, part))
			break;
		put_bytes(w, stream, chunk, part);
		done += part;
	}
	return done / size;
}

static uint32_t fgetc_model(struct call *call)
{
	struct msvcrt_stream *stream = stream_of(call->w, arg(call, 0));
	return stream ? (uint32_t)get_byte(call->w, stream) : END;
}

static uint32_t ungetc_model(struct call *call)
{
	struct msvcrt_stream *stream = stream_of(call->w, arg(call, 1));

	if (!stream || arg(call, 0) == END)
		return END;
	stream->pushed = (int)(arg(call, 0) & 0xff);
	stream->end = false;
	return arg(call, 0);
}

static uint32_t fputc_model(struct call *call)
{
	struct msvcrt_stream *stream = stream_of(call->w, arg(call, 1));
	char byte = (char)arg(call, 0);

	if (!stream || !stream->writable)
		return END;
	put_bytes(call->w, stream, &byte, 1);
	return arg(call, 0) & 0xff;
}

static uint32_t fgets_model(struct call *call)
{
	struct win32 *w = call->w;
	struct msvcrt_stream *stream = stream_of(w, arg(call, 2));
	uint32_t to = arg(call, 0), size = arg(call, 1), done = 0;

	while (stream && done + 1 < size) {
		int byte = get_byte(w, stream);
		if (byte < 0 || !win32_put_u8(w, to + done, (uint32_t)byte))
			break;
		done++;
		if (byte == '\n')
			break;
	}
	if (done == 0)
		return 0;
	win32_put_u8(w, to + done, 0);
	return to;
}

static void put_text(struct win32 *w, struct msvcrt_stream *stream, const char *text)
{
	/* From UTF-8 back to the ANSI bytes that the program printed. */
	uint32_t length = text_length(text);
	uint32_t block = win32_heap_take(w, length + 1);
	char chunk[1024];

	if (!block)
		return;
	text_put(w, block, length + 1, text, false);
	for (uint32_t done = 0; done < length;) {
		uint32_t part =
			length - done < sizeof chunk ? length - done : (uint32_t)sizeof chunk;
		if (!win32_fetch(w, block + done, chunk, part))
			break;
		put_bytes(w, stream, chunk, part);
		done += part;
	}
	win32_heap_give(w, block);
}

static uint32_t fputs_model(struct call *call)
{
	struct msvcrt_stream *stream = stream_of(call->w, arg(call, 1));

	if (!stream || !stream->writable)
		return END;
	put_text(call->w, stream, text_at(call->w, arg(call, 0), false));
	return 0;
}

static uint32_t print(struct call *call, struct msvcrt_stream *stream, uint32_t format,
		      uint32_t arguments, bool wide)
{
	struct buffer out;

	buffer_init(&out, 1u << 20);
	win32_format(call->w, text_at(call->w, format, wide), arguments, wide, &out);
	uint32_t length = text_length(buffer_text(&out));
	if (stream && stream->writable)
		put_text(call->w, stream, buffer_text(&out));
	buffer_fini(&out);
	return length;
}

static uint32_t fprintf_model(struct call *call)
{
	return print(call, stream_of(call->w, arg(call, 0)), arg(call, 1), call->stack + 8,
		     strchr(call->slot->name, 'w') != NULL);
}

static uint32_t vfprintf_model(struct call *call)
{
	return print(call, stream_of(call->w, arg(call, 0)), arg(call, 1), arg(call, 2),
		     strchr(call->slot->name, 'w') != NULL);
}

static uint32_t printf_model(struct call *call)
{
	return print(call, stream_at(call->w, 1), arg(call, 0), call->stack + 4,
		     call->slot->name[0] == 'w');
}

static uint32_t vprintf_model(struct call *call)
{
	return print(call, stream_at(call->w, 1), arg(call, 0), arg(call, 1), false);
}

static uint32_t console_out(struct call *call)
{
	(void)call;
	return 1;
}

static uint32_t console_in(struct call *call)
{
	(void)call;
	return END;
}

static uint32_t no_text(struct call *call)
{
	(void)call;
	return 0;
}

static uint32_t seek(struct win32 *w, struct msvcrt_stream *stream, int64_t offset, uint32_t origin)
{
	struct win32_object *object = object_of(w, stream);

	if (!object)
		return END;
	flush(w, stream);
	int64_t base = origin == 1   ? (int64_t)object->position - (stream->length - stream->start)
		       : origin == 2 ? (int64_t)win32_files_content(w->files, object->file).length
				     : 0;
	if ((offset > 0 && base > INT64_MAX - offset) || base + offset < 0)
		return END;
	object->position = (uint64_t)(base + offset);
	stream->start = stream->length = 0;
	stream->pushed = -1;
	stream->end = false;
	return 0;
}

static uint32_t fseek_model(struct call *call)
{
	struct msvcrt_stream *stream = stream_of(call->w, arg(call, 0));
	return stream ? seek(call->w, stream, (int32_t)arg(call, 1), arg(call, 2)) : END;
}

static uint32_t rewind_model(struct call *call)
{
	struct msvcrt_stream *stream = stream_of(call->w, arg(call, 0));
	return stream ? seek(call->w, stream, 0, 0) : END;
}

static uint32_t tell(struct win32 *w, struct msvcrt_stream *stream)
{
	struct win32_object *object = object_of(w, stream);

	if (!object)
		return END;
	return (uint32_t)(object->position - (stream->length - stream->start) + stream->out.length);
}

static uint32_t ftell_model(struct call *call)
{
	struct msvcrt_stream *stream = stream_of(call->w, arg(call, 0));
	return stream ? tell(call->w, stream) : END;
}

static uint32_t feof_model(struct call *call)
{
	struct msvcrt_stream *stream = stream_of(call->w, arg(call, 0));
	return stream && stream->end ? 16 : 0;
}

static uint32_t ferror_model(struct call *call)
{
	struct msvcrt_stream *stream = stream_of(call->w, arg(call, 0));
	return stream && stream->error ? 32 : 0;
}

static uint32_t clearerr_model(struct call *call)
{
	struct msvcrt_stream *stream = stream_of(call->w, arg(call, 0));
	if (stream)
		stream->end = stream->error = false;
	return 0;
}

static uint32_t fileno_model(struct call *call)
{
	return win32_u32(call->w, arg(call, 0) + 16);
}

/* --- descriptors --- */

static uint32_t open_model(struct call *call)
{
	bool wide = strstr(call->slot->name, "wopen") != NULL;
	uint32_t flags = arg(call, 1);
	bool create = flags & 0x100, truncate = flags & 0x200, writing = flags & 3;
	const char *name = text_at(call->w, arg(call, 0), wide);
	char path[WIN32_PATH];

	win32_path_absolute(call->w, name, path);
	if (!create && win32_files_find(call->w->files, path) < 0)
		return END;
	const char *mode = flags & 8  ? "ab"
			   : truncate ? "w+b"
			   : create && writing
				   ? (win32_files_find(call->w->files, path) < 0 ? "w+b" : "r+b")
			   : writing ? "r+b"
				     : "rb";
	return (uint32_t)open_mode(call->w, name, mode);
}

static uint32_t close_model(struct call *call)
{
	struct msvcrt_stream *stream = stream_at(call->w, arg(call, 0));

	if (!stream)
		return END;
	close_stream(call->w, stream);
	return 0;
}

static uint32_t read_model(struct call *call)
{
	struct msvcrt_stream *stream = stream_at(call->w, arg(call, 0));
	struct win32_object *object = stream ? object_of(call->w, stream) : NULL;

	if (!object)
		return stream ? 0 : END;
	return (uint32_t)win32_read_file(call->w, object, arg(call, 1), arg(call, 2));
}

static uint32_t write_model(struct call *call)
{
	struct msvcrt_stream *stream = stream_at(call->w, arg(call, 0));
	struct win32_object *object = stream ? object_of(call->w, stream) : NULL;

	if (!object)
		return stream ? arg(call, 2) : END;
	return (uint32_t)win32_write_file(call->w, object, arg(call, 1), arg(call, 2));
}

static uint32_t lseek_model(struct call *call)
{
	struct msvcrt_stream *stream = stream_at(call->w, arg(call, 0));

	if (!stream || seek(call->w, stream, (int32_t)arg(call, 1), arg(call, 2)) != 0)
		return END;
	return tell(call->w, stream);
}

static uint32_t filelength_model(struct call *call)
{
	struct msvcrt_stream *stream = stream_at(call->w, arg(call, 0));
	struct win32_object *object = stream ? object_of(call->w, stream) : NULL;

	return object ? (uint32_t)win32_files_content(call->w->files, object->file).length : END;
}

static uint32_t get_osfhandle(struct call *call)
{
	struct msvcrt_stream *stream = stream_at(call->w, arg(call, 0));

	if (!stream)
		return END;
	return stream->handle ? stream->handle : 4 * (arg(call, 0) + 1);
}

const struct api_model win32_msvcrt_stream_models[] = { API_CDECL("fopen", fopen_model),
							API_CDECL("_fsopen", fopen_model),
							API_CDECL("_wfopen", fopen_model),
							API_CDECL("fclose", fclose_model),
							API_CDECL("_fcloseall", fcloseall_model),
							API_CDECL("fflush", fflush_model),
							API_CDECL("_flushall", fcloseall_model),
							API_CDECL("fread", fread_model),
							API_CDECL("fwrite", fwrite_model),
							API_CDECL("fgetc", fgetc_model),
							API_CDECL("getc", fgetc_model),
							API_CDECL("_filbuf", fgetc_model),
							API_CDECL("ungetc", ungetc_model),
							API_CDECL("fputc", fputc_model),
							API_CDECL("putc", fputc_model),
							API_CDECL("_flsbuf", fputc_model),
							API_CDECL("fgets", fgets_model),
							API_CDECL("fputs", fputs_model),
							API_CDECL("fprintf", fprintf_model),
							API_CDECL("fwprintf", fprintf_model),
							API_CDECL("vfprintf", vfprintf_model),
							API_CDECL("vfwprintf", vfprintf_model),
							API_CDECL("printf", printf_model),
							API_CDECL("wprintf", printf_model),
							API_CDECL("vprintf", vprintf_model),
							API_CDECL("puts", console_out),
							API_CDECL("putchar", console_out),
							API_CDECL("perror", console_out),
							API_CDECL("_cputs", console_out),
							API_CDECL("getchar", console_in),
							API_CDECL("_getch", console_in),
							API_CDECL("_kbhit", no_text),
							API_CDECL("gets", no_text),
							API_CDECL("fseek", fseek_model),
							API_CDECL("rewind", rewind_model),
							API_CDECL("ftell", ftell_model),
							API_CDECL("feof", feof_model),
							API_CDECL("ferror", ferror_model),
							API_CDECL("clearerr", clearerr_model),
							API_CDECL("_fileno", fileno_model),
							API_CDECL("setbuf", no_text),
							API_CDECL("setvbuf", no_text),
							API_CDECL("_setmode", no_text),
							API_CDECL("_isatty", no_text),
							API_CDECL("_open", open_model),
							API_CDECL("_wopen", open_model),
							API_CDECL("_close", close_model),
							API_CDECL("_read", read_model),
							API_CDECL("_write", write_model),
							API_CDECL("_lseek", lseek_model),
							API_CDECL("_filelength", filelength_model),
							API_CDECL("_get_osfhandle", get_osfhandle),
							API_END };
