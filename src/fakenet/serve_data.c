/* FTP's data connections over real sockets. Passive ones listen on the address that the client
 * used; active ones go to the client's own address only. What a client uploads is read and
 * forgotten. */
#include "fakenet/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 30000 /* milliseconds */

uint64_t serve_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void drop(struct data_link *link)
{
	if (link->listener >= 0)
		close(link->listener);
	if (link->connection >= 0)
		close(link->connection);
	buffer_fini(&link->content);
	*link = (struct data_link){ .listener = -1, .connection = -1 };
}

void data_links_init(struct data_links *links)
{
	for (size_t i = 0; i < DATA_LINKS; i++)
		links->links[i] = (struct data_link){ .listener = -1, .connection = -1 };
}

void data_links_fini(struct data_links *links)
{
	for (size_t i = 0; i < DATA_LINKS; i++)
		drop(&links->links[i]);
}

static struct data_link *take_link(struct data_links *links, const struct conversation *control)
{
	for (size_t i = 0; i < DATA_LINKS; i++) {
		struct data_link *link = &links->links[i];
		if (link->used)
			continue;
		link->used = true;
		link->control = control;
		link->since = serve_now();
		return link;
	}
	return NULL;
}

static struct sockaddr_in socket_address(const struct address *address, uint16_t port)
{
	struct sockaddr_in result = { .sin_family = AF_INET, .sin_port = htons(port) };
	result.sin_addr.s_addr = htonl(address_to_v4(address));
	return result;
}

static int tcp_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
}

static uint16_t open_data(void *context, struct conversation *control)
{
	struct data_link *link = take_link(context, control);
	struct sockaddr_in here = socket_address(&control->server, 0);
	socklen_t size = sizeof here;

	if (!link)
		return 0;
	link->listener = tcp_socket();
	if (link->listener < 0 || bind(link->listener, (struct sockaddr *)&here, sizeof here) < 0 ||
	    listen(link->listener, 1) < 0 ||
	    getsockname(link->listener, (struct sockaddr *)&here, &size) < 0) {
		drop(link);
		return 0;
	}
	return ntohs(here.sin_port);
}

/* The passive link of a control connection that has no content yet, the newest first. */
static struct data_link *find_opened(struct data_links *links, const struct conversation *control)
{
	struct data_link *best = NULL;

	for (size_t i = 0; i < DATA_LINKS; i++) {
		struct data_link *link = &links->links[i];
		if (link->used && link->control == control && !link->filled &&
		    (!best || link->since >= best->since))
			best = link;
	}
	return best;
}

static struct data_link *call_client(struct data_links *links, struct conversation *control,
				     uint16_t port)
{
	struct data_link *link = take_link(links, control);
	struct sockaddr_in there = socket_address(&control->client, port);

	if (!link)
		return NULL;
	link->connection = tcp_socket();
	if (link->connection >= 0 &&
	    (connect(link->connection, (struct sockaddr *)&there, sizeof there) == 0 ||
	     errno == EINPROGRESS))
		return link;
	drop(link);
	return NULL;
}

static void send_data(void *context, struct conversation *control, uint16_t port,
		      struct bytes content)
{
	struct data_link *link =
		port ? call_client(context, control, port) : find_opened(context, control);

	if (!link) {
		net_count_dropped(control->net);
		return;
	}
	buffer_init(&link->content, content.length);
	if (buffer_append(&link->content, content.data, content.length) < 0) {
		net_count_dropped(control->net);
		drop(link);
		return;
	}
	link->filled = true;
}

void data_links_forget(struct data_links *links, const struct conversation *control)
{
	for (size_t i = 0; i < DATA_LINKS; i++) {
		struct data_link *link = &links->links[i];
		if (!link->used || link->control != control)
			continue;
		if (link->filled)
			link->control = NULL;
		else
			drop(link);
	}
}

const struct carrier serve_carrier = { open_data, send_data };

size_t data_links_poll(const struct data_links *links, struct pollfd *polls, size_t count)
{
	for (size_t i = 0; i < DATA_LINKS; i++) {
		const struct data_link *link = &links->links[i];
		bool sending = link->filled && link->sent < link->content.length;
		if (!link->used)
			continue;
		polls[count++] = (struct pollfd){
			.fd = link->connection >= 0 ? link->connection : link->listener,
			.events = (short)(POLLIN | (sending ? POLLOUT : 0)),
		};
	}
	return count;
}

static void work(struct data_link *link)
{
	char swallowed[4096];

	if (link->connection < 0) {
		link->connection =
			accept4(link->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (link->connection < 0)
			return;
		close(link->listener);
		link->listener = -1;
	}
	if (link->filled && link->sent < link->content.length) {
		ssize_t sent = send(link->connection, link->content.data + link->sent,
				    link->content.length - link->sent, MSG_NOSIGNAL);
		if (sent < 0 && errno != EAGAIN && errno != ENOTCONN)
			drop(link);
		else if (sent > 0)
			link->sent += (size_t)sent;
	} else {
		bool delivered = link->filled && link->content.length > 0;
		if (delivered || recv(link->connection, swallowed, sizeof swallowed, 0) == 0)
			drop(link);
	}
}

void data_links_work(struct data_links *links)
{
	uint64_t now = serve_now(); /* not before any link's `since` */

	for (size_t i = 0; i < DATA_LINKS; i++) {
		struct data_link *link = &links->links[i];
		if (link->used && now - link->since > PATIENCE)
			drop(link);
		else if (link->used)
			work(link);
	}
}
