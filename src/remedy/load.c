/* Reads the knowledge folders and checks what a schema cannot say: that events, fields, types,
 * behaviours and rule formats exist. Files are read in byte order of their names, so the same
 * folder gives the same knowledge. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remedy/extract.h"
#include "remedy/knowledge.h"
#include "remedy/format.h"
#include "remedy/render.h"

#define FILE_LIMIT 512
#define TEXT_LIMIT (4u << 20)

struct loader {
	struct remedy_knowledge *knowledge;
	const char *path;
	struct buffer text;
	struct error *error;
};

/* libcyaml keeps no lines for what it accepted, so the line is found again: the first one that
 * holds `word` at or below the one that names the entry. */
static unsigned line_of(struct loader *loader, const char *entry, const char *word)
{
	const char *text = buffer_text(&loader->text);
	const char *at = entry ? strstr(text, entry) : text;
	unsigned line = 1;

	if (at && word && strstr(at, word))
		at = strstr(at, word);
	for (const char *c = text; at && c < at; c++)
		line += *c == '\n';
	return line;
}

static int wrong(struct loader *loader, const char *entry, const char *word, const char *key,
		 const char *what)
{
	char where[256];
	snprintf(where, sizeof where, "%.200s:%u", loader->path, line_of(loader, entry, word));
	return error_set(loader->error, ERROR_INPUT, where, "%.60s: %.20s '%.80s': %.200s", entry,
			 key, word, what);
}

/* --- behaviour patterns --- */

/* "T1210", "T1547.001". */
static bool is_attack(const char *text)
{
	size_t digits = strspn(text + (*text == 'T'), "0123456789");
	const char *rest = text + 1 + digits;

	if (*text != 'T' || digits != 4)
		return false;
	return !*rest || (*rest == '.' && strspn(rest + 1, "0123456789") == 3 && !rest[4]);
}

static int check_take(struct loader *loader, const struct behaviour_pattern *pattern,
		      const struct behaviour_take *take)
{
	if (!take->find == !take->parameter)
		return wrong(loader, pattern->name, take->field, "take",
			     "expected either 'parameter' or 'find' beside 'field'");
	if (take->type && parameter_type_find(take->type) < 0)
		return wrong(loader, pattern->name, take->type, "type",
			     "expected address, port, proto, host, bulletin, number, hash, "
			     "file, key, word, url or text");
	const char *problem = take->find ? extract_check(take->find) : NULL;
	return problem ? wrong(loader, pattern->name, take->find, "find", problem) : 0;
}

static int check_pattern(struct loader *loader, struct behaviour_pattern *pattern)
{
	int kind = trace_kind_find(pattern->event);
	if (kind < 0)
		return wrong(loader, pattern->name, pattern->event, "event",
			     "no such event in the vocabulary");
	pattern->kind = (enum trace_kind)kind;
	for (unsigned i = 0; i < pattern->attack_count; i++)
		if (!is_attack(pattern->attack[i]))
			return wrong(loader, pattern->name, pattern->attack[i], "attack",
				     "an ATT&CK technique looks like T1210 or T1547.001");
	for (unsigned i = 0; i < pattern->where_count; i++)
		if (trace_field_find(pattern->kind, pattern->where[i].field) < 0)
			return wrong(loader, pattern->name, pattern->where[i].field, "field",
				     "the event has no such field");
	for (unsigned i = 0; i < pattern->take_count; i++) {
		if (trace_field_find(pattern->kind, pattern->take[i].field) < 0)
			return wrong(loader, pattern->name, pattern->take[i].field, "field",
				     "the event has no such field");
		int result = check_take(loader, pattern, &pattern->take[i]);
		if (result < 0)
			return result;
	}
	return 0;
}

/* --- countermeasures --- */

static bool behaviour_exists(const struct remedy_knowledge *knowledge, const char *name)
{
	if (strcmp(name, "scan") == 0)
		return true;
	for (size_t i = 0; i < knowledge->pattern_count; i++)
		if (strcmp(knowledge->patterns[i]->name, name) == 0)
			return true;
	return false;
}

