/* ws2_32, wsock32, dnsapi, iphlpapi: names, addresses, byte order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "win32/api/models.h"
#include "win32/api/shared.h"
#include "win32/machine.h"

#define HOST_NOT_FOUND 11001

static uint32_t swap_short(struct call *call)
{
	uint32_t value = arg(call, 0);
	return (value & 0xff) << 8 | (value >> 8 & 0xff);
}

static uint32_t swap_long(struct call *call)
{
	return __builtin_bswap32(arg(call, 0));
}

/* The run-time's forms: 1 to 4 parts, decimal, octal or hexadecimal. */
static uint32_t inet_addr_model(struct call *call)
{
	const char *text = text_at(call->w, arg(call, 0), false);
	unsigned long parts[4];
	unsigned count = 0;
	uint32_t value = 0;

	while (count < 4) {
		char *end;
		if (*text < '0' || *text > '9')
			return UINT32_MAX;
		parts[count++] = strtoul(text, &end, 0);
		text = end;
		if (*text != '.')
			break;
		text++;
	}
	if (*text && *text != ' ')
		return UINT32_MAX;
	for (unsigned i = 0; i + 1 < count; i++)
		value |= (uint32_t)(parts[i] & 0xff) << (24 - 8 * i);
	value |= (uint32_t)parts[count - 1];
	return __builtin_bswap32(value);
}

/* Texts and structures that the library owns live in one block, made at first use. */
static uint32_t static_block(struct win32 *w)
{
	if (!w->names_block)
		w->names_block = win32_heap_take(w, 1024);
	return w->names_block;
}

static uint32_t inet_ntoa_model(struct call *call)
{
	struct address address = address_v4(__builtin_bswap32(arg(call, 0)));
	char text[ADDRESS_TEXT_SIZE];
	uint32_t at = static_block(call->w);

	text_put(call->w, at, 16, address_text(&address, text), false);
	return at;
}

bool win32_resolve(struct win32 *w, const char *name, struct address *address)
{
	char text[ADDRESS_TEXT_SIZE] = "";
	bool found = true;

	if (address_parse(name, address) == 0 && address->family == 4)
		return true;
	if (strcasecmp(name, "localhost") == 0)
		*address = address_v4(0x7f000001);
	else if (!*name || strcasecmp(name, win32_machine_computer(w->machine)) == 0)
		*address = address_v4(win32_own_address(w));
	else {
		found = w->peer && w->peer->resolve &&
			w->peer->resolve(w->peer->context, name, address) == 0;
		EMIT(w, NET_RESOLVE, trace_text(name),
		     trace_text(found ? address_text(address, text) : ""));
	}
	return found;
}

/* struct hostent: name, aliases, type, length, address list; everything behind it. */
static uint32_t put_host(struct win32 *w, const char *name, const struct address *address)
{
	uint32_t at = static_block(w) + 64, list = at + 32, text = at + 64;

	text_put(w, text, 256, name, false);
	win32_put(w, at + 48, address->bytes, 4);
	win32_put_u32(w, at, text);
	win32_put_u32(w, at + 4, list + 4);
	win32_put_u32(w, at + 8, 0x00040002);
	win32_put_u32(w, at + 12, list);
	win32_put_u32(w, list, at + 48);
	win32_put_u32(w, list + 4, 0);
	return at;
}

static uint32_t get_host_by_name(struct call *call)
{
	const char *name = arg(call, 0) ? text_at(call->w, arg(call, 0), false) : "";
	struct address address;

	if (!win32_resolve(call->w, name, &address))
		return fail(call, HOST_NOT_FOUND, 0);
	return put_host(call->w, name, &address);
}

static uint32_t get_host_by_address(struct call *call)
{
	struct address address = address_v4(__builtin_bswap32(win32_u32(call->w, arg(call, 0))));
	char text[ADDRESS_TEXT_SIZE];

	return put_host(call->w, address_text(&address, text), &address);
}

static uint32_t get_host_name(struct call *call)
{
	text_put(call->w, arg(call, 0), arg(call, 1), win32_machine_computer(call->w->machine),
		 false);
	return 0;
}

static const struct {
	const char *name;
	uint16_t port;
} services[] = { { "ftp", 21 },	  { "ssh", 22 },    { "telnet", 23 },
		 { "smtp", 25 },  { "domain", 53 }, { "http", 80 },
		 { "pop3", 110 }, { "imap", 143 },  { "https", 443 } };

static uint32_t put_service(struct win32 *w, size_t index)
{
	uint32_t at = static_block(w) + 512;

	text_put(w, at + 32, 32, services[index].name, false);
	text_put(w, at + 64, 8, "tcp", false);
	win32_put_u32(w, at, at + 32);
	win32_put_u32(w, at + 4, at + 16);
	win32_put_u32(w, at + 8, __builtin_bswap16(services[index].port));
	win32_put_u32(w, at + 12, at + 64);
	win32_put_u32(w, at + 16, 0);
	return at;
}

static uint32_t get_service_by_name(struct call *call)
{
	const char *name = text_at(call->w, arg(call, 0), false);

	for (size_t i = 0; i < sizeof services / sizeof *services; i++)
		if (strcasecmp(services[i].name, name) == 0)
			return put_service(call->w, i);
	return fail(call, 11004, 0);
}

static uint32_t get_service_by_port(struct call *call)
{
	uint16_t port = __builtin_bswap16((uint16_t)arg(call, 0));

	for (size_t i = 0; i < sizeof services / sizeof *services; i++)
		if (services[i].port == port)
			return put_service(call->w, i);
	return fail(call, 11004, 0);
}

