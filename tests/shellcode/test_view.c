#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <zlib.h>

#include "shellcode/shellcode.h"
#include "shellcode/view.h"
#include "shellcode/view_base64.h"
#include "shellcode/vectors.h"
#include "shellcode/view_judge.h"

enum { CODE = 90 };

/* Every way of writing bytes down that views know, with what stands around it. */

static void as_unescape(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "<script>var s = unescape(\"");
	for (size_t i = 0; i + 1 < code.length; i += 2)
		buffer_printf(into, "%s%%u%02x%02X", i % 16 == 14 ? "\" +\r\n  \"" : "",
			      code.data[i + 1], code.data[i]);
	buffer_printf(into, "\"); run(s);</script>");
}

static void as_percent(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "GET /cgi-bin/test?name=");
	for (size_t i = 0; i < code.length; i++)
		buffer_printf(into, "%%%02x", code.data[i]);
	buffer_printf(into, " HTTP/1.0\r\n\r\n");
}

static void as_backslash(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "buf = b\"");
	for (size_t i = 0; i < code.length; i++)
		buffer_printf(into, "%s\\x%02x", i % 10 == 9 ? "\"\nbuf += b\"" : "", code.data[i]);
	buffer_printf(into, "\"\nsend(buf)\n");
}

static void as_u(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "x='");
	for (size_t i = 0; i + 1 < code.length; i += 2)
		buffer_printf(into, "\\u%02x%02x", code.data[i + 1], code.data[i]);
	buffer_printf(into, "';");
}

static void as_quoted(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	for (size_t i = 0; i < code.length; i++)
		buffer_printf(into, "=%02X%s", code.data[i], i % 20 == 19 ? "=\r\n" : "");
	buffer_printf(into, "\r\n");
}

static void as_entity(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "<b>");
	for (size_t i = 0; i < code.length; i++)
		buffer_printf(into, i % 2 ? "&#x%x;" : "&#%u;", code.data[i]);
	buffer_printf(into, "</b>");
}

static void put_base64(struct buffer *into, struct bytes code)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i + 2 < code.length; i += 3) {
		uint32_t bits =
			(uint32_t)(code.data[i] << 16 | code.data[i + 1] << 8 | code.data[i + 2]);
		for (int shift = 18; shift >= 0; shift -= 6)
			buffer_append(into, &digits[bits >> shift & 63], 1);
		if (i % 57 == 54)
			buffer_printf(into, "\r\n");
	}
}

static void as_base64(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "Content-Transfer-Encoding: base64\r\n\r\n");
	put_base64(into, code);
	buffer_printf(into, "==\r\n\r\n--boundary--\r\n");
}

static void as_base64_below_text(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "See below\r\n");
	put_base64(into, code);
	buffer_printf(into, "\r\n");
}

static void as_hex(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "set payload ");
	for (size_t i = 0; i < code.length; i++)
		buffer_printf(into, "%02x", code.data[i]);
	buffer_printf(into, " and run\n");
}

static void as_hex_below_text(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "stream\n");
	for (size_t i = 0; i < code.length; i++)
		buffer_printf(into, "%s%02x", i && i % 32 == 0 ? "\n" : "", code.data[i]);
	buffer_printf(into, ">\n");
}

static void as_pairs(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "bytes: ");
	for (size_t i = 0; i < code.length; i++)
		buffer_printf(into, "%02X ", code.data[i]);
	buffer_printf(into, "(end)\n");
}

static void as_dump(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "here it is:\n");
	for (size_t i = 0; i < code.length; i++) {
		if (i % 16 == 0)
			buffer_printf(into, "%s%08zx ", i ? "\n" : "", i);
		buffer_printf(into, " %02x", code.data[i]);
	}
	buffer_printf(into, "\n");
}

static void as_array(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "unsigned char code[] = {\n");
	for (size_t i = 0; i < code.length; i++)
		buffer_printf(into, "0x%02x,%s", code.data[i], i % 12 == 11 ? "\n\t" : " ");
	buffer_printf(into, "};\n");
}

static void as_characters(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "s = String.fromCharCode(");
	for (size_t i = 0; i < code.length; i++)
		buffer_printf(into, "%s%u", i ? "," : "", code.data[i]);
	buffer_printf(into, ");");
}

