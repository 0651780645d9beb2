/* The life of a conversation, and the small things that line protocols share. A side that says more
 * than its limit (64 KiB that the server cannot use, 1 MiB and the download that the client does
 * not take) ends it. */
#include "fakenet/conversation.h"
#include "fakenet/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEARD_LIMIT ((size_t)64 << 10)
#define SAID_LIMIT  ((size_t)1 << 20)

static int give_state(struct conversation *conversation, const struct responder *responder)
{
	conversation->state = NULL;
	if (responder->state_size) {
		conversation->state = calloc(1, responder->state_size);
		if (!conversation->state)
			return ERROR_MEMORY;
	}
	conversation->responder = responder;
	return 0;
}

static void drop_state(struct conversation *conversation)
{
	if (conversation->state && conversation->responder->end)
		conversation->responder->end(conversation);
	free(conversation->state);
	conversation->state = NULL;
}

int conversation_open(struct conversation *conversation, struct fakenet *net,
		      const struct responder *responder, const struct address *server,
		      uint16_t port)
{
	*conversation = (struct conversation){ .net = net, .server = *server, .port = port };
	if (give_state(conversation, responder) < 0)
		return ERROR_MEMORY;
	buffer_init(&conversation->heard, HEARD_LIMIT);
	buffer_init(&conversation->said, SAID_LIMIT + net_download(net).length);
	if (responder->begin)
		responder->begin(conversation);
	return 0;
}

void conversation_close(struct conversation *conversation)
{
	drop_state(conversation);
	buffer_fini(&conversation->heard);
	buffer_fini(&conversation->said);
}

void conversation_become(struct conversation *conversation, const struct responder *responder)
{
	drop_state(conversation);
	if (give_state(conversation, responder) < 0)
		conversation->finished = true;
}

static void cut(struct conversation *conversation)
{
	if (!conversation->finished)
		net_count_cut(conversation->net);
	conversation->finished = true;
}

static void use_up(struct conversation *conversation, size_t length)
{
	struct buffer *heard = &conversation->heard;
	memmove(heard->data, heard->data + length, heard->length - length);
	heard->length -= length;
}

/* Lets the responder hear what is kept until it uses up no more. */
static void work_through(struct conversation *conversation)
{
	while (conversation->heard.length > 0 && !conversation->finished) {
		const struct responder *responder = conversation->responder;
		size_t used = responder->hear(conversation, buffer_bytes(&conversation->heard));
		use_up(conversation, used);
		if (used == 0 && responder == conversation->responder)
			break; /* another responder would not have heard it yet */
	}
	if (conversation->finished)
		buffer_clear(&conversation->heard);
}

void conversation_hear(struct conversation *conversation, struct bytes said)
{
	conversation->spoken = true;
	if (conversation->finished)
		return;
	if (conversation->responder->protocol == PROTOCOL_UDP) {
		conversation->responder->hear(conversation, said);
	} else {
		while (said.length > 0 && !conversation->finished) {
			size_t room = HEARD_LIMIT - conversation->heard.length;
			struct bytes part = bytes_slice(said, 0, room);
			if (part.length == 0 ||
			    buffer_append(&conversation->heard, part.data, part.length) < 0) {
				cut(conversation);
				break;
			}
			said = bytes_slice(said, part.length, said.length);
			work_through(conversation);
		}
	}
	if (buffer_failed(&conversation->said))
		cut(conversation);
}

static size_t take_datagram(struct conversation *conversation, uint8_t *into, size_t size)
{
	uint32_t length;
	const uint8_t *at = conversation->said.data + conversation->taken;

	memcpy(&length, at, sizeof length);
	conversation->taken += sizeof length + length;
	if (length < size)
		size = length;
	memcpy(into, at + sizeof length, size);
	return size;
}

size_t conversation_take(struct conversation *conversation, uint8_t *into, size_t size)
{
	const struct responder *responder = conversation->responder;

	if (!conversation_has_more(conversation) && !conversation->spoken && responder->prompt) {
		conversation->spoken = true;
		responder->prompt(conversation);
	}
	if (!conversation_has_more(conversation) || size == 0)
		return 0;
	conversation->spoken = true;
	if (responder->protocol == PROTOCOL_UDP) {
		size = take_datagram(conversation, into, size);
	} else {
		struct bytes next =
			bytes_slice(buffer_bytes(&conversation->said), conversation->taken, size);
		size = next.length;
		memcpy(into, next.data, size);
		conversation->taken += size;
	}
	if (!conversation_has_more(conversation)) {
		buffer_clear(&conversation->said);
		conversation->taken = 0;
	}
	return size;
}

bool conversation_has_more(const struct conversation *conversation)
{
	return conversation->taken < conversation->said.length;
}

void say(struct conversation *conversation, const char *format, ...)
{
	char text[2048];
	va_list list;

	va_start(list, format);
	int length = vsnprintf(text, sizeof text, format, list);
	va_end(list);
	if (length < 0 || (size_t)length >= sizeof text)
		cut(conversation);
	else
		say_bytes(conversation, (struct bytes){ (uint8_t *)text, (size_t)length });
}

void say_bytes(struct conversation *conversation, struct bytes bytes)
{
	if (buffer_append(&conversation->said, bytes.data, bytes.length) < 0)
		cut(conversation);
}

void say_datagram(struct conversation *conversation, struct bytes bytes)
{
	uint32_t length = (uint32_t)bytes.length;
	struct buffer *said = &conversation->said;

	if (bytes.length + sizeof length > said->limit - said->length) {
		cut(conversation);
		return;
	}
	say_bytes(conversation, (struct bytes){ (uint8_t *)&length, sizeof length });
	say_bytes(conversation, bytes);
}

size_t take_line(struct bytes said, struct bytes *line)
{
	size_t end = bytes_find(said, bytes_of("\n"), 0);

	if (end == SIZE_MAX)
		return 0;
	*line = bytes_slice(said, 0, end);
	if (line->length > 0 && line->data[line->length - 1] == '\r')
		line->length--;
	return end + 1;
}

struct bytes take_word(struct bytes line, char *word, size_t size)
{
	size_t end = bytes_find(line, bytes_of(" "), 0);
	struct bytes rest = bytes_slice(line, end == SIZE_MAX ? line.length : end + 1, line.length);

	plain_text(bytes_slice(line, 0, end), word, size);
	for (char *c = word; *c; c++) {
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	}
	return rest;
}

char *plain_text(struct bytes bytes, char *text, size_t size)
{
	size_t length = bytes.length < size ? bytes.length : size - 1;

	for (size_t i = 0; i < length; i++) {
		uint8_t byte = bytes.data[i];
		text[i] = byte < 0x20 || byte == 0x7f ? '?' : (char)byte;
	}
	text[length] = '\0';
	return text;
}