static int check_answer(struct loader *loader, const struct remedy_entry *entry,
			const struct remedy_answer *answer)
{
	if (!behaviour_exists(loader->knowledge, answer->behaviour))
		return wrong(loader, entry->name, answer->behaviour, "behaviour",
			     "no pattern in behaviour/ has that name");
	if (answer->needs_count > RENDER_BINDINGS)
		return wrong(loader, entry->name, answer->behaviour, "needs",
			     "at most 8 parameters");
	for (unsigned i = 0; i < answer->needs_count; i++)
		if (parameter_type_find(answer->needs[i].type) < 0)
			return wrong(loader, entry->name, answer->needs[i].type, "type",
				     "expected address, port, proto, host, bulletin, number, hash, "
				     "file, key, word, url or text");
	return 0;
}

static bool is_share(double number)
{
	return number >= 0 && number <= 1;
}

static bool every_answer_brings(const struct remedy_entry *entry, const char *parameter,
				enum parameter_type type)
{
	for (unsigned i = 0; parameter && i < entry->answers_count; i++) {
		const struct remedy_answer *answer = &entry->answers[i];
		bool found = false;
		for (unsigned j = 0; j < answer->needs_count; j++)
			found |= strcmp(answer->needs[j].parameter, parameter) == 0 &&
				 parameter_type_find(answer->needs[j].type) == (int)type;
		if (!found)
			return false;
	}
	return true;
}

static int check_filters(struct loader *loader, const struct remedy_entry *entry)
{
	if (entry->filters_count > FILTER_LINES)
		return wrong(loader, entry->name, "filters", "filters", "at most 4");
	if (entry->filters_count + entry->rules_count == 0)
		return wrong(loader, entry->name, entry->name, "rules",
			     "expected filters, rules, or both");
	for (unsigned i = 0; i < entry->filters_count; i++) {
		const struct remedy_filter_line *line = &entry->filters[i];
		if ((line->port && !line->proto) || (!line->proto && !line->to && !line->from))
			return wrong(loader, entry->name, "filters", "filter",
				     "expected proto, to or from, and proto beside a port");
		if (!every_answer_brings(entry, line->proto, PARAMETER_PROTO) ||
		    !every_answer_brings(entry, line->port, PARAMETER_PORT) ||
		    !every_answer_brings(entry, line->to, PARAMETER_ADDRESS) ||
		    !every_answer_brings(entry, line->from, PARAMETER_ADDRESS))
			return wrong(
				loader, entry->name, "filters", "filter",
				"names a parameter that not every answer needs with that type");
	}
	return 0;
}

static int find_device(struct loader *loader, struct remedy_entry *entry)
{
	static const enum remedy_device usual[] = { [REMEDY_AT_HOST] = REMEDY_ON_HOST,
						    [REMEDY_AT_SUBNET] = REMEDY_ON_ROUTER,
						    [REMEDY_AT_PROVIDER] = REMEDY_ON_EDGE,
						    [REMEDY_AT_BORDER] = REMEDY_ON_FIREWALL };

	entry->device = usual[entry->place];
	if (!entry->at)
		return 0;
	for (int i = 0; i < REMEDY_DEVICE_COUNT; i++)
		if (strcmp(remedy_device_name((enum remedy_device)i), entry->at) == 0) {
			entry->device = (enum remedy_device)i;
			return 0;
		}
	return wrong(loader, entry->name, entry->at, "at",
		     "expected host, switch, router, firewall, edge, dns, proxy, mail or ids");
}

