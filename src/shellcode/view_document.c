/* What documents pack: streams of PDF (ISO 32000-1, section 7.4: FlateDecode; ASCII85Decode is in
 * view_armour.c) and the body of Flash files. They are told by what stands before them, not by the
 * document's own tables, which who hides something in one does not keep to. Encrypted documents,
 * LZWDecode and Flash packed with LZMA are not unpacked. */
#include "shellcode/view.h"

enum {
	FLASH_HEADER = 8, /* signature, version, length unpacked */
	FLASH_LATEST = 60 /* version: none is as high */
};

static const char STREAM[] = "stream";

bool view_in_pdf(struct bytes bytes, size_t at)
{
	size_t word = sizeof STREAM - 1, end = at;

	if (end == 0 || bytes.data[--end] != '\n')
		return false;
	if (end > 0 && bytes.data[end - 1] == '\r')
		end--;
	return end >= word && bytes_start_with(bytes_slice(bytes, end - word, word), STREAM);
}

static bool begins_flash(struct bytes bytes)
{
	return bytes_start_with(bytes, "CWS") && bytes.length > FLASH_HEADER &&
	       bytes.data[3] < FLASH_LATEST;
}

int view_document(struct views *views, size_t start, struct view *view, size_t *end)
{
	struct bytes rest = bytes_slice(views->bytes, start, SIZE_MAX);
	size_t from = SIZE_MAX;

	*end = start + 1;
	if (begins_flash(rest))
		from = start + FLASH_HEADER;
	else if (rest.length && *rest.data == '\n' && view_in_pdf(views->bytes, start + 1))
		from = start + 1;
	else if (start == 0) /* by filters of a PDF, one after the other */
		from = 0;
	if (!view_is_zlib(bytes_slice(views->bytes, from, 2)))
		return 0;
	return view_unpack(views, "deflate", from, from, INFLATE_ZLIB, view, end);
}
