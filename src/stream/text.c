/* Small readings that protocols share: sides, datagrams, words, numbers, printable text. */
#include "stream/protocol.h"

#include <string.h>

#define TEXT_MOST 1024u

struct bytes side_data(const struct stream_session *session, enum stream_side side)
{
	return session->half[side].data;
}

/* The last segment that begins at or before `offset`, or NULL. */
static const struct stream_segment *segment_at(const struct stream_half *half, size_t offset)
{
	size_t low = 0, high = half->segment_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (half->segments[middle].offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &half->segments[low - 1] : NULL;
}

uint64_t side_time(const struct stream_half *half, size_t offset)
{
	const struct stream_segment *segment = segment_at(half, offset);
	return segment ? segment->time_ns : 0;
}

size_t side_whole_until(const struct stream_half *half)
{
	size_t expected = 0;
	if (half->lost == 0)
		return half->data.length;
	for (size_t i = 0; i < half->segment_count; i++) {
		if (half->segments[i].offset != expected)
			break;
		expected += half->segments[i].length;
	}
	return expected;
}

struct bytes side_datagram(const struct stream_half *half, size_t index)
{
	if (index >= half->segment_count)
		return (struct bytes){ NULL, 0 };
	return bytes_slice(half->data, half->segments[index].offset, half->segments[index].length);
}

static uint8_t lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

/* Length of `word` where the text starts with it, else SIZE_MAX. Most words differ in their first
 * letter: nothing is measured before it is known to be equal. */
static size_t match(struct bytes text, const char *word)
{
	size_t i = 0;

	for (; word[i]; i++)
		if (i == text.length || lower(text.data[i]) != lower((uint8_t)word[i]))
			return SIZE_MAX;
	return i;
}

bool text_starts_ignoring_case(struct bytes text, const char *word)
{
	return match(text, word) != SIZE_MAX;
}

bool text_equal_ignoring_case(struct bytes text, const char *word)
{
	return match(text, word) == text.length;
}

static bool blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct bytes text_trim(struct bytes text)
{
	while (text.length && blank(text.data[0]))
		text = bytes_slice(text, 1, SIZE_MAX);
	while (text.length && blank(text.data[text.length - 1]))
		text.length--;
	return text;
}

struct bytes text_word(struct bytes *text)
{
	struct bytes rest = text_trim(*text);
	size_t length = 0;
	while (length < rest.length && !blank(rest.data[length]))
		length++;
	*text = text_trim(bytes_slice(rest, length, SIZE_MAX));
	return bytes_slice(rest, 0, length);
}

int64_t text_number(struct bytes text)
{
	int64_t value = 0;
	if (text.length == 0 || text.length > 9)
		return -1;
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return -1;
		value = value * 10 + (text.data[i] - '0');
	}
	return value;
}

size_t text_binary_bytes(struct bytes text)
{
	size_t count = 0;
	for (size_t i = 0; i < text.length; i++)
		count += text.data[i] > 126 || (text.data[i] < 32 && text.data[i] != '\t' &&
						text.data[i] != '\r' && text.data[i] != '\n');
	return count;
}

bool text_is_printable(struct bytes text)
{
	return text_binary_bytes(text) == 0;
}

size_t text_utf8_length(struct bytes text)
{
	uint8_t first = text.data[0];
	size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	if (first < 0xc2 || first > 0xf4 || text.length < length)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text.data[i] & 0xc0) != 0x80)
			return 0;
	uint8_t second = text.data[1];
	if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
	    (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
		return 0;
	return length;
}

bool text_has_controls(struct bytes text)
{
	for (size_t i = 0; i < text.length; i++) {
		uint8_t byte = text.data[i];
		if (byte == 127 || (byte < 32 && byte != '\t'))
			return true;
		if (byte < 128)
			continue;
		size_t length = text_utf8_length(bytes_slice(text, i, SIZE_MAX));
		if (length == 0)
			return true;
		i += length - 1;
	}
	return false;
}

const char *describe_text(struct describer *describer, struct bytes text)
{
	static const char digits[] = "0123456789abcdef";
	char printable[TEXT_MOST + 4];
	size_t length = 0;

	for (size_t i = 0; i < text.length && length + 4 <= TEXT_MOST;) {
		uint8_t byte = text.data[i];
		size_t sequence = byte < 128 ? 0 : text_utf8_length(bytes_slice(text, i, SIZE_MAX));
		if (sequence) {
			memcpy(printable + length, text.data + i, sequence);
			length += sequence;
			i += sequence;
			continue;
		}
		if (byte >= 32 && byte < 127) {
			printable[length++] = (char)byte;
		} else {
			printable[length++] = '\\';
			printable[length++] = 'x';
			printable[length++] = digits[byte >> 4];
			printable[length++] = digits[byte & 15];
		}
		i++;
	}
	char *copy = arena_copy(describe_arena(describer),
				(struct bytes){ (uint8_t *)printable, length });
	if (!copy) {
		describer->cut = true;
		return "";
	}
	return copy;
}

static size_t put_utf8(uint32_t point, uint8_t *into)
{
	if (point < 0x80) {
		into[0] = (uint8_t)point;
		return 1;
	}
	if (point < 0x800) {
		into[0] = (uint8_t)(0xc0 | point >> 6);
		into[1] = (uint8_t)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		into[0] = (uint8_t)(0xe0 | point >> 12);
		into[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
		into[2] = (uint8_t)(0x80 | (point & 0x3f));
		return 3;
	}
	into[0] = (uint8_t)(0xf0 | point >> 18);
	into[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
	into[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
	into[3] = (uint8_t)(0x80 | (point & 0x3f));
	return 4;
}

const char *describe_text_utf16(struct describer *describer, struct bytes text)
{
	uint8_t utf8[TEXT_MOST];
	size_t length = 0;
	struct reader reader = reader_of(text);

	while (reader_left(&reader) >= 2 && length + 4 <= sizeof utf8) {
		uint32_t point = reader_u16le(&reader);
		if (point >= 0xd800 && point < 0xdc00 && reader_left(&reader) >= 2) {
			uint32_t low = reader_u16le(&reader);
			point = low >= 0xdc00 && low < 0xe000
					? 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00)
					: 0xfffd;
		} else if (point >= 0xd800 && point < 0xe000) {
			point = 0xfffd;
		}
		length += put_utf8(point, utf8 + length);
	}
	return describe_text(describer, (struct bytes){ utf8, length });
}