/* "D3-ITF". */
static bool is_defend(const char *text)
{
	return strncmp(text, "D3-", 3) == 0 && text[3] &&
	       strspn(text + 3, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(text + 3);
}

static int check_identifiers(struct loader *loader, const struct remedy_entry *entry)
{
	for (unsigned i = 0; i < entry->attack_count; i++)
		if (!is_attack(entry->attack[i]))
			return wrong(loader, entry->name, entry->attack[i], "attack",
				     "an ATT&CK technique looks like T1210 or T1547.001");
	for (unsigned i = 0; i < entry->defend_count; i++)
		if (!is_defend(entry->defend[i]))
			return wrong(loader, entry->name, entry->defend[i], "defend",
				     "a D3FEND technique looks like D3-ITF");
	return 0;
}

static int check_entry(struct loader *loader, struct remedy_entry *entry)
{
	const struct remedy_knowledge *knowledge = loader->knowledge;
	const char *problem;
	int result;

	for (size_t i = 0; i < knowledge->entry_count; i++)
		if (strcmp(knowledge->entries[i]->name, entry->name) == 0)
			return wrong(loader, entry->name, entry->name, "name",
				     "another countermeasure has that name");
	if (!is_share(entry->pass) || !is_share(entry->share) || !(entry->delay >= 0) ||
	    !(entry->rate_limit >= 0))
		return wrong(loader, entry->name, "share", "pass, share, delay, rate_limit",
			     "pass and share lie between 0 and 1, the others are not negative");
	for (unsigned i = 0; i < entry->answers_count; i++)
		if ((result = check_answer(loader, entry, &entry->answers[i])) < 0)
			return result;
	if ((result = check_filters(loader, entry)) < 0 ||
	    (result = find_device(loader, entry)) < 0 ||
	    (result = check_identifiers(loader, entry)) < 0)
		return result;
	for (unsigned i = 0; i < entry->rules_count; i++) {
		if (format_find(entry->rules[i].format) < 0)
			return wrong(loader, entry->name, entry->rules[i].format, "format",
				     "expected nftables, iptables, cisco, junos, suricata, rpz, "
				     "unbound, squid, postfix, yara, powershell, reg or text");
		if ((problem = render_check(entry->rules[i].text, entry)))
			return wrong(loader, entry->name, entry->rules[i].format, "rule", problem);
		if (entry->rules[i].undo && (problem = render_check(entry->rules[i].undo, entry)))
			return wrong(loader, entry->name, entry->rules[i].format, "undo", problem);
	}
	const char *const texts[] = { entry->title, entry->collateral, entry->undo, entry->limits };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i] && (problem = render_check(texts[i], entry)))
			return wrong(loader, entry->name, texts[i], "text", problem);
	return 0;
}

/* --- files --- */

static void *grow(void *array, size_t count, size_t size)
{
	return realloc(array, (count + 1) * size);
}

static int add_behaviours(struct loader *loader, struct behaviour_pattern *patterns, unsigned count)
{
	struct remedy_knowledge *knowledge = loader->knowledge;

	for (unsigned i = 0; i < count; i++) {
		int result = check_pattern(loader, &patterns[i]);
		if (result < 0)
			return result;
		void *grown = grow(knowledge->patterns, knowledge->pattern_count, sizeof(void *));
		if (!grown)
			return error_set(loader->error, ERROR_MEMORY, loader->path, "no memory");
		knowledge->patterns = grown;
		knowledge->patterns[knowledge->pattern_count++] = &patterns[i];
	}
	return 0;
}

static int add_entries(struct loader *loader, struct remedy_entry *entries, unsigned count)
{
	struct remedy_knowledge *knowledge = loader->knowledge;

	for (unsigned i = 0; i < count; i++) {
		int result = check_entry(loader, &entries[i]);
		if (result < 0)
			return result;
		void *grown = grow(knowledge->entries, knowledge->entry_count, sizeof(void *));
		if (!grown)
			return error_set(loader->error, ERROR_MEMORY, loader->path, "no memory");
		knowledge->entries = grown;
		knowledge->entries[knowledge->entry_count++] = &entries[i];
	}
	return 0;
}

