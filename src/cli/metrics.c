/* Counters in the text format of Prometheus (prometheus.io, "Exposition formats", 0.0.4), derived
 * from the table in pipeline.h. */
#include "cli/outputs.h"
#include "pipeline/pipeline.h"

static void put_counter(struct buffer *into, const json_t *counters, const char *name,
			const char *meaning)
{
	json_int_t value = json_integer_value(json_object_get(counters, name));

	buffer_printf(into,
		      "# HELP kenbi_%s_total %s\n# TYPE kenbi_%s_total counter\n"
		      "kenbi_%s_total %lld\n",
		      name, meaning, name, name, (long long)value);
}

static void put_gauge(struct buffer *into, const json_t *queue, const char *name,
		      const char *meaning)
{
	json_int_t value = json_integer_value(json_object_get(queue, name));

	buffer_printf(into,
		      "# HELP kenbi_queue_%s %s\n# TYPE kenbi_queue_%s gauge\n"
		      "kenbi_queue_%s %lld\n",
		      name, meaning, name, name, (long long)value);
}

int cli_metrics_write(const char *path, const json_t *counters, const json_t *queue,
		      struct error *error)
{
	struct buffer text;

	buffer_init(&text, 1u << 16);
#define PUT(name, meaning) put_counter(&text, counters, #name, meaning);
	PIPELINE_COUNTERS(PUT)
#undef PUT
	if (queue) {
		put_gauge(&text, queue, "sessions", "conversations between the units");
		put_gauge(&text, queue, "sessions_limit", "conversations between the units, most");
		put_gauge(&text, queue, "bytes", "bytes between the units");
		put_gauge(&text, queue, "bytes_limit", "bytes between the units, most");
	}
	int result = buffer_failed(&text)
			     ? error_set(error, ERROR_MEMORY, path, "no memory for metrics")
			     : file_write(path, buffer_bytes(&text), error);
	buffer_fini(&text);
	return result;
}
