/* Frames of a capture file.
 *
 * libpcap reads pcap; it gets its bytes through a stream of our own that needs nothing but read(2)
 * on the descriptor, so that it works in a process that may only read, and that counts, so that
 * messages can name the offset of damage exactly. pcapng is read by pcapng.c, since libpcap ends
 * at the first interface of another link type. Time stamps are nanoseconds. */
#include "packet/pcapng.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <pcap/pcap.h>

#define READ_SIZE (256u << 10)

struct capture_file {
	struct frames frames; /* first: the two are one object */
	int descriptor;
	pcap_t *capture;
	int link_type;
	uint64_t read; /* bytes that came from the descriptor */
	size_t peeked; /* bytes of the magic number that the stream has still to give */
	uint8_t magic[4];
	char buffer[READ_SIZE];
};

static ssize_t read_descriptor(int descriptor, void *into, size_t size)
{
	ssize_t got;

	do
		got = read(descriptor, into, size);
	while (got < 0 && errno == EINTR);
	return got;
}

static ssize_t read_more(void *cookie, char *into, size_t size)
{
	struct capture_file *file = cookie;

	if (file->peeked && size) {
		size_t give = size < file->peeked ? size : file->peeked;
		memcpy(into, file->magic + (sizeof file->magic - file->peeked), give);
		file->peeked -= give;
		file->read += give;
		return (ssize_t)give;
	}
	ssize_t got = read_descriptor(file->descriptor, into, size);
	if (got > 0)
		file->read += (uint64_t)got;
	return got;
}

/* Answers where the stream stands, which is all that ftello needs; goes nowhere. */
static int tell(void *cookie, off64_t *offset, int whence)
{
	const struct capture_file *file = cookie;

	if (whence != SEEK_CUR || *offset != 0) {
		errno = ESPIPE;
		return -1;
	}
	*offset = (off64_t)file->read;
	return 0;
}

static int close_descriptor(void *cookie)
{
	struct capture_file *file = cookie;
	int descriptor = file->descriptor;
	file->descriptor = -1;
	return close(descriptor);
}

static struct capture_file *file_of(struct frames *frames)
{
	return (struct capture_file *)frames;
}

static void file_close(struct frames *frames)
{
	struct capture_file *file = file_of(frames);

	if (file->capture)
		pcap_close(file->capture); /* closes the stream, which closes the descriptor */
	if (file->descriptor >= 0)
		close(file->descriptor);
	free(file);
}

/* What libpcap has taken: less than was read, by what waits in the stream's buffer. */
static uint64_t file_position(const struct frames *frames)
{
	const struct capture_file *file = (const struct capture_file *)frames;
	off_t position = ftello(pcap_file(file->capture));
	return position < 0 ? file->read : (uint64_t)position;
}

static int file_next(struct frames *frames, struct frame *frame, struct error *error)
{
	struct capture_file *file = file_of(frames);
	struct pcap_pkthdr *header;
	const uint8_t *data;
	int status = pcap_next_ex(file->capture, &header, &data);

	if (status == PCAP_ERROR_BREAK)
		return 0;
	if (status != 1)
		return error_set(error, ERROR_INPUT, "", "%s", pcap_geterr(file->capture));
	/* libpcap puts nanoseconds into tv_usec at this precision. */
	*frame = (struct frame){ .time_ns = (uint64_t)header->ts.tv_sec * 1000000000u +
					    (uint64_t)header->ts.tv_usec,
				 .link_type = file->link_type,
				 .bytes = { data, header->caplen } };
	return 1;
}

int link_refuse(int link_type, const char *name, struct error *error)
{
	const char *description = pcap_datalink_val_to_description(link_type);

	return error_set(
		error, ERROR_INPUT, name,
		"link type %d (%s) is not supported; supported are Ethernet, Linux cooked, "
		"raw IP, loopback and PPP",
		link_type, description ? description : "unknown");
}

static int open_pcap(struct capture_file *file, const char *name, struct error *error)
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	cookie_io_functions_t functions = { .read = read_more,
					    .seek = tell,
					    .close = close_descriptor };
	FILE *stream = fopencookie(file, "r", functions);

	if (!stream)
		return error_set(error, ERROR_MEMORY, name, "no memory for a stream");
	setvbuf(stream, file->buffer, _IOFBF, sizeof file->buffer);
	file->capture = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO,
								 reason);
	if (!file->capture) {
		fclose(stream);
		return error_set(error, ERROR_INPUT, name, "not a readable capture: %s", reason);
	}
	file->link_type = pcap_datalink(file->capture);
	return link_supported(file->link_type) ? 0 : link_refuse(file->link_type, name, error);
}

int capture_file_open(int descriptor, const char *name, struct frames **frames, struct error *error)
{
	struct capture_file *file = calloc(1, sizeof *file);
	size_t got = 0;

	*frames = NULL;
	if (!file) {
		close(descriptor);
		return error_set(error, ERROR_MEMORY, name, "no memory for a capture");
	}
	file->descriptor = descriptor;
	while (got < sizeof file->magic) {
		ssize_t more =
			read_descriptor(descriptor, file->magic + got, sizeof file->magic - got);
		if (more <= 0)
			break;
		got += (size_t)more;
	}
	if (got < sizeof file->magic) {
		file_close(&file->frames);
		return error_set(error, ERROR_INPUT, name,
				 "not a readable capture: it ends within its first four bytes");
	}
	if (pcapng_is_magic(file->magic)) {
		file->descriptor = -1;
		file_close(&file->frames);
		return pcapng_open(descriptor, name, frames, error);
	}
	file->peeked = got;
	file->frames = (struct frames){ .next = file_next,
					.position = file_position,
					.close = file_close };
	int status = open_pcap(file, name, error);
	if (status < 0) {
		file_close(&file->frames);
		return status;
	}
	*frames = &file->frames;
	return 0;
}
