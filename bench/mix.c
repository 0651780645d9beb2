#include "mix.h"

#include <stdlib.h>
#include <unistd.h>

#include "mix_content.h"

enum {
	TOGETHER = 64,
	SEGMENT = 1460,
	TURNS = 64,
	PROGRAMS = 8,
	POOL = 48, /* packed bodies made once */
	TALK_MOST = 4 << 20,
	SMB_WRITE = 65536,
	TLS_RECORD = 16384,
};

static const char *const sort_names[SORTS] = {
	"pictures, sound, video", "pages", "packed pages", "archives", "programs", "mail",
	"copied files",		  "TLS",
};

const char *sort_name(enum sort sort)
{
	return sort_names[sort];
}

/* Shares of all bytes, in thousandths. */
static const unsigned shares[2][SORTS] = {
	[MIX_CLEAR] = { 400, 50, 150, 150, 50, 100, 100, 0 },
	[MIX_CAMPUS] = { 100, 12, 38, 37, 13, 25, 25, 750 },
};

static struct buffer programs[PROGRAMS], pages[POOL], archives[POOL];

static void prepare(void)
{
	static const char *const paths[PROGRAMS] = { "/bin/cat", "/bin/sed",  "/bin/ls",
						     "/bin/cp",	 "/bin/grep", "/usr/bin/find",
						     "/bin/tar", "/bin/bash" };
	struct error error;

	noise_begin();
	if (programs[0].length)
		return;
	for (size_t i = 0; i < PROGRAMS; i++)
		if (file_read(paths[i], 1 << 26, &programs[i], &error) < 0)
			give_up(paths[i]);
	for (size_t i = 0; i < POOL; i++) {
		struct buffer page;
		buffer_init(&page, 1 << 20);
		put_text(&page, between(16 << 10, 256 << 10));
		buffer_init(&pages[i], 1 << 20);
		put_gzip(&pages[i], buffer_bytes(&page));
		buffer_fini(&page);
		struct bytes program = buffer_bytes(&programs[i % PROGRAMS]);
		buffer_init(&archives[i], TALK_MOST);
		if (i % 2)
			put_7z(&archives[i], program.length / 3);
		else
			put_gzip(&archives[i], program);
	}
}

static void put_buffer(struct buffer *into, const struct buffer *from)
{
	put(into, from->data, from->length);
}

/* --- conversations --- */

struct turn {
	int side;
	size_t end; /* of what that side has said by then */
};

struct talk {
	struct endpoint ends[2]; /* client, server */
	struct buffer said[2];
	size_t sent[2];
	struct turn turns[TURNS];
	size_t turn_count, turn;
	bool open;
};

/* What was put into that side since its last turn is one turn. */
static void turn(struct talk *talk, int side)
{
	if (talk->turn_count == TURNS)
		give_up("too many turns");
	talk->turns[talk->turn_count++] = (struct turn){ side, talk->said[side].length };
}

static void tell(struct talk *talk, int side, const char *text)
{
	put(&talk->said[side], text, strlen(text));
	turn(talk, side);
}

static void web(struct talk *talk, const char *type, const char *coding, const struct buffer *body)
{
	buffer_printf(&talk->said[0],
		      "GET /item%u HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: Mozilla/5.0\r\n"
		      "Accept: */*\r\nAccept-Encoding: gzip\r\n\r\n",
		      noise());
	turn(talk, 0);
	buffer_printf(&talk->said[1],
		      "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%sContent-Length: %zu\r\n\r\n", type,
		      coding, body->length);
	put_buffer(&talk->said[1], body);
	turn(talk, 1);
}

static void mail(struct talk *talk, const struct buffer *body)
{
	talk->ends[1].port = 25;
	tell(talk, 1, "220 mail.example.org ESMTP\r\n");
	tell(talk, 0, "EHLO home.example.org\r\n");
	tell(talk, 1, "250 hello\r\n");
	tell(talk, 0, "MAIL FROM:<a@example.org>\r\n");
	tell(talk, 1, "250 ok\r\n");
	tell(talk, 0, "RCPT TO:<b@example.org>\r\n");
	tell(talk, 1, "250 ok\r\n");
	tell(talk, 0, "DATA\r\n");
	tell(talk, 1, "354 go on\r\n");
	put(&talk->said[0], "Subject: report\r\nMIME-Version: 1.0\r\n", 36);
	buffer_append_text(&talk->said[0], "Content-Type: image/jpeg; name=\"report.jpg\"\r\n"
					   "Content-Transfer-Encoding: base64\r\n\r\n");
	put_base64(&talk->said[0], buffer_bytes(body));
	tell(talk, 0, "\r\n.\r\n");
	tell(talk, 1, "250 taken\r\n");
	tell(talk, 0, "QUIT\r\n");
	tell(talk, 1, "221 bye\r\n");
}

