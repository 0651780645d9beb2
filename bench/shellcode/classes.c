/* Data to measure on: what every Debian has. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "shellcode/parts.h"

enum { LARGEST_FILE = 16 << 20, SMALLEST_FILE = 512, RANDOM_STREAM = 1 << 20 };

/* Calls for every regular file below the folder, in order of name, until it returns false. */
static bool data_walk(const char *folder, bool (*visit)(const char *path, void *context),
		      void *context)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, NULL, alphasort);
	bool go_on = true;

	for (int i = 0; i < count; i++) {
		char path[4096];
		struct stat status;
		snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
		if (go_on && entries[i]->d_name[0] != '.' && lstat(path, &status) == 0) {
			if (S_ISDIR(status.st_mode))
				go_on = data_walk(path, visit, context);
			else if (S_ISREG(status.st_mode))
				go_on = visit(path, context);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return go_on;
}

struct gathering {
	struct data_class *class;
	const char *const *endings; /* NULL: any name */
	const char *magic;	    /* "": any content */
	size_t limit;
};

static bool wanted_name(const char *path, const char *const *endings)
{
	for (; endings && *endings; endings++) {
		size_t length = strlen(path), tail = strlen(*endings);
		if (length >= tail && strcmp(path + length - tail, *endings) == 0)
			return true;
	}
	return endings == NULL;
}

static bool gather(const char *path, void *context)
{
	struct gathering *gathering = context;
	struct data_class *class = gathering->class;
	struct buffer content, *more;
	struct error error;

	if (!wanted_name(path, gathering->endings) ||
	    file_read(path, LARGEST_FILE, &content, &error) < 0)
		return true;
	if (content.length < SMALLEST_FILE ||
	    !bytes_start_with(buffer_bytes(&content), gathering->magic)) {
		buffer_fini(&content);
		return true;
	}
	more = realloc(class->streams, (class->count + 1) * sizeof *more);
	if (!more) {
		buffer_fini(&content);
		return false;
	}
	class->streams = more;
	class->bytes += content.length;
	class->streams[class->count++] = content;
	return class->bytes < gathering->limit;
}

static void gather_from(struct data_class *class, const char *const *folders,
			const char *const *endings, const char *magic, size_t limit)
{
	struct gathering gathering = { class, endings, magic, limit };

	for (; *folders && class->bytes < limit; folders++)
		data_walk(*folders, gather, &gathering);
}

static void make_random(struct data_class *class, size_t limit)
{
	struct random random;

	random_init(&random, 77, 0);
	class->streams = calloc(limit / RANDOM_STREAM, sizeof *class->streams);
	for (size_t i = 0; class->streams && i < limit / RANDOM_STREAM; i++) {
		struct buffer *stream = &class->streams[class->count++];
		buffer_init(stream, RANDOM_STREAM);
		for (size_t j = 0; j < RANDOM_STREAM; j += 4) {
			uint32_t word = random_u32(&random);
			buffer_append(stream, &word, 4);
		}
		class->bytes += stream->length;
	}
}

enum { LINE = 57 }; /* bytes that a line of 76 letters says */

/* Appends bytes as lines of base64. */
static void append_base64(struct buffer *stream, struct bytes bytes)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789+/";

	for (size_t at = 0; at + 3 <= bytes.length; at += 3) {
		const uint8_t *three = bytes.data + at;
		char four[5] = { letters[three[0] >> 2],
				 letters[(three[0] << 4 | three[1] >> 4) & 63],
				 letters[(three[1] << 2 | three[2] >> 6) & 63],
				 letters[three[2] & 63], '\n' };
		buffer_append(stream, four, (at + 3) % LINE == 0 ? 5 : 4);
	}
}

/* Every stream of another class as a stream of base64, as far as the limit goes. */
static void make_base64(struct data_class *class, const struct data_class *from, size_t limit)
{
	class->streams = calloc(from->count + 1, sizeof *class->streams);
	for (size_t i = 0; class->streams && i < from->count && class->bytes < limit; i++) {
		struct buffer *stream = &class->streams[class->count++];
		struct bytes bytes = buffer_bytes(&from->streams[i]);
		buffer_init(stream, 2 * LARGEST_FILE);
		append_base64(stream, bytes_slice(bytes, 0, (limit - class->bytes) / 4 * 3));
		class->bytes += stream->length;
	}
}

unsigned data_classes_make(struct data_class *classes, size_t limit)
{
	static const char *const html[] = { ".html", ".htm", NULL };
	static const char *const source[] = { ".h", ".c", ".py", ".pl", ".pm", NULL };
	static const char *const logs[] = { ".log", NULL };
	static const char *const windows[] = { ".exe", ".dll", NULL };
	static const char *const doc[] = { "/usr/share/doc", "/usr/share", NULL };
	static const char *const include[] = { "/usr/include", "/usr/lib/python3", NULL };
	static const char *const var_log[] = { "/var/log", NULL };
	static const char *const bin[] = { "/usr/bin", "/usr/lib/x86_64-linux-gnu", NULL };
	static const char *const mingw[] = { "/usr/i686-w64-mingw32", "/usr/lib/gcc",
					     "/usr/lib/python3", "/usr/lib/gcc", NULL };
	struct data_class all[] = { { .name = "text, HTML" },
				    { .name = "text, source" },
				    { .name = "text, logs" },
				    { .name = "binaries, ELF" },
				    { .name = "binaries, PE" },
				    { .name = "random bytes" },
				    { .name = "text, base64 of HTML" },
				    { .name = "text, base64 of ELF" },
				    { .name = "text, base64 of random bytes" } };
	unsigned count = 0;

	gather_from(&all[0], doc, html, "", limit);
	gather_from(&all[1], include, source, "", limit);
	gather_from(&all[2], var_log, logs, "", limit);
	gather_from(&all[3], bin, NULL, "\177ELF", 2 * limit);
	gather_from(&all[4], mingw, windows, "MZ", limit);
	make_random(&all[5], limit);
	make_base64(&all[6], &all[0], limit / 4);
	make_base64(&all[7], &all[3], limit / 4);
	make_base64(&all[8], &all[5], limit / 4);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (all[i].bytes)
			classes[count++] = all[i];
	return count;
}

void data_class_fini(struct data_class *class)
{
	for (size_t i = 0; i < class->count; i++)
		buffer_fini(&class->streams[i]);
	free(class->streams);
	class->streams = NULL;
}
