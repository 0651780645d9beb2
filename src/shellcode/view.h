/* Views: what bytes turn into where something on the way decodes them: escapes of scripts and URLs,
 * base64, hexadecimal, lists of numbers, UTF-16, packed and chunked bodies.
 *
 * One pass over the bytes looks for stretches that can hold such an encoding long enough to hide
 * code; only these are decoded. Text without them passes at the speed of memory. Bounds: a budget
 * of decoded bytes over all views of a stream, and for packed data a limit on how much it may grow.
 */
#ifndef KENBI_SHELLCODE_VIEW_H
#define KENBI_SHELLCODE_VIEW_H

#include "shellcode/scan.h"

enum {
	VIEW_GRAIN = 16,	 /* bytes of a view for which one origin is kept */
	VIEW_SHORTEST = 12,	 /* bytes that a view must have: less holds no code */
	VIEW_NAME = 16,		 /* longest name of a decoder with its end */
	VIEW_LARGEST = 16 << 20, /* bytes that one view may have */
	VIEW_GROWTH = 64	 /* times its size that packed data may unpack to (and 64 KiB) */
};

struct view {
	const char *name;  /* "unescape", "percent", "escape", "quoted-printable", "entity",
			      "base64",  "hex", "list", "utf-16", "gzip", "deflate", "zip",
			      "chunked",  "ascii85", "uuencode" */
	uint8_t *data;	   /* owned */
	uint32_t *origins; /* of every VIEW_GRAIN-th byte, relative to `start`; owned */
	size_t length;
	size_t start, end; /* what it was made from */
	size_t packed;	   /* where in [start, end) its packed data begins, behind a header; */
	bool whole;	   /* this came to its end and had the right checksum */
};

void view_fini(struct view *view);
/* Where in the bytes that it was made from a byte of the view comes from. */
size_t view_origin(const struct view *view, size_t offset);

/* Packed files are a pass of their own: what is unpacked says how the bytes as they are need to be
 * searched. */
enum views_of { VIEWS_PACKED, VIEWS_OTHERS };

struct views {
	struct bytes bytes;
	enum views_of of;
	uint64_t *budget; /* decoded bytes that may still be made; borrowed */
	size_t at;	  /* the pass goes on here */
	size_t message;	  /* the next HTTP message begins here; SIZE_MAX: none */
	size_t looked[4]; /* by kind of stretch: looked at up to here */
	bool exhausted;	  /* the budget was too small for a view, which was left out */
	/* Of VIEWS_OTHERS: stretches in which nothing begins, since they are packed; borrowed,
	 * NULL: none. Set after views_init. */
	const struct scan_packed *packed;
	size_t packed_next; /* the first of them that does not end before `at` */
};

/* Borrows `bytes` and `budget`. */
void views_init(struct views *views, enum views_of of, struct bytes bytes, uint64_t *budget);
/* The next view: 1 (to be released with view_fini), 0 at the end, ERROR_MEMORY. */
MUST_CHECK int views_next(struct views *views, struct view *view);

/* --- decoders, for views_next --- */

/* Room for at most `bound` bytes made from [start, …); false: the budget or memory does not allow
 * it
 * (*code says which). */
bool view_open(struct views *views, const char *name, size_t start, size_t bound, struct view *view,
	       int *code);
/* Appends a byte that comes from `origin`. */
void view_put(struct view *view, uint8_t byte, size_t origin);
/* Charges what was made; false and released when it is too short. */
bool view_close(struct views *views, struct view *view, size_t end);

/* Each looks at what begins at `at` and gives 1 with a view, 0 without one, ERROR_MEMORY; *end is
 * where the pass may go on for this kind, always behind `at`. */
typedef int view_decoder(struct views *views, size_t at, struct view *view, size_t *end);
view_decoder view_escapes;  /* a %, \, = or & */
view_decoder view_token;    /* a long word: hexadecimal or base64 */
view_decoder view_list;	    /* numbers */
view_decoder view_wide;	    /* UTF-16 */
view_decoder view_packed;   /* a signature of something packed, see view_signature */
view_decoder view_armour;   /* … of text */
view_decoder view_document; /* one of a document, among these */
view_decoder view_message;  /* an HTTP message: chunked or deflated body */

/* Does the line that ends before `at` end with the word that a PDF's streams begin behind? */
bool view_in_pdf(struct bytes bytes, size_t at);
/* Does zlib's format begin here (RFC 1950, section 2.2)? Two bytes are asked. */
bool view_is_zlib(struct bytes bytes);
/* The view of what is packed from `from` on; as a view_decoder. */
int view_unpack(struct views *views, const char *name, size_t start, size_t from,
		enum inflate_form form, struct view *view, size_t *end);
/* Where the next signature of a packed file is, at or after views->at; the length: nowhere. */
size_t view_signature(struct views *views);

/* Of a JavaScript, VBScript, C, Perl or Python string: length of what ends it and begins its
 * continuation (" + ", "; s += "), 0 when there is none at `at`. */
size_t view_glue(struct bytes bytes, size_t at);
int view_hex_digit(uint8_t byte); /* -1: it is none */

#endif