static void as_chr(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "s = ");
	for (size_t i = 0; i < code.length; i++)
		buffer_printf(into, "%sChr(%u)%s", i ? " & " : "", code.data[i],
			      i % 8 == 7 ? " _\r\n" : "");
	buffer_printf(into, "\r\nRun s\r\n");
}

static void as_signed(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "Array(");
	for (size_t i = 0; i < code.length; i++)
		buffer_printf(into, "%s%d", i ? "," : "", (int8_t)code.data[i]);
	buffer_printf(into, ")");
}

static void as_wide(struct buffer *into, struct bytes code)
{
	for (size_t i = 0; i < code.length; i++) {
		uint8_t pair[2] = { code.data[i] ? code.data[i] : 1, 0 };
		buffer_append(into, pair, 2);
	}
}

static void as_gzip(struct buffer *into, struct bytes code)
{
	uint8_t packed[4096];
	z_stream stream = { .next_in = (Bytef *)(uintptr_t)code.data,
			    .avail_in = (uInt)code.length,
			    .next_out = packed,
			    .avail_out = sizeof packed };

	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	buffer_printf(into, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
	buffer_append(into, packed, stream.total_out);
	deflateEnd(&stream);
}

static void deflated(struct buffer *into, struct bytes code, int window)
{
	uint8_t packed[4096];
	z_stream stream = { .next_in = (Bytef *)(uintptr_t)code.data,
			    .avail_in = (uInt)code.length,
			    .next_out = packed,
			    .avail_out = sizeof packed };

	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	buffer_append(into, packed, stream.total_out);
	deflateEnd(&stream);
}

static void as_deflate(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n");
	deflated(into, code, 15);
}

static void as_raw_deflate(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n");
	deflated(into, code, -15);
}

static void as_zip(struct buffer *into, struct bytes code)
{
	uint8_t header[30] = { 'P', 'K', 3, 4, 20, 0, 0, 0, 8, 0, [26] = 5 };

	buffer_append(into, header, sizeof header);
	buffer_append(into, "a.bin", 5);
	deflated(into, code, -15);
}

static void chunks(struct buffer *into, struct bytes code, const char *fields)
{
	buffer_printf(into, "HTTP/1.1 200 OK\r\n%sTransfer-Encoding: chunked\r\n\r\n", fields);
	for (size_t i = 0; i < code.length; i += 7) {
		struct bytes chunk = bytes_slice(code, i, 7);
		buffer_printf(into, "%zx\r\n", chunk.length);
		buffer_append(into, chunk.data, chunk.length);
		buffer_printf(into, "\r\n");
	}
	buffer_printf(into, "0\r\n\r\n");
}

static void as_chunks(struct buffer *into, struct bytes code)
{
	chunks(into, code, "");
}

static void as_deflated_chunks(struct buffer *into, struct bytes code)
{
	struct buffer packed;

	buffer_init(&packed, 1 << 16);
	deflated(&packed, code, 15);
	chunks(into, buffer_bytes(&packed), "Content-Encoding: deflate\r\n");
	buffer_fini(&packed);
}

static void as_pdf(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "%%PDF-1.4\n1 0 obj\n<< /Filter /FlateDecode >>\nstream\r\n");
	deflated(into, code, 15);
	buffer_printf(into, "\nendstream\nendobj\n");
}

/* As Adobe's programs write it: a window of 4 KiB, so another first byte. */
static void as_pdf_of_small_window(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "<< /Filter [/FlateDecode] >>stream\n");
	deflated(into, code, 12);
	buffer_printf(into, "\nendstream\n");
}

static void put_85(struct buffer *into, struct bytes code)
{
	for (size_t i = 0; i < code.length; i += 4) {
		struct bytes group = bytes_slice(code, i, 4);
		uint32_t value = 0;
		char text[6];
		for (size_t j = 0; j < 4; j++)
			value = value << 8 | (j < group.length ? group.data[j] : 0);
		for (size_t j = 5; j-- > 0; value /= 85)
			text[j] = (char)('!' + value % 85);
		text[group.length + 1] = 0;
		buffer_printf(into, "%s%s", i % 60 == 56 ? "\n" : "", text);
	}
}

