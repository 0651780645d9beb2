/* Plain files: searched for shellcode through a window, so that a file of any size takes bounded
 * memory. */
#include "pipeline/case.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WINDOW	 (16u << 20)
#define OVERLAP	 (64u << 10) /* the next window begins this much before the end of the last */
#define FINDINGS 64	     /* most pieces of shellcode told of one window */

static json_t *evidence_words(unsigned evidence)
{
	json_t *words = json_array();
	const char *name;

	for (unsigned i = 0; (name = shellcode_evidence_name(i)); i++)
		if (evidence & 1u << i)
			json_array_append_new(words, json_string(name));
	return words;
}

/* How a payload that spreads by itself chooses its victims; null: it does not scan. Returned owned.
 */
static json_t *scan_of(const struct shellcode_finding *finding)
{
	json_t *scan = finding->trace
			       ? remedy_scan_pattern(finding->trace, trace_log_self(finding->trace))
			       : NULL;

	return scan ? scan : json_null();
}

static json_t *finding_record(struct pipeline *pipeline, const struct shellcode_finding *finding,
			      int64_t id, uint64_t base, const struct stream_session *session,
			      enum stream_side side, int64_t session_id, const char *code)
{
	return json_pack(
		"{s:s, s:I, s:s, s:o, s:o, s:o, s:s, s:I, s:I, s:s, s:s, s:o, s:s, s:s, s:O, s:o, "
		"s:I, s:s, s:O*}",
		"type", "shellcode", "id", (json_int_t)id, "file", pipeline->file, "session",
		session_id ? json_integer(session_id) : json_null(), "flow",
		session ? case_flow(session) : json_null(), "side",
		session ? json_string(side == STREAM_CLIENT ? "client" : "server") : json_null(),
		"view", finding->view, "offset", (json_int_t)(base + finding->offset), "entry",
		(json_int_t)(base + finding->entry), "arch", finding->arch, "os", finding->os,
		"evidence", evidence_words(finding->evidence), "kind", finding->kind, "code", code,
		"actions", finding->actions, "scan", scan_of(finding), "instructions",
		(json_int_t)finding->instructions, "end", finding->end, "listing",
		finding->listing);
}

/* The trace of a kind is kept once: more of the same teach nothing new. */
static bool kind_is_known(const struct pipeline *pipeline, const char *kind)
{
	const struct case_shellcode *known = pipeline->shellcodes.items;

	for (size_t i = 0; i < pipeline->shellcodes.count; i++)
		if (strcmp(known[i].kind, kind) == 0)
			return true;
	return false;
}

static void keep_finding(struct pipeline *pipeline, struct shellcode_finding *finding, int64_t id,
			 int64_t session_id, enum stream_side side, const json_t *scan)
{
	bool known = kind_is_known(pipeline, finding->kind);
	struct case_shellcode *kept = case_list_add(&pipeline->shellcodes, sizeof *kept);

	if (kept) {
		kept->id = id;
		kept->session = session_id;
		kept->side = side;
		memcpy(kept->kind, finding->kind, sizeof kept->kind);
		kept->actions = json_incref(finding->actions);
	}
	struct case_trace *trace = known ? NULL : case_list_add(&pipeline->traces, sizeof *trace);
	if (trace) {
		trace->log = finding->trace;
		finding->trace = NULL;
		trace->scan = json_is_object(scan) ? json_deep_copy(scan) : NULL;
		snprintf(trace->source, sizeof trace->source, "shellcode %lld", (long long)id);
	}
}

/* What attack on which service this was, in the words of behaviour. */
static void tell_wire(struct pipeline *pipeline, const struct shellcode_finding *finding,
		      const struct stream_session *session, enum stream_side side)
{
	struct trace_sink sink = trace_log_sink(pipeline->wire);
	struct trace_event event = { .kind = TRACE_SHELLCODE, .process = 1 };

	event.values[0] = trace_text(finding->kind);
	event.values[1] = trace_text(finding->os);
	event.values[2] = trace_number(session ? session->half[STREAM_SERVER].port : 0);
	event.values[3] = trace_text(finding->arch);
	event.values[4] = trace_text(!session ? "" : side == STREAM_CLIENT ? "client" : "server");
	trace_emit(&sink, &event);
}

static json_t *last_held(const struct pipeline *pipeline)
{
	const json_t *held = pipeline->held_shellcodes;

	return json_array_get(held, json_array_size(held) - 1);
}

