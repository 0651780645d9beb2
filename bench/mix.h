/* Traffic for measurements from capture to verdict: conversations made of what a site's network
 * carries, the same every time, a share of them with attacks inside.
 *
 * Two mixes. MIX_CLEAR is web, mail and files in the clear, as at the edge of a network where a
 * proxy or a mail server ends the encryption; by bytes: 40 % pictures, sound and video, 20 % pages,
 * scripts and style sheets (three quarters of them packed with gzip, as servers send them), 15 %
 * archives and installers, 10 % files copied over SMB and FTP (documents, programs), 10 % mail with
 * attachments in base64, 5 % programs as they are. MIX_CAMPUS is the same with three quarters of
 * all bytes inside TLS, which is less than browsers report today (95 % and more of the pages) since
 * file copies, mail between servers and old machines are in it. Programs are whole files of this
 * machine; half of the copied files are zip files of a text and a picture. */
#ifndef KENBI_BENCH_MIX_H
#define KENBI_BENCH_MIX_H

#include "base/base.h"
#include "frames.h"

enum mix { MIX_CLEAR, MIX_CAMPUS };
/* What one sort of content alone costs; as web answers. */
enum sort {
	SORT_PICTURE,
	SORT_PAGE,
	SORT_PACKED_PAGE,
	SORT_ARCHIVE,
	SORT_PROGRAM,
	SORT_MAIL,
	SORT_COPY,
	SORT_TLS,
	SORTS
};

const char *sort_name(enum sort sort);

/* One conversation of every MIX_ATTACK_EVERY carries code that starts a shell, every other time
 * behind a decoder. */
#define MIX_ATTACK_EVERY 100

/* Writes that many conversations, 64 at once, as a capture. Ends the program where it cannot. */
struct writer mix_write(const char *path, enum mix mix, uint32_t conversations);
/* Conversations of one sort, without attacks. */
struct writer mix_write_sort(const char *path, enum sort sort, uint32_t conversations);

#endif