static void as_85(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "<~");
	put_85(into, code);
	buffer_printf(into, "~>");
}

static void as_pdf_in_85(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "<< /Filter /ASCII85Decode >>\nstream\n");
	put_85(into, code);
	buffer_printf(into, "~>\nendstream\n");
}

/* Two filters: what the first one gives begins with the other's format. */
static void as_zlib_alone(struct buffer *into, struct bytes code)
{
	deflated(into, code, 15);
}

static void as_uuencode(struct buffer *into, struct bytes code)
{
	buffer_printf(into, "begin 644 a.bin\r\n");
	for (size_t i = 0; i < code.length; i += 45) {
		struct bytes line = bytes_slice(code, i, 45);
		buffer_printf(into, "%c", (char)(' ' + line.length));
		for (size_t j = 0; j < line.length; j += 3) {
			uint8_t group[3] = { 0 };
			memcpy(group, line.data + j, line.length - j < 3 ? line.length - j : 3);
			uint32_t bits = (uint32_t)(group[0] << 16 | group[1] << 8 | group[2]);
			for (int shift = 18; shift >= 0; shift -= 6) {
				char letter = (char)(' ' + (bits >> shift & 63));
				buffer_append(into, letter == ' ' ? "`" : &letter, 1);
			}
		}
		buffer_printf(into, "\r\n");
	}
	buffer_printf(into, "`\r\nend\r\n");
}

static void as_flash(struct buffer *into, struct bytes code)
{
	buffer_append(into, "CWS\x09\x00\x10\x00\x00", 8);
	deflated(into, code, 15);
}

static const struct way {
	const char *view;
	void (*write)(struct buffer *into, struct bytes code);
} ways[] = {
	{ "unescape", as_unescape },
	{ "percent", as_percent },
	{ "escape", as_backslash },
	{ "unescape", as_u },
	{ "quoted-printable", as_quoted },
	{ "entity", as_entity },
	{ "base64", as_base64 },
	{ "base64", as_base64_below_text },
	{ "hex", as_hex },
	{ "hex", as_hex_below_text },
	{ "hex", as_pairs },
	{ "hex", as_dump },
	{ "list", as_array },
	{ "list", as_characters },
	{ "list", as_chr },
	{ "list", as_signed },
	{ "utf-16", as_wide },
	{ "gzip", as_gzip },
	{ "deflate", as_deflate },
	{ "deflate", as_raw_deflate },
	{ "zip", as_zip },
	{ "chunked", as_chunks },
	{ "deflate", as_deflated_chunks },
	{ "deflate", as_pdf },
	{ "deflate", as_pdf_of_small_window },
	{ "deflate", as_flash },
	{ "uuencode", as_uuencode },
	{ "deflate", as_zlib_alone },
	{ "ascii85", as_85 },
	{ "ascii85", as_pdf_in_85 },
};
enum { WAYS = sizeof ways / sizeof ways[0] };

static size_t find(struct bytes where, struct bytes what)
{
	const uint8_t *found = memmem(where.data, where.length, what.data, what.length);

	return found ? (size_t)(found - where.data) : SIZE_MAX;
}

/* Is there a view of that name whose bytes hold the code, and does it lie where it came from? */
static bool seen_in(enum views_of of, struct bytes written, const char *name, struct bytes code)
{
	uint64_t budget = 1 << 20;
	struct views views;
	struct view view;
	bool found = false;

	views_init(&views, of, written, &budget);
	while (views_next(&views, &view) == 1) {
		size_t at = find((struct bytes){ view.data, view.length }, code);
		assert_true(view.start <= view.end && view.end <= written.length);
		for (size_t i = 0; i < view.length; i++)
			assert_in_range(view_origin(&view, i), view.start, view.end);
		if (at != SIZE_MAX && strcmp(view.name, name) == 0)
			found = true;
		view_fini(&view);
	}
	return found;
}

static bool seen(struct bytes written, const char *name, struct bytes code)
{
	return seen_in(VIEWS_PACKED, written, name, code) ||
	       seen_in(VIEWS_OTHERS, written, name, code);
}

