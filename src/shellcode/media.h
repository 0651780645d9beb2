/* Compressed data in files whose format says so and was checked: pictures, sound, video and
 * archives.
 *
 * To compress well, such data is as good as random, and it is most of what crosses. Each format is
 * walked from the file's first byte to its end by its own rules (lengths that meet, checksums,
 * markers, values in their ranges); whatever contradicts them, or ends early, leaves nothing. What
 * the format says is compressed must look it, too: of each 16 KiB an eighth is counted, and only
 * where no byte is much more frequent than others is it a stretch. Nothing is decoded. */
#ifndef KENBI_SHELLCODE_MEDIA_H
#define KENBI_SHELLCODE_MEDIA_H

#include "base/base.h"

enum { MEDIA_STRETCHES = 64 };

/* Offsets into the file; what finds no room is left out. */
struct media {
	size_t count;
	struct {
		size_t start, end;
	} at[MEDIA_STRETCHES];
};

/* JPEG (ITU-T T.81), PNG, WebP, MP4 and its kin (ISO/IEC 14496-12), xz, 7z, and what is
 * stored in zip files, by how the file begins. Time: one pass or two at the speed of a checksum. */
void media_check(struct bytes file, struct media *media);

/* --- formats, for media_check --- */

/* A format's walk: false where a rule is broken, whatever was noted until then. */
typedef bool media_format(struct bytes file, struct media *media);
media_format media_jpeg;
media_format media_png, media_webp, media_boxes;
media_format media_xz, media_7z, media_zip;

/* Notes that the format calls these bytes compressed. In ascending order.
 */
void media_note(struct media *media, struct bytes file, size_t start, size_t end);

#endif
