#include "stream/mail_message.h"

void mail_message_init(struct mail_message *message, size_t limit)
{
	message->said = (struct bytes){ NULL, 0 };
	buffer_init(&message->made, limit);
}

void mail_message_fini(struct mail_message *message)
{
	buffer_fini(&message->made);
}

void mail_message_clear(struct mail_message *message)
{
	message->said.length = 0;
	buffer_clear(&message->made);
}

static int append(struct buffer *buffer, struct bytes bytes)
{
	return bytes.length ? buffer_append(buffer, bytes.data, bytes.length) : 0;
}

int mail_message_add(struct mail_message *message, struct bytes part)
{
	int code;

	if (part.length == 0)
		return 0;
	if (message->made.length == 0 && message->said.length == 0) {
		message->said = part;
		return 0;
	}
	if (message->made.length == 0) {
		if (part.data == message->said.data + message->said.length) {
			message->said.length += part.length;
			return 0;
		}
		code = append(&message->made, message->said);
		if (code < 0)
			return code;
	}
	return append(&message->made, part);
}

static int make(struct mail_message *message, const char *text)
{
	int code = message->made.length ? 0 : append(&message->made, message->said);

	return code < 0 ? code : buffer_append_text(&message->made, text);
}

int mail_message_add_line(struct mail_message *message, struct bytes said, struct bytes text)
{
	size_t behind = (size_t)(text.data - said.data) + text.length;
	bool ends = bytes_start_with(bytes_slice(said, behind, 2), "\r\n");
	int code;

	if (ends)
		text.length += 2;
	if (bytes_start_with(text, "."))
		text = bytes_slice(text, 1, SIZE_MAX);
	code = mail_message_add(message, text);
	return code < 0 || ends ? code : make(message, "\r\n");
}

struct bytes mail_message_bytes(const struct mail_message *message)
{
	return message->made.length ? buffer_bytes(&message->made) : message->said;
}
