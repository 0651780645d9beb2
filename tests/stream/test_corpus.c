/* Real captures: what is rebuilt equals what tshark follows, byte for byte, and the Honeynet
 * intrusion is told as it went. Skipped where the corpus (KENBI_CORPUS or
 * $KENBI_SOURCE/../shared/corpus) or tshark is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream/stream.h"

#define SESSIONS_MOST 64

struct kept {
	struct address address[STREAM_SIDES];
	uint16_t port[STREAM_SIDES];
	struct buffer data[STREAM_SIDES];
	enum stream_end end;
	struct stream_description description;
};

struct case_of_capture {
	struct kept kept[SESSIONS_MOST];
	size_t count;
};

static int keep(void *context, const struct stream_session *session)
{
	struct case_of_capture *capture = context;
	assert_true(capture->count < SESSIONS_MOST);
	struct kept *kept = &capture->kept[capture->count++];
	struct stream_session own = *session; /* files of a description lie in what was said */
	kept->end = session->end;
	for (int side = 0; side < STREAM_SIDES; side++) {
		const struct stream_half *half = &session->half[side];
		kept->address[side] = half->address;
		kept->port[side] = half->port;
		buffer_init(&kept->data[side], SIZE_MAX);
		assert_int_equal(
			buffer_append(&kept->data[side], half->data.data, half->data.length), 0);
		own.half[side].data = buffer_bytes(&kept->data[side]);
	}
	assert_int_equal(stream_describe(&own, &kept->description), 0);
	return 0;
}

static struct case_of_capture *read_capture(const char *path)
{
	struct case_of_capture *capture = calloc(1, sizeof *capture);
	struct stream_limits limits = stream_default_limits();
	struct stream_table *table = stream_new(&limits, keep, capture);
	struct packet_source *source;
	struct packet packet;
	struct error error;
	assert_int_equal(packet_open(open(path, O_RDONLY), path, &source, &error), 0);
	int status;
	while ((status = packet_next(source, &packet, &error)) == 1)
		assert_int_equal(stream_push(table, &packet), 0);
	assert_int_equal(status, 0);
	assert_int_equal(stream_flush(table), 0);
	stream_free(table);
	packet_close(source);
	return capture;
}

static void free_capture(struct case_of_capture *capture)
{
	for (size_t i = 0; i < capture->count; i++) {
		for (int side = 0; side < STREAM_SIDES; side++)
			buffer_fini(&capture->kept[i].data[side]);
		stream_description_fini(&capture->kept[i].description);
	}
	free(capture);
}

static bool captures_folder(char *path, size_t size)
{
	const char *corpus = getenv("KENBI_CORPUS");
	const char *source = getenv("KENBI_SOURCE");
	if (corpus)
		snprintf(path, size, "%s/captures", corpus);
	else
		snprintf(path, size, "%s/../shared/corpus/captures", source ? source : ".");
	return access(path, R_OK) == 0;
}

/* --- what tshark follows --- */

static void parse_end(const char *text, struct address *address, uint16_t *port)
{
	char copy[100];
	snprintf(copy, sizeof copy, "%s", text);
	copy[strcspn(copy, "\r\n")] = 0;
	char *colon = strrchr(copy, ':');
	assert_non_null(colon);
	*colon = 0;
	assert_int_equal(address_parse(copy, address), 0);
	*port = (uint16_t)atoi(colon + 1);
}

static void append_hex(struct buffer *buffer, const char *text)
{
	unsigned byte;
	while (sscanf(text, "%2x", &byte) == 1) {
		uint8_t value = (uint8_t)byte;
		assert_int_equal(buffer_append(buffer, &value, 1), 0);
		text += 2;
	}
}

/* Follows stream `number`; the node that speaks in lines with a tab is node 1. False: no such
 * stream. */
static bool follow(const char *path, unsigned number, struct kept *followed)
{
	char command[4096];
	char *line = NULL;
	size_t room = 0;
	bool found = false;

	snprintf(command, sizeof command, "tshark -r '%s' -q -z follow,tcp,raw,%u 2>/dev/null",
		 path, number);
	FILE *output = popen(command, "r");
	assert_non_null(output);
	for (int side = 0; side < STREAM_SIDES; side++)
		buffer_init(&followed->data[side], SIZE_MAX);
	while (getline(&line, &room, output) >= 0) {
		if (strncmp(line, "Node ", 5) == 0) {
			int node = line[5] - '0';
			if (strncmp(line + 8, ":0", 2) == 0)
				break;
			parse_end(line + 8, &followed->address[node], &followed->port[node]);
			found = followed->port[node] != 0;
		} else if (line[0] == '\t') {
			append_hex(&followed->data[1], line + 1);
		} else if (strspn(line, "0123456789abcdef") > 0) {
			append_hex(&followed->data[0], line);
		}
	}
	free(line);
	pclose(output);
	return found;
}

/* tshark also shows what was sent behind a reset and never acknowledged; the receiver did not read
 * that. */
