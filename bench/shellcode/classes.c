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

/* The letters of base64 in lines of 76, from random bytes. */
static void make_base64(struct data_class *class, size_t limit)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789+/";
	struct random random;

	random_init(&random, 78, 0);
	class->streams = calloc(1, sizeof *class->streams);
	if (!class->streams)
		return;
	buffer_init(class->streams, limit);
	for (size_t i = 0; i < limit; i++)
		buffer_append(class->streams,
			      i % 77 == 76 ? "\n" : &letters[random_u32(&random) % 64], 1);
	class->count = 1;
	class->bytes = class->streams->length;
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
	struct data_class all[] = { { .name = "text, HTML" },	 { .name = "text, source" },
				    { .name = "text, logs" },	 { .name = "text, base64" },
				    { .name = "binaries, ELF" }, { .name = "binaries, PE" },
				    { .name = "random bytes" } };
	unsigned count = 0;

	gather_from(&all[0], doc, html, "", limit);
	gather_from(&all[1], include, source, "", limit);
	gather_from(&all[2], var_log, logs, "", limit);
	make_base64(&all[3], limit / 4);
	gather_from(&all[4], bin, NULL, "\177ELF", 2 * limit);
	gather_from(&all[5], mingw, windows, "MZ", limit);
	make_random(&all[6], limit);
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