int case_take_findings(struct pipeline *pipeline, struct shellcode_finding *findings, size_t count,
		       bool exhausted, const char *code, uint64_t base,
		       const struct stream_session *session, enum stream_side side,
		       int64_t session_id)
{
	for (size_t i = 0; i < count; i++) {
		int64_t id = case_next_id(pipeline, CASE_SHELLCODE);
		json_array_append_new(pipeline->held_shellcodes,
				      finding_record(pipeline, &findings[i], id, base, session,
						     side, session_id, code));
		if (session)
			json_object_set_new(last_held(pipeline), "time",
					    json_real(case_seconds(session->last_ns)));
		if (pipeline->options.stages & PIPELINE_REMEDIES)
			tell_wire(pipeline, &findings[i], session, side);
		if (session)
			case_note_code(pipeline, &findings[i], id, session, side, session_id);
		if (pipeline->options.stages & PIPELINE_REMEDIES)
			keep_finding(pipeline, &findings[i], id, session_id, side,
				     json_object_get(last_held(pipeline), "scan"));
	}
	pipeline->malicious |= count > 0;
	if (!exhausted)
		return 0;
	return case_emit(
		pipeline,
		json_pack("{s:s, s:s, s:s}", "type", "error", "file", pipeline->file, "message",
			  "the search for shellcode reached its budget; some bytes were not "
			  "tried"));
}

/* Searches a window of a file and holds the records. */
static int search_window(struct pipeline *pipeline, struct bytes bytes, uint64_t base,
			 struct error *error)
{
	struct shellcode_finding findings[FINDINGS];
	char code[DIGEST_TEXT_SIZE] = "";
	bool exhausted = false;

	int count = shellcode_scan(pipeline->detector, bytes, (struct bytes){ 0 }, findings,
				   FINDINGS, &exhausted, error);
	if (count < 0)
		return count;
	if (count > 0)
		digest_text(bytes, code);
	int result = case_take_findings(pipeline, findings, (size_t)count, exhausted, code, base,
					NULL, STREAM_CLIENT, 0);
	for (int i = 0; i < count; i++)
		shellcode_finding_fini(&findings[i]);
	return result;
}

static int emit_held(struct pipeline *pipeline)
{
	int result = 0;

	for (size_t i = 0; i < json_array_size(pipeline->held_shellcodes) && result == 0; i++)
		result = case_emit(pipeline,
				   json_incref(json_array_get(pipeline->held_shellcodes, i)));
	json_array_clear(pipeline->held_shellcodes);
	return result;
}

static int search_windows(struct pipeline *pipeline, int descriptor, uint64_t size, uint8_t *window,
			  struct error *error)
{
	uint64_t base = 0;

	for (;;) {
		size_t length = 0;
		while (length < WINDOW) {
			ssize_t got = pread(descriptor, window + length, WINDOW - length,
					    (off_t)(base + length));
			if (got < 0)
				return error_system(error, pipeline->file, "cannot read");
			if (got == 0)
				break;
			length += (size_t)got;
		}
		struct bytes bytes = { window, length };
		int result = search_window(pipeline, bytes, base, error);
		if (result == 0)
			result = emit_held(pipeline);
		/* an executable that goes on in the next window is one there, too */
		shellcode_begins_inside_image(pipeline->detector,
					      result < 0 || length < WINDOW
						      ? 0
						      : shellcode_image_behind(pipeline->detector,
									       bytes,
									       WINDOW - OVERLAP));
		if (result < 0 || length < WINDOW)
			return result;
		base += WINDOW - OVERLAP;
		case_progress(pipeline, pipeline->file, base, size);
	}
}

int case_read_bytes(struct pipeline *pipeline, int descriptor, uint64_t size, struct error *error)
{
	int result = case_emit(pipeline, json_pack("{s:s, s:s, s:s, s:I, s:n}", "type", "input",
						   "file", pipeline->file, "format", "bytes",
						   "bytes", (json_int_t)size, "sha256"));

	if (result < 0 || !(pipeline->options.stages & PIPELINE_SHELLCODE))
		return result;
	uint8_t *window = malloc(WINDOW);
	if (!window)
		return error_set(error, ERROR_MEMORY, pipeline->file, "no memory to read it");
	result = search_windows(pipeline, descriptor, size, window, error);
	free(window);
	return result;
}
