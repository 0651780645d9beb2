/* Executables that cross without any protocol: what a download by shellcode or a worm's own
 * transfer looks like.
 *
 * A PE is found by its headers (Microsoft PE/COFF specification) anywhere in a side; its length is
 * the end of its last section, or of the stream when the file begins it. */
#include "stream/protocol.h"

#include <string.h>

#define SECTION_HEADER 40u
#define SECTIONS_MOST  96u /* what the Windows loader accepts */

/* Length of the PE at the beginning of `bytes` by its section table; 0: not a PE. */
static uint64_t pe_length(struct bytes bytes)
{
	struct reader reader = reader_of(bytes);
	if (!bytes_start_with(bytes, "MZ"))
		return 0;
	reader_seek(&reader, 0x3c);
	reader_seek(&reader, reader_u32le(&reader));
	if (!bytes_equal(reader_take(&reader, 4), (struct bytes){ (const uint8_t *)"PE\0\0", 4 }))
		return 0;
	reader_skip(&reader, 2);
	uint16_t sections = reader_u16le(&reader);
	reader_skip(&reader, 12);
	uint16_t optional_size = reader_u16le(&reader);
	reader_skip(&reader, 2);
	struct reader optional = reader;
	uint16_t magic = reader_u16le(&optional);
	reader_skip(&reader, optional_size);
	if (reader_failed(&reader) || sections == 0 || sections > SECTIONS_MOST ||
	    (magic != 0x10b && magic != 0x20b))
		return 0;
	uint64_t end = reader.offset + (uint64_t)sections * SECTION_HEADER;
	for (uint16_t i = 0; i < sections && reader_left(&reader) >= SECTION_HEADER; i++) {
		reader_skip(&reader, 16);
		uint64_t size = reader_u32le(&reader);
		uint64_t offset = reader_u32le(&reader);
		reader_skip(&reader, 16);
		if (size && offset + size > end)
			end = offset + size;
	}
	return end;
}

static bool whole(const struct describer *describer, enum stream_side side, size_t end)
{
	return end <= describer->whole_until[side] &&
	       describer->session->half[side].beyond_limit == 0;
}

void raw_carve_whole(struct describer *describer, enum stream_side side, struct bytes name,
		     const char *carrier)
{
	const struct stream_half *half = &describer->session->half[side];
	describe_file(describer, side, 0, half->data, name, carrier,
		      whole(describer, side, half->data.length) &&
			      half->data.length >= pe_length(half->data) &&
			      describer->session->end == STREAM_END_FIN);
}

static bool worth_keeping(const char *media)
{
	static const char *const kept[] = { "elf", "zip", "gzip", "bzip2", "xz",  "7z",	  "rar",
					    "cab", "ole", "pdf",  "rtf",   "swf", "java", "mdb" };
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (strcmp(media, kept[i]) == 0)
			return true;
	return false;
}

void raw_carve(struct describer *describer, enum stream_side side)
{
	struct bytes data = side_data(describer->session, side);
	size_t offset = 0;

	if (worth_keeping(stream_media(data))) {
		raw_carve_whole(describer, side, (struct bytes){ NULL, 0 }, "raw");
		return;
	}
	while (!describer->cut) {
		offset = bytes_find(data, bytes_of("MZ"), offset);
		if (offset == SIZE_MAX)
			return;
		struct bytes rest = bytes_slice(data, offset, SIZE_MAX);
		uint64_t length = pe_length(rest);
		if (length == 0) {
			offset++;
			continue;
		}
		size_t taken = length < rest.length ? (size_t)length : rest.length;
		if (offset ==
		    0) /* nothing stands before it: what follows the sections is its, too */
			taken = rest.length;
		describe_file(describer, side, offset, bytes_slice(rest, 0, taken),
			      (struct bytes){ NULL, 0 }, "raw",
			      length <= rest.length && whole(describer, side, offset + taken));
		offset += taken;
	}
}

int pe_transfer_recognise(const struct stream_session *session)
{
	for (int side = 0; side < STREAM_SIDES; side++)
		if (pe_length(session->half[side].data))
			return SURE_BY_FORM;
	return SURE_NOT;
}

void pe_transfer_read(struct describer *describer)
{
	for (int side = 0; side < STREAM_SIDES; side++) {
		struct bytes data = side_data(describer->session, (enum stream_side)side);
		uint64_t length = pe_length(data);
		if (length > data.length && describer->session->end == STREAM_END_FIN)
			describe_deviation(describer, (enum stream_side)side, data.length,
					   "PE ends before its last section");
		raw_carve(describer, (enum stream_side)side);
	}
}
