/* What models of several libraries use together. */
#ifndef KENBI_WIN32_API_SHARED_H
#define KENBI_WIN32_API_SHARED_H

#include "win32/api.h"

/* Finds a program as CreateProcess does: as given, with .exe, in the system folders. Its path, or
 * the absolute form of the name; false when no such file exists. `path` has WIN32_PATH bytes. */
bool win32_find_program(struct win32 *w, const char *name, char *path);
/* Starts a program (either may be NULL): says so, and remembers programs that this one made, which
 * then run after it. A handle to its process, or 0. */
uint32_t win32_start_program(struct win32 *w, const char *application, const char *command,
			     uint32_t *id, struct win32_object **object);
/* %NAME% replaced by environment variables. */
void win32_expand(struct win32 *w, const char *text, char *out, size_t size);
/* An open file object at `path`: disposition as CreateFile's. 0 and the last error when it fails.
 */
uint32_t win32_open_file(struct win32 *w, const char *path, uint32_t access, uint32_t disposition,
			 uint32_t attributes, bool *existed);
/* The open file behind a handle; NULL: it is none, or was removed while it was open. */
struct win32_object *win32_file_of(struct win32 *w, uint32_t handle);
/* Bytes from and to an open file at its position, with their events. Number of bytes; -1: failed.
 */
int64_t win32_read_file(struct win32 *w, struct win32_object *file, uint32_t into, uint32_t size);
int64_t win32_write_file(struct win32 *w, struct win32_object *file, uint32_t from, uint32_t size);
/* Views of file mappings: remembered so that changes reach the file. One that finds no room is not
 * written back. */
void win32_view_add(struct win32 *w, uint32_t base, uint32_t size, int file, uint32_t offset);
struct win32_view *win32_view_of(struct win32 *w, uint32_t base);
/* The emulated C run-time's generator and printf, see api/format.c: formats into `out`. Arguments
 * are words at guest address `arguments`. */
void win32_format(struct win32 *w, const char *format, uint32_t arguments, bool wide,
		  struct buffer *out);
/* Fetches a URL through the peer: resolve, connect, GET, answer without headers in `body`. */
bool win32_fetch_url(struct win32 *w, const char *url, struct buffer *body, uint32_t *status);
/* A host name's address: a literal, the machine itself, or what the peer says (then `net.resolve`
 * is said). */
bool win32_resolve(struct win32 *w, const char *name, struct address *address);
/* Says who a message goes to when `data`, sent on `socket` to port 25 or 587, does. */
void win32_follow_mail(struct win32 *w, struct win32_object *socket, struct bytes data);
/* An address of the emulated machine's own. */
uint32_t win32_own_address(const struct win32 *w);

#endif
