#include "policy/text.h"

#include <limits.h>
#include <sodium.h>
#include <string.h>

#define SUGGESTION_LENGTH 48 /* longer words are not compared */

static uint8_t fold(uint8_t letter)
{
	return letter >= 'A' && letter <= 'Z' ? (uint8_t)(letter | 0x20) : letter;
}

static bool same_letters(const uint8_t *a, const uint8_t *b, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (fold(a[i]) != fold(b[i]))
			return false;
	return true;
}

bool text_is(struct bytes a, struct bytes b)
{
	return a.length == b.length && same_letters(a.data, b.data, a.length);
}

bool text_starts(struct bytes text, struct bytes start)
{
	return text.length >= start.length && same_letters(text.data, start.data, start.length);
}

bool text_ends(struct bytes text, struct bytes end)
{
	return text.length >= end.length &&
	       same_letters(text.data + text.length - end.length, end.data, end.length);
}

bool text_contains(struct bytes text, struct bytes part)
{
	for (size_t at = 0; at + part.length <= text.length; at++)
		if (same_letters(text.data + at, part.data, part.length))
			return true;
	return false;
}

struct text_pattern text_pattern_of(const char *pattern)
{
	struct bytes all = bytes_of(pattern), core = all;
	bool front = false, back = false;

	while (core.length && core.data[0] == '*') {
		core = bytes_slice(core, 1, SIZE_MAX);
		front = true;
	}
	while (core.length && core.data[core.length - 1] == '*') {
		core.length--;
		back = true;
	}
	if (core.length && memchr(core.data, '*', core.length))
		return (struct text_pattern){ TEXT_GLOB, all };
	return (struct text_pattern){ front ? (back ? TEXT_PART : TEXT_END)
					    : (back ? TEXT_START : TEXT_WHOLE),
				      core };
}

/* A core matches byte by byte, `?` anything. */
static bool core_at(const uint8_t *text, struct bytes core)
{
	for (size_t i = 0; i < core.length; i++)
		if (core.data[i] != '?' && fold(core.data[i]) != fold(text[i]))
			return false;
	return true;
}

/* Greedy with one point of return: after a `*` fails to lead to a match, it swallows one byte more.
 * Going back to an earlier `*` never helps, so the work is bounded by text × pattern. */
static bool glob(struct bytes text, struct bytes pattern)
{
	size_t at = 0, again = 0, next = 0, star = SIZE_MAX;

	while (at < text.length) {
		uint8_t wanted = next < pattern.length ? pattern.data[next] : 0;
		if (next < pattern.length && wanted == '*') {
			star = ++next;
			again = at;
		} else if (next < pattern.length &&
			   (wanted == '?' || fold(wanted) == fold(text.data[at]))) {
			next++;
			at++;
		} else if (star != SIZE_MAX) {
			next = star;
			at = ++again;
		} else {
			return false;
		}
	}
	while (next < pattern.length && pattern.data[next] == '*')
		next++;
	return next == pattern.length;
}

bool text_like(struct bytes text, const struct text_pattern *pattern)
{
	struct bytes core = pattern->core;

	if (pattern->shape == TEXT_GLOB)
		return glob(text, core);
	if (text.length < core.length)
		return false;
	switch (pattern->shape) {
	case TEXT_WHOLE: return text.length == core.length && core_at(text.data, core);
	case TEXT_START: return core_at(text.data, core);
	case TEXT_END: return core_at(text.data + text.length - core.length, core);
	default: break;
	}
	for (size_t at = 0; at + core.length <= text.length; at++)
		if (core_at(text.data + at, core))
			return true;
	return false;
}

/* The key is fixed because results must be the same in every run. */
uint64_t text_hash(struct bytes text)
{
	static const uint8_t key[crypto_shorthash_KEYBYTES] = "kenbi policy key";
	uint8_t digest[crypto_shorthash_BYTES], folded[1024];
	uint64_t hash = 0;

	do {
		struct bytes piece = bytes_slice(text, 0, sizeof folded - sizeof hash);
		for (size_t i = 0; i < piece.length; i++)
			folded[i] = fold(piece.data[i]);
		/* A long text is chained: the hash so far is hashed with the next piece. */
		memcpy(folded + piece.length, &hash, sizeof hash);
		crypto_shorthash(digest, folded, piece.length + sizeof hash, key);
		memcpy(&hash, digest, sizeof hash);
		text = bytes_slice(text, piece.length, SIZE_MAX);
	} while (text.length);
	return hash;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned smaller = a < b ? a : b;
	return smaller < c ? smaller : c;
}

/* Edit distance where two letters that changed places count as one slip (optimal string alignment).
 */
static unsigned distance(struct bytes a, struct bytes b)
{
	unsigned rows[3][SUGGESTION_LENGTH + 1];

	for (unsigned j = 0; j <= b.length; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a.length; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3],
			 *higher = rows[(i + 1) % 3];
		row[0] = i;
		for (unsigned j = 1; j <= b.length; j++) {
			bool same = same_letters(a.data + i - 1, b.data + j - 1, 1);
			row[j] = least(above[j - 1] + (same ? 0 : 1), above[j] + 1, row[j - 1] + 1);
			if (i > 1 && j > 1 && same_letters(a.data + i - 1, b.data + j - 2, 1) &&
			    same_letters(a.data + i - 2, b.data + j - 1, 1))
				row[j] = least(row[j], higher[j - 2] + 1, UINT_MAX);
		}
	}
	return rows[a.length % 3][b.length];
}

const char *text_suggestion(struct bytes written, const char *const *words)
{
	const char *best = NULL;
	unsigned nearest = (unsigned)written.length / 3 + 2;

	if (written.length > SUGGESTION_LENGTH)
		return NULL;
	for (; *words; words++) {
		struct bytes word = bytes_of(*words);
		if (word.length > SUGGESTION_LENGTH)
			continue;
		unsigned far = distance(written, word);
		if (far < nearest) {
			nearest = far;
			best = *words;
		}
	}
	return best;
}