static void reads_every_way_of_writing(void **state)
{
	uint8_t data[CODE];
	struct bytes code = { data, sizeof data };
	struct buffer text;
	struct random random;

	(void)state;
	random_init(&random, 11, 0);
	buffer_init(&text, 1 << 20);
	for (unsigned round = 0; round < 40; round++)
		for (unsigned i = 0; i < WAYS; i++) {
			size_t before = random_below(&random, 100);
			for (size_t j = 0; j < sizeof data; j++)
				data[j] = (uint8_t)(1 + random_below(&random, 255));
			data[0] |= 0xa0; /* a list of bare pairs needs a letter to be one */
			buffer_clear(&text);
			/* Messages begin where a side begins to speak. */
			for (size_t j = 0; j < before && strcmp(ways[i].view, "deflate") != 0 &&
					   strcmp(ways[i].view, "chunked") != 0;
			     j++)
				buffer_append(&text, j + 1 == before ? "\n" : "!", 1);
			ways[i].write(&text, code);
			if (!seen(buffer_bytes(&text), ways[i].view, code))
				fail_msg("way %u (%s), round %u", i, ways[i].view, round);
		}
	buffer_fini(&text);
}

/* A line of uuencode that is cut comes from what is there. */
static void ends_where_a_line_is_cut(void **state)
{
	static const char text[] = "begin 644 a\nM0123456789012345678901234567";
	uint64_t budget = 1 << 20;
	struct views views;
	struct view view;

	(void)state;
	views_init(&views, VIEWS_PACKED, bytes_of(text), &budget);
	assert_int_equal(views_next(&views, &view), 1);
	assert_string_equal(view.name, "uuencode");
	assert_int_equal(view.length, 21);
	for (size_t i = 0; i <= view.length; i++)
		assert_in_range(view_origin(&view, i), 0, sizeof text - 1);
	view_fini(&view);
}

static void leaves_plain_text_alone(void **state)
{
	static const char text[] =
		"It was a bright cold day in April, and 13 clocks were striking (see page 1984). "
		"a = b; c = d & e; 100% of 5% is \\n nothing. <a "
		"href=\"http://www.example.com/index"
		".html?q=1&r=2\">here</a>\r\n\r\n\tint main(void)\n{\n\treturn 0x1f + 12;\n}\n";
	struct bytes bytes = { (const uint8_t *)text, sizeof text - 1 };
	uint64_t budget = 1 << 20;
	struct views views;
	struct view view;

	(void)state;
	views_init(&views, VIEWS_OTHERS, bytes, &budget);
	assert_int_equal(views_next(&views, &view), 0);
	assert_int_equal(budget, 1 << 20);
}

static void does_not_let_a_bomb_grow(void **state)
{
	static uint8_t zeros[4 << 20];
	uLongf size = 64 << 10;
	uint8_t *packed = malloc(size);
	uint64_t budget = 1 << 20;
	struct buffer text;
	struct views views;
	struct view view;

	(void)state;
	buffer_init(&text, 1 << 20);
	assert_int_equal(compress2(packed, &size, zeros, sizeof zeros, 9), Z_OK);
	buffer_printf(&text, "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n");
	buffer_append(&text, packed, size);
	views_init(&views, VIEWS_OTHERS, buffer_bytes(&text), &budget);
	assert_int_equal(views_next(&views, &view), 1);
	assert_in_range(view.length, 1, 1 << 20);
	assert_true(views.exhausted);
	view_fini(&view);
	free(packed);
	buffer_fini(&text);
}

static void a_small_budget_is_told(void **state)
{
	uint8_t data[CODE];
	uint64_t budget = CODE / 2;
	struct buffer text;
	struct views views;
	struct view view;

	(void)state;
	memset(data, 0xa5, sizeof data);
	buffer_init(&text, 1 << 16);
	as_hex(&text, (struct bytes){ data, sizeof data });
	views_init(&views, VIEWS_OTHERS, buffer_bytes(&text), &budget);
	assert_int_equal(views_next(&views, &view), 0);
	assert_true(views.exhausted);
	buffer_fini(&text);
}

/* Entries of which nothing comes, and entries when the budget is gone, are passed by: a search that
 * stays at one would never end. */