static uint32_t get_protocol(struct call *call)
{
	uint32_t at = static_block(call->w) + 640;
	const char *name = text_at(call->w, arg(call, 0), false);
	uint32_t number = strcasecmp(name, "udp") == 0 ? 17 : strcasecmp(name, "icmp") == 0 ? 1 : 6;

	text_put(call->w, at + 32, 16, name, false);
	win32_put_u32(call->w, at, at + 32);
	win32_put_u32(call->w, at + 4, at + 16);
	win32_put_u32(call->w, at + 8, number);
	win32_put_u32(call->w, at + 16, 0);
	return at;
}

/* struct addrinfo with one IPv4 address behind it */
static uint32_t get_address_info(struct call *call)
{
	struct win32 *w = call->w;
	const char *name = arg(call, 0) ? text_at(w, arg(call, 0), false) : "";
	const char *service = arg(call, 1) ? text_at(w, arg(call, 1), false) : "0";
	struct address address;
	uint32_t at = win32_heap_take(w, 64);

	if (!at || !win32_resolve(w, name, &address))
		return HOST_NOT_FOUND;
	uint32_t hints = arg(call, 2), port = (uint32_t)strtoul(service, NULL, 10);
	for (size_t i = 0; i < sizeof services / sizeof *services; i++)
		if (strcasecmp(services[i].name, service) == 0)
			port = services[i].port;
	win32_put_u32(w, at + 4, 2);
	win32_put_u32(w, at + 8, hints ? win32_u32(w, hints + 8) : 1);
	win32_put_u32(w, at + 12, hints ? win32_u32(w, hints + 12) : 6);
	win32_put_u32(w, at + 16, 16);
	win32_put_u32(w, at + 24, at + 32);
	win32_put_u16(w, at + 32, 2);
	win32_put_u16(w, at + 34, __builtin_bswap16((uint16_t)port));
	win32_put(w, at + 36, address.bytes, 4);
	win32_put_u32(w, arg(call, 3), at);
	return 0;
}

static uint32_t free_address_info(struct call *call)
{
	win32_heap_give(call->w, arg(call, 0));
	return 0;
}

/* --- dnsapi: DNS_RECORD of one answer. Types: A, MX (mail exchange is the name with "mail." before
 * it) --- */

static uint32_t dns_query(struct call *call)
{
	struct win32 *w = call->w;
	bool wide = call->wide || strstr(call->slot->name, "_W") != NULL;
	const char *name = text_at(w, arg(call, 0), wide);
	uint32_t type = arg(call, 1) & 0xffff, record = win32_heap_take(w, 64);
	struct address address;
	char exchange[300];

	if (!record || !win32_resolve(w, name, &address))
		return 9003; /* DNS_ERROR_RCODE_NAME_ERROR */
	win32_put_u32(w, record + 4, text_new(w, name, wide));
	win32_put_u16(w, record + 8, type);
	win32_put_u16(w, record + 10, type == 15 ? 8 : 4);
	win32_put_u32(w, record + 16, 3600);
	if (type == 1) {
		win32_put(w, record + 24, address.bytes, 4);
	} else if (type == 15) {
		snprintf(exchange, sizeof exchange, "mail.%.250s", name);
		win32_put_u32(w, record + 24, text_new(w, exchange, wide));
		win32_put_u16(w, record + 28, 10);
	}
	win32_put_u32(w, arg(call, 4), record);
	return 0;
}

static uint32_t success(struct call *call)
{
	(void)call;
	return 0;
}

/* --- iphlpapi --- */

static uint32_t get_adapters_info(struct call *call)
{
	struct win32 *w = call->w;
	uint32_t at = arg(call, 0), size = win32_u32(w, arg(call, 1));
	static const uint8_t hardware[] = { 0x00, 0x13, 0x72, 0x5a, 0x21, 0x0c };

	win32_put_u32(w, arg(call, 1), 640);
	if (size < 640 || !at)
		return 111; /* ERROR_BUFFER_OVERFLOW */
	win32_fill(w, at, 0, 640);
	text_put(w, at + 8, 260, "{6E8C1A11-4A1F-4B0E-9A61-2A8D9D5B33F0}", false);
	text_put(w, at + 268, 132, "Intel(R) PRO/1000 MT Network Connection", false);
	win32_put_u32(w, at + 400, 6);
	win32_put(w, at + 404, hardware, sizeof hardware);
	win32_put_u32(w, at + 412, 2);
	win32_put_u32(w, at + 416, 6);
	text_put(w, at + 432, 16, win32_machine_address(w->machine), false);
	text_put(w, at + 448, 16, "255.255.255.0", false);
	return 0;
}

const struct api_model win32_names_models[] = { API("htons", 1, swap_short),
						API("ntohs", 1, swap_short),
						API("htonl", 1, swap_long),
						API("ntohl", 1, swap_long),
						API("inet_addr", 1, inet_addr_model),
						API("inet_ntoa", 1, inet_ntoa_model),
						API("gethostbyname", 1, get_host_by_name),
						API("gethostbyaddr", 3, get_host_by_address),
						API("gethostname", 2, get_host_name),
						API("getservbyname", 2, get_service_by_name),
						API("getservbyport", 2, get_service_by_port),
						API("getprotobyname", 1, get_protocol),
						API("getaddrinfo", 4, get_address_info),
						API("freeaddrinfo", 1, free_address_info),
						API_END };

const struct api_model win32_dnsapi_models[] = {
	API("DnsQuery_A", 6, dns_query),    API("DnsQuery_W", 6, dns_query),
	API("DnsQuery_UTF8", 6, dns_query), API("DnsRecordListFree", 2, success),
	API("DnsFree", 2, success),	    API_END
};

const struct api_model win32_iphlpapi_models[] = { API("GetAdaptersInfo", 2, get_adapters_info),
						   API_END };
