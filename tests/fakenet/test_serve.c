/* The responders over real sockets, on the loopback address: a child serves for a few seconds, we
 * are the client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "fakenet/fakenet.h"

#define DOWNLOAD_SIZE 300000

static uint8_t download[DOWNLOAD_SIZE];
static uint16_t port; /* where the child serves; both protocols guess */
static pid_t child;

static int dial(uint16_t to)
{
	struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons(to) };
	int descriptor = socket(AF_INET, SOCK_STREAM, 0);

	there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(descriptor >= 0);
	for (unsigned i = 0; i < 100; i++) {
		if (connect(descriptor, (struct sockaddr *)&there, sizeof there) == 0)
			return descriptor;
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	}
	close(descriptor);
	return -1;
}

static void tell(int descriptor, const char *text)
{
	assert_int_equal(send(descriptor, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Everything until the server closes. */
static size_t read_all(int descriptor, uint8_t *into, size_t size)
{
	size_t length = 0;
	for (ssize_t got; (got = recv(descriptor, into + length, size - length, 0)) > 0;)
		length += (size_t)got;
	return length;
}

/* One line, without its end. */
static const char *read_line(int descriptor)
{
	static char line[512];
	size_t length = 0;

	while (length + 1 < sizeof line && recv(descriptor, line + length, 1, 0) == 1 &&
	       line[length] != '\n')
		length++;
	line[length] = '\0';
	line[strcspn(line, "\r")] = '\0';
	return line;
}

/* A port that was free a moment ago. */
static uint16_t free_port(void)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	socklen_t size = sizeof here;
	int descriptor = socket(AF_INET, SOCK_STREAM, 0);

	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(descriptor, (struct sockaddr *)&here, sizeof here), 0);
	assert_int_equal(getsockname(descriptor, (struct sockaddr *)&here, &size), 0);
	close(descriptor);
	return ntohs(here.sin_port);
}

static struct fakenet_serve_options options(void)
{
	return (struct fakenet_serve_options){
		.listen = address_v4(INADDR_LOOPBACK),
		.ports = &port,
		.port_count = 1,
		.seconds = 10,
		.net = { .download = { download, sizeof download } },
	};
}

static int start(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof download; i++)
		download[i] = (uint8_t)(i * 31 >> 3);
	port = free_port();
	child = fork();
	if (child == 0) {
		struct fakenet_serve_options serve = options();
		_exit(fakenet_serve(&serve, NULL) == 0 ? 0 : 1);
	}
	return child < 0 ? -1 : 0;
}

static int stop(void **state)
{
	(void)state;
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
	return 0;
}

static void serves_http(void **state)
{
	(void)state;
	static uint8_t content[DOWNLOAD_SIZE + 4096];
	int descriptor = dial(port);

	tell(descriptor, "GET /a.exe HTTP/1.0\r\n\r\n");
	size_t length = read_all(descriptor, content, sizeof content);
	assert_true(length > sizeof download);
	assert_memory_equal(content, "HTTP/1.1 200 OK\r\n", 17);
	assert_memory_equal(content + length - sizeof download, download, sizeof download);
	close(descriptor);
}

static void serves_ftp(void **state)
{
	(void)state;
	static uint8_t content[DOWNLOAD_SIZE + 1];
	unsigned part[6];
	int control = dial(port);

	tell(control, "USER a\r\n");
	assert_string_equal(read_line(control), "331 Any password will do");
	tell(control, "PASV\r\n");
	assert_int_equal(sscanf(read_line(control), "227 Entering passive mode (%u,%u,%u,%u,%u,%u)",
				&part[0], &part[1], &part[2], &part[3], &part[4], &part[5]),
			 6);
	int data = dial((uint16_t)(part[4] << 8 | part[5]));
	tell(control, "RETR a.exe\r\n");
	assert_string_equal(read_line(control), "150 Opening data connection for file");
	assert_int_equal(read_all(data, content, sizeof content), sizeof download);
	assert_memory_equal(content, download, sizeof download);
	close(data);
	close(control);
}

static void calls_the_client_back(void **state)
{
	(void)state;
	struct sockaddr_in here = { .sin_family = AF_INET };
	socklen_t size = sizeof here;
	int listener = socket(AF_INET, SOCK_STREAM, 0), control = dial(port);
	char text[64];
	uint8_t listing[256];

	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listener, (struct sockaddr *)&here, sizeof here), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&here, &size), 0);
	/* The address in PORT is another one: it is not believed. */
	snprintf(text, sizeof text, "PORT 192,0,2,1,%u,%u\r\n", ntohs(here.sin_port) >> 8,
		 ntohs(here.sin_port) & 0xff);
	tell(control, text);
	assert_string_equal(read_line(control), "200 Command okay");
	tell(control, "NLST\r\n");
	int data = accept(listener, NULL, NULL);
	assert_true(data >= 0);
	size_t length = read_all(data, listing, sizeof listing);
	assert_int_equal(length, 11);
	assert_memory_equal(listing, "setup.exe\r\n", length);
	close(data);
	close(listener);
	close(control);
}

static void greets_who_waits(void **state)
{
	(void)state;
	int descriptor = dial(port);

	assert_string_equal(read_line(descriptor), "220 ready");
	close(descriptor);
}

static void says_when_a_port_is_taken(void **state)
{
	(void)state;
	struct fakenet_serve_options serve = options();
	struct error error = { 0 };

	close(dial(port)); /* the child serves */
	assert_int_equal(fakenet_serve(&serve, &error), ERROR_SYSTEM);
	assert_non_null(strstr(error.message, "cannot listen"));
	serve.listen.family = 6;
	assert_int_equal(fakenet_serve(&serve, &error), ERROR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(serves_http),
					    cmocka_unit_test(serves_ftp),
					    cmocka_unit_test(calls_the_client_back),
					    cmocka_unit_test(greets_who_waits),
					    cmocka_unit_test(says_when_a_port_is_taken) };
	alarm(60); /* a server that never answers fails the test */
	return cmocka_run_group_tests(tests, start, stop);
}