static void empty_entries_are_passed_by(void **state)
{
	static const uint8_t nothing[] = { 0 };
	uint64_t budgets[] = { 1 << 20, 0 };
	struct buffer text;

	(void)state;
	buffer_init(&text, 1 << 16);
	for (unsigned i = 0; i < 3; i++)
		as_zip(&text, (struct bytes){ nothing, 0 });
	for (unsigned i = 0; i < 2; i++) {
		struct views views;
		struct view view;
		views_init(&views, VIEWS_PACKED, buffer_bytes(&text), &budgets[i]);
		assert_int_equal(views_next(&views, &view), 0);
		assert_int_equal(views.exhausted, budgets[i] == 0);
	}
	buffer_fini(&text);
}

static void read_vector(const char *name, struct buffer *content)
{
	const char *folder = getenv("KENBI_VECTORS");
	char path[1024];
	struct error error;

	assert_non_null(folder);
	snprintf(path, sizeof path, "%s/%s.bin", folder, name);
	assert_int_equal(file_read(path, 1 << 16, content, &error), 0);
}

static int first_packed(struct bytes bytes, struct view_room *room, struct view *view)
{
	uint64_t budget = 1 << 22;
	struct views views;

	views_init(&views, VIEWS_PACKED, bytes, &budget);
	views.room = room;
	return views_next(&views, view);
}

/* What is unpacked into the room is what is unpacked step by step: whole, cut, and while the room
 * is another view's. */
static void a_room_changes_nothing(void **state)
{
	enum { LENGTH = 300000 };
	static uint8_t text[LENGTH], packed[2 * LENGTH];
	z_stream stream = {
		.next_in = text, .avail_in = LENGTH, .next_out = packed, .avail_out = sizeof packed
	};
	struct view_room room = { 0 };
	struct view stepped, whole, other;
	struct random random;

	(void)state;
	random_init(&random, 37, 0);
	for (size_t i = 0; i < LENGTH; i++)
		text[i] = (uint8_t)('a' + random_u32(&random) % 8);
	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	deflateEnd(&stream);
	for (size_t cut = 0; cut < 2; cut++) {
		struct bytes bytes = { packed, stream.total_out - cut * 1000 };
		assert_int_equal(first_packed(bytes, NULL, &stepped), 1);
		assert_int_equal(first_packed(bytes, &room, &whole), 1);
		assert_int_equal(first_packed(bytes, &room, &other), 1);
		assert_int_equal(whole.room != NULL, cut == 0);
		assert_null(other.room);
		assert_int_equal(stepped.whole, cut == 0);
		assert_int_equal(whole.whole, stepped.whole);
		assert_int_equal(whole.length, stepped.length);
		assert_memory_equal(whole.data, text, whole.length);
		assert_memory_equal(other.data, text, other.length);
		assert_int_equal(whole.packed, stepped.packed);
		assert_int_equal(whole.end, stepped.end);
		assert_int_equal(view_origin(&whole, 0), view_origin(&other, 0));
		/* the letters are packed alike everywhere */
		for (size_t i = 0; whole.room && i < whole.length; i += VIEW_STEP)
			assert_in_range(view_origin(&whole, i) + bytes.length / 100,
					i * bytes.length / LENGTH,
					i * bytes.length / LENGTH + bytes.length / 50);
		view_fini(&stepped);
		view_fini(&whole);
		view_fini(&other);
		assert_false(room.taken);
	}
	view_room_fini(&room);
}

