/* From recorded traces to behaviours and remedies, and to a playbook of some of them, as records.
 */
#include "pipeline/case.h"

static int give_playbook(const struct pipeline_remedy_options *options,
			 const struct remedy_candidates *candidates,
			 const struct pipeline_sink *sink, struct error *error)
{
	const struct remedy_playbook_about about = { .name = "kenbi remedies",
						     .time = options->time,
						     .format = options->format };
	const struct remedy_candidate *chosen[REMEDY_CANDIDATES];

	if (options->chosen_count == 0)
		return 0;
	if (options->format && !remedy_format_find(options->format))
		return error_set(error, ERROR_USAGE, options->format,
				 "no such format of rules; docs/knowledge.md lists them");
	for (size_t i = 0; i < options->chosen_count; i++) {
		uint32_t id = options->chosen[i];
		if (id == 0 || id > candidates->count || i == REMEDY_CANDIDATES)
			return error_set(error, ERROR_USAGE, "--playbook",
					 "there is no remedy %u; there are %zu, from 1", id,
					 candidates->count);
		chosen[i] = &candidates->items[id - 1];
	}
	json_t *playbook = remedy_playbook(&about, chosen, options->chosen_count);
	if (!playbook)
		return error_set(error, ERROR_MEMORY, NULL, "no memory for a playbook");
	return case_give(sink, json_pack("{s:s, s:o}", "type", "playbook", "playbook", playbook),
			 error);
}

int pipeline_remedies(const struct pipeline_remedy_options *options,
		      const struct trace_log *const *traces, const char *const *names, size_t count,
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
	if (result == 0)
		result = give_playbook(options, &candidates, sink, error);
	json_decref(behaviours);
	remedy_candidates_fini(&candidates);
	remedy_knowledge_free(knowledge);
	return result;
}
