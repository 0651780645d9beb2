/* Messages over a socket pair: a header of fixed size, then the body. A descriptor rides on the
 * header. */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct header {
	uint32_t type;
	uint32_t length;
};

static int send_all(int channel, const void *data, size_t length)
{
	const uint8_t *next = data;

	while (length) {
		ssize_t sent = send(channel, next, length, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return ERROR_SYSTEM;
		next += sent;
		length -= (size_t)sent;
	}
	return 0;
}

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

static int send_with_descriptor(int channel, struct header header, int descriptor)
{
	union control control = { 0 };
	struct iovec part = { &header, sizeof header };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.space,
				  .msg_controllen = sizeof control.space };
	struct cmsghdr *rider = CMSG_FIRSTHDR(&message);

	rider->cmsg_level = SOL_SOCKET;
	rider->cmsg_type = SCM_RIGHTS;
	rider->cmsg_len = CMSG_LEN(sizeof descriptor);
	memcpy(CMSG_DATA(rider), &descriptor, sizeof descriptor);
	ssize_t sent;
	do
		sent = sendmsg(channel, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)sizeof header ? 0 : ERROR_SYSTEM;
}

int sandbox_send(int channel, enum sandbox_message type, struct bytes body, int descriptor,
		 struct error *error)
{
	if (body.length > SANDBOX_MESSAGE_LIMIT)
		return error_set(error, ERROR_LIMIT, NULL, "a message of %zu bytes is too long",
				 body.length);
	struct header header = { (uint32_t)type, (uint32_t)body.length };
	int result = descriptor >= 0 ? send_with_descriptor(channel, header, descriptor)
				     : send_all(channel, &header, sizeof header);
	if (result == 0)
		result = send_all(channel, body.data, body.length);
	return result == 0 ? 0 : error_system(error, NULL, "the other process does not listen");
}

/* 1: all arrived; 0: closed before the first byte; negative: broken. */
static int receive_all(int channel, void *data, size_t length, int *descriptor)
{
	uint8_t *next = data;
	size_t left = length;

	while (left) {
		union control control;
		struct iovec part = { next, left };
		struct msghdr message = { .msg_iov = &part,
					  .msg_iovlen = 1,
					  .msg_control = control.space,
					  .msg_controllen = sizeof control.space };
		ssize_t got = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ERROR_SYSTEM;
		if (got == 0)
			return left == length ? 0 : ERROR_SYSTEM;
		struct cmsghdr *rider = CMSG_FIRSTHDR(&message);
		if (rider && rider->cmsg_type == SCM_RIGHTS) {
			int passed;
			memcpy(&passed, CMSG_DATA(rider), sizeof passed);
			if (descriptor && *descriptor < 0)
				*descriptor = passed;
			else
				close(passed);
		}
		next += got;
		left -= (size_t)got;
	}
	return 1;
}

int sandbox_receive(int channel, enum sandbox_message *type, struct buffer *body, int *descriptor,
		    struct error *error)
{
	struct header header;

	*descriptor = -1;
	buffer_clear(body);
	int result = receive_all(channel, &header, sizeof header, descriptor);
	if (result == 0)
		return 0;
	if (result < 0 || header.length > SANDBOX_MESSAGE_LIMIT)
		return error_set(error, ERROR_INTERNAL, NULL,
				 "a message between processes is broken");
	*type = (enum sandbox_message)header.type;
	for (size_t left = header.length; left;) {
		uint8_t chunk[65536];
		size_t length = left < sizeof chunk ? left : sizeof chunk;
		if (receive_all(channel, chunk, length, NULL) != 1)
			return error_set(error, ERROR_INTERNAL, NULL,
					 "the other process ended in the middle of a message");
		if (buffer_append(body, chunk, length) < 0)
			return error_set(error, ERROR_MEMORY, NULL, "no memory for a message");
		left -= length;
	}
	return 1;
}

int sandbox_send_outcome(int channel, enum sandbox_message type, const struct error *outcome)
{
	struct buffer body;
	int32_t code = outcome->code;

	buffer_init(&body, 4096);
	buffer_append(&body, &code, sizeof code);
	if (code) {
		buffer_append(&body, outcome->where, strlen(outcome->where) + 1);
		buffer_append(&body, outcome->message, strlen(outcome->message));
	}
	int result = sandbox_send(channel, type, buffer_bytes(&body), -1, NULL);
	buffer_fini(&body);
	return result;
}

void sandbox_read_outcome(struct buffer *body, struct error *outcome)
{
	struct reader reader = reader_of(buffer_bytes(body));
	int32_t code = (int32_t)reader_u32le(&reader);

	*outcome = (struct error){ .code = code };
	if (reader_failed(&reader)) {
		error_set(outcome, ERROR_INTERNAL, NULL, "a message between processes is broken");
		return;
	}
	if (!code)
		return;
	const char *where = buffer_text(body) + sizeof code;
	const char *message = where + strnlen(where, body->length - sizeof code);
	const char *end = (const char *)body->data + body->length;
	error_set(outcome, code, where, "%s", message < end ? message + 1 : "unknown");
}