/* Code is found through every view, and through one in another, and is the same kind. */
static void code_is_found_through_views(void **state)
{
	struct shellcode_finding findings[4], *first = &findings[0];
	struct shellcode_detector *detector;
	struct buffer code, text, outer;
	struct error error;
	char kind[17];

	(void)state;
	assert_int_equal(shellcode_new(&detector, &error), 0);
	read_vector("linux_bind", &code);
	if (code.length % 6) /* whole units of every encoding */
		buffer_append(&code, "\x90\x90\x90\x90\x90", 6 - code.length % 6);
	assert_int_equal(shellcode_scan(detector, buffer_bytes(&code), bytes_of(""), findings, 4,
					NULL, &error),
			 1);
	memcpy(kind, first->kind, sizeof kind);
	assert_string_equal(first->view, "");
	shellcode_finding_fini(first);
	buffer_init(&text, 1 << 16);
	buffer_init(&outer, 1 << 16);
	for (unsigned i = 0; i < WAYS; i++) {
		bool exhausted;
		char nested[64];
		if (ways[i].write == as_wide) /* zeros do not survive it */
			continue;
		buffer_clear(&text);
		buffer_clear(&outer);
		ways[i].write(&text, buffer_bytes(&code));
		as_gzip(&outer, buffer_bytes(&text));
		assert_int_equal(shellcode_scan(detector, buffer_bytes(&text), bytes_of(""),
						findings, 4, &exhausted, &error),
				 1);
		assert_false(exhausted);
		assert_string_equal(first->view, ways[i].view);
		assert_string_equal(first->kind, kind);
		assert_in_range(first->offset, 0, text.length);
		shellcode_finding_fini(first);
		assert_int_equal(shellcode_scan(detector, buffer_bytes(&outer), bytes_of(""),
						findings, 4, &exhausted, &error),
				 1);
		snprintf(nested, sizeof nested, "gzip %s", ways[i].view);
		assert_string_equal(first->view, nested);
		assert_string_equal(first->kind, kind);
		shellcode_finding_fini(first);
	}
	buffer_fini(&code);
	buffer_fini(&text);
	buffer_fini(&outer);
	shellcode_free(detector);
}

/* Letters of both alphabets in lines of every length, decoded one by one, are the oracle; bytes lie
 * at the end of memory of their own, so that a sanitizer sees what is read or written too far. */
static void base64_is_decoded_as_letter_by_letter(void **state)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789+/-_";
	struct random random;

	(void)state;
	random_init(&random, 41, 0);
	for (unsigned line = 41; line < 300; line++) {
		size_t length = 1000 + random_u32(&random) % 500, made = 0;
		uint8_t *text = malloc(length), *expected = malloc(length);
		uint64_t budget = 1 << 20;
		uint32_t bits = 0, count = 0;
		struct views views;
		struct view view;
		assert_true(text && expected);
		for (size_t i = 0; i < length; i++) {
			uint8_t letter = (uint8_t)letters[random_u32(&random) % 66];
			if (i % line == line - 1 && i + 1 < length) {
				text[i] = '\n';
				continue;
			}
			text[i] = letter;
			bits = bits << 6 | (uint32_t)base64_digit(letter);
			if ((count += 6) >= 8)
				expected[made++] = (uint8_t)(bits >> (count -= 8));
		}
		views_init(&views, VIEWS_OTHERS, (struct bytes){ text, length }, &budget);
		assert_int_equal(views_next(&views, &view), 1);
		assert_int_equal(view.length, made);
		assert_memory_equal(view.data, expected, made);
		for (size_t i = 0; i < made; i += VIEW_GRAIN) {
			/* eight bits for a byte, six for a letter, one of `line` between lines */
			size_t nth = (8 * (i + 1) + 5) / 6 - 1;
			assert_int_equal(view_origin(&view, i), nth + nth / (line - 1));
		}
		view_fini(&view);
		free(text);
		free(expected);
	}
}

static void base64_knows_its_letters(void **state)
{
	uint8_t text[64];

	(void)state;
	for (unsigned byte = 0; byte < 256; byte++)
		for (size_t at = 0; at < sizeof text; at += 7) {
			struct bytes bytes = { text, sizeof text };
			memset(text, 'A', sizeof text);
			text[at] = (uint8_t)byte;
			assert_int_equal(base64_run(bytes, 0),
					 base64_digit((uint8_t)byte) < 0 ? at : sizeof text);
		}
}

/* Lines of one length, until one differs in a letter, in its length, or in how it ends. */
static void base64_knows_its_lines(void **state)
{
	static const char *const seams[] = { "\n", "\r\n" };
	struct random random;

	(void)state;
	random_init(&random, 42, 0);
	for (unsigned round = 0; round < 4000; round++) {
		const char *seam = seams[round & 1];
		size_t line = 1 + random_u32(&random) % 200, lines = random_u32(&random) % 8;
		size_t step = line + strlen(seam), length = step * (lines + 2) + 1, expected;
		uint8_t *text = malloc(length);
		struct bytes bytes = { text, length };
		assert_non_null(text);
		memset(text, 'q', length);
		for (size_t at = line; at + 1 < length; at += step)
			memcpy(text + at, seam, strlen(seam));
		assert_int_equal(base64_lines(bytes, step, line, strlen(seam)), lines + 1);
		/* nothing behind the last line's end */
		assert_int_equal(
			base64_lines(bytes_slice(bytes, 0, length - 1), step, line, strlen(seam)),
			lines);
		expected = random_u32(&random) % (lines + 1);
		text[step * (expected + 1) + 1 + random_u32(&random) % (step - 1)] ^= 0x80;
		assert_int_equal(base64_lines(bytes, step, line, strlen(seam)), expected);
		free(text);
	}
}

