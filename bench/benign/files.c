/* Benign files: what lies below folders, each content once, window by window as programs read it.
 */
#include <fts.h>
#include <stdlib.h>
#include <string.h>

#include "benign.h"

enum { FIRST_SLOTS = 1 << 16 };

/* Digests of what has been searched: open addressing, at most half full. */
struct contents {
	uint8_t (*digests)[DIGEST_SIZE]; /* all zeros: free */
	size_t slots, used;
};

static uint8_t *contents_slot(const struct contents *contents, const uint8_t *digest)
{
	static const uint8_t none[DIGEST_SIZE];
	size_t at;

	memcpy(&at, digest, sizeof at);
	for (at %= contents->slots;; at = (at + 1) % contents->slots)
		if (memcmp(contents->digests[at], none, DIGEST_SIZE) == 0 ||
		    memcmp(contents->digests[at], digest, DIGEST_SIZE) == 0)
			return contents->digests[at];
}

static int contents_grow(struct contents *contents, struct error *error)
{
	static const uint8_t none[DIGEST_SIZE];
	struct contents more = { .slots = contents->slots ? 2 * contents->slots : FIRST_SLOTS,
				 .used = contents->used };

	more.digests = calloc(more.slots, DIGEST_SIZE);
	if (!more.digests)
		return error_set(error, ERROR_MEMORY, "bench", "no memory for digests");
	for (size_t i = 0; i < contents->slots; i++)
		if (memcmp(contents->digests[i], none, DIGEST_SIZE) != 0)
			memcpy(contents_slot(&more, contents->digests[i]), contents->digests[i],
			       DIGEST_SIZE);
	free(contents->digests);
	*contents = more;
	return 0;
}

/* 1: seen before, 0: not, and from now on it has been. */
static int contents_note(struct contents *contents, struct bytes bytes, struct error *error)
{
	uint8_t digest[DIGEST_SIZE], *slot;

	if (2 * contents->used >= contents->slots && contents_grow(contents, error) < 0)
		return ERROR_MEMORY;
	digest_sha256(bytes, digest);
	slot = contents_slot(contents, digest);
	if (memcmp(slot, digest, DIGEST_SIZE) == 0)
		return 1;
	memcpy(slot, digest, DIGEST_SIZE);
	contents->used++;
	return 0;
}

/* As src/pipeline reads plain bytes: windows, which know of the image that they begin in. */
static bool search_content(struct benign *benign, const char *path, struct bytes content)
{
	bool go_on = true;

	for (size_t at = 0; at < content.length && go_on; at += BENIGN_WINDOW) {
		struct bytes window = bytes_slice(content, at, BENIGN_WINDOW);
		go_on = benign_search(benign, path, at, window);
		shellcode_begins_inside_image(
			benign->detector,
			shellcode_image_behind(benign->detector, window, window.length - 1));
	}
	shellcode_begins_inside_image(benign->detector, 0);
	return go_on;
}

/* 1: go on, 0: the limit is reached. */
static int search_file(struct benign *benign, const char *path, struct contents *contents,
		       struct error *error)
{
	struct buffer content;
	struct error unreadable;
	int seen, go_on = 1;

	if (file_read(path, SIZE_MAX / 4, &content, &unreadable) < 0) {
		benign->unread++;
		return 1;
	}
	seen = contents_note(contents, buffer_bytes(&content), error);
	benign->doubles += seen == 1;
	if (seen == 0) {
		benign->files++;
		go_on = search_content(benign, path, buffer_bytes(&content));
	}
	buffer_fini(&content);
	return seen < 0 ? seen : go_on;
}

static bool is_excluded(const struct benign *benign, const char *path)
{
	for (size_t i = 0; i < benign->excluded_count; i++)
		if (strcmp(benign->excluded[i], path) == 0)
			return true;
	return false;
}

static int by_name(const FTSENT **first, const FTSENT **second)
{
	return strcmp((*first)->fts_name, (*second)->fts_name);
}

int benign_files(struct benign *benign, char *const *folders, struct error *error)
{
	struct contents contents = { 0 };
	FTS *walk = fts_open(folders, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, by_name);
	FTSENT *entry;
	int result = 1;

	if (!walk)
		return error_set(error, ERROR_SYSTEM, folders[0], "cannot be walked through");
	while (result == 1 && (entry = fts_read(walk)) != NULL) {
		if (is_excluded(benign, entry->fts_path))
			fts_set(walk, entry, FTS_SKIP);
		else if (entry->fts_info == FTS_F)
			result = search_file(benign, entry->fts_path, &contents, error);
		else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
			 entry->fts_info == FTS_NS)
			benign->unread++;
	}
	fts_close(walk);
	free(contents.digests);
	return result < 0 ? result : 0;
}
