/* From recorded traces to behaviours and remedies, as records. */
#include "pipeline/case.h"

int pipeline_remedies(const struct trace_log *const *traces, const char *const *names, size_t count,
		      const struct remedy_profile *profile, const struct pipeline_sink *sink,
		      struct error *error)
{
	struct remedy_knowledge *knowledge = NULL;
	struct remedy_candidates candidates = { 0 };
	json_t *behaviours = NULL;
	int result = remedy_load(NULL, &knowledge, error);

	if (result == 0)
		result = remedy_behaviours(knowledge, traces, names, count, &behaviours, error);
	for (size_t i = 0; i < json_array_size(behaviours) && result == 0; i++) {
		json_t *behaviour = json_array_get(behaviours, i);
		json_object_set_new(behaviour, "id", json_integer((json_int_t)i + 1));
		result = case_give(sink, json_incref(behaviour), error);
	}
	if (result == 0)
		result = remedy_derive_beside(knowledge, profile, behaviours, &candidates, error);
	for (size_t i = 0; i < candidates.count && result == 0; i++)
		result = case_give(sink, case_remedy_record(&candidates.items[i], (int64_t)i + 1),
				   error);
	json_decref(behaviours);
	remedy_candidates_fini(&candidates);
	remedy_knowledge_free(knowledge);
	return result;
}