/* Blocks of a few kinds of bytes each, so that every answer comes up often. */
static void blocks_are_judged_alike(void **state)
{
	static const char *const kinds[] = { "ABCXYZabcxyz0189+/-_",
					     "0123456789abcdefABCDEF, xhrwXHRW\t?",
					     "%=&\\ text %41", "a\0b\0c\0d\0",
					     "\x1f\x8b\x03\x04 \x80\xff" };
	static const size_t lengths[] = { 20, 35, 14, 8, 7 };
	unsigned seen[4] = { 0 };
	struct random random;

	(void)state;
	random_init(&random, 43, 0);
	for (unsigned round = 0; round < 100000; round++) {
		unsigned kind = random_u32(&random) % 5, noise = random_u32(&random) % 200;
		uint8_t data[VIEW_BLOCK];
		struct view_block plain, quick, next = { 0 };
		for (size_t i = 0; i < sizeof data; i++) {
			uint32_t number = random_u32(&random);
			data[i] = (uint8_t)kinds[kind][kind == 3 ? i % 8 : number % lengths[kind]];
			if (noise && (number >> 8) % 200 < noise / 4)
				data[i] = (uint8_t)(number >> 16);
		}
		plain = view_judge_plainly(data);
		quick = view_judge(data);
		assert_int_equal(plain.escapes, quick.escapes);
		assert_int_equal(plain.token, quick.token);
		assert_int_equal(plain.list, quick.list);
		assert_int_equal(plain.wide, quick.wide);
		assert_int_equal(view_judge_nothing(data, 1, &next),
				 !(plain.escapes || plain.token || plain.list || plain.wide));
		assert_memory_equal(&next, &quick, sizeof next);
		seen[0] += plain.escapes;
		seen[1] += plain.token;
		seen[2] += plain.list;
		seen[3] += plain.wide;
	}
	for (unsigned i = 0; i < 4; i++)
		assert_true(seen[i] > 1000);
}

/* Each byte alone in a block of others that are in the set. */
static void blocks_are_judged_alike_by_each_byte(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 256; byte++)
		for (unsigned other = 0; other < 2; other++) {
			uint8_t data[VIEW_BLOCK];
			struct view_block plain, quick;
			memset(data, other ? '1' : 'A', sizeof data);
			data[7] = data[40] = (uint8_t)byte;
			plain = view_judge_plainly(data);
			quick = view_judge(data);
			assert_int_equal(plain.token, quick.token);
			assert_int_equal(plain.list, quick.list);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_way_of_writing),
		cmocka_unit_test(ends_where_a_line_is_cut),
		cmocka_unit_test(leaves_plain_text_alone),
		cmocka_unit_test(does_not_let_a_bomb_grow),
		cmocka_unit_test(a_small_budget_is_told),
		cmocka_unit_test(empty_entries_are_passed_by),
		cmocka_unit_test(a_room_changes_nothing),
		cmocka_unit_test(code_is_found_through_views),
	};
	const struct CMUnitTest by_all_vectors[] = {
		cmocka_unit_test(base64_is_decoded_as_letter_by_letter),
		cmocka_unit_test(base64_knows_its_letters),
		cmocka_unit_test(base64_knows_its_lines),
		cmocka_unit_test(blocks_are_judged_alike),
		cmocka_unit_test(blocks_are_judged_alike_by_each_byte),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	for (enum vectors most = VECTORS_PLAIN; most <= VECTORS_VBMI; most++) {
		vectors_limit(most);
		failed += cmocka_run_group_tests(by_all_vectors, NULL, NULL);
	}
	return failed;
}
