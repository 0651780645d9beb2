/* Names, addresses, and who is at home: all by hash of the seed, so that a run can be repeated. */
#include "fakenet/net.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEST_NET_2 0xc6336400u /* 198.51.100.0/24, RFC 5737 */
#define TEST_NET_3 0xcb007100u /* 203.0.113.0/24 */

/* FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), then mixed by Philox so that neighbours do
 * not resemble each other. */
static uint32_t hash(uint64_t seed, const void *data, size_t length)
{
	const uint8_t *byte = data;
	uint64_t value = 0xcbf29ce484222325u ^ seed;
	uint32_t result[4];

	for (size_t i = 0; i < length; i++)
		value = (value ^ byte[i]) * 0x100000001b3u;
	random_philox((uint32_t[4]){ (uint32_t)value, (uint32_t)(value >> 32), 0, 0 },
		      (uint32_t[2]){ (uint32_t)seed, (uint32_t)(seed >> 32) }, result);
	return result[0];
}

/* Letters, digits, hyphen, underscore and dots; labels of 1 to 63, 253 in all (RFC 1035 2.3.4). */
static bool well_formed(const char *name, size_t length)
{
	size_t label = 0;

	if (length == 0 || length > 253)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (name[i] == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if ((!isalnum((unsigned char)name[i]) && name[i] != '-' && name[i] != '_') ||
			   ++label > 63) {
			return false;
		}
	}
	return label > 0;
}

static bool ends_with(const char *name, size_t length, const char *end)
{
	size_t tail = strlen(end);
	return length >= tail && strncasecmp(name + length - tail, end, tail) == 0;
}

static bool remembers(const struct fakenet *net, const char *name, size_t length)
{
	for (size_t i = 0; i < NET_NAMES; i++) {
		const struct name_entry *entry = net->names[i];
		if (entry && strncmp(entry->name, name, length) == 0 && !entry->name[length])
			return true;
	}
	return false;
}

/* For the way back; the oldest is forgotten, and without memory the name. */
static void remember(struct fakenet *net, const char *name, size_t length,
		     const struct address *address)
{
	if (remembers(net, name, length))
		return;
	struct name_entry **place = &net->names[net->name_count++ % NET_NAMES];
	struct name_entry *entry = malloc(sizeof *entry + length + 1);

	free(*place);
	*place = entry;
	if (!entry)
		return;
	memcpy(entry->name, name, length);
	entry->name[length] = '\0';
	entry->address = *address;
}

int net_resolve(struct fakenet *net, const char *name, struct address *address)
{
	char lower[254];
	size_t length = strlen(name);

	if (address_parse(name, address) == 0)
		return 0;
	if (length > 0 && name[length - 1] == '.')
		length--;
	if (!well_formed(name, length) || ends_with(name, length, ".invalid"))
		return ERROR_INPUT;
	if (length == 9 && ends_with(name, length, "localhost")) {
		*address = address_v4(0x7f000001);
		return 0;
	}
	for (size_t i = 0; i < length; i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	uint32_t place = hash(net->config.seed, lower, length) % 508;
	*address = address_v4((place < 254 ? TEST_NET_2 : TEST_NET_3 - 254) + 1 + place);
	remember(net, lower, length, address);
	return 0;
}

char *net_name_of(const struct fakenet *net, const struct address *address, char *text, size_t size)
{
	for (size_t i = 0; i < NET_NAMES; i++) {
		const struct name_entry *entry = net->names[i];
		if (entry && address_equal(&entry->address, address)) {
			snprintf(text, size, "%s", entry->name);
			return text;
		}
	}
	snprintf(text, size, "host%u.example", (unsigned)(address_to_v4(address) & 0xffff));
	return text;
}

static bool in_pseudo_internet(const struct address *address)
{
	uint32_t network = address_to_v4(address) & 0xffffff00u;
	return network == TEST_NET_2 || network == TEST_NET_3;
}

/* Services that worms look for by address, hardly ever by name. */
static bool is_scanned_port(uint16_t port)
{
	switch (port) {
	case 135:  /* RPC endpoint mapper */
	case 137:  /* NetBIOS names */
	case 139:  /* NetBIOS sessions */
	case 445:  /* SMB */
	case 1025: /* the first RPC service */
	case 1433: /* SQL Server */
	case 1434: /* SQL Server resolution */
	case 3389: /* remote desktop */
	case 5000: /* UPnP */ return true;
	default: return false;
	}
}

static bool is_known_stranger(struct fakenet *net, const struct address *address)
{
	for (size_t i = 0; i < net->stranger_count; i++) {
		if (address_equal(&net->strangers[i], address))
			return true;
	}
	if (net->stranger_count == NET_STRANGERS)
		return false;
	net->strangers[net->stranger_count++] = *address;
	return true;
}

bool net_answers(struct fakenet *net, const struct address *address, uint16_t port)
{
	if (in_pseudo_internet(address))
		return true;
	if (!is_scanned_port(port) && is_known_stranger(net, address))
		return true;
	if (net->config.live_share == FAKENET_NOBODY)
		return false;
	return (hash(net->config.seed, address->bytes, sizeof address->bytes) >> 16) <
	       net->config.live_share;
}