static void set_le(uint8_t *at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* [MS-SMB2] 2.2.1.2, in its frame ([MS-SMB2] 2.1): the header of a message with `body` bytes. */
static void put_smb(struct buffer *into, uint16_t command, uint64_t message, bool response,
		    size_t body)
{
	uint8_t header[68] = { 0 };

	put32(header, (uint32_t)(64 + body));
	memcpy(header + 4, "\xfeSMB\x40", 5);
	set_le(header + 4 + 12, command, 2);
	set_le(header + 4 + 14, 1, 2);
	set_le(header + 4 + 16, response, 4);
	set_le(header + 4 + 24, message, 8);
	set_le(header + 4 + 36, 5, 4);
	set_le(header + 4 + 40, 9, 8);
	put(into, header, sizeof header);
}

/* CREATE (2.2.13, 2.2.14), WRITE (2.2.21, 2.2.22) and CLOSE (2.2.15) of one file. */
static void copy_smb(struct talk *talk, const struct buffer *body)
{
	static const uint8_t name[] = "r\0e\0p\0o\0r\0t";
	uint8_t create[56] = { 57 }, created[88] = { 89 }, write[48] = { 49 }, written[16] = { 17 };
	uint8_t end[24] = { 24 }, ended[60] = { 60 };
	uint64_t message = 4;

	talk->ends[1].port = 445;
	set_le(create + 44, 64 + 56, 2);
	set_le(create + 46, sizeof name, 2);
	put_smb(&talk->said[0], 5, message, false, sizeof create + sizeof name);
	put(&talk->said[0], create, sizeof create);
	put(&talk->said[0], name, sizeof name);
	turn(talk, 0);
	created[64] = write[16] = end[8] = 7;
	put_smb(&talk->said[1], 5, message++, true, sizeof created);
	put(&talk->said[1], created, sizeof created);
	turn(talk, 1);
	for (size_t at = 0; at < body->length; at += SMB_WRITE) {
		struct bytes part = bytes_slice(buffer_bytes(body), at, SMB_WRITE);
		set_le(write + 2, 64 + 48, 2);
		set_le(write + 4, part.length, 4);
		set_le(write + 8, at, 8);
		put_smb(&talk->said[0], 9, message, false, sizeof write + part.length);
		put(&talk->said[0], write, sizeof write);
		put(&talk->said[0], part.data, part.length);
		turn(talk, 0);
		put_smb(&talk->said[1], 9, message++, true, sizeof written);
		set_le(written + 4, part.length, 4);
		put(&talk->said[1], written, sizeof written);
		turn(talk, 1);
	}
	put_smb(&talk->said[0], 6, message, false, sizeof end);
	put(&talk->said[0], end, sizeof end);
	turn(talk, 0);
	put_smb(&talk->said[1], 6, message, true, sizeof ended);
	put(&talk->said[1], ended, sizeof ended);
	turn(talk, 1);
}

/* The data connection of FTP: the file, and nothing else. */
static void copy_ftp(struct talk *talk, const struct buffer *body)
{
	talk->ends[1].port = 20;
	put_buffer(&talk->said[1], body);
	turn(talk, 1);
}

static void put_record(struct buffer *into, uint8_t type, size_t length)
{
	uint8_t header[] = { type, 3, 3, (uint8_t)(length >> 8), (uint8_t)length };

	put(into, header, sizeof header);
}

static void tls(struct talk *talk, size_t length)
{
	static const uint8_t name[] = "\0\0\0\x14\0\x12\0\0\x0fwww.example.org";
	static const uint8_t chosen[] = "\0\x06\0\x2b\0\x02\3\4";
	uint8_t ask[4 + 34 + 33 + 4 + 2 + 2] = { 1, 0, 0, sizeof ask - 4 + 24, 3, 3 };
	uint8_t answer[4 + 34 + 33 + 3] = { 2, 0, 0, sizeof answer - 4 + 8, 3, 3 };

	talk->ends[1].port = 443;
	ask[38] = answer[38] = 32;
	memcpy(ask + 71, "\0\2\x13\1\1\0\0\x18", 8);
	memcpy(answer + 71, "\x13\1\0", 3);
	put_record(&talk->said[0], 22, sizeof ask + 24);
	put(&talk->said[0], ask, sizeof ask);
	put(&talk->said[0], name, 24);
	turn(talk, 0);
	put_record(&talk->said[1], 22, sizeof answer + 8);
	put(&talk->said[1], answer, sizeof answer);
	put(&talk->said[1], chosen, 8);
	put_record(&talk->said[1], 20, 1);
	put(&talk->said[1], "\1", 1);
	put_record(&talk->said[1], 23, 3000); /* certificate and what belongs to it */
	put_noise(&talk->said[1], 3000);
	turn(talk, 1);
	put_record(&talk->said[0], 20, 1);
	put(&talk->said[0], "\1", 1);
	put_record(&talk->said[0], 23, 500);
	put_noise(&talk->said[0], 500);
	turn(talk, 0);
	for (size_t at = 0; at < length; at += TLS_RECORD) {
		size_t part = length - at < TLS_RECORD ? length - at : TLS_RECORD;
		put_record(&talk->said[1], 23, part);
		put_noise(&talk->said[1], part);
	}
	turn(talk, 1);
}

/* execve("/bin/sh") as in tests/vectors/linux_execve.asm; `key`: behind a loop that decodes it in
 * place. */
static void put_code(struct buffer *into, uint8_t key)
{
	static const uint8_t code[] =
		"\x31\xc0\x50\x68//sh\x68/bin\x89\xe3\x50\x53\x89\xe1\x99\xb0\x0b\xcd\x80";
	enum { LENGTH = sizeof code - 1 };
	/* jmp call; pop esi; xor ecx, ecx; mov cl, LENGTH; xor byte [esi], key; inc esi; loop; jmp
	 * code; call pop */
	uint8_t decoder[] = { 0xeb, 0x0d, 0x5e, 0x31, 0xc9, 0xb1, LENGTH, 0x80, 0x36, key,
			      0x46, 0xe2, 0xfa, 0xeb, 0x05, 0xe8, 0xee,	  0xff, 0xff, 0xff };
	uint8_t hidden[LENGTH];

	for (size_t i = 0; i < LENGTH; i++)
		hidden[i] = code[i] ^ key;
	if (key)
		put(into, decoder, sizeof decoder);
	put(into, hidden, LENGTH);
}

static void attack(struct talk *talk, uint8_t key)
{
	talk->ends[1].port = 143;
	tell(talk, 1, "* OK IMAP4rev1 ready\r\n");
	buffer_append_text(&talk->said[0], "a LOGIN ");
	for (size_t i = 0; i < 600; i++)
		put(&talk->said[0], "\x90", 1);
	put_code(&talk->said[0], key);
	put_text(&talk->said[0], 200);
	turn(talk, 0);
}

/* --- which comes next --- */

static uint64_t given[SORTS], all_given;

static enum sort neediest(enum mix mix)
{
	enum sort best = SORT_PICTURE;
	double most = -1e18;

	for (enum sort sort = 0; sort < SORTS; sort++) {
		double need =
			(double)shares[mix][sort] / 1000 * (double)all_given - (double)given[sort];
		if (shares[mix][sort] && need > most) {
			most = need;
			best = sort;
		}
	}
	return best;
}

static void copy(struct talk *talk, struct buffer *body)
{
	unsigned which = noise() % 8;

	if (which < 4) {
		size_t picture = between(48 << 10, 300 << 10);
		put_document(body, between(64 << 10, 400 << 10), picture);
	} else if (which < 6) {
		put_text(body, between(32 << 10, 200 << 10));
	} else {
		put_buffer(body, &programs[noise() % (PROGRAMS - 1)]);
	}
	if (noise() % 2)
		copy_smb(talk, body);
	else
		copy_ftp(talk, body);
}

static void converse(struct talk *talk, enum sort sort)
{
	struct buffer body;

	buffer_init(&body, TALK_MOST);
	switch (sort) {
	case SORT_PICTURE:
		put_picture(&body, between(8 << 10, 300 << 10));
		web(talk, "image/jpeg", "", &body);
		break;
	case SORT_PAGE:
		put_text(&body, between(8 << 10, 128 << 10));
		web(talk, "text/html", "", &body);
		break;
	case SORT_PACKED_PAGE:
		web(talk, "text/html", "Content-Encoding: gzip\r\n", &pages[noise() % POOL]);
		break;
	case SORT_ARCHIVE: web(talk, "application/gzip", "", &archives[noise() % POOL]); break;
	case SORT_PROGRAM:
		web(talk, "application/octet-stream", "", &programs[noise() % PROGRAMS]);
		break;
	case SORT_MAIL:
		put_picture(&body, between(16 << 10, 200 << 10));
		mail(talk, &body);
		break;
	case SORT_COPY: copy(talk, &body); break;
	default: tls(talk, between(4 << 10, 200 << 10)); break;
	}
	buffer_fini(&body);
	given[sort] += talk->said[0].length + talk->said[1].length;
	all_given += talk->said[0].length + talk->said[1].length;
}

/* --- packets --- */

struct plan {
	enum mix mix;
	enum sort only; /* SORTS: the mix */
};

static void begin(struct writer *writer, struct talk *talk, uint32_t number,
		  const struct plan *plan)
{
	*talk = (struct talk){ .open = true };
	buffer_init(&talk->said[0], 2 * TALK_MOST);
	buffer_init(&talk->said[1], 2 * TALK_MOST);
	talk->ends[0] = (struct endpoint){ 0x0a000000u + number / 50000,
					   (uint16_t)(1024 + number % 50000), noise() };
	talk->ends[1] = (struct endpoint){ 0xc6336400u + noise() % 250, 80, noise() };
	if (plan->only != SORTS)
		converse(talk, plan->only);
	else if (number % MIX_ATTACK_EVERY == MIX_ATTACK_EVERY / 2)
		attack(talk, number / MIX_ATTACK_EVERY % 2 ? (uint8_t)(1 + noise() % 255) : 0);
	else
		converse(talk, neediest(plan->mix));
	handshake(writer, &talk->ends[0], &talk->ends[1]);
}

/* One segment of the present turn, else the end. */
static void go_on(struct writer *writer, struct talk *talk)
{
	while (talk->turn < talk->turn_count) {
		const struct turn *now = &talk->turns[talk->turn];
		int side = now->side;
		size_t left = now->end - talk->sent[side];
		size_t length = left < SEGMENT ? left : SEGMENT;
		if (left == 0) {
			talk->turn++;
			continue;
		}
		say(writer, &talk->ends[side], &talk->ends[!side], 24,
		    talk->said[side].data + talk->sent[side], length);
		talk->sent[side] += length;
		if (talk->sent[side] / SEGMENT % 2 == 0)
			put_frame(writer, &talk->ends[!side], &talk->ends[side], 16, nothing, 0);
		return;
	}
	goodbye(writer, &talk->ends[0], &talk->ends[1]);
	for (int side = 0; side < 2; side++)
		buffer_fini(&talk->said[side]);
	talk->open = false;
}

static struct writer write_plan(const char *path, const struct plan *plan, uint32_t conversations)
{
	static struct talk talks[TOGETHER];
	struct writer writer = writer_open(path);
	uint32_t number = 0, open = TOGETHER;

	if (!writer.file)
		give_up(path);
	prepare();
	memset(given, 0, sizeof given);
	all_given = 0;
	while (open) {
		open = 0;
		for (size_t i = 0; i < TOGETHER; i++) {
			if (!talks[i].open && number < conversations)
				begin(&writer, &talks[i], number++, plan);
			else if (talks[i].open)
				go_on(&writer, &talks[i]);
			open += talks[i].open;
		}
	}
	FILE *file = writer.file;
	writer.file = NULL;
	if (fclose(file) != 0)
		give_up("no room");
	return writer;
}

struct writer mix_write(const char *path, enum mix mix, uint32_t conversations)
{
	return write_plan(path, &(struct plan){ mix, SORTS }, conversations);
}

struct writer mix_write_sort(const char *path, enum sort sort, uint32_t conversations)
{
	return write_plan(path, &(struct plan){ MIX_CLEAR, sort }, conversations);
}
