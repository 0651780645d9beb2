#include "stream/unpack.h"

#include <string.h>

enum {
	BEGINNING = 512,    /* of a member, by which it is judged; a PE's header is in it */
	LOOK = 4096,	    /* of what is packed is looked at for that */
	FLOOR = 128 << 10,  /* what anything packed may give */
	PER_BYTE = 50,	    /* and for each of its bytes; deflate's most is 1,032 */
	MEMBERS_MOST = 256, /* of one zip file */
	CHUNK = 16 << 10,   /* unpacked at once */
	DIRECTORY_END = 22,
	COMMENT_MOST = 65535
};

bool unpack_is_worth(const char *media)
{
	static const char *const worth[] = { "pe",  "dos", "elf",  "zip", "gzip", "bzip2",
					     "xz",  "7z",  "rar",  "cab", "ole",  "pdf",
					     "rtf", "swf", "java", "mdb", "tar" };

	for (size_t i = 0; i < sizeof worth / sizeof *worth; i++)
		if (strcmp(media, worth[i]) == 0)
			return true;
	return false;
}

bool unpack_inflate(struct bytes packed, enum inflate_form form, struct buffer *into)
{
	struct inflate *inflate = inflate_new(packed, form);
	enum inflate_status status = INFLATE_GOES_ON;
	uint8_t chunk[CHUNK];

	if (!inflate)
		return false;
	while (status == INFLATE_GOES_ON) {
		size_t room = into->limit - into->length, got;
		status = inflate_step(inflate, chunk, sizeof chunk, &got);
		if (got && buffer_append(into, chunk, got < room ? got : room) < 0)
			break;
		if (got >= room)
			break;
	}
	inflate_free(inflate);
	return status == INFLATE_ENDED;
}

static size_t most_from(size_t packed)
{
	return FLOOR + (packed < SIZE_MAX / 2 / PER_BYTE ? packed * PER_BYTE : SIZE_MAX / 2);
}

/* Pays for work on so many bytes; false: the conversation has used up what it may cost. */
static bool pay(struct describer *describer, size_t bytes)
{
	if (bytes > describer->unpack_left) {
		describer->left_packed = true;
		return false;
	}
	describer->unpack_left -= bytes;
	return true;
}

bool unpack_look(struct describer *describer, struct bytes packed, enum inflate_form form)
{
	struct buffer beginning;

	if (!pay(describer, LOOK))
		return false;
	buffer_init(&beginning, BEGINNING);
	(void)unpack_inflate(bytes_slice(packed, 0, LOOK), form, &beginning);
	bool worth = unpack_is_worth(stream_media(buffer_bytes(&beginning)));
	buffer_fini(&beginning);
	return worth;
}

bool unpack_whole(struct describer *describer, struct bytes packed, enum inflate_form form,
		  struct buffer *into)
{
	size_t most = most_from(packed.length);

	if (!pay(describer, packed.length)) {
		buffer_init(into, 0);
		return false;
	}
	buffer_init(into, most < describer->unpack_left ? most : describer->unpack_left);
	bool complete = unpack_inflate(packed, form, into);
	describer->left_packed |= into->length == into->limit;
	describer->description->unpacked += into->length;
	return pay(describer, into->length) && complete;
}

/* A thing that is packed, by its name. */
struct packed {
	struct bytes bytes, name;
	bool stored; /* not packed at all */
	enum inflate_form form;
};

static void tell(struct describer *describer, const struct stream_file *file,
		 const struct packed *packed)
{
	struct buffer content;

	if (packed->stored) {
		if (unpack_is_worth(stream_media(packed->bytes)) &&
		    pay(describer, packed->bytes.length))
			describe_file(describer, file->sender, file->offset, packed->bytes,
				      packed->name, file->carrier, file->complete);
		return;
	}
	if (!unpack_look(describer, packed->bytes, packed->form))
		return;
	bool complete = unpack_whole(describer, packed->bytes, packed->form, &content);
	describe_file(describer, file->sender, file->offset, buffer_bytes(&content), packed->name,
		      file->carrier, complete && file->complete);
	buffer_fini(&content);
}

/* --- zip --- */

/* Where the directory's end record begins: the last place where one could that fits to the end. */
static size_t find_directory_end(struct bytes zip)
{
	size_t last = zip.length < DIRECTORY_END ? 0 : zip.length - DIRECTORY_END;
	size_t first = last > COMMENT_MOST ? last - COMMENT_MOST : 0;

	for (size_t at = last + 1; at-- > first && zip.length >= DIRECTORY_END;)
		if (memcmp(zip.data + at, "PK\5\6", 4) == 0)
			return at;
	return SIZE_MAX;
}

/* The bytes of a member, by its entry in the directory (APPNOTE 4.3.12) and its own header (4.3.7),
 * whose lengths of name and extra field may be others. Encrypted ones are none. */
static bool read_entry(struct bytes zip, struct reader *entry, struct packed *packed)
{
	struct bytes magic = reader_take(entry, 4);

	if (reader_failed(entry) || memcmp(magic.data, "PK\1\2", 4) != 0)
		return false;
	reader_skip(entry, 4);
	uint16_t flags = reader_u16le(entry), method = reader_u16le(entry);
	reader_skip(entry, 8);
	uint32_t length = reader_u32le(entry);
	reader_skip(entry, 4);
	uint16_t name = reader_u16le(entry), extra = reader_u16le(entry);
	uint16_t comment = reader_u16le(entry);
	reader_skip(entry, 8);
	uint32_t offset = reader_u32le(entry);
	packed->name = reader_take(entry, name);
	reader_skip(entry, (size_t)extra + comment);
	struct reader header = reader_of(bytes_slice(zip, offset, SIZE_MAX));
	reader_skip(&header, 26);
	size_t behind = reader_u16le(&header);
	behind += reader_u16le(&header);
	reader_skip(&header, behind);
	packed->bytes = bytes_slice(zip, offset + header.offset, length);
	packed->stored = method == 0;
	packed->form = INFLATE_BARE;
	if (reader_failed(&header) || flags & 1 || (method != 0 && method != 8))
		packed->bytes.length = 0;
	return !reader_failed(entry);
}

static void unpack_zip(struct describer *describer, const struct stream_file *file)
{
	struct bytes zip = file->content;
	size_t end = find_directory_end(zip);
	struct reader reader = reader_of(zip);

	if (end == SIZE_MAX)
		return;
	reader_seek(&reader, end + 16);
	struct reader entries = reader_of(bytes_slice(zip, reader_u32le(&reader), SIZE_MAX));
	struct packed packed;
	for (unsigned i = 0; i < MEMBERS_MOST && !describer->cut; i++) {
		if (!read_entry(zip, &entries, &packed))
			return;
		if (packed.bytes.length)
			tell(describer, file, &packed);
	}
	describer->left_packed = true;
}

/* --- gzip --- */

/* The name of a file in gzip: the archive's without its ending. */
static struct bytes inner_name(const char *name)
{
	struct bytes whole = bytes_of(name);
	struct bytes end = bytes_slice(whole, whole.length < 3 ? 0 : whole.length - 3, 3);

	if (text_equal_ignoring_case(end, ".gz"))
		whole.length -= 3;
	return whole;
}

void unpack_file(struct describer *describer, const struct stream_file *file)
{
	if (strcmp(file->media, "zip") == 0)
		unpack_zip(describer, file);
	else if (strcmp(file->media, "gzip") == 0)
		tell(describer, file,
		     &(struct packed){ file->content, inner_name(file->name), false,
				       INFLATE_GZIP });
}