static const cyaml_schema_value_t *schema_of(const char *folder, const char *name)
{
	if (strcmp(folder, "behaviour") == 0)
		return &schema_behaviours;
	if (strcmp(name, "services.yaml") == 0)
		return &schema_services;
	return strcmp(name, "bulletins.yaml") == 0 ? &schema_bulletins : &schema_remedies;
}

static int add_file(struct loader *loader, const struct knowledge_file *file)
{
	struct remedy_knowledge *knowledge = loader->knowledge;

	if (file->schema == &schema_behaviours)
		return add_behaviours(loader, file->data, file->count);
	if (file->schema == &schema_remedies)
		return add_entries(loader, file->data, file->count);
	if (file->schema == &schema_services) {
		knowledge->services = file->data;
		knowledge->service_count = file->count;
	} else {
		knowledge->bulletins = file->data;
		knowledge->bulletin_count = file->count;
	}
	return 0;
}

static int load_file(struct loader *loader, const char *root, const char *folder, const char *name)
{
	struct remedy_knowledge *knowledge = loader->knowledge;
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/%s/%s", root, folder, name) >= (int)sizeof path)
		return error_set(loader->error, ERROR_INPUT, root, "path is too long");
	struct knowledge_file *files = grow(knowledge->files, knowledge->file_count, sizeof *files);
	if (!files)
		return error_set(loader->error, ERROR_MEMORY, path, "no memory");
	knowledge->files = files;
	struct knowledge_file *file = &files[knowledge->file_count];
	*file = (struct knowledge_file){ .schema = schema_of(folder, name) };
	int result = file_read(path, TEXT_LIMIT, &loader->text, loader->error);
	if (result < 0)
		return result;
	loader->path = path;
	result = knowledge_load_bytes(buffer_bytes(&loader->text), path, file->schema, &file->data,
				      &file->count, loader->error);
	if (result == 0) {
		knowledge->file_count++;
		result = add_file(loader, file);
	}
	buffer_fini(&loader->text);
	return result;
}

static int is_yaml(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);
	return entry->d_name[0] != '.' && length > 5 &&
	       strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_folder(struct loader *loader, const char *root, const char *folder)
{
	struct dirent **entries = NULL;
	char path[PATH_MAX];
	int result = 0;

	if (snprintf(path, sizeof path, "%s/%s", root, folder) >= (int)sizeof path)
		return error_set(loader->error, ERROR_INPUT, root, "path is too long");
	int count = scandir(path, &entries, is_yaml, by_name);
	if (count < 0)
		return error_system(loader->error, path, "cannot read the folder of knowledge");
	if (count == 0 || count > FILE_LIMIT)
		result = error_set(loader->error, ERROR_INPUT, path,
				   "holds %d files *.yaml, expected 1 to %d", count, FILE_LIMIT);
	for (int i = 0; i < count; i++) {
		if (result == 0)
			result = load_file(loader, root, folder, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return result;
}

int remedy_load(const char *folder, struct remedy_knowledge **knowledge, struct error *error)
{
	char path[PATH_MAX];

	*knowledge = NULL;
	if (!folder)
		folder = file_data_path(".", path, sizeof path);
	struct loader loader = { .knowledge = calloc(1, sizeof **knowledge), .error = error };
	if (!loader.knowledge)
		return error_set(error, ERROR_MEMORY, folder, "no memory");
	int result = load_folder(&loader, folder, "behaviour");
	if (result == 0)
		result = load_folder(&loader, folder, "remedy");
	if (result == 0)
		*knowledge = loader.knowledge;
	else
		remedy_knowledge_free(loader.knowledge);
	return result;
}

void remedy_knowledge_free(struct remedy_knowledge *knowledge)
{
	if (!knowledge)
		return;
	for (size_t i = 0; i < knowledge->file_count; i++)
		knowledge_free(knowledge->files[i].schema, knowledge->files[i].data,
			       knowledge->files[i].count);
	free(knowledge->files);
	free(knowledge->patterns);
	free(knowledge->entries);
	free(knowledge);
}
