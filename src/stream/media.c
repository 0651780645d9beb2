/* The type of a file by its first bytes. Signatures: the formats' own specifications; PE is
 * believed only when the offset at 0x3c leads to its signature (Microsoft PE/COFF specification,
 * section 2). */
#include "stream/stream.h"

#include <string.h>
#include <strings.h>

struct signature {
	const char *media;
	size_t offset;
	size_t length;
	const char *bytes;
};

static const struct signature signatures[] = {
	{ "elf", 0, 4,
	  "\x7f"
	  "ELF" },
	{ "zip", 0, 4, "PK\3\4" },
	{ "zip", 0, 4, "PK\5\6" },
	{ "gzip", 0, 3, "\x1f\x8b\x08" },
	{ "bzip2", 0, 3, "BZh" },
	{ "xz", 0, 6,
	  "\xfd"
	  "7zXZ\0" },
	{ "7z", 0, 6, "7z\xbc\xaf\x27\x1c" },
	{ "rar", 0, 6, "Rar!\x1a\x07" },
	{ "cab", 0, 8, "MSCF\0\0\0\0" },
	{ "ole", 0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" },
	{ "pdf", 0, 5, "%PDF-" },
	{ "rtf", 0, 5, "{\\rtf" },
	{ "gif", 0, 6, "GIF87a" },
	{ "gif", 0, 6, "GIF89a" },
	{ "png", 0, 8, "\x89PNG\r\n\x1a\n" },
	{ "jpeg", 0, 3, "\xff\xd8\xff" },
	{ "riff", 0, 4, "RIFF" },
	{ "swf", 0, 3, "FWS" },
	{ "swf", 0, 3, "CWS" },
	{ "java", 0, 4, "\xca\xfe\xba\xbe" },
	{ "mdb", 4, 15, "Standard Jet DB" },
	{ "tar", 257, 5, "ustar" },
	{ "script", 0, 2, "#!" },
};

static bool is_pe(struct bytes content)
{
	struct reader reader = reader_of(content);
	reader_seek(&reader, 0x3c);
	uint32_t offset = reader_u32le(&reader);
	return bytes_start_with(content, "MZ") && !reader_failed(&reader) &&
	       bytes_equal(bytes_slice(content, offset, 4),
			   (struct bytes){ (const uint8_t *)"PE\0\0", 4 });
}

static bool starts_as_html(struct bytes content)
{
	static const char *const tags[] = { "<!doctype html", "<html",	 "<head",
					    "<body",	      "<script", "<object" };
	size_t skip = 0;
	while (skip < content.length && skip < 256 && content.data[skip] <= ' ')
		skip++;
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		size_t length = strlen(tags[i]);
		struct bytes start = bytes_slice(content, skip, length);
		if (start.length == length &&
		    strncasecmp((const char *)start.data, tags[i], length) == 0)
			return true;
	}
	return false;
}

/* Text: no control bytes but tabs, line ends and form feeds; bytes above 126 only in small share.
 */
static bool is_text(struct bytes content)
{
	struct bytes sample = bytes_slice(content, 0, 4096);
	size_t high = 0;
	for (size_t i = 0; i < sample.length; i++) {
		uint8_t byte = sample.data[i];
		if (byte < 32 && byte != '\t' && byte != '\n' && byte != '\r' && byte != '\f' &&
		    byte != 0x1b)
			return false;
		high += byte > 126;
	}
	return sample.length && high * 4 <= sample.length;
}

const char *stream_media(struct bytes content)
{
	if (is_pe(content))
		return "pe";
	if (bytes_start_with(content, "MZ") && content.length >= 64)
		return "dos";
	for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
		const struct signature *signature = &signatures[i];
		struct bytes wanted = { (const uint8_t *)signature->bytes, signature->length };
		if (bytes_equal(bytes_slice(content, signature->offset, signature->length), wanted))
			return signature->media;
	}
	if (starts_as_html(content))
		return "html";
	return is_text(content) ? "text" : "data";
}
