/* The role "live" and the side of it that started it.
 *
 * The role opens its packet sockets, gives up capabilities, confines itself, and only then reads
 * the first frame. */
#include "pipeline/live.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>

#include "sandbox/sandbox.h"

#define TICK_MS 50

/* --- in the role --- */

static int read_live(const json_t *object, struct pipeline_live *live)
{
	json_int_t readers, packets, milliseconds, ring, slots, bytes;

	if (json_unpack((json_t *)(uintptr_t)object, "{s:s, s:I, s:I, s:I, s:I, s:I, s:I}",
			"interface", &live->interface, "readers", &readers, "packets", &packets,
			"milliseconds", &milliseconds, "ring", &ring, "slots", &slots, "bytes",
			&bytes) < 0)
		return ERROR_INTERNAL;
	live->readers = readers > 0 ? (unsigned)readers : 1;
	live->packets = (uint64_t)packets;
	live->milliseconds = (uint64_t)milliseconds;
	live->ring = (size_t)ring;
	live->slots = (size_t)slots;
	live->bytes = (size_t)bytes;
	return live->readers <= READERS_MOST ? 0 : ERROR_INTERNAL;
}

/* The packet sockets are open; nothing that root may do is needed any more. */
static int drop_capabilities(struct error *error)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capset, &header, none) < 0)
		return error_system(error, NULL, "cannot give up capabilities");
	return 0;
}

static int serve_live(int channel, const json_t *kept, struct error *outcome)
{
	struct watch watch = { .channel = channel };
	struct pipeline_sink sink = case_channel_sink(&watch.channel);
	struct pipeline_options options;
	int result = read_live(json_object_get(kept, "live"), &watch.options);

	if (result == 0)
		result = case_options_read(kept, &options);
	if (result < 0)
		return error_set(outcome, result, NULL, "options of the live role are broken");
	result = watch_open(&watch, outcome);
	if (result == 0)
		result = drop_capabilities(outcome);
	if (result == 0)
		result = case_confine(NULL, 0, outcome);
	if (result == 0)
		result = pipeline_new(&options, &sink, &watch.pipeline, outcome);
	if (result == 0)
		result = watch_run(&watch, outcome);
	for (unsigned i = 0; i < watch.options.readers; i++)
		packet_close(watch.sources[i]);
	pipeline_free(watch.pipeline);
	return result;
}

int pipeline_live_role(void)
{
	int channel = sandbox_role_channel(), descriptor, status = 3;
	struct error outcome = { 0 };
	enum sandbox_message type;
	struct buffer body;
	json_t *kept = NULL;

	/* Ctrl-C reaches the whole group; the parent says when to stop. */
	signal(SIGINT, SIG_IGN);
	buffer_init(&body, SANDBOX_MESSAGE_LIMIT);
	if (channel >= 0 && sandbox_receive(channel, &type, &body, &descriptor, NULL) == 1 &&
	    type == SANDBOX_OPTIONS && (kept = json_loads(buffer_text(&body), 0, NULL))) {
		outcome.code = serve_live(channel, kept, &outcome);
		status = sandbox_send_outcome(channel, SANDBOX_DONE, &outcome) < 0 ? 3 : 0;
	}
	json_decref(kept);
	buffer_fini(&body);
	return status;
}

/* --- in the parent --- */

static int send_live_options(int channel, const struct pipeline_options *options,
			     const struct pipeline_live *live, struct error *error)
{
	json_t *object = case_options_json(options);

	json_object_set_new(object, "live",
			    json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "interface",
				      live->interface, "readers", (json_int_t)live->readers,
				      "packets", (json_int_t)live->packets, "milliseconds",
				      (json_int_t)live->milliseconds, "ring",
				      (json_int_t)live->ring, "slots", (json_int_t)live->slots,
				      "bytes", (json_int_t)live->bytes));
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	int result = text ? sandbox_send(channel, SANDBOX_OPTIONS, bytes_of(text), -1, error)
			  : error_set(error, ERROR_MEMORY, NULL, "no memory for options");
	free(text);
	json_decref(object);
	return result;
}

/* 1: *outcome is how it ended; 0: the role died; negative: the work has to stop. */
static int follow_live(int channel, const struct pipeline_sink *sink, bool (*stop)(void *context),
		       struct error *outcome, struct error *error)
{
	struct pollfd wait = { .fd = channel, .events = POLLIN };
	enum sandbox_message type;
	struct buffer body;
	int descriptor, result = 0;
	bool answered = false, told = false;

	buffer_init(&body, SANDBOX_MESSAGE_LIMIT);
	while (result == 0 && !answered) {
		if (!told && stop && stop(sink->context)) {
			/* A role that is gone is noticed below. */
			int sent = sandbox_send(channel, SANDBOX_FINISH, bytes_of(""), -1, NULL);
			(void)sent;
			told = true;
		}
		if (poll(&wait, 1, TICK_MS) <= 0)
			continue;
		if (sandbox_receive(channel, &type, &body, &descriptor, NULL) != 1)
			break;
		if (descriptor >= 0)
			close(descriptor);
		answered = type == SANDBOX_DONE;
		if (answered)
			sandbox_read_outcome(&body, outcome);
		else
			result = case_deliver(sink, type, &body, error);
		if (result > 0)
			result = 0;
	}
	buffer_fini(&body);
	return result < 0 ? result : answered;
}

int pipeline_live_run(const struct pipeline_options *options, const struct pipeline_live *live,
		      const struct pipeline_sink *sink, bool (*stop)(void *context),
		      struct error *error)
{
	struct error outcome = { 0 }, ending = { 0 };
	struct sandbox_child child;

	if (live->readers > READERS_MOST)
		return error_set(error, ERROR_USAGE, live->interface, "at most %d readers",
				 READERS_MOST);
	int result = sandbox_start("live", &child, error);
	if (result < 0)
		return result;
	result = send_live_options(child.channel, options, live, error);
	int answered =
		result < 0 ? result : follow_live(child.channel, sink, stop, &outcome, error);
	int ended = sandbox_stop(&child, &ending);
	if (answered < 0)
		return answered;
	if (answered == 0)
		return error_set(error, ended < 0 ? ending.code : ERROR_INTERNAL, live->interface,
				 "%s", ended < 0 ? ending.message : "the live process ended early");
	if (outcome.code && error)
		*error = outcome;
	return outcome.code;
}