static void assert_same(const struct kept *ours, const struct kept *theirs)
{
	bool turned = !(ours->port[0] == theirs->port[0] &&
			address_equal(&ours->address[0], &theirs->address[0]));
	for (int side = 0; side < STREAM_SIDES; side++) {
		const struct buffer *mine = &ours->data[side];
		const struct buffer *other = &theirs->data[turned ? !side : side];
		if (ours->end != STREAM_END_RST)
			assert_int_equal(mine->length, other->length);
		assert_true(bytes_equal(buffer_bytes(mine),
					bytes_slice(buffer_bytes(other), 0, mine->length)));
	}
}

static const struct kept *find(const struct case_of_capture *capture, const struct kept *wanted)
{
	for (size_t i = 0; i < capture->count; i++) {
		const struct kept *kept = &capture->kept[i];
		for (int side = 0; side < STREAM_SIDES; side++)
			if (kept->port[side] == wanted->port[0] &&
			    kept->port[!side] == wanted->port[1] &&
			    address_equal(&kept->address[side], &wanted->address[0]))
				return kept;
	}
	return NULL;
}

static void is_what_tshark_follows(void **state)
{
	(void)state;
	char folder[1024], path[2048];
	if (!captures_folder(folder, sizeof folder) ||
	    system("command -v tshark >/dev/null 2>&1") != 0) {
		print_message("skipped: no corpus of captures, or no tshark\n");
		skip();
	}
	DIR *captures = opendir(folder);
	unsigned compared = 0;
	for (struct dirent *entry; (entry = readdir(captures));) {
		size_t length = strlen(entry->d_name);
		if (length < 5 || strcmp(entry->d_name + length - 5, ".pcap") != 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		struct case_of_capture *ours = read_capture(path);
		for (unsigned number = 0; number < ours->count; number++) {
			struct kept theirs = { .port = { 0 } };
			if (follow(path, number, &theirs)) {
				const struct kept *mine = find(ours, &theirs);
				assert_non_null(mine);
				assert_same(mine, &theirs);
				compared++;
			}
			for (int side = 0; side < STREAM_SIDES; side++)
				buffer_fini(&theirs.data[side]);
		}
		free_capture(ours);
	}
	closedir(captures);
	print_message("%u conversations are what tshark follows\n", compared);
	assert_true(compared > 0);
}

/* --- the story of the Honeynet capture --- */

static const struct kept *session_to(const struct case_of_capture *capture, uint16_t port,
				     const char *protocol)
{
	for (size_t i = 0; i < capture->count; i++)
		if (capture->kept[i].port[STREAM_SERVER] == port &&
		    strcmp(capture->kept[i].description.protocol, protocol) == 0)
			return &capture->kept[i];
	return NULL;
}

static bool said(const struct kept *kept, const char *what, const char *part)
{
	for (size_t i = 0; kept && i < kept->description.utterance_count; i++)
		if (strcmp(kept->description.utterances[i].what, what) == 0 &&
		    strstr(kept->description.utterances[i].text, part))
			return true;
	return false;
}

static void the_honeynet_intrusion(void **state)
{
	(void)state;
	char folder[1024], path[2048];
	bool there = captures_folder(folder, sizeof folder);
	snprintf(path, sizeof path, "%s/honeynet2010-1_lsass_ms04-011.pcap", folder);
	if (!there || access(path, R_OK) != 0) {
		print_message("skipped: no corpus of captures\n");
		skip();
	}
	struct case_of_capture *capture = read_capture(path);
	assert_int_equal(capture->count, 5);

	const struct kept *exploit = session_to(capture, 445, "smb");
	assert_true(said(exploit, "bind", "3919286a-b10c-11d0-9ba8-00c04fd92ef5"));
	assert_true(said(exploit, "call", "DsRolerUpgradeDownlevelServer"));
	assert_non_null(strstr(exploit->description.target, "MS04-011"));
	assert_int_equal(exploit->description.conformance, STREAM_DEVIATES);

	assert_true(said(session_to(capture, 1957, "shell"), "command", "ftp -n -s:o"));

	const struct kept *control = session_to(capture, 8884, "ftp");
	assert_true(said(control, "command", "RETR ssms.exe"));
	assert_int_equal(control->description.announcement_count, 1);
	const struct stream_announcement *announced = control->description.announcements;
	assert_string_equal(announced->name, "ssms.exe");

	const struct kept *data = session_to(capture, announced->port, "pe-transfer");
	assert_non_null(data);
	assert_true(address_equal(&data->address[STREAM_SERVER], &announced->address));
	assert_int_equal(data->description.file_count, 1);
	assert_int_equal(data->description.files[0].content.length, 158720);
	assert_string_equal(data->description.files[0].media, "pe");
	assert_true(data->description.files[0].complete);
	free_capture(capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(is_what_tshark_follows),
					    cmocka_unit_test(the_honeynet_intrusion) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
